"""A file of questions, checked as a scenario's own outcomes are, and the scenario that answers them.

    asked = load("july_2025")            # or a path
    asked.scenario                       # its outcomes are the questions, its horizon reaches the last deadline
    asked.resolutions                    # of each question, in the outcome's own terms; None while unknown

What the answers are worth is in `sim.record.score`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.catalog.outcome import Outcome
from sim.catalog.question import Question, Questions, days_named, resolution
from sim.errors import InputError, Mark, Problem, unknown
from sim.overlay import assigned
from sim.paths import scenario_file, shipped, shipped_scenarios, world_folder
from sim.reading import Document, Place, explain_validation, read_document
from sim.scenario import LONGEST, Scenario, build
from sim.scenario import load as load_scenario


@dataclass(frozen=True)
class Asked:
    """Questions, the scenario with them as its outcomes, the folder of its world, and what became of each."""

    name: str
    questions: tuple[Question, ...]
    scenario: Scenario
    world: Path
    resolutions: tuple[float | None, ...]
    data: Mapping[str, Any]


def shipped_questions() -> list[str]:
    """Names of the files of questions that ship with the project."""
    return sorted(path.stem for path in shipped("questions").glob("*.yaml"))


def questions_file(source: str | Path) -> Path:
    """The file of questions given as a path or as a shipped name; raises `InputError` when there is none."""
    path = Path(source)
    if path.suffix in {".yaml", ".yml"} or os.path.exists(path):
        return path
    if len(path.parts) == 1 and str(source) in shipped_questions():
        return shipped("questions") / f"{source}.yaml"
    raise InputError(unknown("file of questions", source, shipped_questions()) + ". A path to a .yaml file works too")


def load(source: str | Path, settings: Sequence[str] = (), without: Sequence[str] = (), reading: str | None = None,
         presets: Sequence[str] = ()) -> Asked:
    """The questions in the file `source` (or shipped under that name) and their scenario, both validated.

    Changes are as in `sim.load`; they follow those that the file itself makes. Raises `InputError` with every problem
    of the file of questions, or else of the scenario, or else of the questions about it.
    """
    path = questions_file(source)
    document = read_document(path)
    file = _validated(document)
    place = _scenario(file.scenario, path, document)
    scenario = load_scenario(place, settings, without, reading or file.reading or None, [*file.presets, *presets])
    tree = _asking(scenario, file.questions, document)
    end = scenario.start + timedelta(weeks=tree.data["scenario"]["weeks"], days=-1)
    resolutions, problems = _resolutions(file.questions, document, scenario.start, end)
    try:
        scenario = build(scenario.name, tree)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.mark or Mark("")))
    return Asked(path.stem, file.questions, scenario, world_folder(scenario.head.world, place.parent), resolutions,
                 document.data)


def _validated(document: Document) -> Questions:
    try:
        file = Questions.model_validate(document.data)
    except ValidationError as error:
        raise InputError(explain_validation(error, document, (), Questions)) from None
    first: dict[str, int] = {}
    problems = [Problem(f'a question with the id "{question.id}" stands already at '
                        f'{document.at(("questions", first[question.id], "id"))}', document.at(("questions", i, "id")))
                for i, question in enumerate(file.questions) if first.setdefault(question.id, i) != i]
    problems += [Problem('"ending" is no id for a question: it is how a history ends',
                         document.at(("questions", i, "id")))
                 for i, question in enumerate(file.questions) if question.id == "ending"]
    if problems:
        raise InputError(problems)
    return file


def _scenario(name: str, file: Path, document: Document) -> Path:
    """The scenario's file: beside the questions, or shipped under that name."""
    beside = file.parent / name
    if beside.suffix in {".yaml", ".yml"}:
        if not os.path.exists(beside):
            raise InputError(Problem(f'no such file "{name}" beside this one', document.at(("scenario",))))
        return beside
    if name not in shipped_scenarios():
        raise InputError(Problem(unknown("scenario", name, shipped_scenarios())
                                 + ". A path to a .yaml file, relative to this one, works too",
                                 document.at(("scenario",))))
    return scenario_file(name)


def _asking(scenario: Scenario, questions: Sequence[Question], document: Document) -> Document:
    """The scenario with the questions as its outcomes, to the last deadline if that is later than its own end."""
    last = max([scenario.end, *(day for question in questions for day in _ends(question.outcome, scenario))])
    weeks = min((last - scenario.start).days // 7 + 1, max(LONGEST, scenario.weeks))
    raw = document.data["questions"]
    outcomes = {question.id: {"title": question.ask} | raw[i]["outcome"] for i, question in enumerate(questions)}
    places: dict[str | int, Place] = {question.id: document.find(("questions", i, "outcome"))
                                      for i, question in enumerate(questions)}
    tree = Document(scenario.tree, Place(inside={"scenario": Place(inside={"outcomes": Place(inside=places)})}))
    tree = assigned(tree, ("scenario", "weeks"), weeks, Place())
    return assigned(tree, ("scenario", "outcomes"), outcomes, tree.find(("scenario", "outcomes")))


def _ends(outcome: Outcome, scenario: Scenario) -> Iterator[date]:
    """Days that the horizon must reach: those it speaks of, and the ends of windows after events with a date."""
    yield from days_named(outcome)
    for _, part in outcome.walk():
        if part.within and not part.until:
            of = part.within.of
            events = [scenario.events[name] for name in (*of.event, *of.names) if name in scenario.events]
            opens = [event.on.high for event in events if event.on and event.on.high >= scenario.start]
            yield from (day + timedelta(days=part.within.days) for day in [*opens, *([of.until] if of.until else [])])


def _resolutions(questions: Sequence[Question], document: Document, start: date,
                 end: date) -> tuple[tuple[float | None, ...], list[Problem]]:
    found: list[float | None] = []
    problems = []
    for i, question in enumerate(questions):
        try:
            found.append(resolution(question, start, end))
        except ValueError as error:
            problems.append(Problem(f"{question.id}: {error}", document.at(("questions", i, "resolved"))))
    return tuple(found), problems
