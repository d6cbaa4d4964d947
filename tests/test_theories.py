"""Theories side by side, and what paired differences rest on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim.figures
from commands import SMALL, Run, caller
from drawings import outside, overlaps, texts
from sim import ensemble
from sim.compiler import compile_world
from sim.draws import BLOCK
from sim.errors import InputError
from sim.experiments import paired, theories
from sim.experiments.influence import influence, spoken_of
from sim.experiments.theories import ALL, MIX, Theories
from sim.figures import render
from sim.outcomes import Z, wilson
from sim.scenario import Scenario, load
from worlds import J, compiled, mechanism, merged, option, scenario, shipped, tree

FAMILIES = ("policy", "reciprocity", "threat", "alliance", "domestic", "tempo", "response")


def theory(**weights: float) -> dict[str, Any]:
    return {"name": " and ".join(weights) or "Plain", "weights": weights, **J}


#: A strike is answered by a scolding where the theory says so; greetings follow what A wants.
WORLD = tree(
    options={"hit": option("strike", "AAA", "BBB", 0.1), "reply": option("scold", "BBB", "AAA", 0.02),
             "wave": option("greet", "AAA", "BBB", 0.05)},
    cues={"hurt": {"name": "Hurt", "left_by": [{"action": "strike"}], "half_life": 2, **J}},
    mechanisms={"answer": mechanism("response", {"action": "scold"}, strength=4, feature={"cue": "hurt"}),
                "wish": mechanism("policy", {"action": "greet"}, strength=2)},
    theories={"answers": theory(response=2, policy=0), "neither": theory(**dict.fromkeys(FAMILIES, 0))})
HEAD: dict[str, Any] = {
    "theories": {"plain": 1},
    "outcomes": {"replies": {"count": "scold"}, "reply": {"happened": "scold"}, "first_hit": {"first_date": "strike"},
                 "late": {"happened": "scold", "given": {"happened": "greet"}}},
    "endings": [{"name": "quarrel", "title": "Quarrel", "when": {"count": "scold", "at_least": 3}},
                {"name": "peace", "title": "Peace"}]}


#: A shipped scenario that is soon over.
SHORT = "rising_sun_2018"


@pytest.fixture(scope="module")
def small() -> Theories:
    return theories.run(scenario(WORLD, **HEAD), 300, jobs=1)


def without_strengths() -> Scenario:
    return load(SHORT, settings=[f"mechanisms.{name}.strength=0" for name in load(SHORT).mechanisms])


# Theories as variants

@pytest.mark.parametrize("name, by_hand", [
    ("null_model", without_strengths),
    ("article_view", lambda: load(SHORT, settings=["theories={article_view: 2}"]))])
def test_a_theory_alone_is_the_scenario_run_by_hand(name: str, by_hand: Callable[[], Scenario]) -> None:
    """Replicate by replicate: the weights are all that differs."""
    world = shipped(name=SHORT)
    alone = theories.weighed(world, theories._weights(world, name))
    found = paired.run({name: alone}, 24, seed=3, jobs=1)[name]
    pd.testing.assert_frame_equal(found.outcomes, ensemble.run(by_hand(), 24, seed=3, jobs=1).outcomes)


def test_theories_share_their_draws() -> None:
    """What no mechanism moves is the same under every theory: the votes cast, and what each replicate drew."""
    world = shipped()
    worlds = {name: theories.weighed(world, theories._weights(world, name)) for name in ("realism", "null_model")}
    found = paired.run({MIX: world} | worlds, 16, jobs=1)
    seats = found[MIX].outcomes["coalition_seats"]
    assert seats.std() > 0
    assert all((one.outcomes["coalition_seats"] == seats).all() for one in found.values())
    assert not found["realism"].outcomes.equals(found["null_model"].outcomes)
    assert all(one.inputs is world.inputs for one in worlds.values())


def test_a_mechanism_switched_off_is_a_strength_of_zero() -> None:
    world = scenario(WORLD, **HEAD)
    by_hand = scenario(merged(WORLD, {"mechanisms": {"answer": {"strength": 0}}}), **HEAD)
    off = paired.run({1: theories.without(compile_world(world), "answer"), 2: by_hand, 3: world}, 50, jobs=1)
    pd.testing.assert_frame_equal(off[1].outcomes, off[2].outcomes)
    assert not off[1].outcomes.equals(off[3].outcomes)


@pytest.mark.slow
def test_jobs_make_no_difference() -> None:
    variants = {name: compiled(WORLD, **HEAD | {"theories": {name: 1}, "weeks": 4}) for name in ("plain", "neither")}
    one, two = (paired.run(variants, BLOCK + 6, jobs=jobs) for jobs in (1, 2))
    for name in variants:
        pd.testing.assert_frame_equal(one[name].outcomes, two[name].outcomes)
        assert len(one[name].outcomes) == BLOCK + 6


def test_progress_counts_all_variants() -> None:
    said: list[ensemble.Status] = []
    world = compiled(WORLD, **HEAD)
    paired.run({1: world, 2: world, 3: world}, 5, jobs=1, progress=said.append)
    assert [(status.done, status.replicates) for status in said] == [(0, 15), (5, 15), (10, 15), (15, 15)]


@pytest.mark.parametrize("wrong", [{"replicates": 0}, {"seed": -1}, {"jobs": 0}])
def test_numbers_that_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(wrong))}.* is|needed"):
        paired.run({"": compiled(WORLD, **HEAD)}, **wrong)


# Differences

def test_difference_of_shares_is_bonett_and_prices() -> None:
    """20 replicates: 3 turn to yes, 1 turns to no."""
    base = np.array([1.0] * 6 + [0] * 14)
    other = np.array([1.0] * 5 + [0] * 12 + [1] * 3)
    found = paired.difference(base, other, yes_no=True)
    up, down, size = 4 / 22, 2 / 22, 22
    half = Z * np.sqrt((up + down - (up - down) ** 2) / size)
    assert found.value == pytest.approx(0.1)
    assert (found.low, found.high) == pytest.approx((up - down - half, up - down + half))
    assert found.unpaired_low < found.low < found.high < found.unpaired_high


def test_no_difference_in_few_runs_is_not_taken_for_none() -> None:
    same = paired.difference(np.zeros(50), np.zeros(50), yes_no=True)
    assert same.value == 0 and same.low < -0.03 and same.high > 0.03
    assert paired.difference(np.arange(9.0), np.arange(9.0), yes_no=False)[:3] == (0, 0, 0)


def test_difference_of_means_is_that_of_pairs() -> None:
    draws = np.random.default_rng(1)
    base = draws.normal(size=400)
    other = base + 0.2 + 0.1 * draws.normal(size=400)
    found = paired.difference(base, other, yes_no=False)
    error = (other - base).std(ddof=1) / np.sqrt(400)
    assert (found.low, found.high) == pytest.approx((found.value - Z * error, found.value + Z * error))
    assert found.unpaired_high - found.unpaired_low > 5 * (found.high - found.low)


def test_void_replicates_count_in_neither_mean() -> None:
    base, other = np.array([1, 0, np.nan, 1.0, 0, 1]), np.array([np.nan, 0, 1, 1.0, 1, 1])
    assert paired.difference(base, other, yes_no=True).value == pytest.approx(4 / 5 - 3 / 5)
    assert np.isnan(paired.difference(np.full(3, np.nan), np.ones(3), yes_no=True)).all()


# What a run comes to

def test_tables_add_up(small: Theories) -> None:
    shares, mix = small.shares, small.ensembles[MIX].outcomes
    assert list(small.ensembles) == [MIX, "plain", "answers", "neither"]
    assert len(shares) == 4 * (2 + 4)
    for name, rows in shares.groupby("theory"):
        endings = rows[rows["kind"] == "ending"]
        assert endings["mean"].sum() == pytest.approx(1)
        assert endings["difference"].sum() == pytest.approx(0)
        assert (endings["mean"] == [np.mean(small.ensembles[str(name)].outcomes["ending"] == ending)
                                    for ending in endings["name"]]).all()
    before = shares[shares["theory"] == MIX].set_index("name")
    assert before["difference"].isna().all()
    assert before.loc["quarrel", ["low", "high"]].tolist() == [
        float(bound) for bound in wilson((mix["ending"] == "quarrel").sum(), 300)]
    for _, rows in shares[shares["theory"] != MIX].groupby("theory"):
        own = rows.set_index("name")
        assert own["difference"].to_numpy() == pytest.approx((own["mean"] - before["mean"]).to_numpy())
    sure = shares[shares["difference"].abs() > 0]
    assert ((sure["difference_high"] - sure["difference_low"]) < (sure["unpaired_high"] - sure["unpaired_low"])).all()


def test_a_theory_that_is_the_mix_differs_in_nothing(small: Theories) -> None:
    own = small.shares[small.shares["theory"] == "plain"]
    assert (own["difference"] == 0).all()
    assert set(small.families["theory"]) == {"plain", "answers", "neither"}
    assert set(small.families[small.families["theory"] == "plain"]["family"]) == {ALL}


def test_families_and_mechanisms_say_what_makes_the_difference(small: Theories) -> None:
    families = small.families.set_index(["theory", "family", "name"])
    assert families.loc[("answers", "response", "quarrel"), ["mix_weight", "weight"]].tolist() == [1, 2]
    assert families.loc[("answers", "response", "quarrel"), "low"] > 0
    assert families.loc[("neither", "response", "quarrel"), "high"] < 0
    assert (families.loc[("answers", "policy", ["quarrel", "replies"]), "value"].abs() < 0.1).all()
    assert families.loc[("neither", ALL, "replies"), "value"] == pytest.approx(
        families.loc[("neither", "response", "replies"), "value"])
    assert small.leading[0] == "response"
    assert small.mechanisms["mechanism"].iloc[0] == "answer"
    off = small.mechanisms.set_index(["mechanism", "name"])
    assert off.loc[("answer", "reply"), "high"] < 0
    first = small.ensembles[MIX].outcomes[:small.halved]
    assert small.halved == 150
    assert off.loc[("answer", "replies"), "value"] == pytest.approx(
        small.ensembles["neither"].outcomes["replies"][:150].mean() - first["replies"].mean())


def test_influence_is_of_options_that_endings_speak_of() -> None:
    world = compiled(WORLD, **HEAD)
    assert [option.name for option, spoken in zip(world.decisions.options, spoken_of(world), strict=True)
            if spoken] == ["reply"]
    found = influence(world, 200)
    assert found["answer"] > 0.05
    assert found["wish"] == 0
    alike = compiled(WORLD)
    assert spoken_of(alike).all() and influence(alike, 20)["answer"] > 0


@pytest.mark.parametrize("head, replicates", [
    ({"theories": {"plain": 1}}, 1), ({"theories": {"neither": 1}}, 3), ({"weeks": 1}, 2)])
def test_little_to_tell(head: dict[str, Any], replicates: int) -> None:
    """One replicate, nothing measured, no mechanism in force, one ending."""
    found = theories.run(scenario(WORLD, **head), replicates, jobs=1)
    assert json.dumps(theories.as_record(found), allow_nan=False)
    assert theories.figure(found)


def test_figure_is_readable(small: Theories) -> None:
    figure = theories.figure(small)
    assert overlaps(figure) == [] and outside(figure) == []
    shown = " ".join(text.get_text() for text in texts(figure))
    assert "no forecast" in shown and "in 100 runs" in shown and "This scenario's mix" in shown
    assert render(figure, "a", "svg") == render(theories.figure(small), "a", "svg")


# The command

@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
         capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SMALL, encoding="utf-8")
    return caller(monkeypatch, capsys)


def test_command_prints_and_leaves_files(call: Callable[..., tuple[int, str, str]],
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theories, "MECHANISMS", 2)
    words = ("theories", "small.yaml", "-n", 30, "--jobs", 1, "--set", "weeks=3")
    code, out, err = call(*words)
    assert code == 0, err
    assert max(map(len, out.splitlines())) <= 80
    said = " ".join(out.split())
    assert "same draws: 30 replicates of 3 weeks from 14 July 2025, seed 1." in said and "(15 replicates each)" in said
    assert "Realism" in said and "no forecast" in said and out.endswith("Tables and figure: out/small-theories\n")
    assert err.startswith("theories: 6 × 30 replicates …\nfamilies: ") and "\nmechanisms: " in err
    left = {path.relative_to("out/small-theories").as_posix() for path in Path("out").rglob("*.*") if path.is_file()}
    assert left == {"theories.csv", "families.csv", "mechanisms.csv", "endings.csv", "theories.json", "scenario.yaml",
                    "world.json", "manifest.json", "figures/endings_by_theory.png", "figures/endings_by_theory.svg"}
    manifest = json.loads(Path("out/small-theories/manifest.json").read_text(encoding="utf-8"))
    assert manifest["kind"] == "theories"
    assert manifest["command"] == "python run.py theories small.yaml -n 30 --seed 1 --set weeks=3"
    assert set(manifest["files"]) == left - {"manifest.json"}
    endings = pd.read_csv("out/small-theories/endings.csv")
    assert list(endings)[:3] == ["replicate", MIX, "realism"] and len(endings) == 30


def test_json(call: Callable[..., tuple[int, str, str]], small: Theories, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theories, "run", lambda *what: small)
    code, out, err = call("theories", "small.yaml", "--json", "--out", "here")
    assert (code, err) == (0, "")
    found = json.loads(out, parse_constant=pytest.fail)
    kept = json.loads(Path("here/theories.json").read_text(encoding="utf-8"))
    assert kept == {key: value for key, value in found.items() if key not in ("seconds", "out")}
    assert {key: kept.pop(key) for key in ("schema", "scenario", "title", "seed", "replicates", "weeks", "mix")} == {
        "schema": 1, "scenario": "test", "title": "Test", "seed": 1, "replicates": 300, "weeks": 20,
        "mix": {"plain": 1}}
    assert set(kept) == {"theories", "results", "families", "mechanisms"}
    assert [each["name"] for each in kept["theories"]] == ["plain", "answers", "neither"]
    assert set(kept["results"][0]) == {
        "theory", "kind", "name", "title", "runs", "mean", "low", "high", "difference", "difference_low",
        "difference_high", "unpaired_low", "unpaired_high", "size"}
    for part in ("families", "mechanisms"):
        assert kept[part]["replicates"] == 150
        assert {"kind", "name", "value", "low", "high"} <= set(kept[part]["results"][0])
    assert kept["mechanisms"]["families"] == list(small.leading)


@pytest.mark.parametrize("words, message", [
    (("absent.yaml",), "absent.yaml: no such file"),
    (("small.yaml", "-n", "0"), "-n"),
    (("small.yaml", "--set", "theories.realsm=1"), 'Did you mean "realism"?'),
    (("small.yaml", "--out", "mine"), "mine: holds other files (notes.txt)"),
    (("small.yaml", "--out", "run"), "run: holds a manifest.json that is not of a run like this one")])
def test_bad_input(call: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...],
                   message: str) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").touch()
    if "run" in words:
        monkeypatch.setattr(sim.figures, "draw_all", lambda *what: None)
        assert call("run", "small.yaml", "-n", 2, "--jobs", 1, "--out", "run", "--set", "weeks=1")[0] == 0
    code, out, err = call("theories", *words)
    assert (code, out) == (2, "")
    assert message in err
