"""`init`: a region to start from is whole, runs as it is, and is written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim.figures
import sim.report
from commands import caller
from sim import catalog, schemas
from sim.ensemble import run
from sim.errors import InputError
from sim.mechanisms import FAMILIES
from sim.paths import shipped
from sim.scenario import SECTIONS, load
from sim.template import write_region

ROOT = Path(__file__).parent.parent
SCENARIO = Path("scenarios", "narrows.yaml")
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls the command in this process and an empty folder, without drawing; gives exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sim.figures, "draw_all", lambda ensemble, folder: None)
    monkeypatch.setattr(sim.report, "leave", lambda ensemble, folder, command: None)
    return caller(monkeypatch, capsys)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# What is written

def test_what_is_written_is_told_and_what_to_type_next_works(call: Call) -> None:
    code, out, err = call("init", "deep/er/my region")
    assert code == 0
    assert "in deep/er/my region" in out
    commands = [line.strip() for line in err.splitlines() if line.startswith("  ")]
    assert commands == ["python run.py validate 'deep/er/my region/scenarios/narrows.yaml'",
                        "python run.py run 'deep/er/my region/scenarios/narrows.yaml' -n 1000",
                        "python run.py list mechanisms --world 'deep/er/my region/world'"]
    region = "deep/er/my region"
    code, out, err = call("validate", f"{region}/scenarios/narrows.yaml")
    assert (code, err) == (0, "")
    assert "warning" not in out
    assert call("run", f"{region}/scenarios/narrows.yaml", "-n", 20, "--jobs", 1)[0] == 0
    code, out, _ = call("list", "countries", "--world", f"{region}/world", "--json")
    assert [row["name"] for row in json.loads(out)["countries"]] == ["ILM", "ORL", "VSH"]
    assert call("out/narrows/scenario.yaml", "-n", 2, "--jobs", 1)[0] == 0, "what was run can be run again"


def test_json_lists_every_file(call: Call, tmp_path: Path) -> None:
    code, out, err = call("init", "mine", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert (told["schema"], told["folder"], told["scenario"]) == (1, "mine", "mine/scenarios/narrows.yaml")
    assert set(told["files"]) == files(tmp_path / "mine")
    assert {f"schema/{name}.json" for name in schemas.schemas()} < set(told["files"])
    assert len(told["next"]) == 3


def test_it_is_the_template_but_for_where_schemas_are(tmp_path: Path) -> None:
    template = shipped("templates") / "region"
    write_region(tmp_path)
    written = {name for name in files(tmp_path) if name.endswith(".yaml")}
    assert written == files(template)
    for name in written:
        hint, *rest = (tmp_path / name).read_text(encoding="utf-8").splitlines()
        assert rest == (template / name).read_text(encoding="utf-8").splitlines()[1:]
        schema = (tmp_path / name).parent / hint.removeprefix("# yaml-language-server: $schema=")
        assert schema.is_file(), name


@pytest.mark.parametrize("where, scenario", [(".", "scenarios/narrows.yaml"), ("scenarios", "narrows.yaml"),
                                             ("world", "../scenarios/narrows.yaml")])
def test_it_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str,
                                     scenario: str) -> None:
    write_region(tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine" / where)
    assert set(load(scenario).countries) == {"ORL", "VSH", "ILM"}


def test_an_empty_folder_will_do_even_the_current_one(call: Call, tmp_path: Path) -> None:
    assert call("init", ".")[0] == 0
    assert load(SCENARIO).title


# What the template holds

@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("region")
    write_region(folder)
    return folder


def test_it_shows_one_of_everything(region: Path) -> None:
    scenario = load(region / SCENARIO)
    size = {section: len(getattr(scenario, section)) for section in SECTIONS}
    assert size["countries"] == 3
    assert size["issues"] >= 4
    assert size["actions"] >= 10
    assert size["options"] >= 12
    assert size["mechanisms"] >= 8
    assert {section for section, count in size.items() if not count} == {"readings", "presets", "fitted"}
    assert {mechanism.family for mechanism in scenario.mechanisms.values()} == set(FAMILIES)
    events = scenario.events.values()
    timings = {timing for event in events for timing in ("on", "yearly", "cadence", "chance") if getattr(event, timing)}
    assert timings == {"on", "yearly", "cadence", "chance"}
    assert any(event.on and event.on.high < scenario.start for event in events), "something has just happened"
    assert any(event.on and event.on.low < event.on.high for event in events), "a day nobody knows yet"
    assert {bool(event.yearly.day) for event in events if event.yearly} == {True, False}
    assert any(event.election for event in events)
    assert any(event.decision for event in events)
    assert any(country.succession for country in scenario.countries.values())
    assert {outcome.kind for outcome in scenario.outcomes.values()} == {"yes_no", "number", "date"}


def test_nothing_in_it_is_of_this_world(region: Path) -> None:
    """It shares no country with the shipped world, and its sources say that they are made up."""
    scenario = load(region / SCENARIO)
    assert not set(scenario.countries) & set(load("july_2025").tree["world"]["countries"])
    assert set(scenario.sources) == {"invented", "harbour_log"}
    assert all("made up" in source.citation.casefold() for source in scenario.sources.values())


def test_its_comments_name_only_what_is_there(region: Path) -> None:
    """Words in backticks are fields, families, entries or commands."""
    scenario = load(region / SCENARIO)
    fields = {name for model in vars(catalog).values() if hasattr(model, "model_fields") for name in model.model_fields}
    entries = {name for section in SECTIONS for name in getattr(scenario, section)}
    known = fields | entries | set(FAMILIES) | {"judgement", "python"}
    for path in region.rglob("*.yaml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            for words in line.partition("# ")[2].split("`")[1::2]:
                assert words.replace(":", " ").split()[0] in known, (path.name, words)


def test_base_rates_alone_give_what_was_counted(region: Path) -> None:
    """Boats seized a week, over 2,000 histories: within four standard errors of the stated rate."""
    scenario = load(region / SCENARIO, ["theories={base_rates: 1}"])
    weeks = run(scenario, 2000, jobs=1).outcomes["seizures"] / scenario.weeks
    stated = scenario.options["vsh_seizes_boat"].base.rate.centre
    assert abs(weeks.mean() - stated) < 4 * weeks.std() / np.sqrt(len(weeks))


# Where it is refused, and where it fails

def test_a_folder_that_is_not_empty_is_refused_and_left_alone(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for name in "abcd":
        (tmp_path / "mine" / name).write_text(name)
    code, out, err = call("init", "mine")
    assert (code, out) == (2, "")
    assert err == "mine: is not empty (it holds a, b, c, …); choose a new folder\n"
    assert files(tmp_path) == {"mine/a", "mine/b", "mine/c", "mine/d"}
    assert call("init", "fresh")[0] == 0
    before = files(tmp_path)
    assert call("init", "fresh")[0] == 2
    assert files(tmp_path) == before


def test_what_is_no_folder_is_refused(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert call("init", "file") == (2, "", "file: is no folder; choose a new one\n")
    code, out, err = call("init", "file/below")
    assert (code, out) == (2, "")
    assert err.startswith("file/below: cannot be written to (")
    assert err.count("\n") == 1
    assert files(tmp_path) == {"file"}


@pytest.mark.parametrize("error, expected", [(OSError(28, "No space left on device"), InputError),
                                             (KeyboardInterrupt(), KeyboardInterrupt)])
def test_what_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException,
                                          expected: type[BaseException]) -> None:
    """Neither files nor the folders made for them; one that was there stays, empty."""
    def fail(folder: Path) -> list[Path]:
        raise error

    monkeypatch.setattr(schemas, "write", fail)
    (tmp_path / "here").mkdir()
    for folder in ("here", "here/a/b"):
        with pytest.raises(expected):
            write_region(tmp_path / folder)
        assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.parametrize("after", [0, 1, 2])
def test_what_is_cut_off_never_looks_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """As if the machine had stopped between two moves, so that nobody could clear up."""
    moved = Path.rename
    count = 0

    def rename(self: Path, target: Any) -> Path:
        nonlocal count
        count += 1
        if count > after:
            raise OSError("stopped")
        return moved(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        patch.setattr(shutil, "rmtree", lambda *what, **how: None)
        with pytest.raises(InputError):
            write_region(tmp_path / "mine")
    assert not (tmp_path / "mine" / "scenarios").exists()
    with pytest.raises(InputError, match="not empty"):
        write_region(tmp_path / "mine")


def test_every_error_of_ones_own_world_is_told_by_list(call: Call) -> None:
    assert call("init", "mine")[0] == 0
    issues = Path("mine/world/issues.yaml")
    issues.write_text(issues.read_text(encoding="utf-8").replace("  low: ", "  lo: "), encoding="utf-8")
    code, out, err = call("list", "issues", "--world", "mine/world")
    assert (code, out) == (2, "")
    assert err.count('unknown key "lo". Did you mean "low"?') == 4
    assert call("list", "issues", "--world", "none")[::2] == (2, "none: no such world folder\n")


@pytest.mark.parametrize("part, message", [
    ("theories", "the world has no theory for replicates to draw"), ("memory", "the world has no memory.yaml"),
    ("sources", 'unknown source "invented"'), ("options", None), ("usual", None)])
def test_a_world_that_lacks_a_part_runs_or_says_what_it_needs(tmp_path: Path, part: str, message: str | None) -> None:
    write_region(tmp_path)
    (tmp_path / "world" / f"{part}.yaml").unlink()
    text = (tmp_path / SCENARIO).read_text(encoding="utf-8")
    (tmp_path / SCENARIO).write_text(text.replace("theories: {power: 1, people: 1}", "theories: {}"), encoding="utf-8")
    if message is None:
        assert len(run(load(tmp_path / SCENARIO), 2, jobs=1).outcomes) == 2
    else:
        with pytest.raises(InputError, match=message):
            load(tmp_path / SCENARIO)


def test_theories_that_all_weigh_nothing_are_an_error(region: Path) -> None:
    with pytest.raises(InputError, match="every theory has weight 0"):
        load(region / SCENARIO, ["theories={power: 0}"])


def test_a_world_that_is_not_there_is_told_with_its_line(tmp_path: Path) -> None:
    write_region(tmp_path)
    text = (tmp_path / SCENARIO).read_text(encoding="utf-8")
    (tmp_path / SCENARIO).write_text(text.replace("world: world", "world: wolrd"), encoding="utf-8")
    with pytest.raises(InputError, match=r'narrows.yaml:6:8: no world folder "wolrd" beside this file'):
        load(tmp_path / SCENARIO)


@pytest.mark.slow
def test_from_the_wheel_in_any_folder(tmp_path: Path) -> None:
    """Unpacked, it is what an installed package is."""
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT], check=True,
                   capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    shutil.unpack_archive(wheel, tmp_path / "installed", "zip")
    for words in (["init", "mine"], ["mine/scenarios/narrows.yaml", "-n", "20", "--jobs", "1"]):
        done = subprocess.run([sys.executable, "-m", "sim", *words], cwd=tmp_path, capture_output=True, text=True,
                              env=os.environ | {"PYTHONPATH": str(tmp_path / "installed")}, check=False)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "narrows" / "figures" / "endings.png").stat().st_size > 5000
