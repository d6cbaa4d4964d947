"""A client of the workbench for tests, whose work is done in their own process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("starlette", reason="starlette is not installed (extra web)")
pytest.importorskip("httpx2", reason="httpx2 is not installed (extra test)")

from starlette.testclient import TestClient

from sim.web.app import make_app
from sim.web.changes import Library

#: What admits to the workbench, where it stands, and a small scenario with one of its assumptions.
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
