"""Worker processes: how they start, and how they are stopped in the middle of a block.

Nothing heavy is imported here, so that a worker takes what it is sent before it loads numpy: its parent waits for that,
and would otherwise start one worker after the other.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess


Result = TypeVar("Result")

_given: dict[str, Any] = {}
_doing = {"work": False, "stop": False}


def start(world: bytes, seed: int) -> None:
    """Begins a worker's life; `world` is pickled."""
    signal.signal(signal.SIGINT, _hear)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if not _doing["stop"]:
        _given.update(world=pickle.loads(world), seed=seed)


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


def spread(function: Callable[..., Result], tasks: Iterable[tuple[Any, ...]], jobs: int, given: Any, seed: int,
           begun: Callable[[], None]) -> Iterator[Result]:
    """`function(given, seed, *task)` for every task, in the order in which they finish, in so many processes; one job
    is done in this process. `begun` is called when the work is under way."""
    if jobs <= 1:
        begun()
        for task in tasks:
            yield function(given, seed, *task)
        return
    from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
    from multiprocessing import active_children, get_context

    # Workers inherit one thread each for linear algebra: the cores are taken already.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    others = set(active_children())
    executor = ProcessPoolExecutor(jobs, get_context("spawn"), start, (pickle.dumps(given), seed))
    try:
        with uninterrupted():  # workers are born here, and Ctrl-C is the parent's business
            waiting: set[Future[Result]] = {executor.submit(call, function, *task) for task in tasks}
        begun()
        while waiting:
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()
    except BaseException:
        stop(set(active_children()) - others)
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def stop(workers: Iterable[BaseProcess]) -> None:
    """Tells workers to leave their blocks."""
    if os.name == "posix":
        for process in workers:
            if process.pid:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGINT)


def _hear(number: int, frame: Any) -> None:
    """Stops at once while at work, else before the next block: never in the middle of sending a result."""
    _doing["stop"] = True
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
