"""What a close reading of the engine, by a second implementation, found wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.compiler import compile_world
from sim.errors import InputError
from sim.model import DiplomacyModel
from sim.scenario import load
from worlds import J, compiled, event, mechanism, option, scenario, tree


def test_a_dated_action_that_is_called_off_is_not_under_way() -> None:
    """The announcement is about the event, but is not the event."""
    world = compiled(tree(
        options={"scold": option("scold", "BBB", "AAA", 0.1)},
        events={"drill": event(action="strike", by=["AAA"], to=["BBB"], on="2025-08-11", days=14, decision={
            "lead": 2, "reference_class": "made up", **J,
            "alternatives": {"cancel": {"rate": 1, "announces": "remark", "holds": False}}})},
        mechanisms={"answers": mechanism("response", {"action": "scold"}, feature={"under_way": ["drill"]})}))
    model = DiplomacyModel(world, replicates=200)
    cancelled = 0
    for _ in range(8):
        model.step()
        cancelled = int((~model.state.planned[0]).sum())
        under_way = model.state.last_day[0] >= 7 * (model.state.week - 1)
        assert not (under_way & (model.state.date[0] > 10_000)).any()
    assert cancelled > 150


def test_which_cue_dates_a_reaction_does_not_hang_on_other_entries() -> None:
    """Where two mechanisms with a lag move one option by different cues, the later name dates it."""
    cues = {name: {"name": name, "left_by": [{"action": action}], "half_life": 2, **J}
            for name, action in (("hurt", "strike"), ("charm", "greet"))}
    moves = {"action": "scold"}
    mechanisms = {"a": mechanism("response", moves, feature={"cue": "hurt"}, lag=1),
                  "b": mechanism("response", moves, feature={"cue": "charm"}, lag=5)}
    options = {"scold": option("scold", "BBB", "AAA", 0.5), "strike": option("strike", "AAA", "BBB", 0.2),
               "greet": option("greet", "AAA", "BBB", 0.2)}
    other = {"0": mechanism("response", {"action": "greet"}, feature={"cue": "charm"})}
    plain, more = (compiled(tree(options=options, cues=cues, mechanisms=of))
                   for of in (mechanisms, other | mechanisms))

    def dated(world: object) -> list[tuple[int, int]]:
        place = [o.name for o in world.decisions.options].index("scold")  # type: ignore[attr-defined]
        return [(int(cue[place]), int(lag[place])) for cue, lag, _ in world.reactions.cues]  # type: ignore[attr-defined]

    assert dated(plain) == dated(more)
    np.testing.assert_array_equal(plain.reactions.lags, more.reactions.lags)


def test_an_option_that_needs_a_leader_of_a_country_that_takes_no_part_is_left_out() -> None:
    world = tree(options={"scold": option("scold", "AAA", (), 0.1, needs="b_one")})
    assert "scold" in scenario(world).options
    assert "scold" not in scenario(world, countries=["AAA"]).options


def test_a_mechanism_that_is_to_move_an_event_is_refused() -> None:
    with pytest.raises(InputError, match="mechanisms move options"):
        scenario(tree(events={"feast": event()}, mechanisms={"m": mechanism("response", {"event": "feast"},
                                                                            feature={"cue": "x"})}))


def test_dates_out_of_reach_are_skipped_and_make_no_difference() -> None:
    """A postponed date stays within the bounds by which others are skipped."""
    found = load("july_2025")
    world = compile_world(replace(found, head=found.head.model_copy(update={"weeks": 30})))
    model = DiplomacyModel(world, replicates=64)
    for _ in range(30):
        held = model.state.planned & (model.state.date < 100_000)
        assert (np.where(held, model.state.date, model.state.soonest[:, None]) >= model.state.soonest[:, None]).all()
        assert (np.where(held, model.state.date, 0) <= model.state.latest[:, None]).all()
        model.step()
