"""Batches put together as they come, in the order of their numbers, until there are enough of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Any, Protocol

import numpy as np

from sim.arrays import Array
from sim.batch import Batch
from sim.errors import InputError
from sim.scenario import Scenario
from sim.stopping import error


class Shelf(Protocol):
    """Where batches are kept as they are finished, so that no other run needs to repeat them."""

    def batches(self) -> Iterator[Batch]:
        """Those that are there, in the order of their numbers."""

    def put(self, batch: Batch) -> None:
        """Keeps a batch."""


class Gathering:
    """What the first batches of an ensemble come to.

    One that comes before its turn waits, so that where a run stops depends on nothing but the replicates.
    `last` is the number of batches at which it is complete at the latest, `until_error` the percentage points to
    which every ending's share shall be known. With a `shelf`, on which every batch is put before it is taken here,
    outcomes lie there and not in memory.
    """

    def __init__(self, scenario: Scenario, last: int, until_error: float | None = None, shelf: Shelf | None = None):
        self.scenario, self.last, self.until_error, self.shelf = scenario, last, until_error, shelf
        self.batches = 0
        self.totals = np.zeros(len(scenario.endings), dtype=np.int64)  # replicates by ending
        self.counts: dict[str, Array] = {}  # as in a batch, added up
        self.occurred: Array = np.zeros(1, dtype=np.int64)
        self.parts: dict[str, list[Any]] = {"paths": [], "inputs": []}
        self._measured: list[tuple[Array, Array]] = []
        self._waiting: dict[int, Batch] = {}

    def take(self, batch: Batch) -> None:
        """Adds a batch, and those that have waited for it."""
        self._waiting[batch.number] = batch
        while not self.complete() and self.batches in self._waiting:
            self._add(self._waiting.pop(self.batches))

    def _add(self, batch: Batch) -> None:
        self.batches += 1
        self.totals += np.bincount(batch.endings, minlength=len(self.totals))
        self.occurred = self.occurred + batch.occurred
        for name, counts in batch.counts.items():
            self.counts[name] = counts + self.counts.get(name, np.int64(0))
        for name, parts in self.parts.items():
            parts.append(getattr(batch, name))
        if self.shelf is None:
            self._measured.append((batch.outcomes, batch.endings))

    def complete(self) -> bool:
        """Whether no further batch is needed."""
        return self.batches == self.last or self.precise()

    def precise(self) -> bool:
        """Whether every ending's share is known as well as was asked."""
        return self.until_error is not None and error(self.totals) <= self.until_error

    @property
    def seen(self) -> Array:
        """Replicates by ending, those included that wait their turn."""
        waiting = (np.bincount(batch.endings, minlength=len(self.totals)) for batch in self._waiting.values())
        return sum(waiting, self.totals.copy())

    def measured(self) -> tuple[Array, Array]:
        """Outcomes (R, outcomes) and endings (R,) of all replicates.

        Raises `InputError` if batches are no longer where they were put.
        """
        replicates, done = int(self.totals.sum()), 0
        outcomes, endings = np.empty((replicates, len(self.scenario.outcomes))), np.empty(replicates, dtype=np.int64)
        for values, ends in self._kept():
            here = slice(done, done := done + len(ends))
            outcomes[here], endings[here] = values, ends
        return outcomes, endings

    def _kept(self) -> Iterator[tuple[Array, Array]]:
        """Outcomes and endings by batch, in their order."""
        if self.shelf is None:
            yield from self._measured
            return
        for number, batch in zip_longest(range(self.batches), islice(self.shelf.batches(), self.batches)):
            if batch is None or batch.number != number:
                raise InputError("batches of this run were changed or removed while it was under way")
            yield batch.outcomes, batch.endings
