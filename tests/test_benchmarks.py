"""The benchmarks measure what is there, and their compiled loops do what the simulator does."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import endurance, run, scaling
from benchmarks.measuring import WORKBENCH, parted
from benchmarks.reference.agreement import in_double
from random_worlds import random_world
from sim.compiler import compile_world
from sim.model import DiplomacyModel
from sim.scenario import Scenario, load
from worlds import compiled, scenario

BOTH = {"plain": 1.0, "keen": 1.0}


def test_every_phase_has_its_functions() -> None:
    for functions in run.PHASES.values():
        for owner, name in functions:
            assert callable(getattr(owner, name))


def test_what_one_script_writes_the_other_leaves() -> None:
    page = "# Performance\n\nA table.\n"
    assert parted(page) == (page, "")
    part = f"{WORKBENCH}\n\nAnother table.\n"
    assert parted(f"{page}\n{part}") == (page, part)


@pytest.fixture(autouse=True)
def loops(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The compiled model as plain Python: compiling it takes half a minute, and needs numba."""
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    return import_module("benchmarks.compiled")


def looped(loops: Any, world: Scenario, replicates: int) -> None:
    """The loops have the log, stances and status quo of the simulator in double precision."""
    with in_double():
        built = compile_world(world)
        model = DiplomacyModel(built, replicates=replicates)
        tables, lot = loops.tables_of(built), loops.lot_of(model)
        with np.errstate(over="ignore"):  # words of 64 bits wrap around
            counts, logs, sizes, levels = loops.weeks_of(tables, lot, 2000)
        model.run()
    column, week, who, day, days, size = (np.concatenate(part) for part in zip(*model.log, strict=True))
    for r in range(replicates):
        own = who == r
        simulated = zip(week[own], column[own], day[own], days[own], size[own], strict=True)
        shown = zip(*logs[r, :counts[r]].T, sizes[r, :counts[r]].astype(np.float32), strict=True)
        assert sorted(map(_plain, shown)) == sorted(map(_plain, simulated))
    places = len(built.countries) * len(built.issues)
    assert np.allclose(levels[:, -1, :places].T, model.state.stance.reshape(places, -1), rtol=0, atol=1e-9)
    assert np.allclose(levels[:, -1, places:places + len(built.issues)].T, model.state.status_quo, rtol=0, atol=1e-9)
    model.release()


def _plain(row: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in row)


@pytest.mark.parametrize("seed", [3, 5])
def test_compiled_loops_do_what_the_simulator_does(loops: Any, seed: int) -> None:
    looped(loops, scenario(random_world(seed), weeks=8, theories=BOTH), replicates=2)


@pytest.mark.slow
def test_compiled_loops_do_what_the_simulator_does_in_many_worlds(loops: Any) -> None:
    for seed in range(20, 40):
        looped(loops, scenario(random_world(seed), weeks=20, theories=BOTH), replicates=2)
    looped(loops, load("july_2025"), replicates=2)


@pytest.mark.slow
def test_measuring_once_in_small(capsys: pytest.CaptureFixture[str]) -> None:
    """All rows of the table that this process measures are there, and are numbers."""
    rows = list(run.in_one_process(compiled(random_world(5), weeks=4, theories=BOTH), models=1, width=32))
    assert {row.what.removeprefix("– ") for row in rows} >= {*run.PHASES, "Plain Python, through mesa.batch_run",
                                                              "Floor: the same draws alone"}
    assert all(float(row.value.split()[0].replace(",", "")) >= 0 for row in rows)
    assert "numba" in capsys.readouterr().err


@pytest.mark.slow
def test_growth_is_measured_in_small(tmp_path: Path) -> None:
    """Every table of docs/scaling.md, with the least sizes."""
    tables = scaling.measure(scaling.Sizes.least(), scenario(random_world(3), weeks=4), print, scaling.point)
    assert set(tables) == {growth.name for growth in scaling.GROWTHS}
    for points in tables.values():
        assert all(point.seconds > 0 and point.megabytes > 0 for point in points)
    scaling.draw(tables, tmp_path)
    assert (tmp_path / "scaling.svg").exists()


@pytest.mark.slow
def test_endurance_is_measured_in_small() -> None:
    """A run is killed, gone on with, and the same."""
    (row,) = endurance.kills(1, replicates=300)
    assert (row.value, row.note) == ("1", "1 of them, gone on with, the same as undisturbed, bit by bit")
