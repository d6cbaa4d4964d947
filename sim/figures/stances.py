"""What every government wants on every issue, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.figures.measure import quantiles, tidy
from sim.figures.style import Sheet, country_labels, hold, issue_panels, issue_rows, key

if TYPE_CHECKING:
    from sim.ensemble import Ensemble

ORDER = 5
LEVELS = (0.1, 0.5, 0.9)
ROOM = 0.8


def table(ensemble: Ensemble) -> pd.DataFrame:
    """A row per week, country and issue: median stance over runs and the range of 80 in 100, from -1 to +1."""
    return tidy(quantiles(ensemble.data["stance_counts"], LEVELS))


def draw(ensemble: Ensemble) -> Figure:
    """A panel per issue, a line and a band per country."""
    scenario, data = ensemble.scenario, ensemble.data
    levels = quantiles(data["stance_counts"], LEVELS).transpose("issue", "country", "level", "week")
    labels = country_labels(scenario, ROOM - 0.15)
    sheet = Sheet(ensemble, "What does each government want, and does it change its mind?",
                  "Stances (ideal points), with the names of both ends. Lines: median; shades: 80 of 100 runs."
                  + key(scenario, labels), issue_rows(scenario))
    countries = data["country"].values.astype(str)
    places = {str(name): place for place, name in enumerate(data["issue"].values)}
    weeks = np.arange(scenario.weeks + 1)
    for name, panel in issue_panels(sheet, scenario, ROOM):
        held = np.moveaxis(hold(np.moveaxis(levels.values[places[name]], -1, 0)), 0, -1)
        shown = [place for place in range(len(countries)) if np.isfinite(held[place, 1]).any()]
        colours = [scenario.countries[countries[place]].colour for place in shown]
        for place, colour in zip(shown, colours, strict=True):
            panel.band(weeks, held[place, 0], held[place, 2], colour, 0.18)
            panel.line(weeks, held[place, 1], colour)
        if shown:
            panel.ends(held[shown, 1, -1], [labels[countries[place]] for place in shown], colours)
    return sheet.done()
