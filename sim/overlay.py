"""Changes laid over a document: fitted values, variants, a scenario's own entries, `--set` and `--without`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sim.errors import MOST, InputError, Mark, Problem, shown_names, singular, unknown
from sim.quantity import SHAPES
from sim.reading import Document, Place, joined
from sim.reading.parse import MAX_DEPTH
from sim.reading.scalars import in_range, value_of

Path = tuple[Any, ...]

#: Sections that say where things stand at the start, which base rates take for granted.
STANDING = ("countries", "issues", "flags")
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
              for name, entry in mapping_at(document.data, ("world", "fitted")).items()}
    bad: list[Problem] = []
    document = _filled(document, values, 0, bad)
    if bad:
        raise InputError(bad)
    return document


def _filled(document: Document, values: Mapping[str, Any], depth: int, bad: list[Problem]) -> Document:
    """The part of a document at this depth with its fitted values in place; names that there are not go to `bad`."""
    parts: dict[str, Document] = {}
    for key, value in document.data.items():
        if not isinstance(value, dict):
            continue
        here = Document(value, document.place.part(key))
        if depth < 2 or value.keys() != {"fitted"}:
            if (part := _filled(here, values, depth + 1, bad)) is not here:
                parts[key] = part
        elif isinstance(name := value["fitted"], str) and name in values:
            parts[key] = Document(values[name], here.place)
        elif len(bad) <= MOST:
            bad.append(Problem(unknown("fitted value", name, values), here.at(("fitted",))))
    return _with_parts(document, parts) if parts else document


def _with_parts(document: Document, parts: Mapping[str, Document]) -> Document:
    """A copy of the document with these parts in place of those that were there, or beside them."""
    places: dict[str | int, Place] = {key: part.place for key, part in parts.items()}
    return Document({**document.data, **{key: part.data for key, part in parts.items()}},
                    document.place._replace(inside={**document.place.inside, **places}))


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
            if isinstance(name, str):  # else the schema says what is wrong
                document = _with_variant(document, section, name, document.at(("scenario", key)))
    return document


def _names(value: Any) -> list[Any]:
    """The names under a key that may hold one or several."""
    return value if isinstance(value, list) else [value] if value else []


def _with_variant(document: Document, section: str, name: str, mark: Mark) -> Document:
    places = {key: path for path in (("world", section), ("scenario", "overrides", section))
              for key in mapping_at(document.data, path)}
    if name not in places:
        entries = {key: mapping_at(document.data, (*path, key)) for key, path in places.items()}
        raise InputError(Problem(unknown(singular(section), name, places, shown_names(entries)), mark))
    inside = (*places[name], name, "changes")
    return _laid(document, ("world",), mapping_at(document.data, inside), document.find(inside))


def mapping_at(data: Any, path: Path) -> Mapping[Any, Any]:
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
            if changes:
                document = _laid(document, under, changes, document.find(("scenario", part)))
    return document


def with_setting(document: Document, setting: str, head_keys: Sequence[str]) -> Document:
    """One `--set path=value` over dotted entry names; a plain number there removes the spread."""
    mark = Mark(f"--set {setting}")
    dotted, equals, text = setting.partition("=")
    keys = tuple(key.strip() for key in dotted.split("."))
    if not equals or not all(keys):
        raise InputError(Problem("expected path=value, such as mechanisms.drill_draws_statement.strength=0", mark))
    try:
        value = _checked(_value(text.strip()))
    except ValueError as error:
        raise InputError(Problem(str(error), mark)) from None
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
    in_force = keys[0] == "events" and keys[1] in mapping_at(document.data, ("scenario", "events"))
    part = keys if in_force else ("overrides", *keys)
    place = Place(mark.file)
    return _laid(_laid(_noted(document, keys), ("scenario", *part), value, place), ("world", *keys), value, place)


def _noted(document: Document, keys: Path) -> Document:
    """The document with what stands at `keys` among what base rates were judged with, where it is such."""
    before, judged = _at(document.data["world"], keys), ("scenario", "judged", *keys)
    if keys[0] not in STANDING or before is None or _at(document.data, judged) is not None:
        return document
    return assigned(document, judged, before, document.find(("world", *keys)))


def as_judged(document: Document) -> Document:
    """The document with what base rates were `judged` with in place of what the scenario begins with."""
    path = ("scenario", "judged")
    before, place = _at(document.data, path), document.find(path)
    return _laid(assigned(document, path, {}, place), ("world",), before, place)


def _at(data: Any, path: Path) -> Any:
    """What stands at `path`; nothing where it is not."""
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def _whole_quantity(world: Mapping[str, Any], keys: Path, value: Any) -> tuple[Path, Any]:
    """A part of a number with a spread, such as its mean, as the whole of it."""
    node: Any = world
    for depth, key in enumerate(keys):
        if isinstance(node, Mapping) and _is_quantity(node):
            return keys[:depth], {**node, key: value}
        node = node.get(key) if isinstance(node, Mapping) else None
    return keys, value


def _laid(document: Document, path: Path, changes: Any, place: Place) -> Document:
    """The document with `changes`, which stand at `place`, laid over what is at `path`."""
    above = merged(Document(_at(document.data, path), document.find(path)), Document(changes, place))
    return assigned(document, path, above.data, above.place)


def merged(below: Document, above: Document) -> Document:
    """`above` laid over `below`: a mapping merges, anything else is replaced, and so is a number with a spread."""
    if not (isinstance(below.data, dict) and isinstance(above.data, dict)) \
            or _is_quantity(below.data) or _is_quantity(above.data):
        return above
    return _with_parts(below, {
        key: merged(Document(below.data.get(key), below.place.part(key)), Document(value, above.place.part(key)))
        for key, value in above.data.items()})


def without_events(document: Document, names: Sequence[str]) -> Document:
    """The document with these events left out of the scenario."""
    head = document.data["scenario"]
    events = head.get("events") if isinstance(head.get("events"), dict) else {}
    labels = shown_names(mapping_at(document.data, ("world", "events")))
    problems = [Problem(unknown("event", name, events, labels), Mark(f"--without {name}"))
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


def _is_quantity(value: Mapping[Any, Any]) -> bool:
    return frozenset(value) in SHAPES


def _value(text: str) -> Any:
    """A value as JSON or a relaxed `{mean: 1, sd: 0.2}`; any other text is a string."""
    if text.count("[") + text.count("{") > MAX_DEPTH:
        raise ValueError(f"more than {MAX_DEPTH} mappings and lists; write them into a file")
    try:
        return json.loads(text)
    except ValueError:
        pass
    if text.startswith("{") and text.endswith("}"):
        pairs = [pair.partition(":") for pair in text[1:-1].split(",")]
        if all(colon for _, colon, _ in pairs):
            return {key.strip().strip("\"'"): _value(value.strip()) for key, _, value in pairs}
    return text


def _checked(value: Any) -> Any:
    """The value, if a file could hold it; else `ValueError`."""
    if isinstance(value, dict):
        return {_checked(key): _checked(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_checked(part) for part in value]
    return value_of(value, False) if isinstance(value, str) else in_range(value, str(value))


def _known_entry(world: Mapping[str, Any], keys: Path, mark: Mark) -> None:
    """Raises when the section or the entry that a path begins with does not exist."""
    if keys[0] not in world:
        raise InputError(Problem(unknown("section", keys[0], world), mark))
    entries = mapping_at(world, keys[:1])
    if keys[1] not in entries:
        raise InputError(Problem(unknown(singular(keys[0]), keys[1], entries, shown_names(entries)), mark))
    node = entries[keys[1]]
    for key in keys[2:-1]:
        known = node if isinstance(node, Mapping) else {}
        if key not in known:
            raise InputError(Problem(unknown("key", key, known), mark))
        node = node[key]
