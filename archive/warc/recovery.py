"""Mending what a killed run or a power cut left behind: a file that still bears `.open`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from archive.disk import Disk
from archive.errors import WarcError
from archive.warc.group import GroupData
from archive.warc.reader import FRAMING, scan
from archive.warc.writer import OPEN


class Mended(Struct, frozen=True):
    """What became of it. `name` is the file's final name, None if nothing in it was worth keeping and it is gone.

    `kept` and `dropped` are bytes; `groups` is the number of page groups that stayed.
    """

    name: str | None
    groups: int
    kept: int
    dropped: int


def mend(path: Path, disk: Disk, survives: Callable[[GroupData], bool] = lambda data: True) -> Mended:
    """Cuts the file back to its last complete group, puts it on the medium and gives it its final name.

    It ends before the first group that `survives` refuses, too: groups are told in the order in which they were
    written, so what follows one that was never told was never told either. Raises ValueError if the name does not end
    in `.open` (a closed file never changes) and StorageError.
    """
    if not path.name.endswith(OPEN):
        raise ValueError(f"{path} is closed: it is never changed")
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
