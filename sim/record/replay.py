"""The record replayed: a model in which happens what happened, and what its own features make of that.

Decisions are not taken but read from the record; what they leave behind, and what is open in which week, is left to
the engine (`sim.state`, `sim.features`, `sim.occurrences`, `sim.deciding.exists`). So a fit on what comes out here is a
fit of the very equation that simulates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np

from sim import catalog
from sim.arrays import Array, Bools, Ints
from sim.compiler import compile_world
from sim.deciding import exists
from sim.errors import InputError
from sim.model import DiplomacyModel
from sim.occurrences import Occurrences
from sim.record.plan import Plan, Process, complete, monday
from sim.scenario import Scenario
from sim.world import World

#: In front of the names of what stands for a series that has no option of its own.
STAND_IN = "record: "


class Happened(NamedTuple):
    """What the record says of one series: the column that it enters, and its days from the first Monday."""

    column: int
    days: Ints
    decided: bool  # taken by countries in its week; otherwise it falls due


@dataclass(frozen=True)
class Observed:
    """What the replay saw of one process: T weeks, K options, M responses.

    An option's log-odds are base[k] + Σ_m strength[m] · weight[k, m] · trace[t, m] + tempo[k] · strength · tanh(y[t]).
    """

    first: date  # the first Monday
    options: tuple[str, ...]
    responses: tuple[str, ...]
    happened: Bools  # (T, K)
    open: Bools  # (T, K): whether flags, leaders and pauses allowed it
    trace: Array  # (T, M): the cue that each response looks at
    due: Array  # (T, M): what fell due in that week added to it
    weight: Array  # (K, M)
    tempo: Array  # (K,)
    keep: Array  # (M,): what a week leaves of a trace
    size: Array  # (K, M): what each option adds to a trace
    pause: Ints  # (K,): least weeks from one time an option is taken to the next

    def __len__(self) -> int:
        return len(self.happened)

    @property
    def any(self) -> Bools:
        """Weeks in which any of the options was taken, (T,)."""
        return np.asarray(self.happened.any(axis=1))

    def until(self, weeks: int) -> Observed:
        """The first so many weeks alone."""
        parts = {name: getattr(self, name)[:weeks] for name in ("happened", "open", "trace", "due")}
        return replace(self, **parts)

    def since(self, week: int) -> Observed:
        """The weeks from this one on."""
        parts = {name: getattr(self, name)[week:] for name in ("happened", "open", "trace", "due")}
        return replace(self, first=self.first + timedelta(weeks=week), **parts)

    def week(self, day: date) -> int:
        """The number of a day's week."""
        return (monday(day) - self.first).days // 7

    def next_trace(self) -> Array:
        """The traces (M,) that the last week leaves to the next, before anything falls due."""
        return self.left(self.trace[-1][:, None], self.happened[-1][:, None])[:, 0]

    def left(self, trace: Array, taken: Array) -> Array:
        """What is left of traces (M, R) by the next week, after a week in which options (K, R) were taken."""
        return np.minimum(trace * self.keep[:, None] + self.size.T @ taken, 1)


class Replay(DiplomacyModel):
    """A model of one replicate with every input at its centre, in which happens what the record says."""

    def __init__(self, world: World, happened: Iterable[Happened]):
        inputs = world.inputs
        centres = {inputs.paths[row]: np.array([inputs.quantities[row].centre]) for row in inputs.drawn}
        super().__init__(world, given=centres)
        self.by_week: dict[int, list[tuple[Happened, int]]] = {}
        for series in happened:
            for day in series.days.tolist():
                self.by_week.setdefault(day // 7, []).append((series, day))
        self.open = np.ones(len(world.decisions.options), dtype=bool)

    def step(self) -> None:
        """One week, as the engine's own but for the decisions."""
        now = self.by_week.get(self.state.week, [])
        due, decided = (self._entered(now, decided) for decided in (False, True))
        due.apply()
        self.perceive()
        options = np.arange(len(self.open))
        self.open = exists(self.world, self.state, options, np.zeros_like(options))
        self.state.relax(self.draws, self.world)
        decided.apply()
        self.state.remember()
        self.state.week += 1

    def _entered(self, now: Sequence[tuple[Happened, int]], decided: bool) -> Occurrences:
        """This week's occurrences that were decided on, or those that fell due. Each option is taken once a week."""
        entered = Occurrences(self.world, self.state)
        own = [(series.column, day) for series, day in now if series.decided == decided]
        for column, day in own if not decided else dict(own).items():
            entered.add(column, np.zeros(1, dtype=np.intp), day)
            if decided:
                self.state.last_week[self.world.option_columns == column, 0] = self.state.week
        return entered


def replayed(plan: Plan, process: Process, scenario: Scenario, until: date) -> Observed:
    """What the engine makes of the record from the process's first week to the last that is over on the day `until`."""
    first = monday(process.since)
    weeks = complete(first, until)
    if weeks < 1:
        raise InputError(f"the record of this process begins on {first}, after {until}")
    stand_ins = {STAND_IN + name: series.event for name, series in plan.series.items() if series.event}
    world = stage(scenario, first, weeks, stand_ins)
    model = Replay(world, _happened(plan, world, first, until))
    try:
        return _observe(model, plan, process, first, weeks)
    finally:
        model.release()


def stage(scenario: Scenario, first: date, weeks: int, stand_ins: Mapping[str, Any]) -> World:
    """The scenario's world without events of its own, from another Monday on, with options that nobody ever takes but
    through which the record's events can occur."""
    head = scenario.head.model_copy(update={"start": first, "weeks": weeks, "events": {}, "outcomes": {},
                                            "endings": scenario.endings[-1:]})
    never = {"rate": 0, "reference_class": "stands for the record", "source": "judgement"}
    added = {name: catalog.Option.model_validate({"action": event.action, "by": event.by, "to": event.to,
                                                  "base": never, "source": "judgement"})
             for name, event in stand_ins.items()}
    return compile_world(replace(scenario, head=head, events={}, options={**scenario.options, **added}))


def _happened(plan: Plan, world: World, first: date, until: date) -> list[Happened]:
    columns = {column.option: c for c, column in enumerate(world.columns) if column.option}
    found = []
    for name, series in plan.series.items():
        column = columns.get(series.option or STAND_IN + name)
        if column is not None:  # otherwise it stands for nothing, or for something that is not in force
            days = [(day - first).days for day in plan.days(name) if first <= day <= until]
            found.append(Happened(column, np.array(days, dtype=np.intp), bool(series.option)))
    return found


def _observe(model: Replay, plan: Plan, process: Process, first: date, weeks: int) -> Observed:
    world, responses = model.world, tuple(process.responses)
    number = {option.name: o for o, option in enumerate(world.decisions.options)}
    if missing := [name for name in process.options if name not in number]:
        raise InputError(f"option {missing[0]} is not in force in {world.scenario.name}")
    options = np.array([number[name] for name in process.options])
    cues = np.array([world.index.cue[_cue(world, name)] for name in responses], dtype=np.intp)
    happened = np.zeros((weeks, len(options)), dtype=bool)
    for k, series in enumerate(process.options.values()):
        days = [(day - first).days // 7 for day in plan.days(series)]
        happened[[week for week in days if 0 <= week < weeks], k] = True
    trace, due = np.zeros((weeks, len(cues))), np.zeros((weeks, len(cues)))
    allowed = np.ones((weeks, len(options)), dtype=bool)
    sizes = _sizes(world, cues)
    for week in range(weeks):
        model.step()
        keys = model.world.decisions.terms.keys
        trace[week] = [model.features[keys.index(("cue", _cue(world, name))), 0] for name in responses]
        due[week] = sum((sizes[series.column] for series, _ in model.by_week.get(week, []) if not series.decided),
                        np.zeros(len(cues)))
        allowed[week] = model.open[options] | happened[week]
    rows = [world.decisions.options[o].rows[0] for o in options]
    keep = model.state.keep_cue[cues, 0].astype(float)
    return Observed(first, tuple(process.options), responses, happened, allowed, trace, due,
                    np.array([[_weight(world, row, name) for name in responses] for row in rows]),
                    np.array([_weight(world, row, next(iter(process.tempo))) for row in rows]),
                    keep, sizes[world.option_columns[options]], world.pauses[options])


def _cue(world: World, mechanism: str) -> str:
    """The cue that a response looks at."""
    entry = world.scenario.mechanisms.get(mechanism)
    if entry is None or entry.feature is None or entry.feature.cue is None or entry.when:
        raise InputError(f"{mechanism} cannot be fitted: it is no mechanism in force that looks at a cue and no more")
    return entry.feature.cue


def _weight(world: World, row: int, mechanism: str) -> float:
    """The weight with which a mechanism's terms enter a row."""
    terms = world.decisions.terms
    own = [t for t, term in enumerate(terms.terms) if term.mechanism == mechanism]
    return float(terms.matrix[[row]].toarray()[0, own].sum())


def _sizes(world: World, cues: Ints) -> Array:
    """What an occurrence of each column adds to some cues, (columns, M)."""
    return np.array([[world.effects.of(column).get(("cue", int(cue)), 0.0) for cue in cues]
                     for column in range(len(world.columns))])
