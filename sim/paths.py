"""Where scenarios and worlds are: beside the code in a checkout, inside the package once installed."""

from __future__ import annotations

import os
from pathlib import Path

from sim.errors import InputError, unknown


def shipped(kind: str) -> Path:
    """The folder of the shipped `seeds`, `scenarios`, `questions` or `templates`."""
    inside = Path(__file__).parent / "data" / kind
    return inside if inside.is_dir() else Path(__file__).parent.parent / kind


def shipped_scenarios() -> list[str]:
    """Names of the scenarios that ship with the project."""
    return sorted(path.stem for path in shipped("scenarios").glob("*.yaml"))


def scenario_file(source: str | Path) -> Path:
    """The file of a scenario given as a path or as a shipped name; raises `InputError` when there is none."""
    path = Path(source)
    if path.suffix in {".yaml", ".yml"} or os.path.exists(path):  # Path's own method raises on a name that cannot be
        return path
    if len(path.parts) == 1 and str(source) in shipped_scenarios():
        return shipped("scenarios") / f"{source}.yaml"
    classic = shipped("classics") / path / f"{path}.yaml"  # a world of its own beside its scenario
    if len(path.parts) == 1 and os.path.isfile(classic):
        return classic
    raise InputError(unknown("scenario", source, shipped_scenarios()) + ". A path to a .yaml file works too")


def world_folder(name: str, beside: Path) -> Path:
    """The folder of a world: beside the scenario's file or its folder if it is there, else the shipped one.

    `beside` is the folder of the scenario's file; what encloses it has no name where it is `.`, and is `..` then.
    """
    above = beside.parent if beside.name not in ("", "..") else beside / ".."
    for folder in (beside / name, above / name):
        if os.path.isdir(folder):
            return folder
    if name == "seeds":
        return shipped("seeds")
    return beside / name
