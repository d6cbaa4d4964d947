"""Naive forecasters of a series of weeks: they know in which weeks it happened so far, and no model."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from sim.arrays import Array, Bools
from sim.record.baselines import Series
from sim.record.plan import monday
from sim.record.scores import shrunk

NAMES = ("last_52_weeks", "persistence", "last_week", "all_weeks", "coin")


class Past(NamedTuple):
    """Weeks of a series, from a Monday on."""

    first: date
    happened: Bools

    def week(self, day: date) -> int:
        """Number of a day's week."""
        return (monday(day) - self.first).days // 7


def past(series: Series, until: date) -> Past:
    """The weeks of a series up to that of the day `until`."""
    first = monday(series.entry.since + timedelta(days=6))
    happened = np.zeros((monday(until) - first).days // 7 + 1, dtype=bool)
    weeks = [(day - first).days // 7 for day in series.days]
    happened[[week for week in weeks if 0 <= week < len(happened)]] = True
    return Past(first, happened)


def probabilities(happened: Bools, weeks: int) -> dict[str, Array]:
    """What those say of so many weeks ahead who know in which weeks (W,) it happened so far, by name, (weeks,):

    `last_52_weeks` the rate of these goes on; `persistence` that of the last window of the same length; `last_week`
    this week depends on the last as it always did, and so on from week to week; `all_weeks` the rate since the record
    began; `coin` one half. All rates have Jeffreys' prior.
    """
    def rate(weeks_back: int) -> Array:
        return shrunk(happened[-weeks_back:].sum(), min(weeks_back, len(happened)))

    before, now = happened[:-1], happened[1:]
    after_one, after_none = (shrunk(now[before == state].sum(), (before == state).sum()) for state in (True, False))
    chain, p = [], float(happened[-1])
    for _ in range(weeks):
        p = float(p * after_one + (1 - p) * after_none)
        chain.append(p)
    level = np.ones(weeks)
    return {"last_52_weeks": rate(52) * level, "persistence": rate(weeks) * level, "last_week": np.array(chain),
            "all_weeks": rate(len(happened)) * level, "coin": 0.5 * level}


def numbers(happened: Bools, weeks: int) -> Array:
    """How many of so many weeks there will be if the rate of the last 52 goes on: even quantiles, beta-binomial."""
    from scipy.stats import betabinom

    recent = happened[-52:]
    up_to = betabinom(weeks, recent.sum() + 0.5, len(recent) - recent.sum() + 0.5).cdf(np.arange(weeks))
    return np.searchsorted(up_to, (np.arange(500) + 0.5) / 500).astype(np.float64)
