"""A whole collection for an export: its closed WARC files, its index, its pages with what they say."""

from __future__ import annotations

import heapq
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from archive import article as articles
from archive import cdxj, manifest, pages
from archive.collection import Collection
from archive.disk import Disk
from archive.errors import DamageError, NotKeptError
from archive.models import PageRow
from archive.rows import ARCHIVE
from archive.tiers import Tiers
from archive.wacz import Content, Moved, Warc


def whole(collection: Collection, closed: frozenset[str], stack: ExitStack, tell: Callable[[str], None]) -> Content:
    """Raises NotKeptError where nothing is closed, and Moved."""
    if not closed:
        raise NotKeptError(f"{collection.path} holds no closed WARC file yet: there is nothing to export")
    folder = collection.path / ARCHIVE
    listed = collection.path / "pages" / pages.NAME
    return Content(
        warcs=_files(folder, sorted(closed), tell),
        lines=_all_lines(collection, closed, stack),
        pages=_all_pages(collection, listed, closed),
    )


def _files(folder: Path, names: list[str], tell: Callable[[str], None]) -> Iterator[Warc]:
    known = manifest.present(folder.parent / manifest.NAME)
    for number, name in enumerate(names, start=1):
        tell(f"file {number} of {len(names)}: {name}")
        yield Warc(name, path=folder / name, known=known.get(f"{ARCHIVE}/{name}"))


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
    texts = Texts(collection)
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
                yield line if "text" in fields and not texts.read_again(row) else _retold(texts, row, fields)


def file_of(row: PageRow) -> str:
    """The name of the WARC file that a page lies in, if it is in archive/; else ""."""
    folder, _, name = (row.warc or "").partition("/")
    return name if folder == ARCHIVE else ""


def _retold(texts: Texts, row: PageRow, fields: dict[str, object]) -> bytes:
    title, text = texts.of(row)
    if text is not None:
        fields |= {"title": title, "text": text}
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


class Texts:
    """What pages say: in their last reading, and for one that was found unchanged, that of the page it confirms."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def read_again(self, row: PageRow) -> bool:
        return self._collection.last_reading(row) is not None

    def of(self, row: PageRow) -> tuple[str | None, str | None]:
        """Title and plain text; None for what there is none of."""
        shown = self._reading(row)
        text = self._plain(shown)
        if text is None:
            capture = self._collection.capture_of(row)
            original = self._collection.original_of(capture) if capture is not None and capture.refers_to else None
            confirmed = self._collection.page(original.page_id) if original is not None else None
            if confirmed is not None:
                text = self._plain(self._reading(confirmed))
        return shown.title, text

    def _reading(self, row: PageRow) -> PageRow:
        return self._collection.last_reading(row) or row

    def _plain(self, row: PageRow) -> str | None:
        article = self._collection.article_of(row)
        return articles.said(article)[0] if article is not None else None
