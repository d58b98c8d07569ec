"""WACZ files (WACZ 1.1.1): a zip, nothing in it deflated, with WARC files, their index, a list of pages, and digests.

A whole collection goes in with its closed WARC files to the byte, so that its index stays true. Of some pages the
groups' records are copied, member by member, into WARC files of the export's own (`archive/subset.py`). Nothing takes
the lock: whatever is closed can be exported beside a run. What a `pack` moves meanwhile is looked up anew.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from archive import article as articles
from archive import cdxj, pages
from archive.collection import Collection
from archive.disk import Disk, told
from archive.errors import DamageError, NotKeptError, StorageError, WarcError
from archive.models import PageRow
from archive.rows import ARCHIVE, iso
from archive.tiers import Tiers
from archive.warc.writer import OPEN

VERSION = "1.1.1"
BLOCK_LINES = 3000
LARGE = 256 * 1024 * 1024
INDEX, BLOCKS = "index.cdx.gz", "index.idx"
_PIECE = 1 << 20
_ATTEMPTS = 3


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
    """What came of it; `size` in bytes, `digest` is `sha256:` and hex of the whole file. `open_files` were left out
    since a run still writes them."""

    path: Path
    size: int
    digest: str
    pages: int
    captures: int
    warc_files: int
    open_files: int


class Moved(Exception):
    """A file that was to be copied was joined to others meanwhile."""


class Content(Struct, frozen=True):
    """What an export holds besides its digests: WARC files with their sizes and bytes, index lines in order, lines of
    the pages list. Taken in this order, each once."""

    warcs: Iterable[tuple[str, int, Iterable[bytes]]]
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
            if (collection.path / ARCHIVE / error.name).exists() or not left:
                raise
            tell("files were joined meanwhile: starting over")
    raise StorageError(f"{collection.path}: files are being joined (tearsheet pack): export it after that")


def _export(collection: Collection, wish: Export, target: Path, tell: Callable[[str], None]) -> Made:
    closed = collection.closed_files()
    open_files = _open_files(collection.path / ARCHIVE)
    with ExitStack() as stack:
        if wish.page_ids is None:
            content = _whole(collection, closed, stack, tell)
        else:
            from archive.subset import subset

            content = subset(collection, wish, closed, stack, target.parent, tell)
        part = stack.enter_context(_part(target))
        file = stack.enter_context(part.open("x+b"))
        captures, listed, warcs = write(file, content, wish)
        with told(part):
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
            digest = _digest(file)
        disk = Disk()
        disk.rename(part, target)
        disk.fsync_dir(target.parent)
    return Made(target, size, digest, listed, captures, warcs, open_files)


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


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    found = hashlib.sha256()
    while piece := file.read(_PIECE):
        found.update(piece)
    return f"sha256:{found.hexdigest()}"


def _open_files(folder: Path) -> int:
    with suppress(FileNotFoundError):
        return sum(path.name.endswith(OPEN) for path in folder.iterdir())
    return 0


# ------------------------------------------------------------------------------------------------------- the zip


class Zip:
    """A stored zip that remembers what went into it."""

    def __init__(self, file: BinaryIO, time: datetime) -> None:
        self.resources: list[dict[str, object]] = []
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True)
        at = time.astimezone(UTC)
        self._time = (max(1980, at.year), at.month, at.day, at.hour, at.minute, at.second)

    def add(self, path: str, pieces: Iterable[bytes], size: int = 0, *, large: bool = False) -> str:
        """`size` is how many bytes the pieces come to, as far as that is known; with `large` it may be any number.
        Gives their digest."""
        info = zipfile.ZipInfo(path, self._time)
        info.external_attr = 0o644 << 16
        # Tells the zip in advance whether sizes need 64 bits.
        info.file_size = size
        digest = hashlib.sha256()
        count = 0
        with self._zip.open(info, "w", force_zip64=large) as entry:
            for piece in pieces:
                digest.update(piece)
                entry.write(piece)
                count += len(piece)
        named = f"sha256:{digest.hexdigest()}"
        self.resources.append({"name": path.rpartition("/")[2], "path": path, "hash": named, "bytes": count})
        return named

    def close(self) -> None:
        self._zip.close()


def write(file: BinaryIO, content: Content, wish: Export) -> tuple[int, int, int]:
    """The whole file. Gives how many captures, pages and WARC files are in it."""
    made = Zip(file, wish.time)
    warcs = 0
    for name, size, pieces in content.warcs:
        made.add(f"archive/{name}", pieces, size)
        warcs += 1
    blocks = Blocks(content.lines)
    # How large these get is not known before: a small part of what they are made of, which is compressed.
    large = sum(int(str(each["bytes"])) for each in made.resources) > LARGE
    made.add(f"indexes/{INDEX}", blocks, large=large)
    made.add(f"indexes/{BLOCKS}", [blocks.index()])
    listed = Counted(content.pages)
    made.add("pages/pages.jsonl", _with_header(listed), large=large)
    package = json.dumps(_package(made.resources, content.main, wish), ensure_ascii=False, indent=2).encode()
    digest = made.add("datapackage.json", [package], len(package))
    proof = json.dumps({"path": "datapackage.json", "hash": digest}, indent=2).encode()
    made.add("datapackage-digest.json", [proof], len(proof))
    made.close()
    return blocks.lines, listed.count, warcs


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


# ------------------------------------------------------------------------------------------------------- all of it


def _whole(collection: Collection, closed: frozenset[str], stack: ExitStack, tell: Callable[[str], None]) -> Content:
    if not closed:
        raise NotKeptError(f"{collection.path} holds no closed WARC file yet: there is nothing to export")
    folder = collection.path / ARCHIVE
    listed = collection.path / "pages" / pages.NAME
    return Content(
        warcs=_files(folder, sorted(closed), tell),
        lines=_all_lines(collection, closed, stack),
        pages=_all_pages(collection, listed, closed),
    )


def _files(folder: Path, names: list[str], tell: Callable[[str], None]) -> Iterator[tuple[str, int, Iterable[bytes]]]:
    for number, name in enumerate(names, start=1):
        tell(f"file {number} of {len(names)}: {name}")
        path = folder / name
        try:
            with path.open("rb") as file:
                yield name, os.fstat(file.fileno()).st_size, iter(lambda file=file: file.read(_PIECE), b"")  # type: ignore[misc]
        except FileNotFoundError as error:
            raise Moved from error


def _all_lines(collection: Collection, closed: frozenset[str], stack: ExitStack) -> Iterator[bytes]:
    """The index as it is, less lines of files that were closed since. Every file has lines in it, unless no capture
    of it belongs there."""
    tiers = Tiers(collection.path / "indexes", collection.path / "tmp", Disk())
    try:
        before = [(path, path.stat().st_ino) for path in tiers.paths]
        files = [stack.enter_context(path.open("rb")) for path, _ in before]
    except FileNotFoundError as error:
        raise Moved from error
    if [(path, os.fstat(file.fileno()).st_ino) for (path, _), file in zip(before, files, strict=True)] != [
        (path, path.stat().st_ino) for path in tiers.paths
    ]:
        raise Moved
    return _lines_of(collection, closed, files)


def _lines_of(collection: Collection, closed: frozenset[str], files: Sequence[BinaryIO]) -> Iterator[bytes]:
    without = set(closed)
    for line in cdxj.once(heapq.merge(*files)):
        place = cdxj.place_of(line)
        if place is not None and place[0] in closed:
            without.discard(place[0])
            yield line
    if any(collection.has_captures(name) for name in without):
        if closed <= collection.closed_files():
            raise DamageError(f"{collection.path}: the index lacks files that are kept: tearsheet rebuild")
        raise Moved


def _all_pages(collection: Collection, listed: Path, closed: frozenset[str]) -> Iterator[bytes]:
    again = collection.rereadings()
    try:
        file = listed.open("rb")
    except FileNotFoundError:
        return
    with file:
        file.readline()
        for line in file:
            if not line.endswith(b"\n"):
                return
            try:
                fields = json.loads(line)
                row = collection.page(fields["id"])
            except (ValueError, KeyError, TypeError) as error:
                raise DamageError(f"{listed} cannot be read ({error}): tearsheet rebuild makes it again") from error
            if row is not None and file_of(row) in closed:
                yield _as_read_again(collection, again[row.page_id], fields) if row.page_id in again else line


def file_of(row: PageRow) -> str:
    """The name of the WARC file that a page lies in, if it is in archive/; else ""."""
    folder, _, name = (row.warc or "").partition("/")
    return name if folder == ARCHIVE else ""


def _as_read_again(collection: Collection, page_id: str, fields: dict[str, object]) -> bytes:
    row = collection.page(page_id)
    said = plain_text(collection, row) if row is not None else None
    if row is not None and said is not None:
        fields |= {"title": row.title, "text": said}
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def plain_text(collection: Collection, row: PageRow) -> str | None:
    """What the kept text of a page says; None without one."""
    article = collection.article_of(row)
    return articles.said(article)[0] if article is not None else None
