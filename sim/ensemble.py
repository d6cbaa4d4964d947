"""The ensemble: batches of replicates, run one after another or in worker processes, and put together."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from sim import worker
from sim.arrays import Array
from sim.batch import WIDTH, run_batch
from sim.compiler import compile_world
from sim.errors import InputError
from sim.gathering import Gathering, Shelf
from sim.results import Ensemble
from sim.scenario import Scenario, load
from sim.world import World

if TYPE_CHECKING:
    from sim.worker import Crew

__all__ = ["Ensemble", "Progress", "Shelf", "Status", "cores", "run"]

Progress = Callable[["Status"], None]


class Status(NamedTuple):
    """How far a run has come."""

    done: int
    replicates: int
    seconds: float
    endings: Array  # replicates per ending so far
    found: int = 0  # replicates that were done before


def run(world: World | Scenario | str, replicates: int = 10_000, seed: int = 1, jobs: int | None = None,
        progress: Progress | None = None, until_error: float | None = None, shelf: Shelf | None = None,
        crew: Crew | None = None) -> Ensemble:
    """Runs an ensemble of a world, of a scenario, or of one given by its path or shipped name. The result depends on
    the world, the seed and the number of replicates, not on who does it.

    `jobs` is the number of processes, by default all cores; one batch or one job runs in this process, and a `crew`
    does it elsewhere. `progress` is called once the work is under way, and after every batch. With `until_error`, in
    percentage points, it stops short of `replicates` once every ending's share is known to that, see `sim.stopping`.
    Batches on the `shelf` are taken from there, others are put there.
    Raises `InputError` for numbers that make no sense.
    """
    _check(replicates, seed, jobs, until_error)
    if isinstance(world, str):
        world = load(world)
    if isinstance(world, Scenario):
        world = compile_world(world)
    started, batches = time.monotonic(), -(-replicates // WIDTH)
    gathering = Gathering(world.scenario, batches, until_error, shelf)
    there = set()
    for batch in shelf.batches() if shelf else ():
        gathering.take(batch)
        there.add(batch.number)
    found = int(gathering.seen.sum())

    def report() -> None:
        if progress:
            seen = gathering.seen
            progress(Status(int(seen.sum()), replicates, time.monotonic() - started, seen, found))

    tasks = ((number, min(WIDTH, replicates - number * WIDTH)) for number in range(batches) if number not in there)
    if not gathering.complete():
        jobs = min(jobs or cores(), batches - len(there))
        with closing(worker.spread(run_batch, tasks, jobs, world, seed, report, crew)) as finished:
            for batch in finished:
                if shelf:
                    shelf.put(batch)
                gathering.take(batch)
                report()
                if gathering.complete():
                    break
    from sim.dataset import assemble  # pandas and xarray load slowly, best while workers are at work
    return assemble(world, gathering, seed, time.monotonic() - started)


def _check(replicates: int, seed: int, jobs: int | None, until_error: float | None) -> None:
    """Raises `InputError` for numbers that make no sense."""
    if replicates < 1:
        raise InputError(f"replicates (-n) is {replicates}; at least 1 is needed")
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs is {jobs}; at least 1 is needed")
    if not 0 <= seed < 2**63:
        raise InputError(f"seed is {seed}; it must lie between 0 and 2^63 - 1")
    if until_error is not None and not 0 < until_error < 100:
        raise InputError(f"until_error is {until_error:g}; it is a number of percentage points above 0 and below 100")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
