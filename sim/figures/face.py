"""The face of the simulated world: its statistics beside the record's, and how long either remembers tone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.figures.style import INK, LINE, MARGIN, NORMAL, QUIET, SERIES, WIDTH, Panel, Sheet, fit

if TYPE_CHECKING:
    from sim.record.face import Faces

ROW, HEAD, TITLES, TEXTS = 0.23, 0.34, 3.0, 2.9
TALL, TICKS = 1.5, (1, 4, 13, 26)
HEADS = {"rate": "Base rates: share of weeks", "given": "Persistence and exercise windows",
         "reaction": "What follows: share of occasions"}
RECORD, SIMULATED = INK, SERIES[1]


def face(found: Faces) -> Figure:
    """A row per statistic, record and simulation on one scale from 0 to 1, and a panel per dyad with the
    autocorrelation of tone at lags of up to half a year."""
    rows = found.rows
    groups = [(head, rows[rows["group"] == group]) for group, head in HEADS.items()]
    height = sum(HEAD + ROW * len(part) + 0.12 for _, part in groups) + 0.3 + HEAD + 0.3 + TALL + 0.55
    sheet = Sheet(found, title(rows), "Black: the record, with its own 95 % interval. Rose: the simulated world, "
                  "hollow where it lies outside that interval; the thin line holds 90 in 100 simulated histories, "
                  "which for base rates are single years. Below: how far tone (record) and tension (simulated) "
                  "resemble themselves some weeks later.", height)
    top = sheet.top
    for place, (head, part) in enumerate(groups):
        sheet.text(MARGIN, top + HEAD - 0.1, head, size=NORMAL, bold=True, va="bottom")
        panel = sheet.panel(MARGIN + TITLES, top + HEAD, WIDTH - 2 * MARGIN - TITLES - TEXTS, ROW * len(part), (0, 1),
                            (len(part), 0))
        panel.grid((0, 0.25, 0.5, 0.75, 1))
        for at, (_, row) in enumerate(part.iterrows()):
            _row(panel, at, row)
        top += HEAD + ROW * len(part) + 0.12
        if place == len(groups) - 1:
            panel.x_labels((0, 0.25, 0.5, 0.75, 1), ("0", "0.25", "0.5", "0.75", "1"))
    sheet.text(MARGIN, top + 0.3 + HEAD - 0.1, "Decay of tone: autocorrelation, by weeks later", size=NORMAL, bold=True,
               va="bottom")
    _tones(sheet, found, top + 0.3 + HEAD + 0.3)
    return sheet.done()


def title(rows: pd.DataFrame) -> str:
    """What a reader may quote."""
    return (f"{rows['agrees'].sum()} of {len(rows)} statistics of the simulated world lie within the record's own "
            "95 % intervals")


def _row(panel: Panel, at: int, row: Any) -> None:
    sheet = panel.sheet
    upper, middle, lower = (float(panel.y(at + part)) for part in (0.3, 0.5, 0.72))
    sheet.text(panel.left - 0.1, middle, fit(row["title"], TITLES - 0.1), ha="right",
               colour=INK if row["agrees"] else QUIET)
    for y, colour, ends, value, hollow in (
            (upper, RECORD, ("low", "high"), row["record"], False),
            (lower, SIMULATED, ("range_low", "range_high"), row["simulated"], not row["agrees"])):
        sheet.segments([[(float(panel.x(row[end])), y) for end in ends]], colour, 1.2, zorder=2)
        sheet.dot(float(panel.x(value)), y, colour, 4.5, hollow=hollow)
    told = f"{number(row['record'])} ({number(row['low'])} to {number(row['high'])})"
    sheet.text(panel.left + panel.width + 0.15, middle,
               f"{told}; simulated {number(row['simulated'])}" + ("" if row["agrees"] else ", outside"))


def _tones(sheet: Sheet, found: Faces, top: float) -> None:
    pitch = (WIDTH - 2 * MARGIN) / max(len(found.tone), 1)
    for place, (dyad, levels) in enumerate(found.tone.items()):
        panel = sheet.panel(MARGIN + 0.35 + place * pitch, top, pitch - 0.5, TALL, (0, len(levels)), (-0.3, 1))
        panel.grid(TICKS, (0, 0.5, 1))
        if not place:
            panel.y_labels((0, 0.5, 1), ("0", "0.5", "1"))
        zero = float(panel.y(0))
        sheet.segments([[(panel.left, zero), (panel.left + panel.width, zero)]], QUIET, 0.7)
        sheet.text(panel.left, top - 0.1, dyad.replace("-", "–"), size=NORMAL, bold=True, va="bottom")
        weeks = np.arange(len(levels) + 1)
        record, low, high, simulated, range_low, range_high = np.vstack([np.ones(6), levels]).T
        panel.band(weeks, range_low, range_high, SIMULATED, 0.2)
        panel.line(weeks, simulated, SIMULATED, 1.6)
        for edge in (low, high):
            panel.line(weeks, edge, RECORD, 0.7, "--")
        panel.line(weeks, record, RECORD, 1.6)
        panel.x_labels(TICKS, [str(tick) for tick in TICKS])
    below = top + TALL + 0.3 + LINE / 2
    sheet.segments([[(MARGIN + 0.35, below), (MARGIN + 0.65, below)]], RECORD, 1.6, zorder=2)
    sheet.text(MARGIN + 0.72, below, "record; dashed, its 95 % interval")
    sheet.segments([[(MARGIN + 3.35, below), (MARGIN + 3.65, below)]], SIMULATED, 1.6, zorder=2)
    sheet.text(MARGIN + 3.72, below, "simulated mean, and the range of 90 in 100 histories")


def number(value: float) -> str:
    """A share or a correlation, to two decimals."""
    return f"{value:.2f}".replace("-", "−")
