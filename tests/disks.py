"""Disks for tests: one that keeps a record of what was done to it, one that fails on demand."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from archive.disk import AppendFile, Disk

T = TypeVar("T")

CHANGES = frozenset(
    {"open", "write", "flush", "fsync", "truncate", "fsync_dir", "sync_all", "rename", "unlink", "mkdir"}
)


@dataclass
class RecordingDisk(Disk):
    """`log` holds (operation, file name) in order, `close`, `read` and `list` left out. A test may add marks."""

    log: list[tuple[str, str]] = field(default_factory=list)

    def seam(self, operation: str, path: Path, action: Callable[[], T]) -> T:
        done = action()
        if operation in CHANGES:
            self.log.append((operation, path.name))
        return done

    def mark(self, what: str, name: str = "") -> None:
        self.log.append((what, name))


class QuickDisk(Disk):
    """Does not wait for the medium: for tests that ask about content alone."""

    def seam(self, operation: str, path: Path, action: Callable[[], T]) -> T:
        return None if operation in ("fsync", "fsync_dir", "sync_all") else action()  # type: ignore[return-value]


@dataclass
class FailingDisk(Disk):
    """The change with the number `fail_at` (from 0) fails with `error`, and so do all later ones if `stays`.

    A failing write puts `cut` bytes of its data down first. `spared` are operations that never fail and are not
    counted. `changes` counts the changes that were asked for.
    """

    fail_at: int = -1
    error: int = errno.ENOSPC
    stays: bool = True
    cut: int = 0
    spared: frozenset[str] = frozenset()
    changes: int = 0

    def seam(self, operation: str, path: Path, action: Callable[[], T]) -> T:
        if operation in CHANGES - self.spared:
            number, self.changes = self.changes, self.changes + 1
            if 0 <= self.fail_at <= number and (self.stays or number == self.fail_at):
                if operation == "write" and self.cut and number == self.fail_at:
                    self._write_a_part(path, action)
                raise OSError(self.error, os.strerror(self.error), str(path))
        return action()

    def _write_a_part(self, path: Path, action: Callable[[], object]) -> None:
        action()
        os.truncate(path, max(0, path.stat().st_size - max(0, self._last - self.cut)))

    _last: int = 0

    def open_append(self, path: Path, *, new: bool = False) -> AppendFile:
        file = super().open_append(path, new=new)
        return _Watched(self, path, file)


class _Watched(AppendFile):
    """Tells its disk how long the write is that comes next."""

    def __init__(self, disk: FailingDisk, path: Path, file: AppendFile) -> None:
        super().__init__(disk, path, file._file, file.tell())
        self._failing = disk

    def write(self, data: bytes) -> None:
        self._failing._last = len(data)
        super().write(data)
