"""`list`: the names that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from commands import Run, call, scenario

__all__ = ["call", "scenario"]


@pytest.mark.parametrize("kind, name", [
    ("scenarios", "july_2025"), ("countries", "PRK"), ("issues", "dprk_sanctions"), ("actions", "icbm_test"),
    ("options", "prk_icbm_test"), ("mechanisms", "quasi_alliance"), ("events", "upper_house_election"),
    ("outcomes", "us_dprk_talks"), ("endings", "crisis"), ("leaders", "ishiba")])
def test_list(call: Run, kind: str, name: str) -> None:
    code, out, err = call("list", kind)
    assert (code, err) == (0, "")
    assert out.startswith("name ")
    assert re.search(rf"^{name} ", out, re.MULTILINE)
    code, out, _ = call("list", kind, "--json")
    found = json.loads(out)
    assert (code, found["schema"], found["kind"]) == (0, 1, kind)
    assert name in [entry["name"] for entry in found[kind]]
    assert all("title" in entry for entry in found[kind])


def test_list_what_a_scenario_holds(call: Run, scenario: Path) -> None:
    def names(*words: object) -> list[str]:
        return [row["name"] for row in json.loads(call("list", *words, "--json")[1])[str(words[0])]]

    assert names("outcomes", scenario) == ["launch", "launch_weeks", "first_launch", "answer", "never", "tension"]
    assert names("endings", scenario) == ["launches", "quiet"]
    assert names("events", scenario) == ["ulchi_freedom_shield", "third_country_strike"]
    assert set(names("leaders", scenario)) < set(names("leaders"))
    code, _, err = call("list", "scenarios", scenario)
    assert code == 2 and "leave out small.yaml" in err
