"""What one web archive holds of an address, near a time: its CDX server is asked, else its TimeMaps, else its TimeGate.

What an archive says is bounded in pages, bytes and number, whatever it would go on to say.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from urllib.parse import quote

from msgspec import Struct

from archive.mementos import replay_of
from archive.models import Exchange
from archive.urls import is_http, join, stamp, wire_url
from scraper.body import decoded
from scraper.fetch import STOPPED, HopRequest, next_hop
from scraper.mementos.addresses import filled, replay_prefix, same_article
from scraper.mementos.asking import Asking
from scraper.mementos.finds import Listed, TimeMap, near, of_links, read_cdx, read_timemap, time_of_stamp
from scraper.mementos.links import links_of
from scraper.settings import WebArchive

MOST_BYTES = 20_000_000
MOST_PAGES = 8
MOST_KEPT = 2000
NEAREST = 200
PAGE = 5000
_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
MOST_REDIRECTS = 5
_NOTHING = (404, 410)
_UNKNOWN_WAY = (400, 405, 422, 501)
_FAR = timedelta(days=365_000)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
_FIRST = datetime(1, 1, 1, tzinfo=UTC)


class Found(Struct, frozen=True):
    """A copy that an archive says it has. `address` is that of the raw copy, `shown` the one that the archive names.
    `time` is None where it does not say when it took it."""

    archive: str
    address: str
    shown: str
    time: datetime | None
    status: int | None = None
    digest: str = ""

    @property
    def host(self) -> str:
        return self.address.split("/", 3)[2]


class Search(Struct, frozen=True):
    """What one archive gave. `problem` says why nothing is known; it is "" where the archive answered."""

    archive: str
    found: tuple[Found, ...] = ()
    problem: str = ""
    stopped: bool = False


class _Unanswered(Exception):
    """Nothing is known of what the archive has; `stopped` where that is because the run was."""

    def __init__(self, problem: str, stopped: bool = False) -> None:
        super().__init__(problem)
        self.stopped = stopped


class Searcher:
    """Asks one archive for its copies of addresses."""

    def __init__(self, archive: WebArchive, asking: Asking) -> None:
        self._archive = archive
        self._asking = asking
        self._prefix = replay_prefix(archive.timegate, archive.cdx)

    def search(self, url: str, time: datetime) -> Search:
        """Its copies of `url` (a wire address), those near `time` among them. Nothing that the archive does raises."""
        archive, problems = self._archive, list[str]()
        ways = (archive.cdx, self._by_cdx), (archive.timemap, self._by_timemap), (archive.timegate, self._by_timegate)
        for place, ask in ways:
            if not place:
                continue
            try:
                return Search(archive.name, self._found(ask(url, time), url, time))
            except _Unanswered as unanswered:
                problems.append(str(unanswered))
                if unanswered.stopped:
                    return Search(archive.name, problem=problems[-1], stopped=True)
        return Search(archive.name, problem=problems[0])

    # ------------------------------------------------------------------------------------------------ CDX

    def _by_cdx(self, url: str, time: datetime) -> list[Listed]:
        if not self._prefix:
            raise _Unanswered("its CDX server does not tell where its copies lie: its timegate is to be named too")
        asked = filled(self._archive.cdx, url, "url") + "&output=json"
        exchange = self._answer(f"{asked}&closest={stamp(time)}&sort=closest&limit={NEAREST}", "cdx")
        if exchange.status in _UNKNOWN_WAY:
            # Some servers do not know `sort`, and say so.
            exchange.body.close()
            exchange = self._answer(f"{asked}&limit={NEAREST}", "cdx")
        listed = list(read_cdx(_body(exchange), _FIELDS).listed)
        if len(listed) < NEAREST or _sorted_by_nearness(listed, time):
            return listed
        return self._all_of_cdx(asked) or listed

    def _all_of_cdx(self, asked: str) -> list[Listed]:
        """The server gave the first that it has, not the nearest: all that it has, page by page."""
        resume, seen = "", set[str]()
        listed: list[Listed] = []
        for _ in range(MOST_PAGES):
            key = f"&resumeKey={quote(resume, safe='')}" if resume else ""
            exchange = self._answer(f"{asked}&limit={PAGE}&showResumeKey=true{key}", "cdx")
            answer = read_cdx(_body(exchange), _FIELDS)
            listed += answer.listed
            resume = answer.resume
            if not resume or resume in seen:
                break
            seen.add(resume)
        return listed

    # ------------------------------------------------------------------------------------------------ TimeMaps

    def _by_timemap(self, url: str, time: datetime) -> list[Listed]:
        return self._timemaps(filled(self._archive.timemap, url), url, time)

    def _timemaps(self, address: str, url: str, time: datetime) -> list[Listed]:
        """Page by page, those first that say they are nearest to the time (RFC 7089, 5)."""
        waiting: list[tuple[timedelta, int, str]] = [(timedelta(), 0, address)]
        seen: set[str] = set()
        listed: list[Listed] = []
        while waiting and len(seen) < MOST_PAGES:
            waiting.sort()
            _, _, address = waiting.pop(0)
            if address in seen:
                continue
            seen.add(address)
            try:
                found = read_timemap(_body(self._answer(address, "timemap")), address)
            except _Unanswered as unanswered:
                if listed and not unanswered.stopped:
                    continue
                raise
            if any(not same_article(original, url) for original in found.originals):
                raise _Unanswered("its list is one of another address")
            listed += _nearest(found, time)
            for number, page in enumerate(found.pages[:MOST_KEPT], len(waiting) + 1):
                if is_http(page[0]):
                    waiting.append((_apart(page, time), number, wire_url(page[0])))
        return listed

    # ------------------------------------------------------------------------------------------------ TimeGates

    def _by_timegate(self, url: str, time: datetime) -> list[Listed]:
        """What it chooses, and what it names besides, in whichever of the ways of RFC 7089, 4."""
        exchange = self._asking.ask(HopRequest(filled(self._archive.timegate, url), near=time))
        exchange.body.close()
        _raise_for(exchange)
        if exchange.status in _NOTHING:
            return []
        if (exchange.status or 0) >= 400:
            raise _Unanswered(f"it answered {exchange.status}")
        said = of_links(links_of(exchange))
        if any(not same_article(original, url) for original in said.originals):
            raise _Unanswered("its TimeGate chose a copy of another address")
        listed = list(said.listed)
        located = exchange.header("content-location")
        chosen = next_hop(exchange) or (join(exchange.url, located) if located is not None else None)
        if chosen is None and exchange.header("memento-datetime") is not None:
            chosen = exchange.url
        if chosen is not None and chosen not in [one.address for one in listed]:
            replayed = replay_of(chosen)
            listed.append(Listed(time_of_stamp(replayed.stamp) if replayed is not None else None, chosen))
        if said.pages and not self._archive.timemap and is_http(said.pages[0][0]):
            with suppress(_Unanswered):
                listed += self._timemaps(wire_url(said.pages[0][0]), url, time)
        return listed

    # ------------------------------------------------------------------------------------------------ both

    def _answer(self, address: str, kind: str) -> Exchange:
        """The answer to where redirects lead; a 404 too, and one that is too large, as far as it came. Raises
        _Unanswered."""
        exchange = self._asking.ask(HopRequest(address, kind=kind, max_size=MOST_BYTES))
        for _ in range(MOST_REDIRECTS):
            following = next_hop(exchange)
            if following is None:
                break
            exchange.body.close()
            exchange = self._asking.ask(HopRequest(following, kind=kind, max_size=MOST_BYTES))
        _raise_for(exchange)
        return exchange

    def _found(self, listed: list[Listed], url: str, time: datetime) -> tuple[Found, ...]:
        """Each once, those near the time first, less those that are of another address."""
        found: dict[str, Found] = {}
        nearest = [*near(listed, time), *(one for one in listed if one.time is None)]
        for one in nearest:
            shown = one.address
            if not shown and one.time is not None:
                if not self._prefix or not same_article(one.original, url):
                    continue
                shown = f"{self._prefix}{stamp(one.time)}/{one.original}"
            replayed = replay_of(shown)
            if replayed is not None and not same_article(replayed.url, url):
                continue
            address = replayed.raw if replayed is not None else shown
            if is_http(address) and len(found) < MOST_KEPT:
                wire = wire_url(address)
                copy = Found(self._archive.name, wire, wire_url(shown), one.time, one.status, one.digest)
                found.setdefault(wire, copy)
        return tuple(found.values())


def _raise_for(exchange: Exchange) -> None:
    failure = exchange.failure
    if failure is not None and failure.kind != "too large":
        raise _Unanswered(failure.message, failure.kind == STOPPED)


def _body(exchange: Exchange) -> bytes:
    """What the archive tells; nothing where it says that it has nothing. Raises _Unanswered."""
    try:
        if exchange.status in _NOTHING:
            return b""
        if (exchange.status or 0) >= 300:
            raise _Unanswered(f"it answered {exchange.status}")
        return decoded(exchange, MOST_BYTES)
    finally:
        exchange.body.close()


def _nearest(found: TimeMap, time: datetime) -> list[Listed]:
    timeless = [one for one in found.listed if one.time is None]
    return [*islice(near(found.listed, time), MOST_KEPT), *timeless[:MOST_KEPT]]


def _sorted_by_nearness(listed: list[Listed], time: datetime) -> bool:
    apart = [abs((one.time or time) - time) for one in listed]
    return all(first <= second for first, second in pairwise(apart))


def _apart(page: tuple[str, datetime | None, datetime | None], time: datetime) -> timedelta:
    """How far the mementos of a page lie from the time; 0 where it lies between the first and the last."""
    _, first, last = page
    if first is None and last is None:
        return _FAR
    return max((first or _FIRST) - time, time - (last or _LATEST), timedelta())


__all__ = ["Found", "Search", "Searcher"]
