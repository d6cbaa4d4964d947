"""Decision rows: one country's own sum for one thing it can do, and how mechanisms select them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sim import catalog


@dataclass(frozen=True)
class Row:
    """What one country weighs in one decision. `others` are the targets and, in a joint action, the other parties."""

    index: int
    country: str
    name: str
    action: str
    entry: catalog.Action
    words: frozenset[str]
    others: frozenset[str]
    targets: tuple[str, ...]
    joint: bool
    chosen: bool  # one of several exclusive alternatives


def row(index: int, country: str, name: str, action: str, entry: catalog.Action, by: Sequence[str],
        to: Sequence[str], chosen: bool) -> Row:
    """The row of `country` for an action of `by` toward `to`."""
    others = (set(by) | set(to)) - {country}
    return Row(index, country, name, action, entry, entry.words(action), frozenset(others), tuple(to),
               len(by) > 1, chosen)


def moved(mechanism: catalog.Mechanism, rows: Sequence[Row]) -> Iterator[tuple[Row, float]]:
    """The rows a mechanism moves, with the weight of the first of its moves that selects them.

    `by` means the country that weighs, also within a joint action; `to` its targets or the other parties.
    """
    for candidate in rows:
        for move in mechanism.moves:
            if ((not move.action or candidate.words.intersection(move.action))
                    and (not move.by or candidate.country in move.by)
                    and (not move.to or candidate.others.intersection(move.to))):
                yield candidate, move.weight
                break
