"""Before and after each page: who may ask, and what browsers may do with the answer. Plain ASGI.

Whatever the archive holds was written by strangers, and other pages in the same browser may be theirs too. So answers
go only to hosts that are served (a stranger's name may be made to lead here), and say that nothing on them runs, is
framed or is read from elsewhere.
"""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_QUERY = 4096
"""Bytes of an address's query."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
ALOOF = "default-src 'none'; sandbox; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
"""The policy of what comes from the archive as it is."""

SECURITY = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_RAW = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in SECURITY.items()]


class Guard:
    """Refuses hosts that are not served (421) and queries that are too long (414); marks all answers."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = {host.lower().encode("latin-1") for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            # An app that ends before it accepts a websocket has refused it.
            await send({"type": "websocket.close", "code": 1008})
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                named = {name for name, _ in headers}
                message["headers"] = headers + [header for header in _RAW if header[0] not in named]
            await send(message)

        app = self._refusal(scope) or self._app
        await app(scope, receive, marked)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        named = [value.lower() for name, value in scope["headers"] if name == b"host"]
        if len(named) != 1 or named[0] not in self._hosts:
            return PlainTextResponse("This host name is not served here.\n", 421)
        if len(scope["query_string"]) > MOST_QUERY:
            return PlainTextResponse("This address is too long.\n", 414)
        return None
