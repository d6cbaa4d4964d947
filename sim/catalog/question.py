"""Questions: what a forecaster can be scored on. An outcome, and what became of it once that is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from sim.catalog.base import Entry, Names, Number
from sim.catalog.outcome import Outcome

#: How a file may say yes or no, in any case.
WORDS = {"yes": True, "true": True, "no": False, "false": False}
VOID = "void"


class Question(Entry):
    """One question about what happens after the scenario's start."""

    id: str = Field(min_length=1, description="A name of its own, such as Q07")
    ask: str = Field(min_length=1, description="The question as a person asks it, with its deadline")
    outcome: Outcome = Field(description="What is measured of every replicate, as in a scenario")
    resolved: bool | Number | str | None = Field(
        None, description="What became of it: yes, no, a number, or for a first date that date (no if it was not "
                          "reached); void if what it is conditional on did not come about. Absent while unknown")
    source: Names = Field((), description="What the resolution was read from")
    note: str = Field("", description="Anything a reader should know")


def _some(questions: tuple[Question, ...]) -> tuple[Question, ...]:
    if not questions:
        raise PydanticCustomError("questions", "there is no question in this file")
    return questions


class Questions(Entry):
    """A file of questions about one scenario."""

    scenario: str = Field(min_length=1, description="A shipped name, or a path relative to this file")
    reading: str = Field("", description="Reading of the world's sources in place of the scenario's own")
    presets: Names = Field((), description="Variants of the world, after the scenario's own")
    #: Counted once they are read: else a file of which no question can be would also be told that it has none.
    questions: Annotated[tuple[Question, ...], AfterValidator(_some)] = Field(json_schema_extra={"minItems": 1})


def window(outcome: Outcome, start: date, end: date) -> tuple[date, date]:
    """First and last day asked about, `start` and `end` where nothing says so."""
    parts = [part for part in (outcome, outcome.selector) if part]
    return (max([start, *(part.from_ for part in parts if part.from_)]),
            min([end, *(part.until for part in parts if part.until)]))


def days_named(outcome: Outcome) -> Iterator[date]:
    """All days that it speaks of."""
    for _, part in outcome.walk():
        for conditions in (part, part.selector, part.within.of if part.within else None):
            if conditions:
                yield from (day for day in (conditions.from_, conditions.until) if day)
        if part.at:
            yield part.at


def resolution(question: Question, start: date, end: date) -> float | None:
    """What became of it in the outcome's own terms: 1 or 0, a number, days since `start` (infinite if not reached in
    time), NaN for void; None while unknown. `start` and `end` are the scenario's. Raises `ValueError` with what is
    wrong."""
    raw, outcome = question.resolved, question.outcome
    first, last = window(outcome, start, end)
    word = raw.casefold() if isinstance(raw, str) else ""
    if raw is None:
        return None
    if word == VOID:
        if not outcome.given:
            raise ValueError("void is for questions with a condition (given), and this one has none")
        return float("nan")
    truth = WORDS.get(word, raw)
    if outcome.kind == "yes_no":
        if truth not in (0, 1):
            raise ValueError(f"{_spoken(raw)} answers no yes or no; write yes or no, or nothing while it is unknown")
        return float(truth)
    if outcome.kind == "date":
        return float("inf") if truth is False else _days(raw, start, first, last)
    if isinstance(raw, bool | str):
        raise ValueError(f"{_spoken(raw)} is no number, but {outcome.verb} is one; write it, or nothing while it is "
                         "unknown")
    return _in_range(float(raw), outcome, (last - first).days + 1)


def _days(raw: Any, start: date, first: date, last: date) -> float:
    try:
        day = date.fromisoformat(raw)
    except (TypeError, ValueError):
        raise ValueError(f"{_spoken(raw)} is no date such as {first}; write the date, or no if it was not reached by "
                         f"{last}") from None
    if not first <= day <= last:
        raise ValueError(f"{day} is outside the days asked about, {first} to {last}"
                         + ("; write no if it was not reached by then" if day > last else ""))
    return float((day - start).days)


def _in_range(value: float, outcome: Outcome, days: int) -> float:
    """The value, if an outcome about so many days can have it."""
    low, high = 0.0, {"weeks_with": (days + 12) // 7, "days_with": days}.get(outcome.verb, float("inf"))
    if outcome.level:
        high = 10.0 if outcome.level.tension else 1.0
        high *= 2 if outcome.verb == "change" else 1
        low = -high
    if not low <= value <= high:
        raise ValueError(f"{value:g} is out of range; {outcome.verb} is "
                         + (f"at least {low:g}" if high == float("inf") else f"from {low:g} to {high:g} here"))
    if not outcome.level and value != round(value):
        raise ValueError(f"{value:g} is no whole number, but {outcome.verb} is one")
    return value


def _spoken(raw: Any) -> str:
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    return f'"{raw}"' if isinstance(raw, str) else f"{raw:g}"
