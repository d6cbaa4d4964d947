"""Two scenarios on the same draws: each ending and outcome in both, and the difference with its intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.figures import endings
from sim.figures.measure import number, whole
from sim.figures.style import FAINT, INK, LINE, MARGIN, NORMAL, QUIET, SERIES, WIDTH, Panel, Sheet, fit

if TYPE_CHECKING:
    from sim.experiments.compare import Comparison

ROW, HEAD, TITLES, MIDDLE, GAP, TEXTS = 0.23, 0.36, 2.9, 1.9, 0.5, 2.2
#: The end of an interval on each side, and the colour of an arrow where only that of unpaired runs goes on.
SIDES, PALE = {"<": "low", ">": "high"}, "#AAAAAA"
#: Ends that a scale of differences may have.
ENDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


def dumbbell(found: Comparison) -> Figure:
    """A row per ending and outcome: in how many of 100 runs in either scenario, and how much more or fewer.

    Shares on the left from 0 to 100 runs; numbers, which share no scale, in standard deviations on the right.
    """
    rows = found.results
    shares = [(head, rows[kept]) for head, kept in (
        ("How it ends", rows["kind"] == "ending"), ("What happens", rows["kind"].isin(["yes_no", "date"])))]
    parts = [(head, part, dict.fromkeys(part["name"], 1.0)) for head, part in shares if len(part)]
    if len(numbers := rows[rows["kind"] == "number"]):
        parts.append(("How much", numbers, {row["name"]: row["spread"] or 1.0 for _, row in numbers.iterrows()}))
    height = sum(HEAD + _tall(part) + 0.3 for _, part, _ in parts)
    sheet = Sheet(found.base, _title(found),
                  "Hollow: the base; full: the alternative; in 100 runs. Right: the difference, on the same draws, "
                  "with its 95 % interval; pale: the interval of two runs that share no draws. Grey: no difference "
                  "beyond chance in the number of runs made. An arrow: beyond the scale."
                  + " How much: means; s.d.: in standard deviations of the base's runs." * bool(len(numbers)), height)
    top = sheet.top
    for head, part, scale in parts:
        sheet.text(MARGIN, top + HEAD - 0.12, head, size=NORMAL, bold=True, va="bottom")
        _rows(sheet, found, part, top + HEAD, scale)
        top += HEAD + _tall(part) + 0.3
    return sheet.done()


def _titles(part: pd.DataFrame) -> list[str]:
    return [fit(title, TITLES - 0.1, lines=2) for title in part["title"]]


def _tall(part: pd.DataFrame) -> float:
    """The height of the rows of a part; all are taller where a title needs two lines."""
    return len(part) * (ROW + LINE * any("\n" in title for title in _titles(part)))


def _title(found: Comparison) -> str:
    rows = found.rows(True)
    rows = rows if len(rows) else found.rows(False)
    clear = rows[(rows["low"] > 0) | (rows["high"] < 0)]
    if clear.empty:
        what = "No more than chance" if rows["diff"].any() else "Nothing"
        return f"What would have been different: {found.label}? {what} in how it ends"
    row = clear.iloc[int(clear["diff"].abs().argmax())]
    told = f"{in_100(row['base'])} in 100 runs → {in_100(row['alt'])}"
    if row["kind"] == "number":
        told = f"{_level(row, 'base')} → {_level(row, 'alt')}"
    return f"What would have been different: {found.label}? {row['title']}: {told}"


def _rows(sheet: Sheet, found: Comparison, part: pd.DataFrame, top: float, scale: Mapping[str, float]) -> None:
    tall, colours, end, titles = _tall(part), _colours(found), _end(part, scale), _titles(part)
    left = sheet.panel(MARGIN + TITLES, top, MIDDLE, tall, (0, 1), (len(part), 0))
    start = left.left + MIDDLE + GAP
    right = sheet.panel(start, top, WIDTH - MARGIN - TEXTS - start, tall, (-end, end), (len(part), 0))
    shares = part["kind"].iloc[0] != "number"
    if shares:
        left.grid((0, 0.25, 0.5, 0.75, 1))
        left.x_labels((0, 0.5, 1), ("0", "50", "100"))
    right.grid((-end, -end / 2, end / 2, end))
    sheet.segments([[(float(right.x(0)), top), (float(right.x(0)), top + tall)]], QUIET, 0.8)
    unit = 100 if shares else 1
    right.x_labels((-end, 0, end), [number(unit * at, sign=True) + ("" if shares or at <= 0 else " s.d.")
                                    for at in (-end, 0, end)])
    for place, (_, row) in enumerate(part.iterrows()):
        middle = float(left.y(place + 0.5))
        clear = row["low"] > 0 or row["high"] < 0
        colour = colours.get(row["name"], SERIES[0]) if row["kind"] == "ending" else SERIES[0]
        sheet.text(left.left - 0.1, middle, titles[place], ha="right", colour=INK if clear else QUIET)
        if shares:
            _pair(sheet, left, row, middle, colour)
        else:
            sheet.text(left.left + MIDDLE / 2, middle, f"{_level(row, 'base')} → {_level(row, 'alt')}", ha="center",
                       colour=INK if clear else QUIET)
        _interval(sheet, right, row, middle, scale[row["name"]], clear)
        sheet.text(right.left + right.width + 0.12, middle, _told(row, shares), colour=INK if clear else QUIET)


def _pair(sheet: Sheet, panel: Panel, row: Any, middle: float, colour: str) -> None:
    before, after = (float(panel.x(row[side])) for side in ("base", "alt"))
    sheet.segments([[(before, middle), (after, middle)]], colour, 2, zorder=2)
    sheet.dot(before, middle, colour, 6, hollow=True)
    sheet.dot(after, middle, colour, 4.5)


def _interval(sheet: Sheet, panel: Panel, row: Any, middle: float, scale: float, clear: bool) -> None:
    wide, narrow = (panel.x(np.array([row[f"{kind}low"], row[f"{kind}high"]]) / scale) for kind in ("unpaired_", ""))
    sheet.segments([[(float(at), middle) for at in wide]], FAINT, 5, zorder=1)
    colour = INK if clear else QUIET
    sheet.segments([[(float(at), middle) for at in narrow]], colour, 1.4, zorder=2)
    value, (low, high) = row["diff"] / scale, panel.x_range
    for end, way in ((low, "<"), (high, ">")):  # an interval that goes on beyond the scale
        beyond = [kind for kind in ("unpaired_", "") if (row[kind + SIDES[way]] / scale - end) * np.sign(end) > 0]
        if beyond and abs(value) <= abs(end):
            sheet.dot(float(panel.x(end)), middle, colour if "" in beyond else PALE, 4, way)
    sheet.dot(float(panel.x(value)), middle, colour, 4, marker="o" if low <= value <= high else "<>"[value > high])


def _level(row: Any, side: str) -> str:
    return pretty(row[side], row["high"] - row["low"])


def _told(row: Any, shares: bool) -> str:
    numbers = [row[key] for key in ("diff", "low", "high")]
    if shares:
        value, low, high = (in_points(each) for each in numbers)
        return f"{in_100(row['base'])} → {in_100(row['alt'])}: {value} ({low} to {high})"
    value, low, high = (pretty(each, row["high"] - row["low"], True) for each in numbers)
    return f"{value} ({low} to {high})"


def in_100(share: float) -> str:
    """A share in 100 runs; never 0 or 100."""
    return "<1" if share < 0.01 else ">99" if share > 0.99 else whole(100 * share)


def in_points(share: float) -> str:
    """A difference of shares in 100 runs."""
    if not np.isfinite(share):
        return "?"
    text = f"{100 * share:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")


def pretty(value: float, width: float, sign: bool = False) -> str:
    """A number with as many decimals as an interval of this width allows for."""
    if not np.isfinite(value):
        return "?"
    decimals = int(np.clip(-np.floor(np.log10(width)), 0, 4)) if np.isfinite(width) and width > 0 else 2
    text = f"{value:{'+' if sign else ''},.{decimals}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("+-")


def _end(part: pd.DataFrame, scale: Mapping[str, float] | None = None) -> float:
    """Where a scale ends that holds nearly all: what is beyond is drawn at its edge."""
    bounds = np.array([abs(row[key]) / (scale[row["name"]] if scale else 1) for _, row in part.iterrows()
                       for key in ("unpaired_low", "unpaired_high") if np.isfinite(row[key])])
    most = float(np.quantile(bounds, 0.85)) if len(bounds) else 1.0
    return next((end for end in ENDS if end >= most), ENDS[-1])


def _colours(found: Comparison) -> dict[str, str]:
    names = [ending.name for ending in found.scenario.endings]
    return dict(zip(names, endings.colours(found.base), strict=True))
