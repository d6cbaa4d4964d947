"""When the histories of twins part, and over which decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from sim.figures.style import INK, LINE, MARGIN, NORMAL, QUIET, SERIES, WIDTH, Sheet, fit, months

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiments.compare import Comparison

LEFT, TALL, MOST, ROW, TITLES = 0.55, 1.9, 12, 0.23, 4.3


def parting(found: Comparison, weeks: pd.DataFrame, decisions: pd.DataFrame) -> Figure:
    """Above, by week, the share of twins that are still alike; below, what they first decide otherwise.

    The tables are those of `weekly` and `firsts` in `sim.experiments.compare`.
    """
    decisions = decisions.head(MOST)
    apart, runs = int(found.twins["week"].notna().sum()), found.replicates
    title = f"When do twins part: {found.label}? {apart:,} of {runs:,} do"
    note = ("Twins are the same run in both scenarios, on the same draws. Above: of 100 twins, how many have had the "
            "same history so far, and how many have decided alike. Below: the first decision that one of them took "
            "and the other did not.")
    sheet = Sheet(found.base, title, note, TALL + 0.95 + ROW * max(len(decisions), 1))
    panel = sheet.panel(MARGIN + LEFT, sheet.top, WIDTH - 2 * MARGIN - LEFT - 1.5, TALL, (0, found.weeks), (0, 1))
    at, texts = months(found.scenario, panel.width)
    panel.grid(at, (0, 0.5, 1))
    panel.x_labels(at, texts)
    panel.y_labels((0, 0.5, 1), ("0", "50", "100"))
    alike = np.append(1, weeks["alike"] / runs)
    decided = np.append(1, 1 - weeks["decided"].cumsum() / runs)
    for values, colour in ((alike, SERIES[0]), (decided, SERIES[1])):
        panel.line(np.arange(found.weeks + 1), values, colour, 1.6)
    panel.ends(np.array([alike[-1], decided[-1]]), ["same history", "decided alike"], [SERIES[0], SERIES[1]])
    top = sheet.top + TALL + 0.7
    sheet.text(MARGIN, top - 0.1, "First decisions", size=NORMAL, bold=True, va="bottom")
    if decisions.empty:
        sheet.text(MARGIN, top + 0.1, "All twins decide alike.")
        return sheet.done()
    bars = sheet.panel(MARGIN + TITLES, top, WIDTH - 2 * MARGIN - TITLES - 2.4, ROW * len(decisions),
                       (0, float(decisions["runs"].max())), (len(decisions), 0))
    for place, row in enumerate(decisions.itertuples()):
        upper, middle, lower = bars.y([place + 0.2, place + 0.5, place + 0.8])
        ends = bars.x([0, row.base, row.runs])
        for low, high, colour in ((ends[0], ends[1], SERIES[2]), (ends[1], ends[2], SERIES[3])):
            sheet.areas([[(low, upper), (high, upper), (high, lower), (low, lower)]], colour)
        sheet.text(bars.left - 0.1, float(middle), fit(row.title, TITLES - 0.1), ha="right")
        sheet.text(float(ends[2]) + 0.08, float(middle), f"{row.runs:,}: {row.base:,} base, {row.alt:,} alternative",
                   colour=INK if place == 0 else QUIET)
    sheet.text(MARGIN + TITLES, top - LINE, "taken in the base alone", colour=SERIES[2])
    sheet.text(MARGIN + TITLES + 1.6, top - LINE, "in the alternative alone", colour=SERIES[3])
    return sheet.done()
