"""The workbench's addresses: who may ask, what is answered, and that nonsense is refused in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import InputError

pytest.importorskip("starlette", reason="starlette is not installed (extra web)")
pytest.importorskip("httpx2", reason="httpx2 is not installed (extra test)")

from starlette.testclient import TestClient

from sim.scenario import load
from sim.web import answers, game, offers, stories, work
from sim.web.app import make_app
from sim.web.changes import Changes, Library, Question, as_file, scenario_of
from worlds import shipped

TOKEN, HOST, NAME = "secret", "127.0.0.1:8731", "lavrov_wonsan_2025"
STATEMENT = "mechanisms.drill_draws_statement.strength"
LIBRARY = Library.of()


class Here:
    """A pool without processes: what is asked is done at once."""

    def __init__(self, workers: int):
        self.workers, self.waiting = [None] * workers, 0

    def begin(self) -> None:
        pass

    async def call(self, function: Any, *task: Any, seconds: float = 0, about: str = "") -> Any:
        return function(*task)

    close = begin


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The page's own requests, but with the work done in this process."""
    monkeypatch.setattr("sim.web.app.Pool", Here)
    monkeypatch.setattr("sim.web.app.LATER", 1e6)
    app = make_app(TOKEN, 8731, frozenset({HOST}), LIBRARY, 1, 1)
    headers = {"authorization": f"Bearer {TOKEN}"}
    with TestClient(app, f"http://{HOST}", headers=headers, raise_server_exceptions=False) as found:
        yield found


# Who may ask

def test_only_the_token_opens_it(client: TestClient) -> None:
    del client.headers["authorization"]
    assert client.get("/").status_code == 401 and "serve" in client.get("/").text
    assert client.get("/api/scenarios").json()["problems"]
    assert client.get("/static/state.js").status_code == 401
    assert client.get("/?token=wrong").status_code == 401
    admitted = client.get(f"/?token={TOKEN}", follow_redirects=False)
    assert admitted.status_code == 303 and admitted.headers["location"] == "/"
    assert "HttpOnly" in admitted.headers["set-cookie"] and "SameSite=Strict" in admitted.headers["set-cookie"]
    assert client.get("/").status_code == 200  # by the cookie


def test_other_hosts_and_pages_are_refused(client: TestClient) -> None:
    """A name that somebody else has made point here, and a page from elsewhere."""
    assert client.get("/", headers={"host": "evil.example:8731"}).status_code == 403
    assert client.post("/api/draft", json={}, headers={"origin": "http://evil.example"}).status_code == 403
    assert client.post("/api/draft", json={}, headers={"origin": f"http://{HOST}"}).status_code == 422


def test_elsewhere_the_origin_is_the_hosts() -> None:
    """Bound to more than this machine it has names that it does not know; the token is asked for as ever."""
    client = TestClient(make_app(TOKEN, 8731, None, LIBRARY, 1, 1), "http://10.0.0.5:8731")
    headers = {"authorization": f"Bearer {TOKEN}"}
    assert client.get("/").status_code == 401 and client.get("/", headers=headers).status_code == 200
    assert client.get("/", headers=headers | {"origin": f"http://{HOST}"}).status_code == 403
    assert client.get("/", headers=headers | {"origin": "null"}).status_code == 403


def test_answers_forbid_everything_from_elsewhere(client: TestClient) -> None:
    for address in ("/", "/static/workbench.js", "/api/scenarios", "/api/nowhere"):
        headers = client.get(address).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/static/..%2fapp.py", "/static/app.py", "/static/%2e%2e/guard.py", "/etc/passwd",
                                  "/api/jobs/..%2f..", "/api/jobs/x/alt/outcomes.csv"])
def test_no_path_touches_the_disk(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(("body", "status"), [
    (b"{", 422), (b"[]", 422), (b'{"alt": {"scenario": "../../etc/passwd"}}', 422), (b'{"alt": {}, "x": 1}', 422),
    (b'{"alt": {"scenario": "july_2025"}, "replicates": 20001}', 422),
    (b'{"alt": {"scenario": "july_2025", "settings": {"mechanisms.x.strength": NaN}}}', 422),
    (b'{"alt": {"scenario": "july_2025", "settings": {"world.x": 1}}}', 422),
    (b'{"alt": {"scenario": "' + b"x" * 300_000 + b'"}}', 413)])
def test_bad_bodies_are_refused(client: TestClient, body: bytes, status: int) -> None:
    for address in ("/api/draft", "/api/jobs"):
        answer = client.post(address, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == status and answer.json()["problems"][0]["message"]
    assert client.post("/api/draft", content=body).status_code in (413, 415)


def test_what_does_not_say_its_size_is_bounded(client: TestClient) -> None:
    """Also what is nested without end."""
    json_of = {"content-type": "application/json"}
    endless = client.post("/api/draft", content=(b" " * 60_000 for _ in range(6)), headers=json_of)
    assert endless.status_code == 413 and endless.json()["problems"]
    assert client.post("/api/check", content=b"[" * 100_000, headers=json_of).status_code == 422
    assert client.put("/api/draft").status_code == 405


def test_a_scenario_text_stays_in_its_world(client: TestClient, tmp_path: Path) -> None:
    text = as_file(Changes(scenario=NAME), LIBRARY).replace("world: seeds", f"world: {tmp_path}")
    found = client.post("/api/check", json={"scenario": NAME, "text": text}).json()["problems"]
    assert len(found) == 1 and "cannot be another one" in found[0]["message"] and found[0]["line"] > 0


# What is answered

def test_a_mistake_is_told_with_its_place(client: TestClient) -> None:
    text = as_file(Changes(scenario=NAME), LIBRARY).replace("countries: [", "countries: [DPKR, ")
    problem, later = client.post("/api/check", json={"scenario": NAME, "text": text}).json()["problems"]
    assert later == {"message": "What else may be wrong is looked at once this is mended.", "file": "", "line": 0,
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
    {"countries.PRK.mandate": 0.9, "options.prk_ballistic_test.base.rate": 0.3}])
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
    ({"added": {"own": {"name": "A fair", "action": "aid", "by": ("USA",), "on": "2025-09-15"}}}, "with “A fair”"),
    ({"weeks": 20, "theories": {"realism": 1}}, "other weights of theories, 20 weeks")])
def test_the_question_names_what_was_changed(changes: dict[str, Any], told: str) -> None:
    question = Question(alt=Changes(scenario=NAME, **changes))
    base: Any = SimpleNamespace(question=question, ensemble=lambda side: SimpleNamespace(scenario=shipped().scenario))
    assert answers.changed(base) == told


# Stories and games

def test_a_story_leads_to_its_sources() -> None:
    found = stories.story(Changes(scenario=NAME), LIBRARY, 1, 2)
    reasons = [because for week in found["weeks"] for each in week["happenings"] for because in each["reasons"]]
    assert reasons and all(because["mechanism"] in found["mechanisms"] for because in reasons)
    assert all(entry["sources"] and entry["theory"] for entry in found["mechanisms"].values())
    json.dumps(found, allow_nan=False)


def test_a_player_decides_for_one_country() -> None:
    """What is decided happens, what is not does not, and the odds told are the model's own."""
    begin = game.play(game.Play(changes=Changes(scenario=NAME), country="PRK"), LIBRARY)
    alone = [each["name"] for each in begin["now"]["options"] if not each["joint"] and not each["choice"]]
    will = tuple(alone[:2])
    found = game.play(game.Play(changes=Changes(scenario=NAME), country="PRK", moves=(will, None)), LIBRARY)
    done = {each["name"] for each in found["odds"][0] if each["taken"]}
    assert done == set(will) and all(each["chosen"] == (each["name"] in will) for each in found["odds"][0])
    left = game.play(game.Play(changes=Changes(scenario=NAME), country="PRK", moves=(None,)), LIBRARY)
    before = {each["name"]: each["probability"] for each in left["odds"][0]}
    assert before == pytest.approx({each["name"]: each["probability"] for each in found["odds"][0]})
    assert max(before.values()) < 1 and found["now"]["week"] == 3 and left["odds"][0][0]["chosen"] is None
    with pytest.raises(InputError, match="unknown option of PRK"):
        game.play(game.Play(changes=Changes(scenario=NAME), country="PRK", moves=(("dance",),)), LIBRARY)


def test_the_model_may_decide_up_to_the_next_event() -> None:
    """What is revealed is what letting it decide week by week reveals; at the end there is a debrief."""
    asked = {"changes": Changes(scenario=NAME), "country": "PRK"}
    onward = game.play(game.Play(**asked, moves=(None,), onward=True), LIBRARY)
    weeks = len(onward["weeks"])
    assert weeks > 1 and onward["now"]["events"]
    singly = game.play(game.Play(**asked, moves=(None,) * weeks), LIBRARY)
    assert onward == singly
    earlier = [game.play(game.Play(**asked, moves=(None,) * count), LIBRARY)["now"] for count in range(2, weeks)]
    assert not any(now["events"] for now in earlier)
    last = game.play(game.Play(**asked, moves=(None,) * (load(NAME).weeks - 1), onward=True), LIBRARY)
    assert last["over"] and last["ending_title"] == last["alone_title"]


def test_a_player_is_told_where_things_stand() -> None:
    """Before the first week what has just happened, then what has happened since; the state of things is that after
    the weeks played, events stand in the order of dates, and every option under the party that it is directed at."""
    first, third = (game.play(game.Play(changes=Changes(scenario="july_2025"), country="KOR", moves=moves), LIBRARY)
                    for moves in ((), (None, None)))
    start = first["now"]["start"]
    assert any("B-52" in each["words"] for each in first["now"]["briefing"]["before"])
    assert all(each["day"] < start for each in first["now"]["briefing"]["before"])
    told, happened = third["now"]["briefing"], [each for week in third["weeks"] for each in week["happenings"]]
    assert told["before"] and all(each["day"] >= start for each in told["before"])
    assert {each["words"] for each in told["before"]} == {
        each["words"] for each in happened if each["kind"] == "event" or "KOR" in (*each["by"], *each["to"])}
    own = sorted(level for dyad, level in third["weeks"][-1]["tension"].items() if "KOR" in dyad)
    assert sorted(each["level"] for each in told["tension"]) == own
    assert told["leader"] == "Lee Jae-myung" and -1 <= told["approval"] <= 1
    for rows in (first["now"]["briefing"]["before"], first["now"]["events"], told["before"]):
        assert [each["day"] for each in rows] == sorted(each["day"] for each in rows)
    groups = {each["name"]: each["group"] for each in first["now"]["options"]}
    assert groups["kor_warns_prk"] == groups["inter_korean_talks"] == "Toward DPRK"
    assert groups["trilateral_summit"] == "With or toward several"
    assert groups["kor_visits_beijing"] == "At home and elsewhere"
    assert len(list(groupby(groups.values()))) == len(set(groups.values()))  # those of one heading stand together


@pytest.mark.slow
def test_a_game_left_to_the_model_is_the_history() -> None:
    weeks = work.world_of(Changes(scenario=NAME), LIBRARY).weeks
    found = game.play(game.Play(changes=Changes(scenario=NAME), country="PRK", moves=(None,) * weeks), LIBRARY)
    told = stories.story(Changes(scenario=NAME), LIBRARY, 1, 0)
    assert found["over"] and found["ending_title"] == told["ending_title"]
    assert [each["words"] for week in found["weeks"] for each in week["happenings"]] == [
        each["words"] for week in told["weeks"] for each in week["happenings"]]
    assert found["alone_title"] == found["ending_title"] and found["outcomes"]
    assert all(each["played"] == each["alone"] for each in found["outcomes"])


@pytest.mark.slow
def test_a_debrief_says_what_the_player_changed() -> None:
    """A DPRK that launches in every week and one that the model decides for, in the same history."""
    changes = Changes(scenario="july_2025")
    world = work.world_of(changes, LIBRARY)
    moves = (("prk_ballistic_test",),) * world.weeks
    found = game.play(game.Play(changes=changes, country="PRK", moves=moves), LIBRARY)
    told = stories.story(changes, LIBRARY, 1, 0)
    rows = {each["title"]: each for each in found["outcomes"]}
    weeks = rows["Weeks with a DPRK missile event"]
    assert int(weeks["played"]) == world.weeks > int(weeks["alone"])
    assert found["alone_title"] == told["ending_title"] and len(rows) == len(world.scenario.outcomes)
    never = rows["Ishiba's going is announced"]
    assert all(re.fullmatch(r"never|\d+ \w+ 20\d\d", never[side]) for side in ("played", "alone"))


@pytest.mark.slow
def test_twins_that_part() -> None:
    asked = Question(alt=Changes(scenario=NAME, settings={"options.prk_ballistic_test.base.rate": 0.6}), replicates=60)
    found = stories.divergence(asked, LIBRARY)
    assert found and found["base"] != found["alt"] and found["week"] >= 1 and found["what"]
    assert stories.divergence(Question(alt=Changes(scenario=NAME)), LIBRARY) is None


# Processes and the command

@pytest.mark.slow
def test_what_takes_too_long_is_stopped() -> None:
    """And the next request is answered as if nothing had been."""
    import asyncio
    import time

    from sim.web.pool import Pool

    async def life() -> tuple[str, int]:
        pool = Pool(1)
        try:
            await pool.call(abs, -1)
            with pytest.raises(InputError) as caught:
                await pool.call(time.sleep, 60, seconds=0.2)
            return str(caught.value), await pool.call(abs, -2)
        finally:
            pool.close()

    assert asyncio.run(life()) == ("this takes longer than 0.2 seconds; ask for less", 2)


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    from sim import cli

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli.main(["serve", "--no-browser", "--port", str(port)]) == 2
    assert f"cannot listen at 127.0.0.1, port {port}" in capsys.readouterr().err


def test_another_address_is_warned_of(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And the address that is printed has the token, without which nothing is answered there."""
    import signal

    import uvicorn

    from sim import cli

    monkeypatch.setattr(uvicorn.Server, "run", lambda server, sockets: [each.close() for each in sockets])
    before = signal.getsignal(signal.SIGTERM)
    for host, warned in (("127.0.0.1", False), ("0.0.0.0", True)):
        assert cli.main(["serve", "--no-browser", "--port", "0", "--host", host]) == 0
        said = capsys.readouterr()
        assert ("warning" in said.err) == warned and "/?token=" in said.out
    signal.signal(signal.SIGTERM, before)


def test_without_the_extra(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from sim import cli

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert cli.main(["serve"]) == 2
    assert "[web]" in capsys.readouterr().err


# Nonsense

def test_every_address_is_described(client: TestClient) -> None:
    """With the models that requests are checked against, and the scenarios there are."""
    found = client.get("/api/openapi.json").json()
    routes = {(route.path, method.lower()) for route in client.app.app.routes for method in route.methods - {"HEAD"}
              if route.path.startswith("/api/") and route.path != "/api/openapi.json"}
    assert routes == {(path, method) for path, each in found["paths"].items() for method in each}
    models = found["components"]["schemas"]
    assert models["Changes"]["properties"]["text"]["maxLength"] == 128 * 1024
    assert NAME in models["Changes"]["properties"]["scenario"]["enum"]
    assert models["Question"]["properties"]["replicates"]["maximum"] == 20_000


@pytest.mark.slow
@pytest.mark.parametrize("fits", [True, False])
def test_what_fits_the_description_is_answered_and_the_rest_is_refused(
        client: TestClient, monkeypatch: pytest.MonkeyPatch, fits: bool) -> None:
    """Requests that schemathesis makes up: every answer is one of those described, and none is an internal error."""
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed (extra test)")
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

    monkeypatch.setattr(work, "batch", _nothing)
    description = client.get("/api/openapi.json").json()
    del description["security"]  # the token has tests of its own
    description["components"]["schemas"]["Changes"]["properties"]["scenario"]["enum"] = [NAME]
    description["components"]["schemas"]["Changes"]["properties"]["weeks"]["anyOf"][0]["maximum"] = 8
    tried = []
    for found in schemathesis.openapi.from_dict(description).get_all_operations():
        operation = found.ok()
        if not fits and (operation.method == "get" or "{" in operation.path):
            continue  # they bring nothing along that could be otherwise
        strategy = operation.as_strategy(GenerationMode.POSITIVE if fits else GenerationMode.NEGATIVE)

        @settings(max_examples=8 if fits else 15, suppress_health_check=list(HealthCheck))
        @given(case=strategy)
        def holds(case: Any) -> None:
            sent = case.as_transport_kwargs(base_url=f"http://{HOST}")
            body = json.dumps(sent["json"]) if "json" in sent else sent.get("data")
            kind = {"content-type": case.media_type} if case.media_type else {}
            answer = client.request(sent["method"], sent["url"], content=body, headers=kind)
            # Names may be unknown; and what is too large is refused too, which schemathesis does not expect.
            large = [negative_data_rejection] if answer.status_code == 413 else []
            case.validate_response(answer, excluded_checks=[positive_data_acceptance, *large])
            tried.append(answer.status_code)

        holds()
    assert len(tried) > 80 and 422 in tried, sorted(set(tried))


def _nothing(*asked: Any) -> Any:
    raise InputError("no full run is made here")


WORDS = st.one_of(st.sampled_from([NAME, "july_2025", STATEMENT, "PRK", "apec_2025", "2025-09-01", "", "realism", "é"]),
                  st.text(max_size=8))
VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
                      lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
                      max_leaves=8)
KEYS = st.sampled_from(["scenario", "text", "settings", "without", "moved", "added", "reading", "presets", "theories",
                        "weeks"])
CHANGED = st.fixed_dictionaries({"scenario": st.just(NAME)}, optional={
    "text": WORDS, "without": st.lists(WORDS, max_size=2), "weeks": st.sampled_from([1, 2, 520, 0, -3]),
    "settings": st.dictionaries(st.sampled_from([STATEMENT, "issues.x", "memory.ledger", "countries.PRK.leader",
                                                 "events.apec_2025.on", "mechanisms"]) | WORDS, VALUES, max_size=2),
    "moved": st.dictionaries(WORDS, WORDS, max_size=2), "added": st.dictionaries(WORDS, VALUES, max_size=2),
    "theories": st.dictionaries(WORDS, st.floats(-1, 5), max_size=2), "reading": WORDS,
    "presets": st.lists(WORDS, max_size=2)})
BODIES = st.one_of(VALUES, st.dictionaries(KEYS, VALUES, max_size=4), CHANGED)


@pytest.mark.slow
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, address=st.sampled_from(["offers", "check", "file", "draft", "play", "story", "divergence"]))
def test_no_body_breaks_it(client: TestClient, body: Any, address: str) -> None:
    """Whatever is sent is answered, or refused with a reason."""
    asked = {"draft": {"alt": body, "replicates": 2}, "divergence": {"alt": body, "replicates": 2},
             "play": {"changes": body, "country": "PRK", "moves": [[]]}, "story": {"changes": body, "replicate": 1}}
    answer = client.post(f"/api/{address}", content=json.dumps(asked.get(address, body)),
                         headers={"content-type": "application/json"})
    assert answer.status_code in (200, 422), (address, body, answer.text)
    assert answer.status_code == 200 or answer.json()["problems"][0]["message"]
