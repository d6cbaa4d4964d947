"""The strip above a time line: what is on the calendar, and in how many runs it takes place week by week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from sim.calendar import on_date
from sim.figures.measure import Array, in_100, whole
from sim.figures.style import INK, MARGIN, QUIET, Sheet, fit, months, party

if TYPE_CHECKING:
    from sim.ensemble import Ensemble

EVENT, DEED = "#7A5195", "#8A6D3B"
PITCH, DEEDS = 0.19, 4

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
    found = []
    for name, event in scenario.events.items():
        runs = np.minimum(occurred[:, columns == name].sum(axis=1), ensemble.replicates)
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
    by, to = (", ".join(party(scenario, code) for code in codes) for codes in (option.by, option.to))
    return f"{by}{' → ' + to if to else ''}: {scenario.actions[option.action].name}"


def _planned(event: Any, start: date, end: date) -> Spans:
    """The dates, or the windows around them, that the scenario states for an event within its weeks."""
    if event.on is not None:
        spans = [(event.on.low, event.on.high)]
    elif event.yearly is not None:
        spans = [(day, day) for day in (on_date(event.yearly, year) for year in range(start.year, end.year + 1))]
    else:
        return []
    return [(low, high) for low, high in spans if low < end and high >= start]


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
    panel = sheet.panel(left, top, width, len(found) * PITCH, (0, scenario.weeks), (len(found) or 1, 0))
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
        if row.runs.any():
            often = _in_100(row.runs.max() / ensemble.replicates)
            sheet.text(left + width + 0.15, base - PITCH / 2, often, colour=QUIET)


def _in_100(share: float) -> str:
    return "<1" if share < 0.01 else ">99" if share > 0.99 else whole(100 * share)
