"""A scenario: one question, its world, and everything in both checked against each other."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from sim import catalog
from sim.catalog.base import Day, Entry, Names, Number, Whole
from sim.catalog.outcome import Ending, Endings, Outcome
from sim.errors import MOST, InputError, Problem, clip, nearest, shown_names, singular, unknown
from sim.overlay import as_judged, laid, mapping_at, with_setting, without_events
from sim.paths import scenario_file, world_folder
from sim.reading import Document, explain_validation, read_document, read_world
from sim.references import check_references

#: Sections of a world and the schema of their entries.
SECTIONS: dict[str, Any] = {
    "issues": catalog.Issue, "actions": catalog.Action, "cues": catalog.Cue, "flags": catalog.Flag,
    "externals": catalog.External, "countries": catalog.Country, "options": catalog.Option,
    "mechanisms": catalog.Mechanism, "theories": catalog.Theory, "events": catalog.Event, "sources": catalog.Source,
    "usual": catalog.Usual, "readings": catalog.Variant, "presets": catalog.Variant,
    "fitted": catalog.Fitted,
}
LONGEST = 520


class Head(Entry):
    """What a scenario file itself says, beside the entries it adds to or changes in its world."""

    title: str = Field(min_length=1)
    asks: str = Field(min_length=1, description="The question, in a sentence or two")
    world: str = Field("seeds", description="Folder of the world, beside the scenario file, or a shipped name")
    start: Day = Field(description="The first Monday")
    weeks: Whole = Field(ge=1, le=LONGEST)
    countries: Names = Field(min_length=1, description="Who takes part")
    theories: dict[str, Annotated[Number, Field(ge=0)]] = Field(
        {}, description="Weights of the theories that replicates draw from; all alike where empty")
    events: dict[str, dict[str, Any] | None] = Field(
        {}, description="Events in force: null takes the world's entry, fields change it or add a new one")
    outcomes: dict[str, Outcome] = {}
    endings: Endings
    reading: str = Field("", description="Reading of the world's sources; as its entries stand where absent")
    presets: Names = Field((), description="Variants of the world that are laid over it, in this order")
    overrides: dict[str, Any] = Field({}, description="Entries of the world to change or add, by section")
    judged: dict[str, Any] = Field({}, description="What base rates were judged with, by section, where countries, "
                                                   "issues or flags begin otherwise; `--set` enters what it replaces")
    source: Names = Field((), description="Article rows and publications that the scenario as a whole shows")

    @field_validator("start")
    @classmethod
    def _monday(cls, start: date) -> date:
        if start.weekday():
            monday = start - timedelta(days=start.weekday())
            raise PydanticCustomError("start", "start {day} is a {weekday}; weeks begin on Mondays, such as {monday}",
                                      {"day": start.isoformat(), "weekday": start.strftime("%A"),
                                       "monday": monday.isoformat()})
        return start


@dataclass(frozen=True)
class Scenario:
    """A validated scenario: the head of its file, and the entries in force."""

    name: str
    head: Head
    memory: catalog.Memory
    issues: Mapping[str, catalog.Issue]
    actions: Mapping[str, catalog.Action]
    cues: Mapping[str, catalog.Cue]
    flags: Mapping[str, catalog.Flag]
    externals: Mapping[str, catalog.External]
    countries: Mapping[str, catalog.Country]
    options: Mapping[str, catalog.Option]
    mechanisms: Mapping[str, catalog.Mechanism]
    theories: Mapping[str, catalog.Theory]
    events: Mapping[str, catalog.Event]
    sources: Mapping[str, catalog.Source]
    usual: Mapping[str, catalog.Usual]
    readings: Mapping[str, catalog.Variant]
    presets: Mapping[str, catalog.Variant]
    fitted: Mapping[str, catalog.Fitted]
    mix: Mapping[str, float]
    tree: dict[str, Any] = field(repr=False)
    judged: Scenario | None = field(default=None, repr=False)  # the same as base rates were judged with

    @property
    def title(self) -> str:
        return self.head.title

    @property
    def asks(self) -> str:
        return self.head.asks

    @property
    def start(self) -> date:
        return self.head.start

    @property
    def weeks(self) -> int:
        return self.head.weeks

    @property
    def end(self) -> date:
        """The last day of the horizon."""
        return self.start + timedelta(weeks=self.weeks, days=-1)

    @property
    def outcomes(self) -> Mapping[str, Outcome]:
        return self.head.outcomes

    @property
    def endings(self) -> tuple[Ending, ...]:
        return self.head.endings


def load(source: str | Path, settings: Sequence[str] = (), without: Sequence[str] = (), reading: str | None = None,
         presets: Sequence[str] = ()) -> Scenario:
    """The scenario in the file `source` (or shipped under that name), validated.

    `settings` are `path=value` strings over dotted entry names; `without` names events to leave out; `reading`
    replaces the scenario's own, `presets` follow its own.
    Raises `InputError` with every problem found.
    """
    path = scenario_file(source)
    head = read_document(path)
    name = str(head.data.get("world") or "seeds")
    if not os.path.isdir(folder := world_folder(name, beside=path.parent)):
        raise InputError(Problem(f'no world folder "{clip(name)}" beside this file, or beside its folder',
                                 head.at(("world",))))
    world = read_world(folder)
    document = laid(head, world, reading, presets)
    for setting in settings:
        document = with_setting(document, setting, tuple(Head.model_fields))
    return build(path.stem, without_events(document, without))


def build(name: str, document: Document) -> Scenario:
    """The scenario held by a document with the parts `scenario` and `world`."""
    head, entries = _validated(document)
    if not head.judged:
        return _assembled(name, document, head, entries)
    before = as_judged(document)
    judged = _validated(before)
    leaders = {country.leader for of in (entries, judged[1]) for country in of["countries"].values()}
    return replace(_assembled(name, document, head, entries, leaders),
                   judged=_assembled(name, before, *judged, leaders))


def _validated(document: Document) -> tuple[Head, dict[str, Any]]:
    """A document's head and its world's entries by section, checked against each other."""
    problems: list[Problem] = []

    def validated(schema: Any, data: Any, path: tuple[Any, ...]) -> Any:
        if len(problems) > MOST:
            return None
        try:
            return schema.model_validate(data)
        except ValidationError as error:
            misspelt = _misspelt(error, document, path)
            problems.extend([misspelt] if misspelt else explain_validation(error, document, path, schema))
            return None

    world = document.data["world"]
    for section in [name for name in world if name not in {*SECTIONS, "memory"}][:MOST]:
        problems.append(Problem(unknown("section", section, {*SECTIONS, "memory"}), document.at(("world", section))))
    problems += [Problem(f'"{section}" must be a mapping of entries', document.at(("world", section)))
                 for section in SECTIONS if section in world and not isinstance(world[section], dict)]
    head: Head | None = validated(Head, document.data["scenario"], ("scenario",))
    entries: dict[str, Any] = {section: {key: validated(schema, data, ("world", section, key))
                                         for key, data in mapping_at(world, (section,)).items()}
                               for section, schema in SECTIONS.items()}
    memory: Any = None
    if "memory" in world:
        memory = validated(catalog.Memory, world["memory"], ("world", "memory"))
    else:
        problems.append(Problem("the world has no memory.yaml; it says how long conduct, favours and approval are "
                                "remembered", document.at(("world",))))
    if problems or head is None:
        raise InputError(problems, partial=True)
    if found := list(islice(check_references(head, entries), MOST + 1)):
        raise InputError([Problem(message, document.at(path)) for path, message in found],
                         partial=any(path[:2] == ("scenario", "countries") for path, _ in found))
    return head, entries | {"memory": memory}


def _assembled(name: str, document: Document, head: Head, entries: dict[str, Any],
               leaders: Collection[str] = ()) -> Scenario:
    """The scenario of checked entries; these `leaders` stay beside those who can come to govern."""
    return Scenario(name=name, head=head, mix=_mix(head, entries["theories"]), tree=document.data,
                    **_in_force(head, entries, leaders))


def _misspelt(error: ValidationError, document: Document, path: tuple[Any, ...]) -> Problem | None:
    """What to say instead of all that a new entry of the scenario lacks, where a known name comes near to its own."""
    if path[0] != "world" or len(path) < 3:
        return None
    _, section, name = path
    head, entries = document.data["scenario"], dict(mapping_at(document.data, ("world", section)))
    entry = entries.pop(name)
    own = {*mapping_at(head, ("overrides", section)), *(mapping_at(head, ("events",)) if section == "events" else ())}
    lacks = [str(each["loc"][0]) for each in error.errors() if each["type"] == "missing" and len(each["loc"]) == 1]
    lacks.sort(key=lambda field: field != "name")
    labels = shown_names(entries)
    if name not in own or "source" not in lacks or "name" in entry or not nearest(name, entries, labels):
        return None
    kind = singular(section)
    return Problem(f"{unknown(kind, name, entries, labels)}. A new {kind} needs {', '.join(lacks)} too",
                   document.key(path))


def _mix(head: Head, theories: dict[str, catalog.Theory]) -> dict[str, float]:
    weights = head.theories or dict.fromkeys(theories, 1.0)
    return {name: weight for name, weight in weights.items() if weight > 0}


def _in_force(head: Head, entries: dict[str, Any], leaders: Collection[str]) -> dict[str, Any]:
    """The entries whose countries take part; partners who do not, and leaders who cannot come to govern, are taken
    out of what stays."""
    here = set(head.countries)
    away = set(entries["countries"]) - here

    def takes_part(entry: Any) -> bool:
        return here.issuperset(set(entry.by) & set(entries["countries"]))

    def narrowed(entry: Any) -> Any:
        return entry.model_copy(update={"to": tuple(code for code in entry.to if code not in away)})

    def heard(event: Any) -> Any:
        """An event that moves the stances of nobody who does not take part."""
        return event.model_copy(update={"stances": {c: of for c, of in event.stances.items() if c in here}})

    def present(entry: Any) -> bool:
        return takes_part(entry) and (not entry.to or not away.issuperset(entry.to))

    countries = {}
    absent = {leader for code in away for leader in entries["countries"][code].leaders}
    for code in head.countries:
        country = entries["countries"][code]
        governing = {country.leader, *leaders, *(country.succession.successors if country.succession else ())}
        absent |= set(country.leaders) - governing
        countries[code] = country.model_copy(update={
            part: {other: value for other, value in getattr(country, part).items() if other in here}
            for part in ("alliances", "proximity", "ledgers", "influence")} | {
            "leaders": {name: leader for name, leader in country.leaders.items() if name in governing}})
    events = {name: entries["events"][name] for name in head.events}
    return entries | {
        "countries": countries,
        "options": {name: narrowed(option) for name, option in entries["options"].items()
                    if present(option) and absent.isdisjoint(option.needs)},
        "events": {name: heard(narrowed(event)) for name, event in events.items()
                   if present(event) and (event.election is None or event.election.country in here)},
    }
