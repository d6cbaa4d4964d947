"""One replicate run again alone and told week by week: who did what to whom, why, and what nearly happened instead.

    told = story(load("july_2025"), replicate=412)
    told.weeks[9].happenings, told.weeks[9].nearly
    told.table                      # a row per occurrence
    story(store.recall("out/july_2025"), 412)   # checks that it is the run's own history

Which replicate: see `sim.experiments.choosing`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import catalog
from sim.compiler import compile_world
from sim.errors import InputError
from sim.experiments import wording
from sim.experiments.reasons import Observed, Sum, Weighed
from sim.experiments.results import leave, plain
from sim.outcomes import assign_endings, measure, settling
from sim.scenario import Scenario
from sim.store import Record, cells
from sim.world import World

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from sim.history import History

SCHEMA, KIND = 1, "replay"
#: How many reasons of each occurrence are told, and how strong one must be, in log-odds.
REASONS, FAINT = 3, 0.05
#: How many things that nearly happened are told of each week, and by how much log-odds they may have fallen short.
NEARLY, WITHIN = 2, 1.0
#: How many rows of events, and how many of deeds, the figure's strip has at most.
STRIP = 12
#: Goldstein score, either way, from which words count as deeds.
DEED = 5.0

Row = dict[str, Any]


class Because(NamedTuple):
    """What one mechanism added to a decision, in log-odds."""

    mechanism: str
    title: str
    log_odds: float


class Happening(NamedTuple):
    """Something that occurred, or nearly did: when, what (in words), and why.

    `kind` is event, option, announcement (of what becomes of a dated action) or succession. Of what was decided:
    `decider` is the country whose reasons these are (in a joint action the least willing), `probability` what the draw
    `uniform` was held against, `base` and `log_odds` the sum before and after the reasons. Of what was not taken,
    `short` is by how much log-odds it fell short.
    """

    day: date
    days: int
    size: float
    kind: str
    name: str
    words: str
    by: tuple[str, ...]
    to: tuple[str, ...]
    action: str
    decider: str = ""
    base: float = np.nan
    log_odds: float = np.nan
    probability: float = np.nan
    uniform: float = np.nan
    short: float = np.nan
    reasons: tuple[Because, ...] = ()


@dataclass(frozen=True)
class Week:
    """One week: what happened, in the order of dates, what nearly did, and each dyad's tension before and after."""

    number: int
    start: date
    happenings: tuple[Happening, ...]
    nearly: tuple[Happening, ...]
    tension: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Story:
    """One replicate's history. `same` says whether it was held against a run's own outcomes (and agreed). `settled` are
    the names and days of what makes its ending true."""

    scenario: Scenario
    seed: int
    replicate: int
    theory: str
    weeks: tuple[Week, ...]
    outcomes: Mapping[str, float]
    ending: str
    same: bool | None
    seconds: float
    chosen: str = ""
    settled: frozenset[tuple[str, date]] = frozenset()

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per occurrence, with its three strongest reasons."""
        import pandas as pd

        rows = []
        for week in self.weeks:
            for each in week.happenings:
                row: Row = {"week": week.number} | each._asdict()
                row |= {"by": " ".join(each.by), "to": " ".join(each.to)}
                row["reasons"] = "; ".join(f"{because.log_odds:+.3f} {because.mechanism}" for because in each.reasons)
                rows.append(row)
        return pd.DataFrame(rows, columns=["week", *Happening._fields]).drop(columns="short")

    @property
    def replicates(self) -> int:
        """One, for manifests and figures."""
        return 1

    @property
    def ending_title(self) -> str:
        return next(ending.title for ending in self.scenario.endings if ending.name == self.ending)


def story(source: World | Scenario | Record, replicate: int, seed: int = 1, weeks: tuple[int, int] | None = None,
          chosen: str = "") -> Story:
    """Runs a replicate again and tells it; `weeks` are the first and the last one told, from 1, all by default.

    Of a `Record` the seed is its own, and the history must be the run's: `Different` is raised where outcomes or
    ending are others. Raises `InputError` for a replicate that the run does not have, or weeks beyond the horizon.
    """
    started = time.monotonic()
    record = source if isinstance(source, Record) else None
    if record:
        check_replicate(record, replicate)
        source, seed = record.scenario, record.seed
    world = source if isinstance(source, World) else compile_world(source)  # type: ignore[arg-type]
    first, last = check_weeks(weeks, world.weeks)
    model = Observed(world, replicate, seed)
    try:
        told: list[Week] = []
        while model.state.week < world.weeks:
            model.step()
            if first <= model.state.week <= last:
                told.append(_week(model))
        history = model.history()
        outcomes = {name: measure(outcome, history) for name, outcome in world.scenario.outcomes.items()}
        place = int(assign_endings(world.scenario.endings, history)[0])
        ending = world.scenario.endings[place].name
        settled = frozenset(_settled(world, history, place))
        theory = model.theory
    finally:
        model.release()
    if record:
        verify(record, replicate, outcomes, ending)
    return Story(world.scenario, seed, replicate, theory, tuple(_with_tension(told, history)),
                 {name: float(values[0]) for name, values in outcomes.items()}, ending, True if record else None,
                 time.monotonic() - started, chosen, settled)


def _settled(world: World, history: History, place: int) -> Iterator[tuple[str, date]]:
    for row in settling(world.scenario.endings, place, history).tolist():
        column = world.columns[int(history.column[row])]
        yield column.option or column.name, world.start + timedelta(days=int(history.day[row]))


def check_replicate(record: Record, replicate: int) -> None:
    """Raises `InputError` for a replicate that the run does not have."""
    if not 0 <= replicate < record.replicates:
        raise InputError(f"replicate {replicate} is not in this run, whose {record.replicates:,} are numbered 0 to "
                         f"{record.replicates - 1}")


def check_weeks(weeks: tuple[int, int] | None, most: int) -> tuple[int, int]:
    """The first and the last week, from 1; raises `InputError` for those that the scenario does not have."""
    first, last = weeks or (1, most)
    if not 1 <= first <= last <= most:
        raise InputError(f"weeks {first}:{last} are not in this scenario, whose weeks are 1:{most}")
    return first, last


# The same history?

class Different(Exception):
    """A replicate run again is not the history that the run has. `rows` name what differs, in the run and again."""

    def __init__(self, record: Record, replicate: int, rows: Sequence[tuple[str, str, str]]):
        self.rows = list(rows)
        told = "; ".join(f"{name} was {before or 'void or never'}, is {now or 'void or never'}"
                         for name, before, now in self.rows[:3])
        more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
        super().__init__(f"replicate {replicate} is not the history that {record.folder} has: {told}{more}. "
                         f"{_versions(record)}")


def verify(record: Record, replicate: int, outcomes: Mapping[str, NDArray[np.float64]], ending: str) -> None:
    """Raises `Different` unless outcomes and ending are those of the run's outcomes.csv, to its last digit."""
    scenario = record.scenario
    names = [*scenario.outcomes, "ending"]
    now = [cells(outcomes[name], outcome.kind, scenario.start)[0] for name, outcome in scenario.outcomes.items()]
    rows = [(name, before, after) for name, before, after in
            zip(names, record.row(replicate), [*now, ending], strict=True) if before != after]
    if rows:
        raise Different(record, replicate, rows)


def _versions(record: Record) -> str:
    """What about this installation is not as it was when the run was made."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from sim import __version__

    now = {"diplomacy-simulator": __version__, "python": platform.python_version()}
    for package in record.versions.keys() - now.keys():
        try:
            now[package] = version(package)
        except PackageNotFoundError:
            now[package] = "missing"
    other = [f"{name} {before} (now {now[name]})" for name, before in record.versions.items() if before != now[name]]
    made = f"It was made with {', '.join(other)}" if other else "All versions are the same, so the code has changed"
    return f"{made}; run the scenario again."


# Telling

def _week(model: Observed) -> Week:
    """The week that the model has just stepped through."""
    world, number = model.world, model.state.week
    start = world.start + timedelta(weeks=number - 1)
    done, near = model.notable(NEARLY, WITHIN)
    taken = {each.decision.column: each for each in done}
    happenings = []
    for log in model.log[-2:]:
        for column, _, _, day, days, size in zip(*(part.tolist() for part in log), strict=True):
            happenings.append(_happening(model, column, world.start + timedelta(days=day), days, size,
                                         taken.get(column)))
    happenings.sort(key=lambda each: each.day)
    nearly = tuple(_happening(model, each.decision.column, start, 1, 1.0, each)
                   for each in near)
    return Week(number, start, tuple(happenings), nearly, {})


def _happening(model: Observed, column: int, day: date, days: int, size: float, weighed: Weighed | None) -> Happening:
    world, what = model.world, model.world.columns[column]
    kind = "announcement" if what.announces else "event" if what.event else "option" if what.option else "succession"
    head = Happening(day, days, size, kind, what.option or what.name, wording.deed(world.scenario, what), what.by,
                     what.to, what.action)
    if weighed is None:
        return head
    reasons = _because(world.scenario, model.sum_of(weighed.decision, weighed.decider)) if weighed.decider else ()
    return head._replace(decider=weighed.decider, base=weighed.base, log_odds=weighed.log_odds,
                         probability=weighed.probability, uniform=weighed.uniform, short=max(weighed.short, 0.0),
                         reasons=reasons)


def _because(scenario: Scenario, own: Sum) -> tuple[Because, ...]:
    return tuple(Because(name, wording.mechanism(scenario, name, name in own.absent()), log_odds)
                 for name, log_odds in list(own.by_mechanism().items())[:REASONS] if abs(log_odds) >= FAINT)


def _with_tension(weeks: Sequence[Week], history: History) -> Iterator[Week]:
    from dataclasses import replace

    world = history.world
    track = np.concatenate([history.begins["tension"][None], history.levels["tension"]])[:, :, 0].astype(float)
    for week in weeks:
        yield replace(week, tension={f"{a}–{b}": (before, after) for (a, b), before, after in
                                     zip(world.dyads, track[week.number - 1].tolist(), track[week.number].tolist(),
                                         strict=True)})


# Results

def as_record(told: Story) -> Row:
    """The story as it is printed."""
    scenario = told.scenario
    outcomes = {name: cells(np.array([value]), scenario.outcomes[name].kind, scenario.start)[0] or None
                for name, value in told.outcomes.items()}
    for name, text in outcomes.items():
        if text is not None and scenario.outcomes[name].kind != "date":
            outcomes[name] = float(text)  # type: ignore[assignment]
    return {"schema": SCHEMA, "scenario": scenario.name, "title": scenario.title, "seed": told.seed,
            "replicate": told.replicate, "chosen": told.chosen, "theory": told.theory, "ending": told.ending,
            "same": told.same, "outcomes": outcomes,
            "weeks": [{"week": week.number, "start": week.start.isoformat(),
                       "tension": {dyad: after for dyad, (_, after) in week.tension.items()},
                       "happenings": [_record(each) for each in week.happenings],
                       "nearly": [_record(each) for each in week.nearly]} for week in told.weeks]}


def _record(each: Happening) -> Row:
    row = each._asdict() | {"day": each.day.isoformat(), "reasons": [reason._asdict() for reason in each.reasons]}
    return plain(row)


def figure(told: Story) -> Figure:
    """The replicate's time line: tension, and a strip of events and of the gravest and kindest deeds."""
    from sim.figures.why import Mark, time_line

    scenario, weeks = told.scenario, told.weeks
    told_of = [each for week in weeks for each in week.happenings]
    settled = {each.words for each in told_of if (each.name, each.day) in told.settled}
    marks = [Mark(each.words, each.day, each.days, each.kind == "event") for each in told_of
             if each.kind != "option" or each.words in settled or _weighs(scenario.actions[each.action])]
    kept = _striking(scenario, told_of, {mark.row for mark in marks}, settled)
    dyads = list(weeks[0].tension)
    tension = {"–".join(wording.party(scenario, code) for code in dyad.split("–")):
               [weeks[0].tension[dyad][0], *(week.tension[dyad][1] for week in weeks)] for dyad in dyads}
    marks = sorted((mark for mark in marks if mark.row in kept), key=lambda mark: kept.index(mark.row))
    return time_line(told, f"Replicate {told.replicate}: {told.ending_title}",
                     "One history of many, not the likeliest one. Lines: tension between each two countries, −10 "
                     "cooperative to +10 hostile; the others in grey. Strip: triangles are events, dots what "
                     "countries decided to do, what settles the ending first, then what weighs most, at most "
                     f"{STRIP} of each; other mere words are left out.",
                     weeks[0].start, len(weeks), tension, marks)


def _weighs(action: catalog.Action) -> bool:
    """Whether it is a deed, or words that weigh as much, such as a summit."""
    return not action.verbal or abs(action.goldstein) >= DEED


def _striking(scenario: Scenario, happenings: Sequence[Happening], rows: set[str], settled: set[str]) -> list[str]:
    """The rows of a strip: events in the order of dates, then deeds by how far from neutral they are and, of those
    alike, the rarer first; of both, those that settle the ending always."""
    events = list(dict.fromkeys(each.words for each in happenings if each.kind != "option" and each.words in rows))
    scores = {each.words: scenario.actions[each.action].goldstein for each in happenings
              if each.kind == "option" and each.words in rows}
    times = Counter(each.words for each in happenings)
    deeds = sorted(scores, key=lambda words: (words not in settled, -abs(scores[words]), times[words], words))
    first = set(sorted(events, key=lambda words: words not in settled)[:STRIP])
    return [*(words for words in events if words in first), *deeds[:STRIP]]


def write(told: Story, folder: Path, command: str = "") -> None:
    """Writes the story, its table and the figure to `folder`, as `sim.store.write` does."""
    leave(KIND, told, folder, command, {"happenings": told.table}, {"story": as_record(told)},
          {"time_line": figure(told)})
