"""Calibration: fits with known answers, the engine's own features, and the shipped numbers derived again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from sim.arrays import Array
from sim.cli import main
from sim.decisions import solve_base
from sim.paths import shipped as shipped_folder
from sim.quantity import written
from sim.reading import read_document
from sim.record import answers, counts, plan, process, sbc
from sim.record import calibrate as fitting
from sim.record.replay import Observed, replayed
from sim.record.tones import name as tones_name
from sim.scenario import load


@lru_cache(maxsize=1)
def seen() -> Observed:
    """The launches of the record, replayed."""
    found = plan.read(shipped_folder("seeds"))
    return replayed(found, found.processes["launches"], load("july_2025"), date(2025, 7, 13))


def small(weeks: int = 6) -> Observed:
    """Two options and one response over a few weeks."""
    rng = np.random.default_rng(3)
    return Observed(date(2024, 1, 1), ("loud", "quiet"), ("echo",), rng.random((weeks, 2)) < 0.4,
                    rng.random((weeks, 2)) < 0.9, rng.random((weeks, 1)), np.zeros((weeks, 1)),
                    np.array([[1.0], [0.5]]), np.array([1.0, 0.4]), np.array([0.5]), np.array([[1.0], [0.0]]),
                    np.array([1, 3]))


VALUES = np.array([-1.0, -2.0, 0.7, 1.3, np.log(8.0)])


# The tempo and its filter

@pytest.mark.parametrize("half_life", [0.5, 3.0, 20.0, 200.0])
def test_the_chain_has_the_tempos_law(half_life: float) -> None:
    """Standard normal in the long run, with the autocorrelation of its half-life, whatever that is."""
    chain = process.chain()
    moves, keep = chain.moves(half_life), 0.5 ** (1 / half_life)
    assert moves.sum(axis=1) == pytest.approx(np.ones(len(chain.states)), abs=1e-9)
    assert chain.start @ moves == pytest.approx(chain.start, abs=1e-12)
    assert chain.start @ chain.states**2 == pytest.approx(1)
    assert moves @ chain.states == pytest.approx(keep * chain.states, abs=1e-6)
    bend = np.tanh(1.5 * chain.states)
    fine = np.linspace(-8, 8, 4001)
    assert chain.start @ bend**2 == pytest.approx(np.average(np.tanh(1.5 * fine)**2, weights=norm.pdf(fine)), abs=0.01)


def test_the_likelihood_is_that_of_every_way_the_tempo_could_have_gone() -> None:
    """Summed over all paths of a chain of five states."""
    observed, chain = small(4), process.chain(5)
    paths = np.array(list(product(range(5), repeat=4)))
    moves = chain.moves(8.0)
    weight = chain.start[paths[:, 0]] * np.prod([moves[paths[:, t], paths[:, t + 1]] for t in range(3)], axis=0)
    odds = VALUES[:2] + observed.trace * observed.weight[:, 0] * 0.7
    p = expit(odds[None] + 1.3 * observed.tempo * np.tanh(chain.states[paths])[:, :, None])
    chance = np.where(observed.open, np.where(observed.happened, p, 1 - p), 1).prod(axis=(1, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "chain", lambda states=5: chain)
        value, _ = process._likelihood(VALUES, observed, np.ones(4))
    assert value == pytest.approx(float(np.log(weight @ chance)))


def test_the_slope_of_the_likelihood_is_its_slope() -> None:
    observed, weights = small(30), 0.9 ** np.arange(30)
    _, slope = process._likelihood(VALUES, observed, weights)
    step = 1e-5
    by_steps = [(process._likelihood(VALUES + step * side, observed, weights)[0]
                 - process._likelihood(VALUES - step * side, observed, weights)[0]) / (2 * step)
                for side in np.eye(len(VALUES))]
    assert slope == pytest.approx(np.array(by_steps), abs=1e-6)


# The record through the engine

def test_traces_of_the_record_are_the_engines() -> None:
    """What `Observed.left` foresees is what the replayed state has a week later, pauses and flags are kept."""
    observed = seen()
    assert len(observed) == 706 and observed.any.sum() == 148
    for week in range(len(observed) - 1):
        ahead = np.minimum(observed.until(week + 1).next_trace() + observed.due[week + 1], 1)
        assert observed.trace[week + 1] == pytest.approx(ahead, abs=1e-5)
    icbm = observed.options.index("prk_icbm_test")
    moratorium = slice(observed.week(date(2018, 4, 27)), observed.week(date(2019, 12, 23)))
    assert not observed.open[moratorium, icbm].any()
    assert observed.open[:, observed.options.index("prk_ballistic_test")].all()


def test_with_the_fitted_rates_the_engine_has_the_fitted_bases_again() -> None:
    found = plan.read(shipped_folder("seeds"))
    own, scenario = found.processes["launches"], load("july_2025")
    fit = process.Fit(seen(), np.array([-2, -3.5, -4, -5, -4.5, 0.9, 0.6, 0.8, 3]), np.zeros((9, 9)), 0.0)
    at = fitting.reference(own, scenario)
    rates, spreads = fitting.rates(fit, at)
    assert spreads == pytest.approx(np.zeros(5))
    bases = np.array([solve_base(np.array([rate]), np.array([fit.pull]))[0] for rate in rates])
    assert bases - at @ fit.strengths == pytest.approx(fit.bases, abs=0.002)


def test_rates_are_stated_amid_what_the_record_has_on_average() -> None:
    found = plan.read(shipped_folder("seeds")).processes["launches"]
    observed = seen()
    weights = 0.5 ** (np.arange(len(observed))[::-1] / found.fade)
    mean = weights @ observed.trace / weights.sum()
    for at in fitting.reference(found, load("july_2025")):
        assert at == pytest.approx(mean, abs=0.02)


def test_a_fit_foresees_no_better_than_the_past_allows() -> None:
    """Chances a week ahead do not change when later weeks do."""
    observed = seen()
    fit = process.Fit(observed, np.array([-2, -3.5, -4, -5, -4.5, 0.9, 0.6, 0.8, 3]), np.eye(9), 0.0)
    later = replace(observed, happened=np.r_[observed.happened[:400], ~observed.happened[400:]])
    for before, after in zip(fit.chances(observed), fit.chances(later), strict=True):
        assert before[:400] == pytest.approx(after[:400])
        assert before[401:] != pytest.approx(after[401:])


# Recovery

def test_what_was_simulated_is_recovered() -> None:
    """Every parameter within three standard errors; both ahead and filtered agree with how it was made."""
    observed, prior = _three(seen()), _prior()
    truth = np.array([-1.2, -2.0, -2.5, 0.8, 0.5, 1.2, np.log(12)])
    made = process.simulated(truth, observed, seed=4)
    fit = process.fit(made, prior)
    assert (np.abs(fit.values - truth) < 3 * fit.errors).all()
    ahead = fit.ahead(260, observed.due[:260], paths=200, seed=2)
    assert ahead.shape == (200, 260, 3)
    assert ahead[:, 130:].mean(axis=(0, 1)) == pytest.approx(made.happened.mean(axis=0), abs=0.08)


def _three(observed: Observed) -> Observed:
    """The first three options, without pauses."""
    return replace(observed, options=observed.options[:3], happened=observed.happened[:, :3],
                   open=np.ones((len(observed), 3), dtype=bool), weight=observed.weight[:3], tempo=observed.tempo[:3],
                   size=observed.size[:3], pause=np.ones(3, dtype=np.intp))


def _prior() -> process.Prior:
    return process.Prior.of(plan.read(shipped_folder("seeds")).processes["launches"])


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Simulation-based calibration: parameters from the prior, ranks among the fit's draws uniform."""
    observed, prior = _three(seen()).until(400), _prior()

    def draw(rng: sbc.Rng) -> Array:
        rest = rng.normal(prior.mean, prior.sd)
        return np.r_[rng.normal(-2, 0.5, 3), rest[:-2], abs(rest[-2]), rest[-1]]

    def simulate(values: Array, rng: sbc.Rng) -> Array:
        return np.asarray(process.simulated(values, observed, int(rng.integers(1 << 30))).happened)

    def posterior(happened: Array, rng: sbc.Rng) -> Array:
        trace, left = np.zeros(observed.trace.shape), np.zeros(2)
        for week, own in enumerate(happened):
            trace[week] = np.minimum(left + observed.due[week], 1)
            left = observed.left(trace[week][:, None], own[:, None])[:, 0]
        fit = process.fit(replace(observed, happened=happened, trace=trace), prior)
        return rng.multivariate_normal(fit.values, fit.covariance, 199)

    found = sbc.calibrated(draw, simulate, posterior, times=60)
    assert found.coverage(0.9).mean() == pytest.approx(0.9, abs=0.06)
    assert (found.coverage(0.9) > 0.75).all()
    assert (found.uniformity(5) > 0.001).all()


# Counts and answers

def test_few_years_are_counted_together_and_a_share_is_taken() -> None:
    found = plan.read(shipped_folder("seeds"))
    own, rate = counts.counted(found, found.counts["dprk_russia_economic"], date(2025, 7, 13))
    assert (own.n, own.years) == (80, 2)
    assert rate.centre == pytest.approx(12.5 / 81)
    part, share = counts.counted(found, found.counts["prk_arms_to_rus"], date(2025, 7, 13))
    assert share.centre == pytest.approx(part.mean * 0.55)
    assert share.sd is not None and share.sd > part.sd * 0.55


def test_answers_are_counted_as_the_record_has_them() -> None:
    found = plan.read(shipped_folder("seeds"))
    statements = plan.rows(found.folder / "dprk_statements_after_exercises.csv")
    drill, paper = found.answers["drill_draws_statement"], found.answers["white_paper_draws_protest"]
    assert (drill.answered, drill.of) == (
        sum(int(row["lag_from_start"]) <= drill.within for row in statements), len(statements))
    protests = plan.rows(found.folder / "white_paper_protests.csv")
    assert (paper.answered, paper.of) == (sum(row["rok_protest_same_day"] == "Y" for row in protests), len(protests))


def test_a_curve_is_read_both_ways() -> None:
    curve = answers.Curve(-1.0, 1.0, 0.05, (-1.0, 5.0))
    assert float(curve.chance(curve.strength(0.8))) == pytest.approx(0.8)


# The command and what it wrote

@lru_cache(maxsize=1)
def again() -> fitting.Calibration:
    return fitting.run(load("july_2025"), replace(plan.read(shipped_folder("seeds")), tones={}))


def _differs(found: fitting.Calibration) -> dict[str, tuple[object, object]]:
    """Values that are not those of the shipped file, beyond rounding."""
    file = read_document(shipped_folder("seeds") / "fitted.yaml").data
    off: dict[str, tuple[object, object]] = {}
    for name, each in found.estimates.items():
        value, data = written(each.value), file[name]["value"]
        assert isinstance(value, dict)
        share = 0.05 if each.method == "solved in the engine" else 0.01  # what else the world holds matters there
        if any(abs(value[key] - data[key]) > share * max(abs(value[key]), 0.1) for key in value):
            off[name] = value, data
        if each.data and file[name]["data"] != each.data:
            off[f"{name} (data)"] = each.data, file[name]["data"]
    return off


def test_the_shipped_launches_and_contacts_are_derived_again() -> None:
    """What takes the engine's own runs is derived again among the slow tests."""
    found, scenario = plan.read(shipped_folder("seeds")), load("july_2025")
    assert not _differs(fitting.run(scenario, replace(found, answers={}, tones={})))


@pytest.mark.slow
def test_every_shipped_number_is_derived_again() -> None:
    """But those from the tone of the press, which takes minutes; `tests/test_tone.py` has its recovery."""
    found = again()
    assert not _differs(found)
    tones = {tones_name(path) for tone in plan.read(shipped_folder("seeds")).tones.values() for path in tone.judged}
    assert set(read_document(shipped_folder("seeds") / "fitted.yaml").data) == {*found.estimates, *tones}
    assert found.until == date(2025, 7, 13)


@pytest.mark.slow
def test_the_command_leaves_a_report_a_table_and_a_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--until", "2018-12-31", "--json", "--out", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1 and found["until"] == "2018-12-31"
    assert found["estimates"]["prk_ballistic_test"]["n"] == 365
    assert found["estimates"]["dprk_russia_economic"]["method"] == "judged: nothing counted yet"
    assert found["estimates"]["conduct_fast"]["value"] == {"mode": 1.0, "low": 0.6, "high": 2.0}
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
        "report.md", "calibration.csv", "calibration.json", "calibrated.png", "calibrated.svg"}


def test_a_date_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--until", "July"]) == 2
    assert "--until July: not a date such as 2025-07-13" in capsys.readouterr().err
