"""Documents that were parsed once are not parsed again, unless anything changed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from documents import alike, cache, file_error, write
from sim.reading import read_document

__all__ = ["cache"]


def test_a_cached_document_equals_a_parsed_one(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.yaml", "é: [1, 2.5, {b: ~, c: 'x'}]\nd: {}\ne: []\nf: true\n")
    parsed = read_document(path)
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr("sim.reading.files.read_text", lambda *_: pytest.fail("parsed again"))
    again = read_document(path)
    assert again == parsed
    assert alike(again.data, parsed.data)
    copy = read_document(write(tmp_path / "y.yaml", path.read_bytes()))
    assert copy.at(("d",)).file == str(tmp_path / "y.yaml")


def test_a_cached_read_does_not_load_the_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.yaml", "a: 1")
    read_document(path)
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    assert read_document(path).data == {"a": 1}


def test_changed_content_is_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "x.yaml", "a: 1")
    assert read_document(path).data == {"a": 1}
    assert read_document(write(path, "a: 2")).data == {"a": 2}


@pytest.mark.parametrize("damage", [
    lambda raw: b"", lambda raw: raw[:-2], lambda raw: b"\xff" + raw, lambda raw: raw.replace(b'{"a":1}', b'{"a":2}'),
    lambda raw: b"{}", lambda raw: b"\n".join([raw, raw])])
def test_a_damaged_entry_is_replaced(tmp_path: Path, cache: Path, damage: Any) -> None:
    path = write(tmp_path / "x.yaml", "a: 1")
    read_document(path)
    [entry] = cache.iterdir()
    good = entry.read_bytes()
    entry.write_bytes(damage(good))
    assert read_document(path).data == {"a": 1}
    assert entry.read_bytes() == good


def test_bad_files_are_not_cached(tmp_path: Path, cache: Path) -> None:
    file_error(write(tmp_path / "x.yaml", "a: .nan"))
    assert not cache.exists()


def test_the_reader_works_without_a_writable_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.yaml", "a: 1")
    monkeypatch.setattr("sim.reading.cache.cache_folder", lambda: path / "below" / "a" / "file")
    assert read_document(path).data == {"a": 1}


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert read_document(write(tmp_path / "x.yaml", "a: 1")).data == {"a": 1}
    assert list(cache.iterdir()) == []


def test_the_cache_can_be_switched_off(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIPLOMACY_NO_CACHE", "1")
    assert read_document(write(tmp_path / "x.yaml", "a: 1")).data == {"a": 1}
    assert not cache.exists()
