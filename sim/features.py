"""Features: what of the situation can move a decision, each bounded to [-1, 1].

A feature is named by a key such as `("cue", "white_paper")` or `("conduct", "PRK", "USA", "slow", "both")`:
its kind, then what it is a feature of. Each kind is one class that computes all features of that kind
in use at once, for every replicate. A mechanism family may bring kinds of its own (`sim.mechanisms`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import numpy as np

from sim import catalog
from sim.arrays import REAL, Array, Ints

if TYPE_CHECKING:
    from sim.index import Index
    from sim.state import State

Key = tuple[str, ...]


class Gate(NamedTuple):
    """A factor in [0, 1]: `offset + slope * feature`."""

    feature: Key
    slope: float
    offset: float


class Term(NamedTuple):
    """One summand of a country's decision: weight * strength * feature * gates, in log-odds."""

    row: int
    mechanism: str
    feature: Key
    weight: float
    gates: tuple[Gate, ...] = ()


class FeatureKind(Protocol):
    """All features of one kind that a world uses."""

    kind: ClassVar[str]
    signed: ClassVar[bool]  # runs from -1 to 1, otherwise from 0
    slow: ClassVar[bool]  # its default reference is the scenario's start, otherwise 0

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> FeatureKind:
        """The features with these keys in a world whose rows `index` knows."""

    def fill(self, state: State, out: Array) -> None:
        """Write the features' present values into `out`, shape (features, R)."""


@dataclass(frozen=True)
class Level:
    """Features that are rows of one of the state's arrays, whose names the index has under `names`."""

    rows: Ints
    kind: ClassVar[str]  # also the name of the array
    names: ClassVar[str]
    signed: ClassVar[bool] = True
    slow: ClassVar[bool] = True

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> Level:
        return cls(np.array([getattr(index, cls.names)[name] for _, name in keys]))

    def fill(self, state: State, out: Array) -> None:
        out[:] = getattr(state, self.kind)[self.rows]


class Cue(Level):
    kind, names, signed, slow = "cue", "cue", False, False


class StatusQuo(Level):
    kind, names = "status_quo", "issue"


class Approval(Level):
    kind, names = "approval", "country"


class Mandate(Level):
    kind, names = "mandate", "country"


class Flag(Level):
    kind, names, signed = "flag", "flag", False


@dataclass(frozen=True)
class InOffice:
    """1 where a leader governs."""

    countries: Ints
    leaders: Ints
    kind: ClassVar[str] = "leader"
    signed: ClassVar[bool] = False
    slow: ClassVar[bool] = True

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> InOffice:
        leaders = [index.leader[name] for _, name in keys]
        return cls(np.array([index.leader_country[leader] for leader in leaders]), np.array(leaders))

    def fill(self, state: State, out: Array) -> None:
        out[:] = state.leader[self.countries] == self.leaders[:, None]


@dataclass(frozen=True)
class Gap:
    """Half the difference of two stances on an issue."""

    issues: Ints
    first: Ints
    second: Ints
    kind: ClassVar[str] = "gap"
    signed: ClassVar[bool] = True
    slow: ClassVar[bool] = True

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> Gap:
        return cls(np.array([index.issue[issue] for _, issue, _, _ in keys]),
                   np.array([index.country[first] for _, _, first, _ in keys]),
                   np.array([index.country[second] for _, _, _, second in keys]))

    def fill(self, state: State, out: Array) -> None:
        out[:] = (state.stance[self.first, self.issues] - state.stance[self.second, self.issues]) / 2


@dataclass(frozen=True)
class Conduct:
    """tanh of the deviation of a dyad's remembered conduct from its usual level, in its own spread.

    Both memories are measured in the spread of the fast one, so that the same lasting change counts the same in either.
    """

    rows: Ints  # of the memories, kinds and pairs one above the other
    usual: Ints  # the same, of one memory
    more: Ints  # features in which material conduct counts beside verbal
    pairs: int  # how many there are
    spread: Array
    kind: ClassVar[str] = "conduct"
    signed: ClassVar[bool] = True
    slow: ClassVar[bool] = False

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> Conduct:
        memories = np.array([("fast", "slow").index(memory) for _, _, _, memory, _ in keys])
        pairs = np.array([index.pair(giver, receiver) for _, giver, receiver, _, _ in keys])
        parts = [{"verbal": (0,), "material": (1,), "both": (0, 1)}[kind] for *_, kind in keys]
        spread = np.array([np.sqrt((index.spread[list(part), pair] ** 2).sum())
                           for part, pair in zip(parts, pairs, strict=True)], dtype=REAL)
        count = len(index.country) ** 2
        usual = count * np.array([part[0] for part in parts]) + pairs
        more = np.flatnonzero([len(part) > 1 for part in parts])
        return cls(2 * count * memories + usual, usual, more, count, spread)

    def fill(self, state: State, out: Array) -> None:
        conduct, usual = (values.reshape(-1, out.shape[1]) for values in (state.conduct, state.usual))
        np.take(conduct, self.rows, axis=0, out=out, mode="clip")
        out -= usual[self.usual]
        if len(self.more):
            material = conduct[self.rows[self.more] + self.pairs]
            material -= usual[self.usual[self.more] + self.pairs]
            out[self.more] += material
        out /= self.spread[:, None]
        np.tanh(out, out=out)


@dataclass(frozen=True)
class Ledger:
    """tanh of half the balance of concessions given minus returns."""

    pairs: Ints
    kind: ClassVar[str] = "ledger"
    signed: ClassVar[bool] = True
    slow: ClassVar[bool] = True

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> Ledger:
        return cls(np.array([index.pair(giver, receiver) for _, giver, receiver in keys]))

    def fill(self, state: State, out: Array) -> None:
        np.tanh(state.ledger[self.pairs] / 2, out=out)


@dataclass(frozen=True)
class Capability:
    """(first - second) / (first + second) of two countries' capabilities."""

    first: Ints
    second: Ints
    kind: ClassVar[str] = "capability"
    signed: ClassVar[bool] = True
    slow: ClassVar[bool] = True

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> Capability:
        return cls(np.array([index.country[first] for _, first, _ in keys]),
                   np.array([index.country[second] for _, _, second in keys]))

    def fill(self, state: State, out: Array) -> None:
        first, second = state.capability[self.first], state.capability[self.second]
        out[:] = (first - second) / np.maximum(first + second, 1e-12)


@dataclass(frozen=True)
class Clock:
    """Nearness of an event's date: rises over `before` weeks, falls over `after` weeks, 1 in its own week."""

    instances: tuple[Ints, ...]
    before: Array
    after: Array
    kind: ClassVar[str] = "clock"
    signed: ClassVar[bool] = False
    slow: ClassVar[bool] = False

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> Clock:
        return cls(tuple(np.array(index.instances.get(name, ()), dtype=np.intp) for _, name, _, _ in keys),
                   np.array([float(before) for _, _, before, _ in keys]),
                   np.array([float(after) for _, _, _, after in keys]))

    def fill(self, state: State, out: Array) -> None:
        for row, instances, before, after in zip(out, self.instances, self.before, self.after, strict=True):
            row[:] = 0
            first, last = 7 * (state.week - after), 7 * (state.week + before + 1)
            for instance in instances[(state.latest[instances] >= first) & (state.soonest[instances] < last)]:
                ahead = state.date[instance] // 7 - state.week
                nearness = 1 - np.where(ahead > 0, ahead / (before + 1), -ahead / (after + 1))
                np.maximum(row, nearness, out=row)


@dataclass(frozen=True)
class UnderWay:
    """1 in weeks into which an occurrence of certain columns lasts."""

    rows: Ints
    kind: ClassVar[str] = "under_way"
    signed: ClassVar[bool] = False
    slow: ClassVar[bool] = False

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> UnderWay:
        return cls(np.array([index.lasting[key[1:]] for key in keys]))

    def fill(self, state: State, out: Array) -> None:
        out[:] = state.last_day[self.rows] >= 7 * state.week


@dataclass(frozen=True)
class Scale:
    """Factor that a country's present leader puts on a mechanism family."""

    countries: Ints
    factors: tuple[tuple[tuple[int, int], ...], ...]  # (leader, input row) of each leader with a factor
    kind: ClassVar[str] = "scale"
    signed: ClassVar[bool] = False
    slow: ClassVar[bool] = True

    @classmethod
    def of(cls, keys: Sequence[Key], index: Index) -> Scale:
        return cls(np.array([index.country[code] for _, code, _ in keys]),
                   tuple(index.scales[code, family] for _, code, family in keys))

    def fill(self, state: State, out: Array) -> None:
        out[:] = 1
        for row, country, factors in zip(out, self.countries, self.factors, strict=True):
            for leader, drawn in factors:
                np.copyto(row, state.inputs[drawn], where=state.leader[country] == leader)


KINDS: dict[str, type[Any]] = {kind.kind: kind for kind in (
    Cue, StatusQuo, Approval, Mandate, Flag, InOffice, Gap, Conduct, Ledger, Capability, Clock, UnderWay, Scale)}


def key_of(feature: catalog.Feature) -> Key:
    """The key of a feature as a file names it."""
    if feature.gap:
        assert feature.between
        return "gap", feature.gap, *feature.between
    if feature.conduct:
        return "conduct", *feature.conduct, feature.memory, feature.kind
    if feature.clock:
        return "clock", feature.clock, str(feature.before), str(feature.after)
    for kind in ("ledger", "capability", "under_way"):
        if names := getattr(feature, kind):
            return kind, *names
    for kind in ("cue", "status_quo", "approval", "mandate", "leader", "flag"):
        if name := getattr(feature, kind):
            return kind, name
    raise AssertionError("the schema lets no feature through without a name")


def gate_of(gate: catalog.Gate, kinds: dict[str, type[Any]]) -> Gate:
    """A gate as a factor: presences as they are, signed features as (1 + x) / 2, either turned round if inverted."""
    key = key_of(gate)
    slope, offset = (0.5, 0.5) if kinds[key[0]].signed else (1.0, 0.0)
    return Gate(key, -slope, 1 - offset) if gate.inverted else Gate(key, slope, offset)
