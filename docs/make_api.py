"""Writes docs/reference/python.md from the docstrings of what is public: `python docs/make_api.py`."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import sim  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "python.md"

HEAD = """\
# Python

What is public, with its docstrings. `sim` loads each name when it is first used. Everything else in the package is
told of in [architecture](../architecture.md) and may change without notice.

Shapes use R replicates, C countries, K issues. A **seed** and a replicate's number say which history one gets, however
it is run. Where `jobs` is above 1, worker processes read the calling file too: keep its doings under
`if __name__ == "__main__":`.

Written by `python docs/make_api.py` from the code; do not edit here.
"""

#: Heading, what is said beneath it, and names: of objects, or of modules, whose names then follow.
SECTIONS: list[tuple[str, str, list[str]]] = [
    ("Load and run", "From a scenario to what came out of it.",
     ["sim.load", "sim.run", "sim.read", "sim.store.write", "sim.store.recall", "sim.InputError"]),
    ("What they give", "",
     ["sim.Ensemble", "sim.Scenario", "sim.store.Record", "sim.summary.ending_rows", "sim.summary.outcome_rows"]),
    ("Mesa", "Countries are agents, and a history is a model; [for Mesa users](../for-mesa-users.md) shows how.",
     ["sim.DiplomacyModel", "sim.Country", "sim.compile_world", "sim.World", "sim.mechanisms.register"]),
    ("Experiments", "Each asks one question of several runs on the same draws.",
     ["sim.experiments.paired: run, differences, difference",
      "sim.experiments.compare: run, Comparison",
      "sim.experiments.attribute: run, Attribution",
      "sim.experiments.theories: run, Theories",
      "sim.experiments.sensitivity: run, Sensitivity",
      "sim.experiments.sweep: run, Sweep",
      "sim.experiments.discover: run, Discovery",
      "sim.experiments.replay: story, Story",
      "sim.experiments.choosing: typical, most_escalatory",
      "sim.experiments.explain: decision, week, Decision",
      "sim.experiments.movers: run, Moved"]),
    ("Scores and reports", "", ["sim.record.score: run, Scored", "sim.report: leave"]),
]
#: Classes whose fields are no concern of users.
OPAQUE = {"sim.World"}


def resolve(name: str) -> Any:
    """The module or object of a dotted name."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, _, last = name.rpartition(".")
        return getattr(import_module(module), last)


def public() -> list[str]:
    """Dotted names of all objects of the page."""
    return [name for _, _, names in SECTIONS for entry in names for name in listed(entry)]


def listed(entry: str) -> list[str]:
    """An entry's objects: itself, or those behind the colon."""
    module, _, names = entry.partition(": ")
    return [f"{module}.{name}" for name in names.split(", ")] if names else [module]


def said(thing: Any) -> str:
    """A docstring."""
    text = str(thing.__doc__).strip() if inspect.ismodule(thing) else inspect.getdoc(thing)
    assert text, f"{thing} has no docstring"
    return text


def parameter(part: inspect.Parameter) -> str:
    """A parameter with its type and default, as the source has it."""
    star = {part.VAR_POSITIONAL: "*", part.VAR_KEYWORD: "**"}.get(part.kind, "")
    kind = "" if part.annotation is part.empty else f": {part.annotation}"
    return star + part.name + kind + ("" if part.default is part.empty else f" = {part.default!r}")


def signature(name: str, thing: Any) -> str:
    """As it is called, a parameter a line where they are many."""
    found = inspect.signature(thing)
    parameters = [parameter(part) for part in found.parameters.values()]
    answer = f" -> {found.return_annotation}" if inspect.isfunction(thing) else ""
    line = f"{name}({', '.join(parameters)}){answer}"
    if len(line) > 100:
        line = f"{name}(\n    " + ",\n    ".join(parameters) + f",\n){answer}"
    return f"```text\n{line}\n```\n"


def section(name: str, level: int) -> Iterator[str]:
    """What is said of one object."""
    thing = resolve(name)
    yield f"{'#' * level} {name}\n"
    if not inspect.isclass(thing):
        yield signature(name, thing)
        yield f"{said(thing)}\n"
        return
    if not is_data(thing) and not issubclass(thing, Exception):
        yield signature(name, thing)
    yield f"{said(thing)}\n"
    told = [] if name in OPAQUE else [*fields(thing), *members(thing)]
    if rows := [f"| {shown} | {text} |" for shown, text in told if text]:
        yield from ("| | |", "|---|---|", *rows, "")
    if others := ", ".join(shown for shown, text in told if not text):
        yield f"{'Other fields' if rows else 'Fields'}: {others}.\n"


def is_data(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) or hasattr(kind, "_fields")


def fields(kind: type) -> Iterator[tuple[str, str]]:
    """Each field of a data class, and the comment behind it."""
    if not is_data(kind):
        return
    source = dedent(inspect.getsource(kind))
    [tree], lines = ast.parse(source).body, source.splitlines()
    assert isinstance(tree, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            shown = f"`{node.target.id}: {ast.unparse(node.annotation)}`".replace(" | ", " or ")
            yield shown, lines[(node.end_lineno or 1) - 1].partition("  # ")[2]


def members(kind: type) -> Iterator[tuple[str, str]]:
    """Each public method and property that says something of itself, and what."""
    for name, member in vars(kind).items():
        text = inspect.getdoc(member) if inspect.isfunction(member) or isinstance(member, property) else None
        if name.startswith("_") or not text:
            continue
        taken = list(inspect.signature(member).parameters.values())[1:] if inspect.isfunction(member) else []
        call = f"({', '.join(map(parameter, taken))})" if inspect.isfunction(member) else ""
        yield f"`{name}{call}`".replace(" | ", " or "), " ".join(text.split())


def page() -> str:
    """The whole page."""
    lines = [HEAD]
    for title, text, entries in SECTIONS:
        lines += [f"## {title}\n", *[f"{text}\n"] * bool(text)]
        for entry in entries:
            module, _, names = entry.partition(": ")
            if names:
                lines += [f"### {module}\n", f"{said(import_module(module))}\n"]
            for name in listed(entry):
                lines += section(name, 4 if names else 3)
    return "\n".join(lines)


if __name__ == "__main__":
    missing = {f"sim.{name}" for name in sim.__all__} - set(public())
    assert not missing, f"give a place to {missing}"
    PAGE.write_text(page(), encoding="utf-8")
