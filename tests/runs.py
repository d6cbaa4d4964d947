"""Finished runs for tests."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim.figures
from sim import store
from sim.ensemble import run
from sim.scenario import Scenario
from sim.store import Record


def kept(folder: Path, what: Scenario, replicates: int, seed: int = 1) -> Record:
    """A finished run without figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.figures, "draw_all", lambda ensemble, draft: None)
        store.write(run(what, replicates, seed, jobs=1), folder)
    return store.recall(folder)
