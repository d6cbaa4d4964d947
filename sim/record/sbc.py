"""Simulation-based calibration: is a fit as sure of itself as it may be?

Parameters drawn from the prior, data simulated from them, the fit run on the data. If the fit is right, the true
value is equally likely to take every rank among the posterior's draws, and an interval of 90 % holds it nine times in
ten (Talts, Betancourt, Simpson, Vehtari and Gelman 2018). A fit that is too sure shows ranks piled up at both ends,
a shy one in the middle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import stats

from sim.arrays import Array, Ints

Rng = np.random.Generator


class Calibration(NamedTuple):
    """Ranks (times, P) of the true values among so many posterior `draws`, from 0 to `draws`."""

    ranks: Ints
    draws: int

    def coverage(self, share: float = 0.9) -> Array:
        """How often the central interval of this share of the posterior held the truth, (P,)."""
        low, high = (1 - share) / 2 * self.draws, (1 + share) / 2 * self.draws
        return np.asarray(((self.ranks >= low) & (self.ranks <= high)).mean(axis=0))

    def histogram(self, bins: int = 10) -> Ints:
        """Ranks counted in even bins, (P, bins)."""
        edges = np.linspace(0, self.draws + 1, bins + 1) - 0.5
        return np.stack([np.histogram(ranks, edges)[0] for ranks in self.ranks.T])

    def uniformity(self, bins: int = 10) -> Array:
        """p-values (P,) of the chi-square test that ranks are uniform; small where the fit is not calibrated."""
        places = np.arange(self.draws + 1)
        edges = np.linspace(0, self.draws + 1, bins + 1) - 0.5
        expected = np.histogram(places, edges)[0] * len(self.ranks) / len(places)
        return np.array([stats.chisquare(counts, expected).pvalue for counts in self.histogram(bins)])


def calibrated(prior: Callable[[Rng], Array], simulate: Callable[[Array, Rng], Array],
               posterior: Callable[[Array, Rng], Array], times: int = 200, seed: int = 1) -> Calibration:
    """Ranks of parameters (P,) that `prior` draws among the draws (L, P) of the `posterior` given what they simulate.

    Draws that equal the truth are ranked at random, so that parameters may be whole numbers.
    """
    rng = np.random.default_rng([seed, 2])
    ranks = []
    for _ in range(times):
        truth = prior(rng)
        draws = posterior(simulate(truth, rng), rng)
        ties = (draws == truth).sum(axis=0)
        ranks.append((draws < truth).sum(axis=0) + rng.integers(0, ties + 1))
    return Calibration(np.stack(ranks), len(draws))
