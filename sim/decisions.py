"""Decisions: everything countries can do, and the sum of reasons by which they do it.

    L[o] = base[o] + Σ_t weight[o, t] * strength[t] * (feature[t] * gates[t] - reference[t])

An option of one country has one such sum; a joint option the smallest of its parties' sums; an alternative to holding
a dated action as planned the largest, because declining needs only one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse

from sim import catalog
from sim.arrays import REAL, Array, Bools, Ints
from sim.calendar import Calendar
from sim.effects import Column
from sim.features import FeatureKind, Gate, Key, Term, gate_of
from sim.inputs import Inputs
from sim.mechanisms import FAMILIES, KINDS
from sim.mechanisms.rows import Row, row

if TYPE_CHECKING:
    from sim.index import Index
    from sim.scenario import Scenario


def gauss_rule(values: Array, weights: Array, nodes: int) -> tuple[Array, Array]:
    """Nodes and weights of the Gauss rule for a discrete distribution (Stieltjes; Golub and Welsch)."""
    before, now = np.zeros_like(values), np.ones_like(values)
    diagonal, beside, norm = [], [], weights.sum()
    for _ in range(nodes):
        size = (weights * now**2).sum()
        diagonal.append((weights * values * now**2).sum() / size)
        beside.append(size / norm)
        before, now, norm = now, (values - diagonal[-1]) * now - beside[-1] * before * bool(len(beside) > 1), size
    off = np.sqrt(beside[1:])
    at, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
    return at, vectors[0] ** 2


#: Nodes and weights of the average over tanh of a standard normal tempo.
_fine = np.polynomial.hermite_e.hermegauss(120)
NODES, WEIGHTS = gauss_rule(np.tanh(_fine[0]), _fine[1] / _fine[1].sum(), 6)


#: The rarest rate: what single precision still tells from 0, and its complement from 1.
TINY = 2.0**-23


class Decision(NamedTuple):
    """One thing that can be decided: an option, or an alternative of a dated action."""

    name: str
    column: int
    rows: tuple[int, ...]  # of the countries that weigh it
    rate: int  # input row of its probability at the base
    event: str | None  # of the dated action, for an alternative
    choice: str  # the choice it belongs to, or ""


@dataclass(frozen=True)
class Terms:
    """All terms, as arrays over terms, and their weights as a matrix (rows, terms)."""

    terms: tuple[Term, ...]
    kinds: tuple[tuple[FeatureKind, slice], ...]
    keys: tuple[Key, ...]
    feature: Ints
    strength: Ints
    gates: tuple[tuple[Ints, Ints, Array, Array], ...]  # by place: which terms, feature, slope, offset
    matrix: sparse.csr_array
    slow: Bools
    references: tuple[tuple[int, float], ...]  # terms whose reference a base rate states

    def features(self, state: Any, out: Array) -> Array:
        """All features as they are now, shape (features, R)."""
        for kind, rows in self.kinds:
            kind.fill(state, out[rows])
        return out

    def values(self, features: Array, out: Array) -> Array:
        """feature * gates of every term, shape (terms, R)."""
        np.take(features, self.feature, axis=0, out=out, mode="clip")
        for terms, gate, slope, offset in self.gates:
            factor = features[gate]
            factor *= slope[:, None]
            factor += offset[:, None]
            out[terms] *= factor
        return out


@dataclass(frozen=True)
class Decisions:
    """All options, the alternatives of dated actions, and the terms that move them."""

    rows: tuple[Row, ...]
    options: tuple[Decision, ...]
    alternatives: tuple[Decision, ...]
    terms: Terms
    of_country: Mapping[str, slice]  # rows of each country
    own: Ints  # row of each option's first party
    parties: tuple[tuple[Ints, Ints], ...]  # by place, from the second on: options with so many parties, their rows
    tempo: tuple[tuple[int, Ints, Array], ...]  # (option, its terms on tempo, their weights)
    mechanisms: tuple[str, ...]
    strengths: Ints  # input row of each mechanism's strength
    families: tuple[str, ...]  # family of each mechanism

    def option_sums(self, sums: Array, first: int = 0, last: int | None = None) -> Array:
        """The sums of options `first` to `last` (not included; all by default), shape (options, R): each that of its
        least willing party."""
        total = sums.take(self.own[first:last], axis=0)
        for options, rows in self.parties:
            part = slice(*np.searchsorted(options, (first, first + len(total))))
            for option, other in zip(options[part] - first, rows[part], strict=True):
                np.minimum(total[option], sums[other], out=total[option])
        return total

    def bases(self, inputs: Array, strength: Array) -> Array:
        """Log-odds at the reference, shape (options, R), at which the rate averaged over tempo is the drawn one."""
        rates = inputs[[option.rate for option in self.options]]
        bases = np.empty_like(rates)
        choices: dict[str, list[int]] = {}
        for o, option in enumerate(self.options):
            if option.choice:
                choices.setdefault(option.choice, []).append(o)
            else:
                bases[o] = logit(rates[o])
        for members in choices.values():
            bases[members] = choice_bases(rates[members])
        for o, terms, weights in self.tempo:
            pull = sum(weight * strength[term] for weight, term in zip(weights, terms, strict=True))
            bases[o] = solve_base(rates[o], np.asarray(pull))
        return bases


def logit(p: Array) -> Array:
    """Log-odds of a probability; 0 and 1 are taken as a hair inside."""
    p = np.clip(p, TINY, 1 - TINY)
    return np.log(p) - np.log1p(-p)


def expit(x: Array) -> Array:
    """Probability of log-odds."""
    return 1 / (1 + np.exp(-x))


def solve_base(rate: Array, pull: Array) -> Array:
    """The base at which expit(base + pull * tanh(z)), averaged over standard normal z, is the rate."""
    rate = np.clip(rate, TINY, 1 - TINY)
    shift = NODES.astype(rate.dtype)[:, None] * pull
    base = wanted = logit(rate)
    for _ in range(3):
        p = expit(base + shift)
        mean, slope = _over_tempo(p), _over_tempo(p * (1 - p))
        # A Newton step on the log-odds of the mean: nearly linear, so that few steps are enough.
        base = base - (logit(mean) - wanted) * mean * (1 - mean) / np.maximum(slope, TINY)
    return base


def _over_tempo(values: Array) -> Array:
    """Average over the nodes, added up in a fixed order."""
    total = np.zeros_like(values[0])
    for weight, value in zip(WEIGHTS.tolist(), values, strict=True):
        total += weight * value
    return total


def choice_bases(rates: Array) -> Array:
    """Log of each alternative's probability over the reference's; probabilities that leave it nothing are shrunk."""
    total = np.zeros_like(rates[0])
    for rate in rates:
        total += rate
    rates = rates * np.minimum(1, 0.99 / np.maximum(total, 1e-12))
    rest = 1 - total * np.minimum(1, 0.99 / np.maximum(total, 1e-12))
    return np.log(np.maximum(rates, 1e-12)) - np.log(rest)


def compile_decisions(scenario: Scenario, columns: list[Column], inputs: Inputs, calendar: Calendar,
                      index: Index) -> Decisions:
    """All decisions of a scenario, whose columns are appended to `columns`."""
    options, alternatives, rows = _decide(scenario, columns, inputs)
    mechanisms = [name for name, mechanism in scenario.mechanisms.items() if available(mechanism, scenario, index)]
    terms = sorted(term for name in mechanisms for term in _expand(name, scenario, rows))
    compiled = _compile_terms(terms, mechanisms, scenario, rows, options, alternatives, index)
    widest = max((len(option.rows) for option in options), default=1)
    joint = [[(o, option.rows[place]) for o, option in enumerate(options) if place < len(option.rows)]
             for place in range(1, widest)]
    parties = tuple((np.array([o for o, _ in of]), np.array([row for _, row in of])) for of in joint)
    on_tempo = np.array([term.feature[0] == "tempo" for term in compiled.terms], dtype=bool)
    pulls = [(o, compiled.matrix[[option.rows[0]]].toarray()[0] * on_tempo)
             for o, option in enumerate(options)]
    tempo = tuple((o, np.flatnonzero(pull), pull[pull != 0]) for o, pull in pulls if pull.any())
    of_country = {}
    for code in scenario.countries:
        own = [row.index for row in rows if row.country == code]
        of_country[code] = slice(own[0], own[-1] + 1) if own else slice(0, 0)
    return Decisions(
        tuple(rows), tuple(options), tuple(alternatives), compiled, of_country,
        np.array([option.rows[0] for option in options], dtype=np.intp), parties, tempo, tuple(mechanisms),
        np.array([inputs.add(f"mechanisms.{name}.strength", scenario.mechanisms[name].strength)
                  for name in mechanisms], dtype=np.intp),
        tuple(scenario.mechanisms[name].family for name in mechanisms))


def _decide(scenario: Scenario, columns: list[Column],
            inputs: Inputs) -> tuple[list[Decision], list[Decision], list[Row]]:
    """Options, alternatives and their rows, each country's rows together."""
    drafts: list[tuple[bool, str, Column, int, str | None, str]] = []
    for name, option in scenario.options.items():
        words = scenario.actions[option.action].words(option.action)
        drafts.append((True, name, Column(name, option.by, option.action, option.to, words, option=name),
                       inputs.add(f"options.{name}.base.rate", option.base.rate), None, option.choice))
    for name, event in scenario.events.items():
        for alternative, entry in sorted(event.decision.alternatives.items() if event.decision else ()):
            words = scenario.actions[entry.announces].words(entry.announces)
            path = f"events.{name}.decision.alternatives.{alternative}"
            drafts.append((False, f"{name}.{alternative}",
                           Column(f"{name}: {alternative}", event.by, entry.announces, event.to, words, event=name,
                                  announces=True),
                           inputs.add(f"{path}.rate", entry.rate), name, name))
    parties = [[code for code in column.by if code in scenario.countries] for _, _, column, *_ in drafts]
    rows: list[Row] = []
    of: list[dict[str, int]] = [{} for _ in drafts]
    for code in scenario.countries:
        for d, (_, name, column, _, _, choice) in enumerate(drafts):
            if code in parties[d]:
                of[d][code] = len(rows)
                rows.append(row(len(rows), code, name, column.action, scenario.actions[column.action],
                                parties[d], column.to, bool(choice)))
    options: list[Decision] = []
    alternatives: list[Decision] = []
    for d, (is_option, name, column, rate, event_name, choice) in enumerate(drafts):
        columns.append(column)
        decision = Decision(name, len(columns) - 1, tuple(of[d][code] for code in parties[d]), rate, event_name, choice)
        (options if is_option else alternatives).append(decision)
    return options, alternatives, rows


def available(mechanism: catalog.Mechanism, scenario: Scenario, index: Index) -> bool:
    """Whether everything a mechanism's features speak of takes part."""
    for feature in filter(None, (mechanism.feature, *mechanism.when)):
        countries = {*(feature.between or ()), *(feature.conduct or ()), *(feature.ledger or ()),
                     *(feature.capability or ()), *filter(None, (feature.approval, feature.mandate))}
        if not countries <= set(scenario.countries) or (feature.leader and feature.leader not in index.leader):
            return False
    return True


def _expand(name: str, scenario: Scenario, rows: Sequence[Row]) -> Iterable[Term]:
    """The terms of a mechanism with its own gates and, where a leader scales its family, that factor."""
    mechanism = scenario.mechanisms[name]
    gates = tuple(gate_of(gate, KINDS) for gate in mechanism.when)
    scaled = {code for code, country in scenario.countries.items()
              if any(mechanism.family in leader.scales for leader in country.leaders.values())}
    for term in FAMILIES[mechanism.family].expand(name, mechanism, rows, scenario):
        if term.weight:
            country = rows[term.row].country
            scale = (Gate(("scale", country, mechanism.family), 1.0, 0.0),) if country in scaled else ()
            yield term._replace(gates=(*term.gates, *gates, *scale))


def _compile_terms(terms: list[Term], mechanisms: Sequence[str], scenario: Scenario, rows: Sequence[Row],
                   options: Sequence[Decision], alternatives: Sequence[Decision], index: Index) -> Terms:
    """Terms as arrays: equal (mechanism, feature, gates) share one column of the weight matrix."""
    distinct: dict[tuple[str, Key, tuple[Any, ...], float | None], int] = {}
    stated = _stated_references(scenario, rows, options)
    entries = []
    for term in terms:
        reference = stated.get((term.row, term.mechanism))
        place = distinct.setdefault((term.mechanism, term.feature, term.gates, reference), len(distinct))
        entries.append((term.row, place, term.weight))
    unique = [Term(-1, mechanism, feature, 1.0, gates) for mechanism, feature, gates, _ in distinct]
    by_kind: dict[str, dict[Key, None]] = {}
    for term in unique:
        for key in (term.feature, *(gate.feature for gate in term.gates)):
            by_kind.setdefault(key[0], {})[key] = None
    keys = [key for of in by_kind.values() for key in of]
    where = {key: f for f, key in enumerate(keys)}
    kinds, start = [], 0
    for kind, of in by_kind.items():
        kinds.append((KINDS[kind].of(list(of), index), slice(start, start + len(of))))
        start += len(of)
    gates = []
    for place in range(max((len(term.gates) for term in unique), default=0)):
        gated = [t for t, term in enumerate(unique) if len(term.gates) > place]
        own = [unique[t].gates[place] for t in gated]
        gates.append((np.array(gated), np.array([where[gate.feature] for gate in own]),
                      np.array([gate.slope for gate in own], dtype=REAL),
                      np.array([gate.offset for gate in own], dtype=REAL)))
    number = {name: m for m, name in enumerate(mechanisms)}
    data = np.array([weight for *_, weight in entries], dtype=REAL)
    at = (np.array([r for r, *_ in entries], dtype=int), np.array([t for _, t, _ in entries], dtype=int))
    return Terms(
        tuple(unique), tuple(kinds), tuple(keys),
        np.array([where[term.feature] for term in unique], dtype=np.intp),
        np.array([number[term.mechanism] for term in unique], dtype=np.intp), tuple(gates),
        sparse.csr_array((data, at), shape=(len(rows), len(unique))),
        np.array([KINDS[term.feature[0]].slow for term in unique], dtype=bool),
        tuple((t, reference) for t, (*_, reference) in enumerate(distinct) if reference is not None))


def _stated_references(scenario: Scenario, rows: Sequence[Row],
                       options: Sequence[Decision]) -> dict[tuple[int, str], float]:
    return {(r, mechanism): value for option in options
            for mechanism, value in scenario.options[option.name].base.at.items() for r in option.rows}

