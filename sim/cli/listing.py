"""`list`: what there is to choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.options import Json, shipped_names
from sim.cli.run import DEFAULT
from sim.cli.terminal import fits, say, say_json
from sim.errors import InputError

if TYPE_CHECKING:
    from sim.quantity import Quantity

Cells = dict[str, Any]


class Kind(StrEnum):
    """What can be listed."""

    scenarios = "scenarios"
    outcomes = "outcomes"
    endings = "endings"
    countries = "countries"
    leaders = "leaders"
    issues = "issues"
    actions = "actions"
    options = "options"
    mechanisms = "mechanisms"
    events = "events"
    theories = "theories"
    readings = "readings"
    presets = "presets"
    fitted = "fitted"


#: What belongs to a scenario and not to its world.
ASKED = (Kind.outcomes, Kind.endings)


def listing(
    what: Annotated[Kind, typer.Argument(help="What to list.")],
    scenario: Annotated[str | None, typer.Argument(
        metavar="[SCENARIO]", help="A path or the name of a shipped scenario: only what is in force there.",
        show_default=f"{DEFAULT} for outcomes and endings", autocompletion=shipped_names)] = None,
    world: Annotated[Path | None, typer.Option(metavar="DIR", show_default="the shipped one",
                                               help="Folder of the world whose entries to list.")] = None,
    json: Json = False,
) -> None:
    """List the shipped scenarios, or what a scenario or a world holds."""
    if scenario and (world or what is Kind.scenarios):
        raise InputError(f"leave out {scenario}: a scenario has a world of its own, and holds no scenarios")
    if what is Kind.scenarios:
        rows = _scenarios()
    elif scenario or what in ASKED:
        rows = _in_force(what.value, scenario or DEFAULT)
    else:
        rows = _entries(what.value, world)
    if json:
        say_json({"schema": 1, "kind": what.value, what.value: rows})
    else:
        _show(rows)


def _scenarios() -> list[Cells]:
    from sim.paths import scenario_file, shipped_scenarios
    from sim.reading import read_document

    heads = {name: read_document(scenario_file(name)).data for name in shipped_scenarios()}
    return [{"name": name, "title": head.get("title"), "start": head.get("start"), "weeks": head.get("weeks")}
            for name, head in heads.items()]


def _in_force(section: str, source: str) -> list[Cells]:
    """What a scenario holds."""
    from sim.scenario import load

    scenario = load(source)
    if section == "leaders":
        return _leaders(scenario.countries)
    if section == "endings":
        from sim.experiments.meaning import endings
        return [{"name": ending.name, "title": ending.title, "means": means}
                for ending, means in zip(scenario.endings, endings(scenario), strict=True)]
    if section == "outcomes":
        from sim.experiments.meaning import meaning
        return [{"name": name, "title": entry.title, "kind": entry.kind.replace("_", "/"),
                 "means": meaning(scenario, entry), "source": list(entry.source)}
                for name, entry in scenario.outcomes.items()]
    return [_row(section, name, entry) for name, entry in getattr(scenario, section).items()]


def _row(section: str, name: str, entry: Any) -> Cells:
    return {"name": name} | ROWS[section](entry) | {"source": list(entry.source)}


def _leaders(countries: Mapping[str, Any]) -> list[Cells]:
    """A row for everybody who governs or may come to."""
    return [{"name": name, "title": leader.name, "country": code, "party": leader.party,
             "governs": "at the start" if name == country.leader else "", "source": list(leader.source)}
            for code, country in countries.items() for name, leader in country.leaders.items()]


def _entries(section: str, world: Path | None) -> list[Cells]:
    """What a world holds."""
    if section == "leaders":
        return _leaders(_read("countries", world))
    return [_row(section, name, entry) for name, entry in _read(section, world).items()]


def _read(section: str, world: Path | None) -> dict[str, Any]:
    """The entries of a section of a world."""
    from pydantic import TypeAdapter, ValidationError

    from sim.overlay import with_fitted
    from sim.paths import shipped
    from sim.reading import explain_validation, joined, read_world
    from sim.scenario import SECTIONS

    document = with_fitted(joined(world=read_world(world or shipped("seeds"))))
    schema: TypeAdapter[Any] = TypeAdapter(SECTIONS[section])
    entries, problems = {}, []
    for name, data in document.data["world"].get(section, {}).items():
        try:
            entries[name] = schema.validate_python(data)
        except ValidationError as error:
            problems += explain_validation(error, document, ("world", section, name), SECTIONS[section])
    if problems:
        raise InputError(problems)
    return entries


def _country(entry: Any) -> Cells:
    leader = entry.leaders.get(entry.leader)
    return {"title": entry.name, "leader": leader.name if leader else entry.leader,
            "capability": _spread(entry.capability.value), "accountability": _spread(entry.accountability.value)}


def _issue(entry: Any) -> Cells:
    return {"title": entry.name, "low": entry.low, "high": entry.high, "status_quo": _spread(entry.status_quo)}


def _action(entry: Any) -> Cells:
    return {"title": entry.name, "cameo": entry.cameo, "goldstein": entry.goldstein, "tags": list(entry.tags)}


def _option(entry: Any) -> Cells:
    to = f" → {', '.join(entry.to)}" if entry.to else ""
    return {"title": f"{', '.join(entry.by)}{to}", "action": entry.action, "rate": _spread(entry.base.rate)}


def _mechanism(entry: Any) -> Cells:
    return {"title": entry.name, "family": entry.family, "strength": _spread(entry.strength)}


def _event(entry: Any) -> Cells:
    does = entry.action or ("election" if entry.election else "(only a date)" if entry.only_a_date else "")
    return {"title": entry.name, "when": _when(entry), "action": does}


def _theory(entry: Any) -> Cells:
    return {"title": entry.name, "weights": ", ".join(f"{name} {weight:g}" for name, weight in entry.weights.items())}


def _variant(entry: Any) -> Cells:
    changed = [f"{section}.{name}" for section, entries in entry.changes.items() for name in entries]
    return {"title": entry.name, "changes": changed}


def _fitted(entry: Any) -> Cells:
    return {"value": _spread(entry.value), "n": entry.n, "method": entry.method}


ROWS: dict[str, Callable[[Any], Cells]] = {
    "countries": _country, "issues": _issue, "actions": _action, "options": _option, "mechanisms": _mechanism,
    "events": _event, "theories": _theory, "readings": _variant, "presets": _variant, "fitted": _fitted}


def _spread(quantity: Quantity) -> Any:
    from sim.quantity import written
    return written(quantity)


def _when(event: Any) -> str:
    if event.on:
        return str(event.on.low) if event.on.low == event.on.high else f"{event.on.low} to {event.on.high}"
    if event.yearly:
        rule = event.yearly
        if rule.day:
            return f"yearly, {rule.month:02}-{rule.day:02}"
        day = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[rule.weekday - 1]
        return f"yearly, {day} no. {rule.nth} of month {rule.month}"
    if event.cadence:
        return f"about every {event.cadence.every.centre:.0f} days"
    return f"by chance, {event.chance.rate.centre:.2g} a week"


def _show(rows: list[Cells]) -> None:
    """A table with a row per entry, or some lines per entry where the terminal is too narrow for that."""
    from rich.table import Table
    from rich.text import Text

    heads = list(rows[0]) if rows else []
    cells = [{head: _cell(row[head]) for head in heads} for row in rows]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in heads:
        table.add_column(head, no_wrap=True)
    for row in cells:
        table.add_row(*row.values())
    if fits(table):
        say(table, wide=True)
        return
    for row in cells:
        say(Text.assemble((row.pop("name"), "bold"), "  ", row.pop("title", "")),
            *(f"    {head}: {text}" for head, text in row.items() if text), wide=True)


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return _number(value)
    if isinstance(value, list):
        return ", ".join(map(str, value[:3])) + (f", … ({len(value)})" if len(value) > 3 else "")
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


def _number(spread: Mapping[str, float]) -> str:
    """A number with a spread, in short."""
    if "sd" in spread:
        return f"{spread['mean']:g} ± {spread['sd']:g}"
    return " to ".join(f"{spread[key]:g}" for key in ("low", "mode", "high") if key in spread)
