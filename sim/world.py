"""World: a scenario compiled to arrays, immutable, the same for all replicates (see `sim.compiler`)."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from scipy import sparse

from sim.arrays import Array, Bools, Ints
from sim.calendar import Calendar
from sim.decisions import Decisions
from sim.effects import Column, Effects
from sim.index import Index
from sim.inputs import Inputs
from sim.quantity import Quantity
from sim.scenario import Scenario

#: Even quantiles that stand for a distribution where it is drawn from again and again.
QUANTILES = 256
#: Days after which nothing can be a reaction any more, whatever its lag.
FRESH = 60
#: Stands for a number of days that each replicate draws.
DRAWN = -1


@dataclass(frozen=True)
class Places:
    """Rows of the input table from which a state begins."""

    salience: Ints
    public: Ints
    anchors: Ints
    leader: Ints
    approval: Ints
    status_quo: Ints
    capability: Ints
    accountability: Ints
    mandate: Ints
    tempo: Ints
    alliance: tuple[tuple[int, int, int], ...]
    proximity: tuple[tuple[int, int, int], ...]
    ledger: tuple[tuple[int, int, int], ...]
    influence: tuple[tuple[int, int, int], ...]
    flag: tuple[bool, ...]
    memory: Mapping[str, int]
    issue_half_life: Ints
    cue_half_life: Ints


@dataclass(frozen=True)
class Tracks:
    """What remembers when a column last occurred: by place, the nth row that each column is noted in, or -1."""

    cues: tuple[Ints, ...]
    lasting: tuple[Ints, ...]
    flagged: Bools  # columns that set or clear a flag


@dataclass(frozen=True)
class Limit:
    """When an option does not exist: flags and leaders it needs (True) or excludes (False), a pending succession."""

    flags: tuple[tuple[int, bool], ...]
    leaders: tuple[tuple[int, int, bool], ...]  # (country, leader, wanted)
    vacates: tuple[int, ...]  # countries whose leader would go


@dataclass(frozen=True)
class Special:
    """What an option needs beyond happening: a duration, a size, a succession."""

    days: Quantity | None
    size: Quantity | None
    vacates: tuple[int, ...]


@dataclass(frozen=True)
class Reactions:
    """Which options are reactions to which cues, and how many days after the trigger."""

    cues: tuple[tuple[Ints, Ints, Ints], ...]  # by place: the nth cue of each option (or -1), its lag, and its longest
    lags: Ints  # (lags, quantiles): days


@dataclass(frozen=True)
class Dated:
    """What becomes of each instance of a dated event when its day has come."""

    columns: Ints
    days: Ints  # how many days it lasts, or DRAWN
    political: Bools  # it is an election, makes a leader go or moves stances


@dataclass(frozen=True)
class Plans:
    """How dated actions are decided: over the instances that are (I), their alternatives (A, the most there are) and
    the countries that weigh one (P); -1 where an instance has fewer."""

    instances: Ints  # (I,)
    leads: Ints  # (I,) weeks
    streams: tuple[str, ...]  # (I,)
    rates: Ints  # (I, A) input rows of probabilities
    weighed: Ints  # (I, A, P) rows of sums; the first again where fewer weigh it
    columns: Ints  # (I, A)
    holds: Bools  # (I, A)
    size: Array  # (I, A, QUANTILES)
    delay: Ints  # (I, A, QUANTILES), in days


@dataclass(frozen=True)
class Ballot:
    """Input rows of an election's polls, the parties by name, and of the size of their common error."""

    seats: Ints
    common_error: int


@dataclass(frozen=True)
class Judged:
    """The world as base rates were judged with, which of its terms is which of the world's own, and the inputs, by
    path, that are not the same in both."""

    world: World
    apart: frozenset[str]
    own: Ints
    theirs: Ints


@dataclass(frozen=True)
class World:
    """Everything a model needs, and nothing that changes."""

    scenario: Scenario
    theories: tuple[str, ...]  # that replicates draw from
    countries: tuple[str, ...]
    issues: tuple[str, ...]
    leaders: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]
    dyads: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    inputs: Inputs
    index: Index
    at: Places
    calendar: Calendar
    decisions: Decisions
    effects: Effects
    theory_shares: Array  # upper ends of each theory's share of the uniform draw
    theory_weights: Array  # (theories, mechanisms)
    event_column: Mapping[str, int]
    step_columns: Mapping[str, tuple[int, int]]  # country: columns of the successor's choice and taking office
    tracks: Tracks
    streams: tuple[str, ...]  # of the options' weekly draws
    choices: tuple[Ints, ...]  # options that exclude each other
    limits: Mapping[int, Limit]
    pauses: Ints  # least number of weeks from one occurrence of each option to the next
    pausing: tuple[int, ...]  # options for which that is more than one
    specials: Mapping[int, Special]
    reactions: Reactions
    dated: Dated
    plans: Plans
    ballots: Mapping[str, Ballot]
    vacating: Mapping[str, tuple[int, ...]]  # events that make leaders go, and whose
    option_columns: Ints
    option_conduct: sparse.csr_array  # (2 kinds * C*C, options)
    judged: Judged | None = None  # what base rates were judged with, where it is not how things begin

    def begun_otherwise(self, inputs: AbstractSet[str]) -> World:
        """The same, for models that are given other `inputs` (paths) than base rates were judged with."""
        terms = np.arange(len(self.decisions.terms.terms))
        judged = self.judged or Judged(self, frozenset(), terms, terms)
        return replace(self, judged=replace(judged, apart=judged.apart | inputs))

    @property
    def start(self) -> date:
        return self.scenario.start

    @property
    def weeks(self) -> int:
        return self.scenario.weeks

    @property
    def pairs(self) -> tuple[Ints, Ints]:
        """Rows of each dyad's two directions."""
        return (np.array([self.index.pair(a, b) for a, b in self.dyads], dtype=np.intp),
                np.array([self.index.pair(b, a) for a, b in self.dyads], dtype=np.intp))
