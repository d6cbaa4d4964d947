"""Stories of the workbench, and games in which a person decides for a country."""

from __future__ import annotations

import json
import re
from itertools import groupby

import pytest

from sim.errors import InputError
from sim.scenario import load
from sim.web import game, stories, work
from sim.web.changes import Changes, Question
from web_client import LIBRARY, NAME


def test_a_story_leads_to_its_sources() -> None:
    found = stories.story(Changes(scenario=NAME), LIBRARY, 1, 2)
    reasons = [because for week in found["weeks"] for each in week["happenings"] for because in each["reasons"]]
    assert reasons and all(because["mechanism"] in found["mechanisms"] for because in reasons)
    assert all(entry["sources"] and entry["theory"] for entry in found["mechanisms"].values())
    json.dumps(found, allow_nan=False)


def test_a_player_decides_for_one_country() -> None:
    """What is decided happens, what is not does not, and the odds told are the model's own."""
    begin = game.play(game.Play(changes=Changes(scenario=NAME), country="PRK"), LIBRARY)
    alone = [each["name"] for each in begin["now"]["options"] if not each["joint"] and not each["choice"]]
    will = tuple(alone[:2])
    found = game.play(game.Play(changes=Changes(scenario=NAME), country="PRK", moves=(will, None)), LIBRARY)
    done = {each["name"] for each in found["odds"][0] if each["taken"]}
    assert done == set(will) and all(each["chosen"] == (each["name"] in will) for each in found["odds"][0])
    left = game.play(game.Play(changes=Changes(scenario=NAME), country="PRK", moves=(None,)), LIBRARY)
    before = {each["name"]: each["probability"] for each in left["odds"][0]}
    assert before == pytest.approx({each["name"]: each["probability"] for each in found["odds"][0]})
    assert max(before.values()) < 1 and found["now"]["week"] == 3 and left["odds"][0][0]["chosen"] is None
    with pytest.raises(InputError, match="unknown option of PRK"):
        game.play(game.Play(changes=Changes(scenario=NAME), country="PRK", moves=(("dance",),)), LIBRARY)


def test_the_model_may_decide_up_to_the_next_event() -> None:
    """What is revealed is what letting it decide week by week reveals; at the end there is a debrief."""
    asked = {"changes": Changes(scenario=NAME), "country": "PRK"}
    onward = game.play(game.Play(**asked, moves=(None,), onward=True), LIBRARY)
    weeks = len(onward["weeks"])
    assert weeks > 1 and onward["now"]["events"]
    singly = game.play(game.Play(**asked, moves=(None,) * weeks), LIBRARY)
    assert onward == singly
    earlier = [game.play(game.Play(**asked, moves=(None,) * count), LIBRARY)["now"] for count in range(2, weeks)]
    assert not any(now["events"] for now in earlier)
    last = game.play(game.Play(**asked, moves=(None,) * (load(NAME).weeks - 1), onward=True), LIBRARY)
    assert last["over"] and last["ending_title"] == last["alone_title"]


def test_a_player_is_told_where_things_stand() -> None:
    """Before the first week what has just happened, then what has happened since; the state of things is that after
    the weeks played, events stand in the order of dates, and every option under the party that it is directed at."""
    first, third = (game.play(game.Play(changes=Changes(scenario="july_2025"), country="KOR", moves=moves), LIBRARY)
                    for moves in ((), (None, None)))
    start = first["now"]["start"]
    assert any("B-52" in each["words"] for each in first["now"]["briefing"]["before"])
    assert all(each["day"] < start for each in first["now"]["briefing"]["before"])
    told, happened = third["now"]["briefing"], [each for week in third["weeks"] for each in week["happenings"]]
    assert told["before"] and all(each["day"] >= start for each in told["before"])
    assert {each["words"] for each in told["before"]} == {
        each["words"] for each in happened if each["kind"] == "event" or "KOR" in (*each["by"], *each["to"])}
    own = sorted(level for dyad, level in third["weeks"][-1]["tension"].items() if "KOR" in dyad)
    assert sorted(each["level"] for each in told["tension"]) == own
    assert told["leader"] == "Lee Jae-myung" and -1 <= told["approval"] <= 1
    for rows in (first["now"]["briefing"]["before"], first["now"]["events"], told["before"]):
        assert [each["day"] for each in rows] == sorted(each["day"] for each in rows)
    groups = {each["name"]: each["group"] for each in first["now"]["options"]}
    assert groups["kor_warns_prk"] == groups["inter_korean_talks"] == "Toward DPRK"
    assert groups["trilateral_summit"] == "With or toward several"
    assert groups["kor_visits_beijing"] == "At home and elsewhere"
    assert len(list(groupby(groups.values()))) == len(set(groups.values()))  # those of one heading stand together


@pytest.mark.slow
def test_a_game_left_to_the_model_is_the_history() -> None:
    weeks = work.world_of(Changes(scenario=NAME), LIBRARY).weeks
    found = game.play(game.Play(changes=Changes(scenario=NAME), country="PRK", moves=(None,) * weeks), LIBRARY)
    told = stories.story(Changes(scenario=NAME), LIBRARY, 1, 0)
    assert found["over"] and found["ending_title"] == told["ending_title"]
    assert [each["words"] for week in found["weeks"] for each in week["happenings"]] == [
        each["words"] for week in told["weeks"] for each in week["happenings"]]
    assert found["alone_title"] == found["ending_title"] and found["outcomes"]
    assert all(each["played"] == each["alone"] for each in found["outcomes"])


@pytest.mark.slow
def test_a_debrief_says_what_the_player_changed() -> None:
    """A DPRK that launches in every week and one that the model decides for, in the same history."""
    changes = Changes(scenario="july_2025")
    world = work.world_of(changes, LIBRARY)
    moves = (("prk_ballistic_test",),) * world.weeks
    found = game.play(game.Play(changes=changes, country="PRK", moves=moves), LIBRARY)
    told = stories.story(changes, LIBRARY, 1, 0)
    rows = {each["title"]: each for each in found["outcomes"]}
    weeks = rows["Weeks with a DPRK missile event"]
    assert int(weeks["played"]) == world.weeks > int(weeks["alone"])
    assert found["alone_title"] == told["ending_title"] and len(rows) == len(world.scenario.outcomes)
    never = rows["Ishiba's going is announced"]
    assert all(re.fullmatch(r"never|\d+ \w+ 20\d\d", never[side]) for side in ("played", "alone"))


@pytest.mark.slow
def test_twins_that_part() -> None:
    asked = Question(alt=Changes(scenario=NAME, settings={"options.prk_ballistic_test.base.rate": 0.6}), replicates=60)
    found = stories.divergence(asked, LIBRARY)
    assert found and found["base"] != found["alt"] and found["week"] >= 1 and found["what"]
    assert stories.divergence(Question(alt=Changes(scenario=NAME)), LIBRARY) is None
