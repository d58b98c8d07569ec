"""Writing WARC files: whole groups or nothing, one gzip member a record, durable when `sync` has returned."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from archive.disk import AppendFile, Disk
from archive.errors import StorageError
from archive.sums import Summing, Sums
from archive.warc.records import Record, WarcInfo, warcinfo_record

OPEN = ".open"
ENDING = ".warc.gz"

_NAME = re.compile(r"(?P<prefix>.+)-(?P<stamp>\d{17})-(?P<serial>\d{5})-(?P<host>[^/]+)\.warc\.gz(?:\.open)?\Z")
_CHUNK = 256 * 1024
_LAST_SERIAL = 99999
Naming = Callable[[str, str, datetime], str]
"""Gives the final name of a file from prefix, host and the time of its begin."""


class Stored(Struct, frozen=True):
    """Where a record lies. `warc` is the file's final name, `offset` and `length` are bytes of its gzip member."""

    record_id: str
    warc: str
    offset: int
    length: int


class Closed(Struct, frozen=True):
    """A file that was ended; `sums` are None where part of it was cut off on the way, so that only the file itself can
    tell."""

    name: str
    sums: Sums | None


class NameParts(Struct, frozen=True):
    """What a WARC name is made of; `stamp` is its time in 17 digits."""

    prefix: str
    stamp: str
    serial: int
    host: str


def parse_name(name: str) -> NameParts | None:
    """The parts of a WARC name, with or without `.open`; None for a foreign one."""
    match = _NAME.match(name)
    return NameParts(match["prefix"], match["stamp"], int(match["serial"]), match["host"]) if match else None


def name_key(name: str) -> tuple[str, int, str]:
    """Sorts WARC names (with or without `.open`) in the order in which they were begun; foreign names come first."""
    parts = parse_name(name)
    return (parts.stamp, parts.serial, name) if parts else ("", 0, name)


class Names:
    """The names of the WARC files in `folder`, each after all that there are. For one thread, and for one writer alone
    unless all that write there ask the same one."""

    def __init__(self, folder: Path, disk: Disk, others: Callable[[], Iterable[str]] = tuple) -> None:
        """`others` gives the names of files that were closed and are not in the folder."""
        self._folder = folder
        self._disk = disk
        self._others = others
        self._last: tuple[str, int, str] | None = None
        self._serial = -1

    def next(self, prefix: str, host: str, time: datetime) -> str:
        """The final name of a file that `host` begins at `time`."""
        if self._last is None:
            names = (*self._disk.listdir(self._folder), *self._others())
            self._last = max(map(name_key, names), default=("", 0, ""))
        stamp, serial = _stamp(time), self._serial + 1
        if stamp <= self._last[0]:
            # The clock stood still or went back: names tell the order, not the exact time.
            stamp, serial = self._last[0], self._last[1] + 1
        if serial > _LAST_SERIAL:
            stamp, serial = str(int(stamp) + 1), 0
        begin = f"{name_part(prefix) or 'tearsheet'}-{stamp}-{serial:05d}"
        name = f"{begin}-{name_part(host) or 'localhost'}{ENDING}"
        self._last, self._serial = name_key(name), serial
        return name


class WarcWriter:
    """The one writer of the WARC files in `folder`. Not thread-safe: its owner's thread calls it.

    A file comes into being with the first record and bears `.open` until it is closed. `warc_size` is in bytes; the
    file is changed for a new one before the first `append` that finds it that long with everything synced. `clock`
    gives the time in UTC. `naming` is `Names.next` of whoever names the files of several processes that write into
    `folder`.
    """

    def __init__(
        self,
        folder: Path,
        prefix: str,
        info: WarcInfo,
        *,
        warc_size: int = 1_000_000_000,
        disk: Disk | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        naming: Naming | None = None,
    ) -> None:
        self.folder = folder
        self._prefix = prefix
        self._info = info
        self._warc_size = warc_size
        self._disk = disk or Disk()
        self._clock = clock
        self._naming = naming or Names(folder, self._disk).next
        self._file: AppendFile | None = None
        self._name = ""
        self._warcinfo_id = ""
        self._start = 0
        self._synced = 0
        self._new = False
        self._broken: StorageError | None = None
        self._closed: list[Closed] = []
        self._sums = Summing()
        self._cut_once = False

    @property
    def name(self) -> str | None:
        """The final name of the file that is being written, or None."""
        return self._name if self._file is not None else None

    @property
    def size(self) -> int:
        """The length in bytes of the file that is being written; 0 without one."""
        return self._file.tell() if self._file is not None else 0

    def append(self, records: Sequence[Record]) -> tuple[Stored, ...]:
        """Writes a whole group and tells where each of its records lies. Not durable before `sync`.

        On a StorageError nothing of the group is in the file, and whatever came before it still is.
        """
        self._refuse_if_broken()
        if self._file is not None and self.size >= self._warc_size and self.size == self._synced:
            self.close()
        file = self._file or self._begin()
        before = file.tell()
        try:
            return tuple(self._write(file, record, self._warcinfo_id) for record in records)
        except BaseException:
            self._cut(before)
            raise

    def sync(self) -> None:
        """Returns when all that was appended is on the medium, the file's name too.

        After a StorageError the writer refuses to go on: a system that failed to write may have forgotten what.
        """
        self._refuse_if_broken()
        if self._file is None or self._file.tell() == self._synced:
            return
        try:
            self._file.flush()
            self._file.fsync()
            if self._new:
                self._disk.fsync_dir(self.folder)
                self._new = False
        except StorageError as error:
            self._broken = error
            raise
        self._synced = self._file.tell()

    def rollback(self) -> None:
        """Takes back every group that was appended since the last `sync` that succeeded."""
        if self._file is not None:
            self._cut(max(self._synced, self._start))

    def close(self) -> str | None:
        """Ends the file: synced, renamed to its final name, the folder synced. Gives that name, or None if nothing
        was kept in it, in which case the file is gone. Another `append` begins another file."""
        file, name = self._file, self._name
        if file is None:
            return None
        path = self.folder / (name + OPEN)
        if self._broken is not None:
            self.abandon()
            return None
        if file.tell() <= self._start:
            self._file = None
            file.close()
            self._disk.unlink(path)
            return None
        self.sync()
        try:
            file.close()
            self._disk.rename(path, self.folder / name)
            self._disk.fsync_dir(self.folder)
        except StorageError as error:
            self._broken = error
            raise
        finally:
            self._file = None
        self._closed.append(Closed(name, None if self._cut_once else self._sums.sums()))
        return name

    def abandon(self) -> None:
        """Lets go of the file as it is, `.open` and all: the next run mends it."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(StorageError):
                file.close()

    def take_closed(self) -> tuple[Closed, ...]:
        """The files closed since the last call, in order."""
        closed, self._closed = tuple(self._closed), []
        return closed

    def _refuse_if_broken(self) -> None:
        if self._broken is not None:
            raise StorageError(str(self._broken)) from self._broken

    def _begin(self) -> AppendFile:
        self._disk.mkdir(self.folder)
        time = self._clock()
        name = self._naming(self._prefix, self._info.hostname, time)
        path = self.folder / (name + OPEN)
        file = self._disk.open_append(path, new=True)
        self._sums, self._cut_once = Summing(), False
        try:
            info = warcinfo_record(self._info, name, time)
            self._write(file, info, None, name)
        except BaseException:
            with suppress(StorageError):
                file.close()
            with suppress(StorageError):
                self._disk.unlink(path)
            raise
        self._file, self._name, self._warcinfo_id = file, name, info.record_id
        self._start, self._synced, self._new = file.tell(), 0, True
        return file

    def _write(self, file: AppendFile, record: Record, warcinfo_id: str | None, name: str = "") -> Stored:
        offset = file.tell()
        from archive.warc.encode import write_member

        def write(data: bytes) -> None:
            file.write(data)
            self._sums.update(data)

        gathered = _Gathered(write)
        write_member(record, gathered.write, warcinfo_id)
        gathered.end()
        return Stored(record.record_id, name or self._name, offset, file.tell() - offset)

    def _cut(self, size: int) -> None:
        assert self._file is not None
        if self._file.tell() == size:
            return
        self._cut_once = True
        try:
            self._file.truncate(size)
        except StorageError as error:
            # What stands after the cut is an unfinished group; the next run mends it.
            self._broken = self._broken or error


def _stamp(time: datetime) -> str:
    utc = time.astimezone(UTC)
    return f"{utc:%Y%m%d%H%M%S}{utc.microsecond // 1000:03d}"


def name_part(text: str) -> str:
    """`text` as a part of a file name: ASCII letters, digits, dots, hyphens and underscores, at most 64."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:64]


class _Gathered:
    """Passes bytes on in pieces of at least `_CHUNK`, but for the last."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        self._held.append(data)
        self._size += len(data)
        if self._size >= _CHUNK:
            self.end()

    def end(self) -> None:
        held, self._held, self._size = b"".join(self._held), [], 0
        if held:
            self._write(held)
