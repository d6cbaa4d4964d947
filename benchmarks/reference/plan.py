"""Plan: what a scenario's entries come to, the same for every replicate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from math import sqrt
from typing import NamedTuple

from benchmarks.reference.chance import number
from benchmarks.reference.reasons import Decision, terms
from sim import catalog
from sim.catalog.issue import is_verbal
from sim.scenario import Scenario, load

LEAST_SPREAD = 0.25
Pair = tuple[str, str]


@dataclass
class Deed:
    """Something that can occur, and what it does when it does."""

    name: str
    by: tuple[str, ...]
    action: str
    to: tuple[str, ...]
    tags: frozenset[str]
    event: str = ""
    announces: bool = False  # what becomes of the event, rather than the event itself
    conduct: list[tuple[str, str, str, float]] = field(default_factory=list)  # verbal or material, giver, receiver
    shifts: dict[str, float] = field(default_factory=dict)
    binding: bool = False
    approval: float = 0.0
    concedes: list[tuple[str, str, float]] = field(default_factory=list)
    cues: list[tuple[str, float]] = field(default_factory=list)
    raises: list[str] = field(default_factory=list)
    lowers: list[str] = field(default_factory=list)
    lasting: list[tuple[str, ...]] = field(default_factory=list)

    def selected(self, selects: Iterable[catalog.Select]) -> bool:
        """Whether all conditions of one of them hold."""
        return any((not select.action or self.tags & set(select.action))
                   and (not select.by or set(self.by) & set(select.by))
                   and (not select.to or set(self.to) & set(select.to))
                   and (not select.event or (self.event in select.event and (select.action or not self.announces)))
                   for select in selects)


class Occasion(NamedTuple):
    """One occasion of a dated event: between two days from the start, or some days after them or its predecessor."""

    event: str
    label: str
    low: int
    high: int
    after: bool = False  # the occasion before it
    interval: str = ""  # path of the days in between


class Plan:
    """Deeds, decisions, their reasons, and the calendar of a scenario."""

    def __init__(self, scenario: Scenario):
        self.scenario = scenario
        self.judged = Plan(scenario.judged) if scenario.judged else None
        self.events = dict(sorted(scenario.events.items()))
        self.country_of = {name: code for code, country in scenario.countries.items() for name in country.leaders}
        self.options = dict(sorted(scenario.options.items()))
        features = [feature for mechanism in scenario.mechanisms.values()
                    for feature in (mechanism.feature, *mechanism.when) if feature]
        self.lasting = {feature.under_way for feature in features if feature.under_way}
        self.option_deeds = {name: self.deed(name, option.by, option.action, option.to)
                             for name, option in self.options.items()}
        self.event_deeds = {name: self.deed(name, event.by, event.action, event.to, event=name)
                            for name, event in self.events.items()}
        self.announcements = {
            (name, alternative): self.deed(f"{name}: {alternative}", event.by, entry.announces, event.to, name, True)
            for name, event in self.events.items() if event.decision
            for alternative, entry in sorted(event.decision.alternatives.items())}
        self.steps = {code: tuple(self.deed(f"{code} {action}", (code,), action, ())
                                  for action in (country.succession.chosen, country.succession.taken))
                      for code, country in scenario.countries.items() if country.succession}
        deeds = [*self.event_deeds.values(), *chain(*self.steps.values()), *self.option_deeds.values(),
                 *self.announcements.values()]
        self.order = {(deed.event, deed.name): place for place, deed in enumerate(deeds)}
        self.occasions = [occasion for name, event in self.events.items() if not event.chance
                          for occasion in _occasions(name, event, scenario)]
        self.decisions = list(self._decisions())
        self.terms = list(terms(scenario, self.decisions))
        self.features = list(dict.fromkeys(key for term in self.terms
                                           for key in (term.feature, *(gate.feature for gate in term.gates))))
        self.reactions = self._reactions()
        self.usual, self.spread = self._usual()
        self.choices: dict[str, list[str]] = {}
        for name, option in self.options.items():
            self.choices.setdefault(option.choice or name, []).append(name)

    def deed(self, name: str, by: tuple[str, ...], action: str, to: tuple[str, ...], event: str = "",
             announces: bool = False) -> Deed:
        """Something that can occur, with its effects."""
        scenario, entry = self.scenario, self.scenario.actions.get(action)
        deed = Deed(name, by, action, to, entry.words(action) if entry else frozenset(), event, announces)
        deed.cues = [(name, cue.size) for name, cue in scenario.cues.items() if deed.selected(cue.left_by)]
        deed.raises = [name for name, flag in scenario.flags.items() if deed.selected(flag.set_by)]
        deed.lowers = [name for name, flag in scenario.flags.items() if deed.selected(flag.cleared_by)]
        deed.lasting = [names for names in self.lasting
                        if event in names and not announces or deed.tags & set(names)]
        if entry:
            deed.conduct = [] if entry.ritual else [own for own in _conduct(deed, entry, scenario) if own[-1]]
            deed.shifts, deed.binding, deed.approval = entry.shifts, entry.binding, entry.approval
            deed.concedes = [(actor, target, entry.concedes) for actor in by for target in to
                             if entry.concedes and actor != target and {actor, target} <= set(scenario.countries)]
        return deed

    def _decisions(self) -> Iterator[Decision]:
        countries = self.scenario.countries
        for name, option in self.options.items():
            yield Decision(name, option.action, tuple(code for code in option.by if code in countries), option.to,
                           option.choice, option.base.at)
        for (name, alternative), deed in self.announcements.items():
            yield Decision(f"{name}.{alternative}", deed.action, tuple(code for code in deed.by if code in countries),
                           deed.to, name, {})

    def _reactions(self) -> dict[str, dict[str, str]]:
        """By option and cue, the mechanism whose lag dates the reaction; where several do, the last by name."""
        reactions: dict[str, dict[str, str]] = {}
        for term in sorted(self.terms, key=lambda term: term.mechanism):
            lag = self.scenario.mechanisms[term.mechanism].lag
            if term.feature[0] == "cue" and lag is not None and term.decision in self.options:
                reactions.setdefault(term.decision, {})[term.feature[1]] = term.mechanism
        return reactions

    def _usual(self) -> tuple[dict[str, dict[Pair, float]], dict[str, dict[Pair, float]]]:
        """Mean and spread of conduct, verbal and material, by ordered pair."""
        scenario = self.scenario
        keep = 0.5 ** (1 / max(scenario.memory.conduct_fast.centre, 1e-3))
        mean = {kind: {(a, b): 0.0 for a in scenario.countries for b in scenario.countries}
                for kind in ("verbal", "material")}
        spread = {kind: dict(pairs) for kind, pairs in mean.items()}
        for name, deed in self.option_deeds.items():
            rate, points = self.options[name].base.rate.centre, {}
            for kind, giver, receiver, score in deed.conduct:
                points[kind, giver, receiver] = points.get((kind, giver, receiver), 0.0) + score
            for (kind, *pair), score in points.items():
                mean[kind][tuple(pair)] += score * rate
                spread[kind][tuple(pair)] += score**2 * rate * (1 - rate)
        for pairs in spread.values():
            pairs.update({pair: sqrt(variance * (1 - keep) / (1 + keep)) for pair, variance in pairs.items()})
        for usual in scenario.usual.values():
            if {usual.by, usual.to} <= set(scenario.countries):
                for kind, level in (("verbal", usual.verbal), ("material", usual.material)):
                    mean[kind][usual.by, usual.to], spread[kind][usual.by, usual.to] = level.mean, level.spread
        return mean, {kind: {pair: max(value, LEAST_SPREAD) for pair, value in pairs.items()}
                      for kind, pairs in spread.items()}


@lru_cache(maxsize=8)
def plan_of(scenario: str) -> Plan:
    """The plan of a scenario given by its path or shipped name."""
    return Plan(load(scenario))


def _conduct(deed: Deed, action: catalog.Action, scenario: Scenario) -> Iterator[tuple[str, str, str, float]]:
    """Goldstein scores toward the targets, and among the parties of a joint action."""
    actors = [code for code in deed.by if code in scenario.countries]
    targets = [code for code in deed.to if code in scenario.countries]
    score, cameo = (action.among.goldstein, action.among.cameo) if action.among else (
        (0.0, action.cameo) if targets else (action.goldstein, action.cameo))
    for actor in actors:
        for target in targets:
            if target != actor:
                yield "verbal" if action.verbal else "material", actor, target, action.goldstein
        for other in actors:
            if other != actor:
                yield "verbal" if is_verbal(cameo) else "material", actor, other, score


def _occasions(name: str, event: catalog.Event, scenario: Scenario) -> Iterator[Occasion]:
    """The occasions of a dated event within the horizon and, of a yearly one, one year more."""
    def days(day: date) -> int:
        return (day - scenario.start).days

    if event.on:
        yield Occasion(name, "0", days(event.on.low), days(event.on.high))
    elif event.yearly:
        interval = "" if event.yearly.jitter.always(0) else f"events.{name}.yearly.jitter"
        for year in range(scenario.start.year, scenario.end.year + 2):
            day = days(_in_year(event.yearly, year))
            if day >= 0:
                yield Occasion(name, str(year), day, day, interval=interval)
    elif event.cadence:
        low, high = days(event.cadence.first.low), days(event.cadence.first.high)
        shortest = max(7.0, number(event.cadence.every, 0.001))
        yield Occasion(name, "0", low, high)
        for n in range(1, 1 + max(0, int((7 * scenario.weeks - low) / shortest) + 1)):
            yield Occasion(name, str(n), low, high, True, f"events.{name}.cadence.every")


def _in_year(rule: catalog.event.Yearly, year: int) -> date:
    """The nth weekday of the month, or its day; 29 February is the 28th where there is none."""
    if rule.weekday is not None:
        first = date(year, rule.month, 1)
        return first + timedelta(days=(rule.weekday - first.isoweekday()) % 7 + 7 * (rule.nth - 1))
    assert rule.day is not None
    beyond = date(year + rule.month // 12, rule.month % 12 + 1, 1)
    return min(date(year, rule.month, 1) + timedelta(days=rule.day - 1), beyond - timedelta(days=1))
