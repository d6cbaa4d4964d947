"""As Mesa users expect it: one replicate is an ordinary model. Mesa 3.3 and 3.5; any warning is an error."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import mesa
import numpy as np
import pandas as pd
import pytest

from random_worlds import random_world
from sim.country import Country
from sim.model import DiplomacyModel
from worlds import compiled, replay, shipped

CODES = ["USA", "JPN", "KOR", "PRK", "RUS"]


def test_a_model_needs_no_arguments() -> None:
    model = DiplomacyModel()
    assert isinstance(model, mesa.Model)
    assert model.world.scenario.name == "july_2025"
    for week in range(3):
        assert model.state.week == week
        model.step()
    assert model.state.week == 3
    model.release()


def test_countries_are_agents_with_readable_values() -> None:
    """Plain numbers and names, in an AgentSet that selects, maps and gets."""
    model = DiplomacyModel()
    model.step()
    assert [agent.code for agent in model.agents] == CODES
    assert all(isinstance(agent, mesa.Agent) and isinstance(agent, Country) for agent in model.agents)
    [korea] = model.agents.select(lambda agent: agent.code == "KOR")
    assert korea.leader == "lee"
    assert korea.name == "Republic of Korea"
    for value in (korea.approval, korea.mandate, korea.tempo, korea.stance("dprk_sanctions"),
                  korea.tension_with("PRK")):
        assert type(value) is float
        assert np.isfinite(value)
    assert -1 <= korea.stance("dprk_sanctions") <= 1
    assert all(type(approval) is float for approval in model.agents.get("approval"))
    assert model.agents.map(lambda agent: agent.leader)[:2] == ["trump", "ishiba"]
    model.release()


def test_a_country_tells_what_it_did() -> None:
    """In the week of the white paper: Japan publishes it, and nobody else does."""
    model = DiplomacyModel()
    model.step()
    did = {agent.code: agent.did for agent in model.agents}
    assert "white_paper_2025" in did["JPN"]
    assert all("white_paper_2025" not in deeds for code, deeds in did.items() if code != "JPN")
    model.release()


def test_a_model_of_many_replicates_gives_arrays() -> None:
    model = DiplomacyModel(replicates=5)
    model.step()
    [japan] = model.agents.select(lambda agent: agent.code == "JPN")
    assert japan.approval.shape == (5,)
    assert japan.leader.tolist() == ["ishiba"] * 5
    model.release()


def test_the_data_collector_holds_a_row_per_week() -> None:
    model = DiplomacyModel()
    for _ in range(4):
        model.step()
    weeks = model.datacollector.get_model_vars_dataframe()
    assert weeks["week"].tolist() == [0, 1, 2, 3]
    assert weeks["tension"].between(-10, 10).all()
    agents = model.datacollector.get_agent_vars_dataframe()
    assert isinstance(agents, pd.DataFrame)
    assert len(agents) == 4 * 5
    assert set(agents["code"]) == set(CODES)
    assert agents["approval"].between(-1, 1).all()
    model.release()


def test_a_model_stops_running_at_its_horizon() -> None:
    """So that whoever steps while it runs, as `mesa.batch_run` does, takes no further step."""
    model = DiplomacyModel(compiled(random_world(3), weeks=3))
    while model.running:
        model.step()
    assert model.state.week == 3
    model.release()


@pytest.mark.skipif(not hasattr(mesa, "batch_run"), reason="Mesa 4 has none")
def test_batch_run_goes_over_replicates() -> None:
    """The same parameter gives the same run, another replicate another one; whatever Mesa does to seeds."""
    def once() -> pd.DataFrame:
        rows = mesa.batch_run(DiplomacyModel, {"replicate": range(3)}, max_steps=5, number_processes=1,
                              data_collection_period=1, display_progress=False)
        return pd.DataFrame(rows)[["replicate", "week", "code", "leader", "approval", "tension"]]

    first, second = once(), once()
    assert first.equals(second)
    last = first[first["week"] == 4]  # Mesa 3.3 takes a sixth step
    assert last.groupby("replicate")["tension"].first().nunique() == 3
    model = DiplomacyModel(replicate=2)
    for _ in range(5):
        model.step()
    alone = model.datacollector.get_model_vars_dataframe()["tension"].iloc[-1]
    model.release()
    assert last.loc[last["replicate"] == 2, "tension"].unique().tolist() == [alone]


def test_a_block_collects_its_arrays_when_it_is_told_to() -> None:
    model = DiplomacyModel(shipped(), replicates=3)
    model.step()
    assert model.datacollector.get_model_vars_dataframe().empty
    assert model.datacollector.get_agent_vars_dataframe().isna().all(axis=None)
    model.datacollector.collect(model)
    agents = model.datacollector.get_agent_vars_dataframe()
    assert all(len(mandate) == 3 for mandate in agents["mandate"])
    assert np.isfinite(model.datacollector.get_model_vars_dataframe()["tension"].iloc[0])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
                         ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("replicates", [1, 4])
def test_a_copy_made_midway_ends_as_the_original_does(copied: type, replicates: int) -> None:
    model = DiplomacyModel(shipped(), replicates=replicates)
    for _ in range(20):
        model.step()
    twin = copied(model)
    assert twin is not model
    assert twin.state is not model.state
    histories = [each.run() for each in (model, twin)]
    assert len(histories[0].day) > 100
    for k in range(replicates):
        assert replay(histories[0], k) == replay(histories[1], k)
    for each in (model, twin):
        each.release()


def test_stepping_a_copy_leaves_the_original_alone() -> None:
    model = DiplomacyModel(shipped())
    model.step()
    before = model.state.conduct.copy()
    twin = copy.deepcopy(model)
    twin.step()
    assert model.state.week == 1
    assert np.array_equal(model.state.conduct, before)
    assert not np.array_equal(twin.state.conduct, before)
    model.release()
    twin.release()


def test_the_seed_is_the_ensembles_and_none_means_one() -> None:
    histories = []
    for rng in (None, 1, 2):
        model = DiplomacyModel(shipped(), rng=rng)
        histories.append(replay(model.run(), 0))
        model.release()
    assert histories[0] == histories[1]
    assert histories[0] != histories[2]


def test_a_released_model_is_not_kept_alive() -> None:
    """Mesa 3.3 remembers every model that had agents until it is told otherwise."""
    model = DiplomacyModel(shipped())
    model.step()
    watch = weakref.ref(model)
    model.release()
    model.release()
    del model
    gc.collect()
    assert watch() is None
