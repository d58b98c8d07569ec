"""WARC files written anew without what goes for good: all else to the byte."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path

from msgspec import Struct

from archive.disk import AppendFile, Disk
from archive.errors import StorageError, WarcError
from archive.purge_deciding import Decided, Group, Touched, foreign, groups_of, referred
from archive.purge_groups import Left, Told, heir_of, referring, response_of
from archive.sums import Summing, Sums
from archive.warc.arc import is_arc
from archive.warc.encode import write_member
from archive.warc.fields import FIELDS_TYPE, parse_fields, warc_date
from archive.warc.foreign import ENDINGS, known_id
from archive.warc.group import Removal, removal_fields
from archive.warc.joined import FIELD, pieces
from archive.warc.reader import StoredRecord, read_at, read_records
from archive.warc.records import Record, WarcInfo, new_record_id, warcinfo_record
from archive.warc.writer import ENDING, parse_name

_PURGED = re.compile(r"(?P<stem>.+)-purged(?P<number>[0-9]{0,9})\Z")
_MOST_STEM = 180
_GZIP = 16 + zlib.MAX_WBITS
_LINE_END = {True: b"\n", False: b"\r\n\r\n"}


class Anew(Struct, frozen=True):
    """A file that was written; `counts` are the records that went, by type, `responses` revisits that became such."""

    sums: Sums
    counts: Counter[str]
    responses: int = 0


def purged_name(name: str, taken: Collection[str]) -> str:
    """The name of what takes the place of the file `name`, at its place in the order of names."""
    parts = parse_name(name)
    ending = ENDING if parts is not None else next(each for each in ENDINGS if name.endswith(each))
    whole = name.removesuffix(ending)
    match = _PURGED.match(whole)
    stem = match["stem"] if match else whole
    number = int(match["number"] or 1) + 1 if match else 1
    while True:
        found = f"{stem if parts else stem[:_MOST_STEM]}-purged{number if number > 1 else ''}{ending}"
        if found not in taken:
            return found
        number += 1


class _Out:
    """A new file, its sums taken as it grows; `gzipped`: each record is a member of its own."""

    def __init__(self, file: AppendFile, disk: Disk, gzipped: bool) -> None:
        self._file = file
        self._disk = disk
        self._gzipped = gzipped
        self.sums = Summing()
        self.records = 0

    def tell(self) -> int:
        return self._file.tell()

    def copy(self, path: Path, offset: int, length: int, end: bytes = b"") -> None:
        """A record as it lies there; one that lacks the line `end` behind it gets that."""
        last = b""
        for piece in pieces(path, offset, length, self._disk):
            self._put(piece)
            last = (last + piece)[-len(end) :] if end else b""
        if not last.endswith(end):
            self._put(end)
        self.records += 1

    def write(self, record: Record) -> None:
        if self._gzipped:
            write_member(record, self._put)
        else:
            unzip = zlib.decompressobj(_GZIP)
            write_member(record, lambda data: self._put(unzip.decompress(data)))
            self._put(unzip.flush())
        self.records += 1

    def _put(self, data: bytes) -> None:
        if data:
            self._file.write(data)
            self.sums.update(data)


def own_anew(
    path: Path, kind: str, target: Path, decide: Callable[[Group], Left | None], info: WarcInfo, told: Told, disk: Disk
) -> Anew:
    """A file of ours, written to `target` and read back. It begins with a warcinfo record of its own; what the first
    record of a joined file said of files that it was joined of holds no longer, and is left out."""
    counts, responses = Counter[str](), 0
    disk.unlink(target)
    with disk.open_append(target, new=True) as file:
        out = _Out(file, disk, gzipped=True)
        out.write(warcinfo_record(info, target.name, told.time))
        for each in groups_of(path, kind):
            if isinstance(each, StoredRecord):
                if not any(name == FIELD for name, _ in parse_fields(each.payload_bytes())):
                    out.copy(path, each.offset, each.length)
                continue
            left = decide(each)
            if left is not None:
                counts, responses = counts + left.counts, responses + left.responses
            for record in left.records if left is not None else each.records:
                if isinstance(record, Record):
                    out.write(record)
                else:
                    out.copy(path, record.offset, record.length)
        file.fsync()
    _read_back(target, out.records)
    return Anew(out.sums.sums(), counts, responses)


def foreign_anew(
    path: Path, target: Path, touched: Touched, decided: Decided, told: Told, disk: Disk
) -> tuple[Anew, dict[int, tuple[int, int]]]:
    """An imported file, written to `target`; where its records lie now. Stretches of it that cannot be read are left
    out, since nobody can say what they hold."""
    arc, gzipped = is_arc(path.name), path.name.endswith(".gz")
    end = b"" if gzipped else _LINE_END[arc]
    places: dict[int, tuple[int, int]] = {}
    responses = 0
    disk.unlink(target)
    with disk.open_append(target, new=True) as file:
        out = _Out(file, disk, gzipped)
        for found in foreign(path, Touched()):
            if found.offset in touched.gone:
                continue
            at = out.tell()
            record_id = known_id(found, path.name)
            heir = heir_of(referred(found.header), decided) if found.type == "revisit" else None
            if heir is None:
                out.copy(path, found.offset, found.length, end)
            elif heir.record_id == record_id:
                original = read_at(heir.original.path, heir.original.offset)
                out.write(response_of(read_at(path, found.offset), original))
                responses += 1
            else:
                out.write(referring(read_at(path, found.offset), heir))
            places[found.offset] = at, out.tell() - at
        if not arc:
            out.write(_foreign_tombstone(touched, told))
        file.fsync()
    return Anew(out.sums.sums(), touched.counts, responses), places


def _foreign_tombstone(touched: Touched, told: Told) -> Record:
    removal = Removal(told.time, told.reason, tuple(sorted(touched.counts.items())))
    body = removal_fields(removal)
    record_id = new_record_id()
    headers = (
        ("WARC-Type", "metadata"),
        ("WARC-Record-ID", record_id),
        ("WARC-Date", warc_date(told.time)),
        ("WARC-Block-Digest", f"sha256:{hashlib.sha256(body).hexdigest()}"),
        ("Content-Type", FIELDS_TYPE),
        ("Content-Length", str(len(body))),
    )
    return Record("metadata", record_id, headers, b"", body)


def _read_back(path: Path, records: int) -> None:
    """Raises StorageError where what was written is not what is there."""
    try:
        right = sum(1 for _ in read_records(path, strict=True)) == records
    except WarcError as error:
        raise StorageError(f"{path}: what was written is not what is read back ({error.problem})") from error
    if not right:
        raise StorageError(f"{path}: what was written is not what is read back")
