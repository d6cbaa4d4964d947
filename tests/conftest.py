"""Options of the test run, and what several modules begin with."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from sim.store import Record

hypothesis.settings.register_profile("project", deadline=None, derandomize=True)
hypothesis.settings.load_profile("project")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="a test that is skipped fails")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _unskipped((yield), item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, pytest.CollectReport]:
    return _unskipped((yield), collector.config)


def _unskipped(report: Any, config: pytest.Config) -> Any:
    """The report, as a failure where it is a skip and none is allowed."""
    if report.skipped and config.getoption("--no-skips") and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"not allowed to skip: {reason}"
    return report


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A run of july_2025 with 60 replicates, in out/july_2025 of a folder of its own."""
    from runs import kept
    from sim.scenario import load

    return kept(tmp_path_factory.mktemp("here") / "out" / "july_2025", load("july_2025"), 60)


@pytest.fixture
def call(record: Record, monkeypatch: pytest.MonkeyPatch,
         capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Calls the command beside that run; gives exit code, stdout and stderr."""
    from commands import caller

    monkeypatch.chdir(record.folder.parent.parent)
    return caller(monkeypatch, capsys)


@pytest.fixture(scope="module")
def browser() -> Generator[Any, None, None]:
    """Chromium, as the system has it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra test)")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()
