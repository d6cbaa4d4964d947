"""A world's folder as one document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.errors import InputError, Mark, Problem
from sim.reading.document import Document, Place
from sim.reading.files import read_document, reason

#: Folder of what is known to have happened: data to calibrate on (`sim.record`), no part of the world itself.
RECORD = "record"


def read_world(folder: str | Path) -> Document:
    """Read a world's folder: `X.yaml` and `X/*.yaml` together become the mapping `tree["X"]`.

    A name given twice within a section is an error. Files of other kinds are left alone.
    """
    root, name = Path(folder), str(folder)
    data: dict[str, dict[str, Any]] = {}
    places: dict[str | int, Place] = {}
    world = Document(data, Place(name, inside=places))
    problems: list[Problem] = []
    for section, path in _files(root, problems):
        try:
            part = read_document(path)
        except InputError as error:
            problems += error.problems
            continue
        known = data.get(section, {})
        problems += [Problem(f'"{key}" is already given at {world.key((section, key))}', part.key((key,)))
                     for key in part.data if key in known]
        places[section] = part.place._replace(inside={**world.find((section,)).inside, **part.place.inside})
        data[section] = known | part.data
    if not data and not problems:
        problems.append(Problem("no world files (such as countries/*.yaml) in this folder", Mark(name)))
    if problems:
        raise InputError(problems, partial=any(problem.mark and problem.mark.line for problem in problems))
    return world


def _files(root: Path, problems: list[Problem]) -> Iterator[tuple[str, Path]]:
    """Every file with the section that it belongs to."""
    try:
        for entry in sorted(root.iterdir()):
            for path in sorted(entry.iterdir()) if entry.is_dir() else [entry]:
                if path.name.startswith(".") or entry.name.startswith(".") or entry.name == RECORD:
                    continue
                if path.suffix == ".yml":
                    problems.append(Problem("is not read; its name must end in .yaml", Mark(str(path))))
                elif path.suffix == ".yaml" and (path == entry or not path.is_dir()):
                    yield (path if path == entry else entry).name.removesuffix(".yaml"), path
    except (OSError, ValueError) as error:
        problems.append(Problem(reason(error, "world folder"), Mark(str(root))))
