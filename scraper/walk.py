"""From an address to its answer: robots, then hop by hop through the redirects, each vetted anew."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Protocol

from msgspec import Struct, field

from archive import urls
from archive.models import Capture, Exchange, Part, Role
from scraper import verdict as verdicts
from scraper.fetch import CROWDED, STOPPED, Fetcher, HopRequest, not_asked
from scraper.identity import host_of
from scraper.pace import JITTER, Pace
from scraper.politeness import Robots
from scraper.read.reading import Reading
from scraper.redact import without_user
from scraper.retry import rest_until

LONGEST_PAUSE = timedelta(seconds=90)
LONGEST_DELAY = 86400.0
REFRESH_DELAY = 5.0
"""Seconds after which a page may send its reader on to be no page of its own."""


def longest_pause(host_delay: float) -> timedelta:
    """What a host may rest between two pages; one that rests for longer is left to the next run."""
    return max(LONGEST_PAUSE, timedelta(seconds=(1.0 + JITTER) * min(host_delay, LONGEST_DELAY)))


class Rests(Protocol):
    """Until when hosts are left alone, from one run to the next; safe in threads."""

    def rests_until(self, host: str) -> datetime: ...

    def rest(self, host: str, until: datetime) -> None: ...


class Walks(Protocol):
    """What leads from an address to its answer: on the live web, or as a web archive has it."""

    def walk(self, request: HopRequest, known: Capture | None = None, home: str | None = None) -> Walk: ...

    def go_on(self, walk: Walk, request: HopRequest) -> None: ...

    def give_up(self, walk: Walk) -> None: ...


class RunRests:
    """Until when hosts are left alone, for a run that remembers nothing of others."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def rests_until(self, host: str) -> datetime:
        return self._until.get(host, datetime.min.replace(tzinfo=UTC))

    def rest(self, host: str, until: datetime) -> None:
        self._until[host] = max(until, self.rests_until(host))


class Walk(Struct):
    """The hops in the order they were asked, the last one the end; `robots` are answers for robots.txt
    that were met on the way. At the host `home` it waits for its turn however many do; None: at every host.
    `left_until` is set where the walk ended before a host that is to be left alone."""

    exchanges: list[Exchange] = field(default_factory=list)
    robots: list[Exchange] = field(default_factory=list)
    home: str | None = None
    left_until: datetime | None = None

    @property
    def last(self) -> Exchange:
        return self.exchanges[-1]

    @property
    def stopped(self) -> bool:
        """Whether the walk did not come to its end: the run was stopped, a host is to be left alone, or is crowded."""
        failure = self.last.failure
        return self.left_until is not None or (failure is not None and failure.kind in (STOPPED, CROWDED))

    @property
    def crowded(self) -> str | None:
        """The host for which so many waited that the walk ended before it."""
        failure = self.last.failure
        return host_of(self.last.url) if failure is not None and failure.kind == CROWDED else None

    def signposted(self, reading: Reading, most: int) -> str | None:
        """Where its end, a page that is only a signpost, sends its reader by itself, after `most` hops at the most."""
        if reading.refresh is None or self.last.status != 200 or reading.article is not None:
            return None
        target = reading.refresh.url
        if reading.refresh.delay > REFRESH_DELAY or not urls.is_http(target):
            return None
        if len(self.exchanges) > most or target in [hop.url for hop in self.exchanges]:
            return None
        return target

    def close(self) -> None:
        """Nobody will want the bodies."""
        for exchange in self.exchanges:
            exchange.body.close()

    def robots_parts(self) -> list[Part]:
        return [Part(e, Role.ROBOTS, verdicts.robots_verdict(e)) for e in self.robots if e.head]


class Walker:
    """Walks chains of hops; safe in threads. With a `pace` each host on the way is asked in its turn; with `rests` none
    is asked that is left alone for longer than `longest_pause`, and what answers ask for is noted there."""

    def __init__(
        self,
        fetcher: Fetcher,
        robots: Robots,
        max_redirects: int,
        pace: Pace | None = None,
        *,
        rests: Rests | None = None,
        longest_pause: timedelta = LONGEST_PAUSE,
    ) -> None:
        self._fetcher = fetcher
        self._robots = robots
        self._most = max_redirects
        self._pace = pace
        self._rests = rests
        self._longest_pause = longest_pause

    def walk(self, request: HopRequest, known: Capture | None = None, home: str | None = None) -> Walk:
        """Ask and follow where that leads, at most `max_redirects` times.

        `known` makes the first hop conditional. Nothing the web does raises: how it failed stands in the last
        exchange.
        """
        walk = Walk(home=home)
        if known is not None:
            request = request.conditional(known.etag, known.last_modified)
        self.go_on(walk, request)
        return walk

    def go_on(self, walk: Walk, request: HopRequest) -> None:
        """Append the hops from there on; what the walk already holds counts for loops and their number."""
        behind = [hop.url for hop in walk.exchanges]
        pause = self._pace.seconds if self._pace is not None else None
        first = host_of(behind[0] if behind else request.url)
        with self._pace.turn() if self._pace is not None else nullcontext() as turn:

            def vet(url: str) -> Exchange | None:
                refused = self._left_alone(url, walk) or self._vet(url, walk)
                if refused is not None or turn is None or self._pace is None:
                    return refused
                host, clock = host_of(url), self._fetcher.hands.clock
                patient = walk.home is None or host in (walk.home, first, turn.host)
                if not patient and self._pace.crowded(host):
                    return not_asked(without_user(url), CROWDED, "others wait for its host", clock)
                if not turn.to(host):
                    return not_asked(without_user(url), STOPPED, "the run was stopped before it was asked", clock)
                return self._left_alone(url, walk)  # another page may have been told while this one waited

            hops = self._fetcher.chain(request, self._most, vet=vet, behind=behind, pause=pause)
            for hop in hops if self._rests is not None else ():
                self._note_rest(hop)
            walk.exchanges += hops

    def give_up(self, walk: Walk) -> None:
        """Nothing of the walk will be stored: its answers for robots.txt wait for one that is."""
        walk.close()
        self._robots.unkept(walk.robots)
        walk.robots = []

    def rules_of(self, url: str) -> str | None:
        """The robots.txt that holds for an address, asked for if need be; None where it cannot be had."""
        return self._robots.text(url) if self._left_alone(url, Walk()) is None else None

    def _note_rest(self, hop: Exchange) -> None:
        until = rest_until(hop, self._fetcher.hands.clock())
        if until is not None and self._rests is not None:
            self._rests.rest(host_of(hop.url), until)

    def _left_alone(self, url: str, walk: Walk) -> Exchange | None:
        if self._rests is None:
            return None
        host, clock = host_of(url), self._fetcher.hands.clock
        until = self._rests.rests_until(host)
        if until - clock() <= self._longest_pause:
            return None
        walk.left_until = until
        reason = f"{host} is left alone until {until:%Y-%m-%d %H:%M} UTC"
        return not_asked(without_user(url), "rate limited", reason, clock)

    def _vet(self, url: str, walk: Walk) -> Exchange | None:
        answer = self._robots.allowed(url)
        walk.robots += answer.exchanges
        if answer.allowed:
            return None
        return not_asked(urls.wire_url(url), answer.kind, answer.reason, self._fetcher.hands.clock)
