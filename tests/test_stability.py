"""Limit cases of stability: how much conduct begets conduct."""

from __future__ import annotations

import numpy as np
import pytest

from sim.stability import loop_gain
from sim.world import World
from worlds import compiled, mechanism, option, played, shares, shipped, tree


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
