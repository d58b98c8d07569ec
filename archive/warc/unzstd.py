"""A WARC file packed with zstd, read as what it unpacks to, without unpacking it to disk."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from archive.errors import DamageError, WarcError
from archive.warc.foreign import zstd_pieces

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_MOST_TIMES_BACK = 20


class Unzstd(io.RawIOBase):
    """To be sought in and closed. `damage` is what ends it early, if anything does. To go back is to unpack it from its
    beginning: DamageError where that would be done too often. Raises UsageError where zstandard is not there."""

    def __init__(self, path: Path) -> None:
        self.damage: WarcError | None = None
        self._path = path
        self._left = _MOST_TIMES_BACK
        self._size = 0
        self._file = path.open("rb")
        self._begin()
        try:
            for piece in self._pieces:
                self._size += len(piece)
        except WarcError as error:
            self.damage = error
        self._begin()

    def _begin(self) -> None:
        self._file.seek(0)
        self._pieces: Iterator[bytes] = zstd_pieces(self._path, self._file)
        self._held = b""
        self._at = 0
        self._read_to = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._at = max(0, {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence] + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self._at < self._read_to - len(self._held):
            at, self._left = self._at, self._left - 1
            if self._left < 0:
                raise DamageError(f"{self._path.name} is damaged in too many places to be read on while it is packed")
            self._begin()
            self._at = at
        view = memoryview(buffer).cast("B")
        while self._at >= self._read_to and self._read_to < self._size:
            with suppress(WarcError):
                self._held = next(self._pieces, b"")
                self._read_to += len(self._held)
        start = self._at - (self._read_to - len(self._held))
        data = self._held[start : start + len(view)]
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
