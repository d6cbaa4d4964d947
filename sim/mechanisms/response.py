"""Response: a cue, a clock, a ledger, a level or something under way moves named options.

The general family: the mechanism's entry names the feature itself, so that a claim such as "a weak mandate makes
the other side wait" is an entry, not code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sim import catalog
from sim.features import Term, key_of
from sim.mechanisms.rows import Row, moved

if TYPE_CHECKING:
    from sim.scenario import Scenario


def expand(name: str, mechanism: catalog.Mechanism, rows: Sequence[Row], scenario: Scenario) -> Iterator[Term]:
    """One term per row moved."""
    assert mechanism.feature, "see problems"
    for row, weight in moved(mechanism, rows):
        yield Term(row.index, name, key_of(mechanism.feature), weight)


def problems(mechanism: catalog.Mechanism) -> Iterator[tuple[tuple[str, ...], str]]:
    """A response needs something to respond to."""
    if mechanism.feature is None:
        yield (), "a response needs a `feature`, such as {cue: white_paper}"
