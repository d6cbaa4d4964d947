"""A history built by hand, so that what is measured of it is known: four replicates of four weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.catalog.outcome import Outcome
from sim.history import History

START, WEEKS, R = date(2025, 7, 14), 4, 4
#: An outcome that does not apply, and the date of what never happens.
NAN, INF = np.nan, np.inf


@dataclass(frozen=True)
class Column:
    """An option or event, as far as outcomes look at it."""

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
    """What outcomes look at in a world of two countries, with an election and a coalition."""
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
    """An outcome's entry, read."""
    return Outcome.model_validate(form)
