"""How often each ending comes about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from sim.figures.measure import in_100
from sim.figures.style import ENDINGS, INK, MARGIN, WIDTH, Sheet, fit
from sim.outcomes import wilson

if TYPE_CHECKING:
    from sim.ensemble import Ensemble

ORDER = 1
ROW = 0.42


def table(ensemble: Ensemble) -> pd.DataFrame:
    """A row per ending, as ordered in the scenario: runs, their share, its 95 % interval and its wording."""
    counts = ensemble.outcomes["ending"].astype(str).value_counts()
    total = len(ensemble.outcomes)
    rows = pd.DataFrame({"ending": [ending.name for ending in ensemble.scenario.endings],
                         "title": [ending.title for ending in ensemble.scenario.endings]})
    rows["runs"] = [int(counts.get(name, 0)) for name in rows["ending"]]
    rows["share"] = rows["runs"] / max(total, 1)
    rows["low"], rows["high"] = wilson(rows["runs"].to_numpy(), rows["runs"].to_numpy() * 0 + total)
    rows["label"] = [in_100(runs, total) for runs in rows["runs"]]
    return rows


def colours(ensemble: Ensemble) -> list[str]:
    """The endings' colours: their own, or places on the common scale."""
    endings = ensemble.scenario.endings
    last = max(len(endings) - 1, 1)
    return [ending.colour or ENDINGS[round(place * (len(ENDINGS) - 1) / last)] for place, ending in enumerate(endings)]


def draw(ensemble: Ensemble) -> Figure:
    """A bar and an interval per ending, on a scale from 0 to 100 runs."""
    rows = table(ensemble)
    body = len(rows) * ROW + 0.3
    if rows.empty:
        return Sheet(ensemble, "How does it end?", "", 0.5).nothing("The scenario names no endings.")
    common = rows.iloc[int(rows["runs"].to_numpy().argmax())]
    sheet = Sheet(ensemble, f"How does it end? Most often: {common['title']} – {common['label']}",
                  "Bars: runs in 100 with each ending. Thin lines and brackets: the 95 % interval, which covers "
                  "chance in the number of runs made, not the assumptions.", body)
    panel = sheet.panel(MARGIN + 3.2, sheet.top, 3.4, len(rows) * ROW, (0, 1), (len(rows), 0))
    right = panel.left + panel.width + 0.15
    panel.grid((0, 0.25, 0.5, 0.75, 1))
    panel.x_labels((0, 0.25, 0.5, 0.75, 1), ("0", "25", "50", "75", "100 runs"))
    for place, (row, colour) in enumerate(zip(rows.itertuples(), colours(ensemble), strict=True)):
        top, middle, bottom = panel.y([place + 0.2, place + 0.5, place + 0.8])
        low, end, high = panel.x([row.low, row.share, row.high])
        sheet.areas([[(panel.left, top), (end, top), (end, bottom), (panel.left, bottom)]], colour)
        sheet.segments([[(low, middle), (high, middle)]], INK, 1, zorder=2)
        sheet.text(panel.left - 0.1, middle, fit(row.title, 3.05, lines=2), ha="right")
        sheet.text(right, middle, fit(row.label, WIDTH - MARGIN - right))
    return sheet.done()
