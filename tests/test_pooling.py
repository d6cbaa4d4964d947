"""Partial pooling of yearly counts, where the answer is known or can be had another way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from sim.record.pooling import jeffreys, pooled


def test_one_year_is_jeffreys() -> None:
    found = pooled([7], [52])
    exact = stats.beta(7.5, 45.5)
    assert (found.mean, found.sd) == pytest.approx((exact.mean(), exact.std()))
    assert (found.error, found.between, found.years, found.n) == (found.sd, 0.0, 1, 52)
    assert pooled([7, 0], [52, 0]) == found


def test_equal_years_are_pooled() -> None:
    """Ten years alike: all but the answer of one long year, with little between them."""
    found = pooled([13] * 10, [52] * 10)
    mean, sd = jeffreys(130, 520)
    assert found.mean == pytest.approx(mean, abs=0.003)
    assert found.error == pytest.approx(sd, rel=0.25)
    assert found.between < 0.03 < found.sd * 1.1
    assert found.sd < pooled([13] * 3, [52] * 3).sd


def test_different_years_leave_the_next_one_open() -> None:
    """Quiet years and busy ones, in equal numbers: the next is as uncertain as they differ."""
    counts = [0, 2, 25, 1, 22, 24]
    found = pooled(counts, [52] * 6)
    spread = np.std(np.array(counts) / 52, ddof=1)
    assert spread < found.sd < 1.3 * spread
    assert found.error > 2 * jeffreys(sum(counts), 312)[1]


def test_the_grid_agrees_with_integrals_done_another_way() -> None:
    counts, n = [3, 11, 7], [52, 52, 30]
    rates, spreads = np.linspace(1e-5, 1 - 1e-5, 1001), np.linspace(1e-3, 1 - 1e-3, 101)
    rate, size = rates[:, None], spreads**-2 - 1
    years = [stats.betabinom.pmf(k, m, rate * size, (1 - rate) * size) for k, m in zip(counts, n, strict=True)]
    weight = np.prod(years, axis=0) * stats.beta.pdf(rate, 0.5, 0.5) * (1 - spreads)

    def average(values: np.ndarray) -> float:
        return float(integrate.simpson(integrate.simpson(values * weight, x=spreads), x=rates) / total)

    total = 1.0
    total = average(np.ones_like(weight))
    mean, varied = average(rate), average(rate * (1 - rate) * spreads**2)
    error = average((rate - mean) ** 2)
    found = pooled(counts, n)
    assert (found.mean, found.error, found.between) == pytest.approx(
        (mean, error**0.5, varied**0.5), rel=0.01)
    assert found.sd == pytest.approx((error + varied) ** 0.5, rel=0.01)


@pytest.mark.parametrize(("counts", "of"), [([3], [2]), ([-1], [52]), ([], []), ([1, 2], [52]), ([0], [0])])
def test_counts_that_cannot_be_are_refused(counts: list[float], of: list[float]) -> None:
    with pytest.raises(ValueError, match="counts"):
        pooled(counts, of)


@pytest.mark.slow
def test_the_next_year_lies_where_it_is_said_to() -> None:
    """Rates and spreads from the prior, eight years of counts: both errors have the size that is stated."""
    rng, misses = np.random.default_rng(3), []
    for _ in range(300):
        rate, spread = np.sin(np.pi / 2 * rng.random()) ** 2, 1 - np.sqrt(rng.random())
        size = spread**-2 - 1
        rates = rng.beta(rate * size, (1 - rate) * size, 9)
        found = pooled(rng.binomial(52, rates[:8]), [52] * 8)
        misses.append([(rate - found.mean) / found.error, (rates[8] - found.mean) / found.sd])
    assert np.mean(misses, axis=0) == pytest.approx([0, 0], abs=0.25)
    assert np.std(misses, axis=0) == pytest.approx([1, 1], abs=0.25)
