"""What is handed to other tools: codes, layouts, and numbers that are the engine's."""

from __future__ import annotations

import csv
import json
from datetime import date
from functools import cache
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from commands import Run, caller
from sim import store
from sim.catalog.issue import Cooperation
from sim.effects import Column
from sim.ensemble import run as simulate
from sim.experiments import event_data, hub
from sim.experiments.event_data import AMONG, PENTA, QUADS, Events, actor, cameo, directed, events, plover
from sim.summary import as_record
from worlds import ACTIONS, compiled, merged, option, played, scenario, shipped, tree

CODES = Path(__file__).parent / "data" / "cameo.csv"
#: The columns of the Phoenix data sets, which carry no head themselves.
PHOENIX = [
    "EventID", "Date", "Year", "Month", "Day", "SourceActorFull", "SourceActorEntity", "SourceActorRole",
    "SourceActorAttribute", "TargetActorFull", "TargetActorEntity", "TargetActorRole", "TargetActorAttribute",
    "EventCode", "EventRootCode", "PentaClass", "GoldsteinScore", "Issues", "Lat", "Lon", "LocationName", "StateName",
    "CountryCode", "SentenceID", "URLs", "NewsSources"]


@cache
def told(replicate: int = 12, name: str = "july_2025") -> Events:
    return events(shipped(name=name), replicate)


def phoenix(text: str) -> list[dict[str, str]]:
    """As tools read it: tab-separated, without quotes and without a head."""
    return [dict(zip(PHOENIX, line.split("\t"), strict=True)) for line in text.splitlines()]


# Codes

def test_codes_are_cameos_with_their_scores_and_classes() -> None:
    with CODES.open(encoding="utf-8") as file:
        known = {row["code"]: row for row in csv.DictReader(file)}
    rows = phoenix(cameo(told()))
    assert len(rows) > 300
    for row in rows:
        assert float(row["GoldsteinScore"]) == float(known[row["EventCode"]]["goldstein"])
        assert row["EventRootCode"] == row["EventCode"][:2]
        assert int(row["PentaClass"]) == PENTA[row["EventRootCode"]]
    for line in plover(told()).splitlines():
        record = json.loads(line)
        assert record["event"][0] in {row["plover"] for row in known.values()}


@pytest.mark.parametrize("name", ["july_2025", "forced_labour_2018"])
def test_whatever_a_scenario_holds_has_a_class_and_an_actor(name: str) -> None:
    """Also what parties of a joint action do to each other, and every action that no option has."""
    world = shipped(name=name)
    for action in world.scenario.actions.values():
        assert action.plover in QUADS and action.cameo[:2] in PENTA
        assert not action.among or action.among.cameo[:2] in AMONG
    for column in world.columns:
        for pair in directed(world.scenario, column):
            if pair.cameo:
                assert pair.plover in QUADS and pair.cameo[:2] in PENTA
            for code in (pair.source, pair.target):
                assert code in world.scenario.countries or code in world.scenario.externals or not code


def test_actors_are_governments_or_what_an_external_says() -> None:
    world = shipped(name="july_2025")
    assert actor(world.scenario, "PRK") == "PRKGOV"
    assert actor(world.scenario, "ROK_SUPREME_COURT") == "KORJUD"
    assert event_data._split("KORJUD") == ("KORJUD", "KOR", "JUD", "")
    assert event_data._split("IGOUNO") == ("IGOUNO", "IGO", "", "UNO")
    assert event_data._split("MED") == ("MED", "", "MED", "")
    assert event_data._split("") == ("", "", "", "")


# What the engine counts

@pytest.mark.parametrize("replicate", [3, 12])
def test_scores_times_sizes_add_up_to_the_engines_conduct(replicate: int) -> None:
    """From each country to each other, over the whole horizon; rituals leave none."""
    world = shipped(name="july_2025")
    history = played(world, replicate=replicate)
    who = np.zeros(len(history.column), dtype=int)
    moved = np.zeros((world.effects.height, 1), dtype=np.float32)
    world.effects.add(moved, history.column.astype(int), who, history.size)
    among = len(world.countries)
    counted = moved[world.effects.parts["conduct_now"]].reshape(2, among, among).sum(axis=0)
    table = told(replicate).table
    table = table[(table["ritual"] == 0) & table["target"].isin(world.countries)]
    sums = (table["goldstein"].astype(float) * table["size"]).groupby([table["source"], table["target"]]).sum()
    for one, by in enumerate(world.countries):
        for other, to in enumerate(world.countries):
            assert sums.get((by, to), 0.0) == pytest.approx(counted[one, other], rel=1e-4, abs=1e-3), (by, to)


def test_a_joint_action_goes_to_its_targets_and_both_ways_among_its_parties() -> None:
    world = tree(actions={"strike": {"among": {"cameo": "062", "goldstein": 7.4}}},
                 countries={"CCC": merged(tree()["countries"]["AAA"], {"name": "C", "leader": "c_one"})
                            | {"leaders": {"c_one": {"name": "c", "source": "judgement"}}}})
    held = scenario(world)
    column = Column("drill", ("AAA", "BBB"), "strike", ("CCC",), frozenset())
    own, among = ("190", "ASSAULT", -10.0), ("062", "COOPERATE", 7.4)
    assert set(directed(held, column)) == {
        ("AAA", "CCC", *own), ("BBB", "CCC", *own), ("AAA", "BBB", *among), ("BBB", "AAA", *among)}
    assert isinstance(held.actions["strike"].among, Cooperation)
    meeting = Column("meeting", ("AAA", "BBB"), "greet", (), frozenset())
    assert [pair[:2] for pair in directed(held, meeting)] == [("AAA", "BBB"), ("BBB", "AAA")]
    at_home = Column("goes", ("AAA",), "resign", (), frozenset())
    assert [pair[:2] for pair in directed(held, at_home)] == [("AAA", "")]
    mere_date = Column("feast", (), "", (), frozenset())
    assert [tuple(pair) for pair in directed(held, mere_date)] == [("", "", "", "", None)]


def test_plover_gathers_what_parties_do_together() -> None:
    world = compiled(tree(options={"meeting": option("treaty", ["AAA", "BBB"], rate=0.5),
                                   "blow": option("strike", "AAA", "BBB", rate=0.5)}))
    found = events(world, 0)
    records = [json.loads(line) for line in plover(found).splitlines()]
    meetings = [record for record in records if record["event"] == ["SUPPORT"]]
    assert meetings and all([each["code"] for each in record["actor"]] == ["AAA", "BBB"] and not record["recipient"]
                            for record in meetings)
    blows = [record for record in records if record["event"] == ["ASSAULT"]]
    assert blows and all(record["quad_code"] == 4 and record["event_scale"] == ACTIONS["strike"]["goldstein"]
                         and [each["code"] for each in record["recipient"]] == ["BBB"] for record in blows)
    assert len(meetings) + len(blows) == len(found.occurrences)


# Layouts

def test_cameo_lines_read_as_phoenix() -> None:
    rows = phoenix(cameo(told()))
    start = shipped(name="july_2025").start
    assert len({row["EventID"] for row in rows}) == len(rows)
    assert [row["Date"] for row in rows] == sorted(row["Date"] for row in rows)
    for row in rows:
        day = date(int(row["Year"]), int(row["Month"]), int(row["Day"]))
        assert f"{day:%Y%m%d}" == row["Date"] and day >= start
        assert row["SourceActorFull"] == (row["SourceActorEntity"] + row["SourceActorRole"]
                                          + row["SourceActorAttribute"].replace(";", ""))
        assert row["NewsSources"] == "simulated:july_2025"
    assert {"PRKGOV", "JPNGOV"} <= {row["SourceActorFull"] for row in rows}


def test_plover_lines_have_the_manuals_fields() -> None:
    for line in plover(told()).splitlines():
        record = json.loads(line)
        assert {"id", "date", "actor", "event"} <= set(record)
        assert date.fromisoformat(record["date"]) <= date.fromisoformat(record["enddate"])
        assert record["actor"] and all(len(each["code"]) == 3 for each in record["actor"])
        assert record["quad_code"] in (1, 2, 3, 4)


def test_csv_and_json_hold_the_same() -> None:
    found = told()
    rows = list(csv.DictReader(StringIO(event_data.as_csv(found))))
    record = json.loads(event_data.as_json(found))
    assert record["simulated"] and record["ending"] == found.ending
    assert len(rows) == sum(len(each["directed"]) for each in record["occurrences"]) == len(found.table)
    assert [row["id"] for row in rows] == [each["id"] for each in record["occurrences"] for _ in each["directed"]]
    assert {row["leader"] for row in rows if row["source"] == "PRK"} == {"Kim Jong Un"}
    assert len(record["occurrences"]) == len(played(shipped(name="july_2025"), replicate=12).day)


# A run

@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run with an outcome of every kind."""
    found = simulate(compiled(
        tree(options={"blow": option("strike", "AAA", "BBB", 0.05), "word": option("scold", "BBB", "AAA", 0.2)}),
        outcomes={"struck": {"happened": "strike"}, "strikes": {"count": "strike"}, "first": {"first_date": "strike"},
                  "scolded": {"happened": "scold", "given": {"happened": "strike"}},
                  "void": {"happened": "scold", "given": {"count": "strike", "at_least": 500}}},
        endings=[{"name": "war", "title": "War", "when": {"happened": "strike"}}, {"name": "rest", "title": "Rest"}]),
        200, jobs=1)
    place = tmp_path_factory.mktemp("runs") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.figures.draw_all", lambda ensemble, folder: None)
        store.write(found, place)
    return place


@pytest.fixture
def export(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
           folder: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    return caller(monkeypatch, capsys, "export", folder)


def test_a_hubs_rows_are_the_summarys_numbers(export: Run, folder: Path) -> None:
    code, out, _ = export("--format", "hub")
    table = pd.read_csv(StringIO(out))
    assert code == 0 and list(table.columns) == hub.COLUMNS
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary == as_record(store.read(folder))
    outcomes = {row["name"]: row for row in summary["outcomes"]}
    own = table[table["target"] == "strikes"].set_index("output_type_id")["value"]
    assert {f"{int(level) / 100:g}": value for level, value in outcomes["strikes"]["quantiles"].items()} == {
        str(level): value for level, value in own.items() if not pd.isna(level)}
    mean = table[(table["target"] == "strikes") & (table["output_type"] == "mean")]
    assert mean["value"].tolist() == [outcomes["strikes"]["mean"]] and mean["output_type_id"].isna().all()
    chances = table[table["output_type"] == "pmf"].groupby("target")["value"].sum()
    assert chances.tolist() == pytest.approx([1] * 3)
    endings = table[table["target"] == "ending"].set_index("output_type_id")["value"].to_dict()
    assert endings == {row["name"]: row["share"] for row in summary["endings"]}
    yes = table[(table["target"] == "scolded") & (table["output_type_id"] == "yes")]["value"].item()
    assert yes == pytest.approx(outcomes["scolded"]["mean"], rel=1e-15)  # older pandas read the last digit otherwise
    assert "void" not in set(table["target"])


def test_a_date_becomes_the_chance_that_it_is_reached_by_each_sunday(folder: Path) -> None:
    ensemble = store.read(folder)
    table = hub.rows(ensemble)
    own = table[table["target"] == "first"]
    assert len(own) == 20 and own["value"].is_monotonic_increasing
    assert own["output_type_id"].iloc[0] == "2025-07-20"
    assert own["value"].iloc[-1] == pytest.approx(float(np.isfinite(ensemble.outcomes["first"]).mean()))


@pytest.mark.slow
def test_tables_come_back_as_they_were(export: Run, folder: Path) -> None:
    ensemble = store.read(folder)
    for form, name in (("csv", "outcomes.csv"), ("json", "summary.json")):
        assert export("--format", form)[:2] == (0, (folder / name).read_text(encoding="utf-8"))
    assert export("--format", "netcdf", "--out", "here.nc")[0] == 0
    with xr.open_dataset("here.nc", engine="h5netcdf") as found, xr.open_dataset(folder / "ensemble.nc",
                                                                                engine="h5netcdf") as kept:
        assert found.identical(kept)
    assert export("--format", "parquet", "--out", "here.parquet")[0] == 0
    table = pd.read_parquet("here.parquet")
    assert (table["strikes"] == ensemble.outcomes["strikes"]).all()
    assert str(table["struck"].dtype) == "boolean"
    assert table["scolded"].isna().equals(ensemble.outcomes["scolded"].isna())
    assert (table["ending"] == ensemble.outcomes["ending"].astype(str)).all()
    reached = np.isfinite(ensemble.outcomes["first"])
    assert table["first"].notna().tolist() == reached.tolist()
    assert export("--format", "hub", "--out", "hub.parquet")[0] == 0
    assert pd.read_parquet("hub.parquet")["value"].tolist() == hub.rows(ensemble)["value"].tolist()


@pytest.mark.parametrize("form", list(event_data.FORMATS))
def test_a_replicate_is_run_again_and_is_the_runs_own(export: Run, folder: Path, form: str) -> None:
    code, out, _ = export("--format", form, "--replicate", "7")
    record = store.recall(folder)
    assert code == 0 and out == event_data.FORMATS[form](events(record, 7))
    assert events(record, 7).occurrences == events(record.scenario, 7, record.seed).occurrences
    code, out, _ = export("--format", form, "--replicate", "7", "--out", "sub/events.txt", "--json")
    told = json.loads(out)
    assert code == 0 and told["schema"] == 1 and told["replicate"] == 7
    assert told["rows"] == len(events(record, 7).table)
    assert Path("sub/events.txt").read_text(encoding="utf-8") == event_data.FORMATS[form](events(record, 7))


def test_another_history_than_the_runs_is_no_export(export: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.Record, "row", lambda record, replicate: ["9", "9", "", "", "", "war"])
    code, out, err = export("--format", "csv", "--replicate", "7")
    assert (code, out) == (1, "") and "is not the history" in err


@pytest.mark.parametrize(("words", "message"), [
    (("--format", "camoe"), 'unknown format "camoe". Did you mean "cameo"'),
    (("--format", "cameo"), "say which with --replicate"),
    (("--format", "hub", "--replicate", "1"), "leave --replicate out"),
    (("--format", "netcdf"), "--out FILE"),
    (("--format", "hub", "--json"), "add --out FILE"),
    (("--format", "csv", "--replicate", "200"), "replicate 200 is not in this run"),
])
def test_bad_usage(export: Run, words: tuple[str, ...], message: str) -> None:
    code, out, err = export(*words)
    assert (code, out) == (2, "") and message in err


def test_nothing_is_written_into_the_runs_own_folder(export: Run, folder: Path) -> None:
    before = sorted(folder.iterdir())
    code, _, err = export("--format", "hub", "--out", str(folder / "hub.csv"))
    assert code == 2 and "stays as the run wrote it" in err and sorted(folder.iterdir()) == before


def test_a_missing_library_is_named(export: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    code, _, err = export("--format", "parquet", "--out", "x.parquet")
    assert code == 2 and "[parquet]" in err and not list(Path().glob("*x.parquet*"))
