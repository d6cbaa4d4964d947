"""Outcomes as they are measured on histories built by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from histories import CONDEMN, CRUISE, EXERCISE, INF, LOG, NAN, START, WEEKS, R, history, outcome, world
from sim.catalog.outcome import Outcome
from sim.history import History
from sim.outcomes import measure

CASES: dict[str, tuple[dict[str, Any], list[float]]] = {
    # verbs
    "happened": ({"happened": "missile"}, [1, 1, 1, 0]),
    "none_in": ({"none_in": "missile"}, [0, 0, 0, 1]),
    "count": ({"count": "missile"}, [3, 1, 1, 0]),
    "weeks_with": ({"weeks_with": "missile"}, [2, 1, 1, 0]),
    "weeks_with begins on Mondays": ({"weeks_with": ["exercise", "condemn"]}, [1, 2, 2, 2]),
    "days_with": ({"days_with": "missile"}, [6, 1, 1, 0]),
    "days_with is capped": ({"days_with": "missile", "from": "2025-07-15", "until": "2025-07-16"}, [1, 0, 0, 0]),
    "days_with is capped at the range": ({"days_with": "exercise", "from": "2025-07-20", "until": "2025-07-22"},
                                         [0, 0, 3, 0]),
    "first_date": ({"first_date": "condemn"}, [8, 5, 19, 4]),
    "first_date by a date": ({"first_date": "condemn", "until": "2025-07-20"}, [INF, 5, INF, 4]),
    "seats": ({"seats": ["LDP", "Komeito"], "election": "upper_house"}, [47, 48, 54, 40]),
    "seats of the only election": ({"seats": "CDP", "at_least": 10}, [1, 0, 0, 0]),
    "seats of an election out of reach": ({"seats": "CDP", "election": "lower_house", "at_least": 1}, [NAN] * 4),
    "in_office": ({"in_office": "ishiba"}, [1, 0, 1, 1]),
    "in_office at": ({"in_office": "ishiba", "at": "2025-07-27"}, [1, 1, 0, 1]),
    "in_office of several": ({"in_office": ["ishiba", "noda"], "at": "2025-07-21"}, [1, 1, 0, 1]),
    "coalition_intact": ({"coalition_intact": "JPN"}, [0, 1, 1, 1]),
    "coalition_intact at": ({"coalition_intact": "JPN", "at": "2025-08-03"}, [1, 1, 1, 1]),
    "value": ({"value": {"tension": ["JPN", "KOR"]}}, [-3, 0, 3, 6]),
    "value at": ({"value": {"tension": ["KOR", "JPN"]}, "at": "2025-07-21"}, [-1, 0, 1, 2]),
    "value at the start": ({"value": {"tension": ["KOR", "JPN"]}, "at": "2025-07-14", "at_least": 0}, [1, 1, 1, 1]),
    "value of a status quo": ({"value": {"status_quo": "sanctions"}, "at_most": -0.5}, [0, 0, 1, 1]),
    "value of a stance": ({"value": {"stance": "sanctions", "of": "KOR"}}, [3, 3, 3, 3]),
    "value of approval": ({"value": {"approval": "KOR"}, "between": [0.2, 0.4]}, [1, 1, 1, 1]),
    "change": ({"change": {"tension": ["JPN", "KOR"]}}, [-3, 0, 3, 6]),
    "change between dates": ({"change": {"tension": ["JPN", "KOR"]}, "from": "2025-07-22", "until": "2025-07-30"},
                             [-1, 0, 1, 2]),
    "peak": ({"peak": {"tension": ["JPN", "KOR"]}}, [0, 0, 3, 6]),
    "peak between dates": ({"peak": {"tension": ["JPN", "KOR"]}, "from": "2025-07-21", "until": "2025-07-30"},
                           [-1, 0, 2, 4]),
    # selections and qualifiers
    "a list": ({"count": ["cruise_test", "freedom_shield"]}, [2, 1, 1, 2]),
    "an event": ({"happened": "upper_house"}, [0, 1, 0, 0]),
    "a mapping": ({"count": {"tag": "official_statement", "by": "KOR"}}, [0, 1, 0, 0]),
    "action, tag and event": ({"count": {"event": "freedom_shield"}, "tag": "exercise",
                               "action": "command_post_exercise"}, [0, 0, 1, 2]),
    "by": ({"count": "condemn", "by": ["KOR", "JPN"]}, [0, 1, 0, 0]),
    "by a party to it": ({"count": "exercise", "by": "KOR"}, [0, 0, 1, 2]),
    "to": ({"count": "condemn", "to": "USA"}, [1, 1, 1, 2]),
    "to one of several": ({"count": "missile", "to": "JPN"}, [1, 0, 1, 0]),
    "from and until": ({"count": "missile", "from": "2025-07-17", "until": "2025-08-03"}, [2, 1, 0, 0]),
    "size": ({"count": "missile", "size": {"at_least": 0.4}}, [3, 1, 0, 0]),
    "size between": ({"count": "missile", "size": {"between": [0.1, 0.4]}}, [1, 0, 1, 0]),
    "days": ({"count": "missile", "days": {"at_least": 2}}, [2, 0, 0, 0]),
    "leader": ({"count": ["missile", "condemn"], "leader": "ishiba"}, [4, 1, 2, 2]),
    "leader with nobody in office": ({"count": "exercise", "leader": "ishiba"}, [0, 0, 0, 2]),
    "party": ({"count": ["missile", "condemn"], "party": "CDP"}, [0, 2, 0, 0]),
    "nothing matches": ({"count": "missile", "by": "USA"}, [0, 0, 0, 0]),
    "at_least": ({"count": "missile", "at_least": 2}, [1, 0, 0, 0]),
    "at_most": ({"weeks_with": "missile", "at_most": 1}, [0, 1, 1, 1]),
    "between": ({"count": "missile", "between": [1, 2]}, [0, 1, 1, 0]),
    # windows
    "within": ({"count": "condemn", "within": {"days": 6, "of": "exercise"}}, [0, 0, 0, 2]),
    "within, last day": ({"count": "condemn", "within": {"days": 12, "of": "exercise"}}, [0, 0, 1, 2]),
    "within, one day short": ({"count": "condemn", "within": {"days": 11, "of": "exercise"}}, [0, 0, 0, 2]),
    "within, same day": ({"happened": "condemn", "within": {"days": 0, "of": "condemn"}}, [1, 1, 1, 1]),
    "within of the end": ({"count": "condemn", "within": {"days": 2, "of": "exercise", "after": "end"}}, [0, 0, 1, 1]),
    "not before the end": ({"count": "condemn", "from": "2025-07-28",
                            "within": {"days": 1, "of": "exercise", "after": "end"}}, [0, 0, 0, 0]),
    "the first trigger": ({"count": "condemn", "within": {"days": 6, "of": "exercise", "nth": 1}}, [0, 0, 0, 1]),
    "the second trigger": ({"first_date": "condemn", "within": {"days": 6, "of": "exercise", "nth": 2}},
                           [INF, INF, INF, 20]),
    "a trigger with qualifiers": ({"count": "missile", "within": {"days": 5, "of": {"tag": "hostile", "by": "KOR"}}},
                                  [0, 1, 0, 0]),
    # combinations
    "all_of": ({"all_of": [{"happened": "missile"}, {"count": "condemn", "at_least": 2}]}, [0, 1, 0, 0]),
    "any_of": ({"any_of": [{"happened": "exercise"}, {"count": "missile", "at_least": 3}]}, [1, 0, 1, 1]),
    "not": ({"not": {"happened": "exercise"}}, [1, 1, 0, 0]),
    "given": ({"count": "condemn", "given": {"happened": "exercise"}}, [NAN, NAN, 1, 2]),
    "given and a bound": ({"count": "condemn", "at_most": 1, "given": {"happened": "exercise"}}, [NAN, NAN, 1, 0]),
    "void in all_of": ({"all_of": [{"happened": "upper_house"},
                                   {"happened": "condemn", "given": {"happened": "exercise"}}]}, [0, NAN, 0, 0]),
    "void in any_of": ({"any_of": [{"happened": "upper_house"},
                                   {"happened": "condemn", "given": {"happened": "exercise"}}]}, [NAN, 1, 1, 1]),
    "void in not": ({"not": {"happened": "condemn", "given": {"happened": "exercise"}}}, [NAN, NAN, 0, 0]),
    "a given that is void": ({"happened": "condemn",
                              "given": {"happened": "condemn", "given": {"happened": "missile"}}}, [1, 1, 1, NAN]),
}


@pytest.mark.parametrize("name", CASES)
def test_measure(name: str) -> None:
    form, expected = CASES[name]
    values = measure(outcome(**form), LOG)
    assert values.dtype == np.float64
    np.testing.assert_allclose(values, expected, rtol=1e-6)


def test_every_verb_is_tested() -> None:
    from sim.catalog.outcome import KINDS
    from sim.outcomes import MEASURES
    assert set(MEASURES) == set(KINDS) <= {key for form, _ in CASES.values() for key in form}


def test_the_log_is_sorted_and_ends_at_the_horizon() -> None:
    log = history((CONDEMN, 0, 9), (CRUISE, 1, 26), (CRUISE, 0, 2), (CONDEMN, 3, 28), (CRUISE, 2, -1), (CRUISE, 3, 2))
    assert log.column.tolist() == [0, 0, 0, 2]
    assert log.day.tolist() == [2, 2, 26, 9]
    assert log.replicate.tolist() == [0, 3, 1, 0]
    assert log.starts.tolist() == [0, 3, 3, 4, 4, 4, 4]
    assert log.rows(np.array([True, False, True, True, False, True])).tolist() == [0, 1, 2, 3]
    assert log.rows(np.array([False, True, True, False, False, False])).tolist() == [3]


def test_an_empty_log() -> None:
    empty = History.from_weeks(world(), R, [], LOG.leader, LOG.flags, {}, {})
    for form, expected in (({"count": "missile"}, 0), ({"first_date": "missile"}, INF), ({"seats": "LDP"}, NAN),
                           ({"happened": "missile", "within": {"days": 3, "of": "condemn"}}, 0)):
        np.testing.assert_array_equal(measure(outcome(**form), empty), np.full(R, expected))


def test_days_add_up_to_no_more_than_there_are() -> None:
    """Four weeks, or fewer where it counts from or up to a date."""
    log = history((EXERCISE, 0, 0, 20), (EXERCISE, 0, 3, 20), (EXERCISE, 0, 3, 20), (EXERCISE, 1, 27, 5))
    for dates, most in (({}, 28), ({"from": "2025-07-16"}, 26), ({"until": "2025-08-08"}, 26)):
        np.testing.assert_array_equal(measure(outcome(days_with="exercise", **dates), log)[0], most)


def test_a_trigger_that_ends_beyond_the_horizon_opens_no_window() -> None:
    """By a day, or by more; a window of another replicate stays its own."""
    for days in (3, 9):
        log = history((EXERCISE, 0, 26, days), (CONDEMN, 0, 2), (CONDEMN, 0, 27), (EXERCISE, 1, 1), (CONDEMN, 1, 2))
        within = {"days": 3, "of": "exercise", "after": "end"}
        assert measure(outcome(count="condemn", within=within), log).tolist() == [0, 1, 0, 0]


def test_seats_are_void_where_there_was_no_vote_and_may_be_none() -> None:
    seats = {"upper_house": (("LDP", "CDP"), np.array([[-1, 0, 40, 30], [-1, 22, 0, 2]], np.int16))}
    log = replace(LOG, seats=seats)
    for parties, expected in (("LDP", [NAN, 0, 40, 30]), (["LDP", "CDP"], [NAN, 22, 40, 32])):
        np.testing.assert_array_equal(measure(outcome(seats=parties), log), expected)


def test_who_is_in_office_at_the_end_is_who_governs_in_the_last_week() -> None:
    leader = LOG.leader.copy()
    leader[3, 0, 0] = 1
    assert measure(outcome(in_office="noda"), replace(LOG, leader=leader)).tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("name", CASES)
def test_a_dumped_outcome_reads_back(name: str) -> None:
    first = outcome(**CASES[name][0])
    assert Outcome.model_validate(first.model_dump(by_alias=True)) == first
    assert Outcome.model_validate_json(first.model_dump_json(by_alias=True)) == first


# Properties

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, R - 1), st.integers(0, 7 * WEEKS - 1), st.integers(1, 5)),
                max_size=30)
SELECTORS = st.sampled_from(["missile", "condemn", "freedom_shield", ["cruise_test", "hostile"], {"by": "KOR"},
                             {"tag": "test", "to": "JPN"}])
QUALIFIERS = st.fixed_dictionaries({}, optional={
    "from": st.dates(START, date(2025, 7, 25)), "until": st.dates(date(2025, 7, 25), date(2025, 8, 10)),
    "leader": st.sampled_from(["ishiba", "noda"]), "within": st.fixed_dictionaries(
        {"days": st.integers(0, 9), "of": SELECTORS},
        optional={"nth": st.integers(1, 2), "after": st.sampled_from(["start", "end"])})})


@settings(max_examples=150, deadline=None)
@given(ROWS, SELECTORS, QUALIFIERS)
def test_verbs_agree(rows: list[tuple[int, ...]], what: Any, qualifiers: dict[str, Any]) -> None:
    log = history(*rows)
    got = {verb: measure(outcome(**{verb: what}, **qualifiers), log)
           for verb in ("happened", "none_in", "count", "weeks_with", "days_with", "first_date")}
    np.testing.assert_array_equal(got["happened"], got["count"] >= 1)
    np.testing.assert_array_equal(got["none_in"], 1 - got["happened"])
    np.testing.assert_array_equal(got["happened"], np.isfinite(got["first_date"]))
    np.testing.assert_array_equal(got["happened"], got["days_with"] >= 1)
    assert (got["weeks_with"] <= np.minimum(got["count"], WEEKS)).all()


@settings(max_examples=100, deadline=None)
@given(ROWS, st.integers(0, 9), st.sampled_from(["start", "end"]))
def test_windows_agree_with_a_plain_loop(rows: list[tuple[int, ...]], days: int, after: str) -> None:
    counts = [0] * R
    for column, replicate, day, _ in rows:
        opens = [t + (length - 1 if after == "end" else 0) for c, r, t, length in rows
                 if c == EXERCISE and r == replicate]
        counts[replicate] += column == CONDEMN and any(t <= day <= t + days for t in opens)
    values = measure(outcome(count="condemn", by="PRK", within={"days": days, "of": "exercise", "after": after}),
                     history(*rows))
    np.testing.assert_array_equal(values, counts)


@settings(max_examples=100, deadline=None)
@given(ROWS, st.lists(st.tuples(SELECTORS, st.none() | SELECTORS), min_size=1, max_size=4))
def test_de_morgan(rows: list[tuple[int, ...]], parts: list[tuple[Any, Any]]) -> None:
    log = history(*rows)
    forms = [{"happened": a} | ({"given": {"happened": b}} if b else {}) for a, b in parts]
    some, every = outcome(any_of=[{"not": form} for form in forms]), outcome(all_of=forms)
    np.testing.assert_array_equal(measure(outcome(**{"not": every.model_dump(by_alias=True)}), log), measure(some, log))
