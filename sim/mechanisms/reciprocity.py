"""Reciprocity: conduct received is conduct returned (Richardson 1960; Goldstein and Freeman 1990).

The feature is the conduct remembered from each target (and each other party of a joint action) toward the deciding
country; the weight carries the action's Goldstein score over 10, so that hostility received makes hostile actions
more frequent and cooperative ones rarer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sim import catalog
from sim.features import Term
from sim.mechanisms.rows import Row, moved

if TYPE_CHECKING:
    from sim.scenario import Scenario


def expand(name: str, mechanism: catalog.Mechanism, rows: Sequence[Row], scenario: Scenario) -> Iterator[Term]:
    """One term per deciding country and counterpart."""
    for row, weight in moved(mechanism, rows):
        toward = sorted(row.others.intersection(scenario.countries))
        for other in toward:
            score = row.entry.goldstein
            if other not in row.targets and row.entry.among:
                score = row.entry.among.goldstein
            key = ("conduct", other, row.country, mechanism.memory, mechanism.kind)
            yield Term(row.index, name, key, weight * score / 10 / len(toward))
