"""Files as trees that can be taken apart and put together otherwise.

A tree is made of lists, of `Map`s and of text, and text stands in the file as it is: `1e999`, `*a` and `"\\ud800"` are
written without more ado.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import Any

from sim.reading import read_text
from sim.reading.scalars import is_name


class Map(list[list[Any]]):
    """A mapping as its [key, value] pairs, so that a key may stand there twice."""


def planted(text: str) -> Map:
    """The tree of a valid file."""
    tree = _planted(_data(text))
    assert isinstance(tree, Map)
    return tree


@lru_cache(maxsize=256)
def _data(text: str) -> Any:
    return read_text(text).data


def _planted(data: Any) -> Any:
    if isinstance(data, dict):
        return Map([_scalar(key), _planted(value)] for key, value in data.items())
    if isinstance(data, list):
        return [_planted(value) for value in data]
    return _scalar(data)


def _scalar(value: Any) -> str:
    if isinstance(value,
                  str) and (not is_name(value) or set(value) & set("\n:#,[]{}&*!|>'\"%@`-") or value != value.strip()):
        return json.dumps(value, ensure_ascii=False) if not value[:4].isdigit() else value
    return json.dumps(value) if not isinstance(value, str) else value


def bare(text: Any) -> str:
    return str(text).strip("\"'")


def slots_of(node: Any) -> Iterator[tuple[Any, int]]:
    """Every place in a tree that holds something: what it stands in, and where there."""
    waiting = [node]
    while waiting:
        inside = waiting.pop()
        for i, part in enumerate(inside):
            yield inside, i
            value = part[1] if isinstance(inside, Map) else part
            if isinstance(value, list):
                waiting.append(value)


def value_at(slot: tuple[Any, int]) -> Any:
    inside, i = slot
    return inside[i][1] if isinstance(inside, Map) else inside[i]


def put(slot: tuple[Any, int], value: Any) -> None:
    inside, i = slot
    if isinstance(inside, Map):
        inside[i] = [inside[i][0], value]
    else:
        inside[i] = value


def copied(node: Any) -> Any:
    return type(node)(map(copied, node)) if isinstance(node, list) else node


def written(node: Any, draw: Random | None) -> str:
    """A tree as YAML: in blocks down to a depth that is drawn, from there on in braces and brackets."""
    return "\n".join(_blocks(node, draw.choice([0, 1, 2, 3, 20]) if draw else 1, "")) + "\n"


def _blocks(node: Any, depth: int, indent: str) -> Iterator[str]:
    if depth == 0 or not isinstance(node, list) or not node:
        yield indent + _flow(node)
    elif isinstance(node, Map):
        for key, value in node:
            if depth > 1 and isinstance(value, list) and value:
                yield f"{indent}{key}:"
                yield from _blocks(value, depth - 1, indent + "  ")
            else:
                yield f"{indent}{key}: {_flow(value)}"
    else:
        for value in node:
            lines = list(_blocks(value, depth - 1, indent + "  "))
            yield f"{indent}- {lines[0].lstrip()}"
            yield from lines[1:]


def _flow(node: Any) -> str:
    """In braces and brackets; without recursion, since a tree may be deep."""
    out: list[str] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            of_map = isinstance(part, Map)
            waiting.append(_End("}" if of_map else "]"))
            for i, item in reversed(list(enumerate(part))):
                if of_map:
                    waiting += [item[1], _End(f"{', ' * (i > 0)}{item[0]}: ")]
                else:
                    waiting += [item, _End(", " * (i > 0))]
            out.append("{" if of_map else "[")
        else:
            out.append(part)
    return "".join(out)


class _End(str):
    """Punctuation."""
