"""A memento as its site once sent it: the answer's own header block out of what the archive sent, and what it claims of
itself. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from archive.mementos import replay_of
from archive.models import Exchange, Memento
from archive.urls import is_http, join, wire_url
from scraper.fetch import REDIRECTS
from scraper.mementos.addresses import led_to, own_location, same_article
from scraper.mementos.finds import EARLIEST, time_of_stamp
from scraper.mementos.links import links_of
from scraper.retry import http_date

PREFIX = "x-archive-orig-"
# What an archive hands on as it was; whatever else bears no prefix may be of its own server.
_HANDED_ON = frozenset(
    (
        *("content-type", "content-encoding", "content-language", "content-disposition"),
        *("location", "refresh", "x-robots-tag"),
    )
)
# What told how the answer was framed on its way then, or how it was coded, which is told anew.
_FRAMING = frozenset(
    ("content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive", "trailer", "upgrade")
)
_SLACK = timedelta(minutes=1)
_AHEAD = timedelta(days=1)


def memento_time(exchange: Exchange) -> datetime | None:
    """The time that its Memento-Datetime states (RFC 7089, 2.1.1); None where it bears none that can be read."""
    value = exchange.header("memento-datetime")
    return http_date(value, exchange.time) if value is not None else None


def is_archived(exchange: Exchange, original: str) -> bool:
    """Whether the answer is a memento, and no redirect of the archive's own (RFC 7089, 4.5): to the nearest time, or
    to the form in which it has that very address."""
    if exchange.header("memento-datetime") is None:
        return False
    if exchange.status not in REDIRECTS:
        return True
    replayed = replay_of(exchange.url)
    location = exchange.header("location") or ""
    return _wire(led_to(location, exchange.url, original)) != _wire(replayed.url if replayed is not None else original)


def own_address(exchange: Exchange) -> str:
    """The memento's own address: where it answered under another one, as the nearest to a time that was asked for, that
    of its Content-Location (RFC 7089, 4.1.2)."""
    location = exchange.header("content-location")
    if location is None:
        return exchange.url
    own = join(exchange.url, location)
    named, asked = replay_of(own), replay_of(exchange.url)
    if named is None or asked is None or named.prefix != asked.prefix or not is_http(own):
        return exchange.url
    return own if same_article(named.url, asked.url) else exchange.url


def problem(exchange: Exchange, asked: str, *times: datetime | None) -> str | None:
    """Why the answer is not taken for a memento of `asked`, in words; None where nothing speaks against it.

    Its time must be one at which it can have been taken. `times` are those that the archive has told for it elsewhere,
    None for one that it has not: one of them, or the one in its own address where that is named, must be its time. What
    it says that it is a memento of, in a link or in its address, must be what was asked for.
    """
    time = memento_time(exchange)
    if time is None:
        return "it bears no Memento-Datetime that is a time"
    if time > exchange.time + _AHEAD:
        return f"its Memento-Datetime lies ahead ({time:%Y-%m-%d})"
    if time < EARLIEST:
        return f"its Memento-Datetime is older than the web ({time:%Y-%m-%d})"
    replayed = replay_of(exchange.url)
    own = own_address(exchange)
    told = [each for each in (*times, stamped(own) if own != exchange.url else None) if each is not None]
    if told and all(abs(time - each) > _SLACK for each in told):
        return f"its Memento-Datetime ({time:%Y-%m-%d %H:%M}) is not the time that the archive tells elsewhere"
    said = [link.target for link in links_of(exchange) if "original" in link.rels]
    if replayed is not None:
        said.append(replayed.url)
    other = next((url for url in said if not same_article(url, asked)), None)
    if other is not None:
        return f"it is a memento of another address ({other[:200]})"
    return None if said else "it does not say of which address it is a memento"


def stamped(address: str) -> datetime | None:
    """The time in a memento's address; None where it has none."""
    replayed = replay_of(address)
    return time_of_stamp(replayed.stamp) if replayed is not None else None


def restored(exchange: Exchange, asked: str, memento: Memento) -> Exchange:
    """The answer as its site gave it then: that address, that time, that header block; the body as the archive sent it.

    `exchange` has no `problem`. Of its headers those count that the archive tells to be the site's (X-Archive-Orig-),
    and a few that are handed on as they are. The content coding is the one in which the body came.
    """
    time = memento_time(exchange)
    assert time is not None
    original = next((link.target for link in links_of(exchange) if "original" in link.rels), None)
    replayed = replay_of(exchange.url)
    url = original or (replayed.url if replayed is not None else asked)
    headers = tuple(_headers(exchange))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    status_line = exchange.head.split(b"\n", 1)[0].rstrip(b"\r")
    return replace(
        exchange,
        url=_wire(url) if is_http(url) else asked,
        time=time.replace(microsecond=0),
        request=b"",
        head=status_line + b"\r\n" + lines.encode("latin-1", "replace") + b"\r\n",
        headers=headers,
        ip=None,
        memento=memento,
    )


def _wire(url: str) -> str:
    return wire_url(url) if is_http(url) else url


def _headers(exchange: Exchange) -> list[tuple[str, str]]:
    prefixed = [(name[len(PREFIX) :], value) for name, value in exchange.headers if name.lower().startswith(PREFIX)]
    named = {name.lower() for name, _ in prefixed}
    found = []
    for name, value in exchange.headers:
        lower = name.lower()
        if lower in _HANDED_ON and (lower not in named or lower in _FRAMING):
            found.append((name, own_location(value, exchange.url) if lower == "location" else value))
    found += [(name, value) for name, value in prefixed if name and name.lower() not in _FRAMING]
    return [*found, ("Content-Length", str(exchange.body.size))]
