"""Figures: readable, reproducible, true to the numbers. Everything runs over whatever figures there are."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib._pylab_helpers import Gcf

from drawings import outside, overlaps, texts
from ensembles import ENDINGS, OUTCOMES, START, ensemble
from sim.figures import calendar, draw_all, figures, measure, outcomes, render, style
from sim.summary import numbers_in_words


def void(*values: float) -> Any:
    """An ensemble whose outcomes are `values` in turn, alike in all runs; the stances of one country are unknown."""
    found = ensemble(40, 8, outcomes={name: np.full(40, values[place % len(values)])
                                      for place, name in enumerate(OUTCOMES)})
    found.data["stance_counts"][{"country": 1}] = 0
    return found


CASES: dict[str, Callable[[], Any]] = {
    "usual": ensemble, "one replicate, one week": lambda: ensemble(1, 1), "void": lambda: void(np.nan, np.inf),
    "long names, five years": lambda: ensemble(30, 260, wordy=6)}


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Any:
    return CASES[request.param]()


@pytest.fixture(scope="module")
def usual() -> Any:
    return ensemble()


@pytest.mark.parametrize("name", figures())
def test_text_is_readable(name: str, case: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = figures()[name].draw(case)
        assert overlaps(figure) == []
    assert outside(figure) == []
    assert min(float(text.get_fontsize()) for text in texts(figure)) >= 8
    shown = " ".join(text.get_text() for text in texts(figure))
    assert "no forecast" in shown and f"seed {case.seed}" in shown
    assert figure.get_label()


@pytest.mark.parametrize("name", figures())
def test_svg_is_reproducible_text(name: str) -> None:
    given = ensemble(30, 12)
    once, again = figures()[name].draw(given), figures()[name].draw(given)
    svg = render(once, name, "svg")
    assert svg == render(again, name, "svg")
    assert b"<text" in svg and b"no forecast" in svg and b"<dc:date>" not in svg


@pytest.mark.parametrize("name", figures())
def test_every_figure_has_a_table(name: str, case: Any) -> None:
    found = figures()[name].table(case)
    assert len(found) > 0 and len(found.columns) > 2
    assert found.columns.is_unique


def test_png_is_reproducible() -> None:
    once, again = (render(figures()["endings"].draw(ensemble(30, 12)), "endings", "png") for _ in range(2))
    assert once == again and b"Software" not in once


def test_draw_all_writes_both_kinds_and_leaves_matplotlib_alone(usual: Any, tmp_path: Path) -> None:
    before = dict(matplotlib.rcParams)
    written = draw_all(usual, tmp_path)
    assert [path.name for path in written] == [f"{name}.{kind}" for name in figures() for kind in ("png", "svg")]
    assert all(path.stat().st_size > 2000 for path in written)
    assert dict(matplotlib.rcParams) == before and not Gcf.figs


def test_several_svgs_can_stand_on_one_page() -> None:
    given, taken = ensemble(30, 12), set[bytes]()
    for name in ("endings", "stances"):
        svg = render(figures()[name].draw(given), name, "svg")
        ids = set(re.findall(rb' id="([^"]+)"', svg))
        assert not ids & taken
        assert set(re.findall(rb'(?:url\(|href=")#([^")]+)', svg)) <= ids
        taken |= ids


def test_dollars_are_no_mathematics(usual: Any) -> None:
    usual = SimpleNamespace(**vars(usual))
    usual.scenario = SimpleNamespace(**{**vars(usual.scenario), "title": r"A $350bn fund, $\frac{1}$ & <tags> %"})
    svg = render(figures()["endings"].draw(usual), "endings", "svg")
    assert rb"$350bn fund, $\frac{1}$ &amp; &lt;tags&gt; %" in svg


def test_endings_table(usual: Any) -> None:
    found = figures()["endings"].table(usual).set_index("ending")
    assert list(found.index) == [name for name, *_ in ENDINGS]
    for name in found.index:
        assert found.loc[name, "runs"] == (usual.outcomes["ending"] == name).sum()
    assert found["runs"].sum() == usual.replicates
    assert ((found["low"] <= found["share"]) & (found["share"] <= found["high"])).all()
    assert found.loc["clash", "label"] == "fewer than 2 in 100 runs (0 of 200)"


def test_outcomes_table(usual: Any) -> None:
    found = figures()["outcomes"].table(usual).set_index("outcome")
    assert list(found.index) == [name for name, (_, kind, _) in OUTCOMES.items() if kind != "date"]
    column = usual.outcomes["ishiba_out"].dropna()
    assert found.loc["ishiba_out", "runs"] == len(column) < usual.replicates
    assert found.loc["ishiba_out", "share"] == pytest.approx(column.mean())
    assert found.loc["missile_weeks", "p50"] == np.median(usual.outcomes["missile_weeks"])
    high = np.quantile(usual.outcomes["peak_tension"], 0.95)
    assert found.loc["peak_tension", "p95"] == pytest.approx(high, abs=0.05)


@pytest.mark.parametrize(("value", "label"), [(np.nan, "applies in no run"), (np.inf, "reached in none of 40 runs")])
def test_outcomes_that_say_nothing(value: float, label: str) -> None:
    found = figures()["outcomes"].table(void(value)).set_index("outcome")
    assert found.loc["missile_weeks", "label"] == label


@pytest.mark.parametrize(("name", "who"), [("tension", "dyad"), ("status_quo", "issue")])
def test_fans_are_quantiles(name: str, who: str) -> None:
    given = ensemble(150, 6)
    found = figures()[name].table(given)
    assert len(found) == 6 * given.data.sizes[who]
    levels = found.set_index(["week", who])[["p2.5", "p10", "p25", "p50", "p75", "p90", "p97.5"]]
    assert (np.diff(levels.to_numpy()) >= 0).all()
    wide = given.data[name].quantile(list(measure.FAN), "replicate", method="inverted_cdf")
    width = 0.2 if name == "tension" else 0.02
    assert np.abs(levels.to_numpy() - wide.transpose("week", who, "quantile").values.reshape(-1, 7)).max() <= width


def test_stances_and_positions_agree() -> None:
    given = ensemble(150, 6)
    stances, positions = figures()["stances"].table(given), figures()["positions"].table(given)
    assert len(stances) == 6 * 5 * 12 and len(positions) == 6 * 12
    for column, week in (("start", stances["week"].min()), ("end", stances["week"].max())):
        of_week = stances[stances["week"] == week].set_index(["country", "issue"])["p50"]
        both = positions[positions["who"] != "Status quo"].set_index(["who", "issue"])[column]
        assert of_week.loc[both.index].tolist() == both.tolist()
    assert np.allclose(positions["change"], positions["end"] - positions["start"])


def test_unknown_stances_are_left_out() -> None:
    given = void(0.0)
    assert "JPN" not in set(figures()["stances"].table(given)["country"])
    assert "JPN" not in set(figures()["positions"].table(given)["who"])


def test_happened_is_the_cumulative_share(usual: Any) -> None:
    found = figures()["happened"].table(usual)
    assert set(found["outcome"]) == {name for name, (_, kind, _) in OUTCOMES.items() if kind == "date"}
    for name, group in found.groupby("outcome"):
        days = usual.outcomes[name].to_numpy()
        passed = (group["date"] - pd.Timestamp(START)).dt.days.to_numpy()
        assert np.allclose(group["share"], (days[:, None] < passed).mean(axis=0))
        assert group["share"].is_monotonic_increasing
        assert group["share"].iloc[-1] == np.isfinite(days).mean()


def test_calendar(usual: Any) -> None:
    found = calendar.table(usual)
    assert "Strikes on Iran" not in set(found["what"])  # before the start
    shield = found[found["what"] == "Ulchi Freedom Shield"].set_index("week")
    assert list(shield["planned"]) == [date(2025, 8, 18), date(2026, 8, 17)]
    occurred = usual.data["occurred"].sel(column="ulchi_freedom_shield").to_series()
    assert (occurred[occurred > 0] == shield["runs"][shield["runs"] > 0]).all()
    deeds = set(found[found["kind"] == "deed"]["what"])
    name = {code: country.name for code, country in usual.scenario.countries.items()}
    assert deeds == {f"{name['PRK']} → {name['USA']}, {name['KOR']}, {name['JPN']}: ballistic missile test",
                     f"{name['USA']}, {name['JPN']}, {name['KOR']} → {name['PRK']}: trilateral exercise"}


@pytest.mark.parametrize(("yes", "runs", "words"), [
    (27, 100, "27 in 100 runs (19–36)"), (25, 200, "13 in 100 runs (9–18)"), (6100, 10000, "61 in 100 runs (60–62)"),
    (37, 10000, "fewer than 1 in 100 runs (37 of 10,000)"),
    (0, 10000, "fewer than 1 in 100 runs (0 of 10,000)"), (0, 20, "fewer than 17 in 100 runs (0 of 20)"),
    (20, 20, "more than 83 in 100 runs (20 of 20)"), (9990, 10000, "more than 99 in 100 runs (9,990 of 10,000)"),
    (1, 100, "1 in 100 runs (<1–5)"), (99, 100, "99 in 100 runs (95–>99)"), (0, 0, "applies in no run")])
def test_shares_in_words(yes: int, runs: int, words: str) -> None:
    assert measure.in_100(yes, runs) == words


@pytest.mark.parametrize(("value", "text"), [(3.0, "3"), (-0.004, "0.00"), (-2.5, "−2.50"), (12345.6, "12,346"),
                                             (np.inf, "never")])
def test_numbers_in_words(value: float, text: str) -> None:
    assert measure.number(value) == text


def test_large_counts_are_told_without_a_fraction() -> None:
    """A quantile may lie between two runs, which a count does not."""
    made = ensemble(outcomes={"missile_weeks": np.arange(200) % 34})
    found = outcomes.table(made).set_index("outcome").loc["missile_weeks"]
    assert found["p95"] != round(found["p95"]) and "." not in found["label"]
    assert numbers_in_words([4.0, 14.0, 30.05]) == ["4", "14", "30"]
    assert numbers_in_words([0.5, 14.0, 30.0]) == ["0.5", "14.0", "30.0"]


def test_signed_numbers() -> None:
    assert [measure.number(value, sign=True) for value in (0.5, -0.5, -0.001)] == ["+0.50", "−0.50", "0.00"]


def test_spread_keeps_order_and_distance() -> None:
    draws = np.random.default_rng(3)
    for count in (0, 1, 2, 9, 30):
        wanted = draws.uniform(0, 1, count)
        placed = style.spread(wanted, 0.03, 0, 1)
        assert (placed >= -1e-9).all() and (placed <= 1 + 1e-9).all()
        assert (np.diff(placed[np.argsort(wanted, kind="stable")]) >= 0.03 - 1e-9).all()
    assert list(style.spread(np.array([0.2, 0.8]), 0.1, 0, 1)) == [0.2, 0.8]


def test_text_fits() -> None:
    assert style.fit("short", 2) == "short"
    long = style.fit("a sentence with rather more words than there is room for", 1.2, lines=2)
    assert long.count("\n") == 1 and long.endswith("…")
    assert all(style.span(line) <= 1.2 for line in long.split("\n"))
    assert style.span(style.fit("x" * 400, 1)) <= 1


def test_colours_are_readable() -> None:
    assert style.readable("#000000") == "#000000"
    assert style.readable("#FFFFFF") != "#FFFFFF"
