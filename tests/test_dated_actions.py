"""Limit cases of a dated action: held, put off, cut or cancelled."""

from __future__ import annotations

import numpy as np
import pytest

from worlds import J, compiled, event, played, tree


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
