"""How fast the simulator is, and where the time goes: `python benchmarks/run.py [--write]`.

Prints one table, all of one run; `--write` keeps it in docs/performance.md. How each row is measured:

* A replicate-week is the time of one model full of replicates, from its draws to what the ensemble keeps of it, over
  its replicates and weeks: the median of several models in this process, after one that warms up. It and the rows
  down to the command are processor time of one process, which neighbours disturb less than they do the clock's.
* Phases: the functions of a phase are wrapped while further models run, and each moment counts for the innermost one
  that is wrapped. Shares are of the wrapped time, which is a little more than the bare one.
* The floor is what no arrangement of this model avoids: its uniform variates drawn alone, and its two sparse products
  alone (terms to decisions, occurrences to effects), each as in the first half of a run.
* Plain Python is the model of `benchmarks/reference` through `mesa.batch_run` in one process, from setting up to the
  horizon. It computes a feature once a week, and draws from Mesa's own generator, which costs it least.
* Compiled is the same model in `benchmarks/compiled`, one replicate after another: whole weeks, but without setting
  up, without drawing (the variates lie there already), and keeping less of each week than the ensemble does. The time
  that the compiler takes is not in it. tests/test_reference.py and tests/test_benchmarks.py hold all three together:
  on equal draws and in double precision they do the same.
* The command is timed from outside and by the clock, from its start to its end. Its memory is the largest sum over its
  processes, sampled ten times a second in a run of its own; a page that several share counts for each its part.
* First signs are what a terminal shows: anything at all, then a first number of replicates that are done.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.measuring import (  # noqa: E402
    Row,
    called,
    first_signs,
    measured_with,
    noted,
    parted,
    table,
    timed,
    typical,
    wrapped,
)
from sim import batch, compiler, ensemble, model, occurrences, scenario, state, world  # noqa: E402
from sim.country import Country  # noqa: E402
from sim.draws import Draws  # noqa: E402
from sim.effects import Effects  # noqa: E402

#: Replicates that one model holds.
WIDTH = batch.WIDTH
REPORT = ROOT / "docs" / "performance.md"
#: What the project asks of itself.
TARGETS = {"replicate-week": 8.0, "floor": 2.5, "plain": 200, "compiled": 1.0, "run": 15.0, "help": 0.5,
           "memory": 1024.0, "compare": 2.2, "replay": 2.0}

#: Phase → (owner, function) of everything that counts for it.
PHASES: dict[str, list[tuple[Any, str]]] = {
    "draws": [(Draws, "words")],
    "features": [(model.DiplomacyModel, "perceive")],
    "decisions": [(Country, "weigh"), (model, "decide")],
    "application": [(model, "fall_due"), (occurrences.Occurrences, "apply"), (state.State, "relax"),
                    (state.State, "remember")],
    "recording": [(model.DiplomacyModel, "_record"), (model.DiplomacyModel, "history")],
    "outcomes": [(batch, name) for name in ("_count", "measured")],
    "setting up": [(model.DiplomacyModel, "__init__")],
}


def main() -> None:
    """Measures everything and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"keep the table in {REPORT.relative_to(ROOT)}")
    parser.add_argument("--models", type=int, default=7, help="models to take the median of (default 7)")
    parser.add_argument("-n", type=int, default=10_000, help="replicates of the whole command (default 10000)")
    arguments = parser.parse_args()
    compiled = compiler.compile_world(scenario.load("july_2025"))
    rows = [*in_one_process(compiled, arguments.models), *starting(), *whole_command(arguments.n)]
    report = f"{measured_with(ensemble.cores())}; scenario july_2025.\n\n" + table(rows, ("what", "measured", ""))
    print(report)
    if arguments.write:
        _, workbench = parted(REPORT.read_text(encoding="utf-8"))
        REPORT.write_text(f"{HEAD}\n{report}\n\n{METHOD}" + (f"\n{workbench}" if workbench else ""), encoding="utf-8")


# In one process

def in_one_process(compiled: world.World, models: int, width: int = WIDTH) -> Iterator[Row]:
    """The cost of a replicate-week, its phases, its floor, and what others take for it."""
    batch.run_batch(compiled, 1, 0, width)
    bare = [timed(lambda n=number: batch.run_batch(compiled, 1, n, width)) for number in range(1, models + 1)]
    per = 1e6 / (width * compiled.weeks)  # seconds a model → microseconds a replicate-week
    whole = median(bare) * per
    spread = f"{min(bare) * per:.2f} to {max(bare) * per:.2f} in {models} models of {width:,}"
    yield Row("A replicate-week, one process", f"{whole:.2f} µs", f"target {TARGETS['replicate-week']:g} µs; {spread}")
    spent = phases(compiled, max(models // 2, 1), width)
    total = sum(spent.values())
    for phase, seconds in spent.items():
        yield Row(f"– {phase}", f"{whole * seconds / total:.2f} µs", f"{100 * seconds / total:.0f} %")
    drawing, products = floor(compiled, width)
    yield Row("Floor: the same draws alone", f"{drawing:.2f} µs", f"{100 * drawing / whole:.0f} %")
    yield Row("Floor: the two sparse products alone", f"{products:.2f} µs", f"{100 * products / whole:.0f} %")
    yield Row("A replicate-week over its floor", f"{whole / (drawing + products):.1f} times",
              f"target at most {TARGETS['floor']:g}")
    plain = in_plain_python(compiled, max(width // 300, 1))
    yield Row("Plain Python, through mesa.batch_run", f"{plain:,.0f} µs",
              f"{plain / whole:.0f} times; target at least {TARGETS['plain']:g}")
    if (other := in_loops(compiled, max(width // 8, 1))) is not None:
        yield Row("Compiled by numba, draws not counted", f"{other:.2f} µs",
                  f"{other / whole:.2f} times; target at least {TARGETS['compiled']:g}; "
                  f"with the same draws {other + drawing:.2f} µs")
    yield Row("Memory of one process", f"{getrusage(RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", "one model at a time")


def phases(compiled: world.World, models: int, width: int = WIDTH) -> dict[str, float]:
    """Seconds by phase over some models."""
    spent: dict[str, float] = dict.fromkeys([*PHASES, "the rest"], 0.0)
    with wrapped(PHASES, spent):
        for number in range(1, models + 1):
            batch.run_batch(compiled, 1, number, width)
    return spent


def floor(compiled: world.World, width: int = WIDTH) -> tuple[float, float]:
    """Microseconds a replicate-week of the draws alone, and of the two sparse products alone."""
    half = model.DiplomacyModel(compiled, replicates=width)
    with noted(Draws, "words") as draws, noted(Effects, "add") as products:
        while half.state.week < compiled.weeks // 2:
            half.step()
    weeks = half.state.week

    def repeat(calls: list[Any]) -> None:
        for function, arguments in calls:
            function(*arguments)

    def weigh() -> None:
        for _ in range(weeks):
            for weights in half.weights.values():
                weights @ half.terms

    drawing, weighing, applying = typical(lambda: repeat(draws)), typical(weigh), typical(lambda: repeat(products))
    half.release()
    per = 1e6 / (weeks * width)
    return drawing * per, (weighing + applying) * per


def in_plain_python(compiled: world.World, replicates: int) -> float:
    """Microseconds a replicate-week of the plain model through `mesa.batch_run`."""
    import mesa

    from benchmarks.reference import Diplomacy
    from benchmarks.reference.plan import Plan

    plan = Plan(compiled.scenario)
    Diplomacy(plan)  # tables of the distributions are made once

    def run() -> None:
        mesa.batch_run(Diplomacy, {"scenario": [plan], "replicate": range(replicates)}, number_processes=1,
                       max_steps=compiled.weeks, display_progress=False)

    return timed(run) / (replicates * compiled.weeks) * 1e6


def in_loops(compiled: world.World, replicates: int) -> float | None:
    """Microseconds a replicate-week of the compiled loops; None without a compiler."""
    from benchmarks.compiled import COMPILED, lot_of, tables_of, weeks_of

    if not COMPILED:
        print("Without numba (`pip install -r benchmarks/requirements.txt`) nothing is compiled", file=sys.stderr)
        return None
    beginning = model.DiplomacyModel(compiled, replicates=replicates)
    tables, lot = tables_of(compiled), lot_of(beginning)
    beginning.release()
    most = compiled.weeks * len(compiled.columns) // 2
    weeks_of(tables, lot, most)
    return typical(lambda: weeks_of(tables, lot, most)) / (replicates * compiled.weeks) * 1e6


# Commands

def starting() -> Iterator[Row]:
    """Imports, in processes of their own."""
    bare = median(called([sys.executable, "-c", "pass"])[0] for _ in range(5))
    for module in ("numpy", "mesa", "sim", "sim.model"):
        command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}"]
        seconds = median(called(command)[0] for _ in range(5))
        yield Row(f"import {module}", f"{seconds - bare:.2f} s", f"beyond {bare:.2f} s for Python itself")


def whole_command(replicates: int) -> Iterator[Row]:
    """`run.py` from its start to its last figure, its first signs of life, and its help."""
    command = [sys.executable, str(ROOT / "run.py")]
    with tempfile.TemporaryDirectory() as folder:
        running = [*command, "run", "july_2025", "-n", str(replicates)]
        seconds, _ = called([*running, "--out", f"{folder}/out"])
        _, memory = called([*running, "--out", f"{folder}/watched"], watch=True)
        both, _ = called([*command, "compare", "july_2025", "--without", "freedom_edge", "-n", str(replicates),
                          "--out", f"{folder}/compare"])
        telling = [called([*command, "replay", f"{folder}/out", "--replicate", str(replicates // 2)])[0]
                   for _ in range(5)]
        signs = [sign for number in range(3) if (sign := first_signs([*running, "--out", f"{folder}/sign{number}"]))]
    yield Row(f"run.py, {replicates:,} replicates to the last figure", f"{seconds:.1f} s",
              f"target {TARGETS['run']:g} s; {ensemble.cores()} cores")
    yield Row("run.py, memory of all its processes", f"{memory:.0f} MB", f"target {TARGETS['memory']:g} MB")
    if signs:
        shown, done = (median(times) for times in zip(*signs, strict=True))
        yield Row("run.py to its first sign on a terminal", f"{shown:.1f} s", f"first replicates done at {done:.1f} s")
    yield Row("run.py compare, as many replicates of each", f"{both:.1f} s",
              f"{both / seconds:.2f} times one run; target {TARGETS['compare']:g}")
    yield Row("run.py replay, one replicate", f"{median(telling):.1f} s",
              f"target {TARGETS['replay']:g} s; median of {len(telling)}")
    helping = [called([*command, "--help"])[0] for _ in range(7)]
    yield Row("run.py --help", f"{median(helping):.2f} s", f"target {TARGETS['help']:g} s; median of {len(helping)}")


HEAD = """# Performance

Written by `python benchmarks/run.py --write`: one run, nothing else running beside it. Compare rows of one table;
seconds of two machines say nothing about each other. How cost grows with what is asked is in [scaling.md](scaling.md).
"""
METHOD = "## How it is measured\n\n" + (__doc__ or "").partition("is measured:\n\n")[2]


if __name__ == "__main__":
    main()
