"""Where a dead article survives: copies of an address in web archives are found, looked at and kept.

A copy is taken the way of any address (`preserve.py`): walked to, read, judged, with what it needs to be seen. Only the
walker is another (`mementos/walking.py`), and what is no good is passed over instead of going to quarantine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from archive import urls
from archive.errors import WarcError
from archive.models import Capture, Exchange, Link, PageRow, Verdict, VerdictKind
from archive.rows import is_good
from archive.submission import Submission
from scraper.assets import Assets, Stock
from scraper.crawl import Result
from scraper.identity import host_of
from scraper.mementos.asking import Asking
from scraper.mementos.choosing import Attempts, When, date_in, end_of
from scraper.mementos.searching import Found, Searcher
from scraper.mementos.walking import MementoWalker
from scraper.preserve import Hands, Preserver, Rules
from scraper.sniff import is_html
from scraper.stored import stored_exchange, stored_page
from scraper.submits.clients import host

if TYPE_CHECKING:
    from archive.collection import Collection
    from scraper.gate import HostGate
    from scraper.read.reading import Read, Reading
    from scraper.settings import Settings
    from scraper.submits.submitter import Submitter

SOURCE = "rescue"
NEAR_ENOUGH = timedelta(days=30)
_BEST = frozenset({VerdictKind.ARTICLE, VerdictKind.DOCUMENT})
_STUBS = frozenset({VerdictKind.PAYWALL, VerdictKind.CONSENT, VerdictKind.EMPTY})
_RESTS = frozenset({VerdictKind.RATE_LIMITED, VerdictKind.UNREACHABLE})
_BEFORE = timedelta(days=2)
_STATED = re.compile(r"\d{4}-\d\d-\d\d")


class Outcome(StrEnum):
    """What became of one address. `UNASKED`: no archive could be asked, so nothing is known."""

    RESCUED = "rescued"
    ALREADY = "kept already"
    NO_COPY = "no copy"
    NO_GOOD = "no good copy"
    UNASKED = "not asked"
    REFUSED = "refused"
    STOPPED = "stopped"


class Passed(Struct, frozen=True):
    """A copy that was looked at and is no good."""

    copy: Found
    reason: str


class Rescue(Struct, frozen=True):
    """What became of one address: `row` of what is kept, `copy` that was taken or, where nothing is to be taken, would
    be; `copies` is how many there are, `problems` tell which archives could not be asked, and why."""

    url: str
    outcome: Outcome
    reason: str = ""
    when: When | None = None
    copies: int = 0
    copy: Found | None = None
    row: PageRow | None = None
    passed: tuple[Passed, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()


class Seen(Protocol):
    """When an address was found by a source."""

    def added(self, url: str) -> datetime | None: ...


class Tools(Struct, frozen=True):
    """What a rescue works with. `refused` says why an address is not to be asked; `told` hears what is being done."""

    collection: Collection
    read: Read
    clock: Callable[[], datetime]
    stopped: Callable[[], bool]
    refused: Callable[[str], str | None]
    seen: Seen | None = None
    gate: HostGate | None = None
    fault: Callable[[Exception], None] = lambda error: None
    told: Callable[[str], None] = lambda words: None
    submitter: Submitter | None = None


class _Looked(Struct):
    """What looking at copies has come to so far. `second` is the nearest of those that will do where none is good in
    all ways: a page without an article in it, or one whose time is in doubt."""

    passed: list[Passed] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    second: Passed | None = None


class Rescuer:
    """Rescues one address at a time."""

    def __init__(self, settings: Settings, asking: Asking, tools: Tools) -> None:
        self._settings = settings
        self._asking = asking
        self._tools = tools
        self._searchers = [(archive.name, Searcher(archive, asking)) for archive in settings.archives]

    def rescue(self, url: str, *, at: datetime | None = None, take: bool = True) -> Rescue:
        """Finds the good copy of `url` that is nearest to its article's date, or to `at`, and keeps it; without `take`
        it only says which it would look at first. Raises StorageError; whatever archives do ends in an outcome."""
        try:
            wire = urls.wire_url(url)
        except ValueError as error:
            return Rescue(url, Outcome.REFUSED, str(error))
        if reason := self._tools.refused(wire):
            return Rescue(url, Outcome.REFUSED, reason)
        known = self._tools.collection.known_page(wire)
        if known is not None:
            self._tools.collection.stays(known[0])
            when = f"{known[0].captured_at:%Y-%m-%d at %H:%M} UTC"
            return Rescue(url, Outcome.ALREADY, f"kept already on {when}", row=known[0])
        wanted = When(at, "asked for") if at is not None else when_of(wire, self._tools)
        found, problems = self._search(wire, wanted.time)
        if self._tools.stopped():
            return Rescue(url, Outcome.STOPPED, when=wanted)
        started = Rescue(url, Outcome.NO_COPY, when=wanted, copies=len(found), problems=tuple(problems.items()))
        attempts = Attempts(found, wanted.time, self._settings.rescue.tries)
        if not len(attempts):
            return _nothing(started, len(self._searchers), len(found))
        if not take:
            return replace(started, outcome=Outcome.RESCUED, copy=next(iter(attempts)))
        return self._taken(started, wire, attempts, _Looked(problems=problems))

    def _search(self, url: str, time: datetime) -> tuple[list[Found], dict[str, str]]:
        found: list[Found] = []
        problems: dict[str, str] = {}
        for name, searcher in self._searchers:
            if self._tools.stopped():
                break
            self._tools.told(f"asking {name} for copies")
            search = searcher.search(url, time)
            found += search.found
            if search.problem:
                problems[name] = search.problem
        return found, problems

    def _taken(self, started: Rescue, url: str, attempts: Attempts, looked: _Looked) -> Rescue:
        for copy in attempts:
            if self._tools.stopped():
                return replace(started, outcome=Outcome.STOPPED)
            if copy.archive in looked.problems and self._asking.resting(copy.host) is not None:
                continue
            result = self._look(url, copy, only_good=True)
            if result.stopped:
                return replace(started, outcome=Outcome.STOPPED)
            if result.row.verdict.kept and result.row.page_id:
                return _rescued(started, copy, result.row, looked)
            self._pass(copy, result.row, attempts, looked)
        second = looked.second
        if second is not None and not self._tools.stopped():
            result = self._look(url, second.copy)
            if result.stopped:
                return replace(started, outcome=Outcome.STOPPED)
            if result.row.page_id:
                looked.passed.remove(second)
                return replace(_rescued(started, second.copy, result.row, looked), reason=second.reason)
        problems = tuple(looked.problems.items())
        ended = replace(started, passed=tuple(looked.passed), problems=problems)
        if looked.passed or not problems:
            return replace(ended, outcome=Outcome.NO_GOOD, reason="none of the copies that were looked at is good")
        return replace(
            ended, outcome=Outcome.UNASKED, reason="the archives that have copies could not be asked for them"
        )

    def _pass(self, copy: Found, row: PageRow, attempts: Attempts, looked: _Looked) -> None:
        if row.verdict in _RESTS and row.status is None and self._asking.resting(copy.host) is not None:
            looked.problems.setdefault(copy.archive, row.reason)
            return
        passed = Passed(copy, row.reason)
        if row.verdict.kept:
            looked.second = looked.second or passed
        attempts.bad(copy)
        looked.passed.append(passed)

    def _look(self, url: str, copy: Found, *, only_good: bool = False) -> Result:
        """The copy taken, read and judged; kept where it is kept as live pages are, or only where it is an article or a
        document of which nothing speaks against the time that is claimed for it."""
        self._tools.told(f"looking at the copy of {told_time(copy)} in {copy.archive}")
        settings = self._settings
        walker = MementoWalker(copy, url, self._asking, settings.fetch.max_redirects)
        taken = copy.time

        def unwanted(verdict: Verdict, reading: Reading | None, last: Exchange) -> str:
            if last.failure is not None:
                return verdict.reason
            if not verdict.kept or (only_good and verdict.kind not in _BEST):
                return f"{verdict.kind}: {verdict.reason}"
            return _too_early(reading, last) if only_good else ""

        def nearby(address: str) -> Capture | None:
            near = self._tools.collection.nearest(address, taken) if taken is not None else None
            return near if near is not None and taken is not None and _is_near(near, taken) else None

        stock = Stock(nearby, lambda capture: stored_page(self._tools.collection, capture), lambda capture: True)
        fetch = replace(
            settings.fetch,
            max_requisites=min(settings.rescue.max_requisites, settings.fetch.max_requisites),
            requisites_timeout=settings.rescue.requisites_timeout,
        )
        assert self._tools.gate is not None
        assets = Assets(fetch, walker, self._tools.gate, stock, self._tools.read)
        rules = Rules(
            again=True,
            requisites=settings.rescue.requisites and settings.fetch.requisites,
            max_page=settings.read.max_page,
            max_redirects=settings.fetch.max_redirects,
            unwanted=unwanted,
            ahead=False,
        )
        tools = self._tools
        hands = Hands(walker, assets, tools.read, tools.collection, tools.clock, tools.fault)
        if tools.submitter is not None:
            rules = replace(rules, submissions=self._submissions(tools.submitter, copy))
            hands = replace(hands, submit=tools.submitter.want)
        return Preserver(rules, hands).keep(Link(url, SOURCE, copy.shown))

    def _submissions(self, submitter: Submitter, copy: Found) -> Callable[[str, datetime], Sequence[Submission]]:
        """The address is dead: what archives can be asked for is the copy, but not the one that has it."""
        has_it = {each.name for each in self._settings.depositories if host(each) == host_of(copy.shown)}

        def submissions(url: str, now: datetime) -> Sequence[Submission]:
            return submitter.wished(copy.shown, now, but=lambda name: name in has_it)

        return submissions


def _is_near(capture: Capture, time: datetime) -> bool:
    return is_good(capture) and abs(capture.time - time) <= NEAR_ENOUGH


def _too_early(reading: Reading | None, last: Exchange) -> str:
    """Why the time that the archive claims cannot be true, in words; "" where nothing speaks against it."""
    article = reading.article if reading is not None else None
    stated = _STATED.match(article.meta.published or "") if article is not None else None
    if stated is None or stated[0] <= f"{last.time + _BEFORE:%Y-%m-%d}":
        return ""
    return f"the archive says that it is of {last.time:%Y-%m-%d}, the article that it was published on {stated[0]}"


def _rescued(started: Rescue, copy: Found, row: PageRow, looked: _Looked) -> Rescue:
    problems = tuple(looked.problems.items())
    return replace(started, outcome=Outcome.RESCUED, copy=copy, row=row, passed=tuple(looked.passed), problems=problems)


def _nothing(started: Rescue, archives: int, copies: int) -> Rescue:
    if copies:
        return replace(started, outcome=Outcome.NO_GOOD, reason="the archives have nothing but copies of errors")
    if len(started.problems) == archives:
        return replace(started, outcome=Outcome.UNASKED, reason="no archive could be asked")
    some = ", as far as they could be asked" if started.problems else ""
    return replace(started, reason=f"the archives have no copy{some}")


def told_time(copy: Found) -> str:
    return f"{copy.time:%Y-%m-%d %H:%M} UTC" if copy.time is not None else "a time that is not told"


# ------------------------------------------------------------------------------------------------ what to rescue, when


def dead(collection: Collection, strikes: int) -> list[str]:
    """The addresses that are dead by their checks, or gone when they were asked, and of which nothing is kept."""
    found: dict[str, None] = {}
    for each in collection.standings(strikes):
        if each.standing == "dead":
            found[each.address] = None
    for row in collection.pages(verdict=VerdictKind.GONE, kept=False, limit=_ALL):
        found[row.url] = None
    return [url for url in found if collection.known_page(url) is None]


_ALL = 1 << 40


def when_of(url: str, tools: Tools) -> When:
    """The article's own date, as far as a stub of it or its address tells; else when the link was seen first."""
    day = _stub_date(url, tools)
    if day is not None:
        return day
    named = date_in(url)
    if named is not None:
        return When(end_of(named), "the date in its address")
    seen = [tools.collection.first_seen(url), tools.seen.added(url) if tools.seen is not None else None]
    first = min((time for time in seen if time is not None), default=None)
    return When(first, "when the link was seen first") if first is not None else When(tools.clock(), "now")


def _stub_date(url: str, tools: Tools) -> When | None:
    """The date of what is kept of it in quarantine, where that shows the beginning of the article."""
    row = tools.collection.find_failed(url)
    if row is None or row.verdict not in _STUBS:
        return None
    capture = tools.collection.capture_of(row)
    if capture is None:
        return None
    try:
        exchange = stored_exchange(tools.collection, capture)
    except WarcError:
        return None
    page = stored_page(tools.collection, capture) if is_html(exchange) else None
    article = tools.read(page, None).article if page is not None else None
    if article is None or article.date is None:
        return None
    return When(end_of(article.date), "the date of its stub")
