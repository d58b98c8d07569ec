"""Mending what a killed run or a power cut left behind: a file that still bears `.open`."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from archive.disk import Disk, told
from archive.errors import WarcError
from archive.warc.group import GroupData
from archive.warc.joined import PART, PIECE
from archive.warc.reader import FRAMING, scan
from archive.warc.writer import OPEN, name_part, parse_name


class Mended(Struct, frozen=True):
    """What became of it. `name` is the file's final name, None if nothing in it was worth keeping and it is gone.

    `kept` and `dropped` are bytes; `groups` is the number of page groups that stayed.
    """

    name: str | None
    groups: int
    kept: int
    dropped: int


def is_of_another(name: str) -> bool:
    """Whether a process that may be there still writes the file of this name: one of another machine, or a helper of a
    run, which the lock of a collection does not know."""
    parts = parse_name(name)
    return parts is not None and parts.host != (name_part(socket.gethostname()) or "localhost")


def _detach(path: Path, disk: Disk) -> None:
    """Another file of the same content takes the name: whoever has the old one open does not write into this one."""
    part = path.with_name(f".{path.name.removesuffix(OPEN)}{PART}")
    disk.unlink(part)
    with told(path), disk.open_read(path) as source, disk.open_append(part, new=True) as copy:
        while piece := source.read(PIECE):
            copy.write(piece)
        copy.fsync()
    disk.rename(part, path)
    disk.fsync_dir(path.parent)


def mend(
    path: Path, disk: Disk, survives: Callable[[GroupData], bool] = lambda data: True, *, shared: bool = False
) -> Mended:
    """Cuts the file back to its last complete group, puts it on the medium and gives it its final name.

    It ends before the first group that `survives` refuses, too: groups are told in the order in which they were
    written, so what follows one that was never told was never told either. `shared`: another process may still have
    the file open, and is not to write into it any more. Raises ValueError if the name does not end in `.open` (a closed
    file never changes) and StorageError.
    """
    if not path.name.endswith(OPEN):
        raise ValueError(f"{path} is closed: it is never changed")
    if shared:
        _detach(path, disk)
    size = disk.size(path)
    groups, kept = _complete(path, survives)
    if not groups:
        disk.unlink(path)
        disk.fsync_dir(path.parent)
        return Mended(None, 0, 0, size)
    with disk.open_append(path) as file:
        if kept < size:
            file.truncate(kept)
        file.fsync()
    final = path.with_name(path.name.removesuffix(OPEN))
    disk.rename(path, final)
    disk.fsync_dir(path.parent)
    return Mended(final.name, groups, kept, size - kept)


def _complete(path: Path, survives: Callable[[GroupData], bool]) -> tuple[int, int]:
    """How many whole groups the file begins with, and where the last of them ends."""
    groups = end = 0
    with closing(scan(path, FRAMING)) as records:
        try:
            for record in records:
                data = record.group()
                if data is None:
                    continue
                if not survives(data):
                    break
                groups, end = groups + 1, record.offset + record.length
        except WarcError:
            pass
    return groups, end
