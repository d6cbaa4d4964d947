"""What a schema found wrong with a document, in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from sim.errors import MOST, Mark, Problem, clip, unknown
from sim.reading.document import Document
from sim.reading.keys import known_keys, model_called

if TYPE_CHECKING:
    from pydantic import ValidationError

Path: TypeAlias = tuple[str | int, ...]

#: Errors of pydantic that are looked at: more than problems are told, since several may make one problem.
LIKELY = 5 * MOST

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
    path: Path
    union: Path | None
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
    model = model or model_called(error.title)
    findings = [_locate(dict(detail), document, prefix) for detail in islice(error.errors(include_url=False), LIKELY)
                if not _only_for_its_items(detail)]
    unions: dict[Path, list[_Finding]] = {}
    for finding in findings:
        if finding.union is not None:
            unions.setdefault(finding.union, []).append(finding)
    problems: list[Problem] = []
    for finding in findings:
        if finding.union is None:
            problems.append(_problem(finding, document, model))
        elif group := unions.pop(finding.union, None):
            problems += _problems_of_union(group, document, model)
    return sorted(set(problems), key=lambda problem: (problem.mark or Mark(""), problem.message))


def _only_for_its_items(detail: Mapping[str, Any]) -> bool:
    """Pydantic leaves wrong items out before it counts them; that a list is too short then says nothing new."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _locate(detail: dict[str, Any], document: Document, prefix: Path) -> _Finding:
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
    context = {key: int(value) if isinstance(value, float) and value.is_integer() else value
               for key, value in detail.get("ctx", {}).items()}
    if kind == "missing":
        return Problem(f"{name} is missing", document.key(path[:-1]))
    if kind == "extra_forbidden":
        return Problem(unknown("key", path[-1], known_keys(model, detail["loc"][:-1])), document.key(path))
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


def _name(path: Path) -> str:
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
        return clip(json.dumps(value, ensure_ascii=False))
    return clip(str(value))


def _value_at(data: Any, path: Path) -> Any:
    for item in path:
        data = data[item] if _has(data, item) else None
    return data


def _has(data: Any, item: Any) -> bool:
    return isinstance(data, dict) and item in data or isinstance(data, list) and item in range(len(data))
