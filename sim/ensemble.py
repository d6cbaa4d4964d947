"""The ensemble: blocks of replicates, run one after another or in worker processes, and put together."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED as FIRST
from concurrent.futures import Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import active_children, get_context
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim import worker
from sim.arrays import Array
from sim.compiler import compile_world
from sim.draws import BLOCK
from sim.errors import InputError
from sim.outcomes import assign_endings, measure, tracked
from sim.scenario import Scenario
from sim.world import World

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from sim.history import History

Progress = Callable[["Status"], None]

#: Replicates that one model holds: the more, the less each call counts, as long as a week stays within the cache.
TOGETHER = 2 * BLOCK
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
class Block:
    """What is kept of one block of replicates."""

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

    `jobs` is the number of processes, by default all cores; one block or one job runs in this process.
    `progress` is called once the work is under way, and after every block.
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
    numbers = range(-(-replicates // TOGETHER))
    blocks: list[Block] = []
    totals = np.zeros(len(world.scenario.endings), dtype=np.int64)
    done = 0

    def report() -> None:
        if progress:
            progress(Status(done, replicates, time.monotonic() - started, totals.copy()))

    for block in _blocks(world, seed, replicates, numbers, min(jobs or cores(), len(numbers)), report):
        blocks.append(block)
        done += len(block.endings)
        totals += np.bincount(block.endings, minlength=len(totals))
        report()
    blocks.sort(key=lambda block: block.number)
    from sim.dataset import assemble
    return assemble(world, blocks, seed, time.monotonic() - started)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_block(world: World, seed: int, number: int, width: int) -> Block:
    """Runs the first `width` replicates of a block to the horizon and keeps what the ensemble needs."""
    from sim.model import DiplomacyModel  # Mesa loads slowly, and a parent of workers has no use for it
    scenario = world.scenario
    measured = [*scenario.outcomes.values(), *(ending.when for ending in scenario.endings if ending.when)]
    model = DiplomacyModel(world, number * TOGETHER, width, rng=seed, keep=tracked(measured, world))
    paths = max(0, min(width, TRAJECTORIES - number * TOGETHER))
    try:
        weeks = [({name: _count(now, *SPANS[name]) for name, now in model.levels.items()},
                  {name: now[:, :paths].copy() for name, now in model.levels.items()}) for _ in model.weeks()]
        history = model.history()
        inputs = model.state.inputs[world.inputs.drawn].astype(np.float32)
    finally:
        model.release()
    outcomes = np.empty((width, len(scenario.outcomes)))
    for column, outcome in enumerate(scenario.outcomes.values()):
        outcomes[:, column] = measure(outcome, history)
    occurred = np.array([_reached(history, column) for column in range(len(world.columns))]).reshape(-1, world.weeks).T
    counts, kept = ({name: np.stack([week[part][name] for week in weeks]) for name in SPANS} for part in (0, 1))
    return Block(number, outcomes, assign_endings(scenario.endings, history).astype(np.int64), counts, kept, occurred,
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


def _blocks(world: World, seed: int, replicates: int, numbers: range, jobs: int,
            begun: Callable[[], None]) -> Iterator[Block]:
    """The blocks, in the order in which they finish; `begun` is called when the work is under way."""
    widths = {number: min(TOGETHER, replicates - number * TOGETHER) for number in numbers}
    if jobs <= 1:
        begun()
        for number in numbers:
            yield run_block(world, seed, number, widths[number])
        return
    # Workers inherit one thread each for linear algebra: the cores are taken already.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    others = set(active_children())
    executor: Executor = ProcessPoolExecutor(jobs, get_context("spawn"), worker.start, (pickle.dumps(world), seed))
    try:
        with worker.uninterrupted():  # workers are born here, and Ctrl-C is the parent's business
            waiting: set[Future[Block]] = {executor.submit(worker.work, number, widths[number]) for number in numbers}
        begun()
        while waiting:
            finished, waiting = wait(waiting, return_when=FIRST)
            for future in finished:
                yield future.result()
    except BaseException:
        worker.stop(set(active_children()) - others)
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
