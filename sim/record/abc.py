"""Approximate Bayesian computation: posteriors where a model can be run but its likelihood cannot be written down.

Adaptive population Monte Carlo (Beaumont, Cornuet, Marin and Robert 2009; Lenormand, Jabot and Deffuant 2013): a
population of particles is drawn from the prior; generation after generation the half nearest to the data is kept,
new ones are drawn around it, and the tolerance shrinks, until new particles hardly ever get nearer.

Particles live in normal scores, z = Φ⁻¹(u) with the parameter at its prior's quantile u, so that every prior is a
standard normal there, nothing is bounded, and a step never leaves the prior's support.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from sim.arrays import Array
from sim.quantity import Quantity

#: From parameters (P, N) and a seed to statistics (S, N); particle by particle, each with chance of its own.
Simulate = Callable[[Array, int], Array]
#: Largest normal score: beyond it the quantile is 1 in double precision.
FAR = 8.0
#: Median absolute deviation of a standard normal.
MAD = 0.6745


class Population(NamedTuple):
    """Particles on their way: scores and values (N, P), statistics (N, S), distances (N,), weights (N,)."""

    scores: Array
    values: Array
    statistics: Array
    distances: Array
    weights: Array


@dataclass(frozen=True)
class Posterior:
    """Weighted particles: `scores` and `values` (N, P), `weights` (N,) that add up to 1, `statistics` (N, S) and their
    `distances` (N,) from the data, in units of the prior predictive `spread` (S,)."""

    priors: tuple[Quantity, ...]
    observed: Array
    scores: Array
    values: Array
    weights: Array
    statistics: Array
    distances: Array
    spread: Array
    generations: int
    simulations: int

    @property
    def ess(self) -> float:
        """Effective sample size: how many particles of equal weight would tell as much."""
        return float(1 / (self.weights**2).sum())

    @property
    def mean(self) -> Array:
        """Posterior means (P,)."""
        return self.weights @ self.values

    @property
    def sd(self) -> Array:
        """Posterior standard deviations (P,)."""
        return np.sqrt(self.weights @ (self.values - self.mean) ** 2)


def fit(priors: Sequence[Quantity], simulate: Simulate, observed: Array, seed: int, particles: int = 1000,
        generations: int = 15, least: float = 0.05, fresh: int = 0) -> Posterior:
    """Fits parameters with these `priors` to the `observed` statistics (S,).

    Half of the `particles` survive each generation. It stops after so many `generations` or once less than the share
    `least` of a generation's new particles survives. The last `fresh` parameters are not moved with the population
    but drawn from their priors each time: for many that the statistics hardly see, whose steps would only thin out
    the weights. A particle with a statistic that is not finite is infinitely far away.
    """
    rng, moved, kept = np.random.default_rng([seed, 1]), len(priors) - fresh, particles // 2
    spread: Array = np.ones(len(observed))

    def run(scores: Array, weights: Array, generation: int) -> Population:
        values = at_scores(priors, scores)
        statistics = np.asarray(simulate(values.T, seed + generation)).T
        if not generation:
            spread[:] = _spread(statistics)
        return Population(scores, values, statistics, _distances(statistics, observed, spread), weights)

    found, done = run(rng.standard_normal((particles, len(priors))), np.ones(particles), 0), 0
    while True:
        order = np.argsort(found.distances, kind="stable")[:kept]
        found = Population(*(part[order] for part in found))
        if done == generations or done and np.mean(order >= kept) < least:
            break
        done += 1
        new = run(*_proposed(rng, found.scores, found.weights, particles - kept, moved), done)
        found = Population(*(np.concatenate(pair) for pair in zip(found, new, strict=True)))
    return Posterior(tuple(priors), observed, found.scores, found.values, found.weights / found.weights.sum(),
                     found.statistics, found.distances, spread, done, particles + done * (particles - kept))


def adjusted(found: Posterior) -> Posterior:
    """The posterior with its particles moved to where they would lie had they met the data exactly.

    Local-linear regression of the scores on the statistics, with Epanechnikov weights in their distance (Beaumont,
    Zhang and Balding 2002). What is left over is widened for the slopes that were fitted, as in any regression.
    """
    reach = found.distances.max() or 1.0
    weights = found.weights * (1 - (found.distances / reach) ** 2)
    weights /= weights.sum()
    off = (found.statistics - found.observed) / found.spread
    root, knowns = np.sqrt(weights)[:, None], np.column_stack([np.ones(len(off)), off])
    slopes = np.linalg.lstsq(root * knowns, root * found.scores, rcond=None)[0]
    ess = 1 / (weights**2).sum()
    free = max(ess - len(slopes), 1)
    scores = slopes[0] + (found.scores - knowns @ slopes) * np.sqrt(ess / free)
    return replace(found, scores=scores, values=at_scores(found.priors, scores), weights=weights)


def at_scores(priors: Sequence[Quantity], scores: Array) -> Array:
    """Values (N, P) of parameters at normal scores (N, P)."""
    shares = ndtr(np.clip(scores, -FAR, FAR))
    return np.column_stack([prior.ppf(column) for prior, column in zip(priors, shares.T, strict=True)])


def weighted_quantiles(values: Array, weights: Array, at: Sequence[float]) -> list[Array]:
    """Quantiles (S,), for each share in `at`, of the columns of `values` (N, S)."""
    order = np.argsort(values, axis=0)
    ranked = np.cumsum(weights[order], axis=0) - weights[order] / 2
    sorted_values = np.take_along_axis(values, order, axis=0)
    return [np.array([np.interp(share, ranked[:, s], sorted_values[:, s]) for s in range(values.shape[1])])
            for share in at]


def _proposed(rng: np.random.Generator, scores: Array, weights: Array, count: int, moved: int) -> tuple[Array, Array]:
    """New scores (count, P) around the population, with twice its covariance, and their weights, prior over proposal.
    What is drawn from its prior has that on both sides."""
    shares, here = weights / weights.sum(), scores[:, :moved]
    centred = here - shares @ here
    root = np.linalg.cholesky(2 * (shares[:, None] * centred).T @ centred + 1e-12 * np.eye(moved))
    chosen = rng.choice(len(scores), count, p=shares)
    there = here[chosen] + rng.standard_normal((count, moved)) @ root.T
    new = np.column_stack([there, rng.standard_normal((count, scores.shape[1] - moved))])
    steps = np.linalg.solve(root, (there[:, None, :] - here).reshape(-1, moved).T)
    kernel = np.exp(-(steps**2).sum(axis=0) / 2).reshape(count, -1) @ shares / np.prod(np.diag(root))
    return new, np.exp(-(there**2).sum(axis=1) / 2) / np.maximum(kernel, 1e-300)


def _spread(statistics: Array) -> Array:
    """How far each statistic varies over the prior, (S,); 1 where it does not."""
    known = np.where(np.isfinite(statistics), statistics, np.nan)
    deviation = np.nanmedian(np.abs(known - np.nanmedian(known, axis=0)), axis=0) / MAD
    return np.where(deviation > 0, deviation, 1.0)


def _distances(statistics: Array, observed: Array, spread: Array) -> Array:
    distances = np.sqrt((((statistics - observed) / spread) ** 2).sum(axis=1))
    return np.where(np.isfinite(distances), distances, np.inf)
