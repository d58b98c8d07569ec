"""Which collections have object storage beside their folder, and WARC files read from wherever they are.

As file systems are mounted for a machine, stores are for a process: a path in archive/ or quarantine/ then names a file
that is here, or one that is in the store alone. So whatever reads WARC files need not know of stores. A local file
always counts first.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from archive.errors import UsageError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from archive.ranges import Remote
    from archive.store import Object, Store

# Every reader of files imports this module: it imports none of them.
KINDS = ("archive", "quarantine")
_OPEN = ".open"
_THREADS = 8
_mounted: dict[Path, Store] = {}


def mount(folder: Path, store: Store) -> None:
    """The store of the collection in `folder`, from now on."""
    _mounted[folder.absolute()] = store


def unmount(folder: Path) -> None:
    _mounted.pop(folder.absolute(), None)


@contextmanager
def mounted(folder: Path, store: Store) -> Iterator[Store]:
    mount(folder, store)
    try:
        yield store
    finally:
        unmount(folder)


def store_of(folder: Path) -> Store | None:
    """That of the collection in `folder`."""
    return _mounted.get(folder.absolute()) if _mounted else None


def refuse(folder: Path, command: str) -> None:
    """Raises UsageError where the collection has a store: a command that changes closed files would act here alone."""
    store = store_of(folder)
    if store is not None:
        raise UsageError(
            f"{command} changes closed files, and those of this collection are in {store.url}, where none ever "
            f"changes. Copy {store.address()} into a folder collections/{store.collection} of another root, and do it "
            "there with a config without [archive] store; then name an empty place as the store: the next run takes "
            "all files there. A file that is damaged here alone may be removed: it is read from the store then"
        )


def stored(kind_folder: Path) -> dict[str, Object]:
    """What the store has of archive/ or quarantine/, by name; nothing where there is none. Raises StorageError."""
    store = store_of(kind_folder.parent)
    return store.names(kind_folder.name) if store is not None else {}


def _remote(path: Path) -> tuple[Store, str] | None:
    if not _mounted or path.parent.name not in KINDS:
        return None
    store = store_of(path.parent.parent)
    return (store, f"{path.parent.name}/{path.name}") if store is not None else None


def open_read(path: Path, buffering: int = -1) -> BinaryIO:
    """The WARC file, here or in the store. FileNotFoundError if it is in neither; OSError and StorageError."""
    try:
        return path.open("rb", buffering=buffering)
    except FileNotFoundError:
        remote = _remote(path)
        if remote is None:
            raise
    return cast("BinaryIO", remote[0].open(remote[1]))


def size(path: Path) -> int:
    """In bytes; raises as `open_read` does."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        remote = _remote(path)
        if remote is None:
            raise
    return remote[0].size(remote[1])


def exists(path: Path) -> bool:
    """Raises StorageError where the store does not say."""
    if path.exists():
        return True
    try:
        size(path)
    except OSError:
        return False
    return True


def placed(path: Path) -> Path:
    """Where a WARC file of this final name is read: it may still bear `.open` here. The store is not asked."""
    if path.exists():
        return path
    opened = path.with_name(path.name + _OPEN)
    return opened if opened.exists() or _remote(path) is None else path


def is_here(file: BinaryIO) -> bool:
    """Whether what `open_read` gave is a file of the operating system."""
    return _ranged(file) is None


def pread(file: BinaryIO, size: int, at: int) -> bytes:
    """As `os.pread`, of what `open_read` gave."""
    remote = _ranged(file)
    return remote.pread(size, at) if remote is not None else os.pread(file.fileno(), size, at)


def length(file: BinaryIO) -> int:
    """The size in bytes of what `open_read` gave."""
    return os.fstat(file.fileno()).st_size if is_here(file) else file.seek(0, os.SEEK_END)


def _ranged(file: BinaryIO) -> Remote | None:
    if not _mounted:
        return None
    from archive.ranges import Remote

    return file if isinstance(file, Remote) else None


def readers(files: Iterable[Path], workers: int) -> Executor:
    """Where WARC files are read side by side: in processes, or in threads if any of them is in a store alone. What
    speaks to stores has threads of its own, with which a process cannot be forked safely, and waits more than it
    works."""
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    from multiprocessing import get_context

    if _mounted and not all(path.exists() for path in files):
        return ThreadPoolExecutor(max(workers, _THREADS), thread_name_prefix="store-reader")
    return ProcessPoolExecutor(workers, get_context("fork"))
