"""One week: what falls due, what countries decide, and the record of both."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.calendar import past_events
from sim.decisions import choice_bases, expit
from sim.draws import Draws
from sim.inputs import Inputs
from sim.state import NEVER, State
from sim.world import World

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[Any]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

#: Multiplier that turns the digits left over from one use of a uniform variate into another variate.
SPARE = 7919.0


class Occurrences:
    """What occurs in one week: the sizes by column, shape (columns, R), and the rows of the log."""

    def __init__(self, world: World, state: State):
        self.world, self.state = world, state
        self.sizes = np.zeros((len(world.columns), state.inputs.shape[1]))
        self.chunks: list[tuple[Whole, ...]] = []

    def add(self, column: int, who: Whole, day: Whole, days: Any = 1, size: Any = 1.0) -> None:
        """`column` occurs in the replicates `who` on `day`, lasting `days`."""
        if not len(who):
            return
        week = np.full(len(who), self.state.week)
        self.sizes[column, who] = size
        self.chunks.append((np.full(len(who), column), week, who, np.broadcast_to(day, len(who)),
                            np.broadcast_to(days, len(who)), np.broadcast_to(size, len(who))))
        self.trace(column, who, day, days)

    def trace(self, column: int, who: Whole, day: Any, days: Any) -> None:
        """Notes when the column last occurred, for what refers to it later."""
        state, tracks = self.state, self.world.tracks.get(column)
        if tracks is None:
            return
        for cue in tracks.cues:
            state.cue_day[cue, who] = np.maximum(state.cue_day[cue, who], day)
        for row in tracks.lasting:
            state.last_day[row, who] = np.maximum(state.last_day[row, who], day + days - 1)

    def flags(self) -> None:
        """Sets and clears the flags that this week's occurrences set and clear."""
        for column, flag in self.world.effects.raises:
            self.state.flag[flag] |= self.sizes[column] > 0
        for column, flag in self.world.effects.lowers:
            self.state.flag[flag] &= self.sizes[column] == 0

    @property
    def log(self) -> tuple[Whole, ...]:
        """column, week, replicate, day, days, size of everything that occurred."""
        if not self.chunks:
            return tuple(np.zeros(0, dtype=int) for _ in range(6))
        return tuple(np.concatenate(part) for part in zip(*self.chunks, strict=True))


# What falls due

def just_happened(world: World, state: State, draws: Draws) -> None:
    """Sets the state to what the events before the start have left."""
    for name, event in past_events(world.scenario):
        instance = world.calendar.by_event()[name][0]
        date = state.date[instance]
        weeks_ago = -(date.max() // 7)
        past = Occurrences(world, state)
        past.add(world.event_column[name], np.arange(len(draws)), date, _days(world, name, "0", draws))
        effects = world.effects.of(past.sizes)
        fade = {"cue": state.keep_cue ** weeks_ago, "status_quo": state.keep_issue ** weeks_ago,
                "ledger": state.keep["ledger"] ** weeks_ago, "approval": state.keep["approval"] ** weeks_ago}
        for part, kept in fade.items():
            effects[part] *= kept
        impulse = np.clip(effects.pop("conduct").reshape(state.impulse.shape), -10, 10)
        effects["conduct"] = np.zeros(state.impulse.shape)
        state.conduct += (1 - state.keep_conduct) * (impulse - state.usual) * (
            state.keep_conduct ** (weeks_ago - 1)) * (impulse != 0)
        state.add(effects)
        past.flags()


def fall_due(world: World, state: State, draws: Draws, now: Occurrences) -> None:
    """Dated events, chance events, elections and the steps of successions that this week brings."""
    monday = 7 * state.week
    due = (state.date >= monday) & (state.date < monday + 7) & state.planned
    for row in np.flatnonzero(due.any(axis=1)):
        instance = world.calendar.instances[row]
        who = np.flatnonzero(due[row])
        days = _days(world, instance.event, instance.label, draws)
        now.add(world.event_column[instance.event], who, state.date[row, who], days[who], state.portion[row, who])
        state.planned[row, who] = False
        if world.scenario.events[instance.event].election:
            _vote(world, state, draws, instance.event, due[row])
    for name, rate in world.calendar.chances:
        u, p = draws.uniform(f"events.{name}", state.week), state.inputs[rate]
        who = np.flatnonzero(u < p)
        now.add(world.event_column[name], who, monday + np.minimum(np.floor(7 * u[who] / p[who]), 6).astype(int))
    _succeed(world, state, now)


def _days(world: World, event: str, label: str, draws: Draws) -> Whole:
    quantity = world.scenario.events[event].days
    u = np.full(len(draws), 0.5) if quantity.fixed else draws.uniform(f"events.{event}/days/{label}")
    return np.maximum(np.rint(quantity.ppf(u)), 1).astype(int)


def _vote(world: World, state: State, draws: Draws, name: str, voting: Bools) -> None:
    """Returns seats; a coalition short of what it needs has a weak mandate."""
    election = world.scenario.events[name].election
    assert election
    inputs = Inputs()
    for party, poll in election.parties.items():
        inputs.add(f"events.{name}.election.parties.{party}.seats", poll.seats)
    expected = np.clip(inputs.draw(draws), 0, election.contested)
    ours = np.array([poll.coalition for poll in election.parties.values()])
    error = election.common_error.ppf(np.full(len(draws), 0.5)) * _standard(draws.uniform(f"events.{name}/error"))
    swing = np.clip(expected[ours].sum(axis=0) + error, 0, election.contested)
    seats = np.empty_like(expected)
    seats[ours] = _apportion(expected[ours], np.rint(swing))
    seats[~ours] = _apportion(expected[~ours], election.contested - np.rint(swing))
    state.seats[name] = (tuple(election.parties), seats.astype(np.int16))
    margin = np.tanh((seats[ours].sum(axis=0) - election.needed) / election.mandate)
    country = world.index.country[election.country]
    np.copyto(state.mandate[country], margin, where=voting)
    state.approval[country] = np.clip(state.approval[country] + election.approval * margin * voting, -1, 1)


def _standard(u: Array) -> Array:
    from scipy.special import ndtri
    return np.asarray(ndtri(u))


def _apportion(expected: Array, total: Array) -> Array:
    """Whole seats in proportion to what was expected, adding up to `total` in every replicate."""
    running = np.cumsum(np.maximum(expected, 1e-9), axis=0)
    edges = np.rint(running / running[-1] * total)
    return np.diff(edges, axis=0, prepend=0)


def _succeed(world: World, state: State, now: Occurrences) -> None:
    """Successors chosen and taking office this week."""
    sunday = 7 * state.week + 6
    for code, (chosen, taken) in world.step_columns.items():
        c = world.index.country[code]
        pending = state.successor[c] >= 0
        who = np.flatnonzero(pending & (state.chosen_day[c] <= sunday) & (state.chosen_day[c] > NEVER))
        now.add(chosen, who, state.chosen_day[c, who])
        state.chosen_day[c, who] = NEVER
        who = np.flatnonzero(pending & (state.office_day[c] <= sunday))
        now.add(taken, who, state.office_day[c, who])
        leader = state.successor[c, who]
        state.leader[c, who] = leader
        state.successor[c, who] = -1
        state.anchor[c][:, who] = state.anchors[leader, :, who].T
        state.approval[c, who] = state.term_approval[leader, who]


# What countries decide

def decide(world: World, state: State, draws: Draws, sums: Array, bases: Array, now: Occurrences) -> None:
    """All options of the week, given each country's sums, and the dated actions whose lead has come."""
    decisions = world.decisions
    decide_dated(world, state, draws, sums, now)
    odds = decisions.option_sums(sums)
    odds += bases
    uniform = draws.uniforms(world.streams, state.week, np.empty_like(odds))
    chance = expit(odds)
    for members in world.choices:
        chance[members] = _shares(odds[members])
    for option, closed in unavailable(world, state):
        chance[option, closed] = 0
    for members in world.choices:
        for before, member in zip(members, members[1:], strict=False):
            # The alternatives share one variate: each takes the stretch after those before it.
            uniform[member] = uniform[before] - chance[before]
            uniform[member][uniform[before] < chance[before]] = 2
    happens = uniform < chance
    options, who = np.nonzero(happens)
    _take(world, state, options, who, uniform[options, who] / chance[options, who], now)


def _shares(odds: Array) -> Array:
    weights = np.exp(odds)
    total = np.ones_like(weights[0])
    for weight in weights:
        total += weight
    return weights / total


def unavailable(world: World, state: State) -> Any:
    """(option, mask of the replicates in which it does not exist this week)."""
    for limit in world.limits:
        closed = np.zeros(state.leader.shape[1], dtype=bool)
        for flag, wanted in limit.flags:
            closed |= state.flag[flag] != wanted
        for country, leader, wanted in limit.leaders:
            closed |= (state.leader[country] == leader) != wanted
        if limit.every > 1:
            closed |= state.last_week[limit.option] > state.week - limit.every
        for country in limit.vacates:
            closed |= state.successor[country] >= 0
        if closed.any():
            yield limit.option, closed


def _take(world: World, state: State, options: Whole, who: Whole, spare: Array, now: Occurrences) -> None:
    """Enters the options taken, with their dates, durations and sizes. `spare` is uniform given that they are."""
    if not len(options):
        return
    monday = 7 * state.week
    day = np.minimum((7 * spare).astype(int), 6)
    rest = 7 * spare - day
    day += monday
    days, size = np.ones(len(options), dtype=int), np.ones(len(options))
    edges = np.searchsorted(options, np.arange(len(world.decisions.options) + 1))
    for option, special in world.specials.items():
        part = slice(edges[option], edges[option + 1])
        if part.start == part.stop:
            continue
        replicates = who[part]
        for cue, lag in special.lags:
            after = state.cue_day[cue, replicates] + np.rint(special.quantities[lag].ppf(_again(rest[part], 1)))
            # A reaction to something older has come too late to be one; its date stays within the week it is decided in.
            day[part] = np.where(after >= monday, np.minimum(after, monday + 6), day[part])
        if special.days is not None:
            days[part] = np.maximum(np.rint(special.days.ppf(_again(rest[part], 2))), 1)
        if special.size is not None:
            size[part] = special.size.ppf(_again(rest[part], 3))
        now.trace(special.column, replicates, day[part], days[part])
        if special.vacates:
            _announce(world, state, special.vacates, replicates, day[part], rest[part])
        if special.every > 1:
            state.last_week[option, replicates] = state.week
    columns = world.option_columns[options]
    now.sizes[columns, who] = size
    now.chunks.append((columns, np.full(len(options), state.week), who, day, days, size))


def _again(spare: Array, times: int) -> Array:
    """Another uniform variate in (0, 1) from the lower digits of one."""
    return np.clip((spare * SPARE**times) % 1.0, 1e-12, 1 - 1e-12)


def _announce(world: World, state: State, countries: tuple[int, ...], who: Whole, day: Whole, spare: Array) -> None:
    """A leader's going is known: draws who follows, and when."""
    for c in countries:
        country = world.scenario.countries[world.countries[c]]
        if not country.succession:
            continue
        names = list(country.succession.successors)
        numbers = np.array([world.index.leader[name] for name in names])
        weights = np.array([country.succession.successors[name] for name in names])[:, None]
        weights = weights * (numbers[:, None] != state.leader[c, who])
        running = np.cumsum(weights, axis=0)
        pick = (running < _again(spare, 4) * running[-1]).sum(axis=0)
        state.successor[c, who] = numbers[np.minimum(pick, len(numbers) - 1)]
        choose = np.rint(country.succession.choose.ppf(_again(spare, 5)))
        office = np.rint(country.succession.take_office.ppf(_again(spare, 6)))
        # Steps fall into the week after the announcement at the earliest: this week's events are over.
        state.chosen_day[c, who] = np.maximum(day + choose, 7 * (state.week + 1))
        state.office_day[c, who] = np.maximum(state.chosen_day[c, who] + office, state.chosen_day[c, who])


def decide_dated(world: World, state: State, draws: Draws, sums: Array, now: Occurrences) -> None:
    """Dated actions whose lead has come: hold, or one of the alternatives."""
    for name, plan in world.plans.items():
        for row in plan.instances:
            ready = (state.date[row] // 7 - plan.lead <= state.week) & (state.date[row] // 7 > state.week)
            ready &= ~state.decided[row]
            if not ready.any():
                continue
            state.decided[row] |= ready
            odds = choice_bases(state.inputs[plan.rates])
            for a, rows in enumerate(plan.rows):
                if rows:
                    odds[a] += sums[list(rows)].max(axis=0)
            shares = _shares(odds)
            u = draws.uniform(f"events.{name}/decision/{world.calendar.instances[row].label}")
            for share, alternative, column in zip(shares, plan.alternatives, plan.columns, strict=True):
                who = np.flatnonzero(ready & (u >= 0) & (u < share))
                spare = u[who] / share[who]
                _alter(state, row, who, spare, alternative, column, now)
                u = np.where(u < share, -1, u - share)  # those who have chosen are out
    return


def _alter(state: State, row: int, who: Whole, spare: Array, alternative: Any, column: int, now: Occurrences) -> None:
    """Carries out an alternative: announces it, and scales, delays or cancels the dated action."""
    day = 7 * state.week + np.minimum((7 * spare).astype(int), 6)
    now.add(column, who, day)
    if not alternative.holds:
        state.planned[row, who] = False
        return
    state.portion[row, who] = alternative.size.ppf(_again(spare, 1))
    delay = np.rint(alternative.delay.ppf(_again(spare, 2))).astype(int)
    state.date[row, who] += np.maximum(delay, 0)
