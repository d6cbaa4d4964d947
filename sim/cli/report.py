"""`report`: one page about a finished run, or two, to read and to send."""

from __future__ import annotations

import json as format_json
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.finished import Run, folder_of
from sim.cli.options import Json
from sim.cli.terminal import loading, say_json, say_lines
from sim.errors import InputError, Mark, Problem

if TYPE_CHECKING:
    from sim.store import Record

#: How much of a file is looked at to see whether it is a report.
HEAD = 2000


def report(
    run: Run,
    alternative: Annotated[str | None, typer.Argument(metavar="[RUN2]", help="A second run on the same draws: what "
                                                      "changes in it.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", show_default="out/<scenario>-report.html",
                                             help="File to write, or report to replace.")] = None,
    by: Annotated[str, typer.Option(metavar="NAME", show_default="nobody", help="Who it is by.")] = "",
    json: Json = False,
) -> None:
    """Write a page about a finished run, or what changes in another, that can be sent to others."""
    folders = [folder_of(each) for each in (run, alternative) if each is not None]
    with loading():
        from sim import store
        from sim.report.page import Made, page

    records = [store.recall(folder) for folder in folders]
    out = out or Path("out") / f"{records[0].scenario.name}-report.html"
    _check(out, folders)
    ensembles = [store.read(folder) for folder in folders]
    command, day = _made(records[0])
    made = Made(command, day, by.strip(), dict(records[0].versions), _made(records[1])[0] if records[1:] else "")
    text = page(ensembles[0], records[0], made, ensembles[1] if alternative is not None else None)
    _write(out, text)
    size = len(text.encode())
    if json:
        say_json({"schema": 1, "out": str(out), "bytes": size,
                  "runs": [{"scenario": each.scenario.name, "replicates": each.replicates, "seed": each.seed}
                           for each in records]})
    else:
        say_lines([f"Report: {out} ({size / 1000:,.0f} kB)"])


def _made(record: Record) -> tuple[str, date]:
    """The command that repeats a run, and the day on which it was written, as its manifest has them."""
    from sim.manifest import MANIFEST

    manifest = format_json.loads((record.folder / MANIFEST).read_text(encoding="utf-8"))
    try:
        return str(manifest.get("command", "")), date.fromisoformat(str(manifest["written"])[:10])
    except (KeyError, ValueError):
        raise _refusal(record.folder, f"{MANIFEST} does not say when the run was made; run it again") from None


def _check(out: Path, folders: list[Path]) -> None:
    """Raises `InputError` where the report must not be written: inside a run, over what is no report."""
    from sim.report.page import MADE

    if any(out.resolve().is_relative_to(folder.resolve()) for folder in folders):
        raise _refusal(out, "lies in the run's own folder, which stays as the run wrote it; choose another --out")
    try:
        if out.is_dir():
            raise _refusal(out, "is a folder; name a file, such as report.html")
        if out.exists():
            with out.open("rb") as file:
                head = file.read(HEAD)
            if head and f'name="generator" content="{MADE}'.encode() not in head:
                raise _refusal(out, "is there already and is no report; choose another --out")
    except OSError as error:
        raise _refusal(out, f"cannot be written to ({error.strerror or error}); choose another --out") from None


def _write(out: Path, text: str) -> None:
    """Writes the file whole or not at all."""
    draft = out.with_name(f".{out.name}.{os.getpid()}.unfinished")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8", newline="")
        draft.replace(out)
    except OSError as error:
        raise _refusal(out, f"could not be written ({error.strerror or error}); choose another --out") from error
    finally:
        draft.unlink(missing_ok=True)


def _refusal(out: Path, why: str) -> InputError:
    return InputError(Problem(why, Mark(str(out))))
