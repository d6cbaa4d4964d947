"""JSON Schemas of scenarios, questions and seeds, for editors. `python -m sim.schemas` writes them to docs/schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from sim import catalog
from sim.catalog.question import Questions
from sim.scenario import SECTIONS, Head

FOLDER = Path(__file__).parent.parent / "docs" / "schema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Schema(GenerateJsonSchema):
    """Without titles made up from names: an editor shows what is said about a field instead."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of every kind of file, by the name of its section."""
    whole = {"scenario": Head, "memory": catalog.Memory, "questions": Questions}
    found = {name: _schema(TypeAdapter(kind)) for name, kind in whole.items()}
    found |= {section: _schema(TypeAdapter(dict[str, kind])) for section, kind in SECTIONS.items()}  # type: ignore[valid-type]
    return dict(sorted(found.items()))


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


def _schema(kind: TypeAdapter[Any]) -> dict[str, Any]:
    return {"$schema": DIALECT} | kind.json_schema(schema_generator=_Schema)


if __name__ == "__main__":
    for path in write():
        print(path)
