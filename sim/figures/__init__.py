"""Figures of an ensemble. Every module here that has `draw` and `table` is one; a new figure is a new file.

`draw(ensemble)` returns a matplotlib Figure and `table(ensemble)` the numbers behind it. A module's
`ORDER` places it in the report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from sim.ensemble import Ensemble

DPI = 110


class Drawing(NamedTuple):
    """A kind of figure: its name, how to draw it, and the numbers behind it."""

    name: str
    draw: Callable[[Ensemble], Figure]
    table: Callable[[Ensemble], pd.DataFrame]


@cache
def figures() -> dict[str, Drawing]:
    """All kinds of figures by name, in the order of a report."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    drawn = sorted((module for module in modules if hasattr(module, "draw")), key=lambda module: module.ORDER)
    names = [module.__name__.rpartition(".")[2] for module in drawn]
    return {name: Drawing(name, module.draw, module.table) for name, module in zip(names, drawn, strict=True)}


def render(figure: Figure, name: str, kind: str) -> bytes:
    """The figure as "png" or "svg": the same bytes for the same numbers.

    Text in SVG stays text. Its ids start with `name`, so that several can stand on one page.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    stream, title = BytesIO(), figure.get_label() or name
    figure.set_dpi(DPI)
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "svg.id": None, "path.simplify": True,
                     "text.hinting": "none"}):
        # The canvases' own methods: `savefig` would draw everything a second time to measure it.
        if kind == "svg":
            canvas: Any = FigureCanvasSVG(figure)
            canvas.print_svg(stream, metadata={"Title": title, "Date": None, "Creator": None})
        else:
            canvas = FigureCanvasAgg(figure)
            canvas.print_png(stream, metadata={"Title": title, "Software": None}, pil_kwargs={"compress_level": 1})
    found = stream.getvalue()
    if kind == "svg":
        for before in (b' id="', b"url(#", b'href="#'):
            found = found.replace(before, before + name.encode() + b"-")
    return found


def draw_all(ensemble: Ensemble, folder: Path, kinds: Sequence[str] = ("png", "svg")) -> list[Path]:
    """Every figure as `<name>.png` and `<name>.svg` in `folder`/figures; returns the paths written."""
    folder = folder / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for drawing in figures().values():
        figure = drawing.draw(ensemble)
        for kind in kinds:
            path = folder / f"{drawing.name}.{kind}"
            path.write_bytes(render(figure, drawing.name, kind))
            written.append(path)
    return written
