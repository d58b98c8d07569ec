"""What a file's bytes come to: their number and two checksums, in one go over them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from isal.isal_zlib import crc32
from msgspec import Struct

from archive.disk import Disk, told

_PIECE = 1 << 18


class Sums(Struct, frozen=True):
    """`size` in bytes, `sha256` is "sha256:" and hex, `crc32` eight hex digits (that of zip files)."""

    size: int
    sha256: str
    crc32: str


class Summing:
    """Sums of what comes piece by piece; without the `digest` that is ""."""

    def __init__(self, *, digest: bool = True) -> None:
        self._size = 0
        self._digest = hashlib.sha256() if digest else None
        self._crc = 0

    def update(self, data: bytes | memoryview) -> None:
        self._size += len(data)
        if self._digest is not None:
            self._digest.update(data)
        self._crc = crc32(data, self._crc)

    def sums(self) -> Sums:
        digest = f"sha256:{self._digest.hexdigest()}" if self._digest is not None else ""
        return Sums(self._size, digest, f"{self._crc:08x}")


def sums_of(path: Path, disk: Disk) -> Sums:
    """Those of a file. FileNotFoundError if there is no such file, StorageError."""
    found = Summing()
    buffer = memoryview(bytearray(_PIECE))
    with disk.open_read(path) as file, told(path):
        while count := file.readinto(buffer):  # type: ignore[attr-defined]
            found.update(buffer[:count])
    return found.sums()
