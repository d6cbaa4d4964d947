"""Batches put together as they come, in the order of their numbers, until there are enough of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.arrays import Array
from sim.batch import Batch
from sim.stopping import error


class Gathering:
    """What the first batches of an ensemble come to.

    One that comes before its turn waits, so that where a run stops depends on nothing but the replicates.
    `last` is the number of batches at which it is complete at the latest, `until_error` the percentage points to
    which every ending's share shall be known.
    """

    def __init__(self, endings: int, last: int, until_error: float | None = None):
        self.endings, self.last, self.until_error = endings, last, until_error
        self.batches = 0
        self.totals = np.zeros(endings, dtype=np.int64)  # replicates by ending
        self.counts: dict[str, Array] = {}  # as in a batch, added up
        self.occurred: Array = np.zeros(1, dtype=np.int64)
        self.parts: dict[str, list[Any]] = {"outcomes": [], "endings": [], "paths": [], "inputs": []}
        self._waiting: dict[int, Batch] = {}

    def take(self, batch: Batch) -> None:
        """Adds a batch, and those that have waited for it."""
        self._waiting[batch.number] = batch
        while not self.complete() and self.batches in self._waiting:
            self._add(self._waiting.pop(self.batches))

    def _add(self, batch: Batch) -> None:
        self.batches += 1
        self.totals += np.bincount(batch.endings, minlength=self.endings)
        self.occurred = self.occurred + batch.occurred
        for name, counts in batch.counts.items():
            self.counts[name] = counts + self.counts.get(name, np.int64(0))
        for name, parts in self.parts.items():
            parts.append(getattr(batch, name))

    def complete(self) -> bool:
        """Whether no further batch is needed."""
        return self.batches == self.last or self.precise()

    def precise(self) -> bool:
        """Whether every ending's share is known as well as was asked."""
        return self.until_error is not None and error(self.totals) <= self.until_error

    @property
    def seen(self) -> Array:
        """Replicates by ending, those included that wait their turn."""
        waiting = (np.bincount(batch.endings, minlength=self.endings) for batch in self._waiting.values())
        return sum(waiting, self.totals.copy())
