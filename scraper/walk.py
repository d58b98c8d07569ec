"""From an address to its answer: robots, then hop by hop through the redirects, each vetted anew."""

from __future__ import annotations

from contextlib import nullcontext

from msgspec import Struct, field

from archive import urls
from archive.models import Capture, Exchange, Part, Role
from scraper import verdict as verdicts
from scraper.fetch import CROWDED, STOPPED, Fetcher, HopRequest, not_asked
from scraper.identity import host_of
from scraper.pace import Pace
from scraper.politeness import Robots
from scraper.redact import without_user


class Walk(Struct):
    """The hops in the order they were asked, the last one the end; `robots` are answers for robots.txt
    that were met on the way. At the host `home` it waits for its turn however many do; None: at every host."""

    exchanges: list[Exchange] = field(default_factory=list)
    robots: list[Exchange] = field(default_factory=list)
    home: str | None = None

    @property
    def last(self) -> Exchange:
        return self.exchanges[-1]

    @property
    def stopped(self) -> bool:
        """Whether the run was stopped before the walk came to its end."""
        return self.last.failure is not None and self.last.failure.kind == STOPPED

    @property
    def crowded(self) -> str | None:
        """The host for which so many waited that the walk ended before it."""
        failure = self.last.failure
        return host_of(self.last.url) if failure is not None and failure.kind == CROWDED else None

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
                refused = self._vet(url, walk)
                if refused is not None or turn is None or self._pace is None:
                    return refused
                host = host_of(url)
                patient = walk.home is None or host in (walk.home, first, turn.host)
                if not patient and self._pace.crowded(host):
                    return not_asked(without_user(url), CROWDED, "others wait for its host")
                if not turn.to(host):
                    return not_asked(without_user(url), STOPPED, "the run was stopped before it was asked")
                return None

            walk.exchanges += self._fetcher.chain(request, self._most, vet=vet, behind=behind, pause=pause)

    def _vet(self, url: str, walk: Walk) -> Exchange | None:
        answer = self._robots.allowed(url)
        walk.robots += answer.exchanges
        return None if answer.allowed else not_asked(urls.wire_url(url), answer.kind, answer.reason)
