"""What a week does in detail: what neither the limit cases nor the reference would notice if it changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from sim import deciding
from sim.calendar import on_date
from sim.catalog.event import Yearly
from sim.deciding import decide
from sim.draws import Draws
from sim.history import History
from sim.model import DiplomacyModel
from sim.occurrences import Occurrences
from sim.outcomes import measured
from sim.quantity import CENTURY
from worlds import J, compiled, event, mechanism, merged, option, played, replay, shipped, tree


def modelled(world: dict[str, Any], weeks: int = 1, **model: Any) -> DiplomacyModel:
    """A model of this world after so many weeks."""
    running = DiplomacyModel(compiled(world), **model)
    for _ in range(weeks):
        running.step()
    return running


# State

def test_the_state_is_kept_in_single_precision() -> None:
    """But for what is left of dated actions, and with small whole numbers for who governs."""
    model = DiplomacyModel(shipped(), replicates=3)
    model.step()
    arrays = {name: values for name, values in vars(model.state).items() if isinstance(values, np.ndarray)}
    arrays |= model.state.keep
    floats = {name for name, values in arrays.items() if values.dtype.kind == "f"}
    assert {"inputs", "moved", "stance", "conduct", "tempo", "alliance"} <= floats
    assert {name for name in floats if arrays[name].dtype != np.float32} == {"portion"}
    assert {arrays[name].dtype.itemsize for name in ("leader", "successor", "flag")} == {1}
    assert {arrays[name].dtype.itemsize for name in arrays if name.endswith("_day") or name == "last_week"} == {4}
    model.release()


def test_inputs_that_are_given_are_not_drawn() -> None:
    world = compiled(tree(issues={"border": {"status_quo": {"low": -1, "high": 1}}}))
    given = np.array([0.25, -0.5, 0.75])
    model = DiplomacyModel(world, replicates=3, given={"issues.border.status_quo": given})
    assert model.state.status_quo.tolist() == [given.tolist()]
    model.release()


def test_a_partner_pulls_a_stance_no_further_than_its_end() -> None:
    """BBB is won over by two on the border; AAA, which goes along with it, cannot want more than an open one."""
    for end in (1, -1):
        world = tree(
            countries={"AAA": {"stances": {"border": {"ideal": 0.5 * end}}, "influence": {"BBB": {"value": 1, **J}}},
                       "BBB": {"stances": {"border": {"ideal": -end}}}},
            events={"speech": event(on="2025-07-14", stances={"BBB": {"border": 2 * end}})})
        model = modelled(world)
        assert model.state.stance[0, 0, 0] == end
        model.release()


def test_an_event_moves_a_stance_no_further_than_its_end() -> None:
    """Here shortly before the start; at a week's end stances are kept within their bounds anyway."""
    world = tree(memory={"stance": 1e6}, events={"speech": event(on="2025-07-10", stances={
        "AAA": {"border": 0.7}, "BBB": {"border": -1.8}})})
    model = modelled(world, weeks=0)
    assert model.state.stance[:, 0, 0].tolist() == pytest.approx([1, -1], abs=1e-4)
    model.release()


def test_tension_is_the_mean_of_what_both_did_lately_in_words_and_deeds() -> None:
    """In the week after a scolding (-2) one way and a strike (-10) the other, of which the fast memory keeps half."""
    world = tree(memory={"conduct_fast": 1, "conduct_slow": 26}, events={
        "row": event(action="scold", by=["BBB"], to=["AAA"], on="2025-07-14"),
        "raid": event(action="strike", by=["AAA"], to=["BBB"], on="2025-07-15")})
    model = modelled(world)
    assert model.state.tension(model.world.pairs)[0, 0] == pytest.approx(10 * np.tanh((1 + 5) / 2 / 10), rel=1e-5)
    model.release()


# Occurrences and their effects

@pytest.mark.parametrize(("days", "weeks"), [(1, 1), (6, 1), (7, 2), (13, 2), (14, 3)])
def test_what_lasts_is_under_way_to_its_last_day(days: int, weeks: int) -> None:
    """An exercise that begins on a Tuesday; its sixth day is a Sunday, its seventh the Monday after."""
    world = compiled(tree(
        options={"scold": option("scold", "BBB", "AAA", 1e-6)},
        events={"drill": event(action="strike", by=["AAA"], to=["BBB"], on="2025-07-15", days=days)},
        mechanisms={"answers": mechanism("response", {"action": "scold"}, feature={"under_way": ["drill"]})}))
    model = DiplomacyModel(world)
    moved = []
    for _ in range(5):
        model.step()
        moved.append(bool(model.sums[0, 0]))
    assert moved == [True] * weeks + [False] * (5 - weeks)
    model.release()


def test_a_clock_rises_over_the_weeks_before_a_date_and_falls_over_those_after() -> None:
    """A feast on the Monday of the third week, which casts its shadow one week ahead and two behind."""
    world = compiled(tree(
        options={"scold": option("scold", "BBB", "AAA", 1e-6)}, events={"feast": event(on="2025-07-28")},
        mechanisms={"heeds": mechanism("response", {"action": "scold"},
                                       feature={"clock": "feast", "before": 1, "after": 2})}))
    model = DiplomacyModel(world)
    moved = []
    for _ in range(6):
        model.step()
        moved.append(float(model.sums[0, 0]))
    assert moved == pytest.approx([0, 1 / 2, 1, 2 / 3, 1 / 3, 0], abs=1e-6)
    model.release()


def test_who_acts_and_is_acted_on_does_nothing_to_itself() -> None:
    """Two parties of an event are its targets as well: each acts toward the other."""
    world = tree(actions={"treaty": {"among": {"cameo": "057", "goldstein": 3}}},
                 events={"pact": event(action="treaty", by=["AAA", "BBB"], to=["AAA", "BBB"], on="2025-07-14")})
    model = modelled(world)
    own = [model.world.index.pair(code, code) for code in model.world.countries]
    assert not model.state.conduct[:, :, own].any()
    assert not model.state.ledger[own].any()
    model.release()


@pytest.mark.parametrize("score", [8, -8])
def test_one_week_counts_no_more_than_ten_points_also_before_the_start(score: int) -> None:
    """What two parties do to each other as such and as targets adds up to more."""
    world = tree(memory={"conduct_fast": 1},
                 actions={"treaty": {"goldstein": score, "among": {"cameo": "057", "goldstein": score / 2}}},
                 events={"pact": event(action="treaty", by=["AAA", "BBB"], to=["AAA", "BBB"], on="2025-07-10")})
    before = modelled(world, weeks=0)
    within = modelled(merged(world, {"events": {"pact": {"on": "2025-07-14"}}}), weeks=1)
    pair = before.world.index.pair("AAA", "BBB")
    for model in (before, within):
        assert model.state.conduct[0, 0, pair, 0] == pytest.approx(np.sign(score) * 5)
        model.release()


@pytest.mark.parametrize("overlap", [False, True])
def test_one_occurrence_does_what_is_said_of_it(overlap: bool) -> None:
    """What a column's effects are read as, and what they add to the state, are the same; each counts once however many
    reasons it has."""
    to = ["AAA", "BBB"] if overlap else ["BBB"]
    world = compiled(tree(
        actions={"treaty": {"among": {"cameo": "057", "goldstein": 3}, "approval": 0.2}},
        cues={"noise": {"name": "Noise", "left_by": [{"action": "treaty"}], "half_life": 2, "size": 0.5, **J}},
        events={"pact": event(action="treaty", by=["AAA", "BBB"], to=to, on="2025-07-14")}))
    effects, column = world.effects, world.event_column["pact"]
    assert effects.values.dtype == np.float32
    added = np.zeros((effects.height, 2))
    effects.add(added, np.array([column]), np.array([1]), np.ones(1))
    said = np.zeros(effects.height)
    for (kind, row), value in effects.of(column).items():
        said[effects.parts[kind].start + row] = value
    assert added[:, 1] == pytest.approx(said)
    assert not added[:, 0].any()
    assert said[effects.parts["conduct_now"]][world.index.pair("AAA", "BBB")] == 8 + 3


def test_what_happened_last_before_the_start_has_the_last_word() -> None:
    """A pact made and then broken, whatever the names of the two."""
    world = tree(flags={"pact": {"name": "Pact", "set_by": [{"action": "treaty"}], "cleared_by": [{"action": "strike"}],
                                 **J}},
                 events={"b_made": event(action="treaty", by=["AAA"], to=["BBB"], on="2025-07-01"),
                         "a_broken": event(action="strike", by=["AAA"], to=["BBB"], on="2025-07-08")})
    model = modelled(world, weeks=0)
    assert not model.state.flag.any()
    model.release()


# The calendar

@pytest.mark.parametrize("every", [3, 7])
def test_a_cadence_is_a_week_at_least(every: int) -> None:
    """And goes on to the end."""
    history = played(compiled(tree(events={"drill": event(
        action="strike", by=["AAA"], to=["BBB"], cadence={"first": "2025-07-16", "every": every})})))
    assert history.day.tolist() == [2 + 7 * week for week in range(20)]


def test_a_yearly_event_may_fall_on_the_first_day() -> None:
    yearly = {"month": 7, "day": 14}
    world = tree(events={"feast": event(action="greet", by=["AAA"], to=["BBB"], yearly=yearly)})
    assert played(compiled(world)).day.tolist() == [0]
    spread = merged(world, {"events": {"feast": {"yearly": {"jitter": {"low": 0, "high": 30}}}}})
    assert np.ptp(played(compiled(spread), replicates=100).day) > 20


@pytest.mark.parametrize(("month", "day", "year", "last"), [
    (2, 29, 2028, 29), (2, 29, 2025, 28), (2, 30, 2025, 28), (2, 31, 2025, 28), (2, 31, 2028, 29), (4, 31, 2025, 30)])
def test_a_day_that_a_month_lacks_is_its_last(month: int, day: int, year: int, last: int) -> None:
    assert on_date(Yearly(month=month, day=day), year) == date(year, month, last)


# Deciding

class Drawn(Draws):
    """Draws of which every stream gives the same words, whatever its name and week."""

    def __init__(self, *given: int):
        super().__init__(1, 0, range(len(given)))
        self.given = np.array(given, dtype=np.uint32)

    def words(self, names: Any, week: int) -> Any:
        return np.tile(self.given, (len(names), 1))


def test_an_option_is_taken_where_its_variate_lies_below_its_probability() -> None:
    """The variate is the middle of one of 2^32 steps. Here the probability is one step: only the first lies below."""
    model = DiplomacyModel(compiled(tree(options={"scold": option("scold", "AAA", "BBB")})), replicates=4)
    now = Occurrences(model.world, model.state)
    one_step = np.full((1, 4), -np.log(2.0**32 - 1))
    decide(model.world, model.state, Drawn(0, 1, 2**31, 2**32 - 1), np.zeros((1, 4)), one_step, now)
    assert now.log[2].tolist() == [0]
    model.release()


def test_what_is_out_of_the_question_does_not_happen_and_is_no_error() -> None:
    """Odds too long for single precision."""
    model = DiplomacyModel(compiled(tree(options={"scold": option("scold", "AAA", "BBB", 0.5)})), replicates=20)
    model.sums[:] = -1000
    now = Occurrences(model.world, model.state)
    decide(model.world, model.state, model.draws, model.sums, model.bases, now)
    assert not len(now.log[0])
    model.release()


def test_it_makes_no_difference_how_many_options_are_decided_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Choices among them, which share one variate."""
    rates = {f"option_{i}": option("scold", "AAA", "BBB", 0.1, choice="mood" if i % 2 else None) for i in range(9)}
    world = compiled(tree(options=rates), weeks=8)
    together = played(world, replicates=10)
    for rows in (1, 4):
        monkeypatch.setattr(deciding, "TOGETHER", 10 * rows)
        apart = played(world, replicates=10)
        for column in range(10):
            assert replay(apart, column) == replay(together, column)


@pytest.mark.parametrize("lag", [4, 6])
def test_a_reaction_comes_its_lag_after_what_it_reacts_to_at_the_earliest_on_the_monday_of_its_week(lag: int) -> None:
    """A scolding on a Thursday is answered four days later on the Monday, six days later on the Wednesday."""
    world = tree(
        cues={"hurt": {"name": "Hurt", "left_by": [{"event": "row"}], "half_life": 2, **J}},
        options={"strike": option("strike", "BBB", "AAA", 1)},
        events={"row": event(action="scold", by=["AAA"], to=["BBB"], on="2025-07-17")},
        mechanisms={"answers": mechanism("response", {"action": "strike"}, feature={"cue": "hurt"}, lag=lag)})
    history = played(built := compiled(world, weeks=2), replicates=30)
    answers = (history.column == built.option_columns[0]) & (history.week == 1)
    assert set(history.day[answers]) == {3 + lag}


# Dated actions

def drill(lead: int, on: str, rate: float) -> dict[str, Any]:
    """AAA's drill against BBB, which it may call off, saying so with a remark."""
    return event(action="strike", by=["AAA"], to=["BBB"], on=on, decision={
        "lead": lead, "reference_class": "made up", **J,
        "alternatives": {"cancel": {"rate": rate, "announces": "remark", "holds": False}}})


@pytest.mark.parametrize("lead", [1, 3])
def test_a_dated_action_is_decided_at_its_lead_however_late_it_is(lead: int) -> None:
    """In the last of twenty weeks."""
    history = played(compiled(tree(events={"drill": drill(lead, "2025-11-26", 0.99)})), replicates=20)
    assert set(history.week[history.day < 7 * 19]) == {19 - lead}
    assert len(history.day) == 20


def test_what_alone_is_weighed_moves_what_becomes_of_a_dated_action() -> None:
    """After a strike AAA calls its drill off, which is all that it decides at all."""
    world = tree(
        cues={"hurt": {"name": "Hurt", "left_by": [{"event": "raid"}], "half_life": 10, **J}},
        events={"drill": drill(1, "2025-07-28", 0.01),
                "raid": event(action="strike", by=["BBB"], to=["AAA"], on="2025-07-14")},
        mechanisms={"shies": mechanism("response", {"action": "remark"}, feature={"cue": "hurt"}, strength=30)})
    built = compiled(world, weeks=4)
    assert built.event_column["drill"] not in played(built, replicates=20).column


# Successions

def succession(**fields: Any) -> dict[str, Any]:
    """AAA, led by its second leader, whom only the first can follow: chosen ten days after, in office twenty later."""
    return {"leader": "a_two", "leaders": {"a_two": {"name": "Two", **J}}, "succession": {
        "choose": 10, "take_office": 20, "chosen": "chosen", "taken": "sworn_in", "successors": {"a_one": 1}, **J,
        **fields}}


def steps(history: History, replicate: int) -> dict[str, list[int]]:
    """The days of each step of AAA's successions."""
    actions = np.array([column.action for column in history.world.columns])  # type: ignore[attr-defined]
    own = history.replicate == replicate
    return {name: sorted(history.day[own & (actions[history.column] == name)].tolist())
            for name in ("resign", "chosen", "sworn_in")}


def test_a_leader_goes_once_and_is_followed_so_many_days_later() -> None:
    """Also where the successor is the first leader of all, and the day of the announcement counts as a whole day."""
    world = compiled(tree(countries={"AAA": succession()}, options={"resign": option("resign", "AAA", rate=0.6)}))
    history = played(world, replicates=50)
    for replicate in range(50):
        of = steps(history, replicate)
        first = of["resign"][0]
        assert of["chosen"][0] == first + 10
        assert of["sworn_in"][0] == first + 30
        assert all(day > first + 30 - 7 for day in of["resign"][1:])


def test_a_leader_who_may_not_go_does_not() -> None:
    """For want of a flag, although no succession is under way."""
    world = compiled(tree(countries={"AAA": succession()}, flags={"pact": {"name": "Pact", **J}},
                          options={"resign": option("resign", "AAA", rate=0.6, needs="pact")}))
    assert not len(played(world, replicates=20).day)


def test_who_is_about_to_go_does_not_go_again_and_may_be_followed_on_the_day_of_the_choice() -> None:
    """Also by the first leader of all; a second resignation a week later changes nothing."""
    world = tree(countries={"AAA": succession(take_office=0)}, events={
        f"goes_{day}": event(action="resign", by=["AAA"], on=f"2025-07-{day}") for day in (15, 22)})
    of = steps(played(compiled(world, weeks=6)), 0)
    assert of == {"resign": [1, 8], "chosen": [11], "sworn_in": [11]}


def test_whom_nobody_can_follow_stays_and_others_who_go_with_them_are_followed() -> None:
    """BBB has no rule of succession."""
    world = compiled(tree(countries={"AAA": succession()}, events={
        "both": event(action="resign", by=["BBB", "AAA"], on="2025-07-15")}), weeks=6)
    history = played(world)
    assert steps(history, 0) == {"resign": [1], "chosen": [11], "sworn_in": [31]}
    assert set(history.leader[:, 1, 0]) == {history.leader[0, 1, 0]}


# Elections

def returned(common_error: Any = 0, replicates: int = 1, **drawn: list[float]) -> dict[str, Any]:
    """Seats by party of a hundred; "ins" and "partner" govern. `drawn` are the polls of each replicate, if given."""
    parties = {name: {"seats": polled, "coalition": name != "outs"}
               for name, polled in (("ins", 30), ("partner", 20), ("outs", 50))}
    world = compiled(tree(events={"vote": event(on="2025-07-15", election={
        "country": "AAA", "contested": 100, "needed": 50, "common_error": common_error, "mandate": 4,
        "parties": parties, **J})}), weeks=1)
    given = {f"events.vote.election.parties.{name}.seats": np.array(polled, float) for name, polled in drawn.items()}
    names, seats = played(world, replicates=replicates, given=given).seats["vote"]
    return dict(zip(names, seats, strict=True))


def test_polls_count_for_nothing_below_none_and_for_all_seats_above_them() -> None:
    """Of three replicates the first polls none, the second less, the third more than all."""
    seats = returned(replicates=3, ins=[0, -5, 150], partner=[9, 9, 25], outs=[91, 91, 0])
    assert {name: of.tolist() for name, of in seats.items()} == {
        "ins": [0, 0, 80], "partner": [9, 9, 20], "outs": [91, 91, 0]}


def test_a_common_error_takes_a_coalition_to_no_seats_or_all_of_them_and_no_further() -> None:
    seats = returned(300, replicates=200)
    ours = seats["ins"] + seats["partner"]
    assert (ours.min(), ours.max()) == (0, 100)
    assert set(ours + seats["outs"]) == {100}
    assert min(of.min() for of in seats.values()) == 0


# The log

SCOLDED: dict[str, Any] = {"outcomes": {"first": {"title": "First", "first_date": "scold"},
                                        "days": {"title": "Days", "days_with": "scold"}}}


def test_every_replicate_of_a_model_is_measured_however_many_there_are() -> None:
    """More than numbers of 16 bits could tell apart."""
    world = compiled(tree(options={"scold": option("scold", "AAA", "BBB", 0.5)}), weeks=2, **SCOLDED)
    values, _ = measured(world.scenario, played(world, replicates=33_000))
    assert np.isfinite(values[32_768:, 0]).mean() == pytest.approx(0.75, abs=0.1)


def test_what_takes_as_long_as_a_file_may_say_takes_all_days_there_are() -> None:
    world = compiled(tree(options={"scold": option("scold", "AAA", "BBB", 1, days=CENTURY)}), weeks=2, **SCOLDED)
    assert measured(world.scenario, played(world))[0][0].tolist() == [pytest.approx(0, abs=6), 14]
