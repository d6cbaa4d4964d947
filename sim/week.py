"""One week: what falls due, what countries decide, and the record of both."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from sim.arrays import REAL, Array, Bools, Ints
from sim.calendar import past_events
from sim.decisions import choice_bases
from sim.draws import Draws
from sim.inputs import Inputs
from sim.state import NEVER, State
from sim.world import QUANTILES, Plan, World

#: Multiplier that turns the digits left over from one use of a uniform variate into another variate.
SPARE = 7919.0
#: Days after which nothing can be a reaction any more, unless its lag says so much.
FRESH = 60


class Occurrences:
    """What occurs in one week: rows of the log, in the order in which they are entered."""

    def __init__(self, world: World, state: State):
        self.world, self.state = world, state
        self.chunks: list[tuple[Ints, ...]] = []

    def add(self, columns: Any, who: Ints, day: Any, days: Any = 1, size: Any = 1.0) -> None:
        """`columns` occur in the replicates `who` on `day`, lasting `days`; all of one length, or one for all."""
        if len(who):
            row = np.ones(len(who), dtype=np.intp)
            self.chunks.append((columns * row, self.state.week * row, who, day * row, days * row,
                                size * np.ones(len(who))))

    def apply(self) -> None:
        """Adds the effects of everything entered to the state, sets flags, and notes when it was."""
        if not self.chunks:
            return
        state, tracks = self.state, self.world.tracks
        columns, _, who, day, days, size = self.log
        state.add(self.world.effects.of(columns, who, size, state.replicates))
        for rows, latest, last in ((tracks.cues, state.cue_day, day), (tracks.lasting, state.last_day, day + days - 1)):
            for places in rows:
                row = places[columns]
                kept = np.flatnonzero(row >= 0)
                np.maximum.at(latest, (row[kept], who[kept]), last[kept])
        flagged = np.flatnonzero(tracks.flagged[columns])
        for changes, value in ((self.world.effects.raises, True), (self.world.effects.lowers, False)):
            for column, flag in changes if len(flagged) else ():
                state.flag[flag, who[flagged[columns[flagged] == column]]] = value

    @cached_property
    def log(self) -> tuple[Ints, ...]:
        """column, week, replicate, day, days, size of everything that occurred; asked for once all is entered."""
        if not self.chunks:
            return tuple(np.zeros(0, dtype=int) for _ in range(6))
        return tuple(np.concatenate(part) for part in zip(*self.chunks, strict=True))


# What falls due

def just_happened(world: World, state: State, draws: Draws) -> None:
    """Sets the state to what the events before the start have left."""
    for name, _ in past_events(world.scenario):
        instance = world.calendar.by_event()[name][0]
        date = state.date[instance]
        weeks_ago, who = -(date // 7), np.flatnonzero(date < 0)
        past = Occurrences(world, state)
        past.add(world.event_column[name], who, date[who], _days(world, name, "0", draws)[who])
        columns, _, who, _, _, sizes = past.log
        effects = world.effects.of(columns, who, sizes, state.replicates)
        fade = {"cue": state.keep_cue ** weeks_ago, "status_quo": state.keep_issue ** weeks_ago,
                "ledger": state.keep["ledger"] ** weeks_ago, "approval": state.keep["approval"] ** weeks_ago}
        for part, kept in fade.items():
            effects[part] *= kept
        impulse = np.clip(effects.pop("conduct").reshape(state.impulse.shape), -10, 10)
        effects["conduct"] = np.zeros(state.impulse.shape)
        state.conduct += (1 - state.keep_conduct) * (impulse - state.usual) * (
            state.keep_conduct ** (weeks_ago - 1)) * (impulse != 0)
        state.add(effects)


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


def _days(world: World, event: str, label: str, draws: Draws) -> Ints:
    quantity = world.scenario.events[event].days
    u = np.full(len(draws), 0.5) if quantity.fixed else draws.uniform(f"events.{event}/days/{label}")
    return np.maximum(np.rint(quantity.ppf(u)), 1).astype(np.intp)


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
    """All options of the week, given each country's sums, and the dated actions whose lead has come.

    An option is taken where its uniform variate u lies below its probability 1 / (1 + e^-L), that is where
    u * (1 + e^-L) is below 1. That product is then itself uniform, and is what dates and sizes are drawn from.
    """
    decide_dated(world, state, draws, sums, now)
    odds = world.decisions.option_sums(sums)
    odds += bases
    uniform = draws.uniforms(world.streams, state.week, np.empty(odds.shape))
    chosen = [(members, _stretches(odds[members], uniform[members[0]].copy())) for members in world.choices]
    product = np.exp(np.negative(odds, out=odds), out=odds) + REAL(1)
    product = np.multiply(product, uniform, out=uniform)
    for members, stretches in chosen:
        product[members] = stretches
    close(world, state, product)
    taken = np.flatnonzero(product < 1)
    options, who = np.divmod(taken, state.replicates)
    _take(world, state, options, who, product.ravel()[taken], now)


def _stretches(odds: Array, uniform: Array) -> Array:
    """For exclusive alternatives sharing one variate: how far along each one's stretch it lies, 2 where outside."""
    along = np.empty(odds.shape)
    before = np.zeros_like(uniform)
    for a, share in enumerate(_shares(odds)):
        along[a] = (uniform - before) / share
        before += share
    along[along < 0] = 2
    return along


def _shares(odds: Array) -> Array:
    weights = np.exp(odds)
    total = np.ones_like(weights[0])
    for weight in weights:
        total += weight
    return weights / total


def close(world: World, state: State, product: Array) -> None:
    """Closes the options that do not exist this week: what is 2 or more is not taken."""
    paused, every = world.pauses
    product[paused] += 2 * (state.last_week[paused] > state.week - every[:, None])
    for limit in world.limits:
        closed = np.zeros(state.replicates, dtype=bool)
        for flag, wanted in limit.flags:
            closed |= state.flag[flag] != wanted
        for country, leader, wanted in limit.leaders:
            closed |= (state.leader[country] == leader) != wanted
        for country in limit.vacates:
            closed |= state.successor[country] >= 0
        product[limit.option] += 2 * closed


def _take(world: World, state: State, options: Ints, who: Ints, spare: Array, now: Occurrences) -> None:
    """Enters the options taken, with their dates, durations and sizes. `spare` is uniform given that they are."""
    monday = 7 * state.week
    day = (7 * spare).astype(np.intp)
    rest = 7 * spare - day
    day += monday
    _react(world, state, options, who, rest, day)
    days, size = np.ones(len(options), dtype=np.intp), np.ones(len(options))
    edges = np.searchsorted(options, np.arange(len(world.decisions.options) + 1))
    for option, special in world.specials.items():
        part = slice(edges[option], edges[option + 1])
        if part.start == part.stop:
            continue
        if special.days is not None:
            days[part] = np.maximum(np.rint(special.days.ppf(_again(rest[part], 2))), 1)
        if special.size is not None:
            size[part] = special.size.ppf(_again(rest[part], 3))
        if special.vacates:
            _announce(world, state, special.vacates, who[part], day[part], rest[part])
    state.last_week[options, who] = state.week
    now.add(world.option_columns[options], who, day, days, size)


def _react(world: World, state: State, options: Ints, who: Ints, rest: Array, day: Ints) -> None:
    """Dates reactions: a lag after the trigger, if that is this week or later, and within this week at the latest."""
    monday, reactions = 7 * state.week, world.reactions
    for cues, lags in reactions.cues:
        cue = cues[options]
        hits = np.flatnonzero(cue >= 0)
        hits = hits[state.cue_day[cue[hits], who[hits]] >= monday - FRESH]
        if len(hits):
            after = state.cue_day[cue[hits], who[hits]] + reactions.lags[lags[options[hits]], _pick(rest[hits], 1)]
            # A reaction to something older is none; one decided this week is dated within it.
            day[hits] = np.where(after >= monday, np.minimum(after, monday + 6), day[hits])


def _pick(spare: Array, times: int) -> Ints:
    """One of the even quantiles that tables hold."""
    return (QUANTILES * _again(spare, times)).astype(np.intp)


def _again(spare: Array, times: int) -> Array:
    """Another uniform variate in (0, 1) from the lower digits of one."""
    return np.clip((spare * SPARE**times) % 1.0, 1e-12, 1 - 1e-12)


def _announce(world: World, state: State, countries: tuple[int, ...], who: Ints, day: Ints, spare: Array) -> None:
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
    rows, leads = world.planned
    ahead = state.date[rows] // 7 - state.week
    ready = (ahead <= leads[:, None]) & (ahead > 0) & ~state.decided[rows]
    for i in np.flatnonzero(ready.any(axis=1)):
        row, who = rows[i], np.flatnonzero(ready[i])
        state.decided[row, who] = True
        instance = world.calendar.instances[row]
        plan = world.plans[instance.event]
        odds = choice_bases(state.inputs[plan.rates[:, None], who])
        for a, weighed in enumerate(plan.rows):
            if weighed:
                odds[a] += sums[np.array(weighed)[:, None], who].max(axis=0)
        uniform = draws.uniform(f"events.{instance.event}/decision/{instance.label}")[who]
        along = _stretches(odds, uniform)
        taken, of = np.nonzero(along.T < 1)
        _alter(state, plan, row, who[taken], of, along[of, taken], now)


def _alter(state: State, plan: Plan, row: int, who: Ints, of: Ints, spare: Array, now: Occurrences) -> None:
    """Carries out the alternatives `of`: announces them, and scales, delays or cancels the dated action."""
    now.add(plan.columns[of], who, 7 * state.week + (7 * spare).astype(np.intp))
    spare = 7 * spare % 1
    state.planned[row, who] = plan.holds[of]
    state.portion[row, who] = plan.size[of, _pick(spare, 1)]
    state.date[row, who] += plan.delay[of, _pick(spare, 2)]
