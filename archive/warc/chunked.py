"""Bodies whose chunked transfer coding was left on (RFC 9112, 7.1), as some tools store them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CODED = re.compile(rb"^transfer-encoding[ \t]*:[^\n]*chunked", re.IGNORECASE | re.MULTILINE)
_PIECE = 64 * 1024
_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]*)?\Z")
_MOST_LINE = 16 * 1024


class Dechunked:
    """Takes a coded body in pieces and gives what it codes. What breaks the coding is passed on as it is, as readers
    that meet a body which only claims to be coded do."""

    def __init__(self) -> None:
        self._held = b""
        self._left = 0
        self._after_chunk = False
        self._begun = False
        self._over = False
        self.broken = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bytes that this piece adds."""
        if self.broken:
            yield data
            return
        self._held += data
        while self._held and not self._over:
            if self._left:
                part, self._held = self._held[: self._left], self._held[self._left :]
                self._left -= len(part)
                self._after_chunk = not self._left
                yield part
                continue
            line, end, rest = self._held.partition(b"\n")
            if not end:
                if len(line) > _MOST_LINE:
                    yield from self._give_up()
                return
            if self._after_chunk and not line.strip(b"\r"):
                self._held, self._after_chunk = rest, False
                continue
            match = _SIZE.match(line.rstrip(b"\r"))
            if match is None:
                yield from self._give_up()
                return
            self._held, self._left, self._begun = rest, int(match[1], 16), True
            self._over = not self._left

    def _give_up(self) -> Iterator[bytes]:
        self.broken = True
        held, self._held = self._held, b""
        yield held


def is_chunked(head: bytes) -> bool:
    """Whether an HTTP header block claims that the body's chunked coding is still on."""
    return _CODED.search(head) is not None


def plain(reader: BinaryIO) -> BinaryIO:
    """The body that `reader` gives coded, without the coding. Closing it closes `reader`."""
    return io.BufferedReader(_Plain(reader), _PIECE)


class _Plain(io.RawIOBase):
    def __init__(self, reader: BinaryIO) -> None:
        self._reader = reader
        self._dechunked = Dechunked()
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        while not self._held:
            data = self._reader.read(_PIECE)
            if not data:
                return 0
            self._held = b"".join(self._dechunked.feed(data))
        size = min(len(view), len(self._held))
        view[:size], self._held = self._held[:size], self._held[size:]
        return size

    def close(self) -> None:
        self._reader.close()
        super().close()
