"""How runs end where an assumption is low, and where it is high."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from sim.figures import endings
from sim.figures.style import INK, MARGIN, QUIET, WIDTH, Sheet, fit, span

if TYPE_CHECKING:
    from sim.report.assumptions import Screened

#: Inches: titles, names of parts, height of a bar, from one bar to the next, between blocks, and of a line of the key.
TITLES, PARTS, BAR, PITCH, APART, KEY = 3.0, 1.25, 0.17, 0.2, 0.16, 0.2
#: A share that has room for its number.
NUMBERED = 0.045


def low_and_high(found: Screened) -> Figure:
    """A bar of endings per part of the runs: those in which an input is low, and those in which it is high."""
    ensemble, bars = found.ensemble, found.bars
    colours = endings.colours(ensemble)
    key = list(_key([ending.title for ending in ensemble.scenario.endings], colours))
    blocks = list(dict.fromkeys(bars["title"]))
    sheet = Sheet(ensemble, "Which assumptions go along with how it ends?",
                  "Bars: how the runs end in which the number is among its lowest quarter, and among its highest; in "
                  "100 runs. Numbers that make no difference have two bars alike. The first is the most telling one. "
                  "It is a correlation over the runs made; the command sensitivity asks with care.",
                  (key[-1][1] + 1) * KEY + 0.1 + len(bars) * PITCH + len(blocks) * APART)
    for x, line, title, colour in key:
        y = sheet.top + (line + 0.4) * KEY
        sheet.areas([[(x, y - 0.06), (x + 0.14, y - 0.06), (x + 0.14, y + 0.06), (x, y + 0.06)]], colour)
        sheet.text(x + 0.2, y, title)
    top, left = sheet.top + (key[-1][1] + 1) * KEY + 0.1, MARGIN + TITLES + PARTS
    for block in blocks:
        rows = bars[bars["title"] == block]
        sheet.text(MARGIN, top + len(rows) * PITCH / 2, fit(block, TITLES - 0.15, lines=max(2, len(rows))))
        for row in rows.to_dict("records"):
            words = {"low": "lowest quarter", "high": "highest quarter"}.get(str(row["part"]), str(row["part"]))
            sheet.text(left - 0.1, top + PITCH / 2, fit(words, PARTS - 0.1), colour=QUIET, ha="right")
            _bar(sheet, [row[ending.name] for ending in ensemble.scenario.endings], colours, left, top)
            top += PITCH
        top += APART
    return sheet.done()


def _bar(sheet: Sheet, shares: list[Any], colours: list[str], left: float, top: float) -> None:
    """One bar of all endings, with the numbers that there is room for."""
    width = WIDTH - MARGIN - left
    ends = left + width * np.cumsum([0, *shares])
    for share, colour, a, b in zip(shares, colours, ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        sheet.areas([[(a, top), (b, top), (b, top + BAR), (a, top + BAR)]], colour)
        if share >= NUMBERED:
            sheet.text((a + b) / 2, top + BAR / 2, f"{100 * share:.0f}" if share <= 0.99 else ">99", ha="center",
                       colour="#FFFFFF" if _dark(colour) else INK)


def _dark(colour: str) -> bool:
    red, green, blue = to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 0.5


def _key(titles: list[str], colours: list[str]) -> Iterator[tuple[float, int, str, str]]:
    """Where in the key each ending stands: inches from the left, line, title and colour."""
    x, line = MARGIN, 0
    for title, colour in zip(titles, colours, strict=True):
        told = fit(title, 3.4)
        wide = 0.2 + span(told) + 0.3
        if x + wide > WIDTH - MARGIN and x > MARGIN:
            x, line = MARGIN, line + 1
        yield x, line, told, colour
        x += wide
