"""Readings and presets: named changes laid over a world."""

from __future__ import annotations

import re

import pytest

from sim.errors import InputError
from sim.scenario import load

NAME = "drills_and_launches_none"


def strength(**how: object) -> float:
    return load("july_2025", **how).mechanisms["drills_provoke_launches"].strength.centre  # type: ignore[arg-type]


def test_a_preset_changes_what_it_names_and_nothing_else() -> None:
    plain, changed = load("july_2025"), load("july_2025", presets=[NAME])
    assert strength() > 0
    assert strength(presets=[NAME]) == 0
    assert changed.countries == plain.countries
    assert {name for name, entry in changed.mechanisms.items() if entry != plain.mechanisms[name]} == {
        "drills_provoke_launches"}


def test_a_setting_goes_over_a_preset() -> None:
    assert strength(presets=[NAME], settings=["mechanisms.drills_provoke_launches=1"]) == 1


def test_the_scenario_says_afterwards_which_variants_it_was_run_with() -> None:
    head = load("july_2025", reading="claimed", presets=[NAME]).tree["scenario"]
    assert (head["reading"], head["presets"]) == ("claimed", [NAME])


def test_the_evidence_is_the_default_reading() -> None:
    assert load("july_2025", reading="evidence").countries == load("july_2025").countries


@pytest.mark.parametrize(("how", "says"), [
    ({"reading": "claimd"},
     '--reading claimd: unknown reading "claimd". Did you mean "claimed" (The article as it stands)?'),
    ({"presets": ["nothing"]}, '--preset nothing: unknown preset "nothing"')])
def test_an_unknown_variant_is_refused_by_name(how: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        load("july_2025", **how)  # type: ignore[arg-type]


def test_leaders_who_cannot_come_to_govern_are_left_out() -> None:
    scenario = load("july_2025")
    for country in scenario.countries.values():
        successors = country.succession.successors if country.succession else {}
        assert set(country.leaders) == {country.leader, *successors}
