"""`run`: an ensemble of a scenario, what came out of it, and files and figures of it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from errno import ENOMEM
from functools import partial
from pathlib import Path
from traceback import clear_frames
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.again import going_on, interrupted, repeated, spelled
from sim.cli.asked import in_words
from sim.cli.options import Cluster, Jobs, Json, Out, Presets, Quiet, Reading, Scenario, Seed, Settings, Without
from sim.cli.progress import reporting
from sim.cli.terminal import complain, heeding, hint, loading, many, no_memory, say, say_json, width
from sim.errors import InputError
from sim.manifest import CHANGES

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sim.ensemble import Ensemble, Status
    from sim.scenario import Scenario as Loaded
    from sim.shards import Shards
    from sim.worker import Crew
    from sim.world import World

DEFAULT = "july_2025"
#: Replicates of a run, unless said otherwise, and the most.
USUAL, MOST = 10_000, 10_000_000
#: Replicates from which on an ending that none of them reaches is worth a word.
TELLING = 100


def run(
    scenario: Scenario = DEFAULT,
    replicates: Annotated[int | None, typer.Option("-n", "--replicates", min=1, max=MOST, show_default=f"{USUAL}",
                                                   help="How many histories to simulate.")] = None,
    until_error: Annotated[float | None, typer.Option(
        metavar="POINTS", help="Stop once every ending's share is known to so many percentage points, at the latest "
                               "after -n histories.", show_default=False)] = None,
    seed: Seed = 1,
    out: Out = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that ended early.")] = False,
    jobs: Jobs = None,
    cluster: Cluster = None,
    settings: Settings = None,
    without: Without = None,
    reading: Reading = None,
    presets: Presets = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario, and leave figures and data behind."""
    said: dict[str, Any] = {
        "-n": replicates or (MOST if until_error else USUAL), "--until-error": until_error, "--seed": seed,
        "--out": out, "--jobs": jobs, "--cluster": cluster, "--set": settings or [], "--without": without or [],
        "--reading": reading, "--preset": presets or [], "--json": json}
    try:
        ensemble, folder = _simulate(scenario, said, resume, quiet)
    except KeyboardInterrupt:
        raise interrupted("run", scenario, said) from None
    if json:
        from sim.summary import as_json
        say_json(as_json(ensemble, str(folder)))
    else:
        from sim.cli import program
        say(*report(ensemble, _changed(scenario, said)), *_precision(ensemble, until_error), "",
            f"What the endings mean: {program()} list endings {shlex.quote(scenario)}", f"Files and figures: {folder}")
    if not quiet:
        _doubts(ensemble, scenario, said)


def _changed(source: str, said: dict[str, Any]) -> str:
    """What the options change of the scenario, in a few words; empty where nothing."""
    from sim.scenario import load
    return in_words(load(source), said) if any(said[option] for option in CHANGES) else ""


def _doubts(ensemble: Ensemble, source: str, said: dict[str, Any]) -> None:
    """Hints at endings that no replicate reached, if there are enough to tell, and at warnings about the scenario."""
    from sim.cli import program
    from sim.compiler import compile_world
    from sim.summary import ending_rows
    from sim.warnings import warnings_of

    never = [row["title"] for row in ending_rows(ensemble) if not row["runs"]]
    if never and ensemble.replicates >= TELLING:
        hint(f"no replicate ends so: {', '.join(never)}")
    if found := warnings_of(ensemble.world or compile_world(ensemble.scenario)):
        words = shlex.join([source, *spelled({option: said[option] for option in CHANGES})])
        hint(f"`{program()} validate {words}` has {many(len(found), 'warning')} about this scenario")


def _simulate(source: str, said: dict[str, Any], resume: bool, quiet: bool) -> tuple[Ensemble, Path]:
    """Runs and writes the ensemble; whatever can be found wrong is found before the simulation."""
    with loading():
        from sim import store
        from sim.paths import scenario_file, world_folder
        from sim.scenario import load

    scenario = load(source, said["--set"], said["--without"], said["--reading"], said["--preset"])
    folder = said["--out"] or Path("out") / scenario.name
    store.check(folder)
    if not (quiet or resume) and store.another(folder, scenario):
        hint(f"the run in {folder} is of another scenario or other settings; this one replaces it (--out keeps both)")
    if said["--cluster"]:
        from sim.cluster import check
        check(said["--cluster"], said["--jobs"])
    with loading():
        from sim.manifest import identity
        from sim.report import leave as report_on
        from sim.shards import kept, unfinished

    if resume and not unfinished(folder).exists() and (ensemble := store.finished(folder, scenario, said["--seed"])):
        return _enough(ensemble, said, folder), folder
    with kept(folder, identity(scenario, said["--seed"]), said["-n"], resume) as shards, \
            _resumable(source, said, shards):
        ensemble = _run(scenario, said, shards, quiet)
        world = world_folder(scenario.head.world, scenario_file(source).parent)
        command = repeated("run", source, said, {"--until-error": said["--until-error"]})
        store.write(ensemble, folder, command, world, shards.folder, partial(report_on, ensemble, command=command))
    return ensemble, folder


def _run(scenario: Loaded, said: dict[str, Any], shards: Shards, quiet: bool) -> Ensemble:
    """The ensemble, with its progress on stderr."""
    with loading():
        from sim.compiler import compile_world
        from sim.ensemble import run as simulate

    titles, world = [ending.title for ending in scenario.endings], compile_world(scenario)
    with heeding() as check, _crew(said, world) as crew, reporting(said["-n"], titles, quiet) as report_progress:
        def progress(status: Status) -> None:
            check()
            report_progress(status)
            if status.done == status.found:
                with loading():
                    from sim import report as page
                    from sim import store
                    store.prepare()
                    page.prepare()

        ensemble = simulate(world, said["-n"], said["--seed"], said["--jobs"], progress, said["--until-error"], shards,
                            crew)
    for path in shards.damaged:
        hint(f"{path.name} was damaged, or of another run; its replicates were run again")
    if not quiet and sys.stderr.isatty():
        hint(f"{many(ensemble.replicates, 'replicate')} in {ensemble.seconds:.1f} s; drawing figures …")
    return ensemble


def _crew(said: dict[str, Any], world: World) -> AbstractContextManager[Crew | None]:
    """The workers of a cluster, if it is to be done there."""
    if said["--cluster"] is None:
        return nullcontext()
    from sim.cluster import joined
    from sim.ensemble import cores
    return joined(said["--cluster"], said["--jobs"] or cores(), world, said["--seed"], hint)


def _enough(ensemble: Ensemble, said: dict[str, Any], folder: Path) -> Ensemble:
    """A finished run, if it is what was asked for."""
    points, asked = said["--until-error"], said["-n"]
    if ensemble.replicates != asked and (points is None or _points(ensemble) > points or ensemble.replicates > asked):
        raise InputError(f"{folder} holds a finished run of {ensemble.replicates:,} replicates, not {asked:,}; leave "
                         "out --resume to replace it, or choose another --out")
    hint(f"{folder} is finished, and its files are as they were written")
    return ensemble


@contextmanager
def _resumable(source: str, said: dict[str, Any], shards: Shards) -> Iterator[None]:
    """Says how to go on with a run that ends early, where some of it is done."""
    try:
        yield
    except KeyboardInterrupt:
        raise interrupted("run", source, said, shards.done) from None
    except (InputError, MemoryError, OSError) as error:
        if isinstance(error, OSError) and error.errno != ENOMEM:
            raise
        clear_frames(error.__traceback__)  # they hold what filled the memory
        if not shards.done:
            raise
        code = complain(error if isinstance(error, InputError) else no_memory(error))
        hint(going_on("run", source, said, shards.done))
        raise typer.Exit(code) from None


def _points(ensemble: Ensemble) -> float:
    """How far any ending's share may be off, in percentage points."""
    from sim.stopping import error
    return error(ensemble.outcomes["ending"].value_counts(sort=False).to_numpy())


def _precision(ensemble: Ensemble, until_error: float | None) -> list[str]:
    """How well the endings are known, for a run that was to stop there."""
    if until_error is None:
        return []
    points = _points(ensemble)
    asked = "" if points <= until_error else f", not yet to the {until_error:g} asked for"
    return ["", f"Every ending's share is known to {points:.2g} percentage points{asked}: with 95 % for all at once, "
                "wherever the run had stopped."]


def report(ensemble: Ensemble, changed: str = "") -> list[RenderableType]:
    """What came out, for a person: the endings, then the outcomes; `changed` says what is not as in the scenario."""
    from rich.text import Text

    from sim.summary import HALF, day_in_words, outcome_rows

    scenario = ensemble.scenario
    head = (f"{many(ensemble.replicates, 'replicate')} of {many(scenario.weeks, 'week')} from "
            f"{day_in_words(scenario.start)}, seed {ensemble.seed}")
    parts: list[RenderableType] = [Text(scenario.title, style="bold"), scenario.asks.strip(),
                                   *([f"Changed: {changed}."] if changed else []), "", head, "",
                                   Text("How it ends", style="bold"), _endings(ensemble)]
    rows = outcome_rows(ensemble)
    for kind, title, heads in (
            ("yes_no", "What happens", ("in 100 runs",)),
            ("number", "How much", ("median", "90 in 100 runs")),
            ("date", "When", ("in 100 runs", HALF))):
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
    whole = max(map(len, labels))
    wide = max(min(34, max(len(row["title"]) for row in rows), width() - whole - 10), 6)
    room = max(width() - wide - whole - 4, 6)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(width=wide)
    table.add_column(width=room)
    table.add_column(min_width=whole)
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
