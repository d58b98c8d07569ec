"""text/: the article's text and the JSON beside it, the newest under its plain name, earlier ones beside it.

Everything here can be made again from the WARC files, so files are not put on the medium one by one: `sync` does it
before the catalog says that a WARC file is done with.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from archive.derive import digest
from archive.disk import Disk
from archive.errors import StorageError

ENDINGS = (".txt", ".json")
_MOST_UNSYNCED = 5000
# More files than these go to the medium with all else on their file system: one wait in place of one for each.
_FEW = 8

Contents = tuple[bytes, bytes]
"""Of the text file and of the JSON file."""


class Texts:
    """The folder text/. Names are `<host>/<name>`, without ending."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        self._hosts: set[str] = set()
        self._unsynced: dict[Path, None] = {}

    def path(self, name: str, ending: str) -> Path:
        """Raises StorageError if that would lie anywhere but in this folder."""
        host, _, last = name.partition("/")
        if not host or not last or "/" in last or host.startswith(".") or last.startswith(".") or "\0" in name:
            raise StorageError(f"{self._folder}: {name!r} is no name for a text")
        return self._folder / host / (last + ending)

    def put(self, name: str, contents: Contents) -> None:
        """Both files hold this; each is replaced whole."""
        for ending, content in zip(ENDINGS, contents, strict=True):
            self._write(self.path(name, ending), content)

    def put_data(self, name: str, data: bytes) -> None:
        """The JSON file holds this; the text stays."""
        self._write(self.path(name, ENDINGS[1]), data)

    def move(self, name: str, new: str, digests: tuple[str, str], restore: Callable[[], Contents | None]) -> None:
        """What lies under `name` is under `new` from now on: files with these digests, else what `restore` gives
        (None: it cannot be had, and nothing is written).

        Does nothing where that is so already.
        """
        restored: Contents | None = None
        for number, ending in enumerate(ENDINGS):
            old_path, new_path = self.path(name, ending), self.path(new, ending)
            self._host(new)
            if self._holds(old_path, digests[number]):
                self._disk.rename(old_path, new_path)
                self._unsynced[new_path] = None
            elif not self._holds(new_path, digests[number]):
                restored = restored or restore()
                if restored is not None:
                    self._write(new_path, restored[number])

    def remove(self, name: str) -> None:
        for ending in ENDINGS:
            path = self.path(name, ending)
            self._unsynced.pop(path, None)
            self._disk.unlink(path)

    def read(self, name: str) -> bytes | None:
        """The text file's bytes; None if there is none."""
        path = self.path(name, ENDINGS[0])
        try:
            with self._disk.open_read(path) as file:
                return file.read()
        except FileNotFoundError:
            return None

    def sync(self) -> None:
        """Returns when all that was written is on the medium."""
        if len(self._unsynced) > _FEW and self._disk.sync_all(self._folder):
            self._unsynced.clear()
            return
        folders = set()
        for path in self._unsynced:
            if self._disk.exists(path):
                with self._disk.open_append(path) as file:
                    file.fsync()
            folders.add(path.parent)
        for folder in sorted(folders):
            self._disk.fsync_dir(folder)
        if folders:
            self._disk.fsync_dir(self._folder)
        self._unsynced.clear()

    def _write(self, path: Path, content: bytes) -> None:
        self._host(path.parent.name + "/" + path.name)
        part = path.with_name(f".{path.name[:60]}.{os.getpid()}.part")
        self._disk.unlink(part)
        with self._disk.open_append(part, new=True) as file:
            file.write(content)
        self._disk.rename(part, path)
        self._unsynced[path] = None
        if len(self._unsynced) >= _MOST_UNSYNCED:
            self.sync()

    def _host(self, name: str) -> None:
        """The host's folder is there, and is a folder of ours: a link could lead out."""
        host = name.partition("/")[0]
        if host in self._hosts:
            return
        folder = self._folder / host
        if folder.is_symlink() or self._folder.is_symlink():
            raise StorageError(f"{folder} is a symbolic link: texts are only written inside {self._folder}")
        self._disk.mkdir(folder, durable=False)
        self._hosts.add(host)

    def _holds(self, path: Path, wanted: str) -> bool:
        if path.is_symlink():
            return False
        try:
            with self._disk.open_read(path) as file:
                return digest(file.read()) == wanted
        except FileNotFoundError:
            return False
