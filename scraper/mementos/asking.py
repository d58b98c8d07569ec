"""Asking web archives: each at its own pace, and not at all while it wants to be left alone, in later runs too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Lock

from msgspec import Struct

from archive.models import Exchange
from scraper.fetch import STOPPED, Fetcher, HopRequest, not_asked
from scraper.identity import host_of
from scraper.mementos.addresses import filled
from scraper.pace import Pace, Rhythm
from scraper.politeness import Robots
from scraper.retry import rest_until
from scraper.settings import WebArchive
from scraper.walk import Rests

FIRST_REST = timedelta(minutes=10)
LONGEST_REST = timedelta(days=1)
SILENT = 3
_MOST_DOUBLINGS = 8


class Wires(Struct, frozen=True):
    """What archives are asked with. `sleep` ends early when the run is stopped, which `stopped` tells; `rests` outlive
    the run, where there is a place for them."""

    fetcher: Fetcher
    robots: Robots
    sleep: Callable[[float], None]
    stopped: Callable[[], bool]
    rests: Rests | None = None


class Asking:
    """Asks the archives of one run; safe in threads. One request at a time on each host.

    The hosts that the config names are asked as services, which their robots.txt is not meant for; it is asked of the
    hosts that they lead to.
    """

    def __init__(self, archives: Sequence[WebArchive], wires: Wires) -> None:
        self._wires = wires
        self._delays: dict[str, float] = {}
        for archive in archives:
            for host in hosts_of(archive):
                self._delays[host] = max(archive.delay, self._delays.get(host, 0.0))
        self._longest = max((archive.delay for archive in archives), default=0.0)
        hands = wires.fetcher.hands
        self._pace = Pace(Rhythm(self._delay, 1, hands.clock, wires.sleep, wires.stopped, hands.random))
        self._troubles: dict[str, int] = {}
        self._resting: dict[str, datetime] = {}
        self._lock = Lock()

    def ask(self, request: HopRequest) -> Exchange:
        """One request in its turn, again where that may help. How it failed stands on the exchange: "rate limited"
        where its host is left alone, "too slow" where the time for it was over before its turn came."""
        host = host_of(request.url)
        refused = self._refused(request, host)
        if refused is not None:
            return refused
        with self._pace.turn() as turn:
            if not turn.to(host):
                return not_asked(request.url, STOPPED, "the run was stopped before it was asked", self.clock)
            refused = self._left_alone(request.url, host)
            if refused is not None:
                return refused
            if self._wires.fetcher.hands.monotonic() > request.until:
                return not_asked(request.url, "too slow", "the time for it was over", self.clock)
            exchange = self._wires.fetcher.hop(request, self._pace.seconds)
        self._note(host, exchange)
        return exchange

    @property
    def clock(self) -> Callable[[], datetime]:
        return self._wires.fetcher.hands.clock

    def resting(self, host: str) -> datetime | None:
        """Until when a host is left alone; None where it may be asked."""
        until = self._wires.rests.rests_until(host) if self._wires.rests is not None else None
        with self._lock:
            own = self._resting.get(host)
        times = [time for time in (until, own) if time is not None and time > self.clock()]
        return max(times, default=None)

    def _delay(self, host: str) -> float:
        return self._delays.get(host, self._longest)

    def _refused(self, request: HopRequest, host: str) -> Exchange | None:
        left = self._left_alone(request.url, host)
        if left is not None or host in self._delays:
            return left
        answer = self._wires.robots.allowed(request.url)
        return None if answer.allowed else not_asked(request.url, answer.kind, answer.reason, self.clock)

    def _left_alone(self, url: str, host: str) -> Exchange | None:
        until = self.resting(host)
        if until is None:
            return None
        reason = f"{host} is left alone until {until:%Y-%m-%d %H:%M} UTC"
        return not_asked(url, "rate limited", reason, self.clock)

    def _note(self, host: str, exchange: Exchange) -> None:
        """What asked us to wait is left alone for as long as it said; without a word, and after some failures in a
        row, for a time that grows."""
        now = self.clock()
        limited = exchange.status == 429
        trouble = limited or exchange.status in (502, 503, 504) or _silent(exchange)
        with self._lock:
            count = self._troubles[host] = self._troubles.get(host, 0) + 1 if trouble else 0
        until = rest_until(exchange, now)
        if until is None and (limited or count >= SILENT):
            doublings = min(count - (1 if limited else SILENT), _MOST_DOUBLINGS)
            until = now + min(FIRST_REST * 2**doublings, LONGEST_REST)
        if until is None:
            return
        with self._lock:
            self._resting[host] = until
        if self._wires.rests is not None:
            self._wires.rests.rest(host, until)


def _silent(exchange: Exchange) -> bool:
    return exchange.failure is not None and exchange.failure.kind in (
        "dns",
        "connect",
        "tls",
        "timeout",
        "too slow",
        "cut",
    )


def hosts_of(archive: WebArchive) -> list[str]:
    """The hosts that an entry names."""
    places = (archive.timegate, archive.timemap, archive.cdx)
    return list(dict.fromkeys(host_of(filled(place, "http://example.com/")) for place in places if place))


__all__ = ["Asking", "Wires", "hosts_of"]
