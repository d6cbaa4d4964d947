"""The distribution of every outcome that is a yes or no or a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.figures.measure import Array, in_100, number
from sim.figures.style import FAN_COLOUR, INK, LINE, MARGIN, QUIET, WIDTH, Sheet, fit
from sim.outcomes import wilson

if TYPE_CHECKING:
    from sim.ensemble import Ensemble

ORDER = 2
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
TITLES, ROW, CELL, COLUMNS = 3.88, 0.21, 1.5, 3


def table(ensemble: Ensemble) -> pd.DataFrame:
    """A row per outcome, as ordered in the scenario.

    `runs` counts those to which it applies. A yes or no has `yes`, `share` and its 95 % interval
    `low`, `high`; a number has quantiles, in its own unit, infinite where it was never reached.
    """
    rows = []
    for name, outcome in ensemble.scenario.outcomes.items():
        if outcome.kind == "date":
            continue
        values = _known(ensemble, name)
        row = {"outcome": name, "title": outcome.title or name, "kind": outcome.kind, "runs": len(values)}
        if outcome.kind == "yes_no":
            yes = int((values > 0).sum())
            low, high = wilson(np.array(yes), np.array(len(values)))
            row |= {"yes": yes, "share": yes / len(values) if len(values) else np.nan, "low": float(low),
                    "high": float(high), "label": in_100(yes, len(values))}
        else:
            # As in the summary; where it would lie between infinite values there is no such number.
            between: Literal["linear", "inverted_cdf"] = "linear" if np.isfinite(values).all() else "inverted_cdf"
            found = np.quantile(values, LEVELS, method=between) if len(values) else [np.nan] * len(LEVELS)
            row |= {f"p{100 * level:g}": float(value) for level, value in zip(LEVELS, found, strict=True)}
            row["label"] = _words(row, values)
        rows.append(row)
    quantiles = [f"p{100 * level:g}" for level in LEVELS]
    columns = ["outcome", "title", "kind", "runs", "yes", "share", "low", "high", *quantiles, "label"]
    return pd.DataFrame(rows, columns=columns)


def _known(ensemble: Ensemble, name: str) -> Array:
    values: Array = ensemble.outcomes[name].to_numpy(dtype=float)
    return values[~np.isnan(values)]


def _words(row: Mapping[Any, Any], values: Array) -> str:
    if not row["runs"]:
        return "applies in no run"
    if not np.isfinite(values).any():
        return f"reached in none of {row['runs']:,} runs"
    counts = bool((values == np.round(values)).all())

    def told(level: str) -> str:  # a large count without the fraction of a quantile between two runs
        return number(round(row[level]) if counts and 10 <= abs(row[level]) < np.inf else row[level])

    half, most = (f"{told(low)} to {told(high)}" for low, high in (("p25", "p75"), ("p5", "p95")))
    return f"median {told('p50')}; half the runs: {half}; 90 in 100 runs: {most}"


def draw(ensemble: Ensemble) -> Figure:
    """Dots with intervals for the yes-or-no outcomes, below them a small histogram per number."""
    rows = table(ensemble)
    yes_no, numbers = rows[rows["kind"] == "yes_no"], rows[rows["kind"] == "number"]
    titles = [fit(title, TITLES, lines=2) for title in yes_no["title"]]
    row = ROW + LINE if any("\n" in title for title in titles) else ROW
    first = len(yes_no) * row + 0.45 if len(yes_no) else 0.0
    sheet = Sheet(ensemble, "What happens, and in how many runs?",
                  "Dots: runs in 100 in which it is so, with the 95 % interval for the number of runs made. "
                  "Histograms: shares of runs; thick line: half of the runs; thin line: 90 in 100; white mark: median."
                  + _units(ensemble),
                  first + -(-len(numbers) // COLUMNS) * CELL + 0.1)
    if rows.empty:
        return sheet.nothing("The scenario has no outcome that is a yes or no or a number.")
    if len(yes_no):
        _dots(sheet, yes_no, titles, row)
    pitch = (WIDTH - 2 * MARGIN) / COLUMNS
    for place, found in enumerate(numbers.to_dict("records")):
        _histogram(sheet, found, _known(ensemble, found["outcome"]), MARGIN + place % COLUMNS * pitch,
                   sheet.top + first + place // COLUMNS * CELL, pitch - 0.3)
    return sheet.done()


def _units(ensemble: Ensemble) -> str:
    """What levels are measured on; nothing where there are none."""
    levels = [outcome.level for outcome in ensemble.scenario.outcomes.values() if outcome.kind == "number"]
    found = [words for part, words in (("tension", "tension, from −10 cooperative to +10 hostile"), (
        "status_quo", "where an issue stands, from −1 to +1")) if any(getattr(level, part, None) for level in levels)]
    return f" Scales: {'; '.join(found)}." if found else ""


def _dots(sheet: Sheet, rows: pd.DataFrame, titles: list[str], row: float) -> None:
    panel = sheet.panel(MARGIN + TITLES + 0.12, sheet.top, 2.45, len(rows) * row, (0, 1), (len(rows), 0))
    panel.grid((0, 0.25, 0.5, 0.75, 1), np.arange(len(rows)) + 0.5)
    panel.x_labels((0, 0.25, 0.5, 0.75, 1), ("0", "25", "50", "75", "100 runs"))
    known = rows["runs"].to_numpy() > 0
    middle = panel.y(np.arange(len(rows)) + 0.5)
    low, share, high = (panel.x(rows[name]) for name in ("low", "share", "high"))
    sheet.segments([[(a, y), (b, y)] for a, b, y in zip(low[known], high[known], middle[known], strict=True)],
                   FAN_COLOUR, 2.5, zorder=2)
    for x, y in zip(share[known], middle[known], strict=True):
        sheet.dot(x, y, FAN_COLOUR)
    right = panel.left + panel.width + 0.15
    for y, title, label in zip(middle, titles, rows["label"], strict=True):
        sheet.text(panel.left - 0.12, float(y), title, ha="right")
        sheet.text(right, float(y), fit(label, WIDTH - MARGIN - right, lines=2))


def _histogram(sheet: Sheet, row: Mapping[Any, Any], values: Array, left: float, top: float, width: float) -> None:
    sheet.text(left, top, fit(str(row["title"]), width, lines=2, bold=True), bold=True, va="top")
    words = "\n".join(fit(part, width) for part in str(row["label"]).rsplit("; ", 1))
    sheet.text(left, top + 2 * LINE + 0.79, words, colour=QUIET, va="top")
    values = values[np.isfinite(values)]
    if not len(values):
        return
    edges = _edges(values)
    counts = np.histogram(values, edges)[0]
    panel = sheet.panel(left, top + 2 * LINE + 0.08, width, 0.42, (edges[0], edges[-1]), (0, max(counts.max(), 1)))
    x, high, base = panel.x(edges), panel.y(counts), panel.top + panel.height
    pad = 0.15 * (x[1] - x[0])
    sheet.areas([[(a + pad, base), (a + pad, h), (b - pad, h), (b - pad, base)]
                 for a, b, h in zip(x[:-1], x[1:], high, strict=True)], FAN_COLOUR, 0.45)
    low, quarter, median, three, most = panel.x([row[f"p{100 * level:g}"] for level in LEVELS])
    y = base + 0.06
    sheet.segments([[(low, y), (most, y)]], INK, 1, zorder=2)
    sheet.segments([[(quarter, y), (three, y)]], INK, 4, zorder=2)
    sheet.segments([[(median, y - 0.025), (median, y + 0.025)]], "white", 1.5, zorder=3)
    for at, ha, extreme in ((0, "left", values.min()), (-1, "right", values.max())):
        sheet.text(float(x[at]), y + 0.08, number(extreme), colour=QUIET, ha=ha, va="top")


def _edges(values: Array) -> Array:
    """A bar per whole number where values are whole and not too many, else 24 bars."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return np.array([low - 0.5, low + 0.5])
    if (values == np.round(values)).all():
        step = max(1, -(-int(high - low + 1) // 40))
        return np.arange(low - 0.5, high + step + 0.5, step)
    return np.linspace(low, high, 25)
