"""Files become plain data with positions; whatever is wrong with them is said in one line each, with its place."""

from __future__ import annotations

import io
import json
import os
import random
import string
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML

from sim.catalog import Event, Issue, Window
from sim.errors import InputError, Mark, Problem, unknown
from sim.reading import Document, Place, explain_validation, joined, read_document, read_text, read_world
from sim.reading.parse import MAX_BYTES, MAX_DEPTH
from sim.reading.scalars import MAX_INTEGER


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache") / "documents"
    monkeypatch.setattr("sim.reading.cache.cache_folder", lambda: folder)
    monkeypatch.delenv("DIPLOMACY_NO_CACHE", raising=False)
    return folder


def errors(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_text(text, "july.yaml")
    return [str(problem) for problem in caught.value.problems]


def file_error(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_document(path)
    return str(caught.value).replace(str(path), "july.yaml")


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# Values and positions


@pytest.mark.parametrize(("written", "value"), [
    ("NO", "NO"), ("yes", "yes"), ("on", "on"), ("true", True), ("False", False), ("", None), ("~", None),
    ("null", None), ("010", 10), ("0o17", 15), ("0x1F", 31), ("-3", -3), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0),
    ("1_000", "1_000"), ("12:30", "12:30"), ("2025-07-14", "2025-07-14"), ("'1'", "1"), ('"true"', "true"),
    ("''", ""), ("nan", "nan"), ("[1, a]", [1, "a"]), ("{b: {}}", {"b": {}}), ("|\n  one\n  two", "one\ntwo\n"),
    ('"\\ud83d\\ude00"', "😀"),
])
def test_scalars_follow_the_core_schema_and_dates_stay_text(written: str, value: Any) -> None:
    read = read_text(f"a: {written}\n").data["a"]
    assert read == value
    assert type(read) is type(value)


def test_names_that_other_readers_take_for_booleans_are_text() -> None:
    assert read_text("on: 1\nNO: 2\ny: 3\n").data == {"on": 1, "NO": 2, "y": 3}


def test_positions_of_values_keys_items_and_containers() -> None:
    document = read_text("title: July\nevents:\n  a:\n    by: [USA, JPN]\n", "july.yaml")
    assert document.at(()) == Mark("july.yaml", 1, 1)
    assert document.at(["title"]) == Mark("july.yaml", 1, 8)
    assert document.key(["title"]) == Mark("july.yaml", 1, 1)
    assert document.at(("events", "a")) == document.key(("events", "a")) == Mark("july.yaml", 3, 3)
    assert document.at(("events", "a", "by", 1)) == document.key(("events", "a", "by", 1)) == Mark("july.yaml", 4, 15)


def test_what_does_not_exist_has_the_position_of_what_encloses_it() -> None:
    document = read_text("a:\n  b: 1\n", "july.yaml")
    assert document.at(("a", "x", 3)) == document.key(("a", "x")) == Mark("july.yaml", 1, 1)
    assert Document({}, Place()).at(("a",)) == Mark("")


def test_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    document = read_document(write(tmp_path / "x.yaml", b"\xef\xbb\xbfa: 1\r\nb: 2\r\n"))
    assert document.data == {"a": 1, "b": 2}
    assert document.at(("b",)) == Mark(str(tmp_path / "x.yaml"), 2, 4)


# What is refused


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


# Round trips

letters = st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Zs"))
words = st.text(letters, max_size=12)
names = words.filter(str.strip)
scalars = (st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | words
           | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["NO", "1", "1e3", "2025-07-14", "~"]))
trees = st.dictionaries(names, st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=12))


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


@given(trees, st.sampled_from([None, 2]), st.booleans())
def test_json_is_read_as_what_it_means(tree: dict[str, Any], indent: int | None, plain: bool) -> None:
    document = read_text(json.dumps(tree, indent=indent, ensure_ascii=plain))
    assert alike(document.data, tree)
    assert placed(document.data, document.place)


@pytest.mark.slow
@given(trees)
def test_dumped_yaml_is_read_as_what_it_means(tree: dict[str, Any]) -> None:
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.representer.ignore_aliases = lambda _: True
    yaml.dump(tree, stream)
    assert alike(read_text(stream.getvalue()).data, tree)


# Cache


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


# Worlds


def test_joined_documents_keep_their_places() -> None:
    both = joined(one=read_text("a: 1", "one.yaml"), two=read_text("b: {c: 2}", "two.yaml"))
    assert both.data == {"one": {"a": 1}, "two": {"b": {"c": 2}}}
    assert both.at(("one", "a")) == Mark("one.yaml", 1, 4)
    assert both.key(("two", "b", "c")) == Mark("two.yaml", 1, 5)
    assert both.at(()) == both.at(("three",)) == Mark("")


def test_a_world_is_its_sections(tmp_path: Path) -> None:
    write(tmp_path / "issues.yaml", "a: 1")
    write(tmp_path / "countries" / "usa.yaml", "USA: {name: US}")
    write(tmp_path / "countries" / "jpn.yaml", "JPN: {name: Japan}")
    write(tmp_path / "countries.yaml", "KOR: {name: ROK}")
    write(tmp_path / "article.csv", "id,section")
    write(tmp_path / "record" / "exercises.csv", "week")
    write(tmp_path / ".hidden.yaml", "[")
    world = read_world(tmp_path)
    assert world.data == {"issues": {"a": 1}, "countries": {
        "KOR": {"name": "ROK"}, "JPN": {"name": "Japan"}, "USA": {"name": "US"}}}
    assert world.at(("countries", "USA", "name")) == Mark(str(tmp_path / "countries" / "usa.yaml"), 1, 13)
    assert world.at(("countries",)) == Mark(str(tmp_path / "countries.yaml"), 1, 1)
    assert placed(world.data, world.place)


def test_all_problems_of_a_world_are_told_at_once(tmp_path: Path) -> None:
    one, two = write(tmp_path / "x" / "1.yaml", "a: {k: 1}\nb: 2"), write(tmp_path / "x" / "2.yaml", "c: 1\na: {l: 2}")
    bad, other = write(tmp_path / "y.yaml", "a: .nan\nb: *c"), write(tmp_path / "z.yml", "a: 1")
    with pytest.raises(InputError) as caught:
        read_world(tmp_path)
    assert str(caught.value).splitlines() == [
        f'{two}:2:1: "a" is already given at {one}:1:1', f"{bad}:1:4: .nan is not a finite number",
        f"{bad}:2:4: alias *c is not supported; write the value out",
        f"{other}: is not read; its name must end in .yaml"]


def test_a_world_without_files(tmp_path: Path) -> None:
    for folder, message in [(tmp_path / "none", "no such world folder"),
                            (tmp_path, "no world files (such as countries/*.yaml) in this folder")]:
        with pytest.raises(InputError) as caught:
            read_world(folder)
        assert caught.value.problems == [Problem(message, Mark(str(folder)))]
    file = write(tmp_path / "file.yaml", "a: 1")
    with pytest.raises(InputError, match="this world folder cannot be read"):
        read_world(file)


# What a schema finds


def explained(model: Any, text: str, prefix: tuple[str, ...] = ()) -> list[str]:
    document = read_text(text, "f.yaml")
    data = document.data
    for key in prefix:
        data = data[key]
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(model).validate_python(data)
    problems = explain_validation(caught.value, document, prefix, model)
    assert not any("pydantic.dev" in problem.message for problem in problems)
    return [str(problem) for problem in problems]


def test_an_issue_with_many_faults() -> None:
    text = "nk:\n  name: x\n  low: 3\n  hgih: y\n  source: [judgement, 4]\n"
    known = "Known: half_life, high, low, name, note, source, status_quo"
    assert explained(Issue, text, ("nk",)) == [
        'f.yaml:1:1: "high" is missing',
        'f.yaml:1:1: "status_quo" is missing',
        'f.yaml:3:8: "low" must be text, not 3',
        f'f.yaml:4:3: unknown key "hgih". Did you mean "high"? {known}',
        'f.yaml:5:23: item 2 of "source" must be text, not 4']


def test_the_model_is_found_by_the_error() -> None:
    document = read_text("naem: x", "f.yaml")
    with pytest.raises(ValidationError) as caught:
        Issue.model_validate(document.data)
    assert any('Did you mean "name"?' in problem.message for problem in explain_validation(caught.value, document))


def test_nested_models_know_their_keys() -> None:
    text = "e: {name: x, source: judgement, on: {low: 2025-07-01, hgih: 2025-07-02}}"
    assert explained(dict[str, Event], text) == [
        'f.yaml:1:33: "high" is missing',
        'f.yaml:1:55: unknown key "hgih". Did you mean "high"? Known: high, low']


def test_own_messages_are_kept_and_told_once() -> None:
    assert explained(Event, "name: x\nsource: judgement\non: soon\n") == [
        "f.yaml:3:5: 'soon' is not a date such as 2025-07-14"]
    assert explained(Event, "name: x\nsource: judgement\n") == [
        "f.yaml:1:1: an event has one of on, yearly, cadence, chance; found none"]


@pytest.mark.parametrize(("written", "message"), [
    ("a: x", '1:4: "a" must be a number or a mapping or a list, not "x"'),
    ("a: {low: 2025-01-01}", '1:1: "high" is missing'),
    ("a: {low: 2025-01-01, high: 2025-01-02, hihg: 2}",
     '1:40: unknown key "hihg". Did you mean "high"? Known: high, low'),
    ("a: {low: 2025-02-01, high: 2025-01-01}", "1:1: low (2025-02-01) is after high (2025-01-01)"),
    ("a: [x, 1]", '1:8: item 2 of "a" must be text, not 1'),
])
def test_of_a_union_the_likeliest_branch_is_told(written: str, message: str) -> None:
    assert explained(dict[str, float | Window | list[str]], written) == [f"f.yaml:{message}"]


class Sample(BaseModel, extra="forbid"):
    count: int = Field(1, ge=1, le=9)
    flag: bool = False
    pair: Annotated[list[int], Field(min_length=2, max_length=3)] = [1, 2]
    code: str = Field("12", pattern=r"^\d+$", min_length=2)
    table: dict[Annotated[str, Field(max_length=3)], int] = {}


@pytest.mark.parametrize(("written", "message"), [
    ("count: 10", '1:8: "count" must be at most 9, not 10'),
    ("count: 1.5", '1:8: "count" must be a whole number, not 1.5'),
    ("count:", '1:7: "count" must be a whole number, not empty'),
    ("flag: maybe", '1:7: "flag" must be true or false, not "maybe"'),
    ("pair: [1]", '1:1: "pair" has 1 entries; it needs at least 2'),
    ("pair: [1, 2, 3, 4]", '1:1: "pair" has 4 entries; it takes at most 3'),
    ("pair: {a: 1}", '1:1: "pair" must be a list, not a mapping'),
    ("code: ab", r'1:7: "code" must be text that matches ^\d+$, not "ab"'),
    ("code: '1'", '1:7: "code" is too short; it needs 2 or more characters'),
    ("table: {long: 1}", '1:9: "long" is too long; it takes 3 or fewer characters'),
    ("cuont: 1", '1:1: unknown key "cuont". Did you mean "count"? Known: code, count, flag, pair, table'),
])
def test_wrong_values_in_plain_words(written: str, message: str) -> None:
    assert explained(Sample, written) == [f"f.yaml:{message}"]


def test_every_schema_error_of_random_data_is_one_line() -> None:
    draw = random.Random(2)
    values: list[Any] = [None, True, -3, 0.5, "x", "2025-07-01", [], [1], {}, {"low": 1, "high": 0}, {"a": [None]}]
    for _ in range(300):
        data = {key: draw.choice(values) for key in draw.sample([*Event.model_fields, *string.ascii_lowercase], 8)}
        document = read_text(json.dumps(data), "f.yaml")
        with pytest.raises(ValidationError) as caught:
            Event.model_validate(document.data)
        for problem in explain_validation(caught.value, document):
            assert len(str(problem).splitlines()) == 1
            assert problem.mark is not None
            assert problem.mark.line == 1
