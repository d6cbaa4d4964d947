"""Statistics of weekly series, and how uncertain they are: the same functions for what was and for what is simulated.

A series has weeks on its first axis; further axes, such as replicates, are taken one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import beta, chi2

from sim.arrays import Array, Bools
from sim.history import History
from sim.record.pooling import pooled

Interval = tuple[float, float]
YEAR = 52
#: Weeks in a block of the bootstrap, and how many samples are drawn.
BLOCK, SAMPLES = 26, 1000


def occurring(history: History, columns: Bools, lasting: bool = False) -> Bools:
    """(weeks, R): whether an occurrence of these columns begins in the week or, if `lasting`, goes on in it."""
    rows, weeks = history.rows(columns), history.world.weeks
    found = np.zeros((weeks, history.replicates), dtype=bool)
    who, first = history.replicate[rows], history.day[rows] // 7
    last = (history.day[rows] + history.days[rows] - 1) // 7 if lasting else first
    for later in range(int((last - first).max(initial=-1)) + 1):
        week = first + later
        there = (week <= last) & (week < weeks)
        found[week[there], who[there]] = True
    return found


def share_given(series: Bools, condition: Bools, lag: int = 0) -> tuple[Array, Array]:
    """In how many weeks of those for which the condition held `lag` weeks before, and how many those are."""
    then, now = condition[:len(condition) - lag], series[lag:]
    return np.asarray((now & then).sum(axis=0), float), np.asarray(then.sum(axis=0), float)


def yearly(series: Bools) -> Array:
    """Shares of the weeks of each whole year of 52 weeks, (years, …)."""
    years = len(series) // YEAR
    return np.asarray(series[:years * YEAR].reshape(years, YEAR, *series.shape[1:]).mean(axis=1), float)


def autocorrelation(series: Array, lag: int) -> Array:
    """Correlation of the series with itself `lag` weeks later."""
    return _correlation(series[:-lag], series[lag:])


def _correlation(before: Array, after: Array) -> Array:
    before, after = before - before.mean(axis=0), after - after.mean(axis=0)
    spread = np.sqrt((before**2).mean(axis=0) * (after**2).mean(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((before * after).mean(axis=0) / spread)


# 95 % intervals

def of_share(yes: float, n: float) -> Interval:
    """Jeffreys' interval of a share; it reaches 0 or 1 where none or all were."""
    low, high = _ends(beta(yes + 0.5, n - yes + 0.5))
    return 0.0 if yes == 0 else low, 1.0 if yes == n else high


def of_years(counts: Sequence[float], weeks: Sequence[float]) -> Interval:
    """Interval of the rate common to years that differ: a beta distribution with the pooled mean and error."""
    found = pooled(counts, weeks)
    size = found.mean * (1 - found.mean) / found.error**2 - 1
    return _ends(beta(found.mean * size, (1 - found.mean) * size))


def of_spread(values: Array) -> Interval:
    """Interval of a standard deviation, as of normal values."""
    n = len(values) - 1
    low, high = _ends(chi2(n))
    return float(np.sqrt(n / high) * values.std(ddof=1)), float(np.sqrt(n / low) * values.std(ddof=1))


def of_autocorrelation(series: Array, lag: int, seed: int = 1) -> Interval:
    """Interval of the autocorrelation of one series (weeks,), from blocks of half a year drawn with replacement.

    What is drawn are blocks of pairs, a week and that `lag` weeks later, so that no seam lies between the two.
    """
    rng, pairs = np.random.default_rng([seed, lag]), len(series) - lag
    block = min(BLOCK, pairs)
    starts = rng.integers(0, pairs - block + 1, (-(-pairs // block), SAMPLES))
    places = (starts[:, None] + np.arange(block)[:, None]).reshape(-1, SAMPLES)[:pairs]
    low, high = np.quantile(_correlation(series[places], series[places + lag]), [0.025, 0.975])
    return float(low), float(high)


def _ends(law: Any) -> Interval:
    return float(law.ppf(0.025)), float(law.ppf(0.975))
