"""`doctor`: whether an installation is sound, and what to do where it is not.

Only the standard library is imported here, so that it can say so where a package is missing.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, NamedTuple

import typer

from sim.cli.options import Json
from sim.cli.terminal import bold, say_json, say_lines

PACKAGE = "diplomacy-simulator"
OLDEST = (3, 11)
#: What each extra is for.
FOR = {"coding": "python -m sim.coding", "sensitivity": "run.py sensitivity", "discovery": "run.py discover",
       "parquet": "run.py export --format parquet", "distributed": "run.py run --cluster", "web": "run.py serve",
       "docs": "docs/make_site.py", "mesa-viz": "solara run sim.mesa_page", "test": "pytest", "dev": "lint and types"}
SCENARIO, REPLICATES, SEED = "july_2025", 20, 1
#: Bytes that a run of 10,000 replicates may leave.
ROOM = 200_000_000
#: Letters and signs that results use.
SIGNS = "–−…’“”·█≥"


class Finding(NamedTuple):
    """What a check has found. `ok`, `note` (something works less well, or is left out) or `wrong`."""

    what: str
    status: str
    found: str
    remedy: str = ""


def doctor(json: Json = False) -> None:
    """Check this installation: Python and packages, data, a small run, folders, terminal and fonts."""
    found = [finding for check in CHECKS for finding in _checked(check)]
    sound = all(finding.status != "wrong" for finding in found)
    if json:
        say_json({"schema": 1, "sound": sound, "checks": [finding._asdict() for finding in found]})
    else:
        say_lines(_lines(found, sound))
    raise typer.Exit(0 if sound else 1)


def _lines(found: list[Finding], sound: bool) -> Iterator[str]:
    width = max(len(finding.what) for finding in found)
    for what, status, said, remedy in found:
        yield f"{status:5}  {what:{width}}  {said}"
        if remedy:
            yield f"{'':5}  {'':{width}}  > {remedy}"
    wrong = sum(finding.status == "wrong" for finding in found)
    yield ""
    yield bold("This installation is sound." if sound else
               f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")


def _checked(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of a check; one that breaks down is a finding too."""
    try:
        yield from check()
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        yield Finding(check.__name__.strip("_"), "wrong", what, "mend first what is wrong above")


# Python and packages

def _python() -> Iterator[Finding]:
    enough = sys.version_info[:2] >= OLDEST
    yield Finding("Python", "ok" if enough else "wrong", f"{platform.python_version()} on {platform.system()}",
                  "" if enough else f"install Python {'.'.join(map(str, OLDEST))} or newer")


def requirements() -> dict[str, list[str]]:
    """What is required, by extra; under "" what is always. From the checkout, or from what was installed."""
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    if pyproject.is_file():
        project = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("project", {})
        if project.get("name") == PACKAGE:
            return {"": project["dependencies"], **project.get("optional-dependencies", {})}
    found: dict[str, list[str]] = {"": []}
    for line in requires(PACKAGE) or []:
        wanted, _, marker = line.partition(";")
        _, of_extra, extra = marker.partition("extra ==")
        found.setdefault(extra.strip(" '\")") if of_extra else "", []).append(wanted.strip())
    return found


def lacking(required: list[str]) -> list[tuple[str, str]]:
    """(requirement, version that is there or "") of each requirement that is not met."""
    from packaging.requirements import Requirement

    found = []
    for line in required:
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate():
            continue
        try:
            there = version(requirement.name)
        except PackageNotFoundError:
            there = ""
        if not there or not requirement.specifier.contains(there, prereleases=True):
            found.append((line, there))
    return found


def _packages() -> Iterator[Finding]:
    needed = requirements()
    unmet = lacking(needed[""])
    if not unmet:
        yield Finding("packages", "ok", f"all {len(needed[''])} that it needs, among them "
                      + ", ".join(f"{name} {version(name)}" for name in ("mesa", "numpy", "scipy")))
    for requirement, there in unmet:
        found = f"{there} is there" if there else "it is missing"
        yield Finding("packages", "wrong", f"{requirement} is needed; {found}", f"pip install '{requirement}'")
    for extra, required in needed.items():
        if not extra:
            continue
        unmet = lacking(required)
        found = f"for {FOR[extra]}" if extra in FOR else "optional"
        if unmet:
            found += "; missing: " + ", ".join(f"{line} (there is {there})" if there else line for line, there in unmet)
        yield Finding(f"extra {extra}", "note" if unmet else "ok", found,
                      f"pip install '{PACKAGE}[{extra}]', or '.[{extra}]' in a checkout" if unmet else "")


# Data, and a small run

def _scenarios() -> Iterator[Finding]:
    from sim.errors import InputError
    from sim.paths import shipped, shipped_scenarios
    from sim.scenario import load

    names, broken = shipped_scenarios(), 0
    for name in names:
        try:
            load(name)
        except InputError as error:
            broken += 1
            yield Finding("scenarios", "wrong", f"{name}: {error.problems[0]}", "reinstall, or undo what was changed")
    if not names:
        yield Finding("scenarios", "wrong", f"none in {shipped('scenarios')}", "reinstall")
    elif not broken:
        yield Finding("scenarios", "ok", f"all {len(names)} and their worlds are valid")


def _run() -> Iterator[Finding]:
    import numpy as np

    from sim.batch import run_batch
    from sim.compiler import compile_world
    from sim.scenario import load
    from sim.worker import spread

    world = compile_world(load(SCENARIO))
    here = run_batch(world, SEED, 0, REPLICATES)
    yield Finding("run", "ok", f"{REPLICATES} replicates of {SCENARIO} in this process")
    others = list(spread(run_batch, [(0, REPLICATES)] * 2, 2, world, SEED, lambda: None))
    same = all(np.array_equal(here.outcomes, other.outcomes, equal_nan=True) for other in others)
    yield Finding("processes", "ok" if same else "wrong",
                  f"two worker processes give {'the same to the last bit' if same else 'other results'}",
                  "" if same else "report it, with this output; until then use --jobs 1")


# Folders, terminal, fonts

def _folders() -> Iterator[Finding]:
    from sim.reading.cache import cache_folder

    if os.environ.get("DIPLOMACY_NO_CACHE", "0") not in ("", "0"):
        yield Finding("cache", "note", "off by DIPLOMACY_NO_CACHE: files are read anew in every run")
    else:
        why = unwritable(cache_folder())
        yield Finding("cache", "note" if why else "ok", why or str(cache_folder()),
                      "files are read anew in every run; make the folder writable" if why else "")
    why = unwritable(Path("out"))
    yield Finding("output", "wrong" if why else "ok", why or f"{Path('out').absolute()} can be written to",
                  "go to a folder of your own, or choose another with --out" if why else "")
    free = shutil.disk_usage(Path.cwd()).free
    yield Finding("disk", "ok" if free >= ROOM else "note", f"{free / 1e9:,.1f} GB free",
                  "" if free >= ROOM else "a run of 10,000 replicates may not fit")


def unwritable(folder: Path) -> str:
    """Why nothing can be written to a folder that is there or could be made; empty where it can."""
    nearest = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest) as stream:
            stream.write(b"x")
    except OSError as error:
        return f"{nearest} cannot be written to ({error.strerror or error})"
    return ""


def _terminal() -> Iterator[Finding]:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        SIGNS.encode(encoding)
        yield Finding("terminal", "ok", encoding)
    except (UnicodeError, LookupError):
        yield Finding("terminal", "note", f"{encoding} lacks signs that results use; plain ones stand for them",
                      "set PYTHONUTF8=1, or a UTF-8 locale")


def _fonts() -> Iterator[Finding]:
    from matplotlib.font_manager import FontProperties, findfont

    from sim.figures.style import FONT

    try:
        findfont(FontProperties(family=FONT), fallback_to_default=False)
        yield Finding("fonts", "ok", FONT)
    except ValueError:
        yield Finding("fonts", "wrong", f"{FONT} is missing, with which figures are drawn", "reinstall matplotlib")


CHECKS: tuple[Callable[[], Iterator[Any]], ...] = (_python, _packages, _scenarios, _run, _folders, _terminal, _fonts)
