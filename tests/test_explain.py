"""Explain: reasons add up to the log-odds that a decision was taken on, and outcomes name what moved them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from random_worlds import random_world
from runs import kept
from sim.decisions import expit, logit
from sim.errors import InputError
from sim.experiments import explain, movers
from sim.experiments.reasons import Observed, Reason, Sum, Weighed, stretches_of
from sim.paths import shipped_scenarios
from sim.quantity import Quantity
from sim.store import Record
from sim.world import World
from worlds import compiled, country, event, mechanism, option, scenario, shipped, tree

Call = Callable[..., tuple[int, str, str]]


# A decision

def check_sums(world: World, replicate: int, seed: int, weeks: int) -> list[Weighed]:
    """Everything decided in some weeks adds up, to the rounding of single precision; gives it all."""
    model = Observed(world, replicate, seed)
    found: list[Weighed] = []
    try:
        for _ in range(weeks):
            model.step()
            taken = {int(column) for column in model.log[-1][0]}
            for each in model.weighed():
                check_sum(model, each)
                if not each.dated:
                    assert each.taken == (each.decision.column in taken)
                drawn = each.low <= each.uniform < each.low + each.probability
                at_the_edge = min(abs(each.uniform - each.low), abs(each.uniform - each.low - each.probability)) < 1e-6
                assert at_the_edge or each.taken == (each.possible and drawn)
                found.append(each)
    finally:
        model.release()
    return found


def check_sum(model: Observed, each: Weighed) -> None:
    sums = {country: model.sum_of(each.decision, country) for country in each.countries}
    for own in sums.values():
        size = 1 + sum(abs(reason.weight * reason.theory_weight * reason.strength) for reason in own.reasons)
        assert sum(reason.log_odds for reason in own.reasons) == pytest.approx(own.total, abs=3e-6 * size)
        for reason in own.reasons:
            made = reason.weight * reason.theory_weight * reason.strength * (reason.value - reason.reference)
            assert made == pytest.approx(reason.log_odds, abs=1e-5 * size)
            product = reason.now * float(np.prod([gate.factor for gate in reason.gates]))
            assert reason.value == pytest.approx(product)
        assert sum(own.by_mechanism().values()) == pytest.approx(own.total, abs=3e-6 * size)
    if sums:
        decides = (max if each.dated else min)(own.total for own in sums.values())
        assert sums[each.decider].total == decides
        assert each.base + decides == pytest.approx(each.log_odds, abs=1e-5 * (1 + abs(each.base) + abs(decides)))
    if not each.choice:
        assert each.probability == pytest.approx(float(expit(np.array(each.log_odds))), rel=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_terms_add_up_to_the_log_odds_used_in_random_worlds(seed: int) -> None:
    check_sums(compiled(random_world(seed)), seed % 3, seed, 20)


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[] if name in ("july_2025", "japan_dprk_2004") else pytest.mark.slow)
    for name in shipped_scenarios()])
def test_terms_add_up_in_shipped_scenarios(name: str) -> None:
    world = shipped(name=name)
    found = check_sums(world, 5, 1, min(world.weeks, 12))
    assert any(each.taken for each in found)


def test_a_sum_is_what_its_parts_say() -> None:
    """A clock at its full, gated by an approval of one half on (0, 1), under a theory that doubles the strength."""
    world = compiled(tree(
        countries={"AAA": country("A", leaders={"a_one": {"approval": 0.5}}), "BBB": country("B")},
        options={"hit": option("strike", "AAA", "BBB", rate=0.25)}, events={"feast": event(on="2025-07-30")},
        mechanisms={"fury": mechanism("response", {"weight": -0.5}, strength=3, feature={"clock": "feast"},
                                      when=[{"approval": "AAA"}])},
        theories={"plain": {"weights": {"response": 2}}}))
    found = explain.decision(world, 0, 3, "AAA", "hit")
    [term] = found.terms.to_dict("records")
    assert (term["mechanism"], term["weight"], term["theory_weight"], term["strength"]) == ("fury", -0.5, 2, 3)
    assert (term["now"], term["value"], term["reference"]) == pytest.approx((1, 0.75, 0))
    assert term["log_odds"] == pytest.approx(-0.5 * 2 * 3 * 0.75)
    assert found.base.log_odds == pytest.approx(float(logit(np.array(0.25))))
    assert (found.base.rate, found.base.reference_class) == (0.25, "made up")
    assert found.weighed.log_odds == pytest.approx(found.base.log_odds - 2.25)
    assert term["source"] == "the modellers' judgement"
    assert explain.decision(world, 0, 2, "AAA", "hit").terms["log_odds"].tolist() == [0]


def test_of_a_joint_option_the_least_willing_party_decides() -> None:
    world = compiled(tree(options={"pact": option("treaty", ["AAA", "BBB"])}, events={"feast": event(on="2025-07-30")},
                          mechanisms={"eager": mechanism("response", {"by": ["AAA"]}, {"by": ["BBB"], "weight": -1},
                                                         strength=2, feature={"clock": "feast"})}))
    found = explain.decision(world, 0, 3, "AAA", "pact")
    assert found.weighed.decider == "BBB"
    assert [(own.country, round(own.total, 5)) for own in found.sums] == [("BBB", -2), ("AAA", 2)]


def test_of_a_dated_action_the_keenest_party_decides_and_shares_add_up() -> None:
    drill = event(action="strike", by=["AAA", "BBB"], to=[], on="2025-08-13", decision={
        "lead": 2, "reference_class": "made up", "source": "judgement", "alternatives": {
            "cancel": {"rate": 0.2, "announces": "greet", "holds": False},
            "delay": {"rate": 0.3, "announces": "remark", "holds": True, "delay": 14}}})
    world = compiled(tree(events={"drill": drill, "feast": event(on="2025-07-30")},
                          mechanisms={"doubt": mechanism("response", {"action": ["greet"], "by": ["BBB"]}, strength=2,
                                                         feature={"clock": "feast"})}))
    found = explain.decision(world, 0, 3, "AAA", "drill.cancel")
    assert found.weighed.decider == "BBB"
    shares = {other.name: other.probability for other in found.beside}
    weights = np.array([0.4 * np.exp(2), 0.6])  # against 1 for holding it
    assert list(shares.values()) == pytest.approx(list(weights / (1 + weights.sum())), rel=1e-5)
    assert found.beside[1].low == pytest.approx(found.beside[0].probability)
    with pytest.raises(InputError, match="what becomes of drill is decided in week 3 of this replicate, not in week 4"):
        explain.decision(world, 0, 4, "AAA", "drill.cancel")


@pytest.mark.parametrize("uniform", [0.01, 0.2, 0.5, 0.77, 0.99])
def test_what_an_alternative_fell_short_by_is_what_it_needed(uniform: float) -> None:
    odds = np.array([-1.0, 0.3, -2.0])
    for place, (low, share, short) in enumerate(stretches_of(odds, uniform)):
        if low <= uniform < low + share:
            assert short == 0
        if np.isfinite(short):
            for extra, taken in ((1e-6, True), (-1e-6, short == 0)):
                moved = odds.copy()
                moved[place] += short + extra
                low, share, _ = stretches_of(moved, uniform)[place]
                assert (low <= uniform <= low + share) == taken


def test_a_countrys_week_puts_first_what_was_taken() -> None:
    world = shipped()
    found = explain.week(world, 4, 9, "PRK")
    assert len(found.decisions) == len({row.name for row in world.decisions.rows if row.country == "PRK"} - {
        decision.name for decision in world.decisions.alternatives})
    taken = [each.weighed.taken for each in found.decisions]
    assert taken == sorted(taken, reverse=True)
    missed = [each.weighed.short for each in found.decisions if each.weighed.possible and not each.weighed.taken]
    assert missed == sorted(missed)
    assert found.table["option"].is_unique
    nothing = explain.week(compiled(tree()), 0, 1, "AAA")
    assert nothing.decisions == ()


@pytest.mark.parametrize("words, message", [
    ((9, "DPKR", None), 'unknown country "DPKR". Did you mean "PRK"'),
    ((0, "PRK", None), "whose weeks are 1 to 60"),
    ((9, "PRK", "prk_balistic_test"), 'Did you mean "prk_ballistic_test"'),
    ((9, "USA", "prk_ballistic_test"), "is not .*'s to decide"),
])
def test_names_that_are_not_there_are_said(words: tuple[int, str, str | None], message: str) -> None:
    week, code, name = words
    with pytest.raises(InputError, match=message):
        if name is None:
            explain.week(shipped(), 0, week, code)
        else:
            explain.decision(shipped(), 0, week, code, name)


# An outcome

@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """Strikes come of fury, whose strength differs; greetings have another cause."""
    world = tree(options={"hit": option("strike", "AAA", "BBB", rate=0.03), "wave": option("greet", "BBB", "AAA")},
                 events={"feast": event(yearly={"month": 8, "day": 15})}, mechanisms={
        "fury": mechanism("response", {"action": ["strike"]}, strength={"low": 0, "high": 4},
                          feature={"clock": "feast", "before": 3, "after": 3}),
        "cheer": mechanism("response", {"action": ["greet"]}, strength={"low": 0, "high": 1},
                           feature={"clock": "feast", "before": 3, "after": 3})})
    outcomes = {"struck": {"happened": "strike"}, "strikes": {"count": "strike"}, "first": {"first_date": "strike"}}
    return kept(tmp_path_factory.mktemp("moved") / "run", scenario(world, outcomes=outcomes, endings=[
        {"name": "war", "title": "War", "when": {"happened": "strike"}}, {"name": "rest", "title": "Rest"}]), 400)


@pytest.mark.parametrize("name", ["struck", "strikes", "first", "war"])
def test_what_moved_an_outcome_is_found_and_what_did_not_moves_it_by_nothing(moved: Record, name: str) -> None:
    found = movers.run(moved, name, 300, jobs=1)
    rows = found.mechanisms.set_index("mechanism")
    assert rows.index[0] == "fury"
    assert rows.at["fury", "low"] > 0.05
    assert rows.at["fury", "rank_low"] > 0
    assert rows.at["cheer", "value"] == 0
    assert rows.at["cheer", "rank_low"] < 0 < rows.at["cheer", "rank_high"]
    assert (found.replicates, found.switched) == (400, 300)
    values = [float(row[1]) if name == "strikes" else float(row[0] == "1") for row in moved.rows]
    assert found.mean == pytest.approx(np.mean(values))


@pytest.mark.slow
def test_a_void_outcome_and_a_world_without_causes_are_no_accident(tmp_path: Path) -> None:
    world = tree(options={"hit": option("strike", "AAA", "BBB")})
    outcomes = {"void": {"happened": "strike", "given": {"none_in": "strike", "from": "2025-07-14",
                                                         "until": "2025-07-14"}}}
    record = kept(tmp_path / "run", scenario(world, outcomes=outcomes), 20)
    found = movers.run(record, "void", jobs=1)
    assert found.mechanisms.empty
    json.dumps(movers.as_record(found), allow_nan=False)
    with pytest.raises(InputError, match=r'unknown outcome or ending "vod"\. Did you mean "void"'):
        movers.run(record, "vod")


def test_what_is_missing_now_is_told_from_what_works_the_other_way() -> None:
    """A mechanism with two terms is absent where both are."""
    def term(mechanism: str, value: float, reference: float) -> Reason:
        return Reason(mechanism, ("cue", "x"), 0.1, 1, 1, Quantity(mean=1), 1, value, reference, value, reference, ())

    own = Sum("AAA", 0.4, (term("gone", 0, 0.3), term("gone", 0.001, -0.2), term("half", 0, 0.3),
                           term("half", 0.3, 0.3), term("never", 0, 0), term("turned", -0.3, 0.3)))
    assert own.absent() == {"gone"}


# The command

def test_the_command_shows_the_sum(call: Call, tmp_path: Path) -> None:
    words = ("explain", "july_2025", "--replicate", 4, "--week", 9, "--country", "PRK")
    code, out, _ = call(*words)
    assert code == 0
    assert "prk_ballistic_test" in call(*words, "--json")[1]
    code, out, _ = call(*words, "--option", "prk_ballistic_test", "--out", tmp_path / "why")
    assert code == 0
    for part in ("in log-odds, that is", "base: ", "quiet and busy", "strength drawn from", "A049: ", "D'Orazio",
                 "launch_campaigns"):
        assert part in out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert {path.name for path in (tmp_path / "why").rglob("*") if path.is_file()} == {
        "manifest.json", "explain-decision.csv", "explain-decision.json", "explain-decision.png",
        "explain-decision.svg"}
    found = json.loads(call(*words, "--option", "prk_ballistic_test", "--json")[1])
    terms = found["sums"][0]["terms"]
    assert found["base"]["log_odds"] + sum(term["log_odds"] for term in terms) == pytest.approx(found["log_odds"],
                                                                                               abs=1e-4)


def test_the_command_shows_what_moved_an_outcome(call: Call, moved: Record, tmp_path: Path) -> None:
    words = ("explain", moved.folder, "--outcome", "strikes", "-n", 20, "--jobs", 1, "-q")
    code, out, _ = call(*words, "--out", tmp_path / "why")
    assert code == 0
    assert "what moved it" in out
    assert (tmp_path / "why" / "figures" / "explain-outcome.svg").exists()
    assert len(json.loads(call(*words, "--json")[1])["mechanisms"]) == 2


@pytest.mark.parametrize("words, message", [
    (("--replicate", 1), "--week, --country missing"),
    (("--outcome", "missile_weeks", "--week", 3), "leave out"),
    (("--replicate", 1, "--week", 9, "--country", "PRK", "--out", "why"), "--out needs"),
    (("--replicate", 1, "--week", 9, "--country", "DPRK"), 'Did you mean "PRK"'),
    (("--replicate", 99, "--week", 9, "--country", "PRK"), "not in this run"),
    (("--outcome", "missile_week"), 'Did you mean "missile_weeks"'),
])
def test_what_cannot_be_explained_is_said(call: Call, words: tuple[Any, ...], message: str) -> None:
    code, out, err = call("explain", "july_2025", *words)
    assert (code, out) == (2, "")
    assert message in err


def test_mechanisms_bear_on_the_options_that_an_outcome_speaks_of() -> None:
    world = shipped()
    bears = movers._bearing(world, "us_dprk_summit", np.zeros(8), 64, 1)
    assert bears["us_offer_opens_a_door"] > 0
    assert bears["white_paper_draws_protest"] == 0
