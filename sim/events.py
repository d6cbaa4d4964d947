"""Events: what has just happened when a scenario starts, and what each week brings."""

from __future__ import annotations

import numpy as np

from sim.arrays import REAL, Array, Ints
from sim.calendar import past_events
from sim.draws import Draws, again
from sim.occurrences import Occurrences
from sim.politics import announce, succeed, vote
from sim.state import GOLDSTEIN, State
from sim.world import DRAWN, World

#: What else the variate that decided a chance event is used for, see `again`.
DAY, DAYS = range(2)


def just_happened(world: World, state: State, draws: Draws) -> None:
    """Sets the state to what the events before the start have left."""
    for name, _ in past_events(world.scenario):
        instance, column = world.calendar.by_event()[name][0], world.event_column[name]
        date = state.date[instance]
        who = np.flatnonzero(date < 0)
        ago = np.maximum(-(date[who] // 7), 0)
        for (kind, row), value in world.effects.of(column).items():
            if kind == "conduct_now":
                _remember(state, row, np.clip(value, -GOLDSTEIN, GOLDSTEIN), who, ago)
            else:
                left = _keep(state, kind, row)[who] ** ago
                state.moved[state.parts[kind].start + row, who] += REAL(value) * left
        state.bound()
        past = Occurrences(world, state)
        past.add(column, who, date[who], _days(world, name, "0", draws, who))
        past.note()
        _persuade(world, state, name, who, state.keep["stance"][who] ** ago)


def _keep(state: State, kind: str, row: int) -> Array:
    """What a week leaves of an effect, (R,); baselines keep all."""
    by_row = {"cue": state.keep_cue, "status_quo": state.keep_issue}
    return by_row[kind][row] if kind in by_row else state.keep.get(kind, np.ones(state.replicates, dtype=REAL))


def _remember(state: State, row: int, score: float, who: Ints, ago: Ints) -> None:
    """Leaves in both memories what is left of one act of conduct some weeks ago, beyond the usual of that week."""
    kind, pair = divmod(row, state.usual.shape[1])
    keep = state.keep_conduct[:, 0, 0, who]
    left = (1 - keep) * keep ** np.maximum(ago - 1, 0)
    state.conduct[:, kind, pair, who] += left * (REAL(score) - state.usual[kind, pair, who])


def fall_due(world: World, state: State, draws: Draws, now: Occurrences) -> None:
    """Dated events, chance events, elections and the steps of successions that this week brings."""
    monday = 7 * state.week
    near = np.flatnonzero((state.soonest < monday + 7) & (state.latest >= monday))
    date = state.date[near]
    at, who = np.nonzero((date >= monday) & (date < monday + 7) & state.planned[near])
    at = near[at]
    day, days = state.date[at, who], world.dated.days[at]
    for row in np.unique(at):
        instance, part = world.calendar.instances[row], slice(*np.searchsorted(at, (row, row + 1)))
        if days[part.start] == DRAWN:
            days[part] = _days(world, instance.event, instance.label, draws, who[part])
        if world.dated.political[row]:
            _take_effect(world, state, draws, instance.event, instance.label, who[part], day[part])
    now.add(world.dated.columns[at], who, day, days, state.portion[at, who])
    state.planned[at, who] = False
    for name, rate in world.calendar.chances:
        uniform = draws.uniform(f"events.{name}", state.week)
        who = np.flatnonzero(uniform < state.inputs[rate])
        uniform = uniform[who]
        day = monday + (7 * again(uniform, DAY)).astype(np.intp)
        days = np.maximum(np.rint(world.scenario.events[name].days.ppf(again(uniform, DAYS))), 1).astype(np.intp)
        now.add(world.event_column[name], who, day, days)
        if name in world.vacating:
            announce(world, state, world.vacating[name], who, day, uniform)
        _persuade(world, state, name, who)
    succeed(world, state, now)


def _take_effect(world: World, state: State, draws: Draws, name: str, label: str, who: Ints, day: Ints) -> None:
    """What a dated event does beyond occurring: returns seats, makes leaders go, moves stances."""
    if world.scenario.events[name].election:
        voting = np.zeros(state.replicates, dtype=bool)
        voting[who] = True
        vote(world, state, draws, name, label, voting)
    if name in world.vacating:
        announce(world, state, world.vacating[name], who, day, draws.uniform(f"events.{name}/succession/{label}")[who])
    _persuade(world, state, name, who)


def _days(world: World, event: str, label: str, draws: Draws, who: Ints) -> Ints:
    quantity = world.scenario.events[event].days
    uniform = np.zeros(len(who)) if quantity.fixed else draws.uniform(f"events.{event}/days/{label}")[who]
    return np.maximum(np.rint(quantity.ppf(uniform)), 1).astype(np.intp)


def _persuade(world: World, state: State, event: str, who: Ints, kept: Array | None = None) -> None:
    """Moves the stances that an event moves; `kept` is what is left of it by now, per replicate."""
    for code, shifts in world.scenario.events[event].stances.items():
        c = world.index.country[code]
        for issue, shift in shifts.items():
            k = world.index.issue[issue]
            moved = state.stance[c, k, who] + shift * (1 if kept is None else kept)
            state.stance[c, k, who] = np.clip(moved, -1, 1)
