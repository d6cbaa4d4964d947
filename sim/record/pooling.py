"""Partial pooling: a rate counted in several years, and what that says about the next one.

Years differ. Each has its own rate, drawn from a beta distribution around the common one, and its count is binomial
(a beta-binomial model). How far years lie apart is estimated too, so that equal years are pooled and different years
leave the next one wide open. Two unknowns, so the posterior is summed over a grid; nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import betaln

from sim.arrays import Array

#: Points of the grid: common rates, and spreads between years.
RATES, SPREADS = 192, 48


class Pooled(NamedTuple):
    """A rate fitted to yearly counts."""

    mean: float  # of the rate
    sd: float  # of the next year's own rate: how uncertain the common one is, and how far years differ
    error: float  # of the common rate alone
    between: float  # standard deviation of yearly rates around the common one
    years: int
    n: int  # weeks, or whatever was counted in


def jeffreys(count: float, n: float) -> tuple[float, float]:
    """Mean and standard deviation of a rate after `count` of `n`, from Jeffreys' prior Beta(1/2, 1/2)."""
    mean = (count + 0.5) / (n + 1)
    return mean, float(np.sqrt(mean * (1 - mean) / (n + 2)))


def pooled(counts: Sequence[float], of: Sequence[float]) -> Pooled:
    """The rate behind `counts`, year by year, `of` so many weeks each; years of no weeks are left out.

    One year says nothing about others, and gives Jeffreys' answer. Raises `ValueError` for counts that cannot be.
    """
    k, n = np.asarray(counts, dtype=np.float64), np.asarray(of, dtype=np.float64)
    if k.shape != n.shape or k.ndim != 1 or not (n > 0).any() or (k < 0).any() or (k > n).any():
        raise ValueError(f"counts {list(counts)} of {list(of)}; needed is one count from 0 to n for each year, "
                         "and a week or more in all")
    k, n = k[n > 0], n[n > 0]
    if len(k) == 1:
        mean, sd = jeffreys(k[0], n[0])
        return Pooled(mean, sd, sd, 0.0, 1, int(n[0]))
    rates, spreads, weights = _posterior(k, n)
    # Of all the variance that a rate can have, m (1 - m), the share spread² lies between years.
    between = rates * (1 - rates) * spreads**2
    mean = float((weights * rates).sum())
    error = float((weights * (rates - mean) ** 2).sum())
    varied = float((weights * between).sum())
    return Pooled(mean, float(np.sqrt(error + varied)), float(np.sqrt(error)), float(np.sqrt(varied)), len(k),
                  int(n.sum()))


def _posterior(k: Array, n: Array) -> tuple[Array, Array, Array]:
    """Common rates (RATES, 1), relative spreads (1, SPREADS) and the posterior's weights (RATES, SPREADS).

    The common rate has Jeffreys' prior, whose quantiles the grid is even in. The spread between years, relative to
    the greatest there could be, has a prior on the standard deviation (as Gelman 2006 advises) that falls evenly from
    none to the greatest, where every year would be all or nothing.
    """
    rates = np.sin(np.pi / 2 * _middles(RATES))[:, None] ** 2
    spreads = _middles(SPREADS)[None, :]
    size = spreads**-2 - 1
    a, b = (rates * size)[..., None], ((1 - rates) * size)[..., None]
    log = (betaln(a + k, b + n - k) - betaln(a, b)).sum(axis=-1)
    weights = np.exp(log - log.max()) * (1 - spreads)
    return rates, spreads, weights / weights.sum()


def _middles(points: int) -> Array:
    return (np.arange(points) + 0.5) / points
