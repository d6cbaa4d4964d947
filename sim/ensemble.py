"""The ensemble: batches of replicates, run one after another or in worker processes, and put together."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim import worker
from sim.arrays import Array
from sim.compiler import compile_world
from sim.draws import BLOCK
from sim.errors import InputError
from sim.outcomes import looked_at, measured
from sim.scenario import Scenario
from sim.world import World

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from sim.history import History

Progress = Callable[["Status"], None]

#: Replicates that one model holds: the more, the less each call counts, as long as a week stays within the cache.
WIDTH = 2 * BLOCK
#: Replicates whose trajectories are kept; the others can be run again.
TRAJECTORIES = 200
#: Bins of the weekly distributions, and what they span.
BINS = 200
SPANS = {"tension": (-10.0, 10.0), "status_quo": (-1.0, 1.0), "stance": (-1.0, 1.0), "approval": (-1.0, 1.0)}


class Status(NamedTuple):
    """How far a run has come."""

    done: int
    replicates: int
    seconds: float
    endings: Array  # replicates per ending so far


@dataclass(frozen=True)
class Batch:
    """What is kept of the replicates that one model held."""

    number: int
    outcomes: Array  # (R, outcomes)
    endings: Array  # (R,) index of the ending
    counts: dict[str, Array]  # level → (weeks, rows, BINS)
    paths: dict[str, Array]  # level → (weeks, rows, R), of the replicates whose trajectories are kept
    occurred: Array  # (weeks, columns): replicates in which it occurred
    inputs: Array  # (drawn inputs, R)


@dataclass(frozen=True)
class Ensemble:
    """The outcomes of all replicates, and the distributions behind them."""

    scenario: Scenario
    outcomes: pd.DataFrame
    data: xr.Dataset
    seed: int
    seconds: float
    world: World | None = field(default=None, repr=False)

    @property
    def replicates(self) -> int:
        return len(self.outcomes)


def run(world: World | Scenario, replicates: int = 10_000, seed: int = 1, jobs: int | None = None,
        progress: Progress | None = None) -> Ensemble:
    """Runs an ensemble. The result depends on the world and the seed, not on `jobs`.

    `jobs` is the number of processes, by default all cores; one batch or one job runs in this process.
    `progress` is called once the work is under way, and after every batch.
    Raises `InputError` for numbers that make no sense.
    """
    if replicates < 1:
        raise InputError(f"replicates (-n) is {replicates}; at least 1 is needed")
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs is {jobs}; at least 1 is needed")
    if not 0 <= seed < 2**63:
        raise InputError(f"seed is {seed}; it must lie between 0 and 2^63 - 1")
    if isinstance(world, Scenario):
        world = compile_world(world)
    started = time.monotonic()
    batches: list[Batch] = []
    totals = np.zeros(len(world.scenario.endings), dtype=np.int64)
    done = 0

    def report() -> None:
        if progress:
            progress(Status(done, replicates, time.monotonic() - started, totals.copy()))

    tasks = [(number, min(WIDTH, replicates - number * WIDTH)) for number in range(-(-replicates // WIDTH))]
    for batch in worker.spread(run_batch, tasks, min(jobs or cores(), len(tasks)), world, seed, report):
        batches.append(batch)
        done += len(batch.endings)
        totals += np.bincount(batch.endings, minlength=len(totals))
        report()
    batches.sort(key=lambda batch: batch.number)
    from sim.dataset import assemble
    return assemble(world, batches, seed, time.monotonic() - started)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_batch(world: World, seed: int, number: int, width: int) -> Batch:
    """Runs the first `width` replicates of a batch to the horizon and keeps what the ensemble needs."""
    from sim.model import DiplomacyModel  # Mesa loads slowly, and a parent of workers has no use for it
    scenario = world.scenario
    model = DiplomacyModel(world, number * WIDTH, width, rng=seed, keep=looked_at(scenario, world))
    paths = max(0, min(width, TRAJECTORIES - number * WIDTH))
    try:
        weeks = [({name: _count(now, *SPANS[name]) for name, now in model.levels.items()},
                  {name: now[:, :paths].copy() for name, now in model.levels.items()}) for _ in model.weeks()]
        history = model.history()
        inputs = model.state.inputs[world.inputs.drawn].astype(np.float32)
    finally:
        model.release()
    outcomes, endings = measured(scenario, history)
    occurred = np.array([_reached(history, column) for column in range(len(world.columns))]).reshape(-1, world.weeks).T
    counts, kept = ({name: np.stack([week[part][name] for week in weeks]) for name in SPANS} for part in (0, 1))
    return Batch(number, outcomes, endings.astype(np.int64), counts, kept, occurred,
                 inputs)


def _reached(history: History, column: int) -> Array:
    """In how many replicates a column occurs, by week."""
    rows = slice(history.starts[column], history.starts[column + 1])
    seen = np.zeros((history.world.weeks, history.replicates), dtype=bool)
    seen.reshape(-1)[history.day[rows] // 7 * np.int32(history.replicates) + history.replicate[rows]] = True
    return seen.sum(axis=1, dtype=np.int32)


def _count(level: Array, low: float, high: float) -> Array:
    """How many replicates lie in each bin, by row."""
    rows = len(level)
    bins = (level - np.float32(low)) * np.float32(BINS / (high - low))
    np.minimum(bins, np.float32(BINS - 0.5), out=bins)
    bins += (BINS * np.arange(rows, dtype=np.float32))[:, None]
    counts = np.bincount(bins.ravel().astype(np.intp), minlength=rows * BINS)
    return counts.astype(np.uint16).reshape(rows, BINS)
