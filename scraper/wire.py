"""What one exchange reads from a connection: bytes until a deadline, and header blocks kept as they came."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable

from msgspec import Struct, field

CHUNK = 64 * 1024
MOST_INTERIM = 100
_STATUS = re.compile(rb"HTTP/(\d)\.(\d)[ \t]+(\d{3})(?:[ \t][^\r\n]*)?\r?\n")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BLANK_START = re.compile(rb"(?:\r?\n)+")


class WireError(Exception):
    """What went wrong with an exchange: a Failure in the making.

    `kind` as in Failure; `truncated` the WARC-Truncated value when part of a body is there; `retry` whether asking
    again may help.
    """

    def __init__(self, kind: str, message: str, *, truncated: str | None = None, retry: bool = False) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.truncated = truncated
        self.retry = retry


class Deadline(Struct, frozen=True):
    """The end of an exchange by the monotonic clock."""

    at: float
    clock: Callable[[], float]

    def left(self) -> float:
        return self.at - self.clock()


class Wire(Struct):
    """A socket that is read until the deadline, and that may be silent for `patience` seconds.

    `buffer` holds what came and is not taken yet; `received` counts all that came.
    """

    sock: socket.socket
    deadline: Deadline
    patience: float
    buffer: bytearray = field(default_factory=bytearray)
    received: int = 0

    def more(self) -> bool:
        """Read once into the buffer; False at the end of the connection. Raises WireError on silence and on time."""
        data = self._recv()
        self.buffer += data
        return bool(data)

    def take(self, most: int) -> bytes:
        """Up to `most` bytes as they come; b"" at the end of the connection."""
        if not self.buffer:
            if most >= CHUNK:
                return self._recv()
            self.more()
        data = bytes(self.buffer[:most])
        del self.buffer[:most]
        return data

    def line(self, most: int) -> bytes:
        """A line with its line end, at most `most` bytes. Raises WireError when it is longer or the connection ends."""
        at = 0
        while (end := self.buffer.find(b"\n", at)) < 0:
            at = len(self.buffer)
            if at > most:
                break
            if not self.more():
                raise WireError("cut", "the connection ended inside the answer", truncated="disconnect", retry=True)
        if not 0 <= end < most:
            raise WireError("protocol", f"a line of more than {most} bytes in the framing", truncated="disconnect")
        data = bytes(self.buffer[: end + 1])
        del self.buffer[: end + 1]
        return data

    def _recv(self) -> bytes:
        left = self.deadline.left()
        if left <= 0:
            raise WireError("too slow", "the whole exchange took longer than the timeout", truncated="time")
        self.sock.settimeout(min(left, self.patience))
        try:
            data = self.sock.recv(CHUNK)
        except TimeoutError:
            if left <= self.patience:
                raise WireError(
                    "too slow", "the whole exchange took longer than the timeout", truncated="time"
                ) from None
            words = f"the server was silent for {self.patience:g} s"
            raise WireError("timeout", words, truncated="time", retry=True) from None
        except ssl.SSLError as error:
            words = f"the encrypted connection broke: {error.reason or error}"
            raise WireError("cut", words, truncated="disconnect", retry=True) from None
        except OSError as error:
            words = f"the connection broke: {error.strerror or error}"
            raise WireError("cut", words, truncated="disconnect", retry=True) from None
        self.received += len(data)
        return data


class Head(Struct, frozen=True):
    """A response's header block: `raw` byte for byte with its empty line, `headers` parsed from it."""

    raw: bytes
    version: tuple[int, int]
    status: int
    headers: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


def read_head(wire: Wire, limit: int) -> Head:
    """The header block of the final answer; interim answers (1xx) are passed over. Raises WireError.

    All header blocks together may be `limit` bytes long.
    """
    spent = 0
    for _ in range(MOST_INTERIM):
        raw = _block(wire, limit - spent)
        spent += len(raw)
        head = parse_head(raw)
        if head.status == 101:
            raise WireError("protocol", "the server switched to another protocol unasked")
        if head.status >= 200:
            return head
    raise WireError("protocol", f"more than {MOST_INTERIM} interim answers and no final one")


def _block(wire: Wire, limit: int) -> bytes:
    at = 0
    checked = False
    while True:
        if not checked and (blank := _BLANK_START.match(wire.buffer)) is not None:
            del wire.buffer[: blank.end()]
        if not checked and len(wire.buffer) >= 5:
            if not wire.buffer.startswith(b"HTTP/"):
                raise WireError("protocol", f"the answer is not HTTP: it begins with {bytes(wire.buffer[:40])!r}")
            checked = True
        end = _end_of_head(wire.buffer, at)
        if 0 <= end <= limit:
            raw = bytes(wire.buffer[:end])
            del wire.buffer[:end]
            return raw
        if end > limit or len(wire.buffer) > limit or wire.received > limit + CHUNK:
            raise WireError("too large", "the answer's headers are over max_header", truncated="length")
        at = max(0, len(wire.buffer) - 3)
        if not wire.more():
            where = "inside the headers" if wire.received else "with no answer"
            raise WireError("cut", f"the connection ended {where}", retry=True)


def _end_of_head(buffer: bytearray, at: int) -> int:
    """Where the block with its empty line ends, or -1. Line ends may lack their CR."""
    ends = []
    for mark in (b"\n\r\n", b"\n\n"):
        found = buffer.find(mark, at)
        if found >= 0:
            ends.append(found + len(mark))
    return min(ends, default=-1)


def parse_head(raw: bytes) -> Head:
    """A header block, parsed: folded lines joined by a space, malformed ones passed over, values in latin-1.

    RFC 9112, sections 4 and 5. Raises WireError when it does not begin with a status line.
    """
    match = _STATUS.match(raw)
    if match is None:
        raise WireError("protocol", f"the answer's first line is no status line: {raw[:60]!r}")
    pairs: list[list[bytes]] = []
    skipped = False
    for line in raw[match.end() :].split(b"\n"):
        line = line.removesuffix(b"\r")
        if line[:1] in (b" ", b"\t"):
            if pairs and not skipped:
                pairs[-1].append(line)
            continue
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t")
        skipped = not colon or _NAME.fullmatch(name) is None
        if not skipped:
            pairs.append([name, value])
    headers = tuple((pair[0].decode("ascii"), _value(pair[1:])) for pair in pairs)
    return Head(raw, (int(match[1]), int(match[2])), int(match[3]), headers)


def _value(parts: list[bytes]) -> str:
    joined = b" ".join(part.strip(b" \t\r") for part in parts)
    return joined.replace(b"\r", b" ").strip(b" \t").decode("latin-1")
