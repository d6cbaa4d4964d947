"""Limit cases, where the answer is known beforehand: what nothing moves occurs at its stated rate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, norm

from random_worlds import random_head, random_world
from sim.compiler import compile_world
from sim.decisions import choice_bases, expit, logit, solve_base
from sim.ensemble import run
from sim.mechanisms import FAMILIES
from sim.scenario import Scenario
from sim.world import World
from worlds import COUNT, J, compiled, eventless, mechanism, merged, option, played, shares, shipped, tree

NULL = "theories={null_model: 1}"


def unhindered(scenario: Scenario, name: str) -> bool:
    """Whether nothing but its own sum decides: no flag or leader, no pause, no choice shared with others."""
    entry = scenario.options[name]
    return not (entry.needs or entry.excludes or entry.choice or entry.at_most_every > 1
                or scenario.actions[entry.action].vacates)


def misses(world: World, replicates: int) -> dict[str, float]:
    """By how many standard errors each unhindered option's frequency misses its stated rate."""
    rates = shares(played(world, replicates=replicates))
    found = {}
    for decision in world.decisions.options:
        if unhindered(world.scenario, decision.name):
            own = rates[decision.column]
            stated = world.scenario.options[decision.name].base.rate.centre
            found[decision.name] = float((own.mean() - stated) / (own.std() / np.sqrt(replicates)))
    return found


def test_the_null_gives_back_the_base_rates() -> None:
    """With no theory but that of base rates alone: each option within four standard errors, and all of them together.

    The rates that replicates draw for themselves are part of what is averaged, so their means must be kept too.
    """
    off = misses(shipped(NULL), 2000)
    assert len(off) > 50
    assert max(map(abs, off.values())) < 4, off
    assert abs(np.mean(list(off.values()))) < 4 / np.sqrt(len(off))
    assert np.std(list(off.values())) < 1.5


@pytest.mark.slow
def test_the_null_gives_back_the_base_rates_of_any_world() -> None:
    """Whatever there is of mechanisms, events and leaders: each option of 20 worlds within 4.5 standard errors."""
    off: dict[tuple[int, str], float] = {}
    for seed in range(20):
        world = merged(random_world(seed), {"theories": {"null": {
            "name": "Null", "weights": dict.fromkeys(FAMILIES, 0), **J}}})
        built = compiled(world, **random_head(seed, world) | {"theories": {"null": 1}})
        off |= {(seed, name): miss for name, miss in misses(built, 1000).items()}
    assert len(off) > 30
    assert max(map(abs, off.values())) < 4.5, off
    assert abs(np.mean(list(off.values()))) < 4 / np.sqrt(len(off))
    assert 0.7 < np.std(list(off.values())) < 1.3


def test_at_the_reference_the_average_over_tempo_gives_the_base_rates() -> None:
    """Nothing but tempo moves decisions, so everything else stays where it was when the rates were stated."""
    even = "countries.PRK.tempo={mean: 0, sd: 1}"  # not the activity known at the start
    world = compile_world(eventless(shipped(NULL, "theories.null_model.weights.tempo=1", even).scenario, 60))
    assert any(term.feature[0] == "tempo" for term in world.decisions.terms.terms)
    off = misses(world, 2000)
    assert max(map(abs, off.values())) < 4, off
    assert abs(np.mean(list(off.values()))) < 4 / np.sqrt(len(off))


def test_tempo_makes_busy_and_quiet_spells_of_the_same_mean() -> None:
    """A strong tempo spreads replicates far more than chance alone does, around the stated rate."""
    world = tree(options={"scold": option("scold", "AAA", "BBB", 0.3)}, memory={"tempo": 20},
                 mechanisms={"spells": mechanism("tempo", strength=2)})
    own = shares(played(compiled(world, weeks=50), replicates=2000))[-1]
    assert own.mean() == pytest.approx(0.3, abs=4 * own.std() / np.sqrt(2000))
    assert own.var() > 3 * 0.3 * 0.7 / 50


@given(st.floats(0.0005, 0.9), st.floats(-3, 3))
def test_a_base_is_solved_so_that_its_rate_averaged_over_tempo_is_the_stated_one(rate: float, pull: float) -> None:
    """Against the integral over a fine grid, to one in a hundred."""
    z = np.linspace(-8, 8, 4001)
    base = solve_base(np.array([rate]), np.array([pull]))[0]
    average = np.average(expit(base + pull * np.tanh(z)), weights=norm.pdf(z))
    assert average == pytest.approx(rate, rel=0.01)


@given(st.lists(st.floats(0, 0.3), min_size=1, max_size=3))
def test_the_bases_of_a_choice_give_its_rates(rates: list[float]) -> None:
    weights = np.exp(choice_bases(np.array(rates)[:, None])[:, 0])
    assert weights / (1 + weights.sum()) == pytest.approx(np.array(rates), abs=1e-9)


def test_rates_of_a_choice_that_leave_nothing_are_shrunk_to_leave_a_hundredth() -> None:
    """In proportion; those that leave more stay as they are."""
    weights = np.exp(choice_bases(np.array([[0.9, 0.9], [0.6, 0.05]])))
    assert weights / (1 + weights.sum(axis=0)) == pytest.approx(np.array([[0.594, 0.9], [0.396, 0.05]]), abs=1e-9)


def test_a_choice_takes_at_most_one_of_its_options_a_week_at_their_rates() -> None:
    world = compiled(tree(options={"scold": option("scold", "AAA", "BBB", 0.3, choice="mood"),
                                   "greet": option("greet", "AAA", "BBB", 0.5, choice="mood"),
                                   "strike": option("strike", "AAA", "BBB", 0.1, choice="mood")}), weeks=20)
    history = played(world, replicates=1000)
    keys = history.week.astype(int) * 1000 + history.replicate
    assert len(np.unique(keys)) == len(keys)
    found = dict(zip((column.name for column in world.columns), shares(history).mean(axis=1), strict=True))
    assert found == pytest.approx({"scold": 0.3, "greet": 0.5, "strike": 0.1}, abs=4 * 0.5 / np.sqrt(20_000))


def test_five_years_without_events_stay_within_a_factor_of_two_of_the_base_rates() -> None:
    """All options but those that flags, leaders or a choice can close; pauses are allowed for."""
    world = compile_world(eventless(shipped().scenario, 260))
    rates = shares(played(world, replicates=1000)).mean(axis=1)
    ratios = {}
    for decision in world.decisions.options:
        entry = world.scenario.options[decision.name]
        if not (entry.needs or entry.excludes or entry.choice):
            stated = entry.base.rate.centre
            ratios[decision.name] = rates[decision.column] / (stated / (1 + stated * (entry.at_most_every - 1)))
    assert len(ratios) > 80
    outside = {name: round(float(ratio), 2) for name, ratio in ratios.items() if not 0.5 < ratio < 2}
    assert not outside


@pytest.mark.parametrize(("rate", "times"), [(1, 20), (0, 0)])
def test_a_certain_option_happens_every_week_and_an_impossible_one_never(rate: float, times: int) -> None:
    world = tree(options={"scold": option("scold", "AAA", "BBB", rate)},
                 mechanisms={"wants": mechanism("policy", strength=3), "spells": mechanism("tempo", strength=2)})
    assert (run(compiled(world, outcomes=COUNT), 500, jobs=1).outcomes["count"] == times).all()


def test_any_day_of_the_week_is_as_likely_and_durations_and_sizes_are_as_stated() -> None:
    """Whatever the option's probability."""
    world = compiled(tree(options={name: option("scold", "AAA", "BBB", rate, days={"low": 0.5, "high": 4.5},
                                                size={"mode": 1, "low": 0, "high": 1})
                                   for name, rate in (("rare", 0.02), ("common", 0.8))}))
    history = played(world, replicates=2000)
    for column, least in enumerate((30_000, 700)):
        own = history.column == column
        assert own.sum() > least
        assert chisquare(np.bincount(history.day[own] % 7, minlength=7)).pvalue > 0.001
        assert chisquare(np.bincount(history.days[own], minlength=5)[1:]).pvalue > 0.001
        assert history.size[own].mean() == pytest.approx(2 / 3, abs=4 * 0.24 / np.sqrt(own.sum()))


def test_an_option_pauses_as_long_as_it_says() -> None:
    world = compiled(tree(options={"scold": option("scold", "AAA", "BBB", 1, at_most_every=4)}), weeks=13)
    history = played(world, replicates=3)
    assert history.week.reshape(-1, 3)[:, 0].tolist() == [0, 4, 8, 12]


def test_logits_and_probabilities_turn_into_each_other() -> None:
    p = np.array([0.001, 0.5, 0.9])
    assert expit(logit(p)) == pytest.approx(p)
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()
