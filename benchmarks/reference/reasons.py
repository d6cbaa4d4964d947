"""Reasons: which features move which decisions of a country, by the families of mechanisms (docs/model.md, Families).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.reference.features import QUICK, SIGNED, Key, key_of
from sim import catalog
from sim.scenario import Scenario


class Decision(NamedTuple):
    """One thing to be decided: an option, or an alternative of a dated action."""

    name: str
    action: str
    parties: tuple[str, ...]  # countries that weigh it
    to: tuple[str, ...]
    choice: str  # what its exclusive alternatives share, or ""
    stated: dict[str, float]  # references that its base rate states, by mechanism


class Gate(NamedTuple):
    """A factor, offset + slope * feature."""

    feature: Key
    slope: float
    offset: float


class Term(NamedTuple):
    """One reason: weight * strength * (feature * gates - reference). No reference: that of its kind."""

    decision: str
    country: str
    mechanism: str
    feature: Key
    weight: float
    gates: tuple[Gate, ...]
    reference: float | None

    @property
    def quick(self) -> bool:
        return self.feature[0] in QUICK


def terms(scenario: Scenario, decisions: list[Decision]) -> Iterator[Term]:
    """Every reason that anybody has for anything."""
    for name, mechanism in sorted(scenario.mechanisms.items()):
        if not _available(mechanism, scenario):
            continue
        gates = tuple(_gate(gate) for gate in mechanism.when)
        for decision in decisions:
            for code in decision.parties:
                weight = _weight(mechanism, decision, code, scenario)
                for feature, share in _moved(mechanism, decision, code, scenario) if weight else ():
                    if share:
                        scale = _scale(scenario.countries[code], code, mechanism.family)
                        yield Term(decision.name, code, name, feature, weight * share, (*gates, *scale),
                                   decision.stated.get(name))


def _available(mechanism: catalog.Mechanism, scenario: Scenario) -> bool:
    """Whether everybody whom its features speak of takes part."""
    leaders = {name for country in scenario.countries.values() for name in country.leaders}
    for feature in (*mechanism.when, *((mechanism.feature,) if mechanism.feature else ())):
        spoken_of = {*(feature.between or ()), *(feature.conduct or ()), *(feature.ledger or ()),
                     *(feature.capability or ()), feature.approval, feature.mandate} - {None}
        if spoken_of - set(scenario.countries) or (feature.leader and feature.leader not in leaders):
            return False
    return True


def _gate(gate: catalog.Gate) -> Gate:
    key = key_of(gate)
    slope, offset = (0.5, 0.5) if key[0] in SIGNED else (1.0, 0.0)
    return Gate(key, -slope, 1 - offset) if gate.inverted else Gate(key, slope, offset)


def _scale(country: catalog.Country, code: str, family: str) -> tuple[Gate, ...]:
    """The factor of a country's leader on a family, if any of its leaders has one."""
    scaled = any(family in leader.scales for leader in country.leaders.values())
    return (Gate(("scale", code, family), 1.0, 0.0),) if scaled else ()


def _others(decision: Decision, code: str) -> set[str]:
    """Targets and, of a joint action, the other parties."""
    return {*decision.parties, *decision.to} - {code}


def _weight(mechanism: catalog.Mechanism, decision: Decision, code: str, scenario: Scenario) -> float:
    """The weight of the first move that fits."""
    words = scenario.actions[decision.action].words(decision.action)
    for move in mechanism.moves:
        if ((not move.action or words.intersection(move.action)) and (not move.by or code in move.by)
                and (not move.to or _others(decision, code).intersection(move.to))):
            return move.weight
    return 0.0


def _moved(mechanism: catalog.Mechanism, decision: Decision, code: str,
           scenario: Scenario) -> Iterator[tuple[Key, float]]:
    """The features by which a mechanism moves a country's decision, each with its share of the weight."""
    action, countries = scenario.actions[decision.action], scenario.countries
    others = sorted(_others(decision, code).intersection(countries))
    targets = sorted(set(decision.to).intersection(countries) - {code})
    match mechanism.family:
        case "policy" | "domestic":
            kind = {"policy": "gain", "domestic": "public_gain"}[mechanism.family]
            whole = sum(abs(shift) for shift in action.shifts.values())
            yield from (((kind, code, issue), shift / whole) for issue, shift in action.shifts.items() if shift)
        case "reciprocity":
            for other in others:
                among = other not in decision.to and action.among
                score = among.goldstein if among else action.goldstein
                yield ("conduct", other, code, mechanism.memory, mechanism.kind), score / 10 / len(others)
        case "threat":
            yield from ((("threat", code, other), 1 / len(targets)) for other in targets)
        case "alliance":
            yield from ((("fear", code, patron, mechanism.fear, mechanism.memory), 1.0)
                        for patron in _patrons(mechanism, decision, code, countries))
        case "tempo":
            if len(decision.parties) == 1 and not decision.choice:
                yield ("tempo", code), 1.0
        case "response":
            assert mechanism.feature
            yield key_of(mechanism.feature), 1.0


def _patrons(mechanism: catalog.Mechanism, decision: Decision, code: str,
             countries: dict[str, catalog.Country]) -> Iterator[str]:
    """The stronger allies whose conduct a country fears for, in what it does to them or to their other allies."""
    for patron in countries[code].alliances:
        fellows = {other for other, country in countries.items() if patron in country.alliances} - {code}
        concerned = {patron} if mechanism.toward == "patron" else fellows
        weaker = countries[code].capability.value.centre < countries[patron].capability.value.centre
        if weaker and _others(decision, code) & concerned and (mechanism.fear == "abandonment" or len(countries) > 2):
            yield patron
