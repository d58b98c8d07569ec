"""A body of any size: in memory while it is small, on disk beyond that, digested as it comes."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

IN_MEMORY = 64 * 1024
MOST_IN_MEMORY = 1024 * 1024
ROOM = 24 * 1024 * 1024


class _Room:
    """Memory that the larger bodies of a process share; safe in threads."""

    def __init__(self, size: int) -> None:
        self.left = size
        self._lock = Lock()

    def take(self, size: int) -> bool:
        with self._lock:
            if size > self.left:
                return False
            self.left -= size
            return True

    def give(self, size: int) -> None:
        with self._lock:
            self.left += size


_room = _Room(ROOM)


class Spool:
    """Written once, then read as often as one likes. Holds no file descriptor between the two.

    Up to `IN_MEMORY` bytes stay in memory, up to `MOST_IN_MEMORY` where `ROOM` is left for it; larger bodies go to
    `folder` (None: the system's folder for temporary files). `digest` is "sha256:" and hex over all that was written,
    `size` its length in bytes.
    """

    __slots__ = ("_buffer", "_file", "_folder", "_hash", "_path", "_taken", "size")

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._buffer: io.BytesIO | None = io.BytesIO()
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._hash = hashlib.sha256()
        self._taken = 0
        self.size = 0

    @classmethod
    def of(cls, data: bytes) -> Spool:
        """A finished spool that holds `data`."""
        spool = cls()
        spool.write(data)
        spool.finish()
        return spool

    @property
    def digest(self) -> str:
        return "sha256:" + self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        self._hash.update(data)
        self.size += len(data)
        if self._buffer is not None:
            if self._has_room(len(data)):
                self._buffer.write(data)
                return
            self._give_back()
            handle, name = tempfile.mkstemp(prefix="tearsheet-", suffix=".body", dir=self._folder)
            self._path = Path(name)
            self._file = os.fdopen(handle, "wb")
            self._file.write(self._buffer.getbuffer())
            self._buffer = None
        assert self._file is not None
        self._file.write(data)

    def _has_room(self, more: int) -> bool:
        if self.size <= IN_MEMORY:
            return True
        wanted = more if self._taken else self.size
        if self.size > MOST_IN_MEMORY or not _room.take(wanted):
            return False
        self._taken += wanted
        return True

    def _give_back(self) -> None:
        taken, self._taken = self._taken, 0
        if taken:
            _room.give(taken)

    def finish(self) -> None:
        """No more is written; the file is closed, what it holds stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def open(self) -> BinaryIO:
        """A new reader from the first byte on. The caller closes it."""
        self.finish()
        if self._path is not None:
            return self._path.open("rb")
        assert self._buffer is not None
        return io.BytesIO(self._buffer.getvalue())

    def bytes(self, limit: int | None = None) -> bytes:
        """The whole, or its first `limit` bytes."""
        with self.open() as reader:
            return reader.read(-1 if limit is None else limit)

    def close(self) -> None:
        """The content goes, on disk too. Safe to call twice."""
        self.finish()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None
        self._give_back()
        self._buffer = io.BytesIO()

    def __reduce__(self) -> tuple[Any, ...]:
        """It goes to another process with all that it holds."""
        return Spool.of, (self.bytes(),)

    def __del__(self) -> None:
        try:
            self.close()
        except (OSError, AttributeError, TypeError):
            return
