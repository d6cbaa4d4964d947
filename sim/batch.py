"""A batch: the replicates that one model holds, run to the horizon, and what is kept of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.arrays import Array
from sim.draws import BLOCK
from sim.outcomes import looked_at, measured
from sim.world import World

#: Replicates that one model holds: the more, the less each call counts; the fewer, the better a week fits the cache,
#: and the more evenly workers share a small ensemble.
WIDTH = 3 * BLOCK
#: Replicates whose trajectories are kept; the others can be run again.
TRAJECTORIES = 200
#: Replicates whose drawn inputs are kept; the others' can be drawn again.
INPUTS = 8 * BLOCK
#: Values of a level that are counted together: few enough that they stay within the cache.
TOGETHER = 2**15
#: Bins of the weekly distributions, and what they span.
BINS = 200
SPANS = {"tension": (-10.0, 10.0), "status_quo": (-1.0, 1.0), "stance": (-1.0, 1.0), "approval": (-1.0, 1.0)}


@dataclass(frozen=True)
class Batch:
    """What is kept of the replicates that one model held."""

    number: int
    outcomes: Array  # (R, outcomes)
    endings: Array  # (R,) index of the ending
    counts: dict[str, Array]  # level → (weeks, rows, BINS)
    paths: dict[str, Array]  # level → (weeks, rows, R), of the replicates whose trajectories are kept
    occurred: Array  # (weeks, columns): replicates in which it occurred
    inputs: Array  # (drawn inputs, R), of the replicates whose inputs are kept


def run_batch(world: World, seed: int, number: int, width: int, apart: int = WIDTH) -> Batch:
    """Runs the first `width` replicates of a batch to the horizon and keeps what the ensemble needs.

    From one batch to the next there are `apart` replicates, a part of a block or several blocks.
    """
    from sim.model import DiplomacyModel  # Mesa loads slowly, and a parent of workers has no use for it
    scenario = world.scenario
    model = DiplomacyModel(world, number * apart, width, rng=seed, keep=looked_at(scenario, world))
    paths, kept = (max(0, min(width, most - number * apart)) for most in (TRAJECTORIES, INPUTS))
    try:
        weeks, reached = [], []
        for _ in model.weeks():
            weeks.append(({name: _count(now, *SPANS[name]) for name, now in model.levels.items()},
                          {name: now[:, :paths].copy() for name, now in model.levels.items()}))
            reached.append(model.reached)
        history = model.history()
        inputs = model.state.inputs[world.inputs.drawn, :kept].astype(np.float32)
    finally:
        model.release()
    outcomes, endings = measured(scenario, history)
    counts, tracks = ({name: np.stack([week[part][name] for week in weeks]) for name in SPANS} for part in (0, 1))
    occurred = np.array(reached, dtype=np.int32)
    return Batch(number, outcomes, endings.astype(np.int64), counts, tracks, occurred, inputs)


def _count(level: Array, low: float, high: float) -> Array:
    """How many replicates lie in each bin, by row."""
    counts, rows = np.empty((len(level), BINS), dtype=np.uint16), max(TOGETHER // level.shape[1], 1)
    for first in range(0, len(level), rows):
        bins = level[first:first + rows] - np.float32(low)
        bins *= np.float32(BINS / (high - low))
        np.minimum(bins, np.float32(BINS - 0.5), out=bins)
        places = bins.astype(np.intp)
        places += BINS * np.arange(len(bins))[:, None]
        found = np.bincount(places.ravel(), minlength=BINS * len(bins))
        counts[first:first + rows] = found.reshape(-1, BINS)
    return counts
