"""Measuring outcomes on a block of replicates, and summing up what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from sim.catalog.outcome import Ending, Kind, Level, Outcome, Path, Qualifiers, Selector, Within
from sim.errors import InputError
from sim.history import Column, ColumnIndex, History, Layout

if TYPE_CHECKING:
    from sim.scenario import Scenario

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

QUANTILES = (5, 25, 50, 75, 95)
#: Half the width of a 95 % interval, in standard errors.
Z = float(ndtri(0.975))


def measure(outcome: Outcome, history: History) -> Array:
    """The outcome's value in every replicate, shape (R,): 1 or 0 for yes/no, days since the start (infinite where
    not reached) for a date, NaN where void."""
    values = MEASURES[outcome.verb](outcome, history)
    if outcome.bounded:
        values = np.where(np.isnan(values), np.nan, outcome.hold(values))
    if outcome.given:
        values = np.where(measure(outcome.given, history) == 1, values, np.nan)
    return values


def assign_endings(endings: Sequence[Ending], history: History) -> NDArray[np.intp]:
    """The index of every replicate's ending, shape (R,): the first that holds; a void one does not."""
    ending = np.full(history.replicates, len(endings) - 1)
    for i, when in reversed([(i, ending.when) for i, ending in enumerate(endings)]):
        if when:
            ending[measure(when, history) == 1] = i
    return ending


def measured(scenario: Scenario, history: History) -> tuple[Array, NDArray[np.intp]]:
    """All outcomes (R, outcomes), and endings (R,) by place."""
    outcomes = np.empty((history.replicates, len(scenario.outcomes)))
    for column, outcome in enumerate(scenario.outcomes.values()):
        outcomes[:, column] = measure(outcome, history)
    return outcomes, assign_endings(scenario.endings, history)


def unmatched(outcome: Outcome, columns: Sequence[Column]) -> Iterator[tuple[Path, str]]:
    """Selections that nothing in the world can ever meet: where in the outcome, and a message."""
    index = ColumnIndex(columns)
    for path, part in outcome.walk():
        if part.selector and not _columns(index, part.selector, part).any():
            yield (*path, part.verb), "nothing that can occur in this scenario is selected"
        if part.within and not _columns(index, part.within.of).any():
            yield (*path, "within", "of"), "nothing that can occur in this scenario is selected"


def selected(outcome: Outcome, columns: Sequence[Column], index: ColumnIndex | None = None) -> NDArray[np.bool_]:
    """Which columns its selections meet, those of its parts and windows among them; `index` is theirs, if it is there.
    """
    index, found = index or ColumnIndex(columns), np.zeros(len(columns), bool)
    for _, part in outcome.walk():
        if part.selector:
            found |= _columns(index, part.selector, part)
        if part.within:
            found |= _columns(index, part.within.of)
    return found


def settling(endings: Sequence[Ending], place: int, history: History) -> Rows:
    """The log's rows that make the ending at `place` true: those that its condition asks for, and those that keep an
    earlier ending from holding."""
    asked = [(ending.when, ending is endings[place]) for ending in endings[:place + 1] if ending.when]
    found = [_occurrences(part, history) for when, holds in asked for part in _in_favour(when, holds)]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)


def _in_favour(outcome: Outcome, holds: bool) -> Iterator[Outcome]:
    """The parts whose occurrences speak for the outcome to hold, or not to hold."""
    if outcome.parts:
        for _, part in outcome.parts:
            yield from _in_favour(part, holds != bool(outcome.not_))
    elif outcome.selector:
        against = outcome.verb == "none_in" or outcome.at_most is not None
        if holds != against:
            yield outcome


# Occurrences

def _happened(outcome: Outcome, history: History) -> Array:
    return (_count(outcome, history) > 0).astype(float)


def _none_in(outcome: Outcome, history: History) -> Array:
    return 1 - _happened(outcome, history)


def _count(outcome: Outcome, history: History) -> Array:
    rows = _occurrences(outcome, history)
    return np.bincount(history.replicate[rows], minlength=history.replicates).astype(float)


def _weeks_with(outcome: Outcome, history: History) -> Array:
    """Weeks by the occurrences' dates."""
    rows = _occurrences(outcome, history)
    seen = np.zeros((history.replicates, history.world.weeks), bool)
    seen[history.replicate[rows], history.day[rows] // 7] = True
    return np.asarray(seen.sum(axis=1), np.float64)


def _days_with(outcome: Outcome, history: History) -> Array:
    """The occurrences' days added up, but no more than there are days from `from` to `until`: days on which two
    occurrences fall together count twice below that."""
    rows = _occurrences(outcome, history)
    total = np.bincount(history.replicate[rows], weights=history.days[rows], minlength=history.replicates)
    first, last = _day(outcome.from_, history, 0), _day(outcome.until, history, 7 * history.world.weeks - 1)
    return np.minimum(total, last - first + 1)


def _first_date(outcome: Outcome, history: History) -> Array:
    rows = _occurrences(outcome, history)
    first = np.full(history.replicates, np.inf)
    np.minimum.at(first, history.replicate[rows], history.day[rows].astype(float))
    return first


def _occurrences(outcome: Outcome, history: History) -> Rows:
    """The log's rows that the verb's selection and all qualifiers beside it select."""
    assert outcome.selector is not None
    rows = _select(history, outcome.selector, outcome)
    return _in_window(rows, outcome.within, history) if outcome.within else rows


def _select(history: History, *conditions: Qualifiers) -> Rows:
    rows = history.rows(_columns(history.index, *conditions))
    for condition in conditions:
        for bounds, values in ((condition.size, history.size), (condition.days, history.days)):
            if bounds:
                rows = rows[bounds.hold(values[rows])]
        if condition.from_:
            rows = rows[history.day[rows] >= _day(condition.from_, history)]
        if condition.until:
            rows = rows[history.day[rows] <= _day(condition.until, history)]
        for who, what in ((condition.leader, 1), (condition.party, 2)):
            if who:
                governs = _governing(history, who, what, history.leader)
                rows = rows[governs[history.day[rows] // 7, history.replicate[rows]]]
    return rows


def _columns(index: ColumnIndex, *conditions: Qualifiers) -> NDArray[np.bool_]:
    """The columns that meet all conditions."""
    mask = np.ones(index.size, bool)
    for condition in conditions:
        wanted: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
            (condition.action, ("tag",)), (condition.tag, ("tag",)), (condition.event, ("about",)),
            (condition.by, ("by",)), (condition.to, ("to",))]
        if isinstance(condition, Selector):
            wanted.append((condition.names, ("tag", "event")))
        for names, kinds in wanted:
            if names:
                mask &= index.where(names, *kinds)
    return mask


def _in_window(rows: Rows, within: Within, history: History) -> Rows:
    """Rows dated on a trigger's day or at most so many days later."""
    replicate, day = history.replicate, history.day
    triggers = _select(history, within.of)
    if within.nth:
        triggers = triggers[np.lexsort((day[triggers], replicate[triggers]))]
        owner = replicate[triggers]
        triggers = triggers[np.arange(len(owner)) - np.searchsorted(owner, owner) == within.nth - 1]
    last_day = 7 * history.world.weeks
    opens = day[triggers] + (history.days[triggers] - 1 if within.after == "end" else 0)
    owner, opens = replicate[triggers][opens < last_day], opens[opens < last_day]
    latest = np.full((last_day, history.replicates), -within.days - 1, np.int16)
    latest[opens, owner] = opens
    for before, now in pairwise(latest):  # several times as fast as maximum.accumulate
        np.maximum(before, now, out=now)
    return rows[day[rows] - latest[day[rows], replicate[rows]] <= within.days]


def _governing(history: History, names: Sequence[str], what: int, leader: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Where (…, C, R) one of the leaders (`what` 1) or a leader of one of the parties (2) governs, as (…, R)."""
    countries = history.world.scenario.countries
    traits = [(country, name, countries[country].leaders[name].party if what == 2 else "")
              for country, name in history.world.leaders]
    chosen = np.array([trait[what] in names for trait in traits] + [False])  # the last stands for nobody (-1)
    return np.asarray(chosen[leader].any(axis=-2))


# Standings

def _seats(outcome: Outcome, history: History) -> Array:
    """Void where the election does not take place within the horizon."""
    election = outcome.election or next(iter(history.seats), "")
    if election not in history.seats:
        return np.full(history.replicates, np.nan)
    parties, seats = history.seats[election]
    ours = seats[[parties.index(party) for party in outcome.seats]]
    return np.where((ours < 0).any(axis=0), np.nan, ours.sum(axis=0))


def _in_office(outcome: Outcome, history: History) -> Array:
    leader = history.leader[_week(outcome.at, history, -1)]
    return _governing(history, outcome.in_office, 1, leader).astype(float)


def _coalition_intact(outcome: Outcome, history: History) -> Array:
    coalition = history.world.scenario.countries[outcome.coalition_intact or ""].coalition
    if coalition is None:
        raise InputError(f"{outcome.coalition_intact} has no governing coalition")
    row = list(history.world.flags).index(coalition.flag)
    return np.asarray(history.flags[_week(outcome.at, history, -1), row], np.float64)


def _value(outcome: Outcome, history: History) -> Array:
    return np.asarray(_track(outcome, history)[_week(outcome.at, history, -1)], np.float64)


def _change(outcome: Outcome, history: History) -> Array:
    assert outcome.level is not None
    track, row = _track(outcome, history), _level_row(outcome.level, history.world)
    before = (history.begins[outcome.level.name][row] if outcome.from_ is None
              else track[_week(outcome.from_, history, 0)])
    return np.asarray(track[_week(outcome.until, history, -1)] - before.astype(np.float64))


def _peak(outcome: Outcome, history: History) -> Array:
    first, last = _week(outcome.from_, history, 0), _week(outcome.until, history, -1)
    return np.asarray(_track(outcome, history)[first:last + 1].max(axis=0), np.float64)


def _track(outcome: Outcome, history: History) -> NDArray[np.float32]:
    """The level in every week and replicate, (weeks, R)."""
    assert outcome.level is not None
    return history.track(outcome.level.name, _level_row(outcome.level, history.world))


def looked_at(scenario: Scenario, world: Layout) -> dict[str, list[int]]:
    """All that outcomes and endings look at: rows of each weekly level, by level, and columns of the log, as `column`.
    """
    index, columns = ColumnIndex(world.columns), np.zeros(len(world.columns), dtype=bool)
    for outcome in _asked(scenario):
        columns |= selected(outcome, world.columns, index)
    return levels_looked_at(scenario, world) | {"column": np.flatnonzero(columns).tolist()}


def levels_looked_at(scenario: Scenario, world: Layout) -> dict[str, list[int]]:
    """The rows of each weekly level that outcomes and endings look at, ascending."""
    found = {(part.level.name, _level_row(part.level, world))
             for outcome in _asked(scenario) for _, part in outcome.walk() if part.level}
    return {name: sorted(row for level, row in found if level == name)
            for name in ("tension", "status_quo", "stance", "approval")}


def _asked(scenario: Scenario) -> list[Outcome]:
    return [*scenario.outcomes.values(), *(ending.when for ending in scenario.endings if ending.when)]


def _level_row(level: Level, world: Layout) -> int:
    if level.tension:
        pair = level.tension if level.tension in world.dyads else level.tension[::-1]
        return list(world.dyads).index(pair)
    if level.approval:
        return list(world.countries).index(level.approval)
    issue = list(world.issues).index(level.status_quo or level.stance or "")
    return issue + (list(world.countries).index(level.of) * len(world.issues) if level.of else 0)


def _day(when: date | None, history: History, default: int = 0) -> int:
    """Days since the start."""
    return default if when is None else (when - history.world.start).days


def _week(when: date | None, history: History, default: int) -> int:
    """The week that holds a date; a negative default counts from the end."""
    weeks = history.world.weeks
    if when is None:
        return default % weeks
    week = _day(when, history) // 7
    if not 0 <= week < weeks:
        raise InputError(f"{when} is outside the scenario, which runs {weeks} weeks from {history.world.start}")
    return week


# Combinations: a void part leaves the whole void, unless the other parts settle it (Kleene's logic).

def _all_of(outcome: Outcome, history: History) -> Array:
    parts = np.array([measure(part, history) for _, part in outcome.parts])
    return np.where((parts == 0).any(axis=0), 0, parts.prod(axis=0))


def _any_of(outcome: Outcome, history: History) -> Array:
    parts = np.array([measure(part, history) for _, part in outcome.parts])
    return np.where((parts == 1).any(axis=0), 1, parts.max(axis=0))


def _not(outcome: Outcome, history: History) -> Array:
    assert outcome.not_ is not None
    return 1 - measure(outcome.not_, history)


MEASURES: dict[str, Callable[[Outcome, History], Array]] = {
    "happened": _happened, "none_in": _none_in, "count": _count, "weeks_with": _weeks_with, "days_with": _days_with,
    "first_date": _first_date, "seats": _seats, "in_office": _in_office, "coalition_intact": _coalition_intact,
    "value": _value, "change": _change, "peak": _peak, "all_of": _all_of, "any_of": _any_of, "not": _not}


# Summaries

def wilson(k: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    """Wilson's 95 % interval of a share of which k of n are a sample (any shapes that broadcast); 0 to 1 for n = 0."""
    k, n = np.broadcast_arrays(np.asarray(k, float), np.asarray(n, float))
    size = np.maximum(n, 1)
    share = k / size
    centre = (share + Z**2 / (2 * size)) / (1 + Z**2 / size)
    half = Z / (1 + Z**2 / size) * np.sqrt(share * (1 - share) / size + Z**2 / (4 * size**2))
    low = np.where(k == 0, 0, centre - half)
    high = np.where(k == n, 1, centre + half)
    return low, high


def summarise(values: Array, kind: Kind) -> dict[str, Any]:
    """What the values (R,) of an outcome come to, in plain numbers (None where there is none).

    Always `n` (replicates that are not void) and `void` (their complement's share). `mean`, or for a date
    `reached` (the share that reaches it), with its 95 % interval `low`, `high`: Wilson's for shares, from
    the standard error for numbers. For numbers and dates `quantiles`, by per cent; for dates they are of
    all replicates, in days since the start, and None where later than the horizon.
    """
    valid = np.sort(values[~np.isnan(values)])
    n = len(valid)
    summary: dict[str, Any] = {"n": n, "void": 1 - n / len(values) if len(values) else 0.0}
    if kind == "number":
        error = Z * valid.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
        mean = valid.mean() if n else np.nan
        found = {"mean": mean, "low": mean - error, "high": mean + error}
        quantiles = np.percentile(valid, QUANTILES) if n else np.full(len(QUANTILES), np.nan)
    else:
        yes = np.isfinite(valid).sum() if kind == "date" else valid.sum()
        low, high = wilson(yes, n)
        found = {"reached" if kind == "date" else "mean": yes / n if n else np.nan, "low": low, "high": high}
        ranks = np.ceil(np.array(QUANTILES) * n / 100).astype(int) - 1
        quantiles = valid[ranks] if n else np.full(len(QUANTILES), np.nan)
    summary |= {name: _plain(value) for name, value in found.items()}
    if kind != "yes_no":
        summary["quantiles"] = {str(q): _plain(value) for q, value in zip(QUANTILES, quantiles, strict=True)}
    return summary


def _plain(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
