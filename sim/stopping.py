"""When a run is precise enough to stop, whatever one has seen on the way."""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, xlog1py, xlogy

from sim.arrays import Array

#: All intervals together hold with this probability, at every number of replicates at once.
CONFIDENCE = 0.95
HALVINGS = 40


def sure(counts: Array) -> tuple[Array, Array]:
    """Lower and upper ends of the shares of which `counts` are a sample, valid at whatever number one stops.

    For each share p, the likelihood of the counts under p is held against their average over Jeffreys' prior. Their
    ratio is a martingale of mean 1 if p is true, so by Ville's inequality it ever exceeds 1/α with probability at most
    α (Robbins 1970); the interval holds the p for which it does not. α is divided among the shares.
    """
    counts = np.asarray(counts, dtype=np.float64)
    n, bound = counts.sum(), np.log(len(counts) / (1 - CONFIDENCE))
    if n == 0:
        return np.zeros(len(counts)), np.ones(len(counts))
    average = betaln(counts + 0.5, n - counts + 0.5) - betaln(0.5, 0.5)

    def excluded(share: Array) -> Array:
        found: Array = average - xlogy(counts, share) - xlog1py(n - counts, -share) > bound
        return found

    ends = []
    for far in (np.zeros(len(counts)), np.ones(len(counts))):
        outside, inside = far, counts / n
        for _ in range(HALVINGS):
            middle = (outside + inside) / 2
            out = excluded(middle)
            outside, inside = np.where(out, middle, outside), np.where(out, inside, middle)
        ends.append(inside)
    return ends[0], ends[1]


def error(counts: Array) -> float:
    """How far the furthest of the shares may be from what was seen, in percentage points."""
    low, high = sure(counts)
    share = counts / max(counts.sum(), 1)
    return float(100 * np.maximum(high - share, share - low).max())
