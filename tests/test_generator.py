"""The keyed streams pass what a user could object to: each is uniform, and none knows of another.

Seeds are fixed, so that a test passes always or never. Each test makes many p-values. Those of a good generator are
even in (0, 1), and neither their least nor their distribution may be odd; a generator that were so by chance alone
would fail one test in some thousands.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2, chisquare, kstest, norm

from sim.draws import BLOCK, STEP, Draws, again

pytestmark = pytest.mark.slow

Array = np.ndarray[Any, np.dtype[np.float64]]
USES = (0, 1, 2, 3, 10, 11, 12)
#: What a p-value of a test as a whole must exceed.
LEAST = 1e-3


def passes(p: Iterable[float]) -> None:
    """Neither is the least of these p-values too small nor are they uneven."""
    values = np.array(list(p))
    assert len(values) >= 20
    assert 1 - (1 - values.min()) ** len(values) > LEAST, "one is too small"
    assert kstest(values, "uniform").pvalue > LEAST, "they are uneven"


def variates(name: str, week: int = 0, block: int = 0, seed: int = 1) -> Array:
    return Draws(seed, block, range(BLOCK)).uniform(name, week)


def streams() -> list[Array]:
    """Sixty, of neighbouring names, weeks, blocks and seeds."""
    return [variates(f"options.a{i}", week=i % 4, block=i % 3, seed=1 + i % 5) for i in range(60)]


def unrelated(first: Array, second: Array, cells: int = 8) -> float:
    """The p-value of even counts in a square of cells."""
    place = np.minimum((first * cells).astype(int), cells - 1) * cells + np.minimum((second * cells).astype(int),
                                                                                    cells - 1)
    return float(chisquare(np.bincount(place, minlength=cells**2)).pvalue)


def test_each_stream_is_uniform() -> None:
    """By Kolmogorov and Smirnov, and in its highest and its lowest bits."""
    passes(kstest(own, "uniform").pvalue for own in streams())
    passes(chisquare(np.bincount((own * 64).astype(int), minlength=64)).pvalue for own in streams())
    words = [(own / STEP).astype(np.uint64) for own in streams()]
    passes(chisquare(np.bincount((own & np.uint64(63)).astype(int), minlength=64)).pvalue for own in words)


def test_all_bits_are_set_half_of_the_time() -> None:
    words = (np.concatenate(streams()) / STEP).astype(np.uint64)
    ones = np.array([(words >> np.uint64(bit) & np.uint64(1)).sum() for bit in range(32)])
    passes(2 * norm.sf(np.abs(ones - len(words) / 2) / np.sqrt(len(words) / 4)))


def test_neighbouring_replicates_are_unrelated() -> None:
    """At several lags, among them those within and between the generator's words and counters."""
    for lag in (1, 2, 3, 8):
        passes(unrelated(own[:-lag], own[lag:]) for own in streams())


def test_variates_neither_cluster_nor_alternate() -> None:
    """Runs above and below the middle (Wald and Wolfowitz)."""
    z = []
    for own in streams():
        above = own > 0.5
        n, m = above.sum(), (~above).sum()
        mean, runs = 2 * n * m / (n + m) + 1, 1 + (above[1:] != above[:-1]).sum()
        z.append((runs - mean) / np.sqrt((mean - 1) * (mean - 2) / (n + m - 1)))
    passes(2 * norm.sf(np.abs(z)))


def test_streams_of_different_names_are_uncorrelated() -> None:
    """All pairs of sixty: no single correlation stands out, and their squares add up as they should."""
    z = np.corrcoef([variates(f"options.a{i}") for i in range(60)])[np.triu_indices(60, 1)] * np.sqrt(BLOCK)
    assert LEAST < chi2.sf((z**2).sum(), len(z)) < 1 - LEAST
    passes(2 * norm.sf(np.abs(z)))


@pytest.mark.parametrize("key", ["seed", "week", "block"])
def test_neighbouring_seeds_weeks_and_blocks_are_unrelated(key: str) -> None:
    """A replicate and the one at its place in the next, and in one far away."""
    for step in (1, 2, 1 << 16):
        passes(unrelated(variates("options.a", **{key: i}), variates("options.a", **{key: i + step}))
               for i in range(1, 41))


def test_a_replicates_weeks_are_uniform_too() -> None:
    """Down a column: one replicate's variates of a stream, week after week, and a stream's at one place by seed."""
    weeks = np.array([variates("options.a", week) for week in range(400)])[:, :60]
    passes(kstest(own, "uniform").pvalue for own in weeks.T)
    passes(unrelated(own[:-1], own[1:], 4) for own in weeks.T)
    seeds = np.array([variates("theory", seed=seed) for seed in range(400)])[:, :60]
    passes(kstest(own, "uniform").pvalue for own in seeds.T)


@pytest.mark.parametrize("below", [1, 0.02])
def test_further_uses_of_a_variate_are_uniform_and_unrelated(below: float) -> None:
    """Of all variates, and of those below a probability: to it and to each other, use by use."""
    drawn = np.concatenate([variates("options.a", week, block)
                            for week in range(20) for block in range(int(min(20, 1 / below)))])
    kept = drawn[drawn < below]
    uses = [kept / below, *(again(kept, use) for use in USES)]
    passes([unrelated(first, second) for i, first in enumerate(uses) for second in uses[:i]])
    passes([chisquare(np.bincount((own * cells).astype(int), minlength=cells)).pvalue
            for own in uses[1:] for cells in (7, 16, 64)])


def test_further_uses_of_neighbouring_words_have_nothing_in_common() -> None:
    """Of each bit that is turned in a word, half of the bits of each use turn."""
    words = np.arange(4000, dtype=np.uint64) * np.uint64(1_073_741) % np.uint64(2**32)
    p = []
    for use in USES:
        before = (again((words + 0.5) * STEP, use) * 2.0**52).astype(np.uint64)
        for bit in range(32):
            after = (again(((words ^ np.uint64(1 << bit)) + 0.5) * STEP, use) * 2.0**52).astype(np.uint64)
            turned = int(np.unpackbits((before ^ after).view(np.uint8)).sum())
            p.append(2 * norm.sf(abs(turned - 26 * len(words)) / np.sqrt(13 * len(words))))
    passes(p)


def test_a_generator_that_is_no_good_does_not_pass() -> None:
    """Uneven, or the same twice."""
    with pytest.raises(AssertionError):
        passes(kstest(own**1.05, "uniform").pvalue for own in streams())
    with pytest.raises(AssertionError):
        passes(unrelated(own, (own + other / 4) % 1) for own, other in zip(streams(), streams()[1:], strict=False))
