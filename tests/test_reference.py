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
from sim import compiler, deciding, decisions, features, outcomes, paths, quantity, state, world
from sim.mechanisms import KINDS
from sim.scenario import load
from worlds import J, event, mechanism, option, scenario, tree


@pytest.mark.parametrize("seed", [3, 8, 12])
def test_equal_actions_state_and_outcomes_in_random_worlds(seed: int) -> None:
    assert list(disagreements(random_case(seed), replicates=3)) == []


def test_equal_actions_and_state_in_the_shipped_world() -> None:
    """From its start to the end of the summer, with an election, a white paper and exercises."""
    assert list(disagreements(load("july_2025"), replicates=1, weeks=8)) == []


def test_equal_in_a_world_of_what_random_worlds_seldom_hold() -> None:
    """A leader who goes on a date, and days drawn for what is still under way at the start and for what is short."""
    succession = {"choose": {"low": 7, "high": 20}, "take_office": 10, "chosen": "chosen", "taken": "sworn_in",
                  "successors": {"a_two": 1, "a_three": 2}, **J}
    asked = scenario(tree(
        countries={"AAA": {"succession": succession,
                           "leaders": {"a_two": {"name": "Two", **J}, "a_three": {"name": "Three", **J}}}},
        options={"scold": option("scold", "BBB", "AAA", 0.4)},
        events={"drill": event(action="strike", by=["AAA"], to=["BBB"], on="2025-07-03", days={"low": 0, "high": 40}),
                "feast": event(action="greet", by=["AAA"], to=["BBB"], on="2025-07-18", days={"low": 0, "high": 2.4}),
                "storm": event(action="scold", by=["BBB"], to=["AAA"], days={"low": 0, "high": 2.4},
                               chance={"rate": 0.3, "reference_class": "made up", **J}),
                "goes": event(action="resign", by=["AAA"], on="2025-07-28")},
        mechanisms={"answers": mechanism("response", {"action": "scold"}, feature={"under_way": ["drill"]})}), weeks=12)
    assert list(disagreements(asked, replicates=20)) == []


FEATURES_OF_ALL_KINDS: tuple[dict[str, Any], ...] = (
    {"cue": "noise"}, {"status_quo": "border"}, {"gap": "border", "between": ["AAA", "BBB"]}, {"approval": "BBB"},
    {"mandate": "AAA"}, {"conduct": ["AAA", "BBB"], "memory": "fast", "kind": "both"},
    {"conduct": ["BBB", "AAA"], "memory": "slow", "kind": "material"},
    {"conduct": ["AAA", "BBB"], "memory": "slow", "kind": "verbal"}, {"ledger": ["AAA", "BBB"]},
    {"clock": "drill", "before": 3, "after": 2}, {"status_quo": "border"}, {"under_way": ["words"]},
    {"under_way": ["drill"]}, {"under_way": ["deeds"]}, {"capability": ["AAA", "BBB"]}, {"leader": "a_two"},
    {"flag": "pact"})


@pytest.mark.parametrize("inverted", [False, True])
def test_equal_on_features_of_all_kinds_and_gates_of_all_kinds(inverted: bool) -> None:
    kinds = {next(iter(feature)) for feature in FEATURES_OF_ALL_KINDS}
    assert kinds | {"scale"} == set(features.KINDS)
    drawn = {"low": 0.2, "high": 1}
    causes = {f"cause_{i}": mechanism("response", {"by": ["BBB"] if i % 2 else ["AAA", "BBB"]}, strength=drawn,
                                      feature=feature, when=[FEATURES_OF_ALL_KINDS[i - 1] | {"inverted": inverted}])
              for i, feature in enumerate(FEATURES_OF_ALL_KINDS)}
    asked = scenario(tree(
        countries={
            "AAA": {"capability": {"value": drawn}, "mandate": {"low": -1, "high": 1},
                    "leaders": {"a_two": {"name": "Two", "scales": {"response": drawn}, **J}},
                    "succession": {"choose": 7, "take_office": 3, "chosen": "chosen", "taken": "sworn_in",
                                   "successors": {"a_two": 1}, **J}},
            "BBB": {"stances": {"border": {"ideal": {"low": -1, "high": 1}}},
                    "influence": {"AAA": {"value": drawn, **J}}}},
        cues={"noise": {"name": "Noise", "left_by": [{"action": "scold"}], "half_life": 2, **J}},
        flags={"pact": {"name": "Pact", "set_by": [{"action": "treaty"}], "cleared_by": [{"action": "strike"}], **J}},
        events={"drill": event(action="strike", by=["AAA"], to=["BBB"], days=9,
                               cadence={"first": {"low": "2025-07-20", "high": "2025-07-30"}, "every": 30})},
        options={"scold": option("scold", "AAA", "BBB", 0.4), "treaty": option("treaty", ["AAA", "BBB"], [], 0.2),
                 "strike": option("strike", "BBB", "AAA", 0.2), "greet": option("greet", "BBB", "AAA", 0.4),
                 "resign": option("resign", "AAA", [], 0.1)},
        mechanisms=causes))
    assert list(disagreements(asked, replicates=4)) == []


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
