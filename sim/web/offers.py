"""What a page offers to change: assumptions, events, leaders, readings, presets, theories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sim.calendar import Instance
from sim.catalog import Mechanism
from sim.experiments import naming, wording
from sim.experiments.influence import influence
from sim.figures.endings import colours
from sim.quantity import Quantity, written
from sim.references import idle_events
from sim.report.story import sources
from sim.report.tables import sources_of
from sim.scenario import Scenario
from sim.web.changes import Changes, Library, head_of
from sim.web.work import world_of
from sim.world import World

#: Replicates that tell which mechanisms matter, and how many assumptions a page shows at first.
SCREENED, FIRST = 192, 8

Row = dict[str, Any]


def scenarios(library: Library) -> list[Row]:
    """The scenarios that may be asked for; those that cannot be read are left out."""
    from sim.errors import InputError

    rows = []
    for name, _ in library.files:
        try:
            head = head_of(Changes(scenario=name), library).data
        except InputError:
            continue
        rows.append({"name": name, "title": str(head.get("title") or name), "asks": str(head.get("asks") or ""),
                     "world": str(head.get("world") or "seeds")})
    return rows


def offered(changes: Changes, library: Library) -> Row:
    """All that can be changed in a scenario, as it is before numbers and events are changed."""
    return _offered(changes.key, library, library.stamp(changes.scenario))


@lru_cache(maxsize=16)
def _offered(key: str, library: Library, stamp: int) -> Row:
    world = world_of(Changes.model_validate_json(key), library)
    scenario, article = world.scenario, wording.article_rows(world.scenario)
    return {
        "schema": 1, "name": scenario.name, "title": scenario.title, "asks": scenario.asks.strip(),
        "start": scenario.start.isoformat(), "end": scenario.end.isoformat(), "weeks": scenario.weeks,
        "countries": [{"code": code, "name": wording.party(scenario, code), "leader": country.leader,
                       "leaders": [{"name": name, "title": leader.name} for name, leader in country.leaders.items()]}
                      for code, country in scenario.countries.items()],
        "endings": [{"name": ending.name, "title": ending.title, "colour": colour} for ending, colour in
                    zip(scenario.endings, _colours(scenario), strict=True)],
        "theories": [{"name": name, "title": theory.name, "weight": scenario.mix.get(name, 0.0)}
                     for name, theory in scenario.theories.items()],
        "reading": scenario.head.reading,
        "readings": _variants(scenario.readings), "presets": _variants(scenario.presets),
        "events": list(_events(world)), "more_events": list(_more_events(scenario)),
        "actions": [{"name": name, "title": action.name} for name, action in scenario.actions.items()],
        "assumptions": [_assumption(world, row, article) for row in range(len(world.inputs.paths))]}


def _colours(scenario: Scenario) -> list[str]:
    from types import SimpleNamespace
    return colours(SimpleNamespace(scenario=scenario))  # type: ignore[arg-type]


def _variants(entries: Mapping[str, Any]) -> list[Row]:
    return [{"name": name, "title": entry.name, "note": entry.note} for name, entry in entries.items()]


# Assumptions

def _assumption(world: World, row: int, article: Mapping[str, str]) -> Row:
    scenario, path, quantity = world.scenario, world.inputs.paths[row], world.inputs.quantities[row]
    section, _, rest = path.partition(".")
    title, group, why = naming.quantity(scenario, path), GROUPS.get(section, section), ""
    if section == "mechanisms":
        entry = scenario.mechanisms[rest.partition(".")[0]]
        title, group, why = entry.name, _deciders(scenario, entry), entry.theory.strip()
    low, high, step = scale(quantity)
    return {"path": path, "title": title[0].upper() + title[1:], "group": group, "why": why,
            "value": written(quantity), "centre": quantity.centre, "words": wording.spread(quantity),
            "low": low, "high": high, "step": step,
            "sources": list(sources(scenario, sources_of(scenario.tree, path), article))}


def _deciders(scenario: Scenario, mechanism: Mechanism) -> str:
    """Whose decisions a mechanism moves, as what such mechanisms are called together."""
    by = {code for move in mechanism.moves for code in move.by or scenario.countries} & set(scenario.countries)
    return f"What {wording.party(scenario, *by)} does" if len(by) == 1 else "What several countries do"


#: What numbers of a section are called together.
GROUPS = {"countries": "Countries and leaders", "options": "Base rates", "issues": "Issues", "events": "Events",
          "cues": "Memory", "memory": "Memory"}


def scale(quantity: Quantity) -> tuple[float, float, float]:
    """Between what, and in which steps, a slider moves the middle of a number: as far as it is thought possible and as
    far again, within its bounds."""
    centre = quantity.centre
    if quantity.sd is not None:
        reach = 4 * quantity.sd
    elif quantity.low is not None and quantity.high is not None:
        reach = 1.5 * (quantity.high - quantity.low)
    else:
        reach = abs(centre)
    reach = reach or 1.0
    low, high = max(quantity.floor, centre - reach), min(quantity.ceiling, centre + reach)
    step = 10.0 ** _power((high - low) / 100)
    return round(low / step) * step, round(high / step) * step, step


def _power(value: float) -> int:
    from math import floor, log10
    return floor(log10(value)) if value > 0 else -3


def telling(changes: Changes, library: Library) -> list[str]:
    """Paths of the assumptions that matter most for how the scenario ends, the strongest first."""
    return _telling(changes.key, library, library.stamp(changes.scenario))


@lru_cache(maxsize=64)
def _telling(key: str, library: Library, stamp: int) -> list[str]:
    found = influence(world_of(Changes.model_validate_json(key), library), SCREENED)
    order = sorted(found, key=lambda name: (-found[name], name))
    return [f"mechanisms.{name}.strength" for name in order[:FIRST]]


# Events

def _events(world: World) -> Iterator[Row]:
    """Events in force, by when they come first, with the days on which they fall within the horizon."""
    scenario, calendar = world.scenario, world.calendar
    chances, idle = {name for name, _ in calendar.chances}, idle_events(scenario)
    rows: list[Row] = []
    for name, event in scenario.events.items():
        instances = [instance for instance in calendar.instances if instance.event == name]
        days = list(_days(world, instances))
        rows.append({"name": name, "title": event.name, "chance": name in chances, "by": list(event.by),
                     "to": list(event.to), "decided": event.decision is not None, "idle": name in idle, "days": days,
                     "note": event.note})
    yield from sorted(rows, key=lambda row: (row["days"][0]["low"] if row["days"] else "9", row["name"]))


def _days(world: World, instances: list[Instance]) -> Iterator[Row]:
    """The earliest and latest day of each occasion; of later ones of a cadence, the day to be expected."""
    scenario, count = world.scenario, 0
    for instance in instances:
        low, high = instance.first, instance.last
        if instance.previous >= 0:
            count += 1
            every = world.inputs.quantities[instance.interval].centre
            low = high = round((instance.first + instance.last) / 2 + count * every)
        if low < 7 * scenario.weeks:
            first, last = (scenario.start + timedelta(days=day) for day in (low, high))
            yield {"low": first.isoformat(), "high": last.isoformat(), "expected": instance.previous >= 0}


def _more_events(scenario: Scenario) -> Iterator[Row]:
    """Events of the world that the scenario leaves out."""
    for name, event in scenario.tree["world"].get("events", {}).items():
        if name not in (scenario.tree["scenario"].get("events") or {}):
            yield {"name": name, "title": str(event.get("name") or name)}
