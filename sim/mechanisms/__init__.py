"""Mechanism families: each file says how one kind of cause expands into terms of decisions.

A family is a module with `expand(name, mechanism, rows, scenario)`, which yields the terms of one mechanism, and, where
it needs them, feature kinds of its own in `KINDS` and `problems(mechanism)`, which yields what is wrong with an entry
and where in it. Adding a family is adding a file here.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from sim import features

FAMILIES: dict[str, ModuleType] = {
    module.name: import_module(f"{__name__}.{module.name}")
    for module in iter_modules(__path__) if module.name != "rows"}

#: Every feature kind there is: the general ones, and what families bring.
KINDS: dict[str, type[Any]] = features.KINDS | {
    kind.kind: kind for family in FAMILIES.values() for kind in getattr(family, "KINDS", ())}
