"""`export`: one replicate as event data, or a whole run's statistics, for other tools."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.finished import Run, folder_of
from sim.cli.options import Json
from sim.cli.terminal import hint, loading, say, say_json, say_text
from sim.errors import InputError, Mark, Problem, unknown

#: Formats of one replicate, and of a run; those of the latter that are no text.
OF_ONE, OF_ALL, BINARY = ("cameo", "plover", "csv", "json"), ("hub", "csv", "json", "netcdf", "parquet"), (
    "netcdf", "parquet")
CHECK_FAILED = 1


def export(
    run: Run,
    form: Annotated[str, typer.Option("--format", metavar="|".join(dict.fromkeys(OF_ONE + OF_ALL)),
                                      help="Of one replicate: cameo, plover, csv, json. Of the run: hub, csv, json, "
                                           "netcdf, parquet.")],
    replicate: Annotated[int | None, typer.Option(help="Events of this replicate; statistics of all without "
                                                       "it.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", show_default="printed",
                                             help="File to write or to replace.")] = None,
    json: Json = False,
) -> None:
    """Hand one replicate's events, or a run's statistics, to other tools."""
    _check(form, replicate, out, json)
    folder = folder_of(run)
    if out and out.resolve().is_relative_to(folder.resolve()):
        raise InputError(Problem("lies in the run's own folder, which stays as the run wrote it; choose another --out",
                                 Mark(str(out))))
    with loading():
        from sim import store  # noqa: F401
    content, told = _all(folder, form, out) if replicate is None else _one(folder, form, replicate)
    if out is None:
        assert isinstance(content, str)
        say_text(content)
        return
    _write(out, content)
    if json:
        say_json({"schema": 1, "format": form, "out": str(out)} | told)
    else:
        say(", ".join(f"{value:,} {name}" if isinstance(value, int) and name == "rows" else f"{name} {value}"
                      for name, value in told.items()) + f": {out}")


def _check(form: str, replicate: int | None, out: Path | None, json: bool) -> None:
    """Raises `InputError` for what does not go together."""
    if form not in OF_ONE + OF_ALL:
        raise InputError(unknown("format", form, {*OF_ONE, *OF_ALL}))
    if replicate is None and form not in OF_ALL:
        raise InputError(f"{form} holds the events of one history: say which with --replicate N")
    if replicate is not None and form not in OF_ONE:
        raise InputError(f"{form} holds statistics of all replicates: leave --replicate out")
    if out is None and form in BINARY:
        raise InputError(f"{form} is no text: say where to write it with --out FILE")
    if out is None and json:
        raise InputError("--json tells what was written to a file: add --out FILE (--format json is data as JSON)")


def _one(folder: Path, form: str, replicate: int) -> tuple[str, dict[str, Any]]:
    """The events of one replicate in a format, and what is in it."""
    from sim.experiments.event_data import FORMATS, actor, events
    from sim.experiments.replay import Different
    from sim.store import recall

    try:
        found = events(recall(folder), replicate)
    except Different as error:
        hint(f"error: {error}")
        raise typer.Exit(CHECK_FAILED) from None
    text = FORMATS[form](found)
    left = sum(not any(pair.cameo and (form == "plover" or actor(found.scenario, pair.source))
                       for pair in each.directed) for each in found.occurrences)
    if left and form in ("cameo", "plover"):
        hint(f"{left} of {len(found.occurrences):,} occurrences have no code and are left out: elections, mere dates, "
             "deeds of nobody that CAMEO knows")
    rows = len(found.table) if form == "json" else text.count("\n") - (form == "csv")
    return text, {"replicate": replicate, "ending": found.ending, "rows": rows}


def _all(folder: Path, form: str, out: Path | None) -> tuple[str | Callable[[Path], None], dict[str, Any]]:
    """A run's statistics in a format, as text or as what writes a file; and what is in it."""
    from sim import store
    from sim.experiments import hub

    ensemble = store.read(folder)
    told = {"replicates": ensemble.replicates}
    if form == "hub":
        table = hub.rows(ensemble)
        told |= {"rows": len(table)}
        if out and out.suffix == ".parquet":
            return lambda path: _parquet(table.reset_index(drop=True), path, index=False), told
        return table.to_csv(index=False, lineterminator="\n"), told
    if form == "netcdf":
        return lambda path: _copy(folder / "ensemble.nc", path), told
    if form == "parquet":
        return lambda path: _parquet(hub.outcomes(ensemble), path, index=True), told
    return (folder / {"csv": "outcomes.csv", "json": "summary.json"}[form]).read_text(encoding="utf-8"), told


def _copy(source: Path, path: Path) -> None:
    shutil.copyfile(source, path)


def _parquet(table: Any, path: Path, index: bool) -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise InputError('this needs pyarrow: pip install "diplomacy-simulator[parquet]"') from None
    table.to_parquet(path, engine="pyarrow", index=index)


def _write(out: Path, content: str | Callable[[Path], None]) -> None:
    """Writes a file whole or not at all."""
    draft = out.with_name(f".{out.name}.{os.getpid()}.unfinished")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            draft.write_text(content, encoding="utf-8", newline="")
        else:
            content(draft)
        draft.replace(out)
    except OSError as error:
        raise InputError(Problem(f"could not be written ({error.strerror or error}); choose another --out",
                                 Mark(str(out)))) from error
    finally:
        draft.unlink(missing_ok=True)
