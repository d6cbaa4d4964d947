"""Changes laid over a document: fitted values, variants, a scenario's own entries, `--set` and `--without`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.errors import InputError, Mark, Problem, unknown
from sim.quantity import SHAPES
from sim.reading import Document, Place, joined

Path = tuple[Any, ...]

#: Where a plain `--set entry=number` goes: the number that the entry is about.
MAIN_NUMBER = {"mechanisms": ("strength",), "options": ("base", "rate"), "issues": ("status_quo",)}


def laid(head: Document, world: Document, reading: str | None = None, presets: Sequence[str] = ()) -> Document:
    """A scenario's file and its world as one document: fitted values in place, then variants, then its own changes.

    `reading` and `presets` are as for `with_variants`.
    """
    return with_overrides(with_variants(with_fitted(joined(scenario=head, world=world)), reading, presets))


def with_fitted(document: Document) -> Document:
    """The document with every `{fitted: NAME}` replaced by the value of that entry of the world's `fitted` section."""
    values = {name: entry.get("value") if isinstance(entry, dict) else None
              for name, entry in _mapping(document.data, ("world", "fitted")).items()}
    problems = []
    for path, name in list(_fitted_names(document.data, ())):
        if name in values:
            document = assigned(document, path, values[name], document.find(path))
        else:
            problems.append(Problem(unknown("fitted value", name, values), document.at((*path, "fitted"))))
    if problems:
        raise InputError(problems)
    return document


def _fitted_names(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Where a fitted value is asked for, and which."""
    if not isinstance(data, dict):
        return
    if data.keys() == {"fitted"} and len(path) > 2:
        yield path, data["fitted"]
        return
    for key, value in data.items():
        yield from _fitted_names(value, (*path, key))


def with_variants(document: Document, reading: str | None = None, presets: Sequence[str] = ()) -> Document:
    """The document with the changes of its reading, then of its presets, laid over the world.

    `reading`, where given, takes the place of the scenario's own; `presets` come after its own. The scenario part
    says both from then on.
    """
    if reading is not None:
        document = assigned(document, ("scenario", "reading"), reading, Place(f"--reading {reading}"))
    if presets:
        own = _names(document.data["scenario"].get("presets"))
        place = Place(" ".join(f"--preset {name}" for name in presets))
        document = assigned(document, ("scenario", "presets"), [*own, *presets], place)
    for key, section in (("reading", "readings"), ("presets", "presets")):
        for name in _names(document.data["scenario"].get(key)):
            document = _with_variant(document, section, name, document.at(("scenario", key)))
    return document


def _names(value: Any) -> list[Any]:
    """The names under a key that may hold one or several."""
    return value if isinstance(value, list) else [value] if value else []


def _with_variant(document: Document, section: str, name: Any, mark: Mark) -> Document:
    places = {key: path for path in (("world", section), ("scenario", "overrides", section))
              for key in _mapping(document.data, path)}
    if name not in places:
        raise InputError(Problem(unknown(section.removesuffix("s"), str(name), places), mark))
    inside = (*places[name], name, "changes")
    for path, value in _leaves(_mapping(document.data, inside), document.data, ("world",)):
        document = assigned(document, path, value, document.find((*inside, *path[1:])))
    return document


def _mapping(data: Any, path: Path) -> Mapping[Any, Any]:
    """The mapping at `path`, or an empty one."""
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def with_overrides(document: Document) -> Document:
    """The world's part of the document with the scenario's `overrides` and `events` laid over it."""
    head = document.data["scenario"]
    for part, under in (("overrides", ("world",)), ("events", ("world", "events"))):
        if isinstance(changes := head.get(part), dict):
            if part == "events":  # null and {} take the world's entry as it is
                changes = {name: fields for name, fields in changes.items() if fields}
            for path, value in _leaves(changes, document.data, under):
                place = document.find(("scenario", part, *path[len(under):]))
                document = assigned(document, path, value, place)
    return document


def with_setting(document: Document, setting: str, head_keys: Sequence[str]) -> Document:
    """One `--set path=value` over dotted entry names; a plain number there removes the spread."""
    mark = Mark(f"--set {setting}")
    dotted, equals, text = setting.partition("=")
    keys = tuple(key.strip() for key in dotted.split("."))
    if not equals or not all(keys):
        raise InputError(Problem("expected path=value, such as mechanisms.drill_draws_statement.strength=0", mark))
    value = _value(text.strip())
    world = document.data["world"]
    if len(keys) == 1 or keys[0] in head_keys and (keys[0] not in world or keys[0] == "theories" and len(keys) == 2):
        if keys[0] not in head_keys:
            raise InputError(Problem(unknown("section", keys[0], {*world, *head_keys}), mark))
        return assigned(document, ("scenario", *keys), value, Place(mark.file))
    _known_entry(world, keys, mark)
    if len(keys) == 2 and keys[0] in MAIN_NUMBER and isinstance(value, int | float):
        keys += MAIN_NUMBER[keys[0]]
    keys, value = _whole_quantity(world, keys, value)
    # The scenario says it too, so that what it says is all there is to say about this run.
    in_force = keys[0] == "events" and keys[1] in (document.data["scenario"].get("events") or {})
    part = keys if in_force else ("overrides", *keys)
    place = Place(mark.file)
    return _laid(_laid(document, ("scenario", *part), value, place), ("world", *keys), value, place)


def _whole_quantity(world: Mapping[str, Any], keys: Path, value: Any) -> tuple[Path, Any]:
    """A part of a number with a spread, such as its mean, as the whole of it."""
    node: Any = world
    for depth, key in enumerate(keys):
        if isinstance(node, Mapping) and _is_quantity(node):
            return keys[:depth], {**node, key: value}
        node = node.get(key) if isinstance(node, Mapping) else None
    return keys, value


def _laid(document: Document, path: Path, value: Any, where: Place) -> Document:
    """The document with `value` laid over what is at `path`."""
    changes = value
    for key in reversed(path[1:]):
        changes = {key: changes}
    for at, leaf in _leaves(changes, document.data, path[:1]):
        document = assigned(document, at, leaf, where)
    return document


def without_events(document: Document, names: Sequence[str]) -> Document:
    """The document with these events left out of the scenario."""
    head = document.data["scenario"]
    events = head.get("events") if isinstance(head.get("events"), dict) else {}
    problems = [Problem(unknown("event", name, events), Mark(f"--without {name}"))
                for name in names if name not in events]
    if problems:
        raise InputError(problems)
    if not names:
        return document
    path = ("scenario", "events")
    return assigned(document, path, {name: fields for name, fields in events.items() if name not in names},
                    document.find(path))


def assigned(document: Document, path: Path, value: Any, place: Place) -> Document:
    """A copy of the document with `value`, which stands at `place`, put at `path`."""
    if not path:
        return Document(value, place)
    key, *rest = path
    data, inside = (document.data, document.place.inside) if isinstance(document.data, dict) else ({}, {})
    part = assigned(Document(data.get(key), document.place.part(key)), tuple(rest), value, place)
    return Document({**data, key: part.data}, document.place._replace(inside={**inside, key: part.place}))


def _leaves(changes: Mapping[Any, Any], data: Mapping[Any, Any], under: Path) -> Iterator[tuple[Path, Any]]:
    """The places at which `changes` departs from `data`: a mapping merges, a number with a spread is replaced."""
    node: Any = data
    for key in under:
        node = node.get(key) if isinstance(node, Mapping) else None
    for key, value in changes.items():
        old = node.get(key) if isinstance(node, Mapping) else None
        if isinstance(value, dict) and isinstance(old, dict) and not _is_quantity(value) and not _is_quantity(old):
            yield from _leaves(value, data, (*under, key))
        else:
            yield (*under, key), value


def _is_quantity(value: Mapping[Any, Any]) -> bool:
    return frozenset(value) in SHAPES


def _value(text: str) -> Any:
    """A value as JSON or a relaxed `{mean: 1, sd: 0.2}`; any other text is a string."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    if text.startswith("{") and text.endswith("}"):
        pairs = [pair.partition(":") for pair in text[1:-1].split(",")]
        if all(colon for _, colon, _ in pairs):
            return {key.strip().strip("\"'"): _value(value.strip()) for key, _, value in pairs}
    return text


def _known_entry(world: Mapping[str, Any], keys: Path, mark: Mark) -> None:
    """Raises when the section or the entry that a path begins with does not exist."""
    if keys[0] not in world:
        raise InputError(Problem(unknown("section", keys[0], world), mark))
    if keys[1] not in world[keys[0]]:
        raise InputError(Problem(unknown(keys[0].rstrip("s"), keys[1], world[keys[0]]), mark))
    node = world[keys[0]][keys[1]]
    for key in keys[2:-1]:
        known = node if isinstance(node, Mapping) else {}
        if key not in known:
            raise InputError(Problem(unknown("key", key, known), mark))
        node = node[key]
