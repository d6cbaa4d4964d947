"""Alliance: fears of abandonment and entrapment (Snyder 1984), also between two allies of one patron (Cha 1999).

An ally fears abandonment when its patron cooperates with it less than usual, and entrapment when the patron is more
hostile toward third parties than usual; either fear is as large as the pact is strong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sim import catalog
from sim.arrays import REAL, Array, Ints
from sim.features import Conduct, Key, Term
from sim.mechanisms.rows import Row, moved

if TYPE_CHECKING:
    from sim.index import Index
    from sim.scenario import Scenario
    from sim.state import State


@dataclass(frozen=True)
class Fear:
    """strength of the pact * how far the patron's conduct falls below the usual, in [0, 1]."""

    ally: Ints
    patron: Ints
    watched: tuple[Conduct, ...]
    kind: ClassVar[str] = "fear"
    signed: ClassVar[bool] = False
    slow: ClassVar[bool] = False

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> Fear:
        def watched(ally: str, patron: str, fear: str, memory: str) -> Conduct:
            others = [ally] if fear == "abandonment" else [c for c in index.country if c not in (ally, patron)]
            return Conduct.of([("conduct", patron, other, memory, "both") for other in others], index)

        return cls(np.array([index.country[ally] for _, ally, *_ in keys]),
                   np.array([index.country[patron] for _, _, patron, *_ in keys]),
                   tuple(watched(ally, patron, fear, memory) for _, ally, patron, fear, memory in keys))

    def fill(self, state: State, out: Array) -> None:
        for row, ally, patron, conduct in zip(out, self.ally, self.patron, self.watched, strict=True):
            received = np.empty((len(conduct.rows), out.shape[1]), dtype=REAL)
            conduct.fill(state, received)
            np.maximum(-received.min(axis=0), 0, out=row)
            row *= state.alliance[ally, patron]


KINDS = (Fear,)


def expand(name: str, mechanism: catalog.Mechanism, rows: Sequence[Row], scenario: Scenario) -> Iterator[Term]:
    """One term per deciding ally, patron and action toward the patron or a fellow ally."""
    countries = scenario.countries
    for row, weight in moved(mechanism, rows):
        for patron in countries[row.country].alliances:
            fellows = {code for code, country in countries.items() if patron in country.alliances} - {row.country}
            concerned = {patron} if mechanism.toward == "patron" else fellows
            weaker = countries[row.country].capability.value.centre < countries[patron].capability.value.centre
            watched = mechanism.fear == "abandonment" or len(countries) > 2  # a quarrel with others needs others
            if weaker and watched and row.others.intersection(concerned):
                yield Term(row.index, name, (Fear.kind, row.country, patron, mechanism.fear, mechanism.memory), weight)
