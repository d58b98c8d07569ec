"""Some pages of a collection as WARC files of their own: which records, and where they come to lie.

A page brings its whole group (less what is excluded from the collection), later readings of it, the originals of its
revisits, and the requisites that another page's group stores, with the redirects that lead to them. Each gzip member is
copied as it is; the `warcinfo` records that they name come along. Of an imported file whose records are no gzip members
of WARC the whole comes along, unless something in it is excluded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin

from msgspec import Struct
from msgspec.structs import replace

from archive import cdxj, exclusions, mounts, pages
from archive.collection import Collection
from archive.derive import head_fields
from archive.disk import Disk
from archive.errors import NotKeptError, WarcError
from archive.exclusions import Exclusions
from archive.models import Capture, PageRow
from archive.rows import ARCHIVE
from archive.urls import stamp
from archive.wacz import Content, Export, Moved, Warc
from archive.warc.encode import write_member
from archive.warc.foreign import foreign_records
from archive.warc.group import GroupData
from archive.warc.joined import all_sources_of, pieces
from archive.warc.reader import known_id, read_at
from archive.warc.records import WarcInfo, warcinfo_record
from archive.warc.writer import ENDING, name_key
from archive.whole import Texts, file_of

_MOST_HOPS = 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Stretch(Struct, frozen=True):
    """Records that lie side by side in a file of archive/; offset and length in bytes of their gzip members."""

    warc: str
    offset: int
    length: int
    warcinfo: str | None


class _File(Struct):
    """A WARC file to be: its name, its own first record, what is copied behind it."""

    name: str
    head: bytes
    size: int
    stretches: list[Stretch]
    infos: set[str]


def subset(
    collection: Collection,
    wish: Export,
    closed: frozenset[str],
    stack: ExitStack,
    tmp: Path,
    tell: Callable[[str], None],
) -> Content:
    """Raises NotKeptError where none of the pages is in a closed file, and Moved."""
    rows = [row for row in map(collection.page, sorted(wish.page_ids or ())) if row is not None]
    rows = [row for row in rows if file_of(row) in closed]
    shown = [row for row in rows if row.rereads is None and row.digest is not None]
    if not shown:
        raise NotKeptError("what was asked for is not in a closed WARC file: a run is still writing it")
    tell(f"gathering {len(shown)} pages")
    gathered = _Gathered(collection, closed)
    for row in rows:
        gathered.add_page(row)
    gathered.resolve()
    plan = _Plan(collection.path / ARCHIVE, wish)
    for each in gathered.stretches():
        plan.add(each)
    for name in gathered.whole():
        plan.add_whole(name)
    folder = stack.enter_context(TemporaryDirectory(prefix=".export-", dir=tmp))
    lines = (cdxj.line(plan.moved(capture)) for capture in gathered.captures())
    index = stack.enter_context(closing(cdxj.SortedLines(lines, Path(folder))))
    return Content(
        warcs=plan.files(tell),
        lines=index,
        pages=_page_lines(collection, shown),
        main=shown[0] if len(shown) == 1 else None,
    )


def _page_lines(collection: Collection, rows: list[PageRow]) -> Iterator[bytes]:
    texts = Texts(collection)
    for row in sorted(rows, key=lambda row: (row.captured_at, row.page_id)):
        title, text = texts.of(row)
        capture = collection.capture_of(row)
        yield pages.line(replace(row, title=title), text, capture.mime if capture is not None else "")


class _Gathered:
    """What is to be copied. Groups stand as one stretch each, or as several around what is excluded; other records
    alone."""

    def __init__(self, collection: Collection, closed: frozenset[str]) -> None:
        self._collection = collection
        self._closed = closed
        self._excluded = exclusions.load(collection.path)
        self._groups: dict[str, tuple[Stretch, ...]] = {}
        self._single: dict[tuple[str, int], tuple[Stretch, Capture]] = {}
        self._wanted: list[tuple[str, GroupData]] = []
        self._whole: dict[str, dict[int, Capture]] = {}
        self._comes_whole = cache(self._holds_nothing_excluded)

    def add_page(self, row: PageRow) -> None:
        start = self._collection.start_of(row.page_id)
        stretches, group = _group(self._path(file_of(row)), start, row.page_id, self._excluded)
        self._groups[row.page_id] = stretches
        self._wanted += ((url, group) for url in group.shared)
        if group.foreign is not None:
            for capture in self._collection.captures(row.page_id):
                if capture.warc == group.foreign.file and self._single_record(capture):
                    self._original(capture)

    def resolve(self) -> None:
        """Originals and shared requisites, once all groups are known."""
        for url, group in self._wanted:
            self._shared(url, group)
        for page_id in list(self._groups):
            for capture in self._own(page_id):
                self._original(capture)

    def _own(self, page_id: str) -> list[Capture]:
        first, last = self._groups[page_id][0], self._groups[page_id][-1]
        until = last.offset + last.length
        return [
            each
            for each in self._collection.captures(page_id)
            if each.folder == ARCHIVE and each.warc == first.warc and first.offset <= each.offset < until
        ]

    def _shared(self, url: str, group: GroupData) -> None:
        for _ in range(_MOST_HOPS):
            capture = self._collection.nearest(url, group.time)
            if capture is None or not self._single_record(capture):
                return
            self._original(capture)
            target = _redirect(self._path(capture.warc), capture)
            if target is None:
                return
            url = target

    def _original(self, capture: Capture) -> None:
        if capture.record_type == "revisit":
            original = self._collection.original_of(capture)
            if original is not None:
                self._single_record(original)

    def _single_record(self, capture: Capture) -> bool:
        """Whether the record is there to be copied, by itself or in its group."""
        if capture.warc not in self._closed:
            return False
        if not capture.warc.endswith(ENDING):
            if not self._comes_whole(capture.warc):
                return False
            self._whole.setdefault(capture.warc, {})[capture.offset] = capture
            return True
        if not self._in_group(capture):
            record = read_at(self._path(capture.warc), capture.offset)
            if known_id(record) != capture.record_id:
                raise WarcError(capture.warc, capture.offset, "another record lies where the catalog says")
            stretch = Stretch(capture.warc, record.offset, record.length, record.header("WARC-Warcinfo-ID"))
            self._single[capture.warc, capture.offset] = stretch, capture
        return True

    def _holds_nothing_excluded(self, warc: str) -> bool:
        if not self._excluded:
            return True
        records = foreign_records(self._path(warc), lambda error: None)
        return all(self._excluded.of(found.url) is None for found in records if found.url)

    def _in_group(self, capture: Capture) -> bool:
        group = self._groups.get(capture.page_id)
        return group is not None and group[0].warc == capture.warc

    def _path(self, name: str) -> Path:
        path = self._collection.path / ARCHIVE / name
        if not mounts.exists(path):
            raise Moved
        return path

    def stretches(self) -> list[Stretch]:
        found = [
            *(each for group in self._groups.values() for each in group),
            *(stretch for stretch, _ in self._single.values()),
        ]
        return sorted(found, key=lambda each: (name_key(each.warc), each.offset))

    def captures(self) -> Iterator[Capture]:
        """What the index has lines of."""
        for page_id in self._groups:
            yield from (each for each in self._own(page_id) if each.record_type != "metadata")
        yield from (capture for _, capture in self._single.values())
        for held in self._whole.values():
            yield from held.values()

    def whole(self) -> list[str]:
        """The files that come along whole."""
        return sorted(self._whole)


def _group(path: Path, start: int, page_id: str, excluded: Exclusions) -> tuple[tuple[Stretch, ...], GroupData]:
    """The group that begins at `start`: its records up to the metadata record, and what that one says."""
    at = start
    warcinfo = None
    stretches: list[tuple[int, int]] = []
    while True:
        record = read_at(path, at)
        if record.header("WARC-Page-ID") != page_id or record.length <= 0:
            raise WarcError(path.name, at, f"a record of page {page_id} should lie here")
        warcinfo = warcinfo or record.header("WARC-Warcinfo-ID")
        at += record.length
        group = record.group()
        if group is None and excluded.of(record.url) is not None:
            continue
        if stretches and stretches[-1][1] == record.offset:
            stretches[-1] = stretches[-1][0], at
        else:
            stretches.append((record.offset, at))
        if group is not None:
            return tuple(Stretch(path.name, first, end - first, warcinfo) for first, end in stretches), group


def _redirect(path: Path, capture: Capture) -> str | None:
    if capture.status not in _REDIRECTS:
        return None
    fields = head_fields(read_at(path, capture.offset).http_head)[1]
    location = next((value for name, value in fields if name.lower() == "location"), None)
    try:
        return urljoin(capture.url, location).partition("#")[0] if location else None
    except ValueError:
        return None


class _Plan:
    """Which file each stretch goes to, and where in it."""

    def __init__(self, folder: Path, wish: Export) -> None:
        self._folder = folder
        self._wish = wish
        self._files: list[_File] = []
        self._places: dict[str, list[tuple[Stretch, str, int]]] = {}
        self._whole: list[str] = []
        self._infos = cache(self._find_infos)

    def add(self, stretch: Stretch) -> None:
        if not self._files or self._files[-1].size >= self._wish.size:
            self._files.append(self._begin(len(self._files)))
        file = self._files[-1]
        info = self._infos(stretch.warc).get(stretch.warcinfo or "")
        if info is not None and info.warcinfo not in file.infos:
            file.infos.add(info.warcinfo or "")
            file.stretches.append(info)
            file.size += info.length
        self._places.setdefault(stretch.warc, []).append((stretch, file.name, file.size))
        file.stretches.append(stretch)
        file.size += stretch.length

    def add_whole(self, warc: str) -> None:
        self._whole.append(warc)

    def _begin(self, number: int) -> _File:
        wish = self._wish
        name = f"{wish.prefix}-{stamp(wish.time, 17)}-{number:05d}-{wish.host}{ENDING}"
        info = WarcInfo(wish.software, hostname=wish.host, description=f"{wish.title}: an export of some pages")
        held: list[bytes] = []
        write_member(warcinfo_record(info, name, wish.time), held.append)
        head = b"".join(held)
        return _File(name, head, len(head), [], set())

    def _find_infos(self, warc: str) -> dict[str, Stretch]:
        """The file's warcinfo records by their ids: its own, and those of the files that it was joined of."""
        path = self._folder / warc
        found = {}
        for offset in (0, *(source.offset for source in all_sources_of(path))):
            record = read_at(path, offset)
            if record.type == "warcinfo":
                found[record.record_id] = Stretch(warc, record.offset, record.length, record.record_id)
        return found

    def moved(self, capture: Capture) -> Capture:
        """The capture where it comes to lie."""
        from bisect import bisect_right

        if capture.warc in self._whole:
            return capture
        there = self._places[capture.warc]
        stretch, name, at = there[bisect_right(there, capture.offset, key=lambda each: each[0].offset) - 1]
        return replace(capture, warc=name, offset=at + capture.offset - stretch.offset)

    def files(self, tell: Callable[[str], None]) -> Iterator[Warc]:
        count = len(self._files) + len(self._whole)
        for number, file in enumerate(self._files, start=1):
            tell(f"file {number} of {count}: {file.name}")
            yield Warc(file.name, file.size, self._bytes(file))
        for number, name in enumerate(self._whole, start=len(self._files) + 1):
            tell(f"file {number} of {count}: {name}, whole")
            yield Warc(name, path=self._folder / name)

    def _bytes(self, file: _File) -> Iterator[bytes]:
        yield file.head
        disk = Disk()
        for each in file.stretches:
            count = 0
            try:
                for piece in pieces(self._folder / each.warc, each.offset, each.length, disk):
                    count += len(piece)
                    yield piece
            except FileNotFoundError as error:
                raise Moved from error
            if count != each.length:
                raise WarcError(each.warc, each.offset, "the file ends before the record")
