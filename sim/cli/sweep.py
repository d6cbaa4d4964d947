"""`sweep`: an outcome over values of one assumption or several."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.again import interrupted, repeated
from sim.cli.asked import asked
from sim.cli.finished import unclaimed
from sim.cli.options import Jobs, Json, Presets, Quiet, Reading, Scenario, Seed, Settings, Without
from sim.cli.progress import in_parts
from sim.cli.terminal import loading, many, say, say_json

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from sim.ensemble import Progress
    from sim.experiments.sweep import Sweep

#: Points of a hypercube that are shown at either end.
SHOWN = 5


def sweep(
    scenario: Scenario,
    vary: Annotated[list[str], typer.Option("--vary", metavar="PATH=LOW:HIGH[:N]",
                                            help="A number and the values it takes. May be given several times.")],
    outcome: Annotated[str, typer.Option("--outcome", metavar="NAME", help="An outcome or an ending.")],
    replicates: Annotated[int, typer.Option("-n", "--replicates", min=1, max=100_000,
                                            help="Histories of each point.")] = 500,
    samples: Annotated[int | None, typer.Option(min=2, max=2000, show_default="60 from three paths on",
                                                help="Points of a Latin hypercube in place of a grid.")] = None,
    seed: Seed = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR", show_default="out/<scenario>-sweep",
                                             help="Folder for the table and the figure.")] = None,
    jobs: Jobs = None,
    settings: Settings = None,
    without: Without = None,
    reading: Reading = None,
    presets: Presets = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show an outcome over values of one assumption or several."""
    said: dict[str, Any] = {"--vary": vary, "--outcome": outcome, "-n": replicates, "--samples": samples,
                            "--seed": seed, "--out": out, "--jobs": jobs, "--set": settings or [],
                            "--without": without or [], "--reading": reading, "--preset": presets or [], "--json": json}
    try:
        found, folder = _simulate(scenario, said, quiet)
    except KeyboardInterrupt:
        raise interrupted("sweep", scenario, said) from None
    if json:
        from sim.experiments.sweep import as_record
        say_json(as_record(found) | {"seconds": round(found.seconds, 3), "out": str(folder)})
    else:
        say(*report(found), "", f"Table and figure: {folder}")


def _simulate(source: str, said: dict[str, Any], quiet: bool) -> tuple[Sweep, Path]:
    """Runs and writes; whatever can be found wrong is found before the simulation."""
    with loading():
        from sim import store
        from sim.experiments.sweep import KIND, run, write

    of = asked(source, said["--set"], said["--without"], said["--reading"], said["--preset"])
    folder = said["--out"] or Path("out") / f"{of.scenario.name}-sweep"
    store.check(folder, KIND)
    with in_parts(quiet) as begin:
        def part(title: str, replicates: int, seconds: float) -> AbstractContextManager[Progress]:
            return begin(f"{title} replicates, about {seconds // 60:.0f}:{seconds % 60:02.0f}", replicates)

        found = run(of.scenario, said["--vary"], said["--outcome"], said["-n"], said["--samples"], said["--seed"],
                    said["--jobs"], part)
    told = {option: said[option] for option in ("--vary", "--outcome", "--samples")}
    command = repeated("sweep", source, said, told)
    folder = unclaimed(said["--out"], folder, KIND, command, of.scenario)
    write(found, folder, command, of.world)
    return found, folder


def report(found: Sweep) -> list[RenderableType]:
    """What came out, for a person."""
    from rich.text import Text

    from sim.figures.swept import unit

    kind = "a grid" if found.grid else "a Latin hypercube"
    parts: list[RenderableType] = [
        Text(found.scenario.title, style="bold"), "",
        f"“{found.title}” over {kind} of {many(len(found.points), 'point')}; {many(found.each, 'replicate')} each, the "
        f"same draws at every point, seed {found.seed}.", ""]
    if not found.points["runs"].any():
        return [*parts, f"It applies in no run. Outcomes that vary: {', '.join(found.varied[:5]) or 'none'}."]
    if found.points["mean"].nunique() == 1 and found.points["mean"].iloc[0] in (0, 1) and found.kind != "number":
        told = "It happens in no run" if not found.points["mean"].iloc[0] else "It happens in every run"
        parts += [f"{told}. Outcomes that vary: {', '.join(found.varied[:5]) or 'none'}.", ""]
    if found.grid and len(found.vary) == 2:
        parts += [f"{found.title}{unit(found)}. Down: {found.titles[0]}. Across: {found.titles[1]}.", "",
                  _square(found)]
    else:
        parts += [_table(found)]
    return [*parts, "", "This explores what a model's assumptions lead to; it is no forecast. Ranges are 95 % "
                        "intervals for the number of runs made; differences are paired."]


def _table(found: Sweep) -> Table:
    """A line per point; of a hypercube the lowest and the highest."""
    from rich.table import Table

    from sim.figures.swept import set_to, words

    points = found.points
    if not found.grid and len(points) > 2 * SHOWN:
        points = points.sort_values("mean", kind="stable")
        points = points.iloc[[*range(SHOWN), *range(len(points) - SHOWN, len(points))]]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in (*found.titles, found.title if found.kind == "number" else "in 100 runs", "range"):
        table.add_column(title)
    if found.grid:
        table.add_column("against the first")
    scale, one = (1, "+.3g") if found.kind == "number" else (100, "+.1f")
    for row in points.to_dict("records"):
        if not row["runs"]:
            told = ["applies in no run", ""]
        else:
            told = [words(found, row["mean"]),
                    f"{words(found, row['low'])} to {words(found, row['high'])}" if row["low"] is not None else ""]
        if found.grid:
            apart = [f"{scale * row[name]:{one}}" for name in ("difference", "difference_low", "difference_high")]
            told.append("" if row["difference_low"] != row["difference_low"] or table.row_count == 0
                        else "the same in every run" if not row["changed"]
                        else "{} ({} to {})".format(*apart).replace("-", "−"))
        table.add_row(*(set_to(row[path]) for path in found.paths), *told)
    return table


def _square(found: Sweep) -> Table:
    """The outcome by the values of two assumptions."""
    from rich.table import Table

    from sim.figures.swept import set_to, words

    down, across = found.paths
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    for value in found.points[across].unique():
        table.add_column(set_to(float(value)), justify="right")
    for value in found.points[down].unique():
        of = found.points[found.points[down] == value]
        table.add_row(set_to(float(value)), *(words(found, mean) for mean in of["mean"]))
    return table
