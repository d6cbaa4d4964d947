"""What is said of an outcome over all replicates: shares, means, quantiles and their intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from histories import INF, NAN
from sim.outcomes import summarise, wilson


@given(st.integers(1, 20_000), st.floats(0, 1))
def test_wilson_agrees_with_scipy(n: int, share: float) -> None:
    k = round(share * n)
    expected = binomtest(k, n).proportion_ci(method="wilson")
    np.testing.assert_allclose(wilson(k, n), (expected.low, expected.high), atol=1e-12)


def test_wilson_at_the_edges() -> None:
    low, high = wilson([0, 10, 0, 5], [10, 10, 0, 10])
    assert low[0] == 0 < high[0] < 0.5
    assert 0.5 < low[1] < high[1] == 1
    assert (low[2], high[2]) == (0, 1)
    np.testing.assert_allclose(low[3] + high[3], 1)
    n = np.arange(1, 3000)
    assert set(wilson(0, n)[0]) == {0}
    assert set(wilson(n, n)[1]) == {1}


def test_summary_of_yes_or_no() -> None:
    summary = summarise(np.array([1, 0, 0, NAN, 1.0]), "yes_no")
    assert (summary["n"], summary["mean"]) == (4, 0.5)
    assert summary["void"] == pytest.approx(0.2)
    assert (summary["low"], summary["high"]) == pytest.approx([float(x) for x in wilson(2, 4)])
    assert "quantiles" not in summary


def test_summary_of_numbers() -> None:
    values = np.arange(101.0)
    summary = summarise(values, "number")
    assert summary["quantiles"] == {"5": 5, "25": 25, "50": 50, "75": 75, "95": 95}
    half = 1.959964 * values.std(ddof=1) / np.sqrt(101)
    assert (summary["low"], summary["mean"], summary["high"]) == pytest.approx((50 - half, 50, 50 + half))


def test_summary_of_two_numbers_and_of_no_replicates() -> None:
    summary = summarise(np.array([1.0, 3.0]), "number")
    assert (summary["low"], summary["high"]) == pytest.approx((2 - 1.959964, 2 + 1.959964))
    assert summarise(np.empty(0), "number")["void"] == 0


def test_quantiles_of_dates_are_dates_of_replicates() -> None:
    """Of two hundred, the tenth, fiftieth, hundredth and so on."""
    summary = summarise(np.arange(200.0), "date")
    assert summary["quantiles"] == {"5": 9, "25": 49, "50": 99, "75": 149, "95": 189}


def test_summary_of_dates() -> None:
    summary = summarise(np.array([3, 10, INF, INF, 7.0]), "date")
    assert summary["reached"] == 0.6
    assert (summary["low"], summary["high"]) == pytest.approx([float(x) for x in wilson(3, 5)])
    assert summary["quantiles"] == {"5": 3, "25": 7, "50": 10, "75": None, "95": None}


@pytest.mark.parametrize("kind", ["yes_no", "number", "date"])
def test_summary_of_nothing(kind: Any) -> None:
    summary = summarise(np.full(3, NAN), kind)
    assert (summary["n"], summary["void"]) == (0, 1)
    assert summary["reached" if kind == "date" else "mean"] is None
    one = summarise(np.array([1.0]), kind)
    assert one["reached" if kind == "date" else "mean"] == 1
