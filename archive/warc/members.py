"""Byte streams under the WARC reader: gzip files member by member (RFC 1952, 2.2), and plain files."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Protocol

GZIP_MAGIC = b"\x1f\x8b\x08"
_CHUNK = 32 * 1024
_SCANNED = 256 * 1024
_MOST_OUT = 256 * 1024


class Broken(Exception):
    """The stream is not what it should be; the reader knows where it began and tells it."""


class Source(Protocol):
    """Where records are read from."""

    skipped: int
    """At a record's start: its distance from the beginning of its gzip member, in bytes decompressed."""

    def position(self) -> int:
        """How much of the file is taken, in bytes."""

    def start(self) -> int | None:
        """Goes to the next record's first byte and gives where in the file its member (or itself) begins; None at the
        end of the file. Raises Broken if what follows is neither."""

    def end(self) -> int:
        """The record is taken: where in the file it ended, or else its member's beginning, if that goes on and may.
        Raises Broken if the member is damaged or must not go on."""

    def head(self, pattern: re.Pattern[bytes], limit: int) -> bytes:
        """Takes up to and with the first match of `pattern`; all that is there, at most `limit` bytes, without one."""

    def take(self, size: int) -> bytes:
        """Takes at most `size` bytes; b"" at the end of the stream only."""


class _Buffered:
    """Taking from a buffer that `_fill` makes longer."""

    def __init__(self) -> None:
        self._buffer = b""
        self._at = 0
        self.skipped = 0

    def _fill(self) -> bool:
        raise NotImplementedError

    def _more(self) -> bool:
        return self._at < len(self._buffer) or self._fill()

    def _add(self, data: bytes) -> None:
        self._buffer = self._buffer[self._at :] + data if self._at < len(self._buffer) else data
        self._at = 0

    def head(self, pattern: re.Pattern[bytes], limit: int) -> bytes:
        searched = 0
        while True:
            match = pattern.search(self._buffer, self._at + max(0, searched - 3), self._at + limit)
            if match is not None:
                return self._cut(match.end() - self._at)
            searched = len(self._buffer) - self._at
            if searched >= limit or not self._fill():
                return self._cut(min(searched, limit))

    def take(self, size: int) -> bytes:
        if size <= 0 or not self._more():
            return b""
        return self._cut(min(size, len(self._buffer) - self._at))

    def _cut(self, size: int) -> bytes:
        data = self._buffer[self._at : self._at + size]
        self._at += size
        self.skipped += size
        return data


class GzipSource(_Buffered):
    """`strict`: a record is one member, wholly, and nothing else is in the file. Otherwise records may share a member
    or span several."""

    def __init__(self, file: BinaryIO, offset: int = 0, *, strict: bool) -> None:
        super().__init__()
        file.seek(offset)
        self._file = file
        self._strict = strict
        self._gzip: zlib._Decompress | None = None
        self._in = b""
        self._in_at = offset
        self._member = offset

    def position(self) -> int:
        return self._in_at

    def start(self) -> int | None:
        if not self._strict:
            return self._start_anywhere()
        return self._member if self._open_member() else None

    def _start_anywhere(self) -> int | None:
        # Line ends between records belong to nobody.
        while self._more():
            if self._buffer[self._at : self._at + 1] not in (b"\r", b"\n"):
                return self._member
            self._cut(1)
        return None

    def end(self) -> int:
        if not self._strict:
            return self._end_anywhere()
        if self._more():
            raise Broken("the gzip member goes on after the record's end")
        return self._in_at

    def _end_anywhere(self) -> int:
        while self._at < len(self._buffer) or self._inflate():
            if self._buffer[self._at : self._at + 1] not in (b"\r", b"\n"):
                return self._member
            self._cut(1)
        return self._in_at

    def _open_member(self) -> bool:
        if len(self._in) < len(GZIP_MAGIC):
            self._in += self._file.read(_CHUNK)
        if not self._in:
            return False
        if not GZIP_MAGIC.startswith(self._in[:3]):
            if self._strict or self._in_at == 0:
                raise Broken("no gzip member begins here")
            return self._nothing_but_padding()
        self._gzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._member = self._in_at
        self.skipped = self._at - len(self._buffer)
        return True

    def _nothing_but_padding(self) -> bool:
        while not self._in.strip(b"\0"):
            self._in = self._file.read(_CHUNK)
            if not self._in:
                return False
        raise Broken("no gzip member begins here")

    def _fill(self) -> bool:
        while not self._inflate():
            if self._strict or not self._open_member():
                return False
        return True

    def _inflate(self) -> bool:
        """Takes more of the member that is open; False at its end."""
        while self._gzip is not None:
            data = self._in or self._file.read(_CHUNK)
            if not data:
                raise Broken("the file ends inside a gzip member")
            try:
                out = self._gzip.decompress(data, _MOST_OUT)
            except zlib.error as error:
                raise Broken(f"the gzip member is damaged ({str(error).rpartition(': ')[2]})") from error
            left = self._gzip.unused_data if self._gzip.eof else self._gzip.unconsumed_tail
            self._in_at += len(data) - len(left)
            self._in = left
            if self._gzip.eof:
                self._gzip = None
            if out:
                self._add(out)
                return True
        return False


class PlainSource(_Buffered):
    """A file that is not compressed."""

    def __init__(self, file: BinaryIO, offset: int = 0) -> None:
        super().__init__()
        file.seek(offset)
        self._file = file
        self._read = offset

    def start(self) -> int | None:
        while self._more():
            if self._buffer[self._at : self._at + 1] not in (b"\r", b"\n"):
                self.skipped = 0
                return self.position()
            self._cut(1)
        return None

    def end(self) -> int:
        return self.position()

    def position(self) -> int:
        return self._read - (len(self._buffer) - self._at)

    def _fill(self) -> bool:
        data = self._file.read(_CHUNK)
        self._read += len(data)
        self._add(data)
        return bool(data)


def open_source(file: BinaryIO, offset: int = 0, *, strict: bool) -> Source:
    """Gzip or plain, by the first bytes of the file."""
    return GzipSource(file, offset, strict=strict) if is_gzipped(file) else PlainSource(file, offset)


def is_gzipped(file: BinaryIO) -> bool:
    """By its first bytes."""
    file.seek(0)
    return file.read(2) == GZIP_MAGIC[:2]


def next_start(file: BinaryIO, offset: int) -> int | None:
    """The first place at or after `offset` where a record seems to begin, or None: how reading goes on after damage."""
    if is_gzipped(file):
        return next_member(file, offset, lambda place: _begins_record(file, place))
    mark = b"\nWARC/1."
    return first_place(file, offset, lambda data: (at + 1 for at in _places(data, mark)), len(mark))


def next_member(file: BinaryIO, offset: int, begins: Callable[[int], bool]) -> int | None:
    """The first place at or after `offset` where a gzip member seems to begin, of which `begins` holds."""
    return first_place(file, offset, lambda data: _places(data, GZIP_MAGIC), len(GZIP_MAGIC), begins)


def first_place(
    file: BinaryIO,
    offset: int,
    places: Callable[[bytes], Iterable[int]],
    longest: int,
    good: Callable[[int], bool] = lambda place: True,
) -> int | None:
    """The first place at or after `offset` that is `good`, of those that `places` finds in a piece of the file. What
    is looked for is `longest` bytes long at the most."""
    at = offset
    while True:
        file.seek(at)
        data = file.read(_SCANNED)
        for found in places(data):
            if good(at + found):
                return at + found
        if len(data) < _SCANNED:
            return None
        at += _SCANNED - longest + 1


def _places(data: bytes, mark: bytes) -> Iterator[int]:
    found = data.find(mark)
    while found >= 0:
        yield found
        found = data.find(mark, found + 1)


def _begins_record(file: BinaryIO, offset: int) -> bool:
    file.seek(offset)
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(file.read(4096), 5).startswith(b"WARC/")
    except zlib.error:
        return False
