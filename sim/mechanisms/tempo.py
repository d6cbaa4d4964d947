"""Tempo: countries have quiet years and busy years.

A slow autoregressive activity level of the deciding country. Base rates are solved so that their average over the
stationary tempo is the stated one; that is why tempo moves only what one country decides by itself, week by week.
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
class Activity:
    """tanh of a country's activity level, whose stationary distribution is standard normal."""

    countries: Ints
    kind: ClassVar[str] = "tempo"
    signed: ClassVar[bool] = True
    slow: ClassVar[bool] = False

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> Activity:
        return cls(np.array([index.country[code] for _, code in keys]))

    def fill(self, state: State, out: Array) -> None:
        np.tanh(state.tempo[self.countries], out=out)


KINDS = (Activity,)


def expand(name: str, mechanism: catalog.Mechanism, rows: Sequence[Row], scenario: Scenario) -> Iterator[Term]:
    """One term per action that a single country takes outside a choice."""
    for row, weight in moved(mechanism, rows):
        if not row.joint and not row.chosen:
            yield Term(row.index, name, (Activity.kind, row.country), weight)


def problems(mechanism: catalog.Mechanism) -> Iterator[tuple[tuple[str, ...], str]]:
    """Gates would put the average over tempo, and with it the base rate, out of reach."""
    if mechanism.when:
        yield ("when",), "a tempo mechanism takes no gates; its base rates are solved for tempo alone"
