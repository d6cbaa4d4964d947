"""Endings: exactly one holds."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from histories import LOG, R
from sim.catalog.outcome import Ending, Endings
from sim.outcomes import assign_endings


def endings(*whens: Any) -> tuple[Ending, ...]:
    forms = [{"name": f"e{i}", "title": "x"} | ({"when": when} if when else {}) for i, when in enumerate(whens)]
    return TypeAdapter(Endings).validate_python(forms)


def test_the_first_ending_that_holds_wins() -> None:
    void = {"happened": "condemn", "given": {"happened": "exercise"}}
    listed = endings({"count": "missile", "at_least": 3}, void, {"happened": "upper_house"}, None)
    assert assign_endings(listed, LOG).tolist() == [0, 2, 1, 1]
    assert assign_endings(endings({"happened": "exercise"}, None), LOG).tolist() == [1, 1, 0, 0]
    assert assign_endings(endings(None), LOG).tolist() == [0] * R


@pytest.mark.parametrize(("whens", "message"), [
    (({"happened": "a"},), "is for all other replicates"), ((None, None), "never reached"),
    (({"count": "a"}, None), "needs a yes or no")])
def test_endings_must_be_exhaustive(whens: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        endings(*whens)


def test_endings_have_names_of_their_own() -> None:
    with pytest.raises(ValidationError, match="two endings are called a"):
        TypeAdapter(Endings).validate_python([{"name": "a", "title": "x", "when": {"happened": "b"}},
                                              {"name": "a", "title": "y"}])
