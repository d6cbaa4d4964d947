"""Full runs: both sides piece by piece in worker processes, stopped at any time, with what is there by then."""

from __future__ import annotations

import asyncio
import csv
import io
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import InputError
from sim.gathering import Gathering
from sim.store import Record, cells
from sim.web import work
from sim.web.changes import Library, Question
from sim.web.pool import Busy, Pool

if TYPE_CHECKING:
    from sim.ensemble import Ensemble

#: Jobs at a time that are not finished, and finished ones whose results are kept; seconds that one may take.
OPEN, KEPT, SECONDS = 6, 8, 900.0

Row = dict[str, Any]


@dataclass
class Job:
    """A full run of a question. `state` is running, done, cancelled, stopped (out of time) or failed."""

    question: Question
    library: Library
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    state: str = "running"
    problem: str = ""
    stamps: tuple[int, ...] = ()
    started: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    gathered: dict[str, Gathering] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    _made: dict[str, tuple[int, Ensemble]] = field(default_factory=dict)

    @property
    def pieces(self) -> int:
        return -(-self.question.replicates // work.PIECE)

    @property
    def done(self) -> int:
        """Replicates done, of all sides."""
        return sum(int(gathering.totals.sum()) for gathering in self.gathered.values())

    @property
    def paired(self) -> int:
        """Replicates done of every side, and in their order."""
        sides = self.question.sides
        return min(int(self.gathered[side].totals.sum()) if side in self.gathered else 0 for side in sides)

    def status(self) -> Row:
        """How far it has come."""
        seconds = (self.ended or time.monotonic()) - self.started
        total = self.question.replicates * len(self.question.sides)
        left = seconds * (total - self.done) / self.done if self.done and self.state == "running" else None
        return {"id": self.id, "state": self.state, "problem": self.problem, "done": self.done, "total": total,
                "replicates": self.paired, "asked": self.question.replicates, "seconds": round(seconds, 2),
                "left": None if left is None else round(left, 1),
                "endings": [int(number) for number in self.gathered["alt"].totals] if "alt" in self.gathered else []}

    def ensemble(self, side: str) -> Ensemble:
        """What there is of one side, as far as all sides have come."""
        from sim.dataset import assemble
        from sim.experiments.paired import first

        gathering, runs = self.gathered[side], self.paired
        if side not in self._made or self._made[side][0] != gathering.batches:
            world = work.world_of(self.question.sides[side], self.library)
            made = assemble(world, gathering, self.question.seed, self.status()["seconds"])
            self._made[side] = gathering.batches, made
        found = self._made[side][1]
        return found if found.replicates == runs else first(found, runs)

    def measured(self, side: str) -> work.Measured:
        """Outcomes and endings (R,) of one side, as far as all sides have come."""
        gathering, runs = self.gathered[side], self.paired
        outcomes, endings = gathering.measured()
        return outcomes[:runs], endings[:runs]

    def results(self) -> Row:
        """Status and, once there are any, rows of endings and outcomes as of a draft."""
        found = {"schema": 1, "seed": self.question.seed} | self.status()
        if not self.paired:
            return found
        sides = self.question.sides
        scenarios = {side: work.world_of(changes, self.library).scenario for side, changes in sides.items()}
        alike = "base" in sides and work._alike(scenarios["alt"], scenarios["base"])
        base = self.measured("base") if alike else None
        return found | {"compared": alike, "sides": list(sides)} | work.compared_rows(
            scenarios["alt"], self.measured("alt"), base)

    def csv(self, side: str) -> str:
        """A row per replicate, as outcomes.csv of a run."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        scenario = work.world_of(self.question.sides[side], self.library).scenario
        writer.writerow(["replicate", *scenario.outcomes, "ending"])
        writer.writerows([number, *row] for number, row in enumerate(Held.of(self, side).rows))
        return stream.getvalue()


@dataclass(frozen=True)
class Held(Record):
    """A run whose outcomes are in memory."""

    values: Any = None
    endings: Any = None

    @classmethod
    def of(cls, job: Job, side: str) -> Held:
        """One side of a job."""
        scenario = work.world_of(job.question.sides[side], job.library).scenario
        values, endings = job.measured(side)
        return cls(Path(), scenario, job.question.seed, len(endings), {}, values, endings)

    @cached_property
    def rows(self) -> list[list[str]]:
        """See `Record`."""
        columns = [cells(self.values[:, place], outcome.kind, self.scenario.start)
                   for place, outcome in enumerate(self.scenario.outcomes.values())]
        names = [ending.name for ending in self.scenario.endings]
        return [list(row) for row in zip(*columns, [names[number] for number in self.endings.tolist()], strict=True)]


class Jobs:
    """All jobs of a server; the same question is run once."""

    def __init__(self, pool: Pool, library: Library):
        self.pool, self.library = pool, library
        self.all: OrderedDict[str, Job] = OrderedDict()

    def submit(self, question: Question) -> Job:
        """Begins a run, or finds the one that was made. Raises `Busy` where too many are under way."""
        stamps = tuple(self.library.stamp(changes.scenario) for changes in question.sides.values())
        for job in self.all.values():
            if (job.question, job.stamps) == (question, stamps) and job.state in ("running", "done"):
                return job
        if sum(job.state == "running" for job in self.all.values()) >= OPEN:
            raise Busy(f"{OPEN} runs are under way already; wait for one, or cancel it")
        job = Job(question, self.library, stamps=stamps)
        self.all[job.id] = job
        for old in [each for each in self.all.values() if each.state != "running"][:-KEPT]:
            del self.all[old.id]
        job.task = asyncio.get_running_loop().create_task(self._run(job))
        return job

    def cancel(self, job: Job) -> None:
        """Ends a run; what is there stays."""
        if job.state == "running":
            self._end(job, "cancelled")
            if job.task:
                job.task.cancel()

    def _end(self, job: Job, state: str, problem: str = "") -> None:
        if job.state == "running":
            job.state, job.problem, job.ended = state, problem, time.monotonic()

    async def _run(self, job: Job) -> None:
        try:
            worlds = {side: await asyncio.to_thread(work.world_of, changes, self.library)
                      for side, changes in job.question.sides.items()}
            job.gathered = {side: Gathering(world.scenario, job.pieces) for side, world in worlds.items()}
            waiting = list(self._pieces(job))
            await asyncio.wait_for(self._spread(job, waiting), SECONDS)
            self._end(job, "done")
        except asyncio.CancelledError:
            self._end(job, "cancelled")
        except TimeoutError:
            self._end(job, "stopped", f"it took longer than {SECONDS:g} seconds")
        except (InputError, Busy) as error:
            self._end(job, "failed", str(error))
        except Exception as error:
            self._end(job, "failed", f"{type(error).__name__}: {error}")

    def _pieces(self, job: Job) -> Iterator[tuple[str, int, int]]:
        for number in range(job.pieces):
            for side in job.question.sides:
                yield side, number, min(work.PIECE, job.question.replicates - number * work.PIECE)

    async def _spread(self, job: Job, pieces: list[tuple[str, int, int]]) -> None:
        """Does the pieces in their order, as many at a time as there are workers."""
        queue = iter(pieces)

        async def next_ones() -> None:
            for side, number, width in queue:
                batch = await self.pool.call(work.batch, job.question.sides[side], self.library, job.question.seed,
                                             number, width, seconds=SECONDS)
                if job.state == "running":
                    job.gathered[side].take(batch)

        tasks = [asyncio.ensure_future(next_ones()) for _ in self.pool.workers]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    def close(self) -> None:
        """Ends all."""
        for job in list(self.all.values()):
            self.cancel(job)
