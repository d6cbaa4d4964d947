"""Sweeps: every point is the scenario with that value, on the same draws."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from drawings import outside, overlaps
from sim import cli
from sim.cli.sweep import _table as of_points
from sim.compiler import compile_world
from sim.errors import InputError
from sim.experiments import paired, sweep
from sim.experiments.sweep import Vary, parsed
from sim.figures.swept import figure
from sim.scenario import Scenario, load
from strikes import ANSWER, HEAD, HIT, WISH, WORLD, small
from worlds import merged, scenario

FAIR = "events.fair.cadence.every"
PAGE = Path(__file__).parent.parent / "docs" / "how-to" / "which-assumptions-matter.md"


def changed(**sections: object) -> Scenario:
    return scenario(merged(WORLD, sections), **HEAD)


def test_every_point_is_the_scenario_with_that_value() -> None:
    found = sweep.run(small(), [f"{ANSWER}=0:6:3"], "replies", replicates=60, jobs=1)
    assert found.points[ANSWER].tolist() == [0, 3, 6]
    for value, mean in zip((0, 3, 6), found.points["mean"], strict=True):
        alone = compile_world(changed(mechanisms={"answer": {"strength": value}}))
        assert mean == pytest.approx(paired.run({0: alone}, 60, jobs=1)[0].outcomes["replies"].mean())
    assert found.points["mean"].is_monotonic_increasing
    assert found.points["difference"].iloc[0] == 0
    assert found.replicates == 180


def test_the_same_draws_at_every_point() -> None:
    found = sweep.run(small(), [f"{WISH}=0:4:3"], "replies", replicates=40, jobs=1)
    assert found.points["mean"].nunique() == 1
    assert found.points[["difference", "difference_low", "difference_high"]].to_numpy().tolist() == [[0, 0, 0]] * 3
    assert found.points["changed"].tolist() == [0, 0, 0]
    assert _against_the_first(found) == ["", "the same in every run", "the same in every run"]
    moved = sweep.run(small(), [f"{ANSWER}=0:6:2"], "replies", replicates=40, jobs=1)
    assert moved.points["changed"].iloc[1] > 0 and " to " in _against_the_first(moved)[1]


def _against_the_first(found: sweep.Sweep) -> list[str]:
    return [str(cell) for cell in list(of_points(found).columns[-1].cells)]


def test_what_is_no_input_is_swept_too() -> None:
    """The number of weeks; and what every occasion draws anew, for which a value means that all have it."""
    found = sweep.run(small(), ["weeks=4:12:3"], "replies", replicates=40, jobs=1)
    assert found.points["mean"].is_monotonic_increasing
    assert found.points["mean"].iloc[0] < found.points["mean"].iloc[-1]
    mixed = sweep.run(small(), [f"{FAIR}=20:40:2", f"{ANSWER}=0:6:2"], "replies", replicates=20, jobs=1)
    assert mixed.points[[FAIR, ANSWER]].to_numpy().tolist() == [[20, 0], [20, 6], [40, 0], [40, 6]]
    assert mixed.points["mean"].iloc[[0, 2]].nunique() == 1


def test_two_make_a_grid_and_three_a_latin_hypercube() -> None:
    grid = sweep.run(small(), [f"{HIT}=0.1:0.5", f"{ANSWER}=0:6:2"], "quarrel", replicates=5, jobs=1)
    assert grid.grid
    assert len(grid.points) == 7 * 2
    cube = sweep.run(small(), [f"{HIT}=0.1:0.5", f"{ANSWER}=0:6", f"{WISH}=0:4"], "quarrel", replicates=5, samples=10,
                     jobs=1)
    assert not cube.grid
    strata = np.floor((cube.points[HIT] - 0.1) / 0.4 * 10).astype(int)
    assert sorted(strata) == list(range(10))
    for found in (grid, cube):
        drawn = figure(found)
        assert not outside(drawn)
        assert not overlaps(drawn)


def test_a_line_has_intervals() -> None:
    found = sweep.run(small(), [f"{HIT}=0.05:0.5:4"], "first_hit", replicates=50, jobs=1)
    assert (found.points["low"] < found.points["mean"]).all()
    assert (found.points["mean"] <= found.points["high"]).all()
    drawn = figure(found)
    assert not outside(drawn)
    assert not overlaps(drawn)


def test_ranges_are_read() -> None:
    assert parsed("weeks=4:12") == Vary("weeks", 4, 12)
    assert parsed("a.b=-1:1:5") == Vary("a.b", -1, 1, 5)


@pytest.mark.parametrize("vary, told", [
    (["weeks"], "expected path=low:high"), (["weeks=5:5"], "expected path=low:high"), (["weeks=a:b"], "expected path"),
    (["weeks=1:9:1"], "expected path=low:high"), ([], "at least one --vary"),
    ([f"{HIT}=0:2"], "must stay between 0 and 1"), (["mechanisms.answr=0:1"], 'Did you mean "answer"'),
    ([f"{HIT}=0:1:60", f"{ANSWER}=0:1:60"], "at most 2,000 points"),
    ([f"{HIT}=0:1", "options.hit=0:1"], "each path once"), (["weeks=0:9:2"], "--vary, at weeks=0"),
])
def test_errors_name_the_remedy(vary: list[str], told: str) -> None:
    with pytest.raises(InputError) as error:
        sweep.run(small(), vary, "replies", replicates=2, jobs=1)
    assert told in str(error.value)


@pytest.mark.slow
def test_the_command_announces_the_total_and_the_time_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                            capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    name = load("rising_sun_2018").endings[0].name
    words = ["sweep", "rising_sun_2018", "--vary", "weeks=24:26:2", "--outcome", name, "-n", "10", "--jobs", "1"]
    assert cli.main([*words, "--json"]) == 0
    told = capsys.readouterr()
    assert told.err.startswith("2 points × 10 replicates = 20 replicates, about 0:")
    record = json.loads(told.out)
    assert [point["weeks"] for point in record["points"]] == [24, 26]
    folder = tmp_path / "out" / "rising_sun_2018-sweep"
    assert {path.name for path in folder.rglob("*")} == {"sweep.csv", "sweep.json", "scenario.yaml", "manifest.json",
                                                         "figures", "sweep.png", "sweep.svg"}
    assert "--vary" in json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["command"]
    assert cli.main([*words, "--quiet"]) == 0
    assert "the same draws at every point" in " ".join(capsys.readouterr().out.split())


@pytest.mark.slow
def test_the_page_shows_what_its_commands_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    """All three of them, in their order."""
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    commands = re.findall(r"^ {4}python run\.py (.*)$", page, re.MULTILINE)
    shown = re.findall(r"^```text\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)
    assert len(commands) == len(shown) == 3
    for command, text in zip(commands, shown, strict=True):
        assert cli.main([*shlex.split(command), "--quiet"]) == 0
        assert capsys.readouterr().out.rpartition("\n\nTable")[0] == text
