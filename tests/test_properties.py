"""What holds in every world: bounds, independence of replicates, order, twins, explanations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from random_outcomes import random_case
from random_worlds import BOTH, random_head, random_scenario, random_world
from sim import draws
from sim.batch import WIDTH
from sim.compiler import compile_world
from sim.draws import BLOCK, stream_key
from sim.ensemble import run
from sim.history import History
from sim.model import DiplomacyModel
from sim.outcomes import assign_endings, measure
from sim.world import World
from worlds import START, J, compiled, country, event, mechanism, merged, option, played, replay, shipped, tree

SEEDS = st.integers(0, 2**32 - 1)  # of random worlds
#: Two countries that answer each other, an election, dates and cues: enough for replicates to differ in everything.
LIVELY = tree(
    countries={code: {"succession": {"choose": {"low": 1, "high": 20}, "take_office": {"low": 1, "high": 20},
                                     "chosen": "chosen", "taken": "sworn_in",
                                     "successors": {f"{code[0].lower()}_two": 1}, **J},
                      "leaders": {f"{code[0].lower()}_two": {"name": "Two", **J}}} for code in ("AAA", "BBB")},
    options={"a_scolds": option("scold", "AAA", "BBB", {"mean": 0.3, "sd": 0.1}),
             "b_scolds": option("scold", "BBB", "AAA", {"mean": 0.3, "sd": 0.1}),
             "a_greets": option("greet", "AAA", "BBB", 0.2), "treaty": option("treaty", ["AAA", "BBB"], rate=0.05),
             "b_resigns": option("resign", "BBB", rate=0.05)},
    mechanisms={"answers": mechanism("reciprocity", strength={"mean": 1, "sd": 0.3}),
                "wants": mechanism("policy", strength=2), "spells": mechanism("tempo"),
                "echo": mechanism("response", {"action": "scold"}, feature={"cue": "noise"}, lag={"low": 0, "high": 9})
                },
    cues={"noise": {"name": "Noise", "left_by": [{"action": "scold"}], "half_life": {"low": 1, "high": 4}, **J}},
    events={"feast": event(action="greet", by=["BBB"], to=["AAA"],
                           cadence={"first": {"low": "2025-07-15", "high": "2025-08-20"}, "every": 30})})
COUNTS = {"scolded": {"title": "Scoldings", "count": "scold"},
          "first": {"title": "First treaty", "first_date": "treaty"},
          "peak": {"title": "Peak", "peak": {"tension": ["AAA", "BBB"]}}}


# Of random worlds

def bounds_are_kept(seed: int) -> None:
    """State and features, every week; and nothing becomes infinite or undefined."""
    built = compile_world(random_scenario(seed))
    kinds = built.decisions.terms.kinds
    signed = np.array([kind.signed for kind, rows in kinds for _ in range(rows.stop - rows.start)], dtype=bool)
    scale = np.array([key[0] == "scale" for key in built.decisions.terms.keys], dtype=bool)
    model = DiplomacyModel(built, replicates=24)
    widest = np.maximum(np.abs(model.state.conduct), 10)
    for _ in range(built.weeks):
        model.step()
        state = model.state
        for values in (state.stance, state.public, state.status_quo, state.baseline, state.approval, state.mandate):
            assert np.abs(values).max(initial=0) <= 1
        for values in (state.cue, state.salience, state.capability, state.accountability):
            assert values.min(initial=0) >= 0
            assert values.max(initial=0) <= 1
        assert np.abs(state.tension(built.pairs)).max(initial=0) <= 10
        assert (np.abs(state.conduct) <= widest).all()
        assert np.abs(model.features[~scale]).max(initial=0) <= 1 + 1e-6
        assert model.features[np.flatnonzero(~signed)].min(initial=0) >= 0
        for values in (model.sums, model.bases, state.conduct, state.ledger):
            assert np.isfinite(values).all()
        assert ((state.leader >= 0) & (state.leader < len(built.leaders))).all()
    model.release()


def occurrences_are_dated_within_the_week_in_which_they_are_decided(seed: int) -> None:
    history = played(compile_world(random_scenario(seed)), replicates=24)
    assert np.array_equal(history.day // 7, history.week)
    assert (history.days >= 1).all()
    assert ((history.size >= 0) & (history.size <= 1)).all()


def a_replicate_is_the_same_among_ten_among_all_and_alone(seed: int) -> None:
    """Bit for bit, in the first block, in the next, and in a model that spans both."""
    built, k = compile_world(random_scenario(seed, weeks=8)), seed % 10
    first = (0, BLOCK, BLOCK - 4)[seed % 3]
    expected = replay(played(built, replicate=first, replicates=1100), k)
    assert replay(played(built, replicate=first, replicates=10), k) == expected
    assert replay(played(built, replicate=first + k), 0) == expected
    picked = sorted({k, 11, 700})
    if first % BLOCK == 0:
        assert replay(played(built, replicate=first, columns=picked), picked.index(k)) == expected


#: Lists whose order says nothing.
UNORDERED = {"by", "to", "tags", "needs", "excludes", "action", "event", "under_way", "left_by", "set_by", "cleared_by",
             "when", "countries", "parties"}


def shuffled(node: Any, random: Random, key: str = "") -> Any:
    """The same mappings and sets, each in another order."""
    if isinstance(node, list):
        parts = [shuffled(part, random) for part in node]
        return random.sample(parts, len(parts)) if key in UNORDERED else parts
    if not isinstance(node, dict):
        return node
    return {name: shuffled(node[name], random, name) for name in random.sample(list(node), len(node))}


def the_order_of_entries_makes_no_difference(seed: int) -> None:
    """What happens is the same, to the day, in whatever order files list things; levels differ by rounding at most."""
    world = random_world(seed)
    head = random_head(seed, world)
    alike(played(compiled(world, **head), replicates=30),
          played(compiled(shuffled(world, Random(seed)), **shuffled(head, Random(seed))), replicates=30))


def alike(first: History, second: History, renamed: Callable[[Any], Any] = lambda name: name) -> None:
    """The same happens in both, to the day, once the names of the first are renamed; levels are the same to rounding.
    """
    for k in range(first.replicates):
        one, two = renamed(replay(first, k)), replay(second, k)
        levels, others = one.pop("levels"), two.pop("levels")
        assert sorted(one.pop("log")) == two.pop("log")
        assert one == two
        for name, values in levels.items():
            assert others[name] == pytest.approx(values, abs=1e-4)


def renaming(names: dict[str, str]) -> Callable[[Any], Any]:
    """Renames these names, and their like in dotted paths and in phrases, wherever they stand in what it is given."""
    def renamed(node: Any) -> Any:
        if isinstance(node, str):
            return re.sub(r"[\w ]*\w|\w", lambda word: " ".join(names.get(part, part) for part in word[0].split(" ")),
                          node)
        if isinstance(node, dict):
            return {renamed(key): renamed(value) for key, value in node.items()}
        if isinstance(node, list | tuple | frozenset):
            return type(node)(map(renamed, node))
        return node
    return renamed


@contextmanager
def streams_renamed(renamed: Callable[[str], str]) -> Iterator[None]:
    """Lets every stream of draws have the variates of the stream that it is renamed to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draws, "stream_key", lambda seed, name: stream_key(seed, renamed(name)))
        yield


def relabelled_countries_with_their_streams_permute_results(seed: int) -> None:
    """Each country under the code of another, listed in another order: the same histories under the other codes."""
    world, random = random_world(seed), Random(seed)
    head, codes = random_head(seed, world), list(world["countries"])
    other = random.sample(codes, len(codes))
    there, back = renaming(dict(zip(codes, other, strict=True))), renaming(dict(zip(other, codes, strict=True)))
    first = played(compiled(world, **head), replicates=30)
    with streams_renamed(back):
        second = played(compiled(shuffled(there(world), random), **shuffled(there(head), random)), replicates=30)
    alike(first, second, there)


def mirrored(seed: int) -> tuple[dict[str, Any], Callable[[Any], Any]]:
    """A world of two countries with the same entries toward each other, and the renaming that turns it round.

    Names decide which of several things comes first that cut a level, make a leader go, date a reaction or have set
    and cleared a flag before the start. No mirror turns names round, so there is none of these here.
    """
    world = random_world(seed, most=2)
    world["actions"] = {name: action | {"vacates": False} for name, action in world["actions"].items()}
    for entry in (*world["events"].values(), *world["mechanisms"].values()):
        entry.pop("stances", None)
        entry.pop("lag", None)
    for name in ("past", "row"):
        world["events"][name]["on"] = {"low": START, "high": "2025-08-01"}
    twofold = ("options", "mechanisms", "events", "cues", "flags", "usual")
    names = [name for section in twofold for name in world[section]] + ["mood", "manner"]
    turned = {name: f"{name}_m" for name in names} | {"AAA": "BBB"} | {
        f"a_{number}": f"b_{number}" for number in ("one", "two", "three")}
    turn = renaming(turned | {to: name for name, to in turned.items()})
    world["usual"] = {name: entry for name, entry in world["usual"].items() if entry["by"] == "AAA"}
    return world | {section: world[section] | turn(world[section]) for section in twofold} | {
        "countries": {"AAA": world["countries"]["AAA"], "BBB": turn(world["countries"]["AAA"])}}, turn


def symmetric_countries_are_symmetric(seed: int) -> None:
    """Mirror images on each other's draws swap their histories."""
    world, turn = mirrored(seed)
    built = compiled(world, weeks=12, theories=BOTH)
    first = played(built, replicates=30)
    with streams_renamed(turn):
        second = played(built, replicates=30)
    alike(first, second, turn)


def without_salience_what_governments_and_publics_want_moves_nothing(seed: int) -> None:
    """Strong mechanisms of policy and domestic politics, and a world in which nobody cares for any issue."""
    world = random_world(seed)
    for entry in world["countries"].values():
        entry["stances"] = {issue: stance | {"salience": 0} for issue, stance in entry["stances"].items()}
    for entry in world["options"].values():
        entry["base"] = {key: value for key, value in entry["base"].items() if key != "at"}
    wanting = {name for name, entry in world["mechanisms"].items() if entry["family"] in ("policy", "domestic")}
    less = world | {"mechanisms": {name: entry for name, entry in world["mechanisms"].items() if name not in wanting}}
    more = merged(less, {"mechanisms": {family: mechanism(family, strength=8) for family in ("policy", "domestic")}})
    head = random_head(seed, world)
    first, second = (played(compiled(each, **head), replicates=20) for each in (less, more))
    assert all(replay(first, k) == replay(second, k) for k in range(20))


def twins_share_their_draws(seed: int) -> None:
    """An option and an event that nothing refers to leave everything else exactly as it was."""
    world = random_world(seed)
    first = played(compiled(world, weeks=10, theories=BOTH), replicates=20)
    more = merged(world, {
        "options": {"aside": option("remark", "AAA", "BBB", 0.5)},
        "events": {"picnic": event(yearly={"month": 8, "day": 1, "jitter": {"low": 0, "high": 9}}, action="remark",
                                   by=["BBB"], to=["AAA"])},
        "mechanisms": {"aside": mechanism("response", {"action": "hum"}, feature={"approval": "AAA"})},
        "actions": {"hum": world["actions"]["remark"]}})
    second = played(compiled(more, weeks=10, theories=BOTH), replicates=20)
    added = 0
    for k in range(20):
        one, two = replay(first, k), replay(second, k)
        added += len(two["log"])
        two["log"] = [row for row in two["log"] if row[0] not in ("aside", "picnic")]
        added -= len(two["log"])
        assert one == two
    assert added > 20


def twins_are_identical_until_the_intervention(seed: int) -> None:
    """A strike, a treaty or a speech in one of two worlds: before its week both are the same bit for bit, then not."""
    world, week = random_world(seed), 2 + seed % 5
    head = random_head(seed, world) | {"start": START, "weeks": 10}
    day = (date.fromisoformat(START) + timedelta(7 * week + seed % 7)).isoformat()
    done = {"action": ("strike", "treaty")[seed % 2], "by": ["AAA"], "to": [head["countries"][-1]]}
    more = merged(world, {"events": {"intervention": event(
        on=day, **done, stances={"AAA": {"border": -1 if seed % 2 else 1}})}})
    first = played(compiled(world, **head), replicates=20)
    second = played(compiled(more, **head | {"events": head["events"] | {"intervention": None}}), replicates=20)
    for k in range(20):
        one, two = replay(first, k), replay(second, k)
        assert before(week, one) == before(week, two)
        assert one["levels"] != two["levels"] or one["log"] != two["log"]


def before(week: int, told: dict[str, Any]) -> Any:
    """What `replay` tells of the weeks before one."""
    return ([row for row in told["log"] if row[1] < week],
            [{name: values[:week] for name, values in told[part].items()} for part in ("levels", "leaders", "flags")])


def reasons_add_up_to_what_a_country_weighed(seed: int) -> None:
    """To rounding in single precision, for every country, everything it can do, and several replicates."""
    model = DiplomacyModel(compile_world(random_scenario(seed)), replicates=8)
    for _ in range(5):
        model.step()
    explained = 0
    for agent in model.agents:
        for row in (row for row in model.world.decisions.rows if row.country == agent.code):
            for column in (0, 5):
                reasons = agent.reasons(row.name, column)
                total = sum(reason.log_odds for reason in reasons)
                size = sum(abs(reason.log_odds) for reason in reasons)
                assert total == pytest.approx(float(model.sums[row.index, column]), abs=1e-4 * (1 + size))
                assert [abs(reason.log_odds) for reason in reasons] == sorted(
                    (abs(reason.log_odds) for reason in reasons), reverse=True)
                explained += len(reasons)
    terms = model.world.decisions.terms.terms
    model.release()
    assert explained or not terms


PROPERTIES: list[Callable[[int], None]] = [
    bounds_are_kept, occurrences_are_dated_within_the_week_in_which_they_are_decided,
    a_replicate_is_the_same_among_ten_among_all_and_alone, the_order_of_entries_makes_no_difference,
    relabelled_countries_with_their_streams_permute_results, symmetric_countries_are_symmetric,
    without_salience_what_governments_and_publics_want_moves_nothing, twins_share_their_draws,
    twins_are_identical_until_the_intervention, reasons_add_up_to_what_a_country_weighed]


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
@settings(max_examples=5)
@given(SEEDS)
def test_in_any_world(holds: Callable[[int], None], seed: int) -> None:
    holds(seed)


@pytest.mark.slow
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_in_many_worlds(holds: Callable[[int], None]) -> None:
    for seed in range(30):
        holds(seed)


@pytest.mark.slow
def test_one_job_and_two_give_the_same_ensemble_of_any_world() -> None:
    """Of two batches, one for each process, with outcomes that ask anything."""
    world = compile_world(random_case(2, weeks=8))
    one, two = run(world, WIDTH + 300, jobs=1), run(world, WIDTH + 300, jobs=2)
    assert one.outcomes.equals(two.outcomes)
    assert one.data.identical(two.data)


# Replicates and jobs

def outcomes_of(world: World, replicate: int) -> list[float]:
    history = played(world, replicate=replicate)
    return [float(measure(outcome, history)[0]) for outcome in world.scenario.outcomes.values()]


def test_an_ensembles_replicates_do_not_depend_on_how_many_there_are() -> None:
    """Ten and three thousand, that is two blocks; and each of them alone, on both sides of the blocks' border."""
    world = compiled(LIVELY, outcomes=COUNTS)
    few, many = run(world, 10, jobs=1).outcomes, run(world, 3000, jobs=1).outcomes
    assert few.equals(many.iloc[:10])
    for replicate in (0, 7, BLOCK - 1, BLOCK, 2999):
        assert outcomes_of(world, replicate) == many.iloc[replicate, :-1].tolist()


def test_a_replicate_of_july_2025_can_be_run_again_alone() -> None:
    """All outcomes, the ending and every occurrence, bit for bit."""
    world = shipped()
    together = played(world, replicates=60)
    for replicate in (0, 31, 59):
        alone = played(world, replicate=replicate)
        assert replay(alone, 0) == replay(together, replicate)
        assert np.array_equal([measure(outcome, alone)[0] for outcome in world.scenario.outcomes.values()],
                              [measure(outcome, together)[replicate] for outcome in world.scenario.outcomes.values()],
                              equal_nan=True)
        assert assign_endings(world.scenario.endings, alone)[0] == assign_endings(
            world.scenario.endings, together)[replicate]


@pytest.mark.slow
def test_one_job_and_two_give_the_same_ensemble() -> None:
    """Of two batches, one for each process."""
    world = compiled(LIVELY, outcomes=COUNTS, weeks=8)
    one, two = run(world, WIDTH + 500, jobs=1), run(world, WIDTH + 500, jobs=2)
    assert one.outcomes.equals(two.outcomes)
    assert one.data.identical(two.data)


def test_seeds_and_replicates_differ() -> None:
    world = compiled(LIVELY, outcomes=COUNTS)
    first, second = run(world, 50, seed=1, jobs=1).outcomes, run(world, 50, seed=2, jobs=1).outcomes
    assert not first["scolded"].equals(second["scolded"])
    assert first["scolded"].nunique() > 5


def test_what_happens_in_both_of_two_paired_histories_happens_there_alike() -> None:
    """A stronger mechanism changes how often things are done, not the day and the size of those done either way."""
    world = merged(LIVELY, {"mechanisms": {"echo": None}, "options": {
        "a_greets": {"days": {"low": 1, "high": 6}, "size": {"low": 0, "high": 1}}}})
    logs = []
    for strength in (0.5, 2):
        history = played(compiled(merged(world, {"mechanisms": {"answers": {"strength": strength}}})), replicates=200)
        names = [history.world.columns[column].name for column in history.column]
        logs.append({(name, week, replicate): (day, days, size) for name, week, replicate, day, days, size in zip(
            names, history.week, history.replicate, history.day, history.days, history.size, strict=True)
            if name in world["options"]})
    both = set(logs[0]) & set(logs[1])
    assert len(both) > 1000
    assert len(set(logs[0]) ^ set(logs[1])) > 100
    assert [key for key in both if logs[0][key] != logs[1][key]] == []


def test_reasons_of_july_2025_add_up() -> None:
    model = DiplomacyModel(shipped(), replicates=3)
    for _ in range(10):
        model.step()
    for agent in model.agents:
        rows = [row for row in model.world.decisions.rows if row.country == agent.code]
        for row in rows:
            total = sum(reason.log_odds for reason in agent.reasons(row.name, 2))
            assert total == pytest.approx(float(model.sums[row.index, 2]), abs=2e-5)
    with pytest.raises(KeyError, match="JPN has no option prk_ballistic_test"):
        next(agent for agent in model.agents if agent.code == "JPN").reasons("prk_ballistic_test")
    model.release()


def test_tension_is_the_same_from_either_side() -> None:
    model = DiplomacyModel(shipped(), replicates=5)
    for _ in range(4):
        model.step()
    agents = {agent.code: agent for agent in model.agents}
    for first in agents.values():
        for second in agents.values():
            if first is not second:
                assert np.array_equal(first.tension_with(second.code), second.tension_with(first.code))
    model.release()


def test_countries_that_are_mirror_images_fare_alike() -> None:
    """Two countries with the same entries toward each other scold as often; within four standard errors, paired."""
    mirrored = {code: country(code, stances={"border": {"ideal": {"mean": 0.3, "sd": 0.2}}}) for code in ("AAA", "BBB")}
    world = tree(
        countries=mirrored,
        options={f"{a}_{action}": option(action, a, b, 0.2) for a, b in (("AAA", "BBB"), ("BBB", "AAA"))
                 for action in ("scold", "greet", "strike")},
        mechanisms={"answers": mechanism("reciprocity"), "wants": mechanism("policy"), "spells": mechanism("tempo")})
    counts = {code: {"title": code, "count": "scold", "by": code} for code in ("AAA", "BBB")}
    outcomes = run(compiled(world, outcomes=counts, weeks=30), 1000, jobs=1).outcomes
    difference = outcomes["AAA"] - outcomes["BBB"]
    assert difference.std() > 1, "the two do not move as one"
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(1000)
