"""What the pages of docs/how-to type about finished runs works, in their order, on a small run; what they, README and
the tutorial show is what comes out; and the examples in docstrings run."""

from __future__ import annotations

import inspect
import re
import runpy
import shlex
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from shutil import copytree
from textwrap import dedent
from typing import Any

import pytest

import sim
from sim import cli, store
from sim.ensemble import Ensemble, run
from sim.experiments import discover
from sim.record import questions
from worlds import shipped

DOCS = Path(__file__).parent.parent / "docs"
HOW_TO = DOCS / "how-to"
TOOL = runpy.run_path(str(DOCS / "make_how_to.py"))
API = runpy.run_path(str(DOCS / "make_api.py"))
#: How much less is asked of an example than it asks by itself.
FEWER = {"replicates": 40, "points": 16, "permutations": 2, "jobs": 1}
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


def shown() -> list[Path]:
    pages = [TOOL["README"], *sorted(HOW_TO.glob("*.md"))]
    return [page for page in pages if "<!-- shows" in page.read_text(encoding="utf-8")]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = TOOL["prepared"](tmp_path_factory.mktemp("prepared"))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", shown(), ids=lambda page: page.stem)
def test_a_page_shows_what_comes_out(page: Path, prepared: Path) -> None:
    """`python docs/make_how_to.py` renews it."""
    text = page.read_text(encoding="utf-8")
    assert TOOL["renewed"](text, prepared) == text


@pytest.mark.slow
def test_the_tutorial_is_a_path_that_works(tmp_path: Path) -> None:
    """Its commands in their order, in an empty folder; `python docs/make_how_to.py` renews what it shows."""
    text = TOOL["TUTORIAL"].read_text(encoding="utf-8")
    assert text.count("<!-- shows") == text.count("    python run.py") == 8
    assert TOOL["renewed"](text, tmp_path) == text


def examples() -> list[str]:
    """Modules of the reference whose docstrings have an example; that of theories runs in docs/theories.md, on less."""
    modules = {entry.partition(": ")[0] for _, _, names in API["SECTIONS"] for entry in names if ": " in entry}
    modules -= {"sim.experiments.theories"}
    return sorted(name for name in modules if re.search("^ {4}", import_module(name).__doc__ or "", re.MULTILINE))


def test_there_are_examples() -> None:
    assert len(examples()) >= 9


@pytest.mark.slow
@pytest.mark.parametrize("name", examples())
def test_an_example_in_a_docstring_runs(name: str, finished: tuple[Path, Ensemble],
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands, with fewer replicates."""
    place, ensemble = finished
    monkeypatch.chdir(place)
    module: Any = import_module(name)
    given = {"load": sim.load, "sim": sim, "store": store, "questions": questions, "ensemble": ensemble,
             "command": "", "folder": place / "out" / "july_2025"}
    if hasattr(module, "run"):
        asked = inspect.signature(module.run).parameters
        given["run"] = partial(module.run, **{key: value for key, value in FEWER.items() if key in asked})
    text = "\n".join(re.findall("^ {4}.*$", module.__doc__, re.MULTILINE))
    exec(compile(dedent(text), name, "exec"), vars(module) | given)
