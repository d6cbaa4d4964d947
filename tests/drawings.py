"""Whether the texts of a figure can be read."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.figures import DPI


def texts(figure: Figure) -> list[Text]:
    """Every visible text."""
    return [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text() and text.get_visible()]


@lru_cache(1)
def boxes(figure: Figure) -> list[tuple[str, Any]]:
    """Every visible text with its rectangle in pixels."""
    figure.set_dpi(DPI)
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    return [(text.get_text(), text.get_window_extent(renderer)) for text in texts(figure)]


def overlaps(figure: Figure, slack: float = 1.0) -> list[tuple[str, str]]:
    """Pairs of texts whose rectangles share more than `slack` pixels both ways."""
    return [(a, b) for (a, one), (b, two) in combinations(boxes(figure), 2)
            if min(one.x1, two.x1) - max(one.x0, two.x0) > slack and min(one.y1, two.y1) - max(one.y0, two.y0) > slack]


def outside(figure: Figure) -> list[str]:
    """Texts that the edge of the figure cuts."""
    width, height = figure.get_size_inches() * DPI
    return [text for text, box in boxes(figure) if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height]
