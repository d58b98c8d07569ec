"""WACZ files of any tool (WACZ 1.1.1): which WARC files are in one, which pages it lists, whether its digests hold."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from msgspec import Struct

from archive.disk import storage_error
from archive.errors import DamageError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PACKAGE, DIGEST = "datapackage.json", "datapackage-digest.json"
ARCHIVED, PAGES = "archive/", "pages/"
_PIECE = 1 << 20
_MOST_JSON = 64 << 20
_MOST_PAGES = 1_000_000
_ENCRYPTED = 0x1
_LOCAL_HEAD = 30
_MOST_TIMES_BACK = 20


_BROKEN = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
    KeyError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)


@contextmanager
def _told(path: Path, where: str) -> Iterator[None]:
    """What a broken zip brings zipfile to is damage; what the disk does is not."""
    try:
        yield
    except _BROKEN as error:
        raise DamageError(f"{where}: {error}") from error
    except OSError as error:
        if error.errno in (None, errno.EINVAL):
            raise DamageError(f"{where}: {error}") from error
        raise storage_error(error, path) from error


def _read(file: IO[bytes], path: Path, where: str) -> bytes:
    with _told(path, where):
        return file.read(_PIECE)


class ListedPage(Struct, frozen=True):
    """A line of the pages list; `time` as it stands there."""

    url: str
    time: str


class Resource(Struct, frozen=True):
    """What datapackage.json says of a file: digest and size in bytes, None where it does not."""

    path: str
    hash: str
    size: int | None


class _Stretch(io.RawIOBase):
    """Bytes of a file from `start` on, as a file of their own, which it closes."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")[: max(0, self._size - self._at)]
        self._file.seek(self._start + self._at)
        data = self._file.read(len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Unpacked(io.RawIOBase):
    """A packed file of the zip, as one that can be sought in. To go back is to unpack it from its beginning, so that it
    is not done without end."""

    def __init__(self, file: IO[bytes], size: int, path: Path, where: str) -> None:
        self._file = file
        self._size = size
        self._path = path
        self._where = where
        self._left = _MOST_TIMES_BACK

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._file.tell(), os.SEEK_END: self._size}[whence]
        to = max(0, base + offset)
        if to < self._file.tell():
            self._left -= 1
            if self._left < 0:
                raise DamageError(f"{self._where}: it is damaged in too many places to be read on while it is packed")
        with _told(self._path, self._where):
            return self._file.seek(to)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        with _told(self._path, self._where):
            data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


class Wacz:
    """An open WACZ file. Raises DamageError where it is none, or lacks what makes it one. To be closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []
        self.signed = False
        self.resources: tuple[Resource, ...] = ()
        with _told(path, f"{path.name} is no WACZ file"):
            self._zip = zipfile.ZipFile(path)
        try:
            self.resources = tuple(self._read_package())
            self.digests = {resource.path: resource.hash for resource in self.resources}
            if not self.entries():
                raise DamageError(f"{path.name} is no WACZ file: it holds no file in {ARCHIVED}")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._zip.close()

    def entries(self) -> list[str]:
        """The names of the files in archive/, in order."""
        return sorted(
            name for name in self._zip.namelist() if name.startswith(ARCHIVED) and not name.endswith(("/", ".cdx"))
        )

    def names(self) -> list[str]:
        """Of all files in the zip, in its order."""
        return self._zip.namelist()

    def is_packed(self, name: str) -> bool:
        return self._zip.getinfo(name).compress_type != zipfile.ZIP_STORED

    def stretch(self, name: str) -> BinaryIO:
        """One file as it lies in the zip, to be sought in and closed. Raises DamageError where the zip is damaged, and
        so does reading."""
        where = f"{self.path.name}, {name}"
        with _told(self.path, where):
            info = self._zip.getinfo(name)
            if info.flag_bits & _ENCRYPTED:
                raise DamageError(f"{where}: it is encrypted")
            opened = self._zip.open(info)
        if self.is_packed(name):
            return io.BufferedReader(_Unpacked(opened, info.file_size, self.path, where), _PIECE)
        opened.close()
        file = self.path.open("rb")
        file.seek(info.header_offset)
        head = file.read(_LOCAL_HEAD)
        start = info.header_offset + _LOCAL_HEAD + sum(struct.unpack("<HH", head[26:30]))
        return io.BufferedReader(_Stretch(file, start, info.file_size), _PIECE)

    def size(self, name: str) -> int:
        """How many bytes a file has, unpacked; more are never given."""
        return self._zip.getinfo(name).file_size

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of one file. Raises DamageError where the zip is damaged."""
        where = f"{self.path.name}, {name}"
        with _told(self.path, where):
            info = self._zip.getinfo(name)
            if info.flag_bits & _ENCRYPTED:
                raise DamageError(f"{where}: it is encrypted")
            file = self._zip.open(info)
        with file:
            while piece := _read(file, self.path, where):
                yield piece

    def pages(self) -> list[ListedPage]:
        """All pages that the lists name. What of them cannot be read is in `problems`."""
        found: list[ListedPage] = []
        for name in sorted(self._zip.namelist()):
            if not name.startswith(PAGES) or not name.endswith(".jsonl"):
                continue
            self.check(name, "sha256:" + hashlib.sha256(data := self._small(name)).hexdigest())
            for number, line in enumerate(data.splitlines(), start=1):
                if not line.strip() or len(found) >= _MOST_PAGES:
                    continue
                try:
                    fields = json.loads(line)
                    if "url" in fields:
                        found.append(ListedPage(str(fields["url"]), str(fields.get("ts", ""))))
                except (ValueError, TypeError, RecursionError):
                    self.problems.append(f"{name}, line {number}: it cannot be read")
        return found

    def check(self, name: str, sha256: str) -> None:
        """A file that is not what datapackage.json says goes into `problems`."""
        said = self.digests.get(name)
        if said is None:
            self.problems.append(f"{name}: {PACKAGE} does not name it")
        elif said.startswith("sha256:") and said != sha256:
            self.problems.append(f"{name}: it is not what {PACKAGE} says ({said})")

    def _read_package(self) -> Iterator[Resource]:
        if PACKAGE not in self._zip.namelist():
            raise DamageError(f"{self.path.name} is no WACZ file: it holds no {PACKAGE}")
        data = self._small(PACKAGE)
        package = self._json(PACKAGE, data)
        resources = package.get("resources")
        if not isinstance(resources, list):
            raise DamageError(f"{self.path.name} is no WACZ file: {PACKAGE} names no resources")
        if DIGEST in self._zip.namelist():
            proof = self._json(DIGEST, self._small(DIGEST))
            if proof.get("hash") != "sha256:" + hashlib.sha256(data).hexdigest():
                self.problems.append(f"{PACKAGE}: it is not what {DIGEST} says ({proof.get('hash')})")
            if proof.get("path") != PACKAGE:
                self.problems.append(f"{DIGEST}: it tells of {proof.get('path')}, not of {PACKAGE}")
            self.signed = "signedData" in proof
        for each in resources:
            if isinstance(each, dict) and isinstance(each.get("path"), str):
                size = each.get("bytes")
                yield Resource(each["path"], str(each.get("hash", "")), size if isinstance(size, int) else None)

    def _json(self, name: str, data: bytes) -> dict[str, Any]:
        try:
            values = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise DamageError(f"{self.path.name}, {name}: it cannot be read ({error})") from error
        if not isinstance(values, dict):
            raise DamageError(f"{self.path.name}, {name}: it holds no object")
        return values

    def _small(self, name: str) -> bytes:
        pieces, size = [], 0
        for piece in self.pieces(name):
            pieces.append(piece)
            size += len(piece)
            if size > _MOST_JSON:
                raise DamageError(f"{self.path.name}, {name}: it is larger than {_MOST_JSON} bytes")
        return b"".join(pieces)


def is_zip(path: Path) -> bool:
    """By its first bytes."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError as error:
        raise storage_error(error, path) from error
