"""Effects: what occurrences do to conduct, issues, ledgers, approval, cues and flags.

One sparse matrix takes a week's occurrences to their effects, for every replicate at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse

from sim import catalog
from sim.catalog.issue import is_verbal

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.world import Index

Array = np.ndarray[Any, np.dtype[np.float64]]


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
    """The effect matrix (effects, columns) and where each kind of effect lies in its rows."""

    matrix: sparse.csr_array
    parts: Mapping[str, slice]
    raises: tuple[tuple[int, int], ...]  # (column, flag)
    lowers: tuple[tuple[int, int], ...]

    def of(self, occurred: Array) -> dict[str, Array]:
        """Effects by kind of the occurrences (columns, R), whose entries are sizes."""
        total = self.matrix @ occurred
        return {part: total[rows] for part, rows in self.parts.items()}


def compile_effects(scenario: Scenario, columns: Sequence[Column], index: Index) -> Effects:
    """The effects of all columns. Conduct rows are verbal, then material, each by ordered pair."""
    c, k = len(index.country), len(index.issue)
    sizes = {"conduct": 2 * c * c, "status_quo": k, "baseline": k, "ledger": c * c, "approval": c,
             "cue": len(index.cue)}
    ends = np.cumsum(list(sizes.values()))
    parts = {part: slice(int(end) - size, int(end)) for (part, size), end in zip(sizes.items(), ends, strict=True)}
    entries = [(parts[part].start + row, j, value)
               for j, column in enumerate(columns) for part, row, value in _effects(scenario, column, index)]
    rows, cols, values = (np.array(part) for part in zip(*entries, strict=True)) if entries else ([], [], [])
    matrix = sparse.csr_array((values, (rows, cols)), shape=(int(ends[-1]), len(columns)))

    def flags(part: str) -> tuple[tuple[int, int], ...]:
        return tuple((j, index.flag[name]) for name, flag in scenario.flags.items()
                     for j, column in enumerate(columns)
                     if any(column.selected(select) for select in getattr(flag, part)))

    return Effects(matrix, parts, flags("set_by"), flags("cleared_by"))


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
                yield ("conduct", (not action.verbal) * pairs + index.pair(actor, target), action.goldstein)
        for other in actors:
            if among and other != actor and among.goldstein:
                yield ("conduct", (not is_verbal(among.cameo)) * pairs + index.pair(actor, other), among.goldstein)
