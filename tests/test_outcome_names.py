"""The names and dates in an outcome, and what it selects and looks at."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from histories import BALLISTIC, COLUMNS, CONDEMN, EXERCISE, LOG, START, outcome
from sim.catalog.outcome import Known, check
from sim.errors import InputError
from sim.history import ColumnIndex
from sim.outcomes import levels_looked_at, looked_at, measure, selected, unmatched
from worlds import compiled, option, tree

KNOWN = Known(start=START, end=date(2025, 8, 10), actions={"condemn", "cruise_test"}, tags={"missile", "hostile"},
              events={"freedom_shield", "upper_house"}, countries={"JPN", "KOR", "PRK"}, externals={"UN"},
              leaders={"ishiba", "lee"}, parties={"LDP", "DPK"}, issues={"dokdo", "sanctions"}, coalitions={"JPN"},
              elections={"upper_house": ("LDP", "CDP")}, labels={"PRK": ("DPRK",)})


@pytest.mark.parametrize(("form", "path", "message"), [
    ({"happened": "misile"}, ("happened", 0), 'unknown action, tag or event "misile". Did you mean "missile"?'),
    ({"happened": ["condemn", "x"]}, ("happened", 1), 'unknown action, tag or event "x"'),
    ({"happened": {"action": "missil"}}, ("happened", "action", 0), 'Did you mean "missile"'),
    ({"happened": {"tag": "condemn"}}, ("happened", "tag", 0), 'unknown tag "condemn"'),
    ({"happened": "condemn", "event": "freedom"}, ("event", 0), "unknown event"),
    ({"happened": "condemn", "by": "DPKR"}, ("by", 0), 'Did you mean "PRK" (DPRK)?'),
    ({"happened": "condemn", "to": ["JPN", "CHN"]}, ("to", 1), "unknown country or external"),
    ({"happened": "condemn", "leader": "isiba"}, ("leader", 0), 'Did you mean "ishiba"?'),
    ({"happened": "condemn", "party": "CDP"}, ("party", 0), "unknown party"),
    ({"happened": "condemn", "within": {"days": 1, "of": {"event": "x"}}}, ("within", "of", "event", 0), "unknown"),
    ({"happened": "condemn", "given": {"not": {"happened": "x"}}}, ("given", "not", "happened", 0), "unknown"),
    ({"any_of": [{"happened": "condemn"}, {"in_office": "x"}]}, ("any_of", 1, "in_office", 0), "unknown leader"),
    ({"coalition_intact": "CHN"}, ("coalition_intact", 0), "unknown country"),
    ({"coalition_intact": "KOR"}, ("coalition_intact",), "KOR has no governing coalition"),
    ({"value": {"tension": ["JPN", "CHN"]}}, ("value", "tension", 1), "unknown country"),
    ({"peak": {"status_quo": "takeshima"}}, ("peak", "status_quo", 0), "unknown issue"),
    ({"change": {"stance": "dokdo", "of": "CHN"}}, ("change", "of", 0), "unknown country"),
    ({"seats": ["LDP", "DPK"]}, ("seats", 1), "unknown party"),
    ({"seats": "LDP", "election": "lower_house"}, ("election", 0), "unknown election"),
    ({"happened": "condemn", "until": "2025-08-11"}, ("until",),
     "2025-08-11 is outside the scenario, which runs from 2025-07-14 to 2025-08-10"),
    ({"happened": "condemn", "within": {"days": 1, "of": {"tag": "hostile", "from": "2025-07-13"}}},
     ("within", "of", "from"), "outside the scenario"),
    ({"in_office": "lee", "at": "2026-01-01"}, ("at",), "outside the scenario"),
])
def test_a_wrong_name_or_date_is_found(form: dict[str, Any], path: tuple[str | int, ...], message: str) -> None:
    (found, text), = check(outcome(**form), KNOWN)
    assert found == path
    assert message in text


def test_seats_need_one_election() -> None:
    two = {"a": ("LDP",), "b": ("LDP",)}
    (_, several), = check(outcome(seats="LDP"), Known(START, START, elections=two, held={"a", "b"}))
    assert not list(check(outcome(seats="LDP"), Known(START, START, elections=two, held={"a"})))
    (_, none), = check(outcome(seats="LDP"), Known(START, START))
    assert (several, none) == ("say which election is meant: a, b", "there is no election in this scenario")


def test_good_names_pass() -> None:
    form = {"happened": ["condemn", "missile", "freedom_shield"], "by": ["UN", "KOR"], "party": "LDP",
            "from": START, "until": date(2025, 8, 10), "given": {"seats": "CDP", "at_least": 3}}
    assert not list(check(outcome(**form), KNOWN))


def test_a_selection_that_nothing_meets_is_found() -> None:
    form = {"happened": "missile", "by": "PRK", "within": {"days": 3, "of": {"tag": "missile", "by": "JPN"}},
            "given": {"happened": "condemn", "by": "JPN"}}
    found = list(unmatched(outcome(**form), COLUMNS))
    assert [path for path, _ in found] == [("within", "of"), ("given", "happened")]
    assert {message for _, message in found} == {"nothing that can occur in this scenario is selected"}


def test_what_is_selected_meets_the_qualifiers_beside_it_too() -> None:
    """Of the outcome, its window and its parts."""
    asked = outcome(all_of=[
        {"happened": "missile", "to": "KOR"},
        {"happened": {"tag": "hostile"}, "by": "PRK", "within": {"days": 1, "of": {"tag": "exercise", "to": "PRK"}}}])
    chosen = selected(asked, COLUMNS)
    assert np.flatnonzero(chosen).tolist() == [BALLISTIC, CONDEMN, EXERCISE]
    np.testing.assert_array_equal(selected(asked, COLUMNS, ColumnIndex(COLUMNS)), chosen)


def test_what_a_scenario_looks_at_is_the_rows_of_its_outcomes_and_endings() -> None:
    built = compiled(
        tree(options={"scold": option("scold", "AAA", "BBB"), "greet": option("greet", "AAA", "BBB")}),
        outcomes={"times": {"count": "greet"}, "liked": {"value": {"approval": "BBB"}},
                  "wants": {"change": {"stance": "border", "of": "BBB"}},
                  "strain": {"peak": {"tension": ["BBB", "AAA"]}}},
        endings=[{"name": "open", "title": "Open", "when": {"value": {"status_quo": "border"}, "at_least": 0}},
                 {"name": "rest", "title": "Rest"}])
    greeted = int(np.flatnonzero([column.action == "greet" for column in built.columns])[0])
    levels = {"tension": [0], "status_quo": [0], "stance": [1], "approval": [1]}
    assert levels_looked_at(built.scenario, built) == levels
    assert looked_at(built.scenario, built) == {**levels, "column": [greeted]}


def test_dates_outside_and_coalitions_that_do_not_exist() -> None:
    with pytest.raises(InputError, match="outside the scenario"):
        measure(outcome(in_office="ishiba", at="2025-08-11"), LOG)
    with pytest.raises(InputError, match="KOR has no governing coalition"):
        measure(outcome(coalition_intact="KOR"), LOG)
