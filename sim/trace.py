"""Trace: what carries each row of the article that a world was read from, and where its effect can be seen.

An entry carries the rows that its `source` names. Carriers are found in the files themselves, and whether one is in
force in a scenario is asked of the scenario's compiled world; nothing is tabled but why a row is left out
(`not_modelled` in the article's index).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from sim.compiler import compile_world
from sim.errors import InputError, Mark, Problem, singular
from sim.features import Key
from sim.outcomes import unmatched
from sim.overlay import laid
from sim.paths import scenario_file, shipped, shipped_scenarios, world_folder
from sim.reading import Document, read_document, read_world
from sim.references import ARTICLE_ROW
from sim.scenario import build
from sim.world import World

Keys = tuple[Any, ...]

INDEX = "article.csv"
#: What the letters in the index say about a row.
CODED = {"F": "fact", "R": "reported position", "X": "expert's view", "P": "partisan framing", "M": "mixed"}
VARIANTS = {"readings": "reading", "presets": "preset"}


@dataclass(frozen=True)
class Carrier:
    """An entry whose source names the row, where it stands, and the scenarios in which it is in force."""

    kind: str
    entry: str
    file: str
    line: int
    shown_in: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A row of the article. What only a scenario as a whole says of itself neither carries a row nor shows it."""

    id: str
    coded: str
    claim: str
    reason: str  # why it is not modelled, or ""
    carried_by: tuple[Carrier, ...]

    @property
    def status(self) -> str:
        """`framing` for what the article does as a whole; else `carried`, `not modelled`, or `open` if neither."""
        if self.id.startswith("M"):
            return "framing"
        carried = any(carrier.kind != "scenario" for carrier in self.carried_by)
        return "not modelled" if self.reason else "carried" if carried else "open"

    @property
    def shown_in(self) -> tuple[str, ...]:
        """The scenarios in which one of its carriers is in force."""
        return tuple(sorted({name for carrier in self.carried_by if carrier.kind != "scenario"
                             for name in carrier.shown_in}))


def trace(folder: Path | None = None, files: Iterable[Path] | None = None) -> list[Row]:
    """Every row of the index in a world's folder, by default the shipped world and the shipped scenarios.

    Scenarios of other worlds are left out: their rows would be another article's.
    """
    folder = folder or shipped("seeds")
    rows, world = _index(folder), read_world(folder)
    citations, scenes = list(_of_world(world)), []
    for file in map(scenario_file, shipped_scenarios()) if files is None else files:
        head = read_document(file)
        if world_folder(str(head.data.get("world") or "seeds"), beside=file.parent).resolve() == folder.resolve():
            scenes.append(Scene(compile_world(build(file.stem, laid(head, world)))))
            citations += _of_scenario(head, file.stem)
    carriers: dict[str, list[Carrier]] = {row["id"]: [] for row in rows}
    for citation in citations:
        force = [scene for scene in scenes if scene.holds(citation)]
        place = _short(citation.mark.file, folder), citation.mark.line
        for row in carriers.keys() & set(citation.rows):
            shown = tuple(scene.name for scene in force if scene.cites(citation, row))
            carriers[row].append(Carrier(citation.kind, citation.entry, *place, shown))
    return [Row(row["id"], CODED.get(row["status"], row["status"]), row["claim"], row.get("not_modelled") or "",
                tuple(sorted(carriers[row["id"]], key=lambda carrier: (carrier.kind, carrier.file, carrier.line))))
            for row in rows]


def sources_of(name: str, folder: Path | None = None) -> tuple[str, Mark, tuple[str, ...]] | None:
    """What sort of entry of the world has this name (`section.name`, or the name alone), where it stands, and its
    sources; None where there is none."""
    folder = folder or shipped("seeds")
    world = read_world(folder)
    for section, entries in world.data.items():
        for key, entry in entries.items() if isinstance(entries, dict) else ():
            if name in (key, f"{section}.{key}") and isinstance(entry, dict):
                mark, source = world.key((section, key)), entry.get("source", [])
                return (_kind((section,)), Mark(_short(mark.file, folder), mark.line),
                        (source,) if isinstance(source, str) else tuple(source))
    return None


def _index(folder: Path) -> list[dict[str, str]]:
    try:
        with (folder / INDEX).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError:
        raise InputError(Problem(f"no index of an article ({INDEX}) in this world", Mark(str(folder)))) from None


@cache
def _short(file: str, folder: Path) -> str:
    """The file as seen from the folder that the world's stands in, if it is below that."""
    path, root = Path(file).resolve(), folder.resolve().parent
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file


# Who cites

@dataclass(frozen=True)
class Citation:
    """A part of a file that names article rows as its source, and what it stands for in the world."""

    kind: str
    entry: str  # dotted, as in the file
    mark: Mark
    rows: tuple[str, ...]
    target: Keys = ()  # the part of the world that it is or changes
    variant: tuple[str, str] | None = None  # the reading or preset that it belongs to
    scenario: str = ""  # the scenario in whose file it stands
    outcome: Keys = ()  # of a scenario: the outcome or ending that it is


def cited(node: Any, path: Keys = ()) -> Iterator[tuple[Keys, tuple[str, ...]]]:
    """The path of everything in a tree that has a source which names article rows, and these."""
    if isinstance(node, dict):
        if rows := _rows(node):
            yield path, rows
        for key, value in node.items():
            yield from cited(value, (*path, key))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from cited(value, (*path, i))


def _rows(node: Any) -> tuple[str, ...]:
    """The article rows that a mapping's own source names."""
    source = node.get("source") if isinstance(node, dict) else None
    names = source if isinstance(source, list) else [source]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and ARTICLE_ROW.match(name)))


def _of_world(world: Document) -> Iterator[Citation]:
    for path, rows in cited(world.data):
        entry, mark = _dotted(path), world.key(path if len(path) > 1 else (*path, "source"))
        if path[0] in VARIANTS:
            yield Citation(VARIANTS[path[0]], entry, mark, rows, path[3:], variant=(path[0], path[1]))
        else:
            yield Citation(_kind(path), entry, mark, rows, path)


def _of_scenario(head: Document, name: str) -> Iterator[Citation]:
    for path, rows in cited(head.data):
        entry, mark = _dotted(path), head.key(path)
        if not path:
            yield Citation("scenario", name, head.key(("source",)), rows, scenario=name)
        elif path[0] in ("outcomes", "endings"):
            yield Citation(singular(path[0]), entry, mark, rows, scenario=name, outcome=path)
        else:
            target = path[1:] if path[0] == "overrides" else path
            yield Citation(_kind(target), entry, mark, rows, target, scenario=name)


def _dotted(path: Keys) -> str:
    return ".".join(map(str, path))


def _kind(path: Keys) -> str:
    """What an entry is called in the singular; of a country also a part of it, such as a stance."""
    return singular(str(path[2] if path[0] == "countries" and len(path) > 2 else path[0]))


# What is in force

class Scene:
    """One scenario, and what can have an effect in it."""

    def __init__(self, world: World):
        self.world, self.scenario, self.name = world, world.scenario, world.scenario.name

    @cached_property
    def at_work(self) -> frozenset[str]:
        """Mechanisms that move some decision, in some replicate."""
        theories = [self.scenario.theories[name].weights for name in self.scenario.mix]
        named = {term.mechanism: self.scenario.mechanisms[term.mechanism] for term in self.world.decisions.terms.terms}
        return frozenset(name for name, mechanism in named.items() if not mechanism.strength.always(0)
                         and any(weights.get(mechanism.family, 1) for weights in theories))

    @cached_property
    def read(self) -> frozenset[Key]:
        """Features that mechanisms at work look at."""
        return frozenset(key for term in self.world.decisions.terms.terms if term.mechanism in self.at_work
                         for key in (term.feature, *(gate.feature for gate in term.gates)))

    def holds(self, citation: Citation) -> bool:
        """Whether what the citation stands for is in force."""
        if citation.scenario not in ("", self.name):
            return False
        if citation.outcome:
            return self._measured(*citation.outcome[:2])
        if citation.variant and not self._taken(*citation.variant):
            return False
        return not citation.target or self.in_force(*citation.target)

    def cites(self, citation: Citation, row: str) -> bool:
        """Whether the source still names the row once readings, presets and overrides are laid over the world."""
        node: Any = self.scenario.tree["world"]
        for key in citation.target:
            node = node.get(key) if isinstance(node, dict) else node[key] if isinstance(node, list) else None
        return not citation.target or row in _rows(node)

    def in_force(self, section: str, name: str = "", *part: Any) -> bool:
        """Whether an entry of the world can have an effect. What has no rule here always does."""
        rule = getattr(self, f"_{section}", None)
        return bool(rule(name, *part)) if rule else True

    def _taken(self, section: str, name: str) -> bool:
        head = self.scenario.head
        return name in (head.presets if section == "presets" else (head.reading,))

    def _measured(self, part: str, name: Any) -> bool:
        """Whether an outcome or ending can come out one way or the other."""
        outcome = self.scenario.outcomes[name] if part == "outcomes" else self.scenario.endings[name].when
        return outcome is not None and not any(unmatched(outcome, self.world.columns))

    def _issues(self, name: str, *part: Any) -> bool:
        return any(name in key[1:] for key in self.read)

    def _actions(self, name: str, *part: Any) -> bool:
        return any(column.action == name for column in self.world.columns)

    def _cues(self, name: str, *part: Any) -> bool:
        selects = self.scenario.cues[name].left_by
        left = any(column.selected(select) for column in self.world.columns for select in selects)
        return left and ("cue", name) in self.read

    def _flags(self, name: str, *part: Any) -> bool:
        return (("flag", name) in self.read
                or any(name in (*option.needs, *option.excludes) for option in self.scenario.options.values())
                or any(country.coalition and country.coalition.flag == name
                       for country in self.scenario.countries.values()))

    def _externals(self, name: str, *part: Any) -> bool:
        return any(name in (*column.by, *column.to) for column in self.world.columns)

    def _countries(self, code: str, part: str = "", name: str = "", *inner: Any) -> bool:
        """A stance counts where a decision weighs it, a leader who can govern, a tie with somebody who takes part."""
        if code not in self.scenario.countries:
            return False
        issue = name if part == "stances" else inner[1] if inner[:1] == ("anchors",) and inner[1:] else None
        if issue and not any(code in key and issue in key for key in self.read):
            return False
        if part in ("leaders", "alliances", "proximity", "ledgers", "influence"):
            return name in getattr(self.scenario.countries[code], part)
        return True

    def _options(self, name: str, *part: Any) -> bool:
        return name in self.scenario.options

    def _mechanisms(self, name: str, *part: Any) -> bool:
        return name in self.at_work

    def _theories(self, name: str, *part: Any) -> bool:
        return name in self.scenario.mix

    def _events(self, name: str, *part: Any) -> bool:
        return name in self.scenario.events

    def _usual(self, name: str, *part: Any) -> bool:
        usual = self.scenario.usual[name]
        return {usual.by, usual.to} <= set(self.scenario.countries)
