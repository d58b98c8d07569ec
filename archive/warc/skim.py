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
from typing import Any, BinaryIO, cast

from isal import isal_zlib
from msgspec import Struct

from archive import mounts
from archive.disk import storage_error
from archive.warc.group import GROUP_FIELD, GroupData, load

_IN = 64 * 1024
# What is handed over behind a member's end is copied: most records of a page end before this.
_FIRST_IN = 1024
_STEP = 4096
_OUT = 1 << 20
# An answer's HTTP head is in these, or the file is for the reader.
_FIRST_OUT = 1 << 16
_WINDOW = 4 << 20
_MOST_KEPT = 1 << 20
_BEGIN = b"WARC/1.1\r\nWARC-Type: "
_END = b"\r\n\r\n"
_REQUEST = _BEGIN + b"request\r\n"
_METADATA = _BEGIN + b"metadata\r\n"
_LENGTH = b"\r\nContent-Length: "
_PAGE_ID = b"\r\nWARC-Page-ID: "
_HTTP = re.compile(rb"\r\nContent-Type: application/http", re.IGNORECASE)
_GROUP = re.compile(rb"^" + GROUP_FIELD.encode() + rb":", re.MULTILINE)
_ANSWERS = frozenset({b"response", b"revisit"})
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_IsalError = cast(type[Exception], isal_zlib.IsalError)


class OddError(Exception):
    """The file is not, from end to end, what our writer makes."""


@cache
def _field(name: str) -> bytes:
    return f"\r\n{name}: ".encode("ascii")


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
        found = _value(self.head, _field(name))
        return found.decode("utf-8", "replace").strip() if found is not None else None

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
        member = isal_zlib.decompressobj(16 + zlib.MAX_WBITS)
        data = held[at - start : at - start + _FIRST_IN]
        out = _inflated(member, data)
        if member.eof:
            end = at + len(data) - len(member.unused_data)
            yield _record(at, end - at, out, len(out), out[-len(_END) :])
        else:
            # What follows in the window is likely the rest of it.
            rest = held[at - start + len(data) : at - start + _IN]
            end, first, length, last = _rest(file, member, out, at + len(data), rest)
            yield _record(at, end - at, first, length, last)
        at = end


def _inflated(member: Any, data: bytes | memoryview) -> bytes:
    try:
        out: bytes = member.decompress(data, _OUT)
    except _IsalError as error:
        raise OddError from error
    return out


def _rest(file: BinaryIO, member: Any, first: bytes, at: int, held: memoryview) -> tuple[int, bytes, int, bytes]:
    """A member inflated to its end, of which `first` was inflated of what lies before `at`, where `held` follows. Gives
    where it ends, what of it is kept, how long it is and its last four bytes."""
    size, last = len(first), first[-len(_END) :]
    keeps = first.startswith(_METADATA)
    while not member.eof:
        data: bytes | memoryview = member.unconsumed_tail
        if not data:
            data = held[:_STEP] or _read(file, at, _IN)
            held = held[_STEP:]
            at += len(data)
        if not data:
            raise OddError
        out = _inflated(member, data)
        if keeps or len(first) < _FIRST_OUT:
            first += out
            if len(first) > _MOST_KEPT + _OUT:
                raise OddError
        size += len(out)
        last = (last + out[-len(_END) :])[-len(_END) :]
    return at - len(member.unused_data), first, size, last


def _record(at: int, length: int, first: bytes, size: int, last: bytes) -> Skimmed:
    """Of `size` inflated bytes, of which `first` are the first and `last` the last four."""
    end = first.find(_END)
    if end < 0 or last != _END or not first.startswith(_BEGIN):
        raise OddError
    head = first[: end + len(_END)]
    if first.startswith(_REQUEST):
        return Skimmed(at, length, head, "request", _value(head, _PAGE_ID))
    if b"\n " in head or b"\n\t" in head:
        raise OddError
    said = _value(head, _LENGTH)
    if said is None or not said.isdigit() or len(head) + int(said) + len(_END) != size:
        raise OddError
    kind = head[len(_BEGIN) : head.find(b"\r\n", len(_BEGIN))]
    record = Skimmed(at, length, head, kind.decode("latin-1"), _value(head, _PAGE_ID))
    if kind == b"metadata":
        record.block = first[len(head) : -len(_END)]
    elif kind in _ANSWERS and _HTTP.search(head):
        record.http_head = _http_head(first, len(head), size)
    return record


def _value(head: bytes, name: bytes) -> bytes | None:
    begin = head.find(name)
    return head[begin + len(name) : head.find(b"\r\n", begin + len(name))] if begin >= 0 else None


def _http_head(first: bytes, begin: int, size: int) -> bytes:
    found = _HEAD_END.search(first, begin)
    if found is not None:
        return first[begin : found.end()]
    if len(first) < size:
        raise OddError
    return first[begin : -len(_END)]


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := mounts.pread(file, size, at)):
        pieces.append(piece)
        at += len(piece)
        size -= len(piece)
    return b"".join(pieces)
