"""The record: a data package that holds nothing later than the article, and the figures that it is known by."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from sim.errors import InputError
from sim.paths import shipped
from sim.record.plan import FILE, monday, read, rows

FOLDER = shipped("seeds") / "record"
LAST = date(2025, 7, 20)
MISSILES = {"ballistic", "cruise", "icbm", "satellite", "rocket", "other_missile"}


def test_the_package_describes_every_file_and_column_and_holds_the_files_it_describes() -> None:
    package = json.loads((FOLDER / "datapackage.json").read_text(encoding="utf-8"))
    assert {resource["path"] for resource in package["resources"]} == {path.name for path in FOLDER.glob("*.csv")
                                                                       if path.name != "baselines.csv"}
    for resource in package["resources"]:
        raw = (FOLDER / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(raw).hexdigest()}", resource["path"]
        assert resource["bytes"] == len(raw)
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == next(csv.reader(raw.decode().splitlines()))
        for row in rows(FOLDER / resource["path"]):
            for field in fields:
                if field["type"] == "date":
                    date.fromisoformat(row[field["name"]])
                elif field["type"] in ("integer", "number"):
                    float(row[field["name"]])


def test_nothing_is_later_than_the_article() -> None:
    for path in FOLDER.iterdir():
        days = re.findall(r"\b\d{4}-\d{2}-\d{2}\b", path.read_text(encoding="utf-8"))
        assert all(date.fromisoformat(day) <= LAST for day in days), path.name
    assert not list(FOLDER.glob("*.py"))


def test_the_records_page_lists_every_file_that_a_number_names() -> None:
    """Those that ship in the folder and those that do not, each once, in the right table."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    named = {name for folder in ("seeds", "scenarios") for path in shipped(folder).rglob("*.yaml")
             for name in re.findall(r"record/(\w+\.csv)", path.read_text(encoding="utf-8"))}
    here = {path.name for path in FOLDER.glob("*.csv")}
    assert set(re.findall(r"^\| `(\w+\.csv)`", text, re.MULTILINE)) == here
    assert named - here == set(re.findall(r"^\| `record/(\w+\.csv)`", text, re.MULTILINE))


def test_the_figures_that_the_record_is_known_by() -> None:
    panel = [(date.fromisoformat(row["week"]), row) for row in rows(FOLDER / "dprk_weekly_panel.csv")]
    missile = {week: row["missile_any"] != "0" for week, row in panel}

    def share(since: str, until: str = "2025-07-20", core: str = "01") -> tuple[float, int]:
        own = [missile[week] for week, row in panel if since <= week.isoformat() <= until and row["ex_core"] in core]
        return round(sum(own) / len(own), 3), len(own)

    assert share("2012-01-02") == (0.209, 707)
    assert share("2019-01-01")[0] == 0.258
    assert share("2022-01-01")[0] == 0.368
    assert share("2024-07-22") == (0.288, 52)
    assert share("2018-01-01", "2018-12-30") == (0.0, 52)
    assert share("2022-01-03", "2022-12-31")[0] == 0.481
    assert [share("2012-01-02", core=core) for core in "10"] == [(0.455, 55), (0.189, 652)]
    weeks = [missile[week] for week, _ in panel]
    for before, wanted in ((True, 0.412), (False, 0.156)):
        after = [now for last, now in pairwise(weeks) if last == before]
        assert round(sum(after) / len(after), 3) == wanted


def test_kinds_of_launches_are_those_of_the_panel() -> None:
    days = defaultdict(set)
    for row in rows(FOLDER / "dprk_provocations.csv"):
        if row["kind"] in MISSILES and row["date"] >= "2012":
            days[monday(date.fromisoformat(row["date"])).isoformat()].add(row["date"])
    assert set(days) == {row["week"] for row in rows(FOLDER / "dprk_weekly_panel.csv") if row["missile_any"] != "0"}
    assert len(days) == 148
    assert sum(len(own) > 1 for own in days.values()) == 30


def test_a_plan_says_what_is_wrong_with_it_and_where(tmp_path: Path) -> None:
    (tmp_path / "record").mkdir()
    (tmp_path / "record" / "tests.csv").write_text("day,kind\n2025-01-01,loud\n", encoding="utf-8")
    (tmp_path / "record" / FILE).write_text("""\
series:
  tests: {file: test.csv, source: judgement}
  loud: {file: tests.csv, where: {kinds: loud}, source: judgement}
  none: {source: judgement}
counts:
  test: {option: test, series: tets, since: 2020-01-01, source: judgement}
""", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(tmp_path)
    said = [str(problem).rpartition("record/")[2] for problem in caught.value.problems]
    assert said[0].startswith(f'{FILE}:2:17: unknown file of the record "test.csv". Did you mean "tests.csv"?')
    assert any("unknown column of tests.csv" in each for each in said)
    assert f"{FILE}:4:3: a series has either a `file` or the days themselves under `on`" in said
    assert any('unknown series "tets". Did you mean "tests"?' in each for each in said)
