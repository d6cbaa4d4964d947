"""`run`: an ensemble of a scenario, what came out of it, and files and figures of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.again import interrupted, repeated
from sim.cli.options import Jobs, Json, Out, Presets, Quiet, Reading, Scenario, Seed, Settings, Without
from sim.cli.progress import reporting
from sim.cli.terminal import WIDTH, heeding, hint, say, say_json
from sim.worker import uninterrupted

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sim.ensemble import Ensemble, Status

DEFAULT = "july_2025"


def run(
    scenario: Scenario = DEFAULT,
    replicates: Annotated[int, typer.Option("-n", "--replicates", min=1, max=1_000_000,
                                            help="How many histories to simulate.")] = 10_000,
    seed: Seed = 1,
    out: Out = None,
    jobs: Jobs = None,
    settings: Settings = None,
    without: Without = None,
    reading: Reading = None,
    presets: Presets = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario, and leave figures and data behind."""
    said: dict[str, Any] = {"-n": replicates, "--seed": seed, "--out": out, "--jobs": jobs, "--set": settings or [],
                            "--without": without or [], "--reading": reading, "--preset": presets or [], "--json": json}
    try:
        ensemble, folder = _simulate(scenario, said, quiet)
    except KeyboardInterrupt:
        raise interrupted("run", scenario, said) from None
    if json:
        from sim.summary import as_json
        say_json(as_json(ensemble, str(folder)))
    else:
        say(*report(ensemble), "", f"Files and figures: {folder}")


def _simulate(source: str, said: dict[str, Any], quiet: bool) -> tuple[Ensemble, Path]:
    """Runs and writes the ensemble; whatever can be found wrong is found before the simulation."""
    with uninterrupted():  # an import that is cut short may swallow Ctrl-C
        from sim import store
        from sim.paths import scenario_file, world_folder
        from sim.scenario import load

    scenario = load(source, said["--set"], said["--without"], said["--reading"], said["--preset"])
    folder = said["--out"] or Path("out") / scenario.name
    store.check(folder)

    with uninterrupted():
        from sim.compiler import compile_world
        from sim.ensemble import run as simulate

    titles = [ending.title for ending in scenario.endings]
    with heeding() as check, reporting(said["-n"], titles, quiet) as report_progress:
        def progress(status: Status) -> None:
            check()
            report_progress(status)
            if not status.done:
                with uninterrupted():
                    store.prepare()

        ensemble = simulate(compile_world(scenario), said["-n"], said["--seed"], said["--jobs"], progress)
    if not quiet and sys.stderr.isatty():
        hint(f"{ensemble.replicates:,} replicates in {ensemble.seconds:.1f} s; drawing figures …")
    world = world_folder(scenario.head.world, scenario_file(source).parent)
    store.write(ensemble, folder, repeated("run", source, said), world)
    return ensemble, folder


def report(ensemble: Ensemble) -> list[RenderableType]:
    """What came out, for a person: the endings, then the outcomes."""
    from rich.text import Text

    from sim.summary import day_in_words, outcome_rows

    scenario = ensemble.scenario
    runs, weeks = ensemble.replicates, scenario.weeks
    head = (f"{runs:,} replicate{'s' * (runs != 1)} of {weeks} week{'s' * (weeks != 1)} from "
            f"{day_in_words(scenario.start)}, seed {ensemble.seed}")
    parts: list[RenderableType] = [Text(scenario.title, style="bold"), scenario.asks.strip(), "", head, "",
                                   Text("How it ends", style="bold"), _endings(ensemble)]
    rows = outcome_rows(ensemble)
    for kind, title, heads in (
            ("yes_no", "What happens", ("in 100 runs",)),
            ("number", "How much", ("median", "90 in 100 runs")),
            ("date", "When", ("in 100 runs", "median date"))):
        if chosen := [row for row in rows if row["kind"] == kind]:
            parts += ["", _outcomes(title, heads, chosen)]
    return [*parts, "", "This explores what a model's assumptions lead to; it is no forecast. Ranges beside shares are "
                        "95 % intervals for the number of runs made."]


def _endings(ensemble: Ensemble) -> RenderableType:
    """A bar per ending."""
    from rich.table import Table
    from rich.text import Text

    from sim.summary import ending_rows, in_100_runs

    rows = ending_rows(ensemble)
    labels = [in_100_runs(row["runs"], ensemble.replicates) for row in rows]
    wide = min(34, max(len(row["title"]) for row in rows))
    room = max(WIDTH - wide - max(map(len, labels)) - 4, 6)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(width=wide)
    table.add_column(width=room)
    table.add_column(no_wrap=True)
    for row, label, ending in zip(rows, labels, ensemble.scenario.endings, strict=True):
        bar = Text("█" * round(room * row["share"]), style=ending.colour or "")
        table.add_row(row["title"], bar, label)
    return table


def _outcomes(title: str, heads: tuple[str, ...], rows: list[dict[str, Any]]) -> RenderableType:
    """A line per outcome of one kind."""
    from rich.table import Table

    from sim.summary import words

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(title, max_width=44)
    for head in heads:
        table.add_column(head)
    for row in rows:
        table.add_row(row["title"], *words(row))
    return table
