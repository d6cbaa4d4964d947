"""Variants on the same draws, and the difference between two of them.

Every stream of draws has a name (see `sim.draws`), so that replicate 7 of one variant and replicate 7 of another share
all that they have in common. Their difference is then what the variants differ in, and its interval is narrow.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from sim import worker
from sim.arrays import Array
from sim.catalog.outcome import Kind
from sim.compiler import compile_world
from sim.draws import BLOCK
from sim.ensemble import Ensemble, Progress, Status, cores
from sim.errors import InputError
from sim.history import History
from sim.outcomes import Z, levels_looked_at, looked_at, measured
from sim.scenario import Scenario
from sim.world import World

Name = TypeVar("Name", bound=Hashable)


def run(variants: Mapping[Name, World | Scenario], replicates: int = 2000, seed: int = 1, jobs: int | None = None,
        progress: Progress | None = None) -> dict[Name, Ensemble]:
    """The same replicates of every variant. Row 7 of one table of outcomes is row 7 of every other.

    The ensembles have outcomes and no distributions: their `data` is empty. `jobs` and `progress` are as in
    `sim.run`, but a `Status` counts the replicates of all variants, and no endings. Raises `InputError` for numbers
    that make no sense.
    """
    if replicates < 1 or not 0 <= seed < 2**63 or jobs is not None and jobs < 1:
        raise InputError(f"replicates is {replicates}, seed {seed}, jobs {jobs}; needed are at least 1 replicate and "
                         "job, and a seed from 0 to 2^63 - 1")
    worlds = [compile_world(variant) if isinstance(variant, Scenario) else variant for variant in variants.values()]
    tasks = [(variant, number, min(BLOCK, replicates - number * BLOCK))
             for variant in range(len(worlds)) for number in range(-(-replicates // BLOCK))]
    started, done = time.monotonic(), 0

    def report() -> None:
        if progress:
            progress(Status(done, replicates * len(worlds), time.monotonic() - started, np.zeros(0, dtype=np.int64)))

    parts: dict[tuple[int, int], tuple[Array, Array]] = {}
    for variant, number, outcomes, endings in worker.spread(
            _measured, tasks, min(jobs or cores(), len(tasks)), worlds, seed, report):
        parts[variant, number] = outcomes, endings
        done += len(endings)
        report()
    blocks = range(-(-replicates // BLOCK))
    return {name: assembled(world, [parts[variant, number] for number in blocks], seed, time.monotonic() - started)
            for variant, (name, world) in enumerate(zip(variants, worlds, strict=True))}


def _measured(worlds: Sequence[World], seed: int, variant: int, number: int,
              width: int) -> tuple[int, int, Array, Array]:
    """Outcomes (R, outcomes) and endings (R,) of a block of one of the variants."""
    return variant, number, *measured(worlds[variant].scenario, played(worlds[variant], seed, number, width))


def played(world: World, seed: int, number: int, width: int, whole: bool = False) -> History:
    """What happens in the first `width` replicates of a block: what outcomes look at, or the whole log."""
    from sim.model import DiplomacyModel  # Mesa loads slowly, and a parent of workers has no use for it

    keep = (levels_looked_at if whole else looked_at)(world.scenario, world)
    model = DiplomacyModel(world, number * BLOCK, width, rng=seed, keep=keep)
    try:
        return model.run()
    finally:
        model.release()


def assembled(world: World, parts: Sequence[tuple[Array, Array]], seed: int, seconds: float) -> Ensemble:
    """An ensemble, without distributions, of the blocks of which these are outcomes and endings, in order."""
    import xarray as xr

    from sim.dataset import tabulated

    outcomes, endings = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Ensemble(world.scenario, tabulated(world.scenario, outcomes, endings), xr.Dataset(), seed, seconds, world)


def first(ensemble: Ensemble, replicates: int) -> Ensemble:
    """The first replicates of an ensemble that `run` gave."""
    from dataclasses import replace
    return replace(ensemble, outcomes=ensemble.outcomes.iloc[:replicates])


# Differences

class Difference(NamedTuple):
    """A difference of means or shares, its paired 95 % interval, and the wider one that forgets the pairing.

    NaN where there is nothing to compare.
    """

    value: float
    low: float
    high: float
    unpaired_low: float
    unpaired_high: float


def difference(base: Array, other: Array, yes_no: bool) -> Difference:
    """The mean of `other` minus that of `base` (R,), whose replicates line up; void ones (NaN) count in neither mean.

    For a yes or no the intervals are those of Bonett and Price (2012) and of Agresti and Caffo (2000): as if two more
    replicates had come out yes in one and no in the other, so that no difference in few runs is not taken for none.
    """
    value = _mean(other) - _mean(base)
    more = [0.0, 1.0] if yes_no else []
    before, after = np.concatenate([base, more]), np.concatenate([other, more[::-1]])
    n = len(before)
    centre = _mean(after) - _mean(before)
    if n < 2 or np.isnan(value):
        return Difference(value, *[np.nan] * 4)
    of_base, of_other = _influence(before), _influence(after)
    lost = 0 if yes_no else 1
    paired = Z * np.sqrt(np.square(of_other - of_base).sum() / (n - lost) / n)
    unpaired = Z * np.sqrt((np.square(of_other).sum() + np.square(of_base).sum()) / (n - lost) / n)
    most = 1.0 if yes_no else np.inf
    return Difference(value, *(float(np.clip(end, -most, most)) for end in (
        centre - paired, centre + paired, centre - unpaired, centre + unpaired)))


def _mean(values: Array) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def _influence(values: Array) -> Array:
    """How much each replicate moves the mean of those that are not void, times their number: of mean zero."""
    known = ~np.isnan(values)
    return np.where(known, np.nan_to_num(values) - _mean(values), 0) / known.mean()


def comparable(values: Any, kind: Kind) -> Array:
    """An outcome's values (R,) as numbers to average: a date as whether it is reached, NaN where void."""
    found = np.asarray(values, dtype=np.float64)
    if kind == "date":
        return np.where(np.isnan(found), np.nan, np.isfinite(found))
    return np.where(np.isfinite(found), found, np.nan)


def differences(base: Ensemble, other: Ensemble) -> list[dict[str, Any]]:
    """A row per ending and then per outcome that both have, in the order of `base`.

    kind (that of the outcome, or `ending`), name, title; the difference `value` in a share or a mean, its paired
    interval `low`, `high` and the `unpaired_low`, `unpaired_high`; `size`, the difference in standard deviations of
    `base`. None stands for what is not defined.
    """
    rows = []
    for kind, name, title in _compared(base, other):
        column = "ending" if kind == "ending" else name
        before, after = (each.outcomes[column].astype(str) == name if kind == "ending" else each.outcomes[column]
                         for each in (base, other))
        values, others = comparable(before, kind), comparable(after, kind)
        found = difference(values, others, kind != "number")
        spread = float(np.nanstd(values)) if not np.isnan(found.value) else np.nan
        size = found.value / spread if spread > 0 else np.nan
        numbers = found._asdict() | {"size": size}
        rows.append({"kind": kind, "name": name, "title": title}
                    | {key: float(number) if np.isfinite(number) else None for key, number in numbers.items()})
    return rows


def _compared(base: Ensemble, other: Ensemble) -> list[tuple[Any, str, str]]:
    """Kind, name and title of what both measure alike."""
    ours, theirs = base.scenario, other.scenario
    names = {ending.name for ending in theirs.endings}
    return [("ending", ending.name, ending.title) for ending in ours.endings if ending.name in names] + [
        (outcome.kind, name, outcome.title or name) for name, outcome in ours.outcomes.items()
        if name in theirs.outcomes and theirs.outcomes[name].kind == outcome.kind]
