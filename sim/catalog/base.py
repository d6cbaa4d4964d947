"""What every entry of the catalogue shares."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


class Entry(BaseModel):
    """A part of a file: unknown keys are errors, nothing changes after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


#: Numbers that are written as numbers: `true` and "3" are none.
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True)]


def _listed(raw: Any) -> Any:
    return [raw] if isinstance(raw, str) else raw


Names = Annotated[tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...])]


class Sourced(Entry):
    """An entry that says where its numbers come from.

    A source is an article row (`A047`), a file of the record (`record/exercises.csv`), a key of
    `sources.yaml` (a publication) or `judgement`.
    """

    source: Names = Field(min_length=1, description="Article rows, record files, publications or 'judgement'")
    note: str = Field("", description="Anything a reader of the number should know")


def _calendar_date(raw: Any) -> date:
    """A date; the reader hands over dates and strings such as 2025-07-14."""
    if isinstance(raw, datetime):
        raw = raw.date()
    if isinstance(raw, str):
        try:
            raw = date.fromisoformat(raw)
        except ValueError:
            raise PydanticCustomError("date", "{raw} is not a date such as 2025-07-14", {"raw": repr(raw)}) from None
    if not isinstance(raw, date):
        raise PydanticCustomError("date", "{raw} is not a date such as 2025-07-14", {"raw": repr(raw)})
    if not 1946 <= raw.year <= 2199:
        raise PydanticCustomError("date", "{raw} is outside the years 1946 to 2199", {"raw": raw.isoformat()})
    return raw


Day = Annotated[date, BeforeValidator(_calendar_date, json_schema_input_type=str)]
