"""The simulator in double precision against benchmarks/reference, which shares its draws and none of its step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.reference import Diplomacy
from benchmarks.reference.agreement import disagreements, in_double
from benchmarks.reference.plan import Plan
from random_worlds import random_world
from sim import deciding, paths, state
from sim.scenario import Scenario, load
from worlds import option, scenario, tree

BOTH = {"plain": 1.0, "keen": 1.0}


def random(seed: int, **head: Any) -> Scenario:
    return scenario(random_world(seed), **{"weeks": 20, "theories": BOTH} | head)


@pytest.mark.parametrize("seed", [3, 8])
def test_equal_actions_and_state_in_random_worlds(seed: int) -> None:
    assert list(disagreements(random(seed), replicates=4)) == []


def test_equal_actions_and_state_in_the_shipped_world() -> None:
    """From its start to the end of the summer, with an election, a white paper and exercises."""
    assert list(disagreements(load("july_2025"), replicates=1, weeks=8)) == []


def test_a_difference_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """In an action, and in the ninth digit of the state."""
    world = scenario(tree(options={"often": option("greet", "AAA", "BBB", 0.5)}))
    assert list(disagreements(world, replicates=4)) == []
    monkeypatch.setattr(state, "GOLDSTEIN", 3.499999)
    assert {what for _, _, what, *_ in disagreements(world, replicates=4)} == {
        f"('conduct', '{memory}', 'verbal', 'AAA', 'BBB')" for memory in ("fast", "slow")}
    monkeypatch.undo()
    monkeypatch.setattr(deciding, "DAY", 7)
    assert "log" in {what for _, _, what, *_ in disagreements(world, replicates=4)}


def test_double_precision_ends_with_its_context() -> None:
    from sim import arrays, features, model

    with in_double():
        assert {module.REAL for module in (arrays, features, model, state)} == {np.float64}
    assert {module.REAL for module in (arrays, features, model, state)} == {np.float32}


def test_the_reference_is_an_ordinary_mesa_model() -> None:
    """With Mesa's own variates; twice the same for one seed."""
    import mesa

    plan = Plan(random(3, weeks=5))
    rows, again = (mesa.batch_run(Diplomacy, {"scenario": [plan], "replicate": range(3)}, max_steps=5,
                                  display_progress=False) for _ in range(2))
    assert len({row["tension"] for row in rows}) == 3
    assert [row["tension"] for row in rows] == [row["tension"] for row in again]


@pytest.mark.slow
def test_equal_over_all_weeks_of_july_2025() -> None:
    assert list(disagreements(load("july_2025"), replicates=4)) == []


@pytest.mark.slow
def test_equal_in_every_shipped_scenario() -> None:
    for source in sorted(paths.shipped("scenarios").glob("*.yaml")):
        assert list(disagreements(load(source), replicates=1, weeks=8)) == [], source.stem


@pytest.mark.slow
def test_equal_in_many_random_worlds() -> None:
    for seed in range(20, 40):
        assert list(disagreements(random(seed), replicates=4)) == [], seed
