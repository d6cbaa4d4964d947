"""Mechanism families: each file says how one kind of cause expands into terms of decisions.

A family is a module with `expand(name, mechanism, rows, scenario)`, which yields the terms of one mechanism, and, where
it needs them, feature kinds of its own in `KINDS` and `problems(mechanism)`, which yields what is wrong with an entry
and where in it. Adding a family is adding a file here, or from elsewhere `register` (docs/for-mesa-users.md).
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from sim import features

#: Families by name: modules, or whatever else has an `expand`.
FAMILIES: dict[str, Any] = {
    module.name: import_module(f"{__name__}.{module.name}")
    for module in iter_modules(__path__) if module.name != "rows"}

#: Every feature kind there is: the general ones, and what families bring.
KINDS: dict[str, type[Any]] = features.KINDS | {
    kind.kind: kind for family in FAMILIES.values() for kind in getattr(family, "KINDS", ())}

_SHIPPED = frozenset({*FAMILIES, *KINDS})


def register(name: str, family: Any) -> None:
    """Makes a family of one's own known to scenarios loaded from then on in this process, under `name`.

    What was registered under that name before is replaced. Raises `ValueError` for a family without `expand`, and for
    a name, its own or that of one of its feature kinds, that the package uses itself.
    """
    kinds = {kind.kind: kind for kind in getattr(family, "KINDS", ())}
    if not callable(getattr(family, "expand", None)):
        raise ValueError(f'family "{name}" has no function expand(name, mechanism, rows, scenario)')
    if taken := sorted(_SHIPPED.intersection({name, *kinds})):
        raise ValueError(f"{' and '.join(taken)}: the package has a family or feature of that name; choose another")
    FAMILIES[name] = family
    KINDS.update(kinds)
