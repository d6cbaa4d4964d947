"""JSON Schemas: published as the models have them, and named by every file that they are for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.paths import shipped
from sim.schemas import FOLDER, schemas

FILES = [*shipped("scenarios").glob("*.yaml"), *shipped("questions").glob("*.yaml"),
         *(path for path in shipped("seeds").rglob("*.yaml") if path.parent.name != "record"),
         *shipped("templates").rglob("*.yaml")]


def test_published_schemas_are_current() -> None:
    published = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}
    assert published == schemas(), "run `python -m sim.schemas`"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_files_name_their_schema(path: Path) -> None:
    hint = path.read_text(encoding="utf-8").splitlines()[0]
    start = "# yaml-language-server: $schema="
    assert hint.startswith(start)
    section = {"scenarios": "scenario", "seeds": path.stem, "world": path.stem}.get(path.parent.name, path.parent.name)
    assert (path.parent / hint.removeprefix(start)).resolve() == (FOLDER / f"{section}.json").resolve()
