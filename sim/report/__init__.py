"""The report: one page about a finished run that can be read without anything else, and sent to others.

    leave(ensemble, folder, command)    # report.html beside the run's other files

It holds all that it shows: no request leaves it, no script runs in it, and its policy forbids both. The same as text is
`sim.report.page.page`.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.ensemble import Ensemble


def prepare() -> None:
    """Loads what `leave` will need: best done while workers are at work."""
    import jinja2  # noqa: F401

    import sim.experiments.replay
    import sim.report.page  # noqa: F401


def leave(ensemble: Ensemble, folder: Path, command: str = "") -> None:
    """Writes the report of a run to the folder, or draft of one, that holds its outcomes and figures."""
    from datetime import UTC, datetime

    from sim.manifest import PAGE
    from sim.report.page import Made, page
    from sim.store import Record

    record = Record(folder, ensemble.scenario, ensemble.seed, ensemble.replicates, {})
    made = Made(command, datetime.now(UTC).date(), versions=_versions())
    (folder / PAGE).write_text(page(ensemble, record, made, drawn=folder / "figures"), encoding="utf-8", newline="")


def _versions() -> dict[str, str]:
    """What this installation stands on."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from sim import __version__
    from sim.manifest import PACKAGES

    found = {"diplomacy-simulator": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
