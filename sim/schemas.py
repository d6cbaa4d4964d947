"""JSON Schemas of scenario and seed files, for editors. `python -m sim.schemas` writes them to docs/schema."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from sim import catalog
from sim.scenario import SECTIONS, Head

FOLDER = Path(__file__).parent.parent / "docs" / "schema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Schema(GenerateJsonSchema):
    """Without titles made up from names: an editor shows what is written about a field instead."""

    def get_title_from_name(self, name: str) -> str:
        return ""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of every kind of file, by the name of its section."""
    kinds: dict[str, tuple[Any, str]] = {"scenario": (Head, "A scenario"), "memory": (catalog.Memory, "memory")}
    kinds |= {section: (dict[str, entry], f"Entries of a world: {section}") for section, entry in SECTIONS.items()}
    return {name: _schema(kind, title) for name, (kind, title) in sorted(kinds.items())}


def render(schema: dict[str, Any]) -> str:
    """The schema as its file holds it."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def write(folder: Path = FOLDER) -> list[Path]:
    """Writes all schemas, and returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, schema in schemas().items():
        paths.append(folder / f"{name}.json")
        paths[-1].write_text(render(schema), encoding="utf-8")
    return paths


def _schema(kind: Any, title: str) -> dict[str, Any]:
    return {"$schema": DIALECT} | TypeAdapter(kind).json_schema(schema_generator=_Schema) | {"title": title}


if __name__ == "__main__":
    for path in write():
        print(path, file=sys.stdout)
