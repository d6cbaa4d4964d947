"""`serve`: its address, what it warns of, and its processes."""

from __future__ import annotations

import pytest

from sim.errors import InputError

pytest.importorskip("starlette", reason="starlette is not installed (extra web)")


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
