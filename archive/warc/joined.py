"""Joined WARC files: several closed ones, byte for byte, behind a `warcinfo` record that names them.

What such a file took in stands in its own first record, so that nobody needs a plan beside it: whatever stops a join,
or puts a file back that was joined, the next run can tell which records are there twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from archive.deferring import deferred
from archive.disk import Disk, storage_error
from archive.errors import WarcError
from archive.warc.fields import parse_fields
from archive.warc.records import Record, WarcInfo, warcinfo_record
from archive.warc.writer import ENDING, parse_name

FIELD = "joined"
PART = ".part"
PIECE = 1 << 20

_PLAIN = deferred(r"[A-Za-z0-9._-]+\Z")
_JOINED_HOST = deferred(r"(?P<host>.+)-packed(?P<number>[0-9]{0,9})\Z")
_VALUE = deferred(r"(?P<name>[A-Za-z0-9._-]+) (?P<length>[0-9]{1,18}) (?P<digest>sha256:[0-9a-f]{64})\Z")


class Source(Struct, frozen=True):
    """A file that was taken in: its bytes lie at `offset` of the joined file. `digest` is `sha256:` and hex."""

    name: str
    offset: int
    length: int
    digest: str


def can_be_joined(name: str) -> bool:
    """Whether the name is one that we give."""
    return _PLAIN.match(name) is not None and parse_name(name) is not None and not name.endswith(".open")


def is_joined(name: str) -> bool:
    """Whether the name is one that joined files bear."""
    parts = parse_name(name)
    return can_be_joined(name) and parts is not None and _JOINED_HOST.match(parts.host) is not None


def joined_name(last: str, taken: Collection[str]) -> str:
    """The name of a file that ends with what `last` held: its time and serial, and a host that no name in `taken` has.

    So it stands in the order of names where its sources stood, and no file that is begun later gets the name of one of
    them, not even where the clock went back: new names follow the last one there is.
    """
    parts = parse_name(last)
    if parts is None:
        raise ValueError(f"{last} is no name of ours")
    before = _JOINED_HOST.match(parts.host)
    host = before["host"] if before else parts.host
    number = int(before["number"] or 1) + 1 if before else 1
    while True:
        ending = "packed" if number == 1 else f"packed{number}"
        name = f"{parts.prefix}-{parts.stamp}-{parts.serial:05d}-{host}-{ending}{ENDING}"
        if name not in taken and name + ".open" not in taken:
            return name
        number += 1


def part_name(name: str) -> str:
    """What a joined file is called until it is whole: hidden, and with an ending that neither viewers nor the mending
    of killed runs take for a WARC file."""
    return f".{name}{PART}"


def is_part(name: str) -> bool:
    return name.startswith(".") and name.endswith(PART) and can_be_joined(name[1:].removesuffix(PART))


def head_record(info: WarcInfo, name: str, time: datetime, sources: Collection[tuple[str, int, str]]) -> Record:
    """The joined file's own first record. `sources` are name, length in bytes and digest of each, in order."""
    joined = tuple(f"{source} {length} {digest}" for source, length, digest in sources)
    return warcinfo_record(info, name, time, joined)


def sources_of(path: Path, at: int = 0) -> tuple[Source, ...]:
    """What the joined file that begins at `at` of `path` took in; nothing for any other file, or for one whose first
    record is damaged."""
    from archive.warc.reader import read_at

    try:
        record = read_at(path, at)
        fields = parse_fields(record.payload_bytes()) if record.type == "warcinfo" else []
    except WarcError:
        return ()
    found = []
    offset = record.offset + record.length
    for name, value in fields:
        match = _VALUE.match(value) if name == FIELD else None
        if match is not None:
            found.append(Source(match["name"], offset, int(match["length"]), match["digest"]))
            offset += int(match["length"])
    return tuple(found)


def all_sources_of(path: Path, at: int = 0, end: int | None = None) -> Iterator[Source]:
    """`sources_of`, and what those that were joined files themselves had taken in, each within what took it in."""
    for source in sources_of(path, at):
        until = source.offset + source.length
        if end is not None and until > end:
            return
        yield source
        if is_joined(source.name):
            yield from all_sources_of(path, source.offset, until)


def digest_of(path: Path, offset: int, length: int, disk: Disk) -> str:
    """Of a stretch of a file. A file that is too short has another digest than the whole stretch."""
    found = hashlib.sha256()
    for piece in pieces(path, offset, length, disk):
        found.update(piece)
    return f"sha256:{found.hexdigest()}"


def pieces(path: Path, offset: int, length: int, disk: Disk) -> Iterator[bytes]:
    """A stretch of a file. Ends early where the file does. FileNotFoundError if there is no such file."""
    with disk.open_read(path) as file:
        try:
            file.seek(offset)
            while length and (piece := file.read(min(length, PIECE))):
                length -= len(piece)
                yield piece
        except OSError as error:
            raise storage_error(error, path) from error
