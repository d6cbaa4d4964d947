"""What worker processes do: they hold compiled worlds, so that a draft costs no more than its histories."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from sim.arrays import Array
from sim.batch import Batch, run_batch
from sim.compiler import compile_world
from sim.draws import Draws, Words
from sim.errors import InputError
from sim.experiments.paired import comparable, difference
from sim.figures.measure import in_100
from sim.model import DiplomacyModel
from sim.outcomes import looked_at, measured, summarise, wilson
from sim.overlay import STANDING
from sim.quantity import Bounds, Quantity
from sim.scenario import Scenario
from sim.summary import numbers_in_words
from sim.web.changes import DRAFT, Changes, Library, Question, scenario_of
from sim.world import World

#: Replicates that a full run does at a time: few enough that one sees it go on and can stop it.
PIECE = 512
#: Sections whose numbers, but for some, enter a world through its inputs alone, so that it need not be compiled again.
INPUTS = ("mechanisms", "issues", "cues", "countries")
#: Drafts whose measures are kept, and calls of draws (of some ten kilobytes each).
KEPT, DRAWS = 64, 4000

Row = dict[str, Any]
Measured = tuple[Array, Array]


def guarded(function: Callable[[Any, Library], Any], asked: Any, library: Library) -> Any:
    """What a function makes of a request. Raises `InputError` also for numbers that no history can be made of."""
    try:
        with np.errstate(all="ignore"):
            return function(asked, library)
    except (ArithmeticError, ValueError, IndexError, KeyError, AssertionError) as error:
        raise InputError(f"no history can be made of this ({type(error).__name__}: {error})") from error


def accepted(changes: Changes, library: Library) -> None:
    """Raises `InputError` for what cannot be run."""
    world_of(changes, library)


# Worlds

def world_of(changes: Changes, library: Library) -> World:
    """The compiled world, kept by what it is made of."""
    return _world(changes.key, library, library.stamp(changes.scenario))


@lru_cache(maxsize=12)
def _world(key: str, library: Library, stamp: int) -> World:
    return compile_world(scenario_of(Changes.model_validate_json(key), library))


def through_inputs(changes: Changes, world: World) -> dict[str, Quantity]:
    """The changed numbers that enter `world`, compiled without them, through its inputs alone."""
    found = {}
    for path, value in changes.settings.items():
        row = world.inputs.rows.get(path)
        if row is not None and path.partition(".")[0] in INPUTS and ".capability." not in path:
            was = world.inputs.quantities[row]
            try:
                found[path] = Bounds(was.floor, was.ceiling, was.rate).parse(value)
            except ValueError:
                continue  # the loader says what is wrong with it
    return found


# Drafts

def draft(question: Question, library: Library) -> Row:
    """Endings and outcomes of both sides in few replicates, and their paired differences."""
    started = time.monotonic()
    replicates = min(question.replicates, DRAFT)
    stamp = library.stamp(question.alt.scenario)
    found = {side: _drafted(changes.key, library, stamp, question.seed, replicates)
             for side, changes in question.sides.items()}
    scenario = scenario_like(question.alt, library)
    base = found.get("base")
    rows = compared_rows(scenario, found["alt"], base) if base is None or _alike(
        scenario, scenario_like(question.baseline, library)) else compared_rows(scenario, found["alt"], None)
    return {"schema": 1, "replicates": replicates, "seed": question.seed,
            "seconds": round(time.monotonic() - started, 3)} | rows


def scenario_like(changes: Changes, library: Library) -> Scenario:
    """A scenario with the same endings and outcomes: but for the numbers that are changed it is this one."""
    return world_of(changes.model_copy(update={"settings": {}}), library).scenario


def _alike(one: Scenario, other: Scenario) -> bool:
    """Whether both measure the same."""
    return list(one.outcomes) == list(other.outcomes) and [each.name for each in one.endings] == [
        each.name for each in other.endings]


@lru_cache(maxsize=KEPT)
def _drafted(key: str, library: Library, stamp: int, seed: int, replicates: int) -> Measured:
    """Outcomes (R, outcomes) and endings (R,) of the first replicates."""
    changes = Changes.model_validate_json(key)
    numbers = through_inputs(changes, _world(changes.model_copy(update={"settings": {}}).key, library, stamp))
    rest = {path: value for path, value in changes.settings.items() if path not in numbers}
    compiled = changes.model_copy(update={"settings": rest}).key
    world, draws = _world(compiled, library, stamp), Draws(seed, 0, range(replicates))
    given = _inputs(compiled, library, stamp, seed, replicates) | {
        path: quantity.ppf(draws.uniform(path)) for path, quantity in numbers.items()}
    if standing := {path for path in numbers if path.partition(".")[0] in STANDING}:
        world = world.begun_otherwise(standing)
    model = DiplomacyModel(world, 0, replicates, rng=seed, given=given, keep=looked_at(world.scenario, world))
    model.draws = Repeated(seed, 0, range(replicates))
    try:
        history = model.run()
    finally:
        model.release()
    outcomes, endings = measured(world.scenario, history)
    return outcomes, endings.astype(np.int64)


@lru_cache(maxsize=6)
def _inputs(key: str, library: Library, stamp: int, seed: int, replicates: int) -> dict[str, Array]:
    """What the first replicates of a world draw, by path, (R,) each."""
    world = _world(key, library, stamp)
    return dict(zip(world.inputs.paths, world.inputs.draw(Draws(seed, 0, range(replicates))), strict=True))


def compared_rows(scenario: Scenario, alt: Measured, base: Measured | None) -> dict[str, list[Row]]:
    """A row per ending and per outcome: what it comes to on each side, and the paired difference."""
    def both(kind: Any, values: Callable[[Measured], Array]) -> Row:
        found: Row = {"alt": _side(kind, values(alt)), "base": None, "difference": None}
        if base is not None:
            found["base"] = _side(kind, values(base))
            apart = difference(comparable(values(base), kind), comparable(values(alt), kind), kind != "number")
            found["difference"] = {key: _finite(getattr(apart, key)) for key in ("value", "low", "high")}
        return found

    endings = [{"name": ending.name, "title": ending.title, "colour": ending.colour, "kind": "ending"}
               | both("yes_no", lambda side, number=number: (side[1] == number).astype(float))  # type: ignore[misc]
               for number, ending in enumerate(scenario.endings)]
    outcomes = [{"name": name, "title": outcome.title or name, "kind": outcome.kind}
                | both(outcome.kind, lambda side, number=number: side[0][:, number])  # type: ignore[misc]
                for number, (name, outcome) in enumerate(scenario.outcomes.items())]
    return {"endings": endings, "outcomes": outcomes}


def _side(kind: Any, values: Array) -> Row:
    """What an outcome's values (R,) come to: a level, its interval, and both in words."""
    found = summarise(values, kind)
    level = found.get("mean", found.get("reached"))
    if level is None:
        return {"level": None, "low": None, "high": None, "words": "applies in no run"}
    if kind == "number":
        low, median, high = numbers_in_words([found["quantiles"][at] for at in ("5", "50", "95")])
        return {"level": level, "low": found["low"], "high": found["high"], "words": f"{median} ({low} to {high})"}
    yes = round(level * found["n"])
    least, most = wilson(yes, found["n"])
    return {"level": level, "low": float(least), "high": float(most),
            "words": in_100(yes, found["n"]).replace(" in 100 runs", "")}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


class Repeated(Draws):
    """Draws that are kept: one draft after the other makes the same ones."""

    def words(self, names: Sequence[str], week: int) -> Words:
        """See `Draws`."""
        key = (self.seed, len(self), week, tuple(names))
        if key not in _words:
            if len(_words) >= DRAWS:
                _words.clear()
            _words[key] = super().words(names, week)
            _words[key].setflags(write=False)
        return _words[key]


_words: dict[tuple[Any, ...], Words] = {}


# Full runs

def batch(changes: Changes, library: Library, seed: int, number: int, width: int) -> Batch:
    """The first `width` replicates of one piece of a full run."""
    return run_batch(world_of(changes, library), seed, number, width, PIECE)


# Checks

def problems_of(changes: Changes, library: Library) -> list[Row]:
    """What is wrong with a scenario, with line and column where it stands in the text. Raises `InputError` where there
    is no such scenario."""
    library.path(changes.scenario)
    try:
        world_of(changes, library)
    except InputError as error:
        return problem_rows(error)
    return []


def problem_rows(error: InputError) -> list[Row]:
    """Problems as a page shows them: of files no more than the name. The last says if a later check was not made."""
    rows = []
    for problem in error.problems:
        mark = problem.mark
        rows.append({"message": problem.message, "file": mark.file.rpartition("/")[2] if mark else "",
                     "line": mark.line if mark else 0, "column": mark.column if mark else 0})
    if error.later:
        rows.append({"message": f"{error.later[0].upper()}{error.later[1:]}.", "file": "", "line": 0, "column": 0})
    return rows
