"""Looking things up in the catalog: read-only, from any thread, never waiting for the writer."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from archive import rows, schema
from archive.catalog import told
from archive.errors import OutdatedError
from archive.models import Capture, PageRow
from archive.rows import CAPTURES, NOT_MODIFIED, PAGES
from archive.searching import match_expression, together

_WAIT = 30.0
_SNIPPET_WORDS = 24
_TITLE_WEIGHT = 5.0
_MOST_HOSTS = 20
_BATCH = 1000
NOT_OVERRULED = "NOT EXISTS (SELECT 1 FROM overrulings WHERE overruled = p.page_id)"


class Wanted(Struct, frozen=True):
    """Which pages: None is any. `kept` tells the kept from the others, less those that a person has overruled."""

    host: str | None = None
    verdict: str | None = None
    kept: bool | None = None


class _Opened(Struct, frozen=True):
    """A connection, and which file it reads: None where that could not be told."""

    connection: sqlite3.Connection
    file: tuple[int, int] | None


class Lookups:
    """Connections are opened as threads need them, and kept as long as the catalog is the file that they opened: a
    rebuild puts another in its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle = [self._connect()]

    def close(self) -> None:
        while True:
            try:
                self._idle.pop().connection.close()
            except IndexError:
                return

    # ------------------------------------------------------------------------------------------------ pages

    def find(self, url: str, *, kept_only: bool = False) -> PageRow | None:
        """The latest page kept under this address: asked for, answering or the article's own, whatever tracking
        parameters are on it. Without a kept one the latest that failed, unless `kept_only`."""
        for kept in (1,) if kept_only else (1, 0):
            numbers = [self._latest(address, kept) for address in rows.identities(url)]
            number = max((n for n in numbers if n is not None), default=None)
            if number is not None:
                return rows.page_of(self._one(f"{PAGES} WHERE p.id = ?", number))
        return None

    def find_failed(self, url: str) -> PageRow | None:
        """The latest page under this address that was not kept."""
        numbers = [self._latest(address, 0) for address in rows.identities(url)]
        number = max((n for n in numbers if n is not None), default=None)
        return rows.page_of(self._one(f"{PAGES} WHERE p.id = ?", number)) if number is not None else None

    def _latest(self, address: str, kept: int) -> int | None:
        sql = "SELECT page FROM links WHERE address = ? AND kept = ? ORDER BY page DESC LIMIT 1"
        found = self._one(sql, rows.storable(address), kept)
        return int(found[0]) if found else None

    def find_text(self, url: str) -> PageRow | None:
        """The latest kept page under this address that has a text."""
        sql = (
            "SELECT max(l.page) FROM links l JOIN pages p ON p.id = l.page "
            "WHERE l.address = ? AND l.kept = 1 AND p.text IS NOT NULL"
        )
        found = [self._one(sql, rows.storable(address))[0] for address in rows.identities(url)]
        number = max((n for n in found if n is not None), default=None)
        return rows.page_of(self._one(f"{PAGES} WHERE p.id = ?", number)) if number is not None else None

    def kept_under(self, url: str) -> list[PageRow]:
        """All pages kept under this address, the oldest first."""
        numbers: set[int] = set()
        for address in rows.identities(url):
            found = self.rows("SELECT page FROM links WHERE address = ? AND kept = 1", rows.storable(address))
            numbers.update(number for (number,) in found)
        return [rows.page_of(self._one(f"{PAGES} WHERE p.id = ?", number)) for number in sorted(numbers)]

    def versions(self, url: str) -> list[PageRow]:
        """The pages that brought the texts which the article at this address has had, the earliest first."""
        sql = (
            "SELECT v.captured_at, v.page FROM versions v WHERE v.text IN (SELECT p.text FROM links l "
            "JOIN pages p ON p.id = l.page WHERE l.address = ? AND l.kept = 1)"
        )
        numbers = {found for each in rows.identities(url) for found in self.rows(sql, rows.storable(each))}
        return [rows.page_of(self._one(f"{PAGES} WHERE p.id = ?", number)) for _, number in sorted(numbers)]

    def last_reading(self, row: PageRow) -> PageRow | None:
        """What the last reading again of a page gave; None where it was read once only."""
        sql = (
            "SELECT max(l.page) FROM links l JOIN pages p ON p.id = l.page "
            "WHERE l.address = ? AND l.kept = 1 AND p.rereads = ?"
        )
        found = [self._one(sql, rows.storable(each), row.page_id)[0] for each in rows.identities(row.final_url)]
        number = max((n for n in found if n is not None), default=None)
        return rows.page_of(self._one(f"{PAGES} WHERE p.id = ?", number)) if number is not None else None

    def start_of(self, page_id: str) -> int | None:
        found = self._one("SELECT start FROM pages WHERE page_id = ?", page_id)
        return int(found[0]) if found else None

    def page(self, page_id: str) -> PageRow | None:
        found = self._one(f"{PAGES} WHERE p.page_id = ?", rows.storable(page_id))
        return rows.page_of(found) if found else None

    def pages(self, wanted: Wanted, limit: int) -> Iterator[PageRow]:
        """The latest first."""
        conditions = {
            "p.host = ?": wanted.host.lower() if wanted.host else None,
            "p.verdict = ?": wanted.verdict,
            "p.kept = ?": wanted.kept,
        }
        taken = {condition: value for condition, value in conditions.items() if value is not None}
        said = [*taken]
        if wanted.kept is False:
            said.append(NOT_OVERRULED)
        where = f"WHERE {' AND '.join(said)} " if said else ""
        for row in self.rows(f"{PAGES} {where}ORDER BY p.id DESC LIMIT ?", *taken.values(), limit):
            yield rows.page_of(row)

    def since(self, number: int) -> Iterator[tuple[int, PageRow]]:
        """All pages after the one with this number, with their numbers, in the order in which they were kept."""
        while rows_found := self.rows(f"SELECT p.id, {PAGES[7:]} WHERE p.id > ? ORDER BY p.id LIMIT {_BATCH}", number):
            for number, *row in rows_found:
                yield number, rows.page_of(tuple(row))

    def overruled(self, page_id: str) -> str | None:
        """The page that a quarantined page has become, by a person's word."""
        found = self._one("SELECT page_id FROM overrulings WHERE overruled = ?", rows.storable(page_id))
        return str(found[0]) if found else None

    def latest(self) -> list[str]:
        """The page ids of the latest kept page of each text, and of each page's address that has none; oldest first."""
        sql = (
            "SELECT page_id FROM pages WHERE id IN (SELECT max(id) FROM pages WHERE text IS NOT NULL AND kept GROUP BY "
            "text) OR id IN (SELECT max(id) FROM pages WHERE kept GROUP BY final_url HAVING max(text IS NOT NULL) = 0) "
            "ORDER BY id"
        )
        return [page_id for (page_id,) in self.rows(sql)]

    def search(self, words: str, limit: int, marks: tuple[str, str] = ("", "")) -> Iterator[tuple[PageRow, str]]:
        """Articles whose present text or title holds all the words, the best match first, each with a snippet; `marks`
        stand around the words that matched. Nothing that is typed raises."""
        expression = match_expression(words)
        if not expression:
            return
        sql = (
            f"SELECT rowid, snippet(search, -1, ?, ?, '…', {_SNIPPET_WORDS}) FROM search WHERE search MATCH ? "  # noqa: S608 - constants
            f"ORDER BY bm25(search, {_TITLE_WEIGHT}, 1.0), rowid DESC LIMIT ?"
        )
        for number, snippet in self.rows(sql, *marks, expression, limit):
            found = self._one(f"{PAGES} WHERE p.id = ?", number)
            if found is not None:
                yield rows.page_of(found), " ".join(together(snippet).split())

    # ------------------------------------------------------------------------------------------------ captures

    def good(self, url: str) -> Capture | None:
        """The latest whole answer at exactly this address that is in archive/."""
        sql = f"{CAPTURES} WHERE c.url = ? AND c.good ORDER BY c.time DESC, c.warc DESC, c.offset DESC LIMIT 1"
        return self._capture(sql, url)

    def good_among(self, urls: Iterable[str]) -> frozenset[str]:
        """Those of these addresses that have one: `good` of each in one query."""
        sql = "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM captures c WHERE c.url = value AND c.good)"
        return frozenset(url for (url,) in self.rows(sql, json.dumps(list(urls))))

    def original(self, digest: str, url: str) -> Capture | None:
        """The response in archive/ that a revisit with this payload refers to; one of the same address, if any."""
        sql = (
            f"{CAPTURES} WHERE c.digest = ? AND c.good AND c.record_type = 'response' "
            "ORDER BY c.url != ?, c.time, c.warc, c.offset LIMIT 1"
        )
        return self._capture(sql, digest, url)

    def nearest(self, url: str, time: datetime) -> Capture | None:
        """The response or revisit in archive/ of exactly this address whose time is nearest."""
        sql = (
            f"{CAPTURES} WHERE c.url = ? AND c.archived AND c.record_type IN ('response', 'revisit') "
            "ORDER BY abs(c.time - ?), c.warc, c.offset LIMIT 1"
        )
        return self._capture(sql, rows.storable(url), rows.milliseconds(time))

    def has_captures(self, warc: str) -> bool:
        """Whether the index is to have lines of this file of archive/."""
        sql = (
            "SELECT 1 FROM captures c JOIN warcs w ON w.id = c.warc WHERE w.name = ? AND w.folder = ? "
            "AND c.record_type != 'metadata' LIMIT 1"
        )
        return self._one(sql, warc, rows.ARCHIVE) is not None

    def response(self, record_id: str) -> Capture | None:
        """The response in archive/ with this record id."""
        sql = f"{CAPTURES} WHERE c.record_id = ? AND c.archived AND c.record_type = 'response' LIMIT 1"
        return self._capture(sql, record_id)

    def original_of(self, revisit: Capture) -> Capture | None:
        """What a revisit refers to: a response in archive/, or a resource of the same imported page."""
        found = self.response(revisit.refers_to or "")
        if found is not None:
            return found
        sql = f"{CAPTURES} WHERE c.page_id = ? AND c.record_id = ? AND c.record_type = 'resource' AND c.warc < 0"
        return self._capture(sql, revisit.page_id, revisit.refers_to)

    def response_at(self, url: str, date: str) -> Capture | None:
        """The response in archive/ of exactly this address and time, as a WARC-Date tells it, to the second."""
        try:
            second = datetime.fromisoformat(date[:19]).replace(tzinfo=UTC)
        except ValueError:
            return None
        at = rows.milliseconds(second)
        sql = (
            f"{CAPTURES} WHERE c.url = ? AND c.time >= ? AND c.time < ? AND c.archived "
            "AND c.record_type = 'response' ORDER BY c.time LIMIT 1"
        )
        return self._capture(sql, rows.storable(url), at, at + 1000)

    def capture_of(self, row: PageRow) -> Capture | None:
        """The capture that is the page's end; None where no answer came. Of another reading, that of the page read."""
        if row.rereads:
            read = self.page(row.rereads)
            return self.capture_of(read) if read is not None else None
        sql = f"{CAPTURES} WHERE c.page_id = ? AND c.role IN ('page', 'hop') AND c.offset = ?"
        for found in self.rows(sql, row.page_id, row.offset):
            capture = rows.capture_of(found)
            if capture.record_type != "metadata" and f"{capture.folder}/{capture.warc}" == row.warc:
                return capture
        return self._capture(f"{CAPTURES} WHERE c.page_id = ? AND c.role = 'page' AND c.warc < 0", row.page_id)

    def captures(self, page_id: str) -> list[Capture]:
        """All that a page group brought, in the order in which it lies in its files."""
        sql = f"{CAPTURES} WHERE c.page_id = ? ORDER BY w.folder, c.warc, c.offset"
        return [rows.capture_of(row) for row in self.rows(sql, page_id)]

    def with_validators(self, capture: Capture) -> Capture:
        """The capture with what a conditional request may bear.

        A 304 may leave out the validators of what it confirms: they are the original's. Where the original of a revisit
        is gone there are none, since another 304 would confirm nothing that we have.
        """
        if capture.record_type != "revisit":
            return capture
        original = self.response(capture.refers_to or "")
        if original is None:
            return replace(capture, etag=None, last_modified=None)
        if capture.status != NOT_MODIFIED:
            return capture
        return replace(
            capture,
            etag=capture.etag or original.etag,
            last_modified=capture.last_modified or original.last_modified,
        )

    def again(self, capture: Capture) -> Capture | None:
        """The same record where it lies now."""
        sql = f"{CAPTURES} WHERE c.page_id = ? AND c.record_id = ? AND c.url = ? AND w.folder = ? LIMIT 1"
        return self._capture(sql, capture.page_id, capture.record_id, rows.storable(capture.url), capture.folder)

    # ------------------------------------------------------------------------------------------------ sums

    def warc_files(self, folder: str) -> set[str]:
        """The names of the closed files of which something is in the catalog: those of other tools are not among
        them, whatever they are called."""
        sql = (
            "SELECT w.name FROM warcs w WHERE w.folder = ? AND w.indexed AND "
            "(EXISTS (SELECT 1 FROM captures WHERE warc = w.id) OR EXISTS (SELECT 1 FROM pages WHERE warc = w.id))"
        )
        return {name for (name,) in self.rows(sql, folder)}

    def stats(self) -> dict[str, Any]:
        """What the collection holds, in numbers; times RFC 3339, sizes in bytes."""
        kept, pages = self._one("SELECT coalesce(sum(kept), 0), count(*) FROM pages")
        overruled = self._one("SELECT count(*) FROM overrulings")[0]
        last = self._one("SELECT captured_at FROM pages ORDER BY id DESC LIMIT 1")
        files = {
            folder: (count, size or 0)
            for folder, count, size in self.rows("SELECT folder, count(*), sum(bytes) FROM warcs GROUP BY folder")
        }
        hosts = "SELECT host, count(*) AS n FROM pages WHERE kept GROUP BY host ORDER BY n DESC, host LIMIT ?"
        return {
            "pages": kept,
            "failed": pages - kept - overruled,
            "articles": self._one("SELECT count(*) FROM articles")[0],
            "text_versions": self._one("SELECT count(*) FROM versions")[0],
            "captures": self._one("SELECT count(*) FROM captures")[0],
            "last_capture": rows.iso(rows.from_milliseconds(last[0])) if last else None,
            "warc_files": files.get(rows.ARCHIVE, (0, 0))[0],
            "warc_bytes": files.get(rows.ARCHIVE, (0, 0))[1],
            "quarantine_files": files.get(rows.QUARANTINE, (0, 0))[0],
            "quarantine_bytes": files.get(rows.QUARANTINE, (0, 0))[1],
            "verdicts": dict(self.rows("SELECT verdict, count(*) AS n FROM pages GROUP BY verdict ORDER BY n DESC, 1")),
            "hosts": dict(self.rows(hosts, _MOST_HOSTS)),
        }

    # ------------------------------------------------------------------------------------------------ connections

    def _capture(self, sql: str, *values: object) -> Capture | None:
        found = self._one(sql, *values)
        return rows.capture_of(found) if found else None

    def _one(self, sql: str, *values: object) -> Any:
        return next(iter(self.rows(sql, *values)), None)

    def rows(self, sql: str, *values: object) -> list[Any]:
        """All that a query gives: every look-up comes through here."""
        opened = self._present()
        try:
            with told(self._path):
                return opened.connection.execute(sql, values).fetchall()
        finally:
            self._idle.append(opened)

    def _present(self) -> _Opened:
        """A connection to the catalog that is there now; while none is there, to the one that was."""
        try:
            opened = self._idle.pop()
        except IndexError:
            return self._connect()
        return self._renewed(opened)

    def _renewed(self, opened: _Opened) -> _Opened:
        if self._file() not in (opened.file, None):
            opened.connection.close()
            return self._connect()
        return opened

    def _file(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _connect(self) -> _Opened:
        file = self._file()
        return _Opened(open_to_read(self._path), file)


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection to the catalog that only reads, for any thread. Raises OutdatedError for one of an earlier release,
    DamageError for one of a later release and one that cannot be read, and StorageError."""
    with told(path):
        try:
            return _opened(path, "mode=ro")
        except sqlite3.OperationalError:
            # On a medium that cannot be written, SQLite cannot make the files that WAL mode needs; nobody else writes
            # there either.
            return _opened(path, "mode=ro&immutable=1")


def _opened(path: Path, options: str) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?{options}"
    connection = sqlite3.connect(address, timeout=_WAIT, isolation_level=None, check_same_thread=False, uri=True)
    try:
        found = schema.version(connection)
        connection.execute("PRAGMA query_only = ON")
        if found > len(schema.MIGRATIONS):
            raise schema.NewerCatalog
        if found < len(schema.MIGRATIONS):
            raise OutdatedError(f"{path}: an older tearsheet made this catalog; the next run brings it up")
    except BaseException:
        connection.close()
        raise
    return connection
