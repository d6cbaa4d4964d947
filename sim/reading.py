"""Reads YAML files to plain data that remembers where every value stands.

Files are data and nothing else: YAML 1.2 core schema, names as text, no anchors, tags or directives, bounded size
and depth. Whatever is wrong is reported with its position, all problems of a file at once.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import stat
import tempfile
import types
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, Union, get_args, get_origin

from sim.errors import InputError, Mark, Problem, unknown

if TYPE_CHECKING:
    from pydantic import ValidationError

Place: TypeAlias = tuple[str | int, ...]

MAX_BYTES = 128 * 1024
MAX_DEPTH = 50
MAX_INTEGER = 2**63 - 1
#: What the parser lets slip on some malformed text, such as an escape beyond Unicode.
_PARSER_HOLES = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
#: Part of the name of every cache entry; to be raised whenever the reader gives other data for the same text.
FORMAT = 1

_NULL = re.compile(r"(?:~|null|Null|NULL|)")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt ].*)?")
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True)
class Document:
    """Plain data (mappings, lists, text, numbers, booleans, None) and the positions of its parts.

    `marks` is keyed by the path from the root, mapping values by key and list items by index. A mapping or list that
    stands under a key has the position of that key. `keys` holds, by the same paths, the positions of the keys.
    """

    data: Any
    marks: dict[Place, Mark]
    keys: dict[Place, Mark] = field(default_factory=dict)

    def at(self, path: Iterable[str | int]) -> Mark:
        """Where the value at `path` stands, or else the nearest thing that encloses it."""
        return _nearest(self.marks, tuple(path)) or Mark("")

    def key(self, path: Iterable[str | int]) -> Mark:
        """Where the key at the end of `path` stands; the value's position for what has no key."""
        path = tuple(path)
        return self.keys.get(path) or self.at(path)

    def merged(self, other: Document, under: Iterable[str | int] = ()) -> Document:
        """This document with `other` laid over the mapping at `under`.

        Mappings are merged key by key, everything else is replaced; positions follow the value that won, and a
        mapping found in both has the position it has in `other`.
        """
        under = tuple(under)
        data = other.data
        marks = {(*under, *path): mark for path, mark in other.marks.items()}
        keys = {(*under, *path): mark for path, mark in other.keys.items()}
        for depth in range(len(under), 0, -1):
            data = {under[depth - 1]: data}
            kept = self.marks.get(under[:depth - 1])
            marks[under[:depth - 1]] = kept or other.at(())
        old_marks, old_keys = dict(self.marks), dict(self.keys)

        def lay(below: Any, above: Any, path: Place) -> Any:
            if isinstance(below, dict) and isinstance(above, dict):
                return below | {key: lay(below[key], value, (*path, key)) if key in below else value
                                for key, value in above.items()}
            for gone in _paths(below, path):
                old_marks.pop(gone, None)
                old_keys.pop(gone, None)
            return above

        return Document(lay(self.data, data, ()), old_marks | marks, old_keys | keys)


def read_document(path: str | Path) -> Document:
    """Read one YAML file whose top level is a mapping. Raises `InputError` with every problem found."""
    name = str(path)
    raw = _read_bytes(Path(path), name)
    return _cached(raw, name) or _remember(raw, read_text(_decode(raw, name), name))


def read_text(text: str, name: str = "<text>") -> Document:
    """Read YAML text whose top level is a mapping; `name` stands for the file in positions."""
    unsafe = [Problem(f"character U+{ord(found[0]):04X} is not allowed here", _mark_of(text, found.start(), name))
              for found in islice(_UNSAFE.finditer(text), 10)]
    if unsafe:
        raise InputError(unsafe)
    if len(text.encode()) > MAX_BYTES:
        raise InputError(Problem(f"larger than {MAX_BYTES // 1024} KiB", Mark(name)))
    return _Builder(name).build(text)


def read_world(folder: str | Path) -> Document:
    """Read a world's folder: `X.yaml` and `X/*.yaml` together become the mapping `tree["X"]`.

    A name given twice within a section is an error. Files of other kinds are left alone.
    """
    root, name = Path(folder), str(folder)
    world = Document({}, {(): Mark(name)})
    problems: list[Problem] = []
    for section, path in _world_files(root, problems):
        try:
            part = read_document(path)
        except InputError as error:
            problems += error.problems
            continue
        known = world.data.get(section, {})
        problems += [Problem(f'"{key}" is already given at {world.key((section, key))}', part.key((key,)))
                     for key in part.data if key in known]
        world = world.merged(part, (section,))
    if not world.data and not problems:
        problems.append(Problem("no world files (such as countries/*.yaml) in this folder", Mark(name)))
    if problems:
        raise InputError(problems)
    return world


def _world_files(root: Path, problems: list[Problem]) -> Iterator[tuple[str, Path]]:
    try:
        entries = sorted(root.iterdir())
        for entry in entries:
            inside = sorted(entry.iterdir()) if entry.is_dir() else [entry]
            for path in inside:
                if path.name.startswith(".") or entry.name.startswith("."):
                    continue
                if path.suffix == ".yml":
                    problems.append(Problem("is not read; its name must end in .yaml", Mark(str(path))))
                elif path.suffix == ".yaml" and (path == entry or not path.is_dir()):
                    yield (path if path == entry else entry).name.removesuffix(".yaml"), path
    except (OSError, ValueError) as error:
        problems.append(Problem(_reason(error, "world folder"), Mark(str(root))))


# Bytes to text


def _read_bytes(path: Path, name: str) -> bytes:
    def fail(message: str) -> InputError:
        return InputError(Problem(message, Mark(name)))

    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise fail("is a folder; a file is needed")
        if not stat.S_ISREG(kind):
            raise fail("is not an ordinary file")
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise fail(_reason(error, "file")) from None
    if len(raw) > MAX_BYTES:
        raise fail(f"larger than {MAX_BYTES // 1024} KiB; split it into several files")
    return raw


def _reason(error: Exception, what: str) -> str:
    if isinstance(error, FileNotFoundError):
        return f"no such {what}"
    if isinstance(error, PermissionError):
        return f"this {what} may not be read (permission denied)"
    return f"this {what} cannot be read ({getattr(error, 'strerror', None) or error})"


def _decode(raw: bytes, name: str) -> str:
    if b"\0" in raw:
        raise InputError(Problem("is a binary file, not text", Mark(name)))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Offsets of the signature-skipping codec do not count the signature.
        raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            before = raw[:error.start].decode()
            raise InputError(Problem(f"byte 0x{raw[error.start]:02X} is not UTF-8; save the file as UTF-8",
                                     _mark_of(before, len(before), name))) from None
        raise


def _mark_of(text: str, index: int, name: str) -> Mark:
    start = text.rfind("\n", 0, index) + 1
    return Mark(name, text.count("\n", 0, start) + 1, index - start + 1)


# Text to data


class _Stop(Exception):
    """Nothing sensible can be read beyond this point."""


@dataclass
class _Frame:
    """A mapping or list being filled; `key` waits for its value."""

    path: Place
    data: dict[str, Any] | list[Any]
    key: str | None = None


class _Builder:
    """Turns parse events into data, without recursion and collecting problems on the way."""

    def __init__(self, name: str):
        self.name = name
        self.root: Any = None
        self.marks: dict[Place, Mark] = {}
        self.keys: dict[Place, Mark] = {}
        self.problems: list[Problem] = []
        self.stack: list[_Frame] = []
        self.documents = 0
        self.last = Mark(name)

    def build(self, text: str) -> Document:
        """The document, or `InputError` with every problem found."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for event in YAML(typ="safe", pure=True).parse(text):
                    self.take(event)
        except _Stop:
            pass
        except MarkedYAMLError as error:
            self.fail(_syntax(error), self.mark(error.problem_mark or error.context_mark))
        except (YAMLError, *_PARSER_HOLES):
            self.fail("not YAML (from about here on)", self.last)
        if not self.problems and not self.documents:
            self.fail("is empty", Mark(self.name))
        elif not self.problems and not isinstance(self.root, dict):
            if self.root is None:
                self.fail("is empty", Mark(self.name))
            else:
                self.fail("the top level must be a mapping (lines such as `name: value`)", self.marks[()])
        if self.problems:
            raise InputError(self.problems)
        return Document(self.root, self.marks, self.keys)

    def fail(self, message: str, mark: Mark) -> None:
        self.problems.append(Problem(message, mark))

    def mark(self, mark: Any) -> Mark:
        return Mark(self.name, mark.line + 1, mark.column + 1) if mark else Mark(self.name)

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        mark = self.last = self.mark(event.start_mark)
        if kind == "DocumentStartEvent":
            self.start(event, mark)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self.refuse(event, mark)
            self.open({} if kind == "MappingStartEvent" else [], mark)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self.stack.pop()
        elif kind in ("ScalarEvent", "AliasEvent"):
            self.refuse(event, mark)
            plain = kind == "ScalarEvent" and event.style in (None, "")
            text = event.value if kind == "ScalarEvent" else f"*{event.anchor}"
            if self.wants_key():
                self.take_key(text, plain, mark)
            else:
                self.place(self.scalar(text, plain, mark), mark)

    def start(self, event: Any, mark: Mark) -> None:
        self.documents += 1
        if event.version or event.tags:
            self.fail("directives (%YAML, %TAG) are not supported; remove them", mark)
        if self.documents > 1:
            self.fail("a second document starts here; a file holds one", mark)
            raise _Stop

    def refuse(self, event: Any, mark: Mark) -> None:
        if type(event).__name__ == "AliasEvent":
            self.fail(f"alias *{event.anchor} is not supported; write the value out", mark)
        elif event.anchor is not None:
            self.fail(f"anchor &{event.anchor} is not supported; write the value out where it is used", mark)
        if tag := getattr(event, "tag", None):
            tag = _clip(tag.replace("tag:yaml.org,2002:", "!!"))
            self.fail(f"tag {tag} is not supported; remove it (quotes make a value text)", mark)

    def wants_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].data, dict) and self.stack[-1].key is None

    def open(self, data: dict[str, Any] | list[Any], mark: Mark) -> None:
        if self.wants_key():
            self.fail("a mapping or list cannot be a key (text in braces or brackets needs quotes)", mark)
            raise _Stop
        if len(self.stack) >= MAX_DEPTH:
            self.fail(f"nested deeper than {MAX_DEPTH}", mark)
            raise _Stop
        self.stack.append(_Frame(self.place(data, mark), data))

    def place(self, value: Any, mark: Mark) -> Place:
        if not self.stack:
            self.root = value
            self.marks[()] = mark
            return ()
        frame = self.stack[-1]
        if isinstance(frame.data, list):
            path = (*frame.path, len(frame.data))
            frame.data.append(value)
        else:
            assert frame.key is not None
            path = (*frame.path, frame.key)
            frame.data[frame.key] = value
            frame.key = None
            if isinstance(value, dict | list):
                mark = self.keys[path]
        self.marks[path] = mark
        return path

    def take_key(self, text: str, plain: bool, mark: Mark) -> None:
        frame = self.stack[-1]
        assert isinstance(frame.data, dict)
        if plain and text == "<<":
            self.fail("merge key << is not supported; write the values out", mark)
        elif plain and (_DATE.fullmatch(text) or not isinstance(_resolve(text), str)):
            self.fail(f"key {text or '(none)'} is not text; put it in quotes if it is a name", mark)
        frame.key = self.text(text, mark)
        path = (*frame.path, frame.key)
        if frame.key in frame.data:
            self.fail(f'"{frame.key}" is already given at {self.keys[path]}', mark)
        else:
            self.keys[path] = mark

    def scalar(self, text: str, plain: bool, mark: Mark) -> Any:
        value = _resolve(text) if plain else text
        if isinstance(value, str):
            return self.text(value, mark)
        if isinstance(value, float) and not math.isfinite(value):
            self.fail(f"{_clip(text)} is not a finite number", mark)
        elif isinstance(value, int) and abs(value) > MAX_INTEGER:
            self.fail(f"{_clip(text)} is too large a number", mark)
        return value

    def text(self, text: str, mark: Mark) -> str:
        """The text as it is, with pairs of escaped surrogates (as JSON writes them) joined."""
        if not _UNSAFE.search(text):
            return text
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        if found := _UNSAFE.search(joined):
            self.fail(f"character U+{ord(found[0]):04X} is not allowed in text", mark)
        return joined


def _resolve(text: str) -> Any:
    """The value of an unquoted scalar by the YAML 1.2 core schema; dates stay text."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text[0] in "tT"
    if _INT.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        # Long integers are refused anyhow, and Python does not convert the longest.
        return int(text, base) if len(text) <= 400 else MAX_INTEGER + 1
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        return math.nan
    return text


def _syntax(error: Any) -> str:
    problem = error.problem or error.context or "not YAML"
    if "'\\t'" in problem:
        return "a tab cannot stand here; indent with spaces"
    message = " ".join(str(problem).split())
    context = " ".join(str(error.context or "").split())
    if context and error.problem and error.context_mark:
        message += f" ({context} at line {error.context_mark.line + 1})"
    return f"not YAML: {message}"


def _clip(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"


def _nearest(marks: dict[Place, Mark], path: Place) -> Mark | None:
    for end in range(len(path), -1, -1):
        if mark := marks.get(path[:end]):
            return mark
    return None


def _paths(data: Any, path: Place = ()) -> Iterator[Place]:
    """The path of every value, containers before their contents."""
    yield path
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _paths(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _paths(value, (*path, index))


# Cache of parsed files


def cache_folder() -> Path:
    """Where parsed files are kept between runs."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("diplomacy-simulator")) / "documents"


def _entry(raw: bytes) -> Path | None:
    if os.environ.get("DIPLOMACY_NO_CACHE", "0") not in ("", "0"):
        return None
    return cache_folder() / f"{hashlib.sha256(raw).hexdigest()}-{FORMAT}.json"


def _cached(raw: bytes, name: str) -> Document | None:
    """The document of these bytes as read before, or None. An entry starts with the hash of the rest."""
    try:
        entry = _entry(raw)
        if entry is None:
            return None
        check, _, body = entry.read_bytes().partition(b"\n")
        if check.decode() != hashlib.sha256(body).hexdigest():
            return None
        data, marks, keys = json.loads(body)
        places = list(_paths(data))
        return Document(data, {place: Mark(name, *mark) for place, mark in zip(places, marks, strict=True)},
                        {place: Mark(name, *mark) for place, mark in zip(places, keys, strict=True) if mark})
    except (OSError, ValueError, TypeError, RuntimeError):
        return None


def _remember(raw: bytes, document: Document) -> Document:
    """Keep the document for the next run where that is possible."""
    try:
        entry = _entry(raw)
        if entry is None:
            return document
        places = list(_paths(document.data))
        marks = [(mark.line, mark.column) for mark in map(document.marks.__getitem__, places)]
        keys = [(mark.line, mark.column) if mark else None for mark in map(document.keys.get, places)]
        body = json.dumps([document.data, marks, keys], separators=(",", ":")).encode()
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=entry.parent)
        try:
            with open(handle, "wb") as stream:
                stream.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            os.replace(temporary, entry)
        except BaseException:
            os.unlink(temporary)
            raise
    except (OSError, ValueError, RuntimeError):
        pass
    return document


# What pydantic found, in plain words

_TYPES = {
    "string_type": "text", "int_type": "a whole number", "int_parsing": "a whole number",
    "int_from_float": "a whole number", "float_type": "a number", "float_parsing": "a number",
    "bool_type": "true or false", "bool_parsing": "true or false", "list_type": "a list", "tuple_type": "a list",
    "set_type": "a list", "frozen_set_type": "a list", "iterable_type": "a list", "dict_type": "a mapping",
    "mapping_type": "a mapping", "model_type": "a mapping", "model_attributes_type": "a mapping",
    "dataclass_type": "a mapping", "none_required": "empty",
}
_LIMITS = {
    "greater_than": "above {gt}", "greater_than_equal": "at least {ge}", "less_than": "below {lt}",
    "less_than_equal": "at most {le}", "multiple_of": "a multiple of {multiple_of}", "finite_number": "finite",
    "string_pattern_mismatch": "text that matches {pattern}",
}
_LENGTHS = {
    "too_short": "has {actual_length} entries; it needs at least {min_length}",
    "too_long": "has {actual_length} entries; it takes at most {max_length}",
    "string_too_short": "is too short; it needs {min_length} or more characters",
    "string_too_long": "is too long; it takes {max_length} or fewer characters",
}


@dataclass(frozen=True)
class _Finding:
    """One of pydantic's errors, with its place in the document and the union (if any) it was found in."""

    detail: dict[str, Any]
    path: Place
    union: Place | None
    branch: str

    @property
    def mismatch(self) -> bool:
        """The union's value is not even of the branch's type."""
        return self.detail["type"] in _TYPES and self.path == self.union


def explain_validation(error: ValidationError, document: Document, prefix: Iterable[str | int] = (),
                       model: Any = None) -> list[Problem]:
    """What is wrong, in plain words and with positions, in the part of `document` at `prefix`.

    `model` is the type that the part was validated as; by default the model that gave `error` its title. It supplies
    the names that a mistyped key could have meant.
    """
    prefix = tuple(prefix)
    model = model or _model_called(error.title)
    findings = [_locate(dict(detail), document, prefix) for detail in error.errors(include_url=False)]
    unions = {finding.union: [other for other in findings if other.union == finding.union]
              for finding in findings if finding.union is not None}
    problems: list[Problem] = []
    for finding in findings:
        if finding.union is None:
            problems.append(_problem(finding, document, model))
        elif group := unions.pop(finding.union, None):
            problems += _problems_of_union(group, document, model)
    return sorted(set(problems), key=lambda problem: (problem.mark or Mark(""), problem.message))


def _locate(detail: dict[str, Any], document: Document, prefix: Place) -> _Finding:
    """Follow pydantic's location through the data; what the data lack names a branch of a union, or is missing."""
    node = _value_at(document.data, prefix)
    path, union, branch = prefix, None, ""
    for index, item in enumerate(detail["loc"]):
        if _has(node, item):
            node, path = node[item], (*path, item)
        elif detail["type"] == "missing" and index == len(detail["loc"]) - 1:
            path = (*path, item)
        elif union is None and isinstance(item, str) and item != "[key]":
            union, branch = path, item
    return _Finding(detail, path, union, branch)


def _problems_of_union(group: list[_Finding], document: Document, model: Any) -> list[Problem]:
    """The errors of the branch that comes nearest to what was written."""
    branches: dict[str, list[_Finding]] = {}
    for finding in group:
        branches.setdefault(finding.branch, []).append(finding)
    likely = [found for found in branches.values() if not any(finding.mismatch for finding in found)]
    if likely:
        return [_problem(finding, document, model) for finding in min(likely, key=len)]
    words = list(dict.fromkeys(_TYPES[finding.detail["type"]] for finding in group if finding.mismatch))
    first = next(finding for finding in group if finding.mismatch)
    message = f"{_name(first.path)} must be {' or '.join(words)}, not {_spoken(first.detail['input'])}"
    return [Problem(message, document.at(first.path))]


def _problem(finding: _Finding, document: Document, model: Any) -> Problem:
    detail, path = finding.detail, finding.path
    kind, name, given = detail["type"], _name(path), detail["input"]
    context = detail.get("ctx", {})
    if kind == "missing":
        return Problem(f'"{path[-1]}" is missing', document.key(path[:-1]))
    if kind == "extra_forbidden":
        return Problem(unknown("key", path[-1], _known_keys(model, detail["loc"][:-1])), document.key(path))
    mark = document.key(path) if detail["loc"][-1:] == ("[key]",) else document.at(path)
    if kind in _TYPES or kind in _LIMITS:
        words = _TYPES.get(kind) or _LIMITS[kind].format(**context)
        return Problem(f"{name} must be {words}, not {_spoken(given)}", mark)
    if kind in _LENGTHS:
        return Problem(f"{name} {_LENGTHS[kind].format(**context)}", mark)
    if kind == "literal_error":
        return Problem(unknown(str(path[-1]) if path and isinstance(path[-1], str) else "value", given,
                               re.findall(r"'([^']*)'", str(context["expected"]))), mark)
    if kind in ("value_error", "assertion_error"):
        return Problem(str(context.get("error", detail["msg"])), mark)
    message = " ".join(str(detail["msg"]).split())
    if message.startswith("Input should "):
        message = f"{name} {message.removeprefix('Input ')}, not {_spoken(given)}"
    return Problem(message, mark)


def _name(path: Place) -> str:
    if not path:
        return "the file"
    if isinstance(path[-1], str):
        return f'"{path[-1]}"'
    return f'item {path[-1] + 1} of {_name(path[:-1])}'


def _spoken(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool | int | float | str):
        return _clip(json.dumps(value, ensure_ascii=False))
    return _clip(str(value))


def _value_at(data: Any, path: Place) -> Any:
    for item in path:
        data = data[item] if _has(data, item) else None
    return data


def _has(data: Any, item: Any) -> bool:
    return isinstance(data, dict) and item in data or isinstance(data, list) and item in range(len(data))


def _model_called(title: str) -> Any:
    from pydantic import BaseModel

    waiting: list[type[BaseModel]] = [BaseModel]
    while waiting:
        for model in waiting.pop().__subclasses__():
            if title in (model.__name__, model.model_config.get("title")):
                return model
            waiting.append(model)
    return None


def _known_keys(model: Any, loc: tuple[str | int, ...]) -> list[str]:
    """The keys that a mapping at pydantic's location `loc` within `model` may have."""
    types_here = _alternatives(model)
    for item in loc:
        branch = str(item).removesuffix("]").rpartition(" ")[2]
        if named := [one for one in types_here if getattr(one, "__name__", None) == branch]:
            types_here = named
            continue
        if "[" in str(item):
            continue
        inside: list[Any] = []
        for one in types_here:
            if fields := getattr(one, "model_fields", None):
                for name, about in fields.items():
                    if item in (name, about.alias, about.validation_alias):
                        inside += _alternatives(about.annotation)
            elif get_origin(one) is dict:
                inside += _alternatives(get_args(one)[1])
            elif get_origin(one) in (list, tuple) and isinstance(item, int):
                inside += [each for inner in get_args(one) if inner is not ... for each in _alternatives(inner)]
        types_here = inside or types_here
    return list(dict.fromkeys(about.alias or name for one in types_here
                              for name, about in getattr(one, "model_fields", {}).items()))


def _alternatives(kind: Any) -> list[Any]:
    """The members of a type, unwrapped of unions, annotations and aliases."""
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [each for one in get_args(kind) for each in _alternatives(one)]
    if hasattr(kind, "__value__"):
        return _alternatives(kind.__value__)
    return [kind]
