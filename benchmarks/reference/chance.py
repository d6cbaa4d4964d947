"""One replicate's variates, and the numbers they become: one variate, one number."""

from __future__ import annotations

import math
import random
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist

from scipy.special import betainc, betaincinv

from sim.draws import BLOCK, Draws
from sim.quantity import Quantity

NORMAL = NormalDist()
#: Even quantiles that stand for a lag, or for the size and delay of an alternative.
QUANTILES = 256
#: Points at which the quantile function of a rate is tabulated.
TABLE = 1025
MASK = 2**64 - 1


class Keyed:
    """The variates in (0, 1) that a replicate has in the ensemble with this seed."""

    def __init__(self, seed: int, replicate: int):
        block, column = divmod(replicate, BLOCK)
        self.draws = Draws(seed, block, [column])

    def __call__(self, stream: str, week: int = 0) -> float:
        return float(self.draws.uniform(stream, week)[0])


class Unkeyed:
    """Variates in (0, 1) one after another, whatever they are for: what a model draws that is never compared."""

    def __init__(self, source: random.Random):
        self.source = source

    def __call__(self, stream: str, week: int = 0) -> float:
        return self.source.random() or 0.5


def again(uniform: float, use: int) -> float:
    """Another variate from the 32-bit word behind one, mixed as in splitmix64; `use` numbers the purposes."""
    word = (int(uniform * 2**32) + (use + 1) * 0x9E3779B97F4A7C15) & MASK
    word = ((word ^ word >> 30) * 0xBF58476D1CE4E5B9) & MASK
    word = ((word ^ word >> 27) * 0x94D049BB133111EB) & MASK
    word ^= word >> 31
    return (word >> 12) * 2.0**-52 + 2.0**-53


def number(quantity: Quantity, uniform: float) -> float:
    """The value below which a share `uniform` of the replicates lies."""
    if quantity.fixed:
        return quantity.centre
    if quantity.mean is not None and quantity.sd is not None:
        draw = _rate if quantity.rate else _normal
        return draw(quantity, uniform)
    low, high, mode = quantity.low, quantity.high, quantity.mode
    assert low is not None and high is not None
    if mode is None or high == low:
        return low + (high - low) * uniform
    if uniform < (mode - low) / (high - low):
        return low + math.sqrt(uniform * (high - low) * (mode - low))
    return high - math.sqrt((1 - uniform) * (high - low) * (high - mode))


def _normal(quantity: Quantity, uniform: float) -> float:
    """Normal, cut at the bounds of the field."""
    normal = NormalDist(quantity.mean, quantity.sd)
    below = normal.cdf(quantity.floor) if quantity.floor > -math.inf else 0.0
    above = normal.cdf(quantity.ceiling) if quantity.ceiling < math.inf else 1.0
    share = min(max(below + uniform * (above - below), 2.0**-1000), 1 - 2.0**-53)
    return min(max(normal.inv_cdf(share), quantity.floor), quantity.ceiling)


def _rate(quantity: Quantity, uniform: float) -> float:
    """Beta, straight between the points of its table."""
    table = _table(quantity.mean or 0.0, quantity.sd or 0.0)
    below = min(int(uniform * (TABLE - 1)), TABLE - 2)
    return table[below] + (uniform * (TABLE - 1) - below) * (table[below + 1] - table[below])


@lru_cache(maxsize=4096)
def _table(mean: float, sd: float) -> list[float]:
    """Quantiles of the beta distribution; the last stretch has the mean of the tail (decision 9), all the mean asked
    for."""
    size = mean * (1 - mean) / sd**2 - 1
    a, b = mean * size, (1 - mean) * size
    table = [float(betaincinv(a, b, point / (TABLE - 1))) for point in range(TABLE)]
    tail = (TABLE - 1) * mean * (1 - float(betainc(a + 1, b, table[-2])))
    table[-1] = min(max(2 * tail - table[-2], table[-2]), 1)
    average = sum((first + second) / 2 for first, second in pairwise(table)) / (TABLE - 1)
    return [min(point * mean / average, 1) for point in table]


@lru_cache(maxsize=4096)
def one_of_many(quantity: Quantity, pick: int) -> float:
    """One of the even quantiles of a quantity that is drawn again and again."""
    return number(quantity, (pick + 0.5) / QUANTILES)


def whole(days: float) -> int:
    """Whole days, at least one."""
    return max(round(days), 1)
