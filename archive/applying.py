"""Derived things into their places: catalog, texts, pages list, index. Commits and rebuilds both come through here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from archive import cdxj, exclusions, mounts, pages
from archive.catalog import Catalog
from archive.derive import ArticleFiles, Derived, Place, View, derive, digest, origin_moved
from archive.disk import Disk
from archive.errors import WarcError
from archive.manifest import Event, Manifest
from archive.models import PageRow, Role, VerdictKind
from archive.pages import Pages
from archive.rows import ARCHIVE, Version, from_milliseconds, milliseconds
from archive.sums import Sums
from archive.texts import Contents, Texts
from archive.tiers import Tiers
from archive.urls import stamp

if TYPE_CHECKING:
    from archive.warc.reader import StoredRecord

PAGES_SIZE = "pages.jsonl"
_STAMP_DIGITS = 17
_MOST_RECORDS = 100_000


class Parts(Struct, frozen=True):
    """Where derived things live. `warcs` is the folder that holds archive/ and quarantine/."""

    catalog: Catalog
    texts: Texts
    pages: Pages
    tiers: Tiers
    warcs: Path


class Closed(Struct, frozen=True):
    """A WARC file that was ended; without `sums` they are taken from the file."""

    place: Place
    sums: Sums | None


class _TextChange(Struct, frozen=True):
    """What is to be done in text/ once the catalog knows of it: `before` moves to `before_file` first. Without it, that
    is where an earlier text goes, if it is one."""

    files: ArticleFiles
    before: Version | None
    before_file: str


class Applier:
    """For one thread."""

    def __init__(self, parts: Parts, disk: Disk) -> None:
        self._parts = parts
        self._disk = disk
        self.manifest = Manifest(parts.warcs, disk)
        self._exclusions = exclusions.load(parts.warcs)
        self.left_out: set[str] = set()
        """Names of the texts of pages that are excluded."""

    def apply(self, groups: Sequence[Derived]) -> list[PageRow | None]:
        """All of these groups, in the order of commit: one transaction, then texts and waiting page lines.

        Gives the rows as the catalog has them; None for a side group and a bare check.
        """
        found: list[PageRow | None] = []
        changes: list[_TextChange] = []
        lines: dict[str, list[bytes]] = {}
        with self._parts.catalog.transaction():
            for given in groups:
                group = self._at_home(given)
                if self._is_there(group):
                    found.append(self._as_there(group))
                    continue
                left = self._exclusions.left_of(group)
                if left is not None:
                    self._parts.catalog.add_captures(left.captures)
                if left is None or (left.page is None and group.page is not None):
                    if group.files is not None:
                        self.left_out.add(group.files.name)
                    found.append(self._as_there(group))
                    continue
                if left.check is not None:
                    self._parts.catalog.add_check(left.check)
                for each in left.submissions:
                    self._parts.catalog.add_submission(each)
                row = self._page(left, changes)
                found.append(row)
                if row is not None and row.verdict.kept and group.captured:
                    lines.setdefault(group.place.warc, []).append(page_line(row, group))
        for change in changes:
            self._write_text(change)
        for warc, some in lines.items():
            self._parts.pages.wait(b"".join(some), warc)
        return found

    def closed(self, files: Sequence[Closed]) -> None:
        """These files were ended: the manifest has their lines, index and pages list theirs."""
        self.note_closed(files)
        for each in files:
            self.finish(each.place)

    def note_closed(self, files: Sequence[Closed]) -> None:
        """The manifest alone has their lines."""
        manifest = self.manifest
        manifest.add([manifest.entry(Event.CLOSED, f"{e.place.folder}/{e.place.warc}", e.sums) for e in files])

    def has_page(self, page_id: str) -> bool:
        """Whether the catalog knows of the page group."""
        return self._parts.catalog.has_page(page_id)

    def indexed(self, kind: str) -> set[str]:
        """The names of the files of that folder with which the catalog is done."""
        return self._parts.catalog.indexed(kind)

    def finish(self, place: Place, *, again: bool = False, index: bool = True) -> None:
        """The file is closed: its lines go to the index and the pages list, and the catalog says it is done with.

        `again`: a part of that may have been done before a crash. `index` False leaves the index alone.
        """
        parts = self._parts
        size = self._disk.size(parts.warcs / place.folder / place.warc)
        if place.folder == ARCHIVE:
            if index:
                captures = parts.catalog.captures_of(place.folder, place.warc)
                parts.tiers.add((cdxj.line(capture) for capture in captures), again=again)
            parts.texts.sync()
            parts.pages.append(place.warc)
        with parts.catalog.transaction():
            parts.catalog.mark_indexed(place.folder, place.warc, size)
            for name in parts.catalog.imported_by(place.folder, place.warc):
                path = parts.warcs / place.folder / name
                parts.catalog.mark_indexed(place.folder, name, self._disk.size(path) if self._disk.exists(path) else 0)
            parts.catalog.set_state(PAGES_SIZE, parts.pages.size)

    def undo(self, place: Place) -> None:
        """Takes out of catalog and texts what is there of one file; its index lines and page lines stay."""
        with self._parts.catalog.transaction():
            moves, restored = self._parts.catalog.forget(place.folder, place.warc)
        for version, file in moves:
            self._parts.texts.move(file, version.text, _digests(version), partial(self.contents, version))
        for version in restored:
            group = self._rederived(version)
            if group is not None and group.page is not None and group.files is not None:
                title = group.page.title or ""
                with self._parts.catalog.transaction():
                    self._parts.catalog.add_search(version.page, title, group.files.plain)

    def contents(self, version: Version) -> Contents | None:
        """The two files of a version, as its records give them; None if they are damaged."""
        group = self._rederived(version)
        return (group.files.text, group.files.data) if group is not None and group.files is not None else None

    # ------------------------------------------------------------------------------------------------ one page

    def _is_there(self, group: Derived) -> bool:
        """Whether these very records are known already, as of a file that stands beside the one that took it in."""
        first = next(iter(group.captures), None)
        return first is not None and self._parts.catalog.has_record(first.page_id, first.record_id)

    def _as_there(self, group: Derived) -> PageRow | None:
        row = group.page
        return replace(row, text=f"text/{row.text}.txt" if row.text else None) if row is not None else None

    def _at_home(self, group: Derived) -> Derived:
        """Another reading of a page names the record that was read, which may have moved since."""
        page, files = group.page, group.files
        if page is None or page.rereads is None or files is None:
            return group
        return replace(group, files=origin_moved(files, partial(self._parts.catalog.place_of, page.rereads)))

    def _page(self, group: Derived, changes: list[_TextChange]) -> PageRow | None:
        row = group.page
        if row is None:
            return None
        if self._parts.catalog.has_page(row.page_id):
            return replace(row, text=f"text/{row.text}.txt" if row.text else None)
        if row.verdict is VerdictKind.UNCHANGED and group.files is None:
            return self._unchanged(group, row)
        if group.files is None:
            self._parts.catalog.add_page(row, at=group.at, start=group.start, version=None, fresh=row.verdict.kept)
            return row
        return self._article(group, row, group.files, changes)

    def _unchanged(self, group: Derived, row: PageRow) -> PageRow:
        """What the server confirmed is still what was read of it before."""
        latest = self._parts.catalog.latest_kept(row.final_url)
        text = version = None
        if latest is not None:
            before, text, version = latest
            row = replace(
                row,
                title=before.title,
                authors=before.authors,
                date=before.date,
                words=before.words,
                original_url=before.original_url,
                language=before.language,
                extractor=row.extractor or before.extractor,
            )
        self._parts.catalog.add_page(replace(row, text=text), at=group.at, start=group.start, version=version)
        return replace(row, text=f"text/{text}.txt" if text else None)

    def _article(self, group: Derived, row: PageRow, files: ArticleFiles, changes: list[_TextChange]) -> PageRow:
        catalog = self._parts.catalog
        current = catalog.current_version(files.name)
        if group.late and current is not None and milliseconds(row.captured_at) < current.captured_at:
            return self._earlier_article(group, row, files, changes)
        text_digest = digest(files.text)
        told = replace(row, text=f"text/{files.name}.txt")
        if current is not None and current.text_digest == text_digest:
            catalog.add_page(row, at=group.at, start=group.start, version=current.number)
            return told
        number = current.number + 1 if current is not None else 1
        fresh = row.rereads is None and row.verdict is not VerdictKind.UNCHANGED
        page = catalog.add_page(row, at=group.at, start=group.start, version=number, fresh=fresh)
        before_file = ""
        if current is not None:
            before_file = self._file_of_earlier(current)
            catalog.move_version(current, before_file)
        version = self._version(group, row, files, number, page)
        catalog.add_version(version, row, files.plain)
        changes.append(_TextChange(files, current, before_file))
        return replace(told, version=number) if current is not None else told

    def _version(self, group: Derived, row: PageRow, files: ArticleFiles, number: int, page: int) -> Version:
        return Version(
            text=files.name,
            number=number,
            file=files.name,
            page=page,
            captured_at=milliseconds(row.captured_at),
            text_digest=digest(files.text),
            data_digest=digest(files.data),
            warc=self._parts.catalog.warc(group.place.folder, group.place.warc),
            start=group.start,
        )

    def _earlier_article(
        self, group: Derived, row: PageRow, files: ArticleFiles, changes: list[_TextChange]
    ) -> PageRow:
        """An imported or rescued capture, older than the newest text: its own takes its place among earlier ones."""
        catalog = self._parts.catalog
        versions = catalog.versions(files.name)
        at, text_digest = milliseconds(row.captured_at), digest(files.text)
        number = next(version.number for version in versions if version.captured_at > at)
        for same in versions[max(0, number - 2) : number]:
            if same.text_digest == text_digest:
                catalog.add_page(row, at=group.at, start=group.start, version=same.number)
                return replace(row, text=f"text/{same.file}.txt")
        catalog.make_room(files.name, number)
        page = catalog.add_page(row, at=group.at, start=group.start, version=number, fresh=True)
        version = self._version(group, row, files, number, page)
        version = replace(version, file=self._file_of_earlier(version))
        catalog.add_earlier(version)
        changes.append(_TextChange(files, None, version.file))
        return replace(row, text=f"text/{version.file}.txt", version=number)

    def _file_of_earlier(self, version: Version) -> str:
        """The name that the version gets: the article's, with the time of its capture."""
        at = version.captured_at
        while True:
            file = f"{version.text}.{stamp(from_milliseconds(at), _STAMP_DIGITS)}"
            if not self._parts.catalog.file_taken(version.text, file):
                return file
            at += 1

    def _write_text(self, change: _TextChange) -> None:
        texts, before = self._parts.texts, change.before
        if before is not None:
            texts.move(before.text, change.before_file, _digests(before), partial(self.contents, before))
        name = change.before_file if before is None and change.before_file else change.files.name
        texts.put(name, (change.files.text, change.files.data))

    # ------------------------------------------------------------------------------------------------ from records

    def _rederived(self, version: Version) -> Derived | None:
        folder, name = self._parts.catalog.one("SELECT folder, name FROM warcs WHERE id = ?", version.warc)
        group = read_group(self._parts.warcs, Place(folder, name), version.start)
        return self._at_home(group) if group is not None else None


def read_group(warcs: Path, place: Place, start: int) -> Derived | None:
    """The group whose first record lies at `start`; None if it is damaged."""
    try:
        records = group_records(warcs, place, start)
    except WarcError:
        return None
    data = records[-1].group()
    return derive(place, views(records), data) if data is not None else None


def group_records(warcs: Path, place: Place, start: int) -> tuple[StoredRecord, ...]:
    """The records of the group whose first lies at `start`, its metadata record last. Raises WarcError."""
    from archive.warc.reader import read_at

    path = mounts.placed(warcs / place.folder / place.warc)
    records: list[StoredRecord] = []
    at = start
    while len(records) < _MOST_RECORDS:
        record = read_at(path, at)
        records.append(record)
        if record.group() is not None:
            return tuple(records)
        at = record.offset + record.length
    raise WarcError(place.warc, start, "the page's group has no end")


def views(records: Sequence[StoredRecord]) -> list[View]:
    return [View(record, record.offset, record.length) for record in records]


def _digests(version: Version) -> tuple[str, str]:
    return version.text_digest, version.data_digest


def page_line(row: PageRow, group: Derived) -> bytes:
    """The line of the pages list that a kept page gets."""
    if group.foreign is not None:
        mime = next((capture.mime for capture in group.captures if capture.role == Role.PAGE), "")
    else:
        mime = next((capture.mime for capture in group.captures if capture.offset == row.offset), "")
    return pages.line(row, group.files.plain if group.files is not None else None, mime)
