"""The look that figures share: a sheet measured in inches, panels on it, colours, and labels that keep apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.lines import Line2D
from matplotlib.text import Text

from sim.figures.measure import Array

if TYPE_CHECKING:
    from sim.scenario import Scenario

FONT = "DejaVu Sans"
SMALL, NORMAL, LARGE = 8.0, 9.0, 13.0
WIDTH, MARGIN, FOOT = 10.0, 0.3, 0.42
#: Height in inches of a line of small text.
LINE = SMALL * 1.25 / 72
INK, QUIET, FAINT = "#222222", "#595959", "#DDDDDD"
FAN_COLOUR = "#0B5394"
#: Endings from the first to the last; other series, which are no country, take the second list.
ENDINGS = ("#0B5394", "#6FA8DC", "#9E9E9E", "#F0A050", "#A84300")
SERIES = ("#332288", "#CC6677", "#117733", "#AA4499", "#44AA99", "#882255", "#999933", "#88CCEE")


@cache
def _advance(character: str, bold: bool) -> float:
    """Width of a character in units of the font size."""
    font = get_font(findfont(FontProperties(family=FONT, weight="bold" if bold else "normal")))
    font.set_size(100, 72)  # the object is matplotlib's own: its size changes under us
    return float(font.load_char(ord(character), LoadFlags.NO_HINTING).linearHoriAdvance) / 65536 / 100


def span(text: str, size: float = SMALL, bold: bool = False) -> float:
    """Width of one line of text in inches."""
    return sum(_advance(character, bold) for character in text) * size / 72


@cache
def fit(text: str, room: float, size: float = SMALL, lines: int = 1, bold: bool = False) -> str:
    """`text` on at most `lines` lines of `room` inches; what is too long ends in an ellipsis."""
    words = text.split()
    done: list[str] = []
    while words:
        count = len(words)
        if len(done) + 1 < lines:
            while count > 1 and span(" ".join(words[:count]), size, bold) > room:
                count -= 1
        line, words = " ".join(words[:count]), words[count:]
        if span(line, size, bold) > room:
            while line and span(line + "…", size, bold) > room:
                line = line[:-1]
            line = line.rstrip() + "…"
        done.append(line)
    return "\n".join(done)


def readable(colour: str) -> str:
    """The colour, darkened as far as text on white needs (contrast 4.5 to 1)."""
    red, green, blue = to_rgb(colour)
    for _ in range(30):
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
        if 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05) >= 4.5:
            break
        red, green, blue = 0.95 * red, 0.95 * green, 0.95 * blue
    return f"#{round(255 * red):02X}{round(255 * green):02X}{round(255 * blue):02X}"


def spread(wanted: Array, gap: float, low: float, high: float) -> Array:
    """Places at least `gap` apart within [low, high], as near to the wanted ones as can be, in their order."""
    count = len(wanted)
    order = np.argsort(wanted, kind="stable")
    steps = min(gap, (high - low) / max(count - 1, 1)) * np.arange(count)
    blocks: list[list[float]] = []
    for value in wanted[order] - steps:
        blocks.append([float(value)])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    level = np.array([np.mean(block) for block in blocks for _ in block])
    placed = np.empty(count)
    placed[order] = np.clip(level, low, high - steps[-1] if count else high) + steps
    return placed


class Shown(Protocol):
    """What a sheet shows results of, such as an ensemble; its footer says so."""

    @property
    def scenario(self) -> Scenario: ...
    @property
    def replicates(self) -> int: ...
    @property
    def seed(self) -> int: ...


class Sheet:
    """A page with a title, a note on how to read it and a footer; its body starts at `top`.

    Everything is placed in inches from the top left corner, on one axes: hundreds of labels and
    bands stay cheap, and what fits where is arithmetic. `body` is the height of what is drawn. The footer says what
    was simulated; a text in its place is the footer itself.
    """

    def __init__(self, ensemble: Shown | str, title: str, note: str, body: float):
        room = WIDTH - 2 * MARGIN
        title, note = fit(title, room, LARGE, 3, True), fit(note, room, NORMAL, 4)
        below_title = MARGIN + (title.count("\n") + 1) * LARGE * 1.25 / 72
        self.top = below_title + (note.count("\n") + 1) * NORMAL * 1.25 / 72 + 0.25
        self.height = self.top + body + FOOT
        self.figure = Figure(figsize=(WIDTH, self.height), facecolor="white", label=" ".join(title.split()))
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, WIDTH), ylim=(self.height, 0))
        self.axes.set_axis_off()
        self._lines: dict[Any, Any] = {}
        self._polygons: dict[Any, Any] = {}
        self._dots: dict[Any, Any] = {}
        self.text(MARGIN, MARGIN, title, size=LARGE, bold=True, va="top")
        self.text(MARGIN, below_title + 0.05, note, size=NORMAL, colour=QUIET, va="top")
        self.text(MARGIN, self.height - 0.14, ensemble if isinstance(ensemble, str) else _foot(ensemble, room),
                  colour=QUIET, va="bottom")

    def text(self, x: float, y: float, text: str, *, size: float = SMALL, colour: str = INK, bold: bool = False,
             ha: str = "left", va: str = "center") -> None:
        """Text in inches; never read as mathematics."""
        self.axes.add_artist(Text(x, y, text, color=colour, fontsize=size, fontweight="bold" if bold else "normal",
                                  fontfamily=FONT, ha=ha, va=va, parse_math=False, usetex=False, linespacing=1.2))

    def segments(self, points: Any, colour: str | Sequence[str] = FAINT, width: float = 0.6, zorder: float = 1,
                 dashes: str = "-") -> None:
        """Lines, each a list of (x, y) in inches; `colour` is one or one per line."""
        self._add(self._lines, (width, zorder, dashes), points, colour)

    def areas(self, polygons: Any, colour: str | Sequence[str], alpha: float = 1.0) -> None:
        """Filled polygons, each a list of (x, y) in inches; `colour` is one or one per polygon."""
        self._add(self._polygons, (alpha,), polygons, colour)

    def dot(self, x: float, y: float, colour: str, size: float = 5, marker: str = "o", hollow: bool = False) -> None:
        """A marker in inches, `size` points wide."""
        self._add(self._dots, (size, marker, colour, hollow), [(x, y)], colour)

    @staticmethod
    def _add(store: dict[Any, Any], key: Any, shapes: Any, colour: str | Sequence[str]) -> None:
        kept = store.setdefault(key, ([], []))
        kept[0].extend(shapes)
        kept[1].extend([colour] * len(shapes) if isinstance(colour, str) else colour)

    def done(self) -> Figure:
        """The figure with everything on it. Shapes alike are one artist: matplotlib's time goes by artists."""
        for (alpha,), (shapes, colours) in self._polygons.items():
            self.axes.add_collection(PolyCollection(shapes, facecolors=colours, linewidths=0, alpha=alpha),
                                     autolim=False)
        for (width, zorder, dashes), (shapes, colours) in self._lines.items():
            self.axes.add_collection(LineCollection(shapes, colors=colours, linewidths=width, linestyles=dashes,
                                                    zorder=zorder, capstyle="butt", joinstyle="round"), autolim=False)
        for (size, marker, colour, hollow), (shapes, _) in self._dots.items():
            self.axes.add_line(Line2D(*zip(*shapes, strict=True), linestyle="none", marker=marker, markersize=size,
                                      color=colour, markerfacecolor="white" if hollow else colour, zorder=3))
        return self.figure

    def panel(self, left: float, top: float, width: float, height: float, x: tuple[float, float],
              y: tuple[float, float]) -> Panel:
        """A rectangle with scales of its own."""
        return Panel(self, left, top, width, height, x, y)

    def nothing(self, text: str) -> Figure:
        """The figure with a sentence in place of a body."""
        self.text(MARGIN, self.top + 0.1, text, size=NORMAL)
        return self.done()


def _foot(ensemble: Shown, room: float) -> str:
    lead, tail = "Explores a model's assumptions; no forecast · ", (
        f" · {ensemble.replicates:,} replicate{'s' * (ensemble.replicates != 1)} · seed {ensemble.seed}")
    return lead + fit(ensemble.scenario.title, room - span(lead) - span(tail)) + tail


@dataclass(frozen=True)
class Panel:
    """A rectangle of a sheet (inches) with data scales; what lies outside a scale is drawn on its edge."""

    sheet: Sheet
    left: float
    top: float
    width: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def x(self, values: Any) -> Array:
        """Inches from the left of the sheet."""
        low, high = self.x_range
        return self.left + self.width * np.clip((np.asarray(values, float) - low) / (high - low), 0, 1)

    def y(self, values: Any) -> Array:
        """Inches from the top of the sheet."""
        low, high = self.y_range
        return self.top + self.height * np.clip((high - np.asarray(values, float)) / (high - low), 0, 1)

    def band(self, x: Array, low: Array, high: Array, colour: str, alpha: float) -> None:
        """The area between two series; gaps where either is void."""
        known = np.isfinite(low) & np.isfinite(high)
        if known.any():
            x, low, high = self.x(x[known]), self.y(low[known]), self.y(high[known])
            self.sheet.areas([np.column_stack([np.r_[x, x[::-1]], np.r_[low, high[::-1]]])], colour, alpha)

    def line(self, x: Array, y: Array, colour: str, width: float = 1.4, dashes: str = "-") -> None:
        """One series; void points are left out."""
        known = np.isfinite(y)
        if known.any():
            self.sheet.segments([np.column_stack([self.x(x[known]), self.y(y[known])])], colour, width, 2, dashes)

    def grid(self, x: Sequence[float] | Array = (), y: Sequence[float] | Array = ()) -> None:
        """Faint lines at the given values."""
        right, bottom = self.left + self.width, self.top + self.height
        across = [[(self.left, at), (right, at)] for at in self.y(y)]
        self.sheet.segments([[(at, self.top), (at, bottom)] for at in self.x(x)] + across, zorder=0.5)

    def y_labels(self, values: Sequence[float], texts: Sequence[str]) -> None:
        """Tick labels left of the panel."""
        for at, text in zip(self.y(values), texts, strict=True):
            self.sheet.text(self.left - 0.06, float(at), text, colour=QUIET, ha="right")

    def x_labels(self, values: Sequence[float], texts: Sequence[str], below: float = 0.05) -> None:
        """Tick labels `below` inches under the panel."""
        for at, text in zip(self.x(values), texts, strict=True):
            self.sheet.text(float(at), self.top + self.height + below, text, colour=QUIET, ha="center", va="top")

    def ends(self, values: Array, texts: Sequence[str], colours: Sequence[str], gap: float = LINE) -> None:
        """Labels right of the panel for series that end at `values`, spread so that none hides another."""
        right, wanted = self.left + self.width, self.y(values)
        placed = spread(wanted, gap, self.top + gap / 2, self.top + self.height - gap / 2)
        leaders = [[(right, a), (right + 0.12, b)] for a, b in zip(wanted, placed, strict=True)]
        self.sheet.segments(leaders, list(colours), 0.7)
        for at, text, colour in zip(placed, texts, colours, strict=True):
            self.sheet.text(right + 0.15, float(at), text, colour=readable(colour))


def hold(values: Array) -> Array:
    """A weekly series (week, …) with the last value kept to the end of its week: one point more."""
    return np.concatenate([values, values[-1:]])


def fan(panel: Panel, levels: Array, colour: str) -> float:
    """Draws the ranges of 50, 80 and 95 in 100 runs and the median of `levels` (7, weeks); returns its last value."""
    weeks, held = np.arange(levels.shape[1] + 1), hold(levels.T).T
    for place, alpha in enumerate((0.16, 0.22, 0.3)):
        panel.band(weeks, held[place], held[-1 - place], colour, alpha)
    panel.line(weeks, held[3], colour, 1.6)
    return float(held[3, -1])


def runs(count: int) -> str:
    """How many single runs are drawn, in words."""
    return f"{count} single run{'s' * (count != 1)}"


def months(scenario: Any, room: float) -> tuple[list[float], list[str]]:
    """Date ticks for the scenario's weeks on `room` inches: positions in weeks from the start, and labels."""
    start: date = scenario.start
    end = start + timedelta(weeks=scenario.weeks)
    if scenario.weeks < 10:
        step = ceil(0.6 * scenario.weeks / room)
        days = [start + timedelta(weeks=week) for week in range(0, scenario.weeks, step)]
        texts = [f"{day.day} {day:%b}" for day in days]
    else:
        least = 0.42 / room * scenario.weeks * 12 / 52.18
        step = next((step for step in (1, 2, 3, 6, 12, 24, 60, 120) if step >= least), 240)
        first = start.year * 12 + start.month
        every = range(-(-(first - 1) // step) * step, end.year * 12 + end.month, step)
        days = [day for day in (date(at // 12, at % 12 + 1, 1) for at in every) if start <= day < end]
        texts = [f"{day:%b}" for day in days]
    years = [day.year for day in days]
    texts = [f"{text}\n{year}" if place == 0 or year != years[place - 1] else text
             for place, (text, year) in enumerate(zip(texts, years, strict=True))]
    return [(day - start).days / 7 for day in days], texts


def country_labels(scenario: Any, room: float) -> dict[str, str]:
    """What countries are called beside a line: their names, or their codes where a name needs more room."""
    names = {code: short_name(country) for code, country in scenario.countries.items()}
    return names if all(span(name) <= room for name in names.values()) else {code: code for code in names}


def key(scenario: Any, labels: dict[str, str]) -> str:
    """The codes in `labels` spelt out, as the last words of a note; empty where names are used."""
    spelt = ", ".join(f"{code} {scenario.countries[code].name}" for code, text in labels.items()
                      if text == code != scenario.countries[code].name)
    return f" {spelt}." if spelt else ""


#: Columns, height of a panel and of a row (with its texts) in a grid of issues.
COLUMNS, PANEL, ROW = 3, 1.15, 1.82


def issue_rows(scenario: Any) -> float:
    """Height in inches of a grid with a panel per issue."""
    return -(-len(scenario.issues) // COLUMNS) * ROW + 0.3


def issue_panels(sheet: Sheet, scenario: Any, right: float) -> Iterator[tuple[str, Panel]]:
    """A panel per issue, from -1 to +1 over the scenario's weeks, both ends named; `right` inches stay for labels."""
    pitch = (WIDTH - 2 * MARGIN - 0.25) / COLUMNS
    left, width = 0.25, pitch - 0.1 - right
    for place, (name, issue) in enumerate(scenario.issues.items()):
        panel = sheet.panel(MARGIN + left + place % COLUMNS * pitch, sheet.top + place // COLUMNS * ROW + 0.4, width,
                            PANEL, (0, scenario.weeks), (-1, 1))
        at, texts = months(scenario, width)
        panel.grid(at, (-1, 0, 1))
        if place % COLUMNS == 0:
            panel.y_labels((-1, 0, 1), ("−1", "0", "+1"))
        room = pitch - 0.1
        sheet.text(panel.left, panel.top - 0.15, fit(issue.name, room, NORMAL, 2, True), size=NORMAL, bold=True,
                   va="bottom")
        sheet.text(panel.left, panel.top - 0.08, fit(f"▲ {issue.high}", room), colour=QUIET)
        sheet.text(panel.left, panel.top + PANEL + 0.09, fit(f"▼ {issue.low}", room), colour=QUIET)
        if place + COLUMNS >= len(scenario.issues):
            panel.x_labels(at, texts, 0.18)
        yield name, panel


def party(scenario: Any, code: str) -> str:
    """A country's or external's name, in short; the code where there is none of that name."""
    entry = scenario.countries.get(code) or scenario.externals.get(code)
    return short_name(entry) if entry else code


def short_name(country: Any) -> str:
    """A country's short name where it has one, else its full name."""
    return getattr(country, "short", "") or str(country.name)
