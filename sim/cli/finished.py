"""Finished runs as commands name them: by folder, or by the shipped scenario whose default folder it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.errors import InputError, unknown
from sim.paths import shipped_scenarios

Run = Annotated[str, typer.Argument(metavar="RUN", help="The folder of a finished run, or the name of a shipped "
                                                        "scenario whose run is in out/<name>.")]


def folder_of(run: str) -> Path:
    """The folder of a finished run. Raises `InputError` where there is none, with the command that makes one."""
    from sim.cli import program

    folder, beside = Path(run), Path("out") / run
    if folder.is_dir():
        return folder
    if len(folder.parts) == 1 and beside.is_dir():
        return beside
    if run in shipped_scenarios() or folder.suffix in {".yaml", ".yml"}:
        at = Path("out") / folder.stem
        if at.is_dir() and folder.exists():
            raise InputError(f"{run} is a scenario; its run is in {at}: name that folder")
        raise InputError(f"no finished run in {at}; `{program()} run {run}` makes one")
    known = {path.name for path in Path("out").glob("*") if path.is_dir()} | set(shipped_scenarios())
    raise InputError(unknown("run", run, known) + ". The folder of a run works too")
