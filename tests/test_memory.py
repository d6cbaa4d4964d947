"""Limit cases of what fades: ledgers, issues, conduct and cues."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.model import DiplomacyModel
from worlds import J, compiled, event, merged, option, played, tree


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
