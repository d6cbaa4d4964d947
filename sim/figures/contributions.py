"""What events and mechanisms contribute to an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from sim.figures.dumbbell import in_100, in_points, pretty
from sim.figures.style import INK, MARGIN, NORMAL, QUIET, SERIES, WIDTH, Sheet, fit

if TYPE_CHECKING:
    from sim.experiments.attribute import Attribution

ROW, TITLES, TEXTS, MOST = 0.23, 4.0, 1.7, 30
COLOURS = {"event": SERIES[1], "mechanism": SERIES[0], "family": SERIES[0], "rest": "#9E9E9E"}


def contributions(found: Attribution) -> Figure:
    """A bar with its interval per event and mechanism, the largest first."""
    shares = found.kind != "number"
    rows: list[Any] = [*found.contributions.head(MOST).to_dict("records"), found.remainder]
    ends = [level(found, each) for each in (found.empty, found.full)]
    unit = " in 100 runs" if shares else ""
    more = len(found.contributions) - MOST
    sheet = Sheet(found, f"What makes the difference to “{found.title}”? {ends[0]}{unit} without, {ends[1]} with all",
                  "Bars: what each adds on average over all orders in which they may be added (Shapley value), on the "
                  f"same draws{', in 100 runs' * shares}; lines: 95 % intervals. Pale: not to be told from nothing. "
                  "Red: events; blue: mechanisms; grey: what is not listed."
                  + (f" Not shown: {more} with less." if more > 0 else ""), ROW * len(rows) + 0.35)
    bounds = [abs(row[end]) for row in rows for end in ("value", "low", "high") if row[end] == row[end]]
    end = max([*bounds, 1e-9])
    panel = sheet.panel(MARGIN + TITLES, sheet.top, WIDTH - 2 * MARGIN - TITLES - TEXTS, ROW * len(rows), (-end, end),
                        (len(rows), 0))
    zero = float(panel.x(0))
    sheet.segments([[(zero, panel.top), (zero, panel.top + panel.height)]], QUIET, 0.8, zorder=2)
    for place, row in enumerate(rows):
        upper, middle, lower = (float(at) for at in panel.y([place + 0.18, place + 0.5, place + 0.82]))
        clear = row["low"] > 0 or row["high"] < 0
        at = float(panel.x(row["value"]))
        sheet.areas([[(zero, upper), (at, upper), (at, lower), (zero, lower)]], COLOURS[row["kind"]],
                    0.9 if clear else 0.35)
        sheet.segments([[(float(panel.x(row["low"])), middle), (float(panel.x(row["high"])), middle)]], INK, 1,
                       zorder=3)
        sheet.text(panel.left - 0.1, middle, fit(row["title"], TITLES - 0.1), ha="right",
                   colour=INK if clear else QUIET)
        sheet.text(panel.left + panel.width + 0.12, middle, told(row, found), colour=INK if clear else QUIET)
    sheet.text(panel.left - 0.1, panel.top + panel.height + 0.16, f"together {total(found)}", size=NORMAL, bold=True,
               ha="right")
    return sheet.done()


def level(found: Attribution, value: float) -> str:
    """A share in 100 runs, or a mean."""
    return in_100(value) if found.kind != "number" else pretty(value, abs(found.full - found.empty) / 10)


def total(found: Attribution, of: float | None = None) -> str:
    """Full minus empty, or another number of that size, in words."""
    whole = found.full - found.empty
    value = whole if of is None else of
    return in_points(value) if found.kind != "number" else pretty(value, abs(whole) / 10, True)


def told(row: Any, found: Attribution) -> str:
    """A contribution with its interval, all of them with as many decimals."""
    wide = float(np.nanmax([0, *found.contributions["value"].abs(), abs(found.remainder["value"])])) / 20
    value, low, high = (in_points(row[key]) if found.kind != "number" else pretty(row[key], wide, True)
                        for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})"
