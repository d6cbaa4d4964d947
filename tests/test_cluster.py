"""A cluster comes to what one process comes to, whatever becomes of its workers and of its scheduler."""

from __future__ import annotations

import os
import pickle
import platform
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Future
from pathlib import Path
from typing import Any

import pytest

from commands import ROOT, Run, call, scenario
from machines import LOCALLY, Machines, ended, machines, until
from sim import cluster
from sim.batch import WIDTH
from sim.cluster import Cluster, Unfit, versions, work
from sim.errors import InputError

__all__ = ["call", "machines", "scenario"]

#: What a worker is that has another version of a package.
OTHER = "import {0}\n{0}.__version__ = '0.0.9'\n"


def _living(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _nursed(nanny: int) -> list[int]:
    """The worker that a nanny looks after: its child beside the one that multiprocessing itself has."""
    children = [int(child) for listed in Path(f"/proc/{nanny}/task").glob("*/children")
                for child in listed.read_text().split()]
    return [child for child in children if "resource_tracker" not in Path(f"/proc/{child}/cmdline").read_text()]


# With a scheduler that is not there

class Fake:
    """What a crew needs of Dask's client: workers with their versions, and an executor whose tasks we finish."""

    def __init__(self, **workers: Any):
        self.workers, self.status, self.asked = workers, "running", []
        self.scattered = 0

    def nthreads(self) -> dict[str, int]:
        return dict.fromkeys(self.workers, 1)

    def run(self, function: Any, on_error: str) -> dict[str, Any]:
        return dict(self.workers)

    def scatter(self, data: bytes, broadcast: bool, hash: bool) -> Any:
        self.scattered += 1
        given: Future[bytes] = Future()
        given.status = "finished"  # type: ignore[attr-defined]
        return given

    def get_executor(self, pure: bool, retries: int) -> Any:
        return self

    def submit(self, function: Any, *arguments: Any, **where: Any) -> Future[Any]:
        self.asked.append((Future(), where))
        return self.asked[-1][0]


def crew_of(client: Any) -> tuple[Cluster, list[str]]:
    """A crew, and what it tells."""
    told: list[str] = []
    return Cluster(client, "tcp://there:1", "world", 1, told.append), told


def test_losses_are_told_from_failures() -> None:
    client = Fake(a=versions())
    crew, _ = crew_of(client)
    futures = [crew.submit(print, number) for number in range(5)]
    given = [future for future, _ in client.asked]
    given[0].set_result("done")
    given[1].cancel()
    given[1].set_running_or_notify_cancel()
    for number, error in ((2, Unfit("old")), (3, ValueError("a mistake")), (4, AttributeError("a mistake"))):
        given[number].set_exception(error)
    assert futures[0].result(0) == "done"
    for number in (1, 2, 4):
        assert isinstance(futures[number].exception(0), BrokenExecutor)
    assert isinstance(futures[3].exception(0), ValueError)
    crew.mend(futures[1])
    assert client.scattered == 1
    crew._given.status = "lost"
    crew.mend(futures[2])
    assert client.scattered == 2
    with pytest.raises(AttributeError, match="a mistake"):  # all workers are fit
        crew.mend(futures[4])
    client.status = "connecting"
    with pytest.raises(InputError, match="the scheduler at tcp://there:1 is gone"):
        crew.mend(futures[1])
    crew.leave(hurry=True)


def test_workers_that_turn_out_unfit_are_passed_over() -> None:
    with pytest.raises(InputError, match=r"worker a cannot load the project \(No module named 'sim'\)"):
        crew_of(Fake(a=ModuleNotFoundError("No module named 'sim'"), b=versions()))
    client = Fake(a=versions())
    crew, told = crew_of(client)
    client.workers |= {"b": versions() | {"scipy": "0.1"}}
    future = crew.submit(print)
    client.asked[0][0].set_exception(Unfit())
    crew.mend(future)
    assert told == [f"worker b has scipy 0.1, not {versions()['scipy']} as here; install there what is here; "
                    "it gets no tasks"]
    crew.submit(print)
    assert {where["workers"][0] for _, where in client.asked} == {"a"}
    del client.workers["a"]
    with pytest.raises(InputError, match=r"worker b has scipy 0.1"):
        crew.mend(future)
    crew.leave(hurry=True)


def test_tasks_are_shared_out_evenly_and_kept_by_nobody() -> None:
    """The scheduler, asked to choose, gave one of two workers three of four tasks."""
    client = Fake(a=versions(), b=versions())
    crew, _ = crew_of(client)
    for number in range(4):
        crew.submit(print, number)
    assert [where["workers"] for _, where in client.asked] == [["a"], ["b"], ["a"], ["b"]]
    assert all(where["allow_other_workers"] for _, where in client.asked)
    for done in (0, 2):
        client.asked[done][0].set_result(None)
    crew.submit(print, 4)
    assert client.asked[-1][1]["workers"] == ["a"]
    crew.leave(hurry=True)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only GNU's C library has to be told")
def test_what_is_freed_is_kept_whatever_dask_tells_the_c_library() -> None:
    """Dask has its workers give freed memory back at once, with which batches took twice as long."""
    script = """
import resource, numpy, sim.worker
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        numpy.ones(2**18)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
first = faults()
sim.worker.keep_memory()
faults()
print(first, faults())"""
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT,
                          env=LOCALLY | {"MALLOC_TRIM_THRESHOLD_": "65536"}).stdout
    before, after = map(int, told.split())
    assert before > 10_000
    assert after < before / 20


def test_a_worker_takes_what_it_is_given_once_and_refuses_other_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_given", {})
    given = pickle.dumps([1])
    first, again = (work(versions(), "digest", given, 1, lambda world, seed, number: (world, seed + number), (2,))
                    for _ in range(2))
    assert first == ([1], 3)
    assert first[0] is again[0]
    with pytest.raises(Unfit, match="has numpy"):
        work(versions() | {"numpy": "0.1"}, "digest", given, 1, print, ())


def test_what_is_no_cluster(call: Run, scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for words, says in ((["127.0.0.1:8786"], '--cluster 127.0.0.1:8786: it is "local", or the address of a scheduler'),
                        (["tcp://127.0.0.1:1", "--jobs", 2], "--jobs 2: a cluster has the workers that were started")):
        code, out, err = call("run", scenario, "-n", 2, "--cluster", *words)
        assert (code, out) == (2, "")
        assert says in err
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, _, err = call("run", scenario, "-n", 2, "--cluster", "local")
    assert (code, "diplomacy-simulator[distributed]" in err) == (2, True)


# As processes

@pytest.mark.slow
def test_killed_workers_cost_their_batches_only(machines: Machines) -> None:
    machines.scheduler()
    nursed, alone = machines.worker(), machines.worker("--no-nanny")
    run = machines.begin(batches=10)
    until(lambda: machines.done() >= 1)
    os.kill(alone.pid, signal.SIGKILL)
    before = machines.done()
    until(lambda: machines.done() > before + 1 and bool(_nursed(nursed.pid)))
    os.kill(_nursed(nursed.pid)[0], signal.SIGKILL)  # none is left; the nanny starts another
    code, out, err = ended(run)
    assert code == 0, err
    assert f"{10 * WIDTH - 7:,} replicates" in out
    machines.same(10)


@pytest.mark.slow
def test_the_schedulers_death_leaves_a_run_that_can_be_resumed(machines: Machines) -> None:
    scheduler = machines.scheduler()
    machines.worker("--no-nanny")
    run = machines.begin()
    until(lambda: machines.done() >= 1)
    scheduler.kill()
    code, out, err = ended(run)
    assert (code, out) == (2, "")
    assert err[0] == f"error: the scheduler at {machines.address} is gone"
    assert "To go on" in err[1]
    assert err[2].endswith(f"--cluster {machines.address} --set weeks=20 --resume")
    assert len(err) == 3
    assert machines.done() >= 1
    run = machines.begin("--resume", "--jobs", "1", cluster="local")
    code, _, err = ended(run)
    assert code == 0, err
    machines.same()


@pytest.mark.slow
def test_a_worker_of_other_versions_does_nothing(machines: Machines) -> None:
    for package in ("sim", "numpy"):
        (machines.folder / f"old_{package}.py").write_text(OTHER.format(package))
    machines.scheduler()
    machines.worker("--no-nanny", "--preload", "old_sim.py")
    code, out, err = ended(machines.begin())
    assert (code, out) == (2, "")
    assert err == [err[0]]
    assert err[0].startswith("error: worker tcp://127.0.0.1:")
    assert f"has diplomacy-simulator 0.0.9, not {versions()['diplomacy-simulator']} as here" in err[0]


@pytest.mark.slow
def test_one_that_comes_later_does_nothing_either(machines: Machines) -> None:
    (machines.folder / "old_numpy.py").write_text(OTHER.format("numpy"))
    machines.scheduler()
    machines.worker("--no-nanny")
    run = machines.begin(batches=12)
    until(lambda: machines.done() >= 1)
    machines.worker("--no-nanny", "--preload", "old_numpy.py")
    code, _, err = ended(run)
    assert code == 0, err
    assert all(f"has numpy 0.0.9, not {versions()['numpy']} as here" in line for line in err)
    machines.same(12)


@pytest.mark.slow
def test_it_waits_for_workers_but_not_for_ever(machines: Machines) -> None:
    machines.scheduler()
    code, out, err = ended(machines.begin(limits={"HINT": 0.5, "LIMIT": 2}))
    assert (code, out) == (2, "")
    assert err == [f"the scheduler at {machines.address} has no workers; waiting. Start one with: "
                   f"dask worker {machines.address} --nthreads 1",
                   f"error: the scheduler at {machines.address} has had no worker for 2 seconds"]
    run = machines.begin(limits={"HINT": 0.2, "LIMIT": 2})
    time.sleep(1)
    worker = machines.worker("--no-nanny")
    until(lambda: machines.done() >= 1)
    worker.kill()
    code, out, err = ended(run)
    assert (code, out) == (2, "")
    assert f"error: the scheduler at {machines.address} has had no worker for 2 seconds" in err
    assert err[-1].endswith("--resume")


@pytest.mark.slow
def test_interrupted_on_workers_of_its_own(machines: Machines) -> None:
    run = machines.begin("--jobs", "2", cluster="local", batches=1000)
    until(lambda: machines.done() >= 1)
    started = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)
    code, out, err = ended(run)
    assert time.monotonic() - started < 3  # two seconds, and one for a busy machine
    assert (code, out) == (130, "")
    assert "finished batch" in "\n".join(err)
    assert err[-1].endswith("--cluster local --set weeks=20 --resume")
    until(lambda: not _living(run.pid), seconds=5)


@pytest.mark.slow
def test_nobody_answers(machines: Machines) -> None:
    code, out, err = ended(machines.begin(cluster="tcp://127.0.0.1:9", limits={"ANSWER": 0.5}))
    assert (code, out, err) == (2, "", ["error: no scheduler answers at tcp://127.0.0.1:9; start one with: "
                                        "dask scheduler --host 127.0.0.1"])
    code, out, err = ended(machines.begin(cluster="tls://127.0.0.1:9"))
    assert (code, out) == (2, "")
    assert err == ["error: --cluster tls://127.0.0.1:9: Dask's settings name no certificates for TLS; "
                   "docs/how-to/run-on-a-cluster.md shows how"]
