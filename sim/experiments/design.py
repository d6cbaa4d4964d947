"""A design: histories whose replicate and inputs are chosen row by row, all run as one ensemble.

Each replicate has its own inputs anyhow, so that rows with other values need no other model. Rows that name the same
replicate share all its draws, and differ in nothing but the values that they are given.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from sim import worker
from sim.arrays import Array, Ints
from sim.catalog.outcome import Kind
from sim.draws import BLOCK, Draws
from sim.ensemble import Progress, Status, cores
from sim.errors import InputError, shown_names, unknown
from sim.experiments.paired import comparable
from sim.outcomes import looked_at, measured
from sim.overlay import MAIN_NUMBER
from sim.scenario import Scenario
from sim.world import World

Task = tuple[int, int, Ints, Ints, dict[str, Array]]


def run(worlds: Sequence[World], replicates: Ints, given: Mapping[str, Array] | None = None, seed: int = 1,
        jobs: int | None = None, progress: Progress | None = None, variants: Ints | None = None) -> pd.DataFrame:
    """Outcomes and ending of each row (R,): that replicate of the ensemble, with inputs `given` by path, (R,) each.

    `variants` (R,) says which of the worlds a row is of, by default the first; all measure the same outcomes. `jobs`
    and `progress` are as in `sim.run`. Raises `InputError` for numbers that make no sense.
    """
    from sim.dataset import tabulated

    if not len(replicates) or not 0 <= seed < 2**63 or jobs is not None and jobs < 1:
        raise InputError(f"{len(replicates)} rows, seed {seed}, jobs {jobs}; needed are at least 1 row and job, and a "
                         "seed from 0 to 2^63 - 1")
    variants = np.zeros(len(replicates), dtype=np.intp) if variants is None else variants
    tasks = list(_tasks(np.asarray(replicates, dtype=np.intp), variants, given or {}))
    started, done = time.monotonic(), 0

    def report() -> None:
        if progress:
            progress(Status(done, len(replicates), time.monotonic() - started, np.zeros(0, dtype=np.int64)))

    scenario = worlds[0].scenario
    outcomes = np.empty((len(replicates), len(scenario.outcomes)))
    endings = np.empty(len(replicates), dtype=np.int64)
    for rows, values, ends in worker.spread(_measured, tasks, min(jobs or cores(), len(tasks)), worlds, seed, report):
        outcomes[rows], endings[rows] = values, ends
        done += len(rows)
        report()
    return tabulated(scenario, outcomes, endings)


def _tasks(replicates: Ints, variants: Ints, given: Mapping[str, Array]) -> Iterator[Task]:
    """Rows that one model can run: of one world and one block, in the order of their replicates."""
    order = np.lexsort((replicates, variants))
    blocks = replicates[order] // BLOCK
    apart = np.flatnonzero(np.diff(blocks) | np.diff(variants[order])) + 1
    for part in np.split(order, apart):
        for rows in np.array_split(part, -(-len(part) // BLOCK)):
            block, columns = divmod(replicates[rows], BLOCK)
            yield int(variants[rows[0]]), int(block[0]), rows, columns, {path: of[rows] for path, of in given.items()}


def _measured(worlds: Sequence[World], seed: int, variant: int, block: int, rows: Ints, columns: Ints,
              given: Mapping[str, Array]) -> tuple[Ints, Array, Array]:
    """Outcomes (R, outcomes) and endings (R,) of some rows."""
    from sim.model import DiplomacyModel  # Mesa loads slowly, and a parent of workers has no use for it

    world = worlds[variant]
    model = DiplomacyModel(world, block * BLOCK, rng=seed, columns=columns.tolist(), given=given,
                           keep=looked_at(world.scenario, world))
    try:
        history = model.run()
    finally:
        model.release()
    return rows, *measured(world.scenario, history)


def drawn(world: World, paths: Sequence[str], replicates: int, seed: int) -> Array:
    """What the first replicates draw for these inputs of themselves, shape (replicates, paths)."""
    found = np.empty((replicates, len(paths)))
    for first in range(0, replicates, BLOCK):
        draws = Draws(seed, first // BLOCK, range(min(BLOCK, replicates - first)))
        for column, path in enumerate(paths):
            quantity = world.inputs.quantities[world.inputs.rows[path]]
            found[first:first + len(draws), column] = quantity.ppf(draws.uniform(path))
    return found


# Names

def full_path(path: str) -> str:
    """The path of an input, of which an entry's main number may be left out."""
    section, *rest = path.split(".")
    return ".".join([path, *MAIN_NUMBER.get(section, ())]) if len(rest) == 1 else path


def drawn_anew(world: World) -> set[str]:
    """Inputs that every occasion of an event draws anew, so that no value of theirs belongs to a replicate."""
    return {world.inputs.paths[instance.interval] for instance in world.calendar.instances if instance.interval >= 0}


def drawn_once(world: World) -> list[str]:
    """Inputs with a spread of which each replicate has one value."""
    anew = drawn_anew(world)
    return [path for path in (world.inputs.paths[row] for row in world.inputs.drawn) if path not in anew]


def values_of(scenario: Scenario, outcomes: pd.DataFrame, name: str) -> Array:
    """The outcome or ending `name` as numbers (R,): a yes, a date reached and the ending as 1, NaN where void."""
    if name in scenario.outcomes:
        return comparable(outcomes[name], scenario.outcomes[name].kind)
    return (outcomes["ending"].astype(str) == name).to_numpy(dtype=np.float64)


def kind_and_title(scenario: Scenario, name: str) -> tuple[Kind, str]:
    """What kind of values an outcome or ending has, and what it is called. Raises `InputError` for other names."""
    if name in scenario.outcomes:
        outcome = scenario.outcomes[name]
        return outcome.kind, outcome.title or name
    endings = {ending.name: ending for ending in scenario.endings}
    if name not in endings:
        raise InputError(unknown("outcome or ending", name, [*scenario.outcomes, *endings],
                                 shown_names({**scenario.outcomes, **endings})))
    return "yes_no", endings[name].title


def varied(scenario: Scenario, outcomes: pd.DataFrame) -> list[str]:
    """Names of the endings and outcomes that differ between rows, the most even first; numbers last."""
    names = [ending.name for ending in scenario.endings]
    names += [name for name in scenario.outcomes if name not in names]
    spreads = {name: float(np.nan_to_num(np.nanstd(known))) if len(known := _known(scenario, outcomes, name)) else 0.0
               for name in names}
    numbers = {name for name, outcome in scenario.outcomes.items() if outcome.kind == "number"}
    return [name for name in sorted(names, key=lambda name: (name in numbers, -spreads[name])) if spreads[name] > 0]


def _known(scenario: Scenario, outcomes: pd.DataFrame, name: str) -> Array:
    values = values_of(scenario, outcomes, name)
    return values[~np.isnan(values)]
