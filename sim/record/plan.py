"""What calibration fits, and to which series of the record: `record/calibration.yaml` in the world's folder.

    plan = read(world)               # the folder of a world
    plan.processes, plan.counts, plan.answers
    plan.days(name)                  # days on which a series says that something happened

It names entries of the world; the code names none.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from sim.catalog.base import Day, Entry, Names, Sourced
from sim.errors import InputError, Problem, unknown
from sim.quantity import Positive, Quantity, Rate, Real, Unit
from sim.reading import Document, explain_validation, read_document

FILE = "calibration.yaml"
#: Characters of a file's SHA-256 that fitted values carry.
HASH = 12


class Stood(Entry):
    """What a series without an option of its own stands for in the world: something that such an action is."""

    action: str
    by: Names = Field(min_length=1)
    to: Names = ()


class Series(Sourced):
    """Days on which the record says that something happened, and what that is in the world."""

    file: str = Field("", description="In the record's folder")
    date: str = Field("date", description="Column of the day on which it happened or began")
    where: dict[str, Names] = Field({}, description="Values that other columns have")
    on: tuple[Day, ...] = Field((), description="The days themselves, where no file has them")
    option: str = Field("", description="The option that was taken, if it is replayed as one")
    event: Stood | None = Field(None, description="What fell due, if it is replayed as that")


class Process(Sourced):
    """Options that one country takes more often in busy spells, and what else moves them."""

    country: str
    options: dict[str, str] = Field(min_length=1, description="Options, and the series of each")
    tempo: dict[str, Real] = Field(min_length=1, max_length=1, description="The mechanism of the tempo family")
    responses: dict[str, Real] = Field({}, description="Mechanisms that look at a cue, and what was thought before")
    half_life: Positive = Field(description="Of the tempo, {mode, low, high}: the most likely and a 90 % interval")
    since: Day
    fade: float | None = Field(None, gt=0, description="Weeks in which a week's weight halves; none where absent")
    judged: dict[str, Rate] = Field({}, description="Rates of the options as they were judged before")


class Count(Sourced):
    """An option of which the record counts weeks with and without, year by year."""

    option: str
    series: str
    since: Day
    share: Unit = Field(Quantity(mean=1), description="Judged part of what was counted that is this option")
    judged: Rate | None = Field(None, description="The rate as it was judged before")


class Answer(Sourced):
    """A mechanism by which some options answer an event: its strength is solved so that they do so this often."""

    mechanism: str
    event: Stood
    options: Names = Field(min_length=1, description="Any of which is an answer")
    within: int = Field(ge=1, le=60, description="Days")
    answered: int = Field(ge=0)
    of: int = Field(ge=1)
    probability: Unit = Field(description="What the count is widened to, {low, high}: a 90 % interval")
    strengths: tuple[float, float] = Field(description="Between which to look for the strength")
    judged: Real | None = Field(None, description="The strength as it was judged before")


class Tone(Sourced):
    """Weekly tone between countries, as in `sim.record.tone`, and the numbers that it is to say something about."""

    file: str
    deeds: Names = Field(description="Series of what moves it")
    deed: dict[str, Any] = Field(description="What counts as such a deed in the simulated world: an outcome")
    judged: dict[str, Real] = Field(description="By path; also what stays where the tone says nothing")


class _File(Entry):
    series: dict[str, Series]
    processes: dict[str, Process] = {}
    counts: dict[str, Count] = {}
    answers: dict[str, Answer] = {}
    tones: dict[str, Tone] = {}


@dataclass(frozen=True)
class Plan:
    """The file's entries and the record beside it."""

    folder: Path
    document: Document
    series: dict[str, Series]
    processes: dict[str, Process]
    counts: dict[str, Count]
    answers: dict[str, Answer]
    tones: dict[str, Tone]

    def days(self, name: str) -> tuple[date, ...]:
        """Days of a series, in order; a day comes once however often it is listed."""
        series = self.series[name]
        if not series.file:
            return tuple(sorted(set(series.on)))
        found = set()
        for row in rows(self.folder / series.file):
            if all(row[column] in values for column, values in series.where.items()):
                found.add(date.fromisoformat(row[series.date]))
        return tuple(sorted(found))

    def data(self, names: Sequence[str]) -> dict[str, str]:
        """Files behind some series, each with the start of its SHA-256."""
        return self.hashes(sorted({file for name in names if (file := self.series[name].file)}))

    def hashes(self, files: Sequence[str]) -> dict[str, str]:
        """Files of the record, each with the start of its SHA-256."""
        return {f"record/{file}": hashlib.sha256((self.folder / file).read_bytes()).hexdigest()[:HASH]
                for file in files}


@cache
def rows(path: Path) -> tuple[dict[str, str], ...]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def read(world: Path) -> Plan:
    """The plan of a world's folder. Raises `InputError` with every problem found."""
    folder = world / "record"
    document = read_document(folder / FILE)
    try:
        found = _File.model_validate(document.data)
    except ValidationError as error:
        raise InputError(explain_validation(error, document, (), _File)) from None
    plan = Plan(folder, document, found.series, found.processes, found.counts, found.answers, found.tones)
    if problems := [*_unreadable(plan), *_nameless(plan)]:
        raise InputError(problems)
    return plan


def _unreadable(plan: Plan) -> list[Problem]:
    """Series whose days cannot be read."""
    problems = []

    def fail(name: str, message: str, *path: str) -> None:
        problems.append(Problem(message, plan.document.at(("series", name, *path))))

    for name, series in plan.series.items():
        if bool(series.file) == bool(series.on):
            fail(name, "a series has either a `file` or the days themselves under `on`")
        elif series.file and not (plan.folder / series.file).is_file():
            files = [path.name for path in plan.folder.glob("*.csv")]
            fail(name, unknown("file of the record", series.file, files), "file")
        elif series.file:
            columns = list((rows(plan.folder / series.file) or ({},))[0])
            for path, column in (("date", series.date), *(("where", column) for column in series.where)):
                if column not in columns:
                    fail(name, unknown(f"column of {series.file}", column, columns), path)
        if series.option and series.event:
            fail(name, "a series stands for an `option` or an `event`, not for both")
    return problems


def _nameless(plan: Plan) -> list[Problem]:
    """Series that entries speak of and that are not there."""
    used: list[tuple[tuple[Any, ...], str]] = [(("counts", name, "series"), count.series)
                                               for name, count in plan.counts.items()]
    used += [(("processes", name, "options", option), series) for name, process in plan.processes.items()
             for option, series in process.options.items()]
    used += [(("tones", name, "deeds"), series) for name, tone in plan.tones.items() for series in tone.deeds]
    return [Problem(unknown("series", series, plan.series), plan.document.at(path))
            for path, series in used if series not in plan.series]


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def complete(first: date, until: date) -> int:
    """How many weeks from the Monday `first` on are over at the end of the day `until`."""
    return (until + timedelta(days=1) - first).days // 7


def last_complete(start: date) -> date:
    """The last day of the last complete week before a start."""
    return monday(start) - timedelta(days=1)


