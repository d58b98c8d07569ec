"""What a file's bytes come to: their number and two checksums, in one go over them."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

from msgspec import Struct

from archive.disk import Disk, told

_PIECE = 1 << 18


class Sums(Struct, frozen=True):
    """`size` in bytes, `sha256` is "sha256:" and hex, `crc32` eight hex digits (that of zip files)."""

    size: int
    sha256: str
    crc32: str


class Summing:
    """Sums of what comes piece by piece."""

    def __init__(self) -> None:
        self._size = 0
        self._digest = hashlib.sha256()
        self._crc = 0

    def update(self, data: bytes | memoryview) -> None:
        self._size += len(data)
        self._digest.update(data)
        self._crc = zlib.crc32(data, self._crc)

    def sums(self) -> Sums:
        return Sums(self._size, f"sha256:{self._digest.hexdigest()}", f"{self._crc:08x}")


def sums_of(path: Path, disk: Disk) -> Sums:
    """Those of a file. FileNotFoundError if there is no such file, StorageError."""
    found = Summing()
    buffer = memoryview(bytearray(_PIECE))
    with disk.open_read(path) as file, told(path):
        while count := file.readinto(buffer):  # type: ignore[attr-defined]
            found.update(buffer[:count])
    return found.sums()
