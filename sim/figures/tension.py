"""Tension of every dyad over time, under the calendar of what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.figures import calendar
from sim.figures.measure import number, quantiles, tidy
from sim.figures.style import FAN_COLOUR, INK, MARGIN, NORMAL, WIDTH, Sheet, fan, fit, hold, months, party, runs

if TYPE_CHECKING:
    from sim.ensemble import Ensemble

ORDER = 3
#: The Goldstein scale, turned round: the same in every scenario.
RANGE = (-10.0, 10.0)
PANEL, ROW, SINGLE, NAMES, ENDS = 0.88, 1.0, 3, 2.6, 0.55


def table(ensemble: Ensemble) -> pd.DataFrame:
    """A row per week and dyad: quantiles of tension over runs, in Goldstein units (positive is hostile).

    The numbers of the strip above are in `sim.figures.calendar.table`.
    """
    return tidy(quantiles(ensemble.data["tension_counts"]))


def draw(ensemble: Ensemble) -> Figure:
    """A fan per dyad with three single runs, and the calendar above on the same dates."""
    scenario, data = ensemble.scenario, ensemble.data
    levels = quantiles(data["tension_counts"]).transpose("dyad", "level", "week")
    happens = calendar.rows(ensemble)
    strip = calendar.height(happens) + 0.15
    singles = data["tension"].values[:SINGLE]
    sheet = Sheet(ensemble, "How tense does it get between each two countries?",
                  "Tension: −10 cooperative to +10 hostile (Goldstein scale, sign turned). Shades: 50, 80 and 95 of "
                  f"100 runs; blue line: median, its last value at the right; thin lines: {runs(len(singles))}. "
                  "Strip above: share of runs in which it takes place that week (full height: all of them; at the "
                  "right: runs in 100 in its most frequent week); triangle: planned date.",
                  strip + len(levels) * ROW + 0.3)
    left, width = MARGIN + NAMES, WIDTH - 2 * MARGIN - NAMES - ENDS
    calendar.strip(sheet, ensemble, happens, left, sheet.top, width)
    at, texts = months(scenario, width)
    for place, dyad in enumerate(data["dyad"].values.astype(str)):
        panel = sheet.panel(left, sheet.top + strip + place * ROW, width, PANEL, (0, scenario.weeks), RANGE)
        panel.grid(at, (-10, 0, 10))
        if place == 0:
            panel.y_labels((-9, 0, 9), ("−10", "0", "+10"))
        median = fan(panel, levels.values[place], FAN_COLOUR)
        for single in singles[:, :, place]:
            panel.line(np.arange(scenario.weeks + 1), hold(single), INK, 0.5)
        sheet.text(left - 0.45, panel.top + PANEL / 2, _named(scenario, dyad), size=NORMAL, bold=True, ha="right")
        panel.ends(np.array([median]), [number(median, sign=True)], [FAN_COLOUR])
        if place == len(levels) - 1:
            panel.x_labels(at, texts)
    return sheet.done()


def _named(scenario: Any, dyad: str) -> str:
    """The two countries' names, one below the other, on at most two lines each."""
    names = [party(scenario, code) for code in dyad.split("-")]
    return " –\n".join(fit(name, NAMES - 0.6, NORMAL, 2, True) for name in names)
