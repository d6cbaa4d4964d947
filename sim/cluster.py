"""A cluster: tasks done by workers of Dask, on this machine or on others. Needs the extra `distributed`.

Whoever gives the tasks connects to a scheduler, which hands them to workers; see docs/how-to/run-on-a-cluster.md.
"""

from __future__ import annotations

import logging
import pickle
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, InvalidStateError
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

from sim.errors import InputError, Problem
from sim.worker import keep_memory, packed, uninterrupted

if TYPE_CHECKING:
    from distributed import Client

Result = TypeVar("Result")
Versions = dict[str, str]

#: What `--cluster` takes: processes of this machine, or a scheduler's address.
LOCAL, SCHEMES = "local", ("tcp://", "tls://")
#: Seconds in which a scheduler must answer; without workers before that is said, and before the run ends; from one
#: count of the workers to the next; and for saying goodbye.
ANSWER, HINT, LIMIT, PAUSE, GOODBYE = 10.0, 3.0, 600.0, 1.0, 0.5
#: How often Dask repeats a task that fails.
RETRIES = 2

_given: dict[str, Any] = {}  # what this worker was given last, by digest
_turn = threading.Lock()  # models are made for one thread; a worker with more does one task at a time all the same


class Unfit(BrokenExecutor):
    """A worker's answer to a task that it would do otherwise than whoever gave it."""


def versions() -> Versions:
    """What results depend on, by package."""
    import numpy
    import scipy

    import sim
    return {"diplomacy-simulator": sim.__version__, "numpy": numpy.__version__, "scipy": scipy.__version__}


def work(there: Versions, digest: str, given: bytes, seed: int, function: Callable[..., Result],
         task: tuple[Any, ...]) -> Result:
    """`function(given, seed, *task)`, in a worker. `given` is `packed`; the worker keeps what it was given last.

    Raises `Unfit` unless the worker has the `versions` that they have there.
    """
    if wrong := _difference(versions(), there):
        raise Unfit(wrong)
    with _turn:
        if digest not in _given:
            keep_memory()
            _given.clear()
            _given[digest] = pickle.loads(given)
        return function(_given[digest], seed, *task)


class Cluster:
    """A crew of the workers that a scheduler has; see `sim.worker.Crew`. `tell` is called with hints for the user.

    Raises `InputError` when no worker comes, and when one that is there has other versions. One that comes later and
    has other versions gets no tasks, once that is known.
    """

    def __init__(self, client: Client, address: str, given: Any, seed: int, tell: Callable[[str], None]):
        from distributed import KilledWorker

        self.ahead = 1
        self._losses = (KilledWorker, ImportError, AttributeError)
        self._client, self._address, self._seed, self._tell = client, address, seed, tell
        self._executor = client.get_executor(pure=False, retries=RETRIES)
        self._packed = packed(given)
        self._digest = sha256(self._packed).hexdigest()
        self._there: dict[str, int] = {}  # threads of the workers, by address
        self._unfit: dict[str, Problem] = {}  # what is wrong with workers, by address
        self._last, self._told = monotonic(), False  # when there were workers last; whether their want was told
        self._doing: dict[Future[Any], str] = {}  # for which worker each task was meant
        self._over = threading.Event()
        with self._answering():
            self._await()
            if unfit := self._look():
                raise InputError(unfit)
            self._given = self._hand_out()
        if wide := [worker for worker, threads in self._there.items() if threads > 1]:
            tell(f"worker {wide[0]} has {self._there[wide[0]]} threads but does one batch at a time; start workers "
                 "with --nworkers N --nthreads 1")
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, function: Callable[..., Result], *task: Any) -> Future[Result]:
        """See `sim.worker.Crew`."""
        where = self._least_busy()
        future: Future[Result] = Future()
        self._doing[future] = where
        # Left to itself, the scheduler may give one worker more than another, and moves tasks only after a while.
        wish = {"workers": [where], "allow_other_workers": True} if where else {}
        theirs = self._executor.submit(work, versions(), self._digest, self._given, self._seed, function, task, **wish)
        theirs.add_done_callback(partial(self._pass_on, future))
        return future

    def mend(self, future: Future[Any]) -> None:
        """See `sim.worker.Crew`. Raises `InputError` when the scheduler is gone, or no worker is left."""
        with self._answering():
            self._await()
            unfit = self._look()
            if not self._fit():
                raise InputError(self._unfit.values())
            for problem in unfit:
                self._tell(f"{problem}; it gets no tasks")
            error = future.exception()
            if error and isinstance(error.__cause__, ImportError | AttributeError) and not self._unfit:
                raise error.__cause__  # it was not a worker's fault
            if self._given.status != "finished":  # the workers that had it are gone
                self._given = self._hand_out()

    def leave(self, hurry: bool) -> None:
        """See `sim.worker.Crew`. Tasks that are not done are dropped when the client leaves the scheduler; a worker
        finishes the one that it is in the middle of."""
        self._over.set()

    def _hand_out(self) -> Any:
        return self._client.scatter(self._packed, broadcast=True, hash=False)

    def _fit(self) -> list[str]:
        return [worker for worker in self._there if worker not in self._unfit]

    def _least_busy(self) -> str:
        """The worker that is to do the fewest tasks; none where there is none."""
        busy = Counter(list(self._doing.values()))
        return min(self._fit(), key=lambda worker: busy[worker], default="")

    def _pass_on(self, future: Future[Any], theirs: Future[Any]) -> None:
        """Lets a task's future know what became of it; losses are a `BrokenExecutor`."""
        self._doing.pop(future, None)
        with suppress(InvalidStateError):  # it was given up
            error = BrokenExecutor() if theirs.cancelled() else theirs.exception()
            if isinstance(error, self._losses):
                lost = BrokenExecutor()
                lost.__cause__ = error
                error = lost
            if error:
                future.set_exception(error)
            else:
                future.set_result(theirs.result())

    def _await(self) -> None:
        """Returns when there are workers. Raises `InputError` when none comes."""
        while not self._count():
            sleep(PAUSE / 5)

    def _count(self) -> bool:
        """Whether there are workers; says so when there are none. Raises `InputError` when that lasts."""
        self._there = self._client.nthreads()
        self.ahead = max(2 * len(self._there), 1)
        away = monotonic() - self._last
        if self._there:
            self._last, self._told = monotonic(), False
        elif away > LIMIT:
            raise InputError(f"the scheduler at {self._address} has had no worker for {LIMIT:.0f} seconds")
        elif away > HINT and not self._told:
            self._told = True
            self._tell(f"the scheduler at {self._address} has no workers; waiting. Start one with: "
                       f"dask worker {self._address} --nthreads 1")
        return bool(self._there)

    def _look(self) -> list[Problem]:
        """Finds workers that have other versions, and gives what is wrong with those that were not known."""
        here, told = versions(), []
        for worker, found in self._client.run(versions, on_error="return").items():
            if isinstance(found, OSError) or worker in self._unfit:  # it has gone, or is known
                continue
            wrong = f"cannot load the project ({found})" if isinstance(found, Exception) else _difference(found, here)
            if wrong:
                self._unfit[worker] = Problem(f"worker {worker} {wrong}; install there what is here")
                told.append(self._unfit[worker])
        return told

    def _watch(self) -> None:
        """Counts the workers now and then, and gives the tasks up when there have been none for too long."""
        while not self._over.wait(PAUSE):
            try:
                self._count()
            except InputError as error:
                for future in list(self._doing):
                    with suppress(InvalidStateError):
                        future.set_exception(error)
            except Exception:  # the scheduler is gone, and so are its tasks; see `mend`
                continue

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Raises `InputError` where the scheduler is gone, or goes."""
        gone = InputError(f"the scheduler at {self._address} is gone")
        if self._client.status != "running":
            raise gone
        try:
            yield
        except OSError as error:
            raise gone from error


def _difference(found: Versions, wanted: Versions) -> str:
    """In what versions differ, in words."""
    return " and ".join(f"has {name} {found.get(name, 'of no version')}, not {version} as here"
                        for name, version in wanted.items() if found.get(name) != version)


# Beginning and end

def check(where: str, jobs: int | None) -> None:
    """Raises `InputError` for what is no cluster, and where Dask is missing."""
    from importlib.util import find_spec

    if where != LOCAL and not where.startswith(SCHEMES):
        raise InputError(f'--cluster {where}: it is "{LOCAL}", or the address of a scheduler such as '
                         "tcp://127.0.0.1:8786")
    if where != LOCAL and jobs is not None:
        raise InputError(f"--jobs {jobs}: a cluster has the workers that were started for it; leave out --jobs")
    if find_spec("distributed") is None:
        raise InputError('--cluster needs Dask, which is not installed; pip install "diplomacy-simulator[distributed]" '
                         "adds it")


@contextmanager
def joined(where: str, jobs: int, given: Any, seed: int, tell: Callable[[str], None]) -> Iterator[Cluster]:
    """The workers of the scheduler at an address, or so many of this machine, as long as they are needed.

    Raises `InputError` where no scheduler answers.
    """
    with _unlogged():
        if where != LOCAL:
            with _connected(where) as client:
                yield Cluster(client, where, given, seed, tell)
        else:
            with _started(jobs) as address, _connected(address) as client:
                yield Cluster(client, address, given, seed, lambda text: None)  # its workers come by themselves


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    with uninterrupted():
        from distributed import Client, Security
    if address.startswith("tls://") and not Security().get_connection_args("client").get("ssl_context"):
        raise InputError(f"--cluster {address}: Dask's settings name no certificates for TLS; "
                         "docs/how-to/run-on-a-cluster.md shows how")
    try:
        client = Client(address, timeout=ANSWER, set_as_default=False)
    except OSError:
        raise InputError(f"no scheduler answers at {address}; start one with: "
                         "dask scheduler --host 127.0.0.1") from None
    except (ValueError, RuntimeError, ImportError) as error:  # as for an address without a port
        raise InputError(f"--cluster {address}: {error}") from None
    try:
        try:
            client.run_on_scheduler(versions)
        except (ImportError, AttributeError) as error:
            raise InputError(f"the scheduler at {address} cannot load the project ({error}); start it where that is "
                             "installed") from None
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=GOODBYE)


@contextmanager
def _started(workers: int) -> Iterator[str]:
    """The address of a scheduler in this process, with so many workers beside it."""
    from multiprocessing import active_children

    with uninterrupted():  # its threads, and the workers they start, leave Ctrl-C to this one
        from distributed import LocalCluster
        others = set(active_children())
        cluster = LocalCluster(n_workers=0, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
                               silence_logs=logging.CRITICAL, memory_limit=0)
    try:
        cluster.scale(workers)
        yield cluster.scheduler_address
    except BaseException:
        for process in set(active_children()) - others:
            process.kill()
        raise
    finally:
        with suppress(Exception):
            cluster.close(timeout=GOODBYE)


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keeps Dask from telling what is told otherwise."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
