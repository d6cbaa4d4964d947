"""The keys that a schema knows at some place in the data."""

from __future__ import annotations

import types
from typing import Annotated, Any, Union, get_args, get_origin


def model_called(title: str) -> Any:
    """The model that pydantic calls by this title, or None."""
    from pydantic import BaseModel

    waiting: list[type[BaseModel]] = [BaseModel]
    while waiting:
        for model in waiting.pop().__subclasses__():
            if title in (model.__name__, model.model_config.get("title")):
                return model
            waiting.append(model)
    return None


def known_keys(model: Any, loc: tuple[str | int, ...]) -> list[str]:
    """The keys that a mapping at pydantic's location `loc` within `model` may have."""
    types_here = _alternatives(model)
    for item in loc:
        branch = str(item).removesuffix("]").rpartition(" ")[2]
        if named := [one for one in types_here if getattr(one, "__name__", None) == branch]:
            types_here = named
            continue
        if "[" in str(item):
            continue
        inside: list[Any] = []
        for one in types_here:
            if fields := getattr(one, "model_fields", None):
                for name, about in fields.items():
                    if item in (name, about.alias, about.validation_alias):
                        inside += _alternatives(about.annotation)
            elif get_origin(one) is dict:
                inside += _alternatives(get_args(one)[1])
            elif get_origin(one) in (list, tuple) and isinstance(item, int):
                inside += [each for inner in get_args(one) if inner is not ... for each in _alternatives(inner)]
        types_here = inside or types_here
    return list(dict.fromkeys(about.alias or name for one in types_here
                              for name, about in getattr(one, "model_fields", {}).items()))


def _alternatives(kind: Any) -> list[Any]:
    """The members of a type, unwrapped of unions, annotations and aliases."""
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [each for one in get_args(kind) for each in _alternatives(one)]
    if hasattr(kind, "__value__"):
        return _alternatives(kind.__value__)
    return [kind]
