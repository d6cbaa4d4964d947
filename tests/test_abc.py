"""Approximate Bayesian computation and simulation-based calibration, where the right answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.arrays import Array
from sim.quantity import Quantity
from sim.record import abc, sbc

#: A standard normal prior, and one for the logarithm of a spread.
NORMAL, LOG = Quantity(mean=0, sd=1), Quantity(mean=0, sd=0.5)
SEEN = 20


def means(parameters: Array, seed: int) -> Array:
    """The mean of some normal values around each particle's first parameter."""
    return parameters[:1] + np.random.default_rng(seed).standard_normal((1, parameters.shape[1])) / np.sqrt(SEEN)


@pytest.mark.parametrize("observed", [0.0, 1.5])
def test_a_normal_mean_is_recovered(observed: float) -> None:
    """Posterior of the mean of n values of unit spread under a standard normal prior: N(n x / (n + 1), 1 / (n + 1))."""
    found = abc.fit([NORMAL], means, np.array([observed]), seed=3, particles=1000, generations=8)
    sd = np.sqrt(1 / (SEEN + 1))
    assert found.ess > 150
    assert found.mean[0] == pytest.approx(observed * SEEN / (SEEN + 1), abs=3 * sd / np.sqrt(found.ess))
    assert found.sd[0] == pytest.approx(sd, rel=3 / np.sqrt(2 * found.ess))
    assert found.simulations == 1000 + 500 * found.generations
    low, high = abc.weighted_quantiles(found.statistics, found.weights, (0.05, 0.95))
    assert low[0] < observed < high[0]


def test_mean_and_spread_are_recovered_together() -> None:
    """Two parameters and two statistics, adjusted by regression, against the posterior summed over a fine grid."""
    def simulate(parameters: Array, seed: int) -> Array:
        values = np.random.default_rng(seed).standard_normal((SEEN, parameters.shape[1]))
        values = parameters[0] + np.exp(parameters[1]) * values
        return np.stack([values.mean(axis=0), np.log(values.std(axis=0, ddof=1))])

    observed = np.array([0.7, -0.4])
    found = abc.adjusted(abc.fit([NORMAL, LOG], simulate, observed, seed=5, particles=1000, generations=5))
    mean, log = np.meshgrid(np.linspace(-4, 4, 401), np.linspace(-2, 2, 401), indexing="ij")
    variance = np.exp(2 * log)
    weight = stats.norm.pdf(mean) * stats.norm.pdf(log, scale=0.5) * stats.norm.pdf(
        observed[0], mean, np.sqrt(variance / SEEN)) * stats.chi2.pdf(
        (SEEN - 1) * np.exp(2 * observed[1]) / variance, SEEN - 1) / variance
    weight /= weight.sum()
    for p, values in enumerate((mean, log)):
        exact = (weight * values).sum()
        sd = np.sqrt((weight * (values - exact) ** 2).sum())
        assert found.mean[p] == pytest.approx(exact, abs=4 * sd / np.sqrt(found.ess))
        assert found.sd[p] == pytest.approx(sd, rel=4 / np.sqrt(2 * found.ess))


def test_a_statistic_that_knows_nothing_leaves_the_prior() -> None:
    """Of any shape; and so does one that knows another parameter only, whether or not this one moves with the rest."""
    shapes = [Quantity(low=2, high=4), Quantity(mode=1, low=0.6, high=2), Quantity(mean=0.8, sd=0.4, floor=0)]
    prior = np.stack([shape.ppf((np.arange(1000) + 0.5) / 1000) for shape in shapes])

    def noise(parameters: Array, seed: int) -> Array:
        return np.random.default_rng(seed).standard_normal((2, parameters.shape[1]))

    for simulate, priors, fresh in ((noise, shapes, 0), (means, [NORMAL, *shapes], 0), (means, [NORMAL, *shapes], 3)):
        found = abc.fit(priors, simulate, np.full(2 if simulate is noise else 1, 0.3), seed=2, particles=1000,
                        generations=4, fresh=fresh)
        error = prior.std(axis=1) / np.sqrt(found.ess)
        assert np.all(np.abs(found.mean[-3:] - prior.mean(axis=1)) < 4 * error)
        assert found.sd[-3:] == pytest.approx(prior.std(axis=1), rel=4 / np.sqrt(2 * found.ess))
        bounds = np.array([[2, 0.6, 0], [4, 2, np.inf]])
        assert np.all((found.values[:, -3:] >= bounds[0]) & (found.values[:, -3:] <= bounds[1]))


def test_what_is_drawn_afresh_thins_the_weights_less() -> None:
    """Nine parameters that no statistic sees: moved with the population they cost most of the sample."""
    priors = [NORMAL] * 10
    moved, fresh = (abc.fit(priors, means, np.array([0.5]), seed=4, particles=1000, generations=5, fresh=n)
                    for n in (0, 9))
    assert fresh.ess > 3 * moved.ess


def test_the_seed_decides_everything() -> None:
    one, again, other = (abc.fit([NORMAL], means, np.array([0.5]), seed, 200, 4) for seed in (1, 1, 2))
    assert np.array_equal(one.values, again.values) and np.array_equal(one.weights, again.weights)
    assert not np.array_equal(one.values, other.values)


def test_statistics_that_are_not_finite_are_far_away() -> None:
    def simulate(parameters: Array, seed: int) -> Array:
        return np.where(parameters > 0, means(parameters, seed), np.nan)

    found = abc.fit([NORMAL], simulate, np.array([0.2]), seed=1, particles=400, generations=4)
    assert np.all(found.values > 0)


def conjugate(data: Array, rng: np.random.Generator, sureness: float = 1.0, draws: int = 99) -> Array:
    return rng.normal(data * SEEN / (SEEN + 1), np.sqrt(1 / (SEEN + 1)) / sureness, (draws, 1))


def trials(posterior: object, times: int) -> sbc.Calibration:
    return sbc.calibrated(lambda rng: rng.standard_normal(1), lambda truth, rng: rng.normal(truth, SEEN**-0.5),
                          posterior, times, seed=7)  # type: ignore[arg-type]


def test_ranks_of_a_right_posterior_are_uniform_and_those_of_one_too_sure_are_not() -> None:
    right = trials(conjugate, 1000)
    assert right.uniformity()[0] > 0.01
    assert right.coverage(0.9)[0] == pytest.approx(0.9, abs=4 * np.sqrt(0.9 * 0.1 / 1000))
    assert right.histogram().sum() == 1000
    sure = trials(lambda data, rng: conjugate(data, rng, 2), 1000)
    assert sure.uniformity()[0] < 1e-6
    assert sure.coverage(0.9)[0] < 0.7
    assert sure.histogram()[0, [0, -1]].min() > sure.histogram()[0, 4:6].max()


@pytest.mark.slow
def test_approximate_posteriors_are_calibrated() -> None:
    """The recovery test of the method itself: intervals hold the truth at the stated rate, ranks are uniform."""
    def posterior(data: Array, rng: np.random.Generator) -> Array:
        found = abc.adjusted(abc.fit([NORMAL], means, data, int(rng.integers(2**31)), 600, 3))
        return found.values[rng.choice(len(found.values), 99, p=found.weights)]

    found = trials(posterior, 200)
    assert found.uniformity()[0] > 0.01
    assert found.coverage(0.9)[0] == pytest.approx(0.9, abs=4 * np.sqrt(0.9 * 0.1 / 200))
