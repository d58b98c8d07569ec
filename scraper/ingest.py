"""Stored pages read again: their text by today's reader, out of the WARC files, without asking anybody.

What comes of a page is a version of its text like any other: its records go to a WARC file of their own and name the
record that was read, so a rebuild gives it back. A text that would be worse stays as it is, unless it is forced.
"""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from archive import urls
from archive.article import render, words
from archive.errors import WarcError
from archive.models import Article, Capture, Exchange, Origin, PageRow, Rereading, Role, Verdict, VerdictKind
from archive.parse import parse
from archive.warc.reader import StoredRecord
from scraper import verdict as verdicts
from scraper.body import decoded
from scraper.paging import Leaf, joined, leaves
from scraper.read.reading import Page, Reading
from scraper.sniff import is_html
from scraper.stored import MOST_BODY, stored_exchange

if TYPE_CHECKING:
    from archive.collection import Collection

LEAST_LEFT = 0.8


class Outcome(StrEnum):
    """What reading a page again came to."""

    SAME = "same"
    CHANGED = "changed"
    NEW = "new"
    WORSE = "worse"
    DAMAGED = "damaged"
    NO_PAGE = "no page"


class Reread(Struct, frozen=True):
    """One page: `why` says in words what is worse or wrong, `diff` holds the lines of a unified difference, `taken`
    whether the new text is the article's from now on."""

    row: PageRow
    outcome: Outcome
    why: str = ""
    diff: tuple[str, ...] = ()
    taken: bool = False


class Count(Struct):
    """How many pages came to what."""

    outcomes: dict[Outcome, int] = field(default_factory=dict)

    def add(self, one: Reread) -> None:
        self.outcomes[one.outcome] = self.outcomes.get(one.outcome, 0) + 1

    def of(self, *outcomes: Outcome) -> int:
        return sum(self.outcomes.get(outcome, 0) for outcome in outcomes)


class Found(Struct, frozen=True):
    """A stored page as today's reader has it; `article` is None where its verdict is another."""

    capture: Capture
    verdict: Verdict
    article: Article | None
    extractor: str


class Rereader:
    """Reads stored pages again; safe in threads. `force` takes worse texts too, `dry` writes nothing."""

    def __init__(
        self,
        collection: Collection,
        read: Callable[[Page], Reading],
        clock: Callable[[], datetime],
        *,
        force: bool = False,
        dry: bool = False,
    ) -> None:
        self._collection = collection
        self._read = read
        self._clock = clock
        self._force = force
        self._dry = dry

    def reread(self, row: PageRow) -> Reread:
        """Raises StorageError when the collection cannot take the new text."""
        try:
            found = self._found(row)
            text = self._collection.text_of(row)
        except WarcError as error:
            return Reread(row, Outcome.DAMAGED, str(error))
        if found is None:
            return Reread(row, Outcome.NO_PAGE)
        old = parse(text.encode(), row.text or row.url) if text else None
        if found.article is None:
            if old is None:
                return Reread(row, Outcome.SAME)
            return Reread(row, Outcome.WORSE, f"it would be no article any more: {found.verdict.reason}")
        new = render(found.article)
        if new == text:
            return Reread(row, Outcome.SAME)
        worse = losses(old, found.article) if old is not None else []
        outcome = Outcome.WORSE if worse else Outcome.NEW if old is None else Outcome.CHANGED
        taken = not self._dry and (self._force or not worse)
        if taken:
            row = self._keep(row, found, found.article)
        return Reread(row, outcome, "; ".join(worse), difference(text or "", new), taken)

    def _keep(self, row: PageRow, found: Found, article: Article) -> PageRow:
        again = Rereading(
            id=str(uuid.uuid4()),
            time=urls.now_ms(self._clock),
            page=row,
            origin=_origin(found.capture, self._collection.read(found.capture).record),
            verdict=found.verdict,
            article=article,
            extractor=found.extractor,
        )
        return self._collection.commit(again).result()

    def _found(self, row: PageRow) -> Found | None:
        capture = self._collection.capture_of(row)
        if capture is None:
            return None
        exchange = stored_exchange(self._collection, capture)
        if not is_html(exchange):
            return None
        reading = self._reading(exchange)
        verdict = verdicts.verdict(exchange, reading, None, asked=row.url)
        article = reading.article if verdict.kind is VerdictKind.ARTICLE else None
        if article is not None:
            further = self._further(row, Leaf(exchange.url, reading, article))
            article = joined(article, further)
        return Found(capture, verdict, article, reading.extractor)

    def _further(self, row: PageRow, first: Leaf) -> list[Leaf]:
        """The further pages that were kept with this one."""
        kept = {c.url: c for c in self._collection.captures(row.rereads or row.page_id) if c.role == Role.FURTHER}

        def leaf(url: str, number: int) -> Leaf | None:
            reading = self._reading(stored_exchange(self._collection, kept[url])) if url in kept else None
            if reading is None or reading.article is None:
                return None
            return Leaf(url, reading, reading.article)

        return list(leaves(first, leaf))

    def _reading(self, exchange: Exchange) -> Reading:
        body, status = decoded(exchange, MOST_BODY), exchange.status or 0
        return self._read(Page(body, exchange.headers, exchange.url, status, needs=False, links=False))


def losses(old: Article, new: Article) -> list[str]:
    """In words, why the new text may be worse than the old one: what it lacks that the old one has."""
    before, after = words(old), words(new)
    lost = [f"only {after} of {before} words would be left"] if after < LEAST_LEFT * before else []
    for name in ("authors", "date", "caption", "credit"):
        if getattr(old, name) and not getattr(new, name):
            lost.append(f"the {name} would be lost")
    return lost


def difference(old: str, new: str) -> tuple[str, ...]:
    """A unified difference of two texts, without a head."""
    lines = difflib.unified_diff(old.split("\n"), new.split("\n"), lineterm="", n=1)
    return tuple(lines)[2:]


def _origin(capture: Capture, record: StoredRecord) -> Origin:
    return Origin(
        url=capture.url,
        time=capture.time,
        file=f"{capture.folder}/{capture.warc}",
        record_id=capture.record_id,
        record_type=capture.record_type,
        offset=capture.offset,
        length=capture.length,
        status=capture.status,
        ip=record.header("WARC-IP-Address"),
        block=record.header("WARC-Block-Digest"),
        payload=capture.digest or None,
        refers_to=capture.refers_to,
    )


def each(
    rereader: Rereader, collection: Collection, pages: Sequence[str], workers: int, stopped: Callable[[], bool]
) -> Iterator[Reread]:
    """All of these pages, by their ids, `workers` at a time, in the order in which they are done."""
    flying: set[Future[Reread]] = set()
    waiting = iter(pages)
    with ThreadPoolExecutor(workers, thread_name_prefix="reread") as pool:
        while True:
            while len(flying) < 2 * workers and not stopped():
                page_id = next(waiting, None)
                if page_id is None:
                    break
                row = collection.page(page_id)
                if row is not None:
                    flying.add(pool.submit(rereader.reread, row))
            if not flying:
                return
            done, flying = wait(flying, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
