"""One input loaded as the command line loads it, and what came of it.

A copy of `fuzz/corpus` stands in a folder of its own. An input takes the place of one of its files for as long as it
is loaded: of a scenario, of a file of the world, or of a file of questions. What is accepted is compiled too, as
`validate` does.
"""

from __future__ import annotations

import re
import shutil
import signal
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from resource import RLIMIT_AS, RUSAGE_SELF, getpagesize, getrlimit, getrusage, setrlimit
from typing import Any
from unittest.mock import patch

import sim.reading.world
from sim.cli.validate import findings
from sim.errors import InputError, Problem
from sim.paths import shipped
from sim.reading import Document, read_document
from sim.reading.scalars import UNSAFE
from sim.record import questions
from sim.scenario import load

CORPUS = Path(__file__).parent / "corpus"
#: Seconds of processor time and bytes that one input may take; and its timers: by the clock much longer, for a hang
#: that does nothing.
SECONDS, BYTES = 2.0, 200 * 2**20
TIMERS = {signal.ITIMER_PROF: SECONDS, signal.ITIMER_REAL: 60.0}
#: Characters that a message may have.
LONGEST = 2000


class Slow(BaseException):
    """An input took too long. No `Exception`, so that nothing takes it for one of its own."""


@dataclass(frozen=True)
class Found:
    """What came of one input: accepted, or rejected with messages; and what is wrong with that, if anything."""

    accepted: bool
    messages: tuple[str, ...]
    fault: str  # empty where all is well; else its kind, a colon, and more
    trace: str
    seconds: float
    bytes: int  # by which the process grew


class Loader:
    """Loads inputs in the place of the files of a copy of the corpus in `folder`."""

    def __init__(self, folder: Path):
        self.folder, self.kept, self.peak = folder, dict[str, Document](), peak()
        shutil.copytree(CORPUS, folder, dirs_exist_ok=True)
        self.files = {path.relative_to(folder).as_posix(): path.read_text("utf-8")
                      for path in sorted(folder.rglob("*.yaml"))}
        self.world, self.rest = ([name for name in self.files if name.startswith("world/") is so] for so in (True,
                                                                                                             False))
        load("july_2025")  # a file that names no world is laid over the shipped one, which is kept from here on
        for name in self.files:
            if (found := self.load(name, None)).fault or not found.accepted:
                raise AssertionError(f"{name}: {found}")

    def load(self, name: str, content: bytes | None, settings: list[str] | None = None) -> Found:
        """What comes of the input `content` in the place of the file called `name`, or of `settings` laid over it."""
        path = self.folder / name
        if content is not None:
            path.write_bytes(content)
        try:
            with patch.object(sim.reading.world, "read_document", partial(self._read, path.name)):
                return self._judged(name, settings or [])
        finally:
            if content is not None:
                path.write_text(self.files[name], encoding="utf-8")

    def _judged(self, name: str, settings: list[str]) -> Found:
        problems: list[Problem] = []
        accepted, fault, trace = False, "", ""
        begun = time.process_time()
        try:
            for timer, limit in TIMERS.items():
                signal.setitimer(timer, limit)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                self._loaded(name, settings)
            signal.setitimer(signal.ITIMER_PROF, 0)
            accepted = True
        except InputError as error:
            signal.setitimer(signal.ITIMER_PROF, 0)
            problems = error.problems
            fault = next((wrong for problem in problems if (wrong := self._wrong(problem))),
                         "" if problems else "empty:")
        except Slow:
            fault, trace = "slow: gave up", traceback.format_exc()
        except MemoryError:
            fault, trace = "memory: none left", traceback.format_exc()
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            fault = f"traceback: {type(error).__name__} in {Path(where.filename).name}, {where.name}"
            trace = traceback.format_exc()
        seconds, before, self.peak = time.process_time() - begun, self.peak, peak()
        grown = self.peak - before
        if not fault and seconds > SECONDS:
            fault = f"slow: {seconds:.1f} s"
        if not fault and grown > BYTES:
            fault = f"memory: {grown / 2**20:.0f} MB"
        return Found(accepted, tuple(str(problem) for problem in problems), fault, trace, seconds, grown)

    def _read(self, changed: str, path: Path) -> Document:
        """A file of a world, from memory unless it could be the one that is changed."""
        if path.name == changed or not path.is_relative_to(self.folder) and not path.is_relative_to(shipped("seeds")):
            return read_document(path)
        if str(path) not in self.kept:
            self.kept[str(path)] = read_document(path)
        return self.kept[str(path)]

    def _loaded(self, name: str, settings: list[str]) -> None:
        path = self.folder / name
        if name.startswith("questions/"):
            questions.load(path)
        else:
            asked = path if name.startswith("scenarios/") else self.folder / "scenarios/measured.yaml"
            findings(load(asked, settings))

    def _wrong(self, problem: Problem) -> str:
        """What is wrong with a message, if anything."""
        message, mark = problem.message, problem.mark
        if not message or len(message.splitlines()) != 1 or UNSAFE.search(message):
            return f"message: not one clean line: {message!r}"
        if len(message) > LONGEST:
            return f"message: too long: {message[:50]}"
        if mark is None or not mark.line and not _whole(mark.file):
            return f"position: none in: {message}"
        if mark.line and Path(mark.file).is_file():
            lines: Any = Path(mark.file).read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
            lines = re.split("\r\n?|\n", lines)
            if mark.line > len(lines) or not 1 <= mark.column <= len(lines[mark.line - 1]) + 1:
                return f"position: not in the file: {message}"
        return ""


def _whole(name: str) -> bool:
    """Whether a name stands for something in which there are no lines: a folder, an option, or nothing at all."""
    return name.startswith("--") or not (path := Path(name)).is_file() or path.is_dir()


def peak() -> int:
    """The most bytes of memory that this process has held so far."""
    return getrusage(RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def limited_time() -> Iterator[None]:
    """Raises `Slow` where one of `TIMERS` has run out; whoever is inside starts and stops them."""
    def stop(*_: Any) -> None:
        raise Slow

    before = {number: signal.signal(number, stop) for number in (signal.SIGPROF, signal.SIGALRM)}
    try:
        yield
    finally:
        for timer in TIMERS:
            signal.setitimer(timer, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def limited_memory() -> Iterator[None]:
    """Lets this process grow by `BYTES` and no more; to be entered once it has loaded everything once."""
    before = getrlimit(RLIMIT_AS)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * getpagesize()
    setrlimit(RLIMIT_AS, (size + BYTES, before[1]))
    try:
        yield
    finally:
        setrlimit(RLIMIT_AS, before)


def kind_of(message: str) -> str:
    """A message without what differs from file to file, to tell how many kinds there are."""
    message = re.sub(r"(?<=\s)/\S+", "…", re.sub(r"^\S*:\d+:\d+: ", "", message))
    message = re.sub(r'"[^"]*"|\'[^\']*\'|\{[^}]*\}|\[[^\]]*\]', "…", message)
    return re.sub(r"(Known|It takes): .*", r"\1", re.sub(r"[-+]?\d[\w.+-]*", "9", message))[:120]
