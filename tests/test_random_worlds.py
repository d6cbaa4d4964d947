"""What the random worlds of random_worlds.py cover: every field that a world's files may hold, by the schema itself."""

from __future__ import annotations

import types
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from random import Random
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import numpy as np
import pytest

from random_outcomes import random_case
from random_worlds import random_head, random_scenario, random_world
from sim import catalog
from sim.catalog.base import Entry
from sim.catalog.outcome import KINDS as VERBS
from sim.catalog.outcome import Outcome
from sim.compiler import compile_world
from sim.deciding import NOWHERE
from sim.errors import InputError
from sim.mechanisms import FAMILIES, KINDS
from sim.model import DiplomacyModel
from sim.outcomes import measured
from sim.quantity import SHAPES, Quantity
from sim.scenario import SECTIONS, Scenario
from worlds import compiled, played, replay

SEEDS = range(80)
#: What says something to a reader and nothing to the engine.
WORDS = {"name", "short", "note", "source", "colour", "plover", "reference_class"}
ALSO_WORDS = {"Issue.low", "Issue.high", "External.cameo", "Mechanism.theory", "Mechanism.evidence"}
#: Sections that are gone once a world has been put together.
BEFOREHAND = {"readings", "presets", "fitted", "sources"}
#: What the schema itself refuses.
REFUSED = {"Move.event"}


def models(kind: Any) -> Iterator[Any]:
    """The parts that an annotation is made of, without `Annotated`, containers and alternatives."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from models(get_args(kind)[0])
    elif origin in (Union, types.UnionType, tuple, dict):
        for part in get_args(kind)[origin is dict:]:
            yield from models(part)
    elif kind is not Ellipsis and kind is not type(None):
        yield kind


def labels(schema: type[Entry], inside: tuple[type[Entry], ...] = ()) -> Iterator[str]:
    """What there is to be covered in entries of a schema and all that they hold: fields, and each of a few values."""
    if schema in inside:
        return
    for name, field in schema.model_fields.items():
        label = f"{schema.__name__}.{name}"
        if name in WORDS or label in ALSO_WORDS:
            continue
        for part in models(field.annotation):
            if isinstance(part, type) and issubclass(part, Entry):
                yield label
                yield from labels(part, (*inside, schema))
            elif part is Quantity:
                yield from (f"{label} a number", f"{label} drawn")
            elif part is bool:
                yield from (f"{label} True", f"{label} False")
            elif get_origin(part) is Literal:
                yield from (f"{label} {value}" for value in get_args(part))
            else:
                yield label


def found(entry: Entry) -> Iterator[str]:
    """What of that an entry has, other than by default."""
    for name, field in type(entry).model_fields.items():
        label, value = f"{type(entry).__name__}.{name}", getattr(entry, name)
        if isinstance(value, bool) or isinstance(value, str) and "Literal" in str(field.annotation):
            yield f"{label} {value}"
        elif value not in (None, "", (), {}) and (field.is_required() or value != field.default):
            yield label
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,):
            if isinstance(part, Entry):
                yield from found(part)
            elif isinstance(part, Quantity):
                yield f"{label} {'a number' if part.fixed else 'drawn'}"


@lru_cache(maxsize=1)
def scenarios() -> tuple[Scenario, ...]:
    return tuple(random_scenario(seed) for seed in SEEDS)


def expected() -> set[str]:
    schemas = [schema for section, schema in SECTIONS.items() if section not in BEFOREHAND]
    return {label for schema in (*schemas, catalog.Memory) for label in labels(schema)} - REFUSED


def test_random_worlds_hold_everything_that_files_may_hold() -> None:
    """Every field with something other than its default, every word that a field may be, drawn numbers and plain ones;
    each in an entry that is in force. A field that is new to the schema is missing here until worlds have it."""
    seen = {label for scenario in scenarios() for section in (*SECTIONS, "memory") if section not in BEFOREHAND
            for entry in ([scenario.memory] if section == "memory" else getattr(scenario, section).values())
            for label in found(entry)}
    assert sorted(expected() - seen) == []


@pytest.mark.slow
def test_random_outcomes_ask_everything_that_may_be_asked() -> None:
    """Every verb, qualifier, level and combination; and each verb has various answers."""
    seen: set[str] = set()
    answers: dict[str, set[float]] = {verb: set() for verb in VERBS}
    for scenario in map(random_case, range(20)):
        asked = [*scenario.outcomes.values(), *(ending.when for ending in scenario.endings if ending.when)]
        seen |= {label for outcome in asked for label in found(outcome)}
        values, _ = measured(scenario, played(compile_world(scenario), replicates=4))
        for outcome, of in zip(scenario.outcomes.values(), values.T, strict=True):
            answers[outcome.verb] |= set(np.nan_to_num(of, nan=-999))
    assert sorted(set(labels(Outcome)) - seen - {"Outcome.source", "Outcome.title"}) == []
    assert {verb for verb, of in answers.items() if len(of) < 2} == set(), "always the same"


def test_every_shape_of_number_every_family_and_every_feature_is_there() -> None:
    shapes: set[frozenset[str]] = set()
    families, features, gates = set(), set(), set()
    for scenario in scenarios():
        world = compile_world(scenario)
        shapes |= {frozenset(key for key in ("mean", "sd", "mode", "low", "high") if getattr(quantity, key) is not None)
                   for quantity in world.inputs.quantities}
        families |= {scenario.mechanisms[term.mechanism].family for term in world.decisions.terms.terms}
        features |= {term.feature[0] for term in world.decisions.terms.terms}
        gates |= {gate.feature[0] for term in world.decisions.terms.terms for gate in term.gates}
    assert shapes == {frozenset({"mean"}), *SHAPES}
    assert families == set(FAMILIES)
    assert features == set(KINDS) - {"scale"}
    assert gates == set(KINDS) - {"gain", "public_gain", "threat", "fear", "tempo"}


def goings_on(model: DiplomacyModel) -> Iterator[str]:
    """What has happened in a model that has run to its horizon, in words."""
    world, state = model.world, model.state
    before = world.calendar.dates(model.draws)
    log = [np.concatenate(part) for part in zip(*model.log, strict=True)]
    for number in np.unique(log[0]):
        column = world.columns[number]
        event = world.scenario.events.get(column.event or "")
        option = world.scenario.options.get(column.option or "")
        if option:
            yield "joint option" if len(option.by) > 1 else "option"
            yield from ["choice"] * bool(option.choice) + ["pause"] * (option.at_most_every > 1)
        elif event:
            timing = next(key for key in ("on", "yearly", "cadence", "chance") if getattr(event, key))
            yield "announcement" if column.announces else timing
        else:
            yield "succession"
    decided = state.decided
    yield from ["cancelled"] * bool((decided & (state.date == NOWHERE)).any())
    yield from ["postponed"] * bool((decided & (state.date != NOWHERE) & (state.date > before)).any())
    yield from ["scaled down"] * bool((decided & (state.portion < 1) & (state.date != NOWHERE)).any())
    yield from ["election"] * bool(state.seats)
    flags = np.stack(model._flags)
    yield from ["flag set"] * bool((flags[1:] & ~flags[:-1]).any())
    yield from ["flag cleared"] * bool((flags[:-1] & ~flags[1:]).any())
    yield from ["new leader"] * bool((model._leaders[0] != model._leaders[-1]).any())


@pytest.mark.slow
def test_everything_that_can_go_on_does() -> None:
    seen: set[str] = set()
    for scenario in scenarios()[:30]:
        model = DiplomacyModel(compile_world(scenario), replicates=20)
        state = model.state
        seen |= {"just happened"} if (state.conduct != state.usual).any() else set()
        for _ in model.weeks():
            pass
        seen |= set(goings_on(model))
        model.release()
    assert seen == {"option", "joint option", "choice", "pause", "on", "yearly", "cadence", "chance", "announcement",
                    "succession", "cancelled", "postponed", "scaled down", "election", "flag set", "flag cleared",
                    "new leader", "just happened"}


def optional(schema: type[Entry], raw: dict[str, Any], path: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Field and place of everything in a file's entry that might as well be left out."""
    for name, field in schema.model_fields.items():
        if raw.get(name) is None or name in WORDS or f"{schema.__name__}.{name}" in ALSO_WORDS:
            continue
        value, place = raw[name], (*path, name)
        if not field.is_required():
            yield f"{schema.__name__}.{name}", place
        for part in models(field.annotation):
            if isinstance(part, type) and issubclass(part, Entry):
                inside = ([(place, value)] if part.model_fields.keys() >= value.keys() else
                          [((*place, key), of) for key, of in value.items()]) if isinstance(value, dict) else (
                    [((*place, i), of) for i, of in enumerate(value)] if isinstance(value, list) else [])
                for where, of in inside:
                    yield from optional(part, of, where)


def without(world: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    """The world with what is at a place taken out."""
    changed = deepcopy(world)
    node: Any = changed
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
    return changed


#: What has no bearing on a history by itself: a coalition names a flag, and parties are for outcomes.
IDLE = {"Country.coalition", "Leader.party", "PartyPoll.coalition"}
#: Without which an entry is none: one of several keys has to be there.
NEEDED = {f"{schema}.{field}" for schema, fields in {
    "Event": ("on", "yearly", "cadence", "chance", "action", "by"), "Mechanism": ("feature",),
    "Yearly": ("day", "weekday"), "Feature": (), "Gate": ()}.items() for field in fields} | {
    f"{schema}.{field}" for schema in ("Feature", "Gate") for field in (
        "cue", "status_quo", "gap", "between", "approval", "mandate", "conduct", "ledger", "clock", "under_way",
        "capability", "leader", "flag")} | {"Succession.chosen", "Succession.taken"}


@pytest.mark.slow
def test_everything_that_may_be_left_out_makes_a_difference_somewhere() -> None:
    """Each optional field, taken out of one entry of one random world, changes what happens or is weighed."""
    places_of: dict[str, list[tuple[int, tuple[Any, ...]]]] = {}
    for seed in SEEDS:
        world = random_world(seed)
        for section, schema in SECTIONS.items():
            for name, entry in (world.get(section) or {}).items() if section not in BEFOREHAND else ():
                for label, path in optional(schema, entry, (section, name)):
                    places_of.setdefault(label, []).append((seed, path))
    some = Random(1)
    assert [label for label, places in sorted(places_of.items()) if label not in IDLE | NEEDED
            and not any(differs(*place) for place in some.sample(places, min(len(places), 150)))] == []


@lru_cache(maxsize=len(SEEDS))
def course(seed: int, left_out: tuple[Any, ...] = ()) -> Any:
    """What happens in a random world, and what countries weigh, week by week; nothing where it is none any more."""
    world = random_world(seed)
    try:
        model = DiplomacyModel(compiled(without(world, left_out) if left_out else world, **random_head(seed, world)),
                               replicates=4)
    except InputError:
        return None
    rows = model.world.decisions.rows
    sums = [{(row.country, row.name): model.sums[row.index].tolist() for row in rows} for _ in model.weeks()]
    history = model.history()
    model.release()
    return sums, [replay(history, k) for k in range(4)]


def differs(seed: int, path: tuple[Any, ...]) -> bool:
    """Whether it makes a difference to a world that something is left out."""
    return course(seed, path) not in (None, course(seed))
