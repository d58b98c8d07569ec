"""From an address to its answer: robots, then hop by hop through the redirects, each vetted anew."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from archive import urls
from archive.models import Capture, Exchange, Part, Role
from scraper import verdict as verdicts
from scraper.fetch import STOPPED, Fetcher, HopRequest, not_asked
from scraper.identity import host_of
from scraper.pace import Pace
from scraper.politeness import Robots
from scraper.redact import without_user
from scraper.retry import rest_until

LONGEST_PAUSE = timedelta(seconds=90)
"""A host that is to be left alone for longer than this is not waited for."""


class Rests(Protocol):
    """Hosts that asked to be left alone, in this run and in those before; safe in threads."""

    def rests_until(self, host: str) -> datetime | None: ...

    def keep_rest(self, host: str, until: datetime) -> None: ...


class Walk(Struct):
    """The hops in the order they were asked, the last one the end; `robots` are answers for robots.txt
    that were met on the way. `left_until` is set where the walk ended before a host that is to be left alone."""

    exchanges: list[Exchange] = field(default_factory=list)
    robots: list[Exchange] = field(default_factory=list)
    left_until: datetime | None = None

    @property
    def last(self) -> Exchange:
        return self.exchanges[-1]

    @property
    def stopped(self) -> bool:
        """Whether the walk did not come to its end: the run was stopped, or a host is to be left alone."""
        if self.left_until is not None:
            return True
        return self.last.failure is not None and self.last.failure.kind == STOPPED

    def close(self) -> None:
        """Nobody will want the bodies."""
        for exchange in self.exchanges:
            exchange.body.close()

    def robots_parts(self) -> list[Part]:
        return [Part(e, Role.ROBOTS, verdicts.robots_verdict(e)) for e in self.robots if e.head]


class Walker:
    """Walks chains of hops; safe in threads. With a `pace` each host on the way is asked in its turn; with `rests`
    those that asked to be left alone for long are."""

    def __init__(
        self,
        fetcher: Fetcher,
        robots: Robots,
        max_redirects: int,
        pace: Pace | None = None,
        rests: Rests | None = None,
    ) -> None:
        self._fetcher = fetcher
        self._robots = robots
        self._most = max_redirects
        self._pace = pace
        self._rests = rests

    def walk(self, request: HopRequest, known: Capture | None = None) -> Walk:
        """Ask and follow where that leads, at most `max_redirects` times.

        `known` makes the first hop conditional. Nothing the web does raises: how it failed stands in the last
        exchange.
        """
        walk = Walk()
        if known is not None:
            request = request.conditional(known.etag, known.last_modified)
        self.go_on(walk, request)
        return walk

    def go_on(self, walk: Walk, request: HopRequest) -> None:
        """Append the hops from there on; what the walk already holds counts for loops and their number."""
        behind = [hop.url for hop in walk.exchanges]
        if self._pace is not None:
            request = replace(request, rest=self._pace.seconds)
        with self._pace.turn() if self._pace is not None else nullcontext() as turn:

            def vet(url: str) -> Exchange | None:
                refused = self._left_alone(url, walk) or self._vet(url, walk)
                if refused is None and turn is not None:
                    if not turn.to(host_of(url)):
                        reason = "the run was stopped before it was asked"
                        return not_asked(without_user(url), STOPPED, reason, self._fetcher.hands.clock)
                    refused = self._left_alone(url, walk)  # another page may have been told while this one waited
                return refused

            hops = self._fetcher.chain(request, self._most, vet=vet, behind=behind)
            for hop in hops if self._rests is not None else ():
                self._note_rest(hop)
            walk.exchanges += hops

    def rules_of(self, url: str) -> str | None:
        """The robots.txt that holds for an address, asked for if need be; None where it cannot be had."""
        return self._robots.text(url) if self._left_alone(url, Walk()) is None else None

    def _note_rest(self, hop: Exchange) -> None:
        until = rest_until(hop, self._fetcher.hands.clock())
        if until is not None and self._rests is not None:
            self._rests.keep_rest(host_of(hop.url), until)

    def _left_alone(self, url: str, walk: Walk) -> Exchange | None:
        host, clock = host_of(url), self._fetcher.hands.clock
        until = self._rests.rests_until(host) if self._rests is not None else None
        if until is None or until - clock() <= LONGEST_PAUSE:
            return None
        walk.left_until = until
        reason = f"{host} asked to be left alone until {until:%Y-%m-%d %H:%M} UTC"
        return not_asked(without_user(url), "rate limited", reason, clock)

    def _vet(self, url: str, walk: Walk) -> Exchange | None:
        answer = self._robots.allowed(url)
        walk.robots += answer.exchanges
        if answer.allowed:
            return None
        return not_asked(urls.wire_url(url), answer.kind, answer.reason, self._fetcher.hands.clock)
