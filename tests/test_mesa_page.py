"""Mesa's own page in a browser, where nothing but this machine answers; and what it shows."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
COMMAND = re.compile(r"^ {4}solara (run sim\.mesa_page.*)$", re.MULTILINE)
LONG = 120  # seconds that a busy machine may take


@pytest.fixture(scope="module")
def mesa_page() -> ModuleType:
    pytest.importorskip("solara", reason="solara is not installed (extra mesa-viz)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # solara's about how Mesa uses it
        return import_module("sim.mesa_page")


@pytest.fixture
def outside() -> Iterator[socket.socket]:
    """Stands for the network: whoever asks another host by the usual proxy comes here."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def address(mesa_page: ModuleType, outside: socket.socket, tmp_path: Path) -> Iterator[str]:
    """The page as docs/for-mesa-users.md starts it, from elsewhere, and its address."""
    [words] = COMMAND.findall((ROOT / "docs" / "for-mesa-users.md").read_text(encoding="utf-8"))
    proxy = f"http://127.0.0.1:{outside.getsockname()[1]}"
    network = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "http_proxy": proxy, "https_proxy": proxy,
               "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    with (tmp_path / "said").open("w+", encoding="utf-8") as said:
        serving = subprocess.Popen(
            [sys.executable, "-m", "solara", *shlex.split(words), "--no-open", "--host", "127.0.0.1", "--port", "0"],
            cwd=tmp_path, stdout=said, stderr=subprocess.STDOUT,
            env=os.environ | network | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"})
        try:
            yield _when_ready(serving, tmp_path / "said")
        finally:
            serving.terminate()
            serving.wait(timeout=LONG)


def _when_ready(serving: subprocess.Popen[bytes], said: Path) -> str:
    """The address that the server prints, once it answers there."""
    end = time.monotonic() + LONG
    while time.monotonic() < end and serving.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+", said.read_text(encoding="utf-8")):
            try:
                with urlopen(f"{found[0]}/readyz", timeout=LONG):
                    return found[0]
            except URLError:
                pass
        time.sleep(0.1)
    raise AssertionError(f"the server did not begin:\n{said.read_text(encoding='utf-8')}")


def test_a_history_is_stepped_with_nothing_but_this_machine(address: str, outside: socket.socket,
                                                            browser: Any) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(LONG * 1000)
    elsewhere: list[str] = []
    here = (address, address.replace("http", "ws", 1), "data:", "blob:")
    context.route(lambda url: not url.startswith(here),
                  lambda route: (elsewhere.append(route.request.url), route.abort()))
    page = context.new_page()
    errors: list[str] = []
    page.on("websocket", lambda socket: None if socket.url.startswith(here) else elsewhere.append(socket.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.get_by_text("Week 0 of 60").wait_for()
    page.get_by_text("no forecast").wait_for()
    seen = [_shown(page)]
    for number in (1, 2):
        page.get_by_role("button", name="Step", exact=True).click()
        page.get_by_text(f"Week {number} of 60").wait_for()
        page.wait_for_function("shown => [...document.querySelectorAll('img')].every(i => !shown.includes(i.src))",
                               arg=seen[-1][1])
        seen.append(_shown(page))
    assert seen[0][0] == ["–"] * 5
    assert len({tuple(did) for did, _ in seen}) == 3
    page.get_by_role("button", name="Reset", exact=True).click()
    page.get_by_text("Week 0 of 60").wait_for()
    assert _shown(page)[0] == ["–"] * 5
    assert (elsewhere, errors) == ([], [])
    with pytest.raises(BlockingIOError):  # nobody came
        outside.accept()
    context.close()


def _shown(page: Any) -> tuple[list[str], list[str]]:
    """What the table says that each country did, and the two plots."""
    page.wait_for_function("document.querySelectorAll('img').length == 2")
    return (page.locator("tbody tr td:last-child").all_inner_texts(),
            page.locator("img").evaluate_all("images => images.map(image => image.src)"))


def test_the_table_and_the_plots_are_the_models(mesa_page: ModuleType) -> None:
    model = mesa_page.Watched(replicate=3)
    for _ in range(2):
        model.step()
    table = mesa_page.week(model).set_index("Country")
    [japan] = model.agents.select(lambda country: country.code == "JPN")
    assert table.loc["Japan", "Leader"] == "Shigeru Ishiba"
    assert table.loc["Japan", "Approval"] == f"{japan.approval:+.2f}"
    assert (table.loc["Japan", "Did"] == "–") == (not japan.did)
    [axes] = mesa_page.approval(model).axes
    assert [text.get_text().strip() for text in axes.texts] == [country.code for country in model.agents]
    assert all(len(line.get_xdata()) == 3 for line in axes.lines)
    assert len(model.datacollector.get_model_vars_dataframe()["tension"].unique()) == 3


def test_the_model_ends_with_its_horizon(mesa_page: ModuleType) -> None:
    model = mesa_page.Watched()
    for _ in range(model.world.weeks + 2):
        model.step()
    assert not model.running
    assert model.state.week == model.world.weeks
