"""Fitted values: numbers that calibration found in the record, which other entries take by name."""

from __future__ import annotations

from pydantic import Field

from sim.catalog.base import Number, Sourced, Whole
from sim.quantity import Real


class Fitted(Sourced):
    """A number with its uncertainty. Wherever a file takes a number, `{fitted: NAME}` stands for the value."""

    value: Real
    error: Number | None = Field(None, ge=0, description="Standard error of the fit alone, before any widening")
    n: Whole = Field(ge=0, description="Observations that the fit saw")
    method: str = Field(min_length=1)
    data: dict[str, str] = Field({}, description="Files of the record that were used, and the start of their SHA-256")
