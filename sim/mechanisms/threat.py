"""Threat: the stronger, nearer and more hostile the other, the more one arms against it (Walt 1987).

The feature is the other's share of the pair's capability, times proximity, times hostile material conduct received
beyond the usual.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sim import catalog
from sim.arrays import Array, Ints
from sim.features import Conduct, Key, Term
from sim.mechanisms.rows import Row, moved

if TYPE_CHECKING:
    from sim.index import Index
    from sim.scenario import Scenario
    from sim.state import State


@dataclass(frozen=True)
class Threat:
    """capability share of the other * proximity * hostility received, in [0, 1]."""

    own: Ints
    other: Ints
    hostility: Conduct
    kind: ClassVar[str] = "threat"
    signed: ClassVar[bool] = False
    slow: ClassVar[bool] = False

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> Threat:
        received = [("conduct", other, own, "slow", "material") for _, own, other in keys]
        return cls(np.array([index.country[own] for _, own, _ in keys]),
                   np.array([index.country[other] for _, _, other in keys]), Conduct.of(received, index))

    def fill(self, state: State, out: Array) -> None:
        self.hostility.fill(state, out)
        np.negative(out, out=out)
        np.maximum(out, 0, out=out)
        own, other = state.capability[self.own], state.capability[self.other]
        out *= other / np.maximum(own + other, 1e-12)
        out *= state.proximity[self.own, self.other]


KINDS = (Threat,)


def expand(name: str, mechanism: catalog.Mechanism, rows: Sequence[Row], scenario: Scenario) -> Iterator[Term]:
    """One term per deciding country and target."""
    for row, weight in moved(mechanism, rows):
        toward = sorted(set(row.targets).intersection(scenario.countries) - {row.country})
        for other in toward:
            yield Term(row.index, name, (Threat.kind, row.country, other), weight / len(toward))
