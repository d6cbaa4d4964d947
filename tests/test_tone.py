"""The tone between countries: its statistics where they are known, and half-lives recovered from simulated tone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from sim.catalog.outcome import Outcome
from sim.errors import InputError
from sim.record import abc, sbc, tone
from worlds import shipped

DEED = Outcome.model_validate({"weeks_with": "missile", "by": "PRK"})


def record(weeks: int = 160, every: int = 4) -> tone.ToneRecord:
    """White noise as the tone of three dyads, and a deed at even intervals."""
    dyads = (("PRK", "USA"), ("KOR", "PRK"), ("JPN", "USA"))
    noise = np.random.default_rng(1).standard_normal((weeks, 3))
    return tone.ToneRecord(date(2018, 1, 1), dyads, noise, np.arange(weeks) % every == 0, DEED)


def test_statistics_of_a_series_with_a_known_memory() -> None:
    """Autocorrelation 0.8 a week, and weeks that nobody reported on; then deeds now and then that take a point from
    the tone and are half forgotten a week later, seen from the mean of the 27 weeks around."""
    rng, weeks = np.random.default_rng(4), 40_000
    deeds, memory = (np.arange(weeks) % 30 == 0)[:, None], np.zeros((weeks, 1))
    for week in range(1, weeks):
        memory[week] = 0.8 * memory[week - 1] + 0.6 * rng.standard_normal(1)
    forgotten = -(0.5 ** (np.arange(weeks) % 30))[:, None]
    seen = rng.random(weeks) > 0.1
    plain, moved = (tone.statistics(np.where(seen[:, None], values, np.nan)[:, None], deeds, seen)[:, 0, 0]
                    for values in (memory, forgotten))
    assert plain == pytest.approx([0.8, 0.8**4, 0.8**13, 0.8**26, 0, 0, 0, 0], abs=0.06)
    after = moved[4:] * forgotten[seen].std()
    assert np.diff(after) == pytest.approx([0.5, 0.25, 0.125], abs=0.02)
    assert after[0] == pytest.approx(-1 + 2 / 27, abs=0.03)


def test_a_record_is_read_by_mondays(tmp_path: Path) -> None:
    """Weeks named by their Sundays, one of them missing; what is no dyad is left out."""
    file = tmp_path / "tone.csv"
    file.write_text("date,total,USA-PRK,n\n2018-01-07,9,1.5,3\n2018-01-14,9,2.5,3\n2018-01-28,9,-1,3\n")
    read = tone.ToneRecord.read(file, [date(2018, 1, 7), date(2018, 1, 20), date(2019, 1, 1)], DEED)
    assert (read.start, read.dyads) == (date(2018, 1, 1), (("USA", "PRK"),))
    assert read.tone[:, 0] == pytest.approx([1.5, 2.5, np.nan, -1], nan_ok=True)
    assert read.deeds.tolist() == [True, False, True, False]
    start = read.start
    assert len(read.during(start, date(2018, 1, 20)).tone) == 2
    assert len(read.during(start, date(2018, 1, 21)).deeds) == 3  # the third week is over that evening
    assert len(read.during(start, date(2017, 1, 1)).tone) == 0
    later = read.during(date(2018, 1, 9), date(2018, 2, 28))
    assert (later.start, later.tone[-1, 0], later.deeds.tolist()) == (date(2018, 1, 15), -1, [True, False])


@pytest.mark.parametrize(("text", "message"), [
    ("week,USA-PRK\n1,2\n", "must hold dates"), ("", "must hold dates"), ("date,USA-PRK\n", "one row for each week"),
    ("date,USA-PRK\n2018-01-07,2\n2018-01-05,2\n", "one row for each week; that of 2018-01-05 comes again")])
def test_a_file_that_is_no_such_record_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "tone.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        tone.ToneRecord.read(file, [], DEED)
    assert str(file) in str(error.value)


def test_dyads_and_strengths_are_those_between_who_acts_and_whom_it_is_done_to() -> None:
    """Japan and the United States launch nothing at each other, so that their tone says nothing here."""
    world = shipped()
    found = tone.Simulator.of(world, record())
    assert [world.dyads[place] for place in found.places] == [("USA", "PRK"), ("KOR", "PRK")]
    assert "mechanisms.washington_answers_pyongyang.strength" in found.strengths
    assert "mechanisms.moscow_answers_the_three.strength" not in found.strengths
    assert all(path.startswith("mechanisms.") for path in found.strengths)


def test_too_short_a_record_fits_nothing() -> None:
    world = shipped()
    assert tone.fit_tone(world, record(), date(2018, 12, 30)) == ((), (), (), 52, 0.0)
    assert tone.fit_tone(world, record(every=40), date(2025, 1, 1)) == ((), (), (), 160, 0.0)
    elsewhere = replace(record(), dyads=(("JPN", "KOR"), ("JPN", "RUS"), ("JPN", "USA")))
    assert not tone.fit_tone(world, elsewhere, date(2025, 1, 1)).estimates


@pytest.mark.slow
def test_half_lives_are_recovered_at_the_stated_rate() -> None:
    """Histories with known parameters, each fitted with all the others: ranks are uniform, intervals hold the truth,
    and the fast half-life is learnt, the strengths of reciprocity are not."""
    world = shipped()
    found = tone.Simulator.of(world, record())
    priors = [*tone.HALF_LIVES.values(), *tone.NUISANCE.values(),
              *(world.inputs.quantities[world.inputs.rows[path]] for path in found.strengths)]
    scores = np.random.default_rng(2).standard_normal((1500, len(priors)))
    values = abc.at_scores(priors, scores)
    shown = found.averages(values.T, 5).T
    scores, values, shown = (part[np.isfinite(shown).all(axis=1)] for part in (scores, values, shown))
    spread = np.median(np.abs(shown - np.median(shown, axis=0)), axis=0)
    rng, ranks, widths = np.random.default_rng(3), [], []
    for truth in range(200):
        distances = np.sqrt((((shown - shown[truth]) / spread) ** 2).sum(axis=1))
        near = np.argsort(distances)[1:201]
        fitted = abc.adjusted(abc.Posterior(tuple(priors), shown[truth], scores[near], values[near],
                                            np.full(200, 1 / 200), shown[near], distances[near], spread, 0, 1500))
        draws = fitted.values[rng.choice(200, 99, p=fitted.weights)]
        ranks.append((draws < values[truth]).sum(axis=0))
        widths.append(fitted.sd)
    calibration = sbc.Calibration(np.stack(ranks), 99)
    assert calibration.uniformity().min() > 0.001
    assert calibration.coverage(0.9) == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 200))
    narrower = np.mean(widths, axis=0) / values.std(axis=0)
    assert narrower[0] < 0.9
    assert narrower[4:].min() > 0.95


@pytest.mark.slow
def test_the_fit_is_the_same_again_and_says_what_it_saw() -> None:
    world = shipped()
    one, again = (tone.fit_tone(world, record(110), date(2025, 1, 1), seed=3, particles=100, generations=1)
                  for _ in range(2))
    assert one == again
    assert one.weeks == 110
    assert [each.path for each in one.estimates][:2] == list(tone.HALF_LIVES)
    assert {check.dyad for check in one.checks} == {"", "USA-PRK", "KOR-PRK"}
    assert one.nuisance[0].mean > 0.6  # what was given is white noise
