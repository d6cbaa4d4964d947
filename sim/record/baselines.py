"""Baselines: what a forecaster says who knows the record but no model.

    last_52_weeks   the rate of the last 52 complete weeks goes on
    persistence     what the last window of the same length did, the next one does
    status_quo      nothing changes: what is not scheduled does not happen, who governs goes on
    coin            one half

Each answers every question with a probability; with one half where it knows nothing about it. Which series of the
record answers which outcome is data: `record/baselines.yaml` in the world's folder.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import Field, ValidationError

from sim.arrays import Array, Bools
from sim.catalog.base import Day, Entry, Names
from sim.catalog.outcome import Outcome, Selector
from sim.catalog.question import window
from sim.errors import InputError, Problem, unknown
from sim.outcomes import selected
from sim.reading import explain_validation, read_document
from sim.record.scores import shrunk
from sim.scenario import Scenario
from sim.world import World

NAMES = ("last_52_weeks", "persistence", "status_quo", "coin")
WEEKS = 52
#: What the status quo says of what would be a change: a surprise in twenty.
CHANGE = 0.05
#: What an outcome may say beside what occurs and a range, for a rate of it to be its answer.
PLAIN = {"title", "source", "happened", "none_in", "count", "weeks_with", "by", "to", "action", "tag", "from_", "until",
         "at_least", "at_most", "between", "within", "names"}


class Rows(Entry):
    """Which rows of a file of the record count, and when."""

    file: str
    day: str = Field("", description="Column of dates; or `week`, one of Mondays")
    week: str = ""
    column: str = Field("", description="How often in that week; once where absent")
    where: dict[str, Names] = Field({}, description="Only rows in which a column holds one of these")
    lag: str = Field("", description="Days until it was answered: a number, Y for none, anything else for never")


class Counted(Entry):
    """An entry of record/baselines.yaml."""

    outcome: Outcome
    record: Rows
    since: Day
    until: Day
    note: str = ""


class Answers(NamedTuple):
    """Probabilities of a yes, by baseline."""

    last_52_weeks: float
    persistence: float
    status_quo: float
    coin: float = 0.5


@dataclass(frozen=True)
class Series:
    """What an entry counts: the days on which it happened, and of an answer to something the days of that, and how
    many days each answer took (infinite where there was none)."""

    entry: Counted
    days: tuple[date, ...]
    lags: tuple[float, ...]

    def answers(self, outcome: Outcome, world: World) -> bool:
        """Whether a question is about the same: it selects the same of what can occur in this world; and if this is
        an answer to something, follows upon nothing else."""
        ours, within = self.entry.outcome, outcome.within
        if outcome.selector is None or (within is None) != (ours.within is None):
            return False
        found, wanted = (selected(each.model_copy(update={"within": None, "given": None}), world.columns)
                         for each in (ours, outcome))
        if not found.any() or not np.array_equal(found, wanted):
            return False
        if within is None or ours.within is None:
            return True
        trigger, known = _columns(within.of, world), _columns(ours.within.of, world)
        return bool(trigger.any() and not (trigger & ~known).any())

    def between(self, start: date, end: date) -> list[tuple[date, float]]:
        """Days and lags from `start` up to but without `end`."""
        return [(day, lag) for day, lag in zip(self.days, self.lags, strict=True) if start <= day < end]


def answer(outcome: Outcome, world: World, record: Sequence[Series]) -> Answers:
    """What each baseline says of a yes/no outcome of this world, knowing the record up to its first day."""
    scenario = world.scenario
    held = stands(outcome, scenario)
    still = 0.5 if held is None else 1 - CHANGE if held else CHANGE
    if outcome.not_:
        other = answer(outcome.not_, world, record)
        return Answers(1 - other.last_52_weeks, 1 - other.persistence, still)
    series = next((each for each in record if each.answers(outcome, world)), None)
    if series is None or not _plain(outcome):
        return Answers(0.5, 0.5, still)
    if outcome.within:
        rate, last = _answered(outcome.within.days, series, scenario.start)
    else:
        rate, last = _counted(outcome, series, scenario)
    if outcome.verb == "none_in":
        rate, last = 1 - rate, 1 - last
    return Answers(rate, last, still)


def _plain(outcome: Outcome) -> bool:
    """Whether it asks no more than how often something occurs, or at least once; an answer may be conditional on what
    is answered."""
    parts = [outcome, outcome.selector]
    said = {name for part in parts if part for name, about in type(part).model_fields.items()
            if getattr(part, name) != about.default}
    return outcome.kind == "yes_no" and said <= PLAIN | ({"given"} if outcome.within else set())


# Counts

def _counted(outcome: Outcome, series: Series, scenario: Scenario) -> tuple[float, float]:
    first, last = window(outcome, scenario.start, scenario.end)
    days = (last - first).days + 1
    recent = _weeks(series, scenario.start, WEEKS)
    rate = 0.5 if recent is None else _predicted(outcome, recent, days / 7)
    before = _weeks(series, scenario.start, -(-days // 7))
    return rate, 0.5 if before is None else float(shrunk(_holds(outcome, before), 1))


def _weeks(series: Series, start: date, weeks: int) -> Array | None:
    """How often it happened in each of the last complete weeks that are known before the start; None where the record
    begins too late."""
    known = series.entry.until + timedelta(days=1)
    end = min(start, known - timedelta(days=known.weekday()))
    first = end - timedelta(weeks=weeks)
    if first < series.entry.since:
        return None
    found = [(day - first).days // 7 for day, _ in series.between(first, end)]
    return np.bincount(np.array(found, dtype=np.int64), minlength=weeks).astype(np.int64)


def _holds(outcome: Outcome, counts: Array) -> bool:
    """Whether it happened (or happened as often as asked) in these weeks."""
    total = int((counts > 0).sum() if outcome.verb == "weeks_with" else counts.sum())
    return bool(outcome.hold(np.array(total))) if outcome.bounded else total > 0


def _predicted(outcome: Outcome, counts: Array, weeks: float) -> float:
    """The probability over so many further weeks, of a rate with Jeffreys' prior: weeks with it are beta-binomial,
    occurrences gamma-Poisson (negative binomial)."""
    from scipy.special import betaln
    from scipy.stats import betabinom, nbinom

    n, busy = len(counts), int((counts > 0).sum())
    if not outcome.bounded:
        a, b = busy + 0.5, n - busy + 0.5
        return float(1 - np.exp(betaln(a, b + weeks) - betaln(a, b)))
    if outcome.verb == "weeks_with":
        whole = max(1, round(weeks))
        many, chance = np.arange(whole + 1), betabinom(whole, busy + 0.5, n - busy + 0.5)
    else:
        chance = nbinom(counts.sum() + 0.5, n / (n + weeks))
        many = np.arange(int(chance.ppf(1 - 1e-9)) + 2)
    return float(np.clip(chance.pmf(many)[outcome.hold(many)].sum(), 1e-4, 1 - 1e-4))


# Answers

def _answered(days: int, series: Series, start: date) -> tuple[float, float]:
    # What was not answered yet, and may still be in time, is not known.
    ever = [(day, lag) for day, lag in series.between(series.entry.since, start)
            if day + timedelta(days=min(lag, days)) < start]
    known = [lag for day, lag in ever if day >= start - timedelta(weeks=WEEKS)]
    rate = shrunk(sum(lag <= days for lag in known), len(known))
    return float(rate), float(shrunk(max(ever)[1] <= days, 1)) if ever else 0.5


def _columns(of: Selector, world: World) -> Bools:
    return selected(Outcome.model_validate({"happened": of}), world.columns)


# Nothing changes

def stands(outcome: Outcome, scenario: Scenario) -> bool | None:
    """Whether a yes/no outcome holds where nothing changes; None where that says nothing about it."""
    if outcome.verb in ("all_of", "any_of", "not"):
        parts = [stands(part, scenario) for _, part in outcome.parts]
        decisive = outcome.verb == "any_of"
        if outcome.verb == "not":
            return None if parts[0] is None else not parts[0]
        return decisive if decisive in parts else None if None in parts else not decisive
    if outcome.in_office:
        return any(country.leader in outcome.in_office for country in scenario.countries.values())
    if outcome.coalition_intact:
        coalition = scenario.countries[outcome.coalition_intact].coalition
        return None if coalition is None else scenario.flags[coalition.flag].start
    if outcome.selector:
        return _occurs(outcome, scenario)
    if outcome.verb == "change":
        return bool(outcome.hold(np.zeros(())))
    if outcome.verb == "value" and outcome.level and outcome.level.status_quo:
        return bool(outcome.hold(np.array(scenario.issues[outcome.level.status_quo].status_quo.centre)))
    return None


def _occurs(outcome: Outcome, scenario: Scenario) -> bool | None:
    """What is scheduled takes place, all else does not; how often the first does is not said."""
    assert outcome.selector is not None
    conditions = (outcome, outcome.selector)
    actions = any(each.action or each.tag for each in conditions)
    named = [name for each in conditions for name in each.event] + list(outcome.selector.names)
    planned = {name for name, event in scenario.events.items() if not event.chance}
    if named and not actions and planned.issuperset(named):
        return {"happened": True, "none_in": False}.get(outcome.verb)
    if outcome.bounded:
        return bool(outcome.hold(np.zeros(())))
    return outcome.verb == "none_in"


# The record

def load(world: Path) -> list[Series]:
    """The series that a world's record has; none where it has no record. Raises `InputError` with all that is wrong
    with the list of them, or with their files."""
    path = world / "record" / "baselines.yaml"
    if not path.is_file():
        return []
    document, found = read_document(path), []
    problems: list[Problem] = []
    for name, raw in document.data.items():
        try:
            entry = Counted.model_validate(raw)
            days, lags = _counts(entry.record, path.parent)
            found.append(Series(entry, tuple(days), tuple(lags)))
        except ValidationError as error:
            problems += explain_validation(error, document, (name,), Counted)
        except (ValueError, OSError) as error:
            problems.append(Problem(str(error), document.at((name, "record"))))
    if problems:
        raise InputError(problems)
    return found


def _counts(rows: Rows, folder: Path) -> tuple[list[date], list[float]]:
    """The days of the rows that count, each as often as it does, and how long the answers took."""
    days, lags = [], []
    with (folder / rows.file).open(encoding="utf-8", newline="") as stream:
        table = csv.DictReader(stream)
        dated = rows.day or rows.week
        for name in (dated, *filter(None, (rows.column, rows.lag)), *rows.where):
            if name not in (table.fieldnames or ()):
                raise ValueError(f"{rows.file}: " + unknown("column", name, table.fieldnames or ()))
        for line in table:
            if all(line[column] in wanted for column, wanted in rows.where.items()):
                times = int(line[rows.column] or 0) if rows.column else 1
                days += [date.fromisoformat(line[dated])] * times
                lags += [_lag(line[rows.lag]) if rows.lag else 0.0] * times
    return days, lags


def _lag(text: str) -> float:
    if text.strip() == "Y":
        return 0.0
    return float(text) if text.strip().isdigit() else float("inf")
