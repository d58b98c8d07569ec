"""A file that is somewhere else, read by ranges."""

from __future__ import annotations

from collections.abc import Callable
from io import SEEK_CUR, SEEK_END, RawIOBase, UnsupportedOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LEAST, _MOST = 64 * 1024, 8 * 1024 * 1024


class Remote(RawIOBase):
    """A file that is read by ranges. Reads on from where the last one ended ask for ever more at a time, so that a look
    at one record costs little and a walk through a file few requests. Raises StorageError."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int, head: bytes) -> None:
        self._fetch = fetch
        self._size = size
        self._head = head
        self._at = 0
        self._held, self._held_at = b"", 0
        self._ahead = _LEAST

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        base = {SEEK_CUR: self._at, SEEK_END: self._size}.get(whence, 0)
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def fileno(self) -> int:
        raise UnsupportedOperation("a file in a store has no number with the operating system")

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, self._size - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        data = self.pread(wanted, self._at)
        self._at += len(data)
        return data

    def readall(self) -> bytes:
        return self.read(-1)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def pread(self, size: int, at: int) -> bytes:
        """`size` bytes from there, or as many as there are; the place of the next `read` stays."""
        end = min(at + size, self._size)
        if at >= end:
            return b""
        if end <= len(self._head):
            return self._head[at:end]
        held_end = self._held_at + len(self._held)
        if self._held_at <= at and end <= held_end:
            return self._held[at - self._held_at : end - self._held_at]
        kept = b""
        if self._held and self._held_at <= at <= held_end:
            kept = self._held[at - self._held_at :]
            self._ahead = min(_MOST, 2 * self._ahead)
        elif self._held:
            self._ahead = _LEAST
        start = at + len(kept)
        fetched = self._fetch(start, min(max(end, start + self._ahead), self._size))
        self._held, self._held_at = kept + fetched, at
        return self._held[: end - at]
