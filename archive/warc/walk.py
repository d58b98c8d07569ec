"""All records of a WARC file, each looked at whole: framing, fields, both digests. Damage is told and passed over.

The file is read through a window: memory stays bounded, and a disk that fails is an error, where a mapped file would
end the process.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from isal import isal_zlib
from msgspec import Struct

from archive.warc.checks import Digesting
from archive.warc.chunked import Dechunked
from archive.warc.fields import parse_fields
from archive.warc.members import GZIP_MAGIC, next_start
from archive.warc.rules import Breach, Named, breaches

_IN = 64 * 1024
# What is handed over behind a member's end is copied: most requests and metadata end before this.
_FIRST_IN = 2048
_OUT = 1 << 20
_WINDOW = 1 << 20
_MOST_HEADER = 1 << 20
_MOST_KEPT = 64 << 20
_MOST_HTTP = 1 << 20
_KEPT_TYPES = frozenset({"metadata", "warcinfo", "resource"})
_HTTP_TYPES = frozenset({"response", "request", "revisit"})
_VERSION = re.compile(rb"WARC/[0-9]\.[0-9]{1,2}[ \t]*\r?\n")
_CHUNKED = re.compile(rb"^transfer-encoding[ \t]*:[^\n]*chunked", re.IGNORECASE | re.MULTILINE)
_DIGITS = re.compile(r"[0-9]{1,18}\Z")
_RESERVED_FLAGS = 0xE0
_IsalError = cast(type[Exception], isal_zlib.IsalError)
_END = b"\r\n\r\n"
START = 4096
# As the reader has it: servers and tools end lines with LF alone, and what is kept is what they sent.
_HEAD_END = re.compile(rb"\n\r?\n")


class Window:
    """A file's bytes, of which some are held at a time. Slices raise OSError where the disk fails."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self._at = 0
        self._held = memoryview(b"")
        self._whole = hashlib.sha256()
        self._digested = 0

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> memoryview:
        start, end, _ = part.indices(self._size)
        if start < self._at or end > self._at + len(self._held):
            self._hold(start, end)
        return self._held[start - self._at : max(start, end) - self._at]

    def next_start(self, at: int, gzipped: bool) -> int | None:
        """Where behind `at` a record seems to begin. In a plain file the line end before it may be the byte there."""
        return next_start(self._file, at + 1 if gzipped else at)

    def digest(self) -> str:
        """The whole file's, "sha256:" and hex. What has been looked at in order need not be read again."""
        while self._digested < self._size:
            before = self._digested
            self._hold(before, min(before + _WINDOW, self._size))
            if self._digested == before:
                break
        return f"sha256:{self._whole.hexdigest()}"

    def _hold(self, start: int, end: int) -> None:
        self._at = start
        self._held = memoryview(self._read(start, min(max(end - start, _WINDOW), self._size - start)))
        new = self._digested - start
        if 0 <= new < len(self._held):
            self._whole.update(self._held[new:])
            self._digested = start + len(self._held)

    def _read(self, at: int, size: int) -> bytes:
        pieces = []
        self._file.seek(at)
        while size > 0 and (piece := self._file.read(size)):
            pieces.append(piece)
            size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class Fault(Struct, frozen=True):
    """Something at `offset` that is no whole record, in words. `lost`: what lies there cannot be read."""

    offset: int
    words: str
    record_id: str = ""
    lost: bool = True


class Walked(Struct, frozen=True):
    """A record that was read to its end. `offset` and `length` are bytes of its gzip member, or of itself in a plain
    file. `block` is kept of small kinds of records alone; `wrong` are digests that are not right, in words. Where asked
    for, `digest` is the payload's, "sha256:" and hex, and `start` its first bytes, both as it is stored."""

    offset: int
    length: int
    headers: tuple[tuple[str, str], ...]
    values: dict[str, str]
    http_head: bytes
    content_length: int
    block: bytes | None
    breaches: tuple[Breach, ...]
    wrong: tuple[str, ...]
    digest: str = ""
    start: bytes = b""

    @property
    def type(self) -> str:
        return self.values.get("warc-type", "").lower()

    @property
    def record_id(self) -> str:
        return self.values.get("warc-record-id", "")

    def header(self, name: str) -> str | None:
        return self.values.get(name.lower())

    def payload_bytes(self, limit: int | None = None) -> bytes:
        """The payload of a record whose block was kept; b"" of another."""
        return (self.block or b"")[len(self.http_head) :][:limit]


class _Bad(Exception):
    """What was begun is no record: `words`, and where the member ends, if that is known."""

    def __init__(self, words: str, end: int | None = None, record_id: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.end = end
        self.record_id = record_id


def walk(view: Window, *, payloads: bool = False) -> Iterator[Walked | Fault]:
    """The records of a gzipped or plain WARC file, in order, and what is wrong between them (WARC 1.1, annex A.2).
    `payloads`: digest and first bytes of each payload are wanted."""
    gzipped = bytes(view[:2]) == GZIP_MAGIC[:2]
    at, size = 0, len(view)
    while at < size:
        try:
            record = _record(_Member(view, at) if gzipped else _Plain(view, at), at, payloads)
        except _Bad as bad:
            yield Fault(at, bad.words, bad.record_id)
            found = bad.end if bad.end is not None and bad.end > at else view.next_start(at, gzipped)
            at = found if found is not None else size
            continue
        yield record
        at = record.offset + record.length


# ------------------------------------------------------------------------------------------------------- streams


class _Stream:
    """One record's bytes. What was read and is not taken yet is `held` from `at` on."""

    def __init__(self) -> None:
        self.held = b""
        self.at = 0

    def more(self) -> bool:
        """Reads on; False at the end."""
        raise NotImplementedError

    def finish(self) -> int:
        """The record is taken, with what follows its block: where in the file it ends. Raises _Bad."""
        raise NotImplementedError

    def end_if_known(self) -> int | None:
        """Where the member ends, if the rest of it is sound."""
        return None

    @property
    def waiting(self) -> int:
        return len(self.held) - self.at

    def take(self, most: int) -> memoryview:
        """At most so many bytes of what is held."""
        piece = memoryview(self.held)[self.at : self.at + most]
        self.at += len(piece)
        return piece

    def take_end(self) -> bool:
        """Takes the two line ends behind a block, if they are there."""
        while self.waiting < len(_END):
            if not self.more():
                return False
        return self.take(len(_END)) == _END

    def _hold(self, data: bytes) -> None:
        self.held = self.held[self.at :] + data if self.waiting else data
        self.at = 0


class _Member(_Stream):
    def __init__(self, view: Window, at: int) -> None:
        super().__init__()
        start = bytes(view[at : at + len(GZIP_MAGIC) + 1])
        if start[:-1] != GZIP_MAGIC or start[-1] & _RESERVED_FLAGS:
            raise _Bad("no gzip member begins here")
        self._view = view
        self._next = at
        self._step = _FIRST_IN
        self._zip = isal_zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._behind: bytes | memoryview = b""

    def more(self) -> bool:
        while not self._zip.eof:
            data = self._behind
            if not data:
                data = self._view[self._next : self._next + self._step]
                self._next += len(data)
                self._step = _IN
            if not data:
                raise _Bad("the file ends inside a gzip member")
            try:
                out = self._zip.decompress(data, _OUT)
            except _IsalError as error:
                raise _Bad("the gzip member is damaged") from error
            self._behind = self._zip.unconsumed_tail
            if self._zip.eof:
                self._next -= len(self._zip.unused_data)
            if out:
                self._hold(out)
                return True
        return False

    def finish(self) -> int:
        if not self.take_end():
            raise _Bad(
                "the block is not followed by two line ends: its length is wrong or its end is missing",
                self.end_if_known(),
            )
        if self.waiting or self.more():
            raise _Bad("the gzip member goes on after the record's end", self.end_if_known())
        return self._next

    def end_if_known(self) -> int | None:
        try:
            while self.more():
                self.at = len(self.held)
        except _Bad:
            return None
        return self._next


class _Plain(_Stream):
    def __init__(self, view: Window, at: int) -> None:
        super().__init__()
        self._view = view
        self._next = at

    def more(self) -> bool:
        data = bytes(self._view[self._next : self._next + _IN])
        self._next += len(data)
        self._hold(data)
        return bool(data)

    def finish(self) -> int:
        if not self.take_end():
            raise _Bad("the block is not followed by two line ends: its length is wrong or its end is missing")
        return self._next - self.waiting


# ------------------------------------------------------------------------------------------------------- a record


def _record(stream: _Stream, offset: int, payloads: bool) -> Walked:
    stream.more()
    while (found := _HEAD_END.search(stream.held)) is None:
        if len(stream.held) > _MOST_HEADER or not stream.more():
            raise _Bad("no WARC record begins here", stream.end_if_known())
    head = bytes(stream.take(found.end()))
    version = _VERSION.match(head)
    if version is None:
        raise _Bad("no WARC record begins here", stream.end_if_known())
    headers = tuple(parse_fields(head[version.end() :]))
    values = {name.lower(): value for name, value in reversed(headers)}
    record_id = values.get("warc-record-id", "")
    if not _DIGITS.match(values.get("content-length", "")):
        raise _Bad("the record has no readable Content-Length", stream.end_if_known(), record_id)
    length = int(values["content-length"])
    try:
        block = _Block(stream, length, values)
        block.payload = hashlib.sha256() if payloads else None
        block.read()
        end = stream.finish()
    except _Bad as bad:
        raise _Bad(bad.words, bad.end, record_id) from bad
    return Walked(
        offset=offset,
        length=end - offset,
        headers=headers,
        values=values,
        http_head=block.http_head,
        content_length=length,
        block=block.kept,
        breaches=tuple(breaches(Named(head, headers, values))),
        wrong=tuple(block.wrong()),
        digest=f"sha256:{block.payload.hexdigest()}" if block.payload is not None else "",
        start=block.start,
    )


class _Block:
    """A record's block, taken from the stream piece by piece, both digests made on the way."""

    def __init__(self, stream: _Stream, length: int, values: dict[str, str]) -> None:
        self._stream = stream
        self._left = length
        self._kind = values.get("warc-type", "").lower()
        self._http = self._kind in _HTTP_TYPES and values.get("content-type", "").lower().startswith("application/http")
        self._digesting = Digesting(values)
        self._plain: Dechunked | None = None
        self._as_coded: Digesting | None = None
        self._values = values
        self.http_head = b""
        self.payload: hashlib._Hash | None = None
        self.start = b""
        self.kept: bytes | None = b"" if self._kind in _KEPT_TYPES and length <= _MOST_KEPT else None

    def read(self) -> None:
        if self._http:
            self._read_head()
        pieces: list[memoryview] = []
        while self._left:
            if not self._stream.waiting and not self._stream.more():
                raise _Bad("the record ends before its block does", self._stream.end_if_known())
            piece = self._stream.take(self._left)
            self._left -= len(piece)
            self._update(piece)
            if self.kept is not None:
                pieces.append(piece)
        if self.kept is not None:
            self.kept = b"".join(pieces)

    def _read_head(self) -> None:
        stream, searched = self._stream, min(self._left, _MOST_HTTP)
        found = _HEAD_END.search(stream.held, stream.at, stream.at + searched)
        while found is None and stream.waiting < searched and stream.more():
            found = _HEAD_END.search(stream.held, stream.at, stream.at + searched)
        head = bytes(stream.take(found.end() - stream.at if found else searched))
        self._left -= len(head)
        self.http_head = head
        self._digesting.block.update(head)
        if head and _CHUNKED.search(head) and self._digesting.payload.claimed:
            # Tools differ in what they call the payload of a body whose transfer coding was left on.
            self._as_coded = Digesting(self._values)
            self._plain = Dechunked()

    def _update(self, piece: memoryview) -> None:
        if self.payload is not None:
            self.payload.update(piece)
            if len(self.start) < START:
                self.start += piece[: START - len(self.start)].tobytes()
        if self._plain is None:
            self._digesting.update(piece)
            return
        self._digesting.block.update(piece)
        assert self._as_coded is not None
        self._as_coded.payload.update(piece)
        for part in self._plain.feed(bytes(piece)):
            self._digesting.payload.update(part)

    def wrong(self) -> Iterator[str]:
        block, payload = self._digesting.block, self._digesting.payload
        if not block.right:
            yield f"the block is not what WARC-Block-Digest says ({block.claimed})"
        # A revisit's payload digest is of a payload that lies elsewhere.
        either = payload.right or (self._as_coded is not None and self._as_coded.payload.right)
        if self._kind != "revisit" and not either:
            yield f"the payload is not what WARC-Payload-Digest says ({payload.claimed})"
