"""What commands say, and where: results to stdout, everything else to stderr."""

from __future__ import annotations

import codecs
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

from sim.errors import InputError
from sim.worker import uninterrupted

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

#: Objects that are made while loading before rubbish is looked for.
_ROOM = 100_000
FAILED, MISUSED, INTERRUPTED = 3, 2, 130
WIDTH, ENDLESS, NARROW = 80, 100_000, 60

#: What stands for a character that the terminal's encoding does not have.
_PLAIN = {"–": "-", "−": "-", "—": "-", "…": "...", "’": "'", "“": '"', "”": '"', "·": "-", "█": "#", "≥": ">="}


def _plain(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "".join(_PLAIN.get(letter, "?") for letter in error.object[error.start:error.end]), error.end


@contextmanager
def loading() -> Iterator[None]:
    """For imports: puts Ctrl-C off until their end, because one that is cut short may swallow it, and looks for rubbish
    less, because they make very many objects and none of them is rubbish."""
    before = gc.get_threshold()
    gc.set_threshold(_ROOM)
    try:
        with uninterrupted():
            yield
    finally:
        gc.set_threshold(*before)


def mend_streams() -> None:
    """Makes stdout and stderr write something for every character, in any locale, and nowhere where one is closed."""
    codecs.register_error("plain", _plain)
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="plain")


def settle() -> None:
    """Writes out what is still buffered; a reader that has gone is no error, and what is wrong was said before."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(InputError):
            _write(stream, "")


def width() -> int:
    """How many columns results may take: at most 80 on a terminal; elsewhere 80, or what COLUMNS says."""
    if sys.stdout.isatty():
        return min(_console(sys.stdout, sys.stdout).width, WIDTH)
    said = os.environ.get("COLUMNS", "")
    return max(int(said), NARROW) if said.isascii() and said.isdecimal() else WIDTH


def say(*parts: RenderableType, wide: bool = False) -> None:
    """Prints results to stdout: as wide as `width` says, or as wide as they need if `wide` and not on a terminal."""
    from io import StringIO

    console = _console(StringIO(), sys.stdout)
    if not wide:
        console.width = width()
    elif not sys.stdout.isatty():
        console.width = ENDLESS
    console.print(*parts, sep="\n")
    assert isinstance(console.file, StringIO)
    _write(sys.stdout, "".join(f"{line.rstrip()}\n" for line in console.file.getvalue().splitlines()))


def say_lines(lines: Iterable[str]) -> None:
    """Prints lines to stdout that are as they shall be: for many, much quicker than `say`."""
    _write(sys.stdout, "".join(f"{line}\n" for line in lines))


def many(count: int, what: str) -> str:
    """So many of something, such as "1 run" and "2,000 runs"."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def bold(text: str) -> str:
    """The text for `say_lines`, set off where the terminal can."""
    plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else f"\x1b[1m{text}\x1b[0m"


def fits(part: RenderableType) -> bool:
    """Whether a part needs no more than the terminal's width; always so elsewhere."""
    console = _console(sys.stdout, sys.stdout)
    here, console.width = console.width, ENDLESS
    return not sys.stdout.isatty() or console.measure(part).maximum <= here


def say_json(data: Any) -> None:
    """Prints results to stdout as JSON."""
    _write(sys.stdout, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def say_text(text: str) -> None:
    """Prints results to stdout that are text already."""
    _write(sys.stdout, text)


def hint(text: str) -> None:
    """Prints a line to stderr."""
    _write(sys.stderr, text + "\n")


def no_memory(error: MemoryError | OSError) -> InputError:
    """The problem that memory has run out."""
    what = f" ({error})" if isinstance(error, MemoryError) and str(error) else ""
    return InputError(f"there is not enough memory{what}; ask for fewer replicates or fewer processes (--jobs)")


def complain(error: InputError) -> int:
    """Prints every problem of bad input to stderr and returns the exit code."""
    for problem in error.problems:
        hint(str(problem) if problem.mark else f"error: {problem}")
    if parts := [*[f"{len(error.problems)} problems"] * (len(error.problems) > 1), *filter(None, [error.later])]:
        hint("; ".join(parts))
    return MISUSED


def stderr_console() -> Console:
    """A console for progress."""
    return _console(sys.stderr, sys.stderr)


def _console(file: Any, like: TextIO) -> Console:
    """A console that writes to `file` what suits the stream `like`."""
    from rich.console import Console

    tty = like.isatty()
    width = None if tty else WIDTH
    return Console(file=file, force_terminal=tty, width=width, highlight=False, markup=False, emoji=False,
                   soft_wrap=False)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # with all that is still buffered
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):  # a reader that has gone wants no more
            raise InputError(f"the results could not be written ({error.strerror or error})") from None


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


@contextmanager
def heeding() -> Iterator[Callable[[], None]]:
    """Yields a check that raises `KeyboardInterrupt` if Ctrl-C was pressed, even where a library swallowed it."""
    heard: list[int] = []

    def hear(number: int, frame: Any) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    def check() -> None:
        if heard:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check
        return
    before = signal.signal(signal.SIGINT, hear)
    try:
        yield check
        check()
    finally:
        signal.signal(signal.SIGINT, before)
