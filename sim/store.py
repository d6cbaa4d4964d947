"""The output folder: written whole or not at all, replaced only by a whole one, read back with its hashes checked."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from io import BytesIO, StringIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.errors import InputError
from sim.manifest import (
    MANIFEST,
    PAGE,
    PARTS,
    RECALLED,
    Finished,
    checked,
    files_in,
    fingerprint,
    hashes,
    made,
    manifest_of,
    refusal,
)
from sim.paths import shipped
from sim.worker import uninterrupted

if TYPE_CHECKING:
    import xarray as xr

    from sim.ensemble import Ensemble
    from sim.scenario import Scenario

#: Rows of outcomes.csv that are written at a time.
ROWS = 20_000
#: What file managers leave in any folder.
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}


def check(folder: Path, kind: str = "ensemble") -> None:
    """Raises `InputError` unless a run can be written at `folder`: nothing is there, an empty folder, or a finished
    run of the same kind and nothing else."""
    try:
        if why := _obstacle(folder, kind):
            raise refusal(folder, why)
        with _draft(folder):
            pass
    except OSError as error:
        raise refusal(folder, f"cannot be written to ({error.strerror or error}); choose another --out") from None


def prepare() -> None:
    """Loads what writing will need: best done while workers are at work."""
    import h5netcdf  # noqa: F401
    import xarray  # noqa: F401

    from sim.figures import figures
    figures()


def write(ensemble: Ensemble, folder: Path, command: str = "", world: Path | None = None,
          place: Path | None = None, beside: Callable[[Path], None] | None = None) -> None:
    """Writes the ensemble's files and figures to `folder`, in place of a finished run that may be there.

    `command` is what repeats the run; `world` is the folder that the scenario's world was read from, by default the
    shipped one; `place` is a folder for what is unfinished, by default one of this process's own; `beside`
    writes further files into the folder it is given. Raises `InputError` where `check` does or the disk refuses; the
    folder is then as it was before.
    """
    from sim.figures import draw_all

    def fill(draft: Path) -> None:
        with (draft / "outcomes.csv").open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(_outcomes(ensemble))
        for name, content in _contents(ensemble, folder, world):
            (draft / name).write_text(content, encoding="utf-8", newline="")
        (draft / "ensemble.nc").write_bytes(_netcdf(*_stored(ensemble)))
        draw_all(ensemble, draft)
        if beside:
            beside(draft)

    put("ensemble", ensemble, folder, command, fill, place)


def _netcdf(dataset: xr.Dataset, encoding: dict[str, Any]) -> memoryview:
    """The dataset as the bytes of a file; HDF5 itself takes the process down when the disk is full."""
    import h5netcdf
    from xarray.backends import H5NetCDFStore

    content = BytesIO()
    with h5netcdf.File(content, "w") as file:
        dataset.dump_to_store(H5NetCDFStore(file), encoding=encoding)
    return content.getbuffer()


def put(kind: str, results: Finished, folder: Path, command: str, fill: Callable[[Path], None],
        place: Path | None = None) -> None:
    """Has `fill` write files into a draft, adds the manifest, and puts the whole in the place of `folder`.

    `kind` is what the manifest calls it, and the only kind of finished run that is replaced. Raises as `write` does.
    """
    check(folder, kind)
    try:
        with _draft(folder, place) as draft:
            fill(draft)
            manifest = made(kind, results, command, hashes(draft))
            (draft / MANIFEST).write_text(_json(manifest), encoding="utf-8", newline="")
            with uninterrupted():
                _swap(draft, folder)
    except OSError as error:
        raise refusal(folder, f"could not be written ({error.strerror or error}); choose another --out") from error


@dataclass(frozen=True)
class Record:
    """What a finished run was of, and its outcomes as they stand in the folder; quick to read."""

    folder: Path
    scenario: Scenario
    seed: int
    replicates: int
    versions: Mapping[str, str]

    @cached_property
    def rows(self) -> list[list[str]]:
        """A row of outcomes.csv per replicate, without its number: the outcomes as texts, then the ending."""
        return list(self._read())

    def row(self, replicate: int) -> list[str]:
        """One of the rows, without reading further."""
        return next(islice(self._read(), replicate, None))

    def _read(self) -> Iterator[list[str]]:
        with (self.folder / "outcomes.csv").open(encoding="utf-8", newline="") as file:
            yield from (row[1:] for row in islice(csv.reader(file), 1, None))


def recall(folder: Path | str) -> Record:
    """A finished run without its distributions and figures, which are not looked at. Raises `InputError` as `read`
    does."""
    folder = Path(folder)
    manifest = checked(folder, RECALLED)
    versions = {"diplomacy-simulator": manifest.get("version", ""), **manifest.get("versions", {})}
    return Record(folder, _scenario(folder, manifest["scenario"]), manifest["seed"], manifest["replicates"], versions)


def read(folder: Path | str) -> Ensemble:
    """The ensemble of a finished run. Raises `InputError` for any other folder, and for files that were changed."""
    import pandas as pd
    import xarray as xr

    from sim.dataset import labelled
    from sim.ensemble import Ensemble

    folder = Path(folder)
    manifest = checked(folder)
    scenario = _scenario(folder, manifest["scenario"])
    with xr.open_dataset(folder / "ensemble.nc", engine="h5netcdf") as stored:
        data = labelled(stored.load())
    values = pd.DataFrame(data["outcomes"].values, columns=list(scenario.outcomes))
    values.index.name = "replicate"
    values["ending"] = pd.Categorical.from_codes(np.asarray(data["ending"].values, dtype=np.int64),
                                                 pd.Index([ending.name for ending in scenario.endings]))
    return Ensemble(scenario, values, data.drop_vars(["outcomes", "ending", "outcome"]), manifest["seed"],
                    manifest["seconds"])


# Where to write

def _obstacle(folder: Path, kind: str) -> str:
    """Why a run must not be written here; empty where it may."""
    if not folder.exists() and not folder.is_symlink():
        return ""
    if not folder.is_dir():
        return "is no folder; choose another --out"
    real = folder.resolve()
    if real == Path.cwd() or os.path.ismount(real):
        return "is in use as a whole (the current folder, or a disk); choose a new folder inside it for --out"
    found = set(files_in(folder)) - LITTER
    if not found:
        return ""
    if MANIFEST not in found:
        own = {name for name in found if name in (*PARTS, PAGE) or name.startswith("figures/")}
        if own == found:
            return f"holds an unfinished run (no {MANIFEST}); delete it or choose another --out"
        return f"holds other files ({_some(found - own)}); choose another --out"
    try:
        ours = {MANIFEST, *manifest_of(folder, kind)["files"]}
    except InputError:
        return f"holds a {MANIFEST} that is not of a run like this one; choose another --out"
    if foreign := found - ours:
        return f"holds a run and also other files ({_some(foreign)}); move them away or choose another --out"
    return ""


def _some(names: Iterable[str]) -> str:
    names = sorted(names)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


@contextmanager
def _draft(folder: Path, place: Path | None = None) -> Iterator[Path]:
    """A folder in `place`, or a hidden one beside `folder`; it and what was made for it is gone in the end, unless
    renamed."""
    real = folder.resolve()
    made = [parent for parent in real.parents if not parent.exists()]
    real.parent.mkdir(parents=True, exist_ok=True)
    draft = place / "draft" if place else real.parent / f".{real.name}.{os.getpid()}.unfinished"
    try:
        draft.mkdir()
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        for parent in made:
            with suppress(OSError):  # not empty
                parent.rmdir()


def _swap(draft: Path, folder: Path) -> None:
    """Puts the draft in the folder's place; between the two steps neither is there, and never a half of one."""
    real = folder.resolve()
    old = draft.with_suffix(".replaced")
    if real.exists():
        real.rename(old)
    try:
        draft.rename(real)
    except BaseException:
        if old.exists():
            old.rename(real)
        raise
    shutil.rmtree(old, ignore_errors=True)


# What to write

def _contents(ensemble: Ensemble, folder: Path, world: Path | None) -> Iterator[tuple[str, str]]:
    """The small files and the text of each."""
    from sim.summary import as_record, as_table

    heads, rows = as_table(ensemble)
    yield "summary.csv", _csv([heads, *rows])
    yield "summary.json", _json(as_record(ensemble))
    yield "scenario.yaml", resolved(ensemble.scenario, folder, world)
    yield "world.json", _json(ensemble.scenario.tree["world"])


def resolved(scenario: Scenario, folder: Path, world: Path | None = None) -> str:
    """The scenario's file, in `folder`, with settings and removed events worked in; `world` as for `write`."""
    from ruamel.yaml import YAML

    head = dict(scenario.tree["scenario"])
    if world is not None and world.resolve() != shipped("seeds").resolve():
        head["world"] = Path(os.path.relpath(world.resolve(), folder.resolve())).as_posix()
    stream = StringIO()
    yaml = YAML()
    yaml.width = 118
    yaml.dump(head, stream)
    return "# The scenario as it was run, with settings worked in. Run this file to repeat it.\n\n" + stream.getvalue()


def _outcomes(ensemble: Ensemble) -> Iterator[str]:
    """A row per replicate: yes/no as 1 and 0, dates as ISO dates, nothing where void or never. In parts, for there
    may be many."""
    yield _csv([["replicate", *ensemble.outcomes.columns]])
    for first in range(0, ensemble.replicates, ROWS):
        part = ensemble.outcomes.iloc[first:first + ROWS]
        columns = [[str(replicate) for replicate in part.index]]
        for name, outcome in ensemble.scenario.outcomes.items():
            columns.append(cells(part[name].to_numpy(dtype=float), outcome.kind, ensemble.scenario.start))
        yield _csv(zip(*columns, part["ending"].astype(str), strict=True))


def cells(values: np.ndarray[Any, np.dtype[np.float64]], kind: str, start: date) -> list[str]:
    """An outcome's values as outcomes.csv has them."""
    different, places = np.unique(values, return_inverse=True)
    texts = ["" if not np.isfinite(value) else
             (start + timedelta(days=int(value))).isoformat() if kind == "date" else f"{value:.7g}"
             for value in different.tolist()]
    return [texts[place] for place in places.tolist()]


def _csv(rows: Iterable[Iterable[Any]]) -> str:
    stream = StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def _json(data: Any) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _stored(ensemble: Ensemble) -> tuple[xr.Dataset, dict[str, dict[str, Any]]]:
    """The dataset with every replicate's outcomes beside its drawn inputs, and how to store it.

    Dates are in days since the start, infinite where never; void is NaN. Counts and outcomes are worth compressing.
    """
    from sim.dataset import labelled

    names = list(ensemble.scenario.outcomes)
    dataset = labelled(ensemble.data.assign(
        outcomes=(("draw", "outcome"), ensemble.outcomes[names].to_numpy(dtype=np.float64)),
        ending=(("draw",), ensemble.outcomes["ending"].cat.codes.to_numpy(dtype=np.int16)),
    ).assign_coords(outcome=names))
    dataset["ending"].attrs["names"] = [ending.name for ending in ensemble.scenario.endings]
    encoding: dict[str, dict[str, Any]] = {
        str(name): {"zlib": True, "complevel": 1} for name in dataset.data_vars
        if name == "outcomes" or str(name).endswith("_counts")}
    return dataset, encoding


# Reading

def finished(folder: Path, scenario: Scenario, seed: int) -> Ensemble | None:
    """The run of this scenario and seed that is finished in `folder`, read back and verified; nothing where there is
    none. Raises `InputError` for another run, or one whose files were changed."""
    if not (folder / MANIFEST).exists():
        return None
    manifest = manifest_of(folder)
    if (manifest.get("input"), manifest["seed"]) != (fingerprint(scenario), seed):
        raise refusal(folder, "holds a finished run of another scenario, setting or seed; leave out --resume to "
                               "replace it, or choose another --out")
    return read(folder)


def another(folder: Path, scenario: Scenario) -> bool:
    """Whether a finished run in `folder` is of another scenario or other settings."""
    return (folder / MANIFEST).exists() and manifest_of(folder).get("input") != fingerprint(scenario)


def _scenario(folder: Path, name: str) -> Scenario:
    """The scenario as it was run, from the folder's own files."""
    from sim.reading import Document, Place, joined, read_document
    from sim.scenario import build

    head = read_document(folder / "scenario.yaml")
    world = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    return build(name, joined(scenario=head, world=Document(world, Place(str(folder / "world.json")))))
