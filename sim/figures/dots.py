"""A hundred runs, as dots grouped by how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.figures import endings
from sim.figures.measure import Array
from sim.figures.style import MARGIN, WIDTH, Sheet, fit

if TYPE_CHECKING:
    from sim.ensemble import Ensemble

ORDER = 0
DOTS = 100
#: Inches for titles, from one dot to the next, between the tens, and between the rows of two endings; dots in a line.
TITLES, PITCH, TENS, APART, LINE = 3.2, 0.185, 0.12, 0.2, 20


def table(ensemble: Ensemble) -> pd.DataFrame:
    """A row per ending, as ordered in the scenario: its dots, which are 100 in all, its runs and how often it comes."""
    rows = endings.table(ensemble)[["ending", "title", "runs", "label"]]
    rows.insert(2, "dots", shared_out(rows["runs"].to_numpy()))
    return rows


def shared_out(counts: Array, total: int = DOTS) -> list[int]:
    """`total` shared out in proportion to counts by largest remainder; of equal remainders the first comes first."""
    if not counts.sum():
        return [0] * len(counts)
    whole, rest = np.divmod(counts.astype(np.int64) * total, int(counts.sum()))
    whole[np.argsort(-rest, kind="stable")[:total - whole.sum()]] += 1
    found: list[int] = whole.tolist()
    return found


def draw(ensemble: Ensemble) -> Figure:
    """A block of dots per ending, in lines of twenty."""
    rows = table(ensemble)
    lines = np.maximum(1, -(-rows["dots"].to_numpy() // LINE))
    body = float(lines.sum()) * PITCH + len(rows) * APART
    sheet = Sheet(ensemble, "How would 100 of these runs end?",
                  "Each dot stands for one run in 100, in lines of twenty. Numbers: all runs, with 95 % intervals.",
                  body)
    left, top = MARGIN + TITLES, sheet.top
    right = left + LINE * PITCH + TENS + 0.15
    for row, colour, tall in zip(rows.itertuples(), endings.colours(ensemble), lines.tolist(), strict=True):
        middle = top + PITCH * tall / 2
        sheet.text(left - 0.1, middle, fit(str(row.title), TITLES - 0.15, lines=1 + (tall > 1)), ha="right")
        for place in range(int(row.dots)):  # type: ignore[arg-type]
            line, column = divmod(place, LINE)
            x = left + (column + 0.5) * PITCH + TENS * (column >= LINE // 2)
            sheet.dot(x, top + (line + 0.5) * PITCH, colour, 9)
        sheet.text(right, middle, fit(str(row.label), WIDTH - MARGIN - right, lines=2))
        top += PITCH * tall + APART
    return sheet.done()
