"""Baselines that know no model, and the record from which they and the resolutions come."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.catalog.outcome import Outcome
from sim.catalog.question import Question, resolution
from sim.errors import InputError
from sim.paths import shipped as folder_of
from sim.record import baselines, questions
from sim.record.baselines import Counted, Series
from worlds import compiled, event, option, shipped, tree

WORLD = compiled(tree(options={"reply": option("scold", "BBB", "AAA", 0.2), "wave": option("greet", "AAA", "BBB", 0.3)},
                      events={"fair": event(action="greet", by=["AAA"], to=["BBB"], on="2025-08-06"),
                              "storm": event(chance={"rate": 0.1, "reference_class": "any", "source": "judgement"})}))


def series(days: list[date], outcome: dict[str, Any] | None = None, lags: list[float] | None = None) -> Series:
    entry = {"outcome": outcome or {"happened": "scold"}, "record": {"file": "x.csv", "day": "day"},
             "since": "2020-01-06", "until": "2030-01-06"}
    return Series(Counted.model_validate(entry), tuple(days), tuple(lags or [0.0] * len(days)))


def answered(raw: dict[str, Any], *record: Series) -> baselines.Answers:
    return baselines.answer(Outcome.model_validate(raw), WORLD, record)


START = WORLD.scenario.start
BUSY = [START - timedelta(weeks=4 * back) for back in range(1, 14)]  # 13 of 52 weeks, the last four weeks ago


def test_the_rate_of_the_last_52_weeks() -> None:
    one_week = {"from": str(START), "until": str(START + timedelta(days=6))}
    assert answered({"happened": "scold", **one_week}, series(BUSY)).last_52_weeks == pytest.approx(13.5 / 53)
    assert answered({"none_in": "scold", **one_week}, series(BUSY)).last_52_weeks == pytest.approx(39.5 / 53)
    assert answered({"not": {"happened": "scold", **one_week}}, series(BUSY)).last_52_weeks == pytest.approx(39.5 / 53)
    two = {"from": str(START), "until": str(START + timedelta(days=13))}
    none = (39.5 / 53) * (40.5 / 54)  # the second quiet week is likelier after the first
    assert answered({"happened": "scold", **two}, series(BUSY)).last_52_weeks == pytest.approx(1 - none)
    once = answered({"weeks_with": "scold", "at_least": 1, **two}, series(BUSY)).last_52_weeks
    assert once == pytest.approx(1 - none)
    assert answered({"weeks_with": "scold", "at_least": 2, **two}, series(BUSY)).last_52_weeks == pytest.approx(
        (13.5 / 53) * (14.5 / 54))
    assert answered({"count": "scold", "at_least": 1, **two}, series(BUSY)).last_52_weeks == pytest.approx(
        1 - (52 / 54) ** 13.5)


def test_what_was_long_ago_or_is_yet_to_come_does_not_count() -> None:
    one_week = {"until": str(START + timedelta(days=6))}
    more = [*BUSY, START, START + timedelta(weeks=3), START - timedelta(weeks=53)]
    assert answered({"happened": "scold", **one_week}, series(more)) == answered(
        {"happened": "scold", **one_week}, series(BUSY))


def test_persistence_is_the_last_window_as_long() -> None:
    weeks = [{"until": str(START + timedelta(weeks=count, days=-1))} for count in (3, 4)]
    assert [answered({"happened": "scold", **until}, series(BUSY)).persistence for until in weeks] == [0.25, 0.75]
    assert answered({"count": "scold", "at_least": 2, **weeks[1]}, series(BUSY)).persistence == 0.25


def test_without_a_series_one_half() -> None:
    for raw in ({"happened": "greet"}, {"happened": "scold", "given": {"happened": "greet"}},
                {"any_of": [{"happened": "scold"}, {"happened": "greet"}]},
                {"value": {"approval": "AAA"}, "at_least": 0}):
        found = answered(raw, series(BUSY))
        assert (found.last_52_weeks, found.persistence, found.coin) == (0.5, 0.5, 0.5)
    late = Series(series([]).entry.model_copy(update={"since": START - timedelta(weeks=51)}), (), ())
    assert answered({"happened": "scold"}, late).last_52_weeks == 0.5


def test_another_name_for_the_same_finds_the_series() -> None:
    for raw in ({"happened": {"action": "scold", "by": "BBB"}}, {"happened": "scold", "by": "BBB", "to": "AAA"}):
        assert answered(raw, series(BUSY)).last_52_weeks != 0.5


def test_answers_count_by_what_they_answer() -> None:
    """Of three greetings, two in the last year, the last one scolded at once: lags in days."""
    days = [START - timedelta(weeks=back) for back in (80, 30, 10)]
    known = series(days, {"happened": "scold", "within": {"days": 7, "of": "greet"}}, [0.0, np.inf, 9.0])
    late = answered({"happened": "scold", "within": {"days": 14, "of": "greet"}}, known)
    soon = answered({"happened": "scold", "within": {"days": 7, "of": "greet"}}, known)
    assert late[:2] == (0.5, 0.75) and soon[:2] == (0.5 / 3, 0.25)
    fair = answered({"happened": "scold", "within": {"days": 14, "of": "fair"}, "given": {"happened": "fair"}}, known)
    assert fair[:2] == (0.5, 0.75)  # the fair is a greeting
    assert answered({"happened": "scold"}, known)[:2] == (0.5, 0.5)
    assert answered({"happened": "scold", "within": {"days": 14, "of": "storm"}}, known)[:2] == (0.5, 0.5)


def test_an_answer_still_to_come_is_not_known() -> None:
    known = series([START - timedelta(days=2)], {"happened": "scold", "within": {"days": 7, "of": "greet"}}, [5.0])
    assert answered({"happened": "scold", "within": {"days": 7, "of": "greet"}}, known)[:2] == (0.5, 0.5)


@pytest.mark.parametrize(("raw", "holds"), [
    ({"happened": "scold"}, False), ({"none_in": "scold"}, True), ({"not": {"happened": "scold"}}, True),
    ({"count": "scold", "at_least": 1}, False), ({"count": "scold", "at_most": 3}, True),
    ({"happened": "fair"}, True), ({"none_in": "fair"}, False), ({"happened": "storm"}, False),
    ({"happened": "greet", "event": "fair"}, False), ({"count": "fair", "at_least": 2}, None),
    ({"change": {"approval": "AAA"}, "at_least": 0.1}, False),
    ({"peak": {"tension": ["AAA", "BBB"]}, "at_least": 1}, None),
    ({"all_of": [{"none_in": "scold"}, {"happened": "fair"}]}, True),
    ({"any_of": [{"happened": "scold"}, {"peak": {"tension": ["AAA", "BBB"]}, "at_least": 1}]}, None),
    ({"all_of": [{"happened": "scold"}, {"peak": {"tension": ["AAA", "BBB"]}, "at_least": 1}]}, False)])
def test_where_nothing_changes(raw: dict[str, Any], holds: bool | None) -> None:
    outcome = Outcome.model_validate(raw)
    assert baselines.stands(outcome, WORLD.scenario) is holds
    assert answered(raw).status_quo == {True: 0.95, False: 0.05, None: 0.5}[holds]


def test_who_governs_goes_on() -> None:
    scenario = shipped().scenario
    for raw, holds in (({"in_office": "ishiba"}, True), ({"in_office": "nobody"}, False),
                       ({"coalition_intact": "JPN"}, True), ({"not": {"coalition_intact": "JPN"}}, False),
                       ({"value": {"status_quo": "dprk_sanctions"}, "at_least": -1}, True)):
        assert baselines.stands(Outcome.model_validate(raw), scenario) is holds


# The record

def test_a_world_without_a_record_has_no_series(tmp_path: Path) -> None:
    assert baselines.load(tmp_path) == []


@pytest.mark.parametrize(("line", "message"), [
    ("{file: days.csv, day: date}", 'baselines.yaml:3:3: days.csv: unknown column "date". Did you mean "data"'),
    ("{file: none.csv, day: date}", "No such file"),
    ("{file: days.csv, dy: data}", 'unknown key "dy". Did you mean "day"')])
def test_a_record_that_cannot_be_read(tmp_path: Path, line: str, message: str) -> None:
    folder = tmp_path / "record"
    folder.mkdir()
    (folder / "days.csv").write_text("data,kind\n2024-01-01,a\n2024-01-09,b\n", encoding="utf-8")
    text = "scold:\n  outcome: {happened: scold}\n  record: {file: days.csv, day: data, where: {kind: [a, c]}}\n"
    text += "  since: 2024-01-01\n  until: 2024-12-29\n"
    (folder / "baselines.yaml").write_text(text, encoding="utf-8")
    [kept] = baselines.load(tmp_path)
    assert kept.days == (date(2024, 1, 1),)
    (folder / "baselines.yaml").write_text(text.replace("{file: days.csv, day: data, where: {kind: [a, c]}}", line),
                                           encoding="utf-8")
    with pytest.raises(InputError) as error:
        baselines.load(tmp_path)
    assert message in str(error.value)


def test_the_shipped_series_answer_something_and_end_where_the_record_does() -> None:
    world = shipped()
    for each in baselines.load(folder_of("seeds")):
        assert each.answers(each.entry.outcome, world), each.entry
        assert each.days and max(each.days) <= each.entry.until <= date(2025, 7, 20)


def test_shipped_questions_are_resolved_only_by_the_record() -> None:
    with (folder_of("seeds") / "record" / "dprk_weekly_panel.csv").open(encoding="utf-8", newline="") as stream:
        weeks = {date.fromisoformat(row["week"]): int(row["missile_any"]) > 0 for row in csv.DictReader(stream)}
    for name in questions.shipped_questions():
        asked = questions.load(name)
        for question, became in zip(asked.questions, asked.resolutions, strict=True):
            if became is None:
                continue
            days = [day for part in (question.outcome, question.outcome.within and question.outcome.within.of) if part
                    for day in (part.until,) if day]
            assert days and max(days) <= date(2025, 7, 20) and question.source, question.id
            if question.id.startswith("M"):
                first, last = question.outcome.from_, question.outcome.until
                assert first and last
                assert became == any(busy for week, busy in weeks.items() if first <= week <= last)
    assert set(questions.shipped_questions()) >= {"july_2025", "hundred_weeks_2023"}
    assert not any(became is not None for became in questions.load("july_2025").resolutions)


def test_a_resolution_can_be_void_only_with_a_condition() -> None:
    raw = {"id": "a", "ask": "b", "resolved": "void", "outcome": {"happened": "scold", "given": {"happened": "greet"}}}
    assert np.isnan(resolution(Question.model_validate(raw), START, START) or 0)
