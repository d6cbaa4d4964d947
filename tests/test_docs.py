"""The documentation: its examples run, its links lead somewhere, and its lists are complete."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import sim.figures
import sim.store
import sim.trace
import sim.usual
from pages import BLOCK as BLOCK_OF_FILE
from pages import add
from sim import catalog, cli
from sim.catalog.outcome import KINDS, Outcome, Qualifiers, Within, check
from sim.compiler import compile_world
from sim.ensemble import run
from sim.errors import InputError
from sim.experiments import paired
from sim.mechanisms import FAMILIES
from sim.mechanisms import KINDS as FEATURES
from sim.outcomes import unmatched
from sim.paths import scenario_file
from sim.reading import read_text
from sim.references import known_names, outcome_names
from sim.scenario import SECTIONS, Head, load

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
WRITING, MODEL, REGION, GALLERY, TUTORIAL = (ROOT / "docs" / name for name in (
    "scenarios.md", "model.md", "your-own-region.md", "gallery.md", "tutorial.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:(?<=`)|^ {4}(?:.*&& )?(?:\.venv/bin/)?)python run\.py([^`\n]*)", re.MULTILINE)
TYPED = re.compile(r"^ {4}python (.*)$", re.MULTILINE)
#: The trace compiles every scenario; several pages ask for it.
TRACED = cache(sim.trace.trace)
EXPERIMENTS = frozenset({"attribute", "compare", "explain", "replay", "score", "sensitivity", "sweep", "theories"})
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]


def examples() -> list[str]:
    """The YAML of README and of the page on scenarios, without what is wrong on purpose."""
    return [text for page in (ROOT / "README.md", WRITING) for text in blocks(page, "yaml")
            if not text.startswith("# wrong")]


def whole(text: str) -> bool:
    return {"title", "asks", "endings"} <= set(read_text(text).data)


def commands() -> list[str]:
    """What is typed as `run.py`, but for pages whose commands build on one another, and those of the gallery."""
    found = [arguments.strip() for page in PAGES if page not in (REGION, GALLERY, TUTORIAL)
             for arguments in COMMAND.findall(page.read_text(encoding="utf-8"))]
    elsewhere = ("discover", "export", "report",  # in test_how_to, and these in tests of their own (test_blocks)
                 "calibrate", "backtest", "serve", "doctor", "completion")
    return sorted({command for command in found if "…" not in command and not command.startswith(elsewhere)})


def slow_where(cases: Iterable[Any], is_slow: Callable[[Any], Any]) -> list[Any]:
    """The cases, some marked as slow."""
    return [pytest.param(case, marks=pytest.mark.slow) if is_slow(case) else case for case in cases]


def one_for_all(variants: Mapping[Any, Any], *numbers: Any, run: Any = paired.run) -> dict[Any, Any]:
    """Experiments on many variants are tested elsewhere."""
    [(name, first), *_] = variants.items()
    return dict.fromkeys(variants, run({name: first}, *numbers)[name])


def outcomes() -> Iterator[dict[str, Any]]:
    for text in examples():
        data = read_text(text).data
        yield from data.get("outcomes", {}).values()
        yield from (ending["when"] for ending in data.get("endings", []) if "when" in ending)


def test_there_is_something_to_test() -> None:
    assert sum(map(whole, examples())) >= 2
    assert len(commands()) >= 12


@pytest.mark.parametrize("text", [text for text in examples() if whole(text)],
                         ids=lambda text: read_text(text).data["title"])
def test_whole_scenarios_run(text: str, tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(text, encoding="utf-8")
    scenario = load(path)
    world = compile_world(scenario)
    assert not [found for outcome in scenario.outcomes.values() for found in unmatched(outcome, world.columns)]
    assert len(run(world, 4, jobs=1).outcomes) == 4


@pytest.mark.slow
@pytest.mark.parametrize("text", [text for text in examples() if not whole(text)], ids=lambda text: text.split("\n")[1])
def test_parts_of_scenarios_fit_into_a_scenario(text: str, tmp_path: Path) -> None:
    """Laid over july_2025, they load, select something and run."""
    head = read_text(scenario_file("july_2025").read_text(encoding="utf-8")).data
    part = read_text(text).data
    if "events" in part:  # further elections, of which outcomes must say which is meant
        head["outcomes"] = {}
    for key, value in part.items():
        head[key] = head[key] | value if key == "events" else value
    path = tmp_path / "example.yaml"
    path.write_text(json.dumps(head), encoding="utf-8")
    scenario = load(path)
    world = compile_world(scenario)
    assert not [found for outcome in scenario.outcomes.values() for found in unmatched(outcome, world.columns)]
    run(world, 4, jobs=1)


def test_outcome_examples_are_valid_in_july_2025() -> None:
    scenario = load("july_2025")
    entries = {section: getattr(scenario, section) for section in SECTIONS}
    known = outcome_names(scenario.head, entries, known_names(scenario.head, entries))
    for example in outcomes():
        outcome = Outcome.model_validate(example)
        assert not list(check(outcome, known)), example


def test_every_part_of_the_language_is_shown() -> None:
    """Each verb, combinator and qualifier in an example; each key of a scenario and of an event in a table."""
    used = {key for outcome in outcomes() for key in _keys(outcome)}
    qualifiers = {field.alias or name for model in (Qualifiers, Within) for name, field in model.model_fields.items()}
    assert {*KINDS, *qualifiers, "given", "at", "election", "at_least", "at_most", "between"} <= used
    page = WRITING.read_text(encoding="utf-8")
    shown = set(re.findall(r"`(\w+)[`:]", page))
    assert set(Head.model_fields) | set(catalog.Event.model_fields) | {*SECTIONS, "memory"} <= shown


def test_every_family_and_feature_is_described() -> None:
    page = MODEL.read_text(encoding="utf-8")
    shown = set(re.findall(r"`(\w+)`", page))
    memory = set(catalog.Memory.model_fields) - set(catalog.Sourced.model_fields)
    assert set(FAMILIES) | set(FEATURES) | memory <= shown


def test_errors_read_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [text] = [text for text in blocks(WRITING, "yaml") if text.startswith("# wrong")]
    Path("wrong.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load("wrong.yaml")
    assert blocks(WRITING, "text") == [f"{error.value}\n"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of july_2025 with two replicates and no figures."""
    folder = tmp_path_factory.mktemp("finished") / "july_2025"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.figures, "draw_all", lambda ensemble, draft: None)
        sim.store.write(run(load("july_2025"), 2, jobs=1), folder)
    return folder


@pytest.mark.parametrize("command", slow_where(commands(), lambda typed: EXPERIMENTS.intersection(typed.split()[:1])))
def test_commands_work(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                       capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> None:
    """As they are typed, but for two replicates, and without writing what came out."""
    if of_a_run := command.split()[:1] in (["replay"], ["explain"]):
        shutil.copytree(request.getfixturevalue("finished"), tmp_path / "out" / "july_2025")
        command = re.sub(r"--replicate \d+", "--replicate 1", command)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sim.store, "write", lambda *what: None)
    monkeypatch.setattr(sim.trace, "trace", TRACED)
    monkeypatch.setattr(paired, "run", one_for_all)
    monkeypatch.setattr(sys, "argv", ["run.py"])
    (tmp_path / "scenarios").mkdir()
    for path in ("my_scenario.yaml", "scenarios/july_2025.yaml", "SCENARIO"):
        shutil.copy(scenario_file("july_2025"), tmp_path / path)
    words = shlex.split(command, comments=True)
    if not of_a_run and (not words or words[0] not in ("validate", "list", "trace", "init", "--help", "--version")):
        words += ["-n", "2", "--jobs", "1", "--out", "out"]
    assert cli.main(words) == 0, capsys.readouterr().err


def test_a_region_of_ones_own_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    """Every block is added to its file and every command typed, in the page's order, with fewer replicates."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sim.store, "write", lambda *what: None)
    monkeypatch.setattr(sim.usual, "WEEKS", 4)
    monkeypatch.setattr(sys, "argv", ["run.py"])
    page = REGION.read_text(encoding="utf-8")
    steps = sorted([*BLOCK_OF_FILE.finditer(page), *TYPED.finditer(page)], key=re.Match.start)
    assert len(steps) >= page.count("```") / 2 + 10
    for step in steps:
        if step.re is BLOCK_OF_FILE:
            add(tmp_path / "my_region", *step.groups(""))
            continue
        program, *words = shlex.split(step[1])
        if program == "-m":
            assert words.pop(0) == "sim.usual"
            sim.usual.main(*words)
        else:
            words += ["-n", "20", "--jobs", "1"] if words[0] == "run" else []
            assert cli.main(words) == 0, capsys.readouterr().err
            assert "warning" not in capsys.readouterr().out, step[1]
    question = load("my_region/scenarios/grain.yaml")
    assert {"QRN_VSH", "VSH_QRN"} <= set(question.usual)
    outcomes = run(question, 200, jobs=1).outcomes
    assert outcomes["protest"].dropna().mean() > 0.5
    assert (outcomes["ending"].value_counts() > 0).all()


@pytest.mark.parametrize("page", slow_where(
    [page for page in PAGES if page.name != "CONTRIBUTING.md" and blocks(page, "python")],
    lambda page: page.parent.name == "how-to" or page.name == "theories.md"), ids=lambda page: page.name)
def test_python_examples_run(page: Path, tmp_path: Path) -> None:
    for number, text in enumerate(blocks(page, "python")):
        path = tmp_path / f"example_{number}.py"
        path.write_text(text, encoding="utf-8")
        found = subprocess.run([sys.executable, path], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120,
                               env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
        assert found.returncode == 0, found.stderr
        assert found.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = [link.partition("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert not [link for link in links if link and not (page.parent / link).exists()]


def _keys(part: Any) -> Iterator[str]:
    """All keys at any depth."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield key
            yield from _keys(value)
    elif isinstance(part, list):
        for value in part:
            yield from _keys(value)
