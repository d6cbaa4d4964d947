"""Base rates hold for the situation that they were judged in; what is set otherwise at the start moves decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.reference.agreement import disagreements
from commands import Run, call
from sim import store
from sim.compiler import compile_world
from sim.ensemble import run
from sim.errors import InputError
from sim.experiments.reasons import Observed
from sim.model import DiplomacyModel
from sim.scenario import load
from worlds import J, happened, mechanism, option, played, scenario, tree

__all__ = ["call"]

YOON = "countries.KOR.leader=yoon"


def builds(leader: str, **judged: Any) -> float:
    """How often AAA builds in the first week: a_one wants no building, a_two nothing else; rates were judged so."""
    leaders = {name: {"name": name, "anchors": {"border": {"ideal": ideal, **J}}, **J}
               for name, ideal in (("a_one", -0.8), ("a_two", 0.8))}
    asked = scenario(tree(
        actions={"build": {"name": "Building", "cameo": "010", "plover": "NONE", "goldstein": 0,
                           "shifts": {"border": 0.1}, **J}},
        countries={"AAA": {"leaders": leaders, "leader": leader}}, options={"build": option("build", "AAA", rate=0.2)},
        mechanisms={"wants": mechanism("policy", {"action": "build"}, strength=2)}), weeks=1, **judged)
    return float(happened(played(compile_world(asked), replicates=4_000), "build").mean())


def test_rates_hold_for_whom_they_were_judged_with() -> None:
    """A gain of salience 0.5 times a difference of 1.6, halved, at a strength of 2, is 0.8 in log-odds."""
    other = {"judged": {"countries": {"AAA": {"leader": "a_one"}}}}
    assert builds("a_one") == pytest.approx(0.2, abs=0.02)
    assert builds("a_two") == pytest.approx(0.2, abs=0.02), "a scenario's own start is what its rates were judged with"
    assert builds("a_two", **other) == pytest.approx(1 / (1 + 4 * np.exp(-0.8)), abs=0.025)


@pytest.mark.slow
def test_who_governs_at_the_start_moves_decisions() -> None:
    """Another president is no news to a reason that counts from himself."""
    talks = {leader: run(load("july_2025", settings), 2_000, jobs=1).outcomes["inter_korean_talks"].mean()
             for leader, settings in (("lee", []), ("yoon", [YOON]))}
    assert talks["yoon"] < 0.8 * talks["lee"]


@pytest.mark.parametrize("settings", [
    [YOON], ["countries.KOR.leaders.lee.anchors.inter_korean_engagement.ideal=0.9", "issues.us_dprk_dialogue=0.2"]])
def test_the_reference_agrees(settings: list[str]) -> None:
    assert list(disagreements(load("july_2025", settings), replicates=1, weeks=3)) == []


def test_a_setting_notes_what_it_replaces_once() -> None:
    found = load("july_2025", [YOON, "countries.KOR.leader=kim_moon_soo", "issues.us_dprk_dialogue=0.2",
                               "mechanisms.threats_commit=1", "countries.KOR.leaders.lee.note=x"])
    before = load("july_2025")
    assert found.judged is not None
    assert found.judged.judged is None
    assert found.countries["KOR"].leader == "kim_moon_soo"
    assert found.judged.countries["KOR"].leader == before.countries["KOR"].leader
    assert found.judged.issues["us_dprk_dialogue"] == before.issues["us_dprk_dialogue"]
    assert set(found.head.judged) == {"countries", "issues"}
    assert set(found.countries["KOR"].leaders) >= {"kim_moon_soo", "lee"}
    assert load("july_2025", ["mechanisms.threats_commit=1"]).judged is None


def test_a_setting_to_what_is_there_changes_nothing() -> None:
    same, bare = (run(load("july_2025", settings), 50, jobs=1) for settings in (["countries.KOR.leader=lee"], []))
    assert same.outcomes.equals(bare.outcomes)


def test_what_was_judged_outlives_the_folder(tmp_path: Path) -> None:
    """The scenario as resolved says all there is to say about a run."""
    ensemble = run(load("july_2025", [YOON]), 40, jobs=1)
    (tmp_path / "scenario.yaml").write_text(store.resolved(ensemble.scenario, tmp_path), encoding="utf-8")
    again = load(tmp_path / "scenario.yaml")
    assert again.judged is not None
    assert run(again, 40, jobs=1).outcomes.equals(ensemble.outcomes)


def test_what_was_judged_is_checked(tmp_path: Path) -> None:
    text = store.resolved(load("july_2025", [YOON]), tmp_path).replace("leader: lee", "leader: nobody")
    (tmp_path / "odd.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"odd.yaml:\d+:\d+: unknown leader of this country \"nobody\""):
        load(tmp_path / "odd.yaml")


def test_what_is_given_does_not_stand_for_what_was_judged() -> None:
    """As when sensitivity draws an input itself."""
    path = "countries.KOR.leaders.lee.anchors.inter_korean_engagement.ideal"
    world = compile_world(load("july_2025", [f"{path}={{mean: 0.9, sd: 0.05}}"]))
    assert world.judged is not None
    assert world.judged.apart == {path}
    drawn, given = (DiplomacyModel(world, given=given).reference_terms
                    for given in (None, {path: np.array([0.2])}))
    assert np.array_equal(drawn, given)


def test_reasons_are_told_from_the_same_reference() -> None:
    world = compile_world(load("july_2025", [YOON]))
    model, observed = DiplomacyModel(world), Observed(world)
    strengths = np.where(model.strength[:, 0], model.strength[:, 0], 1)
    np.testing.assert_allclose(observed.reference_values * strengths * (model.strength[:, 0] != 0),
                               model.reference_terms[:, 0], atol=1e-6)
    for each in (model, observed):
        each.step()
    korea = next(country for country in observed.agents if country.code == "KOR")
    told = {reason.feature: reason.log_odds for reason in korea.reasons("inter_korean_talks")}
    assert told["gain", "KOR", "inter_korean_engagement"] < -0.2, "he wants less of it than Lee"


def test_a_comparison_says_why_another_start_changes_nothing(call: Run, tmp_path: Path) -> None:
    text = store.resolved(load("july_2025", ["weeks=60"]), tmp_path)
    (tmp_path / "yoon.yaml").write_text(f"{text}overrides:\n  countries: {{KOR: {{leader: yoon}}}}\n", encoding="utf-8")
    code, out, _ = call("compare", "july_2025", tmp_path / "yoon.yaml", "-n", 20, "--quiet", "--out", tmp_path / "out")
    assert code == 0
    assert "each file's base rates hold for its own start" in " ".join(out.split())
