"""How fast the simulator is, and where the time goes: `python benchmarks/run.py [--write]`.

Prints one table, all of one run; `--write` keeps it in docs/performance.md. How each row is measured:

* A replicate-week is the time of one full block of replicates, from its draws to what the ensemble keeps of it,
  over its replicates and weeks: the median of several blocks in this process, after one that warms up.
* Phases: the functions of a phase are wrapped while further blocks run, and each moment counts for the innermost one
  that is wrapped. Shares are of the wrapped time, which is a little more than the bare one.
* The floor is what no arrangement of this model avoids: its uniform variates drawn alone, and its two sparse products
  alone (terms to decisions, occurrences to effects), each as in the first half of a run.
* The command is timed from outside, from its start to its end. Its memory is the largest sum over its processes,
  sampled ten times a second in a run of its own; a page that several share counts for each its part.
"""

from __future__ import annotations

import argparse
import gc
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sim import compiler, ensemble, model, occurrences, scenario, state, world  # noqa: E402
from sim.country import Country  # noqa: E402
from sim.draws import Draws  # noqa: E402
from sim.effects import Effects  # noqa: E402

#: Replicates that one model holds.
WIDTH = ensemble.WIDTH
REPORT = ROOT / "docs" / "performance.md"
#: What the project asks of itself.
TARGETS = {"replicate-week": 8.0, "run": 15.0, "help": 0.5, "memory": 1024.0, "compare": 2.2}

#: Phase → (owner, function) of everything that counts for it.
PHASES: dict[str, list[tuple[Any, str]]] = {
    "draws": [(Draws, "words")],
    "features": [(model.DiplomacyModel, "perceive")],
    "decisions": [(Country, "weigh"), (model, "decide")],
    "application": [(model, "fall_due"), (occurrences.Occurrences, "apply"), (state.State, "relax"),
                    (state.State, "remember")],
    "recording": [(model.DiplomacyModel, "_record"), (model.DiplomacyModel, "history")],
    "outcomes": [(ensemble, name) for name in ("_count", "_reached", "measure", "assign_endings")],
    "setting up": [(model.DiplomacyModel, "__init__")],
}


class Row(NamedTuple):
    """One line of the table."""

    what: str
    value: str
    note: str = ""


def main() -> None:
    """Measures everything and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"keep the table in {REPORT.relative_to(ROOT)}")
    parser.add_argument("--blocks", type=int, default=5, help="blocks to take the median of (default 5)")
    parser.add_argument("-n", type=int, default=10_000, help="replicates of the whole command (default 10000)")
    arguments = parser.parse_args()
    compiled = compiler.compile_world(scenario.load("july_2025"))
    rows = [*in_one_process(compiled, arguments.blocks), *whole_command(arguments.n)]
    report = table(rows)
    print(report)
    if arguments.write:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(f"{HEAD}\n{report}\n\n{METHOD}", encoding="utf-8")


# In one process

def in_one_process(compiled: world.World, blocks: int) -> Iterator[Row]:
    """The cost of a replicate-week, its phases and its floor."""
    ensemble.run_batch(compiled, 1, 0, WIDTH)
    bare = [timed(lambda n=number: ensemble.run_batch(compiled, 1, n, WIDTH)) for number in range(1, blocks + 1)]
    per = 1e6 / (WIDTH * compiled.weeks)  # seconds a model → microseconds a replicate-week
    whole = median(bare) * per
    spread = f"{min(bare) * per:.2f} to {max(bare) * per:.2f} in {blocks} blocks of {WIDTH:,}"
    yield Row("A replicate-week, one process", f"{whole:.2f} µs", f"target {TARGETS['replicate-week']:g} µs; {spread}")
    spent = phases(compiled, blocks)
    total = sum(spent.values())
    for phase, seconds in spent.items():
        yield Row(f"– {phase}", f"{whole * seconds / total:.2f} µs", f"{100 * seconds / total:.0f} %")
    drawing, products = floor(compiled)
    yield Row("Floor: the same draws alone", f"{drawing:.2f} µs", f"{100 * drawing / whole:.0f} %")
    yield Row("Floor: the two sparse products alone", f"{products:.2f} µs", f"{100 * products / whole:.0f} %")
    yield Row("A replicate-week over its floor", f"{whole / (drawing + products):.1f} times", "")
    yield Row("Memory of one process", f"{getrusage(RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", "one model at a time")


def timed(work: Callable[[], Any]) -> float:
    """Seconds that `work` takes."""
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def phases(compiled: world.World, blocks: int) -> dict[str, float]:
    """Seconds by phase over some blocks."""
    spent: dict[str, float] = dict.fromkeys([*PHASES, "the rest"], 0.0)
    with wrapped(spent):
        for number in range(1, blocks + 1):
            ensemble.run_batch(compiled, 1, number, WIDTH)
    return spent


@contextmanager
def wrapped(spent: dict[str, float]) -> Iterator[None]:
    """Counts every moment for the innermost phase it belongs to, while the context lasts."""
    stack, since = ["the rest"], time.perf_counter()

    def turn(change: Callable[[], Any]) -> None:
        nonlocal since
        now = time.perf_counter()
        spent[stack[-1]] += now - since
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

    bare = [(owner, name, getattr(owner, name), phase) for phase, of in PHASES.items() for owner, name in of]
    for owner, name, function, phase in bare:
        setattr(owner, name, counted(phase, function))
    try:
        yield
    finally:
        turn(lambda: None)
        for owner, name, function, _ in bare:
            setattr(owner, name, function)


def floor(compiled: world.World) -> tuple[float, float]:
    """Microseconds a replicate-week of the draws alone, and of the two sparse products alone."""
    half = model.DiplomacyModel(compiled, replicates=WIDTH)
    with noted(Draws, "words") as draws, noted(Effects, "add") as products:
        while half.state.week < compiled.weeks // 2:
            half.step()
    weeks = half.state.week

    def draw() -> None:
        for function, arguments in draws:
            function(*arguments)

    def weigh() -> None:
        for weights in half.weights.values():
            weights @ half.terms

    def apply() -> None:
        for function, arguments in products:
            function(*arguments)

    drawing = median(timed(draw) for _ in range(5)) / weeks
    sums = median(timed(weigh) for _ in range(25)) + median(timed(apply) for _ in range(5)) / weeks
    half.release()
    return drawing / WIDTH * 1e6, sums / WIDTH * 1e6


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


# The whole command

def whole_command(replicates: int) -> Iterator[Row]:
    """`run.py` from its start to its last figure, and its help."""
    command = [sys.executable, str(ROOT / "run.py")]
    with tempfile.TemporaryDirectory() as folder:
        running = [*command, "run", "july_2025", "-n", str(replicates), "--out", f"{folder}/out"]
        seconds, _ = called(running)
        _, memory = called(running, watch=True)
        both, _ = called([*command, "compare", "july_2025", "--without", "freedom_edge", "-n", str(replicates),
                          "--out", f"{folder}/compare"])
    yield Row(f"run.py, {replicates:,} replicates to the last figure", f"{seconds:.1f} s",
              f"target {TARGETS['run']:g} s; {ensemble.cores()} cores")
    yield Row("run.py, memory of all its processes", f"{memory:.0f} MB", f"target {TARGETS['memory']:g} MB")
    yield Row("run.py compare, as many replicates of each", f"{both:.1f} s",
              f"{both / seconds:.2f} times one run; target {TARGETS['compare']:g}")
    helping = [called([*command, "--help"])[0] for _ in range(7)]
    yield Row("run.py --help", f"{median(helping):.2f} s", f"target {TARGETS['help']:g} s; median of {len(helping)}")


def called(command: list[str], watch: bool = False) -> tuple[float, float]:
    """Seconds a command takes and, if watched, the largest memory of all its processes in MB."""
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


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_memory(one) for one in _family(process.pid)))
        time.sleep(0.1)


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


# The table

HEAD = """# Performance

Written by `python benchmarks/run.py --write`: one run, nothing else running beside it. Compare rows of one table;
seconds of two machines say nothing about each other.
"""
METHOD = "## How it is measured\n\n" + (__doc__ or "").partition("is measured:\n\n")[2]


def table(rows: list[Row]) -> str:
    """The rows as Markdown, aligned, under a line that says what they were measured with."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "mesa"))
    cells = [("what", "measured", ""), *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    lines = [f"| {' | '.join(text.ljust(width) for text, width in zip(row, widths, strict=True))} |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return f"Python {platform.python_version()}, {packages}; {ensemble.cores()} cores; scenario july_2025.\n\n" \
        + "\n".join(lines)


if __name__ == "__main__":
    main()
