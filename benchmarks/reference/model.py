"""The model: the calendar, the countries, and a week in the order of docs/model.md."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import mesa

from benchmarks.reference import deciding, events
from benchmarks.reference.chance import NORMAL, Keyed, Unkeyed, number
from benchmarks.reference.country import NEVER, Country
from benchmarks.reference.features import FEATURES
from benchmarks.reference.plan import Deed, Plan, plan_of
from sim.quantity import Quantity


@dataclass
class Instance:
    """One occasion of a dated event in this replicate."""

    event: str
    label: str
    date: int
    planned: bool = True
    decided: bool = False
    portion: float = 1.0


class Occurrence(NamedTuple):
    """What has occurred."""

    week: int
    deed: Deed
    day: int
    days: int
    size: float


class Diplomacy(mesa.Model):
    """One replicate of a scenario, given as a plan, a path or a shipped name.

    With `seed`, its variates are those of replicate `replicate` of the ensemble with that seed; without, Mesa's own.
    """

    def __init__(self, scenario: Plan | str = "july_2025", replicate: int = 0, seed: int | None = None,
                 rng: int | None = None):
        super().__init__(rng=replicate if rng is None else rng)
        self.plan = plan_of(scenario) if isinstance(scenario, str) else scenario
        self.uniform = Unkeyed(self.random) if seed is None else Keyed(seed, replicate)
        self.week, self.drawn, self.log, self.now = 0, {}, [], []
        self._draw_inputs()
        self.country = {code: Country(self, code) for code in self.plan.scenario.countries}
        for country in self.country.values():
            country.meet(self.country)
        self._draw_dates()
        events.just_happened(self)
        self.perceive()
        self.judged = self.situation  # as base rates were judged with
        if self.plan.judged:
            self.judged = self.judged | Diplomacy(self.plan.judged, replicate, seed, rng).situation
        for country in self.country.values():
            country.consider()
        self.base = deciding.bases_of(self)
        self.datacollector = mesa.DataCollector({"tension": mean_tension})

    def draw(self, path: str, quantity: Quantity) -> float:
        """This replicate's own number."""
        if path not in self.drawn:
            self.drawn[path] = quantity.centre if quantity.fixed else number(quantity, self.uniform(path))
        return self.drawn[path]

    def normal(self, stream: str, week: int = 0) -> float:
        """A standard normal variate."""
        return NORMAL.inv_cdf(self.uniform(stream, week))

    def _draw_inputs(self) -> None:
        plan, scenario = self.plan, self.plan.scenario
        pick, below = self.uniform("theory"), 0.0
        mix = sorted(scenario.mix.items())
        for theory, weight in mix:
            below += weight
            if pick < below / sum(scenario.mix.values()) or theory == mix[-1][0]:
                weights = scenario.theories[theory].weights
                break
        self.strength = {name: self.draw(f"mechanisms.{name}.strength", mechanism.strength)
                         * weights.get(mechanism.family, 1.0) for name, mechanism in scenario.mechanisms.items()}
        self.status_quo = {name: self.draw(f"issues.{name}.status_quo", issue.status_quo)
                           for name, issue in scenario.issues.items()}
        self.baseline = dict(self.status_quo)
        self.keep = {name: self._decay(f"memory.{name}", getattr(scenario.memory, name))
                     for name in ("conduct_fast", "conduct_slow", "ledger", "approval", "stance", "tempo")}
        self.keep_issue = {name: self._decay(f"issues.{name}.half_life", issue.half_life)
                           for name, issue in scenario.issues.items()}
        self.keep_cue = {name: self._decay(f"cues.{name}.half_life", cue.half_life)
                         for name, cue in scenario.cues.items()}
        self.cue = dict.fromkeys(scenario.cues, 0.0)
        self.cue_day = dict.fromkeys(scenario.cues, NEVER)
        self.last_day = dict.fromkeys(plan.lasting, NEVER)
        self.last_week = dict.fromkeys(plan.options, NEVER)
        self.flag = {name: flag.start for name, flag in scenario.flags.items()}
        self.seats: dict[str, dict[str, int]] = {}
        self.rate = {name: self.draw(f"options.{name}.base.rate", option.base.rate)
                     for name, option in plan.options.items()}

    def _decay(self, path: str, half_life: Quantity) -> float:
        return 0.5 ** (1 / max(self.draw(path, half_life), 1e-3))

    def _draw_dates(self) -> None:
        """The date of every occasion. Intervals are drawn anew for each."""
        self.instances: dict[str, list[Instance]] = {event: [] for event in self.plan.events}
        for event, label, low, high, after, interval in self.plan.occasions:
            uniform, before = self.uniform(f"events.{event}/date/{label}"), self.instances[event]
            entry = self.plan.events[event]
            if after:
                date = before[-1].date + max(round(number(entry.cadence.every, uniform)), 7)
            elif interval:
                date = low + round(number(entry.yearly.jitter, uniform))
            else:
                date = low + math.floor((high - low + 1) * uniform)
            before.append(Instance(event, label, date))

    # A week

    def step(self) -> None:
        """One week."""
        events.fall_due(self)
        self.settle()
        self.perceive()
        self.agents.do("step")
        deciding.decide_dated(self)
        deciding.decide(self)
        self.relax()
        self.settle()
        for country in self.country.values():
            country.remember()
        self.datacollector.collect(self)
        self.week += 1
        self.running = self.week < self.plan.scenario.weeks

    def perceive(self) -> None:
        """All features of the situation as they are now."""
        self.situation = {key: FEATURES[key[0]](self, *key[1:]) for key in self.plan.features}

    # What follows

    def occur(self, deed: Deed, day: int, days: int = 1, size: float = 1.0) -> None:
        """Something occurs; its effects follow when the week settles."""
        self.now.append(Occurrence(self.week, deed, day, days, size))

    def settle(self) -> None:
        """Applies the effects of what has occurred since the last time."""
        for _, deed, _, _, size in self.now:
            for kind, giver, receiver, score in deed.conduct:
                self.country[giver].conduct_now[kind][receiver] += score * size
            self.apply(deed, size)
        self.bound()
        for _, deed, day, days, _ in self.now:
            self.note(deed, day, days, flags=False)
        for change, value in (("raises", True), ("lowers", False)):
            for _, deed, *_ in self.now:
                self.flag.update(dict.fromkeys(getattr(deed, change), value))
        self.log += self.now
        self.now = []

    def apply(self, deed: Deed, size: float, ago: int = 0) -> None:
        """The effects of a deed some weeks ago but for conduct, and not yet cut at their bounds."""
        for issue, shift in deed.shifts.items():
            self.status_quo[issue] += shift * size * self.keep_issue[issue] ** ago
            if deed.binding:
                self.baseline[issue] += shift * size
        for code in deed.by if deed.approval else ():
            if code in self.country:
                self.country[code].approval += deed.approval * size * self.keep["approval"] ** ago
        for actor, target, concession in deed.concedes:
            self.country[actor].ledger[target] += concession * size * self.keep["ledger"] ** ago
            self.country[target].ledger[actor] -= concession * size * self.keep["ledger"] ** ago
        for cue, left in deed.cues:
            self.cue[cue] += left * size * self.keep_cue[cue] ** ago

    def bound(self) -> None:
        """Cuts what deeds have moved at its bounds."""
        for levels in (self.status_quo, self.baseline):
            levels.update({issue: min(max(level, -1.0), 1.0) for issue, level in levels.items()})
        self.cue.update({name: min(trace, 1.0) for name, trace in self.cue.items()})
        for country in self.country.values():
            country.approval = min(max(country.approval, -1.0), 1.0)

    def note(self, deed: Deed, day: int, days: int, flags: bool = True) -> None:
        """Notes when a deed was, for what refers to it later, and what it sets and clears."""
        for cue, _ in deed.cues:
            self.cue_day[cue] = max(self.cue_day[cue], day)
        for names in deed.lasting:
            self.last_day[names] = max(self.last_day[names], day + days - 1)
        if flags:
            self.flag.update(dict.fromkeys(deed.raises, True) | dict.fromkeys(deed.lowers, False))

    def relax(self) -> None:
        """Everything remembered fades by a week."""
        self.moved = {code: {issue: stance - country.origin[issue] for issue, stance in country.stance.items()}
                      for code, country in self.country.items()}
        for issue, level in self.status_quo.items():
            baseline = self.baseline[issue]
            self.status_quo[issue] = baseline + self.keep_issue[issue] * (level - baseline)
        for cue, keep in self.keep_cue.items():
            self.cue[cue] *= keep
        for country in self.country.values():
            country.relax()


def tension(model: Diplomacy, first: str, second: str) -> float:
    """Tension of a dyad, on the Goldstein scale."""
    both = sum(model.country[a].conduct["fast"][kind][b] for a, b in ((first, second), (second, first))
               for kind in ("verbal", "material"))
    return 10 * math.tanh(-both / 20)


def mean_tension(model: Diplomacy) -> float:
    """Tension averaged over dyads, for the data collector."""
    dyads = list(combinations(model.country, 2))
    return sum(tension(model, *dyad) for dyad in dyads) / max(len(dyads), 1)
