"""Figures: readable, reproducible, true to the numbers. Everything runs over whatever figures there are."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib._pylab_helpers import Gcf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.catalog.event import Event
from sim.figures import DPI, calendar, draw_all, figures, measure, render, style

START = date(2025, 7, 14)
COUNTRIES = {"USA": ("United States", "#0072B2"), "JPN": ("Japan", "#CC79A7"), "KOR": ("South Korea", "#009E73"),
             "PRK": ("North Korea", "#D55E00"), "RUS": ("Russia", "#000000")}
ISSUES = {
    "trilateral_security": ("Trilateral security", "no trilateral security cooperation",
                            "integrated trilateral alliance"),
    "japan_rok_military": ("Japan–ROK military ties", "military contact barred by colonial memory",
                           "routine contact, flags and troops included"),
    "dokdo_takeshima": ("Dokdo / Takeshima", "undisputed Korean title", "Japanese claim recognised"),
    "dprk_nuclear_status": ("DPRK nuclear status", "full denuclearisation", "recognised nuclear-weapon state"),
    "dprk_sanctions": ("Sanctions on the DPRK", "all sanctions lifted", "maximum sanctions"),
    "us_dprk_dialogue": ("US–DPRK dialogue", "no contact", "leader-level dialogue and normal relations"),
    "inter_korean_engagement": ("Inter-Korean engagement", "two hostile states", "open exchange"),
    "dprk_russia_partnership": ("DPRK–Russia partnership", "no ties", "military alliance in force"),
    "japan_dprk_normalisation": ("Japan–DPRK normalisation", "frozen over abductions", "normal relations"),
    "japan_military_role": ("Japan's military role", "exclusively defensive", "collective, offensive “Asian NATO”"),
    "us_rok_tariffs": ("US tariffs on the ROK", "free trade", "punitive tariffs"),
    "rok_multivector": ("ROK multi-vector diplomacy", "aligned with Washington and Tokyo alone",
                        "balanced ties with all neighbours"),
}
EVENTS: dict[str, dict[str, Any]] = {
    "upper_house_election": {"name": "Upper House election", "on": "2025-07-20"},
    "tariff_deadline": {"name": "Tariff deadline", "on": "2025-08-01"},
    "ulchi_freedom_shield": {"name": "Ulchi Freedom Shield", "yearly": {"month": 8, "weekday": 1, "nth": 3}},
    "freedom_shield": {"name": "Freedom Shield", "yearly": {"month": 3, "weekday": 1, "nth": 2}},
    "freedom_edge": {"name": "Freedom Edge", "cadence": {"first": "2025-09-15", "every": 150}},
    "liberation_day": {"name": "Liberation Day", "yearly": {"month": 8, "day": 15}},
    "party_anniversary": {"name": "Party anniversary", "yearly": {"month": 10, "day": 10}},
    "apec_2025": {"name": "APEC leaders' week, Gyeongju", "on": {"low": "2025-10-27", "high": "2025-11-01"}},
    "iran_strikes": {"name": "Strikes on Iran", "on": "2025-06-13"},
    "court_ruling": {"name": "Court ruling on compensation",
                     "chance": {"rate": 0.01, "reference_class": "rulings a week", "source": "judgement"}},
}
ENDINGS = (("talks", "Talks resume between Washington and Pyongyang", 0.274), ("truce", "Quiet coexistence", 0.405),
           ("drift", "More of the same", 0.318), ("crisis", "Crisis without a clash", 0.003),
           ("clash", "Armed clash", 0.0))
OUTCOMES = {
    "talks": ("Working talks between the United States and the DPRK by the end of 2025", "yes_no", 0.61),
    "summit": ("A summit of leaders", "yes_no", 0.08), "nuclear_test": ("A nuclear test", "yes_no", 0.004),
    "protest": ("Seoul protests on the day the white paper appears", "yes_no", 0.996),
    "majority_kept": ("The coalition keeps its majority", "yes_no", 1.0),
    "alliance": ("A trilateral treaty", "yes_no", 0.0),
    "ishiba_out": ("Ishiba leaves office, given that the coalition has lost its majority", "yes_no", 0.55),
    "missile_weeks": ("Weeks with a missile test", "number", 14),
    "coalition_seats": ("Seats of the coalition", "number", 47),
    "peak_tension": ("Highest tension between the United States and the DPRK", "number", 4.2),
    "drills": ("Trilateral drills held", "number", 3),
    "first_icbm": ("First ICBM test", "date", 0.5), "first_talks": ("First talks", "date", 0.48),
    "first_visit": ("First visit of a leader to Moscow", "date", 0.47),
    "white_paper": ("White paper appears", "date", 1.0),
    "treaty": ("A trilateral treaty is signed", "date", 0.0),
}


def ensemble(replicates: int = 200, weeks: int = 60, wordy: int = 1, seed: int = 1,
             outcomes: dict[str, Any] | None = None) -> Any:
    """A made-up ensemble: paths are drifting walks. `wordy` repeats every name; `outcomes` replaces columns."""
    draws = np.random.default_rng(seed)

    def named(text: str) -> str:
        return " ".join([text] * wordy)

    week = pd.to_datetime([START + timedelta(weeks=place) for place in range(weeks)])
    dyads = [f"{a}–{b}" for a, b in combinations(sorted(COUNTRIES), 2)]
    paths, counts = {}, {}
    sizes = {"tension": {"dyad": dyads}, "status_quo": {"issue": list(ISSUES)},
             "stance": {"country": list(COUNTRIES), "issue": list(ISSUES)}}
    for name, axes in sizes.items():
        shape, high = tuple(len(labels) for labels in axes.values()), 10 if name == "tension" else 1
        steps = draws.normal(0.2, 1, (1, 1, *shape)) * 0.004 + draws.normal(0, 0.03, (replicates, weeks, *shape))
        first = draws.uniform(-0.8, 0.8, shape) * (0.15 if name == "tension" else 1)
        path = np.clip(first + steps.cumsum(axis=1), -1, 1) * high
        edges = np.linspace(-high, high, 101)
        place = np.clip(np.digitize(path, edges) - 1, 0, 99)
        binned = np.stack([(place == at).sum(axis=0) for at in range(100)])
        kind = "tension_bin" if name == "tension" else "unit_bin"
        dims = ["week", *axes]
        paths[name] = (["replicate", *dims], path[:200])
        counts[f"{name}_counts"] = ([*dims, kind], np.moveaxis(binned, 0, -1))
    columns = [*EVENTS, "launch", "drill", "statement"]
    often = np.array([*(name == "court_ruling" for name in EVENTS), 6, 2, 9])
    shares = draws.uniform(0, 0.05, (weeks, len(columns))) * often
    shares[[at for at in (9, 30, 51) if at < weeks], columns.index("freedom_edge")] = 0.4
    shares[[at for at in (5, 57) if at < weeks], columns.index("ulchi_freedom_shield")] = 0.97
    occurred = {"occurred": (["week", "column"], draws.binomial(replicates, shares))}
    data = xr.Dataset({**paths, **counts, **occurred}, coords={
        "week": week, "dyad": dyads, "issue": list(ISSUES), "country": list(COUNTRIES), "column": columns,
        "tension_bin": np.linspace(-9.9, 9.9, 100), "unit_bin": np.linspace(-0.99, 0.99, 100)})
    frame = pd.DataFrame({name: _values(kind, level, replicates, weeks, draws)
                          for name, (_, kind, level) in OUTCOMES.items()})
    frame["ishiba_out"] = frame["ishiba_out"].where(draws.random(replicates) < 0.4)
    frame["ending"] = draws.choice([name for name, *_ in ENDINGS], replicates, p=[share for *_, share in ENDINGS])
    frame = frame.assign(**(outcomes or {})).rename_axis("replicate")
    scenario = SimpleNamespace(
        title=named("What changes if the August exercise is put off?"), start=START, weeks=weeks,
        countries={code: SimpleNamespace(name=named(name), colour=colour)
                   for code, (name, colour) in COUNTRIES.items()},
        issues={name: SimpleNamespace(name=named(title), low=named(low), high=named(high))
                for name, (title, low, high) in ISSUES.items()},
        endings=tuple(SimpleNamespace(name=name, title=named(title), colour=None) for name, title, _ in ENDINGS),
        outcomes={name: SimpleNamespace(title=named(title), kind=kind) for name, (title, kind, _) in OUTCOMES.items()},
        events={name: Event.model_validate({**event, "source": "judgement", "name": named(event["name"])})
                for name, event in EVENTS.items()},
        options={"launch": SimpleNamespace(action="ballistic_test", by=("PRK",), to=("USA", "KOR", "JPN")),
                 "drill": SimpleNamespace(action="trilateral_exercise", by=("USA", "JPN", "KOR"), to=("PRK",)),
                 "statement": SimpleNamespace(action="condemn", by=("PRK",), to=("USA",))},
        actions={"ballistic_test": SimpleNamespace(name=named("ballistic missile test"), verbal=False),
                 "trilateral_exercise": SimpleNamespace(name=named("trilateral exercise"), verbal=False),
                 "condemn": SimpleNamespace(name=named("condemnation"), verbal=True)})
    return SimpleNamespace(scenario=scenario, outcomes=frame, data=data, seed=seed, replicates=replicates, seconds=1.0)


def _values(kind: str, level: float, replicates: int, weeks: int, draws: np.random.Generator) -> np.ndarray:
    if kind == "yes_no":
        return (draws.random(replicates) < level).astype(float)
    if kind == "number":
        return draws.poisson(level, replicates) if level == int(level) else draws.normal(level, 0.8, replicates)
    days = np.floor(draws.uniform(0, 7 * weeks, replicates))
    return np.where(draws.random(replicates) < level, np.ones(replicates) if level == 1 else days, np.inf)


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


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text() and text.get_visible()]


@lru_cache(1)
def boxes(figure: Figure) -> list[tuple[str, Any]]:
    """Every visible text with its rectangle in pixels."""
    figure.set_dpi(DPI)
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    return [(text.get_text(), text.get_window_extent(renderer)) for text in texts(figure)]


def overlaps(figure: Figure, slack: float = 1.0) -> list[tuple[str, str]]:
    """Pairs of texts whose rectangles share more than `slack` pixels both ways."""
    return [(a, b) for (a, one), (b, two) in combinations(boxes(figure), 2)
            if min(one.x1, two.x1) - max(one.x0, two.x0) > slack and min(one.y1, two.y1) - max(one.y0, two.y0) > slack]


def outside(figure: Figure) -> list[str]:
    """Texts that the edge of the figure cuts."""
    width, height = figure.get_size_inches() * DPI
    return [text for text, box in boxes(figure) if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height]


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
    (27, 100, "27 in 100 runs (19–36)"), (6100, 10000, "61 in 100 runs (60–62)"),
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
