"""Scalars by the YAML 1.2 core schema, except that dates stay text."""

from __future__ import annotations

import math
import re
from typing import Any

from sim.errors import clip

MAX_INTEGER = 2**63 - 1
#: Characters that no text may hold: controls, line separators, surrogates, byte order marks.
UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")

_NULL = re.compile(r"(?:~|null|Null|NULL|)")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt ].*)?")


def value_of(text: str, plain: bool) -> Any:
    """The value that a scalar stands for, `plain` meaning without quotes; `ValueError` says what is wrong with it."""
    value = _resolve(text) if plain else text
    return _checked(value) if isinstance(value, str) else in_range(value, text)


def in_range(value: Any, text: str) -> Any:
    """The value, written as `text`, unless it is a number without end or too large; then `ValueError`."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{clip(text)} is not a finite number")
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise ValueError(f"{clip(text)} is too large a number")
    return value


def is_name(text: str) -> bool:
    """Whether the unquoted scalar is text, and does not look like a date either."""
    return isinstance(_resolve(text), str) and not _DATE.fullmatch(text)


def _resolve(text: str) -> Any:
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


def _checked(text: str) -> str:
    """The text as it is, with pairs of escaped surrogates (as JSON writes them) joined."""
    if not UNSAFE.search(text):
        return text
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if found := UNSAFE.search(text):
        raise ValueError(f"character U+{ord(found[0]):04X} is not allowed in text")
    return text
