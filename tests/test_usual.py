"""Usual conduct is data; it must stay what the world itself shows."""

from __future__ import annotations

import pytest

from sim.scenario import load
from sim.usual import measure_usual


@pytest.mark.slow
def test_the_shipped_usual_conduct_is_what_the_world_shows_when_reciprocity_is_blind() -> None:
    """Within a third of a point of the mean and a quarter of the spread; else `python -m sim.usual` is due."""
    scenario = load("july_2025")
    for name, kinds in measure_usual(scenario, replicates=256).items():
        for kind, level in kinds.items():
            shipped = getattr(scenario.usual[name], kind)
            assert level["mean"] == pytest.approx(shipped.mean, abs=0.33), (name, kind)
            assert level["spread"] == pytest.approx(shipped.spread, rel=0.25, abs=0.1), (name, kind)
