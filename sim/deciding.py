"""Deciding: which options countries take this week, when, and what becomes of dated actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from sim.arrays import REAL, Array, Bools, Ints
from sim.decisions import choice_bases
from sim.draws import STEP, Draws, Words, again, uniform_of
from sim.occurrences import Occurrences
from sim.politics import announce
from sim.state import State
from sim.world import QUANTILES, Plans, World

#: What else the variate that decided an option is used for, see `again`.
DAY, LAG, DAYS, SIZE = range(4)
#: Steps in which a variate is drawn.
STEPS = REAL(1 / STEP)
#: Options times replicates that are decided together: few enough that what they need stays within the cache.
TOGETHER = 2**16
#: Day of a dated action that has been called off.
NOWHERE = 1_000_000


def decide(world: World, state: State, draws: Draws, sums: Array, bases: Array, now: Occurrences) -> None:
    """All options of the week, given each country's sums, and the dated actions whose lead has come.

    An option is taken where its uniform variate u lies below its probability 1 / (1 + e^-L), that is where
    u * (1 + e^-L) is below 1; here u is counted in the steps that it is drawn in.
    """
    decide_dated(world, state, draws, sums, now)
    alone = dict(_exclusive(world, state, draws, sums, bases))
    rows = max(TOGETHER // state.replicates, 1)
    found = [_hits(world, state, draws, sums, bases, alone, first, min(first + rows, len(bases)))
             for first in range(0, len(bases), rows)]
    if found:
        hits, words = (np.concatenate(part) for part in zip(*found, strict=True))
        _take(world, state, *_existing(world, state, hits, words), now)


def _hits(world: World, state: State, draws: Draws, sums: Array, bases: Array, alone: dict[int, Array],
          first: int, last: int) -> tuple[Ints, Words]:
    """Where options `first` to `last` (not included) are taken, by option and replicate, and the words that made for
    it."""
    words, test = draws.words(world.streams[first:last], state.week), _odds(world, sums, bases, first, last)
    with np.errstate(over="ignore"):
        np.exp(np.negative(test, out=test), out=test)
        test += 1
        step = words.astype(REAL)
        step += REAL(0.5)
        test *= step
    taken = test < STEPS
    for option in alone.keys() & range(first, last):
        taken[option - first] = alone[option] < 1
    hits = np.flatnonzero(taken)
    return hits + first * state.replicates, words.reshape(-1).take(hits)


def _odds(world: World, sums: Array, bases: Array, first: int, last: int) -> Array:
    """The log-odds of options `first` to `last` (not included), shape (options, R)."""
    odds = world.decisions.option_sums(sums, first, last)
    odds += bases[first:last]
    return odds


def _exclusive(world: World, state: State, draws: Draws, sums: Array, bases: Array) -> Iterator[tuple[int, Array]]:
    """Of each option that excludes others, how far along its stretch the variate lies that they share."""
    for members in world.choices:
        uniform = draws.uniform(world.streams[members[0]], state.week)
        odds = np.concatenate([_odds(world, sums, bases, option, option + 1) for option in members])
        yield from zip(members.tolist(), _stretches(odds, uniform), strict=True)


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


def _existing(world: World, state: State, hits: Ints, words: Words) -> tuple[Ints, Ints, Array]:
    """Options, replicates and variates of those hits whose options exist this week."""
    options, who = np.divmod(hits, state.replicates)
    there = np.flatnonzero(exists(world, state, options, who))
    if len(there) < len(hits):
        options, who, words = options.take(there), who.take(there), words.take(there)
    return options, who, uniform_of(words)


def exists(world: World, state: State, options: Ints, who: Ints) -> Bools:
    """Which of these options, ascending, exist this week in these replicates."""
    there = np.ones(len(options), dtype=bool)
    edges = _edges(options, world)
    for option, part in _parts(world.pausing, edges):
        there[part] = state.last_week[option].take(who[part]) <= state.week - world.pauses[option]
    for option, part in _parts(world.limits, edges):
        limit, own = world.limits[option], who[part]
        for flag, wanted in limit.flags:
            there[part] &= state.flag[flag].take(own) == wanted
        for country, leader, wanted in limit.leaders:
            there[part] &= (state.leader[country].take(own) == leader) == wanted
        for country in limit.vacates:
            there[part] &= state.successor[country].take(own) < 0
    return there


def _edges(options: Ints, world: World) -> Ints:
    """Where each option begins among ascending ones."""
    return np.searchsorted(options, np.arange(len(world.pauses) + 1))


def _parts(of: Iterable[int], edges: Ints) -> Iterator[tuple[int, slice]]:
    """Those of some options that there are, and where."""
    for option in of:
        if edges[option] < edges[option + 1]:
            yield option, slice(edges[option], edges[option + 1])


def _take(world: World, state: State, options: Ints, who: Ints, uniform: Array, now: Occurrences) -> None:
    """Enters the options taken, with their dates, durations and sizes. `uniform` are the variates that decided."""
    day = 7 * state.week + (7 * again(uniform, DAY)).astype(np.intp)
    _react(world, state, options, who, uniform, day)
    days, size = np.ones(len(options), dtype=np.intp), np.ones(len(options))
    edges = _edges(options, world)
    going: dict[int, list[slice]] = {}
    for option, part in _parts(world.specials, edges):
        special = world.specials[option]
        if special.days is not None:
            days[part] = np.maximum(np.rint(special.days.ppf(again(uniform[part], DAYS))), 1)
        if special.size is not None:
            size[part] = special.size.ppf(again(uniform[part], SIZE))
        for country in special.vacates:
            going.setdefault(country, []).append(part)
    for country, parts in going.items():
        rows = np.r_[tuple(parts)]
        announce(world, state, (country,), who[rows], day[rows], uniform[rows])
    for option, part in _parts(world.pausing, edges):
        state.last_week[option, who[part]] = state.week
    now.add(world.option_columns.take(options), who, day, days, size)


def _react(world: World, state: State, options: Ints, who: Ints, uniform: Array, day: Ints) -> None:
    """Dates reactions: a lag after the trigger, if that is this week or later, and within this week at the latest."""
    monday, reactions, cue_day = 7 * state.week, world.reactions, state.cue_day.reshape(-1)
    for cues, lags, reach in reactions.cues:
        cue = cues.take(options)
        rows = np.flatnonzero(cue >= 0)
        trigger = cue_day.take(cue.take(rows) * state.replicates + who.take(rows))
        option = options.take(rows)
        fresh = np.flatnonzero(trigger >= monday - reach.take(option))
        rows, option, trigger = rows.take(fresh), option.take(fresh), trigger.take(fresh)
        after = trigger + reactions.lags[lags.take(option), _pick(uniform.take(rows), LAG)]
        # A reaction to something older is none; one decided this week is dated within it.
        late = np.flatnonzero(after >= monday)
        day[rows.take(late)] = np.minimum(after.take(late), monday + 6)


def _pick(uniform: Array, use: int) -> Ints:
    """One of the even quantiles that tables hold."""
    return (QUANTILES * again(uniform, use)).astype(np.intp)


def decide_dated(world: World, state: State, draws: Draws, sums: Array, now: Occurrences) -> None:
    """Dated actions whose lead has come: hold, or one of the alternatives."""
    plans, week = world.plans, state.week
    near = np.flatnonzero((state.soonest[plans.instances] // 7 - week <= plans.leads)
                          & (state.latest[plans.instances] // 7 > week))
    instances = plans.instances[near]
    ahead = state.date[instances] // 7 - week
    plan, who = np.nonzero((ahead <= plans.leads[near, None]) & (ahead > 0) & ~state.decided[instances])
    if not len(plan):
        return
    plan = near[plan]
    state.decided[plans.instances[plan], who] = True
    rates, weighed = plans.rates[plan].T, plans.weighed[plan].transpose(1, 2, 0)
    odds = choice_bases(np.where(rates >= 0, state.inputs[rates, who], 0))
    # Declining needs only one: the largest of the parties' sums.
    if len(sums):  # somebody weighs something
        odds += np.where(weighed >= 0, sums[weighed, who], 0).max(axis=1)
    deciding, stream = np.unique(plan, return_inverse=True)
    uniform = draws.uniforms([plans.streams[i] for i in deciding])[stream, who]
    of, taken = np.nonzero(_stretches(odds, uniform) < 1)
    _alter(state, plans, plan[taken], of, who[taken], uniform[taken], now)


def _alter(state: State, plans: Plans, plan: Ints, of: Ints, who: Ints, uniform: Array, now: Occurrences) -> None:
    """Carries out the alternatives `of`: announces them, and scales, delays or cancels the dated action."""
    now.add(plans.columns[plan, of], who, 7 * state.week + (7 * again(uniform, DAY)).astype(np.intp))
    dated, holds = (plans.instances[plan], who), plans.holds[plan, of]
    state.planned[dated] = holds
    state.portion[dated] = plans.size[plan, of, _pick(uniform, SIZE)]
    date = state.date[dated] + plans.delay[plan, of, _pick(uniform, DAYS)]
    state.date[dated] = np.where(holds, date, NOWHERE)
    np.maximum.at(state.latest, plans.instances[plan[holds]], date[holds])
