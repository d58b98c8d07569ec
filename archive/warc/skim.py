"""Heads of the records of a file that we wrote, as fast as its gzip members inflate: what the index is made of.

It takes files whose records are all as our writer makes them, and gives up on any other: what is wrong with those the
reader tells (`archive/warc/reader.py`).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO, cast

from isal import isal_zlib
from msgspec import Struct

from archive import mounts
from archive.disk import storage_error
from archive.warc.group import GROUP_FIELD, GroupData, load

_IN = 64 * 1024
# What is handed over behind a member's end is copied: most records of a page end before this.
_FIRST_IN = 2048
_OUT = 1 << 20
_WINDOW = 4 << 20
_MOST_KEPT = 1 << 20
_BEGIN = b"WARC/1.1\r\nWARC-Type: "
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\nContent-Length: ([0-9]{1,18})\r\n")
_PAGE_ID = re.compile(rb"\r\nWARC-Page-ID: ([^\r\n]*)\r\n")
_HTTP = re.compile(rb"\r\nContent-Type: application/http", re.IGNORECASE)
_FOLDED = re.compile(rb"\n[ \t]")
_GROUP = re.compile(rb"^" + GROUP_FIELD.encode() + rb":", re.MULTILINE)
_ANSWERS = frozenset({b"response", b"revisit"})
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_IsalError = cast(type[Exception], isal_zlib.IsalError)


class OddError(Exception):
    """The file is not, from end to end, what our writer makes."""


@cache
def _field(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"\r\n" + name.encode("ascii") + rb":([^\r\n]*)")


class Skimmed(Struct):
    """A record: `offset` and `length` are bytes of its gzip member. `block` is kept of metadata records alone,
    `http_head` of answers."""

    offset: int
    length: int
    head: bytes
    type: str
    page_id: bytes | None
    http_head: bytes = b""
    block: bytes = b""

    @property
    def record_id(self) -> str:
        return self.header("WARC-Record-ID") or ""

    def header(self, name: str) -> str | None:
        """As our writer spells it."""
        found = _field(name).search(self.head)
        return found[1].decode("utf-8", "replace").strip() if found else None

    def payload_bytes(self, limit: int | None = None) -> bytes:
        return self.block[:limit]


def skim_groups(path: Path) -> Iterator[tuple[list[Skimmed], GroupData]]:
    """The records of one page group after another, requests left out, and what the last of each says. Raises OddError
    and StorageError."""
    run: list[Skimmed] = []
    page_id: bytes | None = None
    begun = False
    try:
        with mounts.open_read(path, buffering=0) as file:
            for record in _records(file):
                if record.type == "warcinfo":
                    continue
                if begun and page_id != record.page_id:
                    raise OddError
                begun, page_id = True, record.page_id
                if record.type != "request":
                    run.append(record)
                if record.type == "metadata" and page_id is not None and _GROUP.search(record.block):
                    yield run, _said(record)
                    run, begun = [], False
    except OSError as error:
        raise storage_error(error, path) from error
    if begun:
        raise OddError


def _said(record: Skimmed) -> GroupData:
    try:
        return load(record.block)
    except ValueError as error:
        raise OddError from error


def _records(file: BinaryIO) -> Iterator[Skimmed]:
    size = mounts.length(file)
    held, start, at = memoryview(b""), 0, 0
    while at < size:
        # A member's first bytes are in the window, unless the file ends before.
        if at + _IN > start + len(held) and start + len(held) < size:
            held, start = memoryview(_read(file, at, _WINDOW)), at
        member = _Member(file, held, start, at)
        yield member.record()
        at = member.end


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := mounts.pread(file, size, at)):
        pieces.append(piece)
        at += len(piece)
        size -= len(piece)
    return b"".join(pieces)


class _Member:
    """One gzip member at `at`, of which `held` has the bytes from `start` on."""

    def __init__(self, file: BinaryIO, held: memoryview, start: int, at: int) -> None:
        self.end = at
        self._at = at
        self._file = file
        self._held = held
        self._start = start
        self._step = _FIRST_IN
        self._zip = isal_zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._behind: bytes = b""

    def record(self) -> Skimmed:
        first = self._more()
        found = first.find(_END)
        if found < 0 or not first.startswith(_BEGIN):
            raise OddError
        head = first[: found + len(_END)]
        length = _LENGTH.search(head)
        if length is None:
            raise OddError
        kind = head[len(_BEGIN) : head.index(b"\r\n", len(_BEGIN))]
        page = _PAGE_ID.search(head)
        if _FOLDED.search(head):
            raise OddError
        record = Skimmed(self._at, 0, head, kind.decode("latin-1"), page[1] if page else None)
        block_end = self._take(record, kind, first)
        if block_end != len(head) + int(length[1]):
            raise OddError
        record.length = self.end - self._at
        return record

    def _take(self, record: Skimmed, kind: bytes, first: bytes) -> int:
        """Inflates the rest of the member. Gives the length of all but the line ends behind the block."""
        begin = first.index(_END) + len(_END)
        if kind == b"metadata":
            while not self._zip.eof and len(first) <= _MOST_KEPT:
                first += self._more()
            record.block = first[begin : -len(_END)]
        elif kind in _ANSWERS and _HTTP.search(first, 0, begin):
            found = _HEAD_END.search(first, begin)
            if found is None and not self._zip.eof:
                raise OddError
            record.http_head = first[begin : found.end()] if found else first[begin : -len(_END)]
        size, last = len(first), first[-len(_END) :]
        while not self._zip.eof:
            out = self._more()
            size += len(out)
            last = (last + out[-len(_END) :])[-len(_END) :]
        if last != _END:
            raise OddError
        return size - len(_END)

    def _more(self) -> bytes:
        """What inflates of the next piece; b"" only at the end."""
        while not self._zip.eof:
            data: bytes | memoryview = self._behind or self._next()
            if not data:
                raise OddError
            try:
                out: bytes = self._zip.decompress(data, _OUT)
            except _IsalError as error:
                raise OddError from error
            self._behind = self._zip.unconsumed_tail
            if self._zip.eof:
                self.end -= len(self._zip.unused_data)
            if out:
                return out
        return b""

    def _next(self) -> bytes | memoryview:
        begin = self.end - self._start
        data = self._held[begin : begin + self._step] or _read(self._file, self.end, self._step)
        self.end += len(data)
        self._step = _IN
        return data
