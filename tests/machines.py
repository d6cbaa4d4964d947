"""Schedulers and workers of Dask for tests, as users start them, and the command beside them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from commands import ROOT, SMALL
from sim import store
from sim.batch import WIDTH

LOCALLY = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
#: The command, without drawing, and with other waiting times of `sim.cluster`.
COMMAND = """\
import json, sys
import sim.cluster, sim.figures
from sim import cli

if __name__ == "__main__":
    sim.figures.draw_all = lambda ensemble, folder: None
    vars(sim.cluster).update(json.loads(sys.argv.pop(1)))
    sys.exit(cli.main())
"""


class Machines:
    """Processes of Dask as users start them, and the command beside them, in a folder."""

    def __init__(self, folder: Path, ends: ExitStack):
        self.folder, self.ends, self.address = folder, ends, ""
        (folder / "small.yaml").write_text(SMALL, encoding="utf-8")
        (folder / "run.py").write_text(COMMAND, encoding="utf-8")

    def dask(self, *words: str) -> subprocess.Popen[str]:
        """A process that is killed in the end, and what it has started with it."""
        with (self.folder / "dask.log").open("a") as log:
            process = subprocess.Popen([sys.executable, "-m", "dask", *words], cwd=self.folder, env=LOCALLY, stdout=log,
                                       stderr=log, text=True, start_new_session=True)
        self.ends.callback(process.wait)
        self.ends.callback(_kill, process.pid)
        return process

    def scheduler(self) -> subprocess.Popen[str]:
        about = self.folder / "scheduler.json"
        process = self.dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-show", "--dashboard-address",
                            "127.0.0.1:0", "--scheduler-file", about.name)
        until(lambda: about.exists() and about.read_text().endswith("}"))
        self.address = json.loads(about.read_text())["address"]
        return process

    def worker(self, *words: str) -> subprocess.Popen[str]:
        return self.dask("worker", self.address, "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", *words)

    def begin(self, *words: str, cluster: str | None = None, limits: dict[str, float] | None = None,
              batches: int = 6) -> subprocess.Popen[str]:
        """The command; the folder `run` is to be filled."""
        where = ["--cluster", cluster or self.address]
        process = subprocess.Popen([sys.executable, "run.py", json.dumps(limits or {}), *self.line(batches), *where,
                                    "--out", "run", *words], cwd=self.folder, env=LOCALLY, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.ends.callback(process.wait)
        self.ends.callback(_kill, process.pid)
        return process

    def line(self, batches: int) -> list[str]:
        return ["run", "small.yaml", "-n", str(batches * WIDTH - 7), "--set", "weeks=20"]

    def done(self) -> int:
        """Batches on disk."""
        return len(list((self.folder / ".run.unfinished").glob("*.npz")))

    def same(self, batches: int = 6) -> None:
        """What is in the folder `run` is what one process comes to."""
        subprocess.run([sys.executable, "run.py", "{}", *self.line(batches), "--jobs", "1", "--out", "alone"],
                       cwd=self.folder, env=LOCALLY, check=True, capture_output=True)
        run, alone = store.read(self.folder / "run"), store.read(self.folder / "alone")
        assert run.outcomes.equals(alone.outcomes)
        assert run.data.identical(alone.data)


def _kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def until(come: Callable[[], Any], seconds: float = 60) -> Any:
    """Waits for something."""
    deadline = time.monotonic() + seconds
    while not (found := come()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def ended(process: subprocess.Popen[str]) -> tuple[int, str, list[str]]:
    """Exit code, stdout, and the lines on stderr, but for progress."""
    out, err = process.communicate(timeout=90)
    return process.returncode, out, [line for line in err.splitlines() if " a second, " not in line
                                     and "in 100 runs so far" not in line]


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    with ExitStack() as ends:
        yield Machines(tmp_path, ends)
