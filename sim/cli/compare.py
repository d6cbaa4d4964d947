"""`compare`: what would have been different, on the same draws."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.again import interrupted, spelled
from sim.cli.asked import REPLICATES, Asked, asked, in_words
from sim.cli.finished import unclaimed
from sim.cli.options import Jobs, Json, Presets, Quiet, Reading, Settings, Without
from sim.cli.progress import reporting
from sim.cli.terminal import heeding, hint, loading, many, say, say_json
from sim.errors import InputError
from sim.manifest import CHANGES

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType
    from rich.table import Table

    from sim.ensemble import Status
    from sim.experiments.compare import Comparison

#: How many outcomes are shown, and first decisions.
OUTCOMES, DECISIONS = 12, 6


def compare(
    base: Annotated[str, typer.Argument(metavar="BASE", help="A path or the name of a shipped scenario, or the folder "
                                                             "of a finished run.")],
    alt: Annotated[str | None, typer.Argument(metavar="[ALT]", help="The same, for the alternative. Without it, BASE "
                                                                    "with the changes below.")] = None,
    replicates: Annotated[int | None, typer.Option("-n", "--replicates", min=1, max=1_000_000,
                                                   show_default=f"{REPLICATES:,}, or those of the run in BASE",
                                                   help="Histories of each.")] = None,
    seed: Annotated[int | None, typer.Option(show_default="1, or that of the run in BASE",
                                             help="The same seed gives the same result.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", show_default="out/<scenario>-compare",
                                             help="Folder for tables and figures.")] = None,
    jobs: Jobs = None,
    settings: Settings = None,
    without: Without = None,
    reading: Reading = None,
    presets: Presets = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare two scenarios, or one with changes, on the same draws."""
    said: dict[str, Any] = {"-n": replicates, "--seed": seed, "--out": out, "--jobs": jobs, "--set": settings or [],
                            "--without": without or [], "--reading": reading, "--preset": presets or [], "--json": json}
    try:
        found, folder = _simulate(base, alt, said, quiet)
    except KeyboardInterrupt:
        raise interrupted("compare", base, ({alt: True} if alt else {}) | said) from None
    if json:
        from sim.experiments.compare import as_record
        say_json(as_record(found) | {"seconds": round(found.seconds, 3), "out": str(folder)})
    else:
        say(*report(found), "", f"Tables and figures: {folder}")


def _simulate(base: str, alt: str | None, said: dict[str, Any], quiet: bool) -> tuple[Comparison, Path]:
    """Runs and writes; whatever can be found wrong is found before the simulation."""
    with loading():
        from sim import store
        from sim.experiments.compare import KIND, check, run, write

    before = asked(base)
    after = _alternative(base, alt, said)
    check(before.scenario, after.scenario)
    folder = said["--out"] or Path("out") / f"{before.scenario.name}-compare"
    store.check(folder, KIND)
    if before.scenario.start != after.scenario.start and not quiet:
        hint(f"the two start on different days, {before.scenario.start} and {after.scenario.start}: their draws are "
             "paired week by week from there")
    here = {"-n": said["-n"] or before.replicates or REPLICATES,
            "--seed": (before.seed if before.seed is not None else 1) if said["--seed"] is None else said["--seed"]}
    with heeding() as heed, reporting(2 * here["-n"], (), quiet) as report_progress:
        def progress(status: Status) -> None:
            heed()
            report_progress(status)

        found = run(before.scenario, after.scenario, here["-n"], here["--seed"], said["--jobs"], progress,
                    _label(before, after, alt, said))
    command = _repeated(base, alt, said, here)
    folder = unclaimed(said["--out"], folder, KIND, command, *found.scenarios)
    write(found, folder, command, (before.world, after.world))
    return found, folder


def _alternative(base: str, alt: str | None, said: dict[str, Any]) -> Asked:
    changes = [said[option] for option in CHANGES]
    if alt is not None and any(changes):
        raise InputError("give an alternative or changes (--set, --without, --reading, --preset), not both")
    if alt is not None:
        return asked(alt)
    if not any(changes):
        raise InputError("nothing to compare with: give a second scenario, or changes to the first, such as "
                         "--without freedom_edge")
    return asked(base, *changes)


def _label(before: Asked, after: Asked, alt: str | None, said: dict[str, Any]) -> str:
    """What the alternative is, in a few words."""
    if alt is not None:
        same = before.scenario.title == after.scenario.title
        return f"{after.scenario.title} ({alt})" if same else after.scenario.title
    return in_words(before.scenario, said)


def _repeated(base: str, alt: str | None, said: dict[str, Any], here: dict[str, Any]) -> str:
    """The command that repeats this, without this machine's paths: of files elsewhere, the copies are run."""
    sources = [source for source in (base, alt) if source]
    if any(Path(source).is_absolute() or ".." in Path(source).parts for source in sources):
        return shlex.join(["python", "run.py", "compare", "scenario.yaml", "alternative_scenario.yaml",
                           *spelled(here)])
    changes = {option: said[option] for option in CHANGES}
    return shlex.join(["python", "run.py", "compare", *sources, *spelled(here | changes)])


# For a person

def report(found: Comparison) -> list[RenderableType]:
    """What came out: endings, outcomes, runs that end otherwise, and where twins part."""
    from rich.text import Text

    parts: list[RenderableType] = [
        Text(f"What would have been different: {found.label}?", style="bold"),
        f"Against {found.scenario.title}. {many(found.replicates, 'pair')} of replicates of "
        f"{many(found.weeks, 'week')} on the same draws, seed {found.seed}."]
    endings, outcomes = found.rows(True), found.rows(False)
    if len(endings):
        parts += ["", _shares("How it ends", endings)]
    clear = outcomes[(outcomes["low"] > 0) | (outcomes["high"] < 0)]
    clear = clear.sort_values("size", key=abs, ascending=False, kind="stable")
    for title, rows in (("What happens", clear[clear["kind"] != "number"].head(OUTCOMES)),
                        ("How much", clear[clear["kind"] == "number"].head(OUTCOMES))):
        if len(rows):
            parts += ["", _shares(title, rows)]
    parts += ["", _rest(outcomes, clear), "", *_otherwise(found), "", *_parting(found)]
    if len(found.left_out):
        told = "; ".join(f"{row.title} {row.why}" for row in found.left_out.head(6).itertuples())
        parts += ["", f"Not compared: {told}{' …' * (len(found.left_out) > 6)}."]
    return [*parts, "", "This explores what a model's assumptions lead to; it is no forecast. Ranges are 95 % "
                        "intervals for the number of runs made: paired, and beside them those of two runs that "
                        "share no draws."]


def _shares(title: str, rows: pd.DataFrame) -> Table:
    from rich.table import Table

    from sim.figures.dumbbell import in_100, in_points, pretty

    numbers = rows["kind"].iloc[0] == "number"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(title)
    for head in ("mean" if numbers else "in 100", "difference", "unpaired"):
        table.add_column(head, no_wrap=True)
    for row in rows.to_dict("records"):
        wide = max(row["high"] - row["low"], 0.002)  # three decimals leave room for titles
        level = (lambda value, wide=wide: pretty(value, wide)) if numbers else in_100
        change = (lambda value, wide=wide: pretty(value, wide, True)) if numbers else in_points
        table.add_row(row["title"], f"{level(row['base'])} → {level(row['alt'])}",
                      f"{change(row['diff'])} ({change(row['low'])} to {change(row['high'])})",
                      f"{change(row['unpaired_low'])} to {change(row['unpaired_high'])}")
    return table


def _rest(outcomes: pd.DataFrame, clear: pd.DataFrame) -> str:
    """What was not shown."""
    same, shown = int((outcomes["changed"] == 0).sum()), 0
    for kept in (clear["kind"] != "number", clear["kind"] == "number"):
        shown += min(int(kept.sum()), OUTCOMES)
    more = len(clear) - shown
    chance = len(outcomes) - len(clear) - same
    parts = [f"{count} {one if count == 1 else several}" for count, one, several in (
        (more, "more differs", "more differ"),
        (chance, "differs by no more than chance", "differ by no more than chance"),
        (same, "is the same in every run", "are the same in every run")) if count]
    if not parts:
        return "Every outcome differs." if len(outcomes) else "No outcome can be compared."
    return f"Of {many(len(outcomes), 'outcome')}, {', '.join(parts)}."


def _otherwise(found: Comparison) -> list[RenderableType]:
    """Which replicates change their ending, from which to which."""
    from rich.table import Table
    from rich.text import Text

    from sim.experiments.compare import moves

    moved, runs = found.moved(), found.replicates
    if not moved:
        return [f"No run ends otherwise: all {runs:,} have the same ending in both." if runs != 1 else
                "The one run ends alike in both."]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in ("From", "to", "runs", "replicates"):
        table.add_column(head, justify="right" if head == "runs" else "left", no_wrap=head == "runs")
    titles = {ending.name: ending.title for each in (found.alt, found.base) for ending in each.scenario.endings}
    changes = sorted((row for row in moves(found) if row["runs"] and row["from"] != row["to"]),
                     key=lambda row: -row["runs"])
    for row in changes:
        told = ", ".join(str(number) for number in row["replicates"][:4]) + " …" * (row["runs"] > 4)
        table.add_row(titles[row["from"]], titles[row["to"]], f"{row['runs']:,}", told)
    ends = "ends" if moved == 1 else "end"
    return [Text(f"{moved:,} of {many(runs, 'run')} {ends} otherwise", style="bold"), table]


def _own_start(found: Comparison) -> list[RenderableType]:
    """Why it may be that nothing happened otherwise."""
    base, alt = found.base.scenario, found.alt.scenario
    if (base.countries, base.issues) == (alt.countries, alt.issues) or alt.judged:
        return []
    return ["Leaders, stances and issues at the start differ, but each file's base rates hold for its own start; --set "
            "them, or say under `judged` what the rates hold for."]


def _parting(found: Comparison) -> list[RenderableType]:
    """When twins part, and over what."""
    from datetime import timedelta

    from rich.table import Table
    from rich.text import Text

    from sim.experiments.compare import firsts
    from sim.summary import day_in_words

    parted, runs = found.twins["week"].dropna().astype(int), found.replicates
    if parted.empty:
        return ["No twins part: whatever was changed, nothing happened otherwise in any run.", *_own_start(found)]
    begins, middle = (found.scenario.start + timedelta(weeks=week) for week in (
        int(parted.min()), int(parted.median())))
    decisions = firsts(found)
    later = f"by the week of {day_in_words(middle)}"
    text = (f"The histories of {len(parted):,} of {many(runs, 'pair')} of twins part, the first in the week of "
            f"{day_in_words(begins)}, half of them {'in that week' if middle == begins else later}."
            if len(parted) > 1 else
            f"The histories of one of {many(runs, 'pair')} of twins part, in the week of {day_in_words(begins)}.")
    if decisions.empty:
        return [text, "No country decides otherwise in any run."]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in ("First decision of but one twin", "runs", "base", "alternative"):
        table.add_column(head, justify="left" if table.columns == [] else "right")
    for row in decisions.head(DECISIONS).to_dict("records"):
        table.add_row(Text(row["title"]), *(f"{row[key]:,}" for key in ("runs", "base", "alt")))
    return [text, "", table]
