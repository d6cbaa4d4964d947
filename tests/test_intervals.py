"""Intervals hold what they say they hold, by simulation; shares, intervals and quantiles are those of a library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, spearmanr, ttest_1samp, ttest_ind, ttest_rel
from scipy.stats.mstats import mquantiles

from sim.experiments.attribute import Player, _orders, _row, _sets, shapley
from sim.experiments.movers import rank_correlation
from sim.experiments.paired import difference
from sim.experiments.sensitivity import _distances, _pawn
from sim.outcomes import QUANTILES, summarise, wilson
from sim.stopping import CONFIDENCE, sure

Array = np.ndarray[Any, np.dtype[np.float64]]
SAMPLES = 4000
#: Four standard errors of how often an interval of 95 % holds the truth in so many samples.
ERROR = 4 * np.sqrt(0.95 * 0.05 / SAMPLES)


# Against a library

@given(st.integers(1, 5000), st.floats(0, 1))
def test_shares_are_those_of_scipy(n: int, share: float) -> None:
    values = np.arange(n) < round(share * n)
    found, expected = summarise(values.astype(float), "yes_no"), binomtest(int(values.sum()), n)
    interval = expected.proportion_ci(method="wilson")
    assert found["mean"] == pytest.approx(expected.statistic)
    assert (found["low"], found["high"]) == pytest.approx((interval.low, interval.high), abs=1e-12)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=200))
def test_quantiles_are_those_of_libraries(values: list[float]) -> None:
    """Of numbers between the values (type 7 of Hyndman and Fan), of dates one of the values (type 1)."""
    at = [level / 100 for level in QUANTILES]
    numbers = summarise(np.array(values), "number")["quantiles"]
    assert list(numbers.values()) == pytest.approx(mquantiles(values, at, alphap=1, betap=1).tolist(), abs=1e-9)
    dates = np.where(np.array(values) > 500, np.inf, np.round(values))
    expected = np.quantile(dates, at, method="inverted_cdf")
    assert list(summarise(dates, "date")["quantiles"].values()) == [
        None if day == np.inf else day for day in expected]


def test_intervals_of_means_and_differences_are_those_of_t_tests() -> None:
    """In many replicates, where Student's distribution is all but the normal one."""
    rng = np.random.default_rng(1)
    base = rng.poisson(2, 5000).astype(float)
    other = base + rng.normal(0.1, 1, 5000)
    found, expected = summarise(base, "number"), ttest_1samp(base, 0).confidence_interval()
    assert (found["low"], found["high"]) == pytest.approx((expected.low, expected.high), abs=2e-5)
    paired, unpaired = ttest_rel(other, base).confidence_interval(), ttest_ind(other, base).confidence_interval()
    own = difference(base, other, yes_no=False)
    assert (own.low, own.high) == pytest.approx((paired.low, paired.high), abs=2e-5)
    assert (own.unpaired_low, own.unpaired_high) == pytest.approx((unpaired.low, unpaired.high), abs=5e-5)


def test_two_values_have_an_interval_and_none_have_nothing() -> None:
    two = summarise(np.array([1.0, 3.0]), "number")
    assert (two["low"], two["high"]) == pytest.approx((2 - 1.959964, 2 + 1.959964))
    assert summarise(np.zeros(0), "number")["void"] == 0


# Coverage

def covered(low: Any, high: Any, truth: Any) -> float:
    return float(np.mean((np.asarray(low) <= truth) & (truth <= np.asarray(high))))


@pytest.mark.parametrize("n", [50, 200, 10_000])
def test_intervals_of_shares_hold_them_as_often_as_stated(n: int) -> None:
    """Exactly, from the binomial distribution: on average over shares, and nowhere far below; and so in samples."""
    shares, k = np.linspace(0.01, 0.99, 197), np.arange(n + 1)
    low, high = wilson(k, n)
    exact = np.array([binom.pmf(k, n, share)[(low <= share) & (share <= high)].sum() for share in shares])
    assert exact.mean() == pytest.approx(0.95, abs=0.005)
    assert exact.min() > (0.83 if n < 100 else 0.87 if n < 1000 else 0.94)
    seen = np.random.default_rng(n).binomial(n, 0.3, SAMPLES)
    assert covered(*wilson(seen, n), 0.3) == pytest.approx(0.95, abs=ERROR + 0.01 * (n < 100))


@pytest.mark.slow
def test_intervals_of_means_hold_them_as_often_as_stated() -> None:
    """Of counts that are mostly nought, as outcomes are."""
    samples = np.random.default_rng(2).poisson(0.4, (SAMPLES, 400)).astype(float)
    rows = [summarise(values, "number") for values in samples]
    assert covered([row["low"] for row in rows], [row["high"] for row in rows], 0.4) == pytest.approx(0.95, abs=ERROR)


@pytest.mark.slow
def test_the_range_of_90_in_100_runs_holds_90_in_100_other_runs() -> None:
    """From the quantile of 5 to that of 95 %."""
    values = np.random.default_rng(3).gamma(2, 3, (2000, 1000))
    ends = np.array([[summarise(own, "number")["quantiles"][level] for level in ("5", "95")] for own in values])
    other = np.random.default_rng(4).gamma(2, 3, 2000)
    assert covered(*ends.T, other) == pytest.approx(0.9, abs=4 * np.sqrt(0.9 * 0.1 / 2000))


def pairs(rng: np.random.Generator, kind: str, n: int) -> tuple[Array, Array]:
    """Paired replicates whose means differ by 0.05 (numbers) or shares by 0.02."""
    shared = rng.random(n)
    if kind == "yes_no":
        flip = rng.random(n)
        base = shared < 0.2
        return base.astype(float), np.where(base, flip >= 0.05, flip < 0.0375).astype(float)
    base = np.floor(-2 * np.log(shared))
    other = base + rng.normal(0.05, 0.5, n)
    if kind == "void":  # in each without regard to the value, and mostly in the same replicates
        for values in (base, other):
            values[(shared * 1000 % 1 < 0.3) | (rng.random(n) < 0.1)] = np.nan
    return base, other


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "truth"), [("yes_no", 0.02), ("number", 0.05), ("void", 0.05)])
def test_paired_intervals_hold_the_difference_as_often_as_stated(kind: str, truth: float) -> None:
    """And the wider ones that forget the pairing more often; neither forgets replicates that are void."""
    rng = np.random.default_rng(5)
    found = [difference(*pairs(rng, kind, 500), kind == "yes_no") for _ in range(SAMPLES)]
    paired = covered([each.low for each in found], [each.high for each in found], truth)
    unpaired = covered([each.unpaired_low for each in found], [each.unpaired_high for each in found], truth)
    assert paired == pytest.approx(0.95, abs=ERROR)
    assert unpaired > 0.98
    assert np.mean([each.high - each.low for each in found]) < 0.8 * np.mean(
        [each.unpaired_high - each.unpaired_low for each in found])


@pytest.mark.slow
def test_unpaired_intervals_hold_the_difference_of_independent_samples_as_often_as_stated() -> None:
    rng = np.random.default_rng(6)
    found = [difference((rng.random(500) < 0.2).astype(float), (rng.random(500) < 0.25).astype(float), True)
             for _ in range(SAMPLES)]
    ends = [each.unpaired_low for each in found], [each.unpaired_high for each in found]
    assert covered(*ends, 0.05) == pytest.approx(0.95, abs=ERROR)


@pytest.mark.slow
def test_sequential_intervals_hold_all_shares_whenever_one_looks() -> None:
    """At any of twelve looks, for all endings at once, in 95 of 100 runs and more; Wilson's do not, looked at so."""
    rng, shares = np.random.default_rng(7), np.array([0.05, 0.25, 0.7])
    looks, missed, tricked = np.geomspace(64, 8192, 12).astype(int), 0, 0
    for _ in range(400):
        drawn = rng.choice(3, looks[-1], p=shares)
        counts = np.array([np.bincount(drawn[:look], minlength=3) for look in looks])
        missed += any(covered(*sure(own), shares) < 1 for own in counts)
        tricked += covered(*wilson(counts, looks[:, None]), shares) < 1
    assert missed / 400 < 1 - CONFIDENCE
    assert tricked / 400 > 0.2, "else nothing is shown by this"


@pytest.mark.slow
@pytest.mark.parametrize("slope", [0, 0.5, 1.5])
@pytest.mark.parametrize("kind", ["yes_no", "number"])
def test_intervals_of_rank_correlations_hold_them_as_often_as_stated(kind: str, slope: float) -> None:
    """Also strong ones, and those with an outcome that is only yes or no."""
    def sample(seed: int, n: int) -> tuple[Array, Array]:
        rng = np.random.default_rng(seed)
        x = rng.normal(size=n)
        y = slope * x + rng.logistic(size=n) if kind == "yes_no" else slope * x + rng.normal(size=n)
        return x, (y > 1).astype(float) if kind == "yes_no" else y

    truth = rank_correlation(*sample(0, 400_000))[0]
    found = np.array([rank_correlation(*sample(seed, 300)) for seed in range(1, 1001)])
    assert covered(*found.T[1:], truth) == pytest.approx(0.955, abs=0.005 + 4 * np.sqrt(0.95 * 0.05 / 1000))


def test_rank_correlations_are_those_of_scipy() -> None:
    x, noise = np.random.default_rng(8).normal(size=(2, 200))
    y = np.round(x + noise)
    rank, low, high = rank_correlation(x, y)
    assert rank == pytest.approx(spearmanr(x, y).statistic)
    assert low < rank < high
    assert rank_correlation(x, x) == pytest.approx((1, 1, 1), abs=1e-6)
    assert np.isnan(rank_correlation(x, np.ones(200))).all()


@pytest.mark.slow
def test_intervals_of_contributions_hold_them_as_often_as_stated() -> None:
    """One player turns 10 replicates in 100 and another 10 together with it, two more are rare and idle: Shapley values
    of 0.15, 0.05, 0.004 and 0. A rare one's are held oftener."""
    rng, worth, missed = np.random.default_rng(9), np.array([0.15, 0.05, 0.004, 0.0]), np.zeros(4)
    players = tuple(Player("event", str(number), "") for number in range(4))
    for sample in range(500):
        orders = np.array([_orders(sample, replicate, 4, 2) for replicate in range(300)])
        sets = np.array([_sets(own) for own in orders])
        chance = 0.2 + 0.1 * sets[..., 0] + 0.1 * sets[..., 0] * sets[..., 1] + 0.004 * sets[..., 2]
        each = shapley(orders, (rng.random((300, 1)) < chance).astype(float))
        rows = [_row(player, own, share=True) for player, own in zip(players, each.T, strict=True)]
        missed += [not row["low"] <= value <= row["high"] for row, value in zip(rows, worth, strict=True)]
    held = 1 - missed / 500
    assert held[:2] == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 500))
    assert held[2] > 0.93
    assert held[3] == 1


@pytest.mark.slow
def test_intervals_of_distances_between_distributions_hold_them_at_least_as_often_as_stated() -> None:
    """PAWN's: of an input with much effect, of one with little, and of one with none."""
    pytest.importorskip("SALib")

    def sample(seed: int, n: int) -> tuple[Array, Array]:
        rng = np.random.default_rng(seed)
        x = rng.random((n, 3))
        return x, 3 * x[:, 0] + x[:, 1] + rng.normal(size=n) / 2

    truth, held = np.append(_distances(*sample(0, 200_000))[:2], 0), []
    for seed in range(1, 31):
        x, y = sample(seed, 512)
        table, _ = _pawn({}, x[:, None], y[:, None], seed)
        held.append((table["median_low"] <= truth) & (truth <= table["median_high"]))
    assert (np.mean(held, axis=0) >= 0.9).all()
