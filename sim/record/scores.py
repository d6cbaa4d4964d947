"""Scores of probabilities and of samples against what happened: pure functions of arrays.

Brier score, log score and CRPS are penalties, so less is better in all of them. Each is a line or two, and agrees with
the package `scores` (tests/test_scores.py); docs/decisions/0011-scores-of-our-own.md says why that is not used here.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from sim.arrays import Array

#: Differences that are tested over every pattern of signs, up to 2^EXACT; beyond that over so many drawn ones.
EXACT, FLIPS = 12, 9_999
#: Fewer resolved questions than these say nothing about a difference, or about reliability.
FEWEST, FEWEST_RELIABILITY = 8, 20
#: Bins of a reliability diagram, and how often its bands are drawn.
BINS, RESAMPLES = 5, 2_000


def brier(p: Array | float, happened: Array | float) -> Array:
    """Squared distance of each probability from what happened (1 or 0). Brier 1950."""
    return np.square(np.asarray(p, float) - happened)


def log_score(p: Array | float, happened: Array | float) -> Array:
    """Minus the natural logarithm of the probability given to what happened: the surprise. Good 1952."""
    p = np.asarray(p, float)
    return -np.log(np.where(np.asarray(happened) == 1, p, 1 - p))


def shrunk(yes: Array | float, n: Array | float) -> Array:
    """A probability from a sample with `yes` in `n`, never 0 or 1, so that its log score is finite: Jeffreys' mean."""
    return (np.asarray(yes, float) + 0.5) / (np.asarray(n, float) + 1)


def skill(score: float, reference: float) -> float:
    """How much of the reference's penalty is avoided: 1 perfect, 0 no better, below 0 worse; NaN without reference."""
    return 1 - score / reference if reference > 0 else float("nan")


def crps(sample: Array, observed: float) -> float:
    """Continuous ranked probability score of a sample (R,), taken as the distribution itself: the mean distance to
    what was observed less half that between two of the sample, in its unit. Gneiting and Raftery 2007."""
    ordered = np.sort(np.asarray(sample, float))
    n = len(ordered)
    apart = 2 * np.dot(2 * np.arange(1, n + 1) - n - 1, ordered) / n**2  # mean distance between two members
    return float(np.abs(ordered - observed).mean() - apart / 2)


def pit(sample: Array, observed: float, uniform: float) -> float:
    """Randomised probability integral transform of a count: uniform on [0, 1] if `observed` is one more draw like
    those of the sample (R,). `uniform` in [0, 1] places it within the share that equals it. Czado et al. 2009."""
    sample = np.asarray(sample)
    return float((sample < observed).mean() + uniform * (sample == observed).mean())


def uniformity(values: Array) -> float:
    """How surprising these values in [0, 1] would be if they were uniform: the p-value of Kolmogorov and Smirnov."""
    from scipy.stats import kstest
    return float(kstest(values, "uniform").pvalue)


class Difference(NamedTuple):
    """A mean difference of scores, its standard error, and the p-value that it is none; NaN where `n` is too few."""

    value: float
    error: float
    p: float
    n: int


def paired(scores: Array, reference: Array, seed: int = 1) -> Difference:
    """Scores of two forecasters of the same questions (n,): below 0 the first is better.

    The p-value is that of flipping the sign of each question's difference, as Diebold and Mariano compare forecasts
    but without their large sample: every pattern of signs up to 12 questions, 9,999 drawn ones beyond.
    """
    apart = np.asarray(scores, float) - np.asarray(reference, float)
    n = len(apart)
    if not n:
        return Difference(np.nan, np.nan, np.nan, 0)
    error = float(apart.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    if n < FEWEST:
        return Difference(float(apart.mean()), error, np.nan, n)
    if n <= EXACT:
        signs, own = np.array(list(product((-1, 1), repeat=n))), 0
    else:
        signs, own = np.random.default_rng(seed).choice((-1, 1), size=(FLIPS, n)), 1
    as_far = np.abs(signs @ apart) >= abs(apart.sum()) - 1e-12 * np.abs(apart).sum()
    return Difference(float(apart.mean()), error, float((as_far.sum() + own) / (len(signs) + own)), n)


class Bin(NamedTuple):
    """Questions of similar probability: how many, their mean probability, the share that happened, and between which
    bounds that share lies in 95 of 100 cases if the probabilities are right."""

    n: int
    p: float
    happened: float
    low: float
    high: float


def reliability(p: Array, happened: Array, bins: int = BINS, seed: int = 1) -> list[Bin]:
    """Equally wide bins of the probabilities (n,), without the empty ones, each with its consistency bar: outcomes are
    drawn anew from the probabilities as they are. Bröcker and Smith 2007, who also draw the probabilities anew."""
    p, happened = np.asarray(p, float), np.asarray(happened, float)
    drawn = np.random.default_rng(seed).random((RESAMPLES, len(p))) < p
    place = np.minimum((p * bins).astype(int), bins - 1)
    found = []
    for rows in (place == number for number in np.unique(place)):
        low, high = np.quantile(drawn[:, rows].mean(axis=1), (0.025, 0.975))
        found.append(Bin(int(rows.sum()), float(p[rows].mean()), float(happened[rows].mean()), float(low), float(high)))
    return found
