"""What outcomes and endings mean in plain words: nothing that they name is left out, and no code is left in."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from random_outcomes import random_case
from sim.catalog.outcome import KINDS, Bounds, Outcome, Qualifiers, Selector
from sim.catalog.question import days_named
from sim.experiments import naming
from sim.experiments.meaning import ALL_OTHERS, endings, meaning
from sim.experiments.wording import leader, party
from sim.paths import shipped_scenarios
from sim.scenario import Scenario, load
from sim.summary import day_in_words


@cache
def july() -> Scenario:
    return load("july_2025")


def named(scenario: Scenario, outcome: Outcome) -> set[str]:
    """The words of all that an outcome names: occurrences, countries, leaders, parties, issues, days, numbers."""
    found = {day_in_words(day) for day in days_named(outcome)}
    for _, part in outcome.walk():
        for of in filter(None, (part, part.selector, part.within and part.within.of)):
            found |= qualified(scenario, of)
        found |= {party(scenario, code) for code in (part.coalition_intact,) if code}
        found |= {leader(scenario, name) for name in part.in_office} | set(part.seats)
        if level := part.level:
            found |= {party(scenario, code) for code in (*(level.tension or ()), level.of, level.approval) if code}
            found |= {scenario.issues[name].name for name in (level.status_quo, level.stance) if name}
        found |= ends(part) if part.verb != "change" else set()
    return found


def qualified(scenario: Scenario, of: Qualifiers) -> set[str]:
    entries: dict[str, Any] = {**scenario.events, **scenario.actions}
    things = (*(of.names if isinstance(of, Selector) else ()), *of.action, *of.tag, *of.event)
    return ({entries[name].name if name in entries else name.replace("_", " ") for name in things}
            | {party(scenario, code) for code in (*of.by, *of.to)} | {leader(scenario, name) for name in of.leader}
            | {name.replace("_", " ") for name in of.party}
            | {text for bounds in (of.size, of.days) if bounds for text in ends(bounds)})


def ends(of: Bounds) -> set[str]:
    return {f"{value:.3g}".replace("-", "−") for value in (of.between or (of.at_least, of.at_most))
            if value is not None and f"{value:.3g}" == f"{value:g}"}


def speaks_plainly(scenario: Scenario, outcome: Outcome) -> str:
    text = meaning(scenario, outcome)
    assert text
    assert not (missing := {words for words in named(scenario, outcome) if words not in text}), f"{missing}: {text}"
    assert "  " not in text and text == text.strip()
    own = re.sub("“.*?”", "X", text)  # what stands outside the entries' own names
    assert not re.search(r"\b(None|True|False|nan|inf)\b|[{}\[\]:=]|at_|of_|_in|_with|_date", own), text
    return text


def asked(scenario: Scenario) -> list[Outcome]:
    return [*scenario.outcomes.values(), *(ending.when for ending in scenario.endings if ending.when)]


def test_random_outcomes_of_every_verb_are_put_in_words() -> None:
    seen = set()
    for seed in range(25):
        scenario = random_case(seed)
        for outcome in asked(scenario):
            assert speaks_plainly(scenario, outcome)
            seen |= {part.verb for _, part in outcome.walk()}
    assert seen == set(KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_scenarios())
def test_shipped_outcomes_and_endings_are_put_in_words(name: str) -> None:
    scenario = load(name)
    for outcome in asked(scenario):
        assert "_" not in speaks_plainly(scenario, outcome)
    assert len(endings(scenario)) == len(scenario.endings)
    assert endings(scenario)[-1] == ALL_OTHERS


def test_the_endings_of_july_2025() -> None:
    scenario = july()
    told = dict(zip((ending.name for ending in scenario.endings), endings(scenario), strict=True))
    assert told["armed_clash"] == "“Armed clash” happens"
    assert told["crisis"] == "“Nuclear test” happens, or “Intercontinental-missile test” happens at least 4 times"
    assert told["managed_stalemate"] == ("no “Working-level talks”, “US–DPRK summit”, “Inter-Korean summit” or "
                                         "“Japan–DPRK summit” happens")
    assert "“Partnership of the DPRK and Russia” rises by at least 0.05" in told["bloc_against_bloc"]


@pytest.mark.parametrize(("outcome", "words"), [
    ({"change": {"approval": "JPN"}, "at_most": -0.1}, "approval of the government of Japan falls by at least 0.1 from "
                                                       "start to end"),
    ({"change": {"approval": "JPN"}, "between": [-0.1, 0.2]}, "approval of the government of Japan changes by between "
                                                              "−0.1 and 0.2 (a fall counts below 0) from start to end"),
    ({"none_in": {"by": "JPN", "to": "PRK"}, "until": "2025-08-01"},
     "nothing by Japan toward DPRK happens until 1 August 2025"),
    ({"count": "nuclear_test", "at_most": 1}, "“Nuclear test” happens at most 1 time"),
    ({"not": {"any_of": [{"in_office": "ishiba"}, {"coalition_intact": "JPN"}]}},
     "it is not so that (Shigeru Ishiba governs in the last week, or the governing coalition of Japan holds in the "
     "last week)"),
    ({"first_date": "nuclear_test", "within": {"days": 7, "of": "icbm_test", "nth": 2}, "given": {
        "happened": "icbm_test"}}, "when “Nuclear test” first happens on the day of time no. 2 of "
                                   "“Intercontinental-missile test” or up to 7 days later; of runs in which "
                                   "“Intercontinental-missile test” happens"),
])
def test_words(outcome: dict[str, Any], words: str) -> None:
    assert meaning(july(), Outcome.model_validate(outcome)) == words


def test_who_is_set_to_govern_is_named() -> None:
    settings = [("countries.KOR.leader", "kim_moon_soo"), ("countries.KOR.leader", "nobody")]
    assert naming.changes(july(), settings=settings) == ["Kim Moon-soo governing ROK", "countries.KOR.leader=nobody"]
