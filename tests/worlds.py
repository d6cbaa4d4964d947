"""Worlds for tests: small ones written in Python as files would hold them, and the shipped one."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from sim.compiler import compile_world
from sim.history import History
from sim.model import DiplomacyModel
from sim.outcomes import measure
from sim.reading import Document, Place
from sim.scenario import Scenario, build, load
from sim.world import World

START = "2025-07-14"
J = {"source": "judgement"}
#: An outcome: how often somebody scolds.
COUNT = {"count": {"title": "Times", "count": "scold"}}

MEMORY = {"conduct_fast": 1, "conduct_slow": 26, "ledger": 10, "approval": 26, "stance": 13, "tempo": 10, **J}
ACTIONS: dict[str, dict[str, Any]] = {
    "remark": {"name": "Remark", "cameo": "010", "plover": "NONE", "goldstein": 0, **J},
    "scold": {"name": "Scolding", "cameo": "111", "plover": "ACCUSE", "goldstein": -2, "tags": ["words"],
              "shifts": {"border": -0.02}, **J},
    "strike": {"name": "Strike", "cameo": "190", "plover": "ASSAULT", "goldstein": -10, "tags": ["deeds"],
               "shifts": {"border": -0.1}, **J},
    "greet": {"name": "Greeting", "cameo": "050", "plover": "SUPPORT", "goldstein": 3.5, "tags": ["words"],
              "shifts": {"border": 0.05}, "approval": 0.1, **J},
    "treaty": {"name": "Treaty", "cameo": "057", "plover": "SUPPORT", "goldstein": 8, "binding": True,
               "shifts": {"border": 0.3}, "concedes": 0.5, **J},
    "resign": {"name": "Resignation", "cameo": "0341", "plover": "AGREE", "goldstein": 7, "vacates": True, **J},
    "chosen": {"name": "Successor chosen", "cameo": "0341", "plover": "AGREE", "goldstein": 7, **J},
    "sworn_in": {"name": "Successor takes office", "cameo": "0831", "plover": "CONCEDE", "goldstein": 5, **J},
}


def country(name: str, **fields: Any) -> dict[str, Any]:
    """A country's entry with a stance on the border, one leader and a tenth of the world's capabilities."""
    leader = f"{name.lower()}_one"
    return merged({
        "name": name, "capability": {"value": 0.1, **J}, "accountability": {"value": 0.5, **J},
        "stances": {"border": {"ideal": 0.5, "salience": 0.5, **J}},
        "leader": leader, "leaders": {leader: {"name": leader, **J}}, **J}, fields)


def option(action: str, by: str | list[str], to: str | list[str] = (), rate: Any = 0.1,  # type: ignore[assignment]
           **fields: Any) -> dict[str, Any]:
    """An option's entry; further fields of its base go in as `base`."""
    return merged({"action": action, "by": by, "to": list(to) if not isinstance(to, str) else to,
                   "base": {"rate": rate, "reference_class": "made up", **J}, **J}, fields)


def mechanism(family: str, *moves: dict[str, Any], strength: Any = 1, **fields: Any) -> dict[str, Any]:
    """A mechanism's entry; without moves it moves everything."""
    return {"name": family, "family": family, "strength": strength, "moves": list(moves) or [{"weight": 1}],
            "theory": "made up", "evidence": "made up", **J, **fields}


def event(**fields: Any) -> dict[str, Any]:
    """An event's entry, by default a mere date at the start."""
    timed = {"on", "yearly", "cadence", "chance"} & set(fields)
    return {"name": "Event", **J, **({} if timed else {"on": START}), **fields}


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`, mapping by mapping; None takes a key away."""
    out = dict(below)
    for key, value in above.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict) and not {"sd", "low"} & set(value):
            out[key] = merged(out[key], value)
        else:
            out[key] = value
    return out


def tree(**sections: Any) -> dict[str, Any]:
    """A world of two countries, AAA and BBB, and one issue, the border, with these sections laid over it."""
    base = {
        "issues": {"border": {"name": "Border", "low": "closed", "high": "open", "status_quo": 0, "half_life": 10,
                              **J}},
        "actions": ACTIONS, "countries": {"AAA": country("A"), "BBB": country("B")}, "options": {}, "mechanisms": {},
        "cues": {}, "flags": {}, "externals": {}, "events": {}, "sources": {}, "usual": {},
        "theories": {"plain": {"name": "Plain", "weights": {}, **J}}, "memory": MEMORY}
    return merged(base, sections)


def scenario(world: dict[str, Any], **head: Any) -> Scenario:
    """A scenario of this world: all of its countries and events, twenty weeks, one ending."""
    fields = {"title": "Test", "asks": "Does it hold?", "start": START, "weeks": 20,
              "countries": list(world["countries"]), "events": dict.fromkeys(world["events"]),
              "endings": [{"name": "rest", "title": "Rest"}]} | head
    return build("test", Document({"scenario": fields, "world": deepcopy(world)}, Place()))


def compiled(world: dict[str, Any], **head: Any) -> World:
    return compile_world(scenario(world, **head))


# The shipped world

@lru_cache(maxsize=16)
def shipped(*settings: str, name: str = "july_2025", without: tuple[str, ...] = ()) -> World:
    """A shipped scenario, compiled, with `--set` and `--without`."""
    return compile_world(load(name, settings=settings, without=without))


@lru_cache(maxsize=3)
def shipped_history(*settings: str, replicates: int = 2000, without: tuple[str, ...] = (), seed: int = 1) -> History:
    """What happened in the first replicates of july_2025."""
    return played(shipped(*settings, without=without), replicates=replicates, rng=seed)


def eventless(scenario: Scenario, weeks: int) -> Scenario:
    """The scenario without events, and without outcomes, which may speak of them, over so many weeks."""
    head = scenario.head.model_copy(update={"weeks": weeks, "events": {}, "outcomes": {},
                                            "endings": scenario.endings[-1:]})
    return replace(scenario, head=head, events={})


def played(world: World, **model: Any) -> History:
    """The history of a model of this world, run to its horizon and let go."""
    running = DiplomacyModel(world, **model)
    try:
        return running.run()
    finally:
        running.release()


# Looking at histories

def shares(history: History) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(columns, R): the share of weeks in which each column occurred."""
    counts = np.zeros((len(history.world.columns), history.replicates))
    np.add.at(counts, (history.column, history.replicate), 1)
    return counts / history.world.weeks


def happened(history: History, *names: str, **who: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """(weeks, R): whether an action, tag or option so named, `by` and `to` those named, falls into the week by date."""
    columns = history.index.where(names, "tag", "about")
    columns |= np.array([column.option in names for column in history.world.columns])
    for part, name in who.items():
        columns = columns & history.index.where([name], part)
    rows = history.rows(columns)
    found = np.zeros((history.world.weeks, history.replicates), dtype=bool)
    found[history.day[rows] // 7, history.replicate[rows]] = True
    return found


def outcome(history: History, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(R,): an outcome of the scenario that the history is of."""
    return measure(history.world.scenario.outcomes[name], history)  # type: ignore[attr-defined]


def replay(history: History, column: int, days: bool = True) -> dict[str, Any]:
    """Everything about one replicate, by name, so that histories of different worlds can be compared.

    Without `days`, the day of an occurrence within its week is left out.
    """
    rows = np.flatnonzero(history.replicate == column)
    columns = history.world.columns
    log = sorted((columns[history.column[row]].name, int(history.week[row]), int(history.day[row]) if days else 0,
                  int(history.days[row]), float(history.size[row])) for row in rows)
    world: Any = history.world
    names = {"tension": [frozenset(dyad) for dyad in world.dyads], "status_quo": world.issues,
             "stance": [(code, issue) for code in world.countries for issue in world.issues],
             "approval": world.countries}
    levels = {(level, name): history.levels[level][:, row, column].tolist()
              for level, of in names.items() for row, name in enumerate(of)}
    leaders = {code: [world.leaders[number] for number in history.leader[:, row, column]]
               for row, code in enumerate(world.countries)}
    flags = {name: history.flags[:, row, column].tolist() for row, name in enumerate(world.flags)}
    seats = {name: dict(zip(parties, of[:, column].tolist(), strict=True))
             for name, (parties, of) in history.seats.items()}
    return {"log": log, "levels": levels, "leaders": leaders, "flags": flags, "seats": seats}


def terms_of(world: World) -> Iterator[tuple[str, np.ndarray[Any, np.dtype[np.intp]]]]:
    """Each mechanism of the scenario with its terms, none where it has no effect at all."""
    of = np.array([term.mechanism for term in world.decisions.terms.terms])
    for name in world.scenario.mechanisms:
        yield name, np.flatnonzero(of == name)
