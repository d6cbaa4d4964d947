"""What calibration finds: one number, how uncertain it is, and how it was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sim.quantity import Quantity

#: Significant digits that are written.
DIGITS = 3


class Estimate(NamedTuple):
    """A number found: as entries take it, and how."""

    name: str
    title: str
    value: Quantity
    error: float | None  # of the fit alone
    n: int
    method: str
    note: str
    source: tuple[str, ...]
    data: Mapping[str, str]
    shipped: Quantity  # what the world has now
    judged: Quantity | None = None  # what was thought before the record was asked


def rounded(quantity: Quantity) -> Quantity:
    """The quantity with as many digits as are written."""
    return quantity.model_copy(update={key: digits(value) for key, value in quantity.model_dump().items()
                                       if key in ("mean", "sd", "mode", "low", "high") and value is not None})


def digits(value: float) -> float:
    """A number with as many digits as are written."""
    return float(f"{value:.{DIGITS}g}")
