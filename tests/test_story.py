"""Stories the shipped July 2025 must be able to tell: the article's claims and the record, as the model has them.

Every test runs two thousand replicates of seed 1 at most. Two runs that differ in one setting share their draws, so
that their difference is paired; margins are four standard errors unless a test says otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.history import History
from worlds import happened, outcome, shipped_history

#: Weeks with a missile event in the record: since 2012, of the 52 to 20 July 2025, and in 2022, its busiest year.
SINCE_2012, LAST_YEAR, BUSIEST_YEAR = 148 / 707, 15 / 52, 25 / 52
POLL = "events.upper_house_election.election.parties"
#: The coalition's seats around 33 and 59 of the 50 it needs; what it gains or loses goes to and comes from others.
LOSS = (f"{POLL}.LDP.seats=24.5", f"{POLL}.CDP.seats=37")
WIN = (f"{POLL}.LDP.seats=50.5", f"{POLL}.CDP.seats=17", f"{POLL}.DPP.seats=9.5")

Values = np.ndarray[Any, np.dtype[Any]]


def error(values: Values) -> float:
    """Four standard errors of the mean."""
    return float(4 * np.std(values) / np.sqrt(len(values)))


def seats(history: History, *parties: str) -> Values:
    names, returned = history.seats["upper_house_election"]
    return returned[[names.index(party) for party in parties]].sum(axis=0)


def test_after_a_trilateral_drill_pyongyang_speaks_within_a_fortnight_more_often_than_not() -> None:
    """The record has four of four, three of them within a week, in a sample that was chosen for it."""
    fortnight, week = (outcome(shipped_history(), f"statement_within_{days}_days") for days in (14, 7))
    heard = ~np.isnan(fortnight)
    assert heard.mean() > 0.9, "there is nearly always a drill"
    assert 0.5 < fortnight[heard].mean() < 1
    assert 0.5 < week[heard].mean() < fortnight[heard].mean()


def test_switching_off_the_response_to_drills_makes_statements_after_them_rarer() -> None:
    on, off = (outcome(shipped_history(*settings), "statement_within_14_days")
               for settings in ((), ("mechanisms.drill_draws_statement.strength=0",)))
    difference = on - off
    difference = difference[~np.isnan(difference)]
    assert difference.mean() - error(difference) > 0


def test_a_white_paper_draws_seouls_protest_in_the_same_week_nearly_always() -> None:
    """Fourteen of fourteen sourced years; a protest on Monday after a paper on Sunday is not counted here."""
    history = shipped_history()
    papers, protests = happened(history, "white_paper", by="JPN"), happened(history, "protest", by="KOR", to="JPN")
    assert papers.sum() > 2000
    assert protests[papers].mean() > 0.9
    assert protests[~papers].mean() < 0.3


def test_launches_cluster() -> None:
    """After a week with a launch another is likelier: 0.47 against 0.31 in the record since 2022."""
    launches = happened(shipped_history(), "missile", by="PRK")
    before, after = launches[:-1], launches[1:]
    assert after[before].mean() > after[~before].mean() + 0.05


def test_weeks_with_missiles_lie_between_the_records_long_run_and_its_busiest_year() -> None:
    """On average, and nearer to recent years; single replicates may well be quieter or busier."""
    rates = happened(shipped_history(), "missile", by="PRK").mean(axis=0)
    assert SINCE_2012 + error(rates) < rates.mean() < BUSIEST_YEAR
    assert np.quantile(rates, 0.05) < LAST_YEAR
    assert np.quantile(rates, 0.95) > 0.4


def test_a_years_missile_weeks_vary_more_than_chance_alone_would_make_them() -> None:
    """Counted weeks are overdispersed, as between the record's years: more than twice the binomial variance."""
    weeks = happened(shipped_history(), "missile", by="PRK")[:52].sum(axis=0)
    assert weeks.var() > 2 * weeks.mean() * (1 - weeks.mean() / 52)


def test_a_heavy_loss_of_seats_makes_the_premiers_going_likelier_than_a_win() -> None:
    lost, won = shipped_history(*LOSS), shipped_history(*WIN)
    assert seats(lost, "LDP", "Komeito").mean() < 40 < 50 < seats(won, "LDP", "Komeito").mean()
    gone = [happened(history, "removal", by="JPN").any(axis=0).astype(float) for history in (lost, won)]
    difference = gone[0] - gone[1]
    assert difference.mean() - error(difference) > 0.2
    assert 0 < gone[1].mean() < gone[0].mean() < 1


def test_a_weak_mandate_makes_contacts_between_tokyo_and_pyongyang_rarer() -> None:
    """After the loss that polls expect, against the same histories in which Pyongyang does not mind."""
    indifferent = ("mechanisms.weak_mandate_lowers_credit.strength=0", "mechanisms.wait_and_see.strength=0")
    contacts = [happened(shipped_history(*settings), "japan_dprk_contact", "japan_dprk_talks", "japan_dprk_summit")
                .sum(axis=0) for settings in ((), indifferent)]
    difference = contacts[1] - contacts[0]
    assert difference.mean() - error(difference) > 0


def test_taking_an_exercise_away_leaves_what_it_has_nothing_to_do_with_exactly_as_it_was() -> None:
    """Seats and court rulings to the last one; but what follows drills changes."""
    with_it, without = shipped_history(), shipped_history(without=("freedom_edge",))
    assert happened(with_it, "trilateral_exercise").any()
    assert not happened(without, "trilateral_exercise").any()
    for election, (parties, returned) in with_it.seats.items():
        assert without.seats[election][0] == parties
        assert np.array_equal(without.seats[election][1], returned)
    assert np.array_equal(happened(with_it, "court_ruling"), happened(without, "court_ruling"))
    assert not np.array_equal(happened(with_it, "denounce_drills"), happened(without, "denounce_drills"))


def test_removing_an_exercise_changes_nothing_before_it() -> None:
    """Freedom Edge comes in September at the earliest, and is decided three weeks ahead."""
    with_it, without = shipped_history(), shipped_history(without=("freedom_edge",))
    days = 7 * 4
    assert np.array_equal(*(history.levels["tension"][:4] for history in (with_it, without)))
    names = [sorted((history.world.columns[c].name, d, r) for c, d, r in
                    zip(history.column, history.day, history.replicate, strict=True) if d < days)
             for history in (with_it, without)]
    assert names[0] == names[1]


@pytest.mark.parametrize("country", ["USA", "JPN", "KOR", "PRK", "RUS"])
def test_every_government_speaks_and_acts(country: str) -> None:
    """Nobody is a mere target: words and deeds in most replicates."""
    history = shipped_history()
    assert happened(history, "official_statement", by=country).any(axis=0).mean() > 0.9
    deeds = happened(history, "visit", "exercise", "missile", "arms", "meeting", "talks", by=country)
    assert deeds.any(axis=0).mean() > 0.9
