"""`validate`: every error with its place, and warnings of what is odd."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from commands import SMALL, Run, call, scenario

__all__ = ["call", "scenario"]


def test_validate_a_good_scenario(call: Run, scenario: Path) -> None:
    code, out, err = call("validate", scenario)
    assert (code, err) == (0, "")
    assert out.startswith("small is valid: A small world\n6 weeks, 14 July 2025 to 24 August 2025\n3 countries, ")
    assert re.search(r"^loop gain \d\.\d\d", out, re.MULTILINE)
    code, out, err = call("validate", scenario, "--json")
    found = json.loads(out)
    assert (code, found["schema"], found["valid"], found["problems"]) == (0, 1, True, [])
    assert found["counts"]["countries"] == 3
    assert found["loop_gain"] > 0


def test_validate_names_events_that_move_nothing(call: Run, scenario: Path) -> None:
    scenario.write_text(SMALL.replace("events: {", "events: {party_anniversary: , liberation_day: , "),
                        encoding="utf-8")
    found = json.loads(call("validate", scenario, "--json")[1])
    assert found["idle_events"] == ["party_anniversary"], "a mechanism refers to the other date"
    assert "histories are the same without them: party_anniversary\n" in call("validate", scenario)[1]
    listed = {row["name"]: row["action"] for row in json.loads(call("list", "events", "--json")[1])["events"]}
    assert listed["party_anniversary"] == "(only a date)" != listed["ulchi_freedom_shield"]


def test_validate_warns(call: Run, scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.stability.loop_gain", lambda world: 1.25)
    scenario.write_text(SMALL.replace("happened: missile, by: PRK}\n  launch_weeks",
                                      "happened: icbm_test, by: KOR}\n  launch_weeks"), encoding="utf-8")
    code, out, _ = call("validate", scenario)
    assert code == 0
    assert "warning: the loop gain is 1.25" in out
    assert "warning: outcomes.launch.happened: nothing that can occur in this scenario is selected" in out


def test_validate_gives_every_error_with_its_place(call: Run, scenario: Path) -> None:
    scenario.write_text(SMALL.replace("weeks: 6", "weeks: six").replace("title: A small", "titel: A small"),
                        encoding="utf-8")
    code, out, err = call("validate", scenario)
    assert (code, out) == (2, "")
    assert 'small.yaml:1:1: unknown key "titel". Did you mean "title"?' in err
    assert 'small.yaml:4:8: "weeks" must be a whole number, not "six"' in err
    assert err.endswith(" problems; mend these first: more may be found then\n")
    code, out, err = call("validate", scenario, "--json")
    assert (code, err) == (2, "")
    found = json.loads(out)
    assert (found["valid"], found["partial"]) == (False, True)
    assert {"file": "small.yaml", "line": 4, "column": 8,
            "message": '"weeks" must be a whole number, not "six"'} in found["problems"]


def test_validate_says_whether_everything_was_looked_at(call: Run, scenario: Path) -> None:
    scenario.write_text(SMALL.replace("happened: missile, by: PRK}\n  launch_weeks",
                                      "happened: misile, by: PRK}\n  launch_weeks"), encoding="utf-8")
    code, _, err = call("validate", scenario)
    assert code == 2
    assert len(err.splitlines()) == 1, "one problem, and it kept nothing from being looked at"
    scenario.write_text(SMALL.replace("PRK]", "PKR]", 1), encoding="utf-8")
    assert call("validate", scenario)[2].endswith("mend this first: more may be found then\n")
    scenario.write_text(SMALL + "&anchor\n", encoding="utf-8")
    assert "more may be found then" in call("validate", scenario)[2]


def test_a_misspelt_judgement_is_recognised(call: Run, scenario: Path) -> None:
    scenario.write_text(SMALL + "source: judgment\n", encoding="utf-8")
    assert 'unknown source "judgment". Did you mean "judgement"?' in call("validate", scenario)[2]


def test_validate_takes_settings(call: Run, scenario: Path) -> None:
    assert "7 weeks" in call("validate", scenario, "--set", "weeks=7")[1]
    code, _, err = call("validate", scenario, "--set", "countries=[\"USA\", \"PKR\"]")
    assert code == 2
    assert 'unknown country "PKR". Did you mean "PRK"' in err
