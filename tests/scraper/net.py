"""What the network's tests share: a fetcher for the loopback web, and a clock that nobody has to wait for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from archive.models import Exchange
from scraper.fetch import Fetcher, HopRequest, utc_now
from scraper.retry import Hands
from scraper.settings import FetchSettings
from tests.site import Connection, Host, Request, Web

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@dataclass
class FakeTime:
    """Time that passes only where somebody sleeps."""

    passed: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds

    def hands(self, random: Callable[[], float] = lambda: 0.5) -> Hands:
        return Hands(lambda: NOON + timedelta(seconds=self.passed), lambda: self.passed, self.sleep, random)


def impatient(sleeps: list[float]) -> Hands:
    """Real clocks, and a sleep that only notes how long it was asked for."""
    return Hands(utc_now, time.monotonic, sleeps.append, lambda: 0.5)


def fetcher(web: Web, hands: Hands | None = None, **changes: Any) -> Fetcher:
    given: dict[str, Any] = {
        "connect_to": web.connect_to,
        "ca_bundle": web.ca_bundle,
        "allow_private_addresses": True,
        "timeout": 10.0,
        "read_timeout": 5.0,
        "connect_timeout": 5.0,
        "tries": 1,
    }
    return Fetcher(FetchSettings(**given | changes), hands=hands or impatient([]))


def get(url: str, **more: Any) -> HopRequest:
    return HopRequest(url, **more)


def raw(host: Host, path: str, sent: bytes, *, then: str = "close") -> None:
    """Answer with these very bytes, then close in order, cut, stall or keep the connection."""

    def answer(connection: Connection, request: Request) -> None:
        connection.send(sent)
        if then != "keep":
            getattr(connection, then)()

    host.route(path, answer)


def failed(exchange: Exchange) -> tuple[str, str | None]:
    assert exchange.failure is not None
    return exchange.failure.kind, exchange.truncated
