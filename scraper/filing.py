"""Files for users, put in their places whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO

from archive.disk import told
from archive.errors import UsageError

_MODE = 0o666


@contextmanager
def written(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A new file that gets its name once all of it is on the medium; nothing is left of it where that fails.

    Raises UsageError for a folder, and for a file that is there unless `force` says to write over it; StorageError.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name a file")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already; --force writes over it")
    with _placed(path, None) as file:
        yield file


def replaced(path: Path, data: bytes) -> None:
    """The file at `path`, which a link may lead to, holds `data` from now on; its mode stays and, where we may, its
    owner. Raises StorageError; the file is then what it was."""
    with told(path):
        real = path.resolve(strict=True)
        before = real.stat()
    with _placed(real, before) as file:
        file.write(data)


def copied(path: Path, data: bytes, ending: str) -> Path:
    """A file beside `path` that holds `data`, its name that of `path` and `ending`; with a number where another file
    has that name. Raises StorageError."""
    names = (path.with_name(f"{path.name}{ending}{f'.{n}' if n else ''}") for n in count())
    for name in names:
        with told(name):
            if name.is_file() and not name.is_symlink() and name.read_bytes() == data:
                return name
            if name.exists() or name.is_symlink():
                continue
            before = path.stat()
        with _placed(name, before) as file:
            file.write(data)
        return name
    raise AssertionError("there is always a further number")


@contextmanager
def _placed(path: Path, like: os.stat_result | None) -> Iterator[BinaryIO]:
    with told(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:60]}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with told(path), open(handle, "wb") as file:  # noqa: PTH123 - pathlib opens no handles
            yield file
            file.flush()
            _like(handle, like)
            os.fsync(handle)
        with told(path):
            part.replace(path)
            _sync(path.parent)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _like(handle: int, like: os.stat_result | None) -> None:
    if like is None:
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(handle, _MODE & ~mask)
        return
    with suppress(PermissionError):
        os.fchown(handle, like.st_uid, like.st_gid)
    os.fchmod(handle, stat.S_IMODE(like.st_mode))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
