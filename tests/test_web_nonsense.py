"""The workbench's addresses are all described, and nonsense is refused in plain words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.web import work
from web_client import HOST, NAME, STATEMENT, TestClient, client

__all__ = ["client"]


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
