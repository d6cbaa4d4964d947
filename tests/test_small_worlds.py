"""Limit cases of size: one replicate, one week, one country, nothing that can happen."""

from __future__ import annotations

import numpy as np
import pytest

from sim.ensemble import run
from sim.errors import InputError
from sim.model import DiplomacyModel
from worlds import COUNT, J, compiled, country, event, mechanism, option, played, shipped, tree


def test_an_ensemble_of_one() -> None:
    ensemble = run(shipped(), 1, jobs=1)
    assert len(ensemble.outcomes) == ensemble.replicates == 1
    assert ensemble.data["tension"].sizes["replicate"] == 1
    assert ensemble.outcomes["ending"].notna().all()


def test_a_single_week() -> None:
    world = tree(options={"scold": option("scold", "AAA", "BBB", 1)})
    ensemble = run(compiled(world, weeks=1, outcomes=COUNT), 5, jobs=1)
    assert ensemble.outcomes["count"].tolist() == [1] * 5
    assert ensemble.data.sizes["week"] == 1


def test_a_world_with_one_country() -> None:
    """No dyads, no tension, but decisions, stances and approval as ever."""
    world = tree(countries={"BBB": None}, options={"scold": option("scold", "AAA", rate=0.5)},
                 mechanisms={"wants": mechanism("policy"), "answers": mechanism("reciprocity"),
                             "fears": mechanism("alliance", fear="entrapment"), "feels": mechanism("threat")})
    ensemble = run(compiled(world, outcomes=COUNT), 20, jobs=1)
    assert ensemble.data.sizes["dyad"] == 0
    assert 5 < ensemble.outcomes["count"].mean() < 15


def test_a_world_in_which_nothing_can_happen_stays_as_it_is() -> None:
    world = compiled(tree(), weeks=5)
    history = played(world, replicates=4)
    assert not len(history.day)
    for values in history.levels.values():
        assert (values == values[0]).all()


def test_who_does_not_take_part_is_not_persuaded() -> None:
    """An event may speak of the stances of countries that a scenario leaves out."""
    world = tree(countries={"CCC": country("C")}, events={"speech": event(
        on="2025-07-14", stances={"AAA": {"border": 0.3}, "CCC": {"border": 0.3}})})
    model = DiplomacyModel(compiled(world, countries=["AAA", "BBB"]))
    model.step()
    assert model.state.stance[0, 0, 0] > model.state.stance[1, 0, 0]
    model.release()


def test_what_nobody_weighs_is_decided_at_its_rates() -> None:
    """A world in which no country can do anything, and a body without stances may call off what it does."""
    world = tree(externals={"COURT": {"name": "Court", **J}}, events={"session": event(
        action="scold", by=["COURT"], to=["AAA"], on="2025-08-01", decision={
            "lead": 2, "reference_class": "made up", **J, "alternatives": {
                "cancel": {"rate": 0.4, "announces": "remark", "holds": False}}})})
    history = played(compiled(world), replicates=2000)
    held = (history.column == history.world.event_column["session"]).sum() / 2000
    assert held == pytest.approx(0.6, abs=4 * 0.5 / np.sqrt(2000))


def test_usual_conduct_that_is_stated_twice_is_refused() -> None:
    level = {"mean": 0, "spread": 1}
    entry = {"by": "AAA", "to": "BBB", "verbal": level, "material": level, **J}
    with pytest.raises(InputError, match='"first" says already how AAA usually treats BBB'):
        compiled(tree(usual={"first": entry, "second": entry}))


def test_an_ally_without_third_parties_fears_no_entrapment() -> None:
    """In a world of two there is nobody for the patron to quarrel with."""
    world = tree(countries={"AAA": {"alliances": {"BBB": {"strength": 1, **J}}, "capability": {"value": 0.01}}},
                 options={"greet": option("greet", "AAA", "BBB", 0.5)},
                 mechanisms={"fears": mechanism("alliance", fear="entrapment", toward="patron")})
    assert not compiled(world).decisions.terms.terms
