"""Writes docs/reference/files.md from the schemas of the files: `python docs/make_files.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sim.dataset import MEANINGS  # noqa: E402
from sim.schemas import schemas  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "files.md"

HEAD = """\
# Files

What each kind of file may hold, key by key. A section of a world is one file (`seeds/issues.yaml`), a folder of files
that are read together (`seeds/countries/*.yaml`), or both: a mapping from names to entries. A scenario may change or
add entries of any section under `overrides`. How a scenario is written is told in
[the language of scenarios](../scenarios.md), how one entry of each kind is added in
[contributing](../../CONTRIBUTING.md).

The same stands in JSON Schemas, which editors use to complete and check while you type: a file's first line names its
own. Files are YAML 1.2 in UTF-8; a key that is not here is an error. A part that several files have, such as
**Outcome**, stands where it first comes up.

Wherever a number may be uncertain it is a plain number, `{mean, sd}`, `{low, high}`, `{mode, low, high}` or
`{fitted: NAME}`. A **bold** key must be given.

Written by `python docs/make_files.py` from the code; do not edit here.
"""
RESULTS = """\
## ensemble.nc

What a run leaves in netCDF, and `ensemble.data` in Python, an xarray dataset with the same names; only the file holds
`outcomes` and `ending`. Each has these words as `long_name`, and `units`. By name:
`ensemble.data["tension_counts"].sel(dyad="KOR-PRK")`; codes come in the scenario's order of countries. Counts are of
all replicates, over bins of equal width. Trajectories are of the first 200 replicates (`replicate`, numbered from 0),
and `inputs` of the first 16,384 or fewer (`known`, numbered alike): replicate 7 drew
`ensemble.data["inputs"].isel(known=7)`.

| name | is | units |
|---|---|---|
"""
#: The files that are no mapping from names to entries.
WHOLE = {"scenario": "`scenarios/*.yaml`", "questions": "`questions/*.yaml`", "memory": "`seeds/memory.yaml`"}


def section(name: str, schema: dict[str, Any], shown: set[str]) -> Iterator[str]:
    """A section's entry, and then the parts that it is made of, but for those that other sections have `shown`."""
    parts: dict[str, Any] = schema.get("$defs", {})
    entry = schema if name in WHOLE else parts[schema["additionalProperties"]["$ref"].rpartition("/")[2]]
    yield f"## {name}\n"
    yield f"{said(entry)} {WHOLE.get(name, f'In `seeds/{name}.yaml`, `seeds/{name}/*.yaml`')}; " \
          f"[schema](../schema/{name}.json).\n"
    yield from keys(entry)
    for title, part in parts.items():
        if part is not entry and part.get("properties") and title not in shown:
            shown.add(title)
            yield f"**{title}.** {said(part)}\n"
            yield from keys(part)


def said(schema: dict[str, Any]) -> str:
    """What a part is, as its class says."""
    return " ".join(schema.get("description", "").split())


def keys(schema: dict[str, Any]) -> Iterator[str]:
    """A line per key."""
    yield "| key | | |"
    yield "|---|---|---|"
    for name, part in schema.get("properties", {}).items():
        shown = f"**`{name}`**" if name in schema.get("required", ()) else f"`{name}`"
        text = " ".join(part.get("description", "").split()).replace("|", "\\|")
        yield f"| {shown} | {kind(part)} | {text} |"
    yield ""


def kind(part: dict[str, Any]) -> str:
    """What stands behind a key, in short."""
    if "$ref" in part:
        return str(part["$ref"].rpartition("/")[2])
    if choices := part.get("anyOf") or part.get("oneOf"):
        found = list(dict.fromkeys(kind(choice) for choice in choices if choice.get("type") != "null"))
        return "number or spread" if {"number", "mapping"} <= set(found) else " or ".join(filter(None, found))
    if "enum" in part or "const" in part:
        return ", ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    if part.get("type") == "array":
        inner = kind(part["items"]) if isinstance(part.get("items"), dict) else ""
        return f"list of {inner}" if inner else "list"
    if part.get("type") == "object":
        inner = part.get("additionalProperties")
        return f"mapping to {kind(inner)}" if isinstance(inner, dict) and "$ref" in inner else "mapping"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        part.get("type", ""), str(part.get("type", "")))


def page() -> str:
    """The whole page: scenarios first, then the sections of a world by name."""
    found, shown = schemas(), set[str]()
    order = sorted(found, key=lambda name: (name != "scenario", name != "questions", name))
    results = RESULTS + "".join(f"| `{name}` | {words} | {units} |\n" for name, (words, units) in MEANINGS.items())
    return "\n".join([HEAD, *(line for name in order for line in section(name, found[name], shown)), results])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
