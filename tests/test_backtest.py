"""The rolling backtest: baselines, seasons, weights and verdicts with known answers, and that nobody peeks."""

from __future__ import annotations

import csv
import json
import pickle
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.cli import main
from sim.errors import InputError
from sim.experiments.theories import weighed
from sim.figures import render
from sim.figures.backtested import backtested
from sim.paths import shipped
from sim.record import backtest as module
from sim.record import naive, origin, validation_page, verdict, weights
from sim.record.backtest import Backtest, Foreseen, Setting, foresee, origins, prepare
from sim.record.replay import replayed

#: An origin, and a record that begins so late before it that it is quickly replayed.
ORIGIN, SINCE = date(2022, 6, 27), "2021-01-04"


# Nobody peeks

def retold(folder: Path, day: date) -> Path:
    """A copy of the shipped world's record in which everything from a day on is different: a row a week is made up
    from the first one, and what was there is gone."""
    copytree(shipped("seeds") / "record", folder / "record")
    for file in (folder / "record").glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            head, *rows = csv.reader(stream)
        dates = [place for place, name in enumerate(head) if name in
                 ("date", "week", "start", "end", "publication_date")]
        known = [row for row in rows if row[dates[0]] < day.isoformat()]
        for week in range(30):
            new = list((known or rows)[week % len(known or rows)])
            for place in dates:
                new[place] = (day + timedelta(weeks=week)).isoformat()
            known.append(new)
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([head, *known])
    return folder


def told(folder: Path | None = None, late: bool = False, replicates: int = 40) -> Setting:
    """A setting; with `late`, from a record that begins late and ends two quarters after the origin."""
    if not late:
        return prepare(replicates=replicates, world=folder)
    file = (folder or shipped("seeds")) / "record"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "replayed", lambda plan, process, asked, until: replayed(
            plan, process.model_copy(update={"since": date.fromisoformat(SINCE)}), asked,
            ORIGIN + timedelta(weeks=26, days=-1)))
        return prepare(replicates=replicates, world=file.parent)


@cache
def short() -> tuple[Setting, Foreseen]:
    setting = told(late=True)
    return setting, foresee(setting, 1, ORIGIN, variants=False)


def same(first: Foreseen, second: Foreseen) -> bool:
    return first.weeks.keys() == second.weeks.keys() and all(
        np.array_equal(counts, second.weeks[key]) for key, counts in first.weeks.items())


def test_what_comes_after_an_origin_changes_no_forecast_made_at_it(tmp_path: Path) -> None:
    setting, before = short()
    other = told(retold(tmp_path, ORIGIN), late=True)
    week = setting.observed.week(ORIGIN)
    assert (setting.observed.happened[week:] != other.observed.happened[week:]).any()
    assert same(before, foresee(other, 1, ORIGIN, variants=False))


@pytest.mark.slow
@pytest.mark.parametrize("day", [date(2018, 7, 2), date(2024, 9, 23)])
def test_the_whole_records_future_changes_no_forecast(day: date, tmp_path: Path) -> None:
    now, then = told(), told(retold(tmp_path, day))
    assert same(foresee(now, 1, day), foresee(then, 1, day))
    for name in now.listed.series:
        kept = [naive.past(each.series[name], each.listed.until) for each in (now, then)]
        week = kept[0].week(day)
        assert np.array_equal(kept[0].happened[:week], kept[1].happened[:week])


@pytest.mark.slow
def test_an_earlier_record_does_change_them(tmp_path: Path) -> None:
    earlier = told(retold(tmp_path, ORIGIN - timedelta(weeks=26)), late=True)
    assert not same(short()[1], foresee(earlier, 1, ORIGIN, variants=False))


# The world at an origin

def test_it_begins_from_the_traces_and_pauses_that_the_record_leaves() -> None:
    setting, _ = short()
    known = origin.at(ORIGIN, setting.scenario, setting.plan, setting.listed, setting.observed, 13)
    seen = setting.observed.until(setting.observed.week(ORIGIN))
    assert list(known.traces.values()) == pytest.approx(seen.next_trace().tolist())
    model = known.begun(known.world, 0, 3, 1)
    for row, trace in known.traces.items():
        assert model.state.cue[row] == pytest.approx(trace)
    number = {option.name: o for o, option in enumerate(known.world.decisions.options)}
    ballistic = number[seen.options[0]]
    last = max(day for day in setting.plan.days("ballistic_launches") if day < ORIGIN)
    assert model.state.last_week[ballistic].tolist() == [(last - ORIGIN).days // 7] * 3
    model.release()


def test_weights_that_are_the_worlds_own_change_nothing() -> None:
    setting, before = short()
    known = origin.at(ORIGIN, setting.scenario, setting.plan, setting.listed, setting.observed, 13)
    again = module._run(setting, known, weighed(known.world, known.world.theory_weights), 1)
    for name, happened in again.items():
        assert np.array_equal(happened.sum(axis=1), before.weeks["model", name])
    variants = module.varied(known.world)
    nothing = variants["theory: null_model"].theory_weights
    assert not nothing.any()
    assert (variants["without: tempo"].theory_weights > 0).sum() < (known.world.theory_weights > 0).sum()


def test_an_exercise_is_expected_when_those_of_the_last_years_began() -> None:
    days = [date(2008, 2, 1), date(2012, 2, 27), date(2013, 3, 11), date(2013, 8, 19), date(2014, 2, 24)]
    assert origin._due(days, (1, 6), date(2015, 1, 5)) == (date(2015, 2, 24), date(2015, 3, 11))
    assert origin._due(days, (1, 6), date(2015, 3, 2)) == (date(2015, 3, 2), date(2015, 3, 11)), "not begun yet"
    assert origin._due(days, (1, 6), date(2014, 4, 7)) == (date(2015, 2, 24), date(2015, 3, 11)), "this year's is over"
    assert origin._due(days, (7, 12), date(2014, 4, 7)) == (date(2014, 8, 19), date(2014, 8, 19))
    assert origin._due(days, (1, 6), date(2020, 1, 6)) is None, "given up for years"
    assert origin._due([], (1, 6), date(2015, 1, 5)) is None


def test_drills_without_a_calendar_come_as_often_as_lately() -> None:
    setting, _ = short()
    for day, count in ((date(2024, 6, 24), 0), (date(2024, 12, 23), 3)):
        found = origin._expected(setting.scenario, setting.plan, setting.listed, day, 13)
        chance = found["trilateral_exercises"].chance
        assert chance and chance.rate.centre == pytest.approx((count + 0.5) / 53)
        assert "freedom_edge" not in found


def test_origins_end_where_what_came_is_not_known_to_the_end() -> None:
    setting = replace(short()[0], every=13)
    days = list(origins(date(2025, 1, 1), setting))
    assert days == [date(2025, 1, 6), date(2025, 4, 7)]
    with pytest.raises(InputError, match="no room for two forecasts of 13 weeks"):
        module.run(setting, date(2025, 2, 1))


def test_workers_can_be_sent_all_that_they_need() -> None:
    setting = short()[0]
    again = pickle.loads(pickle.dumps(setting))
    assert again.plan.processes == setting.plan.processes and again.every == setting.every


# Baselines

def test_baselines_know_the_past_and_no_more() -> None:
    happened = np.array([False] * 60 + [True] * 3 + [False] * 9 + [True])
    said = naive.probabilities(happened, 4)
    assert said["last_52_weeks"] == pytest.approx([4.5 / 53] * 4)
    assert said["persistence"] == pytest.approx([1.5 / 5] * 4)
    assert said["all_weeks"] == pytest.approx([4.5 / 74] * 4)
    stays, comes = 2.5 / 4, 2.5 / 70  # of three weeks after one with it two, of 69 after one without two
    assert said["last_week"][0] == pytest.approx(stays)
    assert said["last_week"][1] == pytest.approx(stays * stays + (1 - stays) * comes)
    assert set(said["coin"]) == {0.5}


def test_a_rate_that_goes_on_is_beta_binomial() -> None:
    happened = np.arange(52) % 4 == 0
    sample = naive.numbers(happened, 13)
    assert sample.mean() == pytest.approx(13 * 13.5 / 53, abs=0.02)
    assert sample.max() <= 13


# Weights

def test_equal_forecasters_weigh_the_same() -> None:
    scores = np.repeat(np.random.default_rng(1).random((40, 1)), 2, axis=1)
    assert weights.equal(scores)
    assert weights.pseudo_bma(scores).mean == pytest.approx([0.5, 0.5])


def test_the_better_one_takes_all_where_it_is_better_throughout() -> None:
    scores = np.array([[1.0, 3.0]] * 20 + [[1.1, 3.0]] * 20)
    assert not weights.equal(scores)
    assert weights.pseudo_bma(scores).mean[0] == pytest.approx(1)
    chances, blocks = np.array([[0.9, 0.5]] * 100), np.arange(100) // 10
    assert weights.stacking(chances, blocks).mean[0] > 0.99


def test_weights_stay_equal_within_two_standard_errors() -> None:
    gaps = np.array([1.0, -1.0] * 20)
    for mean, equal in ((0.2, True), (0.5, False)):  # the standard error is 0.16
        assert weights.equal(np.column_stack([gaps + mean, np.zeros(40)])) == equal


def test_stacking_mixes_those_who_are_right_at_different_times() -> None:
    chances = np.array([[0.9, 0.1], [0.1, 0.9]] * 50)
    found = weights.stacking(chances, np.arange(100) // 5)
    assert found.mean == pytest.approx([0.5, 0.5], abs=0.02)
    assert (found.low < found.mean).all() and (found.mean < found.high).all()


# Verdicts

def made_up(p_when: float, p_else: float, quarters: int = 12) -> Backtest:
    """A backtest of a series that happens every other week, by a model that gives two probabilities."""
    rng, happened = np.random.default_rng(1), np.arange(4 * quarters) % 2
    days = [date(2020, 1, 6) + timedelta(weeks=week) for week in range(len(happened))]
    rows: dict[str, Any] = {
        "series": "missile", "origin": [days[week - week % 4] for week in range(len(days))], "week": days,
        "happened": happened, "model": np.where(happened, p_when, p_else)}
    rows |= {"last_52_weeks": 0.5, "persistence": 0.4, "last_week": 0.5, "all_weeks": 0.5, "coin": 0.5}
    for name in ("realism", "liberalism", "constructivism"):
        rows[f"theory: {name}"] = np.where(happened, p_when, p_else)
    counts = [{"series": "missile", "origin": days[4 * q], "weeks": 4, "happened": 2, "mean": 2.0, "p5": 1.0,
               "p95": 3.0, "pit": (q + rng.random()) / quarters, "crps": 0.1, "crps_last_52_weeks": 0.3}
              for q in range(quarters)]
    answers = [{"series": "protest", "day": days[0], "p": 0.9, "days": 0.0, "happened": 1}] * 5
    return Backtest(short()[0].scenario, pd.DataFrame(rows), pd.DataFrame(counts), pd.DataFrame(answers),
                    {"protest": (0.5, 0.95)}, 4, 100, 1, 0.0)


def test_a_forecaster_who_knows_meets_every_target() -> None:
    found = made_up(0.999, 0.001)
    table = verdict.scores(found, "missile").set_index("forecaster")
    assert table.loc["model", "log_score"] == pytest.approx(0.001, abs=1e-4)
    assert table.loc["coin", "log_score"] == pytest.approx(np.log(2))
    assert table.loc["coin", "difference"] == pytest.approx(0.001 - np.log(2), abs=1e-4)
    assert table.loc["coin", "p"] < 0.01
    assert table.loc["theory: realism", "difference"] == table.loc["theory: realism", "error"] == 0
    assert all(target.met for target in verdict.targets(found, "missile"))
    assert not verdict.pairs(found)["apart"].any()
    assert verdict.theories(found)["pseudo_bma"].tolist() == pytest.approx([1 / 3] * 3)
    assert verdict.by_year(found, "missile")["weeks"].sum() == 48


def test_a_forecaster_who_is_wrong_meets_none_of_those_of_skill() -> None:
    found = made_up(0.2, 0.8)
    met = {target.asked: target.met for target in verdict.targets(found, "missile")}
    assert [value for asked, value in met.items() if "better" in asked] == [False] * 3
    narrow = replace(found, counts=found.counts.assign(pit=0.99))
    assert not list(verdict.targets(narrow, "missile"))[3].met
    sure = replace(found, answers=found.answers.assign(p=0.3))
    assert not list(verdict.targets(sure, "missile"))[4].met
    assert "**not met**" in validation_page.text(found, "x.png")


def test_a_theory_that_is_far_better_is_told_apart() -> None:
    found = made_up(0.9, 0.1)
    found.forecasts["theory: realism"] = 0.5
    assert set(map(tuple, verdict.pairs(found).query("apart")[["first", "second"]].to_numpy())) == {
        ("realism", "liberalism"), ("realism", "constructivism")}
    assert "should follow pseudo-BMA+" in validation_page.text(found, "x.png")


def test_figure_and_page_hold_every_forecaster() -> None:
    found = made_up(0.9, 0.1)
    drawn = render(backtested(found, "missile", verdict.scores(found, "missile")), "backtested", "svg").decode()
    for name in ("Realism", "Rate of the last 52 weeks"):
        assert name in drawn and name in validation_page.text(found, "x.png")
    assert max(map(len, validation_page.text(found, "x.png").splitlines())) < 200


# The command

def test_a_date_that_is_none_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["backtest", "--from", "soon", "--out", str(tmp_path / "out")]) == 2
    assert "--from soon" in capsys.readouterr().err


@pytest.mark.slow
def test_four_quarters_end_to_end(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["backtest", "--from", "2024-07-01", "-n", "50", "--jobs", "2", "--json", "-q", "--out", str(out)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1
    assert found["origins"] == ["2024-07-01", "2024-09-30", "2024-12-30", "2025-03-31"]
    scores = {row["forecaster"]: row for row in found["series"]["missile"]["scores"]}
    assert {"model", "process", "last_52_weeks", "without: tempo", "theory: realism"} <= set(scores)
    assert 0 < scores["model"]["log_score"] < 1.5
    table = pd.read_csv(out / "forecasts.csv")
    own = table[table["series"] == "missile"]
    panel = pd.read_csv(shipped("seeds") / "record" / "dprk_weekly_panel.csv", index_col="week")["missile_any"]
    assert own["happened"].tolist() == [int(panel[week] > 0) for week in own["week"]]
    assert own.iloc[:, 4:].stack().between(0, 1, inclusive="neither").all()
    assert {answer["series"] for answer in found["answers"]} == {"white_paper_protest", "drill_statement"}
    assert (out / "validation.md").read_text(encoding="utf-8").startswith("<!-- Written by")
    assert (out / "figures" / "backtested_missile.svg").is_file()
