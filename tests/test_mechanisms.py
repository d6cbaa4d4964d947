"""Limit cases of what moves decisions: what a government wants, and what others do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.catalog import Gate
from sim.features import gate_of
from sim.mechanisms import KINDS
from sim.model import DiplomacyModel
from worlds import J, compiled, country, event, mechanism, merged, option, played, shares, tree

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
