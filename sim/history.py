"""What happened in one block of replicates: the log of occurrences, and where things stood week by week."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.catalog.country import Country

Integers = NDArray[np.integer[Any]]
#: One chunk of the log: column, week, replicate, day, days, size (arrays of one length).
Chunk = tuple[Integers, Integers, Integers, Integers, Integers, NDArray[np.floating[Any]]]
#: Types of the log's arrays, in the order of a chunk.
LOG = {"column": np.int16, "week": np.int16, "replicate": np.int32, "day": np.int16, "days": np.int32,
       "size": np.float32}


class Column(Protocol):
    """Something that can occur: who does what to whom, and through which event, if any."""

    @property
    def by(self) -> Collection[str]: ...
    @property
    def to(self) -> Collection[str]: ...
    @property
    def tags(self) -> Collection[str]: ...
    @property
    def event(self) -> str | None: ...
    @property
    def announces(self) -> bool: ...


class Cast(Protocol):
    """The part of a scenario that outcomes look at: its countries' leaders and coalitions."""

    @property
    def countries(self) -> Mapping[str, Country]: ...


class Layout(Protocol):
    """The part of a world that names a history's rows."""

    @property
    def scenario(self) -> Cast: ...
    @property
    def start(self) -> date: ...
    @property
    def weeks(self) -> int: ...
    @property
    def columns(self) -> Sequence[Column]: ...
    @property
    def countries(self) -> Sequence[str]: ...
    @property
    def issues(self) -> Sequence[str]: ...
    @property
    def dyads(self) -> Sequence[tuple[str, str]]: ...
    @property
    def leaders(self) -> Sequence[tuple[str, str]]: ...
    @property
    def flags(self) -> Sequence[str]: ...


class ColumnIndex:
    """Which columns have a tag, an event, an actor or a target, as masks over all columns.

    `event` means the event itself, `about` also the announcement of what becomes of it.
    """

    def __init__(self, columns: Sequence[Column]):
        self.size = len(columns)
        self._masks: dict[tuple[str, str], NDArray[np.bool_]] = {}
        for row, column in enumerate(columns):
            about = (column.event,) if column.event else ()
            for kind, names in (("tag", column.tags), ("event", () if column.announces else about), ("about", about),
                                ("by", column.by), ("to", column.to)):
                for name in names:
                    self._masks.setdefault((kind, name), np.zeros(self.size, bool))[row] = True

    def where(self, names: Iterable[str], *kinds: str) -> NDArray[np.bool_]:
        """The columns to which at least one of the names applies in one of the kinds (tag, event, about, by, to)."""
        mask = np.zeros(self.size, bool)
        for name in names:
            for kind in kinds:
                if (kind, name) in self._masks:
                    mask |= self._masks[kind, name]
        return mask


@dataclass(frozen=True, eq=False)
class History:
    """R replicates over the world's weeks. The log's rows ascend by column, then by week.

    `week` is the week in which an occurrence was decided or fell due, `day` its date in days since the
    start, `days` how many days it took, `size` its size or share. Rows of column c are
    `starts[c]:starts[c + 1]`.
    """

    world: Layout
    replicates: int
    column: NDArray[np.int16]
    week: NDArray[np.int16]
    replicate: NDArray[np.int16]
    day: NDArray[np.int16]
    days: NDArray[np.int16]
    size: NDArray[np.float32]
    starts: NDArray[np.int64]
    #: (weeks, countries, R): who governs, as an index into the world's leaders; negative for nobody.
    leader: NDArray[np.int8]
    #: (weeks, flags, R).
    flags: NDArray[np.bool_]
    #: Election → its parties and their seats (parties, R); -1 in replicates that have not voted.
    seats: Mapping[str, tuple[tuple[str, ...], NDArray[np.int16]]]
    #: tension (rows: dyads), status_quo (issues), stance (countries × issues), approval (countries): (weeks, rows, R).
    levels: Mapping[str, NDArray[np.float32]]
    #: All rows of the same levels before the first week, (rows, R).
    begins: Mapping[str, NDArray[np.float32]]
    #: Which rows of each level were kept, ascending, and as `column` the columns that were logged.
    kept: Mapping[str, NDArray[np.intp]]

    @classmethod
    def from_weeks(cls, world: Layout, replicates: int, log: Iterable[Chunk], leader: NDArray[np.int8],
                   flags: NDArray[np.bool_], seats: Mapping[str, tuple[tuple[str, ...], NDArray[np.int16]]],
                   levels: Mapping[str, NDArray[np.float32]],
                   begins: Mapping[str, NDArray[np.float32]] | None = None,
                   kept: Mapping[str, NDArray[np.intp]] | None = None) -> History:
        """Join the log's chunks, which come in the order of weeks. What is dated beyond the last week is left out."""
        chunks = list(log)
        joined = {name: np.concatenate([np.asarray(chunk[part], kind) for chunk in chunks]) if chunks
                  else np.empty(0, kind) for part, (name, kind) in enumerate(LOG.items())}
        dated = (joined["day"] >= 0) & (joined["day"] < 7 * world.weeks)
        if not dated.all():
            joined = {name: values[dated] for name, values in joined.items()}
        order = np.argsort(joined["column"], kind="stable")
        arrays: dict[str, Any] = {name: values[order] for name, values in joined.items()}
        starts = np.append(0, np.cumsum(np.bincount(joined["column"], minlength=len(world.columns)))).astype(np.int64)
        heights = {name: track.shape[1] for name, track in levels.items()} | {"column": len(world.columns)}
        return cls(world, replicates, **arrays, starts=starts, leader=leader, flags=flags, seats=seats, levels=levels,
                   begins={name: track[0] for name, track in levels.items()} if begins is None else begins,
                   kept={name: np.arange(height) for name, height in heights.items()} if kept is None else kept)

    def track(self, level: str, row: int) -> NDArray[np.float32]:
        """One row of a level in every week, (weeks, R)."""
        return self.levels[level][:, list(self.kept[level]).index(row)]

    @cached_property
    def index(self) -> ColumnIndex:
        """The masks by which columns are selected."""
        return ColumnIndex(self.world.columns)

    def rows(self, columns: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The log's rows of the columns selected by a mask, ascending. Raises `ValueError` for what was not logged."""
        if (missing := np.setdiff1d(np.flatnonzero(columns), self.kept["column"], assume_unique=True)).size:
            raise ValueError(f"column {missing[0]} was not logged")
        edges = np.flatnonzero(np.diff(columns, prepend=False, append=False)).reshape(-1, 2)
        runs = [np.arange(self.starts[first], self.starts[last]) for first, last in edges]
        return np.concatenate(runs) if runs else np.empty(0, np.int64)
