"""`backtest`: forecasts of past quarters from what was known before each, scored against what came."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.again import spelled
from sim.cli.options import Jobs, Json, Quiet, Seed
from sim.cli.progress import reporting
from sim.cli.terminal import INTERRUPTED, heeding, hint, loading, say, say_json
from sim.errors import InputError

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from sim.ensemble import Status
    from sim.record.backtest import Backtest


def backtest(
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", show_default="as the record's list says",
                                              help="Earliest day on which a forecast is made.")] = None,
    every: Annotated[int, typer.Option(min=1, max=104, help="Weeks that each forecast covers.")] = 13,
    replicates: Annotated[int, typer.Option("-n", "--replicates", min=2, max=100_000,
                                            help="Histories per forecast and variant.")] = 400,
    seed: Seed = 1,
    write: Annotated[bool, typer.Option("--write", help="Renew docs/validation.md, where there are docs.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", show_default="out/backtest",
                                             help="Folder for tables and figures.")] = None,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Forecast past quarters from what was known before them, and score that."""
    said: dict[str, Any] = {"--from": first, "--every": every, "-n": replicates, "--seed": seed}
    folder = out or Path("out") / "backtest"
    try:
        found = _simulate(said, folder, write, jobs, quiet)
    except KeyboardInterrupt:
        hint("\ninterrupted; nothing was written")
        raise typer.Exit(INTERRUPTED) from None
    if json:
        from sim.record.validation_page import as_record
        say_json(as_record(found) | {"seconds": round(found.seconds, 3), "out": str(folder)})
    else:
        say(*report(found), "", f"Tables and figures: {folder}")


def _simulate(said: dict[str, Any], folder: Path, write: bool, jobs: int | None, quiet: bool) -> Backtest:
    with loading():
        from sim import store
        from sim.paths import shipped
        from sim.record import validation_page
        from sim.record.backtest import KIND, prepare, run

    store.check(folder, KIND)
    first, setting = _day(said["--from"]), prepare(said["--every"], said["-n"])
    with heeding() as heed, reporting(0, (), quiet) as report_progress:
        def progress(status: Status) -> None:
            heed()
            report_progress(status)

        found = run(setting, first, said["--seed"], jobs, progress=progress)
    validation_page.leave(found, folder, " ".join(["python", "run.py", "backtest", *spelled(said)]))
    if write:
        validation_page.publish(found, shipped("seeds"))
    return found


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"--from {text}: not a date such as 2014-01-06") from None


# For a person

def report(found: Backtest) -> list[RenderableType]:
    """Scores beside others, how quarters were foreseen, theories, and what was asked."""
    from rich.text import Text

    from sim.figures.backtested import title
    from sim.record import verdict

    names = list(found.forecasts["series"].unique())
    parts: list[RenderableType] = [Text(title(names[0], verdict.scores(found, names[0])), style="bold"), ""]
    for name in names:
        parts += [_scoreboard(found, name), ""]
    for each in verdict.targets(found, names[0]):
        parts.append(f"{'met    ' if each.met else 'NOT MET'}  {each.asked}: {each.found}")
    pairs = verdict.pairs(found)
    if len(pairs):
        parts += ["", "Theories differ by more than two standard errors; see theories.csv." if pairs["apart"].any() else
                  "Weights of theories stay equal: no two differ by more than two standard errors."]
    return [*parts, "", "Log score and Brier are penalties: less is better. Standard errors are over quarters. What is "
            "right in hindsight is no promise: docs/validation.md says what was not blind."]


def _scoreboard(found: Backtest, series: str) -> Table:
    from rich.table import Table

    from sim.figures.backtested import chance, named, signed
    from sim.record import verdict

    rows = verdict.scores(found, series).to_dict("records")
    table = Table(title=f"{series}: {rows[0]['weeks']} weeks in {rows[0]['quarters']} quarters", box=None,
                  title_justify="left", pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, head in enumerate(("Who", "log score", "Brier", "model − this", "s.e.", "p")):
        table.add_column(head, justify="right" if place else "left", no_wrap=True)
    theories = {name: entry.name for name, entry in found.scenario.theories.items()}
    for row in rows:
        own, (kind, colon, _) = row["forecaster"] == "model", row["forecaster"].partition(": ")
        lead = f"{kind.capitalize()}: " if colon else ""
        table.add_row("The model" if own else lead + named(row["forecaster"], theories),
                      f"{row['log_score']:.4f}", f"{row['brier']:.4f}",
                      *(("", "", "") if own else (signed(row["difference"], 4), f"{row['error']:.4f}",
                                                  chance(row["p"]))))
    return table
