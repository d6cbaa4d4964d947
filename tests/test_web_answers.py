"""What the workbench answers: drafts, offers and full runs."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.errors import InputError
from sim.web import answers, offers, work
from sim.web.changes import Changes, Library, Question, as_file, scenario_of
from web_client import LIBRARY, NAME, STATEMENT, TestClient, client

__all__ = ["client"]

# What is answered

def test_a_mistake_is_told_with_its_place(client: TestClient) -> None:
    text = as_file(Changes(scenario=NAME), LIBRARY).replace("countries: [", "countries: [DPKR, ")
    problem, later = client.post("/api/check", json={"scenario": NAME, "text": text}).json()["problems"]
    assert later == {"message": "Mend this first: more may be found then.", "file": "", "line": 0,
                     "column": 0}
    line = text.splitlines()[problem["line"] - 1]
    assert "DPKR" in line and 'unknown country "DPKR"' in problem["message"] and problem["file"] == f"{NAME}.yaml"
    assert client.post("/api/check", json={"scenario": NAME}).json()["problems"] == []


def test_a_draft_beside_the_baseline(client: TestClient) -> None:
    body = {"alt": {"scenario": NAME, "settings": {STATEMENT: 0}}, "replicates": 20}
    found = client.post("/api/draft", json=body).json()
    assert found["replicates"] == 20 and sum(row["alt"]["level"] for row in found["endings"]) == pytest.approx(1)
    assert all(row["base"] and row["difference"] for row in found["endings"])
    alone = client.post("/api/draft", json={"alt": {"scenario": NAME}, "replicates": 20}).json()
    assert [row["alt"] for row in alone["endings"]] == [row["base"] for row in found["endings"]]
    assert alone["endings"][0]["base"] is None


@pytest.mark.slow
@pytest.mark.parametrize("settings", [
    {STATEMENT: 3.0, "countries.PRK.mandate": 0.9},
    {STATEMENT: {"mean": 0.2, "sd": 0.4}, "issues.us_dprk_dialogue.status_quo": 0.5},
    {"countries.PRK.mandate": 0.9, "options.prk_ballistic_test.base.rate": 0.3},
    {"countries.KOR.leader": "yoon", "issues.us_dprk_dialogue.status_quo": {"mean": 0.5, "sd": 0.1},
     "countries.KOR.leaders.yoon.anchors.inter_korean_engagement.ideal": 0.4}])
def test_a_draft_is_what_the_changed_scenario_gives(settings: dict[str, Any]) -> None:
    """Numbers that go past the compiler come out as if they had not."""
    from sim.ensemble import run

    changes = Changes(scenario=NAME, settings=settings)
    outcomes, endings = work._drafted(changes.key, LIBRARY, 0, 3, 24)
    found = run(scenario_of(changes, LIBRARY), 24, seed=3, jobs=1).outcomes
    names = list(work.world_of(changes, LIBRARY).scenario.outcomes)
    np.testing.assert_array_equal(outcomes, found[names].to_numpy(float))
    assert endings.tolist() == found["ending"].cat.codes.tolist()


def test_events_are_switched_off_moved_and_added() -> None:
    scenario = scenario_of(Changes(
        scenario="july_2025", without=("apec_2025",), moved={"ulchi_freedom_shield": "2025-09-01"}, weeks=30,
        added={"festival": {"name": "Festival", "action": "humanitarian_aid", "by": ("KOR",), "to": ("PRK",),
                            "on": "2025-10-03"}}, theories={"realism": 2.0}), LIBRARY)
    assert "apec_2025" not in scenario.events and scenario.weeks == 30 and scenario.mix == {"realism": 2.0}
    moved = scenario.events["ulchi_freedom_shield"]
    assert moved.on and moved.on.low.isoformat() == "2025-09-01" and moved.yearly is None
    assert scenario.events["festival"].by == ("KOR",)
    with pytest.raises(InputError, match="unknown event"):
        scenario_of(Changes(scenario=NAME, moved={"nothing": "2025-09-01"}), LIBRARY)


def test_a_saved_file_is_the_changed_scenario() -> None:
    changes = Changes(scenario=NAME, settings={STATEMENT: 0.5, "countries.PRK.mandate": 0.25})
    text = as_file(changes, LIBRARY)
    again = scenario_of(Changes(scenario=NAME, text=text), LIBRARY)
    assert again.mechanisms == scenario_of(changes, LIBRARY).mechanisms
    assert again.countries["PRK"].mandate.mean == 0.25
    assert as_file(Changes(scenario=NAME), LIBRARY).startswith("#")


def test_what_is_offered(client: TestClient) -> None:
    found = client.post("/api/offers", json={"scenario": NAME}).json()
    paths = {each["path"]: each for each in found["assumptions"]}
    each = paths[STATEMENT]
    assert each["low"] < each["centre"] < each["high"] and each["title"] and each["sources"]
    assert {"name", "title", "days"} <= found["events"][0].keys() and found["theories"] and found["presets"]
    assert all(0 <= each["low"] <= each["high"] <= 1 for path, each in paths.items() if path.endswith("base.rate"))


def test_own_scenarios_by_name_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(as_file(Changes(scenario=NAME), LIBRARY), encoding="utf-8")
    library = Library.of(tmp_path)
    assert scenario_of(Changes(scenario="mine"), library).name == "mine"
    assert any(row["name"] == "mine" for row in offers.scenarios(library))
    with pytest.raises(InputError, match="no such folder"):
        Library.of(tmp_path / "none")


# Full runs

def test_a_run_to_its_end(client: TestClient) -> None:
    body = {"alt": {"scenario": NAME, "settings": {STATEMENT: 0}}, "replicates": 40, "seed": 3}
    started = client.post("/api/jobs", json=body)
    assert started.status_code == 202
    own = f"/api/jobs/{started.json()['id']}"
    last = [line for line in client.get(f"{own}/progress").text.splitlines() if line.startswith("data:")][-1]
    assert json.loads(last.removeprefix("data:"))["state"] == "done"
    found = client.get(own).json()
    assert found["replicates"] == 40 and found["done"] == found["total"] == 80 and found["compared"]
    assert client.post("/api/jobs", json=body).json()["id"] == started.json()["id"]  # the same is not run again
    rows = client.get(f"{own}/alt/outcomes.csv").text.splitlines()
    assert len(rows) == 41 and rows[0].startswith("replicate,") and rows[0].endswith(",ending")
    picks = client.get(f"{own}/picks").json()["picks"]
    assert all(0 <= pick["replicate"] < 40 for pick in picks) and picks[-1]["kind"] == "most escalatory"
    relations = client.get(f"{own}/alt/answers/relations").json()
    assert len(relations["dyads"][0]["tension"]) == len(relations["weeks"])
    assert client.get(f"{own}/alt/answers/nothing").status_code == 404
    assert client.get(f"{own}/other/outcomes.csv").status_code == 404
    assert client.post(f"{own}/cancel").json()["state"] == "done"


def test_what_is_not_edited_is_compared_with_the_scenario(client: TestClient) -> None:
    """An edited text stands beside the scenario as it is, unless another baseline is named, such as the copy it is
    of."""
    text = as_file(Changes(scenario=NAME, settings={STATEMENT: 0}), LIBRARY)
    edited = {"scenario": NAME, "text": text}
    beside = [client.post("/api/draft", json={"alt": edited, "replicates": 20} | more).json()["endings"]
              for more in ({}, {"base": {"scenario": NAME}}, {"base": edited})]
    assert beside[0] == beside[1] and beside[0][0]["base"] and beside[2][0]["base"] is None


def test_runs_are_bounded_in_number(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.web.jobs.OPEN", 0)
    refused = client.post("/api/jobs", json={"alt": {"scenario": NAME}, "replicates": 2})
    assert refused.status_code == 429 and "under way already" in refused.json()["problems"][0]["message"]


@pytest.mark.slow
def test_the_reports_answers(client: TestClient) -> None:
    """Every figure of a side has ids of its own."""
    body = {"alt": {"scenario": NAME, "settings": {STATEMENT: 0}}, "replicates": 60}
    own = f"/api/jobs/{client.post('/api/jobs', json=body).json()['id']}"
    client.get(f"{own}/progress")
    for question in ("endings", "tension", "positions", "assumptions", "changes"):
        found = client.get(f"{own}/alt/answers/{question}").json()
        assert found["sentences"] and found["tables"][0]["csv"].count("\n") > 1
        for picture in found["pictures"]:
            assert 'aria-labelledby="alt-' in picture["svg"] and " style=" not in picture["svg"]


@pytest.mark.parametrize("changes, told", [
    ({"settings": {STATEMENT: 0}}, "strength of “Pyongyang answers a trilateral drill with a statement” at 0"),
    ({"settings": {STATEMENT: {"mean": -1.2, "sd": 0.5}}},
     "strength of “Pyongyang answers a trilateral drill with a statement” at −1.2 ± 0.5"),
    ({"without": ("freedom_edge",)}, "without “Freedom Edge”"),
    ({"moved": {"freedom_edge": "2025-09-15"}, "without": ("apec_2025",), "presets": ("bloc_deters",)},
     "without “APEC leaders in Gyeongju”, preset “The bloc deters” and 1 more change"),
    ({"settings": {"countries.JPN.leader": "takaichi"}}, "Sanae Takaichi governs Japan at first"),
    ({"added": {"own": {"name": "A fair", "action": "aid", "by": ("USA",), "on": "2025-09-15"}}}, "with “A fair”"),
    ({"weeks": 20, "theories": {"realism": 1}}, "other weights of theories, 20 weeks")])
def test_the_question_names_what_was_changed(changes: dict[str, Any], told: str) -> None:
    question = Question(alt=Changes(scenario=NAME, **changes))
    job: Any = SimpleNamespace(question=question, library=LIBRARY)
    assert answers.changed(job) == told
