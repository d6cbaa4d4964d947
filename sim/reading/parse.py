"""YAML text to data: bounded size and depth, and no anchors, tags, directives or second documents."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sim.errors import MOST, InputError, Mark, Problem, clip
from sim.reading.document import Document, Place
from sim.reading.scalars import UNSAFE, is_name, value_of

MAX_BYTES = 128 * 1024
MAX_DEPTH = 50
#: Keys, values, mappings and lists; what is written as people write has less than half as many in so many bytes.
MAX_PARTS = 25_000
#: What the parser lets slip on some malformed text, such as an escape beyond Unicode.
_PARSER_HOLES = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def read_text(text: str, name: str = "<text>") -> Document:
    """Read YAML text whose top level is a mapping; `name` stands for the file in positions."""
    unsafe = [Problem(f"character U+{ord(found[0]):04X} is not allowed here", mark_in(text, found.start(), name))
              for found in islice(UNSAFE.finditer(text), 10)]
    if unsafe:
        raise InputError(unsafe, partial=True)
    if len(text.encode()) > MAX_BYTES:
        raise too_large(text.encode()[:MAX_BYTES], name)
    return _Builder(name).build(text)


def mark_in(text: str, index: int, name: str) -> Mark:
    """The position of the character at `index`."""
    before = re.split("\r\n?|\n", text[:index])
    return Mark(name, len(before), len(before[-1]) + 1)


def too_large(start: bytes, name: str) -> InputError:
    """That the text which begins so, up to the limit, goes on beyond it."""
    before = start.decode(errors="ignore")
    return InputError(Problem(f"larger than {MAX_BYTES // 1024} KiB (from here on); split it into several files",
                              mark_in(before, len(before), name)))


class _Stop(Exception):
    """Nothing sensible can be read beyond this point."""


@dataclass
class _Frame:
    """A mapping or list being filled, with the places of its parts; `key` waits for its value."""

    data: dict[str, Any] | list[Any]
    inside: dict[str | int, Place]
    key: str | None = None
    key_mark: Mark | None = None


class _Builder:
    """Turns parse events into data, without recursion and collecting problems on the way."""

    def __init__(self, name: str):
        self.name = name
        self.root = Document(None, Place(name))
        self.problems: list[Problem] = []
        self.stack: list[_Frame] = []
        self.documents = self.parts = 0
        self.last = Mark(name, 1, 1)

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
        if not self.problems and self.root.data is None:
            self.fail("is empty", Mark(self.name, 1, 1))
        elif not self.problems and not isinstance(self.root.data, dict):
            self.fail("the top level must be a mapping (lines such as `name: value`)", self.root.at(()))
        if self.problems:
            raise InputError(self.problems, partial=True)
        return self.root

    def fail(self, message: str, mark: Mark) -> None:
        self.problems.append(Problem(message, mark))

    def mark(self, mark: Any) -> Mark:
        return Mark(self.name, mark.line + 1, mark.column + 1) if mark else self.last

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        mark = self.last = self.mark(event.start_mark)
        self.parts += 1
        if self.parts > MAX_PARTS:
            self.fail(f"more than {MAX_PARTS:,} keys and values (from here on); split it into several files", mark)
        if self.parts > MAX_PARTS or len(self.problems) > MOST:
            raise _Stop
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
            tag = clip(tag.replace("tag:yaml.org,2002:", "!!"))
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
        self.stack.append(_Frame(data, self.place(data, mark)))

    def place(self, value: Any, mark: Mark) -> dict[str | int, Place]:
        """Put a value where the frame waits for one; the mapping returned takes the places of what it holds."""
        inside: dict[str | int, Place] = {}
        if not self.stack:
            self.root = Document(value, Place(self.name, mark.line, mark.column, inside=inside))
            return inside
        frame = self.stack[-1]
        if isinstance(frame.data, list):
            frame.inside[len(frame.data)] = Place(self.name, mark.line, mark.column, inside=inside)
            frame.data.append(value)
        else:
            assert frame.key is not None and frame.key_mark is not None
            key = frame.key_mark
            if isinstance(value, dict | list):
                mark = key
            # Of a key given twice the first place counts: that is where "already given" points.
            frame.inside.setdefault(frame.key, Place(self.name, mark.line, mark.column, key.line, key.column, inside))
            frame.data[frame.key] = value
            frame.key = None
        return inside

    def take_key(self, text: str, plain: bool, mark: Mark) -> None:
        frame = self.stack[-1]
        if plain and text == "<<":
            self.fail("merge key << is not supported; write the values out", mark)
        elif plain and not is_name(text):
            self.fail(f"key {text or '(none)'} is not text; put it in quotes if it is a name", mark)
        elif not text.strip():
            self.fail("a key is empty; it needs a name", mark)
        frame.key, frame.key_mark = self.scalar(text, False, mark), mark
        if given := frame.inside.get(frame.key):
            self.fail(f'"{frame.key}" is already given at {Mark(self.name, given.key_line, given.key_column)}', mark)

    def scalar(self, text: str, plain: bool, mark: Mark) -> Any:
        try:
            return value_of(text, plain)
        except ValueError as error:
            self.fail(str(error), mark)
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
