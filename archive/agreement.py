"""What is derived, held against the records it is derived of: one closed WARC file at a time, then what is of all."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from archive import catalog, cdxj, exclusions, rows
from archive.applying import page_line
from archive.catalog import told
from archive.derive import Derived, Place, digest, origin_moved
from archive.linkstate import Check
from archive.lookup import open_to_read
from archive.models import PageRow, VerdictKind
from archive.rows import storable
from archive.searching import apart, surrogate_free
from archive.submission import Submission
from archive.urls import parse_stamp

_SPAN = 1 << 128
_MOST_OF_A_TIME = 1000
_OF_EARLIER = ("title", "authors", "date", "words", "original_url", "language", "extractor", "text", "version")


class Sum(Struct):
    """A set of lines, each as often as it stands there, in 128 bits: two are equal if their lines are."""

    count: int = 0
    value: int = 0

    def add(self, line: bytes) -> None:
        self.count += 1
        self.value = (self.value + int.from_bytes(hashlib.blake2b(line, digest_size=16).digest(), "big")) % _SPAN

    def join(self, other: Sum) -> None:
        self.count += other.count
        self.value = (self.value + other.value) % _SPAN


class Expected(Struct):
    """What one file, or all, must have brought: lines of the index, of the pages list, rows that link addresses, rows
    of captures in imported files."""

    index: Sum
    pages: Sum
    links: int = 0
    foreign: int = 0

    def join(self, other: Expected) -> None:
        self.index.join(other.index)
        self.pages.join(other.pages)
        self.links += other.links
        self.foreign += other.foreign


def nothing() -> Expected:
    return Expected(Sum(), Sum())


class Reader:
    """A read-only connection to the catalog in a collection's folder. Raises DamageError and StorageError."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / catalog.NAME
        self._db = open_to_read(self.path)
        self._db.row_factory = sqlite3.Row

    def close(self) -> None:
        self._db.close()

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with told(self.path):
            return self._db.execute(sql, values).fetchall()

    def each(self, sql: str, *values: object) -> Iterator[sqlite3.Row]:
        with told(self.path):
            yield from self._db.execute(sql, values)

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        with told(self.path):
            found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
            return found


class Agreement:
    """One closed file of ours: `group` takes its groups in order and gives, in words, what of the catalog is otherwise
    than they say; `end` what is there besides."""

    def __init__(self, reader: Reader, place: Place) -> None:
        self.expected = nothing()
        self._exclusions = exclusions.load(reader.path.parent)
        self._reader = reader
        self.place = place
        found = reader.one("SELECT id, bytes FROM warcs WHERE folder = ? AND name = ?", place.folder, place.warc)
        self.warc: int | None = found["id"] if found is not None else None
        self.size: int | None = found["bytes"] if found is not None else None
        self._captures = 0
        self._pages = 0

    def group(self, given: Derived) -> Iterator[str]:
        if self.warc is None:
            return
        found = self._exclusions.left_of(self._at_home(given))
        if found is None:
            return
        group = found
        for capture in group.captures:
            if capture.folder == rows.ARCHIVE and capture.record_type != "metadata":
                self.expected.index.add(cdxj.line(capture))
        yield from self._check_captures(group)
        if group.check is not None:
            yield from self._check_check(group.check)
        for each in group.submissions:
            yield from self._check_submission(each)
        if group.page is not None:
            yield from self._check_page(group, group.page)

    def end(self) -> Iterator[str]:
        """For a file of which nothing was lost."""
        if self.warc is None:
            return
        for table, seen in (("captures", self._captures), ("pages", self._pages)):
            found = self._reader.one(f"SELECT count(*) AS n FROM {table} WHERE warc = ?", self.warc)  # noqa: S608 - two names of ours
            assert found is not None
            if found["n"] != seen:
                yield f"{found['n']} {table} are said to lie in the file, which holds {seen}"

    # ------------------------------------------------------------------------------------------------ one group

    def _at_home(self, group: Derived) -> Derived:
        page, files = group.page, group.files
        if page is None or page.rereads is None or files is None:
            return group
        rereads = page.rereads

        def where(record_id: str) -> tuple[str, int, int] | None:
            found = self._reader.one(
                "SELECT w.folder || '/' || w.name, c.offset, c.length FROM captures c JOIN warcs w ON w.id = c.warc "
                "WHERE c.page_id = ? AND c.record_id = ?",
                *(rereads, record_id),
            )
            return (found[0], found[1], found[2]) if found is not None else None

        return replace(group, files=origin_moved(files, where))

    def _check_captures(self, group: Derived) -> Iterator[str]:
        assert self.warc is not None
        numbers = {self.place.warc: self.warc} | self._number_of(group)
        elsewhere = sum(capture.warc != self.place.warc for capture in group.captures)
        self._captures += len(group.captures) - elsewhere
        self.expected.foreign += elsewhere
        if not group.captures:
            return
        page_id = group.captures[0].page_id
        sql = "SELECT * FROM captures WHERE page_id = ? AND (warc = ? OR warc < 0)"
        found = list(map(tuple, self._reader.all(sql, storable(page_id), self.warc)))
        values = [rows.capture_values(capture, numbers[capture.warc]) for capture in group.captures]
        if found == values:
            return
        there, meant = Counter(found), Counter(map(_stored, values))
        if there != meant:
            differing = next(iter((meant - there) or (there - meant)))
            yield f"the captures of page {page_id} are not what the records say, among them {differing[0]}"

    def _number_of(self, group: Derived) -> dict[str, int]:
        """The number of the imported file of which the group tells, 0 where the catalog has none."""
        if group.foreign is None:
            return {}
        sql = "SELECT id FROM warcs WHERE folder = ? AND name = ?"
        found = self._reader.one(sql, self.place.folder, group.foreign.file)
        return {group.foreign.file: found["id"] if found is not None else 0}

    def _check_page(self, group: Derived, row: PageRow) -> Iterator[str]:
        self._pages += 1
        found = self._reader.one("SELECT * FROM pages WHERE page_id = ?", storable(row.page_id))
        if found is None:
            yield f"page {row.page_id} is not there ({row.final_url})"
            return
        there = dict(found)
        number = int(there["id"])
        version = there["version"] if group.files is not None else None
        assert self.warc is not None
        place = rows.PagePlace(number, self.warc, group.start, version, self._is_fresh(group, row, number))
        values = rows.page_values(row, place)
        meant = dict(zip(there, _stored(values), strict=True))
        if there["language"] is None:
            # A catalog of before languages were in it knows none.
            meant["language"] = None
        told_row = row
        if row.verdict is VerdictKind.UNCHANGED and group.files is None:
            if not self._of_earlier(there, row):
                yield f"page {row.page_id} says of {row.final_url} what no earlier capture does"
            told_row = replace(row, title=there["title"], authors=tuple(json.loads(there["authors"])))
            for name in _OF_EARLIER:
                meant[name] = there[name]
        wrong = [name for name, value in meant.items() if there[name] != value]
        if number < rows.page_number(group.at, row.page_id):
            wrong.append("id")
        if wrong:
            yield f"page {row.page_id} has another {', '.join(wrong)} than its records ({row.final_url})"
        if row.verdict.kept and group.captured:
            self.expected.pages.add(page_line(told_row, group))
        yield from self._check_links(meant, number)
        yield from self._check_authors(told_row, number)
        if group.files is not None:
            yield from self._check_version(group, there, number)

    def _is_fresh(self, group: Derived, row: PageRow, number: int) -> bool:
        """Whether the page brought what was not there: a text, or a page without one."""
        if group.files is None:
            return row.verdict.kept and row.verdict is not VerdictKind.UNCHANGED
        sql = "SELECT 1 FROM versions WHERE text = ? AND page = ?"
        new = row.rereads is None and row.verdict is not VerdictKind.UNCHANGED
        return new and self._reader.one(sql, group.files.name, number) is not None

    def _check_authors(self, row: PageRow, number: int) -> Iterator[str]:
        found = self._reader.one("SELECT names FROM authors WHERE rowid = ?", number)
        meant = apart(surrogate_free(rows.dump(row.authors))) if row.authors else None
        if (found["names"] if found is not None else None) != meant:
            yield f"page {row.page_id} is not found by its authors"
        if row.overrules is not None:
            found = self._reader.one("SELECT page_id FROM overrulings WHERE overruled = ?", row.overrules)
            if found is None or found["page_id"] != row.page_id:
                yield f"page {row.overrules} is not said to be overruled by {row.page_id}"

    def _check_check(self, check: Check) -> Iterator[str]:
        found = self._reader.one(f"{rows.CHECKS} WHERE page_id = ?", storable(check.page_id))
        meant = _stored(rows.check_values(check))
        if found is None or tuple(found) != meant:
            yield f"what the check of {check.address} found is not what the records say (page {check.page_id})"

    def _check_submission(self, submission: Submission) -> Iterator[str]:
        sql = f"{rows.SUBMISSIONS} WHERE page_id = ? AND archive = ?"
        found = self._reader.one(sql, storable(submission.page_id), storable(submission.archive))
        if found is None or tuple(found) != _stored(rows.submission_values(submission)):
            words = f"what {submission.archive} was asked for {submission.address}"
            yield f"{words} is not what the records say (page {submission.page_id})"

    def _of_earlier(self, there: dict[str, Any], row: PageRow) -> bool:
        """Whether what a confirmed page is said to say is what another capture of it says."""
        if there["text"] is None and there["title"] == storable(row.title) and there["language"] is None:
            return True
        sql = (
            "SELECT 1 FROM links l JOIN pages p ON p.id = l.page WHERE l.address = ? AND l.kept = 1 AND p.id != ? "
            "AND p.title IS ? AND p.authors IS ? AND p.date IS ? AND p.words IS ? AND p.original_url IS ? "
            "AND p.language IS ? AND p.text IS ? AND p.version IS ? LIMIT 1"
        )
        address = next(iter(rows.identities(row.final_url)), "")
        names = ("title", "authors", "date", "words", "original_url", "language", "text", "version")
        values = [there[name] for name in names]
        return self._reader.one(sql, storable(address), there["id"], *values) is not None

    def _check_links(self, page: dict[str, Any], number: int) -> Iterator[str]:
        addresses = rows.identities(page["url"], page["final_url"], page["original_url"])
        self.expected.links += len(addresses)
        sql = "SELECT 1 FROM links WHERE address = ? AND kept = ? AND page = ?"
        for address in addresses:
            if self._reader.one(sql, storable(address), page["kept"], number) is None:
                yield f"page {page['page_id']} cannot be found under {address}"

    def _check_version(self, group: Derived, page: dict[str, Any], number: int) -> Iterator[str]:
        files = group.files
        assert files is not None
        sql = "SELECT * FROM versions WHERE text = ? AND version = ?"
        version = self._reader.one(sql, files.name, page["version"])
        if version is None:
            yield f"version {page['version']} of text/{files.name}.txt is not there"
            return
        meant: dict[str, object] = {"text_digest": digest(files.text)}
        if version["page"] == number:
            meant |= {
                "data_digest": digest(files.data),
                "warc": self.warc,
                "start": group.start,
                "captured_at": page["captured_at"],
            }
        wrong = [name for name, value in meant.items() if version[name] != value]
        if not _named_right(version):
            wrong.append("file")
        if wrong:
            yield f"version {page['version']} of text/{files.name}.txt has another {', '.join(wrong)} than its records"
        article = self._reader.one("SELECT page FROM articles WHERE text = ?", files.name)
        if version["page"] == number and article is not None and article["page"] == number:
            found = self._reader.one("SELECT title, body FROM search WHERE rowid = ?", number)
            title = group.page.title if group.page is not None else None
            texts = tuple(apart(surrogate_free(text)) for text in (title or "", files.plain))
            if found is None or tuple(found) != texts:
                yield f"search does not hold what text/{files.name}.txt says"


def _named_right(version: sqlite3.Row) -> bool:
    """Whether a version lies where one of its time may: under the article's name, or with its time behind that."""
    text, file = str(version["text"]), str(version["file"])
    if file == text:
        return True
    try:
        after = rows.milliseconds(parse_stamp(file.removeprefix(f"{text}."))) - version["captured_at"]
    except ValueError:
        return False
    return bool(0 <= after < _MOST_OF_A_TIME)


def _stored(values: Sequence[object]) -> tuple[object, ...]:
    return tuple(map(storable, values))
