"""Sweeps: an outcome over values of one assumption or several, on the same draws at every point.

    found = run(load("july_2025"), ["mechanisms.drill_draws_statement.strength=0:2"], "statement_within_7_days")
    found.points        # a row per point: its values, the outcome's mean or share with its interval

One or two assumptions make a grid, more a Latin hypercube. Inputs are given to the replicates of one model; what is no
input, such as the number of weeks, makes a world of its own at each point.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.arrays import Array
from sim.catalog.outcome import Kind
from sim.compiler import compile_world
from sim.draws import BLOCK
from sim.ensemble import Progress, cores
from sim.errors import InputError, Mark, Problem
from sim.experiments import design, naming, paired
from sim.experiments.results import leave
from sim.experiments.sensitivity import records
from sim.outcomes import summarise
from sim.overlay import with_setting
from sim.reading import Document, Place
from sim.scenario import Head, Scenario, build
from sim.world import World

Row = dict[str, Any]
#: Begins the work, given how it is put, how many replicates it takes and about how many seconds.
Part = Callable[[str, int, float], AbstractContextManager[Progress | None]]

SCHEMA, KIND = 1, "sweep"
#: Values of an assumption that is swept alone, and with another; points where there are more.
ALONE, EACH, SAMPLES = 11, 7, 60
#: Seconds in which workers start.
START = 2.0
#: Points at most, and numbers of replicates that tell how long it will take: a first one, then two that are timed.
MOST, TIMED = 2000, (1, 32, 256)


class Vary(NamedTuple):
    """An assumption, by its dotted path, and the values that it takes: from low to high, so many (0: the usual)."""

    path: str
    low: float
    high: float
    values: int = 0


@dataclass(frozen=True)
class Sweep:
    """An outcome over values of assumptions.

    `points`: a row per point, with a column per path, the replicates to which the outcome applies (`runs`), its `mean`
    (a share for what happens or not) with its 95 % interval `low`, `high`, and the `difference` to the first point with
    its paired interval `difference_low`, `difference_high` and the share `changed` of replicates that differ from it.
    """

    scenario: Scenario
    outcome: str
    kind: Kind
    title: str
    vary: tuple[Vary, ...]
    titles: tuple[str, ...]
    grid: bool
    points: pd.DataFrame
    each: int  # replicates of a point
    varied: tuple[str, ...]  # outcomes that differ between replicates
    seed: int
    seconds: float

    @property
    def replicates(self) -> int:
        return self.each * len(self.points)

    @property
    def paths(self) -> list[str]:
        return [vary.path for vary in self.vary]


def run(scenario: Scenario, vary: Sequence[Vary | str], outcome: str, replicates: int = 500, samples: int | None = None,
        seed: int = 1, jobs: int | None = None, part: Part | None = None) -> Sweep:
    """Measures the outcome or ending at every point, on the same `replicates`.

    `vary` holds texts such as `mechanisms.drill_draws_statement.strength=0:2:9` or `Vary`s. One or two make a grid,
    unless `samples` asks for a Latin hypercube of so many points, as three or more do. Raises `InputError` for names
    and numbers that make no sense.
    """
    started, begin = time.monotonic(), part or (lambda words, count, seconds: nullcontext())
    kind, title = design.kind_and_title(scenario, outcome)
    world = compile_world(scenario)
    ranges = _checked(world, vary, samples)
    grid = samples is None and len(ranges) <= 2
    values = _grid(ranges) if grid else _hypercube(ranges, samples or SAMPLES, seed)
    if replicates < 1 or len(values) > MOST:
        raise InputError(f"{len(values):,} points of {replicates:,} replicates; needed are at least 1 replicate and at "
                         f"most {MOST:,} points")
    inputs = [column for column, each in enumerate(ranges) if _is_input(world, each.path)]
    worlds, variants = _worlds(scenario, world, ranges, values, inputs)
    rows = np.repeat(np.arange(len(values)), replicates)
    given = {ranges[column].path: values[rows, column] for column in inputs}
    numbers = np.tile(np.arange(replicates), len(values))
    seconds = _seconds(worlds, numbers, given, seed, jobs)
    words = f"{len(values):,} points × {replicates:,} replicates = {len(rows):,}"
    with begin(words, len(rows), seconds) as progress:
        table = design.run(worlds, numbers, given, seed, jobs, progress, variants[rows])
    measured = design.values_of(scenario, table, outcome).reshape(len(values), replicates)
    points = pd.DataFrame(values, columns=[each.path for each in ranges])
    points = pd.concat([points, pd.DataFrame([_told(measured[0], of, kind) for of in measured])], axis=1)
    return Sweep(scenario, outcome, kind, title, ranges,
                 tuple(naming.quantity(scenario, each.path) for each in ranges), grid, points, replicates,
                 tuple(design.varied(scenario, table)), seed, time.monotonic() - started)


# Points

def parsed(text: str) -> Vary:
    """A `path=low:high` or `path=low:high:count`. Raises `InputError` for anything else."""
    path, _, numbers = text.partition("=")
    try:
        low, high, *count = numbers.split(":")
        found = Vary(path.strip(), float(low), float(high), int(*count) if count else 0)
        if found.path and np.isfinite([found.low, found.high]).all() and found.low < found.high and (
                not count or found.values > 1):
            return found
    except (ValueError, TypeError):
        pass
    raise InputError(Problem("expected path=low:high or path=low:high:count with low below high and 2 or more values, "
                             "such as mechanisms.drill_draws_statement.strength=0:2:9", Mark(f"--vary {text}")))


def _checked(world: World, vary: Sequence[Vary | str], samples: int | None) -> tuple[Vary, ...]:
    """The ranges with full paths and counts."""
    ranges = [parsed(each) if isinstance(each, str) else each for each in vary]
    ranges = [each._replace(path=design.full_path(each.path)) for each in ranges]
    if not ranges or len({each.path for each in ranges}) < len(ranges):
        raise InputError("sweep needs at least one --vary path=low:high, and each path once")
    if samples is not None and samples < 2:
        raise InputError(f"samples is {samples}; at least 2 are needed")
    for each in ranges:
        if _is_input(world, each.path):
            quantity = world.inputs.quantities[world.inputs.rows[each.path]]
            if not quantity.floor <= each.low <= each.high <= quantity.ceiling:
                raise InputError(f"{each.path} must stay between {quantity.floor:g} and {quantity.ceiling:g}; "
                                 f"{each.low:g} to {each.high:g} does not")
    usual = ALONE if len(ranges) == 1 else EACH
    return tuple(each._replace(values=each.values or usual) for each in ranges)


def _is_input(world: World, path: str) -> bool:
    """Whether replicates can be given values of it."""
    return path in world.inputs.rows and path not in design.drawn_anew(world)


def _grid(ranges: Sequence[Vary]) -> Array:
    """All combinations, (points, paths)."""
    return np.array(list(product(*(np.linspace(each.low, each.high, each.values) for each in ranges))))


def _hypercube(ranges: Sequence[Vary], samples: int, seed: int) -> Array:
    """A Latin hypercube, (points, paths)."""
    from scipy.stats import qmc

    shares = qmc.LatinHypercube(len(ranges), seed=np.random.default_rng([seed, 4])).random(samples)
    return np.array([each.low for each in ranges]) + shares * np.array([each.high - each.low for each in ranges])


def _worlds(scenario: Scenario, world: World, ranges: Sequence[Vary], values: Array,
            inputs: Sequence[int]) -> tuple[list[World], Any]:
    """A world for each combination of what is no input, and which of them each point is of."""
    others = [column for column in range(len(ranges)) if column not in inputs]
    if not others:
        return [world], np.zeros(len(values), dtype=np.intp)
    different, variants = np.unique(values[:, others], axis=0, return_inverse=True)
    worlds = []
    for combination in different:
        settings = [f"{ranges[column].path}={value:.12g}" for column, value in zip(others, combination, strict=True)]
        worlds.append(compile_world(_with(scenario, settings)))
    return worlds, variants.reshape(-1)


def _with(scenario: Scenario, settings: Sequence[str]) -> Scenario:
    """The scenario with these settings laid over it."""
    document = Document(scenario.tree, Place())
    try:
        for setting in settings:
            document = with_setting(document, setting, tuple(Head.model_fields))
        return build(scenario.name, document)
    except InputError as error:
        mark = Mark(f"--vary, at {', '.join(settings)}")
        raise InputError([Problem(problem.message, mark) for problem in error.problems]) from None


def _seconds(worlds: Sequence[World], numbers: Any, given: dict[str, Array], seed: int, jobs: int | None) -> float:
    """About how long it will take, from some rows run beforehand: so much for each model, and so much for each row."""
    taken = []
    for count in TIMED:
        rows = slice(min(count, len(numbers)))
        started = time.monotonic()
        design.run(worlds[:1], numbers[rows], {path: of[rows] for path, of in given.items()}, seed, 1)
        taken.append(time.monotonic() - started)
    row = max(taken[2] - taken[1], 0.0) / (TIMED[2] - TIMED[1])
    models = max(len(worlds), -(-len(numbers) // BLOCK))
    jobs = min(jobs or cores(), models)
    return (row * len(numbers) + max(taken[1] - row * TIMED[1], 0.0) * models) / jobs + START * (jobs > 1)


def _told(first: Array, values: Array, kind: Kind) -> Row:
    """What a point comes to: mean or share with its interval, and the paired difference to the first point."""
    found = summarise(values, "yes_no" if kind == "date" else kind)
    apart = paired.difference(first, values, kind != "number")
    changed = float(((first != values) & ~(np.isnan(first) & np.isnan(values))).mean())
    return {"runs": found["n"], "mean": found["mean"], "low": found["low"], "high": found["high"],
            "difference": apart.value, "difference_low": apart.low, "difference_high": apart.high, "changed": changed}


# Results

def as_record(found: Sweep) -> Row:
    """The results as they are kept and printed."""
    return {"schema": SCHEMA, "scenario": found.scenario.name, "title": found.scenario.title, "seed": found.seed,
            "replicates": found.replicates, "each": found.each, "weeks": found.scenario.weeks,
            "outcome": found.outcome, "kind": found.kind, "outcome_title": found.title,
            "design": "grid" if found.grid else "latin hypercube",
            "vary": [each._asdict() | {"title": title} for each, title in zip(found.vary, found.titles, strict=True)],
            "points": records(found.points)}


def write(found: Sweep, folder: Path, command: str = "", world: Path | None = None) -> None:
    """Writes the table and the figure to `folder`, as `sim.store.write` does; it replaces sweeps alone."""
    from sim import store
    from sim.figures.swept import figure

    leave(KIND, found, folder, command, {"sweep": found.points}, {"sweep": as_record(found)}, {"sweep": figure(found)},
          {"scenario.yaml": store.resolved(found.scenario, folder, world)})
