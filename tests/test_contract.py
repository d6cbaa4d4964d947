"""What every entry of a shipped world and every shipped scenario must keep, whatever is added to them.

There are two worlds: that of `seeds`, and the template from which `init` starts another region.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.cli.validate import findings
from sim.ensemble import run
from sim.history import History
from sim.mechanisms import FAMILIES
from sim.model import DiplomacyModel
from sim.outcomes import assign_endings, measure
from sim.paths import shipped as folder
from sim.paths import shipped_scenarios
from sim.scenario import Scenario, load
from sim.world import World
from worlds import eventless, played, shipped, terms_of

TEMPLATE = str(folder("templates") / "region" / "scenarios" / "narrows.yaml")
SCENARIOS = [*shipped_scenarios(), TEMPLATE]
#: Each world, as the scenario has it in which all of its countries take part.
WORLD, REGION = load("july_2025"), load(TEMPLATE)

#: The files of the record on which the world's numbers rest; what calibration reads of them is in seeds/record.
RECORD = {
    "dprk_provocations.csv", "dprk_weekly_panel.csv", "exercises.csv", "dprk_statements_after_exercises.csv",
    "white_paper_protests.csv", "dprk_russia_events.csv", "gdelt_weekly_dyads.csv", "cameo_goldstein.csv",
    "cameo_to_plover.txt", "nmc_capabilities.csv", "atop_alliances.csv", "unga_agreement.csv",
    "unga_ideal_points.csv", "sipri_constant_usd.csv", "surveys.csv", "elections_and_polls.csv"}

#: All but two are slow.
MOSTLY_SLOW = [name if name in ("july_2025", TEMPLATE) else pytest.param(name, marks=pytest.mark.slow)
               for name in SCENARIOS]
each_scenario = pytest.mark.parametrize("name", SCENARIOS, ids=lambda name: Path(name).stem)
each_scenario_slowly = pytest.mark.parametrize("name", MOSTLY_SLOW, ids=lambda name: Path(name).stem)
each_world = pytest.mark.parametrize("world", [WORLD, REGION], ids=["seeds", "template"])


def each(section: str) -> pytest.MarkDecorator:
    """Runs a test for every entry of a section, in both worlds."""
    return pytest.mark.parametrize("world, name", [
        pytest.param(world, name, id=f"{world.name}-{name}")
        for world in (WORLD, REGION) for name in getattr(world, section)])


@pytest.fixture(scope="module", ids=lambda name: Path(name).stem, params=MOSTLY_SLOW)
def history(request: pytest.FixtureRequest) -> History:
    """120,000 replicate-weeks of a scenario, in 2,000 replicates at most. All tests that look at one history run one
    after the other."""
    world = shipped(name=request.param)
    return played(world, replicates=min(2000, 120_000 // world.weeks))


# Size

def test_the_world_is_as_large_as_promised() -> None:
    assert len(WORLD.actions) >= 30
    assert len(WORLD.mechanisms) >= 30
    assert len(WORLD.issues) >= 12
    assert set(WORLD.countries) == {"USA", "JPN", "KOR", "PRK", "RUS"}


def test_every_family_of_mechanisms_is_used() -> None:
    assert {mechanism.family for mechanism in WORLD.mechanisms.values()} == set(FAMILIES)


# Codes and sources

@cache
def codes() -> dict[str, dict[str, str]]:
    """CAMEO codes in use with their Goldstein score and PLOVER class, as in the record's two tables."""
    with (Path(__file__).parent / "data" / "cameo.csv").open(encoding="utf-8") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


@each("actions")
def test_an_actions_code_has_its_goldstein_score_and_plover_class(world: Scenario, name: str) -> None:
    """A code that is new here takes a line in tests/data/cameo.csv, copied from the tables themselves."""
    action = world.actions[name]
    assert action.cameo in codes()
    assert action.goldstein == float(codes()[action.cameo]["goldstein"])
    assert action.plover == codes()[action.cameo]["plover"]
    if action.among:
        assert action.among.goldstein == float(codes()[action.among.cameo]["goldstein"])


def cited(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(where, source) of every source named anywhere in a tree as files hold it."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "source":
                yield from ((path, source) for source in ([value] if isinstance(value, str) else value))
            else:
                yield from cited(value, f"{path}.{key}")
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from cited(value, f"{path}.{i}")


@each_scenario_slowly
def test_every_source_can_be_looked_up(name: str) -> None:
    """A judgement, or a publication listed among the sources; in the world of seeds, also an article row or a file of
    the record."""
    scenario = load(name)
    known = {"judgement", *scenario.sources}
    if name != TEMPLATE:
        with (folder("seeds") / "article.csv").open(encoding="utf-8") as file:
            known |= {row["id"] for row in csv.DictReader(file)} | {f"record/{name}" for name in RECORD}
    found = list(cited(scenario.tree))
    assert len(found) > (100 if name == TEMPLATE else 1000)
    assert [(where, source) for where, source in found if source not in known] == []


@each_world
def test_every_section_says_where_its_entries_come_from(world: Scenario) -> None:
    for section, entries in world.tree["world"].items():
        if section not in ("sources", "memory"):
            assert [name for name, entry in entries.items() if not entry.get("source")] == [], section


# Countries and issues

@each("countries")
def test_a_country_has_a_stance_with_a_spread_on_every_issue(world: Scenario, name: str) -> None:
    stances = world.countries[name].stances
    assert set(stances) == set(world.issues)
    assert [issue for issue, stance in stances.items() if stance.ideal.fixed or stance.salience.fixed] == []


@each("issues")
def test_an_issue_has_two_named_ends_and_something_that_moves_it(world: Scenario, name: str) -> None:
    issue = world.issues[name]
    assert issue.low
    assert issue.high
    assert issue.low != issue.high
    done = {option.action for option in world.options.values()} | {event.action for event in world.events.values()}
    assert any(world.actions[action].shifts.get(name) for action in done if action)


# Options and mechanisms

@each("options")
def test_an_option_can_be_taken(world: Scenario, name: str) -> None:
    """Its rate is above zero in every replicate, and the flags and leaders that it needs can come about."""
    option = world.options[name]
    assert option.base.rate.ppf(np.array([1e-6]))[0] > 0
    leaders = {leader: country for country in world.countries.values() for leader in country.leaders}
    for condition in option.needs:
        if condition in world.flags:
            assert world.flags[condition].start or world.flags[condition].set_by
        else:
            country = leaders[condition]
            assert country.leader == condition or (country.succession and condition in country.succession.successors)
    for condition in option.excludes:
        if condition in world.flags:
            assert not world.flags[condition].start or world.flags[condition].cleared_by


def moved(world: World, wanted: set[str], replicates: int = 64) -> set[str]:
    """Those of the mechanisms that add something other than zero to some decision, in some replicate and week."""
    model = DiplomacyModel(world, replicates=replicates)
    terms = {name: rows for name, rows in terms_of(world) if name in wanted and len(rows)}
    parts = {name: world.decisions.terms.matrix[:, rows] for name, rows in terms.items()}
    found: set[str] = set()
    for _ in range(world.weeks):
        model.step()
        for name in parts.keys() - found:
            if (parts[name] @ (model.terms - model.reference_terms)[terms[name]]).any():
                found.add(name)
    model.release()
    return found


@each_world
def test_doubling_any_mechanism_changes_some_log_odds_in_some_scenario(world: Scenario) -> None:
    """A decision's log-odds are a sum in which a mechanism's part is proportional to its strength.

    So doubling the strength changes them just where that part is not zero: where the feature, times its gates, differs
    from its reference, the replicate's theory gives the family a weight, and the moves select something.
    """
    idle = set(world.mechanisms)
    for name in [TEMPLATE] if world is REGION else [WORLD.name, *shipped_scenarios()]:
        if idle:
            idle -= moved(shipped(name=name), idle)
    assert not idle


@pytest.mark.parametrize("name", ["drill_draws_statement", "launch_campaigns", "pyongyang_answers_words"])
def test_doubling_a_mechanism_doubles_its_part_of_the_sums(name: str) -> None:
    """The equivalence that the test above rests on, tried on three mechanisms that are at work in the first week."""
    models = []
    for strength in (1, 2):
        models.append(DiplomacyModel(shipped(f"mechanisms.{name}.strength={strength}"), replicates=16))
        models[-1].step()
    once, twice = models
    rows = dict(terms_of(once.world))[name]
    part = once.world.decisions.terms.matrix[:, rows] @ (once.terms - once.reference_terms)[rows]
    assert np.abs(part).max() > 0.01
    assert twice.sums - once.sums == pytest.approx(part, abs=1e-5)
    for model in models:
        model.release()


# Scenarios

@each_scenario
def test_a_shipped_scenario_runs(name: str) -> None:
    """It is free of errors; two replicates end, each in one of its endings, with every outcome measured."""
    scenario = load(name)
    ensemble = run(scenario, 2, jobs=1)
    assert list(ensemble.outcomes) == [*scenario.outcomes, "ending"]
    assert ensemble.outcomes["ending"].isin([ending.name for ending in scenario.endings]).all()


@each_scenario_slowly
def test_validate_has_nothing_to_warn_of(name: str) -> None:
    """The loop gain is below 1, and whatever an outcome selects can occur."""
    assert findings(load(name))["warnings"] == []


def test_whatever_may_happen_does_in_some_replicate(history: History) -> None:
    """Every option, alternative of a dated action, event and step of a succession."""
    world: Any = history.world
    past = {event for event, entry in world.scenario.events.items() if entry.on and entry.on.high < world.start}
    times = np.diff(history.starts)
    never = [column.name for column, count in zip(world.columns, times, strict=True)
             if not count and not (column.event in past and not column.announces)]
    assert not never


def test_every_ending_of_a_scenario_is_reached(history: History) -> None:
    """Each replicate has one ending."""
    world: Any = history.world
    endings = world.scenario.endings
    reached = np.bincount(assign_endings(endings, history), minlength=len(endings))
    assert reached.sum() == history.replicates
    assert (reached > 0).all(), dict(zip((ending.name for ending in endings), reached, strict=True))


def test_every_outcome_of_a_scenario_tells_replicates_apart(history: History) -> None:
    """None is the same in all replicates, and none void in all of them."""
    world: Any = history.world
    for outcome, entry in world.scenario.outcomes.items():
        values = measure(entry, history)
        assert len(np.unique(values[~np.isnan(values)])) > 1, outcome


@each_world
def test_a_world_without_events_still_compiles_and_runs(world: Scenario) -> None:
    """Clocks that refer to events which are not in force stand still."""
    scenario: Scenario = eventless(world, 10)
    assert len(run(scenario, 2, jobs=1).outcomes) == 2
