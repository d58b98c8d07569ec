"""The one way in: steps 2 to 6 of the way of an address, from the link to the durable row."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from archive import urls
from archive.collection import Collection
from archive.errors import TearsheetError, TextError
from archive.linkstate import Check
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
from archive.submission import Submission
from scraper import verdict as verdicts
from scraper.assets import Ahead, Assets, Gathered
from scraper.body import coding_problem, decoded
from scraper.crawl import Result
from scraper.fetch import HopRequest
from scraper.paging import Leaf, joined, leaves
from scraper.read.reading import Early, Page, Reading, failed
from scraper.redact import without_user
from scraper.retry import rest_until
from scraper.sniff import is_html
from scraper.stored import stored_page
from scraper.unkept import not_asked_row, unkept_row
from scraper.walk import Walk, Walks

if TYPE_CHECKING:
    from scraper.judging import Judge


class Rules(Struct, frozen=True):
    """What a run decides for all its addresses. `recapture_after` is in seconds; `outlinks` are the sources whose
    pages' links are wanted. What `unwanted` gives a reason against is not kept, in quarantine neither. With `ahead`
    what a page needs is asked for before its article is read. `submissions` are what public archives are to be
    asked to keep of an address, and stand in its own record. With `check` links are checked: each answer is judged,
    and what the judge found is stored."""

    again: bool = False
    check: bool = False
    recapture_after: float = 86400.0
    requisites: bool = True
    max_page: int = 20_000_000
    max_redirects: int = 10
    outlinks: frozenset[str] = frozenset()
    unwanted: Callable[[Verdict, Reading | None, Exchange], str] = lambda verdict, reading, last: ""
    ahead: bool = True
    submissions: Callable[[str, datetime], Sequence[Submission]] = lambda url, now: ()


class Hands(Struct, frozen=True):
    """What a preserver works with: the network, the readers, the collection and the clock; `fault` hears of bugs of
    ours, `submit` of what is to be submitted, once it is durable. With a `judge` what is kept of an address gives
    way to nothing worse, and to no other page."""

    walker: Walks
    assets: Assets
    read: Callable[[Page, Early | None], Reading]
    collection: Collection
    clock: Callable[[], datetime]
    fault: Callable[[Exception], None]
    submit: Callable[[Sequence[Submission]], None] = lambda submissions: None
    judge: Callable[[], Judge] | None = None


class Answered(Struct, frozen=True):
    """How an address answered: the way to its end, what was read there, the gathering that has begun, and what was
    kept of it before."""

    walk: Walk
    reading: Reading | None
    ahead: Ahead | None
    known: Capture | None


class _Committed(Struct, frozen=True):
    """`size` is in bytes, as they came."""

    row: Future[PageRow]
    size: int
    submissions: tuple[Submission, ...] = ()


class _Stopped(Exception):
    """The run was stopped while a page was under way that waited for its host, or the way led to a host that is to be
    left alone, or for which too many wait: nothing of it is kept."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk


class _Unwanted(Exception):
    """What came is not wanted: nothing of it is kept."""

    def __init__(self, verdict: Verdict, why: str) -> None:
        self.verdict = replace(verdict, reason=why)


def _whole(walk: Walk) -> None:
    """Raises _Stopped where the walk ended before its end."""
    if walk.stopped:
        raise _Stopped(walk)


class Further(Struct):
    """The pages of an article after its first, and what was asked for on the way."""

    leaves: tuple[Leaf, ...] = ()
    parts: list[Part] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


class Found(Struct, frozen=True):
    """What an answer turned out to be: the article with all its pages; what a check found, and the answers that it
    asked for `besides`, which are stored with what is kept apart."""

    verdict: Verdict
    article: Article | None = None
    further: Further = field(default_factory=Further)
    check: Check | None = None
    besides: tuple[Part, ...] = ()


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
                self._hands.collection.stays(row)
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
        while (target := self._signposted(walk, reading)) is not None:
            self._hands.walker.go_on(walk, HopRequest(target, referer=walk.last.url))
            reading, ahead = self._first_reading(walk, known, url)
        last = walk.last
        try:
            _whole(walk)
            answered = Answered(walk, reading, ahead, known)
            found = self._found(urls.wire_url(link.url), answered)
            if self._hands.judge is not None:
                if self._rules.check:
                    return self._checked(link, answered, found, now, self._hands.judge())
                found = self._recaptured(link, answered, found, self._hands.judge)
            committed = self._store(link, answered, found, now)
        except _Stopped as stopped:
            if ahead is not None:
                ahead.drop()
            for unstored in (walk, stopped.walk):
                self._hands.walker.give_up(unstored)
            row_of = not_asked_row(link, now, stopped.walk.last.failure.message if stopped.walk.last.failure else "")
            left, crowded = stopped.walk.left_until, stopped.walk.crowded or ""
            return Result(link, row_of, stopped=True, rest_until=left, crowded=crowded)
        except _Unwanted as unwanted:
            self._hands.walker.give_up(walk)
            return Result(link, unkept_row(link, now, unwanted.verdict, last))
        outlinks: tuple[str, ...] = ()
        if link.source in self._rules.outlinks:
            outlinks = reading.outlinks if reading is not None else self._known_outlinks(last, known)
        until = rest_until(last, self._hands.clock())
        row = committed.row.result()
        if committed.submissions:
            self._hands.submit(committed.submissions)
        return Result(link, row, size=committed.size, rest_until=until, outlinks=outlinks)

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

    def _checked(self, link: Link, answered: Answered, found: Found, now: datetime, judge: Judge) -> Result:
        """What a check makes of the answer, durable."""
        walk = answered.walk
        try:
            judged = judge(link, answered, found, now)
        except TextError as error:
            self._let_go(walk, found.further.parts)
            return Result(link, replace(self._row_of_kept(link, now), reason=str(error)), damaged=True)
        if judged is None:
            raise _Stopped(walk)
        until = rest_until(walk.last, self._hands.clock())
        if not judged.bare:
            kept = judged.verdict.kept
            found = Found(judged.verdict, found.article if kept else None, found.further, judged.check, judged.parts)
            stored = self._store(link, answered, found, now)
            row = stored.row.result()
            check = replace(judged.check, page_id=row.page_id)
            return Result(link, row, size=stored.size, rest_until=until, check=check)
        page_id = str(uuid.uuid4())
        parts = self._chain(answered, found)
        group = PageGroup(page_id, link, now, parts, judged.verdict, check=judged.check, bare=True)
        self._hands.collection.note(group).result()
        size = sum(part.exchange.body.size for part in parts)
        self._let_go(walk, (*found.further.parts, *judged.parts))
        check = replace(judged.check, page_id=page_id)
        return Result(link, self._row_of_kept(link, now), size=size, rest_until=until, check=check)

    def _let_go(self, walk: Walk, parts: Iterable[Part]) -> None:
        """Nothing of it is stored."""
        for part in parts:
            part.exchange.body.close()
        self._hands.walker.give_up(walk)

    def _recaptured(self, link: Link, answered: Answered, found: Found, judge: Callable[[], Judge]) -> Found:
        """What stands in the place of a kept article is no version of it."""
        if answered.known is None:
            return found
        last = answered.walk.last
        other = judge().other(link, answered.walk, found, lambda: self._reading(last, None, sketch=True))
        return found if other is None else Found(other.verdict, further=found.further, besides=other.parts)

    def _row_of_kept(self, link: Link, now: datetime) -> PageRow:
        """The row of an address of which nothing new was stored."""
        known = self._hands.collection.known_page(urls.wire_url(link.url))
        if known is None:
            return not_asked_row(link, now, "nothing is kept of it")
        return replace(known[0], url=link.url, verdict=VerdictKind.UNCHANGED)

    def _found(self, asked: str, answered: Answered) -> Found:
        """The verdict, and the article with all of its pages."""
        reading, last = answered.reading, answered.walk.last
        verdict = verdicts.with_origin(verdicts.verdict(last, reading, answered.known, asked=asked), last)
        if why := self._rules.unwanted(verdict, reading, last):
            raise _Unwanted(verdict, why)
        if reading is None or reading.article is None or verdict.kind is not VerdictKind.ARTICLE:
            return Found(verdict)
        further = self._further(Leaf(last.url, reading, reading.article))
        return Found(verdict, joined(reading.article, further.leaves), further)

    def _chain(self, answered: Answered, found: Found) -> tuple[Part, ...]:
        """The hops to the page, and the page."""
        walk, known = answered.walk, answered.known
        unchanged = known if walk.last.status == 304 and len(walk.exchanges) == 1 else None
        chain = [Part(hop, Role.HOP, verdicts.hop_verdict(hop)) for hop in walk.exchanges[:-1]]
        return (*chain, Part(walk.last, Role.PAGE, found.verdict, unchanged))

    def _store(self, link: Link, answered: Answered, found: Found, now: datetime) -> _Committed:
        walk, reading, ahead, further = answered.walk, answered.reading, answered.ahead, found.further
        needs = []
        if _is_stored(found.verdict) and reading is not None:
            if self._rules.requisites:
                needs.append(ahead.wait() if ahead is not None else self._hands.assets.gather(walk.last.url, reading))
                needs += [self._hands.assets.gather(leaf.address, leaf.reading) for leaf in further.leaves]
        elif ahead is not None:
            ahead.drop()
        besides = () if found.verdict.kept else found.besides
        own = (*walk.robots_parts(), *self._chain(answered, found), *further.parts, *besides)
        wished = tuple(self._rules.submissions(urls.wire_url(link.url), now)) if _is_stored(found.verdict) else ()

        def commit(gathered: Gathered) -> Future[PageRow]:
            group = PageGroup(
                id=str(uuid.uuid4()),
                link=link,
                time=now,
                parts=(*own, *gathered.parts),
                verdict=found.verdict,
                article=found.article,
                missing=(*further.missing, *gathered.missing),
                shared=gathered.shared,
                extractor=reading.extractor if reading is not None else "",
                title=reading.title if reading is not None else None,
                check=found.check,
                submissions=wished,
            )
            return self._hands.collection.commit(group)

        size = sum(part.exchange.body.size for part in own) + sum(job.size for job in needs)
        return _Committed(self._hands.assets.hand_over(needs, commit), size, wished)

    def _further(self, first: Leaf) -> Further:
        """The pages of the article after its first one, as long as each leads on to the next."""
        found = Further()

        def leaf(url: str, number: int) -> Leaf | None:
            walk = self._hands.walker.walk(HopRequest(url, referer=first.address))
            _whole(walk)
            read = self._reading(walk.last, None)
            verdict = verdicts.verdict(walk.last, read, None, asked=url)
            article = read.article if read is not None and verdict.kind is VerdictKind.ARTICLE else None
            found.parts += walk.robots_parts()
            role = Role.ASSET if article is None else Role.FURTHER
            found.parts += [Part(hop, role, verdicts.hop_verdict(hop)) for hop in walk.exchanges[:-1]]
            own = verdicts.asset_verdict(walk.last) if article is None else verdict
            found.parts.append(Part(walk.last, role, own))
            if read is None or article is None:
                found.missing.append(Missing(url, f"page {number} of the article: {verdict.reason}"))
                return None
            return Leaf(walk.last.url, read, article)

        found.leaves = tuple(leaves(first, leaf))
        return found

    def _first_reading(self, walk: Walk, known: Capture | None, asked: str) -> tuple[Reading | None, Ahead | None]:
        """The reading, and the gathering of requisites where that could begin before the article was read: for a page
        that would be kept even without one."""
        begun: list[Ahead] = []

        def early(found: Reading) -> None:
            verdict = verdicts.verdict(walk.last, found, known, asked=asked)
            wanted = self._rules.ahead and self._rules.requisites and not self._rules.check
            if wanted and _is_stored(verdict) and self._signposted(walk, found) is None:
                begun.append(self._hands.assets.begin(walk.last.url, found))

        reading = self._reading(walk.last, known, early)
        return reading, begun[0] if begun else None

    def _reading(
        self, exchange: Exchange, known: Capture | None, early: Early | None = None, *, sketch: bool = False
    ) -> Reading | None:
        if not exchange.body.size or exchange.failure is not None:
            return None
        same = known is not None and (exchange.url, exchange.body.digest) == (known.url, known.digest)
        if same and (exchange.status or 0) < 400:
            return None  # its text is there already
        if not is_html(exchange):
            return None
        if (problem := coding_problem(exchange)) is not None:
            return failed(problem)
        body = decoded(exchange, self._rules.max_page)
        rules, status = self._rules, exchange.status or 0
        wants = rules.requisites, bool(rules.outlinks), sketch or rules.check
        page = Page(body, exchange.headers, exchange.url, status, *wants)
        return self._hands.read(page, early)

    def _signposted(self, walk: Walk, reading: Reading | None) -> str | None:
        return walk.signposted(reading, self._rules.max_redirects) if reading is not None else None


def _is_stored(verdict: Verdict) -> bool:
    """Whether the page itself is stored, and with it what it needs."""
    return verdict.kept and verdict.kind is not VerdictKind.UNCHANGED


def _unread(row: PageRow) -> bool:
    return row.text is None and not row.extractor and row.verdict in (VerdictKind.PAGE, VerdictKind.UNCHANGED)


__all__ = ["Hands", "Preserver", "Rules", "Verdict"]
