"""Measuring: time in this process, time and memory of commands, and tables of both."""

from __future__ import annotations

import gc
import os
import platform
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
Phases = Mapping[str, Sequence[tuple[Any, str]]]


class Row(NamedTuple):
    """One line of a table."""

    what: str
    value: str
    note: str = ""


# In this process

def timed(work: Callable[[], Any]) -> float:
    """Seconds of processor time that `work` takes. It counts this process alone, whoever else is at work."""
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def typical(work: Callable[[], Any], times: int = 5) -> float:
    """The median of some times."""
    return median(timed(work) for _ in range(times))


@contextmanager
def wrapped(phases: Phases, spent: dict[str, float]) -> Iterator[None]:
    """Counts every moment for the innermost phase it belongs to, by its functions, while the context lasts."""
    stack, since = ["the rest"], time.process_time()

    def turn(change: Callable[[], Any]) -> None:
        nonlocal since
        now = time.process_time()
        spent[stack[-1]] = spent.get(stack[-1], 0.0) + now - since
        since = now
        change()

    def counted(phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            turn(lambda: stack.append(phase))
            try:
                return function(*arguments, **named)
            finally:
                turn(stack.pop)
        return call

    bare = [(owner, name, getattr(owner, name), phase) for phase, of in phases.items() for owner, name in of]
    for owner, name, function, phase in bare:
        setattr(owner, name, counted(phase, function))
    try:
        yield
    finally:
        turn(lambda: None)
        for owner, name, function, _ in bare:
            setattr(owner, name, function)


@contextmanager
def noted(owner: Any, name: str) -> Iterator[list[tuple[Callable[..., Any], tuple[Any, ...]]]]:
    """Notes the calls of a method while the context lasts, to repeat them."""
    method, calls = getattr(owner, name), []

    def call(*arguments: Any) -> Any:
        calls.append((method, arguments))
        return method(*arguments)

    setattr(owner, name, call)
    try:
        yield calls
    finally:
        setattr(owner, name, method)


# Commands

def called(command: list[str], watch: bool = False) -> tuple[float, float]:
    """Seconds that a command takes and, if watched, the largest memory of all its processes in MB."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        peak = [0.0]
        if watch:
            threading.Thread(target=_watch, args=(process, peak), daemon=True).start()
        _, errors = process.communicate()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{' '.join(command[1:])} failed:\n{errors}")
    return seconds, peak[0]


def first_signs(command: list[str]) -> tuple[float, float] | None:
    """Seconds from the start of a command to the first thing it shows on a terminal, and to the first replicates
    done; None where there are no terminals to give it. It is stopped then."""
    if os.name != "posix":
        return None
    import pty

    terminal, end = pty.openpty()
    started, shown, text = time.perf_counter(), 0.0, ""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=end) as process:
        os.close(end)
        while not re.search(r"\b[1-9][\d,]* of [\d,]+", text):
            text += os.read(terminal, 4096).decode(errors="replace")
            shown = shown or time.perf_counter() - started
        done = time.perf_counter() - started
        process.terminate()
    os.close(terminal)
    return shown, done


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], family_memory(process.pid))
        time.sleep(0.1)


def family_memory(process: int) -> float:
    """Memory of a process and all its descendants in MB; 0 where the system does not tell."""
    return sum(_memory(one) for one in _family(process))


def _family(process: int) -> Iterator[int]:
    """A process and all its descendants, where the system tells."""
    yield process
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = listed.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _family(int(child))


def _memory(process: int) -> float:
    """A process's part of the memory in MB; 0 of one that is gone, or where the system does not tell."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


# Tables

def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    """Rows as Markdown, aligned."""
    cells = [head, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [f"| {' | '.join(text.ljust(width) for text, width in zip(row, widths, strict=True))} |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def measured_with(cores: int) -> str:
    """What a table was measured with."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "mesa"))
    return f"Python {platform.python_version()}, {packages}; {cores} cores"


# Pages that several scripts write to

#: The heading under which `benchmarks/page.py` writes to the page of `benchmarks/run.py`.
WORKBENCH = "## The workbench"


def parted(page: str, heading: str = WORKBENCH) -> tuple[str, str]:
    """A page's text before the line `heading`, which is its last part, and from there on; empty where it is not."""
    before, found, rest = page.partition(f"\n{heading}\n")
    return f"{before.rstrip()}\n", f"{heading}\n{rest}" if found else ""
