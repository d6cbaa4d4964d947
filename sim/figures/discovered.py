"""Where it ends badly: density against coverage, a box, a tree. No figures of a run alone: an experiment draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.figures.measure import short
from sim.figures.style import FAINT, FAN_COLOUR, INK, LINE, MARGIN, NORMAL, QUIET, WIDTH, Sheet, fit

BAD, OTHER = "#A84300", "#9E9E9E"
#: Replicates of the scatter plot.
POINTS = 1500
TICKS = (0, 0.25, 0.5, 0.75, 1)


def tradeoff(of: Any, title: str, table: pd.DataFrame, chosen: int, usual: float) -> Figure:
    """How much of what is looked for a box holds, and how frequent it is there, on the way to ever narrower boxes."""
    sheet = Sheet(of, f"How well can {title} be told from what was drawn?",
                  "Every point is a box, from all replicates (right) to a narrow one (left). Grey: in the half where "
                  "it was found, which flatters. Blue, with its 95 % range: in the held-out half. Ringed: the box that "
                  "was taken. Dotted: how often it is so in all held-out replicates.", 4.3)
    top = min(1.0, np.ceil(10 * 1.1 * float(np.nanmax(table[["density", "held_high"]].to_numpy()))) / 10)
    panel = sheet.panel(MARGIN + 0.7, sheet.top, WIDTH - 2 * MARGIN - 2.2, 3.6, (0, 1), (0, top))
    ticks = [top * part / 5 for part in range(6)]
    panel.grid(TICKS, ticks)
    panel.y_labels(ticks, [f"{100 * tick:g}" for tick in ticks])
    panel.x_labels(TICKS, [f"{100 * tick:g}" for tick in TICKS])
    sheet.text(panel.left, panel.top - 0.1, "Of 100 replicates in the box, so many are so (density)", colour=QUIET)
    sheet.text(panel.left + panel.width / 2, panel.top + panel.height + 0.4,
               "Of 100 replicates that are so, so many are in the box (coverage)", colour=QUIET, ha="center")
    order = table.sort_values("held_coverage")
    panel.band(order["held_coverage"].to_numpy(), order["held_low"].to_numpy(), order["held_high"].to_numpy(),
               FAN_COLOUR, 0.16)
    sheet.segments([[(panel.left, float(panel.y(usual))), (panel.left + panel.width, float(panel.y(usual)))]], QUIET,
                   0.9, dashes=":")
    for columns, colour in ((("coverage", "density"), OTHER), (("held_coverage", "held_density"), FAN_COLOUR)):
        for x, y in table[list(columns)].dropna().to_numpy():
            sheet.dot(float(panel.x(x)), float(panel.y(y)), colour, 3.5)
        taken = table.iloc[chosen]
        sheet.dot(float(panel.x(taken[columns[0]])), float(panel.y(taken[columns[1]])), colour, 9, hollow=True)
    panel.ends(np.array([usual]), ["all held-out"], [QUIET])
    return sheet.done()


def box(of: Any, title: str, found: Any, table: pd.DataFrame, bad: Any, ranked: Sequence[str],
        words: Callable[[str], str], sentence: str) -> Figure:
    """Held-out replicates in the box's two surest inputs; of a box in one input, beside the next most telling one."""
    names = list(dict.fromkeys([condition.input for condition in found.conditions] + list(ranked)))
    x, y = [name for name in names if pd.api.types.is_numeric_dtype(table[name])][:2]
    sheet = Sheet(of, f"{'A' if found.holds_up else 'No'} box that holds up for {title}",
                  f"{sentence}. Held-out replicates ({min(len(table), POINTS):,} of {len(table):,} drawn); orange: it "
                  "is so, grey: it is not. The frame is what the box asks of these two inputs; what it asks of others "
                  "is not seen here.", 5.1)
    scales = [np.quantile(table[name], (0.005, 0.995)).tolist() for name in (x, y)]
    ranges = [(low, high if high > low else low + 1) for low, high in scales]
    panel = sheet.panel(MARGIN + 0.9, sheet.top + 0.15, WIDTH - 2 * MARGIN - 1.2, 4.1, *ranges)
    ticks = [np.linspace(low, high, 5).tolist() for low, high in ranges]
    panel.grid(*ticks)
    panel.x_labels(ticks[0], [short(tick) for tick in ticks[0]])
    panel.y_labels(ticks[1], [short(tick) for tick in ticks[1]])
    sheet.text(panel.left + panel.width / 2, panel.top + panel.height + 0.4, words(x), ha="center", size=NORMAL)
    sheet.text(panel.left, panel.top - 0.12, words(y), size=NORMAL)
    rows = table[[x, y]].to_numpy()[:POINTS]
    for kind, colour, size in ((False, OTHER, 2.5), (True, BAD, 4)):
        for at, height in rows[np.asarray(bad)[:POINTS] == kind]:
            sheet.dot(float(panel.x(at)), float(panel.y(height)), colour, size)
    left, right = _bounds(found, x, ranges[0])
    low, high = _bounds(found, y, ranges[1])
    corners = [(left, low), (right, low), (right, high), (left, high), (left, low)]
    sheet.segments([[(float(panel.x(at)), float(panel.y(height))) for at, height in corners]], INK, 1.8, 4)
    return sheet.done()


def _bounds(found: Any, name: str, scale: tuple[float, float]) -> tuple[float, float]:
    own = [condition for condition in found.conditions if condition.input == name and condition.values is None]
    return (max([scale[0], *(condition.low for condition in own)]),
            min([scale[1], *(condition.high for condition in own)]))


#: Inches: of a leaf's row, and from a node to its children.
ROW, STEP = 0.62, 0.32


def tree(of: Any, title: str, root: Any, words: Callable[[Any], str]) -> Figure:
    """The tree from top to bottom, as an outline: a bar for the held-out share beside every leaf."""
    lines = list(_lines(root))
    sheet = Sheet(of, f"A tree for {title}" if root.children else f"No tree: nothing tells {title} apart",
                  "Read from the top: a line holds where those that it hangs under do. Bars and numbers: of 100 held-"
                  "out replicates there, how many are so, with the 95 % interval; upright: the same in the half that "
                  "the tree was grown on.", len(lines) * ROW * 0.6 + 0.5)
    right = WIDTH - MARGIN - 3.6
    most = max(max(node.held.interval[1] if node.held.rows else 0 for _, _, node in lines), 0.01)
    panel = sheet.panel(right, sheet.top, 1.7, len(lines) * ROW * 0.6, (0, most), (len(lines), 0))
    for place, (depth, condition, node) in enumerate(lines):
        upper, middle, lower = (float(at) for at in panel.y([place + 0.2, place + 0.5, place + 0.8]))
        start = MARGIN + depth * STEP
        text = "all replicates" if condition is None else words(condition)
        sheet.text(start, middle, fit(text, right - start - 0.15, lines=2, bold=not node.children),
                   bold=not node.children,
                   colour=INK if not node.children else QUIET)
        if depth:
            left = start - STEP + 0.06
            sheet.segments([[(left, upper - 0.08), (left, middle), (start - 0.05, middle)]], FAINT, 1.2)
        if not node.held.rows:
            continue
        end, low, high, before = (float(at) for at in panel.x([node.held.share, *node.held.interval,
                                                               node.found.share]))
        colour = BAD if not node.children else FAINT
        sheet.areas([[(panel.left, upper), (end, upper), (end, lower), (panel.left, lower)]], colour, 0.85)
        sheet.segments([[(low, middle), (high, middle)]], INK, 1, zorder=3)
        sheet.segments([[(before, upper), (before, lower)]], QUIET, 1.4, zorder=3)
        bounds = "–".join(f"{100 * bound:.0f}" for bound in node.held.interval)
        sheet.text(panel.left + panel.width + 0.1, middle, f"{100 * node.held.share:.0f} in 100 ({bounds}) of "
                                                           f"{node.held.rows:,}")
    sheet.text(panel.left, panel.top + panel.height + LINE, "0", colour=QUIET, ha="center")
    return sheet.done()


def _lines(node: Any, depth: int = 0, condition: Any = None) -> Any:
    yield depth, condition, node
    for child, split in zip(node.children, node.branches, strict=True):
        yield from _lines(child, depth + 1, split)
