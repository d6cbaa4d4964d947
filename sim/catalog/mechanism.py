"""Mechanisms and theories: named causes, and how much each school of thought believes in them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sim.catalog.base import Entry, Names, Number, Sourced, Whole
from sim.catalog.issue import Select
from sim.quantity import Days, Positive, Real

Pair = Annotated[tuple[str, ...], Field(min_length=2, max_length=2)]


class Feature(Entry):
    """One quantity of the situation, in [-1, 1] (or [0, 1] where it is a presence). Exactly one key names it."""

    cue: str | None = Field(None, description="Trace of a cue, in [0, 1]")
    status_quo: str | None = Field(None, description="Where an issue stands")
    gap: str | None = Field(None, description="Issue on which the stances of `between` differ: (first - second) / 2")
    between: Pair | None = None
    approval: str | None = Field(None, description="A country's government's approval")
    mandate: str | None = Field(None, description="A country's government's strength in parliament")
    conduct: Pair | None = Field(None, description="[from, to]: deviation from the dyad's usual conduct")
    memory: Literal["fast", "slow"] = "slow"
    kind: Literal["verbal", "material", "both"] = "both"
    ledger: Pair | None = Field(None, description="[giver, receiver]: concessions minus returns")
    clock: str | None = Field(None, description="Event whose date is near, in [0, 1]")
    before: Whole = Field(0, ge=0, le=260, description="Weeks before the event at which the clock starts to rise")
    after: Whole = Field(0, ge=0, le=260, description="Weeks after the event at which the clock has run out")
    under_way: Names | None = Field(None, description="One of these actions, tags or events is under way")
    capability: Pair | None = Field(None, description="(first - second) / (first + second)")
    leader: str | None = Field(None, description="This leader is in office")
    flag: str | None = Field(None, description="This flag is set")

    @model_validator(mode="after")
    def _names_one(self) -> Feature:
        kinds = ("cue", "status_quo", "gap", "approval", "mandate", "conduct", "ledger", "clock", "under_way",
                 "capability", "leader", "flag")
        named = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(named) != 1:
            raise PydanticCustomError("feature", "a feature has exactly one of {kinds}; found {found}",
                                      {"kinds": ", ".join(kinds), "found": " and ".join(named) or "none"})
        if (self.gap is None) != (self.between is None):
            raise PydanticCustomError("feature", "`gap` and `between` go together")
        return self


class Gate(Feature):
    """A feature as a factor in [0, 1]; one that runs from -1 to 1 enters as (1 + x) / 2."""

    inverted: bool = Field(False, description="1 minus the factor")


class Move(Select):
    """The options a mechanism moves, and which way."""

    weight: Number = Field(1, ge=-1, le=1, description="Share of the strength, negative where it makes rarer")

    @model_validator(mode="after")
    def _options_only(self) -> Move:
        if self.event:
            raise PydanticCustomError("move", "mechanisms move options, and alternatives of dated actions by their "
                                      "`action`, but no event {name}", {"name": self.event[0]})
        return self


class Mechanism(Sourced):
    """A named cause: features of the situation move the log-odds of some options."""

    name: str
    family: str
    strength: Real = Field(description="Log-odds at a feature of 1")
    moves: tuple[Move, ...] = Field(min_length=1)
    feature: Feature | None = Field(None, description="For the response family: what is responded to")
    when: tuple[Gate, ...] = Field((), max_length=2)
    lag: Days | None = Field(None, description="Days from the cue's trigger to the reaction")
    theory: str = Field(min_length=3, description="The argument, and whose it is")
    evidence: str = Field(min_length=3, description="What evidence says about it")
    memory: Literal["fast", "slow"] = "slow"
    kind: Literal["verbal", "material", "both"] = "both"
    fear: Literal["abandonment", "entrapment"] = "abandonment"
    toward: Literal["patron", "fellow"] = "patron"


class Theory(Sourced):
    """A set of weights on mechanism families; a family not named has weight 1."""

    name: str
    weights: dict[str, Annotated[Number, Field(ge=0, le=3)]]


class Memory(Sourced):
    """How long things are remembered: half-lives in weeks. `tempo` is that of each country's activity level."""

    conduct_fast: Positive
    conduct_slow: Positive
    ledger: Positive
    approval: Positive
    stance: Positive
    tempo: Positive
