"""The one way in: steps 2 to 6 of the way of an address, from the link to the durable row."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from archive import urls
from archive.collection import Collection
from archive.errors import TearsheetError
from archive.models import (
    Article,
    Capture,
    Exchange,
    Link,
    Missing,
    PageGroup,
    PageRow,
    Part,
    Role,
    Verdict,
    VerdictKind,
)
from scraper import paging
from scraper import verdict as verdicts
from scraper.assets import Ahead, Assets, Gathered
from scraper.body import coding_problem, decoded
from scraper.crawl import Result
from scraper.fetch import HopRequest
from scraper.read.reading import Early, Page, Reading, failed
from scraper.redact import without_user
from scraper.retry import rest_until
from scraper.sniff import is_html
from scraper.stored import stored_page
from scraper.walk import Walk, Walker

REFRESH_DELAY = 5.0


class Rules(Struct, frozen=True):
    """What a run decides for all its addresses. `recapture_after` is in seconds; `outlinks` are the
    sources whose pages' links are wanted."""

    again: bool = False
    recapture_after: float = 86400.0
    requisites: bool = True
    max_page: int = 20_000_000
    max_redirects: int = 10
    outlinks: frozenset[str] = frozenset()


class Hands(Struct, frozen=True):
    """What a preserver works with: the network, the readers, the collection and the clock; `fault` hears of bugs of
    ours."""

    walker: Walker
    assets: Assets
    read: Callable[[Page, Early | None], Reading]
    collection: Collection
    clock: Callable[[], datetime]
    fault: Callable[[Exception], None]


class Answered(Struct, frozen=True):
    """How an address answered: the way to its end, what was read there, the gathering that has begun, and what was
    kept of it before."""

    walk: Walk
    reading: Reading | None
    ahead: Ahead | None
    known: Capture | None


class _Stopped(Exception):
    """The run was stopped while a page was under way that waited for its host, or the way led to a host that is to be
    left alone, or for which too many wait: nothing of it is kept."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk


def _whole(walk: Walk) -> None:
    """Raises _Stopped where the walk ended before its end."""
    if walk.stopped:
        raise _Stopped(walk)


class Further(Struct):
    """The pages of an article after its first, and what was asked for on the way."""

    articles: list[Article] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


class Preserver:
    """Keeps one address at a time; safe in threads."""

    def __init__(self, rules: Rules, hands: Hands) -> None:
        self._rules = rules
        self._hands = hands

    def keep(self, link: Link, home: str | None = None) -> Result:
        """Ask for the address, read it, judge it, gather what it needs, and return when that is durable.

        With `home`, the host whose turn it is, no redirect is followed to another one for which many wait already.

        Raises StorageError when the collection cannot take it; whatever the web does ends in a verdict.
        """
        now = urls.now_ms(self._hands.clock)
        asked, link = link.url, replace(link, url=without_user(link.url))
        try:
            url = urls.wire_url(link.url)
        except ValueError as error:
            return Result(link, not_asked_row(link, now, str(error)))
        known = self._hands.collection.known_page(url)
        if known is not None and not self._rules.again:
            row, _ = known
            if now - row.captured_at < timedelta(seconds=self._rules.recapture_after):
                return Result(link, row, already=True)
        # What could not be read when it came is asked for in full, and read again.
        capture = known[1] if known is not None and not _unread(known[0]) else None
        try:
            return self._kept(link, asked, capture, now, home)
        except TearsheetError:
            raise
        except Exception as error:  # a fault of ours costs this address, never the run
            self._hands.fault(error)
            reason = f"tearsheet failed on this page, which is a fault of its own: {type(error).__name__}: {error}"
            return Result(link, not_asked_row(link, now, reason))

    def _kept(self, link: Link, asked: str, known: Capture | None, now: datetime, home: str | None) -> Result:
        url = urls.wire_url(link.url)
        walk = self._hands.walker.walk(HopRequest(asked), known, home)
        reading, ahead = self._first_reading(walk, known, url)
        while (target := self._refresh_target(walk, reading)) is not None:
            self._hands.walker.go_on(walk, HopRequest(target, referer=walk.last.url))
            reading, ahead = self._first_reading(walk, known, url)
        last = walk.last
        try:
            _whole(walk)
            row, size = self._commit(link, Answered(walk, reading, ahead, known), now)
        except _Stopped as stopped:
            if ahead is not None:
                ahead.drop()
            for unstored in (walk, stopped.walk):
                self._hands.walker.give_up(unstored)
            row_of = not_asked_row(link, now, stopped.walk.last.failure.message if stopped.walk.last.failure else "")
            left, crowded = stopped.walk.left_until, stopped.walk.crowded or ""
            return Result(link, row_of, stopped=True, rest_until=left, crowded=crowded)
        outlinks: tuple[str, ...] = ()
        if link.source in self._rules.outlinks:
            outlinks = reading.outlinks if reading is not None else self._known_outlinks(last, known)
        until = rest_until(last, self._hands.clock())
        return Result(link, row.result(), size=size, rest_until=until, outlinks=outlinks)

    def outlinks(self, row: PageRow) -> tuple[str, ...]:
        """Those of a page that is kept, as a result would have told them."""
        capture = self._hands.collection.capture_of(row)
        page = stored_page(self._hands.collection, capture, self._rules.max_page) if capture is not None else None
        if page is None:
            return ()
        return self._hands.read(page, None).outlinks

    def _known_outlinks(self, last: Exchange, known: Capture | None) -> tuple[str, ...]:
        """Those of the page that the answer confirmed."""
        if known is None or known.url != last.url:
            return ()
        stored = stored_page(self._hands.collection, known, self._rules.max_page)
        return self._hands.read(stored, None).outlinks if stored is not None else ()

    def _commit(self, link: Link, answered: Answered, now: datetime) -> tuple[Future[PageRow], int]:
        walk, reading, ahead, known = answered.walk, answered.reading, answered.ahead, answered.known
        last = walk.last
        unchanged = known if last.status == 304 and len(walk.exchanges) == 1 else None
        verdict = verdicts.verdict(last, reading, known, asked=urls.wire_url(link.url))
        article = reading.article if reading is not None and verdict.kind is VerdictKind.ARTICLE else None
        further = Further()
        needs = []
        if _is_stored(verdict) and reading is not None:
            if article is not None:
                further = self._further(last.url, reading, article)
                article = paging.joined(article, further.articles, further.addresses)
            if self._rules.requisites:
                needs.append(ahead.wait() if ahead is not None else self._hands.assets.gather(last.url, reading))
                pages = zip(further.addresses, further.readings, strict=True)
                needs += [self._hands.assets.gather(*each) for each in pages]
        elif ahead is not None:
            ahead.drop()
        chain = [Part(hop, Role.HOP, verdicts.hop_verdict(hop)) for hop in walk.exchanges[:-1]]
        own = (*walk.robots_parts(), *chain, Part(last, Role.PAGE, verdict, unchanged), *further.parts)

        def commit(gathered: Gathered) -> Future[PageRow]:
            group = PageGroup(
                id=str(uuid.uuid4()),
                link=link,
                time=now,
                parts=(*own, *gathered.parts),
                verdict=verdict,
                article=article,
                missing=(*further.missing, *gathered.missing),
                shared=gathered.shared,
                extractor=reading.extractor if reading is not None else "",
                title=reading.title if reading is not None else None,
            )
            return self._hands.collection.commit(group)

        size = sum(part.exchange.body.size for part in own) + sum(job.size for job in needs)
        return self._hands.assets.hand_over(needs, commit), size

    def _further(self, first: str, reading: Reading, article: Article) -> Further:
        """The pages of the article after its first one, as long as each leads on to the next."""
        found = Further()
        seen = {first}
        for number in range(2, paging.MOST_PAGES + 1):
            url = paging.following(first, number, reading.pagination)
            if url is None or url in seen:
                break
            walk = self._hands.walker.walk(HopRequest(url, referer=first))
            _whole(walk)
            read = self._reading(walk.last, None)
            verdict = verdicts.verdict(walk.last, read, None, asked=url)
            good = verdict.kind is VerdictKind.ARTICLE and read is not None and read.article is not None
            found.parts += walk.robots_parts()
            role = Role.FURTHER if good else Role.ASSET
            found.parts += [Part(hop, role, verdicts.hop_verdict(hop)) for hop in walk.exchanges[:-1]]
            found.parts.append(Part(walk.last, role, verdict if good else verdicts.asset_verdict(walk.last)))
            if not good or read is None or read.article is None:
                found.missing.append(Missing(url, f"page {number} of the article: {verdict.reason}"))
                break
            if walk.last.url in seen or not paging.belongs(article, read.article):
                break
            seen.add(walk.last.url)
            found.articles.append(read.article)
            found.addresses.append(walk.last.url)
            found.readings.append(read)
            reading = read
        return found

    def _first_reading(self, walk: Walk, known: Capture | None, asked: str) -> tuple[Reading | None, Ahead | None]:
        """The reading, and the gathering of requisites where that could begin before the article was read: for a page
        that would be kept even without one."""
        begun: list[Ahead] = []

        def early(found: Reading) -> None:
            verdict = verdicts.verdict(walk.last, found, known, asked=asked)
            if self._rules.requisites and _is_stored(verdict) and self._refresh_target(walk, found) is None:
                begun.append(self._hands.assets.begin(walk.last.url, found))

        reading = self._reading(walk.last, known, early)
        return reading, begun[0] if begun else None

    def _reading(self, exchange: Exchange, known: Capture | None, early: Early | None = None) -> Reading | None:
        if not exchange.body.size or exchange.failure is not None:
            return None
        if known is not None and (exchange.url, exchange.body.digest) == (known.url, known.digest):
            # The same page as before: its text is there already.
            return None
        if not is_html(exchange):
            return None
        if (problem := coding_problem(exchange)) is not None:
            return failed(problem)
        body = decoded(exchange, self._rules.max_page)
        rules, status = self._rules, exchange.status or 0
        page = Page(body, exchange.headers, exchange.url, status, rules.requisites, bool(rules.outlinks))
        return self._hands.read(page, early)

    def _refresh_target(self, walk: Walk, reading: Reading | None) -> str | None:
        """Where a page that is only a signpost sends its reader by itself."""
        if reading is None or reading.refresh is None or walk.last.status != 200 or reading.article is not None:
            return None
        target = reading.refresh.url
        if reading.refresh.delay > REFRESH_DELAY or not urls.is_http(target):
            return None
        if len(walk.exchanges) > self._rules.max_redirects or target in [hop.url for hop in walk.exchanges]:
            return None
        return target


def _is_stored(verdict: Verdict) -> bool:
    """Whether the page itself is stored, and with it what it needs."""
    return verdict.kept and verdict.kind is not VerdictKind.UNCHANGED


def _unread(row: PageRow) -> bool:
    return row.text is None and not row.extractor and row.verdict in (VerdictKind.PAGE, VerdictKind.UNCHANGED)


def not_asked_row(link: Link, now: datetime, reason: str) -> PageRow:
    """The row of an address that is none: nothing was asked, so no record tells of it."""
    return PageRow(
        page_id="",
        url=link.url,
        final_url=link.url,
        original_url=None,
        verdict=VerdictKind.BLOCKED,
        reason=reason,
        evidence=(),
        status=None,
        title=None,
        authors=(),
        date=None,
        words=0,
        text=None,
        warc=None,
        offset=None,
        digest=None,
        captured_at=now,
        requisites=0,
        missing=(),
        source=link.source,
        via=link.via,
    )


__all__ = ["Hands", "Preserver", "Rules", "Verdict", "not_asked_row"]
