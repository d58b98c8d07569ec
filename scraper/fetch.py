"""One hop: an address is asked for, and what came back is an Exchange, whatever the web does."""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from archive import urls
from archive.errors import RefusedError
from archive.models import Exchange, Failure
from archive.spool import Spool
from scraper import guard
from scraper.body import framing, pieces, receive
from scraper.cookies import CookieJar
from scraper.identity import host_of
from scraper.redact import less_headers, without_user
from scraper.retry import Attempt, Hands, HostRest, RetryPolicy, ask_until
from scraper.route import Resolver, Router, parse_connect_to, system_resolver
from scraper.settings import FetchSettings, agent
from scraper.transport import Answer, Call, Transport
from scraper.wire import Deadline, WireError

STOPPED, CROWDED = "stopped", "crowded"
REDIRECTS = (301, 302, 303, 307, 308)
MORE_CONNECTIONS = 4
_ANY = "*/*;q=0.8"
_ACCEPT = {
    "page": f"text/html,application/xhtml+xml,application/xml;q=0.9,{_ANY}",
    "frame": f"text/html,application/xhtml+xml,application/xml;q=0.9,{_ANY}",
    "timemap": f"application/link-format,application/json;q=0.9,{_ANY}",
    "cdx": f"application/json,text/plain;q=0.9,{_ANY}",
    "json": "application/json",
    "image": f"image/avif,image/webp,image/apng,image/svg+xml,image/*,{_ANY}",
    "icon": f"image/avif,image/webp,image/apng,image/svg+xml,image/*,{_ANY}",
    "style": "text/css,*/*;q=0.1",
    "robots": f"text/plain,{_ANY}",
    "feed": f"application/atom+xml,application/rss+xml,application/feed+json,application/xml;q=0.9,{_ANY}",
    "sitemap": f"application/xml,text/xml;q=0.9,{_ANY}",
}


class HopRequest(Struct, frozen=True):
    """What to ask for. `kind` chooses the Accept header: a requisite's, "page", "robots", "feed", "sitemap",
    "timemap", "cdx" or "json".

    User information in `url` is sent as Basic authentication and never recorded. `referer` is the page that led here;
    what is sent of it is what browsers send. With `etag` or `last_modified` the answer may be a 304. `max_size` stands
    in for the setting. Once the monotonic clock passes `until`, no redirect is followed any more. `near` is the time
    for which a TimeGate is to choose a memento (RFC 7089, 2.1.1).

    With `form` it is a POST with that body (application/x-www-form-urlencoded). `authorization` is sent as it is, and
    never recorded; a request with one follows no redirect.
    """

    url: str
    referer: str | None = None
    kind: str = "page"
    jar: CookieJar | None = None
    etag: str | None = None
    last_modified: str | None = None
    max_size: int | None = None
    until: float = math.inf
    near: datetime | None = None
    form: bytes | None = None
    authorization: str | None = None

    def conditional(self, etag: str | None, last_modified: str | None) -> HopRequest:
        """The same, to be answered in full only if it has changed (RFC 9110, section 13.1)."""
        return replace(self, etag=etag, last_modified=last_modified)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Fetcher:
    """Asks for addresses; safe in threads, and its connections are shared by them.

    Bodies go to spools in `spool_folder`. Clock, sleep and name look-up are handed in. Raises ConfigError for a proxy,
    certificate file or connect_to that cannot be used.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        spool_folder: Path | None = None,
        hands: Hands | None = None,
        resolver: Resolver = system_resolver,
    ) -> None:
        self.settings = settings
        self.hands = hands or Hands(utc_now, time.monotonic, time.sleep, random.random)
        self._folder = spool_folder
        router = Router(
            parse_connect_to(settings.connect_to),
            settings.allow_private_addresses,
            settings.connect_timeout,
            resolver,
        )
        self._transport = Transport(settings, router, settings.requisite_parallel + MORE_CONNECTIONS)
        self._policy = RetryPolicy(settings.tries, settings.retry_budget, settings.max_retry_after)
        self._rest = HostRest(self.hands, settings.max_retry_after)
        self._agent = agent(settings)

    def close(self) -> None:
        """Close all connections that are kept."""
        self._transport.close()

    def hop(self, request: HopRequest, pause: Callable[[str], float] | None = None) -> Exchange:
        """Ask once, again where that may help, and give the last answer. Redirects are not followed.

        `pause` gives the seconds that lie between two pages of a host: at least so long before it is asked again.
        Nothing the web does raises: the failure is on the exchange. Raises StorageError when a body cannot be stored.
        """

        def least() -> float:
            return pause(host_of(request.url)) if pause is not None else 0.0

        return ask_until(self._policy, self.hands, lambda: self._attempt(request, at_once=pause is None), least)

    def once(self, request: HopRequest) -> Exchange:
        """Ask once, whatever comes. Raises StorageError when a body cannot be stored."""
        return self._attempt(request, at_once=True).exchange

    def chain(
        self,
        request: HopRequest,
        max_redirects: int | None = None,
        *,
        vet: Callable[[str], Exchange | None] = lambda url: None,
        behind: Sequence[str] = (),
        pause: Callable[[str], float] | None = None,
    ) -> list[Exchange]:
        """The hops from an address to where its redirects end, at most `max_redirects` of them.

        The last exchange is the end; where the redirects go in a circle or are too many, one that was not asked and
        says so. `vet` is asked before each hop: an exchange that it gives stands in for the hop and ends the chain.
        `behind` are addresses that led here; they count. `pause` is as for `hop`.
        """
        most = self.settings.max_redirects if max_redirects is None else max_redirects
        hops: list[Exchange] = []
        jar = request.jar or CookieJar()
        request = replace(request, jar=jar)
        seen = {(url, jar.state) for url in behind}
        while True:
            asked_with = jar.state
            refused = vet(request.url)
            hops.append(refused or self.hop(request, pause))
            seen.add((hops[-1].url, asked_with))
            following = next_hop(hops[-1])
            if following is None:
                return hops
            # Sites set a cookie and lead back to the same address, to see whether it comes along.
            circle = (following, jar.state) in seen or following in behind
            problem = f"the redirects go in a circle: back to {following}" if circle else ""
            if not problem and len(hops) + len(behind) > most:
                problem = f"more than {most} redirects"
            if problem:
                return [*hops, not_asked(following, "redirects", problem, self.hands.clock)]
            if self.hands.monotonic() > request.until:
                return [*hops, not_asked(following, "too slow", "the time for it was over", self.hands.clock)]
            request = replace(request, url=following, etag=None, last_modified=None)

    def _attempt(self, request: HopRequest, *, at_once: bool) -> Attempt:
        wire = without_user(request.url)
        try:
            wire = urls.wire_url(wire)
            guard.check_url(wire, self.settings.allow_private_addresses)
            if reason := self.hands.refused(wire):
                raise RefusedError(reason)
        except (RefusedError, ValueError) as error:
            return Attempt(not_asked(wire, "refused by us", str(error), self.hands.clock))
        host = wire.split("/", 3)[2]
        if not self._rest.wait(host):
            return Attempt(not_asked(wire, STOPPED, "the run was stopped before it was asked", self.hands.clock))
        attempt = self._asked(wire, request, at_once)
        self._rest.note(host, attempt.exchange)
        return attempt

    def _asked(self, wire: str, request: HopRequest, at_once: bool) -> Attempt:
        time_asked = urls.now_ms(self.hands.clock)
        begun = self.hands.monotonic()
        jar = request.jar or CookieJar()
        jar.log_in(wire, request.url)
        call = self._call(wire, request, jar, begun)
        call.at_once = at_once
        exchange = Exchange(wire, time_asked, b"", None, b"", (), Spool.of(b""))
        try:
            answer = self._transport.ask(call)
        except WireError as error:
            trouble: WireError | None = error
        else:
            exchange, trouble = self._received(exchange, answer, request.max_size or self.settings.max_size)
        private = _private_request(call, jar)
        exchange = replace(
            exchange,
            request=less_headers(bytes(call.sent), private),
            ip=call.ip,
            truncated=trouble.truncated if trouble and exchange.status else None,
            failure=Failure(trouble.kind, trouble.message) if trouble else None,
            elapsed=self.hands.monotonic() - begun,
            redacted=private,
        )
        return Attempt(_judged_cookies(exchange, jar), trouble is not None and trouble.retry)

    def _received(self, exchange: Exchange, answer: Answer, max_size: int) -> tuple[Exchange, WireError | None]:
        head = answer.head
        spool = Spool(self._folder)
        whole = False
        try:
            trouble = receive(pieces(answer.wire, framing(head)), head, spool, max_size)
            whole = trouble is None
        except WireError as error:
            trouble = error
        except BaseException:
            spool.close()
            raise
        finally:
            answer.done(whole)
        return replace(exchange, status=head.status, head=head.raw, headers=head.headers, body=spool), trouble

    def _call(self, wire: str, request: HopRequest, jar: CookieJar, begun: float) -> Call:
        deadline = Deadline(begun + self.settings.timeout, self.hands.monotonic)
        named = {
            "Host": wire.split("/", 3)[2],
            "User-Agent": self._agent,
            "Accept": _ACCEPT.get(request.kind, "*/*"),
            "Accept-Language": "en-US,en;q=0.7,*;q=0.5",
            "Accept-Encoding": "gzip",
            "Referer": _referer(request.referer, wire),
            "Authorization": request.authorization or jar.authorization(wire),
            "Cookie": jar.header(wire),
            "If-None-Match": _plain(request.etag),
            "If-Modified-Since": _plain(request.last_modified),
            "Accept-Datetime": format_datetime(request.near, usegmt=True) if request.near is not None else None,
            "Content-Type": "application/x-www-form-urlencoded" if request.form is not None else None,
            "Content-Length": str(len(request.form)) if request.form is not None else None,
            "Connection": "keep-alive",
        }
        headers = {name: value for name, value in named.items() if value}
        return Call(wire, headers, deadline, self.settings.read_timeout, self.settings.max_header, request.form)


def _private_request(call: Call, jar: CookieJar) -> tuple[str, ...]:
    """The names of the headers that were sent and are nobody's business."""
    names = ["Authorization", "Proxy-Authorization", *(["Cookie"] if jar.secret else [])]
    sent = bytes(call.sent).lower()
    return tuple(name for name in names if f"\r\n{name.lower()}:".encode() in sent)


def _judged_cookies(exchange: Exchange, jar: CookieJar) -> Exchange:
    """The jar takes what the answer sets; what a logged-in answer sets is left out of the record."""
    jar.take(exchange.url, exchange.headers)
    logged_in = jar.secret or "Authorization" in exchange.redacted
    if not logged_in or exchange.header("set-cookie") is None:
        return exchange
    jar.secret = True
    return replace(
        exchange,
        head=less_headers(exchange.head, ("Set-Cookie",)),
        headers=tuple(h for h in exchange.headers if h[0].lower() != "set-cookie"),
        redacted=(*exchange.redacted, "Set-Cookie"),
    )


def not_asked(url: str, kind: str, reason: str, clock: Callable[[], datetime] = utc_now) -> Exchange:
    """An exchange that never took place, and why: robots, a refusal of ours, redirects without end."""
    return Exchange(url, urls.now_ms(clock), b"", None, b"", (), Spool.of(b""), failure=Failure(kind, reason))


def next_hop(exchange: Exchange) -> str | None:
    """Where a redirect leads, without its fragment and user information; None for any other answer.

    What it names may be no http address: asking for it is refused then, and says so.
    """
    location = exchange.header("location")
    if exchange.status not in REDIRECTS or not location:
        return None
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    target = urls.join(exchange.url, location)
    try:
        return urls.wire_url(target)
    except ValueError:
        return target


def _referer(referer: str | None, wire: str) -> str | None:
    """What browsers send: all of it on one origin, the origin alone to another, nothing from https to http."""
    if referer is None:
        return None
    try:
        page = urlsplit(urls.wire_url(referer))
    except ValueError:
        return None
    asked = urlsplit(wire)
    if (page.scheme, page.netloc) == (asked.scheme, asked.netloc):
        return page.geturl()
    return None if (page.scheme, asked.scheme) == ("https", "http") else f"{page.scheme}://{page.netloc}/"


def _plain(value: str | None) -> str | None:
    """A header value that we were given, if it can be sent as it is."""
    return value if value and all(" " <= c <= "~" or "\xa0" <= c <= "\xff" for c in value) else None


__all__ = ["CookieJar", "Fetcher", "HopRequest", "next_hop", "not_asked", "utc_now", "without_user"]
