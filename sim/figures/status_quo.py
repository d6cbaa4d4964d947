"""Where every issue goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.figures.measure import number, quantiles, tidy
from sim.figures.style import FAN_COLOUR, INK, Sheet, fan, hold, issue_panels, issue_rows, runs

if TYPE_CHECKING:
    from sim.ensemble import Ensemble

ORDER = 4
SINGLE = 3


def table(ensemble: Ensemble) -> pd.DataFrame:
    """A row per week and issue: quantiles of the status quo over runs, from -1 to +1."""
    return tidy(quantiles(ensemble.data["status_quo_counts"]))


def draw(ensemble: Ensemble) -> Figure:
    """A fan per issue with three single runs; both ends of the scale are named."""
    scenario, data = ensemble.scenario, ensemble.data
    levels = quantiles(data["status_quo_counts"]).transpose("issue", "level", "week")
    single = data["status_quo"].transpose("issue", "replicate", "week")[:, :SINGLE]
    sheet = Sheet(ensemble, "Where does each issue go?",
                  "Status quo, with the names of both ends. Shades: 50, 80 and 95 of 100 runs; blue line: median, "
                  f"its last value at the right; thin lines: {runs(single.sizes['replicate'])}.",
                  issue_rows(scenario))
    places = {str(name): place for place, name in enumerate(data["issue"].values)}
    for name, panel in issue_panels(sheet, scenario, 0.5):
        median = fan(panel, levels.values[places[name]], FAN_COLOUR)
        for run in single.values[places[name]]:
            panel.line(np.arange(scenario.weeks + 1), hold(run), INK, 0.5)
        if np.isfinite(median):
            panel.ends(np.array([median]), [number(median, sign=True)], [FAN_COLOUR])
    return sheet.done()
