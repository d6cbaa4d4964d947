"""The world as a forecaster of some day could have known it: fitted to the record before that day, and begun from it.

    known = at(day, scenario, plan, listed, observed, weeks)
    known.world                     # compiled: fitted values, what has just happened, what is expected
    known.begun(known.world, 0, 200, seed)   # a model whose traces and pauses are those that the record leaves

Nothing here looks at what the record says of the day itself or of anything later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from pydantic import Field

from sim import catalog
from sim.calendar import on_date
from sim.catalog.base import Day, Entry, Names, Sourced
from sim.compiler import compile_world
from sim.model import DiplomacyModel
from sim.outcomes import levels_looked_at
from sim.quantity import Quantity
from sim.record import calibrate
from sim.record.plan import Plan, Series
from sim.record.process import Fit, Prior, fit
from sim.record.replay import Observed
from sim.record.scores import shrunk
from sim.scenario import Scenario
from sim.world import World

#: Weeks back to which what happened has "just happened"; of what is older only the last of each series counts, for the
#: flags that it sets.
RECENT = 26
#: Years whose exercises say when the next one is due; weeks over which drills without a calendar are counted.
YEARS, WEEKS = 5, 52
#: Weeks that a count needs from where its plan begins; with fewer, everything before counts too.
ENOUGH = 26


class Season(Sourced):
    """An exercise of every year: the record of it, and the months between which it begins."""

    months: tuple[int, int]
    file: str
    date: str
    where: dict[str, Names] = {}


class Listed(Entry):
    """record/backtest.yaml: what is forecast, and what is known beforehand."""

    scenario: str
    from_: Day = Field(alias="from")
    until: Day
    series: Names = Field(min_length=1)
    answers: dict[str, str] = {}
    process: str
    seasons: dict[str, Season] = {}
    irregular: dict[str, Series] = {}


@dataclass(frozen=True)
class Known:
    """The world at a day, and what of its first week's state the record says."""

    world: World
    fit: Fit
    traces: Mapping[int, float]  # by the row of a cue
    since: Mapping[int, int]  # by option: weeks since it was last taken

    def begun(self, world: World, replicate: int, replicates: int, seed: int) -> DiplomacyModel:
        """A model before its first week, of the world or of one alike but for its weights."""
        model = DiplomacyModel(world, replicate, replicates, rng=seed, keep=levels_looked_at(world.scenario, world))
        for row, trace in self.traces.items():
            model.state.cue[row] = trace
        for option, weeks in self.since.items():
            model.state.last_week[option] = -weeks
        return model


def at(day: date, scenario: Scenario, plan: Plan, listed: Listed, observed: Observed, weeks: int,
       given: Mapping[str, catalog.Event] | None = None) -> Known:
    """The world that begins on the Monday `day` and lasts so many weeks; `given` are events known to come."""
    process = plan.processes[listed.process]
    seen = observed.until(observed.week(day))
    found = fit(seen, Prior.of(process), process.fade)
    fitted = calibrate.of_process(plan, listed.process, process, scenario, found)
    estimates = {each.name: each.value for each in fitted}
    estimates |= {count.option: calibrate.of_count(plan, _counted(count, plan, day), scenario, _before(day)).value
                  for count in plan.counts.values() if _any(plan, count.series, day)}
    events = {**_just_happened(scenario, plan, day), **_expected(scenario, plan, listed, day, weeks), **(given or {})}
    world = compile_world(_dated(_fitted(scenario, estimates, listed.process, process.country), events, day, weeks))
    cues = [world.index.cue[scenario.mechanisms[name].feature.cue] for name in seen.responses]  # type: ignore
    number = {option.name: o for o, option in enumerate(world.decisions.options)}
    last = seen.happened[::-1]
    since = {number[name]: int(last[:, k].argmax()) + 1 for k, name in enumerate(seen.options) if last[:, k].any()}
    return Known(world, found, dict(zip(cues, seen.next_trace().tolist(), strict=True)), since)


def _before(day: date) -> date:
    return day - timedelta(days=1)


def _fitted(scenario: Scenario, values: Mapping[str, Quantity], process: str, country: str) -> Scenario:
    """The scenario with fitted values in place of those that it ships with."""
    def rated(option: catalog.Option, rate: Quantity) -> catalog.Option:
        return option.model_copy(update={"base": option.base.model_copy(update={"rate": rate})})

    return replace(
        scenario,
        options={name: rated(option, values[name]) if name in values else option
                 for name, option in scenario.options.items()},
        mechanisms={name: mechanism.model_copy(update={"strength": values[name]}) if name in values else mechanism
                    for name, mechanism in scenario.mechanisms.items()},
        memory=scenario.memory.model_copy(update={"tempo": values[f"{process}_half_life"]}),
        countries={code: entry.model_copy(update={"tempo": values[f"{process}_tempo"]}) if code == country else entry
                   for code, entry in scenario.countries.items()})


def _dated(scenario: Scenario, events: Mapping[str, catalog.Event], day: date, weeks: int) -> Scenario:
    head = scenario.head.model_copy(update={"start": day, "weeks": weeks, "events": dict.fromkeys(events),
                                            "outcomes": {}, "endings": scenario.endings[-1:]})
    return replace(scenario, head=head, events=events)


# Counts

def _any(plan: Plan, series: str, day: date) -> bool:
    """Whether a series has been kept for long enough to be counted."""
    days = plan.days(series)
    return bool(days) and days[0] <= day - timedelta(weeks=ENOUGH)


def _counted(count: Any, plan: Plan, day: date) -> Any:
    """The count from its beginning in the plan, or where that is too recent, from that of the series."""
    since = count.since if count.since <= day - timedelta(weeks=ENOUGH) else plan.days(count.series)[0]
    return count.model_copy(update={"since": since})


# Events

def _just_happened(scenario: Scenario, plan: Plan, day: date) -> dict[str, catalog.Event]:
    """What the record says before the day."""
    found: dict[str, catalog.Event] = {}
    for name, series in plan.series.items():
        stood = scenario.options.get(series.option) if series.option else series.event
        if stood is None:
            continue
        days = [own for own in plan.days(name) if own < day]
        recent = [own for own in days if own >= day - timedelta(weeks=RECENT)] or days[-1:]
        found |= {f"{name} {own}": happening(name, stood, {"on": own.isoformat()}) for own in recent}
    return found


def happening(name: str, stood: Any, timing: Mapping[str, Any]) -> catalog.Event:
    """An event by which an action takes place."""
    return catalog.Event.model_validate({"name": name, "action": stood.action, "by": stood.by, "to": stood.to,
                                         "source": "judgement", **timing})


def _expected(scenario: Scenario, plan: Plan, listed: Listed, day: date, weeks: int) -> dict[str, catalog.Event]:
    """What a forecaster expects: what comes round every year or comes by chance in the scenario, exercises in their
    season, other drills as often as lately."""
    found = {name: event for name, event in scenario.events.items()
             if (event.yearly or event.chance) and name not in listed.seasons}
    end = day + timedelta(weeks=weeks)
    for name, season in listed.seasons.items():
        if (due := _due(_days(plan, season, day), season.months, day)) and due[0] < end:
            event = scenario.events[name]
            found[name] = event.model_copy(update={"yearly": None, "on": catalog.event.Window(low=due[0], high=due[1])})
    for name, series in listed.irregular.items():
        recent = sum(own >= day - timedelta(weeks=WEEKS) for own in _days(plan, series, day))
        rate = float(shrunk(recent, WEEKS))
        found[name] = happening(name, series.event, {"chance": {
            "rate": rate, "reference_class": "the last 52 weeks", "source": "judgement"}})
    return found


def _days(plan: Plan, series: Any, day: date) -> list[date]:
    """Days of a series of the plan's record before a day."""
    entry = Series.model_validate({"file": series.file, "date": series.date, "where": series.where,
                                   "source": series.source})
    return [own for own in replace(plan, series={"asked": entry}).days("asked") if own < day]


def _due(days: list[date], months: tuple[int, int], day: date) -> tuple[date, date] | None:
    """Between which days this year's exercise, or next year's, will begin; None where nobody can say."""
    starts = [own for own in days if months[0] <= own.month <= months[1] and own.year >= day.year - YEARS]
    for year in _years(starts, day):
        shifted = sorted(_in_year(own, year) for own in starts)
        if shifted[-1] >= day:
            return max(shifted[0], day), shifted[-1]
    return None


def _years(starts: list[date], day: date) -> Iterator[int]:
    """This year, if its exercise has not begun yet, and the next."""
    if starts:
        yield from (year for year in (day.year, day.year + 1) if year > starts[-1].year)


def _in_year(day: date, year: int) -> date:
    return on_date(catalog.event.Yearly.model_validate({"month": day.month, "day": day.day}), year)
