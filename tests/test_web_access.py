"""Who may ask the workbench, and what it refuses to read."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="starlette is not installed (extra web)")

from sim.web.app import make_app
from sim.web.changes import Changes, as_file
from web_client import HOST, LIBRARY, NAME, TOKEN, TestClient, client

__all__ = ["client"]


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
