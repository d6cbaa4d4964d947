"""Who stands where at the start, and where at the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from sim.figures.measure import Array, number, quantiles
from sim.figures.style import FAINT, LINE, MARGIN, NORMAL, QUIET, WIDTH, Sheet, fit, readable, short_name

if TYPE_CHECKING:
    from sim.ensemble import Ensemble

ORDER = 7
NAMES, HEAD, ROW, MOVES = 3.0, 0.3, 0.62, 0.1
STATUS_QUO = "Status quo"


def table(ensemble: Ensemble) -> pd.DataFrame:
    """A row per issue and country (and one for the status quo): median position in the first and last week.

    `change` is the end minus the start; all from -1 to +1. Countries without a stance are left out.
    """
    parts = []
    for who, counts in _counts(ensemble):
        ends = quantiles(counts.isel(week=[0, -1]).transpose("issue", "week", ...), (0.5,)).values[..., 0]
        parts.append(pd.DataFrame({"issue": ensemble.data["issue"].values.astype(str), "who": who, "start": ends[:, 0],
                                   "end": ends[:, 1], "change": ends[:, 1] - ends[:, 0]}))
    return pd.concat(parts, ignore_index=True).dropna()


def _counts(ensemble: Ensemble) -> Iterator[tuple[str, xr.DataArray]]:
    yield STATUS_QUO, ensemble.data["status_quo_counts"]
    for code in ensemble.data["country"].values.astype(str):
        yield code, ensemble.data["stance_counts"].sel(country=code)


def draw(ensemble: Ensemble) -> Figure:
    """A matrix of small scales: a ring at the start, an arrow to the end."""
    scenario = ensemble.scenario
    rows = table(ensemble).set_index(["issue", "who"])
    stands = dict(zip(rows.index, rows[["start", "end"]].to_numpy(), strict=True))
    columns = {STATUS_QUO: (STATUS_QUO, "#444444")} | {code: (short_name(country), country.colour)
                                                       for code, country in scenario.countries.items()}
    names = {name: fit(issue.name, NAMES - 0.15, NORMAL, 2, True) for name, issue in scenario.issues.items()}
    pitch = (WIDTH - 2 * MARGIN - NAMES) / len(columns)
    heads = [fit(name, pitch - 0.06, lines=4, bold=True) for name, _ in columns.values()]
    first = HEAD + LINE * max(head.count("\n") for head in heads)
    sheet = Sheet(ensemble, "Who stands where, and who moves?",
                  "Median position in the first week (ring) and the last (arrow head), from −1 to +1; a dot where it "
                  f"moves by less than {MOVES:g}. Left is the end named after ◀, right the one named after ▶. The "
                  "first column is how things stand, the others what governments want.",
                  first + sum(ROW + LINE * name.count("\n") for name in names.values()))
    top = sheet.top + first
    for place, (head, (_, colour)) in enumerate(zip(heads, columns.values(), strict=True)):
        sheet.text(MARGIN + NAMES + (place + 0.5) * pitch, top - 0.1, head, bold=True, colour=readable(colour),
                   ha="center", va="bottom")
    for name, issue in scenario.issues.items():
        sheet.segments([[(MARGIN, top - 0.05), (WIDTH - MARGIN, top - 0.05)]])
        sheet.text(MARGIN, top, names[name], size=NORMAL, bold=True, va="top")
        below = top + 0.09 + (names[name].count("\n") + 1) * NORMAL * 1.2 / 72
        sheet.text(MARGIN, below, fit(f"◀ {issue.low}", NAMES - 0.15), colour=QUIET)
        sheet.text(MARGIN, below + LINE, fit(f"▶ {issue.high}", NAMES - 0.15), colour=QUIET)
        for place, (who, (_, colour)) in enumerate(columns.items()):
            left = MARGIN + NAMES + place * pitch
            if (name, who) in stands:
                _arrow(sheet, left + 0.1, top + 0.3, pitch - 0.2, stands[name, who], colour)
            else:
                sheet.text(left + pitch / 2, top + 0.3, "no stance", colour=QUIET, ha="center")
        top += ROW + LINE * names[name].count("\n")
    return sheet.done()


def _arrow(sheet: Sheet, left: float, middle: float, width: float, ends: Array, colour: str) -> None:
    start, end = (float(value) for value in ends)
    panel = sheet.panel(left, middle - 0.1, width, 0.2, (-1, 1), (0, 1))
    panel.grid(x=(-1, 0, 1))
    sheet.segments([[(left, middle), (left + width, middle)]], FAINT, 1)
    a, b = (float(at) for at in panel.x([start, end]))
    moves = abs(end - start) >= MOVES
    if moves:
        sheet.segments([[(a, middle), (b, middle)]], colour, 2, zorder=2)
        sheet.dot(b, middle, colour, 6, ">" if b > a else "<")
    sheet.dot(a, middle, colour, 5, hollow=moves)
    first, last = (number(value, sign=True) for value in (start, end))
    sheet.text(left + width / 2, middle - 0.19, f"{first} → {last}" if first != last else first,
               colour=readable(colour), ha="center")
