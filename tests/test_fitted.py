"""Fitted values: `{fitted: NAME}` stands for a number that calibration found."""

from __future__ import annotations

from copy import deepcopy

import pytest

import worlds
from sim.errors import InputError
from sim.model import DiplomacyModel
from sim.overlay import with_fitted
from sim.reading import Document, Place

ENTRY = {"value": {"mean": 0.2, "sd": 0.05}, "n": 52, "method": "counting", **worlds.J}


def resolved(world: dict[str, object], **head: object) -> dict[str, dict[str, object]]:
    """The parts of a document in which fitted values have been put in place."""
    found: dict[str, dict[str, object]] = with_fitted(Document({"scenario": head, "world": deepcopy(world)},
                                                               Place("file.yaml"))).data
    return found


def test_a_fitted_value_stands_wherever_it_is_named() -> None:
    option = {"base": {"rate": {"fitted": "visits"}}}
    found = resolved({"fitted": {"visits": ENTRY}, "options": {"visit": option}},
                     overrides={"options": {"visit": option}})
    for part in (found["world"], found["scenario"]["overrides"]):
        assert part["options"]["visit"]["base"]["rate"] == ENTRY["value"]  # type: ignore[index]
    assert found["world"]["fitted"] == {"visits": ENTRY}


def test_an_unknown_one_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r'file.yaml: unknown fitted value "visit". Did you mean "visits"\?'):
        resolved({"fitted": {"visits": ENTRY}, "options": {"visit": {"base": {"rate": {"fitted": "visit"}}}}})


def test_a_country_begins_as_active_as_its_entry_says() -> None:
    busy = worlds.compiled(worlds.tree(countries={"AAA": {"tempo": 2}}))
    model = DiplomacyModel(busy, replicates=500)
    assert (model.state.tempo[0] == 2).all()
    assert abs(model.state.tempo[1].mean()) < 0.2 and 0.85 < model.state.tempo[1].std() < 1.15
