"""WACZ files (WACZ 1.1.1): a zip, nothing in it deflated, with WARC files, their index, a list of pages, and digests.

A whole collection goes in with its closed WARC files to the byte (`whole.py`), so that its index stays true. What the
manifest says of a file since it was closed the export says of it, and a file that is no longer so is not passed on. Of
some pages the groups' records are copied, member by member, into WARC files of the export's own (`subset.py`). Nothing
takes the lock: whatever is closed can be exported beside a run. What a `pack` moves meanwhile is looked up anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from archive import manifest, mounts, pages
from archive.collection import Collection
from archive.disk import Disk, told
from archive.errors import DamageError, StorageError, WarcError
from archive.models import PageRow
from archive.rows import ARCHIVE, iso
from archive.storedzip import CutError, StoredZip
from archive.sums import Sums
from archive.warc.writer import OPEN

VERSION = "1.1.1"
BLOCK_LINES = 3000
LARGE = 256 * 1024 * 1024
INDEX, BLOCKS = "index.cdx.gz", "index.idx"
_ATTEMPTS = 3
_PIECE = 1 << 20


class Export(Struct, frozen=True):
    """What is asked for. `page_ids` None is the whole collection. `size` is at most how many bytes a WARC file of a
    subset gets before the next is begun. `prefix` and `host` are those of such a file's name."""

    title: str
    software: str
    time: datetime
    page_ids: frozenset[str] | None = None
    prefix: str = "tearsheet"
    host: str = "localhost"
    size: int = 1_000_000_000


class Made(Struct, frozen=True):
    """What came of it; `size` in bytes, `digest` is `sha256:` and hex of its datapackage.json, which holds the
    digests of all else. `open_files` were left out since a run still writes them."""

    path: Path
    size: int
    digest: str
    pages: int
    captures: int
    warc_files: int
    open_files: int


class Moved(Exception):
    """A file that was to be copied was joined to others meanwhile."""


class Warc(Struct, frozen=True):
    """A WARC file of an export: `size` bytes of `path` as they are, of which `known` was said when it was closed, or
    `pieces` that come to `size`."""

    name: str
    size: int = 0
    pieces: Iterable[bytes] = ()
    path: Path | None = None
    known: manifest.Entry | None = None


class Content(Struct, frozen=True):
    """What an export holds besides its digests: WARC files, index lines in order, lines of the pages list. All
    are taken in this order, each once."""

    warcs: Iterable[Warc]
    lines: Iterable[bytes]
    pages: Iterable[bytes]
    main: PageRow | None = None


def export(collection: Collection, wish: Export, target: Path, *, tell: Callable[[str], None] = lambda _: None) -> Made:
    """Writes the file and gives what is in it; `target` is replaced, once all is written and on the medium.

    Raises NotKeptError where nothing that is closed is to be exported, StorageError and WarcError.
    """
    for left in reversed(range(_ATTEMPTS)):
        try:
            return _export(collection, wish, target, tell)
        except Moved:
            if left:
                tell("files were joined meanwhile: starting over")
        except WarcError as error:
            if mounts.exists(collection.path / ARCHIVE / error.name) or not left:
                raise
            tell("files were joined meanwhile: starting over")
    raise StorageError(f"{collection.path}: files are being joined (tearsheet pack): export it after that")


def _export(collection: Collection, wish: Export, target: Path, tell: Callable[[str], None]) -> Made:
    closed = collection.closed_files()
    open_files = _open_files(collection.path / ARCHIVE)
    with ExitStack() as stack:
        if wish.page_ids is None:
            from archive.whole import whole

            content = whole(collection, closed, stack, tell)
        else:
            from archive.subset import subset

            content = subset(collection, wish, closed, stack, target.parent, tell)
        part = stack.enter_context(_part(target))
        with told(part):
            file = stack.enter_context(part.open("x+b"))
            written = write(file, content, wish)
            file.flush()
            os.fsync(file.fileno())
            size = file.seek(0, os.SEEK_END)
        disk = Disk()
        disk.rename(part, target)
        disk.fsync_dir(target.parent)
    return Made(target, size, written.digest, written.pages, written.captures, written.warc_files, open_files)


@contextmanager
def _part(target: Path) -> Iterator[Path]:
    """The name on the way; whatever bears it afterwards is removed."""
    part = target.with_name(target.name + ".tmp")
    with told(part):
        part.unlink(missing_ok=True)
        try:
            yield part
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _open_files(folder: Path) -> int:
    with suppress(FileNotFoundError):
        return sum(path.name.endswith(OPEN) for path in folder.iterdir())
    return 0


# ------------------------------------------------------------------------------------------------------- the zip


class Written(Struct, frozen=True):
    """How much is in a file that was written, and the digest of its datapackage.json."""

    captures: int
    pages: int
    warc_files: int
    digest: str


class _Resources:
    """The files in the zip, and what is to be said of them."""

    def __init__(self, zip: StoredZip) -> None:
        self.said: list[dict[str, object]] = []
        self.size = 0
        self._zip = zip

    def add(self, path: str, pieces: Iterable[bytes], *, large: bool = False) -> str:
        """With `large` the pieces may come to any number of bytes. Gives their digest."""
        sums = self._zip.add(path, pieces, large=large)
        self._say(path, sums.size, sums.sha256)
        return sums.sha256

    def add_warc(self, warc: Warc) -> None:
        path = f"archive/{warc.name}"
        if warc.path is None:
            self.add(path, warc.pieces, large=warc.size > LARGE)
            return
        try:
            source = mounts.open_read(warc.path, buffering=0)
        except FileNotFoundError as error:
            raise Moved from error
        with source:
            size, known = mounts.length(source), warc.known
            if known is not None and known.size != size:
                raise _rotten(warc.path)
            sums = self._copied(path, source, size, warc)
            if known is not None and (known.crc32 or sums.crc32, sums.sha256 or known.sha256) != (
                sums.crc32,
                known.sha256,
            ):
                raise _rotten(warc.path)
        self._say(path, size, sums.sha256 or (known.sha256 if known is not None else ""))

    def _copied(self, path: str, source: BinaryIO, size: int, warc: Warc) -> Sums:
        assert warc.path is not None
        if not mounts.is_here(source):
            source.seek(0)
            return self._zip.add(path, iter(partial(source.read, _PIECE), b""), large=size > LARGE)
        try:
            known = warc.known
            return self._zip.copy(path, source.fileno(), size, with_digest=known is None or not known.crc32)
        except CutError as error:
            raise _rotten(warc.path) from error

    def _say(self, path: str, size: int, digest: str) -> None:
        self.size += size
        self.said.append({"name": path.rpartition("/")[2], "path": path, "hash": digest, "bytes": size})


def _rotten(path: Path) -> DamageError:
    return DamageError(f"{path} is no longer what it was when it was closed: tearsheet verify tells more")


def write(file: BinaryIO, content: Content, wish: Export) -> Written:
    """The whole file."""
    warcs = 0
    with StoredZip(file, wish.time) as zip:
        made = _Resources(zip)
        for warc in content.warcs:
            made.add_warc(warc)
            warcs += 1
        blocks = Blocks(content.lines)
        # How large these get is not known before: a small part of what they are made of, which is compressed.
        large = made.size > LARGE
        made.add(f"indexes/{INDEX}", blocks, large=large)
        made.add(f"indexes/{BLOCKS}", [blocks.index()])
        listed = Counted(content.pages)
        made.add("pages/pages.jsonl", _with_header(listed), large=large)
        package = json.dumps(_package(made.said, content.main, wish), ensure_ascii=False, indent=2).encode()
        digest = made.add("datapackage.json", [package])
        proof = json.dumps({"path": "datapackage.json", "hash": digest}, indent=2).encode()
        made.add("datapackage-digest.json", [proof])
    return Written(blocks.lines, listed.count, warcs, digest)


def _package(resources: list[dict[str, object]], main: PageRow | None, wish: Export) -> dict[str, object]:
    time = iso(wish.time)
    first = {"mainPageUrl": main.final_url, "mainPageDate": iso(main.captured_at)} if main is not None else {}
    return {
        "profile": "data-package",
        "wacz_version": VERSION,
        "title": wish.title,
        "created": time,
        "modified": time,
        "software": wish.software,
        **first,
        "resources": list(resources),
    }


class Blocks:
    """Index lines in gzip members of `BLOCK_LINES` lines each (ZipNum), and the index of these."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.lines = 0
        self._from = lines
        self._index: list[bytes] = []
        self._offset = 0

    def __iter__(self) -> Iterator[bytes]:
        held: list[bytes] = []
        for line in self._from:
            held.append(line)
            if len(held) == BLOCK_LINES:
                yield self._block(held)
                held = []
        if held:
            yield self._block(held)

    def _block(self, lines: list[bytes]) -> bytes:
        packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
        data = packer.compress(b"".join(lines)) + packer.flush()
        where = {
            "offset": self._offset,
            "length": len(data),
            "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
            "filename": INDEX,
        }
        self._index.append(lines[0].partition(b" {")[0] + b" " + json.dumps(where).encode("ascii") + b"\n")
        self._offset += len(data)
        self.lines += len(lines)
        return data

    def index(self) -> bytes:
        """To be asked when all blocks were taken."""
        head = json.dumps({"format": "cdxj-gzip-1.0", "filename": INDEX}, separators=(",", ":"))
        return b"!meta 0 " + head.encode("ascii") + b"\n" + b"".join(self._index)


class Counted:
    def __init__(self, lines: Iterable[bytes]) -> None:
        self.count = 0
        self._lines = lines

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.count += 1
            yield line


def _with_header(lines: Iterable[bytes]) -> Iterator[bytes]:
    yield pages.HEADER
    yield from lines
