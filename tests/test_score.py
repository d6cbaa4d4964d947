"""Answers to questions and how right they are, and the command that asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commands import Run, caller
from drawings import outside, overlaps
from question_files import ASKED, asked, here, put, quick
from sim.experiments import paired
from sim.figures import reliability as drawn
from sim.record import baselines, questions, score, scores

__all__ = ["here", "quick"]


@pytest.fixture
def call(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return caller(monkeypatch, capsys, "score")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> score.Scored:
    """The questions about the small scenario, answered."""
    folder = tmp_path_factory.mktemp("asked")
    put(folder)
    return score.run(questions.load(folder / "asked.yaml"), 300, jobs=1)


# Answers and scores

def row(found: score.Scored, name: str) -> Any:
    return found.questions.set_index("id").loc[name]


def test_probabilities_are_those_of_the_ensemble(found: score.Scored) -> None:
    scenario = found.scenario
    values = paired.run({"it": scenario}, 300, jobs=1)["it"].outcomes
    assert row(found, "launch")["p"] == values["launch"].mean()
    assert row(found, "none")["p"] == values["none"].mean()
    assert row(found, "answer")["runs"] == values["answer"].count() < 300
    assert row(found, "answer")["p"] == values["answer"].mean()
    assert row(found, "weeks")["median"] == np.quantile(values["weeks"], 0.5, method="inverted_cdf")
    assert row(found, "launch")["low"] < row(found, "launch")["p"] < row(found, "launch")["high"]


def test_scores_are_those_of_the_answers(found: score.Scored) -> None:
    launch, none = row(found, "launch"), row(found, "none")
    assert launch["brier"] == pytest.approx((1 - launch["p"]) ** 2)
    assert none["brier"] == pytest.approx(none["p"] ** 2)
    assert launch["log_score"] == pytest.approx(-np.log((launch["yes"] + 0.5) / 301))
    record = score.as_record(found)
    assert record["brier"] == pytest.approx((launch["brier"] + none["brier"]) / 2)
    assert record["log_score"] == pytest.approx((launch["log_score"] + none["log_score"]) / 2)
    assert record["crps"] == pytest.approx((row(found, "weeks")["crps"] + row(found, "first")["crps"]) / 2)
    assert record["n"] == 4 and record["n_yes_no"] == 2


def test_a_first_date_is_scored_up_to_its_deadline(found: score.Scored) -> None:
    days = paired.run({"it": found.scenario}, 300, jobs=1)["it"].outcomes["first"].to_numpy()
    assert np.isinf(days).any()
    assert row(found, "first")["crps"] == pytest.approx(scores.crps(np.minimum(days, 28), 6))


def test_what_does_not_count_is_said(found: score.Scored) -> None:
    assert found.questions.set_index("id")["state"].to_dict() == {
        "launch": "resolved", "none": "resolved", "weeks": "resolved", "first": "resolved", "answer": "void",
        "open": "open", "never": "unanswered"}
    told = {each["id"]: each for each in score.as_record(found)["questions"]}
    assert told["answer"]["resolved"] == "void" and told["answer"]["brier"] is None
    assert told["open"]["resolved"] is None and told["open"]["brier"] is None
    assert told["never"]["p"] is None and told["never"]["low"] is None
    assert told["launch"]["resolved"] is True and told["none"]["resolved"] is False
    assert told["weeks"]["resolved"] == 2 and told["first"]["resolved"] == "2025-07-20"


def test_every_baseline_answers_every_question(found: score.Scored) -> None:
    answered = found.questions[found.questions["kind"] == "yes_no"][list(baselines.NAMES)]
    assert answered.notna().all(axis=None) and ((answered > 0) & (answered < 1)).all(axis=None)
    record = score.as_record(found)
    assert list(record["baselines"]) == list(baselines.NAMES)
    assert record["baselines"]["coin"]["brier"] == 0.25
    assert record["baselines"]["coin"]["log_score"] == pytest.approx(np.log(2))


def test_nothing_resolved_is_no_score(quick: Path) -> None:
    record = score.as_record(score.run(asked(quick, "{id: a, ask: b, outcome: {happened: missile}}"), 20, jobs=1))
    assert record["n"] == 0 and record["brier"] is record["log_score"] is record["crps"] is None
    assert record["baselines"]["coin"]["brier"] is None
    json.dumps(record, allow_nan=False)


def test_what_cannot_occur_is_warned_of(quick: Path) -> None:
    line = "{id: a, ask: b, outcome: {happened: protest, by: KOR, to: KOR}}"
    assert score.run(asked(quick, line), 5, jobs=1).warnings == (
        "a: nothing that can occur in this scenario is selected",)


# The command

def test_the_command_prints_what_the_issue_asks_for(call: Run) -> None:
    code, out, err = call("asked.yaml", "-n", 60, "--jobs", 1, "--json", "-q", "--out", "o")
    assert code == 0, err
    record = json.loads(out)
    assert record["schema"] == 1
    assert {"schema", "n", "brier", "log_score", "crps", "baselines", "questions"} <= set(record)
    assert all({"brier", "log_score"} <= set(each) for each in record["baselines"].values())
    assert all({"id", "p", "low", "high", "resolved", "brier"} <= set(each) for each in record["questions"])
    assert {path.name for path in Path("o").iterdir()} >= {"questions.csv", "scores.csv", "score.json", "manifest.json"}


@pytest.mark.slow
def test_the_report_and_the_run_again(call: Run) -> None:
    code, out, err = call("asked.yaml", "-n", 300, "--jobs", 1, "--seed", 3)
    assert code == 0, err
    for words in ("7 questions, 4 of them resolved", "no forecast",
                  "Too few to tell", "answer: void", "never: not scored", "Only of runs to which they apply: answer",
                  "at least 20 are needed"):
        assert words in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80
    again = call("out/asked-score/questions.yaml", "-n", 300, "--jobs", 1, "--seed", 3, "--out", "again")
    assert again[0] == 0, again[2]
    for name in ("questions.csv", "scores.csv", "score.json"):
        kept = (Path("out/asked-score") / name).read_text(encoding="utf-8")
        assert Path("again", name).read_text(encoding="utf-8") == kept.replace('"scenario": "small"',
                                                                               '"scenario": "scenario"')


def test_bad_input_ends_in_2(call: Run) -> None:
    Path("asked.yaml").write_text(ASKED.replace("happened: missile", "happened: misile"), encoding="utf-8")
    code, out, err = call("asked.yaml", "-n", 5)
    assert code == 2 and not out and 'asked.yaml:5:25: unknown action, tag or event "misile"' in err
    assert not Path("out").exists()


@pytest.mark.slow
def test_figures_are_readable(found: score.Scored) -> None:
    many = score.run(questions.load("hundred_weeks_2023"), 100, jobs=1)
    for figure in (drawn.answers(found), drawn.reliability(found), drawn.answers(many), drawn.reliability(many)):
        assert overlaps(figure) == [] and outside(figure) == []
        assert "no forecast" in " ".join(text.get_text() for text in figure.axes[0].texts + figure.axes[0].artists)
    assert len(many.reliability) and many.scores["log_p"].notna().sum() == len(baselines.NAMES)


def test_shares_in_words() -> None:
    assert drawn.in_100(0.5, 0.4, 0.61) == "50 (40–61)"
    assert drawn.in_100(0.0, 0.0, 0.02) == "<1 (<1–2)" and drawn.in_100(1.0) == ">99"
    assert drawn.in_100(float("nan")) == ""
