"""Why: one replicate's time line, the reasons of one decision, the mechanisms that moved an outcome.

No figures of a single run: experiments draw them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from sim.figures import style
from sim.figures.measure import number
from sim.figures.style import INK, LINE, MARGIN, NORMAL, QUIET, SERIES, WIDTH, Panel, Sheet, Shown, fit, months, span

FOR, AGAINST = style.FAN_COLOUR, "#A84300"
NAMES, ROW = 3.9, 0.21
#: Of a time line: inches for names, at least and at most, and for labels at its end; height of the panel of tension and
#: of a row of the strip; and how many dyads are told apart.
STRIP_NAMES, MOST_NAMES, ENDS, PANEL, STRIP, DYADS = 3.0, 4.4, 1.2, 2.2, 0.19, 4


class Bar(NamedTuple):
    """A row of signed bars: its title, value, and interval or NaN."""

    title: str
    value: float
    low: float = np.nan
    high: float = np.nan
    text: str = ""


class Mark(NamedTuple):
    """Something that happened: which row of the strip, when, for how many days; hollow for what is an event."""

    row: str
    day: date
    days: int
    event: bool


def bars(shown: Shown, title: str, note: str, rows: Sequence[Bar], axis: str) -> Figure:
    """A signed horizontal bar per row on one scale, with its interval and its text at the right."""
    sheet = Sheet(shown, title, note, max(len(rows), 1) * ROW + 0.55)
    if not rows:
        return sheet.nothing("Nothing moves it.")
    ends = np.array([[row.value, row.low, row.high, 0.0] for row in rows], dtype=float)
    reach = float(np.nanmax(np.abs(ends))) or 1.0
    ticks = _ticks(reach)
    reach = max(reach, ticks[-1])
    room = max(len(row.text) for row in rows) * 0.075 + 0.3
    left = MARGIN + NAMES
    panel = sheet.panel(left, sheet.top, WIDTH - MARGIN - room - left, len(rows) * ROW, (-reach, reach),
                        (len(rows), 0))
    both = [*(-np.array(ticks[::-1])), 0.0, *ticks]
    panel.grid(both)
    panel.x_labels(both, [number(float(tick), sign=True) for tick in both], LINE / 2)
    zero = float(panel.x(0))
    for place, row in enumerate(rows):
        upper, middle, lower = panel.y([place + 0.15, place + 0.5, place + 0.85])
        end = float(panel.x(row.value))
        sheet.areas([[(zero, upper), (end, upper), (end, lower), (zero, lower)]], FOR if row.value > 0 else AGAINST)
        if np.isfinite(row.low):
            low, high = panel.x([row.low, row.high])
            sheet.segments([[(low, middle), (high, middle)]], INK, 1, zorder=3)
        sheet.text(left - 0.1, middle, fit(row.title, NAMES - 0.1), ha="right")
        sheet.text(panel.left + panel.width + 0.1, middle, row.text, colour=QUIET)
    sheet.segments([[(zero, panel.top), (zero, panel.top + panel.height)]], INK, 0.8, zorder=2)
    sheet.text(left + panel.width / 2, panel.top + panel.height + 0.3, axis, colour=QUIET, ha="center", va="top")
    return sheet.done()


def _ticks(reach: float) -> list[float]:
    """Two or three round numbers up to the reach."""
    power = 10.0 ** np.floor(np.log10(reach))
    step = next(step * power for step in (0.2, 0.5, 1.0, 2.0, 5.0) if reach / (step * power) <= 4)
    return [step * times for times in range(1, int(reach / step) + 1)] or [step]


def time_line(shown: Shown, title: str, note: str, first: date, weeks: int, tension: Mapping[str, Sequence[float]],
              marks: Sequence[Mark]) -> Figure:
    """Tension of every dyad (at the start and after each week), above a strip of what happened."""
    rows = list(dict.fromkeys(mark.row for mark in marks))
    sheet = Sheet(shown, title, note, PANEL + len(rows) * STRIP + 0.6)
    names = min(max([STRIP_NAMES, *(span(row) + 0.15 for row in rows)]), MOST_NAMES)
    left, width = MARGIN + names, WIDTH - 2 * MARGIN - names - ENDS
    panel = sheet.panel(left, sheet.top, width, PANEL, (0, weeks), (-10, 10))
    at, texts = months(_Span(first, weeks), width)
    panel.grid(at, (-10, -5, 0, 5, 10))
    panel.y_labels((-10, -5, 0, 5, 10), ("−10", "−5", "0", "+5", "+10"))
    sheet.text(left - 0.5, panel.top + PANEL / 2, "Tension", size=NORMAL, bold=True, ha="right")
    _tracks(panel, tension)
    lines = max(len(rows), 1)
    strip = sheet.panel(left, panel.top + PANEL + 0.12, width, lines * STRIP, (0, weeks), (lines, 0))
    strip.grid(at, range(len(rows) + 1))
    for mark in marks:
        _mark(strip, rows.index(mark.row), mark, (mark.day - first).days / 7)
    for place, row in enumerate(rows):
        count = sum(mark.row == row for mark in marks)
        sheet.text(left - 0.1, float(strip.y(place + 0.5)), fit(row, names - 0.1), ha="right")
        sheet.text(left + width + 0.15, float(strip.y(place + 0.5)), f"{count} ×" if count > 1 else "", colour=QUIET)
    strip.x_labels(at, texts)
    return sheet.done()


class _Span:
    """What `months` looks at."""

    def __init__(self, start: date, weeks: int):
        self.start, self.weeks = start, weeks


def _tracks(panel: Panel, tension: Mapping[str, Sequence[float]]) -> None:
    """The dyads that reach highest in colour, with their names; the others faint."""
    weeks = np.arange(len(next(iter(tension.values()), ())))
    highest = sorted(tension, key=lambda dyad: -max(tension[dyad]))[:DYADS]
    for dyad, track in tension.items():
        if dyad not in highest:
            panel.line(weeks, np.array(track), "#BBBBBB", 0.7)
    for dyad, colour in zip(highest, SERIES, strict=False):
        panel.line(weeks, np.array(tension[dyad]), colour, 1.4)
    if highest:
        panel.ends(np.array([tension[dyad][-1] for dyad in highest]), highest, SERIES[:len(highest)])


def _mark(strip: Panel, place: int, mark: Mark, week: float) -> None:
    middle = float(strip.y(place + 0.5))
    begin, end = strip.x([week, week + mark.days / 7])
    if mark.days > 2:
        strip.sheet.segments([[(float(begin), middle), (float(end), middle)]], INK, 2, zorder=2)
    strip.sheet.dot(float(begin), middle, INK, 4.5, "v" if mark.event else "o", hollow=mark.event)
