"""Object storage for a collection's closed WARC files: they go up once, never change, and are read by range.

The file system is one of fsspec's, handed in; nothing here knows which. Names are relative to the collection's folder
("archive/NAME"), and stand below the store's address as they stand below the collection's root.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from time import sleep
from typing import Any, Protocol, TypeVar

from msgspec import Struct, field

from archive.errors import StorageError, TearsheetError
from archive.ranges import Remote

PART = 16 * 1024 * 1024
"""What goes up in one piece of a file of more than two."""
TRIES = 6
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_HEAD = 64
_REMEMBERED = 10_000
_PIECE = 1 << 20
_WORDS = 300
_NO_BUCKET = "the bucket or folder is not there"
_ETAG = re.compile(r"[0-9a-f]{32}(-[0-9]{1,5})?\Z")
_SECRETS = re.compile(
    r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{8,}"
    r"|(?i:[\w-]*(?:signature|credential|x-amz-|authorization|awsaccesskeyid|secret|token|password)[\w-]*\s*[=:]\s*\S+)"
    r"|//[^\s@]+@"
)
# By their names, since their classes are those of libraries that nothing here may import.
_HOPELESS = frozenset({"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "ParamValidationError"})
T = TypeVar("T")


class Files(Protocol):
    """What is asked of an fsspec file system; safe in threads."""

    def info(self, path: str, **options: Any) -> dict[str, Any]: ...

    def ls(self, path: str, detail: bool = True, **options: Any) -> Any: ...

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes: ...

    def put_file(self, lpath: str, rpath: str, **options: Any) -> None: ...

    def pipe_file(self, path: str, value: bytes, **options: Any) -> None: ...

    def invalidate_cache(self, path: str | None = None) -> None: ...


class Connected(Struct, frozen=True):
    """A file system and where in it the store begins. `put` are options with which a file goes up in parts of `PART`
    bytes, where the file system knows such; `clear` does away with the parts that an upload of this path left behind
    when it was cut short. `bucket` is what has to be there for an empty listing to mean that there is nothing."""

    files: Files
    path: str
    put: Mapping[str, object] = field(default_factory=dict)
    clear: Callable[[str], None] = lambda path: None
    bucket: str = ""


class Object(Struct, frozen=True):
    """What the store tells of a file: `size` in bytes, `etag` "" where it has none that is a checksum."""

    size: int
    etag: str = ""


class ConflictError(StorageError):
    """Another file bears the name in the store."""


class _Broken(OSError):
    """An answer of the store that is not what it can be: asking again may help."""


class Waits(Struct, frozen=True):
    """How often a request is made, and the seconds between: growing, with chance in them."""

    tries: int = TRIES
    first: float = _FIRST_WAIT
    longest: float = _LONGEST_WAIT
    sleep: Callable[[float], None] = sleep


class Store:
    """Where a collection's files are besides, or instead. Nothing is connected before it is needed; safe in threads,
    and in forked processes, each of which connects for itself."""

    def __init__(
        self, url: str, collection: str, connect: Callable[[], Connected], *, keep_local: bool = True, waits: Waits
    ) -> None:
        self.url = url.rstrip("/")
        self.collection = collection
        self.keep_local = keep_local
        self._connect = connect
        self._waits = waits
        self._lock = Lock()
        self._process = 0
        self._connected: Connected | None = None
        self._heads: OrderedDict[str, tuple[int, bytes]] = OrderedDict()

    def address(self, name: str = "") -> str:
        """For people."""
        return f"{self.url}/collections/{self.collection}/{name}".rstrip("/")

    # ------------------------------------------------------------------------------------------------ asking

    def names(self, kind: str) -> dict[str, Object]:
        """All files in archive/ or quarantine/ of the store. Raises StorageError."""

        def ask() -> dict[str, Object]:
            connected = self._present()
            connected.files.invalidate_cache()
            try:
                # Not `find`, which takes a listing that fails for an empty one.
                found = connected.files.ls(self._path(connected, kind), detail=True)
            except FileNotFoundError:
                if connected.bucket:
                    connected.files.info(connected.bucket)
                return {}
            files = {info["name"].rpartition("/")[2]: _object(info) for info in found if info.get("type") == "file"}
            return {name: each for name, each in files.items() if name}

        return self._asked(kind, ask, missing=_NO_BUCKET)

    def look(self, name: str) -> Object | None:
        """What is there under the name now. Raises StorageError."""
        return self._asked(name, lambda: self._looked(name))

    def size(self, name: str) -> int:
        """In bytes. FileNotFoundError if it is not there; raises StorageError."""
        return self._head(name)[0]

    def open(self, name: str) -> Remote:
        """A reader by ranges. FileNotFoundError if it is not there; raises StorageError."""
        size, head = self._head(name)
        return Remote(lambda start, end: self._range(name, start, end), size, head)

    def get(self, name: str) -> bytes | None:
        """The whole of a small file; None if it is not there. Raises StorageError."""

        found = self.look(name)
        try:
            return self._range(name, 0, found.size) if found is not None else None
        except FileNotFoundError:
            return None

    # ------------------------------------------------------------------------------------------------ going up

    def put(self, path: Path, name: str, sha256: str = "", *, there: Object | None = None) -> None:
        """The file is in the store under its name, and holds what the local one does: that is so on return.

        Where it is there already, nothing is sent. `sha256` ("sha256:" and hex) is what the local file must be, if that
        is known; `there` spares the first look. Raises ConflictError where another file bears the name, which is left
        as it is, and StorageError.
        """
        own = digests_of(path)
        if sha256 and own.sha256 != sha256:
            raise StorageError(f"{path} is not what it was when it was closed, and is not taken to {self.url}")

        def send() -> None:
            connected = self._present()
            options: Mapping[str, Any] = {}
            if own.size >= 2 * PART:
                options = connected.put
                connected.clear(self._path(connected, name))
            try:
                connected.files.put_file(str(path), self._path(connected, name), mode="create", **options)
            except FileExistsError:
                # Somebody was faster, or an answer to us was lost: what is there will tell.
                return
            except OSError as error:
                if error.errno != errno.ENOSYS:
                    raise
                # A server that does not know "only if there is none": there was none a moment ago.
                connected.files.put_file(str(path), self._path(connected, name), **options)

        def ask() -> Object | None:
            found = self._looked(name)
            if found is None:
                send()
                found = self._looked(name)
                if found is None:
                    raise _Broken("the store does not have what it has just taken")
            return found

        found = there or self._asked(name, ask, missing=_NO_BUCKET)
        if found is None or not self._holds(name, found, own):
            raise ConflictError(
                f"{self.address(name)} is another file than {path}: neither is changed. Move one of them away"
            )

    def holds(self, path: Path, name: str) -> bool:
        """Whether what is there under the name now is what the local file is. Raises StorageError."""
        found = self.look(name)
        return found is not None and self._holds(name, found, digests_of(path))

    def write(self, name: str, data: bytes) -> None:
        """A small file that may change. Raises StorageError."""

        def send() -> None:
            connected = self._present()
            connected.files.pipe_file(self._path(connected, name), data)

        self._asked(name, send, missing=_NO_BUCKET)

    def _looked(self, name: str) -> Object | None:
        connected = self._present()
        connected.files.invalidate_cache()
        try:
            found = connected.files.info(self._path(connected, name))
        except FileNotFoundError:
            return None
        return _object(found) if found.get("type") == "file" else None

    def _holds(self, name: str, found: Object, own: Digests) -> bool:
        """Whether the store's file is ours: by its checksum where it tells one that we can make, else by its bytes."""
        if found.size != own.size:
            return False
        if found.etag and found.etag in own.etags:
            return True
        digest = hashlib.sha256()
        for start in range(0, found.size, PART):
            digest.update(self._range(name, start, min(start + PART, found.size)))
        return f"sha256:{digest.hexdigest()}" == own.sha256

    # ------------------------------------------------------------------------------------------------ requests

    def _head(self, name: str) -> tuple[int, bytes]:
        """A file's size and first bytes: closed files never change, so they are asked for once."""
        with self._lock:
            known = self._heads.get(name)
        if known is None:
            found = self.look(name)
            if found is None:
                raise FileNotFoundError(self.address(name))
            known = found.size, self._range(name, 0, min(_HEAD, found.size))
            with self._lock:
                self._heads[name] = known
                if len(self._heads) > _REMEMBERED:
                    self._heads.popitem(last=False)
        return known

    def _range(self, name: str, start: int, end: int) -> bytes:
        def ask() -> bytes:
            connected = self._present()
            data = connected.files.cat_file(self._path(connected, name), start=start, end=end)
            if len(data) != end - start:
                raise _Broken(f"{len(data)} bytes came instead of {end - start}")
            return data

        if start >= end:
            return b""
        return self._asked(name, ask)

    def _asked(self, name: str, action: Callable[[], T], missing: str = "") -> T:
        """Made again where that may help. FileNotFoundError passes, unless there are words for it."""
        from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

        waits = self._waits
        retrying = Retrying(
            stop=stop_after_attempt(waits.tries),
            wait=wait_random_exponential(multiplier=waits.first, min=waits.first, max=waits.longest),
            retry=retry_if_exception(_may_pass),
            sleep=waits.sleep,
            reraise=True,
        )
        try:
            return retrying(action)
        except FileNotFoundError as error:
            if not missing:
                raise
            raise StorageError(f"{self.address(name)}: {missing}") from error
        except TearsheetError:
            raise
        except Exception as error:
            # What such libraries raise has no common root. Their chain of causes could show what was asked, with keys.
            raise StorageError(f"{self.address(name)}: {harmless_words(error)}") from None

    def _present(self) -> Connected:
        with self._lock:
            if self._connected is None or self._process != os.getpid():
                self._connected, self._process = self._connect(), os.getpid()
            return self._connected

    def _path(self, connected: Connected, name: str) -> str:
        return f"{connected.path.rstrip('/')}/collections/{self.collection}/{name}"


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, (TearsheetError, FileNotFoundError, PermissionError, NotADirectoryError, TypeError)):
        return False
    return isinstance(error, Exception) and type(error).__name__ not in _HOPELESS


def harmless_words(error: BaseException) -> str:
    """What an error of a library says, in one bounded line, without what could be a key, a signature or a token."""
    words = _SECRETS.sub("***", " ".join(str(error).split()))[:_WORDS]
    return words or type(error).__name__


def _object(info: Mapping[str, Any]) -> Object:
    etag = str(info.get("ETag") or "").strip('"').lower()
    return Object(int(info.get("size") or 0), etag if _ETAG.match(etag) else "")


class Digests(Struct, frozen=True):
    """Of a local file: `etags` are what a store may call its checksum (MD5, or that of the MD5s of its parts)."""

    size: int
    sha256: str
    etags: frozenset[str]


def digests_of(path: Path) -> Digests:
    """Raises StorageError."""
    whole, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    parts: list[bytes] = []
    part = hashlib.md5(usedforsecurity=False)
    try:
        with path.open("rb") as file:
            while data := file.read(_PIECE):
                size += len(data)
                for digest in (whole, sha256, part):
                    digest.update(data)
                if size % PART == 0:
                    parts.append(part.digest())
                    part = hashlib.md5(usedforsecurity=False)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror or error}") from error
    if size % PART:
        parts.append(part.digest())
    joined = hashlib.md5(b"".join(parts), usedforsecurity=False).hexdigest()
    return Digests(size, f"sha256:{sha256.hexdigest()}", frozenset({whole.hexdigest(), f"{joined}-{len(parts)}"}))
