"""Sensitivity: which of the uncertain inputs an outcome depends on.

    found = run(load("july_2025"), "us_dprk_talks")
    found.indices       # a row per input: its indices with intervals, and whether they can be told from noise
    found.tornado       # the outcome with each input low and high

Every replicate has its own inputs, so that a whole design is one ensemble. Rows of one base point share all draws but
the inputs under study: chance is one more input, held while another changes. An input without effect therefore has a
total index of exactly 0, and chance has indices of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from sim.arrays import Array, Ints
from sim.catalog.outcome import Kind
from sim.compiler import compile_world
from sim.ensemble import Progress
from sim.errors import InputError, Problem, unknown
from sim.experiments import design, naming, paired
from sim.experiments.results import leave
from sim.outcomes import Z
from sim.quantity import Quantity
from sim.scenario import Scenario
from sim.world import World

Method = Literal["sobol", "morris", "pawn"]
Row = dict[str, Any]
Part = Callable[[str, int], AbstractContextManager[Progress | None]]

SCHEMA, KIND = 1, "sensitivity"
#: Base points of a design where none are asked for.
POINTS: Mapping[str, int] = {"sobol": 1024, "morris": 512, "pawn": 4096}
#: The index that inputs are ordered by, and a second one.
MAIN: Mapping[str, tuple[str, str]] = {"sobol": ("total", "first"), "morris": ("mu_star", "mu"),
                                       "pawn": ("median", "")}
#: Replicates that rank inputs beforehand at most and per base point, replicates of the tornado, and its quantiles.
PILOT, PILOT_EACH, TORNADO, ENDS = 4096, 32, 512, (0.05, 0.95)
#: Resamples behind an interval; slices of PAWN, its dummy inputs, and its resamples, which are slow.
RESAMPLES, SLICES, DUMMIES, PAWN_RESAMPLES = 400, 10, 24, 16
#: Levels of a Morris design.
LEVELS = 4
EDGE = 1e-6


@dataclass(frozen=True)
class Sensitivity:
    """Which inputs an outcome depends on.

    `indices`: a row per input, the largest first, with `input`, `title` and, by method, sobol: `total` and `first`
    (shares of the outcome's variance); morris: `mu_star`, `mu` and `sigma` (changes of the outcome when the input moves
    by half of its range: mean size, mean, standard deviation); pawn: `median` (distance of the outcome's distributions
    in a tenth of the input's range and in all of it) and `noise` (95 % of inputs without effect stay below; it lies too
    high in samples, for which its interval allows). Each index has `_low` and `_high`, a 95 % interval, and
    `_distinct`: whether it can be told from noise. `chance`: the same of everything that is not under study, for sobol.
    `tornado`: a row per input with its 5 % and 95 % quantiles, the outcome's mean with either, their difference with
    its paired interval, and in how many replicates it changes at all. `pilot`: the inputs that could have been chosen,
    by their rank correlation with the outcome, and whether that alone can be told from chance. All but `pilot` are
    empty where the outcome is the same in all rows.
    """

    scenario: Scenario
    outcome: str
    kind: Kind
    title: str
    method: Method
    points: int
    inputs: tuple[str, ...]
    indices: pd.DataFrame
    chance: pd.DataFrame
    tornado: pd.DataFrame
    pilot: pd.DataFrame
    rows: pd.DataFrame  # replicate, inputs and outcome of each row of the design
    mean: float
    left_out: int  # base points with a row to which the outcome does not apply
    varied: tuple[str, ...]  # other outcomes that differ between rows
    replicates: int
    seed: int
    seconds: float


class Design(NamedTuple):
    """The values (R, inputs) of each row's inputs, and the replicate (R,) whose other draws it shares."""

    values: Array
    replicates: Ints


def run(scenario: Scenario, outcome: str, inputs: Sequence[str] = (), top: int = 12, method: Method = "sobol",
        points: int | None = None, seed: int = 1, jobs: int | None = None, part: Part | None = None) -> Sensitivity:
    """Runs a design over `inputs` and estimates what the outcome or ending owes to each.

    Without `inputs`, it takes the `top` ones by rank correlation with the outcome in a pilot run. `points` is the
    number of base points, best a power of 2: each takes inputs + 3 replicates (sobol), inputs + 1 (morris) or 1 (pawn);
    the tornado takes up to 512 times 2 × inputs + 1 more. Raises `InputError` for names and numbers that make no sense.
    """
    require()
    started, begin = time.monotonic(), part or (lambda title, count: nullcontext())
    kind, title = design.kind_and_title(scenario, outcome)
    world, points = compile_world(scenario), points or POINTS[method]
    if method not in POINTS or points < 2 or top < 1:
        raise InputError(f"method {method}, {points} base points, top {top}; needed are sobol, morris or pawn, at "
                         "least 2 base points and 1 input")
    chosen, pilot = checked(world, inputs), pd.DataFrame(columns=["input", "title", "correlation", "distinct"])
    piloted = 0
    if not chosen:
        piloted = min(PILOT, PILOT_EACH * points)
        with begin(f"pilot: {piloted:,} replicates to choose inputs", piloted) as progress:
            pilot = _pilot(world, outcome, piloted, seed, jobs, progress)
        chosen = tuple(pilot["input"][:top])
    quantities = [world.inputs.quantities[world.inputs.rows[path]] for path in chosen]
    main, beside = designed(method, quantities, points, seed), _tornado_design(world, chosen, quantities, points, seed)
    total = len(main.replicates) + len(beside.replicates)
    words = f"{method}: {len(chosen)} input{'s' * (len(chosen) != 1)}, {points:,} base points and a tornado"
    with begin(f"{words}, {total:,} replicates", total) as progress:
        values = np.concatenate([main.values, beside.values])
        table = design.run([world], np.concatenate([main.replicates, beside.replicates]),
                           dict(zip(chosen, values.T, strict=True)), seed, jobs, progress)
    measured = design.values_of(scenario, table, outcome)
    y, tornado_y = measured[:len(main.replicates)], measured[len(main.replicates):]
    titles = [naming.quantity(scenario, path) for path in chosen]
    indices, chance, left_out = estimated(method, main, y, points, chosen, titles, seed)
    same = indices.empty
    return Sensitivity(
        scenario, outcome, kind, title, method, points, chosen, indices, chance,
        _tornado(chosen, titles, quantities, tornado_y, kind).iloc[:0 if same else None], pilot,
        pd.DataFrame({"replicate": main.replicates} | dict(zip(chosen, main.values.T, strict=True)) | {outcome: y}),
        float(np.nanmean(y)) if not np.isnan(y).all() else np.nan, left_out,
        tuple(design.varied(scenario, table)), piloted + total, seed, time.monotonic() - started)


def require() -> None:
    """Raises `InputError` where SALib is missing."""
    from importlib.util import find_spec

    if find_spec("SALib") is None:
        raise InputError('sensitivity needs SALib, which is not installed; pip install "diplomacy-simulator'
                         '[sensitivity]" adds it')


# Inputs

def checked(world: World, inputs: Sequence[str]) -> tuple[str, ...]:
    """The full paths of inputs. Raises `InputError` for those that are none, or have no spread."""
    paths, problems = tuple(dict.fromkeys(map(design.full_path, inputs))), []
    known, anew = design.drawn_once(world), design.drawn_anew(world)
    for path in paths:
        if path in known:
            continue
        if path in anew:
            why = f"{path} is drawn anew at every occasion, so that no replicate has one value of it; try `sweep`"
        elif path in world.inputs.rows:
            why = f"{path} has no spread; give it one, such as --set '{path}={{low: …, high: …}}'"
        else:
            why = unknown("input", path, known)
        problems.append(Problem(why))
    if problems:
        raise InputError(problems)
    return paths


def _pilot(world: World, outcome: str, replicates: int, seed: int, jobs: int | None,
           progress: Progress | None) -> pd.DataFrame:
    """All inputs by the size of their rank correlation with the outcome, the largest first."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    paths = design.drawn_once(world)
    if not paths:
        raise InputError("no input of this scenario has a spread; give some one, see docs/scenarios.md")
    table = design.run([world], np.arange(replicates), None, seed, jobs, progress)
    y = design.values_of(world.scenario, table, outcome)
    kept = ~np.isnan(y)
    found = np.zeros(len(paths))
    if kept.sum() > 2 and np.ptp(y[kept]) > 0:
        values = rankdata(design.drawn(world, paths, replicates, seed)[kept], axis=0)
        values -= values.mean(axis=0)
        ranks = rankdata(y[kept]) - (kept.sum() + 1) / 2
        scale = np.sqrt((values**2).sum(axis=0) * (ranks**2).sum())
        found = np.divide(ranks @ values, scale, out=found, where=scale > 0)
    order = np.argsort(-np.abs(found), kind="stable")
    return pd.DataFrame({"input": [paths[place] for place in order],
                         "title": [naming.quantity(world.scenario, paths[place]) for place in order],
                         "correlation": found[order],
                         # As if each were the largest of so many without any effect.
                         "distinct": np.abs(found[order]) > ndtri(1 - 0.025 / len(paths)) / np.sqrt(kept.sum() or 1)})


# Designs

def designed(method: Method, quantities: Sequence[Quantity], points: int, seed: int) -> Design:
    """The rows of a design over inputs with these distributions.

    sobol: per base point A, then A with one input after the other from B, then B with the draws of another replicate,
    then B with those of A. morris: trajectories, each input moved once by half of its grid. pawn: all apart.
    """
    count, rng = len(quantities), np.random.default_rng([seed, 1])
    if method == "sobol":
        u = _even(2 * count, points, rng)
        a, b = u[:, :count], u[:, count:]
        mixed = [np.where(np.arange(count) == column, b, a) for column in range(count)]
        shares = np.stack([a, *mixed, b, b], axis=1)
        numbers = np.repeat(np.arange(points)[:, None], count + 3, axis=1)
        numbers[:, -2] += points
    elif method == "morris":
        levels = np.floor(LEVELS * _even(count, points, rng)).astype(np.intp)
        moved = (levels + LEVELS // 2) % LEVELS
        turn = rng.permuted(np.tile(np.arange(count), (points, 1)), axis=1)  # when each input moves
        steps = np.arange(count + 1)[:, None]
        shares = (np.where(turn[:, None] < steps, moved[:, None], levels[:, None]) + 0.5) / LEVELS
        numbers = np.repeat(np.arange(points)[:, None], count + 1, axis=1)
    else:
        shares, numbers = _even(count, points, rng)[:, None], np.arange(points)[:, None]
    shares = shares.reshape(-1, count)
    values = np.column_stack([quantity.ppf(shares[:, column]) for column, quantity in enumerate(quantities)])
    return Design(values, numbers.ravel())


def _even(dimensions: int, points: int, rng: np.random.Generator) -> Array:
    """Scrambled Sobol points in (0, 1), shape (points, dimensions)."""
    from scipy.stats import qmc

    found = qmc.Sobol(dimensions, scramble=True, seed=rng).random_base2(int(np.ceil(np.log2(points))))[:points]
    return np.clip(found, EDGE, 1 - EDGE)


def _tornado_design(world: World, chosen: Sequence[str], quantities: Sequence[Quantity], points: int,
                    seed: int) -> Design:
    """The first replicates as they are, then with one input at one end after the other."""
    count = min(TORNADO, points)
    own = design.drawn(world, chosen, count, seed)
    rows = [own]
    for column, quantity in enumerate(quantities):
        for value in quantity.ppf(np.array(ENDS)):
            rows.append(own.copy())
            rows[-1][:, column] = value
    return Design(np.concatenate(rows), np.tile(np.arange(count), len(rows)))


# Estimates

def estimated(method: Method, rows: Design, y: Array, points: int, names: Sequence[str], titles: Sequence[str],
              seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """The indices of inputs and of chance from an outcome (R,) on a design, and how many base points were left out
    because the outcome is void (NaN) in one of their rows. Both are empty where there is no variance to explain."""
    table = y.reshape(points, -1)
    kept = ~np.isnan(table).any(axis=1)
    table, values = table[kept], rows.values.reshape(points, -1, len(names))[kept]
    left_out = int(points - kept.sum())
    if len(table) < 2 or np.ptp(table[:, :-1] if method == "sobol" else table) == 0:
        return pd.DataFrame(), pd.DataFrame(), left_out
    problem = {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
    estimate = {"sobol": _sobol, "morris": _morris, "pawn": _pawn}[method]
    found, chance = estimate(problem, values, table, seed)
    found.insert(0, "input", list(names))
    found.insert(1, "title", list(titles))
    return found.sort_values(MAIN[method][0], ascending=False, kind="stable", ignore_index=True), chance, left_out


def _sobol(problem: Row, values: Array, y: Array, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    from SALib.analyze import sobol

    found = sobol.analyze(problem, np.ascontiguousarray(y[:, :-1]).ravel(), calc_second_order=False,
                          num_resamples=RESAMPLES, seed=seed % 2**31 + 1)
    # Chance is the input that the last two rows differ in: seen from B, whose draws were exchanged for those of A.
    a, b, exchanged = y[:, 0], y[:, -2], y[:, -1]
    shift, scale = np.r_[a, b].mean(), np.r_[a, b].std() or 1.0
    a, b, exchanged = ((part - shift) / scale for part in (a, b, exchanged))
    again = np.random.default_rng([seed, 2]).integers(len(y), size=(len(y), RESAMPLES))
    chance: Row = {}
    for name, estimator in (("total", sobol.total_order), ("first", sobol.first_order)):
        spread = estimator(b[again], exchanged[again], a[again]).std(ddof=1)
        chance |= _interval(name, np.array([estimator(b, exchanged, a)]), np.array([Z * spread]))
    return (pd.DataFrame(_interval("total", found["ST"], found["ST_conf"])
                         | _interval("first", found["S1"], found["S1_conf"], signed=True)), pd.DataFrame(chance))


def _morris(problem: Row, values: Array, y: Array, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    from SALib.analyze import morris

    # As SALib expects them: places on the grid, from 0 to 1, in place of the values there.
    grid = np.stack([np.searchsorted(np.unique(of), of) for of in np.moveaxis(values, 2, 0)], axis=2) / (LEVELS - 1)
    found = morris.analyze(problem, grid.reshape(-1, values.shape[2]), y.ravel(), num_resamples=RESAMPLES,
                           num_levels=LEVELS, seed=seed % 2**31 + 1)
    step = (LEVELS // 2) / (LEVELS - 1)  # SALib divides by it
    size, error, mean, sigma = (step * np.ma.filled(found[name]).astype(np.float64)
                                for name in ("mu_star", "mu_star_conf", "mu", "sigma"))
    table = _interval("mu_star", size, error) | _interval("mu", mean, Z * sigma / np.sqrt(len(y)), signed=True)
    return pd.DataFrame(table | {"sigma": sigma}), pd.DataFrame()


def _pawn(problem: Row, values: Array, y: Array, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng, x, y = np.random.default_rng([seed, 3]), values[:, 0], y[:, 0]
    median, dummies = _distances(x, y), _distances(rng.random((len(y), DUMMIES)), y)
    noise = float(np.quantile(dummies, 0.95))
    again = (rng.integers(len(y), size=len(y)) for _ in range(PAWN_RESAMPLES))
    spread = np.std([_distances(x[rows], y[rows]) for rows in again], axis=0, ddof=1)
    table = _interval("median", median, Z * spread)
    # Largest differences lie too high in samples: by as much as those of dummies, whose index is 0, or less.
    table["median_low"] = np.maximum(table["median_low"] - np.median(dummies), 0)
    table |= {"median_distinct": median > noise, "noise": np.full(len(median), noise)}
    return pd.DataFrame(table), pd.DataFrame()


def _distances(x: Array, y: Array) -> Array:
    """PAWN's median index of each column of x (R, columns)."""
    import warnings

    from SALib.analyze import pawn

    problem = {"num_vars": x.shape[1], "names": [str(column) for column in range(x.shape[1])]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of p-values, which are not used
        return np.asarray(pawn.analyze(problem, x, y, S=SLICES)["median"])


def _interval(name: str, values: Any, error: Any, signed: bool = False) -> Row:
    """An index, its 95 % interval (within what the index can be), and whether that keeps clear of 0."""
    values, error = (np.asarray(each, dtype=np.float64) for each in (values, error))
    low, high = values - error, values + error
    return {name: values, f"{name}_low": low if signed else np.maximum(low, 0), f"{name}_high": high,
            f"{name}_distinct": (low > 0) | (high < 0)}


def _tornado(names: Sequence[str], titles: Sequence[str], quantities: Sequence[Quantity], y: Array,
             kind: Kind) -> pd.DataFrame:
    """The outcome's mean with each input low and high; the widest difference first."""
    parts = y.reshape(1 + 2 * len(names), -1)
    rows = []
    for place, (name, title, quantity) in enumerate(zip(names, titles, quantities, strict=True)):
        low, high = parts[1 + 2 * place], parts[2 + 2 * place]
        ends = quantity.ppf(np.array(ENDS))
        found = paired.difference(low, high, kind != "number")
        rows.append({"input": name, "title": title, "value_low": ends[0], "value_high": ends[1],
                     "mean": _mean(parts[0]), "at_low": _mean(low), "at_high": _mean(high),
                     "difference": found.value, "low": found.low, "high": found.high,
                     "changed": int((low != high)[~np.isnan(low) & ~np.isnan(high)].sum()),
                     "distinct": bool(found.low > 0 or found.high < 0)})
    table = pd.DataFrame(rows)
    return table.iloc[np.argsort(-table["difference"].abs().to_numpy(), kind="stable")].reset_index(drop=True)


def _mean(values: Array) -> float:
    return float(np.nanmean(values)) if not np.isnan(values).all() else np.nan


# Results

def as_record(found: Sensitivity) -> Row:
    """The results as they are kept and printed."""
    return {"schema": SCHEMA, "scenario": found.scenario.name, "title": found.scenario.title, "seed": found.seed,
            "replicates": found.replicates, "weeks": found.scenario.weeks, "outcome": found.outcome,
            "kind": found.kind, "outcome_title": found.title,
            "mean": found.mean if np.isfinite(found.mean) else None, "method": found.method, "points": found.points,
            "left_out": found.left_out, "chosen_by": "rank correlation in a pilot run" if len(found.pilot) else "name",
            "inputs": records(found.indices), "chance": next(iter(records(found.chance)), None),
            "tornado": records(found.tornado), "pilot": records(found.pilot[:len(found.inputs)])}


def records(table: pd.DataFrame) -> list[Row]:
    """A table's rows, with None for what is not defined."""
    rows: list[Row] = table.astype(object).where(table.notna(), None).to_dict("records")  # type: ignore[assignment]
    return rows


def write(found: Sensitivity, folder: Path, command: str = "", world: Path | None = None) -> None:
    """Writes tables and figures to `folder`, as `sim.store.write` does; it replaces results of this kind alone."""
    from sim import store
    from sim.figures.indices import bars, tornado

    leave(KIND, found, folder, command,
          {"indices": found.indices, "tornado": found.tornado, "pilot": found.pilot, "design": found.rows},
          {"sensitivity": as_record(found)},
          {"indices": bars(found, *MAIN[found.method]), "tornado": tornado(found)},
          {"scenario.yaml": store.resolved(found.scenario, folder, world)})
