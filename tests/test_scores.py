"""Scores: known answers, and the same numbers as others' code."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import permutation_test, poisson, ttest_1samp
from scores.probability import brier_score, crps_for_ensemble

from sim.record import scores

RNG = np.random.default_rng(7)


def test_known_answers() -> None:
    assert scores.brier(0.7, 1) == pytest.approx(0.09)
    assert scores.brier(np.array([0.0, 1.0]), np.array([1, 1])).tolist() == [1, 0]
    assert scores.log_score(0.25, 1) == pytest.approx(np.log(4))
    assert scores.log_score(0.25, 0) == pytest.approx(np.log(4 / 3))
    assert scores.skill(0.1, 0.25) == pytest.approx(0.6)
    assert np.isnan(scores.skill(0.1, 0))


def test_a_probability_from_a_sample_is_never_certain() -> None:
    assert scores.shrunk(0, 100) == pytest.approx(0.5 / 101)
    assert scores.shrunk(5, 10) == 0.5
    assert np.isfinite(scores.log_score(scores.shrunk(0, 10_000), 1))


def test_the_truth_scores_best() -> None:
    """Propriety: whatever is believed, saying so costs least on average."""
    said = np.linspace(0.01, 0.99, 99)
    for truth in (0.1, 0.5, 0.83):
        for score in (scores.brier, scores.log_score):
            mean = truth * score(said, np.ones(99)) + (1 - truth) * score(said, np.zeros(99))
            assert said[mean.argmin()] == pytest.approx(truth, abs=1e-9)


def test_brier_is_that_of_others() -> None:
    p, happened = RNG.random(50), RNG.integers(0, 2, 50)
    others = float(brier_score(xr.DataArray(p, dims="n"), xr.DataArray(happened, dims="n")))
    assert scores.brier(p, happened).mean() == pytest.approx(others)


@pytest.mark.parametrize(("sample", "observed", "score"), [
    ([3.0], 5, 2), ([5.0, 5.0], 5, 0), ([0.0, 1.0], 0, 0.25), ([0.0, 1.0], 2, 1.25), ([2.0, 2.0, 2.0], -1, 3)])
def test_crps_by_hand(sample: list[float], observed: float, score: float) -> None:
    assert scores.crps(np.array(sample), observed) == pytest.approx(score)


def test_crps_is_that_of_others() -> None:
    sample = RNG.poisson(4, 200).astype(float)
    for observed in (0.0, 4.0, 11.0):
        others = crps_for_ensemble(xr.DataArray(sample, dims="member"), xr.DataArray(observed), "member")
        assert scores.crps(sample, observed) == pytest.approx(float(others))


def test_crps_of_a_yes_or_no_is_its_brier_score() -> None:
    sample = np.repeat([1.0, 0.0], [3, 7])
    assert scores.crps(sample, 1) == pytest.approx(float(scores.brier(0.3, 1)))


def test_a_paired_difference_has_the_p_value_of_all_signs() -> None:
    ours, theirs = np.zeros(8), np.ones(8) + 0.1 * np.arange(8)
    found = scores.paired(ours, theirs)
    assert found.value == pytest.approx(-1.35) and found.n == 8
    assert found.p == 2 / 2**8  # no other pattern of signs is as far off but the opposite
    assert found.error == pytest.approx(theirs.std(ddof=1) / np.sqrt(8))


def test_the_p_value_is_that_of_others() -> None:
    ours, theirs = RNG.random(10), RNG.random(10) + 0.2
    others = permutation_test((ours - theirs,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert scores.paired(ours, theirs).p == pytest.approx(others.pvalue)
    many = RNG.normal(0.3, 1, 60)
    assert scores.paired(many, np.zeros(60)).p == pytest.approx(ttest_1samp(many, 0).pvalue, abs=0.02)


def test_too_few_say_nothing() -> None:
    found = scores.paired(np.zeros(7), np.ones(7))
    assert found.value == -1 and np.isnan(found.p)
    assert np.isnan(scores.paired(np.zeros(1), np.ones(1)).error)
    assert scores.paired(np.zeros(0), np.zeros(0)).n == 0
    assert scores.paired(np.ones(9), np.ones(9)).p == 1


@pytest.mark.slow
def test_no_difference_is_rarely_found_where_there_is_none() -> None:
    """Of 200 pairs of equally good forecasters, about 10 differ at 5 %."""
    found = [scores.paired(RNG.random(10), RNG.random(10)).p for _ in range(200)]
    assert 2 <= sum(p <= 0.05 for p in found) <= 20


def test_pit_of_draws_like_the_sample_is_uniform() -> None:
    sample = RNG.poisson(3, 4000)
    right = [scores.pit(sample, y, u) for y, u in zip(RNG.poisson(3, 300), RNG.random(300), strict=True)]
    assert scores.uniformity(np.array(right)) > 0.05
    low = [scores.pit(sample, y, u) for y, u in zip(RNG.poisson(5, 300), RNG.random(300), strict=True)]
    assert scores.uniformity(np.array(low)) < 1e-6


def test_pit_lies_within_the_share_of_what_was_observed() -> None:
    sample = np.array([0, 1, 1, 2])
    assert [scores.pit(sample, 1, u) for u in (0, 0.5, 1)] == [0.25, 0.5, 0.75]
    assert scores.pit(sample, 5, 0.3) == 1 and scores.pit(sample, -1, 0.3) == 0
    assert scores.pit(RNG.poisson(3, 200_000), 4, 0.5) == pytest.approx(
        poisson(3).cdf(3) + poisson(3).pmf(4) / 2, abs=0.01)


@pytest.mark.slow
def test_reliability_bins_are_exhaustive_and_cover_what_is_reliable() -> None:
    p = RNG.random(2000)
    happened = (RNG.random(2000) < p).astype(float)
    bins = scores.reliability(p, happened)
    assert sum(each.n for each in bins) == 2000 and len(bins) == scores.BINS
    assert all(each.low <= each.happened <= each.high for each in bins)
    assert all(each.low <= each.p <= each.high for each in bins)
    wrong = scores.reliability(np.sqrt(p), happened)
    assert sum(not each.low <= each.happened <= each.high for each in wrong) >= 3


def test_reliability_leaves_empty_bins_out_and_holds_the_ends() -> None:
    bins = scores.reliability(np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0]))
    assert [(each.n, each.p, each.happened, each.low, each.high) for each in bins] == [(2, 0, 0, 0, 0), (1, 1, 1, 1, 1)]
    assert scores.reliability(np.zeros(0), np.zeros(0)) == []
