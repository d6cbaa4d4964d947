"""Events: what has just happened when a scenario starts, and what each week brings."""

from __future__ import annotations

import numpy as np

from sim.arrays import Array, Ints
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
        instance = world.calendar.by_event()[name][0]
        date = state.date[instance]
        weeks_ago, who = np.maximum(-(date // 7), 0), np.flatnonzero(date < 0)
        past = Occurrences(world, state)
        past.add(world.event_column[name], who, date[who], _days(world, name, "0", draws, who))
        columns, _, who, _, _, sizes = past.log
        effects = world.effects.of(columns, who, sizes, state.replicates)
        for part, keep in (("cue", state.keep_cue), ("status_quo", state.keep_issue), ("ledger", state.keep["ledger"]),
                           ("approval", state.keep["approval"])):
            effects[part] *= keep**weeks_ago
        impulse = np.clip(effects.pop("conduct_now").reshape(state.usual.shape), -GOLDSTEIN, GOLDSTEIN)
        left = (1 - state.keep_conduct) * state.keep_conduct ** np.maximum(weeks_ago - 1, 0)
        for kind, pair in np.argwhere(impulse.any(axis=2)):
            unusual = np.where(impulse[kind, pair] != 0, impulse[kind, pair] - state.usual[kind, pair], 0)
            state.conduct[:, kind, pair] += left[:, 0, 0] * unusual
        for part, moved in effects.items():
            state.moved[state.parts[part]] += moved
        state.bound()
        past.note()
        _persuade(world, state, name, who, state.keep["stance"] ** weeks_ago)


def fall_due(world: World, state: State, draws: Draws, now: Occurrences) -> None:
    """Dated events, chance events, elections and the steps of successions that this week brings."""
    monday = 7 * state.week
    at, who = np.nonzero((state.date >= monday) & (state.date < monday + 7) & state.planned)
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
            moved = state.stance[c, k, who] + shift * (1 if kept is None else kept[who])
            state.stance[c, k, who] = np.clip(moved, -1, 1)
