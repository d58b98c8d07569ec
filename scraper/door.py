"""The door before pywb: what comes to the replay comes through here.

pywb answers whoever asks. So a stranger's name that was made to lead to this machine would read the whole archive, and
an archived script could make itself a service worker, which from then on would answer for all pages of the replay,
whatever was archived. Both are refused here; all else goes through as it came. One request a connection: nothing of an
answer need be understood to know where it ends.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

MOST_HEAD = 64 * 1024
HEAD_WITHIN = 30.0
_CHUNK = 64 * 1024
_OF_A_CONNECTION = frozenset({"connection", "keep-alive", "proxy-connection", "upgrade"})
_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    421: "Misdirected Request",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}

Where = Callable[[], tuple[str, int] | None]


class Refused(Exception):
    """An answer of ours, with its status."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Head(Struct, frozen=True):
    """A request's line and its header lines, names in lower case."""

    line: bytes
    fields: tuple[tuple[str, bytes], ...]


def parsed(data: bytes) -> Head:
    """The head of a request (RFC 9112, sections 3 and 5). Raises Refused for one that could be read in two ways."""
    line, *rest = data[:-4].split(b"\r\n")
    parts = line.split(b" ")
    if len(parts) != 3 or not parts[1].startswith(b"/") or not parts[2].startswith(b"HTTP/1."):
        raise Refused(400, "This is no request.")
    fields = []
    for each in rest:
        name, colon, value = each.partition(b":")
        if not colon or not name or name.strip() != name or b"\n" in each or b"\r" in each or b"\0" in each:
            raise Refused(400, "This is no request.")
        fields.append((name.decode("latin-1").lower(), value.strip()))
    return Head(line, tuple(fields))


def forwarded(data: bytes, hosts: frozenset[str]) -> bytes:
    """The head as it goes to pywb. Raises Refused.

    `hosts` are the values of Host that are answered. Service workers are known by the header with which browsers ask
    for their scripts (Service Workers, "Service-Worker").
    """
    head = parsed(data)
    named = [value for name, value in head.fields if name == "host"]
    if len(named) != 1 or named[0].decode("latin-1").lower() not in hosts:
        raise Refused(421, "This host name is not served here.")
    if any(name == "service-worker" for name, _ in head.fields):
        raise Refused(403, "Archived service workers are not run.")
    kept = [name.encode("latin-1") + b": " + value for name, value in head.fields if name not in _OF_A_CONNECTION]
    return b"\r\n".join((head.line, *kept, b"Connection: close", b"", b""))


class Door:
    """Listens on `listener` in a thread of its own, and leads to what `where` tells; None while there is nothing."""

    def __init__(self, listener: socket.socket, hosts: frozenset[str], where: Where) -> None:
        self._hosts = hosts
        self._where = where
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.Task[None]] = set()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._came, sock=listener, limit=MOST_HEAD))
        self._thread = threading.Thread(target=self._run, name="replay-door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No more comes through; what is under way is cut off. Safe to call twice."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    # ------------------------------------------------------------------------------------------------ the thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._server.close()
            self._loop.run_until_complete(self._cut())
            self._loop.close()

    async def _cut(self) -> None:
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            # Whoever goes away in the middle has seen enough.
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await self._answer(reader, writer)
        finally:
            self._open.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = forwarded(await _head(reader), self._hosts)
            inner = await self._inner()
        except Refused as refused:
            writer.write(_refusal(refused))
            await writer.drain()
            return
        inner_reader, inner_writer = inner
        sending = asyncio.create_task(_pump(reader, inner_writer))
        try:
            inner_writer.write(head)
            await _pump(inner_reader, writer)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            inner_writer.close()

    async def _inner(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        where = self._where()
        if where is not None:
            with suppress(OSError):
                return await asyncio.open_connection(*where)
        raise Refused(503, "The replay is being started. Try again in a moment.")


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_WITHIN)
    except asyncio.LimitOverrunError:
        raise Refused(431, "This request is too long.") from None


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()


def _refusal(refused: Refused) -> bytes:
    body = f"{refused}\n".encode()
    again = "Retry-After: 2\r\n" if refused.status == 503 else ""
    head = (
        f"HTTP/1.1 {refused.status} {_REASONS[refused.status]}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n{again}Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
