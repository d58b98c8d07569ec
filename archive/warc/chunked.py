"""Bodies whose chunked transfer coding was left on (RFC 9112, 7.1), as some tools store them."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
