"""The catalog as it is at one moment, row by row, whatever a run adds meanwhile. Of what lies in closed files only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from msgspec import Struct

from archive import catalog, exclusions
from archive.catalog import told
from archive.lookup import open_to_read
from archive.rows import identities, storable

_FETCH = 2000

_CAPTURED = "w.indexed AND c.record_type != 'metadata' AND c.role NOT IN ('text', 'article', 'import')"
_CAPTURES = (
    "SELECT c.url, c.time, c.role, c.verdict, c.status, c.mime, c.digest, c.record_id, "  # noqa: S608 - constants only
    "c.record_type, w.folder, w.name, c.offset, c.length, c.page_id, c.truncated, p.language, p.url, p.final_url, "
    "p.original_url FROM captures c "
    "JOIN warcs w ON w.id = c.warc LEFT JOIN pages p ON p.page_id = c.page_id "
    f"WHERE {_CAPTURED} ORDER BY c.warc, c.offset"
)
_TEXTS = (
    "(SELECT v.text, max(v.version) AS version, count(*) AS versions, min(v.captured_at) AS first FROM versions v "
    "JOIN warcs w ON w.id = v.warc WHERE w.indexed GROUP BY v.text)"
)
_ARTICLES = (
    "SELECT v.text, t.versions, t.first, v.captured_at, v.file, v.text_digest, v.data_digest, "  # noqa: S608 - constants only
    "v.start, w.folder, w.name, p.page_id, p.url, p.final_url, p.original_url, p.title, p.authors, p.date, "
    "p.language, p.words, p.source "
    f"FROM {_TEXTS} t JOIN versions v ON v.text = t.text AND v.version = t.version "
    "JOIN warcs w ON w.id = v.warc JOIN pages p ON p.id = v.page ORDER BY v.text"
)
_LAST_ASKED = (
    "SELECT l.page, p.verdict, p.captured_at FROM links l JOIN pages p ON p.id = l.page "
    "WHERE l.address = ? AND p.rereads IS NULL ORDER BY l.page DESC LIMIT 1"
)
_LAST_CHECKED = "SELECT state, time FROM checks WHERE link = ? ORDER BY time DESC LIMIT 1"


class Captured(Struct, array_like=True):
    """An answer that is stored; `time` in milliseconds since 1970 (UTC). `redirect` and `charset` are as the answer's
    own head has them."""

    url: str
    time: int
    role: str
    verdict: str
    status: int | None
    mime: str
    digest: str
    record_id: str
    record_type: str
    folder: str
    warc: str
    offset: int
    length: int
    page_id: str
    truncated: str | None
    language: str | None
    redirect: str | None = None
    charset: str | None = None


class Text(Struct, array_like=True):
    """An article's newest text; times in milliseconds since 1970 (UTC). `state` is what came of asking last: a verdict,
    or what a check found."""

    text: str
    versions: int
    first: int
    time: int
    file: str
    text_digest: str
    data_digest: str
    start: int
    folder: str
    warc: str
    page_id: str
    asked: str
    final_url: str
    original_url: str | None
    title: str | None
    authors: tuple[str, ...]
    date: str | None
    language: str | None
    words: int
    source: str
    state: str = ""
    state_time: int = 0

    @property
    def url(self) -> str:
        """The article's own address."""
        return self.original_url or self.final_url


class Snapshot:
    """For one thread; to be closed. Raises DamageError and StorageError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / catalog.NAME
        self._excluded = exclusions.load(folder)
        self._db = open_to_read(self._path)
        with told(self._path):
            self._db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def counts(self) -> tuple[int, int]:
        """How many captures and articles there are, excluded ones counted."""
        sql = f"SELECT count(*) FROM captures c JOIN warcs w ON w.id = c.warc WHERE {_CAPTURED}"  # noqa: S608 - constants only
        return self._one(sql)[0], self._one(f"SELECT count(*) FROM {_TEXTS}")[0]  # noqa: S608 - constants only

    def files(self) -> list[tuple[str, str]]:
        """Folder and name of every file that is named by what is there."""
        with told(self._path):
            return self._db.execute("SELECT folder, name FROM warcs WHERE indexed").fetchall()

    def captures(self) -> Iterator[Captured]:
        """File by file, in the order in which they lie there."""
        for *values, asked, final, original in self._each(_CAPTURES):
            of_page = values[2] in ("page", "hop") and self._is_out(asked, final, original)
            if not of_page and not self._is_out(values[0]):
                yield Captured(*values)

    def texts(self) -> Iterator[Text]:
        for values in self._each(_ARTICLES):
            found = Text(*values)
            if self._is_out(found.asked, found.final_url, found.original_url):
                continue
            found.authors = tuple(json.loads(values[15]))
            found.state, found.state_time = self._last_asked(found)
            yield found

    def _last_asked(self, text: Text) -> tuple[str, int]:
        addresses = [storable(each) for each in identities(text.asked, text.final_url, text.original_url)]
        pages = [row for address in addresses if (row := self._one(_LAST_ASKED, address)) is not None]
        checks = [row for address in addresses if (row := self._one(_LAST_CHECKED, address)) is not None]
        _, verdict, asked = max(pages)
        state, checked = max(checks, key=lambda row: row[1], default=("", -1))
        # What a check stores as a page says more as a check.
        return (state, checked) if checked >= asked else (verdict, asked)

    def _is_out(self, *urls: str | None) -> bool:
        return bool(self._excluded) and any(url and self._excluded.of(url) for url in urls)

    def _one(self, sql: str, *values: object) -> Any:
        with told(self._path):
            return self._db.execute(sql, values).fetchone()

    def _each(self, sql: str) -> Iterator[Any]:
        with told(self._path):
            cursor = self._db.execute(sql)
            while batch := cursor.fetchmany(_FETCH):
                yield from batch
