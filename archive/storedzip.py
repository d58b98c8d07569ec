"""A zip file whose members are stored as they are, written from its begin to its end (APPNOTE 6.3.10, ZIP64 included).

What lies in a file already is copied in large pieces, its sums taken on the way. A member's local header is mended once
its size and checksum are known, so the file must be one that can be sought in.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import BinaryIO

from msgspec import Struct

from archive.sums import Summing, Sums

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR = struct.Struct("<IIQI")
_PLAIN, _ZIP64, _UNIX, _UTF8 = 20, 45, 3 << 8, 1 << 11
_MODE = 0o100644 << 16
_MOST, _MOST_MEMBERS = 0xFFFFFFFF, 0xFFFF
_STRETCH = 1 << 24
_READ = 1 << 18
_NO_ROOM_BEFOREHAND = frozenset((errno.EINVAL, errno.ENODEV, errno.ENOSYS, errno.EOPNOTSUPP))


class _Member(Struct):
    name: bytes
    offset: int
    large: bool
    size: int = 0
    crc: int = 0


class CutError(Exception):
    """A file ends before the bytes that were to be copied."""


class StoredZip:
    """Writes to `file`, which is empty, readable and can be sought in. Every member bears `time`.

    A context manager; on leaving it well, the file is whole. OSErrors pass.
    """

    def __init__(self, file: BinaryIO, time: datetime) -> None:
        self._file = file
        at = time.astimezone(UTC)
        self._date = (max(0, at.year - 1980) << 9) | (at.month << 5) | at.day
        self._time = (at.hour << 11) | (at.minute << 5) | (at.second // 2)
        self._members: list[_Member] = []

    def __enter__(self) -> StoredZip:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._end()

    def add(self, name: str, pieces: Iterable[bytes], *, large: bool = False) -> Sums:
        """A member made of pieces; `large` lets it have 4 GB and more. ValueError where it gets that large without."""
        member = self._begin(name, large)
        found = Summing()
        for piece in pieces:
            found.update(piece)
            self._file.write(piece)
        sums = found.sums()
        self._finish(member, sums.size, int(sums.crc32, 16))
        return sums

    def copy(self, name: str, source: int, size: int, *, with_digest: bool) -> Sums:
        """A member that is the first `size` bytes of an open file; `source` is its number with the operating system.
        Without the digest (""), the checksum alone is taken. Raises CutError."""
        member = self._begin(name, size >= _MOST)
        self._file.flush()
        start, target = self._file.tell(), self._file.fileno()
        _reserve(target, start, size)
        found = Summing(digest=with_digest)
        begun = at = start
        for piece in _pieces(source, size):
            found.update(piece)
            while piece:
                count = os.pwrite(target, piece, at)
                at += count
                piece = piece[count:]
            if at - begun >= _STRETCH:
                _settle(target, begun, at - begun)
                begun = at
        self._file.seek(start + size)
        sums = found.sums()
        self._finish(member, size, int(sums.crc32, 16))
        return sums

    def _begin(self, name: str, large: bool) -> _Member:
        member = _Member(name.encode(), self._file.tell(), large)
        self._members.append(member)
        self._file.write(self._local(member))
        return member

    def _finish(self, member: _Member, size: int, crc: int) -> None:
        if size >= _MOST and not member.large:
            raise ValueError(f"{member.name.decode()} is larger than was said")
        member.size, member.crc = size, crc
        end = self._file.tell()
        self._file.seek(member.offset)
        self._file.write(self._local(member))
        self._file.seek(end)

    def _local(self, member: _Member) -> bytes:
        extra = struct.pack("<HHQQ", 1, 16, member.size, member.size) if member.large else b""
        size = _MOST if member.large else member.size
        needed = _ZIP64 if member.large else _PLAIN
        head = _LOCAL.pack(
            *(0x04034B50, needed, _UTF8, 0, self._time, self._date, member.crc, size, size),
            *(len(member.name), len(extra)),
        )
        return head + member.name + extra

    def _central(self, member: _Member) -> bytes:
        far = member.offset >= _MOST
        extra = (struct.pack("<QQ", member.size, member.size) if member.large else b"") + (
            struct.pack("<Q", member.offset) if far else b""
        )
        if extra:
            extra = struct.pack("<HH", 1, len(extra)) + extra
        size, offset = _MOST if member.large else member.size, _MOST if far else member.offset
        needed = _ZIP64 if extra else _PLAIN
        head = _CENTRAL.pack(
            *(0x02014B50, _UNIX | needed, needed, _UTF8, 0, self._time, self._date, member.crc, size, size),
            *(len(member.name), len(extra), 0, 0, 0, _MODE, offset),
        )
        return head + member.name + extra

    def _end(self) -> None:
        start = self._file.tell()
        for member in self._members:
            self._file.write(self._central(member))
        at = self._file.tell()
        count, size = len(self._members), at - start
        if count >= _MOST_MEMBERS or size >= _MOST or start >= _MOST:
            made = _UNIX | _ZIP64
            self._file.write(_END64.pack(0x06064B50, 44, made, _ZIP64, 0, 0, count, count, size, start))
            self._file.write(_LOCATOR.pack(0x07064B50, 0, at, 1))
        told = min(count, _MOST_MEMBERS)
        self._file.write(_END.pack(0x06054B50, 0, 0, told, told, min(size, _MOST), min(start, _MOST), 0))


def _reserve(file: int, start: int, size: int) -> None:
    """Room on the medium, where the file system can say so beforehand: writing is a third faster then."""
    if hasattr(os, "posix_fallocate") and size:
        try:
            os.posix_fallocate(file, start, size)
        except OSError as error:
            if error.errno not in _NO_ROOM_BEFOREHAND:
                raise


def _settle(file: int, start: int, size: int) -> None:
    """Linux begins to write it to the medium: so the fsync at the end has little left to wait for."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file, start, size, os.POSIX_FADV_DONTNEED)


def _pieces(source: int, size: int) -> Iterable[memoryview]:
    """Each is good until the next one."""
    buffer = memoryview(bytearray(_READ))
    at = 0
    while at < size:
        count = os.preadv(source, [buffer[: min(_READ, size - at)]], at)
        if not count:
            raise CutError
        yield buffer[:count]
        at += count
