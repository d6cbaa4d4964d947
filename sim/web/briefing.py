"""What a player is told: where things stand before each week is decided, and at the end what another course came to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from sim.calendar import past_events
from sim.catalog.outcome import Kind
from sim.effects import Column
from sim.experiments import wording
from sim.experiments.reasons import Observed, Weighed
from sim.model import DiplomacyModel
from sim.outcomes import measured
from sim.scenario import Scenario
from sim.summary import day_in_words, numbers_in_words

#: Days that a briefing looks back.
BACK = 14
#: Headings of options that are not directed at one other country.
PLANNED, SEVERAL, HOME = "Planned exercises and the like", "With or toward several", "At home and elsewhere"

Row = dict[str, Any]


def briefing(model: Observed, country: str) -> Row:
    """Where things stand before the next week: what happened lately, tension of the country's dyads, its government.

    `before` is what the country did or met with in the last two weeks, and all events; before the first week, all
    that the scenario says has just happened.
    """
    world, scenario, week = model.world, model.world.scenario, model.state.week
    c, since = world.index.country[country], 7 * week - BACK
    lately = [(day, world.columns[column]) for log in model.log
              for column, day in zip(log[0].tolist(), log[3].tolist(), strict=True)]
    for name, _ in past_events(world.scenario):
        day = int(model.state.date[world.calendar.by_event()[name][0], 0])
        if day < 0:
            lately.append((day, world.columns[world.event_column[name]]))
    kept = [(day, what) for day, what in lately if (since <= day < 7 * week or (week == 0 and day < 0))
            and (what.event or country in what.by or country in what.to)]
    tension = [(wording.party(scenario, b if a == country else a), float(level)) for (a, b), level in
               zip(world.dyads, model.levels["tension"][:, 0], strict=True) if country in (a, b)]
    leader = scenario.countries[country].leaders[world.leaders[int(model.state.leader[c, 0])][1]]
    return {"before": dated(model, kept), "leader": leader.name,
            "approval": round(float(model.state.approval[c, 0]), 2),
            "tension": [{"with": other, "level": round(level, 2)} for other, level in
                        sorted(tension, key=lambda row: -row[1])]}


def dated(model: Observed, found: Iterable[tuple[int, Column]]) -> list[Row]:
    """Things by their days since the start: in the order of dates, and in words."""
    return [{"day": (model.world.start + timedelta(days=day)).isoformat(),
             "words": wording.deed(model.world.scenario, what)} for day, what in sorted(found, key=lambda row: row[0])]


def options(model: Observed, country: str, choices: Iterable[Weighed]) -> list[Row]:
    """What the country could do, under headings that say toward whom; what it does alone comes first under each."""
    scenario = model.world.scenario
    rows = list(_options(model, country, choices))
    order = [PLANNED, *(_toward(scenario, code) for code in (*scenario.countries, *scenario.externals)), SEVERAL, HOME]
    return sorted(rows, key=lambda row: (order.index(row["group"]), row["joint"]))


def _options(model: Observed, country: str, choices: Iterable[Weighed]) -> Iterator[Row]:
    scenario = model.world.scenario
    for each in choices:
        what = model.world.columns[each.decision.column]
        partners = [code for code in each.countries if code != country]
        others = what.to or partners
        group = (PLANNED if each.dated else HOME if not others else
                 SEVERAL if len(others) > 1 else _toward(scenario, others[0]))
        joint = bool(partners) and not each.dated
        yield {"name": each.name, "words": wording.deed(scenario, what), "group": group, "joint": joint,
               "needs": wording.parties(scenario, partners) if joint else "", "choice": each.choice,
               "dated": each.dated}


def _toward(scenario: Scenario, code: str) -> str:
    return f"Toward {wording.party(scenario, code)}"


def debrief(played: Observed) -> Row:
    """What a history played to its end came to, beside the same replicate, with the same draws, as the model alone
    decides in it."""
    scenario = played.world.scenario
    model = DiplomacyModel(played.world, played.replicate, rng=played.ensemble_seed)
    try:
        (ours, ending), (alone, other) = measured(scenario, played.history()), measured(scenario, model.run())
    finally:
        model.release()
    rows = [{"title": outcome.title or name, "played": _words(scenario, outcome.kind, one),
             "alone": _words(scenario, outcome.kind, two)} for (name, outcome), one, two in
            zip(scenario.outcomes.items(), ours[0].tolist(), alone[0].tolist(), strict=True)]
    return {"ending_title": scenario.endings[int(ending[0])].title, "outcomes": rows,
            "alone_title": scenario.endings[int(other[0])].title}


def _words(scenario: Scenario, kind: Kind, value: float) -> str:
    """One history's value of an outcome."""
    if np.isnan(value):
        return "does not apply"
    if kind == "yes_no":
        return "yes" if value else "no"
    if kind == "date":
        return day_in_words(scenario.start + timedelta(days=int(value))) if np.isfinite(value) else "never"
    return numbers_in_words([value])[0]
