"""`validate`: everything that is wrong with a scenario, or what it holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from sim.cli.options import Json, Presets, Reading, Scenario, Settings, Without
from sim.cli.terminal import MISUSED, many, say, say_json
from sim.errors import InputError, Problem

if TYPE_CHECKING:
    from sim.scenario import Scenario as LoadedScenario

COUNTED = {"countries": "country", "issues": "issue", "options": "option", "mechanisms": "mechanism", "events": "event",
           "outcomes": "outcome", "endings": "ending"}


def validate(scenario: Scenario, settings: Settings = None, without: Without = None, reading: Reading = None,
             presets: Presets = None, json: Json = False) -> None:
    """Check a scenario and its world: every error at once, with its place."""
    from sim.scenario import load

    try:
        loaded = load(scenario, settings or [], without or [], reading, presets or [])
    except InputError as error:
        if not json:
            raise
        say_json({"schema": 1, "scenario": scenario, "valid": False, "partial": error.partial,
                  "problems": [_problem(problem) for problem in error.problems]})
        raise typer.Exit(MISUSED) from None
    found = findings(loaded)
    if json:
        say_json({"schema": 1, "scenario": loaded.name, "valid": True, "problems": []} | found)
    else:
        say(*_words(loaded, found), wide=True)


def findings(scenario: LoadedScenario) -> dict[str, Any]:
    """What a valid scenario holds, its loop gain, and warnings."""
    from sim.compiler import compile_world
    from sim.experiments.design import drawn_once
    from sim.references import idle_events
    from sim.stability import loop_gain
    from sim.warnings import warnings_of

    world = compile_world(scenario)
    gain = float(loop_gain(world))
    return {"title": scenario.title, "start": scenario.start.isoformat(), "weeks": scenario.weeks,
            "counts": {part: len(getattr(scenario, part)) for part in COUNTED} | {
                "drawn": len(world.inputs.drawn), "drawn_once": len(drawn_once(world))},
            "idle_events": idle_events(scenario), "loop_gain": gain, "warnings": warnings_of(world, gain)}


def _problem(problem: Problem) -> dict[str, Any]:
    place = asdict(problem.mark) if problem.mark else {"file": "", "line": 0, "column": 0}
    return {**place, "message": problem.message}


def _words(scenario: LoadedScenario, found: dict[str, Any]) -> list[str]:
    from sim.summary import day_in_words

    counts = found["counts"]
    return [f"{scenario.name} is valid: {scenario.title}",
            f"{many(scenario.weeks, 'week')}, {day_in_words(scenario.start)} to {day_in_words(scenario.end)}",
            ", ".join(f"{counts[part]} {part if counts[part] != 1 else one}" for part, one in COUNTED.items()),
            f"{counts['drawn']} numbers are drawn, {counts['drawn_once']} of them once in each history",
            f"loop gain {found['loop_gain']:.2f} (a disturbance dies out where it is below 1)",
            *([f"only dates, to which no mechanism refers; histories are the same without them: {', '.join(idle)}"]
              if (idle := found["idle_events"]) else []),
            *(f"warning: {warning}" for warning in found["warnings"])]
