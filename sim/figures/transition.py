"""How the same replicates end in one scenario and in another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from sim.figures import endings
from sim.figures.style import INK, MARGIN, NORMAL, QUIET, WIDTH, Sheet, fit

if TYPE_CHECKING:
    from sim.experiments.compare import Comparison

ROW, HEAD, TITLES, SUMS = 0.55, 0.75, 2.6, 1.0


def transition(found: Comparison) -> Figure:
    """A square per pair of endings, the darker the more replicates change over; those that stay are in grey."""
    table, moved = found.transitions, found.moved()
    sheet = Sheet(found.base, f"Which runs end otherwise: {found.label}? {moved:,} of {found.replicates:,}",
                  "Rows: how a run ends in the base; columns: how the same run, on the same draws, ends in the "
                  "alternative. Numbers: runs. Grey: runs that end alike.", HEAD + ROW * (len(table) + 1))
    titles = [{ending.name: ending.title for ending in each.scenario.endings} for each in (found.base, found.alt)]
    shades = [endings.colours(each) for each in (found.base, found.alt)]
    wide = (WIDTH - 2 * MARGIN - TITLES - SUMS) / table.shape[1]
    left, top = MARGIN + TITLES, sheet.top + HEAD
    most = max((count for row, counts in table.iterrows() for name, count in counts.items() if name != row), default=0)
    for place, name in enumerate(table.columns):
        middle = left + (place + 0.5) * wide
        sheet.areas([[(left + place * wide + 0.04, top - 0.09), (left + (place + 1) * wide - 0.04, top - 0.09),
                      (left + (place + 1) * wide - 0.04, top - 0.03), (left + place * wide + 0.04, top - 0.03)]],
                    shades[1][place])
        sheet.text(middle, top - 0.14, fit(titles[1][name], wide - 0.1, lines=3), ha="center", va="bottom")
        sheet.text(middle, top + ROW * (len(table) + 0.5), f"{table[name].sum():,}", ha="center", colour=QUIET)
    for row, (ending, counts) in enumerate(table.iterrows()):
        y = top + row * ROW
        sheet.areas([[(left - 0.09, y + 0.04), (left - 0.03, y + 0.04), (left - 0.03, y + ROW - 0.04),
                      (left - 0.09, y + ROW - 0.04)]], shades[0][row])
        sheet.text(left - 0.15, y + ROW / 2, fit(titles[0][str(ending)], TITLES - 0.2, lines=2), ha="right")
        for place, (other, count) in enumerate(counts.items()):
            stays, share = other == ending, count / most if most else 0
            x = left + place * wide
            sheet.areas([[(x + 0.03, y + 0.03), (x + wide - 0.03, y + 0.03), (x + wide - 0.03, y + ROW - 0.03),
                          (x + 0.03, y + ROW - 0.03)]], "#EEEEEE" if stays else _shade(share))
            sheet.text(x + wide / 2, y + ROW / 2, f"{count:,}" if count else "–", size=NORMAL, ha="center",
                       bold=not stays and count > 0, colour=QUIET if stays or not count
                       else "#FFFFFF" if share > 0.55 else INK)
        sheet.text(left + wide * table.shape[1] + 0.15, y + ROW / 2, f"{counts.sum():,}", colour=QUIET)
    sheet.text(left - 0.15, top + ROW * (len(table) + 0.5), "in all", ha="right", colour=QUIET)
    return sheet.done()


def _shade(share: float) -> str:
    """From white to the deepest purple."""
    red, green, blue = (1 - share * (1 - part) for part in to_rgb("#332288"))
    return to_hex((red, green, blue))
