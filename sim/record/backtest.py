"""Rolling backtest: every quarter the world is fitted to the past alone, run on, and scored against what came.

    found = run()
    found.forecasts      # a row per series and week: what was forecast by whom, and whether it happened
    found.counts         # a row per series and quarter: the number of such weeks as foreseen, and as it was
    found.answers        # a row per occasion: the probability that it is answered, given that it came

Forecasters are the model with its theories mixed; each theory alone; the model without each family of mechanisms, on
the same draws; the fitted process outside the engine; and baselines that know the same past and no model.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import ValidationError

from sim import worker
from sim.arrays import Array, Bools
from sim.draws import BLOCK
from sim.ensemble import Progress, Status, cores
from sim.errors import InputError, unknown
from sim.experiments.theories import weighed
from sim.outcomes import measure, selected
from sim.paths import shipped
from sim.reading import Document, Place, explain_validation, read_document
from sim.record import baselines, origin
from sim.record.naive import Past, numbers, past, probabilities
from sim.record.plan import Plan, monday
from sim.record.plan import read as read_plan
from sim.record.replay import Observed, replayed
from sim.record.scores import crps, pit, shrunk
from sim.record.weekly import occurring
from sim.scenario import Scenario, load
from sim.world import World

SCHEMA, KIND = 1, "backtest"
#: Who forecasts: the model itself, its process outside the engine, and in front of the names of variants.
MODEL, PROCESS, THEORY, WITHOUT = "model", "process", "theory: ", "without: "
#: Weeks that a series must have been kept for before it is forecast; weeks run before an occasion, and after it.
KNOWN, LEAD, AFTER = 26, 1, 4
#: Paths of the process outside the engine, which cost next to nothing.
PATHS = 4000


@dataclass(frozen=True)
class Backtest:
    """What was forecast and what came. Columns of `forecasts`: series, origin, week, happened (0 or 1), and one per
    forecaster with probabilities. `counts`: series, origin, weeks, happened, mean, p5, p95, pit, crps and crps of
    `last_52_weeks`. `answers`: series, day, p, happened, days."""

    scenario: Scenario
    forecasts: pd.DataFrame
    counts: pd.DataFrame
    answers: pd.DataFrame
    widened: Mapping[str, tuple[float, float]]  # by answer: between which its probability was judged to lie
    every: int
    replicates: int
    seed: int
    seconds: float

    @property
    def forecasters(self) -> list[str]:
        """Names of the columns of `forecasts` that hold probabilities."""
        return [str(name) for name in self.forecasts.columns[4:]]


@dataclass(frozen=True)
class Setting:
    """What every origin's forecast is made from."""

    scenario: Scenario
    plan: Plan
    listed: origin.Listed
    observed: Observed
    series: Mapping[str, baselines.Series]
    every: int
    replicates: int


class Foreseen(NamedTuple):
    """What forecasters say at an origin, by name and series: in how many replicates it happens in each week, (weeks,),
    and the model's numbers of such weeks, (R,)."""

    day: date
    weeks: Mapping[tuple[str, str], Array]
    counts: Mapping[str, Array]


def read(world: Path) -> origin.Listed:
    """The list of what is forecast, in the world's record."""
    document = read_document(world / "record" / "backtest.yaml")
    try:
        return origin.Listed.model_validate(document.data)
    except ValidationError as error:
        raise InputError(explain_validation(error, document, (), origin.Listed)) from None


def prepare(every: int = 13, replicates: int = 400, world: Path | None = None) -> Setting:
    """Everything needed, read; `world` is the folder of the record, the shipped one by default."""
    world = world or shipped("seeds")
    listed, plan = read(world), read_plan(world)
    asked, names = load(listed.scenario), read_document(world / "record" / "baselines.yaml").data
    series = dict(zip(names, baselines.load(world), strict=True))
    for kind, known, wanted in (("series of baselines.yaml", series, (*listed.series, *listed.answers)),
                                ("process of calibration.yaml", plan.processes, (listed.process,)),
                                ("answer of calibration.yaml", plan.answers, tuple(listed.answers.values())),
                                ("event of the scenario", asked.events, tuple(listed.seasons))):
        for name in wanted:
            if name not in known:
                raise InputError(f"record/backtest.yaml: {unknown(kind, name, known)}")
    observed = replayed(plan, plan.processes[listed.process], asked, listed.until)
    # Workers are sent all of this; where the plan's entries stand in their file neither they need nor pickle can take.
    plan = replace(plan, document=Document({}, Place(inside={})))
    return Setting(asked, plan, listed, observed, series, every, replicates)


def run(setting: Setting | None = None, first: date | None = None, seed: int = 1, jobs: int | None = None,
        variants: bool = True, progress: Progress | None = None) -> Backtest:
    """Forecasts from every origin on, each `every` weeks after the last, as long as what came is known to its end."""
    setting, started = setting or prepare(), time.monotonic()
    days = list(origins(first or setting.listed.from_, setting))
    if len(days) < 2:
        raise InputError(f"from {first or setting.listed.from_} to the record's end on {setting.listed.until} there is "
                         f"no room for two forecasts of {setting.every} weeks; begin earlier, or take fewer weeks")
    tasks: list[tuple[Any, ...]] = [(day, "", variants) for day in days]
    tasks += [(day, name, False) for name in setting.listed.answers for day, _ in _occasions(setting, name, days[0])]
    found: dict[tuple[date, str], Any] = {}

    def report() -> None:
        if progress:
            done, total = (setting.replicates * len(part) for part in (found, tasks))
            progress(Status(done, total, time.monotonic() - started, np.zeros(0, dtype=np.int64)))

    for day, name, result in worker.spread(_task, tasks, min(jobs or cores(), len(tasks)), setting, seed, report):
        found[day, name] = result
        report()
    foreseen = [found[day, ""] for day in days]
    answers = [{"series": name, "day": day, "p": found[day, name], "days": lag,
                "happened": int(lag <= setting.series[name].entry.outcome.within.days)}  # type: ignore[union-attr]
               for name in setting.listed.answers for day, lag in _occasions(setting, name, days[0])]
    widened = {name: (float(plan.probability.low or 0), float(plan.probability.high or 1))
               for name, each in setting.listed.answers.items() for plan in (setting.plan.answers[each],)}
    return Backtest(setting.scenario, pd.DataFrame([*_weeks(setting, foreseen)]),
                    pd.DataFrame([*_counts(setting, foreseen, seed)]), pd.DataFrame(answers), widened, setting.every,
                    setting.replicates, seed, time.monotonic() - started)


def origins(first: date, setting: Setting) -> Iterator[date]:
    """Mondays at which forecasts begin."""
    day = monday(first + timedelta(days=6))
    while day + timedelta(weeks=setting.every, days=-1) <= setting.listed.until:
        yield day
        day += timedelta(weeks=setting.every)


# Forecasts

def _task(setting: Setting, seed: int, day: date, answer: str, variants: bool) -> tuple[date, str, Any]:
    return day, answer, answered(setting, seed, day, answer) if answer else foresee(setting, seed, day, variants)


def foresee(setting: Setting, seed: int, day: date, variants: bool = True) -> Foreseen:
    """What is foreseen at an origin, for the weeks from it on, from what was known before it."""
    known = origin.at(day, setting.scenario, setting.plan, setting.listed, setting.observed, setting.every)
    weeks, counts = {}, {}
    for name, world in ({MODEL: known.world} | (varied(known.world) if variants else {})).items():
        for series, happened in _run(setting, known, world, seed).items():
            weeks[name, series] = happened.sum(axis=1)
            if name == MODEL:
                counts[series] = happened.sum(axis=0)
    alone = known.fit.ahead(setting.every, None, PATHS, seed + day.toordinal()).any(axis=2)
    weeks[PROCESS, setting.listed.series[0]] = alone.mean(axis=0) * setting.replicates
    return Foreseen(day, weeks, counts)


def varied(world: World) -> dict[str, World]:
    """The world without each family of mechanisms, and as each theory alone would have it."""
    families = np.array(world.decisions.families)
    theories = {f"{THEORY}{name}": np.array([entry.weights.get(family, 1.0) for family in families])
                for name, entry in world.scenario.theories.items()}
    without = {f"{WITHOUT}{family}": world.theory_weights * (families != family) for family in sorted(set(families))}
    return {name: weighed(world, weights) for name, weights in (without | theories).items()}


def _run(setting: Setting, known: origin.Known, world: World, seed: int) -> dict[str, Bools]:
    """By series: in which weeks it happens, (weeks, R). Origins have draws of their own."""
    columns = {name: np.asarray(selected(setting.series[name].entry.outcome, world.columns))
               for name in setting.listed.series}
    parts: dict[str, list[Bools]] = {name: [] for name in columns}
    for block in range(-(-setting.replicates // BLOCK)):
        model = known.begun(world, block * BLOCK, min(BLOCK, setting.replicates - block * BLOCK),
                            seed + known.world.start.toordinal())
        history = model.run()
        model.release()
        for name, part in parts.items():
            part.append(occurring(history, columns[name]))
    return {name: np.concatenate(part, axis=1) for name, part in parts.items()}


def answered(setting: Setting, seed: int, day: date, name: str) -> float:
    """The probability that what happens on a day is answered in time, given that it happens."""
    answer, outcome = setting.plan.answers[setting.listed.answers[name]], setting.series[name].entry.outcome
    event = origin.happening(name, answer.event, {"on": day.isoformat()})
    start = monday(day) - timedelta(weeks=LEAD)
    known = origin.at(start, setting.scenario, setting.plan, setting.listed, setting.observed, LEAD + AFTER,
                      {name: event})
    model = known.begun(known.world, 0, min(setting.replicates, BLOCK), seed + day.toordinal())
    values = measure(outcome, model.run())
    model.release()
    return float(np.nanmean(values))


def _occasions(setting: Setting, name: str, since: date) -> Iterable[tuple[date, float]]:
    return setting.series[name].between(since, setting.listed.until + timedelta(days=1))


# Tables

def _weeks(setting: Setting, foreseen: Iterable[Foreseen]) -> Iterator[dict[str, Any]]:
    for name, known, now in _scored(setting, foreseen):
        week = known.week(now.day)
        said = {who: shrunk(count, setting.replicates) for (who, series), count in now.weeks.items() if series == name}
        said |= probabilities(known.happened[:week], setting.every)
        for ahead in range(setting.every):
            yield {"series": name, "origin": now.day, "week": now.day + timedelta(weeks=ahead),
                   "happened": int(known.happened[week + ahead])} | {who: p[ahead] for who, p in said.items()}


def _counts(setting: Setting, foreseen: Iterable[Foreseen], seed: int) -> Iterator[dict[str, Any]]:
    rng = np.random.default_rng([seed, 5])
    for name, known, now in _scored(setting, foreseen):
        week = known.week(now.day)
        happened, sample = int(known.happened[week:week + setting.every].sum()), now.counts[name]
        low, high = np.quantile(sample, (0.05, 0.95))
        yield {"series": name, "origin": now.day, "weeks": setting.every, "happened": happened,
               "mean": float(sample.mean()), "p5": float(low), "p95": float(high),
               "pit": pit(sample, happened, float(rng.random())), "crps": crps(sample, happened),
               "crps_last_52_weeks": crps(numbers(known.happened[:week], setting.every), happened)}


def _scored(setting: Setting, foreseen: Iterable[Foreseen]) -> Iterator[tuple[str, Past, Foreseen]]:
    """Series and forecasts of them, once a series has been kept for some time."""
    kept = {name: past(setting.series[name], setting.listed.until) for name in setting.listed.series}
    for now in foreseen:
        for name, known in kept.items():
            if known.week(now.day) >= KNOWN:
                yield name, known, now
