"""Worker processes that answer requests: each in a pool of its own, so that one that is stopped takes only its own
task along."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from typing import Any, TypeVar

from sim import worker
from sim.errors import InputError

Result = TypeVar("Result")

#: Requests that may wait for a worker; seconds that a request may take.
WAITING, SECONDS = 24, 30.0


class Busy(Exception):
    """Too many requests wait already, or the worker was lost."""


def ready() -> int:
    """Loads what all tasks need; the number of this process."""
    import sim.model
    import sim.web.work  # noqa: F401
    return os.getpid()


class Worker:
    """One process, which is there once it has something to do."""

    def __init__(self) -> None:
        self.executor = ProcessPoolExecutor(1, get_context("spawn"), worker.start, (worker.packed(None), 0))
        self.begun: Future[int] | None = None

    def begin(self) -> None:
        """Starts it, if it has not been."""
        if self.begun is None:
            with worker.uninterrupted():
                self.begun = self.executor.submit(ready)

    def submit(self, function: Callable[..., Result], *task: Any) -> Future[Result]:
        """Has `function(*task)` done."""
        self.begin()
        return self.executor.submit(function, *task)

    def kill(self) -> None:
        """Ends it in the middle of what it does."""
        with suppress(Exception):
            if self.begun is not None:
                os.kill(self.begun.result(timeout=5), getattr(signal, "SIGKILL", signal.SIGTERM))

    def close(self) -> None:
        """Ends it."""
        self.kill()
        self.executor.shutdown(wait=True, cancel_futures=True)


class Pool:
    """So many workers; to be used within one event loop."""

    def __init__(self, workers: int):
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        self.workers = [Worker() for _ in range(workers)]
        self.idle, self.free = list(range(workers)), asyncio.Semaphore(workers)
        self.about = [""] * workers
        self.waiting = 0

    def begin(self) -> None:
        """Starts all workers, before there is anything to do."""
        for each in self.workers:
            each.begin()

    async def call(self, function: Callable[..., Result], *task: Any, seconds: float = SECONDS,
                   about: str = "") -> Result:
        """`function(*task)` by a worker: if one is idle that did something `about` the same last, by that one, which
        has kept what it needs. Raises `Busy`, and `InputError` for what takes too long."""
        if self.waiting >= WAITING:
            raise Busy("too many requests at once; try again in a moment")
        self.waiting += 1
        try:
            await self.free.acquire()
        finally:
            self.waiting -= 1
        place = max(self.idle, key=lambda each: (self.about[each] == about, self.idle.index(each)))
        self.idle.remove(place)
        self.about[place] = about
        loop, own = asyncio.get_running_loop(), self.workers[place]
        try:
            future = own.submit(function, *task)
        except BrokenExecutor:
            self._free(place, True)
            raise Busy("a worker was lost; try again") from None
        future.add_done_callback(lambda done: _told(loop, self._free, place, _broken(done)))
        try:
            found = asyncio.wrap_future(future)
            found.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may wait any more
            return await asyncio.wait_for(asyncio.shield(found), seconds)
        except TimeoutError:
            own.kill()
            raise InputError(f"this takes longer than {seconds:g} seconds; ask for less") from None
        except BrokenExecutor:
            raise Busy("a worker was lost; try again") from None

    def _free(self, place: int, broken: bool) -> None:
        if broken:
            self.workers[place].close()
            self.workers[place] = Worker()
        self.idle.append(place)
        self.free.release()

    def close(self) -> None:
        """Ends all workers."""
        for each in self.workers:
            each.close()


def _broken(future: Future[Any]) -> bool:
    return not future.cancelled() and isinstance(future.exception(), BrokenExecutor)


def _told(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *words: Any) -> None:
    """Calls a function in the loop, unless that has ended."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function, *words)
