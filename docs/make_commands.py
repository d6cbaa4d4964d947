"""Writes docs/reference/commands.md from the commands themselves: `python docs/make_commands.py`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from typer.models import ArgumentInfo, OptionInfo, ParameterInfo  # noqa: E402

from sim import cli  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "commands.md"

HEAD = """\
# Commands

Every command with its arguments and options. In a checkout they are typed after `python run.py`; an installed package
has the command `diplomacy`, and `python -m sim` is the same. With no command, or with a scenario in its place, it
runs: `python run.py` alone is `python run.py run july_2025`. `--help` after a command prints what stands here.

What questions they answer, with examples, is in [how to](../how-to/README.md).

| exit code | means |
|---|---|
| 0 | done |
| 1 | a check failed |
| 2 | bad input or usage: every error of a file at once, with line and column |
| 3 | an internal error; `--debug` shows where |
| 130 | interrupted; how to go on is printed where something can be gone on with |

Results go to standard output, everything else to standard error. With `--json` the output is JSON and nothing else;
its `schema` counts up when its form changes. `NO_COLOR` turns colours off.

Written by `python docs/make_commands.py` from the commands' own help; do not edit here.
"""


def parts(function: Callable[..., Any]) -> Iterator[tuple[str, ParameterInfo, Any, Any]]:
    """Name, what is said about it, type and default of each argument and option."""
    hints = get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        kind, said = get_args(hints[name])[:2]
        yield name, said, kind, parameter.default


def label(name: str, said: ParameterInfo) -> str:
    """How it is typed."""
    if isinstance(said, ArgumentInfo):
        return f"`{plain(name, said)}`"
    typed = [text for text in said.param_decls or () if text.startswith("-")]
    if isinstance(said.default, str):  # the first of what is typed, as typer keeps it in annotations
        typed.insert(0, said.default)
    return ", ".join(f"`{text}`" for text in typed or [f"--{name.replace('_', '-')}"])


def plain(name: str, said: ParameterInfo) -> str:
    return (said.metavar or name.upper()).strip("[]")


def value(said: ParameterInfo, kind: Any) -> str:
    """What is typed after an option, or chosen among."""
    several = get_origin(kind) is list or any(get_origin(part) is list for part in get_args(kind))
    [kind] = [part for part in (get_args(kind) if get_origin(kind) in (Union, UnionType) else [kind])
              if part is not NoneType]
    [kind] = get_args(kind) or [kind]
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return ", ".join(f"`{one.value}`" for one in kind)
    if kind is bool:
        return ""
    if said.metavar:
        text = "" if isinstance(said, ArgumentInfo) else f"`{said.metavar}`".replace("|", "\\|")
    else:
        text = {int: "whole number", float: "number"}.get(kind, "")
    if said.min is not None and said.max is not None:
        text = f"{said.min:,} to {said.max:,}"
    return text + ", may be repeated" * several


def meaning(said: ParameterInfo, default: Any) -> str:
    """The help, and what holds without."""
    text = " ".join((said.help or "").replace("<", "`<").replace(">", ">`").split())
    if isinstance(said.show_default, str):
        return f"{text} Default: {said.show_default.replace('<', '`<').replace('>', '>`')}."
    if default is inspect.Parameter.empty:
        return f"{text} **Must be given.**"
    if default in (None, False, "") or said.show_default is False:
        return text
    return f"{text} Default: {default:,}." if isinstance(default, int) else f"{text} Default: {default}."


def command(name: str, function: Callable[..., Any]) -> Iterator[str]:
    """A command's section."""
    found = list(parts(function))
    arguments = [plain(part, said) if default is inspect.Parameter.empty else f"[{plain(part, said)}]"
                 for part, said, _, default in found if isinstance(said, ArgumentInfo)]
    options = any(isinstance(said, OptionInfo) for _, said, _, _ in found)
    yield f"## {name}\n"
    yield f"{inspect.getdoc(function)}\n"
    yield f"`{' '.join([name, *arguments, *['[OPTIONS]'] * options])}`\n"
    yield "| | value | |"
    yield "|---|---|---|"
    for part, said, kind, default in found:
        yield f"| {label(part, said)} | {value(said, kind)} | {meaning(said, default)} |"
    yield ""


def page() -> str:
    """The whole page."""
    functions = {name: getattr(import_module(module), module.rpartition(".")[2])
                 for name, module in cli.COMMANDS.items()}
    return "\n".join([HEAD, *(line for name, function in functions.items() for line in command(name, function))])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
