"""Happened yet? Shares of runs over calendar time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.figures.measure import in_100
from sim.figures.style import LINE, MARGIN, SERIES, WIDTH, Sheet, fit, months
from sim.outcomes import wilson

if TYPE_CHECKING:
    from sim.ensemble import Ensemble

ORDER = 6
LABELS = 3.3


def table(ensemble: Ensemble) -> pd.DataFrame:
    """A row per date outcome and Monday: the share of runs in which it happened before that day.

    `runs` counts those to which the outcome applies, `yes` those in which it has happened; `low` and
    `high` bound the 95 % interval of the share.
    """
    scenario = ensemble.scenario
    weeks = np.arange(scenario.weeks + 1)
    dates = [pd.Timestamp(scenario.start + timedelta(weeks=int(week))) for week in weeks]
    parts = []
    for name, outcome in scenario.outcomes.items():
        if outcome.kind == "date":
            days = ensemble.outcomes[name].to_numpy(dtype=float)
            days = np.sort(days[~np.isnan(days)])
            yes = np.searchsorted(days, 7 * weeks, side="left")
            low, high = wilson(yes, np.full(len(weeks), len(days)))
            share = yes / len(days) if len(days) else np.full(len(weeks), np.nan)
            parts.append(pd.DataFrame({"outcome": name, "title": outcome.title or name, "date": dates,
                                       "runs": len(days), "yes": yes, "share": share, "low": low, "high": high}))
    if parts:
        return pd.concat(parts, ignore_index=True)
    return pd.DataFrame(columns=["outcome", "title", "date", "runs", "yes", "share", "low", "high"])


def draw(ensemble: Ensemble) -> Figure:
    """A rising line per date outcome, named at its end."""
    scenario = ensemble.scenario
    groups = [group for _, group in table(ensemble).groupby("outcome", sort=False)]
    gap = 2.6 * LINE
    tall = max(3.6, gap * (len(groups) + 0.5))
    sheet = Sheet(ensemble, "Has it happened yet?",
                  "Runs in 100 in which it has happened by each date; shades: 95 % interval for the number of runs "
                  "made. Right: by the end of the last week.", tall + 0.45)
    if not groups:
        return sheet.nothing("The scenario has no outcome that is a date.")
    panel = sheet.panel(MARGIN + 0.35, sheet.top, WIDTH - 2 * MARGIN - 0.35 - LABELS, tall, (0, scenario.weeks), (0, 1))
    at, texts = months(scenario, panel.width)
    panel.grid(at, (0, 0.25, 0.5, 0.75, 1))
    panel.x_labels(at, texts, 0.1)
    panel.y_labels((0, 0.25, 0.5, 0.75, 1), ("0", "25", "50", "75", "100"))
    weeks = np.arange(scenario.weeks + 1)
    ends, labels, colours = [], [], []
    for place, group in enumerate(groups):
        colour, dashes = SERIES[place % len(SERIES)], ("-", "--", ":")[place // len(SERIES) % 3]
        if group["runs"].iloc[0]:
            panel.band(weeks, group["low"].to_numpy(), group["high"].to_numpy(), colour, 0.15)
        panel.line(weeks, group["share"].to_numpy(), colour, dashes=dashes)
        last = group.iloc[-1]
        ends.append(last["share"] if last["runs"] else 0.0)
        labels.append(f"{fit(last['title'], LABELS - 0.2)}\n{fit(in_100(last['yes'], last['runs']), LABELS - 0.2)}")
        colours.append(colour)
    panel.ends(np.array(ends), labels, colours, gap)
    return sheet.done()
