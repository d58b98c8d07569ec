"""One writer at a time: a lock that dies with its process."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Self

from archive.disk import storage_error
from archive.errors import LockedError, StorageError

_HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})


class Lock:
    """An exclusive lock on a file that stays; its content is the holder's process id, for people."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> Self:
        """Raises LockedError at once if another process (or another Lock of this one) holds it, StorageError if the
        file cannot be made or its file system has no locks."""
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise storage_error(error, self._path) from error
        try:
            self._take(handle)
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        return self

    def _take(self, handle: int) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _HELD:
                raise LockedError(f"another run{_holder(handle)} holds the collection {self._path.parent}") from None
            raise StorageError(
                f"{self._path}: the file system cannot lock files ({error.strerror}), so two runs could write at once"
            ) from error
        # The lock holds without it: the number only tells people whom to look for.
        with suppress(OSError):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Safe to call twice."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _holder(handle: int) -> str:
    try:
        written = os.pread(handle, 32, 0).strip()
    except OSError:
        return ""
    return f" (process {int(written)})" if written.isdigit() else ""
