"""Sensitivity: designs that are one ensemble, and indices that are what they are known to be."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drawings import outside, overlaps
from sim import cli
from sim.arrays import Array
from sim.draws import BLOCK, Draws
from sim.errors import InputError
from sim.experiments import design, paired, sensitivity
from sim.experiments.sensitivity import MAIN, Sensitivity, designed, estimated
from sim.figures.indices import bars, tornado
from sim.quantity import Quantity
from sim.scenario import load
from strikes import ANSWER, HEAD, HIT, WISH, WORLD, small
from worlds import compiled, played, shipped

pytest.importorskip("SALib")


@pytest.fixture(scope="module")
def found() -> Sensitivity:
    return sensitivity.run(small(), "replies", [HIT, "mechanisms.answer", WISH], points=128, jobs=1)


# The estimators, on functions whose indices are known

def indices(method: Any, quantities: list[Quantity], function: Any, points: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = designed(method, quantities, points, seed=1)
    names = [str(place) for place in range(len(quantities))]
    table, chance, left_out = estimated(method, rows, function(rows.values, rows.replicates), points, names, names)
    assert not left_out
    return table.set_index("input").sort_index(), chance


def luck(replicates: Any) -> Array:
    """A standard normal number for each replicate."""
    return np.random.default_rng(5).standard_normal(replicates.max() + 1)[replicates]


@pytest.mark.slow
def test_sobol_gives_the_indices_of_the_ishigami_function() -> None:
    def ishigami(x: Array, replicates: Any) -> Array:
        return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])

    table, chance = indices("sobol", [Quantity(low=-np.pi, high=np.pi)] * 3, ishigami, 2048)
    assert table["first"].to_numpy() == pytest.approx([0.3139, 0.4424, 0], abs=0.04)
    assert table["total"].to_numpy() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.04)
    assert table["first_distinct"].tolist() == [True, True, False]
    assert chance[["total", "first"]].to_numpy() == pytest.approx(0, abs=1e-12)


@pytest.mark.slow
def test_sobol_gives_the_indices_of_a_linear_model_with_noise() -> None:
    slopes, noise = np.array([3.0, 2.0, 1.0, 0.0]), 2.0
    table, chance = indices("sobol", [Quantity(mean=0, sd=1)] * 4, lambda x, r: x @ slopes + noise * luck(r), 4096)
    shares = slopes**2 / (slopes @ slopes + noise**2)
    for name in ("first", "total"):
        assert table[name].to_numpy() == pytest.approx(shares, abs=0.04)
        assert chance[name].item() == pytest.approx(noise**2 / (slopes @ slopes + noise**2), abs=0.04)
        inside = (table[f"{name}_low"] <= shares) & (shares <= table[f"{name}_high"])
        assert inside.sum() >= 3
    assert table["total"].iloc[-1] == 0
    assert table["first"].iloc[-1] == 0


def test_what_an_input_does_only_together_with_chance_counts_in_totals_alone() -> None:
    table, chance = indices("sobol", [Quantity(mean=0, sd=1)], lambda x, r: x[:, 0] * luck(r), 4096)
    assert table[["total", "first"]].to_numpy() == pytest.approx(np.array([[1, 0]]), abs=0.1)
    assert chance[["total", "first"]].to_numpy() == pytest.approx(np.array([[1, 0]]), abs=0.1)


def test_morris_gives_the_effects_of_a_linear_model() -> None:
    slopes = np.array([4.0, -2.0, 0.0])
    table, _ = indices("morris", [Quantity(low=0, high=1)] * 3, lambda x, r: x @ slopes + 10 * luck(r), 64)
    assert table["mu_star"].to_numpy() == pytest.approx(np.abs(slopes) / 2)
    assert table["mu_star_distinct"].tolist() == [True, True, False]
    assert table["mu_star"].iloc[-1] == 0


@pytest.mark.slow
def test_pawn_tells_inputs_with_an_effect_from_noise() -> None:
    table, _ = indices("pawn", [Quantity(mean=0, sd=1)] * 3, lambda x, r: 3 * x[:, 0] + x[:, 1] + luck(r), 1024)
    assert table["median_distinct"].tolist()[:2] == [True, True]
    assert table["median"].is_monotonic_decreasing
    assert table["median"].iloc[2] < 1.3 * table["noise"].iloc[0]


# Rows of a design

def test_columns_that_come_twice_share_all_draws() -> None:
    once, twice = Draws(1, 0, [3, 7]), Draws(1, 0, [3, 3, 7])
    assert twice.uniform("a", 5).tolist() == once.uniform("a", 5)[[0, 0, 1]].tolist()
    with pytest.raises(ValueError, match="descend"):
        Draws(1, 0, [7, 3])


def test_rows_given_what_their_replicate_draws_are_that_replicate() -> None:
    """In any order, of several blocks, and however often they come."""
    world = compiled(WORLD, **HEAD)
    numbers = np.array([BLOCK + 1, 0, 1, 0, BLOCK])
    whole = paired.run({"all": world}, BLOCK + 2, jobs=1)["all"].outcomes
    given = design.drawn(world, [HIT, ANSWER], BLOCK + 2, 1)[numbers]
    table = design.run([world], numbers, {HIT: given[:, 0], ANSWER: given[:, 1]}, jobs=1)
    pd.testing.assert_frame_equal(table, whole.iloc[numbers].reset_index(drop=True), check_names=False)


def test_given_inputs_take_the_place_of_drawn_ones() -> None:
    world = compiled(WORLD, **HEAD)
    twice = np.repeat(np.arange(20), 2)
    history = played(world, columns=twice, given={ANSWER: np.tile([0.0, 9.0], 20)})
    without, much = np.bincount(history.replicate, minlength=40).reshape(20, 2).T
    assert (without <= much).all()
    assert without.sum() < much.sum()
    one, other = np.bincount(played(world, columns=twice).replicate, minlength=40).reshape(20, 2).T
    assert one.tolist() == other.tolist()


# What is found

def test_an_input_without_effect_has_a_total_index_of_exactly_0(found: Sensitivity) -> None:
    rows = found.indices.set_index("input")
    assert rows.loc[WISH, ["total", "total_low", "total_high", "first"]].tolist() == [0, 0, 0, 0]
    assert not rows.loc[WISH, "total_distinct"]
    assert rows.loc[HIT, "total"] > 0.05
    assert rows.loc[HIT, "total_distinct"]
    assert rows.index[-1] == WISH
    swing = found.tornado.set_index("input")
    assert swing.loc[WISH, ["changed", "difference"]].tolist() == [0, 0]
    assert not swing.loc[WISH, "distinct"]
    assert swing.loc[ANSWER, "difference"] > 0
    assert swing.loc[ANSWER, "at_low"] < swing.loc[ANSWER, "mean"] < swing.loc[ANSWER, "at_high"]


def test_chance_has_indices_of_its_own(found: Sensitivity) -> None:
    assert 0.05 < found.chance["first"].item() < found.chance["total"].item() <= 1.1
    assert found.replicates == 128 * (3 + 3) + 128 * 7
    assert len(found.rows) == 128 * (3 + 3)


@pytest.mark.parametrize("method", ["morris", "pawn"])
def test_other_methods_agree_on_what_matters(method: Any) -> None:
    found = sensitivity.run(small(), "replies", [HIT, ANSWER, WISH], method=method, points=256, jobs=1)
    rows = found.indices.set_index("input")[MAIN[method][0]]
    assert rows.idxmin() == WISH
    if method == "morris":
        assert rows[WISH] == 0
    assert found.chance.empty


def test_a_pilot_run_chooses_inputs() -> None:
    found = sensitivity.run(small(), "replies", top=2, points=32, jobs=1)
    assert set(found.inputs) == {HIT, ANSWER} or "options.reply.base.rate" in found.inputs
    assert WISH in set(found.pilot["input"])
    sizes = found.pilot["correlation"].abs()
    assert sizes.is_monotonic_decreasing
    assert found.pilot.set_index("input").loc[HIT, "distinct"]
    assert not found.pilot.set_index("input").loc[WISH, "distinct"]
    assert found.replicates == 32 * 32 + 32 * 5 + 32 * 5


def test_inputs_that_every_occasion_draws_anew_are_none_to_study() -> None:
    world = compiled(WORLD, **HEAD)
    assert "events.fair.cadence.every" in world.inputs.rows
    assert "events.fair.cadence.every" not in design.drawn_once(world)
    with pytest.raises(InputError, match="drawn anew"):
        sensitivity.run(small(), "replies", ["events.fair.cadence.every"], points=4, jobs=1)


def test_base_points_to_which_the_outcome_does_not_apply_are_left_out() -> None:
    found = sensitivity.run(small(), "late", [HIT, ANSWER], points=64, jobs=1)
    assert 0 < found.left_out < 64
    assert found.indices["total"].between(0, 1.2).all()


def test_an_outcome_that_is_always_the_same_is_said_to_be(tmp_path: Path) -> None:
    found = sensitivity.run(small(), "never", [HIT], points=8, jobs=1)
    assert found.indices.empty
    assert found.tornado.empty
    assert "replies" in found.varied
    sensitivity.write(found, tmp_path / "out")
    record = json.loads((tmp_path / "out" / "sensitivity.json").read_text(encoding="utf-8"))
    assert record["inputs"] == []
    assert record["mean"] == 0


@pytest.mark.parametrize("outcome, inputs, told", [
    ("replis", [], 'unknown outcome or ending "replis". Did you mean "replies"?'),
    ("replies", ["mechanisms.answr.strength"], 'Did you mean "mechanisms.answer.strength"?'),
    ("replies", ["options.wave"], "has no spread; give it one"),
])
def test_errors_name_what_is_known(outcome: str, inputs: list[str], told: str) -> None:
    with pytest.raises(InputError) as error:
        sensitivity.run(small(), outcome, inputs, points=4, jobs=1)
    assert told in str(error.value)


def test_without_salib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                          capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert cli.main(["sensitivity", "july_2025", "--outcome", "icbm", "--out", str(tmp_path / "out")]) == 2
    assert "[sensitivity]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# Figures and the command

@pytest.mark.parametrize("outcome, method", [("replies", "sobol"), ("quarrel", "morris"), ("first_hit", "pawn")])
def test_figures_keep_their_texts_apart(outcome: str, method: Any) -> None:
    found = sensitivity.run(small(), outcome, [HIT, ANSWER, WISH], method=method, points=64, jobs=1)
    for figure in (bars(found, *MAIN[found.method]), tornado(found)):
        assert not outside(figure)
        assert not overlaps(figure)


def test_the_command_prints_json_and_leaves_tables_and_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                               capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["sensitivity", "rising_sun_2018", "--outcome", load("rising_sun_2018").endings[0].name, "--inputs",
             ",".join(design.drawn_once(shipped(name="rising_sun_2018"))[:2]), "-N", "8", "--jobs", "1", "--json"]
    assert cli.main(words) == 0
    told = capsys.readouterr()
    record = json.loads(told.out)
    assert record["schema"] == 1
    assert record["points"] == 8
    assert "replicates …" in told.err
    folder = tmp_path / "out" / "rising_sun_2018-sensitivity"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {"indices.csv", "tornado.csv", "pilot.csv", "design.csv", "sensitivity.json", "scenario.yaml",
                     "manifest.json", "figures/indices.png", "figures/indices.svg", "figures/tornado.png",
                     "figures/tornado.svg"}
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["kind"] == "sensitivity"
    assert "--outcome" in manifest["command"]
    assert cli.main([*words[:-1], "--quiet"]) == 0
    assert "hang on?" in capsys.readouterr().out
