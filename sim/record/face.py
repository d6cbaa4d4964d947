"""Face validity: statistics of the simulated world beside those of the record, and whether they agree.

    found = compare()            # what seeds/record/face.yaml lists
    found.rows                   # a row per statistic
    python -m sim.record.face    # the table; with --write also renews docs/face-validity.md and its figure

A statistic agrees if the simulated mean lies within the record's own 95 % interval. The simulated range is that of 90
in 100 replicates, each as long as the record that it is laid beside: what one more history might have shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field, ValidationError

from sim.arrays import Array, Bools
from sim.catalog.base import Day, Entry
from sim.catalog.outcome import Outcome
from sim.compiler import compile_world
from sim.errors import InputError, Mark, Problem
from sim.history import History
from sim.outcomes import levels_looked_at, measure, selected
from sim.paths import shipped
from sim.reading import explain_validation, read_document
from sim.record import weekly
from sim.scenario import Scenario, load


class Recorded(Entry):
    """Where the record has a series of weeks: a weekly file's column, or the weeks that hold a date of a file."""

    file: str
    week: str = ""
    column: str = ""
    day: str = ""
    where: dict[str, str] = {}


class Series(Entry):
    """Weeks in which something happens, in the record and in the simulated world."""

    record: Recorded
    outcome: Outcome
    lasting: bool = False


class Condition(Entry):
    """Only weeks `lag` weeks after one in which the series says yes, or no."""

    series: str
    lag: int = Field(0, ge=0, le=52)
    holds: bool = True


class Share(Entry):
    """A share of weeks, or with `spread` the standard deviation of yearly shares."""

    title: str
    of: str
    since: Day
    given: Condition | None = None
    spread: bool = False
    differs: str = ""


class Answers(Entry):
    """A file with a row per occasion, and the answers in its column that count as yes."""

    file: str
    column: str
    equals: str | None = None
    at_most: float | None = None


class Reaction(Entry):
    """How often something follows on an occasion, which the outcome's window names."""

    title: str
    record: Answers
    outcome: Outcome
    widened: tuple[float, float] | None = None
    differs: str = ""


class Tone(Entry):
    """The file of weekly tone, a column per dyad, and the lags that are looked at; by lag, why one differs."""

    file: str
    lags: tuple[int, ...]
    dyads: dict[str, dict[int, str]]


class Listed(Entry):
    """The whole of face.yaml."""

    scenario: str
    weeks: int = Field(ge=52, le=520)
    replicates: int = Field(ge=2)
    seed: int
    series: dict[str, Series]
    shares: tuple[Share, ...]
    reactions: tuple[Reaction, ...]
    tone: Tone


@dataclass(frozen=True)
class Faces:
    """Both faces of the world. `rows` has group, title, n (weeks, occasions or years of the record), record, low, high
    (its 95 % interval), simulated, range_low, range_high, agrees, differs. `tone` has, by dyad, (26, 6): the record's
    autocorrelation at each lag with its interval, and the simulated median with its range."""

    scenario: Scenario
    replicates: int
    seed: int
    rows: pd.DataFrame
    tone: Mapping[str, Array]


def read(path: Path | None = None) -> Listed:
    """The list of statistics, the shipped one by default; raises `InputError` where it is wrong."""
    path = path or shipped("seeds") / "record" / "face.yaml"
    document = read_document(path)
    try:
        listed = Listed.model_validate(document.data)
    except ValidationError as error:
        raise InputError(explain_validation(error, document, (), Listed)) from None
    known = set(listed.series)
    wanted = {share.of for share in listed.shares} | {share.given.series for share in listed.shares if share.given}
    if missing := sorted(wanted - known):
        raise InputError(f"{path.name}: no series {', '.join(missing)}; known: {', '.join(sorted(known))}")
    return listed


def compare(listed: Listed | None = None, folder: Path | None = None) -> Faces:
    """Runs the scenario over the list's horizon and lays what comes out beside the record, whose files are in `folder`
    (the shipped one by default). What the record has from the scenario's start on is left out."""
    listed = listed or read()
    book = Book(folder or shipped("seeds") / "record", load(listed.scenario).start)
    scenario, history = simulate(listed)
    simulated = {name: weekly.occurring(history, selected(series.outcome, history.world.columns), series.lasting)
                 for name, series in listed.series.items()}
    rows = [*_shares(listed, book, simulated), *_reactions(listed, book, history)]
    tone = {dyad: _tone(dyad, listed.tone, book, history) for dyad in listed.tone.dyads}
    rows += [_row("tone", f"Tone {dyad.replace('-', '–')}, {lag} week{'s' * (lag > 1)} later",
                  len(book.table(listed.tone.file)), tone[dyad][lag - 1].tolist(), reasons.get(lag, ""))
             for dyad, reasons in listed.tone.dyads.items() for lag in listed.tone.lags]
    return Faces(scenario, listed.replicates, listed.seed, pd.DataFrame(rows), tone)


def simulate(listed: Listed) -> tuple[Scenario, History]:
    """The scenario over the list's horizon, asked for tension alone, and what happens in it."""
    from sim.model import DiplomacyModel  # Mesa loads slowly
    scenario = load(listed.scenario)
    peaks = {f"tone_{dyad}": Outcome.model_validate({"title": dyad, "peak": {"tension": _pair(dyad)}})
             for dyad in listed.tone.dyads}
    scenario = replace(scenario, head=scenario.head.model_copy(update={"weeks": listed.weeks, "outcomes": peaks}))
    world = compile_world(scenario)
    model = DiplomacyModel(world, 0, listed.replicates, rng=listed.seed, keep=levels_looked_at(scenario, world))
    try:
        return scenario, model.run()
    finally:
        model.release()


@dataclass(frozen=True)
class Book:
    """The record's files, up to the week before `end`."""

    folder: Path
    end: Any

    def table(self, name: str) -> pd.DataFrame:
        """A file of the record; one by dates ends before the scenario begins."""
        path = self.folder / name
        if not path.is_file():
            raise InputError(Problem("there is no such file of the record", Mark(str(path))))
        found = pd.read_csv(path)
        for column in {"week", "date"} & set(found.columns):
            found = found[pd.to_datetime(found[column]) < pd.Timestamp(self.end)]
        return found

    def series(self, recorded: Recorded, since: Any) -> tuple[Bools, Array]:
        """(weeks,) of yes or no since a date, and the calendar year of each week."""
        table = self.table(recorded.file)
        weeks = pd.date_range(since, pd.Timestamp(self.end) - pd.Timedelta(days=7), freq="W-MON")
        if recorded.week:
            by_week = table.set_index(pd.to_datetime(table[recorded.week]))[recorded.column]
            return np.asarray(by_week.reindex(weeks).to_numpy() > 0), weeks.year.to_numpy()
        for column, value in recorded.where.items():
            table = table[table[column] == value]
        days = pd.to_datetime(table[recorded.day])
        return np.asarray(weeks.isin(days - pd.to_timedelta(days.dt.day_of_week, unit="D"))), weeks.year.to_numpy()


def _shares(listed: Listed, book: Book, simulated: Mapping[str, Bools]) -> Iterator[dict[str, Any]]:
    for share in listed.shares:
        there = simulated[share.of]
        here, years = book.series(listed.series[share.of].record, share.since)
        if share.given:
            lag = share.given.lag
            condition, _ = book.series(listed.series[share.given.series].record, share.since)
            yes, n = weekly.share_given(here, condition == share.given.holds, lag)
            then = simulated[share.given.series] == share.given.holds
            whole, length = weekly.share_given(there, then, lag), min(len(here), len(there))
            each = weekly.share_given(there[:length], then[:length], lag)
            with np.errstate(invalid="ignore"):
                yield _row("given", share.title, int(n), [
                    float(yes / n), *weekly.of_share(float(yes), float(n)), float(whole[0].sum() / whole[1].sum()),
                    *_range(each[0] / each[1])], share.differs)
        elif share.spread:
            by_year, own = weekly.yearly(here), weekly.yearly(there).std(axis=0, ddof=1)
            yield _row("rate", share.title, len(by_year), [
                float(by_year.std(ddof=1)), *weekly.of_spread(by_year), float(own.mean()), *_range(own)], share.differs)
        else:
            counts = [here[years == year] for year in np.unique(years)]
            interval = weekly.of_years([part.sum() for part in counts], [len(part) for part in counts])
            yield _row("rate", share.title, len(here), [
                float(here.mean()), *interval, float(there.mean()), *_range(weekly.yearly(there))], share.differs)


def _reactions(listed: Listed, book: Book, history: History) -> Iterator[dict[str, Any]]:
    for reaction in listed.reactions:
        column = book.table(reaction.record.file)[reaction.record.column]
        yes = column == reaction.record.equals if reaction.record.equals else column <= reaction.record.at_most
        n = int(column.notna().sum())
        interval = reaction.widened or weekly.of_share(float(yes.sum()), n)
        answers = np.stack([*_each(reaction.outcome, history)])
        yield _row("reaction", reaction.title, n, [
            float(yes.sum() / n), *interval, float(np.nanmean(answers)), *_range(np.nanmean(answers, axis=0))],
            reaction.differs)


def _each(outcome: Outcome, history: History) -> Iterator[Array]:
    """Whether it followed on the first, second, … occasion, (R,) each; void where there were not so many."""
    assert outcome.within
    occasions = measure(Outcome.model_validate({"title": outcome.title, "count": outcome.within.of}), history)
    for nth in range(1, int(occasions.max()) + 1):
        within = outcome.within.model_copy(update={"nth": nth})
        answer = measure(outcome.model_copy(update={"within": within}), history)
        yield np.where(occasions >= nth, answer, np.nan)


def _tone(dyad: str, tone: Tone, book: Book, history: History) -> Array:
    """At each lag up to the longest one: record, low, high, simulated, range_low, range_high."""
    here = book.table(tone.file)[dyad].to_numpy(float)
    pair = _pair(dyad)
    dyads = list(history.world.dyads)
    row = dyads.index(pair if pair in dyads else pair[::-1])
    there = history.track("tension", row)[:len(here)].astype(float)
    found = []
    for lag in range(1, max(tone.lags) + 1):
        simulated = weekly.autocorrelation(there, lag)
        found.append([float(weekly.autocorrelation(here, lag)), *weekly.of_autocorrelation(here, lag),
                      float(np.nanmean(simulated)), *_range(simulated)])
    return np.array(found)


def _pair(dyad: str) -> tuple[str, str]:
    first, _, second = dyad.partition("-")
    return first, second


def _range(values: Array) -> tuple[float, float]:
    """What 90 in 100 of the values lie between."""
    low, high = np.nanquantile(values, [0.05, 0.95])
    return float(low), float(high)


def _row(group: str, title: str, n: int, values: list[float], differs: str) -> dict[str, Any]:
    """`values`: record, low, high, simulated, range_low, range_high."""
    named = dict(zip(("record", "low", "high", "simulated", "range_low", "range_high"), values, strict=True))
    return {"group": group, "title": title, "n": n, **named, "differs": differs,
            "agrees": named["low"] <= named["simulated"] <= named["high"]}


if __name__ == "__main__":
    import sys

    from sim.record import face_page
    sys.exit(face_page.main(sys.argv[1:]))
