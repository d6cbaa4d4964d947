"""What is on the calendar, and in how many runs it takes place week by week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.figures.measure import Array, Ensemble, in_100
from sim.figures.style import INK, MARGIN, WIDTH, Sheet, fit, months

ORDER = 8
EVENT, DEED = "#7A5195", "#8A6D3B"
PITCH, DEEDS = 0.19, 8

Spans = list[tuple[date, date]]


class Row(NamedTuple):
    """An event, or a deed that countries decide on: the days planned and the runs (week) in which it happens."""

    title: str
    kind: str
    planned: Spans
    runs: Array


def rows(ensemble: Ensemble) -> list[Row]:
    """The scenario's events within its weeks, then the deeds (no words) that happen in most runs."""
    scenario, data = ensemble.scenario, ensemble.data
    occurred, columns = data["occurred"].values, data["column"].values.astype(str)
    events = data["event"].values.astype(str) if "event" in data.coords else columns
    actions = data["action"].values.astype(str) if "action" in data.coords else None
    found = []
    for name, event in scenario.events.items():
        chosen = events == name
        if actions is not None and event.action:
            chosen &= actions == event.action
        runs = np.minimum(occurred[:, chosen].sum(axis=1), ensemble.replicates)
        planned = _planned(event, scenario.start, scenario.start + timedelta(weeks=scenario.weeks))
        if planned or runs.any():
            found.append(Row(event.name, "event", planned, runs))
    deeds = [(int(occurred[:, place].sum()), place) for place, name in enumerate(columns)
             if name in scenario.options and not scenario.actions[scenario.options[name].action].verbal]
    for total, place in sorted(deeds, key=lambda deed: (-deed[0], deed[1]))[:DEEDS]:
        if total:
            found.append(Row(_deed(scenario, columns[place]), "deed", [], occurred[:, place]))
    return found


def _deed(scenario: Any, name: str) -> str:
    option = scenario.options[name]
    by, to = (", ".join(code for code in codes) for codes in (option.by, option.to))
    return f"{by}{' → ' + to if to else ''}: {scenario.actions[option.action].name}"


def _planned(event: Any, start: date, end: date) -> Spans:
    """The dates, or the windows around them, that the scenario states for an event within its weeks."""
    if event.on is not None:
        spans = [(event.on.low, event.on.high)]
    elif event.yearly is not None:
        spans = [(day, day) for day in (_of_year(event.yearly, year) for year in range(start.year, end.year + 1))]
    else:
        return []
    return [(low, high) for low, high in spans if low < end and high >= start]


def _of_year(rule: Any, year: int) -> date:
    if rule.day is not None:
        return date(year, rule.month, min(rule.day, 28) if rule.month == 2 else rule.day)
    first = date(year, rule.month, 1)
    return first + timedelta(days=(rule.weekday - 1 - first.weekday()) % 7 + 7 * (rule.nth - 1))


def table(ensemble: Ensemble) -> pd.DataFrame:
    """A row per event or deed and week in which it is planned or happens in some run."""
    weeks = pd.to_datetime(ensemble.data["week"].values)
    found = []
    for row in rows(ensemble):
        begun = {max((low - ensemble.scenario.start).days // 7, 0): low for low, _ in row.planned}
        for place in sorted(set(np.flatnonzero(row.runs).tolist()) | set(begun)):
            runs = int(row.runs[place])
            found.append({"what": row.title, "kind": row.kind, "week": weeks[place], "planned": begun.get(place),
                          "runs": runs, "share": runs / ensemble.replicates,
                          "label": in_100(runs, ensemble.replicates)})
    return pd.DataFrame(found, columns=["what", "kind", "week", "planned", "runs", "share", "label"])


def height(found: list[Row]) -> float:
    """Inches that a strip with these rows takes."""
    return len(found) * PITCH + 0.05


def strip(sheet: Sheet, ensemble: Ensemble, found: list[Row], left: float, top: float, width: float) -> None:
    """A row per event or deed over the scenario's weeks; names stand left of `left`. All in inches."""
    scenario = ensemble.scenario
    panel = sheet.panel(left, top, width, len(found) * PITCH, (0, scenario.weeks), (len(found), 0))
    panel.grid(months(scenario, width)[0], range(1, len(found) + 1))
    edges = panel.x(np.arange(scenario.weeks + 1))
    for place, row in enumerate(found):
        base = float(panel.y(place + 1))
        for week in np.flatnonzero(row.runs):
            tall = 0.85 * PITCH * row.runs[week] / ensemble.replicates
            a, b = edges[week], edges[week + 1]
            sheet.areas([[(a, base), (a, base - tall), (b, base - tall), (b, base)]],
                        EVENT if row.kind == "event" else DEED, 0.75)
        for low, high in row.planned:
            a, b = panel.x([(low - scenario.start).days / 7, ((high - scenario.start).days + 1) / 7])
            sheet.segments([[(a, base - 0.02), (b, base - 0.02)]], INK, 1.2, 2)
            sheet.dot((a + b) / 2, base - 0.05, INK, 3.5, "v")
        sheet.text(left - 0.1, base - PITCH / 2, fit(row.title, left - MARGIN - 0.1), ha="right")


def draw(ensemble: Ensemble) -> Figure:
    """The strip alone, over the whole width."""
    found = rows(ensemble)
    sheet = Sheet(ensemble, "What is on the calendar, and in how many runs does it take place?",
                  "Height of a bar: share of runs in which it takes place that week (full height: all of them). "
                  "Triangle: date stated in the scenario. Purple: events; brown: the most frequent deeds that "
                  "countries decide on.",
                  height(found) + 0.3)
    if not found:
        return sheet.nothing("Nothing is on the calendar, and nothing happened in any run.")
    left, width = MARGIN + 2.9, WIDTH - 2 * MARGIN - 2.9 - 0.2
    strip(sheet, ensemble, found, left, sheet.top, width)
    at, texts = months(ensemble.scenario, width)
    panel = sheet.panel(left, sheet.top, width, len(found) * PITCH, (0, ensemble.scenario.weeks), (0, 1))
    panel.x_labels(at, texts)
    return sheet.done()
