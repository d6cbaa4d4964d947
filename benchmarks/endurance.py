"""What large runs take and withstand: `python benchmarks/endurance.py [--write]`.

Prints one table; `--write` keeps it in docs/endurance.md. How each row is measured:

* A million is the whole command, from its start to its last figure, timed by the clock. Its memory is the largest sum
  over its processes, sampled ten times a second; a page that several share counts for each its part.
* Workers are compared by the clock over one ensemble each, from a compiled world to its Ensemble, with the start of
  the processes in it; and again without it, as the rate at which batches came from the second one on.
* Dask's overhead is that of a cluster on this machine over as many processes as it has workers, both of which are
  there already and have done some batches. A batch is made as short as takes about a second.
* Kills: each run is killed with SIGKILL at a random moment within the time that it takes undisturbed, gone on with by
  `--resume` to its end, and its outcomes held against those of a run that nothing disturbed, bit by bit. One that ends
  sooner does not count.

Rows are measured one after another, and may be of several runs of this file: `--parts` measures some anew.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from itertools import count
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.measuring import Row, called, measured_with, table  # noqa: E402

if TYPE_CHECKING:
    from sim.worker import Crew
    from sim.world import World

REPORT = ROOT / "docs" / "endurance.md"
COMMAND = [sys.executable, str(ROOT / "run.py"), "run", "july_2025", "--quiet"]
#: What the project asks of itself.
MINUTES, MEGABYTES, TIMES, PER_CENT = 5, 1500, 1.7, 10


def main() -> None:
    """Measures everything and prints the table."""
    from sim.ensemble import cores

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"keep the table in {REPORT.relative_to(ROOT)}")
    parser.add_argument("-n", type=int, default=1_000_000, help="replicates of the large run (default 1000000)")
    parser.add_argument("--shared", type=int, default=122_880, help="replicates that workers share (default 122880)")
    parser.add_argument("--kills", type=int, default=50, help="how many runs are killed (default 50)")
    parts = ("large", "workers", "cluster", "kills")
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts, help="what to measure (default all)")
    arguments = parser.parse_args()
    measured = {"large": lambda: large(arguments.n), "workers": lambda: workers(arguments.shared),
                "cluster": lambda: cluster(arguments.shared // 5), "kills": lambda: kills(arguments.kills)}
    rows = {row.what: row for row in (_kept() if set(arguments.parts) < set(parts) else ())}
    rows |= {row.what: row for part in arguments.parts for row in _told(measured[part]())}
    report = f"{measured_with(cores())}; scenario july_2025.\n\n" + table(list(rows.values()), ("what", "measured", ""))
    print(report)
    if arguments.write:
        REPORT.write_text(f"{HEAD}\n{report}\n\n{METHOD}", encoding="utf-8")


def _told(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        print(f"{row.what}: {row.value}", file=sys.stderr)
        yield row


def _kept() -> Iterator[Row]:
    """The rows of the page as it is."""
    for line in REPORT.read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("| what "):
            yield Row(*(cell.strip() for cell in line.strip("|").split("|")))


def large(replicates: int) -> Iterator[Row]:
    """The whole command with very many replicates."""
    with tempfile.TemporaryDirectory() as folder:
        seconds, memory = called([*COMMAND, "-n", str(replicates), "--out", f"{folder}/out"], watch=True)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 1e6
    yield Row(f"run.py, {replicates:,} replicates", f"{seconds / 60:.1f} min", f"target {MINUTES} min")
    yield Row("– memory of all its processes", f"{memory:,.0f} MB", f"target {MEGABYTES:,} MB")
    yield Row("– what it leaves on disk", f"{size:,.0f} MB")


# Workers

def workers(replicates: int) -> Iterator[Row]:
    """Two workers against one."""
    world = _world()
    whole, going = zip(*(_shared(world, replicates, jobs) for jobs in (1, 2)), strict=True)
    yield Row(f"Two workers against one, {replicates:,} replicates", f"{whole[0] / whole[1]:.2f} times",
              f"target {TIMES:g}; {whole[0]:.1f} s and {whole[1]:.1f} s")
    yield Row("– once they are at work", f"{going[0] / going[1]:.2f} times")


def _shared(world: World, replicates: int, jobs: int) -> tuple[float, float]:
    """Seconds of an ensemble, and seconds a replicate from the second batch on, by the clock."""
    from sim.ensemble import Status, run
    from sim.worker import Processes

    seen: list[tuple[float, int]] = []

    def progress(status: Status) -> None:
        seen.append((time.perf_counter(), status.done))

    started = time.perf_counter()
    run(world, replicates, progress=progress, crew=Processes(jobs, world, 1))
    seconds = time.perf_counter() - started
    (first, done), (last, all_done) = seen[min(jobs, len(seen) - 2)], seen[-1]
    return seconds, (last - first) / (all_done - done)


def cluster(replicates: int) -> Iterator[Row]:
    """Dask against processes of this project's own, both at work already."""
    from sim.cluster import joined
    from sim.ensemble import cores
    from sim.worker import Processes

    world = _world()
    with ExitStack() as stack:
        crews: dict[str, Crew] = {"processes": Processes(cores(), world, 1)}
        stack.callback(crews["processes"].leave, False)
        _rest(world, replicates, crews["processes"])  # they begin before Dask sets variables that they would inherit
        crews["dask"] = stack.enter_context(joined("local", cores(), world, 1, lambda text: None))
        times: dict[str, list[float]] = {name: [] for name in crews}
        for _ in range(5):
            for name, crew in crews.items():
                times[name].append(_rest(world, replicates, crew))
    own, theirs = (median(times[name]) for name in ("processes", "dask"))
    yield Row(f"Dask over processes, {replicates:,} replicates", f"{100 * (theirs / own - 1):+.1f} %",
              f"target at most {PER_CENT} %; {own:.2f} s and {theirs:.2f} s")


def _rest(world: World, replicates: int, crew: Crew) -> float:
    """Seconds of an ensemble whose crew goes on living."""
    from sim.ensemble import run

    class Staying:
        """The crew, which nobody lets go."""

        submit, mend = crew.submit, crew.mend
        ahead = property(lambda self: crew.ahead)

        def leave(self, hurry: bool) -> None:
            """See `sim.worker.Crew`."""

    run(world, replicates // 4, crew=Staying())
    started = time.perf_counter()
    run(world, replicates, crew=Staying())
    return time.perf_counter() - started


def _world() -> World:
    from sim.compiler import compile_world
    from sim.scenario import load
    return compile_world(load("july_2025"))


# Kills

def kills(times: int, replicates: int = 24_000) -> Iterator[Row]:
    """Runs that are killed at random moments and gone on with, against one that was not."""
    chance, killed, same = random.Random(1), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        command = [*COMMAND, "--set", "weeks=26", "-n", str(replicates), "--jobs", "2", "--resume", "--out"]
        seconds, _ = called([*command, f"{folder}/straight"])
        straight = _outcomes(Path(folder, "straight"))
        for out in (Path(folder, f"run{number}") for number in count()):
            if killed == times:
                break
            if _killed([*command, str(out)], chance.uniform(0.3, seconds)):
                killed += 1
                called([*command, str(out)])
                same += _outcomes(out) == straight
                print(f"{killed} kills", file=sys.stderr)
            shutil.rmtree(out)
    yield Row(f"Runs of {replicates:,} killed at random moments", f"{killed}",
              f"{same} of them, gone on with, the same as undisturbed, bit by bit")


def _killed(command: list[str], after: float) -> bool:
    """Whether a command had to be killed after so many seconds; otherwise it was through."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            if process.wait(after):
                raise SystemExit(f"{' '.join(command[1:])} failed with exit code {process.returncode}")
            return False
        except subprocess.TimeoutExpired:
            process.kill()
            return True


def _outcomes(folder: Path) -> str:
    return sha256((folder / "outcomes.csv").read_bytes()).hexdigest()


HEAD = """# Endurance

Written by `python benchmarks/endurance.py --write`. Compare numbers of one table; seconds of two machines say nothing
about each other. What a replicate-week is made of is in [performance.md](performance.md), how cost grows in
[scaling.md](scaling.md).
"""
METHOD = "## How it is measured\n\n" + (__doc__ or "").partition("is measured:\n\n")[2]


if __name__ == "__main__":
    main()
