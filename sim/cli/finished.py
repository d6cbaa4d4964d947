"""Finished runs as commands name them: by folder, or by the shipped scenario whose default folder it is. And folders
for what is asked of them."""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.errors import InputError, unknown
from sim.paths import shipped_scenarios

if TYPE_CHECKING:
    from sim.scenario import Scenario

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


def unclaimed(given: Path | None, folder: Path, kind: str, command: str, *scenarios: Scenario) -> Path:
    """The folder that was given; or else this one, or the first of those with -2, -3, … after its name that holds no
    results of another command or of other scenarios: an answer does not replace that to another question."""
    from sim.manifest import fingerprint

    if given:
        return given
    asked = command, fingerprint(*scenarios)
    places = chain([folder], (folder.with_name(f"{folder.name}-{number}") for number in count(2)))
    return next(place for place in places if _holds(place, kind) in (None, asked))


def _holds(folder: Path, kind: str) -> tuple[str, str] | None:
    """The command and the input of the results of this kind in a folder; None where there are none."""
    from sim.manifest import manifest_of

    try:
        manifest = manifest_of(folder, kind)
    except InputError:  # `sim.store` says what is there instead, if anything is
        return None
    return str(manifest.get("command")), str(manifest.get("input"))
