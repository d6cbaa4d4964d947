"""The manifest of a finished run: what it is of, what it was made with, and the hashes of its files."""

from __future__ import annotations

import json
import platform
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sim import __version__
from sim.errors import InputError, Mark, Problem, clip

if TYPE_CHECKING:
    from sim.scenario import Scenario

SCHEMA = 1
MANIFEST = "manifest.json"
#: Options of commands that make a scenario what it is.
CHANGES = ("--set", "--without", "--reading", "--preset")
#: What a run leaves; figures are beside these, in a folder of their own.
PARTS = ("outcomes.csv", "summary.csv", "summary.json", "ensemble.nc", "scenario.yaml", "world.json")
#: What the command leaves beside them.
PAGE = "report.html"
#: Packages whose versions are noted.
PACKAGES = ("numpy", "scipy", "mesa", "pandas", "xarray", "h5netcdf", "matplotlib", "pydantic", "ruamel.yaml")
#: What is read of a run that is only recalled.
RECALLED = ("outcomes.csv", "scenario.yaml", "world.json")


class Finished(Protocol):
    """What a folder may hold the results of."""

    @property
    def scenario(self) -> Scenario: ...
    @property
    def seed(self) -> int: ...
    @property
    def replicates(self) -> int: ...
    @property
    def seconds(self) -> float: ...


def refusal(folder: Path, why: str) -> InputError:
    """What to raise where a folder is not what it has to be."""
    return InputError(Problem(why, Mark(str(folder))))


def files_in(folder: Path) -> Iterator[str]:
    """Everything in the folder but folders with something in them, by relative path."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir() or not any(path.iterdir()):
            yield path.relative_to(folder).as_posix()


def made(kind: str, results: Finished, command: str, files: dict[str, str]) -> dict[str, Any]:
    """The manifest of what has just been made; `files` are their hashes by name."""
    scenario = results.scenario
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return {"schema": SCHEMA, "kind": kind, "version": __version__, "scenario": scenario.name,
            "title": scenario.title, "start": scenario.start.isoformat(), "weeks": scenario.weeks,
            "seed": results.seed, "replicates": results.replicates, "seconds": round(results.seconds, 3),
            "written": datetime.now(UTC).isoformat(timespec="seconds"), "command": command,
            "input": fingerprint(*getattr(results, "scenarios", (scenario,))), "versions": versions, "files": files}


def fingerprint(*scenarios: Scenario) -> str:
    """A hash of all that a scenario says, or that several do."""
    trees = [json.dumps(scenario.tree, sort_keys=True, ensure_ascii=False, default=str) for scenario in scenarios]
    return sha256("\n".join(trees).encode()).hexdigest()


def identity(scenario: Scenario, seed: int) -> dict[str, Any]:
    """What a batch depends on, apart from its number: two that agree in it agree in every bit."""
    from sim.batch import WIDTH
    return {"input": fingerprint(scenario), "seed": seed, "width": WIDTH, "version": __version__,
            "numpy": version("numpy"), "scipy": version("scipy")}


def hashes(folder: Path) -> dict[str, str]:
    """The hash of every file in the folder."""
    return {name: _hash(folder / name) for name in files_in(folder)}


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        found = sha256()
        while chunk := stream.read(1 << 20):
            found.update(chunk)
    return found.hexdigest()


def manifest_of(folder: Path, kind: str = "ensemble") -> dict[str, Any]:
    """The folder's manifest, if it is one of a run of this kind that this version can read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["kind"] == kind and isinstance(manifest["schema"], int):
            if manifest["schema"] > SCHEMA:
                raise refusal(folder, f"was written by a newer version ({manifest.get('version')}); update to read it")
            kinds = {"scenario": str, "seed": int, "replicates": int, "seconds": int | float, "files": dict}
            if all(isinstance(manifest[key], kind) for key, kind in kinds.items()):
                return dict(manifest)
        elif isinstance(manifest["kind"], str) and manifest["kind"] != kind and manifest["command"]:
            raise refusal(folder, f"holds no run but results of another kind ({clip(manifest['kind'])}): "
                                  f"`{manifest['command']}` made them, and shows them again; name the folder of a run")
    except (OSError, ValueError, TypeError, KeyError):
        pass
    raise refusal(folder, f"{MANIFEST} is damaged, or not of a run")


def checked(folder: Path, only: Collection[str] = ()) -> dict[str, Any]:
    """The manifest of a finished run whose files are what they were; all of them, or only some."""
    if not folder.is_dir():
        raise refusal(folder, "is no folder of a run" if folder.exists() else "no such folder")
    if not (folder / MANIFEST).exists():
        own = any((folder / name).exists() for name in PARTS)
        raise refusal(folder, f"holds an unfinished run (no {MANIFEST}); run it again" if own else "holds no run")
    manifest = manifest_of(folder)
    problems = []
    for name, expected in manifest["files"].items():
        path = folder / name
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise refusal(folder, f"{MANIFEST} is damaged, or not of a run")
        if not path.is_file():
            problems.append(Problem("is missing; run it again", Mark(str(path))))
        elif (not only or name in only) and _hash(path) != expected:
            problems.append(Problem("is not what the run wrote; run it again", Mark(str(path))))
    missing = set(PARTS) - set(manifest["files"])
    problems += [Problem("is missing; run it again", Mark(str(folder / name))) for name in sorted(missing)]
    if problems:
        raise InputError(problems)
    return manifest
