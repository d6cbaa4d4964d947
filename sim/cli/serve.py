"""`serve`: the workbench, a page on this machine."""

from __future__ import annotations

import secrets
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Jobs
from sim.cli.terminal import hint, say_text
from sim.errors import InputError

HERE = ("127.0.0.1", "localhost", "::1")


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8731,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen at.")] = "127.0.0.1",
    scenarios: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of your own scenarios.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
    jobs: Jobs = None,
) -> None:
    """Open the workbench: change a scenario, run it and compare, without editing files."""
    try:
        import uvicorn
        from starlette.applications import Starlette  # noqa: F401
    except ImportError:
        raise InputError("serve needs starlette and uvicorn; install them with "
                         "`pip install 'diplomacy-simulator[web]'`") from None
    from sim.ensemble import cores
    from sim.web.app import make_app
    from sim.web.changes import Library

    library = Library.of(scenarios)
    bound = _bind(host, port)
    port = bound.getsockname()[1]
    token = secrets.token_urlsafe(24)
    here = host in HERE
    hosts = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")) if here else None
    if not here:
        hint(f"warning: listening at {host}, so that other machines reach this page; whoever has the address with its "
             "token can use it, and what is sent can be read on the way")
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}/?token={token}"
    say_text(f"Workbench: {address}\n")
    hint("Ctrl-C ends it.")
    app = make_app(token, port, hosts, library, jobs or cores())
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, ws="none", server_header=False,
                                           timeout_graceful_shutdown=1))
    if browser:
        _open_later(address)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn raises again what it was ended by
    with suppress(KeyboardInterrupt):  # the way to end it
        server.run(sockets=[bound])


def _bind(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises `InputError` where that cannot be."""
    bound = None
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        if bound:
            bound.close()
        raise InputError(f"cannot listen at {host}, port {port} ({error.strerror or error}); choose another --port "
                         "or --host") from None
    return bound


def _open_later(address: str) -> None:
    """Opens the browser once the server has had time to begin; where there is none, nothing happens."""
    import threading
    import webbrowser

    timer = threading.Timer(1.0, webbrowser.open, [address])
    timer.daemon = True
    timer.start()
