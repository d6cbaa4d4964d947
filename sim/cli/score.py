"""`score`: what the model says of a file of questions, and how right it was where that is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.again import interrupted, repeated
from sim.cli.finished import unclaimed
from sim.cli.options import Jobs, Json, Presets, Quiet, Reading, Seed, Settings, Without
from sim.cli.progress import reporting
from sim.cli.terminal import heeding, hint, loading, many, say, say_json
from sim.manifest import CHANGES

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType
    from rich.table import Table

    from sim.ensemble import Status
    from sim.record.score import Scored


def score(
    questions: Annotated[str, typer.Argument(metavar="QUESTIONS", help="A path or the name of a shipped file of "
                                                                       "questions.")],
    replicates: Annotated[int, typer.Option("-n", "--replicates", min=1, max=1_000_000,
                                            help="How many histories to simulate.")] = 10_000,
    seed: Seed = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR", show_default="out/<questions>-score",
                                             help="Folder for tables and figures.")] = None,
    jobs: Jobs = None,
    settings: Settings = None,
    without: Without = None,
    reading: Reading = None,
    presets: Presets = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Answer questions with probabilities, and score the answers against what happened."""
    said: dict[str, Any] = {"-n": replicates, "--seed": seed, "--out": out, "--jobs": jobs, "--set": settings or [],
                            "--without": without or [], "--reading": reading, "--preset": presets or [], "--json": json}
    try:
        found, folder = _simulate(questions, said, quiet)
    except KeyboardInterrupt:
        raise interrupted("score", questions, said) from None
    for warning in found.warnings:
        hint(f"warning: {warning}")
    if json:
        from sim.record.score import as_record
        say_json(as_record(found) | {"seconds": round(found.seconds, 3), "out": str(folder)})
    else:
        say(*report(found), "", f"Tables and figures: {folder}")


def _simulate(source: str, said: dict[str, Any], quiet: bool) -> tuple[Scored, Path]:
    """Runs and writes; whatever can be found wrong is found before the simulation."""
    with loading():
        from sim import store
        from sim.record import questions
        from sim.record.score import KIND, run, write

    asked = questions.load(source, *(said[option] for option in CHANGES))
    folder = said["--out"] or Path("out") / f"{asked.name}-score"
    store.check(folder, KIND)
    with heeding() as heed, reporting(said["-n"], (), quiet) as report_progress:
        def progress(status: Status) -> None:
            heed()
            report_progress(status)

        found = run(asked, said["-n"], said["--seed"], said["--jobs"], progress)
    command = repeated("score", source, said).replace("scenario.yaml", "questions.yaml")
    folder = unclaimed(said["--out"], folder, KIND, command, asked.scenario)
    write(found, folder, command)
    return found, folder


# For a person

def report(found: Scored) -> list[RenderableType]:
    """What the model says of each question, what became of it, and how the model does beside the baselines."""
    from rich.text import Text

    from sim.summary import day_in_words

    runs, scenario, table = found.replicates, found.scenario, found.questions
    resolved, yes_no = len(found.resolved), table["kind"] == "yes_no"
    parts: list[RenderableType] = [
        Text(f"What the model says of {many(len(table), 'question')}, {resolved or 'none'} of them resolved",
             style="bold"),
        f"{scenario.title}. {many(runs, 'replicate')} of {many(scenario.weeks, 'week')} from "
        f"{day_in_words(scenario.start)}, seed {found.seed}.", ""]
    if yes_no.any():
        parts += [_yes_no(table[yes_no]), ""]
    if not yes_no.all():
        parts += [_numeric(found, table[~yes_no]), ""]
    if found.scores["n"].iloc[0]:
        parts += [_scoreboard(found), "", _verdict(found), ""]
    if (crps := found.mean("crps")) is not None:
        parts += [f"Mean CRPS, each in its own unit (dates in days): {crps:.2f}.", ""]
    return [*parts, *_notes(found), "This explores what a model's assumptions lead to; it is no forecast. Ranges are "
                                    "95 % intervals for the number of runs made. Brier, log score and CRPS are "
                                    "penalties: less is better."]


def _table(*heads: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, head in enumerate(heads):
        table.add_column(head, no_wrap=place != 1)
    return table


def _yes_no(rows: pd.DataFrame) -> Table:
    from sim.figures.reliability import became, in_100

    known = rows["state"].ne("open").any()
    table = _table("", "Yes or no", "in 100 runs", "52 weeks", *(("came out", "Brier") if known else ()))
    for row in rows.to_dict("records"):
        told = in_100(row["p"], row["low"], row["high"]) if row["runs"] else "no run"
        table.add_row(row["id"], row["ask"], told, in_100(row["last_52_weeks"]),
                      *((became(row), _score(row["brier"])) if known else ()))
    return table


def _numeric(found: Scored, rows: pd.DataFrame) -> Table:
    from sim.figures.reliability import became, value

    known = rows["state"].ne("open").any()
    table = _table("", "How many, or when", "median", "90 in 100 runs", *(("came out", "CRPS") if known else ()))
    for row in rows.to_dict("records"):
        low, median, high = (value(row[level], row["kind"], found.scenario.start) for level in ("p5", "median", "p95"))
        table.add_row(row["id"], row["ask"], median, f"{low} to {high}" if row["runs"] else "no run",
                      *((became(row, found.scenario.start), _score(row["crps"])) if known else ()))
    return table


def _score(number: float) -> str:
    return "" if number != number else f"{number:.2f}"


def _scoreboard(found: Scored) -> Table:
    from sim.figures.reliability import NAMES

    table = _table("Who", "Brier", "log score", "skill", "model − this, in log score", "p")
    for row in found.scores.to_dict("records"):
        against = row["name"] != "model"
        apart = f"{_signed(row['log_difference'])} ± {_plain(row['log_error'])}" if against else ""
        table.add_row(NAMES.get(row["name"], row["name"]), f"{row['brier']:.3f}", f"{row['log_score']:.3f}",
                      _signed(row["brier_skill"]) if against else "", apart, _p(row["log_p"]) if against else "")
    return table


def _plain(number: float, sign: str = "") -> str:
    return "?" if number != number else f"{number:{sign}.2f}".replace("-", "−")


def _signed(number: float) -> str:
    return _plain(number, "+")


def _p(number: float) -> str:
    return "<0.01" if number < 0.01 else _plain(number)


def _verdict(found: Scored) -> str:
    from sim.record.scores import FEWEST, FEWEST_RELIABILITY

    n = int(found.scores["n"].iloc[0])
    told = f"Scores of {many(n, 'yes/no question')}. Skill is the share of the baseline's Brier score that is avoided."
    if n < FEWEST:
        told += f" Too few to tell the model from a baseline: at least {FEWEST} are needed."
    else:
        told += " p: how often chance alone would make a difference in log score as large."
    if n < FEWEST_RELIABILITY:
        told += f" For a reliability diagram at least {FEWEST_RELIABILITY} are needed."
    return told


def _notes(found: Scored) -> list[RenderableType]:
    """Questions that were not scored, and why."""
    table, parts = found.questions, []
    for state, why in (("void", "void, since what they are conditional on did not come about"),
                       ("unanswered", "not scored: they apply in no run")):
        if len(names := table.loc[table["state"] == state, "id"]):
            parts.append(f"{', '.join(names)}: {why}.")
    some = table[(table["runs"] > 0) & (table["runs"] < found.replicates)]
    if len(some):
        parts.append("Only of runs to which they apply: "
                     + ", ".join(f"{row.id} ({row.runs:,.0f} of {found.replicates:,})" for row in some.itertuples())
                     + ".")
    return [*parts, ""] if parts else []
