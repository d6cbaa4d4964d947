"""Countries: what a government wants, what it can do, who leads it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from sim.catalog.base import Entry, Names, Number, Sourced
from sim.quantity import Days, Positive, Quantity, Real, Signed, Unit


class Stance(Sourced):
    """A government's ideal point on an issue, how much it cares, and where its public stands."""

    ideal: Signed = Field(description="Ideal point in [-1, 1]")
    salience: Unit = Field(description="How much the issue matters to the government, in [0, 1]")
    public: Signed | None = Field(None, description="Ideal point of the public; the government's where absent")


class Anchor(Sourced):
    """How far a leader pulls a stance away from the country's own."""

    ideal: Signed = Field(description="The stance's anchor while this leader governs")


class Leader(Sourced):
    """Who governs, or may come to. Brings anchors for stances and an approval to begin with."""

    name: str
    party: str = ""
    approval: Signed = Field(Quantity(mean=0), description="Approval at the start of the term, in [-1, 1]")
    anchors: dict[str, Anchor] = {}
    scales: dict[str, Positive] = Field({}, description="Factor on the strength of a mechanism family while in office")


class Succession(Sourced):
    """What follows once the leader's going is announced: a caretaker until the successor takes office."""

    choose: Days = Field(description="Days from the announcement to the choice of a successor")
    take_office: Days = Field(description="Days from the choice to taking office")
    chosen: str = Field("successor_chosen", description="Action that stands for the choice")
    taken: str = Field("takes_office", description="Action that stands for taking office")
    successors: dict[str, Annotated[Number, Field(ge=0)]] = Field(
        min_length=1, description="Leaders who may follow, with weights")

    @field_validator("successors")
    @classmethod
    def _somebody(cls, successors: dict[str, float]) -> dict[str, float]:
        if not any(successors.values()):
            raise PydanticCustomError("successors", "every successor has weight 0, so nobody can follow")
        return successors


class Coalition(Sourced):
    """The governing coalition; a flag says whether it still holds."""

    parties: Names = Field(min_length=1)
    flag: str


class Alliance(Sourced):
    """A defence pact with another country."""

    strength: Unit = Field(description="How far the pact commits the partner to defend this country, in [0, 1]")


class Measured(Sourced):
    """A single sourced value in [0, 1]."""

    value: Unit


class Ledger(Sourced):
    """Concessions that this country made to another minus what it got back, at the start."""

    balance: Real = Field(description="In ledger units; negative when this country owes")


class Level(Entry):
    """Goldstein points a week: the mean, and how far the fast memory strays from it."""

    mean: Number
    spread: Number = Field(gt=0)


class Usual(Sourced):
    """How one country usually treats another: what conduct is measured against."""

    by: str
    to: str
    verbal: Level
    material: Level


class Country(Sourced):
    """A Mesa agent's file."""

    name: str
    short: str = Field("", description="Its name where there is little room; its full name where absent")
    colour: str = Field("#666666", pattern=r"^#[0-9A-Fa-f]{6}$", description="Its colour in every figure")
    capability: Measured = Field(description="Share of the world's material capabilities (CINC)")
    accountability: Measured = Field(description="How far the government answers to its public, in [0, 1]")
    mandate: Signed = Field(Quantity(mean=0), description="Strength of the government in parliament, in [-1, 1]")
    tempo: Real = Field(Quantity(mean=0, sd=1), description="Activity at the start; as in any year where absent")
    stances: dict[str, Stance]
    leader: str = Field(description="Who governs at the start")
    leaders: dict[str, Leader] = Field(min_length=1)
    succession: Succession | None = None
    coalition: Coalition | None = None
    alliances: dict[str, Alliance] = {}
    proximity: dict[str, Measured] = Field({}, description="How near other countries are, 1 for neighbours")
    ledgers: dict[str, Ledger] = {}
    influence: dict[str, Measured] = Field({}, description="Weekly pull of partners' stances on this country's")
