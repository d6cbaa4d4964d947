"""The files of a folder are a world, whose every part keeps its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents import cache, placed, write
from sim.errors import InputError, Mark, Problem
from sim.reading import joined, read_text, read_world

__all__ = ["cache"]


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
