"""The simulator in double precision against benchmarks/reference, which shares its draws and none of its step."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pytest

from benchmarks.reference import Diplomacy, chance, country
from benchmarks.reference import deciding as own_deciding
from benchmarks.reference import plan as own_plan
from benchmarks.reference.agreement import disagreements, in_double
from benchmarks.reference.features import FEATURES
from benchmarks.reference.outcomes import MEASURES
from benchmarks.reference.plan import Plan
from random_outcomes import random_case
from sim import compiler, deciding, decisions, outcomes, paths, quantity, state, world
from sim.mechanisms import KINDS
from sim.scenario import load
from worlds import option, scenario, tree


@pytest.mark.parametrize("seed", [3, 8, 12])
def test_equal_actions_state_and_outcomes_in_random_worlds(seed: int) -> None:
    assert list(disagreements(random_case(seed), replicates=3)) == []


def test_equal_actions_and_state_in_the_shipped_world() -> None:
    """From its start to the end of the summer, with an election, a white paper and exercises."""
    assert list(disagreements(load("july_2025"), replicates=1, weeks=8)) == []


def test_a_difference_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """In an action, and in the ninth digit of the state."""
    asked = scenario(tree(options={"often": option("greet", "AAA", "BBB", 0.5)}))
    assert list(disagreements(asked, replicates=4)) == []
    monkeypatch.setattr(state, "GOLDSTEIN", 3.499999)
    assert {what for _, _, what, *_ in disagreements(asked, replicates=4)} == {
        f"('conduct', '{memory}', 'verbal', 'AAA', 'BBB')" for memory in ("fast", "slow")}
    monkeypatch.undo()
    monkeypatch.setattr(deciding, "DAY", 7)
    assert "log" in {what for _, _, what, *_ in disagreements(asked, replicates=4)}


def test_a_difference_in_an_outcome_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = scenario(tree(options={"often": option("greet", "AAA", "BBB", 0.5)}),
                     outcomes={"often": {"count": "greet"}},
                     endings=[{"name": "few", "title": "Few", "when": {"count": "greet", "at_most": 10}},
                              {"name": "many", "title": "Many"}])
    assert list(disagreements(asked, replicates=4)) == []
    monkeypatch.setitem(outcomes.MEASURES, "count", lambda outcome, history: np.full(history.replicates, 99.0))
    assert {what for _, _, what, *_ in disagreements(asked, replicates=4)} == {"often", "ending"}


def test_double_precision_ends_with_its_context() -> None:
    from sim import arrays, features, model

    with in_double():
        assert {module.REAL for module in (arrays, features, model, state)} == {np.float64}
    assert {module.REAL for module in (arrays, features, model, state)} == {np.float32}


def test_every_section_of_the_protocol_names_its_functions() -> None:
    """docs/odd.md says where the reference has what it describes; features and verbs have functions of their names."""
    page = (Path(__file__).parent.parent / "docs" / "odd.md").read_text(encoding="utf-8")
    sections = re.split(r"^##+ ", page, flags=re.MULTILINE)
    submodels = [section for section in sections if re.match(r"7\.\d", section)]
    assert len(submodels) == 17
    for section in submodels:
        assert re.search(r"^\*Reference: ", section, re.MULTILINE), section.partition("\n")[0]
    for line in re.findall(r"^\*Reference: .*$", page, re.MULTILINE):
        for module, *names in (name.split(".") for name in re.findall(r"`([a-z]+\.[\w.]+)`", line)):
            owner: Any = import_module(f"benchmarks.reference.{module}")
            for name in names[:-1]:
                owner = getattr(owner, name)
            assert hasattr(owner, names[-1]) or f"self.{names[-1]}" in inspect.getsource(owner), line
    assert set(FEATURES) == set(KINDS)
    assert set(MEASURES) == set(outcomes.MEASURES)


def test_both_have_the_same_constants() -> None:
    """Each wrote them down for itself."""
    assert (world.FRESH, deciding.NOWHERE, decisions.TINY) == (
        own_deciding.FRESH, own_deciding.NOWHERE, own_deciding.TINY)
    assert (world.QUANTILES, quantity.TABLE, compiler.LEAST_SPREAD, state.NEVER) == (
        chance.QUANTILES, chance.TABLE, own_plan.LEAST_SPREAD, country.NEVER)


@pytest.mark.skipif(not hasattr(mesa, "batch_run"), reason="Mesa 4 has none")
def test_the_reference_is_an_ordinary_mesa_model() -> None:
    """With Mesa's own variates; twice the same for one seed."""
    plan = Plan(random_case(3, weeks=8))
    rows, again = (mesa.batch_run(Diplomacy, {"scenario": [plan], "replicate": range(3)}, max_steps=8,
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
    """Worlds that hold everything between them, as tests/test_random_worlds.py says, and outcomes that ask everything.
    """
    for seed in range(100, 200):
        assert list(disagreements(random_case(seed), replicates=2, seed=seed)) == [], seed
