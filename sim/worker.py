"""Worker processes: how they start, and how they are stopped in the middle of a block.

Nothing heavy is imported here, so that a worker takes what it is sent before it loads numpy: its parent waits for that,
and would otherwise start one worker after the other.
"""

from __future__ import annotations

import io
import os
import pickle
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sim.errors import InputError

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing.process import BaseProcess


Result = TypeVar("Result")

#: Losses of workers in a row, with nothing done in between, after which no more are tried.
LIVES = 3
#: Parameters of GNU's malloc: from where on an array is a mapping of its own (M_MMAP_THRESHOLD), and how much that is
#: free may be kept (M_TRIM_THRESHOLD). These are the largest values that it comes to by itself.
MALLOC = {-3: 2**25, -1: 2**26}

_given: dict[str, Any] = {}
_doing = {"work": False, "stop": False}


def start(world: Any, seed: int) -> None:
    """Begins a worker's life; `world` is `packed`, as bytes or in shared memory."""
    signal.signal(signal.SIGINT, _hear)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_outlive_nobody, daemon=True).start()
    if not _doing["stop"]:
        _given.update(world=pickle.loads(world), seed=seed)


def _outlive_nobody() -> None:
    """Ends this process with its parent, however that ends."""
    from multiprocessing import parent_process

    if parent := parent_process():
        parent.join()
        os._exit(1)


def keep_memory() -> None:
    """Has the C library, where it is GNU's, keep what a week frees for the arrays of the next.

    It learns to by itself, unless it is told otherwise from outside, as Dask tells its workers: without this, those
    took twice as long.
    """
    import ctypes

    with suppress(AttributeError, TypeError):  # another C library
        allot = ctypes.CDLL(None).mallopt
        for parameter, size in MALLOC.items():
            allot(parameter, size)


def packed(given: Any) -> bytes:
    """`given`, pickled for `start`, with the types of its arrays as numpy's own.

    Pickled as they are, they come back as copies: equal, but `ufunc.at` takes ten times as long with those.
    """
    import numpy as np

    class Pickler(pickle.Pickler):
        def reducer_override(self, value: Any) -> Any:
            own = isinstance(value, np.dtype) and value.isbuiltin == 1
            return (np.dtype, (value.str,)) if own else NotImplemented

    stream = io.BytesIO()
    Pickler(stream).dump(given)
    return stream.getvalue()


def call(function: Callable[..., Result], *task: Any) -> Result:
    """`function` of what the worker began with and of a task.

    Raises `KeyboardInterrupt` once the worker has been told to stop.
    """
    with _at_work():
        return function(_given["world"], _given["seed"], *task)


@contextmanager
def _at_work() -> Iterator[None]:
    _doing["work"] = True
    try:
        if _doing["stop"]:
            raise KeyboardInterrupt
        yield
    finally:
        _doing["work"] = False


class Crew(Protocol):
    """Whoever does tasks, each in a process of its own."""

    ahead: int  # tasks to be given at a time

    def submit(self, function: Callable[..., Result], *task: Any) -> Future[Result]:
        """Has `function(given, seed, *task)` done."""

    def mend(self, future: Future[Any]) -> None:
        """Makes good for the worker that was lost with this task."""

    def leave(self, hurry: bool) -> None:
        """Lets the workers go; in a hurry, in the middle of what they do."""


class Processes:
    """A crew of processes on this machine, one pool each, so that one that is killed takes only its own task along.

    What is in a pipe of which this process holds both ends keeps it waiting for good, if a worker is killed halfway. So
    workers find the world in shared memory, and their end of the pipe for results is closed here.
    """

    def __init__(self, jobs: int, given: Any, seed: int):
        from multiprocessing import active_children, get_context

        # Workers inherit one thread each for linear algebra: the cores are taken already.
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        self.ahead = 2 * jobs
        world = packed(given)
        memory = get_context("spawn").RawArray("c", len(world))
        memory.raw = world
        self._begin = (memory, seed)
        self._others = set(active_children())
        self._pools = [self._pool() for _ in range(jobs)]
        self._doing: list[dict[Future[Any], None]] = [{} for _ in range(jobs)]

    def _pool(self) -> ProcessPoolExecutor:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context
        return ProcessPoolExecutor(1, get_context("spawn"), start, self._begin)

    def submit(self, function: Callable[..., Result], *task: Any) -> Future[Result]:
        """See `Crew`."""
        for doing in self._doing:
            for future in [future for future in doing if future.done()]:
                del doing[future]
        least = min(range(len(self._pools)), key=lambda pool: len(self._doing[pool]))
        future = _handed(self._pools[least], function, *task)
        self._doing[least][future] = None
        return future

    def mend(self, future: Future[Any]) -> None:
        """See `Crew`."""
        for pool, doing in enumerate(self._doing):
            if future in doing:
                self._pools[pool].shutdown(wait=True, cancel_futures=True)
                self._pools[pool] = self._pool()
                self._doing[pool] = {}

    def leave(self, hurry: bool) -> None:
        """See `Crew`."""
        from multiprocessing import active_children
        if hurry:
            stop(set(active_children()) - self._others)
        for pool in self._pools:
            pool.shutdown(wait=True, cancel_futures=True)


def _handed(pool: Any, function: Callable[..., Result], *task: Any) -> Future[Result]:
    """The task in the hands of a pool's worker, or lost like those before it, if that has just been killed."""
    from concurrent.futures import BrokenExecutor, Future

    try:
        future: Future[Result] = pool.submit(call, function, *task)
        pool._result_queue._writer.close()  # see `Processes`; nothing public does it
    except BrokenExecutor as error:
        future = Future()
        future.set_exception(error)
    return future


def spread(function: Callable[..., Result], tasks: Iterable[tuple[Any, ...]], jobs: int, given: Any, seed: int,
           begun: Callable[[], None], crew: Crew | None = None) -> Generator[Result, None, None]:
    """`function(given, seed, *task)` for every task, in the order in which they finish, by a crew or in so many
    processes; one job is done in this process. `begun` is called when the work is under way. What a lost worker was
    doing is done again. Raises `InputError` when nothing comes of that."""
    if jobs <= 1 and crew is None:
        begun()
        for task in tasks:
            yield function(given, seed, *task)
        return
    from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, wait

    crew = crew or Processes(jobs, given, seed)
    queue, losses, hurry = iter(tasks), 0, True
    doing: dict[Future[Result], tuple[Any, ...]] = {}
    try:
        _give_out(crew, function, queue, doing)
        begun()
        while doing:
            lost = []
            for future in wait(doing, return_when=FIRST_COMPLETED).done:
                task = doing.pop(future)
                try:
                    result = future.result()
                except (BrokenExecutor, CancelledError):
                    lost.append(task)
                    crew.mend(future)
                    continue
                losses = 0
                yield result
            losses += bool(lost)
            if losses > LIVES:
                raise InputError("worker processes are killed again and again, for want of memory perhaps; try fewer "
                                 "--jobs")
            queue = chain(lost, queue)
            _give_out(crew, function, queue, doing)
        hurry = False
    finally:
        crew.leave(hurry)


def _give_out(crew: Crew, function: Callable[..., Result], queue: Iterator[tuple[Any, ...]],
              doing: dict[Future[Result], tuple[Any, ...]]) -> None:
    """Gives the crew as many tasks of the queue as it takes, and notes in `doing` what they are."""
    with uninterrupted():  # workers are born here, and Ctrl-C is the parent's business
        for task in islice(queue, max(crew.ahead - len(doing), 0)):
            doing[crew.submit(function, *task)] = task


def stop(workers: Iterable[BaseProcess]) -> None:
    """Tells workers to leave their blocks."""
    if os.name == "posix":
        for process in workers:
            if process.pid:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGINT)


def _hear(number: int, frame: Any) -> None:
    """Stops at once while at work or not yet begun, else before the next block: never in the middle of sending a
    result."""
    _doing["stop"] = True
    if not _given:
        os._exit(1)
    if _doing["work"]:
        _doing["work"] = False
        raise KeyboardInterrupt


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Puts Ctrl-C off until the end. Processes that are started meanwhile put it off until `start`."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, before)
        if heard:
            signal.raise_signal(signal.SIGINT)
