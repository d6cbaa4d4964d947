"""Replay: one replicate run again is the same history, and is told truly."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from random_worlds import random_world
from runs import kept
from sim import store
from sim.compiler import compile_world
from sim.decisions import expit
from sim.errors import InputError
from sim.experiments import choosing, replay
from sim.experiments.reasons import Observed, nearest
from sim.store import Record
from worlds import compiled, event, mechanism, option, played, scenario, tree

Call = Callable[..., tuple[int, str, str]]

OUTCOMES = {"strikes": {"count": "strike"}, "words": {"count": "words"}, "first": {"first_date": "scold"},
            "tense": {"peak": {"tension": ["AAA", "BBB"]}}, "kind": {"happened": "greet"}}


@pytest.mark.parametrize("replicate", [0, 7, 59])
def test_a_replicate_run_again_alone_is_the_history_that_the_run_has(record: Record, replicate: int) -> None:
    told = replay.story(record, replicate)
    assert told.same
    assert told.ending == record.rows[replicate][-1]
    assert len(told.weeks) == record.scenario.weeks


@pytest.mark.parametrize("seed", range(8))
def test_so_it_is_in_random_worlds(seed: int, tmp_path: Path) -> None:
    record = kept(tmp_path / "run", scenario(random_world(seed), outcomes=OUTCOMES), 4, seed)
    for replicate in range(4):
        assert replay.story(record, replicate).same


def test_a_history_that_differs_is_told_apart(record: Record, tmp_path: Path) -> None:
    shutil.copytree(record.folder, tmp_path / "run")
    lines = (tmp_path / "run" / "outcomes.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[4].split(",")
    cells[lines[0].split(",").index("missile_weeks")] = "99"
    (tmp_path / "run" / "outcomes.csv").write_text("\n".join([*lines[:4], ",".join(cells), *lines[5:]]))
    other = replace(record, folder=tmp_path / "run")
    with pytest.raises(replay.Different, match=r"missile_weeks was 99, is .*the code has changed"):
        replay.story(other, 3)
    with pytest.raises(replay.Different, match=r"made with numpy 1\.0"):
        replay.story(replace(other, versions=record.versions | {"numpy": "1.0"}), 3)
    assert replay.story(other, 4).same


def test_what_happened_is_the_log(record: Record) -> None:
    """Every occurrence of the replicate among others, on its day, and no other."""
    world = compile_world(record.scenario)
    history = played(world, replicates=8, rng=record.seed)
    rows = np.flatnonzero(history.replicate == 5)
    expected = sorted((world.start + timedelta(days=int(history.day[row])),
                       world.columns[history.column[row]].option or world.columns[history.column[row]].name)
                      for row in rows)
    told = replay.story(world, 5, record.seed)
    assert sorted((each.day, each.name) for week in told.weeks for each in week.happenings) == expected
    assert told.same is None


def test_reasons_stand_beside_what_was_decided_and_nothing_else() -> None:
    world = compiled(tree(options={"hit": option("strike", "AAA", "BBB", rate=0.5)},
                          events={"talk": event(action="scold", by=["BBB"], to=["AAA"], on="2025-07-30"),
                                  "feast": event(on="2025-07-30")},
                          mechanisms={"feast_fury": mechanism("response", strength=6, feature={"clock": "feast"})}))
    weeks = replay.story(world, 0).weeks
    talk = next(each for week in weeks for each in week.happenings if each.name == "talk")
    assert (talk.day, talk.kind, talk.decider, talk.reasons) == (date(2025, 7, 30), "event", "", ())
    hit = next(each for each in (*weeks[2].happenings, *weeks[2].nearly) if each.name == "hit")
    assert hit.words == "A → B: Strike"
    assert hit.base == pytest.approx(0, abs=1e-6)
    assert [(each.mechanism, round(each.log_odds, 4)) for each in hit.reasons] == [("feast_fury", 6)]
    assert hit.probability == pytest.approx(expit(np.array(6.0)), rel=1e-5)
    others = [each for week in (*weeks[:2], *weeks[3:]) for each in week.happenings if each.name == "hit"]
    assert others
    assert not any(each.reasons for each in others)


def test_what_nearly_happened_would_have_with_what_it_fell_short_by(record: Record) -> None:
    model = Observed(compile_world(record.scenario), 3, record.seed)
    for _ in range(20):
        model.step()
        near = nearest(model.weighed(), 10)
        assert model.notable(10, np.inf) == ([each for each in model.weighed() if each.taken], near)
        assert [each.short for each in near] == sorted(each.short for each in near)
        for each in near:
            assert each.possible
            assert not each.taken
            if not each.choice:
                assert expit(np.array(each.log_odds + each.short)) == pytest.approx(each.uniform, rel=1e-4)
                assert each.uniform > each.probability


def hand_made(*rows: list[str]) -> Record:
    """A run with these rows of outcomes: strikes, greetings, first scolding, ending."""
    world = tree(options={"hit": option("strike", "AAA", "BBB"), "wave": option("greet", "AAA", "BBB"),
                          "scold": option("scold", "AAA", "BBB")})
    what = scenario(world, outcomes={"strikes": {"count": "strike"}, "greetings": {"count": "greet"},
                                     "first": {"first_date": "scold"}},
                    endings=[{"name": "bad", "title": "Bad", "when": {"count": "strike", "at_least": 3}},
                             {"name": "worse", "title": "Worse", "when": {"count": "strike", "at_least": 9}},
                             {"name": "rest", "title": "Rest"}])
    found = Record(Path("nowhere"), what, 1, len(rows), {})
    found.__dict__["rows"] = [list(row) for row in rows]
    return found


def test_the_typical_one_lies_in_the_middle_of_those_with_its_ending() -> None:
    record = hand_made(["3", "0", "2025-07-14", "bad"], ["5", "0", "2025-07-24", "bad"],
                       ["7", "0", "2025-08-03", "bad"], ["0", "9", "", "rest"])
    assert choosing.typical(record, "bad") == 1
    assert choosing.typical(record, "rest") == 3
    assert choosing.typical(record, "worse") is None
    with pytest.raises(InputError, match=r'unknown ending "bda"\. Did you mean "bad"'):
        choosing.typical(record, "bda")


def test_the_most_escalatory_one_has_most_hostility() -> None:
    assert choosing.hostility(hand_made().scenario) == {"strikes": 1, "greetings": -0.35, "first": 0.2}
    record = hand_made(["3", "5", "2025-07-14", "bad"], ["3", "0", "2025-07-14", "bad"], ["0", "0", "", "rest"])
    assert choosing.most_escalatory(record) == 1
    with pytest.raises(InputError, match="no outcome of this scenario measures hostility"):
        choosing.most_escalatory(Record(Path("nowhere"), scenario(tree()), 1, 1, {}))


def test_the_command_tells_it(call: Call, record: Record) -> None:
    code, out, _ = call("replay", "july_2025", "--replicate", 7, "--weeks", "1:3")
    assert code == 0
    assert "Replicate 7; seed 1." in out
    assert "outcomes and ending are those that the run has" in out
    assert out.count("\nWeek ") == 3
    assert "Week 3, from 28 July 2025" in out
    assert "nearly" in out
    assert all(len(line) <= 80 for line in out.splitlines())
    code, out, _ = call("replay", record.folder, "--replicate", 7, "--weeks", 2, "--json")
    found = json.loads(out)
    assert (found["schema"], found["replicate"], found["same"]) == (1, 7, True)
    assert [week["week"] for week in found["weeks"]] == [2]
    assert set(found["outcomes"]) == set(record.scenario.outcomes)


def test_the_command_picks_one(call: Call, record: Record) -> None:
    ending = record.rows[0][-1]
    code, out, _ = call("replay", "july_2025", "--typical", ending, "--weeks", 1)
    assert code == 0
    title = next(each.title for each in record.scenario.endings if each.name == ending)
    assert f"the most typical of those that end in “{title}”" in " ".join(out.split())
    code, out, _ = call("replay", "july_2025", "--most-escalatory", "--weeks", 1)
    assert f"Replicate {choosing.most_escalatory(record)}, the most escalatory" in out


def test_an_ending_that_no_replicate_has_is_said_to_be_rare(call: Call, record: Record,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(record)
    other.__dict__["rows"] = [[*row[:-1], "crisis"] for row in record.rows]
    monkeypatch.setattr(store, "recall", lambda folder: other)
    code, out, _ = call("replay", "july_2025", "--typical", "armed_clash")
    assert code == 0
    assert "No replicate of this run ended so" in out
    assert "The nearest ending that came about is “Crisis" in " ".join(out.split())
    assert "crisis: 60" in out
    assert json.loads(call("replay", "july_2025", "--typical", "armed_clash", "--json")[1])["replicate"] is None


def test_a_week_at_a_time_the_ending_is_told_last(call: Call, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    ending = next(each for each in record.scenario.endings if each.name == record.rows[0][-1])
    monkeypatch.setattr(sys, "stdin", io.StringIO("q\n"))
    _, out, err = call("replay", "july_2025", "--typical", ending.name, "--step")
    assert "Replicate" in out
    assert ending.name not in out + err and ending.title not in " ".join((out + err).split())


def test_a_facilitator_reveals_a_week_at_a_time(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("replay", "july_2025", "--replicate", 7, "--weeks", "1:4", "--step")
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n\nq\n"))
    _, out, err = call(*words)
    assert out.count("\nWeek ") == 2
    assert err.count("Enter") == 3
    assert "It ends in" not in out
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    _, out, err = call(*words)
    assert out.count("\nWeek ") == 4
    assert out.rstrip().splitlines()[-1].startswith("It ends in")


@pytest.mark.parametrize("words, message", [
    (("july_2025",), "say which replicate"),
    (("july_2025", "--replicate", 1, "--most-escalatory"), "say which replicate"),
    (("july_2025", "--replicate", 60), "whose 60 are numbered 0 to 59"),
    (("july_2025", "--replicate", 1, "--weeks", "0:3"), "whose weeks are 1:60"),
    (("july_2025", "--replicate", 1, "--weeks", "a:b"), "no two numbers"),
    (("july_2025", "--replicate", 1, "--step", "--json"), "leave one out"),
    (("july_2025", "--typical", "armed_clahs"), 'Did you mean "armed_clash"'),
    (("korea_2017x", "--replicate", 1), "unknown run"),
    (("trilateral_core", "--replicate", 1), "unknown run"),
    (("june_2018", "--replicate", 1), "no finished run|unknown run"),
])
def test_what_cannot_be_told_is_said(call: Call, words: tuple[object, ...], message: str) -> None:
    code, out, err = call("replay", *words)
    assert (code, out) == (2, "")
    assert re.search(message, err)


def test_a_check_that_fails_is_exit_code_1(call: Call, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.Record, "row", lambda record, replicate: ["1"] * len(record.rows[replicate]))
    code, out, err = call("replay", "july_2025", "--replicate", 1)
    assert (code, out) == (1, "")
    assert "is not the history that" in err


def test_table_and_figure_are_written(call: Call, tmp_path: Path) -> None:
    out = tmp_path / "story"
    assert call("replay", "july_2025", "--replicate", 7, "--out", out)[0] == 0
    assert {path.name for path in out.rglob("*") if path.is_file()} == {
        "manifest.json", "happenings.csv", "story.json", "time_line.png", "time_line.svg"}
    table = (out / "happenings.csv").read_text(encoding="utf-8").splitlines()
    told = json.loads((out / "story.json").read_text(encoding="utf-8"))
    assert len(table) == 1 + sum(len(week["happenings"]) for week in told["weeks"])
