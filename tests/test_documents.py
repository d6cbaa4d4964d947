"""A file is read as what it means, each part with its place."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from documents import alike, cache, placed, write
from sim.errors import Mark
from sim.reading import Document, Place, read_document, read_text
from sim.reading.scalars import MAX_INTEGER

__all__ = ["cache"]


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


# Round trips

letters = st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Zs"))
words = st.text(letters, max_size=12)
names = words.filter(str.strip)
scalars = (st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | words
           | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["NO", "1", "1e3", "2025-07-14", "~"]))
trees = st.dictionaries(names, st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=12))


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
