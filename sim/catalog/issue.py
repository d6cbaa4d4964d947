"""Issues, actions, cues, flags and externals: what there is to want and to do."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.catalog.base import Entry, Names, Number, Sourced
from sim.quantity import Positive, Quantity, Signed

Shift = Annotated[Number, Field(ge=-1, le=1)]


class Issue(Sourced):
    """A policy dimension from -1 (`low`) to +1 (`high`)."""

    name: str
    low: str = Field(description="What -1 means")
    high: str = Field(description="What +1 means")
    status_quo: Signed = Field(description="Where the issue stands at the start, in [-1, 1]")
    half_life: Positive = Field(Quantity(mean=26), description="Weeks in which a deviation from the baseline halves")


#: A code of two to four digits below one of the twenty roots.
Cameo = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-9]|20)[0-9]{0,2}$")]


class Cooperation(Entry):
    """What the parties of a joint action do to each other, where that differs from what they do to its targets."""

    cameo: Cameo
    goldstein: Number = Field(ge=-10, le=10)


class Action(Sourced):
    """Something a country does, to targets or at home. Its CAMEO root decides whether it is verbal or material."""

    name: str
    cameo: Cameo = Field(description="CAMEO code of what is done to the targets")
    plover: str = Field(description="PLOVER class")
    goldstein: Number = Field(ge=-10, le=10, description="Goldstein score of what is done to the targets")
    among: Cooperation | None = Field(None, description="For a joint action: what the parties do to each other")
    tags: Names = Field((), description="Words by which mechanisms and outcomes select actions")
    ritual: bool = Field(False, description="Leaves no trace in conduct")
    binding: bool = Field(False, description="Shifts move the issue's baseline too")
    shifts: dict[str, Shift] = Field({}, description="How far the action moves the status quo of issues")
    concedes: Number = Field(0, ge=0, le=5, description="Concession by each actor to each target, in ledger units")
    approval: Shift = Field(0, description="Change of each actor's approval at home")
    vacates: bool = Field(False, description="The actor's leader announces that he or she will go, or is removed")

    @property
    def verbal(self) -> bool:
        """CAMEO roots 01–05 and 10–14 are words, the others deeds."""
        return is_verbal(self.cameo)

    def words(self, name: str) -> frozenset[str]:
        """All words by which the action is selected: its own name, its tags, and what its fields imply."""
        implied = {word for word in ("ritual", "binding") if getattr(self, word)}
        return frozenset({name, *self.tags, *implied})


def is_verbal(cameo: str) -> bool:
    """CAMEO roots 01–05 and 10–14 are words, the others deeds."""
    return int(cameo[:2]) in {1, 2, 3, 4, 5, 10, 11, 12, 13, 14}


class Select(Entry):
    """Selects occurrences: all conditions given must hold; none given selects everything."""

    action: Names = Field((), description="Any of these actions or tags")
    by: Names = Field((), description="Any of these countries or externals takes part")
    to: Names = Field((), description="Any of these countries is a target")
    event: Names = Field((), description="Any of these events")


class Cue(Sourced):
    """A decayed trace in [0, 1] that occurrences leave and mechanisms react to."""

    name: str
    left_by: tuple[Select, ...] = Field(min_length=1, description="Occurrences that leave the trace")
    half_life: Positive = Field(description="Weeks in which the trace halves")
    size: Number = Field(1, gt=0, le=1, description="What one occurrence adds; the trace is cut at 1")


class Flag(Sourced):
    """Something that is or is not so, in every replicate: a coalition holds, a pact is in force."""

    name: str
    start: bool = False
    set_by: tuple[Select, ...] = ()
    cleared_by: tuple[Select, ...] = ()


class Source(Entry):
    """A publication that numbers are taken from, or a scale by which we judge."""

    citation: str = Field(min_length=3)
    note: str = ""


class External(Sourced):
    """A named body without stances that acts through events: a court, the Games, a parliament, a third country."""

    name: str
    cameo: str = Field("", pattern=r"^([A-Z]{3}){1,4}$", description="CAMEO code of the actor, such as KORJUD; in "
                                                                     "exported event data it is nobody where absent")
