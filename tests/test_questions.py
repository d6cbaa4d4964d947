"""A file of questions: resolutions, deadlines, and whatever may be wrong in it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from commands import SMALL
from question_files import asked, here, quick
from sim.errors import InputError
from sim.record import questions

__all__ = ["here", "quick"]


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
