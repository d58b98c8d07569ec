"""What the library asks the catalog: SQL over pages, texts and captures, all of it bounded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Lock

from msgspec import Struct

from archive import rows
from archive.catalog import told
from archive.lookup import NOT_OVERRULED, Lookups
from archive.models import Capture, PageRow
from archive.rows import CAPTURES, PAGE_COLUMNS
from archive.searching import match_expression, surrogate_free, together
from archive.urls import wire_url
from archive.viewer.model import Order, Query, Span

COUNTED = 10_000
"""Where the counting of what was found stops."""
RANKED = 1_000
"""How many of the latest texts that hold the words are sorted by relevance; earlier ones follow, the latest first."""
MOST_MOMENTS = 1_000
MOST_CHOICES = 200
RASTER = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/jpg", "image/pjpeg")

_SNIPPET_WORDS = 32
_OPEN, _CLOSE = "\x02", "\x03"
# Records of fewer bytes hold the pictures that count readers, and icons.
_LEAST_LEAD = 2_000
_CARDS = (
    f"SELECT p.id, p.text, a.version, {PAGE_COLUMNS} FROM pages p JOIN warcs w ON w.id = p.warc "  # noqa: S608 - constants
    "LEFT JOIN versions v ON v.text = p.text AND v.version = p.version LEFT JOIN articles a ON a.text = p.text"
)
# Of each text, and of each address without one, the latest page; of those that failed, the latest of each address.
_LATEST = (
    "CASE WHEN p.text IS NOT NULL THEN NOT EXISTS (SELECT 1 FROM pages q WHERE q.text = p.text AND q.id > p.id) "
    "ELSE NOT EXISTS (SELECT 1 FROM pages q WHERE q.final_url = p.final_url AND q.kept = p.kept AND q.id > p.id) END"
)
_DAY_OF = "coalesce(p.date, date(p.captured_at / 1000, 'unixepoch'))"
_WORDS = {"title": 5.0, "body": 1.0}


class Entry(Struct, frozen=True):
    """A page in a list. `text` is the name that its text goes by, `versions` how many texts the article has had."""

    number: int
    page: PageRow
    text: str | None
    versions: int


class Found(Struct, frozen=True):
    """One screen of numbers of pages, and how many there are in all."""

    numbers: tuple[int, ...]
    total: int
    more_than: bool


def conditions(query: Query) -> tuple[list[str], list[object]]:
    """All filters of a query but its words: SQL over `pages p`, and the values in it."""
    held: list[tuple[str, object]] = []
    if query.verdict:
        held.append(("p.verdict = ?", query.verdict))
    if query.site:
        held.append(("p.host = ?", query.site.lower()))
    if query.language:
        held.append(("p.language = ?", query.language.lower()))
    if query.source:
        held.append(("p.source = ?", query.source))
    if query.author:
        held.append(
            ("p.id IN (SELECT rowid FROM authors WHERE authors MATCH ?)", match_expression(query.author) or '""')
        )
    sql, values = [condition for condition, _ in held], [rows.storable(value) for _, value in held]
    if query.since is not None or query.until is not None:
        sql.append(f"{_DAY_OF} BETWEEN ? AND ?")
        values += [(query.since or date.min).isoformat(), (query.until or date.max).isoformat()]
    return sql, values


def spans(marked: str) -> tuple[Span, ...]:
    """A snippet in which marks stand around the words."""
    found = []
    for number, piece in enumerate(" ".join(together(marked).split()).split(_OPEN)):
        word, _, rest = piece.partition(_CLOSE) if number else ("", "", piece)
        found += [Span(word, marked=True)] if word else []
        found += [Span(rest)] if rest else []
    return tuple(found)


class Listing(Lookups):
    """Safe in threads, as Lookups is."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._watching = self._connect()
        self._watch = Lock()

    def close(self) -> None:
        self._watching.connection.close()
        super().close()

    def revision(self) -> int:
        """Another number whenever the catalog has changed, or another was put in its place."""
        with self._watch, told(self._path):
            self._watching = self._renewed(self._watching)
            version = int(self._watching.connection.execute("PRAGMA data_version").fetchone()[0])
            _, inode = self._watching.file or (0, 0)
        return inode << 32 | version

    # ------------------------------------------------------------------------------------------------ lists

    def entries(self, numbers: Sequence[int]) -> list[Entry]:
        """The pages with these numbers, in their order; those that are gone are left out."""
        found = {
            row[0]: Entry(row[0], rows.page_of(row[3:]), row[1], row[2] or 1)
            for row in self.rows(f"{_CARDS} WHERE p.id IN ({_marks(numbers)})", *numbers)
        }
        return [found[number] for number in numbers if number in found]

    def matching(self, query: Query, offset: int, limit: int) -> Found:
        """Articles whose present text or title holds the words."""
        expression = surrogate_free(match_expression(query.words))
        if not expression:
            return Found((), 0, False)
        held, values = conditions(query)
        # Each filter is a list of pages out of its own index. The plus keeps SQLite from running the words anew for
        # each of them.
        within = "".join(f" AND +s.rowid IN (SELECT p.id FROM pages p WHERE {one})" for one in held)  # noqa: S608 - conditions of ours, values apart
        source = f"FROM search s WHERE search MATCH ?{within}"
        direction = "ASC" if query.order is Order.OLDEST else "DESC"
        sql = f"SELECT s.rowid {source} ORDER BY s.rowid {direction} LIMIT ?"
        enough = max(RANKED, offset + limit)
        found = [number for (number,) in self.rows(sql, expression, *values, enough)]
        total = len(found) if len(found) < enough else self._count(source, expression, *values)
        if query.order is Order.RELEVANCE and offset < RANKED and len(found) > 1:
            found[:RANKED] = self._ranked(expression, found[:RANKED], filtered=bool(held))
        return Found(tuple(found[offset : offset + limit]), min(total, COUNTED), total > COUNTED)

    def _count(self, source: str, *values: object) -> int:
        """How many there are, at most one more than is counted."""
        sql = f"SELECT count(*) FROM (SELECT 1 {source} LIMIT {COUNTED + 1})"  # noqa: S608 - our own words, values apart
        return int(self._one(sql, *values)[0])

    def _ranked(self, expression: str, latest: list[int], *, filtered: bool) -> list[int]:
        """Texts that hold the words, given the latest first, with the best first."""
        weights = ", ".join(map(str, _WORDS.values()))
        only = f"AND +rowid IN ({', '.join(map(str, latest))})" if filtered else ""
        sql = (
            f"SELECT rowid FROM search WHERE search MATCH ? AND rowid >= ? {only} "  # noqa: S608 - numbers of rows
            f"ORDER BY bm25(search, {weights}), rowid DESC LIMIT ?"
        )
        return [number for (number,) in self.rows(sql, expression, latest[-1], len(latest))]

    def snippets(self, words: str, numbers: Sequence[int]) -> dict[int, tuple[Span, ...]]:
        """Of each of these texts the place where the words stand."""
        if not numbers:
            return {}
        expression = surrogate_free(match_expression(words))
        # Where a beginning stands for many words, those are gathered once, not for each of the texts.
        only = f"rowid BETWEEN {min(numbers)} AND {max(numbers)} AND +rowid" if '"*' in expression else "rowid"
        sql = (
            f"SELECT rowid, snippet(search, 1, ?, ?, '…', {_SNIPPET_WORDS}) FROM search WHERE search MATCH ? "  # noqa: S608 - numbers, and marks for values
            f"AND {only} IN ({_marks(numbers)})"
        )
        return {number: spans(text) for number, text in self.rows(sql, _OPEN, _CLOSE, expression, *numbers)}

    def listed(self, query: Query, kept: bool, offset: int, limit: int) -> Found:
        """The latest page of each article and address, the latest first unless the query says otherwise."""
        held, given = conditions(query)
        held += [] if kept else [NOT_OVERRULED]
        source = f"FROM pages p WHERE {' AND '.join(('p.kept = ?', *held, _LATEST))}"
        values = (kept, *given)
        total = self._count(source, *values)
        direction = "ASC" if query.order is Order.OLDEST else "DESC"
        numbers = self.rows(f"SELECT p.id {source} ORDER BY p.id {direction} LIMIT ? OFFSET ?", *values, limit, offset)
        return Found(tuple(number for (number,) in numbers), min(total, COUNTED), total > COUNTED)

    def choices(self, column: str, *, kept_only: bool) -> tuple[tuple[str, int], ...]:
        """The values of a column of pages and how many pages have each, the most first."""
        only = "AND kept" if kept_only else ""
        sql = (
            f"SELECT {column}, count(*) AS n FROM pages WHERE {column} IS NOT NULL AND {column} != '' {only} "  # noqa: S608 - columns that views of ours name
            f"GROUP BY {column} ORDER BY n DESC, {column} LIMIT {MOST_CHOICES}"
        )
        return tuple(self.rows(sql))

    # ------------------------------------------------------------------------------------------------ days

    def last_days(self, count: int) -> list[date]:
        """The last days on which something new came, the latest first."""
        sql = "SELECT max((id >> 20) / 86400000) FROM pages WHERE fresh AND (id >> 20) / 86400000 < ?"
        days: list[date] = []
        before = 1 << 40
        while len(days) < count and (before := self._one(sql, before)[0]) is not None:
            days.append(_date(before))
        return days

    def hosts_of(self, day: date) -> list[tuple[str, int]]:
        """How much that is new came from each host on a day, the most first."""
        sql = (
            "SELECT host, count(*) AS n FROM pages WHERE fresh AND (id >> 20) / 86400000 = ? GROUP BY host "
            "ORDER BY n DESC, host"
        )
        return self.rows(sql, _number(day))

    def came(self, day: date, host: str, limit: int) -> list[int]:
        """The latest that is new of one host on one day."""
        sql = "SELECT id FROM pages WHERE fresh AND (id >> 20) / 86400000 = ? AND host = ? ORDER BY id DESC LIMIT ?"
        return [number for (number,) in self.rows(sql, _number(day), host, limit)]

    def changes(self, limit: int) -> list[int]:
        """The pages that brought a text, the latest first."""
        sql = "SELECT id FROM pages WHERE +fresh AND text IS NOT NULL ORDER BY id DESC LIMIT ?"
        return [number for (number,) in self.rows(sql, limit)]

    def by_day(self, days: int) -> list[tuple[date, dict[str, int]]]:
        """The last days on which anything was asked, and what came of it by verdict; the earliest first."""
        last = self._one("SELECT max((id >> 20) / 86400000) FROM pages")[0]
        if last is None:
            return []
        sql = (
            "SELECT (id >> 20) / 86400000 AS day, verdict, count(*) FROM pages WHERE (id >> 20) / 86400000 > ? "
            "GROUP BY day, verdict ORDER BY day, verdict"
        )
        found: dict[date, dict[str, int]] = {}
        for day, verdict, count in self.rows(sql, last - days):
            found.setdefault(_date(day), {})[verdict] = count
        return list(found.items())

    def failing(self, limit: int) -> list[tuple[str, int, int]]:
        """The hosts that fail most: how often, and how often they were asked."""
        sql = (
            "SELECT host, sum(NOT kept) AS failed, count(*) FROM pages GROUP BY host HAVING failed "
            "ORDER BY failed DESC, host LIMIT ?"
        )
        return self.rows(sql, limit)

    # ------------------------------------------------------------------------------------------------ one article

    def moments(self, page: PageRow) -> list[tuple[PageRow, int | None]]:
        """The last captures under the addresses of a page and of its text, the earliest first, each with the number
        of the text that it brought."""
        numbers: set[int] = set()
        for address in rows.identities(page.url, page.final_url, page.original_url):
            sql = "SELECT page FROM links WHERE address = ? AND kept = ? ORDER BY page DESC LIMIT ?"
            for kept in (1, 0):
                numbers.update(n for (n,) in self.rows(sql, rows.storable(address), kept, MOST_MOMENTS))
        sql = "SELECT q.id FROM pages p JOIN pages q ON q.text = p.text WHERE p.page_id = ? ORDER BY q.id DESC LIMIT ?"
        numbers.update(n for (n,) in self.rows(sql, rows.storable(page.page_id), MOST_MOMENTS))
        last = sorted(numbers)[-MOST_MOMENTS:]
        entries = self.entries(last)
        texts = sorted({entry.text for entry in entries if entry.text is not None})
        sql = f"SELECT page, version FROM versions WHERE text IN ({_marks(texts)})"  # noqa: S608 - marks for values
        brought = dict(self.rows(sql, *texts))
        return [(entry.page, brought.get(entry.number)) for entry in entries]

    # ------------------------------------------------------------------------------------------------ pictures

    def picture(self, page: PageRow, url: str) -> Capture | None:
        """The capture of a picture at this address: the page's own, else the whole answer nearest to it in time."""
        own = f"{CAPTURES} WHERE c.page_id = ? AND c.url = ? AND c.good LIMIT 1"
        nearest = f"{CAPTURES} WHERE c.url = ? AND c.good ORDER BY abs(c.time - ?), c.warc, c.offset LIMIT 1"
        page_id, at = rows.storable(page.rereads or page.page_id), rows.milliseconds(page.captured_at)
        for address in map(rows.storable, _as_asked(url)):
            found = self._capture(own, page_id, address) or self._capture(nearest, address, at)
            if found is not None:
                return found
        return None

    def largest_picture(self, page: PageRow) -> Capture | None:
        """The largest raster picture stored with the page, if it is no mere icon."""
        sql = (
            f"SELECT coalesce((SELECT max(o.length) FROM captures o WHERE o.record_id = c.refers_to AND o.archived AND "  # noqa: S608 - constants, and marks for values
            f"o.record_type = 'response'), c.length) AS size, {CAPTURES[7:]} WHERE c.page_id = ? AND c.role = 'asset' "
            f"AND c.good AND lower(c.mime) IN ({_marks(RASTER)}) ORDER BY size DESC, c.offset LIMIT 1"
        )
        found = self._one(sql, rows.storable(page.rereads or page.page_id), *RASTER)
        return rows.capture_of(found[1:]) if found is not None and found[0] >= _LEAST_LEAD else None


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _as_asked(url: str) -> list[str]:
    """The address as it is written, and as it goes over the wire."""
    try:
        return list(dict.fromkeys((url, wire_url(url))))
    except ValueError:
        return [url]


def _date(number: int) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).date()


def _number(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()
