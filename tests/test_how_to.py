"""What the pages of docs/how-to type about finished runs works, in their order, on a small run."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from shutil import copytree

import pytest

from sim import cli, store
from sim.ensemble import Ensemble, run
from sim.experiments import discover
from worlds import shipped

HOW_TO = Path(__file__).parent.parent / "docs" / "how-to"
TYPED = re.compile(r"^ {4,}python run\.py ((?:discover|export|report) .*)$", re.MULTILINE)


def typed() -> list[str]:
    return [line for page in sorted(HOW_TO.glob("*.md")) for line in TYPED.findall(page.read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ensemble]:
    """A folder in which out/july_2025 is a small run, and that run."""
    place, found = tmp_path_factory.mktemp("pages"), run(shipped(), 420, jobs=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.figures.draw_all", lambda ensemble, folder: None)
        store.write(found, place / "out" / "july_2025")
    copytree(place / "out" / "july_2025", place / "out" / "without")  # a second run, for pages that speak of two
    return place, found


def test_there_is_something_to_test() -> None:
    assert len(typed()) >= 8


@pytest.mark.slow
@pytest.mark.parametrize("command", typed())
def test_a_pages_command_works(command: str, finished: tuple[Path, Ensemble], monkeypatch: pytest.MonkeyPatch,
                               capsys: pytest.CaptureFixture[str]) -> None:
    place, ensemble = finished
    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "argv", ["run.py"])
    monkeypatch.setattr(store, "read", lambda folder: ensemble)  # the same, and it need not be hashed every time
    monkeypatch.setattr(discover, "figures", lambda found: {})
    assert cli.main(shlex.split(command, comments=True)) == 0, capsys.readouterr().err
    assert capsys.readouterr().out
