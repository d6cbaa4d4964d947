"""Decisions of one replicate taken apart: what was weighed, against which draw, and the reasons that make up the sum.

    L[o] = base[o] + Σ_t weight[o, t] * theory * strength[t] * (value[t] - reference[t])

where a value is a feature times its gates. `Observed` runs one replicate and keeps what a week's decisions looked like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import mesa
import numpy as np

from sim.arrays import Array
from sim.deciding import exists
from sim.decisions import Decision, choice_bases, expit, logit
from sim.draws import Draws, Words, uniform_of
from sim.features import Gate, Key
from sim.model import DiplomacyModel, beginning
from sim.quantity import Quantity
from sim.world import World

#: Below which part of its reference a value is next to nothing.
ABSENT = 0.1


class Factor(NamedTuple):
    """A gate: what it looks at, that feature now and at the reference, and the factors that these make."""

    feature: Key
    now: float
    then: float
    factor: float
    factor_then: float


class Reason(NamedTuple):
    """One summand of a country's sum: weight * theory_weight * strength * (value - reference) = log_odds.

    `now` and `then` are the feature's values now and at the reference; `value` and `reference` those times the gates'.
    `strength` is the number this replicate drew from `spread`.
    """

    mechanism: str
    feature: Key
    log_odds: float
    weight: float
    strength: float
    spread: Quantity
    theory_weight: float
    value: float
    reference: float
    now: float
    then: float
    gates: tuple[Factor, ...]

    @property
    def absent(self) -> bool:
        """Whether what it speaks of is missing now, or nearly so, and was not when the base rate held."""
        return abs(self.value) < ABSENT * abs(self.reference)


@dataclass(frozen=True)
class Sum:
    """All of one country's reasons for or against something, the strongest first, and the sum that the model had."""

    country: str
    total: float
    reasons: tuple[Reason, ...]

    def by_mechanism(self) -> dict[str, float]:
        """What each mechanism adds in all, in log-odds, the strongest first."""
        found: dict[str, float] = {}
        for reason in self.reasons:
            found[reason.mechanism] = found.get(reason.mechanism, 0.0) + reason.log_odds
        return dict(sorted(found.items(), key=lambda item: -abs(item[1])))

    def absent(self) -> set[str]:
        """The mechanisms that count here by what is missing now."""
        return {reason.mechanism for reason in self.reasons} - {
            reason.mechanism for reason in self.reasons if not reason.absent}


class Weighed(NamedTuple):
    """One thing that was decided in one week: an option, or an alternative of a dated action.

    It is taken if the uniform draw lies from `low` to `low + probability`; `low` is 0 but where several alternatives
    share a draw (then `choice` names them). `short` is by how much log-odds it fell short of being taken, other things
    equal: at most 0 where the draw was for it, infinite where nothing could have made it so. `possible` says whether
    flags, leaders and pauses allowed it at all.
    """

    decision: Decision
    week: int
    countries: tuple[str, ...]
    decider: str
    base: float
    log_odds: float
    probability: float
    low: float
    uniform: float
    possible: bool
    taken: bool
    short: float

    @property
    def name(self) -> str:
        return self.decision.name

    @property
    def choice(self) -> str:
        return self.decision.choice

    @property
    def dated(self) -> bool:
        """Whether it is an alternative of a dated action."""
        return self.decision.event is not None


class Noted(Draws):
    """Draws that know what each stream gave last."""

    def __init__(self, seed: int, block: int, columns: Sequence[int]):
        super().__init__(seed, block, columns)
        self.last: dict[str, Words] = {}

    def words(self, names: Sequence[str], week: int) -> Words:
        """See `Draws`."""
        found = super().words(names, week)
        self.last.update(zip(names, found, strict=True))
        return found

    def drawn(self, names: Sequence[str]) -> Array:
        """The variates (streams,) that the first replicate drew last."""
        return uniform_of(np.array([self.last[name][0] for name in names], dtype=np.uint32))


class Observed(DiplomacyModel):
    """A model of one replicate that keeps what its last week's decisions were taken on."""

    def __init__(self, world: World | str, replicate: int = 0, seed: int = 1):
        super().__init__(world, replicate, rng=seed)
        decisions, terms = self.world.decisions, self.world.decisions.terms
        self.draws: Noted = Noted(seed, self.draws.block, self.draws.columns.tolist())
        self.datacollector = mesa.DataCollector()  # nobody asks
        self.starting_features = self.features[:, 0].astype(float)
        if judged := self.world.judged:
            theirs = judged.world.decisions.terms.keys
            before = dict(zip(theirs, beginning(judged.world, self.draws)[:, 0], strict=True))
            for place, key in enumerate(terms.keys):
                self.starting_features[place] = before.get(key, self.starting_features[place])
        self.reference_values = self.references_of()[:, 0].astype(float)
        self.place = {key: place for place, key in enumerate(terms.keys)}
        self.country_of = {row: code for code, rows in decisions.of_country.items()
                           for row in range(rows.start, rows.stop)}

    def perceive(self) -> None:
        """Also notes what no longer shows once decisions are applied."""
        super().perceive()
        options = np.arange(len(self.world.decisions.options))
        self.possible = exists(self.world, self.state, options, np.zeros_like(options))
        self.decided_before = self.state.decided[:, 0].copy()

    @property
    def theory(self) -> str:
        """The theory that this replicate drew."""
        return self.world.theories[int(self.state.theory[0])]

    def weighed(self) -> list[Weighed]:
        """What was decided in the last week: all options, then the alternatives of dated actions."""
        return [*self._options(range(len(self.world.decisions.options)), self._stretches()), *self._dated()]

    def notable(self, most: int, within: float) -> tuple[list[Weighed], list[Weighed]]:
        """Of what `weighed` gives, what was taken, and what `nearest` picks of it; quicker."""
        stretches, columns, taken = self._stretches(), self.world.option_columns, self._taken
        missed = [o for o, (_, _, short) in enumerate(stretches)
                  if short < within and self.possible[o] and columns[o] not in taken]
        near = sorted(missed, key=lambda o: stretches[o][2])[:most]
        done = [o for o, column in enumerate(columns.tolist()) if column in taken]
        dated = list(self._dated())
        return ([*self._options(done, stretches), *(each for each in dated if each.taken)],
                nearest([*self._options(near, stretches), *dated], most, within))

    @property
    def _taken(self) -> set[int]:
        """Columns decided on in the last week."""
        return set(self.log[-1][0].tolist())

    def _stretches(self) -> list[tuple[float, float, float]]:
        """Of each option where on (0, 1) the stretch begins on which it is taken, how long it is, and by how much
        log-odds it falls short of holding the draw."""
        odds, drawn = self._odds(), self.draws.drawn(self.world.streams)
        chances, short = expit(odds), logit(drawn) - odds
        found = list(zip([0.0] * len(odds), chances.tolist(), short.tolist(), strict=True))
        for members in self.world.choices:
            for o, stretch in zip(members.tolist(), stretches_of(odds[members], float(drawn[members[0]])), strict=True):
                found[o] = stretch
        return found

    def _odds(self) -> Array:
        return (self.world.decisions.option_sums(self.sums) + self.bases)[:, 0].astype(float)

    def _options(self, options: Iterable[int], stretches: Sequence[tuple[float, float, float]]) -> Iterator[Weighed]:
        decisions, week, taken = self.world.decisions, self.state.week - 1, self._taken
        odds, drawn = self._odds().tolist(), self.draws.drawn(self.world.streams).tolist()
        sums, bases, possible = self.sums[:, 0].tolist(), self.bases[:, 0].tolist(), self.possible.tolist()
        for o in options:
            option, (low, chance, missing) = decisions.options[o], stretches[o]
            least = min(option.rows, key=sums.__getitem__)
            yield Weighed(option, week, tuple(self.country_of[row] for row in option.rows), self.country_of[least],
                          bases[o], odds[o], chance, low, drawn[o], possible[o], option.column in taken, missing)

    def _dated(self) -> Iterator[Weighed]:
        world, state, plans, week = self.world, self.state, self.world.plans, self.state.week - 1
        known = {decision.column: decision for decision in world.decisions.alternatives}
        taken = self._taken
        for i in np.flatnonzero(state.decided[plans.instances, 0] & ~self.decided_before[plans.instances]):
            rates, weighed = plans.rates[i], plans.weighed[i]
            bases = choice_bases(np.where(rates >= 0, state.inputs[rates, 0], 0)[:, None])[:, 0]
            sums = np.where(weighed >= 0, self.sums[weighed, 0], 0)
            odds = bases + sums.max(axis=1)
            uniform = float(self.draws.uniforms([plans.streams[i]])[0, 0])
            stretches = stretches_of(odds.astype(float), uniform)
            for a in np.flatnonzero(rates >= 0):
                decision = known[int(plans.columns[i, a])]
                low, probability, short = stretches[a]
                row = decision.rows[int(np.argmax(sums[a, :len(decision.rows)]))] if decision.rows else -1
                yield Weighed(decision, week, tuple(self.country_of[row] for row in decision.rows),
                              self.country_of.get(row, ""), float(bases[a]), float(odds[a]), probability, low, uniform,
                              True, decision.column in taken and low <= uniform < low + probability, short)

    def sum_of(self, decision: Decision, country: str) -> Sum:
        """A country's reasons in the last week's decision."""
        row = next(row for row in decision.rows if self.country_of[row] == country)
        terms, state = self.world.decisions.terms, self.state
        matrix = terms.matrix
        entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
        decisions, inputs = self.world.decisions, self.world.inputs
        reasons = []
        for t, weight in zip(matrix.indices[entries].tolist(), matrix.data[entries].tolist(), strict=True):
            term, m = terms.terms[t], int(terms.strength[t])
            drawn = decisions.strengths[m]
            gates = tuple(self._factor(gate) for gate in term.gates)
            feature = int(terms.feature[t])
            now = float(self.features[feature, 0])
            then = float(self.starting_features[feature]) if terms.slow[t] else 0.0
            value = now * prod(gate.factor for gate in gates)
            reasons.append(Reason(
                term.mechanism, term.feature,
                weight * (float(self.terms[t, 0]) - float(self.reference_terms[t, 0])), weight,
                float(state.inputs[drawn, 0]), inputs.quantities[drawn],
                float(self.world.theory_weights[state.theory[0], m]), value, float(self.reference_values[t]), now,
                then, gates))
        reasons.sort(key=lambda reason: -abs(reason.log_odds))
        return Sum(country, float(self.sums[row, 0]), tuple(reasons))

    def _factor(self, gate: Gate) -> Factor:
        place = self.place[gate.feature]
        now, then = float(self.features[place, 0]), float(self.starting_features[place])
        return Factor(gate.feature, now, then, gate.offset + gate.slope * now, gate.offset + gate.slope * then)


def stretches_of(odds: Array, uniform: float) -> list[tuple[float, float, float]]:
    """Of alternatives that share a draw, with these log-odds against the one that stands for none of them: where on
    (0, 1) the stretch of each begins, how long it is, and by how much log-odds it falls short of holding the draw."""
    weights = np.exp(odds)
    total, before, found = 1 + float(weights.sum()), 0.0, []
    for weight in weights.tolist():
        rest = total - weight
        if uniform * total < before:  # it must take from those before it
            factor = (before / uniform - rest) / weight
        elif uniform * total < before + weight:
            factor = 1.0
        else:
            factor = (uniform * rest - before) / (weight * (1 - uniform))
        found.append((before / total, weight / total, float(np.log(factor)) if factor > 0 else np.inf))
        before += weight
    return found


def nearest(weighed: Sequence[Weighed], most: int, within: float = np.inf) -> list[Weighed]:
    """What came nearest to being taken and was not, and fell short by less than `within`, in log-odds."""
    missed = [each for each in weighed if each.possible and not each.taken and each.short < within]
    return sorted(missed, key=lambda each: each.short)[:most]
