"""Limit cases: where the answer is known beforehand, the engine gives it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, norm

from random_worlds import random_head, random_world
from sim.catalog import Gate
from sim.compiler import compile_world
from sim.decisions import choice_bases, expit, logit, solve_base
from sim.ensemble import run
from sim.errors import InputError
from sim.features import gate_of
from sim.history import History
from sim.mechanisms import FAMILIES, KINDS
from sim.model import DiplomacyModel
from sim.scenario import Scenario
from sim.stability import loop_gain
from sim.world import World
from worlds import J, compiled, country, event, eventless, mechanism, merged, option, played, shipped, tree

NULL = "theories={null_model: 1}"
COUNT = {"count": {"title": "Times", "count": "scold"}}


def shares(history: History) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(columns, R): the share of weeks in which each column occurred."""
    counts = np.zeros((len(history.world.columns), history.replicates))
    np.add.at(counts, (history.column, history.replicate), 1)
    return counts / history.world.weeks


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


# Base rates

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


# Small ensembles and worlds

def test_an_ensemble_of_one() -> None:
    ensemble = run(shipped(), 1, jobs=1)
    assert len(ensemble.outcomes) == ensemble.replicates == 1
    assert ensemble.data["tension"].sizes["replicate"] == 1
    assert ensemble.outcomes["ending"].notna().all()


def test_a_single_week() -> None:
    world = tree(options={"scold": option("scold", "AAA", "BBB", 1)})
    ensemble = run(compiled(world, weeks=1, outcomes=COUNT), 5, jobs=1)
    assert ensemble.outcomes["count"].tolist() == [1] * 5
    assert ensemble.data.sizes["week"] == 1


def test_a_world_with_one_country() -> None:
    """No dyads, no tension, but decisions, stances and approval as ever."""
    world = tree(countries={"BBB": None}, options={"scold": option("scold", "AAA", rate=0.5)},
                 mechanisms={"wants": mechanism("policy"), "answers": mechanism("reciprocity"),
                             "fears": mechanism("alliance", fear="entrapment"), "feels": mechanism("threat")})
    ensemble = run(compiled(world, outcomes=COUNT), 20, jobs=1)
    assert ensemble.data.sizes["dyad"] == 0
    assert 5 < ensemble.outcomes["count"].mean() < 15


def test_a_world_in_which_nothing_can_happen_stays_as_it_is() -> None:
    world = compiled(tree(), weeks=5)
    history = played(world, replicates=4)
    assert not len(history.day)
    for values in history.levels.values():
        assert (values == values[0]).all()


def test_who_does_not_take_part_is_not_persuaded() -> None:
    """An event may speak of the stances of countries that a scenario leaves out."""
    world = tree(countries={"CCC": country("C")}, events={"speech": event(
        on="2025-07-14", stances={"AAA": {"border": 0.3}, "CCC": {"border": 0.3}})})
    model = DiplomacyModel(compiled(world, countries=["AAA", "BBB"]))
    model.step()
    assert model.state.stance[0, 0, 0] > model.state.stance[1, 0, 0]
    model.release()


def test_what_nobody_weighs_is_decided_at_its_rates() -> None:
    """A world in which no country can do anything, and a body without stances may call off what it does."""
    world = tree(externals={"COURT": {"name": "Court", **J}}, events={"session": event(
        action="scold", by=["COURT"], to=["AAA"], on="2025-08-01", decision={
            "lead": 2, "reference_class": "made up", **J, "alternatives": {
                "cancel": {"rate": 0.4, "announces": "remark", "holds": False}}})})
    history = played(compiled(world), replicates=2000)
    held = (history.column == history.world.event_column["session"]).sum() / 2000
    assert held == pytest.approx(0.6, abs=4 * 0.5 / np.sqrt(2000))


def test_usual_conduct_that_is_stated_twice_is_refused() -> None:
    level = {"mean": 0, "spread": 1}
    entry = {"by": "AAA", "to": "BBB", "verbal": level, "material": level, **J}
    with pytest.raises(InputError, match='"first" says already how AAA usually treats BBB'):
        compiled(tree(usual={"first": entry, "second": entry}))


def test_an_ally_without_third_parties_fears_no_entrapment() -> None:
    """In a world of two there is nobody for the patron to quarrel with."""
    world = tree(countries={"AAA": {"alliances": {"BBB": {"strength": 1, **J}}, "capability": {"value": 0.01}}},
                 options={"greet": option("greet", "AAA", "BBB", 0.5)},
                 mechanisms={"fears": mechanism("alliance", fear="entrapment", toward="patron")})
    assert not compiled(world).decisions.terms.terms


# Policy

def test_without_salience_policy_moves_nothing() -> None:
    """Nobody cares, so every policy term is zero and all goes as if the mechanism were not there."""
    indifferent = tree(
        countries={code: {"stances": {"border": {"salience": 0, "ideal": {"mean": 0.5, "sd": 0.3}}}}
                   for code in ("AAA", "BBB")},
        options={"scold": option("scold", "AAA", "BBB", 0.4), "greet": option("greet", "BBB", "AAA", 0.4)})
    keen = merged(indifferent, {"mechanisms": {"wants": mechanism("policy", strength=8)}})
    model = DiplomacyModel(compiled(keen), replicates=50)
    for _ in range(10):
        model.step()
        assert not model.sums.any()
    model.release()
    first, second = played(compiled(indifferent), replicates=50), played(compiled(keen), replicates=50)
    assert np.array_equal(first.day, second.day)
    assert np.array_equal(first.replicate, second.replicate)


def test_who_wants_an_issue_moved_does_more_of_what_moves_it_once_it_has_slipped() -> None:
    """The border is closed by an event; whoever wants it open greets more, and scolds less, than at the start."""
    world = tree(
        countries={"AAA": {"stances": {"border": {"ideal": 1, "salience": 1}}}},
        issues={"border": {"half_life": 500}},
        actions={"close": {"name": "Closure", "cameo": "010", "plover": "NONE", "goldstein": 0,
                           "shifts": {"border": -0.8}, **J}},
        options={"greet": option("greet", "AAA", "BBB", 0.3), "scold": option("scold", "AAA", "BBB", 0.3)},
        mechanisms={"wants": mechanism("policy", strength=4)})
    closed = merged(world, {"events": {"closure": event(action="close", by=["BBB"], on="2025-07-14")}})
    before, after = (shares(played(compiled(w, weeks=6), replicates=1000)).mean(axis=1)[-2:] for w in (world, closed))
    assert after[0] > before[0] + 0.2
    assert after[1] < before[1] - 0.1


# What others do

def sums_after(act: str | None, *families: dict[str, Any], by: str = "BBB", to: str = "AAA") -> dict[str, float]:
    """What AAA weighs toward BBB, its patron, in the week after `by` did something to `to`, under these mechanisms."""
    done = {"once": event(action=act, by=[by], to=[to], on="2025-07-14")} if act else {}
    world = tree(
        countries={"AAA": {"alliances": {"BBB": {"strength": 1, **J}}, "proximity": {"BBB": {"value": 1, **J}},
                           "capability": {"value": 0.05}}, "CCC": country("C")},
        options={action: option(action, "AAA", "BBB", 1e-6) for action in ("scold", "greet")}, events=done,
        mechanisms={f"cause_{i}": family for i, family in enumerate(families)})
    model = DiplomacyModel(compiled(world))
    model.step()
    model.step()
    sums = {row.name: round(float(model.sums[row.index, 0]), 4) for row in model.world.decisions.rows}
    model.release()
    return sums


def test_conduct_is_returned_in_kind() -> None:
    """A strike makes scolding likelier and greeting rarer, a greeting the reverse; a quiet week neither."""
    answers = mechanism("reciprocity", strength=3, memory="fast")
    struck, greeted, quiet = (sums_after(act, answers) for act in ("strike", "greet", None))
    assert struck["scold"] > 0.2
    assert struck["greet"] < -0.2
    assert greeted["scold"] < -0.05
    assert greeted["greet"] > 0.05
    assert set(quiet.values()) == {0}
    assert sums_after("strike", answers, by="CCC") == quiet, "it is not BBB that struck"


def test_a_threat_is_hostile_deeds_of_somebody_strong_and_near() -> None:
    struck, scolded, greeted = (sums_after(act, mechanism("threat")) for act in ("strike", "scold", "greet"))
    assert struck["scold"] == struck["greet"] > 0
    assert set(scolded.values()) == set(greeted.values()) == {0}, "words are no threat, nor are favours"


def test_an_ally_fears_abandonment_by_a_cold_patron_and_entrapment_by_a_quarrelsome_one() -> None:
    left, dragged = (mechanism("alliance", fear=fear) for fear in ("abandonment", "entrapment"))
    assert sums_after("strike", left)["greet"] > 0
    assert sums_after("greet", left)["greet"] == 0
    assert sums_after("strike", dragged)["greet"] == 0
    assert sums_after("strike", dragged, to="CCC")["greet"] > 0
    assert sums_after("strike", left, to="CCC")["greet"] == 0


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize(("named", "ends"), [({"cue": "noise"}, (0, 1)), ({"flag": "pact"}, (0, 1)),
                                             ({"mandate": "AAA"}, (-1, 1)), ({"status_quo": "border"}, (-1, 1))])
def test_a_gate_is_a_factor_from_nought_to_one(named: dict[str, Any], ends: tuple[int, int], inverted: bool) -> None:
    gate = gate_of(Gate.model_validate({**named, "inverted": inverted}), KINDS)
    factors = [gate.offset + gate.slope * end for end in ends]
    assert factors == ([1, 0] if inverted else [0, 1])


# Elections and successions

PARTIES = {"ins": {"seats": 43, "coalition": True}, "partner": {"seats": 9, "coalition": True}, "outs": {"seats": 48}}


def vote(common_error: Any = 0, **parties: Any) -> dict[str, Any]:
    return event(on="2025-07-20", election={
        "country": "AAA", "contested": 100, "needed": 50, "common_error": common_error, "mandate": 4,
        "parties": merged(PARTIES, parties), **J})


@given(st.integers(1, 40), st.integers(1, 40))
def test_seats_known_beforehand_are_returned_as_they_are(first: int, second: int) -> None:
    parties = {"ins": {"seats": first}, "partner": {"seats": second}, "outs": {"seats": 100 - first - second}}
    history = played(compiled(tree(events={"vote": vote(**parties)}), weeks=1), replicates=2)
    names, seats = history.seats["vote"]
    assert dict(zip(names, seats[:, 0].tolist(), strict=True)) == {name: of["seats"] for name, of in parties.items()}


def test_seats_add_up_whatever_the_error_and_move_the_mandate() -> None:
    """A coalition short of what it needs has a weak mandate, one beyond it a strong one."""
    world = compiled(tree(events={"vote": vote(6, ins={"seats": {"mean": 43, "sd": 4}})}), weeks=1)
    model = DiplomacyModel(world, replicates=500)
    model.step()
    parties, seats = model.state.seats["vote"]
    assert (seats.sum(axis=0) == 100).all()
    assert seats.min() >= 0
    ours = seats[[parties.index("ins"), parties.index("partner")]].sum(axis=0)
    mandate = model.state.mandate[0]
    assert 4 < ours.std() < 10
    assert (np.sign(mandate) == np.sign(ours - 50)).all()
    assert (model.state.mandate[1] == 0).all()
    model.release()


def test_a_succession_has_three_dated_steps_in_order() -> None:
    """Announced, chosen, in office; until then the old leader stays on as caretaker and cannot go again."""
    world = compiled(tree(
        countries={"AAA": {
            "leaders": {"a_two": {"name": "Two", "approval": 0.4, **J}, "a_three": {"name": "Three", **J}},
            "succession": {"choose": {"low": 0, "high": 40}, "take_office": {"low": 0, "high": 40}, "chosen": "chosen",
                           "taken": "sworn_in", "successors": {"a_two": 3, "a_three": 1}, **J}}},
        options={"resign": option("resign", "AAA", rate=0.1)}), weeks=60)
    history = played(world, replicates=300)
    action = np.array([column.action for column in world.columns])[history.column]
    changes, followers = 0, []
    for replicate in range(300):
        own = history.replicate == replicate
        steps = {name: np.sort(history.day[own & (action == name)]) for name in ("resign", "chosen", "sworn_in")}
        done = len(steps["sworn_in"])
        assert len(steps["resign"]) - done in (0, 1)
        assert (steps["resign"][:done] < steps["chosen"][:done]).all()
        assert (steps["chosen"][:done] <= steps["sworn_in"]).all()
        assert (steps["sworn_in"][:len(steps["resign"]) - 1] // 7 <= steps["resign"][1:done + 1] // 7).all()
        leaders = history.leader[:, 0, replicate]
        changed = np.flatnonzero(np.diff(leaders, prepend=0)) * 7
        assert set(changed // 7) == set(steps["sworn_in"] // 7), "a new leader governs from the week of taking office"
        changes += done
        followers += [world.leaders[leaders[leaders > 0][0]][1]] if done else []
    assert changes > 300
    assert followers.count("a_two") / len(followers) == pytest.approx(0.75, abs=4 * np.sqrt(0.75 * 0.25 / 300))


# Memory

def weekly(world: dict[str, Any], weeks: int, read: Any) -> list[float]:
    """What `read` finds in the state of a single replicate before the first and after each week."""
    model = DiplomacyModel(compiled(world, weeks=weeks))
    values = [float(read(model.state))]
    for _ in range(weeks):
        model.step()
        values.append(float(read(model.state)))
    model.release()
    return values


def test_a_ledger_halves_in_its_half_life() -> None:
    world = tree(countries={"AAA": {"ledgers": {"BBB": {"balance": 2, **J}}}}, memory={"ledger": 5})
    values = weekly(world, 15, lambda state: state.ledger[1, 0])
    assert values[::5] == pytest.approx([2, 1, 0.5, 0.25], rel=1e-4)
    assert weekly(world, 1, lambda state: state.ledger[2, 0]) == pytest.approx([-2, -2 * 0.5**0.2], rel=1e-4)


def test_an_issue_returns_to_its_baseline_in_its_half_life_and_a_binding_act_moves_the_baseline() -> None:
    """A greeting opens the border by 0.05 for a while; a treaty by 0.3 for good."""
    def world(action: str) -> dict[str, Any]:
        return tree(issues={"border": {"status_quo": 0.1, "half_life": 4}},
                    events={"once": event(action=action, by=["AAA"], to=["BBB"], on="2025-07-14")})

    passing = weekly(world("greet"), 12, lambda state: state.status_quo[0, 0])
    halved = 0.05 * 0.5 ** (np.arange(1, 13) / 4)  # the first week's fading included
    assert passing == pytest.approx([0.1, *(0.1 + halved)], abs=1e-5)
    assert weekly(world("treaty"), 12, lambda state: state.status_quo[0, 0])[1:] == pytest.approx([0.4] * 12, abs=1e-5)


def test_conduct_fades_by_its_two_half_lives() -> None:
    """A strike of Goldstein -10 enters each memory at its own weight and halves in its own time."""
    world = tree(events={"once": event(action="strike", by=["AAA"], to=["BBB"], on="2025-07-14")},
                 memory={"conduct_fast": 1, "conduct_slow": 4})
    fast = weekly(world, 9, lambda state: state.conduct[0, 1, 1, 0])
    slow = weekly(world, 9, lambda state: state.conduct[1, 1, 1, 0])
    assert fast == pytest.approx([0, *(-5 * 0.5 ** np.arange(9))], rel=1e-4)
    assert slow == pytest.approx([0, *(-10 * (1 - 0.5**0.25) * 0.5 ** (np.arange(9) / 4))], rel=1e-4)
    assert weekly(world, 9, lambda state: abs(state.conduct[:, :, 2]).max()) == [0] * 10, "nothing the other way"


def test_a_ritual_leaves_no_conduct() -> None:
    world = tree(actions={"strike": {"ritual": True}},
                 events={"once": event(action="strike", by=["AAA"], to=["BBB"], on="2025-07-14")})
    assert weekly(world, 3, lambda state: abs(state.conduct).max()) == [0] * 4


def test_what_has_just_happened_has_faded_by_the_start_and_what_is_yet_to_come_has_not_happened() -> None:
    """A window across the start: in some replicates the event lies behind, in the others ahead, in none is it lost."""
    world = tree(cues={"noise": {"name": "Noise", "left_by": [{"action": "scold"}], "half_life": 2, **J}},
                 events={"row": event(action="scold", by=["AAA"], to=["BBB"],
                                      on={"low": "2025-06-30", "high": "2025-07-27"})})
    built = compiled(world)
    model = DiplomacyModel(built, replicates=400)
    weeks_ago = -(model.state.date[0] // 7)
    expected = np.where(weeks_ago > 0, 0.5 ** (weeks_ago / 2), 0)
    assert model.state.cue[0] == pytest.approx(expected, abs=1e-6)
    history = model.run()
    model.release()
    assert sorted(history.replicate) == np.flatnonzero(weeks_ago <= 0).tolist()
    assert 100 < len(history.replicate) < 300


def test_a_date_that_has_passed_and_did_nothing_changes_nothing() -> None:
    world = tree(options={"scold": option("scold", "AAA", "BBB", 0.3)})
    dated = merged(world, {"events": {"feast": event(on="2025-07-01")}})
    first, second = played(compiled(world), replicates=20), played(compiled(dated), replicates=20)
    assert np.array_equal(first.day, second.day)


# Dated actions

def test_a_dated_action_is_held_put_off_cut_or_cancelled_as_often_as_stated() -> None:
    """And what is put off or cut is so by as much as stated."""
    entry = {"holds": True, "announces": "remark"}
    world = compiled(tree(events={"drill": event(
        action="strike", by=["AAA"], to=["BBB"], on="2025-09-01",
        decision={"lead": 3, "reference_class": "made up", **J, "alternatives": {
            "cut": {**entry, "rate": 0.3, "size": {"low": 0.4, "high": 0.6}},
            "delay": {**entry, "rate": 0.2, "delay": {"low": 14, "high": 28}},
            "cancel": {"rate": 0.1, "announces": "greet", "holds": False}}})}))
    history = played(world, replicates=2000)
    drill = history.column == world.event_column["drill"]
    planned = 49
    cut = drill & (history.size < 1)
    late = drill & (history.day > planned)
    error = 4 * 0.5 / np.sqrt(2000)
    assert cut.sum() / 2000 == pytest.approx(0.3, abs=error)
    assert late.sum() / 2000 == pytest.approx(0.2, abs=error)
    assert 1 - drill.sum() / 2000 == pytest.approx(0.1, abs=error)
    assert 0.4 <= history.size[cut].min() < 0.42 < 0.58 < history.size[cut].max() <= 0.6
    assert history.day[late].min() == planned + 14
    assert history.day[late].max() == planned + 28
    announced = ~drill
    assert set(history.week[announced]) == {4}, "three weeks ahead"
    assert announced.sum() == cut.sum() + late.sum() + 2000 - drill.sum()


# Stability

def quarrel(strength: float) -> World:
    """Two countries that answer strikes with strikes."""
    return compiled(tree(
        options={"a": option("strike", "AAA", "BBB", 0.3), "b": option("strike", "BBB", "AAA", 0.3)},
        mechanisms={"answers": mechanism("reciprocity", strength=strength)}), weeks=100)


def test_july_2025_is_stable_and_a_quarrelsome_world_is_not() -> None:
    assert 0.05 < loop_gain(shipped()) < 1
    assert loop_gain(quarrel(0)) == 0
    assert loop_gain(quarrel(0.5)) < 1 < loop_gain(quarrel(4))
    assert loop_gain(quarrel(1)) == pytest.approx(2 * loop_gain(quarrel(0.5)))


def test_above_a_gain_of_one_conduct_runs_away() -> None:
    """Replicates drift to all strikes or none; below it they stay near the base rate."""
    calm, wild = (shares(played(quarrel(strength), replicates=300))[0] for strength in (0.5, 8))
    assert 0.2 < np.quantile(calm, 0.1) < np.quantile(calm, 0.9) < 0.4
    assert np.quantile(wild, 0.1) < 0.1
    assert np.quantile(wild, 0.9) > 0.8


