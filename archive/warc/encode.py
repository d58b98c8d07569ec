"""Records as gzip members, written by warcio."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

from isal import isal_zlib

from archive.disk import told
from archive.warc.records import VERSION, WAITING, Record
from archive.warc.without import without

# It opens files by way of fsspec where that is installed, which takes longer to load than all else of it. With a store
# that is loaded before the first record is written.
with without("fsspec"):
    from warcio.recordloader import ArcWarcRecord
    from warcio.warcwriter import WARCWriter

_CHUNK = 256 * 1024
_SAMPLE = 8 * 1024
_GZIP = 16 + zlib.MAX_WBITS
# ISA-L's highest level takes a third of the time of zlib's 4, for a page that is a twentieth longer.
_LEVEL, _QUICK = isal_zlib.ISAL_BEST_COMPRESSION, 1


def write_member(record: Record, write: Callable[[bytes], None], warcinfo_id: str | None = None) -> None:
    """The record as one gzip member (WARC 1.1, annex D), in pieces; a body of any size passes through.

    warcio writes it, into a member that we compress: it would rewrite an HTTP head that it parses, so it is given
    blocks as bytes, digests and lengths as they are.
    """
    member = _Member(write, _compressor(record))
    headers = list(record.headers)
    if warcinfo_id is not None:
        headers.insert(3, ("WARC-Warcinfo-ID", warcinfo_id))
    with told(WAITING), record.payload() as body:
        revisit = record.type == "revisit"
        draft = ArcWarcRecord(
            "warc",
            record.type,
            _Fields(headers),
            body if revisit else _Joined(record.http_head, body),
            _Head(record.http_head) if revisit and record.http_head else None,
            None,
            record.content_length,
        )
        _Writer(member, gzip=False, warc_version=VERSION).write_record(draft)
    member.end()


class _Writer(WARCWriter):  # type: ignore[misc]
    """Records come with the digests that they are to have."""

    def ensure_digest(self, record: ArcWarcRecord, block: bool = True, payload: bool = True) -> None:
        return


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class _Member:
    """A gzip member that is written to."""

    def __init__(self, write: Callable[[bytes], None], compressor: _Compressor) -> None:
        self._write = write
        self._gzip = compressor

    def write(self, data: bytes) -> None:
        if piece := self._gzip.compress(data):
            self._write(piece)

    def flush(self) -> None:
        """Nothing: a flush in the middle of a member would cost compression."""

    def end(self) -> None:
        self._write(self._gzip.flush())


class _Fields:
    """A record's named fields, in the way in which warcio asks for them: it sets their Content-Length."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields

    def replace_header(self, name: str, value: str) -> None:
        for place in range(len(self._fields) - 1, -1, -1):
            if self._fields[place][0].lower() == name.lower():
                self._fields[place] = self._fields[place][0], value
                return
        self._fields.append((name, value))

    def to_bytes(self, encoding: str) -> bytes:
        lines = (VERSION, *(f"{name}: {value}" for name, value in self._fields), "", "")
        return "\r\n".join(lines).encode(encoding, "replace")


class _Head:
    """An HTTP header block that stays as it is: of a revisit, warcio writes nothing else."""

    def __init__(self, head: bytes) -> None:
        self.headers_buff = head

    def compute_headers_buffer(self, _: object = None) -> None:
        return


class _Joined:
    """A stream of an HTTP head and what follows it."""

    def __init__(self, head: bytes, body: BinaryIO) -> None:
        self._head = head
        self._body = body

    def read(self, size: int = -1) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        return self._body.read(max(size, _CHUNK) if size >= 0 else size)


def _compressor(record: Record) -> _Compressor:
    """What is compressed already (pictures, fonts, gzip bodies) costs time and saves nothing: it is stored as it is."""
    if record.content_length >= _SAMPLE:
        sample = record.payload_bytes(_SAMPLE)[-_SAMPLE // 4 :]
        if len(isal_zlib.compress(sample, _QUICK)) > len(sample) * 0.97:
            return zlib.compressobj(0, zlib.DEFLATED, _GZIP)
    return isal_zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
