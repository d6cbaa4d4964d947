"""`attribute`: what each event and each mechanism contributes to an outcome."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.again import interrupted, spelled
from sim.cli.asked import asked
from sim.cli.finished import folder_of, unclaimed
from sim.cli.options import Jobs, Json, Quiet
from sim.cli.progress import reporting
from sim.cli.terminal import heeding, hint, loading, many, say, say_json
from sim.errors import InputError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sim.cli.progress import Report
    from sim.ensemble import Status
    from sim.experiments.attribute import Attribution

#: How many contributions are shown.
SHOWN = 20


def attribute(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The folder of a finished run, or a path or the name of a "
                                                           "scenario.")],
    outcome: Annotated[str, typer.Option("--outcome", metavar="NAME", help="An outcome, or an ending.")],
    replicates: Annotated[int, typer.Option("-n", "--replicates", min=1, max=100_000,
                                            help="Histories, each with orders of its own.")] = 500,
    seed: Annotated[int | None, typer.Option(show_default="1, or that of the run",
                                             help="The same seed gives the same result.")] = None,
    events: Annotated[str, typer.Option(metavar="NAMES", help="Events to look at: all, none, or names with commas; "
                                                              "others are there throughout.")] = "all",
    mechanisms: Annotated[str, typer.Option(
        metavar="NAMES", show_default="16", help="Mechanisms to look at: the number of those with most say (others "
        "count as one), families, all, none, or names with commas (others are there throughout).")] = "16",
    permutations: Annotated[int, typer.Option(min=1, max=1000, help="Orders for each history.")] = 2,
    out: Annotated[Path | None, typer.Option(metavar="DIR", show_default="out/<scenario>-attribute",
                                             help="Folder for the table and the figure.")] = None,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Tell what each event and each mechanism contributes to an outcome."""
    said: dict[str, Any] = {"--outcome": outcome, "-n": replicates, "--seed": seed, "--events": events,
                            "--mechanisms": mechanisms, "--permutations": permutations, "--out": out, "--jobs": jobs,
                            "--json": json}
    try:
        found, folder = _simulate(run, said, quiet)
    except KeyboardInterrupt:
        raise interrupted("attribute", run, said) from None
    if json:
        from sim.experiments.attribute import as_record
        say_json(as_record(found) | {"seconds": round(found.seconds, 3), "out": str(folder)})
    else:
        say(*report(found), "", f"Table and figure: {folder}")


def _simulate(run: str, said: dict[str, Any], quiet: bool) -> tuple[Attribution, Path]:
    """Runs and writes; whatever can be found wrong is found before the simulation."""
    with loading():
        from sim import store
        from sim.experiments import attribute as of

    source = asked(_source(run))
    folder = said["--out"] or Path("out") / f"{source.scenario.name}-attribute"
    store.check(folder, of.KIND)
    events, mechanisms = _names(said["--events"]), _chosen(said["--mechanisms"])
    of.check(source.scenario, said["--outcome"], events, mechanisms)
    seed = (source.seed if source.seed is not None else 1) if said["--seed"] is None else said["--seed"]
    if not quiet:
        hint("choosing what to look at, then running each history without more and more of it …")
    with heeding() as heed, ExitStack() as stack:
        reports: list[Report] = []

        def progress(status: Status) -> None:
            heed()
            if not reports:  # how much there is to do is known by now
                reports.append(stack.enter_context(reporting(status.replicates, (), quiet)))
            reports[0](status)

        found = of.run(source.scenario, said["--outcome"], said["-n"], seed, said["--jobs"], events, mechanisms,
                       said["--permutations"], progress)
    command = _repeated(run, said, seed)
    folder = unclaimed(said["--out"], folder, of.KIND, command, source.scenario)
    of.write(found, folder, command, source.world)
    return found, folder


def _source(run: str) -> str:
    """The folder of a finished run of that name, or else the scenario."""
    try:
        return str(folder_of(run))
    except InputError as error:
        from sim.paths import scenario_file
        try:
            return str(run if scenario_file(run).exists() else folder_of(run))
        except InputError:
            raise error from None


def _names(text: str) -> list[str] | None:
    return None if text == "all" else [] if text == "none" else [name.strip() for name in text.split(",")]


def _chosen(text: str) -> Any:
    """What `sim.experiments.attribute.run` takes for mechanisms."""
    if text == "families":
        return text
    if text.isdigit():
        return int(text)
    return 100_000 if text == "all" else _names(text)


def _repeated(run: str, said: dict[str, Any], seed: int) -> str:
    here = {option: said[option] for option in ("--outcome", "-n", "--events", "--mechanisms", "--permutations")}
    away = Path(run).is_absolute() or ".." in Path(run).parts
    return shlex.join(["python", "run.py", "attribute", "scenario.yaml" if away else run,
                       *spelled(here | {"--seed": seed})])


def report(found: Attribution) -> list[RenderableType]:
    """What came out, for a person."""
    from rich.table import Table
    from rich.text import Text

    from sim.figures.contributions import level, told, total

    shares = found.kind != "number"
    ends = [level(found, each) for each in (found.empty, found.full)]
    parts: list[RenderableType] = [
        Text(f"What makes the difference to “{found.title}”?", style="bold"),
        f"{found.scenario.title}. {ends[0]}{' in 100 runs' * shares} without all that is listed, {ends[1]} with it: "
        f"{total(found)}. {many(found.replicates, 'replicate')}, each with {many(found.orders, 'order')} of its own, "
        f"which is {found.sets:,} histories each; seed {found.seed}."]
    if found.void:
        parts.append(f"In {100 * found.void:.2g} % of these histories it does not apply; they count as average.")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    table.add_column("kind")
    table.add_column("adds" + ", in 100 runs" * shares, no_wrap=True)
    clear = found.contributions[(found.contributions["low"] > 0) | (found.contributions["high"] < 0)]
    shown = found.contributions.head(max(min(len(clear), SHOWN), 6))
    for row in shown.to_dict("records"):
        table.add_row(Text(row["title"]), row["kind"], told(row, found))
    parts += ["", table]
    others = found.contributions.iloc[len(shown):]
    if len(others):
        told_of = f"{len(others)} others add" if len(others) > 1 else "One other adds"
        together = " together" * (len(others) > 1)
        parts += ["", f"{told_of} {total(found, float(others['value'].sum()))}{together}."]
    if found.remainder["name"]:
        parts += ["", f"{found.remainder['title']} together: {told(found.remainder, found)}."]
    if clear.empty:
        parts += ["", "None is distinguishable from nothing in so few runs; more replicates (-n) narrow the ranges."]
    return [*parts, "", "This explores what a model's assumptions lead to; it is no forecast. Each adds its Shapley "
                        "value: what it makes on average, over all orders in which they may be added. Ranges are 95 % "
                        "intervals for the runs and orders made."]
