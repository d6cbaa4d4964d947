"""Files for tests of the reader, and what it says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.errors import InputError
from sim.reading import Place, read_document, read_text


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, where parsed files are kept; it is not there yet."""
    folder = tmp_path_factory.mktemp("cache") / "documents"
    monkeypatch.setattr("sim.reading.cache.cache_folder", lambda: folder)
    monkeypatch.delenv("DIPLOMACY_NO_CACHE", raising=False)
    return folder


def errors(text: str) -> list[str]:
    """What is wrong with a text."""
    with pytest.raises(InputError) as caught:
        read_text(text, "july.yaml")
    return [str(problem) for problem in caught.value.problems]


def file_error(path: Path) -> str:
    """What is wrong with a file, as if it were called july.yaml."""
    with pytest.raises(InputError) as caught:
        read_document(path)
    return str(caught.value).replace(str(path), "july.yaml")


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def alike(one: Any, other: Any) -> bool:
    """Equal, types and the order of keys included."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and one == other


def placed(data: Any, place: Place) -> bool:
    """Whether every part of the data has a place, and nothing else has."""
    parts = data if isinstance(data, dict) else dict(enumerate(data)) if isinstance(data, list) else {}
    return list(place.inside) == list(parts) and all(placed(parts[item], place.inside[item]) for item in parts)
