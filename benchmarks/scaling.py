"""How cost grows with what is asked: `python benchmarks/scaling.py [--write] [--most 10000]`.

Prints a table for each of replicates, weeks, countries, issues, options and workers; `--write` keeps them in
docs/scaling.md, with a figure, and what follows from them on paper. How they are measured:

* Each point is an ensemble of july_2025, from a compiled world to its Ensemble, in a process of its own that does
  nothing else. It counts that process's processor time; for workers, who are processes too, the clock's.
* Memory is the largest that the process ever held; with several workers, the largest sum over all processes, sampled
  ten times a second, in which a page that several share counts for each its part. About 180 MB of it is Python with
  its libraries.
* Other numbers of countries, issues and options are the scenario's own entries copied under other names
  (`benchmarks/growing.py`). These models hold fewer replicates than usual, so that large worlds fit into memory; a
  replicate-week costs a little more in them.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import TYPE_CHECKING, Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import growing, paper  # noqa: E402
from benchmarks.measuring import family_memory, measured_with, table  # noqa: E402

if TYPE_CHECKING:
    from sim.scenario import Scenario

REPORT, PICTURES = ROOT / "docs" / "scaling.md", ROOT / "docs" / "images"


class Growth(NamedTuple):
    """Something that there can be more of."""

    name: str
    reads: str
    scenario: Callable[[Scenario, Any], Scenario] = lambda scenario, size: scenario


GROWTHS = (
    Growth("replicates", "Replicates add up, after what an ensemble costs to begin and to end; memory stays."),
    Growth("weeks", "Weeks add up, too.", growing.with_weeks),
    Growth("countries", "Options grow with the countries, pairs of countries with their square.",
           growing.with_countries),
    Growth("issues", "Every action that shifts an issue shifts its copies too, so reasons grow with the issues.",
           lambda scenario, size: growing.with_issues(scenario, size // len(scenario.issues))),
    Growth("options", "Each option brings a draw, a decision and its reasons.",
           lambda scenario, size: growing.with_options(scenario, size / len(scenario.options))),
    Growth("workers", "What is done once, before and after, does not get shorter."),
)


@dataclass(frozen=True)
class Sizes:
    """The sizes to measure, and replicates of each point."""

    replicates: Sequence[int] = (1, 10, 100, 1000, 10_000, 100_000, 1_000_000)
    weeks: Sequence[int] = (15, 30, 60, 120, 240)
    countries: Sequence[int] = (3, 5, 10, 20, 40)
    issues: Sequence[int] = (12, 24, 48, 96)
    options: Sequence[float] = (0.25, 0.5, 1, 2, 4)  # times those that there are
    workers: Sequence[int] = (1, 2)
    usual: int = 6144
    fewer: int = 1024  # in worlds with more issues or options
    fewest: int = 256  # in worlds with more countries
    shared: int = 122_880

    @classmethod
    def least(cls) -> Sizes:
        """As little as can be measured."""
        return cls((1, 2), (2,), (2, 5), (4,), (0.5, 2), (1,), 2, 2, 2, 2)


class Point(NamedTuple):
    """What one size cost."""

    size: int
    replicates: int
    weeks: int
    seconds: float
    megabytes: float

    @property
    def each(self) -> float:
        """Microseconds a replicate-week."""
        return self.seconds / (self.replicates * self.weeks) * 1e6


Tables = Mapping[str, Sequence[Point]]


def main() -> None:
    """Measures everything and prints the tables."""
    from sim.ensemble import cores
    from sim.scenario import load

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"keep the tables in {REPORT.relative_to(ROOT)}")
    parser.add_argument("--most", type=int, default=1_000_000,
                        help="replicates of the largest run (default 1000000)")
    parser.add_argument("--countries", type=int, default=40, help="countries of the largest world (default 40)")
    arguments = parser.parse_args()
    sizes = Sizes(replicates=[10**power for power in range(7) if 10**power <= arguments.most],
                  countries=[*(count for count in (3, 5, 10, 20, 40, 80) if count < arguments.countries),
                             arguments.countries],
                  workers=[jobs for jobs in (1, 2, 4, 8, 16, 32) if jobs <= cores()])
    tables = measure(sizes, load("july_2025"), lambda text: print(text, file=sys.stderr))
    report = "\n\n".join([f"{measured_with(cores())}; scenario july_2025.", *map(section, GROWTHS, tables.values())])
    print(report)
    if arguments.write:
        draw(tables, PICTURES)
        REPORT.write_text(f"{HEAD}\n{report}\n\n{paper.written(tables)}\n\n{METHOD}", encoding="utf-8")


def measure(sizes: Sizes, scenario: Scenario, say: Callable[[str], None],
            one: Callable[..., Point] | None = None) -> Tables:
    """Points by what grows, each by `one`, or else in a process of its own."""
    tables: dict[str, list[Point]] = {}
    for growth in GROWTHS:
        points = tables[growth.name] = []
        for size in getattr(sizes, growth.name):
            if growth.name == "options":
                size = round(size * len(scenario.options))
            replicates = {"replicates": size, "workers": sizes.shared, "weeks": sizes.usual,
                          "countries": sizes.fewest}.get(growth.name, sizes.fewer)
            jobs = size if growth.name == "workers" else 1
            points.append((one or alone)(growth.name, size, scenario, replicates, jobs))
            say(f"{growth.name} {size:,}: {points[-1].seconds:.2f} s, {points[-1].megabytes:.0f} MB")
    return tables


def alone(*task: Any) -> Point:
    """A point measured in a process of its own, spawned anew: memory is told by process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(point, *task).result()


def point(name: str, size: int, scenario: Scenario, replicates: int, jobs: int) -> Point:
    """Runs one ensemble in this process and says what it cost."""
    from sim.compiler import compile_world
    from sim.ensemble import run

    grown = next(growth for growth in GROWTHS if growth.name == name).scenario(scenario, size)
    bare = grown.head.model_copy(update={"outcomes": {}, "endings": grown.endings[-1:]})
    world = compile_world(type(grown)(**{f.name: getattr(grown, f.name) for f in fields(grown)} | {"head": bare}))
    run(world, 1, jobs=1)
    peak, done = [0.0], threading.Event()
    watch = threading.Thread(target=_watch, args=(peak, done), daemon=True)
    if jobs > 1:
        watch.start()
    clock = time.perf_counter if name == "workers" else time.process_time
    started = clock()
    run(world, replicates, jobs=jobs)
    seconds = clock() - started
    done.set()
    return Point(size, replicates, world.weeks, seconds, max(peak[0], held()))


def _watch(peak: list[float], done: threading.Event) -> None:
    while not done.wait(0.1):
        peak[0] = max(peak[0], family_memory(os.getpid()))


def held() -> float:
    """The most memory that this process ever held, in MB."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
    except (OSError, StopIteration):
        return getrusage(RUSAGE_SELF).ru_maxrss / 1024


def section(growth: Growth, points: Sequence[Point]) -> str:
    """The table of one growth."""
    rows = [(f"{point.size:,}", f"{point.replicates:,} × {point.weeks:,}", f"{point.seconds:.2f} s",
             f"{point.each:,.2f} µs", f"{point.megabytes:,.0f} MB") for point in points]
    head = (growth.name, "replicates × weeks", "time", "a replicate-week", "memory")
    return f"## {growth.name.capitalize()}\n\n{growth.reads}\n\n" + table(rows, head)


def draw(tables: Tables, folder: Path) -> None:
    """Time and memory over each size, as scaling.png and scaling.svg in the folder."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    from sim.figures import render
    from sim.figures.style import FAN_COLOUR, FONT, QUIET, SMALL

    figure = Figure((10, 4.6), label="How cost grows", layout="constrained")
    panels = figure.subplots(2, len(GROWTHS), sharey="row")
    for column, growth in enumerate(GROWTHS):
        points = tables[growth.name]
        sizes = [point.size for point in points]
        for row, values in enumerate(([point.seconds for point in points], [point.megabytes for point in points])):
            panel = panels[row, column]
            panel.loglog(sizes, values, color=FAN_COLOUR, marker="o", markersize=3.5, linewidth=1.2)
            panel.grid(True, color="#DDDDDD", linewidth=0.6)
            panel.set_axisbelow(True)
            for side in ("top", "right"):
                panel.spines[side].set_visible(False)
            panel.set_xticks([sizes[0], sizes[-1]], [f"{size:,}" for size in (sizes[0], sizes[-1])])
            panel.xaxis.set_minor_locator(NullLocator())
            panel.yaxis.set_minor_locator(NullLocator())
            panel.tick_params(labelsize=SMALL, colors=QUIET)
        panels[0, column].set_title(growth.name, fontsize=SMALL + 1, fontfamily=FONT)
    for row, what in ((0, "seconds"), (1, "megabytes")):
        values = [getattr(point, what) for points in tables.values() for point in points]
        marks = [mark for power in range(-3, 7) for mark in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)
                 if min(values) / 1.3 <= mark <= max(values) * 1.3]
        panels[row, 0].set_yticks(marks, [f"{mark:,g}" for mark in marks])
    panels[0, 0].set_ylabel("seconds", fontsize=SMALL, color=QUIET)
    panels[1, 0].set_ylabel("MB", fontsize=SMALL, color=QUIET)
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("png", "svg"):
        (folder / f"scaling.{kind}").write_bytes(render(figure, "scaling", kind))


HEAD = """# How cost grows

Written by `python benchmarks/scaling.py --write`. Compare numbers of one table; seconds of two machines say nothing
about each other. What a replicate-week is made of is in [performance.md](performance.md).

![Seconds and megabytes over the numbers of replicates, weeks, countries, issues, options and workers, both axes
logarithmic](images/scaling.svg)
"""
METHOD = "## How it is measured\n\n" + (__doc__ or "").partition("are measured:\n\n")[2]


if __name__ == "__main__":
    main()
