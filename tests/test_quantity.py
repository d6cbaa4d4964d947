"""Quantities: every form of a number, its bounds and its mean."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy.stats import beta

from sim.draws import Draws
from sim.inputs import Inputs
from sim.quantity import Days, Positive, Quantity, Rate, Real, Signed, Unit, written

EVEN = (np.arange(20_000) + 0.5) / 20_000
KINDS: dict[str, Any] = {"real": Real, "positive": Positive, "days": Days, "unit": Unit, "signed": Signed, "rate": Rate}
FORMS = [0.25, {"mean": 0.25, "sd": 0.1}, {"low": 0.1, "high": 0.6}, {"mode": 0.2, "low": 0.1, "high": 0.6},
         {"mode": 0.1, "low": 0.1, "high": 0.6}, {"mode": 0.6, "low": 0.1, "high": 0.6}, {"low": 0.3, "high": 0.3},
         {"mode": 0.3, "low": 0.3, "high": 0.3}]


def parse(kind: str, raw: Any) -> Quantity:
    return TypeAdapter(KINDS[kind]).validate_python(raw)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("raw", FORMS, ids=json.dumps)
def test_a_quantity_rises_within_its_range_and_is_written_as_it_was_read(kind: str, raw: Any) -> None:
    quantity = parse(kind, raw)
    values = quantity.ppf(EVEN)
    assert (np.diff(values) >= 0).all()
    assert values.min() >= max(quantity.floor, quantity.low if quantity.low is not None else -math.inf)
    assert values.max() <= min(quantity.ceiling, quantity.high if quantity.high is not None else math.inf)
    assert written(quantity) == raw
    assert parse(kind, written(quantity)) == quantity
    assert quantity.fixed == isinstance(raw, float)


@pytest.mark.parametrize("raw", FORMS, ids=json.dumps)
def test_where_no_bound_cuts_the_mean_is_the_centre(raw: Any) -> None:
    quantity = parse("real", raw)
    assert quantity.ppf(EVEN).mean() == pytest.approx(quantity.centre, rel=1e-3)


def test_a_normal_has_its_standard_deviation_and_a_triangle_its_mode() -> None:
    assert parse("real", {"mean": 3, "sd": 2}).ppf(EVEN).std() == pytest.approx(2, rel=1e-3)
    values = parse("real", {"mode": 2, "low": 0, "high": 10}).ppf(EVEN)
    assert (values < 2).mean() == pytest.approx(0.2, abs=1e-3)
    assert np.histogram(values, bins=10, range=(0, 10))[0].argmax() in (1, 2)


@given(st.floats(0.0005, 0.9995), st.floats(0.05, 0.9))
def test_a_drawn_rate_keeps_its_mean(mean: float, spread: float) -> None:
    """On the probability scale, from very rare to nearly certain, and however wide the spread."""
    quantity = parse("rate", {"mean": mean, "sd": spread * min(mean, math.sqrt(mean * (1 - mean)))})
    values = quantity.ppf(EVEN)
    assert values.min() >= 0
    assert values.max() <= 1
    assert values.mean() == pytest.approx(mean, rel=0.005)


@pytest.mark.parametrize(("mean", "spread"), [(0.0006, 0.00048), (0.005, 0.004), (0.3, 0.1)])
def test_a_drawn_rate_has_the_quantiles_of_its_beta_distribution(mean: float, spread: float) -> None:
    """Not only its mean: a tail drawn out to 1 would take from every other replicate what it gives to a few."""
    size = mean * (1 - mean) / spread**2 - 1
    at = np.array([0.05, 0.5, 0.95, 0.999])
    assert parse("rate", {"mean": mean, "sd": spread}).ppf(at) == pytest.approx(
        beta.ppf(at, mean * size, (1 - mean) * size), rel=0.01)
    assert parse("rate", {"mean": mean, "sd": spread}).ppf(np.array([1 - 2**-33]))[0] < mean + 12 * spread


@pytest.mark.parametrize(("kind", "raw", "message"), [
    ("real", "many", "neither a number nor"), ("real", True, "neither a number nor"), ("real", None, "neither a"),
    ("real", {"mean": 1}, "neither a number nor"), ("real", {"mean": 1, "low": 0}, "neither a number nor"),
    ("real", {"mean": "one", "sd": 1}, "mean is 'one', not a number"), ("real", math.nan, "a finite number is needed"),
    ("real", math.inf, "a finite number is needed"), ("real", {"mean": 0, "sd": 0}, "it must be above 0"),
    ("real", {"mean": 0, "sd": -1}, "it must be above 0"), ("real", {"low": 2, "high": 1}, "must ascend"),
    ("real", {"mode": 3, "low": 0, "high": 1}, "must ascend"), ("positive", -1, "lies outside 0 to 1e\\+09"),
    ("real", -1e10, "-1e\\+10 lies outside -1e\\+09 to 1e\\+09"), ("days", 1e300, "lies outside 0 to 36525"),
    ("real", {"mean": 0, "sd": 1e300}, "at most 1e\\+09"),
    ("unit", 1.5, "lies outside 0 to 1"), ("signed", {"low": -2, "high": 0}, "lies outside -1 to 1"),
    ("rate", {"mean": 0.5, "sd": 0.5}, "too wide for a rate of 0.5"), ("rate", {"mean": 0, "sd": 0.1}, "too wide"),
])
def test_what_is_no_quantity_is_refused(kind: str, raw: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        parse(kind, raw)


def test_a_cut_normal_stays_within_bounds_far_in_the_tail() -> None:
    values = parse("unit", {"mean": 0.02, "sd": 0.3}).ppf(np.array([1e-9, 0.5, 1 - 1e-9]))
    assert 0 <= values[0] < values[1] < values[2] <= 1


def test_only_a_plain_number_is_always_the_same() -> None:
    assert parse("real", 1).always(1)
    assert not parse("real", 1).always(2)
    assert not parse("real", {"mean": 1, "sd": 1}).always(1)


def test_inputs_are_drawn_by_path() -> None:
    """The same path is one number; its draws do not depend on what else is in the table."""
    spread, other = parse("unit", {"low": 0, "high": 1}), parse("real", {"mean": 5, "sd": 1})
    inputs, more = Inputs(), Inputs()
    assert [inputs.add("a", spread), inputs.add("b", parse("real", 3)), inputs.add("a", spread)] == [0, 1, 0]
    for path, quantity in (("c", other), ("a", spread)):
        more.add(path, quantity)
    draws = Draws(1, 0, range(50))
    values = inputs.draw(draws)
    assert inputs.drawn == [0]
    assert (values[1] == 3).all()
    assert np.array_equal(values[0], more.draw(draws)[1])
    assert len(np.unique(values[0])) == 50
