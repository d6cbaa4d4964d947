"""What a page asks for: a scenario, what is changed in it, and how many histories of which seed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sim.errors import InputError, Mark, Problem, shown_names, unknown
from sim.overlay import assigned, with_fitted, with_overrides, with_setting, with_variants, without_events
from sim.paths import scenario_file, shipped_scenarios, world_folder
from sim.reading import Document, Place, joined, read_document, read_text, read_world
from sim.reading.parse import MAX_BYTES
from sim.scenario import SECTIONS, Scenario, build

#: Most replicates of a draft and of a full run, changes of a kind, and the largest number that a change may set.
DRAFT, FULL, MANY, LARGEST = 500, 20_000, 200, 1e6

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[\w.-]+$")]
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
Where = Annotated[str, Field(min_length=3, max_length=160, pattern=r"^[^=\s]+$")]
Text = Annotated[str, Field(min_length=1, max_length=120)]
Iso = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Asked(BaseModel):
    """A part of a request: unknown keys are errors, and so are values of another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Added(Asked):
    """A new event: an action on a day."""

    name: Text
    action: Name
    by: tuple[Name, ...] = Field(min_length=1, max_length=8)
    to: tuple[Name, ...] = Field(default=(), max_length=8)
    on: Iso


class Changes(Asked):
    """A scenario, by its name or as edited `text`, and what is changed in it."""

    scenario: Name
    text: str = Field(default="", max_length=MAX_BYTES)
    settings: dict[Where, Number | Name | dict[Name, Number]] = Field(default={}, max_length=MANY)
    without: tuple[Name, ...] = Field(default=(), max_length=MANY)
    moved: dict[Name, Iso] = Field(default={}, max_length=MANY)
    added: dict[Name, Added | None] = Field(default={}, max_length=MANY)
    reading: Name | None = None
    presets: tuple[Name, ...] = Field(default=(), max_length=20)
    theories: dict[Name, Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]] = Field(default={}, max_length=50)
    weeks: int | None = Field(default=None, ge=1, le=520)

    @field_validator("settings")
    @classmethod
    def _of_entries(cls, settings: dict[str, Any]) -> dict[str, Any]:
        for path in settings:
            if path.partition(".")[0] not in {*SECTIONS, "memory"}:
                raise ValueError(f"{path} is no number of an entry, such as mechanisms.drill_draws_statement.strength")
        return settings

    @property
    def key(self) -> str:
        """The same text for the same changes."""
        return json.dumps(self.model_dump(), sort_keys=True)

    @property
    def plain(self) -> bool:
        """Whether nothing is changed."""
        return self == Changes(scenario=self.scenario)


class Question(Asked):
    """An alternative beside a baseline, by default the scenario without changes, in so many replicates."""

    alt: Changes
    base: Changes | None = None
    seed: int = Field(default=1, ge=0, lt=2**53)
    replicates: int = Field(default=300, ge=1, le=FULL)

    @property
    def baseline(self) -> Changes:
        return self.base or Changes(scenario=self.alt.scenario)

    @property
    def alone(self) -> bool:
        """Whether the alternative is the baseline."""
        return self.baseline.key == self.alt.key

    @property
    def sides(self) -> dict[str, Changes]:
        """What is to be run, by side."""
        return {"alt": self.alt} if self.alone else {"base": self.baseline, "alt": self.alt}


@dataclass(frozen=True)
class Library:
    """The scenario files that may be asked for, by name: nothing else on the disk is ever opened for a page."""

    files: tuple[tuple[str, Path], ...]

    @classmethod
    def of(cls, folder: Path | None = None) -> Library:
        """The shipped scenarios and those in a folder. Raises `InputError` where there is no such folder."""
        if folder is not None and not folder.is_dir():
            raise InputError(Problem("no such folder of scenarios", Mark(str(folder))))
        own = {path.stem: path for path in sorted(folder.glob("*.yaml"))} if folder else {}
        found = {name: scenario_file(name) for name in shipped_scenarios()}
        return cls(tuple((found | own).items()))

    def path(self, name: str) -> Path:
        """The file of that name; raises `InputError` for another."""
        files = dict(self.files)
        if name not in files:
            raise InputError(unknown("scenario", name, files))
        return files[name]

    def stamp(self, name: str) -> int:
        """Another number when the file has changed."""
        try:
            return self.path(name).stat().st_mtime_ns
        except OSError:
            return 0


def head_of(changes: Changes, library: Library) -> Document:
    """The scenario part: the file, or the text in its place, which must stay in the file's world."""
    head = read_document(library.path(changes.scenario))
    if not changes.text:
        return head
    edited = read_text(changes.text, f"{changes.scenario}.yaml")
    world = str(head.data.get("world") or "seeds")
    if str(edited.data.get("world") or "seeds") != world:
        raise InputError(Problem(f"the world of this scenario is {world}; it cannot be another one here",
                                 edited.at(("world",))))
    return edited


def scenario_of(changes: Changes, library: Library) -> Scenario:
    """The scenario with all changes. Raises `InputError` with every problem found."""
    path = library.path(changes.scenario)
    head = head_of(changes, library)
    folder = world_folder(str(head.data.get("world") or "seeds"), beside=path.parent)
    world = read_world(folder)
    for part, value in _replaced(changes, head.data, world.data):
        head = assigned(head, part, value, Place(f"change of {'.'.join(part)}"))
    document = with_overrides(with_variants(with_fitted(joined(scenario=head, world=world)), changes.reading,
                                            changes.presets))
    for where, value in changes.settings.items():
        document = with_setting(document, f"{where}={json.dumps(value)}", ())
    return build(path.stem, without_events(document, changes.without))


def _replaced(changes: Changes, head: Mapping[str, Any], world: Mapping[str, Any]) -> Any:
    """Paths of the scenario part and what is to stand there."""
    if changes.weeks is not None:
        yield ("weeks",), changes.weeks
    if changes.theories:
        yield ("theories",), dict(changes.theories)
    own = head.get("events")
    events = own if isinstance(own, dict) else {}
    for name, event in changes.added.items():
        if name in events:
            raise InputError(f'event "{name}" is there already')
        yield ("events", name), {} if event is None else {
            "name": event.name, "action": event.action, "by": list(event.by), "to": list(event.to), "on": event.on,
            "source": "judgement"}
    for name, day in changes.moved.items():
        if name not in events and name not in changes.added:
            raise InputError(unknown("event", name, events, shown_names(world.get("events", {}))))
        entry = {**(world.get("events", {}).get(name) or {}), **(events.get(name) or {})}
        others = {timing: None for timing in ("yearly", "cadence", "chance") if timing in entry}
        yield ("events", name), {**(events.get(name) or {}), **others, "on": day}


def as_file(changes: Changes, library: Library) -> str:
    """The scenario file that says all this: as it stands where nothing is changed."""
    if changes.plain or changes == Changes(scenario=changes.scenario, text=changes.text):
        return changes.text or library.path(changes.scenario).read_text(encoding="utf-8")
    from ruamel.yaml import YAML

    head = dict(scenario_of(changes, library).tree["scenario"])
    stream, yaml = StringIO(), YAML()
    yaml.width = 118
    yaml.dump(head, stream)
    return f"# {changes.scenario} with changes made in the workbench.\n\n{stream.getvalue()}"
