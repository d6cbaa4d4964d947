"""Weights of forecasters, such as theories, by how well they have foreseen what came.

Scores come in blocks (quarters), since weeks of one quarter are not independent. Uncertainty is that of the Bayesian
bootstrap (Rubin 1981): blocks get random weights, evenly distributed over all that add up to 1.

Two answers (Yao, Vehtari, Simpson and Gelman 2018): pseudo-BMA+ weighs each forecaster by the exponential of its total
log score, averaged over the bootstrap; stacking asks with which weights the mixture would have scored best.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from sim.arrays import Array

SAMPLES = 1000
#: Standard errors by which scores must differ before weights do.
APART = 2.0
#: Steps of the search for the best mixture.
STEPS = 300


class Weights(NamedTuple):
    """A weight for each of K forecasters, and between which ends 90 in 100 bootstrap samples lie, (K,) each."""

    mean: Array
    low: Array
    high: Array


class Pair(NamedTuple):
    """How far the mean scores of two forecasters lie apart, and the standard error of that: below 0 the first is
    better."""

    first: int
    second: int
    difference: float
    error: float

    @property
    def apart(self) -> bool:
        return abs(self.difference) > APART * self.error


def pairs(scores: Array) -> list[Pair]:
    """All pairs of forecasters by their `scores` (blocks, K), which are penalties."""
    found = []
    for first, second in combinations(range(scores.shape[1]), 2):
        gap = scores[:, first] - scores[:, second]
        found.append(Pair(first, second, float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(len(gap)))))
    return found


def equal(scores: Array) -> bool:
    """Whether weights stay equal: no two forecasters' mean scores differ by more than two standard errors."""
    return not any(pair.apart for pair in pairs(scores))


def pseudo_bma(scores: Array, seed: int = 1) -> Weights:
    """Pseudo-BMA+ weights from log scores (blocks, K): totals over a block, as penalties."""
    totals = -len(scores) * _bootstrap(len(scores), seed) @ scores  # (samples, K)
    odds = np.exp(totals - totals.max(axis=1, keepdims=True))
    return _summed_up(odds / odds.sum(axis=1, keepdims=True))


def stacking(chances: Array, blocks: Array, seed: int = 1, samples: int = 200) -> Weights:
    """Stacking weights from the probability (N, K) that each forecaster gave to what happened, N times, in blocks
    (N,)."""
    names, block = np.unique(blocks, return_inverse=True)
    drawn = _bootstrap(len(names), seed, samples)[:, block]
    return _summed_up(_best(chances, drawn / drawn.sum(axis=1, keepdims=True)))


def _best(chances: Array, importance: Array) -> Array:
    """The mixtures (S, K) with the best log scores where weeks are as important as this (S, N): each step gives a
    forecaster the share it had in what came (EM)."""
    weights = np.full((len(importance), chances.shape[1]), 1 / chances.shape[1])
    for _ in range(STEPS):
        weights = weights * ((importance / (weights @ chances.T)) @ chances)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _bootstrap(blocks: int, seed: int, samples: int = SAMPLES) -> Array:
    return np.random.default_rng([seed, 6]).dirichlet(np.ones(blocks), samples)


def _summed_up(weights: Array) -> Weights:
    low, high = np.quantile(weights, (0.05, 0.95), axis=0)
    return Weights(weights.mean(axis=0), low, high)
