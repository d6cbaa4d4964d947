"""The calendar: instances of dated events, chance events, and what is decided about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from sim import catalog
from sim.arrays import Ints
from sim.catalog.event import Cadence, Yearly
from sim.draws import Draws
from sim.inputs import Inputs

if TYPE_CHECKING:
    from sim.scenario import Scenario


#: Years beyond the horizon in which yearly events still have a date, so that clocks can see them come.
FORESIGHT = 1


@dataclass(frozen=True)
class Instance:
    """One occasion of a dated event: its date is drawn by every replicate where it is not certain."""

    event: str
    label: str  # year, or number in the sequence
    first: int  # earliest day, in days from the start
    last: int  # latest
    previous: int = -1  # the instance after which a cadence counts, or -1
    interval: int = -1  # input row of the days since the previous instance or since `first`, or -1


@dataclass(frozen=True)
class Calendar:
    """All instances, in order, and the chance events with the input row of their weekly rate."""

    instances: tuple[Instance, ...]
    chances: tuple[tuple[str, int], ...]
    inputs: Inputs

    def dates(self, draws: Draws) -> Ints:
        """The date of each instance in each replicate, in days from the start, shape (instances, R)."""
        dates = np.empty((len(self.instances), len(draws)), dtype=np.intp)
        for row, instance in enumerate(self.instances):
            if instance.previous >= 0:
                step = self.inputs.quantities[instance.interval].ppf(draws.uniform(_stream(instance)))
                dates[row] = dates[instance.previous] + np.maximum(np.rint(step), 7)
            elif instance.interval >= 0:
                jitter = self.inputs.quantities[instance.interval].ppf(draws.uniform(_stream(instance)))
                dates[row] = instance.first + np.rint(jitter)
            elif instance.first == instance.last:
                dates[row] = instance.first
            else:
                span = instance.last - instance.first + 1
                dates[row] = instance.first + np.floor(span * draws.uniform(_stream(instance)))
        return dates

    def by_event(self) -> dict[str, tuple[int, ...]]:
        """The instances of each event."""
        rows: dict[str, list[int]] = {}
        for row, instance in enumerate(self.instances):
            rows.setdefault(instance.event, []).append(row)
        return {event: tuple(of) for event, of in rows.items()}


def _stream(instance: Instance) -> str:
    return f"events.{instance.event}/date/{instance.label}"


def compile_calendar(scenario: Scenario, inputs: Inputs) -> Calendar:
    """The instances of the scenario's events over its horizon."""
    instances: list[Instance] = []
    chances = []
    for name, event in scenario.events.items():
        if event.chance:
            chances.append((name, inputs.add(f"events.{name}.chance.rate", event.chance.rate)))
        elif event.on:
            start = scenario.start
            instances.append(Instance(name, "0", (event.on.low - start).days, (event.on.high - start).days))
        elif event.yearly:
            instances += _yearly(name, event.yearly, scenario, inputs)
        else:
            assert event.cadence
            instances += _cadence(name, event.cadence, scenario, inputs, len(instances))
    return Calendar(tuple(instances), tuple(chances), inputs)


def _yearly(name: str, rule: Yearly, scenario: Scenario, inputs: Inputs) -> Iterator[Instance]:
    jitter = -1 if rule.jitter.fixed and not rule.jitter.centre else inputs.add(f"events.{name}.yearly.jitter",
                                                                               rule.jitter)
    for year in range(scenario.start.year, scenario.end.year + FORESIGHT + 1):
        day = (on_date(rule, year) - scenario.start).days
        if day >= 0:
            yield Instance(name, str(year), day, day, interval=jitter)


def on_date(rule: Yearly, year: int) -> date:
    """The date of a yearly rule in a year; 29 February is the 28th where there is none."""
    if rule.weekday is not None:
        first = date(year, rule.month, 1)
        ahead = (rule.weekday - first.isoweekday()) % 7
        return first + timedelta(days=ahead + 7 * (rule.nth - 1))
    assert rule.day is not None
    for day in range(rule.day, rule.day - 4, -1):
        try:
            return date(year, rule.month, day)
        except ValueError:
            continue
    raise AssertionError("every month has a day 28")


def _cadence(name: str, rule: Cadence, scenario: Scenario, inputs: Inputs, offset: int) -> Iterator[Instance]:
    row = inputs.add(f"events.{name}.cadence.every", rule.every)
    first = (rule.first.low - scenario.start).days
    shortest = max(7.0, float(rule.every.ppf(np.array([0.001]))[0]))
    count = 1 + max(0, int((7 * scenario.weeks - first) / shortest) + 1)
    for n in range(count):
        previous = offset + n - 1 if n else -1
        yield Instance(name, str(n), first, (rule.first.high - scenario.start).days, previous, row if n else -1)


def past_events(scenario: Scenario) -> Iterator[tuple[str, catalog.Event]]:
    """Events that have, or may have, just happened when the scenario starts, the oldest first."""
    past = [(name, event) for name, event in scenario.events.items() if event.on and event.on.low < scenario.start]
    yield from sorted(past, key=lambda item: (item[1].on.low if item[1].on else scenario.start, item[0]))


