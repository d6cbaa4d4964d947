"""What carries each row of the article, and where it can be seen."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest

from commands import Run, caller
from sim.errors import InputError
from sim.paths import scenario_file, shipped, shipped_scenarios
from sim.reading import Document, read_document
from sim.trace import CODED, Row, cited, trace
from worlds import country, event, mechanism, merged, option, tree

ROOT = shipped("seeds").parent


@lru_cache(maxsize=1)
def rows() -> dict[str, Row]:
    """The rows of the shipped article."""
    return {row.id: row for row in trace()}


def index() -> list[dict[str, str]]:
    with (shipped("seeds") / "article.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# The shipped world

def test_every_row_is_carried_or_left_out_for_a_reason() -> None:
    """And never both; rows on framing are marked as such. No more than eight are left out."""
    assert list(rows()) == [row["id"] for row in index()]
    for row in rows().values():
        framing, carried = row.id.startswith("M"), any(carrier.kind != "scenario" for carrier in row.carried_by)
        assert carried != bool(row.reason), row.id
        assert row.status == ("framing" if framing else "carried" if carried else "not modelled")
    assert sum(row.status == "carried" for row in rows().values()) >= 120
    assert {row.coded for row in rows().values()} <= set(CODED.values())


def test_what_carries_a_row_can_be_seen_in_some_scenario() -> None:
    assert [row.id for row in rows().values() if row.status == "carried" and not row.shown_in] == []


@cache
def document(path: Path) -> Document:
    """A file, read once."""
    return read_document(path)


@pytest.mark.parametrize("row", [row["id"] for row in index()])
def test_a_carrier_stands_where_it_is_said_to_and_cites_the_row(row: str) -> None:
    for carrier in rows()[row].carried_by:
        path = ROOT / carrier.file
        line = path.read_text(encoding="utf-8").splitlines()[carrier.line - 1]
        key = "source" if carrier.kind in ("scenario", "memory") else carrier.entry.rpartition(".")[2]
        assert f"{key}:" in line or key.isdigit(), carrier
        node: Any = document(path).data
        for part in () if carrier.kind == "scenario" else carrier.entry.split("."):
            node = node[int(part)] if isinstance(node, list) else node.get(part, node)  # a file holds one section
        assert row in node["source"], carrier


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_scenario_shows_what_it_says_it_shows(name: str) -> None:
    """Each row that it names as a whole is carried by something else that is in force in it."""
    source = read_document(scenario_file(name)).data.get("source") or []
    claimed = [source] if isinstance(source, str) else source
    assert [row for row in claimed if row in rows() and name not in rows()[row].shown_in] == []


def test_scenarios_cite_rows_that_exist() -> None:
    for name in shipped_scenarios():
        for path, names in cited(read_document(scenario_file(name)).data):
            assert set(names) <= set(rows()), (name, path)


# A made-up world: nothing about it can have been tabled

SCENARIO = {"title": "Test", "asks": "Does it hold?", "world": "world", "start": "2025-07-14", "weeks": 10,
            "countries": ["AAA", "BBB"], "endings": [{"name": "rest", "title": "Rest"}]}
WORLD = tree(
    countries={"AAA": country("A", source="A001", stances={"border": {"source": ["A002", "judgement"]}},
                              leaders={"exile": {"name": "Exile", "source": "A003"},
                                       "a_one": {"anchors": {"border": {"ideal": 0.1, "source": "A018"}}}}),
               "CCC": country("C", source="A004")},
    externals={"COURT": {"name": "Court", "source": "A015"}},
    cues={"noise": {"name": "Noise", "left_by": [{"action": "scold"}], "half_life": 1, "source": "A005"},
          "silence": {"name": "Silence", "left_by": [{"action": "remark"}], "half_life": 1, "source": "A006"}},
    flags={"pact": {"name": "Pact", "source": "A016"}},
    actions={"scold": {"source": "A007"}, "remark": {"source": "A008"}},
    options={"scolding": option("scold", "AAA", "BBB", source="A009"),
             "far_away": option("scold", "CCC", "BBB", source="A010")},
    mechanisms={"wants": mechanism("policy"),
                "answer": mechanism("response", feature={"cue": "noise"}, source="A011"),
                "answer_to_nothing": mechanism("response", {"action": "treaty"}, feature={"cue": "silence"},
                                               source="A012")},
    events={"feast": event(source="A013", action="scold", by=["BBB"], to=["AAA"]),
            "fast": event(source="A014", action="remark", by=["BBB"])},
    presets={"loud": {"name": "Loud", "source": "judgement", "changes": {
        "mechanisms": {"answer": {"strength": 2, "source": "A017"}}}}})


@pytest.fixture
def traced(tmp_path: Path) -> Callable[..., dict[str, Row]]:
    """The rows A001 to A022 in this world and a scenario of it; fields are those of the scenario."""
    folder, file = tmp_path / "world", tmp_path / "made_up.yaml"
    folder.mkdir()
    lines = [f"A{number:03},0,F,Something," for number in range(1, 22)] + ["A022,0,X,A colour,No country sees it"]
    (folder / "article.csv").write_text("\n".join(["id,section,status,claim,not_modelled", *lines]), encoding="utf-8")

    def traced(world: dict[str, Any] | None = None, **fields: Any) -> dict[str, Row]:
        for section, entries in merged(WORLD, world or {}).items():
            (folder / f"{section}.yaml").write_text(json.dumps(entries, indent=1), encoding="utf-8")
        file.write_text(json.dumps(SCENARIO | fields, indent=1), encoding="utf-8")
        return {row.id: row for row in trace(folder, [file])}

    return traced


def entries(row: Row) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    return {carrier.entry: (carrier.kind, carrier.file, carrier.shown_in) for carrier in row.carried_by}


def test_an_entry_that_cites_a_row_carries_it(traced: Callable[..., dict[str, Row]]) -> None:
    found = traced()
    assert entries(found["A011"]) == {"mechanisms.answer": ("mechanism", "world/mechanisms.yaml", ("made_up",))}
    assert entries(found["A002"]) == {"countries.AAA.stances.border": ("stance", "world/countries.yaml", ("made_up",))}
    assert found["A021"].status == "open"
    assert (found["A022"].status, found["A022"].reason) == ("not modelled", "No country sees it")


@pytest.mark.parametrize("row", ["A001", "A002", "A005", "A007", "A009", "A011", "A018"])
def test_what_is_in_force_shows_its_row(traced: Callable[..., dict[str, Row]], row: str) -> None:
    assert traced()[row].shown_in == ("made_up",)


@pytest.mark.parametrize(("row", "why"), [
    ("A003", "a leader who cannot govern"), ("A004", "a country that takes no part"),
    ("A006", "a cue that nothing at work reads"), ("A008", "an action that nobody carries out"),
    ("A010", "an option of a country that takes no part"), ("A012", "a mechanism that moves nothing"),
    ("A013", "an event that is not listed"), ("A015", "a body that does nothing"), ("A016", "a flag nobody minds"),
    ("A017", "a preset that is not taken")])
def test_what_is_not_in_force_shows_nothing(traced: Callable[..., dict[str, Row]], row: str, why: str) -> None:
    found = traced()[row]
    assert (found.status, found.shown_in) == ("carried", ()), why


def test_a_scenario_brings_things_into_force(traced: Callable[..., dict[str, Row]]) -> None:
    found = traced(countries=["AAA", "BBB", "CCC"], events={"feast": None, "fast": None}, presets=["loud"])
    for row in ("A004", "A008", "A010", "A013", "A014", "A017"):
        assert found[row].shown_in == ("made_up",), row
    assert found["A011"].shown_in == (), "the preset gives the mechanism another source"


def test_a_scenarios_own_entries_carry_rows(traced: Callable[..., dict[str, Row]]) -> None:
    found = traced(
        events={"raid": event(source="A020", action="strike", by=["AAA"], to=["BBB"])},
        overrides={"mechanisms": {"answer": {"strength": 0}, "answer_to_nothing": {"source": "A019"}}},
        outcomes={"words": {"happened": "scold", "source": "A016"}, "none": {"happened": "greet", "source": "A003"}})
    assert entries(found["A020"]) == {"events.raid": ("event", "made_up.yaml", ("made_up",))}
    assert entries(found["A016"])["outcomes.words"] == ("outcome", "made_up.yaml", ("made_up",))
    assert entries(found["A003"])["outcomes.none"] == ("outcome", "made_up.yaml", ()), "nothing can ever be counted"
    assert found["A011"].shown_in == (), "a strength of nothing moves nothing"
    assert entries(found["A019"]) == {"overrides.mechanisms.answer_to_nothing": ("mechanism", "made_up.yaml", ())}


def test_what_a_scenario_says_of_itself_carries_nothing(traced: Callable[..., dict[str, Row]]) -> None:
    row = traced(source=["A021"])["A021"]
    assert entries(row) == {"made_up": ("scenario", "made_up.yaml", ("made_up",))}
    assert (row.status, row.shown_in) == ("open", ())


def test_a_world_without_an_article_has_nothing_to_trace(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no index of an article"):
        trace(tmp_path, [])


# The command

@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Calls the command in this process; gives exit code, stdout and stderr."""
    monkeypatch.setattr("sim.trace.trace", lambda: list(rows().values()))
    return caller(monkeypatch, capsys, "trace")


def test_one_row_is_shown_in_full(call: Run) -> None:
    code, out, err = call("A097")
    row = rows()["A097"]
    assert (code, err) == (0, "")
    assert out.startswith(f"A097  {row.claim}\n{row.coded}; carried\n")
    for carrier in row.carried_by:
        assert f"{carrier.entry}  " in out
        assert f"{carrier.file}:{carrier.line} " in out
    assert "mechanisms.outside_option" in out
    assert out.splitlines()[-1].startswith(f"Seen in {len(row.shown_in)} scenario")
    assert ", ".join(row.shown_in) in out


def test_where_there_is_no_room_for_a_table_a_carrier_takes_two_lines(call: Run,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.cli.trace.fits", lambda part: False)
    out = call("A097")[1]
    for carrier in rows()["A097"].carried_by:
        assert f"\n{carrier.kind}  {carrier.entry}\n    {carrier.file}:{carrier.line}  " in out


def test_all_rows_take_a_line_each(call: Run) -> None:
    code, out, _ = call()
    lines = out.splitlines()
    assert code == 0
    assert [line.split()[0] for line in lines[1:len(rows()) + 1]] == list(rows())
    assert lines[-1].startswith("128 rows: ")


def test_json_is_a_list_of_rows(call: Run) -> None:
    code, out, _ = call("--json")
    found = json.loads(out)
    assert code == 0
    assert [row["id"] for row in found] == list(rows())
    for row in found:
        assert {"id", "coded", "claim", "status", "carried_by", "shown_in"} <= set(row)
        assert ("reason" in row) == (row["status"] == "not modelled")
        assert all(set(carrier) == {"kind", "entry", "file", "line", "shown_in"} for carrier in row["carried_by"])
    assert json.loads(call("a097", "--json")[1]) == [row for row in found if row["id"] == "A097"]


def test_an_unknown_row_is_answered_with_the_nearest(call: Run) -> None:
    code, out, err = call("A970")
    assert (code, out) == (2, "")
    assert err.startswith('error: unknown row of the article, or entry that carries one, "A970". Did you mean "A')


def test_an_entry_leads_to_its_rows(call: Run) -> None:
    """By its own name, or with the section before it: from a bar that names a mechanism to the article."""
    code, out, _ = call("outside_option")
    carried = [row for row in rows().values() if "mechanisms.outside_option" in entries(row)]
    assert code == 0 and carried
    assert [line.split()[0] for line in out.splitlines()[:len(carried)]] == [row.id for row in carried]
    assert "seeds/mechanisms/" in out.splitlines()[-1]
    assert call("mechanisms.outside_option")[1] == out
    assert [row["id"] for row in json.loads(call("outside_option", "--json")[1])] == [row.id for row in carried]
