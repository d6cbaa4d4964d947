"""Effects: what occurrences do to conduct, issues, ledgers, approval, cues and flags.

One table takes a week's occurrences to their effects, for every replicate at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim import catalog
from sim.arrays import REAL, Array, Ints
from sim.catalog.issue import is_verbal

if TYPE_CHECKING:
    from sim.index import Index
    from sim.scenario import Scenario


class Column(NamedTuple):
    """Something that can occur: an option, an event, the announcement of a decision, a step of a succession."""

    name: str
    by: tuple[str, ...]
    action: str
    to: tuple[str, ...]
    tags: frozenset[str]
    event: str | None = None
    option: str | None = None
    announces: bool = False  # makes known what becomes of the event, rather than being it

    def selected(self, select: catalog.Select) -> bool:
        """Whether all conditions of `select` hold."""
        return ((not select.action or bool(self.tags.intersection(select.action)))
                and (not select.by or bool(set(self.by).intersection(select.by)))
                and (not select.to or bool(set(self.to).intersection(select.to)))
                and (not select.event or (self.event in select.event and not (self.announces and not select.action))))


@dataclass(frozen=True)
class Effects:
    """The effects of every column: those of column c are entries `starts[c]` to `starts[c + 1]`.

    Occurrences are few, so their effects are added up one by one rather than as a product over all columns; the order
    is that of the occurrences, so that a replicate's sums do not depend on its neighbours.
    """

    starts: Ints
    rows: Ints
    values: Array
    parts: Mapping[str, slice]  # where each kind of effect lies in the rows
    raises: tuple[tuple[int, int], ...]  # (column, flag)
    lowers: tuple[tuple[int, int], ...]

    @property
    def height(self) -> int:
        """Rows of all kinds together."""
        return max(part.stop for part in self.parts.values())

    def add(self, into: Array, columns: Ints, who: Ints, sizes: Array) -> None:
        """Adds the effects of occurrences of `columns` in the replicates `who` to `into`, shape (height, R)."""
        first = self.starts.take(columns)
        counts = self.starts.take(columns + 1) - first
        ends = np.cumsum(counts)
        entries = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - (ends - counts), counts)
        places = self.rows.take(entries) * into.shape[1]
        places += np.repeat(who, counts)
        sized = self.values.take(entries) * np.repeat(sizes.astype(REAL, copy=False), counts)
        np.add.at(into.reshape(-1), places, sized)

    def of(self, column: int) -> dict[tuple[str, int], float]:
        """What one occurrence of a column does, by kind and row of that kind."""
        total: dict[tuple[str, int], float] = {}
        for entry in range(self.starts[column], self.starts[column + 1]):
            row = self.rows[entry]
            kind = next(kind for kind, part in self.parts.items() if part.start <= row < part.stop)
            place = kind, int(row - self.parts[kind].start)
            total[place] = total.get(place, 0.0) + float(self.values[entry])
        return total


def compile_effects(scenario: Scenario, columns: Sequence[Column], index: Index) -> Effects:
    """The effects of all columns. Conduct rows are verbal, then material, each by ordered pair."""
    c, k = len(index.country), len(index.issue)
    sizes = {"conduct_now": 2 * c * c, "ledger": c * c, "status_quo": k, "baseline": k, "approval": c,
             "cue": len(index.cue)}
    ends = np.cumsum(list(sizes.values()))
    parts = {part: slice(int(end) - size, int(end)) for (part, size), end in zip(sizes.items(), ends, strict=True)}
    entries = [[(parts[part].start + row, value) for part, row, value in _effects(scenario, column, index)]
               for column in columns]
    flat = [entry for of in entries for entry in of]

    def flags(part: str) -> tuple[tuple[int, int], ...]:
        return tuple((j, index.flag[name]) for name, flag in scenario.flags.items()
                     for j, column in enumerate(columns)
                     if any(column.selected(select) for select in getattr(flag, part)))

    return Effects(np.cumsum([0, *map(len, entries)]), np.array([row for row, _ in flat], dtype=np.intp),
                   np.array([value for _, value in flat], dtype=REAL), parts, flags("set_by"), flags("cleared_by"))


def _effects(scenario: Scenario, column: Column, index: Index) -> Iterator[tuple[str, int, float]]:
    """(kind, row, value) of everything that one occurrence of full size does."""
    for name, cue in scenario.cues.items():
        if any(column.selected(select) for select in cue.left_by):
            yield "cue", index.cue[name], cue.size
    if not column.action:
        return
    action = scenario.actions[column.action]
    if not action.ritual:
        yield from conduct(action, column, index)
    for issue, shift in action.shifts.items():
        yield "status_quo", index.issue[issue], shift
        if action.binding:
            yield "baseline", index.issue[issue], shift
    actors = [code for code in column.by if code in index.country]
    for actor in actors:
        if action.approval:
            yield "approval", index.country[actor], action.approval
        for target in column.to:
            if action.concedes and target in index.country and target != actor:
                yield "ledger", index.pair(actor, target), action.concedes
                yield "ledger", index.pair(target, actor), -action.concedes


def conduct(action: catalog.Action, column: Column, index: Index) -> Iterator[tuple[str, int, float]]:
    """Goldstein scores by ordered pair: toward the targets, and among the parties of a joint action."""
    pairs = len(index.country) ** 2
    actors = [code for code in column.by if code in index.country]
    targets = [code for code in column.to if code in index.country]
    among = action.among or (catalog.Cooperation(cameo=action.cameo, goldstein=action.goldstein)
                             if not targets else None)
    for actor in actors:
        for target in targets:
            if target != actor and action.goldstein:
                yield ("conduct_now", (not action.verbal) * pairs + index.pair(actor, target), action.goldstein)
        for other in actors:
            if among and other != actor and among.goldstein:
                yield ("conduct_now", (not is_verbal(among.cameo)) * pairs + index.pair(actor, other), among.goldstein)
