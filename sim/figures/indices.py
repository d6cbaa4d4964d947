"""What an outcome owes to each input: indices as bars, and a tornado. No figure of a single run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from sim.figures.measure import in_100, number
from sim.figures.style import INK, MARGIN, QUIET, WIDTH, Sheet, fit

if TYPE_CHECKING:
    from sim.experiments.sensitivity import Sensitivity

TITLES, LABELS, ROW = 3.3, 1.5, 0.34
COLOURS, UNKNOWN = ("#0B5394", "#6FA8DC"), "#CFCFCF"
LOWER, HIGHER = "#6FA8DC", "#F0A050"
NOTHING = "The outcome is the same in all rows of the design: there is nothing to explain."
WORDS = {"sobol": ("Dark: total index, the share of the outcome's variance that hangs on the input in any way. Light: "
                   "first-order index, the share it moves by itself. "),
         "morris": ("Dark: mean size of what moving the input by half of its range changes in the outcome. Light: the "
                    "mean with its sign. "),
         "pawn": ("Dark: how far the outcome's distribution in a tenth of the input's range lies from the whole "
                  "(median of ten, 0 to 1). ")}


def bars(found: Sensitivity, main: str, second: str) -> Figure:
    """A bar per input and index (one or two) with its interval, grey where it is no more than noise; chance on top."""
    if found.indices.empty:
        return Sheet(found, f"Which assumptions does “{found.title}” hang on?", "", 0.5).nothing(NOTHING)
    names = [name for name in (main, second) if name]
    rows: list[Any] = found.indices.to_dict("records")
    head = next((row["title"] for row in rows if row[f"{main}_distinct"]), "")
    title = (f"Which assumptions does “{found.title}” hang on? Most: {head}" if head else
             f"None of these assumptions can be seen to move “{found.title}”")
    rows = [row | {"title": "Chance, and all other inputs"} for row in found.chance.to_dict("records")] + rows
    note = WORDS[found.method] + "Grey: cannot be told from noise. Lines: 95 % intervals."
    if len(found.chance):
        note += (" Chance is held while an input changes; at the top is what hangs on it and on all inputs that were "
                 "not studied.")
    least = min(0.0, *(row[f"{name}_low"] for row in rows for name in names))
    most = max([row[f"{name}_high"] for row in rows for name in names] + [1e-9])
    ticks = round_values(least, most)
    sheet = Sheet(found, title, note, len(rows) * ROW + 0.35)
    panel = sheet.panel(MARGIN + TITLES, sheet.top, WIDTH - 2 * MARGIN - TITLES - LABELS, len(rows) * ROW,
                        (min(least, ticks[0]), max(most, ticks[-1])), (len(rows), 0))
    panel.grid(ticks)
    panel.x_labels(ticks, [number(tick) for tick in ticks])
    zero, right = float(panel.x(0.0)), panel.left + panel.width + 0.15
    for place, row in enumerate(rows):
        middle = float(panel.y(place + 0.5))
        sheet.text(panel.left - 0.1, middle, fit(row["title"], TITLES - 0.15, lines=2), ha="right")
        tall = 0.7 / len(names)
        for at, name in enumerate(names):
            upper, line, lower = panel.y([place + 0.15 + at * tall + part * tall for part in (0.06, 0.5, 0.94)])
            low, end, high = panel.x([row[f"{name}_low"], row[name], row[f"{name}_high"]])
            sheet.areas([[(zero, upper), (end, upper), (end, lower), (zero, lower)]],
                        COLOURS[at] if row[f"{name}_distinct"] else UNKNOWN)
            sheet.segments([[(low, line), (high, line)]], INK, 0.9, zorder=3)
        texts = " · ".join(number(row[name], sign=name == "mu") for name in names)
        sheet.text(right, middle, fit(texts, LABELS - 0.15),
                   colour=INK if row[f"{main}_distinct"] else QUIET)
    return sheet.done()


def tornado(found: Sensitivity) -> Figure:
    """The outcome's mean with each input at its 5 % and at its 95 % quantile."""
    if found.tornado.empty:
        return Sheet(found, f"What would “{found.title}” be, were an input low or high?", "", 0.5).nothing(NOTHING)
    table, share = found.tornado, found.kind != "number"
    first = table.iloc[0]

    def told(value: float) -> str:
        return in_100(round(value * 100), 100).split(" in 100")[0] if share and 0.01 <= value <= 0.99 else (
            f"{100 * value:.1f}" if share else number(value))

    title = (f"“{found.title}”, were an input low or high. Widest: {first['title']}, {told(first['at_low'])} to "
             f"{told(first['at_high'])}" + (" in 100 runs" if share else ""))
    note = ("Each input alone at its 5 % quantile (blue) and at its 95 % quantile (orange), all else as replicates "
            "drew it, on the same draws. Line: as drawn. Right: the difference with its paired 95 % interval; grey "
            "where that holds 0.")
    ends = [float(value) for name in ("at_low", "at_high", "mean") for value in table[name]]
    spare = max(max(ends) - min(ends), 1e-6) * 0.06
    low, high = max(min(ends) - spare, 0) if share else min(ends) - spare, max(ends) + spare
    ticks = [tick for tick in round_values(low, high) if low <= tick <= high]
    sheet = Sheet(found, title, note, len(table) * ROW + 0.35)
    panel = sheet.panel(MARGIN + TITLES, sheet.top, WIDTH - 2 * MARGIN - TITLES - LABELS - 0.3, len(table) * ROW,
                        (low, high), (len(table), 0))
    panel.grid(ticks)
    panel.x_labels(ticks, [f"{100 * tick:g}" for tick in ticks] if share else [number(tick) for tick in ticks])
    right, start = panel.left + panel.width + 0.15, float(panel.x(first["mean"]))
    for place, row in enumerate(table.to_dict("records")):
        upper, middle, lower = panel.y([place + 0.2, place + 0.5, place + 0.8])
        sheet.text(panel.left - 0.1, middle, fit(row["title"], TITLES - 0.15, lines=2), ha="right")
        for end, colour in ((row["at_low"], LOWER), (row["at_high"], HIGHER)):
            at = float(panel.x(end))
            sheet.areas([[(start, upper), (at, upper), (at, lower), (start, lower)]],
                        colour if row["distinct"] else UNKNOWN)
        apart = [_points(row[name]) if share else number(row[name], sign=True)
                 for name in ("difference", "low", "high")]
        text = f"{apart[0]} ({apart[1]} to {apart[2]})" if row["changed"] else "changes in no run"
        sheet.text(right, middle, fit(text, LABELS + 0.15), colour=INK if row["distinct"] else QUIET)
    sheet.segments([[(start, panel.top), (start, panel.top + panel.height)]], QUIET, 0.9, zorder=3)
    return sheet.done()


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−") if abs(share) >= 0.0005 else "0.0"


def round_values(low: float, high: float) -> list[float]:
    """Round values from about the lower end to about the upper."""
    step = 10 ** np.floor(np.log10(max(high - low, 1e-9) / 2))
    step = next(step * factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 6)
    first = np.floor(low / step) if low < 0 else np.ceil(low / step)
    return [round(float(step * place), 9) for place in np.arange(first, np.floor(high / step) + 1)]
