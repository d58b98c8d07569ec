"""What is whole of a WARC file, record by record, and how what several copies have of it goes together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct, field

from archive.disk import told
from archive.warc import group
from archive.warc.walk import Walked, Window, walk

_PIECE = 1 << 20


class Source(Struct, frozen=True):
    """A record that is whole, and where it lies; or `member`, one that was made."""

    path: Path
    record: Walked
    ours: bool
    member: bytes = b""


class Salvage(Struct):
    """The whole records of a file in order, and what stands between them."""

    records: list[Source] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


def salvage(path: Path, ours: bool) -> Salvage:
    found = Salvage()
    try:
        with path.open("rb") as file:
            for each in walk(Window(file)):
                if isinstance(each, Walked) and not each.wrong:
                    found.records.append(Source(path, each, ours))
                else:
                    words = each.wrong[0] if isinstance(each, Walked) else each.words
                    found.gaps.append(f"offset {each.offset}: {words}")
    except OSError as error:
        found.gaps.append(error.strerror or str(error))
    return found


def together(ours: list[Source], others: list[Source]) -> list[Source]:
    """Both in the order of the file that both are parts of: ours, and between them what only the others have."""
    have = {source.record.record_id for source in ours}
    at = {source.record.record_id: number for number, source in enumerate(others)}
    found: list[Source] = []
    next_other = 0
    for source in ours:
        place = at.get(source.record.record_id)
        if place is not None and place >= next_other:
            found += [other for other in others[next_other:place] if other.record.record_id not in have]
            next_other = place + 1
        found.append(source)
    return found + [other for other in others[next_other:] if other.record.record_id not in have]


def ends_group(record: Walked) -> bool:
    if record.type != "metadata" or record.header("WARC-Page-ID") is None:
        return False
    try:
        group.load(record.payload_bytes())
    except ValueError:
        return False
    return True


def pieces(path: Path) -> Iterator[bytes]:
    with told(path), path.open("rb") as file:
        yield from iter(lambda: file.read(_PIECE), b"")


def member(source: Source) -> Iterator[bytes]:
    if source.member:
        yield source.member
        return
    with told(source.path), source.path.open("rb") as file:
        yield from _range(file, source.record.offset, source.record.length)


def _range(file: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    file.seek(start)
    while size > 0 and (piece := file.read(min(size, _PIECE))):
        size -= len(piece)
        yield piece


def same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)
