"""From an address to its answer: robots, then hop by hop through the redirects, each vetted anew."""

from __future__ import annotations

from contextlib import nullcontext

from msgspec import Struct, field

from archive import urls
from archive.models import Capture, Exchange, Part, Role
from scraper import verdict as verdicts
from scraper.fetch import STOPPED, Fetcher, HopRequest, not_asked
from scraper.identity import host_of
from scraper.pace import Pace
from scraper.politeness import Robots
from scraper.redact import without_user


class Walk(Struct):
    """The hops in the order they were asked, the last one the end; `robots` are answers for robots.txt
    that were met on the way."""

    exchanges: list[Exchange] = field(default_factory=list)
    robots: list[Exchange] = field(default_factory=list)

    @property
    def last(self) -> Exchange:
        return self.exchanges[-1]

    @property
    def stopped(self) -> bool:
        """Whether the run was stopped before the walk came to its end."""
        return self.last.failure is not None and self.last.failure.kind == STOPPED

    def close(self) -> None:
        """Nobody will want the bodies."""
        for exchange in self.exchanges:
            exchange.body.close()

    def robots_parts(self) -> list[Part]:
        return [Part(e, Role.ROBOTS, verdicts.robots_verdict(e)) for e in self.robots if e.head]


class Walker:
    """Walks chains of hops; safe in threads. With a `pace` each host on the way is asked in its turn."""

    def __init__(self, fetcher: Fetcher, robots: Robots, max_redirects: int, pace: Pace | None = None) -> None:
        self._fetcher = fetcher
        self._robots = robots
        self._most = max_redirects
        self._pace = pace

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
        with self._pace.turn() if self._pace is not None else nullcontext() as turn:

            def vet(url: str) -> Exchange | None:
                refused = self._vet(url, walk)
                if refused is None and turn is not None and not turn.to(host_of(url)):
                    return not_asked(without_user(url), STOPPED, "the run was stopped before it was asked")
                return refused

            walk.exchanges += self._fetcher.chain(request, self._most, vet=vet, behind=behind)

    def _vet(self, url: str, walk: Walk) -> Exchange | None:
        answer = self._robots.allowed(url)
        walk.robots += answer.exchanges
        return None if answer.allowed else not_asked(urls.wire_url(url), answer.kind, answer.reason)
