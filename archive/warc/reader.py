"""Reading WARC files: strictly, as we write them and as the standard says, or leniently, as others wrote them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from archive import mounts
from archive.disk import storage_error
from archive.errors import WarcError
from archive.warc import arc, group
from archive.warc.checks import Digesting, digest_problem
from archive.warc.fields import bare_uri, first_named, parse_fields, read_date
from archive.warc.group import GroupData
from archive.warc.members import Broken, Source, next_start, open_source

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Tell = Callable[[WarcError], None]

_MOST_HEADER = 1 << 20
_MOST_HTTP = 1 << 20
_MOST_KEPT = 1 << 20
_CHUNK = 256 * 1024
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_VERSION = re.compile(rb"WARC/[01]\.[0-9]{1,2}[ \t]*\r?\n")
_HTTP_TYPES = frozenset({"response", "request", "revisit"})
_SMALL_TYPES = frozenset({"metadata", "warcinfo", "resource"})
_DIGITS = re.compile(r"[0-9]{1,18}\Z")


class StoredRecord(Struct, frozen=True):
    """A record as it lies in a file.

    `offset` and `length` are bytes of its gzip member (of the record itself in a plain file); where several records
    share a member, `offset` is the member's and `length` is 0. `http_head` is the HTTP header block with its empty
    line, b"" where the block holds no HTTP. The payload is read from the file when asked for.
    """

    type: str
    record_id: str
    headers: tuple[tuple[str, str], ...]
    http_head: bytes
    path: Path
    offset: int
    length: int
    content_length: int
    _block_at: int = 0
    _block: bytes | None = None

    def header(self, name: str) -> str | None:
        """The first named field of that name, or None."""
        return first_named(self.headers, name)

    @property
    def warc(self) -> str:
        """The file's final name."""
        return self.path.name.removesuffix(".open")

    @property
    def url(self) -> str:
        """The target address, less the angle brackets that some writers put around it; "" without one."""
        return bare_uri(self.header("WARC-Target-URI") or "")

    @property
    def time(self) -> datetime:
        """WARC-Date. Raises WarcError if there is none that can be read."""
        time = read_date(self.header("WARC-Date"))
        if time is None:
            raise WarcError(self.path.name, self.offset, "the record has no readable WARC-Date")
        return time

    def payload(self) -> BinaryIO:
        """A reader of the block less its HTTP head. The caller closes it. Reading raises WarcError where the file is
        damaged."""
        if self._block is not None:
            return io.BytesIO(self._block[len(self.http_head) :])
        return io.BufferedReader(_Payload(self, _opened(self.path)), _CHUNK)

    def payload_bytes(self, limit: int | None = None) -> bytes:
        """The payload, or its first `limit` bytes."""
        with self.payload() as reader:
            return reader.read(-1 if limit is None else limit)

    def group(self) -> GroupData | None:
        """What a group's metadata record says; None for every other record. Raises WarcError if it is garbled."""
        if self.type != "metadata" or self.header("WARC-Page-ID") is None:
            return None
        block = self.payload_bytes()
        if all(name != group.GROUP_FIELD for name, _ in parse_fields(block)):
            return None
        try:
            return group.load(block)
        except ValueError as error:
            raise WarcError(self.path.name, self.offset, str(error)) from error


class _Payload(io.RawIOBase):
    def __init__(self, record: StoredRecord, file: BinaryIO) -> None:
        self._record = record
        self._file = file
        self._left = record.content_length - len(record.http_head)
        self._source = open_source(file, record.offset, strict=False)
        self._skip = record._block_at + len(record.http_head)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._next(min(len(view), self._left))
        view[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def _next(self, size: int) -> bytes:
        try:
            while self._skip:
                skipped = len(self._source.take(self._skip))
                if not skipped:
                    raise Broken("the file ends inside the record")
                self._skip -= skipped
            data = self._source.take(size)
        except Broken as broken:
            raise WarcError(self._record.path.name, self._record.offset, str(broken)) from broken
        except OSError as error:
            raise storage_error(error, self._record.path) from error
        if size and not data:
            raise WarcError(self._record.path.name, self._record.offset, "the file ends inside the record")
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


class Rules(Struct, frozen=True):
    """`framing`: each record is what the standard says, one gzip member, lengths right. `digests`: they are checked."""

    framing: bool
    digests: bool


STRICT = Rules(framing=True, digests=True)
FRAMING = Rules(framing=True, digests=False)
LENIENT = Rules(framing=False, digests=False)


def read_records(path: Path, *, strict: bool, tell: Tell | None = None) -> Iterator[StoredRecord]:
    """All records of a `.warc` or `.warc.gz` file, in order.

    Strict: a cut last member, several records in a member, wrong digests and lengths, and trailing bytes are damage.
    Lenient: records may share or span members, end their lines with LF, bear wrong digests. Damage raises WarcError
    with the file's name and the offset; with `tell` it is told, and reading goes on at the next record.
    """
    return scan(path, STRICT if strict else LENIENT, tell)


def read_at(path: Path, offset: int) -> StoredRecord:
    """The record whose gzip member (or, in a plain file, first byte) lies at `offset`. Raises WarcError."""
    with _opened(path) as file:
        record = _next_record(path, open_source(file, offset, strict=False), LENIENT, offset)
    if record is None:
        raise WarcError(path.name, offset, "the file ends before the record")
    return record


def http_head_at(path: Path, offset: int) -> bytes:
    """The HTTP header block of the record that `read_at` would give, without reading on; b"" where it holds no HTTP.
    Raises WarcError."""
    if arc.is_arc(path.name):
        return read_at(path, offset).http_head
    with _opened(path) as file:
        source = open_source(file, offset, strict=False)
        try:
            source.start()
            head = source.head(_HEADER_END, _MOST_HEADER)
            version = _VERSION.match(head)
            if version is None:
                raise Broken("no WARC record begins here")
            names = {name.lower(): value for name, value in reversed(parse_fields(head[version.end() :]))}
            return (
                source.head(_HEADER_END, _MOST_HTTP) if _holds_http(names.get("warc-type", "").lower(), names) else b""
            )
        except Broken as broken:
            raise WarcError(path.name, offset, str(broken)) from broken
        except OSError as error:
            raise storage_error(error, path) from error


def read_groups(path: Path, tell: Tell | None = None) -> Iterator[list[StoredRecord]]:
    """The records of one page group after another, each list ending with the group's metadata record.

    For files that we wrote: framing is checked, digests are not. Damage raises WarcError; with `tell` it is told and
    the next group is read. A group that lost records to damage comes without them if its last record is there.
    """
    run: list[StoredRecord] = []
    for record in scan(path, FRAMING, tell):
        if record.type == "warcinfo":
            continue
        if run and run[-1].header("WARC-Page-ID") != record.header("WARC-Page-ID"):
            _tell_unfinished(run, tell)
            run = []
        run.append(record)
        if _ends_group(record, tell):
            yield run
            run = []
    if run:
        _tell_unfinished(run, tell)


def _ends_group(record: StoredRecord, tell: Tell | None) -> bool:
    try:
        return record.group() is not None
    except WarcError as error:
        if tell is None:
            raise
        tell(error)
        return False


def _tell_unfinished(run: list[StoredRecord], tell: Tell | None) -> None:
    problem = WarcError(run[0].path.name, run[0].offset, "a page group has no metadata record at its end")
    if tell is None:
        raise problem
    tell(problem)


def _opened(path: Path) -> BinaryIO:
    try:
        return mounts.open_read(path)
    except FileNotFoundError as error:
        raise WarcError(path.name, 0, "the file is missing") from error
    except OSError as error:
        raise storage_error(error, path) from error


def scan(path: Path, rules: Rules, tell: Tell | None = None) -> Generator[StoredRecord, None, None]:
    """The records of a file under `rules`; see `read_records`. A disk that fails is a StorageError, never damage."""
    with _opened(path) as file:
        yield from scan_in(file, path, rules, tell)


def scan_in(file: BinaryIO, path: Path, rules: Rules, tell: Tell | None = None) -> Iterator[StoredRecord]:
    """`scan` in an open file that is called `path`, wherever it lies."""
    offset: int | None = 0
    while offset is not None:
        source = open_source(file, offset, strict=rules.framing)
        offset = None
        at = source.position()
        try:
            while (record := _next_record(path, source, rules, at)) is not None:
                yield record
                at = source.position()
        except WarcError as error:
            if tell is None:
                raise
            tell(error)
            offset = (arc.next_start if arc.is_arc(path.name) else next_start)(file, error.offset + 1)


def known_id(record: StoredRecord) -> str:
    """By what the catalog knows the record: its id, or its place if it has none."""
    return record.record_id or place_id(record.warc, record.offset)


def place_id(warc: str, offset: int) -> str:
    """What stands for the id of a record without one."""
    return f"<urn:place:{warc}:{offset}>"


def _next_record(path: Path, source: Source, rules: Rules, at: int) -> StoredRecord | None:
    start = at
    try:
        found = source.start()
        if found is None:
            return None
        start = found
        return (_arc_record if arc.is_arc(path.name) else _record)(path, source, rules, start)
    except Broken as broken:
        raise WarcError(path.name, start, str(broken)) from broken
    except OSError as error:
        raise storage_error(error, path) from error


def _record(path: Path, source: Source, rules: Rules, start: int) -> StoredRecord:
    skipped = source.skipped
    head = source.head(_HEADER_END, _MOST_HEADER)
    version = _VERSION.match(head)
    if version is None or not _HEADER_END.search(head, len(head) - 4):
        raise Broken("no WARC record begins here")
    headers = tuple(parse_fields(head[version.end() :]))
    names = {name.lower(): value for name, value in reversed(headers)}
    length = names.get("content-length", "")
    if not _DIGITS.match(length):
        raise Broken("the record has no readable Content-Length")
    if rules.framing:
        from archive.warc.rules import Named, field_problem

        if problem := field_problem(Named(head, headers, names)):
            raise Broken(problem)
    kind = names.get("warc-type", "").lower()
    block = _Block(source, int(length), keep=kind in _SMALL_TYPES, digests=names if rules.digests else {})
    http_head = block.http_head() if _holds_http(kind, names) else b""
    block.finish(kind)
    _expect_end(source, rules)
    end = source.end()
    return StoredRecord(
        type=kind,
        record_id=names.get("warc-record-id", ""),
        headers=headers,
        http_head=http_head,
        path=path,
        offset=start,
        length=0 if skipped else end - start,
        content_length=int(length),
        _block_at=skipped + len(head),
        _block=block.kept,
    )


def _arc_record(path: Path, source: Source, rules: Rules, start: int) -> StoredRecord:
    skipped = source.skipped
    line = source.head(arc.LINE_END, arc.MOST_LINE)
    headers, length = arc.parse_line(line)
    kind = headers[0][1]
    block = _Block(source, length, keep=kind in _SMALL_TYPES, digests={})
    http_head = block.http_head() if kind == "response" else b""
    block.finish(kind)
    end = source.end()
    return StoredRecord(
        type=kind,
        record_id="",
        headers=headers,
        http_head=http_head,
        path=path,
        offset=start,
        length=0 if skipped else end - start,
        content_length=length,
        _block_at=skipped + len(line),
        _block=block.kept,
    )


def _holds_http(kind: str, names: dict[str, str]) -> bool:
    return kind in _HTTP_TYPES and names.get("content-type", "").lower().startswith("application/http")


def _expect_end(source: Source, rules: Rules) -> None:
    if not rules.framing:
        return
    line_ends = source.take(4)
    while line_ends and len(line_ends) < 4 and (more := source.take(4 - len(line_ends))):
        line_ends += more
    if line_ends != b"\r\n\r\n":
        raise Broken("the block is not followed by two line ends: its length is wrong or its end is missing")


class _Block:
    """The block of one record, taken once: small ones are kept, digests made on the way."""

    def __init__(self, source: Source, size: int, *, keep: bool, digests: dict[str, str]) -> None:
        self._source = source
        self._left = size
        self._digesting = Digesting(digests)
        self.kept: bytes | None = b"" if keep and size <= _MOST_KEPT else None

    def http_head(self) -> bytes:
        head = self._source.head(_HEADER_END, min(self._left, _MOST_HTTP)) if self._left else b""
        self._left -= len(head)
        self._digesting.head(head)
        return head

    def finish(self, kind: str) -> None:
        pieces = []
        while self._left:
            data = self._source.take(min(self._left, _CHUNK))
            if not data:
                raise Broken("the file ends inside the record")
            self._left -= len(data)
            self._digesting.update(data)
            if self.kept is not None:
                pieces.append(data)
        if self.kept is not None:
            self.kept = b"".join(pieces)
        if problem := digest_problem(self._digesting, kind):
            raise Broken(problem)
