"""The workbench's addresses as an OpenAPI description, written from the models that requests are checked against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

Row = dict[str, Any]

PROBLEMS: Row = {"type": "object", "required": ["schema", "problems"], "properties": {
    "schema": {"const": 1}, "problems": {"type": "array", "minItems": 1, "items": {
        "type": "object", "required": ["message", "file", "line", "column"], "properties": {
            "message": {"type": "string", "minLength": 1}, "file": {"type": "string"},
            "line": {"type": "integer", "minimum": 0}, "column": {"type": "integer", "minimum": 0}}}}}}
ANSWER: Row = {"type": "object"}
#: Why a request is refused, by status; the first ones may be said to any.
ALWAYS = {401: "the token is missing", 403: "it comes from another host or page", 429: "too much is under way already"}
OF_BODIES = {413: "it brings too much along", 415: "it is no JSON", 422: "something is wrong with what is asked"}
OF_RUNS = {404: "there is no such run, or no such part of it"}


class Address(NamedTuple):
    """An address: what it is good for, its method, what a request brings along, the status and kind of its answer."""

    path: str
    summary: str
    method: str = "get"
    body: type[BaseModel] | None = None
    status: int = 200
    kind: str = "application/json"


def described(addresses: list[Address], version: str, values: Mapping[str, tuple[str, ...]]) -> Row:
    """The description; `values` are those that a part of a path, or a model's field, may have, by its name,
    where these are known."""
    models = sorted({each.body for each in addresses if each.body}, key=lambda model: model.__name__)
    _, found = models_json_schema([(model, "validation") for model in models],
                                  ref_template="#/components/schemas/{model}")
    _close(found)
    for model in found["$defs"].values():
        for name in values.keys() & model["properties"].keys():
            model["properties"][name]["enum"] = list(values[name])
    paths: dict[str, Row] = {}
    for each in addresses:
        paths.setdefault(each.path, {})[each.method] = _operation(each, values)
    return {"openapi": "3.1.0", "info": {"title": "Workbench", "version": version},
            "security": [{"token": []}], "paths": paths, "components": {
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
                "schemas": {"Problems": PROBLEMS} | found["$defs"]}}


def _close(node: Any) -> None:
    """Says of keys that must follow a pattern that no others are let through, which pydantic leaves out."""
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _close(each)
    if isinstance(node, dict) and "patternProperties" in node:
        node["additionalProperties"] = False


def _operation(each: Address, values: Mapping[str, tuple[str, ...]]) -> Row:
    named = [part[1:-1] for part in each.path.split("/") if part.startswith("{")]
    refused = ALWAYS | (OF_BODIES if each.body else {}) | (OF_RUNS if named else {})
    found: Row = {"summary": each.summary, "responses": {
        str(each.status): {"description": "the answer", "content": {
            each.kind: {"schema": ANSWER if each.kind == "application/json" else {"type": "string"}}}},
        **{str(status): {"description": why, "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Problems"}}}} for status, why in sorted(refused.items())}}}
    if named:
        found["parameters"] = [{"name": name, "in": "path", "required": True, "schema": {
            "type": "string", "minLength": 1, **({"enum": list(values[name])} if name in values else {})}}
            for name in named]
    if each.body:
        found["requestBody"] = {"required": True, "content": {"application/json": {
            "schema": {"$ref": f"#/components/schemas/{each.body.__name__}"}}}}
    return found
