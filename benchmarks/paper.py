"""On paper: what ensembles would take that nobody has run yet, from the points that were measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from textwrap import fill
from typing import Any

from benchmarks.measuring import table

#: Replicates and countries to think of, and with what: judgement, and easily put otherwise.
REPLICATES, COUNTRIES, FEW = 10**9, 190, 10**6
CORES, DOLLARS = 1000, 0.04  # of a cluster; for an hour of one core


#: What follows from the numbers.
SAID = (
    "From the points above; the cluster and its price are judgement.",
    "**A thousand million replicates** are {models} models of {width}. A model leaves {fixed} however many replicates "
    "it holds, which is the weekly distributions, and {apiece} bytes for each. With {cores} cores these come to the "
    "one process that adds them up at {arriving} a second. That process, and the folder of {models} files, give first, "
    "before the simulation does: each worker would have to add up many models before it hands anything on. Precision "
    "does not ask for so many: at a million replicates the standard error of any share is at most 0.05 percentage "
    "points.",
    "**{countries} countries** cost {many} µs a replicate-week and {room} a replicate, if things go on as between the "
    "last two worlds above (time as the power {steeper} of the number of countries, memory as {wider}). What gives "
    "first is memory: conduct is kept for every ordered pair, kind and memory, so that a model of {width} replicates "
    "does not fit into a worker, let alone a week of it into a cache. Models of fewer replicates are slower by what "
    "each call costs; keeping conduct only for pairs that some option links would cure it. The copies have options "
    "toward one other group only; in a real world more pairs would be linked, and its entries would have to be "
    "written.",
)


def written(tables: Mapping[str, Sequence[Any]]) -> str:
    """The section of docs/scaling.md: two ensembles on a cluster, their hours, bytes and cost, and what gives first."""
    from sim.batch import WIDTH
    from sim.compiler import compile_world
    from sim.scenario import load

    world = compile_world(load("july_2025"))
    each, weeks = tables["replicates"][-1].each, world.weeks
    fixed, apiece = kept(world)
    largest = tables["countries"][-1]
    steeper, wider = exponent(tables["countries"], "each"), exponent(tables["countries"], "above")
    many = largest.each * (COUNTRIES / largest.size) ** steeper
    base = tables["countries"][0].megabytes
    room = (largest.megabytes - base) * 1e6 / largest.replicates * (COUNTRIES / largest.size) ** wider
    hours = REPLICATES * weeks * each / 3.6e9
    hours_many = FEW * weeks * many / 3.6e9
    models = -(-REPLICATES // WIDTH)
    arriving = CORES / (WIDTH * weeks * each / 1e6) * (fixed + WIDTH * apiece)
    rows = [("core hours", f"{hours:,.0f}", f"{hours_many:,.0f}"),
            (f"hours on {CORES:,} cores", f"{hours / CORES:.1f}", f"{hours_many / CORES:.1f}"),
            (f"dollars at {DOLLARS} a core hour", f"{hours * DOLLARS:,.0f}", f"{hours_many * DOLLARS:,.0f}"),
            ("kept on disk", size(models * fixed + REPLICATES * apiece),
             size(FEW / WIDTH * fixed * (COUNTRIES / len(world.countries)) ** 2 + FEW * apiece)),
            ("memory of a worker", f"{tables['replicates'][-1].megabytes:,.0f} MB",
             f"{room * WIDTH / 1e9:,.0f} GB at {WIDTH:,} replicates a model, {room * 256 / 1e9:,.1f} GB at 256")]
    head = ("", f"{REPLICATES:,} replicates of july_2025", f"{FEW:,} replicates of {COUNTRIES} countries")
    numbers = {"models": f"{models:,}", "width": f"{WIDTH:,}", "fixed": size(fixed), "apiece": f"{apiece:.0f}",
               "cores": f"{CORES:,}", "arriving": size(arriving), "countries": COUNTRIES, "many": f"{many:,.0f}",
               "room": size(room), "steeper": f"{steeper:.1f}", "wider": f"{wider:.1f}"}
    return "\n\n".join(["## On paper", table(rows, head), *(fill(text.format(**numbers), 118) for text in SAID)])


def kept(world: Any) -> tuple[float, float]:
    """Bytes that a batch leaves however many replicates it holds, and for each."""
    from sim.batch import TRAJECTORIES, run_batch

    # Beyond those whose trajectories are kept, so that these do not count.
    batch = run_batch(world, 1, 1, 16)
    assert TRAJECTORIES
    fixed = sum(part.nbytes for part in batch.counts.values()) + batch.occurred.nbytes
    return fixed, (batch.outcomes.nbytes + batch.endings.nbytes) / len(batch.endings)


def exponent(points: Sequence[Any], what: str) -> float:
    """The power of the size with which time, or memory above that of the least, grows at the end."""
    before, last = points[-2:]
    least = points[0].megabytes if what == "above" else 0.0
    first, second = ((point.megabytes - least if what == "above" else point.each) for point in (before, last))
    return log(max(second, 1e-9) / max(first, 1e-9)) / log(last.size / before.size)


def size(number: float) -> str:
    """Bytes in words."""
    power = min(int(log(max(number, 1), 1000)), 4)
    return f"{number / 1000**power:.3g} {('bytes', 'kB', 'MB', 'GB', 'TB')[power]}"
