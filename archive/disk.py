"""The only way in which durable files are touched, so that tests can watch it or make it fail.

Every OSError of a change becomes a StorageError that names the file and the trouble. Reading does the same, but lets
FileNotFoundError through: that a file is not there is an answer.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO, Self, TypeVar

from archive import mounts
from archive.errors import StorageError

T = TypeVar("T")

_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EIO: "the disk failed",
    errno.EFBIG: "the file is larger than the file system allows",
}


def storage_error(error: OSError, path: Path) -> StorageError:
    """The StorageError that tells of `error` at `path` in words."""
    words = _WORDS.get(error.errno or 0) or error.strerror or str(error) or type(error).__name__
    return StorageError(f"{path}: {words}")


class told:
    """OSErrors inside become StorageErrors about `path`; FileNotFoundError passes if its absence is an answer."""

    __slots__ = ("_absent_is_answer", "_path")

    def __init__(self, path: Path, *, absent_is_answer: bool = False) -> None:
        self._path = path
        self._absent_is_answer = absent_is_answer

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and not (self._absent_is_answer and isinstance(error, FileNotFoundError)):
            raise storage_error(error, self._path) from error


class AppendFile:
    """A file that grows at its end. Nothing is buffered here: each write reaches the operating system."""

    def __init__(self, disk: Disk, path: Path, file: BinaryIO, size: int) -> None:
        self.path = path
        self._disk = disk
        self._file = file
        self._size = size

    def write(self, data: bytes) -> None:
        """Appends the whole of `data`. After a StorageError a part of it may stand in the file, see `truncate`."""
        view = memoryview(data)
        with told(self.path):
            while view:
                # The operating system may take less than it is given, with a disk that is almost full for instance.
                view = view[self._disk.seam("write", self.path, partial(self._take, view)) :]

    def _take(self, data: memoryview) -> int:
        taken = self._file.write(data)
        self._size += taken
        return taken

    def tell(self) -> int:
        """The file's length in bytes, as far as written through this handle."""
        return self._size

    def flush(self) -> None:
        """Hands over what Python holds back (nothing today)."""
        with told(self.path):
            self._disk.seam("flush", self.path, self._file.flush)

    def fsync(self) -> None:
        """Returns when the content is on the medium."""
        with told(self.path):
            self._disk.seam("fsync", self.path, lambda: os.fsync(self._file.fileno()))

    def truncate(self, size: int) -> None:
        """Cuts the file back to `size` bytes and goes on from there."""

        def cut() -> None:
            self._file.truncate(size)
            self._file.seek(size)
            self._size = size

        with told(self.path):
            self._disk.seam("truncate", self.path, cut)

    def close(self) -> None:
        with told(self.path):
            self._disk.seam("close", self.path, self._file.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Disk:
    """The real disk. A test's disk overrides `seam` (or a method) and raises OSError, or keeps a record."""

    def seam(self, operation: str, path: Path, action: Callable[[], T]) -> T:
        """Every operation passes here. `operation` is open, write, flush, fsync, truncate, close, fsync_dir, sync_all,
        rename, unlink, mkdir, read or list; of a rename `path` is the new name."""
        return action()

    def open_append(self, path: Path, *, new: bool = False) -> AppendFile:
        """The file, opened at its end. `new`: it must not exist yet; otherwise it must."""

        def start() -> tuple[BinaryIO, int]:
            file: BinaryIO = path.open("xb" if new else "r+b", buffering=0)
            return file, file.seek(0, os.SEEK_END)

        with told(path):
            file, size = self.seam("open", path, start)
        return AppendFile(self, path, file, size)

    def fsync_dir(self, folder: Path) -> None:
        """Returns when the folder's entries (new, renamed, removed files) are on the medium."""

        def sync() -> None:
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

        with told(folder):
            self.seam("fsync_dir", folder, sync)

    def sync_all(self, folder: Path) -> bool:
        """Returns when everything on the folder's file system is on the medium: a single request, however many files.
        False where the operating system knows none such, and nothing was done."""
        syncfs = _syncfs()
        if syncfs is None:
            return False

        def sync() -> None:
            handle = os.open(folder, os.O_RDONLY)
            try:
                syncfs(handle)
            finally:
                os.close(handle)

        with told(folder):
            self.seam("sync_all", folder, sync)
        return True

    def rename(self, old: Path, new: Path) -> None:
        """`new` is replaced if it exists."""
        with told(new):
            self.seam("rename", new, lambda: old.replace(new))

    def unlink(self, path: Path) -> None:
        """Removes the file; none there is fine."""
        with told(path):
            self.seam("unlink", path, lambda: path.unlink(missing_ok=True))

    def mkdir(self, folder: Path, *, durable: bool = True) -> None:
        """The folder and its parents, on the medium on return if `durable`; there already is fine."""
        with told(folder):
            new = [each for each in (folder, *folder.parents) if not each.exists()]
            if new or not folder.is_dir():
                self.seam("mkdir", folder, lambda: folder.mkdir(parents=True, exist_ok=True))
        for each in reversed(new) if durable else ():
            self.fsync_dir(each.parent)

    def write_atomic(self, path: Path, data: bytes) -> None:
        """The file holds `data` or what it held before, whatever happens; on the medium on return.

        The name on the way is hidden and ends in `.part`; the folder must exist.
        """
        part = path.with_name(f".{path.name[:80]}.{os.getpid()}.part")
        self.unlink(part)
        file = self.open_append(part, new=True)
        try:
            try:
                file.write(data)
                file.fsync()
            finally:
                file.close()
            self.rename(part, path)
        except BaseException:
            with suppress(StorageError):
                self.unlink(part)
            raise
        self.fsync_dir(path.parent)

    def listdir(self, folder: Path) -> list[str]:
        """The names in `folder`, sorted. FileNotFoundError if there is no such folder."""
        with told(folder, absent_is_answer=True):
            return self.seam("list", folder, lambda: sorted(entry.name for entry in folder.iterdir()))

    def exists(self, path: Path) -> bool:
        with told(path):
            return mounts.exists(path)

    def size(self, path: Path) -> int:
        """In bytes. FileNotFoundError if there is no such file."""
        with told(path, absent_is_answer=True):
            return mounts.size(path)

    def open_read(self, path: Path) -> BinaryIO:
        """A buffered reader; the caller closes it. FileNotFoundError if there is no such file."""
        with told(path, absent_is_answer=True):
            return self.seam("read", path, lambda: mounts.open_read(path))


@cache
def _syncfs() -> Callable[[int], None] | None:
    """Linux's syncfs(2), raising OSError; None elsewhere."""
    import ctypes

    try:
        call = ctypes.CDLL(None, use_errno=True).syncfs
    except (AttributeError, OSError, TypeError):
        return None

    def syncfs(handle: int) -> None:
        if call(handle) < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return syncfs
