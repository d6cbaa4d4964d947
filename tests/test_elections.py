"""Limit cases of elections and successions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model import DiplomacyModel
from worlds import J, compiled, event, merged, option, played, tree

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
