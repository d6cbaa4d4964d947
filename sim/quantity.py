"""Numbers with a spread: wherever a file takes a number it also takes a distribution."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from scipy.special import betainc, betaincinv, ndtr, ndtri

from sim.arrays import Array

#: Shapes a number may take in a file, as sets of keys.
SHAPES = (frozenset({"mean", "sd"}), frozenset({"low", "high"}), frozenset({"mode", "low", "high"}))
#: Points at which the quantile function of a rate is tabulated; between them it is interpolated.
TABLE = 1025
#: The largest number that a file may give, so that sums and products of such stay within single precision; and the
#: longest time in days, a century.
MOST, CENTURY = 1e9, 36_525


class Quantity(BaseModel):
    """A number, or a distribution that every replicate draws its own number from.

    Written as `0.5`, `{mean, sd}` (normal, cut at the bounds), `{low, high}` (uniform) or
    `{mode, low, high}` (triangular); in place of `{fitted: NAME}` stands what calibration found.
    `floor` and `ceiling` are the bounds that the field sets; a `{mean, sd}` between 0 and 1 that is
    a `rate` is a beta distribution, so that its mean is kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: float | None = None
    sd: float | None = None
    mode: float | None = None
    low: float | None = None
    high: float | None = None
    floor: float = -math.inf
    ceiling: float = math.inf
    rate: bool = False

    @property
    def fixed(self) -> bool:
        """True when every replicate has the same value."""
        return self.sd is None and self.low is None

    def always(self, value: float) -> bool:
        """True when every replicate has this very value."""
        return self.fixed and self.centre == value

    @property
    def centre(self) -> float:
        """The mean of the distribution as written (before it is cut at the bounds)."""
        if self.mean is not None:
            return self.mean
        assert self.low is not None and self.high is not None
        if self.mode is not None:
            return (self.low + self.mode + self.high) / 3
        return (self.low + self.high) / 2

    def ppf(self, u: Array) -> Array:
        """The value below which a share `u` (any shape, in (0, 1)) of the replicates lies."""
        if self.fixed:
            return np.full_like(u, self.centre)
        if self.sd is not None:
            return self._beta(u) if self.rate else self._normal(u)
        assert self.low is not None and self.high is not None
        width = self.high - self.low
        if self.mode is None:
            return self.low + width * u
        if width == 0:
            return np.full_like(u, self.low)
        turn = (self.mode - self.low) / width
        rising = self.low + np.sqrt(u * width * (self.mode - self.low))
        falling = self.high - np.sqrt((1 - u) * width * (self.high - self.mode))
        return np.where(u < turn, rising, falling)

    def _normal(self, u: Array) -> Array:
        assert self.mean is not None and self.sd is not None
        low, high = ndtr((self.floor - self.mean) / self.sd), ndtr((self.ceiling - self.mean) / self.sd)
        value = self.mean + self.sd * ndtri(low + u * (high - low))
        return np.clip(value, self.floor, self.ceiling)

    def _beta(self, u: Array) -> Array:
        assert self.mean is not None and self.sd is not None
        table, steps = _beta_table(self.mean, self.sd)
        at = u * (TABLE - 1)
        below = np.minimum(at.astype(np.intp), TABLE - 2)
        return table[below] + (at - below) * steps[below]


@lru_cache(maxsize=4096)
def _beta_table(mean: float, sd: float) -> tuple[Array, Array]:
    """Quantiles of the beta distribution with this mean and standard deviation, at TABLE even points, and the steps
    from each to the next."""
    size = mean * (1 - mean) / sd**2 - 1
    a, b = mean * size, (1 - mean) * size
    table = betaincinv(a, b, np.linspace(0, 1, TABLE))
    # The last segment ends where its mean is that of the tail which it stands for, not at the far end of the tail.
    tail = (TABLE - 1) * mean * (1 - betainc(a + 1, b, table[-2]))
    table[-1] = np.clip(2 * tail - table[-2], table[-2], 1)
    # The mean of the straight segments between the points is to be the mean asked for.
    table *= mean / ((table[:-1] + table[1:]).mean() / 2)
    table = np.minimum(table, 1)
    return table, np.diff(table)


class Bounds:
    """Field annotation: parses a number or a distribution into a `Quantity` within bounds."""

    def __init__(self, floor: float = -math.inf, ceiling: float = math.inf, rate: bool = False):
        self.floor, self.ceiling, self.rate = floor, ceiling, rate

    def parse(self, raw: Any) -> Quantity:
        if isinstance(raw, Quantity):
            return raw
        if _is_number(raw):
            values = {"mean": float(raw)}
        elif isinstance(raw, dict) and frozenset(raw) in SHAPES:
            values = dict(raw)
            for key, value in values.items():
                if not _is_number(value):
                    raise PydanticCustomError("quantity", "{key} is {value}, not a number",
                                              {"key": key, "value": repr(value)})
        else:
            raise PydanticCustomError(
                "quantity", "{raw} is neither a number nor {mean, sd}, {low, high} or {mode, low, high}",
                {"raw": _short(raw)})
        self._check({key: float(value) for key, value in values.items()})
        return Quantity(**values, floor=self.floor, ceiling=self.ceiling, rate=self.rate)

    def _check(self, values: dict[str, float]) -> None:
        def fail(message: str) -> None:
            raise PydanticCustomError("quantity", "{why}", {"why": message})

        for key, value in values.items():
            if not math.isfinite(value):
                fail(f"{key} is {value}; a finite number is needed")
            if key != "sd" and not self.floor <= value <= self.ceiling:
                fail(f"{value:g} lies outside {self.floor:g} to {self.ceiling:g}")
        if not 0 < values.get("sd", 1) <= MOST:
            fail(f"sd is {values['sd']:g}; it must be above 0 (a plain number has no spread) and at most {MOST:g}")
        if "low" in values and not values["low"] <= values.get("mode", values["low"]) <= values["high"]:
            fail("low, mode and high must ascend")
        if self.rate and "sd" in values:
            mean, sd = values["mean"], values["sd"]
            if sd**2 >= mean * (1 - mean):
                fail(f"sd {sd:g} is too wide for a rate of {mean:g}; "
                     f"it must be below {math.sqrt(max(mean * (1 - mean), 0)):.3g}")

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.parse, serialization=core_schema.plain_serializer_function_ser_schema(written))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        number: dict[str, Any] = {"type": "number"}
        if math.isfinite(self.floor):
            number["minimum"] = self.floor
        if math.isfinite(self.ceiling):
            number["maximum"] = self.ceiling
        shapes = [{"type": "object", "additionalProperties": False, "required": sorted(shape),
                   "properties": {key: {"type": "number"} if key == "sd" else number for key in sorted(shape)}}
                  for shape in SHAPES]
        fitted = {"type": "object", "additionalProperties": False, "required": ["fitted"],
                  "properties": {"fitted": {"type": "string"}}}
        return {"anyOf": [number, *shapes, fitted]}


def written(quantity: Quantity) -> float | dict[str, float]:
    """The quantity as a file would write it."""
    if quantity.fixed:
        return quantity.centre
    return {key: value for key in ("mean", "sd", "mode", "low", "high")
            if (value := getattr(quantity, key)) is not None}


def _is_number(raw: Any) -> bool:
    return isinstance(raw, int | float) and not isinstance(raw, bool)


def _short(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else text[:57] + "…"


Real = Annotated[Quantity, Bounds(floor=-MOST, ceiling=MOST)]
Positive = Annotated[Quantity, Bounds(floor=0, ceiling=MOST)]
Days = Annotated[Quantity, Bounds(floor=0, ceiling=CENTURY)]
Unit = Annotated[Quantity, Bounds(floor=0, ceiling=1)]
Signed = Annotated[Quantity, Bounds(floor=-1, ceiling=1)]
Rate = Annotated[Quantity, Bounds(floor=0, ceiling=1, rate=True)]
