"""One connection of the loopback web, as its handlers see it: good answers, and every kind of bad one."""

from __future__ import annotations

import select
import socket
import ssl
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from threading import Event

HeaderList = Iterable[tuple[str, str]]
MAX_HEAD = 256 * 1024


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came over the wire. `time` is the monotonic clock's, `at` that of the web's own clock if it has
    one; `target` is raw."""

    time: float
    host: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    tls: bool
    at: datetime | None = None

    def header(self, name: str) -> str | None:
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Request:
    """What a handler is told: the request, its bytes as received, and the number of the connection it came on."""

    seen: Seen
    raw: bytes
    connection: int

    @property
    def target(self) -> str:
        return self.seen.target

    def header(self, name: str) -> str | None:
        return self.seen.header(name)


class GoneError(Exception):
    """The other side has closed, or the web is closing."""


@dataclass(slots=True)
class Connection:
    """What a handler holds. `keep` says whether the connection may be used again; a cut or a close sets it to False."""

    socket: socket.socket
    stopping: Event
    keep: bool = True
    _buffer: bytearray = field(default_factory=bytearray)

    def send(self, data: bytes) -> None:
        """These very bytes."""
        try:
            self.socket.sendall(data)
        except (OSError, ValueError):
            raise GoneError from None

    def head(self, status: int, headers: HeaderList = (), reason: str | None = None) -> None:
        """A status line and these headers, no others."""
        lines = [f"HTTP/1.1 {status} {reason if reason is not None else _reason(status)}"]
        lines += [f"{name}: {value}" for name, value in headers]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def respond(self, status: int, body: bytes | str = b"", headers: HeaderList = ()) -> None:
        """A whole answer with its Content-Length."""
        data = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status} {_reason(status)}", *(f"{name}: {value}" for name, value in headers)]
        if status != 304 and status >= 200:
            lines.append(f"Content-Length: {len(data)}")
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + data)

    def chunked(self, status: int, chunks: Iterable[bytes], headers: HeaderList = (), trailer: bytes = b"") -> None:
        """A whole answer in chunks; `trailer` is raw header lines with their line ends."""
        self.head(status, [*headers, ("Transfer-Encoding", "chunked")])
        for chunk in chunks:
            if chunk:
                self.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self.send(b"0\r\n" + trailer + b"\r\n")

    def drip(self, data: bytes, size: int = 1, pause: float = 0.05) -> None:
        """A few bytes at a time, `pause` seconds between them, until all is sent or the other side has gone."""
        for at in range(0, len(data), size):
            self.send(data[at : at + size])
            if self.stopping.wait(pause):
                raise GoneError

    def stall(self) -> None:
        """Say nothing more; returns when the other side closes. The connection is not used again."""
        self.keep = False
        while not self.stopping.is_set():
            readable, _, _ = select.select([self.socket], [], [], 0.05)
            if readable:
                try:
                    if not self.socket.recv(4096):
                        return
                except (OSError, ValueError):
                    return

    def cut(self) -> None:
        """End the connection at once, with a reset."""
        self.keep = False
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        """End the connection in order, after what was sent."""
        self.keep = False

    def read_request(self) -> bytes | None:
        """The next request's header block, or None when there is none."""
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > MAX_HEAD:
                return None
            try:
                data = self.socket.recv(65536)
            except (OSError, ValueError):
                return None
            if not data:
                return None
            self._buffer += data
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        self._buffer[:] = rest
        return head + b"\r\n\r\n"

    def read(self, length: int) -> bytes:
        """So many bytes of a request's body; fewer when the other side ends."""
        while len(self._buffer) < length:
            data = self.socket.recv(65536)
            if not data:
                break
            self._buffer += data
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def end(self) -> None:
        if isinstance(self.socket, ssl.SSLSocket):
            try:
                self.socket.settimeout(0)
                self.socket.unwrap()
            except (OSError, ValueError):
                pass
        self.socket.close()


Handler = Callable[[Connection, Request], None]


def parse_request(raw: bytes) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Method, raw target and headers."""
    first, *lines = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, _ = rest.rpartition(" ")
    pairs = [line.partition(":") for line in lines]
    return method, target, tuple((name, value.strip()) for name, _, value in pairs)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
