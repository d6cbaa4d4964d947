"""The command. One file per command; whatever is slow to import is imported where it is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from errno import ENOMEM, ENOSPC
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from sim import __version__
from sim.cli.completion import VARIABLE, answer
from sim.cli.terminal import FAILED, INTERRUPTED, MISUSED, complain, mend_streams, no_memory, settle
from sim.errors import InputError, unknown
from sim.paths import scenario_file, shipped_scenarios

#: The commands and their modules, whose functions have the module's name.
COMMANDS = {name: f"sim.cli.{name}" for name in (
    "run", "validate", "list", "trace", "init", "theories", "compare", "attribute", "sensitivity", "sweep", "discover",
    "export", "replay", "report", "explain", "score", "calibrate",
    "backtest", "serve", "doctor", "completion")} | {"list": "sim.cli.listing"}

#: What a wrong option or argument raises, whichever click this typer stands on.
_USAGE_ERROR = typer.BadParameter.__mro__[1]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"diplomacy-simulator {__version__}")
        raise typer.Exit


def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True,
                                          help="Show the version and exit.")] = False,
) -> None:
    """Simulates diplomacy among states, thousands of histories at a time.

    With no command, or with a scenario in its place, it runs: `run.py` alone is `run.py run july_2025`.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code: 0 done, 1 a check failed, 2 bad input or usage, 3 internal
    error, 130 interrupted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    mend_streams()
    try:
        if VARIABLE in os.environ:
            return answer()
        words = _routed([word for word in words if word != "--debug"])
        return int(_app(words)(words, prog_name=program(), standalone_mode=False) or 0)
    except InputError as error:
        if debug:
            raise
        return complain(error)
    except SystemExit:  # so end completions, and rich when the reader of its output has gone
        return 0
    except MemoryError as error:
        if debug:
            raise
        return complain(no_memory(error))
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if isinstance(error, _USAGE_ERROR):
            error.show()  # type: ignore[attr-defined]
            return MISUSED
        if debug:
            raise
        if isinstance(error, OSError) and error.errno == ENOSPC:
            return complain(InputError(f"the output could not be written ({error.strerror})"))
        if isinstance(error, OSError) and error.errno == ENOMEM:
            return complain(no_memory(error))
        what = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"internal error: {what} (--debug shows where)", file=sys.stderr)
        return FAILED
    finally:
        settle()


def _app(words: Sequence[str]) -> typer.Typer:
    """The application with the command that is called, or with all of them for their names."""
    app = typer.Typer(add_completion=False, no_args_is_help=False, pretty_exceptions_enable=False,
                      context_settings={"help_option_names": ["-h", "--help"]})
    app.callback()(_options)
    for name in words[:1] if words and words[0] in COMMANDS else COMMANDS:
        app.command(name)(getattr(import_module(COMMANDS[name]), COMMANDS[name].rpartition(".")[2]))
    return app


def program() -> str:
    """How the command was called, as it can be typed again."""
    name = Path(sys.argv[0]).name
    return {"run.py": "python run.py", "__main__.py": "python -m sim"}.get(name, name)


def _routed(words: list[str]) -> list[str]:
    """The words with the command `run` put in front where it was left out."""
    first = words[0] if words else ""
    if first in COMMANDS or first in ("-h", "--help", "--version"):
        return words
    if first and not first.startswith("-"):
        try:
            scenario_file(first)
        except InputError:
            raise InputError(unknown("command or scenario", first, [*COMMANDS, *shipped_scenarios()])
                             + ". A path to a .yaml file works too") from None
    return ["run", *words]
