"""`completion`: what a shell needs to complete commands, options and names of scenarios."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

from sim.cli.terminal import hint, say_text

#: The installed command, and the variable by which a shell asks it what could be typed next.
PROGRAM, VARIABLE = "diplomacy", "_DIPLOMACY_COMPLETE"
#: Where each shell looks for the script.
PLACES = {"bash": "~/.local/share/bash-completion/completions/diplomacy", "zsh": "a folder of $fpath, as _diplomacy",
          "fish": "~/.config/fish/completions/diplomacy.fish"}


class Shell(StrEnum):
    """Shells that can be served."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Your shell.")]) -> None:
    """Print a script by which your shell completes the installed command `diplomacy`."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    script = get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell.value)
    say_text(script.strip() + "\n")
    hint(f"Put this into {PLACES[shell.value]}")


def answer() -> int:
    """Tells the shell that asks what could be typed next, and leaves."""
    from typer.completion import completion_init  # type: ignore[attr-defined]

    from sim.cli import _app

    completion_init()
    words = (os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")).split()[1:]
    return int(_app(words)(words, prog_name=PROGRAM, complete_var=VARIABLE, standalone_mode=False) or 0)
