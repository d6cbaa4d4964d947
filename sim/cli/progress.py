"""How far a run has come: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from sim.cli.terminal import heeding, hint, stderr_console

if TYPE_CHECKING:
    from sim.ensemble import Status

    Report = Callable[[Status], None]

#: Seconds from one line to the next.
PAUSE = 5.0


@contextmanager
def reporting(replicates: int, endings: Sequence[str], quiet: bool) -> Iterator[Report]:
    """Something to call with every `Status`; `endings` are their titles, none where they are not counted."""
    if quiet:
        yield lambda status: None
    elif sys.stderr.isatty():
        with _bar(replicates, endings) as report:
            yield report
    else:
        yield _lines(endings)


@contextmanager
def in_parts(quiet: bool) -> Iterator[Callable[[str, int], AbstractContextManager[Report]]]:
    """For work of several parts: something that begins a part, given its title and replicates, and gives what to call
    with every `Status` of it. Ctrl-C is heeded all along."""
    with heeding() as check:
        @contextmanager
        def part(title: str, replicates: int) -> Iterator[Report]:
            if not quiet:
                hint(f"{title} …")
            with reporting(replicates, (), quiet) as report:
                def progress(status: Status) -> None:
                    check()
                    report(status)

                yield progress

        yield part


def pace(status: Status) -> str:
    """How fast it goes, and how long it will still take."""
    rate = (status.done - status.found) / max(status.seconds, 1e-9)
    left = round((status.replicates - status.done) / max(rate, 1e-9))
    return f"{rate:,.0f} a second, {left // 60}:{left % 60:02} left"


def shares(status: Status, endings: Sequence[str]) -> str:
    """The endings so far, in 100 runs."""
    parts = (f"{title} {100 * count / max(status.done, 1):.0f}"
             for title, count in zip(endings, status.endings, strict=True))
    return "in 100 runs so far: " + " · ".join(parts)


def _lines(endings: Sequence[str]) -> Report:
    last = monotonic()

    def report(status: Status) -> None:
        nonlocal last
        if monotonic() - last >= PAUSE and 0 < status.done < status.replicates:
            last = monotonic()
            hint(f"{status.done:,} of {status.replicates:,} replicates, {pace(status)}")
            if endings:
                hint(shares(status, endings))

    return report


@contextmanager
def _bar(replicates: int, endings: Sequence[str]) -> Iterator[Report]:
    from rich.console import RenderableType
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.text import Text

    class Bar(Progress):
        below = ""

        def get_renderables(self) -> Iterator[RenderableType]:
            yield self.make_tasks_table(self.tasks)
            if self.below:
                yield Text(self.below, style="dim")

    done = TextColumn("{task.completed:,.0f} of {task.total:,.0f}")
    with Bar(BarColumn(30), done, TextColumn("{task.fields[pace]}"), console=stderr_console(), transient=True) as bar:
        task = bar.add_task("", total=replicates, pace="starting")

        def report(status: Status) -> None:
            if not status.done:
                return
            bar.below = shares(status, endings) if endings else ""
            bar.update(task, completed=status.done, pace=pace(status))

        yield report
