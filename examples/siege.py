"""A mechanism family in one file: a country that is pressed from many sides presses back.

Its feature is the share of the other countries whose conduct toward it is clearly worse than usual. What a family has
is said in docs/for-mesa-users.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sim.features import Conduct, Key, Term
from sim.index import Index
from sim.mechanisms.rows import Row, moved
from sim.state import State

#: Deviation from usual conduct, in [-1, 1], below which a country presses.
PRESSING = -0.5


@dataclass(frozen=True)
class Siege:
    """Share of the others that press a country, in [0, 1]. All features `("siege", COUNTRY)` of a world."""

    received: tuple[Conduct, ...]
    kind: ClassVar[str] = "siege"
    signed: ClassVar[bool] = False  # runs from 0
    slow: ClassVar[bool] = False  # its reference is 0: nobody presses

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> Siege:
        """The features with these keys; `index` knows the rows of the state's arrays."""
        return cls(tuple(Conduct.of([("conduct", other, code, "fast", "both") for other in index.country
                                     if other != code], index) for _, code in keys))

    def fill(self, state: State, out: np.ndarray) -> None:
        """Writes the present values into `out`, shape (features, replicates)."""
        for row, conduct in zip(out, self.received, strict=True):
            received = np.empty((len(conduct.rows), out.shape[1]), dtype=out.dtype)
            conduct.fill(state, received)
            row[:] = (received < PRESSING).mean(axis=0)


KINDS = (Siege,)


def expand(name: str, mechanism: Any, rows: Sequence[Row], scenario: Any) -> Iterator[Term]:
    """A term for everything that the mechanism's `moves` select."""
    for row, weight in moved(mechanism, rows):
        yield Term(row.index, name, (Siege.kind, row.country), weight)


def problems(mechanism: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with an entry, and where in it."""
    if mechanism.feature is not None:
        yield ("feature",), "a siege has a feature of its own; leave this out"
