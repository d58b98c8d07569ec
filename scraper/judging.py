"""The judgement on an answer by what is kept of its link, which is looked up; what else it takes to tell is asked for.
A check wants it of every answer, a recapture of those alone whose text is far from the kept one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from archive.collection import Collection
from archive.errors import TearsheetError, TextError
from archive.linkstate import Check
from archive.models import Article, Exchange, Link, PageRow, Part, Verdict, VerdictKind
from archive.urls import wire_url
from scraper.body import coding_problem, decoded
from scraper.identity import host_of
from scraper.linkcase import Case, Judgement, Kept, Seen, Want
from scraper.linkcheck import host_answers, judge
from scraper.linkwords import is_version
from scraper.probing import Prober, seen_of
from scraper.read.reading import Page, Reading
from scraper.sniff import is_html
from scraper.stored import stored_page

if TYPE_CHECKING:
    from scraper.preserve import Answered, Found
    from scraper.walk import Walk


class Judged(Struct, frozen=True):
    """What a check makes of an answer. `bare`: nothing need be stored but that; `parts` are what was asked besides, to
    be stored with an answer that is kept apart."""

    verdict: Verdict
    check: Check
    bare: bool
    parts: tuple[Part, ...] = ()


class Other(Struct, frozen=True):
    """What stands in the place of a kept article: its verdict, and what was asked besides to tell."""

    verdict: Verdict
    parts: tuple[Part, ...] = ()


class Connection:
    """Whether anybody has answered in this run: until then, hosts that do not answer are put off, since the fault may
    be ours. Safe in threads."""

    def __init__(self) -> None:
        self.answered = False
        self.wary = True
        self._silent: dict[str, set[str]] = {}
        self._lock = Lock()

    def puts_off(self, link: Link, seen: Seen) -> bool:
        """Whether nothing is to be said of this link yet."""
        if seen.status is not None or seen.failure in _REFUSED:
            self.answered = self.answered or seen.status is not None
            return False
        if self.answered or not self.wary:
            return False
        with self._lock:
            self._silent.setdefault(host_of(link.url), set()).add(link.url)
        return True

    @property
    def silent(self) -> dict[str, set[str]]:
        """The addresses that were put off, by host."""
        return self._silent


_REFUSED = frozenset({"refused by us", "robots"})


class Judge:
    """The judge of one run; safe in threads."""

    def __init__(
        self,
        collection: Collection,
        prober: Prober,
        read: Callable[[Page], Reading],
        max_page: int,
    ) -> None:
        self._collection = collection
        self._prober = prober
        self._read = read
        self._max_page = max_page
        self.connection = Connection()
        self._answering: set[str] = set()
        self._lock = Lock()

    def __call__(self, link: Link, answered: Answered, found: Found, time: datetime) -> Judged | None:
        """What the answer says of the link; `time` is when the check began. None where that is put off. Raises
        TextError where what is kept is damaged."""
        asked = wire_url(link.url)
        seen = seen_of(answered.walk, answered.reading, found.verdict)
        if found.article is not None:
            seen = replace(seen, article=found.article)
        if self.connection.puts_off(link, seen):
            return None
        judged, parts = self._judged(asked, seen)
        verdict = seen.verdict
        if judged.verdict is not None:
            verdict = Verdict(judged.verdict, judged.reason, judged.evidence)
        return Judged(verdict, _check(link, judged, seen, time), judged.bare, parts)

    def other(self, link: Link, walk: Walk, found: Found, sketched: Callable[[], Reading | None]) -> Other | None:
        """What an answer is that would be the next version of a kept article, and is another page; None for a version
        of it, and where no text is kept that can be read. `sketched` reads the answer again, with its outline."""
        asked, verdict = wire_url(link.url), found.verdict
        if not verdict.kept:
            return None
        if verdict.kind is VerdictKind.UNCHANGED:
            self._answered(walk.last.url, asked)
            return None
        row = self._collection.find_text(asked)
        if row is None:
            return None
        try:
            kept = self._collection.article_of(row)
        except TextError:
            return None  # verify tells; a recapture goes on
        if found.article is not None and kept is not None and is_version(kept, found.article):
            self._answered(walk.last.url, asked)
            return None
        seen = seen_of(walk, sketched(), verdict)
        judged, parts = self._judged(asked, replace(seen, article=found.article) if found.article else seen)
        if judged.verdict is None:
            for part in parts:
                part.exchange.body.close()
            return None
        return Other(Verdict(judged.verdict, judged.reason, judged.evidence), parts)

    def _judged(self, asked: str, seen: Seen) -> tuple[Judgement, tuple[Part, ...]]:
        """The judgement, and what was asked for it."""
        kept, row = self._kept(asked, seen)
        case = Case(asked, kept, seen)
        taken: list[Part] = []
        while isinstance(judged := judge(case), Want):
            case = self._met(case, judged, row, taken)
        if host_answers(judged):
            self._answered(seen.url, asked)
        return judged, tuple(taken)

    def _answered(self, url: str, asked: str) -> None:
        """The host gives its pages to us."""
        if host_of(url) == host_of(asked):
            with self._lock:
                self._answering.add(host_of(asked))

    def _kept(self, asked: str, seen: Seen) -> tuple[Kept, PageRow | None]:
        known = self._collection.known_page(asked)
        if known is None:
            return Kept(known=False), None
        row, capture = known
        with_text = self._collection.find_text(asked)
        article = None
        if seen.verdict.kind is not VerdictKind.UNCHANGED and with_text is not None:
            article = self._article(with_text, seen)
        original = (self._collection.original_of(capture) if capture.record_type == "revisit" else None) or capture
        document = with_text is None and bool(original.mime) and "html" not in original.mime
        return Kept(article, document, self._collection.first_final(asked), True), row

    def _article(self, row: PageRow, seen: Seen) -> Article | None:
        """What is kept of the article, as today's reader reads it: what a better reader finds is no change."""
        kept = self._collection.article_of(row)
        reading = seen.reading
        if kept is None or reading is None or not row.extractor or row.extractor == reading.extractor:
            return kept
        if kept.meta.pages:
            return kept
        again = self._stored(row)
        return again.article if again is not None and again.article is not None else kept

    def _met(self, case: Case, want: Want, row: PageRow | None, taken: list[Part]) -> Case:
        met = case.met | {want}
        if want is Want.STORED:
            return replace(case, met=met, stored=self._stored(row) if row is not None else None)
        base = case.kept.final or case.asked
        probe = self._prober.made_up(base) if want is Want.MADE_UP else self._prober.home(base)
        taken += probe.take()
        if want is Want.HOME:
            return replace(case, met=met, home=probe.seen)
        with self._lock:
            answers = host_of(base) in self._answering
        return replace(case, met=met, made_up=probe.seen, answers=answers)

    def _stored(self, row: PageRow) -> Reading | None:
        """The kept page, read again."""
        try:
            capture = self._collection.capture_of(row)
            page = stored_page(self._collection, capture, self._max_page) if capture is not None else None
        except TearsheetError:
            return None  # a damaged record is told by verify; the check goes on without it
        return self._read(replace(page, sketch=True)) if page is not None else None


def answer_reader(read: Callable[[Page], Reading], max_page: int) -> Callable[[Exchange], Reading | None]:
    """What reads an answer that is kept of nobody's account."""

    def reading(exchange: Exchange) -> Reading | None:
        if not exchange.body.size or exchange.failure is not None or not is_html(exchange):
            return None
        if coding_problem(exchange) is not None:
            return None
        body = decoded(exchange, max_page)
        return read(Page(body, exchange.headers, exchange.url, exchange.status or 0, needs=False, sketch=True))

    return reading


def _check(link: Link, found: Judgement, seen: Seen, time: datetime) -> Check:
    drift = found.drift
    return Check(
        address=link.url,
        time=time,
        state=found.state,
        reason=found.reason,
        evidence=found.evidence,
        status=seen.status,
        moved_to=found.moved_to,
        permanent=found.permanent,
        similarity=found.similarity,
        added=drift.added if drift is not None else 0,
        struck=drift.struck if drift is not None else 0,
        corrections=drift.corrections if drift is not None else (),
    )
