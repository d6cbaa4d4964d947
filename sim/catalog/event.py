"""Events: what the calendar or chance brings, and elections."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from sim.catalog.base import Day, Entry, Names, Number, Sourced, Whole
from sim.catalog.option import Base
from sim.quantity import Days, Positive, Quantity, Rate, Real, Unit


class Window(Entry):
    """A date that is only known to lie between two days; a plain date is a window of one day."""

    low: Day
    high: Day

    @model_validator(mode="after")
    def _ascends(self) -> Window:
        if self.low > self.high:
            raise PydanticCustomError("window", "low ({low}) is after high ({high})",
                                      {"low": self.low.isoformat(), "high": self.high.isoformat()})
        return self


def _window(raw: Any) -> Any:
    return raw if isinstance(raw, dict | Window) else {"low": raw, "high": raw}


When = Annotated[Window, BeforeValidator(_window, json_schema_input_type=str | Window)]


class Yearly(Entry):
    """Every year on a date (`month`, `day`) or on the nth weekday of a month (1 Monday … 7 Sunday)."""

    month: Whole = Field(ge=1, le=12)
    day: int | None = Field(None, ge=1, le=31)
    weekday: int | None = Field(None, ge=1, le=7)
    nth: Whole = Field(1, ge=1, le=4)
    jitter: Days = Field(Quantity(mean=0), description="Days it may come later, drawn for each year")

    @model_validator(mode="after")
    def _one_way(self) -> Yearly:
        if (self.day is None) == (self.weekday is None):
            raise PydanticCustomError("yearly", "a yearly rule has either day or weekday (with nth)")
        return self


class Cadence(Entry):
    """Again and again, at drawn intervals."""

    first: When
    every: Days = Field(description="Days from one to the next, at least 7")


class Alternative(Entry):
    """One way of deciding a dated action, instead of holding it as planned."""

    rate: Rate = Field(description="Probability at the base")
    announces: str = Field(description="Action by which the decision is made known")
    holds: bool = Field(description="Whether the dated action still takes place")
    size: Unit = Field(Quantity(mean=1), description="Share of it that takes place")
    delay: Days = Field(Quantity(mean=0), description="Days by which it is put off")


class Decision(Sourced):
    """A dated action is decided once, at a stated lead; holding it is the reference alternative."""

    lead: Whole = Field(2, ge=1, le=26, description="Weeks before the date at which the parties decide")
    reference_class: str = Field(min_length=3)
    alternatives: dict[str, Alternative] = Field(min_length=1)


class PartyPoll(Entry):
    """What the polls expect for a party."""

    seats: Real = Field(description="Seats expected; its spread is this party's own polling error")
    coalition: bool = Field(False, description="Belongs to the governing coalition")


class Election(Sourced):
    """Returns seats per party under a common and a party polling error."""

    country: str
    contested: Whole = Field(ge=1, le=3000)
    needed: Whole = Field(ge=0, le=3000, description="Seats that the coalition needs to keep its majority")
    parties: dict[str, PartyPoll] = Field(min_length=2)
    common_error: Positive = Field(description="Standard deviation, in seats, of the coalition's common polling error")
    mandate: Number = Field(10, gt=0, description="Seats above or below `needed` that make a strong or weak mandate")
    approval: Annotated[Number, Field(ge=0, le=1)] = Field(0.2, description="Change of approval at a full swing")

    @model_validator(mode="after")
    def _possible(self) -> Election:
        seats = {name: party.seats.centre for name, party in self.parties.items()}
        for name, expected in seats.items():
            if not 0 <= expected <= self.contested:
                raise PydanticCustomError("poll", "impossible poll: {name} expects {seats} of {contested} seats",
                                          {"name": name, "seats": f"{expected:g}", "contested": self.contested})
        if abs(sum(seats.values()) - self.contested) > 0.05 * self.contested:
            raise PydanticCustomError("poll", "impossible poll: the parties' seats add up to {total}, not {contested}",
                                      {"total": f"{sum(seats.values()):g}", "contested": self.contested})
        if self.needed > self.contested:
            raise PydanticCustomError("poll", "needed ({needed}) is more than the {contested} seats contested",
                                      {"needed": self.needed, "contested": self.contested})
        if not 0 < sum(party.coalition for party in self.parties.values()) < len(self.parties):
            raise PydanticCustomError("poll", "an election needs a coalition party and another one")
        return self


class Event(Sourced):
    """Something that happens on a date, by a rule, at a cadence or by chance.

    It carries out an `action` (by countries or an external), or is an `election`, or is just a date
    that clocks refer to. Before the scenario's start it has just happened: it sets the starting
    cues, conduct and status quo.
    """

    name: str
    action: str = ""
    by: Names = ()
    to: Names = ()
    on: When | None = Field(None, description="Once, on a date or within a window")
    yearly: Yearly | None = None
    cadence: Cadence | None = None
    chance: Base | None = Field(None, description="Probability per week")
    days: Days = Field(Quantity(mean=1), description="How many days it lasts (rounded, at least 1)")
    stances: dict[str, dict[str, Annotated[Number, Field(ge=-2, le=2)]]] = Field(
        {}, description="By country and issue: how far it moves the stance, which then relaxes to its anchor")
    decision: Decision | None = None
    election: Election | None = None

    @property
    def only_a_date(self) -> bool:
        """Whether it does nothing itself; clocks and windows may refer to it."""
        return not (self.action or self.election or self.stances)

    @model_validator(mode="after")
    def _one_timing(self) -> Event:
        timings = [key for key in ("on", "yearly", "cadence", "chance") if getattr(self, key) is not None]
        if len(timings) != 1:
            found = " and ".join(timings) or "none"
            raise PydanticCustomError("event", "an event has one of on, yearly, cadence, chance; found {found}",
                                      {"found": found})
        if self.decision and not self.action:
            raise PydanticCustomError("event", "a decision needs an action to decide about")
        if self.election and self.action:
            raise PydanticCustomError("event", "an election is no action; give one of the two")
        if self.action and not self.by:
            raise PydanticCustomError("event", "an action needs somebody who does it (by)")
        return self
