"""Domestic politics: elections return seats, leaders go and are followed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from benchmarks.reference.chance import again, number
from benchmarks.reference.country import NEVER, Country

if TYPE_CHECKING:
    from benchmarks.reference.model import Diplomacy
    from benchmarks.reference.plan import Deed

#: What else the variate that made a leader go is used for.
SUCCESSOR, CHOSEN, OFFICE = range(10, 13)


def vote(model: Diplomacy, name: str, label: str) -> None:
    """An election returns seats; a coalition short of what it needs has a weak mandate."""
    election, path = model.plan.events[name].election, f"events.{name}.election"
    expected = {party: min(max(model.draw(f"{path}.parties.{party}.seats", poll.seats), 0.0), election.contested)
                for party, poll in sorted(election.parties.items())}
    ours = {party: seats for party, seats in expected.items() if election.parties[party].coalition}
    error = model.draw(f"{path}.common_error", election.common_error) * model.normal(f"events.{name}/error/{label}")
    total = min(max(round(sum(ours.values()) + error), 0), election.contested)
    theirs = {party: seats for party, seats in expected.items() if party not in ours}
    model.seats[name] = {**_shared(ours, total), **_shared(theirs, election.contested - total)}
    margin = math.tanh((total - election.needed) / election.mandate)
    country = model.country[election.country]
    country.mandate = margin
    country.approval = min(max(country.approval + election.approval * margin, -1.0), 1.0)


def _shared(expected: dict[str, float], total: int) -> dict[str, int]:
    """Whole seats in proportion to what was expected."""
    whole = sum(max(seats, 1e-9) for seats in expected.values())
    shared, running, before = {}, 0.0, 0
    for party, seats in expected.items():
        running += max(seats, 1e-9)
        edge = round(running / whole * total)
        shared[party], before = edge - before, edge
    return shared


def announce(model: Diplomacy, country: Country, day: int, uniform: float) -> None:
    """A leader's going is known: who follows, and when. A succession under way is not begun again."""
    succession = country.entry.succession
    if not succession or country.successor:
        return
    weights = {name: weight * (name != country.leader) for name, weight in sorted(succession.successors.items())}
    pick, running = again(uniform, SUCCESSOR) * sum(weights.values()), 0.0
    for country.successor, weight in weights.items():
        running += weight
        if running >= pick:
            break
    chosen = round(day + number(succession.choose, again(uniform, CHOSEN)))
    country.chosen_day = max(chosen, 7 * (model.week + 1))
    office = round(number(succession.take_office, again(uniform, OFFICE)))
    country.office_day = country.chosen_day + max(office, 0)


def succeed(model: Diplomacy) -> None:
    """Successors chosen and taking office this week."""
    sunday = 7 * model.week + 6
    for code, (chosen, taken) in model.plan.steps.items():
        country = model.country[code]
        if country.successor and NEVER < country.chosen_day <= sunday:
            model.occur(chosen, country.chosen_day)
            country.chosen_day = NEVER
        if country.successor and country.office_day <= sunday:
            model.occur(taken, country.office_day)
            country.leader, country.successor = country.successor, ""
            country.approval = country.term_approval[country.leader]


def vacates(model: Diplomacy, deed: Deed) -> bool:
    """Whether a deed makes the leaders go who do it."""
    return bool(deed.action) and model.plan.scenario.actions[deed.action].vacates


def vacate(model: Diplomacy, deed: Deed, day: int, uniform: float) -> None:
    """Announces that they go, if the deed is one that makes them."""
    if vacates(model, deed):
        for code in deed.by:
            if code in model.country:
                announce(model, model.country[code], day, uniform)
