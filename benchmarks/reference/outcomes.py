"""Outcomes: what is measured of a replicate once it has run, from its log and from where things stood week by week."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.catalog.outcome import Level, Outcome, Qualifiers, Range, Within

if TYPE_CHECKING:
    from benchmarks.reference.model import Diplomacy, Occurrence


class Week(NamedTuple):
    """Where things stand at the end of a week."""

    levels: dict[Any, float]
    leaders: dict[str, str]
    flags: dict[str, bool]


class Record:
    """A replicate beside which somebody sits: `note` after each of its weeks."""

    def __init__(self, model: Diplomacy):
        self.model, self.scenario = model, model.plan.scenario
        self.begins = standing(model)
        self.weeks: list[Week] = []

    def note(self) -> None:
        """Writes down where things stand."""
        self.weeks.append(standing(self.model))

    def week_of(self, day: date | None, default: int) -> int:
        """The week that holds a date."""
        return default if day is None else (day - self.scenario.start).days // 7

    def day_of(self, day: date | None, default: int) -> int:
        """Days since the start."""
        return default if day is None else (day - self.scenario.start).days


def standing(model: Diplomacy) -> Week:
    """Where things stand now."""
    from benchmarks.reference.model import tension

    levels: dict[Any, float] = {("status_quo", issue): level for issue, level in model.status_quo.items()}
    for code, country in model.country.items():
        levels["approval", code] = country.approval
        levels |= {("stance", code, issue): stance for issue, stance in country.stance.items()}
        levels |= {("tension", frozenset((code, other))): tension(model, code, other)
                   for other in model.country if other != code}
    return Week(levels, {code: country.leader for code, country in model.country.items()}, dict(model.flag))


def ending(record: Record) -> str:
    """The first ending that holds."""
    return next(ending.name for ending in record.scenario.endings
                if ending.when is None or measure(ending.when, record) == 1)


def measure(outcome: Outcome, record: Record) -> float | None:
    """The outcome's value: 1 or 0 for a yes or no, days for a date (infinite where not reached), None where void."""
    value = MEASURES[outcome.verb](outcome, record)
    if value is not None and outcome.bounded:
        value = float(_within_bounds(outcome, value))
    if outcome.given and measure(outcome.given, record) != 1:
        return None
    return value


def _within_bounds(bounds: Outcome | Range, value: float) -> bool:
    low, high = bounds.between or (bounds.at_least, bounds.at_most)
    return (low is None or value >= low) and (high is None or value <= high)


# Occurrences

def selected(record: Record, *conditions: Qualifiers) -> list[Occurrence]:
    """What has occurred within the horizon, is dated there, and meets all conditions."""
    return [one for one in record.model.log if 0 <= one.day < 7 * record.scenario.weeks
            and all(_meets(one, condition, record) for condition in conditions)]


def _meets(one: Occurrence, condition: Qualifiers, record: Record) -> bool:
    deed, itself = one.deed, set() if one.deed.announces else {one.deed.event}
    asked = [(condition.action, deed.tags), (condition.tag, deed.tags), (condition.event, {deed.event}),
             (condition.by, set(deed.by)), (condition.to, set(deed.to)),
             (getattr(condition, "names", ()), deed.tags | itself)]
    return (all(not names or set(names) & set(of) for names, of in asked)
            and (condition.size is None or _within_bounds(condition.size, one.size))
            and (condition.days is None or _within_bounds(condition.days, one.days))
            and one.day >= record.day_of(condition.from_, 0)
            and one.day <= record.day_of(condition.until, one.day)
            and _governed(one.day // 7, condition, record))


def _governed(week: int, condition: Qualifiers, record: Record) -> bool:
    """Whether the leaders and parties asked for govern at the end of a week."""
    governing = record.weeks[week].leaders
    parties = {record.scenario.countries[code].leaders[name].party for code, name in governing.items()}
    return ((not condition.leader or bool(set(condition.leader) & set(governing.values())))
            and (not condition.party or bool(set(condition.party) & parties)))


def occurrences(outcome: Outcome, record: Record) -> list[Occurrence]:
    """What the verb's selection and the qualifiers beside it select."""
    assert outcome.selector is not None
    found = selected(record, outcome.selector, outcome)
    if outcome.within:
        opens = _triggers(outcome.within, record)
        found = [one for one in found if any(0 <= one.day - day <= outcome.within.days for day in opens)]
    return found


def _triggers(within: Within, record: Record) -> list[int]:
    """The days from which one counts."""
    order = record.model.plan.order
    found = sorted(selected(record, within.of), key=lambda one: (one.day, order[one.deed.event, one.deed.name]))
    if within.nth:
        found = found[within.nth - 1:within.nth]
    return [one.day + (one.days - 1 if within.after == "end" else 0) for one in found]


def count(outcome: Outcome, record: Record) -> float:
    return float(len(occurrences(outcome, record)))


def happened(outcome: Outcome, record: Record) -> float:
    return float(count(outcome, record) > 0)


def none_in(outcome: Outcome, record: Record) -> float:
    return 1 - happened(outcome, record)


def weeks_with(outcome: Outcome, record: Record) -> float:
    return float(len({one.day // 7 for one in occurrences(outcome, record)}))


def days_with(outcome: Outcome, record: Record) -> float:
    first, last = record.day_of(outcome.from_, 0), record.day_of(outcome.until, 7 * record.scenario.weeks - 1)
    return float(min(sum(one.days for one in occurrences(outcome, record)), last - first + 1))


def first_date(outcome: Outcome, record: Record) -> float:
    return float(min((one.day for one in occurrences(outcome, record)), default=math.inf))


# Standings

def seats(outcome: Outcome, record: Record) -> float | None:
    elections = [name for name, event in record.model.plan.events.items() if event.election]
    returned = record.model.seats.get(outcome.election or next(iter(elections), ""))
    return None if returned is None else float(sum(returned[party] for party in outcome.seats))


def in_office(outcome: Outcome, record: Record) -> float:
    governing = record.weeks[record.week_of(outcome.at, -1)].leaders
    return float(bool(set(outcome.in_office) & set(governing.values())))


def coalition_intact(outcome: Outcome, record: Record) -> float:
    coalition = record.scenario.countries[outcome.coalition_intact or ""].coalition
    assert coalition
    return float(record.weeks[record.week_of(outcome.at, -1)].flags[coalition.flag])


def _key(level: Level) -> Any:
    if level.tension:
        return "tension", frozenset(level.tension)
    if level.stance:
        return "stance", level.of, level.stance
    return ("approval", level.approval) if level.approval else ("status_quo", level.status_quo)


def value(outcome: Outcome, record: Record) -> float:
    assert outcome.level
    return record.weeks[record.week_of(outcome.at, -1)].levels[_key(outcome.level)]


def change(outcome: Outcome, record: Record) -> float:
    assert outcome.level
    before = record.weeks[record.week_of(outcome.from_, 0)] if outcome.from_ else record.begins
    after = record.weeks[record.week_of(outcome.until, -1)]
    return after.levels[_key(outcome.level)] - before.levels[_key(outcome.level)]


def peak(outcome: Outcome, record: Record) -> float:
    assert outcome.level
    first = record.week_of(outcome.from_, 0)
    last = record.week_of(outcome.until, record.scenario.weeks - 1)
    return max(week.levels[_key(outcome.level)] for week in record.weeks[first:last + 1])


# Combinations, in Kleene's logic

def all_of(outcome: Outcome, record: Record) -> float | None:
    parts = [measure(part, record) for _, part in outcome.parts]
    return 0.0 if 0 in parts else None if None in parts else 1.0


def any_of(outcome: Outcome, record: Record) -> float | None:
    parts = [measure(part, record) for _, part in outcome.parts]
    return 1.0 if 1 in parts else None if None in parts else 0.0


def not_(outcome: Outcome, record: Record) -> float | None:
    assert outcome.not_
    part = measure(outcome.not_, record)
    return None if part is None else 1 - part


MEASURES: dict[str, Callable[[Outcome, Record], float | None]] = {
    "happened": happened, "none_in": none_in, "count": count, "weeks_with": weeks_with, "days_with": days_with,
    "first_date": first_date, "seats": seats, "in_office": in_office, "coalition_intact": coalition_intact,
    "value": value, "change": change, "peak": peak, "all_of": all_of, "any_of": any_of, "not": not_}
