"""Questions, their answers, and how right these are beside baselines that know no model."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commands import SMALL
from sim import cli
from sim.catalog.outcome import Outcome
from sim.catalog.question import Question, resolution
from sim.errors import InputError
from sim.experiments import paired
from sim.figures import reliability as drawn
from sim.paths import shipped as folder_of
from sim.record import baselines, questions, score, scores
from sim.record.baselines import Counted, Series
from sim.scenario import Scenario, load
from test_figures import outside, overlaps
from worlds import compiled, event, option, shipped, tree

Run = Callable[..., tuple[int, str, str]]
SCENARIOS: list[Scenario] = []

ASKED = """\
scenario: small.yaml
questions:
  - id: launch
    ask: A launch by the end of the month?
    outcome: {happened: missile, by: PRK, until: 2025-07-31}
    resolved: yes
  - {id: none, ask: No launch at all?, outcome: {none_in: missile, by: PRK}, resolved: False}
  - {id: weeks, ask: In how many weeks?, outcome: {weeks_with: missile, by: PRK}, resolved: 2}
  - {id: first, ask: When first?, outcome: {first_date: missile, by: PRK, until: 2025-08-10}, resolved: 2025-07-20}
  - id: answer
    ask: An answer, if there is a launch?
    outcome:
      happened: official_statement
      by: KOR
      within: {days: 7, of: {action: missile, by: PRK}}
      given: {happened: missile, by: PRK}
    resolved: void
  - {id: open, ask: Not known yet?, outcome: {happened: nuclear_test, by: PRK}}
  - id: never
    ask: Applies in no run?
    outcome: {happened: missile, given: {happened: armed_clash, by: PRK, until: 2025-07-14}}
    resolved: no
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small scenario and questions about it, in which we are."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "asked.yaml").write_text(ASKED, encoding="utf-8")
    return tmp_path


@pytest.fixture
def call(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(sys, "argv", ["run.py"])

    def call(*words: object) -> tuple[int, str, str]:
        code = cli.main(["score", *map(str, words)])
        return code, *capsys.readouterr()

    return call


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> score.Scored:
    """The questions above, answered."""
    folder = tmp_path_factory.mktemp("asked")
    (folder / "small.yaml").write_text(SMALL, encoding="utf-8")
    (folder / "asked.yaml").write_text(ASKED, encoding="utf-8")
    return score.run(questions.load(folder / "asked.yaml"), 300, jobs=1)


@pytest.fixture
def quick(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with the small scenario read but once for all tests."""
    if not SCENARIOS:
        SCENARIOS.append(load("small.yaml"))
    monkeypatch.setattr(questions, "load_scenario", lambda *what: SCENARIOS[0])
    return here


def asked(here: Path, *lines: str, head: str = "scenario: small.yaml") -> questions.Asked:
    text = "\n  - ".join([f"{head}\nquestions:", *lines])
    (here / "q.yaml").write_text(text + "\n", encoding="utf-8")
    return questions.load("q.yaml")


# The file

def test_resolutions_are_read_as_people_write_them(quick: Path) -> None:
    found = questions.load("asked.yaml").resolutions
    assert found[:4] == (1, 0, 2, 6) and np.isnan(found[4] or 0) and found[5:] == (None, 0)
    said = {"yes": 1, "Yes": 1, "true": 1, "no": 0, "NO": 0, "false": 0, "1": 1, "0": 0, "'yes'": 1, "": None}
    lines = [f"{{id: q{place}, ask: b, outcome: {{happened: missile}}, resolved: {word}}}"
             for place, word in enumerate(said)]
    assert asked(quick, *lines).resolutions == tuple(said.values())


def test_a_date_that_was_not_reached_is_infinite(quick: Path) -> None:
    [one] = asked(quick, "{id: a, ask: b, outcome: {first_date: missile, until: 2025-07-31}, resolved: no}").resolutions
    assert one == np.inf


@pytest.mark.parametrize(("until", "weeks"), [("2025-07-31", 6), ("2025-08-24", 6), ("2025-08-25", 7),
                                              ("2026-07-13", 53), ("2035-07-01", 520)])
def test_the_horizon_reaches_the_last_deadline_and_never_shrinks(quick: Path, until: str, weeks: int) -> None:
    found = asked(quick, f"{{id: a, ask: b, outcome: {{happened: missile, until: {until}}}}}")
    assert found.scenario.weeks == weeks


def test_the_horizon_holds_the_window_after_an_event_with_a_date(here: Path) -> None:
    window = "{happened: protest, by: KOR, within: {days: 90, of: ulchi_freedom_shield}}"
    assert asked(here, f"{{id: a, ask: b, outcome: {window}}}").scenario.weeks == 6  # its date is a rule's
    (here / "small.yaml").write_text(SMALL.replace("{ulchi_freedom_shield: ,", "{apec_2025: ,"), encoding="utf-8")
    window = window.replace("ulchi_freedom_shield", "apec_2025")
    end = asked(here, f"{{id: a, ask: b, outcome: {window}}}").scenario.end
    assert end >= date(2025, 11, 1) + timedelta(days=90)


BAD = [
    ("{happened: misile}", 'unknown action, tag or event "misile". Did you mean "missile"'),
    ("{happened: missile, by: PKR}", '"PKR". Did you mean "PRK"'),
    ("{happened: missile, from: 2025-07-01}", "2025-07-01 is outside the scenario, which runs from 2025-07-14 to 2035"),
    ("{happened: missile, until: 2040-07-01}", "2040-07-01 is outside the scenario"),
    ("{happened: missile}, resolved: maybe", '"maybe" answers no yes or no'),
    ("{happened: missile}, resolved: 0.4", "0.4 answers no yes or no"),
    ("{happened: missile}, resolved: void", "void is for questions with a condition"),
    ("{count: missile}, resolved: yes", '"yes" is no number, but count is one'),
    ("{count: missile}, resolved: -1", "-1 is out of range; count is at least 0"),
    ("{count: missile}, resolved: 1.5", "1.5 is no whole number"),
    ("{weeks_with: missile, until: 2025-08-24}, resolved: 8", "8 is out of range; weeks_with is from 0 to 7"),
    ("{value: {status_quo: dprk_sanctions}}, resolved: 2", "2 is out of range; value is from -1 to 1 here"),
    ("{first_date: missile, until: 2025-07-31}, resolved: 2025-08-02",
     "2025-08-02 is outside the days asked about, 2025-07-14 to 2025-07-31; write no if it was not reached"),
    ("{first_date: missile}, resolved: soon", '"soon" is no date such as 2025-07-14'),
]
#: What is found before the scenario is looked at.
MALFORMED = [
    ("{id: a, ask: b, outcome: {happened: missile, until: 2025-02-30}}", ":57: '2025-02-30' is not a date"),
    ("{id: b, ask: b, outcome: {happened: missile}, resolve: yes}",
     ':51: unknown key "resolve". Did you mean "resolved"?'),
    ("{id: c, outcome: {happened: missile}}", ':5: "ask" is missing'),
    ("{id: d, ask: b, outcome: {happened: missile, count: missile}}", ":21: an outcome has one of"),
]


def test_all_that_is_wrong_is_said_at_once_and_where(quick: Path) -> None:
    with pytest.raises(InputError) as error:
        asked(quick, *(f"{{id: q{place}, ask: b, outcome: {line}}}" for place, (line, _) in enumerate(BAD)))
    assert len(error.value.problems) == len(BAD)
    for place, (problem, (_, message)) in enumerate(zip(error.value.problems, BAD, strict=True)):
        assert str(problem).startswith(f"q.yaml:{place + 3}:") and message in str(problem)


def test_questions_that_are_none(quick: Path) -> None:
    with pytest.raises(InputError) as error:
        asked(quick, *(line for line, _ in MALFORMED))
    found = [str(problem) for problem in error.value.problems]
    assert len(found) == len(MALFORMED)
    for place, (problem, (_, message)) in enumerate(zip(found, MALFORMED, strict=True)):
        assert problem.startswith(f"q.yaml:{place + 3}{message}")
    with pytest.raises(InputError, match='"questions" must be a list, not empty'):
        asked(quick)
    (quick / "none.yaml").write_text("scenario: small.yaml\nquestions: []\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"none.yaml:2:1: there is no question in this file"):
        questions.load("none.yaml")


def test_two_questions_of_one_id_and_one_of_none(quick: Path) -> None:
    line = "{id: a, ask: b, outcome: {happened: missile}}"
    with pytest.raises(InputError) as error:
        asked(quick, line, line, line.replace("id: a", "id: ending"))
    assert [str(problem) for problem in error.value.problems] == [
        'q.yaml:4:10: a question with the id "a" stands already at q.yaml:3:10',
        'q.yaml:5:10: "ending" is no id for a question: it is how a history ends']


@pytest.mark.parametrize(("head", "message"), [
    ("scenario: jly_2025", 'q.yaml:1:11: unknown scenario "jly_2025". Did you mean "july_2025"'),
    ("scenario: nowhere.yaml", 'q.yaml:1:11: no such file "nowhere.yaml" beside this one'),
    ("scenario: small.yaml\nreading: claime", 'unknown reading "claime"')])
def test_a_scenario_that_is_not_there(here: Path, head: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        asked(here, "{id: a, ask: b, outcome: {happened: missile}}", head=head)
    assert message in str(error.value)


def test_a_questions_file_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r'"july_2052"\. Did you mean "july_2025"'):
        questions.load("july_2052")


# Answers and scores

def row(found: score.Scored, name: str) -> Any:
    return found.questions.set_index("id").loc[name]


def test_probabilities_are_those_of_the_ensemble(found: score.Scored) -> None:
    scenario = found.scenario
    values = paired.run({"it": scenario}, 300, jobs=1)["it"].outcomes
    assert row(found, "launch")["p"] == values["launch"].mean()
    assert row(found, "none")["p"] == values["none"].mean()
    assert row(found, "answer")["runs"] == values["answer"].count() < 300
    assert row(found, "answer")["p"] == values["answer"].mean()
    assert row(found, "weeks")["median"] == np.quantile(values["weeks"], 0.5, method="inverted_cdf")
    assert row(found, "launch")["low"] < row(found, "launch")["p"] < row(found, "launch")["high"]


def test_scores_are_those_of_the_answers(found: score.Scored) -> None:
    launch, none = row(found, "launch"), row(found, "none")
    assert launch["brier"] == pytest.approx((1 - launch["p"]) ** 2)
    assert none["brier"] == pytest.approx(none["p"] ** 2)
    assert launch["log_score"] == pytest.approx(-np.log((launch["yes"] + 0.5) / 301))
    record = score.as_record(found)
    assert record["brier"] == pytest.approx((launch["brier"] + none["brier"]) / 2)
    assert record["log_score"] == pytest.approx((launch["log_score"] + none["log_score"]) / 2)
    assert record["crps"] == pytest.approx((row(found, "weeks")["crps"] + row(found, "first")["crps"]) / 2)
    assert record["n"] == 4 and record["n_yes_no"] == 2


def test_a_first_date_is_scored_up_to_its_deadline(found: score.Scored) -> None:
    days = paired.run({"it": found.scenario}, 300, jobs=1)["it"].outcomes["first"].to_numpy()
    assert np.isinf(days).any()
    assert row(found, "first")["crps"] == pytest.approx(scores.crps(np.minimum(days, 28), 6))


def test_what_does_not_count_is_said(found: score.Scored) -> None:
    assert found.questions.set_index("id")["state"].to_dict() == {
        "launch": "resolved", "none": "resolved", "weeks": "resolved", "first": "resolved", "answer": "void",
        "open": "open", "never": "unanswered"}
    told = {each["id"]: each for each in score.as_record(found)["questions"]}
    assert told["answer"]["resolved"] == "void" and told["answer"]["brier"] is None
    assert told["open"]["resolved"] is None and told["open"]["brier"] is None
    assert told["never"]["p"] is None and told["never"]["low"] is None
    assert told["launch"]["resolved"] is True and told["none"]["resolved"] is False
    assert told["weeks"]["resolved"] == 2 and told["first"]["resolved"] == "2025-07-20"


def test_every_baseline_answers_every_question(found: score.Scored) -> None:
    answered = found.questions[found.questions["kind"] == "yes_no"][list(baselines.NAMES)]
    assert answered.notna().all(axis=None) and ((answered > 0) & (answered < 1)).all(axis=None)
    record = score.as_record(found)
    assert list(record["baselines"]) == list(baselines.NAMES)
    assert record["baselines"]["coin"]["brier"] == 0.25
    assert record["baselines"]["coin"]["log_score"] == pytest.approx(np.log(2))


def test_nothing_resolved_is_no_score(quick: Path) -> None:
    record = score.as_record(score.run(asked(quick, "{id: a, ask: b, outcome: {happened: missile}}"), 20, jobs=1))
    assert record["n"] == 0 and record["brier"] is record["log_score"] is record["crps"] is None
    assert record["baselines"]["coin"]["brier"] is None
    json.dumps(record, allow_nan=False)


def test_what_cannot_occur_is_warned_of(quick: Path) -> None:
    line = "{id: a, ask: b, outcome: {happened: protest, by: KOR, to: KOR}}"
    assert score.run(asked(quick, line), 5, jobs=1).warnings == (
        "a: nothing that can occur in this scenario is selected",)


# Baselines

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


# The command

def test_the_command_prints_what_the_issue_asks_for(call: Run) -> None:
    code, out, err = call("asked.yaml", "-n", 60, "--jobs", 1, "--json", "-q", "--out", "o")
    assert code == 0, err
    record = json.loads(out)
    assert record["schema"] == 1
    assert {"schema", "n", "brier", "log_score", "crps", "baselines", "questions"} <= set(record)
    assert all({"brier", "log_score"} <= set(each) for each in record["baselines"].values())
    assert all({"id", "p", "low", "high", "resolved", "brier"} <= set(each) for each in record["questions"])
    assert {path.name for path in Path("o").iterdir()} >= {"questions.csv", "scores.csv", "score.json", "manifest.json"}


@pytest.mark.slow
def test_the_report_and_the_run_again(call: Run) -> None:
    code, out, err = call("asked.yaml", "-n", 300, "--jobs", 1, "--seed", 3)
    assert code == 0, err
    for words in ("7 questions, 4 of them resolved", "no forecast",
                  "Too few to tell", "answer: void", "never: not scored", "Only of runs to which they apply: answer",
                  "at least 20 are needed"):
        assert words in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80
    again = call("out/asked-score/questions.yaml", "-n", 300, "--jobs", 1, "--seed", 3, "--out", "again")
    assert again[0] == 0, again[2]
    for name in ("questions.csv", "scores.csv", "score.json"):
        kept = (Path("out/asked-score") / name).read_text(encoding="utf-8")
        assert Path("again", name).read_text(encoding="utf-8") == kept.replace('"scenario": "small"',
                                                                               '"scenario": "scenario"')


def test_bad_input_ends_in_2(call: Run) -> None:
    Path("asked.yaml").write_text(ASKED.replace("happened: missile", "happened: misile"), encoding="utf-8")
    code, out, err = call("asked.yaml", "-n", 5)
    assert code == 2 and not out and 'asked.yaml:5:25: unknown action, tag or event "misile"' in err
    assert not Path("out").exists()


@pytest.mark.slow
def test_figures_are_readable(found: score.Scored) -> None:
    many = score.run(questions.load("hundred_weeks_2023"), 100, jobs=1)
    for figure in (drawn.answers(found), drawn.reliability(found), drawn.answers(many), drawn.reliability(many)):
        assert overlaps(figure) == [] and outside(figure) == []
        assert "no forecast" in " ".join(text.get_text() for text in figure.axes[0].texts + figure.axes[0].artists)
    assert len(many.reliability) and many.scores["log_p"].notna().sum() == len(baselines.NAMES)


def test_shares_in_words() -> None:
    assert drawn.in_100(0.5, 0.4, 0.61) == "50 (40–61)"
    assert drawn.in_100(0.0, 0.0, 0.02) == "<1 (<1–2)" and drawn.in_100(1.0) == ">99"
    assert drawn.in_100(float("nan")) == ""
