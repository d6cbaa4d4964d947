"""Documents kept between runs, by the hash of the bytes that they were read from."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from sim.reading.document import Document, Place

#: Part of the name of every entry; to be raised whenever the reader gives other data for the same text.
FORMAT = 2


@functools.cache
def cache_folder() -> Path:
    """Where parsed files are kept between runs."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("diplomacy-simulator")) / "documents"


def recall(raw: bytes, name: str) -> Document | None:
    """The document of these bytes as read before, or None. An entry starts with the hash of the rest."""
    try:
        entry = _entry(raw)
        if entry is None:
            return None
        check, _, body = entry.read_bytes().partition(b"\n")
        if check.decode() != hashlib.sha256(body).hexdigest():
            return None
        data, row = json.loads(body)
        return Document(data, _place(name, data, row))
    except (OSError, ValueError, TypeError, RuntimeError):
        return None


def remember(raw: bytes, document: Document) -> Document:
    """Keep the document for the next run where that is possible."""
    try:
        entry = _entry(raw)
        if entry is None:
            return document
        body = json.dumps([document.data, _row(document.place)], separators=(",", ":")).encode()
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=entry.parent)
        try:
            with open(handle, "wb") as stream:
                stream.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            os.replace(temporary, entry)
        except BaseException:
            os.unlink(temporary)
            raise
    except (OSError, ValueError, RuntimeError):
        pass
    return document


def _entry(raw: bytes) -> Path | None:
    if os.environ.get("DIPLOMACY_NO_CACHE", "0") not in ("", "0"):
        return None
    return cache_folder() / f"{hashlib.sha256(raw).hexdigest()}-{FORMAT}.json"


def _row(place: Place) -> list[Any]:
    """A place as JSON: its four numbers, then the rows of its parts in the order of the data."""
    return [*place[1:5], *map(_row, place.inside.values())]


def _place(name: str, data: Any, row: list[Any]) -> Place:
    line, column, key_line, key_column, *rows = row
    if not rows:
        return Place(name, line, column, key_line, key_column)
    parts = data.items() if isinstance(data, dict) else enumerate(data)
    return Place(name, line, column, key_line, key_column,
                 {item: _place(name, part, inner) for (item, part), inner in zip(parts, rows, strict=True)})
