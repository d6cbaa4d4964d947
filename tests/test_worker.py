"""Worker processes that are killed or interrupted at the worst of moments. Each test is a process that may hang."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import BrokenExecutor
from multiprocessing import active_children, connection, util
from pathlib import Path
from typing import Any

import pytest

from sim import worker

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")]
#: More than a pipe holds.
MUCH = bytes(10**6)
ROOT = Path(__file__).parents[1]


def size(given: Any, seed: int, number: int) -> tuple[int, int]:
    return number, len(given)


def cut_short(given: Any, seed: int, number: int, folder: str) -> tuple[int, bytes]:
    """The first time it is asked for number 1, its process is killed while it sends the result."""
    if number == 1 and not (mark := Path(folder) / "killed").exists():
        mark.touch()

        def part(self: Any, content: Any) -> None:
            os.write(self.fileno(), bytes(content)[:20])
            os.kill(os.getpid(), signal.SIGKILL)

        connection.Connection._send = part  # type: ignore[attr-defined]
    return number, MUCH


class Slow:
    """Takes ten minutes to unpickle, and says when it begins to."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return _slowly, (self.mark,)


def _slowly(mark: Path) -> None:
    mark.touch()
    time.sleep(600)


def killed_at_birth() -> None:
    """The first worker dies before it has read what it is sent."""
    born, spawn = [], util.spawnv_passfds  # type: ignore[attr-defined]

    def kill_first(path: Any, words: Any, passed: Any) -> int:
        number: int = spawn(path, words, passed)
        if any("spawn_main" in str(word) for word in words):
            born.append(number)
            if len(born) == 1:
                os.kill(number, signal.SIGKILL)
        return number

    util.spawnv_passfds = kill_first  # type: ignore[attr-defined]
    results = worker.spread(size, [(number,) for number in range(4)], 2, MUCH, 1, lambda: None)
    assert sorted(results) == [(number, len(MUCH)) for number in range(4)]
    assert len(born) == 3


def killed_while_answering() -> None:
    """A worker dies halfway through a result."""
    with tempfile.TemporaryDirectory() as folder:
        results = worker.spread(cut_short, [(number, folder) for number in range(4)], 2, None, 1, lambda: None)
        assert sorted(number for number, _ in results) == [0, 1, 2, 3]


def killed_while_idle() -> None:
    """A task for a worker that is gone is lost like one that it was doing, and the next one finds another."""
    crew = worker.Processes(1, MUCH, 1)
    crew.submit(size, 0).result()
    for child in active_children():
        child.kill()
        child.join()
    while not crew._pools[0]._broken:  # type: ignore[attr-defined]
        time.sleep(0.01)
    lost = crew.submit(size, 1)
    assert isinstance(lost.exception(), BrokenExecutor)
    crew.mend(lost)
    assert crew.submit(size, 1).result() == (1, len(MUCH))
    crew.leave(hurry=False)


def interrupted_at_birth() -> None:
    """Ctrl-C while workers still load what they are sent does not wait for them."""
    with tempfile.TemporaryDirectory() as folder:
        mark = Path(folder) / "begun"
        crew = worker.Processes(1, Slow(mark), 1)
        crew.submit(size, 0)
        while not mark.exists():
            time.sleep(0.01)
        crew.leave(hurry=True)


@pytest.mark.parametrize("story", ["killed_at_birth", "killed_while_answering", "killed_while_idle",
                                   "interrupted_at_birth"])
def test_a_lost_worker_costs_its_task_only(story: str) -> None:
    done = subprocess.run([sys.executable, __file__, story], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
                          timeout=120, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


if __name__ == "__main__":
    globals()[sys.argv[1]]()
