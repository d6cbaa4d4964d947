"""Commands as they can be typed again. What was `said` is a mapping of options to their values."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from sim.cli.terminal import INTERRUPTED, hint
from sim.manifest import CHANGES


def interrupted(name: str, source: str, said: Mapping[str, Any], kept: int = 0) -> typer.Exit:
    """What ends a command that Ctrl-C stopped, once it has said how to start it again; so many batches are `kept`."""
    if kept:
        hint(f"\ninterrupted. {going_on(name, source, said, kept)}")
    else:
        hint(f"\ninterrupted; nothing was written. To run it again:\n  {_typed(name, source, said)}")
    return typer.Exit(INTERRUPTED)


def going_on(name: str, source: str, said: Mapping[str, Any], kept: int) -> str:
    """How to go on with a run of which so many batches are kept."""
    return (f"{kept} finished batch{'es' * (kept != 1)} of replicates {'are' if kept != 1 else 'is'} kept. To go on:\n"
            f"  {_typed(name, source, said)} --resume")


def _typed(name: str, source: str, said: Mapping[str, Any]) -> str:
    from sim.cli import program
    return shlex.join([*program().split(), name, source, *spelled(said)])


def repeated(name: str, source: str, said: Mapping[str, Any], asked: Mapping[str, Any] | None = None) -> str:
    """The command that repeats a run, without this machine's paths: of a file elsewhere, the copy is run. `asked` are
    further options that the result depends on."""
    here = dict(asked or {}) | {option: said[option] for option in ("-n", "--seed")}
    if Path(source).is_absolute() or ".." in Path(source).parts:
        return shlex.join(["python", "run.py", name, "scenario.yaml", *spelled(here)])
    changes = {option: said[option] for option in CHANGES}
    return shlex.join(["python", "run.py", name, source, *spelled(here | changes)])


def spelled(said: Mapping[str, Any]) -> list[str]:
    """Options as they are typed."""
    words: list[str] = []
    for name, value in said.items():
        if value is True:
            words.append(name)
        elif isinstance(value, list | tuple):
            words += [word for each in value for word in (name, each)]
        elif value is not None and value is not False:
            words += [name, str(value)]
    return words
