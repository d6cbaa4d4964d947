"""The output folder: whole or not there, replaced with care, read back as it was."""

from __future__ import annotations

import csv
import json
import os
from datetime import date
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import sim.figures
from commands import SMALL, stub_figures
from sim import store
from sim.batch import BINS
from sim.dataset import MEANINGS, labelled
from sim.ensemble import Ensemble, run
from sim.errors import InputError
from sim.paths import shipped
from sim.scenario import load


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim.figures, "draw_all", stub_figures)


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Ensemble:
    return run(load(_small(tmp_path_factory.mktemp("scenario"))), 40, jobs=1)


def _small(folder: Path, text: str = SMALL) -> Path:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _refused(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        store.check(folder)
    return str(caught.value)


def test_read_gives_back_what_was_written(ensemble: Ensemble, tmp_path: Path) -> None:
    store.write(ensemble, tmp_path / "run")
    found = store.read(tmp_path / "run")
    pd.testing.assert_frame_equal(found.outcomes, ensemble.outcomes)
    assert set(found.data.variables) == set(ensemble.data.variables)
    for name, values in ensemble.data.variables.items():
        np.testing.assert_array_equal(found.data[name].values, values.values)
        assert found.data[name].dims == values.dims
    assert (found.seed, found.replicates) == (ensemble.seed, ensemble.replicates)
    assert found.scenario.head == ensemble.scenario.head
    assert found.scenario.options == ensemble.scenario.options
    assert found.scenario.tree["world"] == ensemble.scenario.tree["world"]
    assert found.data.attrs == ensemble.data.attrs


def test_the_dataset_says_what_it_holds(ensemble: Ensemble, tmp_path: Path) -> None:
    """In words and units, in Python and in the file; and dyads are written as they are typed, in older runs too."""
    store.write(ensemble, tmp_path / "run")
    with xr.open_dataset(tmp_path / "run" / "ensemble.nc", engine="h5netcdf") as stored:
        found = stored.load()
    for data in (ensemble.data, found):
        assert all(data[name].attrs["long_name"] for name in data.variables)
        assert all(data[name].attrs["units"] for name in data.variables if data[name].dtype.kind in "if")
        assert data["tension_counts"].sel(dyad="KOR-PRK").sizes["tension_bin"] == BINS
    assert set(found.variables) == set(MEANINGS)
    older = ensemble.data.assign_coords(dyad=[str(dyad).replace("-", "–") for dyad in ensemble.data["dyad"].values])
    assert labelled(older)["dyad"].equals(ensemble.data["dyad"])


def test_a_run_that_was_read_can_be_written_again(ensemble: Ensemble, tmp_path: Path) -> None:
    store.write(ensemble, tmp_path / "a")
    store.write(store.read(tmp_path / "a"), tmp_path / "b")
    first, second = _everything(tmp_path / "a"), _everything(tmp_path / "b")
    for name in ("outcomes.csv", "summary.csv", "summary.json", "scenario.yaml", "world.json"):
        assert first[name] == second[name]


def test_table_of_outcomes(ensemble: Ensemble, tmp_path: Path) -> None:
    store.write(ensemble, tmp_path / "run")
    with (tmp_path / "run/outcomes.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["replicate", *ensemble.scenario.outcomes, "ending"]
    assert [row["replicate"] for row in rows] == [str(replicate) for replicate in range(40)]
    for row, (_, values) in zip(rows, ensemble.outcomes.iterrows(), strict=True):
        assert row["launch"] == ("1" if values["launch"] else "0")
        assert row["answer"] == ("" if np.isnan(values["answer"]) else f"{values['answer']:.0f}")
        assert row["never"] == ""
        assert row["ending"] == values["ending"]
        if np.isinf(values["first_launch"]):
            assert row["first_launch"] == ""
        else:
            assert (date.fromisoformat(row["first_launch"]) - date(2025, 7, 14)).days == values["first_launch"]
    assert {row["launch"] for row in rows} == {"0", "1"}
    assert {row["answer"] for row in rows} == {"", "0", "1"}


def test_json_holds_no_number_that_is_none(ensemble: Ensemble, tmp_path: Path) -> None:
    store.write(ensemble, tmp_path / "run")
    for name in ("summary.json", "manifest.json", "world.json"):
        json.loads((tmp_path / "run" / name).read_text(encoding="utf-8"), parse_constant=pytest.fail)


def test_manifest(ensemble: Ensemble, tmp_path: Path) -> None:
    store.write(ensemble, tmp_path / "run", "python run.py run small.yaml -n 40 --seed 1")
    contents = _everything(tmp_path / "run")
    text = contents.pop("manifest.json").decode()
    manifest = json.loads(text)
    assert manifest["files"] == {name: sha256(content).hexdigest() for name, content in contents.items()}
    assert manifest["command"] == "python run.py run small.yaml -n 40 --seed 1"
    assert {"python", "numpy", "scipy", "mesa"} <= set(manifest["versions"])
    assert (manifest["schema"], manifest["scenario"], manifest["title"]) == (1, "small", "A small world")
    assert (manifest["seed"], manifest["replicates"], manifest["weeks"]) == (1, 40, 6)
    assert str(tmp_path) not in text
    assert str(Path.home()) not in text


# The scenario as resolved

CHANGED = SMALL.replace("outcomes:", """\
overrides:
  options:
    dprk_cruise_test: {base: {rate: 0.5}}
outcomes:""").replace("third_country_strike: ", "third_country_strike: {chance: {rate: 0.3}}")


def test_resolved_scenario_gives_the_same_result(tmp_path: Path) -> None:
    scenario = load("july_2025")
    mechanism = next(name for name, entry in scenario.mechanisms.items() if entry.strength.sd)
    ballistic = next(name for name, option in scenario.options.items() if option.action == "ballistic_test")
    cruise = next(name for name, option in scenario.options.items() if option.action == "cruise_test")
    path = _small(tmp_path, CHANGED.replace("dprk_cruise_test", cruise))
    settings = ["weeks=5", f"mechanisms.{mechanism}.strength.mean=0.25", f"options.{ballistic}=0.4",
                f"options.{cruise}.base.rate={{mean: 0.3, sd: 0.1}}", "events.third_country_strike.chance.rate=0.2",
                "issues.dprk_sanctions.status_quo={low: 0.1, high: 0.2}", "theories.realism=1",
                "events.third_country_strike.days=2"]
    first = run(load(path, settings, ["ulchi_freedom_shield"]), 60, jobs=1)
    store.write(first, tmp_path / "run")
    again = run(load(tmp_path / "run/scenario.yaml"), 60, jobs=1)
    pd.testing.assert_frame_equal(first.outcomes, again.outcomes)
    assert again.scenario.tree["world"] == first.scenario.tree["world"]
    assert dict(again.scenario.mix) == {"realism": 1}
    assert again.scenario.mechanisms[mechanism].strength.sd == scenario.mechanisms[mechanism].strength.sd
    assert not first.outcomes.equals(run(load(path), 60, jobs=1).outcomes)


def test_resolved_scenario_finds_a_world_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    copytree(shipped("seeds"), tmp_path / "mine/region")
    path = _small(tmp_path / "mine", SMALL.replace("start:", "world: region\nstart:"))
    first = run(load(path), 10, jobs=1)
    store.write(first, tmp_path / "results/run", world=tmp_path / "mine/region")
    assert "world: ../../mine/region\n" in (tmp_path / "results/run/scenario.yaml").read_text()
    again = run(load(tmp_path / "results/run/scenario.yaml"), 10, jobs=1)
    pd.testing.assert_frame_equal(first.outcomes, again.outcomes)


# What is there already

def test_a_finished_run_is_replaced(ensemble: Ensemble, tmp_path: Path) -> None:
    store.write(ensemble, tmp_path / "run", "first")
    store.write(ensemble, tmp_path / "run", "second")
    assert json.loads((tmp_path / "run/manifest.json").read_text())["command"] == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_an_empty_folder_is_taken(ensemble: Ensemble, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "run")
    store.write(ensemble, tmp_path / "link")
    assert store.read(tmp_path / "run").replicates == 40
    assert (tmp_path / "link").is_symlink()


def test_what_is_refused(ensemble: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    store.write(ensemble, folder)
    (folder / "notes.txt").write_text("mine")
    assert "holds a run and also other files (notes.txt)" in _refused(folder)
    (folder / "notes.txt").unlink()
    (folder / ".DS_Store").write_text("")
    store.check(folder)
    (folder / "manifest.json").write_text('{"kind": "something else"}')
    assert "holds a manifest.json that is not of a run" in _refused(folder)
    (folder / "manifest.json").unlink()
    assert "holds an unfinished run (no manifest.json); delete it" in _refused(folder)
    (folder / "notes.txt").write_text("mine")
    assert "holds other files (notes.txt)" in _refused(folder)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert "the current folder" in _refused(Path("."))
    assert "is no folder" in _refused(folder / "notes.txt")
    assert "cannot be written to" in _refused(folder / "notes.txt" / "run")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone" / "far")
    assert "is no folder" in _refused(tmp_path / "nowhere")


def test_checking_leaves_nothing(tmp_path: Path) -> None:
    store.check(tmp_path / "deep/er/run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [RuntimeError("no"), OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("before", [True, False])
def test_a_failure_leaves_what_was_there(ensemble: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                         error: BaseException, before: bool) -> None:
    def fail(*_: Any) -> None:
        raise error

    if before:
        store.write(ensemble, tmp_path / "deep/run", "first")
    kept = _everything(tmp_path)
    monkeypatch.setattr(sim.figures, "draw_all", fail)
    expected = InputError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected) as caught:
        store.write(ensemble, tmp_path / "deep/run", "second")
    assert not isinstance(error, OSError) or "No space left on device" in str(caught.value)
    assert _everything(tmp_path) == kept
    assert len(list(tmp_path.iterdir())) == before


def test_a_failure_of_the_last_step_brings_the_old_run_back(ensemble: Ensemble, tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(ensemble, tmp_path / "run", "first")
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path.suffix == ".unfinished":
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(InputError, match="could not be written"):
        store.write(ensemble, tmp_path / "run", "second")
    assert json.loads((tmp_path / "run/manifest.json").read_text())["command"] == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


# Reading

def test_what_cannot_be_read(ensemble: Ensemble, tmp_path: Path) -> None:
    def why(folder: Path) -> str:
        with pytest.raises(InputError) as caught:
            store.read(folder)
        return str(caught.value)

    folder = tmp_path / "run"
    assert "no such folder" in why(folder)
    folder.mkdir()
    assert "holds no run" in why(folder)
    folder.rmdir()
    store.write(ensemble, folder)
    assert "is no folder of a run" in why(folder / "outcomes.csv")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "outcomes.csv").write_text("changed")
    (folder / "summary.json").unlink()
    assert f"{folder / 'outcomes.csv'}: is not what the run wrote" in why(folder)
    assert f"{folder / 'summary.json'}: is missing" in why(folder)
    for changes, message in (({"schema": 2}, "newer version"), ({"files": {"../x": "0"}}, "is damaged"),
                             ({"files": []}, "is damaged"), ({"kind": "else"}, "is damaged")):
        (folder / "manifest.json").write_text(json.dumps(manifest | changes))
        assert message in why(folder)
    (folder / "manifest.json").write_text("{")
    assert "manifest.json is damaged" in why(folder)
    (folder / "manifest.json").unlink()
    assert "holds an unfinished run" in why(folder)


def test_permissions_are_those_of_any_new_folder(ensemble: Ensemble, tmp_path: Path) -> None:
    store.write(ensemble, tmp_path / "run")
    (tmp_path / "other").mkdir()
    assert os.stat(tmp_path / "run").st_mode == os.stat(tmp_path / "other").st_mode
