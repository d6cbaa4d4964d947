"""Plain data, and where every part of it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from sim.errors import Mark


class Place(NamedTuple):
    """Where a value stands, where its key stands (line 0: it has none), and the places of what it holds.

    `inside` is by key for a mapping and by index for a list. A mapping or list under a key stands where the key does.
    """

    file: str = ""
    line: int = 0
    column: int = 0
    key_line: int = 0
    key_column: int = 0
    inside: Mapping[str | int, Place] = MappingProxyType({})

    def part(self, item: str | int) -> Place:
        """The place of one thing inside; what does not exist stands where this does."""
        return self.inside.get(item) or Place(self.file, self.line, self.column)


@dataclass(frozen=True)
class Document:
    """Plain data (mappings, lists, text, numbers, booleans, None) and the places of its parts."""

    data: Any
    place: Place

    def find(self, path: Iterable[str | int]) -> Place:
        """The place of the value at `path`, or else of the nearest thing that encloses it."""
        place = self.place
        for item in path:
            place = place.part(item)
        return place

    def at(self, path: Iterable[str | int]) -> Mark:
        """Where the value at `path` stands, or else the nearest thing that encloses it."""
        place = self.find(path)
        return Mark(place.file, place.line, place.column)

    def key(self, path: Iterable[str | int]) -> Mark:
        """Where the key at the end of `path` stands; the value's position for what has no key."""
        place = self.find(path)
        if place.key_line:
            return Mark(place.file, place.key_line, place.key_column)
        return Mark(place.file, place.line, place.column)


def joined(**parts: Document) -> Document:
    """One document that holds each of the others under its name."""
    return Document({name: part.data for name, part in parts.items()},
                    Place(inside={name: part.place for name, part in parts.items()}))
