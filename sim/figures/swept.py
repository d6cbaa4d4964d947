"""An outcome over values of assumptions: a line, a heat map, or points of a hypercube. Experiments draw it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure

from sim.figures.indices import round_values
from sim.figures.measure import Array, number, short
from sim.figures.style import FAN_COLOUR, INK, LINE, MARGIN, NORMAL, QUIET, WIDTH, Panel, Sheet, fit

if TYPE_CHECKING:
    from sim.experiments.sweep import Sweep

SCALE = LinearSegmentedColormap.from_list("swept", ["#F4F8FC", "#6FA8DC", "#0B5394"])
LEFT, TALL, CELL = 0.75, 3.2, 0.42
DRAWS = "All points on the same draws. "


def figure(found: Sweep) -> Figure:
    """The outcome over the values of one assumption, of two, or of each of several."""
    if not np.isfinite(found.points["mean"].to_numpy(dtype=float)).any():
        sheet = Sheet(found, f"“{found.title}” applies in no run", "", 0.5)
        return sheet.nothing("There is nothing to show.")
    if not found.grid:
        return _scatter(found)
    return _line(found) if len(found.vary) == 1 else _heat(found)


def words(found: Sweep, value: float) -> str:
    """A value of the outcome: of what happens or not, in 100 runs."""
    return number(value) if found.kind == "number" else f"{100 * value:.3g}"


def set_to(value: float) -> str:
    """A value of an assumption."""
    return f"{value:.4g}".replace("-", "−")


def unit(found: Sweep) -> str:
    return "" if found.kind == "number" else " in 100 runs"


def _title(found: Sweep) -> str:
    low, high = float(found.points["mean"].min()), float(found.points["mean"].max())
    return f"“{found.title}”: from {words(found, low)} to {words(found, high)}{unit(found)}"


def _range(found: Sweep) -> tuple[float, float]:
    """The scale of the outcome; shares begin at 0."""
    low, high = float(found.points["low"].min()), float(found.points["high"].max())
    if not np.isfinite([low, high]).all():
        low, high = float(found.points["mean"].min()), float(found.points["mean"].max())
    spare = max(high - low, 1e-6) * 0.05
    return (0.0, min(high + spare, 1.0)) if found.kind != "number" else (low - spare, high + spare)


def _axes(found: Sweep, panel: Panel, title: str, labelled: bool = True) -> None:
    """Grid and labels of a panel with an assumption across and the outcome upward."""
    across, upward = ([tick for tick in round_values(*span) if span[0] <= tick <= span[1]]
                      for span in (panel.x_range, panel.y_range))
    panel.grid(across, upward)
    panel.x_labels(across, [short(tick) for tick in across], 0.1)
    if labelled:
        panel.y_labels(upward, [words(found, tick) for tick in upward])
    panel.sheet.text(panel.left + panel.width / 2, panel.top + panel.height + 0.13 + LINE, fit(title, panel.width),
                     ha="center", va="top")


def _line(found: Sweep) -> Figure:
    points, vary = found.points, found.vary[0]
    sheet = Sheet(found, _title(found), f"{DRAWS}Shade: 95 % intervals for the number of runs made"
                  f"{', in 100 runs' if unit(found) else ''}. Across: {found.titles[0]} ({vary.path}).", TALL + 0.55)
    panel = sheet.panel(MARGIN + LEFT, sheet.top, WIDTH - 2 * MARGIN - LEFT - 0.6, TALL, (vary.low, vary.high),
                        _range(found))
    _axes(found, panel, found.titles[0])
    x, mean, low, high = (points[name].to_numpy(dtype=float) for name in (vary.path, "mean", "low", "high"))
    panel.band(x, low, high, FAN_COLOUR, 0.25)
    panel.line(x, mean, FAN_COLOUR, 1.8)
    for at, value in zip(x, mean, strict=True):
        if np.isfinite(value):
            sheet.dot(float(panel.x(at)), float(panel.y(value)), FAN_COLOUR)
    return sheet.done()


def _heat(found: Sweep) -> Figure:
    across, upward = found.vary
    mean = found.points["mean"].to_numpy(dtype=float).reshape(across.values, upward.values)
    tall = upward.values * CELL
    sheet = Sheet(found, _title(found), f"{DRAWS}Numbers: the outcome{unit(found)}. Across: {found.titles[0]} "
                  f"({across.path}). Upward: {found.titles[1]} ({upward.path}).", tall + 0.75)
    panel = sheet.panel(MARGIN + LEFT, sheet.top + 0.2, WIDTH - 2 * MARGIN - LEFT - 0.3, tall, (0, across.values),
                        (0, upward.values))
    low, high = np.nanmin(mean), np.nanmax(mean)
    for i, j in np.ndindex(*mean.shape):
        left, right = panel.x([i, i + 1])
        bottom, top = panel.y([j, j + 1])
        if not np.isfinite(mean[i, j]):
            continue
        place = (mean[i, j] - low) / (high - low) if high > low else 0.0
        sheet.areas([[(left, bottom), (right, bottom), (right, top), (left, top)]], to_hex(SCALE(place)))
        sheet.text((left + right) / 2, (bottom + top) / 2, words(found, float(mean[i, j])),
                   colour="white" if place > 0.6 else INK, ha="center")
    for vary, put, middle in ((across, panel.x_labels, across.values), (upward, panel.y_labels, upward.values)):
        put([place + 0.5 for place in range(middle)],
            [set_to(value) for value in np.linspace(vary.low, vary.high, vary.values)])
    sheet.text(panel.left, panel.top - 0.1, fit(f"▲ {found.titles[1]}", panel.width, NORMAL), size=NORMAL)
    sheet.text(panel.left + panel.width / 2, panel.top + tall + 0.08 + LINE,
               fit(f"{found.titles[0]} ▶", panel.width, NORMAL), size=NORMAL, ha="center", va="top")
    return sheet.done()


def _scatter(found: Sweep) -> Figure:
    columns = min(len(found.vary), 3)
    rows, wide = -(-len(found.vary) // columns), (WIDTH - 2 * MARGIN - LEFT) / columns
    tall = 2.0
    sheet = Sheet(found, _title(found), f"{DRAWS}A panel per assumption shows all {len(found.points)} points of "
                  f"the Latin hypercube: the outcome{unit(found)} with its 95 % interval. A trend across a panel is "
                  "what that assumption does while the others vary too.", rows * (tall + 0.6))
    mean, low, high = (found.points[name].to_numpy(dtype=float) for name in ("mean", "low", "high"))
    for place, (vary, title) in enumerate(zip(found.vary, found.titles, strict=True)):
        panel = sheet.panel(MARGIN + LEFT + place % columns * wide, sheet.top + place // columns * (tall + 0.6),
                            wide - 0.3, tall, (vary.low, vary.high), _range(found))
        _axes(found, panel, title, place % columns == 0)
        x: Array = panel.x(found.points[vary.path].to_numpy(dtype=float))
        known = np.isfinite(mean) & np.isfinite(low) & np.isfinite(high)
        sheet.segments([[(at, a), (at, b)] for at, a, b in zip(x[known], panel.y(low[known]), panel.y(high[known]),
                                                               strict=True)], QUIET, 0.6)
        for at, value in zip(x[known], panel.y(mean[known]), strict=True):
            sheet.dot(float(at), float(value), FAN_COLOUR, 4)
    return sheet.done()
