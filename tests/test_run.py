"""`run`: what it prints, where, and what it leaves."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from commands import Run, call, scenario
from sim import cli
from sim.draws import BLOCK

__all__ = ["call", "scenario"]


def test_run_prints_what_came_out_and_leaves_files(call: Run, scenario: Path) -> None:
    code, out, err = call("run", scenario, "-n", 20)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:4] == ["A small world", "Do launches and words follow one another?", "",
                         "20 replicates of 6 weeks from 14 July 2025, seed 1"]
    assert max(map(len, lines)) <= 80
    assert re.search(r"^Launches +█+ +\d+ in 100 runs \([<\d]+–[>\d]+\)$", out, re.MULTILINE)
    assert re.search(r"^Weeks with a launch +\d.* to \d", out, re.MULTILINE)
    assert re.search(r"^First launch +.*\d+ (July|August) 2025$", out, re.MULTILINE)
    assert re.search(r"^Void in all runs +applies in no run$", out, re.MULTILINE)
    assert "no forecast" in out
    assert lines[-1] == "Files and figures: out/small"
    assert {path.name for path in Path("out/small").iterdir()} == {
        "outcomes.csv", "summary.csv", "summary.json", "ensemble.nc", "scenario.yaml", "world.json", "figures",
        "report.html", "manifest.json"}
    assert [path.name for path in Path("out").iterdir()] == ["small"]


def test_what_was_changed_and_what_is_replaced_is_said(call: Run, scenario: Path) -> None:
    code, out, err = call("run", scenario, "-n", 20)
    assert "Changed" not in out
    code, out, err = call("run", scenario, "-n", 20, "--without", "third_country_strike", "--preset", "bloc_deters")
    assert code == 0
    told = " ".join(out.split())
    assert "Changed: without “" in told
    assert "preset “The bloc deters”. 20 replicates" in told
    assert "the run in out/small is of another scenario or other settings" in " ".join(err.split())
    assert not call("run", scenario, "-n", 30, "--without", "third_country_strike", "--preset", "bloc_deters")[2]


def test_json_is_all_there_is_on_stdout(call: Run, scenario: Path) -> None:
    code, out, err = call(scenario, "-n", 30, "--seed", 7, "--out", "elsewhere", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out, parse_constant=pytest.fail)
    seconds = found.pop("seconds")
    assert seconds >= 0
    endings, outcomes = found.pop("endings"), found.pop("outcomes")
    assert found == {"schema": 1, "scenario": "small", "seed": 7, "replicates": 30, "weeks": 6, "out": "elsewhere"}
    assert [set(ending) for ending in endings] == [{"name", "title", "share", "low", "high"}] * 2
    assert sum(ending["share"] for ending in endings) == pytest.approx(1)
    assert all(0 <= ending["low"] <= ending["share"] <= ending["high"] <= 1 for ending in endings)
    kinds = {outcome["name"]: outcome["kind"] for outcome in outcomes}
    assert kinds == {"launch": "yes_no", "launch_weeks": "number", "first_launch": "date", "answer": "yes_no",
                     "never": "yes_no", "tension": "number"}
    for outcome in outcomes:
        quantiles = {"quantiles"} if outcome["kind"] != "yes_no" else set()
        assert set(outcome) == {"name", "title", "kind", "mean", "low", "high"} | quantiles
    by_name = {outcome["name"]: outcome for outcome in outcomes}
    assert by_name["never"]["mean"] is None
    assert list(by_name["tension"]["quantiles"]) == ["5", "25", "50", "75", "95"]
    assert re.fullmatch(r"2025-\d\d-\d\d", by_name["first_launch"]["quantiles"]["5"])


def test_same_seed_same_files_whatever_the_jobs(call: Run, scenario: Path) -> None:
    for jobs in (1, 2):
        assert call(scenario, "-n", BLOCK + 6, "--set", "weeks=2", "--jobs", jobs, "--out", f"o{jobs}")[0] == 0
    for name in ("outcomes.csv", "summary.csv", "summary.json", "scenario.yaml", "world.json"):
        assert Path("o1", name).read_bytes() == Path("o2", name).read_bytes()


def test_settings_and_removed_events(call: Run, scenario: Path) -> None:
    def launches(*words: str) -> float:
        code, out, _ = call(scenario, "-n", 40, "--json", *words)
        assert code == 0
        outcomes: dict[str, float] = {each["name"]: each["mean"] for each in json.loads(out)["outcomes"]}
        return outcomes["launch"]

    quiet = [f"--set=options.{name}=0" for name in _launch_options()]
    assert launches() > 0
    assert launches(*quiet, "--without", "ulchi_freedom_shield") == 0
    resolved = Path("out/small/scenario.yaml").read_text()
    assert "ulchi_freedom_shield" not in resolved
    assert "third_country_strike" in resolved
    command = json.loads(Path("out/small/manifest.json").read_text())["command"]
    assert command.startswith("python run.py run small.yaml -n 40 --seed 1 --set ")
    assert command.endswith("--without ulchi_freedom_shield")


def _launch_options() -> list[str]:
    from sim.scenario import load
    world = load("july_2025")
    return [name for name, option in world.options.items() if "missile" in world.actions[option.action].tags]


def test_what_may_be_left_out() -> None:
    assert cli._routed([]) == ["run"]
    assert cli._routed(["-n", "5"]) == ["run", "-n", "5"]
    assert cli._routed(["july_2025", "--json"]) == ["run", "july_2025", "--json"]
    assert cli._routed(["a/b.yaml"]) == ["run", "a/b.yaml"]
    assert cli._routed(["list", "events"]) == ["list", "events"]
    assert cli._routed(["--help"]) == ["--help"]
