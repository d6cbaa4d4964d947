"""Who may ask: this machine's own page, with the token that was printed."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Bytes that a request may bring along.
MOST = 256 * 1024
#: What every answer says.
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                               "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin"}
ASK_AGAIN = "Open the address that `serve` printed: it carries the token without which this page answers nobody."
TOO_LARGE = f"A request brings {MOST // 1024} KiB along at most."


class TooLarge(Exception):
    """A request brings more along than it may."""


class Guard:
    """Lets through what comes from the page itself: right Host and Origin, the token as a cookie or a header.

    `hosts` are the names with port under which the server is reached; None lets any pass, as when it is bound to more
    than this machine, and then the Origin must be the Host's.
    """

    def __init__(self, app: App, token: str, port: int, hosts: frozenset[str] | None):
        self.app, self.token, self.hosts, self.cookie = app, token, hosts, f"workbench-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if self.hosts is not None and host not in self.hosts:
            await answer(send, 403, "This server answers under its own address only.")
        elif headers.get("origin", f"http://{host}") != f"http://{host}":
            await answer(send, 403, "Requests of other pages are not answered.")
        elif scope["method"] == "GET" and scope["path"] == "/" and scope["query_string"]:
            await self._admit(scope, send)
        elif not self._known(headers):
            await answer(send, 401, ASK_AGAIN, {"content-type": "text/plain"} if scope["path"] == "/" else None)
        else:
            await self._pass(scope, receive, send, headers)

    async def _admit(self, scope: Scope, send: Send) -> None:
        """Takes the token out of the address into a cookie."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if not self._same(given):
            await answer(send, 401, ASK_AGAIN, {"content-type": "text/plain"})
            return
        await answer(send, 303, "", {"location": "/", "set-cookie": f"{self.cookie}={self.token}; Path=/; HttpOnly; "
                                                                    "SameSite=Strict"})

    def _known(self, headers: dict[str, str]) -> bool:
        bearer = headers.get("authorization", "").removeprefix("Bearer ").strip()
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            cookie = None
        return self._same(bearer) or cookie is not None and self._same(cookie.value)

    def _same(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.token.encode())

    async def _pass(self, scope: Scope, receive: Receive, send: Send, headers: dict[str, str]) -> None:
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST:
            await answer(send, 413, TOO_LARGE)
            return
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST:
                raise TooLarge
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *own]}
            await send(message)

        await self.app(scope, bounded, with_headers)


async def answer(send: Send, status: int, words: str, more: dict[str, str] | None = None) -> None:
    """A short answer."""
    headers = HEADERS | {"content-type": "application/json"} | (more or {})
    text = words if headers["content-type"] == "text/plain" or not words else json.dumps(
        {"schema": 1, "problems": [{"message": words, "file": "", "line": 0, "column": 0}]})
    body = text.encode()
    headers["content-length"] = str(len(body))
    await send({"type": "http.response.start", "status": status,
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()]})
    await send({"type": "http.response.body", "body": body})
