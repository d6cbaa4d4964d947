"""`discover`: under which conditions it ends badly, checked on replicates that were not looked at."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.again import interrupted, spelled
from sim.cli.finished import Run, folder_of, unclaimed
from sim.cli.options import Json, Quiet
from sim.cli.terminal import WIDTH, hint, loading, say, say_json
from sim.errors import InputError

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from sim.experiments.boxes import Node, Search
    from sim.experiments.discover import Discovery


def discover(
    run: Run,
    ending: Annotated[list[str] | None, typer.Option(metavar="NAME", help="What is bad: this ending; several may be "
                                                                         "given.")] = None,
    outcome: Annotated[str | None, typer.Option(metavar="NAME", help="What is bad: this outcome.")] = None,
    value: Annotated[str, typer.Option("--is", metavar="yes|no", help="Of a yes or no, or a date reached or "
                                                                      "not.")] = "yes",
    at_least: Annotated[float | None, typer.Option("--at-least", help="Of a number.")] = None,
    at_most: Annotated[float | None, typer.Option("--at-most", help="Of a number.")] = None,
    by: Annotated[str | None, typer.Option(metavar="DATE", help="Of a date: by this day.")] = None,
    leave_out: Annotated[list[str] | None, typer.Option(
        "--leave-out", metavar="PATTERN", help="Inputs not to look at, such as 'options.*'.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", show_default="out/<scenario>-discover",
                                             help="Folder for tables and figures.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find conditions under which a run ends badly: boxes in what replicates drew, and a tree."""
    with loading():
        from sim import store
        from sim.experiments import discover as of
        from sim.experiments.boxes import require

    require()
    if value not in ("yes", "no"):
        raise InputError(f'--is is "{value}"; it takes yes or no')
    if ending and outcome:
        raise InputError("give --ending or --outcome, not both")
    if ending and (value, at_least, at_most, by) != ("yes", None, None, None):
        raise InputError("an ending comes about or not: --is, --at-least, --at-most and --by go with --outcome")
    said: dict[str, Any] = {"--ending": ending or [], "--outcome": outcome, "--is": None if value == "yes" else value,
                            "--at-least": at_least, "--at-most": at_most, "--by": by, "--leave-out": leave_out or []}
    day = _day(by)
    try:
        if not quiet:
            hint("reading the run …")
        ensemble = store.read(folder_of(run))
        folder = out or Path("out") / f"{ensemble.scenario.name}-discover"
        store.check(folder, of.KIND)
        if not quiet:
            hint("searching one half of the replicates, checking on the other …")
        found = of.run(ensemble, ending or (), outcome, value == "yes", at_least, at_most, day, leave_out or ())
        command = shlex.join(["python", "run.py", "discover", Path(run).name, *spelled(said)])
        folder = unclaimed(out, folder, of.KIND, command, ensemble.scenario)
        of.write(found, folder, command)
    except KeyboardInterrupt:
        raise interrupted("discover", run, said | {"--out": out, "--json": json}) from None
    if json:
        say_json(of.as_record(found) | {"seconds": round(found.seconds, 3), "out": str(folder)})
    else:
        say(*report(found), "", f"Tables and figures: {folder}")


def _day(text: str | None) -> Any:
    from datetime import date

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f'--by is "{text}"; it takes a date such as 2025-12-31') from None


def report(found: Discovery) -> list[RenderableType]:
    """What was found, for a person."""
    from rich.text import Text

    from sim.summary import in_100_runs

    bad, runs = int(found.cases.bad.sum()), len(found.inputs)
    head: list[RenderableType] = [
        Text(f"Under which conditions: {found.cases.title}?", style="bold"),
        f"{found.scenario.title}, {found.replicates:,} replicates, seed {found.seed}. "
        f"So in {in_100_runs(bad, runs)}."]
    if found.search is None:
        return [*head, "", found.why]
    return [*head, "", *_searched(found, found.search), "", *_boxes(found, found.search), "",
            _tradeoff(found.search), "", *_tree(found, found.search.tree), "",
            "This explores what a model's assumptions lead to; it is no forecast. Conditions are what replicates drew "
            "before their first week; the rest is chance. They need not be causes."]


def _searched(found: Discovery, of: Search) -> Iterator[str]:
    names = of.screened["input"][of.screened["searched"]]
    yield (f"Searched: the first {of.found_in.rows:,} replicates; held out: the other {of.held.rows:,}. Of "
           f"{len(of.screened):,} inputs, the {len(names)} that differ most between the two kinds there went on.")


def _boxes(found: Discovery, of: Search) -> Iterator[RenderableType]:
    from rich.text import Text

    from sim.experiments.discover import in_words, instead, told

    if not of.holding:
        yield Text("Nothing holds up.", style="bold")
        if of.boxes:
            best = of.boxes[0]
            yield (f"The best box of the searched half was: {in_words(found.scenario, best.conditions)}. There it had "
                   f"{instead(best.found)}; held-out replicates have {instead(best.held)}.")
        else:
            yield "No condition carries anything in the searched half either."
        return
    yield Text("Boxes (in the held-out replicates)", style="bold")
    for number, box in enumerate(of.boxes, 1):
        if box.holds_up:
            text = f"{'Elsewhere: ' if number > 1 else ''}{told(found.scenario, box)}."
            share = box.held.bad / max(of.held.bad, 1)
            text += f" These {box.held.rows:,} replicates hold {100 * share:.0f} in 100 of all that are so."
            text += f" The searched half promised more: {instead(box.found)}." if box.flattered else ""
        else:
            text = (f"Does not hold up: {in_words(found.scenario, box.conditions)}: {instead(box.held)}, after "
                    f"{instead(box.found)} where it was found.")
        yield from wrap(text, WIDTH, initial_indent=f"{number}. ", subsequent_indent="   ")


def _tradeoff(of: Search) -> Table:
    """How dense and how much of it, on the way to the first box and beyond, before it was trimmed."""
    from rich.table import Table

    from sim.experiments.discover import shown

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in ("PRIM's boxes", "bounds", "so in 100 held out", "searched", "covers in 100"):
        table.add_column(head, justify="left" if head.startswith("PRIM") else "right")
    rows = shown(of)
    for place, row in rows.iterrows():
        table.add_row("all" if place == 0 else "the one taken" if place == of.chosen else
                      "wider" if int(str(place)) < of.chosen else "narrower", str(int(row["conditions"])),
                      f"{100 * row['held_density']:.0f} ({100 * row['held_low']:.0f}–{100 * row['held_high']:.0f})",
                      f"{100 * row['density']:.0f}", f"{100 * row['held_coverage']:.0f}")
    return table


def _tree(found: Discovery, root: Node) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text("A tree (held-out replicates)", style="bold")
    if not root.children:
        yield "No split is surer than chance."
        return
    yield from (Text(line) for line in _branches(found, root, 0))


def _branches(found: Discovery, node: Node, depth: int) -> Iterator[str]:
    from sim.experiments.discover import worded

    for child, condition in zip(node.children, node.branches, strict=True):
        low, high = (100 * bound for bound in child.held.interval)
        share = f": {100 * child.held.share:.0f} in 100 ({low:.0f}–{high:.0f})" if child.held.rows else ""
        text = worded(found.scenario, condition) + ("" if child.children else share)
        yield from wrap(text, WIDTH, initial_indent="  " * depth, subsequent_indent="  " * depth + "    ")
        yield from _branches(found, child, depth + 1)
