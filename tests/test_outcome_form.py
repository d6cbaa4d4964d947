"""How an outcome is written: its kind, and forms that are refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from histories import INF, outcome


@pytest.mark.parametrize(("form", "kind"), [
    ({"happened": "a"}, "yes_no"), ({"count": "a"}, "number"), ({"count": "a", "at_least": 0}, "yes_no"),
    ({"first_date": "a"}, "date"), ({"seats": "a"}, "number"), ({"not": {"happened": "a"}}, "yes_no"),
    ({"peak": {"approval": "JPN"}, "between": [0, 1]}, "yes_no")])
def test_kind(form: dict[str, Any], kind: str) -> None:
    assert outcome(**form).kind == kind


@pytest.mark.parametrize(("form", "message"), [
    ({}, "found none"),
    ({"title": "x"}, "found none"),
    ({"happened": None}, "found none"),
    ({"happened": "a", "count": "a"}, "found happened and count"),
    ({"hapened": "a"}, "hapened"),
    ({"happened": []}, "nothing is selected"),
    ({"happened": {"within": 3}}, "within"),
    ({"happened": 3}, "happened"),
    ({"happened": "a", "at_least": 2}, "happened takes no at_least"),
    ({"happened": "a", "at": "2025-08-01"}, "happened takes no at"),
    ({"first_date": "a", "at_most": 7}, "say by when with until"),
    ({"seats": "LDP", "by": "JPN"}, "seats takes no by"),
    ({"all_of": [{"happened": "a"}], "until": "2025-08-01"}, "all_of takes no until"),
    ({"count": "a", "at_least": 1, "at_most": 2}, "one of at_least, at_most, between"),
    ({"count": "a", "between": [2, 1]}, "must ascend"),
    ({"count": "a", "at_least": True}, "at_least"),
    ({"count": "a", "at_least": "two"}, "at_least"),
    ({"count": "a", "at_least": INF}, "at_least"),
    ({"count": "a", "size": {}}, "needs at_least"),
    ({"happened": "a", "from": "2025-08-02", "until": "2025-08-01"}, "is after until"),
    ({"happened": "a", "until": "tomorrow"}, "not a date"),
    ({"happened": "a", "within": {"days": 7}}, "within.of"),
    ({"happened": "a", "within": {"days": -1, "of": "b"}}, "within.days"),
    ({"happened": "a", "within": {"days": 7, "of": "b", "nth": 0}}, "within.nth"),
    ({"value": {}}, "give one of tension"),
    ({"value": {"approval": "JPN", "status_quo": "dokdo"}}, "give one of tension"),
    ({"value": {"stance": "dokdo"}}, "needs the country"),
    ({"value": {"approval": "JPN", "of": "KOR"}}, "nothing else takes one"),
    ({"value": {"tension": ["JPN", "JPN"]}}, "two different countries"),
    ({"value": {"tension": ["JPN"]}}, "value.tension"),
    ({"any_of": [{"happened": "a"}, {"count": "a"}]}, "count is a number, but a yes or no is needed here; add"),
    ({"not": {"first_date": "a"}}, "first_date is a date"),
    ({"happened": "a", "given": {"count": "a"}}, "count is a number"),
])
def test_a_wrong_form_is_refused(form: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        outcome(**form)
    assert any(message in f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.value.errors())
