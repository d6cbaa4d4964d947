"""Outcomes: their form, the names in them, their measurement on hand-built histories, their summaries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy.stats import binomtest

from sim.catalog.outcome import Ending, Endings, Known, Outcome, check
from sim.errors import InputError
from sim.history import ColumnIndex, History
from sim.outcomes import (
    assign_endings,
    levels_looked_at,
    looked_at,
    measure,
    selected,
    summarise,
    unmatched,
    wilson,
)
from worlds import compiled, option, tree

START, WEEKS, R = date(2025, 7, 14), 4, 4
NAN, INF = np.nan, np.inf


@dataclass(frozen=True)
class Column:
    by: tuple[str, ...]
    action: str
    to: tuple[str, ...] = ()
    extra: frozenset[str] = frozenset()
    event: str | None = None
    announces: bool = False

    @property
    def tags(self) -> frozenset[str]:
        return self.extra | {self.action} if self.action else frozenset()


MISSILE, HOSTILE = frozenset({"missile", "test"}), frozenset({"official_statement", "hostile"})
COLUMNS = (Column(("PRK",), "cruise_test", (), MISSILE),
           Column(("PRK",), "ballistic_test", ("KOR", "JPN"), MISSILE),
           Column(("PRK",), "condemn", ("USA",), HOSTILE),
           Column(("KOR",), "condemn", ("JPN",), HOSTILE),
           Column(("USA", "KOR"), "command_post_exercise", ("PRK",), frozenset({"exercise"}), "freedom_shield"),
           Column(("JPN",), "", event="upper_house"))
CRUISE, BALLISTIC, CONDEMN, PROTEST, EXERCISE, VOTE = range(6)
LEADERS = (("JPN", "ishiba"), ("JPN", "noda"), ("KOR", "lee"))


def world(columns: tuple[Column, ...] = COLUMNS) -> Any:
    leaders = {"ishiba": SimpleNamespace(party="LDP"), "noda": SimpleNamespace(party="CDP")}
    countries = {"JPN": SimpleNamespace(leaders=leaders, coalition=SimpleNamespace(flag="jpn_coalition")),
                 "KOR": SimpleNamespace(leaders={"lee": SimpleNamespace(party="DPK")}, coalition=None)}
    return SimpleNamespace(scenario=SimpleNamespace(countries=countries), start=START, weeks=WEEKS, columns=columns,
                           countries=("JPN", "KOR"), issues=("dokdo", "sanctions"), dyads=(("KOR", "JPN"),),
                           leaders=LEADERS, flags=("pact", "jpn_coalition"))


def history(*log: tuple[int, ...]) -> History:
    """A history of four replicates from rows of column, replicate, day, days (1) and size in per cent (100)."""
    full = [(*row, *(1, 100)[len(row) - 3:]) for row in log]
    chunks = []
    for week in range(-1, WEEKS + 1):
        rows = np.array([row for row in full if row[2] // 7 == week], int).reshape(-1, 5).T
        chunks.append((rows[0], np.full(len(rows[0]), week), rows[1], rows[2], rows[3], rows[4] / 100))
    leader = np.full((WEEKS, 2, R), 2, np.int8)
    leader[:, 0] = 0
    leader[2:, 0, 1] = 1  # in replicate 1, the other party takes over in week 2
    leader[1, 0, 2] = -1  # in replicate 2, nobody governs in week 1
    flags = np.ones((WEEKS, 2, R), bool)
    flags[3, 1, 0] = False
    steps = np.arange(WEEKS, dtype=np.float32)[:, None, None]
    runs = np.arange(R, dtype=np.float32)
    levels = {"tension": steps * (runs - 1), "status_quo": (steps + runs) * np.array([[0.1], [-0.1]], np.float32),
              "stance": np.arange(4, dtype=np.float32)[:, None] + 0 * steps * runs, "approval": steps / 10 + 0 * runs
              + np.zeros((2, 1), np.float32)}
    seats = {"upper_house": (("LDP", "Komeito", "CDP"), np.array([[39, 40, 45, 30], [8, 8, 9, 10], [22, 2, 2, 2]]))}
    return History.from_weeks(world(), R, chunks, leader, flags, seats, levels)


LOG = history((CRUISE, 0, 1), (CRUISE, 0, 3, 2), (BALLISTIC, 0, 9, 3, 40), (CONDEMN, 0, 8),
              (CRUISE, 1, 20), (CONDEMN, 1, 5), (PROTEST, 1, 16), (VOTE, 1, 6),
              (BALLISTIC, 2, 27, 1, 10), (EXERCISE, 2, 7, 11), (CONDEMN, 2, 19),
              (EXERCISE, 3, 0), (EXERCISE, 3, 14, 5), (CONDEMN, 3, 20), (CONDEMN, 3, 4))


def outcome(**form: Any) -> Outcome:
    return Outcome.model_validate(form)


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


# Form

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


@pytest.mark.parametrize("name", CASES)
def test_a_dumped_outcome_reads_back(name: str) -> None:
    first = outcome(**CASES[name][0])
    assert Outcome.model_validate(first.model_dump(by_alias=True)) == first
    assert Outcome.model_validate_json(first.model_dump_json(by_alias=True)) == first


# Names

KNOWN = Known(start=START, end=date(2025, 8, 10), actions={"condemn", "cruise_test"}, tags={"missile", "hostile"},
              events={"freedom_shield", "upper_house"}, countries={"JPN", "KOR", "PRK"}, externals={"UN"},
              leaders={"ishiba", "lee"}, parties={"LDP", "DPK"}, issues={"dokdo", "sanctions"}, coalitions={"JPN"},
              elections={"upper_house": ("LDP", "CDP")}, labels={"PRK": "DPRK"})


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


# Endings

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


# Summaries

@given(st.integers(1, 20_000), st.floats(0, 1))
def test_wilson_agrees_with_scipy(n: int, share: float) -> None:
    k = round(share * n)
    expected = binomtest(k, n).proportion_ci(method="wilson")
    np.testing.assert_allclose(wilson(k, n), (expected.low, expected.high), atol=1e-12)


def test_wilson_at_the_edges() -> None:
    low, high = wilson([0, 10, 0, 5], [10, 10, 0, 10])
    assert low[0] == 0 < high[0] < 0.5
    assert 0.5 < low[1] < high[1] == 1
    assert (low[2], high[2]) == (0, 1)
    np.testing.assert_allclose(low[3] + high[3], 1)
    n = np.arange(1, 3000)
    assert set(wilson(0, n)[0]) == {0}
    assert set(wilson(n, n)[1]) == {1}


def test_summary_of_yes_or_no() -> None:
    summary = summarise(np.array([1, 0, 0, NAN, 1.0]), "yes_no")
    assert (summary["n"], summary["mean"]) == (4, 0.5)
    assert summary["void"] == pytest.approx(0.2)
    assert (summary["low"], summary["high"]) == pytest.approx([float(x) for x in wilson(2, 4)])
    assert "quantiles" not in summary


def test_summary_of_numbers() -> None:
    values = np.arange(101.0)
    summary = summarise(values, "number")
    assert summary["quantiles"] == {"5": 5, "25": 25, "50": 50, "75": 75, "95": 95}
    half = 1.959964 * values.std(ddof=1) / np.sqrt(101)
    assert (summary["low"], summary["mean"], summary["high"]) == pytest.approx((50 - half, 50, 50 + half))


def test_summary_of_two_numbers_and_of_no_replicates() -> None:
    summary = summarise(np.array([1.0, 3.0]), "number")
    assert (summary["low"], summary["high"]) == pytest.approx((2 - 1.959964, 2 + 1.959964))
    assert summarise(np.empty(0), "number")["void"] == 0


def test_quantiles_of_dates_are_dates_of_replicates() -> None:
    """Of two hundred, the tenth, fiftieth, hundredth and so on."""
    summary = summarise(np.arange(200.0), "date")
    assert summary["quantiles"] == {"5": 9, "25": 49, "50": 99, "75": 149, "95": 189}


def test_summary_of_dates() -> None:
    summary = summarise(np.array([3, 10, INF, INF, 7.0]), "date")
    assert summary["reached"] == 0.6
    assert (summary["low"], summary["high"]) == pytest.approx([float(x) for x in wilson(3, 5)])
    assert summary["quantiles"] == {"5": 3, "25": 7, "50": 10, "75": None, "95": None}


@pytest.mark.parametrize("kind", ["yes_no", "number", "date"])
def test_summary_of_nothing(kind: Any) -> None:
    summary = summarise(np.full(3, NAN), kind)
    assert (summary["n"], summary["void"]) == (0, 1)
    assert summary["reached" if kind == "date" else "mean"] is None
    one = summarise(np.array([1.0]), kind)
    assert one["reached" if kind == "date" else "mean"] == 1
