"""The library: everything that the pages, the API and the feed show of a collection, read and never written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, Self, TypeVar

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from archive import catalog
from archive.collection import Answer, Collection
from archive.errors import DamageError, StorageError
from archive.models import Article, Capture, PageRow, Role, VerdictKind
from archive.searching import match_expression
from archive.viewer import reports
from archive.viewer.listing import COUNTED, RASTER, Entry, Found, Listing
from archive.viewer.model import (
    Card,
    Choices,
    Day,
    Front,
    Health,
    Moment,
    Picture,
    Provenance,
    Query,
    Read,
    Results,
    SiteDay,
    Span,
)
from archive.viewer.pictures import MOST_BYTES, picture_of
from archive.warc.fields import parse_fields
from archive.warc.reader import read_at

PER_PAGE = 20
MOST_SITES = 12
HEALTH_DAYS = 30
MOST_FAILING = 20
MOST_ADDRESSES = 100

_FAILED = 10
_KEPT_VERDICTS = frozenset(kind.value for kind in VerdictKind if kind.kept)
_T = TypeVar("_T")


class _Meta(Struct):
    image: str | None = None


class _Head(Struct):
    subtitle: str | None = None
    meta: _Meta = field(default_factory=_Meta)


class _Beside(Struct):
    """Of the JSON beside a text, what cards show."""

    article: _Head = field(default_factory=_Head)


class Library:
    """Of one collection that is open to read. Safe in threads; a context manager. The collection is the caller's to
    close. Raises StorageError and DamageError where the catalog cannot be read."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self._listing = Listing(collection.path / catalog.NAME)
        self._lock = Lock()
        self._held: dict[object, tuple[object, Any]] = {}

    def close(self) -> None:
        self._listing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------------ lists

    def front(self, days: int = 7, per_site: int = 4) -> Front:
        """The last `days` days on which anything came in, of each host the latest `per_site` pages."""
        return self._once(("front", days, per_site), lambda: self._front(days, per_site))

    def _front(self, days: int, per_site: int) -> Front:
        listing = self._listing
        found = []
        for day in listing.last_days(days):
            hosts = listing.hosts_of(day)
            sites = [
                SiteDay(host, count, self._cards(listing.came(day, host, per_site)))
                for host, count in hosts[:MOST_SITES]
            ]
            found.append(Day(day, sum(count for _, count in hosts), tuple(sites)))
        failed = listing.entries(listing.listed(Query(), False, 0, _FAILED).numbers)
        return Front(tuple(found), listing.stats(), tuple(entry.page for entry in failed))

    def search(self, query: Query) -> Results:
        """One screen of what the query finds. Nothing that is typed raises."""
        offset = (min(max(query.page, 1), COUNTED // PER_PAGE) - 1) * PER_PAGE
        if match_expression(query.words):
            found = self._listing.matching(query, offset, PER_PAGE)
            return self._results(query, found, self._listing.snippets(query.words, found.numbers))
        if query.words.strip():
            return Results(query, (), 0, per_page=PER_PAGE)
        kept = not query.verdict or query.verdict in _KEPT_VERDICTS
        return self._results(query, self._listing.listed(query, kept, offset, PER_PAGE), {})

    def quarantine(self, verdict: str = "", host: str = "", page: int = 1) -> Results:
        """What was not kept: of each address the latest failure, the latest first."""
        query = Query(verdict=verdict, site=host, page=page)
        offset = (min(max(page, 1), COUNTED // PER_PAGE) - 1) * PER_PAGE
        return self._results(query, self._listing.listed(query, False, offset, PER_PAGE), {})

    def choices(self) -> Choices:
        """What the filters offer."""
        return self._once("choices", self._choices)

    def _choices(self) -> Choices:
        columns = {"sites": "host", "languages": "language", "verdicts": "verdict", "sources": "source"}
        return Choices(
            **{name: self._listing.choices(column, kept_only=column != "verdict") for name, column in columns.items()}
        )

    def changes(self, limit: int = 50) -> tuple[Card, ...]:
        """The latest texts: new articles and new versions of known ones, the latest first."""
        return self._cards(self._listing.changes(limit))

    def health(self) -> Health:
        """How the collection fares."""
        runs, unreadable = reports.runs(self.collection.path)
        days, failing = self._once("health", self._health)
        return Health(tuple(runs), days, failing, tuple(unreadable))

    def _health(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        return tuple(self._listing.by_day(HEALTH_DAYS)), tuple(self._listing.failing(MOST_FAILING))

    def _results(self, query: Query, found: Found, snippets: dict[int, tuple[Span, ...]]) -> Results:
        return Results(query, self._cards(found.numbers, snippets), found.total, found.more_than, PER_PAGE)

    def _cards(self, numbers: Iterable[int], snippets: dict[int, tuple[Span, ...]] | None = None) -> tuple[Card, ...]:
        entries = self._listing.entries(list(numbers))
        return tuple(self._card(entry, (snippets or {}).get(entry.number, ())) for entry in entries)

    def _card(self, entry: Entry, snippet: tuple[Span, ...]) -> Card:
        head = self._head(entry.page)
        lead = self._lead(entry.page, head.meta.image) if entry.page.verdict.kept else None
        return Card(entry.page, lead, entry.versions, snippet, head.subtitle)

    def _head(self, page: PageRow) -> _Head:
        """A card is shown even where the file beside its text is damaged: `read` tells of that."""
        if page.text is not None:
            with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
                path = (self.collection.path / page.text).with_suffix(".json")
                return msgspec.json.decode(path.read_bytes(), type=_Beside).article
        return _Head()

    # ------------------------------------------------------------------------------------------------ one page

    def read(self, page_id: str) -> Read | None:
        """A page with all that is known of it; None if there is none."""
        page = self.page(page_id)
        if page is None:
            return None
        article, damage = None, None
        try:
            article = self.collection.article_of(page)
        except DamageError as error:
            damage = str(error)
        moments = self.moments(page)
        lead = self._lead(page, article.meta.image if article is not None else None) if page.verdict.kept else None
        provenance, trouble = self._provenance(page, moments)
        return Read(page, article, provenance, moments, lead, damage or trouble)

    def page(self, page_id: str) -> PageRow | None:
        return self.collection.page(page_id)

    def find(self, url: str) -> PageRow | None:
        """The latest page kept under this address; without one the latest that failed."""
        return self.collection.find(url)

    def moments(self, page: PageRow) -> tuple[Moment, ...]:
        """The captures of an article, failed ones and other readings too, the earliest first."""
        return tuple(Moment(row, version) for row, version in self._listing.moments(page))

    def text(self, page_id: str) -> str | None:
        """The text file of a page, in the version that it brought or confirmed. Raises DamageError."""
        page = self.page(page_id)
        return self.collection.text_of(page) if page is not None else None

    def article(self, page_id: str) -> Article | None:
        """The article of a page, in the version that it brought or confirmed. Raises DamageError."""
        page = self.page(page_id)
        return self.collection.article_of(page) if page is not None else None

    def record(self, page_id: str) -> tuple[Path, int, int] | None:
        """Where the page's own record lies: the file, and the offset and length of its gzip member in bytes."""
        page = self.page(page_id)
        capture = self.collection.capture_of(page) if page is not None else None
        return self.collection.place(capture) if capture is not None else None

    def _provenance(self, page: PageRow, moments: Iterable[Moment]) -> tuple[Provenance, str | None]:
        """And what is wrong with its record, in words."""
        rows = [page, *(moment.page for moment in moments)]
        asked = dict.fromkeys(url for row in rows for url in (row.url, row.final_url, row.original_url) if url)
        captures = self.collection.captures(page.rereads or page.page_id)
        capture = self.collection.capture_of(page)
        found = Provenance(
            addresses=tuple(asked)[:MOST_ADDRESSES],
            capture=capture,
            chain=tuple(each for each in captures if each.role == Role.HOP),
            requisites=tuple(each for each in captures if each.role == Role.ASSET),
        )
        if capture is None:
            return found, None
        try:
            answer = self.collection.read(capture)
            return self._with_record(found, answer), None
        except (DamageError, StorageError) as error:
            return found, str(error)

    def _with_record(self, found: Provenance, answer: Answer) -> Provenance:
        record = answer.record
        return replace(
            found,
            ip=record.header("WARC-IP-Address"),
            block=record.header("WARC-Block-Digest"),
            payload=record.header("WARC-Payload-Digest"),
            warcinfo=record.header("WARC-Warcinfo-ID"),
            software=_software(record.path),
            headers=answer.http_headers(),
        )

    # ------------------------------------------------------------------------------------------------ pictures

    def lead(self, page: PageRow) -> Capture | None:
        """The picture that stands for a page: the one that the article names if it is kept, else the largest that is
        stored with the page."""
        return self._lead(page, self._head(page).meta.image)

    def _lead(self, page: PageRow, image: str | None) -> Capture | None:
        named = self._listing.picture(page, image) if image else None
        if named is not None and named.mime.lower() in RASTER:
            return named
        return self._listing.largest_picture(page)

    def picture(self, page_id: str, url: str) -> Picture | None:
        """The picture at this address as it was when the page was kept; None if it is not kept or no raster picture.
        Raises DamageError."""
        page = self.page(page_id)
        capture = self._listing.picture(page, url) if page is not None else None
        return self.shown(capture) if capture is not None else None

    def lead_picture(self, page_id: str) -> Picture | None:
        """The bytes of `lead`. Raises DamageError."""
        page = self.page(page_id)
        capture = self.lead(page) if page is not None else None
        return self.shown(capture) if capture is not None else None

    def shown(self, capture: Capture, most: int = MOST_BYTES) -> Picture | None:
        """The picture that a capture holds; None if it is no raster picture, or larger than `most` bytes."""
        return picture_of(self.collection.read(capture), most)

    # ------------------------------------------------------------------------------------------------ what is held

    def revision(self) -> int:
        """Another number whenever the catalog has changed."""
        return self._listing.revision()

    def _once(self, name: object, make: Callable[[], _T]) -> _T:
        """What `make` gives, made anew when the catalog has changed."""
        revision = self.revision()
        with self._lock:
            held = self._held.get(name)
        if held is None or held[0] != revision:
            held = revision, make()
            with self._lock:
                self._held[name] = held
        value: _T = held[1]
        return value


def _software(path: Path) -> str | None:
    """What a WARC file's first record says of the program that wrote it."""
    first = read_at(path, 0)
    if first.type != "warcinfo":
        return None
    return next((value for name, value in parse_fields(first.payload_bytes()) if name.lower() == "software"), None)
