"""Shards: batches on disk as they are finished, so that a run that ends early goes on where it was.

They lie in a hidden folder beside the one that the run is to fill: `run.json` says what they are of, and each is one
`.npz` file, there whole or not at all. A lock of the operating system, gone with its process, keeps a second run out.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from sim.batch import WIDTH, Batch
from sim.errors import InputError, Mark, Problem

ABOUT = "run.json"
Identity = dict[str, Any]


class Shards:
    """The batches kept in `folder`; those of a run of `replicates` that is what `identity` says."""

    def __init__(self, folder: Path, identity: Identity, replicates: int):
        self.folder, self.replicates = folder, replicates
        self.identity = json.dumps(identity, sort_keys=True)
        self.damaged: list[Path] = []  # files that were no shard of this run, and are to be made again

    def batches(self) -> Iterator[Batch]:
        """Those that are there, whole and of this run, in the order of their numbers."""
        for path in sorted(self.folder.glob("*.npz")):
            batch = self._read(path)
            if batch is None:
                self.damaged.append(path)
            elif len(batch.endings) == min(WIDTH, self.replicates - batch.number * WIDTH):
                yield batch

    def put(self, batch: Batch) -> None:
        """Writes a batch. Raises `InputError` where the disk refuses."""
        path = self.folder / f"{batch.number:06}.npz"
        try:
            content = io.BytesIO()
            np.savez(content, identity=self.identity, **_packed(batch))
            whole(path, content.getvalue())
        except OSError as error:
            raise InputError(Problem(f"could not be written ({error.strerror or error})", Mark(str(path)))) from error

    @property
    def done(self) -> int:
        """How many there are, whole or not."""
        return sum(1 for _ in self.folder.glob("*.npz"))

    def _read(self, path: Path) -> Batch | None:
        """The batch in a file; nothing where it is damaged, or of another run."""
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
                if str(stored["identity"]) != self.identity:
                    return None
                batch = _unpacked({name: stored[name] for name in stored.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return None
        return batch if path.name == f"{batch.number:06}.npz" else None


def _packed(batch: Batch) -> dict[str, Any]:
    """A batch as arrays by name; those of its mappings are called `counts.tension` and so on."""
    found: dict[str, Any] = {}
    for name, value in vars(batch).items():
        found |= {f"{name}.{key}": part for key, part in value.items()} if isinstance(value, dict) else {name: value}
    return found


def _unpacked(arrays: dict[str, Any]) -> Batch:
    counts, paths = ({name.removeprefix(part): array for name, array in arrays.items() if name.startswith(part)}
                     for part in ("counts.", "paths."))
    return Batch(int(arrays["number"]), arrays["outcomes"], arrays["endings"], counts, paths, arrays["occurred"],
                 arrays["inputs"])


def whole(path: Path, content: Any) -> None:
    """Writes a file so that it is there whole or not at all, whatever happens."""
    draft = path.with_suffix(".draft")
    try:
        with draft.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    if hasattr(os, "O_DIRECTORY"):
        place = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(place)
        finally:
            os.close(place)


def unfinished(folder: Path) -> Path:
    """Where the shards of a run that is to fill `folder` lie."""
    real = folder.resolve()
    return real.parent / f".{real.name}.unfinished"


@contextmanager
def kept(folder: Path, identity: Identity, replicates: int, resume: bool) -> Iterator[Shards]:
    """The shards of a run that is to fill `folder`; in the end they are gone, unless the run ends early.

    Raises `InputError` when another run is at it, when what is there is of another run, and when there is something
    but it is not to be resumed.
    """
    from filelock import FileLock, Timeout

    place = unfinished(folder)
    made = [parent for parent in (place, *place.parents) if not parent.exists()]
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place / "lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise _refusal(folder, "another run is writing there; wait for it, or choose another --out") from None
    except OSError as error:
        raise _refusal(folder, f"cannot be written to ({error.strerror or error}); choose another --out") from None
    shards = Shards(place, identity, replicates)
    try:
        _begin(shards, folder, identity, resume)
        yield shards
        (place / ABOUT).unlink()  # from here on what is there is litter
        shutil.rmtree(place, ignore_errors=True)
    finally:
        lock.release()
        if place.exists() and not shards.done:
            shutil.rmtree(place, ignore_errors=True)
        for parent in made[1:]:
            with suppress(OSError):  # not empty
                parent.rmdir()


def _begin(shards: Shards, folder: Path, identity: Identity, resume: bool) -> None:
    """Makes sure that what is in the folder of shards is to be there, and says what it is of."""
    about = shards.folder / ABOUT
    there = shards.done
    if there and about.exists():
        try:
            before = json.loads(about.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            before = {}
        if changed := [key for key in identity if before.get(key) != identity[key]]:
            told = _told(changed[0], before, identity)
            raise _refusal(folder, f"an unfinished run of another kind lies in {shards.folder} ({told}); finish it as "
                                   "it was begun, delete that folder, or choose another --out")
        if not resume:
            raise _refusal(folder, f"an unfinished run lies in {shards.folder}, {there} of its batches done; add "
                                   "--resume to go on with it, or delete that folder")
    for path in shards.folder.iterdir():
        if path.name not in ("lock", ABOUT) and (not about.exists() or path.suffix != ".npz"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    whole(about, json.dumps(identity, indent=1).encode())


def _told(key: str, before: Identity, now: Identity) -> str:
    """What differs, in words."""
    if key == "input":
        return "its scenario or settings differ"
    return f"its {key} is {before.get(key)}, not {now[key]}"


def _refusal(folder: Path, why: str) -> InputError:
    return InputError(Problem(why, Mark(str(folder))))
