"""Files of other tools, read leniently: what can be had of each record, and in words what is wrong, with its place.

Where records can be read one by one (each a gzip member of its own, or all of them plain), a file stays as it is.
Others (several records in a member, one in several, zstd) are packed anew, record by record.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from archive.disk import Disk, told
from archive.errors import UsageError, WarcError
from archive.warc.arc import is_arc, parse_line
from archive.warc.checks import Digesting, digest_problem
from archive.warc.chunked import is_chunked
from archive.warc.fields import bare_uri, parse_fields, read_date
from archive.warc.members import GZIP_MAGIC, Broken, open_source
from archive.warc.reader import StoredRecord, place_id, read_at, read_records
from archive.warc.walk import START, Fault, Walked, Window, walk

if TYPE_CHECKING:
    import zstandard

ENDINGS = (".warc.gz", ".warc", ".arc.gz", ".arc")
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_DICTIONARY = 0x184D2A5D
_MOST_DICTIONARY = 64 << 20
_PIECE = 1 << 20
_ZSTD_PIECE = 1 << 10
_LINE = 16 * 1024
_HEADER_END = re.compile(rb"\r?\n\r?\n")


class Found(Struct, frozen=True):
    """A record of another tool. `url` has no brackets; `time` is None where there is none that can be read.

    `digest` is the payload's as it is stored, "sha256:" and hex; "" where the transfer coding is still on, since no
    other capture could be told to be the same. `start` is the payload's first bytes, `block` that of a small record.
    `wrong` is what does not hold of it, in words.
    """

    type: str
    record_id: str
    url: str
    time: datetime | None
    values: dict[str, str]
    http_head: bytes
    offset: int
    length: int
    size: int
    digest: str
    start: bytes
    wrong: tuple[str, ...] = ()

    def header(self, name: str) -> str | None:
        return self.values.get(name.lower())


class Misshapen(Exception):
    """Records of the file cannot be read one by one; `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class Kind(Struct, frozen=True):
    """What a file is, by its first bytes: `ending` is what its name is to end with, `packing` "gzip", "zstd" or ""."""

    ending: str
    packing: str


def kind_of(path: Path) -> Kind | None:
    """None for what is no WARC or ARC file. Raises StorageError."""
    with told(path), path.open("rb") as file:
        first = file.read(_LINE)
    if first[:2] == GZIP_MAGIC[:2]:
        plain, packing = _unzipped(first), "gzip"
    elif is_zstd(first):
        return Kind(".warc.gz", "zstd")
    else:
        plain, packing = first, ""
    plain = plain.lstrip(b"\r\n")
    if plain.startswith(b"WARC/"):
        return Kind(".warc.gz" if packing else ".warc", packing)
    if plain.startswith(b"filedesc:") or _is_arc_line(plain):
        return Kind(".arc.gz" if packing else ".arc", packing)
    return None


def _unzipped(data: bytes) -> bytes:
    out = b""
    while data[:2] == GZIP_MAGIC[:2] and len(out) < _LINE:
        unzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            out += unzip.decompress(data, _LINE)
        except zlib.error:
            break
        data = unzip.unused_data
    return out


def _is_arc_line(plain: bytes) -> bool:
    line, end, _ = plain.partition(b"\n")
    try:
        parse_line(line + end)
    except Broken:
        return False
    return True


def is_zstd(first: bytes) -> bool:
    """By its first bytes."""
    return first.startswith(ZSTD_MAGIC) or int.from_bytes(first[:4], "little") in _SKIPPABLE


# ------------------------------------------------------------------------------------------------------- reading


def foreign_records(path: Path, tell: Callable[[WarcError], None]) -> Generator[Found, None, None]:
    """All records of a file that bears the right ending, in its order; `tell` hears of what cannot be read, and where.

    Raises Misshapen as soon as a record is met that cannot be read by itself, and StorageError.
    """
    if is_arc(path.name):
        yield from _arc_records(path, tell)
        return
    with told(path), path.open("rb") as file:
        window = Window(file)
        gzipped = bytes(window[:2]) == GZIP_MAGIC[:2]
        fault: Fault | None = None
        for each in walk(window, payloads=True):
            if fault is not None:
                yield from _mended(path, fault, each.offset, gzipped, tell)
                fault = None
            if isinstance(each, Fault):
                fault = each
            else:
                yield _found(each)
        if fault is not None:
            yield from _mended(path, fault, len(window), gzipped, tell)


def _found(walked: Walked) -> Found:
    return Found(
        type=walked.type,
        record_id=walked.record_id,
        url=bare_uri(walked.header("WARC-Target-URI") or ""),
        time=read_date(walked.header("WARC-Date")),
        values=walked.values,
        http_head=walked.http_head,
        offset=walked.offset,
        length=walked.length,
        size=walked.content_length - len(walked.http_head),
        digest="" if is_chunked(walked.http_head) else walked.digest,
        start=walked.start,
        wrong=walked.wrong,
    )


def _mended(path: Path, fault: Fault, until: int, gzipped: bool, tell: Callable[[WarcError], None]) -> Iterator[Found]:
    """What can be had of a place where no whole record lies: one that ends before the next begins is read all the
    same. That line ends are lacking or too many behind it is not worth a word."""
    try:
        record = read_at(path, fault.offset)
    except WarcError:
        tell(WarcError(path.name, fault.offset, f"{fault.words}{_lost(path, fault.offset)}"))
        return
    end = record.offset + record.length
    if gzipped:
        if not record.length:
            raise Misshapen("several records lie in one gzip member")
        if end > _member_end(path, record.offset):
            raise Misshapen("a record lies in several gzip members")
    else:
        rest = _between(path, end, until) if end <= until else None
        if rest is None:
            tell(WarcError(path.name, fault.offset, f"{fault.words}{_lost(path, fault.offset)}"))
            return
        if rest.strip(b"\r\n"):
            tell(WarcError(path.name, fault.offset, f"{fault.words}; it is read as long as it says that it is"))
    yield _from_stored(record)


def _lost(path: Path, offset: int) -> str:
    """What is lost, in words, as far as the record's header can be read."""
    try:
        with told(path), path.open("rb") as file:
            source = open_source(file, offset, strict=False)
            source.start()
            fields = {name.lower(): value for name, value in reversed(parse_fields(source.head(_HEADER_END, _PIECE)))}
    except Broken:
        return ""
    url = bare_uri(fields.get("warc-target-uri", ""))
    return f"; lost is the {fields.get('warc-type', 'record')[:20]} of {url[:500]}" if url else ""


def _between(path: Path, start: int, end: int) -> bytes:
    with told(path), path.open("rb") as file:
        file.seek(start)
        return file.read(min(end - start, _PIECE))


def _member_end(path: Path, offset: int) -> int:
    with told(path), path.open("rb") as file:
        file.seek(offset)
        unzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
        waiting = b""
        try:
            while not unzip.eof:
                data = waiting or file.read(_PIECE)
                if not data:
                    return file.tell()
                unzip.decompress(data, _PIECE)
                waiting = unzip.unconsumed_tail
        except zlib.error:
            pass
        return file.tell() - len(unzip.unused_data) - len(waiting)


def _from_stored(record: StoredRecord) -> Found:
    digest, start = hashlib.sha256(), b""
    claimed = Digesting({name.lower(): value for name, value in reversed(record.headers)})
    claimed.head(record.http_head)
    with record.payload() as payload:
        while piece := payload.read(_PIECE):
            digest.update(piece)
            claimed.update(piece)
            start = start or piece[:START]
    problem = digest_problem(claimed, record.type)
    return Found(
        type=record.type,
        record_id=record.record_id,
        url=bare_uri(record.header("WARC-Target-URI") or ""),
        time=read_date(record.header("WARC-Date")),
        values={name.lower(): value for name, value in reversed(record.headers)},
        http_head=record.http_head,
        offset=record.offset,
        length=record.length,
        size=record.content_length - len(record.http_head),
        digest="" if is_chunked(record.http_head) else f"sha256:{digest.hexdigest()}",
        start=start,
        wrong=(problem,) if problem else (),
    )


def _arc_records(path: Path, tell: Callable[[WarcError], None]) -> Iterator[Found]:
    gzipped = path.name.endswith(".gz")
    for record in read_records(path, strict=False, tell=tell):
        if gzipped and not record.length:
            raise Misshapen("several records lie in one gzip member")
        if record.length:
            yield _from_stored(record)


def known_id(found: Found, warc: str) -> str:
    """By what the catalog knows the record."""
    return found.record_id or place_id(warc, found.offset)


# ------------------------------------------------------------------------------------------------------- packing anew


def unpack(path: Path, kind: Kind, target: Path, tell: Callable[[WarcError], None]) -> None:
    """The whole of a gzipped or zstd file, unpacked into `target`. Raises UsageError where zstandard is not there."""
    with told(target), path.open("rb") as file, target.open("wb") as out:
        pieces = zstd_pieces(path, file) if kind.packing == "zstd" else _gzip_pieces(path, file)
        try:
            for piece in pieces:
                out.write(piece)
        except WarcError as error:
            tell(error)


def _gzip_pieces(path: Path, file: BinaryIO) -> Iterator[bytes]:
    data = file.read(_PIECE)
    while data.strip(b"\0"):
        start = file.tell() - len(data)
        unzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            while not unzip.eof:
                data = data or file.read(_PIECE)
                if not data:
                    raise WarcError(path.name, start, "the file ends inside a gzip member")
                yield unzip.decompress(data, _PIECE)
                data = unzip.unconsumed_tail
        except zlib.error as error:
            raise WarcError(path.name, start, f"the gzip member is damaged ({error})") from error
        data = unzip.unused_data or file.read(_PIECE)


def zstd_pieces(path: Path, file: BinaryIO) -> Iterator[bytes]:
    """What an open zstd file unpacks to. Raises UsageError where zstandard is not there, and WarcError for damage."""
    try:
        import zstandard
    except ImportError as error:
        raise UsageError(
            f"{path.name} is packed with zstd: pip install 'tearsheet[import]' brings what reads it"
        ) from error
    try:
        dictionary = _dictionary(file)
        unpacker = zstandard.ZstdDecompressor(
            dict_data=zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        )
        yield from _zstd_frames(path, file, unpacker)
    except zstandard.ZstdError as error:
        raise WarcError(path.name, file.tell(), f"the zstd frame is damaged ({error})") from error


def _zstd_frames(path: Path, file: BinaryIO, unpacker: zstandard.ZstdDecompressor) -> Iterator[bytes]:
    """Frame by frame, so that one that is cut is told; a little at a time, since a frame may unpack to anything."""
    data, at = file.read(_PIECE), 0
    while data:
        start = file.tell() - len(data) + at
        frame = unpacker.decompressobj()
        while not frame.eof:
            if at >= len(data):
                data, at = file.read(_PIECE), 0
                if not data:
                    raise WarcError(path.name, start, "the file ends inside a zstd frame")
            piece = data[at : at + _ZSTD_PIECE]
            at += len(piece)
            if out := frame.decompress(piece):
                yield out
        at -= len(frame.unused_data)
        if at >= len(data):
            data, at = file.read(_PIECE), 0


def _dictionary(file: BinaryIO) -> bytes:
    """The dictionary in front of the frames, if there is one (WARC files with zstd, version 1.0); the file stands at
    what follows it."""
    import zstandard

    head = file.read(8)
    if int.from_bytes(head[:4], "little") != _DICTIONARY or len(head) < 8:
        file.seek(0)
        return b""
    data = file.read(min(int.from_bytes(head[4:], "little"), _MOST_DICTIONARY))
    if data.startswith(ZSTD_MAGIC):
        data = zstandard.ZstdDecompressor().decompress(data, max_output_size=_MOST_DICTIONARY)
    return data


def pack_anew(plain: Path, target: Path, disk: Disk, tell: Callable[[WarcError], None]) -> int:
    """The records of a plain file, each as a gzip member of its own, in `target`, which is on the medium on return.
    Gives how many there are."""
    count = 0
    end = b"\n" if is_arc(plain.name) else b"\r\n\r\n"
    with (
        told(plain),
        plain.open("rb") as file,
        disk.open_append(target, new=True) as out,
        closing(foreign_records(plain, tell)) as records,
    ):
        for record in records:
            packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
            file.seek(record.offset)
            left = record.length
            last = b""
            while left and (piece := file.read(min(left, _PIECE))):
                left -= len(piece)
                last = (last + piece)[-len(end) :]
                if packed := packer.compress(piece):
                    out.write(packed)
            more = b"" if last.endswith(end) else end
            out.write(packer.compress(more) + packer.flush())
            count += 1
        out.fsync()
    return count
