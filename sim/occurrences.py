"""Occurrences: what happens in one week, and what it leaves behind."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from sim.arrays import Ints
from sim.state import State
from sim.world import World


class Occurrences:
    """What occurs in one week: rows of the log, in the order in which they are entered."""

    def __init__(self, world: World, state: State):
        self.world, self.state = world, state
        self.chunks: list[tuple[Ints, ...]] = []

    def add(self, columns: Any, who: Ints, day: Any, days: Any = 1, size: Any = 1.0) -> None:
        """`columns` occur in the replicates `who` on `day`, lasting `days`; all of one length, or one for all."""
        if count := len(who):
            whole = [values if isinstance(values, np.ndarray) else np.full(count, values, dtype=np.intp)
                     for values in (columns, self.state.week, who, day, days)]
            self.chunks.append((*whole, size if isinstance(size, np.ndarray) else np.full(count, size)))

    def apply(self) -> None:
        """Adds the effects of everything entered to the state, and notes that it was."""
        if not self.chunks:
            return
        columns, _, who, _, _, size = self.log
        self.world.effects.add(self.state.moved, columns, who, size)
        self.state.bound()
        self.note()

    def note(self) -> None:
        """Notes when everything entered was, for what refers to it later, and sets and clears flags."""
        state, tracks = self.state, self.world.tracks
        columns, _, who, day, days, _ = self.log
        for rows, latest, last in ((tracks.cues, state.cue_day, day), (tracks.lasting, state.last_day, day + days - 1)):
            for places in rows:
                row = places.take(columns)
                kept = np.flatnonzero(row >= 0)
                at = row.take(kept) * state.replicates + who.take(kept)
                np.maximum.at(latest.reshape(-1), at, last.take(kept).astype(latest.dtype))
        flagged = np.flatnonzero(tracks.flagged.take(columns))
        for changes, value in ((self.world.effects.raises, True), (self.world.effects.lowers, False)):
            for column, flag in changes if len(flagged) else ():
                state.flag[flag, who[flagged[columns[flagged] == column]]] = value

    @cached_property
    def log(self) -> tuple[Ints, ...]:
        """column, week, replicate, day, days, size of everything that occurred; asked for once all is entered."""
        if not self.chunks:
            return tuple(np.zeros(0, dtype=int) for _ in range(6))
        return tuple(np.concatenate(part) for part in zip(*self.chunks, strict=True))
