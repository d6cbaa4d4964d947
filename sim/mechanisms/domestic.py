"""Domestic politics: would the action move the status quo toward what the public wants?

The public's spatial gain, as in the policy family, times the government's accountability (Putnam 1988). Gates of
a mechanism bring in the election clock, approval or the cost of backing down (Fearon 1994).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from sim import catalog
from sim.arrays import Array
from sim.features import Term
from sim.mechanisms.policy import Gain, spatial
from sim.mechanisms.rows import Row

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.state import State


class PublicGain(Gain):
    """accountability * salience * (the public's ideal - status quo) / 2."""

    kind: ClassVar[str] = "public_gain"

    def wanted(self, state: State) -> Array:
        return state.public[self.countries, self.issues]

    def fill(self, state: State, out: Array) -> None:
        super().fill(state, out)
        out *= state.accountability[self.countries]


KINDS = (PublicGain,)


def expand(name: str, mechanism: catalog.Mechanism, rows: Sequence[Row], scenario: Scenario) -> Iterator[Term]:
    """One term per deciding country and issue that the action shifts."""
    yield from spatial(name, mechanism, rows, PublicGain.kind)
