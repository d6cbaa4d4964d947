"""Endings of several variants, side by side. No figure of a single run: experiments draw it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.figure import Figure

from sim.figures import endings
from sim.figures.style import INK, LINE, MARGIN, NORMAL, QUIET, WIDTH, Sheet, fit

if TYPE_CHECKING:
    from sim.ensemble import Ensemble

TITLES, ROW, HEAD, LABELS, BESIDE = 2.1, 0.21, 0.34, 2.75, 1.65
TICKS = (0.25, 0.5, 0.75, 1.0)


class Beside(NamedTuple):
    """One of the variants: its title, what came out, and a text per ending to its right."""

    title: str
    ensemble: Ensemble
    texts: Sequence[str]


def side_by_side(variants: Sequence[Beside], title: str, note: str) -> Figure:
    """A panel per ending with a bar and an interval per variant, on one scale; a line where the first one ends."""
    tables = [endings.table(variant.ensemble) for variant in variants]
    first, tall = tables[0], len(variants) * ROW
    sheet = Sheet(variants[0].ensemble, title, note, len(first) * (HEAD + tall) + 0.35)
    most = next(tick for tick in TICKS if tick >= max(float(table["high"].max()) for table in tables) or tick == 1)
    ticks = [most * part / 5 for part in range(6)]
    beside = any(text for variant in variants for text in variant.texts)
    right = WIDTH - MARGIN - LABELS - (BESIDE if beside else 0)
    for place, (row, colour) in enumerate(zip(first.itertuples(), endings.colours(variants[0].ensemble), strict=True)):
        top = sheet.top + place * (HEAD + tall) + HEAD
        panel = sheet.panel(MARGIN + TITLES, top, right - MARGIN - TITLES, tall, (0, most), (len(variants), 0))
        panel.grid(ticks)
        sheet.text(panel.left, top - 0.06, fit(row.title, WIDTH - MARGIN - panel.left, NORMAL, 1, True), size=NORMAL,
                   bold=True, va="bottom")
        for at, (variant, table) in enumerate(zip(variants, tables, strict=True)):
            found = table.iloc[place]
            upper, middle, lower = panel.y([at + 0.15, at + 0.5, at + 0.85])
            low, end, high = panel.x([found["low"], found["share"], found["high"]])
            sheet.areas([[(panel.left, upper), (end, upper), (end, lower), (panel.left, lower)]], colour)
            sheet.segments([[(low, middle), (high, middle)]], INK, 1, zorder=3)
            sheet.text(panel.left - 0.1, middle, fit(variant.title, TITLES - 0.1), ha="right")
            sheet.text(right + 0.12, middle, fit(found["label"], LABELS - 0.12))
            sheet.text(right + LABELS, middle, fit(variant.texts[place], BESIDE), colour=QUIET)
        start = float(panel.x(row.share))
        sheet.segments([[(start, panel.top), (start, panel.top + tall)]], QUIET, 0.8, zorder=2)
        if place == len(first) - 1:
            panel.x_labels(ticks, [f"{100 * tick:g}" for tick in ticks[:-1]] + [f"{100 * most:g} runs"], LINE / 2)
    return sheet.done()
