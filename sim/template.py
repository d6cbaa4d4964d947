"""A region to start from: the template that ships with the project, written to a folder of the user's own."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from sim import schemas
from sim.errors import InputError, Mark, Problem
from sim.paths import shipped

#: Put in place in this order: as long as there is no scenario, nothing can be mistaken for a whole region.
PARTS = ("schema", "world", "scenarios")


def write_region(folder: Path) -> list[Path]:
    """Writes the template's world and scenario to `folder`, which must not exist or be empty, and beside them the
    schemas by which editors complete and check. Returns the paths of all files within it.

    Raises `InputError` where the folder cannot take it; the folder is then as it was before.
    """
    made: list[Path] = []
    try:
        if folder.exists() and not folder.is_dir():
            raise _refusal(folder, "is no folder; choose a new one")
        if folder.exists() and (found := sorted(path.name for path in folder.iterdir())):
            raise _refusal(folder, f"is not empty (it holds {', '.join(found[:3])}{', …' * (len(found) > 3)}); "
                                   "choose a new folder")
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        return _fill(folder)
    except BaseException as error:
        for path in made:
            with suppress(OSError):
                path.rmdir()
        if isinstance(error, OSError):
            raise _refusal(folder, f"cannot be written to ({error.strerror or error}); choose another folder") from None
        raise


def _fill(folder: Path) -> list[Path]:
    """Writes everything to a hidden folder inside, then moves it to its place; takes all back if that fails."""
    draft = folder / ".unfinished"
    try:
        template = shipped("templates") / "region"
        for path in template.rglob("*.yaml"):
            name, text = path.relative_to(template), path.read_text(encoding="utf-8")
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            # What points an editor to the project's schemas is to point to the folder's own.
            (draft / name).write_text(text.replace("../../docs/schema/", "schema/"), encoding="utf-8", newline="")
        schemas.write(draft / "schema")
        for part in PARTS:
            (draft / part).rename(folder / part)
        draft.rmdir()
        return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    except BaseException:
        for part in (*reversed(PARTS), draft.name):
            shutil.rmtree(folder / part, ignore_errors=True)
        raise


def _refusal(folder: Path, why: str) -> InputError:
    return InputError(Problem(why, Mark(str(folder))))
