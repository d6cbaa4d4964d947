"""Deciding: which options countries take this week, when, and what becomes of dated actions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.arrays import REAL, Array, Ints
from sim.decisions import choice_bases
from sim.draws import Draws, again
from sim.occurrences import Occurrences
from sim.politics import announce
from sim.state import State
from sim.world import QUANTILES, Plan, World

#: What else the variate that decided an option is used for, see `again`.
DAY, LAG, DAYS, SIZE = range(4)
#: Log-odds of what is not taken whatever is drawn, small enough for its exponential.
CLOSED = REAL(-80)
#: Options that are decided together.
TOGETHER = 16
#: Days after which nothing can be a reaction any more, unless its lag says so much.
FRESH = 60
#: Day of a dated action that has been called off.
NOWHERE = 1_000_000


def decide(world: World, state: State, draws: Draws, sums: Array, bases: Array, now: Occurrences) -> None:
    """All options of the week, given each country's sums, and the dated actions whose lead has come.

    An option is taken where its uniform variate u lies below its probability 1 / (1 + e^-L), that is where
    u * (1 + e^-L) is below 1.
    """
    decide_dated(world, state, draws, sums, now)
    odds = world.decisions.option_sums(sums)
    odds += bases
    alone = dict(_exclusive(world, state, draws, odds))
    close(world, state, odds)
    np.maximum(odds, CLOSED, out=odds)
    taken, words = [], []
    # A few options at a time, so that what they need stays within the cache.
    for first in range(0, len(odds), TOGETHER):
        part = slice(first, min(first + TOGETHER, len(odds)))
        uniform = draws.uniforms(world.streams[part], state.week, np.empty(odds[part].shape))
        test = np.exp(-odds[part])
        test += 1
        test = test * uniform
        for option in range(part.start, part.stop):
            if option in alone:
                np.copyto(test[option - first], np.where(odds[option] > CLOSED, alone[option], 2))
        hits = np.flatnonzero(test < 1)
        taken.append(hits + first * state.replicates)
        words.append(uniform.ravel()[hits])
    if taken:
        options, who = np.divmod(np.concatenate(taken), state.replicates)
        _take(world, state, options, who, np.concatenate(words), now)


def _exclusive(world: World, state: State, draws: Draws, odds: Array) -> Iterator[tuple[int, Array]]:
    """Of each option that excludes others, how far along its stretch the variate lies that they share."""
    for members in world.choices:
        uniform = draws.uniform(world.streams[members[0]], state.week)
        yield from zip(members.tolist(), _stretches(odds[members], uniform), strict=True)


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


def close(world: World, state: State, odds: Array) -> None:
    """Closes the options that do not exist this week."""
    paused, every = world.pauses
    odds[paused] = np.where(state.last_week[paused] > state.week - every[:, None], CLOSED, odds[paused])
    for limit in world.limits:
        closed = np.zeros(state.replicates, dtype=bool)
        for flag, wanted in limit.flags:
            closed |= state.flag[flag] != wanted
        for country, leader, wanted in limit.leaders:
            closed |= (state.leader[country] == leader) != wanted
        for country in limit.vacates:
            closed |= state.successor[country] >= 0
        np.copyto(odds[limit.option], CLOSED, where=closed)


def _take(world: World, state: State, options: Ints, who: Ints, uniform: Array, now: Occurrences) -> None:
    """Enters the options taken, with their dates, durations and sizes. `uniform` are the variates that decided."""
    day = 7 * state.week + (7 * again(uniform, DAY)).astype(np.intp)
    _react(world, state, options, who, uniform, day)
    days, size = np.ones(len(options), dtype=np.intp), np.ones(len(options))
    edges = np.searchsorted(options, np.arange(len(world.decisions.options) + 1))
    for option, special in world.specials.items():
        part = slice(edges[option], edges[option + 1])
        if part.start == part.stop:
            continue
        if special.days is not None:
            days[part] = np.maximum(np.rint(special.days.ppf(again(uniform[part], DAYS))), 1)
        if special.size is not None:
            size[part] = special.size.ppf(again(uniform[part], SIZE))
        if special.vacates:
            announce(world, state, special.vacates, who[part], day[part], uniform[part])
    state.last_week[options, who] = state.week
    now.add(world.option_columns[options], who, day, days, size)


def _react(world: World, state: State, options: Ints, who: Ints, uniform: Array, day: Ints) -> None:
    """Dates reactions: a lag after the trigger, if that is this week or later, and within this week at the latest."""
    monday, reactions = 7 * state.week, world.reactions
    for cues, lags in reactions.cues:
        cue = cues[options]
        hits = np.flatnonzero(cue >= 0)
        hits = hits[state.cue_day[cue[hits], who[hits]] >= monday - FRESH]
        if len(hits):
            after = state.cue_day[cue[hits], who[hits]] + reactions.lags[lags[options[hits]], _pick(uniform[hits], LAG)]
            # A reaction to something older is none; one decided this week is dated within it.
            day[hits] = np.where(after >= monday, np.minimum(after, monday + 6), day[hits])


def _pick(uniform: Array, use: int) -> Ints:
    """One of the even quantiles that tables hold."""
    return (QUANTILES * again(uniform, use)).astype(np.intp)


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
        _alter(state, plan, row, who[taken], of, uniform[taken], now)


def _alter(state: State, plan: Plan, row: int, who: Ints, of: Ints, uniform: Array, now: Occurrences) -> None:
    """Carries out the alternatives `of`: announces them, and scales, delays or cancels the dated action."""
    now.add(plan.columns[of], who, 7 * state.week + (7 * again(uniform, DAY)).astype(np.intp))
    state.planned[row, who] = plan.holds[of]
    state.portion[row, who] = plan.size[of, _pick(uniform, SIZE)]
    delayed = state.date[row, who] + plan.delay[of, _pick(uniform, DAYS)]
    state.date[row, who] = np.where(plan.holds[of], delayed, NOWHERE)
