"""Files of questions for tests: one about the small scenario, and others that a test writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import SMALL
from sim.record import questions
from sim.scenario import Scenario, load

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
#: The small scenario, once it has been read.
SCENARIOS: list[Scenario] = []


def put(folder: Path) -> None:
    """Writes the small scenario and the questions about it into a folder."""
    (folder / "small.yaml").write_text(SMALL, encoding="utf-8")
    (folder / "asked.yaml").write_text(ASKED, encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small scenario and questions about it, in which we are."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path)
    return tmp_path


@pytest.fixture
def quick(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with the small scenario read but once for all tests."""
    if not SCENARIOS:
        SCENARIOS.append(load("small.yaml"))
    monkeypatch.setattr(questions, "load_scenario", lambda *what: SCENARIOS[0])
    return here


def asked(here: Path, *lines: str, head: str = "scenario: small.yaml") -> questions.Asked:
    """What is read from a file of these questions, an entry a line."""
    text = "\n  - ".join([f"{head}\nquestions:", *lines])
    (here / "q.yaml").write_text(text + "\n", encoding="utf-8")
    return questions.load("q.yaml")
