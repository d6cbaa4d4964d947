"""Options: what each country can do to whom in a week, how often it does, and what hinders it."""

from __future__ import annotations

from pydantic import Field

from sim.catalog.base import Names, Number, Sourced, Whole
from sim.quantity import Days, Quantity, Rate, Unit


class Base(Sourced):
    """A base rate: the probability per week (or per decision) in the population and window it was counted in."""

    rate: Rate
    reference_class: str = Field(min_length=3, description="Of what, counted where and when")
    at: dict[str, Number] = Field({}, description="Mean over that window of features that were not at their default "
                                                 "reference, by mechanism name")


class Option(Sourced):
    """What a country may do every week: one action, by one country or several together, to some targets."""

    action: str
    by: Names = Field(min_length=1, description="One country, or all parties of a joint action")
    to: Names = Field((), description="Targets; none for an act at home")
    base: Base
    choice: str = Field("", description="Options of one choice exclude each other within a week")
    needs: Names = Field((), description="Flags or leaders without which the option does not exist")
    excludes: Names = Field((), description="Flags or leaders that rule it out")
    at_most_every: Whole = Field(1, ge=1, le=520, description="Weeks from one occurrence to the next at the earliest")
    days: Days = Field(Quantity(mean=1), description="Days in the week on which it happens (rounded, at least 1)")
    size: Unit = Field(Quantity(mean=1), description="Size or share, where the action has one")
