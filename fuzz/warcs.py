"""WARC files: the reader, strict and lenient, the walk of `verify`, and what holds between them."""

from __future__ import annotations

import gzip
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from archive.errors import WarcError
from archive.warc.chunked import Dechunked
from archive.warc.reader import StoredRecord, read_at, read_groups, read_records
from archive.warc.walk import Fault, Walked, Window, walk
from tests.making import drafts, encoded, groups_of

T = TypeVar("T")

_RECORD = re.compile(rb"(?=WARC/1\.[01]\r\n)")
_MOST_PAYLOAD = 1 << 20
_FOLDER = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None


def seeds() -> list[bytes]:
    """Good files, in each dress that `one_input` knows."""
    records = [encoded(record) for group in groups_of(2) for record in drafts(group)]
    plain = b"".join(gzip.decompress(record) for record in records)
    return [b"\0" + b"".join(records), b"\0" + plain, *(bytes([dress]) + plain for dress in (1, 2, 3))]


def one_input(data: bytes) -> None:
    """The first byte says what is made of the others: a file as they are, or records in members of a gzip file."""
    with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
        path = Path(folder, "x.warc.gz")
        path.write_bytes(_dressed(data[:1], data[1:]))
        strict = _read(path, strict=True)
        _read(path, strict=False)
        _agree(strict, _walk(path), path.stat().st_size)
        _groups(path)
    _dechunk(data[1:])


def _dressed(dress: bytes, data: bytes) -> bytes:
    kind = dress[0] % 4 if dress else 0
    if kind == 0:
        return data
    pieces = [piece for piece in _RECORD.split(data) if piece] if kind == 1 else [data]
    members = b"".join(gzip.compress(piece, 1, mtime=0) for piece in pieces)
    return members + data[:9] if kind == 3 else members


def _read(path: Path, *, strict: bool) -> list[StoredRecord]:
    """Only WarcError is raised, and with `tell` nothing; what is told ends."""
    told: list[WarcError] = []
    records = list(read_records(path, strict=strict, tell=told.append))
    size = path.stat().st_size
    assert len(told) <= size + 1
    for error in told:
        assert 0 <= error.offset <= size
    for record in records:
        assert 0 <= record.offset <= record.offset + record.length <= size
        payload = _or_damage(lambda record=record: record.payload_bytes(_MOST_PAYLOAD))  # type: ignore[misc]
        if strict:
            assert len(payload or b"") == min(_MOST_PAYLOAD, record.content_length - len(record.http_head))
            again = read_at(path, record.offset)
            assert (again.headers, again.http_head) == (record.headers, record.http_head)
            assert again.payload_bytes(_MOST_PAYLOAD) == payload
        _or_damage(lambda record=record: record.time)  # type: ignore[misc]
        _or_damage(record.group)
    return records


def _or_damage(action: Callable[[], T]) -> T | None:
    try:
        return action()
    except WarcError:
        return None


def _walk(path: Path) -> list[Walked | Fault]:
    with path.open("rb") as file:
        found = list(walk(Window(file)))
    size = path.stat().st_size
    at = 0
    for each in found:
        assert at <= each.offset < size
        at = each.offset + (0 if isinstance(each, Fault) else each.length)
    assert at <= size
    return found


def _agree(strict: list[StoredRecord], found: list[Walked | Fault], size: int) -> None:
    """What the strict reader takes is whole for `verify`, too, unless it lies within what `verify` says is wrong: after
    damage the reader looks for the next record sooner."""
    whole = {each.offset: each for each in found if isinstance(each, Walked) and not each.wrong}
    ends = [*(each.offset for each in found[1:]), size][: len(found)]
    wrong = [
        range(each.offset, end)
        for each, end in zip(found, ends, strict=True)
        if isinstance(each, Fault) or each.wrong or each.breaches
    ]
    for record in strict:
        other = whole.get(record.offset)
        if other is not None:
            assert (other.length, other.headers) == (record.length, record.headers)
            assert other.http_head == record.http_head
        else:
            assert any(record.offset in place[1:] for place in wrong), f"verify knows no record at {record.offset}"


def _groups(path: Path) -> None:
    told: list[WarcError] = []
    for group in read_groups(path, told.append):
        assert group[-1].group() is not None


def _dechunk(data: bytes) -> None:
    """However a body is cut into pieces, the same comes out."""
    whole = b"".join(Dechunked().feed(data))
    pieces, out = Dechunked(), b""
    for at in range(0, len(data), 7):
        out += b"".join(pieces.feed(data[at : at + 7]))
    assert out == whole
