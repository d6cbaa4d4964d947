"""Policy: does the action move the status quo toward what the government wants?

The spatial gain of a shift d on an issue is 2d(s - x) - d², where s is the government's ideal point and x the
status quo, weighted by salience (Downs 1957; Black 1958). The d² part never changes, so it cancels against the
reference; what is left is linear in salience * (s - x), which is the feature here. Divided by twice the sum of
|d|, it lies in [-1, 1]: the direction of an action counts, not how far one action goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sim import catalog
from sim.arrays import Array, Ints
from sim.features import Key, Term
from sim.mechanisms.rows import Row, moved

if TYPE_CHECKING:
    from sim.index import Index
    from sim.scenario import Scenario
    from sim.state import State


@dataclass(frozen=True)
class Gain:
    """salience * (ideal - status quo) / 2 of a government on an issue."""

    countries: Ints
    issues: Ints
    kind: ClassVar[str] = "gain"
    signed: ClassVar[bool] = True
    slow: ClassVar[bool] = True

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> Gain:
        return cls(np.array([index.country[code] for _, code, _ in keys]),
                   np.array([index.issue[issue] for _, _, issue in keys]))

    def wanted(self, state: State) -> Array:
        return state.stance[self.countries, self.issues]

    def fill(self, state: State, out: Array) -> None:
        np.subtract(self.wanted(state), state.status_quo[self.issues], out=out)
        out *= state.salience[self.countries, self.issues]
        out /= 2


KINDS = (Gain,)


def expand(name: str, mechanism: catalog.Mechanism, rows: Sequence[Row], scenario: Scenario) -> Iterator[Term]:
    """One term per deciding country and issue that the action shifts."""
    yield from spatial(name, mechanism, rows, Gain.kind)


def spatial(name: str, mechanism: catalog.Mechanism, rows: Sequence[Row], kind: str) -> Iterator[Term]:
    """Terms of a spatial gain, measured by the features of `kind`."""
    for row, weight in moved(mechanism, rows):
        total = sum(abs(shift) for shift in row.entry.shifts.values())
        for issue, shift in row.entry.shifts.items():
            if shift:
                yield Term(row.index, name, (kind, row.country, issue), weight * shift / total)
