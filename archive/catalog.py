"""The catalog: SQLite in WAL mode. One connection writes, in the hands of one thread; any number read, and never wait.

Everything in it follows from the WARC files; nothing in it is needed to make it again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Self

from msgspec.structs import astuple

from archive import rows, schema
from archive.errors import DamageError, StorageError
from archive.linkstate import Check
from archive.models import Capture, PageRow
from archive.rows import Version
from archive.searching import apart, surrogate_free
from archive.submission import Submission
from archive.urls import strip_tracking

NAME = "catalog.sqlite"
_WAIT = 30.0
_UNSENT = "unsent:"
_MENDS = "tearsheet rebuild makes it again from the WARC files"


class told:
    """SQLite's errors in our words: damage where the file is no good, else StorageError."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, schema.NewerCatalog | sqlite3.DatabaseError):
            raise _in_words(self._path, error) from error


def _in_words(path: Path, error: Exception) -> DamageError | StorageError:
    if isinstance(error, schema.NewerCatalog):
        return DamageError(f"{path}: a newer tearsheet made this catalog; use that one, or {_MENDS}")
    if not isinstance(error, sqlite3.OperationalError):
        return DamageError(f"{path}: the catalog cannot be read ({error}); {_MENDS}")
    if "no such" in str(error):
        return DamageError(f"{path}: the catalog lacks a part ({error}); {_MENDS}")
    return StorageError(f"{path}: {error}")


@contextmanager
def whole(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction: all or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


IN_FOREIGN = "c.warc < 0 AND c.page_id IN (SELECT page_id FROM captures WHERE warc = ?)"
"""Captures `c` in imported files that the groups of one file of ours tell of."""


class Catalog:
    """The writing side. `path` need not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with told(path):
            self._db = sqlite3.connect(path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = NORMAL")
                self._db.execute(f"PRAGMA wal_autocheckpoint = {schema.CHECKPOINT}")
                self.brought_up = schema.migrate(self._db)
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        with told(self.path):
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        with told(self.path), whole(self._db):
            yield

    @contextmanager
    def durable_transaction(self) -> Iterator[None]:
        """All or nothing, and on the medium at the end: for what lets WARC files be removed."""
        self.one("PRAGMA synchronous = FULL")
        try:
            with self.transaction():
                yield
        finally:
            self.one("PRAGMA synchronous = NORMAL")

    def all(self, sql: str, *values: object) -> list[Any]:
        with told(self.path):
            return self._db.execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> Any:
        with told(self.path):
            return self._db.execute(sql, values).fetchone()

    # ------------------------------------------------------------------------------------------------ WARC files

    def warc(self, folder: str, name: str) -> int:
        """The file's number; it gets one if it has none."""
        known = self.one("SELECT id FROM warcs WHERE name = ? AND folder = ?", name, folder)
        if known is not None:
            return int(known[0])
        number = rows.warc_number(folder, name)
        while self.one("SELECT 1 FROM warcs WHERE id = ?", number) is not None:
            number += 2
        self.one("INSERT INTO warcs (id, folder, name) VALUES (?, ?, ?)", number, folder, name)
        return number

    def indexed(self, folder: str) -> set[str]:
        """The names of the files whose groups are all in the catalog, the index, the pages list and the texts."""
        return {name for (name,) in self.all("SELECT name FROM warcs WHERE folder = ? AND indexed", folder)}

    def mark_indexed(self, folder: str, name: str, size: int) -> None:
        self.one("UPDATE warcs SET indexed = 1, bytes = ? WHERE id = ?", size, self.warc(folder, name))

    def state(self, name: str) -> int:
        found = self.one("SELECT value FROM state WHERE name = ?", name)
        return int(found[0]) if found else 0

    def set_state(self, name: str, value: int) -> None:
        self.one("INSERT OR REPLACE INTO state VALUES (?, ?)", name, value)

    def mark_unsent(self, file: str) -> None:
        """The closed file (folder/name) has not been seen in the store yet."""
        self.set_state(_UNSENT + file, 1)

    def mark_sent(self, file: str) -> None:
        self.one("DELETE FROM state WHERE name = ?", _UNSENT + file)

    def unsent(self) -> list[str]:
        """In the order of their names."""
        last = _UNSENT[:-1] + chr(ord(_UNSENT[-1]) + 1)
        found = self.all("SELECT name FROM state WHERE name >= ? AND name < ? ORDER BY name", _UNSENT, last)
        return [name.removeprefix(_UNSENT) for (name,) in found]

    # ------------------------------------------------------------------------------------------------ captures

    def add_captures(self, captures: Iterable[Capture]) -> None:
        numbers: dict[tuple[str, str], int] = {}
        found = []
        for capture in captures:
            place = capture.folder, capture.warc
            if place not in numbers:
                numbers[place] = self.warc(*place)
            found.append(tuple(map(rows.storable, rows.capture_values(capture, numbers[place]))))
        if found:
            with told(self.path):
                self._db.executemany(_insertion("captures", len(found[0])), found)

    def has_record(self, page_id: str, record_id: str) -> bool:
        sql = "SELECT 1 FROM captures WHERE page_id = ? AND record_id = ?"
        return self.one(sql, rows.storable(page_id), record_id) is not None

    def place_of(self, page_id: str, record_id: str) -> tuple[str, int, int] | None:
        """Where a record of a page lies: file, offset and length; None if it is not known."""
        sql = (
            "SELECT w.folder || '/' || w.name, c.offset, c.length FROM captures c JOIN warcs w ON w.id = c.warc "
            "WHERE c.page_id = ? AND c.record_id = ?"
        )
        found = self.one(sql, page_id, record_id)
        return (found[0], found[1], found[2]) if found else None

    def captures_of(self, folder: str, name: str) -> Iterator[Capture]:
        """What the index says of one file of ours, in the file's order, then of imported files of which it tells."""
        warc = self.warc(folder, name)
        sql = f"{rows.CAPTURES} WHERE c.warc = ? AND c.record_type != 'metadata' ORDER BY c.offset"
        yield from self._captures(sql, warc)
        yield from self._captures(f"{rows.CAPTURES} WHERE {IN_FOREIGN}", warc)

    def imported_by(self, folder: str, name: str) -> list[str]:
        """The imported files of which the groups of one file of ours tell."""
        sql = f"SELECT DISTINCT w.name FROM captures c JOIN warcs w ON w.id = c.warc WHERE {IN_FOREIGN}"  # noqa: S608 - constants
        return [found for (found,) in self.all(sql, self.warc(folder, name))]

    def indexable(self) -> Iterator[Capture]:
        """Every capture that the index of a collection has a line of."""
        yield from self._captures(f"{rows.CAPTURES} WHERE c.archived AND w.indexed AND c.record_type != 'metadata'")

    def counts(self) -> tuple[int, int]:
        """How many index lines there are to be, and how many articles."""
        lines = self.one("SELECT count(*) FROM captures WHERE archived AND record_type != 'metadata'")[0]
        return int(lines), int(self.one("SELECT count(*) FROM articles")[0])

    def _captures(self, sql: str, *values: object) -> Iterator[Capture]:
        with told(self.path):
            for row in self._db.execute(sql, values):
                yield rows.capture_of(row)

    # ------------------------------------------------------------------------------------------------ pages

    def has_page(self, page_id: str) -> bool:
        return self.one("SELECT 1 FROM pages WHERE page_id = ?", page_id) is not None

    def latest_kept(self, final_url: str) -> tuple[PageRow, str | None, int | None] | None:
        """The latest kept page that answered at exactly this address, with the name and version of its text."""
        sql = (
            "SELECT p.id, p.text, p.version FROM links l JOIN pages p ON p.id = l.page "
            "WHERE l.address = ? AND l.kept = 1 AND p.final_url = ? ORDER BY l.page DESC LIMIT 1"
        )
        found = self.one(sql, strip_tracking(final_url), final_url)
        if found is None:
            return None
        row = self.one(f"{rows.PAGES} WHERE p.id = ?", found[0])
        return rows.page_of(row), found[1], found[2]

    def add_page(self, row: PageRow, *, at: datetime, start: int, version: int | None, fresh: bool = False) -> int:
        """Gives the page's number, which grows with `at`. `row.text` is the article's name in text/, `start` its first
        record's offset. `fresh` says that the page brought what was not there."""
        number = rows.page_number(at, row.page_id)
        while self.one("SELECT 1 FROM pages WHERE id = ?", number) is not None:
            number += 1
        folder, _, name = (row.warc or "").partition("/")
        place = rows.PagePlace(number, self.warc(folder, name), start, version, fresh)
        self._insert("pages", rows.page_values(row, place))
        if row.authors:
            names = apart(surrogate_free(rows.dump(row.authors)))
            self.one("INSERT INTO authors (rowid, names) VALUES (?, ?)", number, names)
        for address in rows.identities(row.url, row.final_url, row.original_url):
            self.one("INSERT OR IGNORE INTO links VALUES (?, ?, ?)", rows.storable(address), row.verdict.kept, number)
        if row.overrules is not None:
            self._insert("overrulings", (row.overrules, row.page_id))
        return number

    def add_check(self, check: Check) -> None:
        marks = ", ".join("?" * len(rows.CHECK_COLUMNS.split(",")))
        values = map(rows.storable, rows.check_values(check))
        self.one(f"INSERT OR IGNORE INTO checks VALUES ({marks})", *values)  # noqa: S608 - our own names

    def add_submission(self, submission: Submission) -> None:
        marks = ", ".join("?" * len(rows.SUBMISSION_COLUMNS.split(",")))
        values = map(rows.storable, rows.submission_values(submission))
        self.one(f"INSERT OR IGNORE INTO submissions VALUES ({marks})", *values)  # noqa: S608 - our own names

    # ------------------------------------------------------------------------------------------------ texts

    def current_version(self, text: str) -> Version | None:
        found = self.one(f"{rows.VERSIONS} WHERE text = ? ORDER BY version DESC LIMIT 1", text)
        return Version(*found) if found else None

    def file_taken(self, text: str, file: str) -> bool:
        return self.one("SELECT 1 FROM versions WHERE text = ? AND file = ?", text, file) is not None

    def move_version(self, version: Version, file: str) -> None:
        self.one("UPDATE versions SET file = ? WHERE text = ? AND version = ?", file, version.text, version.number)

    def add_version(self, version: Version, row: PageRow, body: str) -> None:
        """The article's newest text; it alone is found by search. `body` is plain text."""
        before = self.one("SELECT page, first_at FROM articles WHERE text = ?", version.text)
        if before is not None:
            self.one("DELETE FROM search WHERE rowid = ?", before[0])
        at = version.captured_at
        first_at = before[1] if before else at
        self._insert("versions", astuple(version))
        article = (version.text, row.original_url or row.final_url, version.number, version.page)
        self.one(
            "INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?, ?, ?)",
            *map(rows.storable, (*article, row.title or "", first_at, at)),
        )
        self.add_search(version.page, row.title or "", body)

    def versions(self, text: str) -> list[Version]:
        """All texts that an article has had, the earliest first."""
        return [Version(*found) for found in self.all(f"{rows.VERSIONS} WHERE text = ? ORDER BY version", text)]

    def make_room(self, text: str, number: int) -> None:
        """The versions of an article from this one on count one more each."""
        for (last,) in self.all("SELECT version FROM versions WHERE text = ? ORDER BY version DESC", text):
            if last >= number:
                self._renumber(text, last, last + 1)
        self.one("UPDATE articles SET version = version + 1 WHERE text = ?", text)

    def add_earlier(self, version: Version) -> None:
        """A version before the newest, which stays the one that is found by search."""
        self._insert("versions", astuple(version))
        if version.number == 1:
            self.one("UPDATE articles SET first_at = ? WHERE text = ?", version.captured_at, version.text)

    def add_search(self, page: int, title: str, body: str) -> None:
        texts = apart(surrogate_free(title)), apart(surrogate_free(body))
        self.one("INSERT INTO search (rowid, title, body) VALUES (?, ?, ?)", page, *texts)

    # ------------------------------------------------------------------------------------------------ taking back

    def forget(self, folder: str, name: str) -> tuple[list[tuple[Version, str]], list[Version]]:
        """Takes out all that came from one file.

        Gives the versions that are current again: first those whose files have to move, and from where, then all of
        them. Their place in the search is the caller's to restore.
        """
        warc = self.warc(folder, name)
        touched = self.all("SELECT DISTINCT text FROM versions WHERE warc = ?", warc)
        for (text,) in touched:
            self.one("DELETE FROM search WHERE rowid = (SELECT page FROM articles WHERE text = ?)", text)
            self.one("DELETE FROM articles WHERE text = ?", text)
        self.one("DELETE FROM versions WHERE warc = ?", warc)
        self.one("DELETE FROM links WHERE page IN (SELECT id FROM pages WHERE warc = ?)", warc)
        self.one("DELETE FROM overrulings WHERE page_id IN (SELECT page_id FROM pages WHERE warc = ?)", warc)
        self.one("DELETE FROM authors WHERE rowid IN (SELECT id FROM pages WHERE warc = ?)", warc)
        self.one("DELETE FROM pages WHERE warc = ?", warc)
        for table in ("checks", "submissions"):
            self.one(
                f"DELETE FROM {table} WHERE page_id IN "  # noqa: S608 - our own words
                "(SELECT page_id FROM captures WHERE warc = ?) AND page_id NOT IN (SELECT page_id FROM pages)",
                warc,
            )
        self.one(f"DELETE FROM captures AS c WHERE {IN_FOREIGN}", warc)  # noqa: S608 - our own words
        self.one("DELETE FROM captures WHERE warc = ?", warc)
        self.one("DELETE FROM warcs WHERE id = ?", warc)
        self.one("DELETE FROM warcs WHERE id < 0 AND id NOT IN (SELECT warc FROM captures WHERE warc < 0)")
        moves, restored = [], []
        for (text,) in touched:
            self._number_anew(text)
            current = self.current_version(text)
            if current is not None:
                restored.append(current)
                if current.file != text:
                    moves.append((current, current.file))
                self._restore(current)
        return moves, restored

    def _number_anew(self, text: str) -> None:
        """Versions count from 1: an earlier one may have gone."""
        numbers = self.all("SELECT version FROM versions WHERE text = ? ORDER BY version", text)
        for number, (before,) in enumerate(numbers, start=1):
            if before != number:
                self._renumber(text, before, number)

    def _renumber(self, text: str, before: int, number: int) -> None:
        self.one("UPDATE versions SET version = ? WHERE text = ? AND version = ?", number, text, before)
        self.one("UPDATE pages SET version = ? WHERE text = ? AND version = ?", number, text, before)

    def _restore(self, version: Version) -> None:
        self.move_version(version, version.text)
        first = self.one("SELECT captured_at FROM versions WHERE text = ? ORDER BY version LIMIT 1", version.text)
        url, title = self.one("SELECT coalesce(original_url, final_url), title FROM pages WHERE id = ?", version.page)
        values = (version.text, url, version.number, version.page, title or "", first[0], version.captured_at)
        self.one("INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?, ?, ?)", *values)

    def _insert(self, table: str, values: Sequence[object]) -> None:
        self.one(_insertion(table, len(values)), *map(rows.storable, values))


@cache
def _insertion(table: str, columns: int) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})"  # noqa: S608 - our own names


def delete(path: Path, unlink: Callable[[Path], None]) -> None:
    """The catalog goes, with the files that SQLite keeps beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        unlink(path.with_name(path.name + ending))
