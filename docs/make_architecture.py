"""Writes docs/architecture.md and its picture from the code: `python docs/make_architecture.py`.

The layers are those that `lint-imports` enforces, and what a module does is the first line of its docstring.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from html import escape
from importlib import import_module
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PAGE, PICTURE = ROOT / "docs" / "architecture.md", ROOT / "docs" / "images" / "architecture.svg"

HEAD = """\
# Architecture

One way in and one way out, and nothing imports upward. What a user writes is data; the package knows no country, issue
or event by name.

![From a scenario file to a report](images/architecture.svg)

| folder | what |
|---|---|
| `seeds/` | the world that ships: facts, causes, the record, each number with its source |
| `scenarios/`, `questions/` | one question each, and what a forecaster could be scored on |
| `templates/`, `classics/` | the region that `init` starts from; a published example |
| `sim/` | the package, below |
| `tests/` | what is promised, as tests |
| `benchmarks/` | how fast it is, and the model written twice more: plainly, and compiled |
| `docs/` | these pages, and the `make_*.py` that keep them true |

The steps of the path:

"""

MIDDLE = """
## Layers

From the command down to errors. A module imports only from lines below its own, and modules of one line do not import
each other; within a package nothing imports in a circle. `lint-imports` holds the code to it. The order stands in
`pyproject.toml` under `importlinter`, and a new module takes its place there.

"""

TAIL = """
Written by `python docs/make_architecture.py` from the code; do not edit here.
"""


class Step(NamedTuple):
    """One step of the path: what it is, and the module or object that makes it so."""

    name: str
    home: str
    what: str


PATH = [
    Step("Scenario file", "sim.reading", "YAML read with every position, laid over its world's files"),
    Step("Scenario", "sim.scenario.load", "validated entries, only those in force"),
    Step("World", "sim.compiler.compile_world", "arrays and sparse matrices that never change"),
    Step("Model", "sim.model.DiplomacyModel", "a block of replicates; its countries are Mesa agents"),
    Step("Ensemble", "sim.ensemble.run", "blocks in as many processes as there are, counts added up"),
    Step("Outcomes", "sim.outcomes.measured", "what the scenario asks of each history, and its ending"),
    Step("Figures, tables", "sim.store.write", "a folder that is whole or not there"),
    Step("Report, workbench", "sim.report", "one page to send; the same figures in a browser"),
]
#: Of the picture, in its own units.
WIDTH, HIGH, GAP, ACROSS = 200, 96, 36, 4


def contract() -> list[list[str]]:
    """The layers, from the top; modules that stand side by side are one layer."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers: list[str] = settings["contracts"][0]["layers"]
    return [[name.strip() for name in layer.split("|")] for layer in layers]


def sources(name: str) -> Iterator[tuple[str, Path]]:
    """A module of the package by its dotted name and file; of a package, all its modules."""
    path = ROOT / "sim" / name
    if not path.is_dir():
        yield name, path.with_suffix(".py")
        return
    yield name, path / "__init__.py"
    yield from ((f"{name}.{file.stem}", file) for file in sorted(path.glob("*.py")) if file.stem != "__init__")


def first_line(file: Path) -> str:
    """What a module says of itself, without the commands that write it."""
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert said, f"{file.name} has no docstring"
    return said.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")


def steps() -> Iterator[str]:
    """A line per step of the path."""
    yield "| step | made by | |"
    yield "|---|---|---|"
    for step in PATH:
        yield f"| {step.name} | `{step.home}` | {step.what} |"


def layers() -> Iterator[str]:
    """A row per module in the order of the layers, then a table per package."""
    yield "| line | module | |"
    yield "|---|---|---|"
    for number, layer in enumerate(contract(), 1):
        for place, name in enumerate(layer):
            [(whole, file), *inside] = sources(name)
            yield f"| {'' if place else number} | `sim.{whole}`{' (package)' if inside else ''} | {first_line(file)} |"
    for layer in contract():
        for name in layer:
            [(whole, _), *inside] = sources(name)
            if inside:
                yield ""
                yield f"### sim.{whole}"
                yield ""
                yield "| module | |"
                yield "|---|---|"
                yield from (f"| `{module.rpartition('.')[2]}` | {first_line(path)} |" for module, path in inside)


def picture() -> str:
    """The path as boxes in two rows, each with its module and what it is."""
    rows = (len(PATH) + ACROSS - 1) // ACROSS
    wide, high = ACROSS * WIDTH + (ACROSS + 1) * GAP, rows * (HIGH + GAP) + GAP
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
             f'font-family="DejaVu Sans, Helvetica, Arial, sans-serif" role="img">',
             "<title>From a scenario file to a report</title>",
             f'<rect width="{wide}" height="{high}" fill="#ffffff"/>']
    for number, step in enumerate(PATH):
        row, column = divmod(number, ACROSS)
        x, y = GAP + column * (WIDTH + GAP), GAP + row * (HIGH + GAP)
        parts += [f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HIGH}" rx="6" fill="#f4f7fa" stroke="#0b5394"/>',
                  text(x + 12, y + 24, step.name, 15, "#0b5394", "bold"), text(x + 12, y + 42, step.home, 10.5, "#444")]
        parts += [text(x + 12, y + 62 + 14 * line, words, 11, "#222") for line, words in enumerate(wrap(step.what, 30))]
        if number:
            parts.append(arrow(x, y + HIGH / 2) if column else
                         f'<path d="M{wide - GAP - WIDTH / 2} {y - GAP} v{GAP / 2} H{x + WIDTH / 2} v{GAP / 2 - 6}" '
                         f'fill="none" stroke="#444"/>{head(x + WIDTH / 2, y, down=True)}')
    return "\n".join([*parts, "</svg>"]) + "\n"


def text(x: float, y: float, words: str, size: float, colour: str, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" font-weight="{weight}">{escape(words)}</text>'


def arrow(x: float, y: float) -> str:
    """From the box to the left of x."""
    return f'<path d="M{x - GAP} {y} h{GAP - 6}" stroke="#444"/>{head(x, y)}'


def head(x: float, y: float, down: bool = False) -> str:
    points = ((x - 5, y - 8), (x + 5, y - 8)) if down else ((x - 8, y - 5), (x - 8, y + 5))
    return f'<polygon points="{x},{y} {points[0][0]},{points[0][1]} {points[1][0]},{points[1][1]}" fill="#444"/>'


def there(home: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    module, _, name = home.rpartition(".")
    try:
        return bool(import_module(home))
    except ModuleNotFoundError:
        return hasattr(import_module(module), name)


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(steps()) + "\n" + MIDDLE + "\n".join(layers()) + "\n" + TAIL


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
