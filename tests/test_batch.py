"""What is kept of a batch: weekly distributions, some trajectories and inputs, and how often what occurred."""

from __future__ import annotations

import numpy as np
import pytest

import worlds
from sim.batch import BINS, INPUTS, SPANS, TOGETHER, TRAJECTORIES, WIDTH, Batch, _count, run_batch
from sim.compiler import compile_world
from sim.ensemble import run
from sim.scenario import load
from sim.world import World


@pytest.fixture(scope="module")
def world() -> World:
    """A world in which one country greets another now and then."""
    return worlds.compiled(worlds.tree(options={"greet": worlds.option("greet", "AAA", "BBB", 0.3)}), weeks=4,
                           outcomes={"greetings": {"weeks_with": "greet"}})


@pytest.fixture(scope="module")
def july() -> Batch:
    """July 2025 in as many replicates as keep their trajectories."""
    return run_batch(compile_world(load("july_2025")), 1, 0, TRAJECTORIES)


@pytest.mark.parametrize("name", SPANS)
def test_weekly_distributions_are_those_of_the_levels(name: str, july: Batch) -> None:
    (low, high), counts, paths = SPANS[name], july.counts[name], july.paths[name]
    assert counts.shape == (*paths.shape[:2], BINS)
    assert (counts.sum(axis=2) == TRAJECTORIES).all()
    edges = np.linspace(low, high, BINS + 1)
    for row, found in zip(np.sort(paths.reshape(-1, TRAJECTORIES)), counts.reshape(-1, BINS), strict=True):
        surely, perhaps = (np.searchsorted(row, edges[1:-1] + slack) for slack in (-1e-5, 1e-5))
        below = np.cumsum(found)[:-1]  # what lies on an edge may count for the bin beside it
        assert (surely <= below).all()
        assert (below <= perhaps).all()
    mean = counts @ ((edges[:-1] + edges[1:]) / 2) / TRAJECTORIES
    np.testing.assert_allclose(mean, paths.mean(axis=2, dtype=float), atol=(high - low) / BINS / 2)
    assert len(np.unique(np.nonzero(counts)[2])) > 10, "a test of one bin would be none"


def test_the_ends_of_a_span_count_for_its_outermost_bins() -> None:
    [counts] = _count(np.array([[-10, -9.96, 0.02, 9.96, 10]], dtype=np.float32), -10, 10)
    assert {place: counts[place] for place in np.flatnonzero(counts)} == {0: 2, 100: 1, 199: 2}


@pytest.mark.parametrize("height, width", [(1, 7), (5, TOGETHER // 2), (3, TOGETHER + 1)])
def test_rows_are_counted_apart_however_many_go_together(height: int, width: int) -> None:
    levels = np.random.default_rng(1).uniform(-1, 1, (height, width)).astype(np.float32)
    together = _count(levels, -1, 1)
    assert np.array_equal(together, [_count(row[None], -1, 1)[0] for row in levels])
    assert (together.sum(axis=1) == width).all()


@pytest.mark.parametrize("number, width, paths, inputs", [
    (0, 150, 150, 150), (0, 300, TRAJECTORIES, 300), (1, 50, 0, 50), (2, 5_000, 0, INPUTS - 2 * WIDTH), (3, 20, 0, 0)])
def test_only_the_first_replicates_keep_trajectories_and_inputs(number: int, width: int, paths: int, inputs: int,
                                                               world: World) -> None:
    batch = run_batch(world, 1, number, width)
    assert (batch.number, batch.outcomes.shape, batch.endings.shape) == (number, (width, 1), (width,))
    assert {found.shape[2] for found in batch.paths.values()} == {paths}
    assert batch.inputs.shape == (len(world.inputs.drawn), inputs)


def test_the_seed_decides_what_happens(world: World) -> None:
    one, again, other = (run_batch(world, seed, 0, 100).outcomes for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_in_how_many_replicates_something_occurred_adds_up(world: World) -> None:
    [greet] = [c for c, column in enumerate(world.columns) if column.option == "greet"]
    found = run(world, WIDTH + 100, jobs=1)
    assert found.data["occurred"][:, greet].sum() == found.outcomes["greetings"].sum() > 0
