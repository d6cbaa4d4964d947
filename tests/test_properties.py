"""What holds in every world: bounds, independence of replicates, order, twins, explanations."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from random_worlds import random_world
from sim.draws import BLOCK
from sim.ensemble import run
from sim.model import DiplomacyModel
from sim.outcomes import assign_endings, measure
from sim.world import World
from worlds import J, compiled, country, event, mechanism, merged, option, played, replay, shipped, tree

BOTH = {"plain": 1.0, "keen": 1.0}
FEW = settings(max_examples=25)
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


@FEW
@given(SEEDS)
def test_everything_stays_within_its_bounds(seed: int) -> None:
    """State and features, every week; and nothing becomes infinite or undefined."""
    built = compiled(random_world(seed), weeks=12, theories=BOTH)
    kinds = built.decisions.terms.kinds
    signed = np.array([kind.signed for kind, rows in kinds for _ in range(rows.stop - rows.start)], dtype=bool)
    scale = np.array([key[0] == "scale" for key in built.decisions.terms.keys], dtype=bool)
    model = DiplomacyModel(built, replicates=24)
    for _ in range(built.weeks):
        model.step()
        state = model.state
        for values in (state.stance, state.public, state.status_quo, state.baseline, state.approval, state.mandate):
            assert np.abs(values).max(initial=0) <= 1
        for values in (state.cue, state.salience, state.capability, state.accountability):
            assert values.min(initial=0) >= 0
            assert values.max(initial=0) <= 1
        assert np.abs(state.tension(built.pairs)).max() <= 10
        assert np.abs(model.features[~scale]).max(initial=0) <= 1 + 1e-6
        assert model.features[np.flatnonzero(~signed)].min(initial=0) >= 0
        for values in (model.sums, model.bases, state.conduct, state.ledger):
            assert np.isfinite(values).all()
        assert ((state.leader >= 0) & (state.leader < len(built.leaders))).all()
    model.release()


@FEW
@given(SEEDS)
def test_every_occurrence_is_dated_within_the_week_in_which_it_is_decided(seed: int) -> None:
    history = played(compiled(random_world(seed), weeks=12, theories=BOTH), replicates=24)
    assert np.array_equal(history.day // 7, history.week)
    assert (history.days >= 1).all()
    assert ((history.size >= 0) & (history.size <= 1)).all()


@settings(max_examples=12)
@given(SEEDS, st.integers(0, 9), st.sampled_from((0, BLOCK)))
def test_a_replicate_is_the_same_among_ten_among_all_and_alone(seed: int, k: int, first: int) -> None:
    """Bit for bit, in the first block and in the next."""
    built = compiled(random_world(seed), weeks=8, theories=BOTH)
    expected = replay(played(built, replicate=first, replicates=1200), k)
    assert replay(played(built, replicate=first, replicates=10), k) == expected
    assert replay(played(built, replicate=first + k), 0) == expected
    picked = sorted({k, 11, 700})
    assert replay(played(built, replicate=first, columns=picked), picked.index(k)) == expected


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


def test_one_job_and_two_give_the_same_ensemble() -> None:
    world = compiled(LIVELY, outcomes=COUNTS, weeks=8)
    one, two = run(world, BLOCK + 500, jobs=1), run(world, BLOCK + 500, jobs=2)
    assert one.outcomes.equals(two.outcomes)
    assert one.data.identical(two.data)


def test_seeds_and_replicates_differ() -> None:
    world = compiled(LIVELY, outcomes=COUNTS)
    first, second = run(world, 50, seed=1, jobs=1).outcomes, run(world, 50, seed=2, jobs=1).outcomes
    assert not first["scolded"].equals(second["scolded"])
    assert first["scolded"].nunique() > 5


def shuffled(node: Any, random: Random) -> Any:
    """The same mappings, each with its keys in another order."""
    if not isinstance(node, dict):
        return node
    return {key: shuffled(node[key], random) for key in random.sample(list(node), len(node))}


@FEW
@given(SEEDS)
def test_the_order_of_entries_makes_no_difference(seed: int) -> None:
    """What happens is the same, to the day, in whatever order files list things; levels differ by rounding at most."""
    world = random_world(seed)
    first = played(compiled(world, weeks=8, theories=BOTH), replicates=40)
    second = played(compiled(shuffled(world, Random(seed)), weeks=8, theories=BOTH), replicates=40)
    for k in range(40):
        one, two = replay(first, k), replay(second, k)
        levels, others = one.pop("levels"), two.pop("levels")
        assert one == two
        for name, values in levels.items():
            assert others[name] == pytest.approx(values, abs=1e-4)


@FEW
@given(SEEDS)
def test_twins_share_their_draws(seed: int) -> None:
    """An option and an event that nothing refers to leave everything else exactly as it was."""
    world = random_world(seed)
    first = played(compiled(world, weeks=10, theories=BOTH), replicates=40)
    more = merged(world, {
        "options": {"aside": option("remark", "AAA", "BBB", 0.5)},
        "events": {"picnic": event(yearly={"month": 8, "day": 1, "jitter": {"low": 0, "high": 9}}, action="remark",
                                   by=["BBB"], to=["AAA"])},
        "mechanisms": {"aside": mechanism("response", {"action": "hum"}, feature={"approval": "AAA"})},
        "actions": {"hum": world["actions"]["remark"]}})
    second = played(compiled(more, weeks=10, theories=BOTH), replicates=40)
    added = 0
    for k in range(40):
        one, two = replay(first, k), replay(second, k)
        news = [row for row in two["log"] if row[0] in ("aside", "picnic")]
        added += len(news)
        two["log"] = [row for row in two["log"] if row[0] not in ("aside", "picnic")]
        assert one == two
    assert added > 40


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


@FEW
@given(SEEDS)
def test_reasons_add_up_to_what_a_country_weighed(seed: int) -> None:
    """To rounding in single precision, for every country, everything it can do, and several replicates."""
    model = DiplomacyModel(compiled(random_world(seed), weeks=12, theories=BOTH), replicates=8)
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
    model.release()
    assert explained or not model.world.decisions.terms.terms


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
