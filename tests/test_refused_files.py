"""What is wrong with a file is refused, in one line each, with its place."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from documents import cache, errors, file_error, write
from sim.errors import InputError, Mark, Problem, unknown
from sim.reading import read_document, read_text
from sim.reading.parse import MAX_BYTES, MAX_DEPTH

__all__ = ["cache"]


@pytest.mark.parametrize(("text", "message"), [
    ("", "july.yaml:1:1: is empty"),
    ("# only a comment\n", "july.yaml:1:1: is empty"),
    ("a: 1\rb: .nan", "july.yaml:2:4: .nan is not a finite number"),
    ("a: 1\rb: \x07", "july.yaml:2:4: character U+0007 is not allowed here"),
    ("a: [" + 25_000 * "1," + "]",
     "july.yaml:1:49995: more than 25,000 keys and values (from here on); split it into several files"),
    ("- 1", "july.yaml:1:1: the top level must be a mapping (lines such as `name: value`)"),
    ("a: 1\na: 2", 'july.yaml:2:1: "a" is already given at july.yaml:1:1'),
    ("a: &x 1", "july.yaml:1:4: anchor &x is not supported; write the value out where it is used"),
    ("a: *x", "july.yaml:1:4: alias *x is not supported; write the value out"),
    ("<<: {a: 1}", "july.yaml:1:1: merge key << is not supported; write the values out"),
    ("a: !!python/name:os.system x",
     "july.yaml:1:4: tag !!python/name:os.system is not supported; remove it (quotes make a value text)"),
    ("a: !!int '3'", "july.yaml:1:4: tag !!int is not supported; remove it (quotes make a value text)"),
    ("%YAML 1.1\n---\na: 1", "july.yaml:2:1: directives (%YAML, %TAG) are not supported; remove them"),
    ("a: 1\n---\nb: 2", "july.yaml:2:1: a second document starts here; a file holds one"),
    ("2025-07-14: x", "july.yaml:1:1: key 2025-07-14 is not text; put it in quotes if it is a name"),
    ("1: x", "july.yaml:1:1: key 1 is not text; put it in quotes if it is a name"),
    ('"": x', "july.yaml:1:1: a key is empty; it needs a name"),
    ('a: {" ": x}', "july.yaml:1:5: a key is empty; it needs a name"),
    ("true: x", "july.yaml:1:1: key true is not text; put it in quotes if it is a name"),
    ("? [a]\n: x", "july.yaml:1:3: a mapping or list cannot be a key (text in braces or brackets needs quotes)"),
    ("a: .nan", "july.yaml:1:4: .nan is not a finite number"),
    ("a: -.inf", "july.yaml:1:4: -.inf is not a finite number"),
    ("a: 1e999", "july.yaml:1:4: 1e999 is not a finite number"),
    ("a: " + 30 * "9", f"july.yaml:1:4: {30 * '9'} is too large a number"),
    ('a: "\\ud83d"', "july.yaml:1:4: character U+D83D is not allowed in text"),
    ('a: "\\x07"', "july.yaml:1:4: character U+0007 is not allowed in text"),
    ("a: b\n\x1b[2J: c", "july.yaml:2:1: character U+001B is not allowed here"),
    ("a:\n\tb: 1", "july.yaml:2:1: a tab cannot stand here; indent with spaces"),
    ("a: b: c", "july.yaml:1:5: not YAML: mapping values are not allowed here"),
    ("a: 'x", "july.yaml:1:6: not YAML: found unexpected end of stream (while scanning a quoted scalar at line 1)"),
    ('a: "\\UFFFFFFFF"', "july.yaml:1:1: not YAML (from about here on)"),
])
def test_bad_text_is_refused_with_its_position(text: str, message: str) -> None:
    assert errors(text) == [message]


def test_all_problems_of_a_file_are_told_at_once() -> None:
    assert [line.split(": ")[0] for line in errors("a: .nan\na: &x 1\n3: *x\nb: 'unfinished")] == [
        "july.yaml:1:4", "july.yaml:2:1", "july.yaml:2:4", "july.yaml:3:1", "july.yaml:3:4", "july.yaml:4:15"]


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1, 60_000])
def test_depth_is_bounded(depth: int) -> None:
    text = f"a: {'[' * (depth - 1)}{']' * (depth - 1)}"
    if depth <= MAX_DEPTH:
        assert read_text(text).data
    else:
        assert errors(text) == [f"july.yaml:1:{3 + MAX_DEPTH}: nested deeper than 50"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert file_error(tmp_path / "x.yaml") == "july.yaml: no such file"
    assert file_error(tmp_path) == "july.yaml: is a folder; a file is needed"
    assert "cannot be read" in file_error(tmp_path / "a\0b")
    assert "cannot be read" in file_error(tmp_path / ("x" * 5000))


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "x.yaml", "a: 1")
    monkeypatch.setattr(Path, "open", denied)
    assert file_error(path) == "july.yaml: this file may not be read (permission denied)"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_hang_the_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert file_error(tmp_path / "pipe") == "july.yaml: is not an ordinary file"


@pytest.mark.parametrize(("content", "message"), [
    (b"", "july.yaml:1:1: is empty"),
    (b"a: 1\nb: \0", "july.yaml:2:4: is a binary file, not text"),
    ("a: 1".encode("utf-16"), "july.yaml:1:4: is a binary file, not text"),
    ("a: 1\nb: é\xff".encode() + b"\xff", "july.yaml:2:6: byte 0xFF is not UTF-8; save the file as UTF-8"),
    (b"\xef\xbb\xbfa: \xe9", "july.yaml:1:4: byte 0xE9 is not UTF-8; save the file as UTF-8"),
])
def test_bytes_that_are_no_text(tmp_path: Path, content: bytes, message: str) -> None:
    assert file_error(write(tmp_path / "x.yaml", content)) == message


def test_a_large_file_is_refused_before_it_is_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.reading.files.read_text", lambda *_: pytest.fail("parsed"))
    path = write(tmp_path / "x.yaml", b"a: 1\nb: 1 #" + b"x" * MAX_BYTES)
    assert file_error(path) == "july.yaml:2:131068: larger than 128 KiB (from here on); split it into several files"


def test_large_text_is_refused() -> None:
    assert errors("a: 1 #" + "é" * (MAX_BYTES // 2)) == [
        "july.yaml:1:65540: larger than 128 KiB (from here on); split it into several files"]


def test_of_very_many_problems_the_first_are_told() -> None:
    told = errors("a: .nan\n" + "a: 1\n" * 5000)
    assert len(told) == 101
    assert told[-1] == "july.yaml:101:1: and more; only the first 100 problems are told"


def test_problems_come_file_by_file_from_the_top() -> None:
    marks = [Mark("b.yaml", 9, 1), Mark("a.yaml", 3, 4), Mark("b.yaml", 2, 7), None, Mark("a.yaml", 3, 2)]
    found = InputError([Problem(f"no. {i}", mark) for i, mark in enumerate(marks)]).problems
    assert [problem.message for problem in found] == ["no. 2", "no. 0", "no. 4", "no. 1", "no. 3"]


def test_a_problem_is_one_line_of_bounded_length() -> None:
    problem = Problem("one\ntwo \x1b[2J\u202e", Mark("a\nb", 1, 2))
    assert str(problem) == "a\\u000ab:1:2: one\\u000atwo \\u001b[2J\\u202e"
    assert len(str(Problem("x" * 10**6))) == 1000
    assert unknown("country", "x" * 5000, ["y" * 5000]).count("x") < 100


def test_random_bytes_never_give_a_traceback(tmp_path: Path) -> None:
    draw = random.Random(1)
    likely = b" \n:-?[]{},#&*!|>'\"%@`<~ab01.\\xuU\t"
    path = tmp_path / "x.yaml"
    for turn in range(300):
        letters = draw.choices(likely, k=draw.randrange(1, 200))
        path.write_bytes(draw.randbytes(draw.randrange(200)) if turn % 3 == 0 else b"a: " * (turn % 2) + bytes(letters))
        try:
            read_document(path)
        except InputError as error:
            assert error.problems
            assert all(len(str(problem).splitlines()) == 1 for problem in error.problems)
