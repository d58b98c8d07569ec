"""What all sources share: the hands they work with, what they find, and how they ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from archive import urls
from archive.coding import CodingError, content_codings, decoder_for
from archive.models import Exchange, Link
from scraper.body import coding_problem
from scraper.settings import Source
from scraper.wire import CHUNK

if TYPE_CHECKING:
    from scraper.fetch import HopRequest

GZIP = b"\x1f\x8b"
MOST_DATE = 100
SOME = 4096


class Validators(Struct, frozen=True):
    """What a document said of itself, to be asked for next time only if it has changed."""

    etag: str | None = None
    last_modified: str | None = None


class Memory(Protocol):
    """Validators by address, from one run to the next."""

    def get(self, url: str) -> Validators | None: ...

    def set(self, url: str, validators: Validators) -> None: ...


class Hands(Struct, frozen=True):
    """What a source works with.

    `ask` gives the end of a redirect chain; whatever the web does is on the exchange. `tell` takes a sentence about
    what went wrong. `remember.set` is called only after all that a document gave has been taken: whoever has put that
    in a safe place by then loses nothing. `rules_of` gives the robots.txt that holds for an address, if it is known.
    """

    ask: Callable[[HopRequest], Exchange]
    remember: Memory
    clock: Callable[[], datetime]
    tell: Callable[[str], None]
    rules_of: Callable[[str], str | None] = lambda url: None


class Found(Struct, frozen=True):
    """A link with what its source says of it: when it was published and last changed, both in UTC, and how many links
    lie between it and the start of a site."""

    link: Link
    published: datetime | None = None
    modified: datetime | None = None
    depth: int = 0

    @property
    def newest(self) -> datetime | None:
        dates = [date for date in (self.published, self.modified) if date is not None]
        return max(dates, default=None)


class Answer(Struct, frozen=True):
    """A document that can be read. `validators` are to be remembered under `asked`, or None."""

    asked: str
    exchange: Exchange
    validators: Validators | None

    @property
    def url(self) -> str:
        """Its own address, where the redirects ended."""
        return self.exchange.url


def answer(
    url: str, hands: Hands, source: Source, *, kind: str, max_size: int, quiet: bool = False, again: bool = True
) -> Answer | None:
    """The document at `url`, or None, and why is told unless it is merely unchanged or `quiet`.

    What is larger than `max_size` or was cut is given as far as it came. Without `again` it is asked for in full.
    """
    from scraper.fetch import HopRequest

    def tell(problem: str) -> None:
        if not quiet:
            hands.tell(f"{source.title}: {url}: {problem}")

    known = (hands.remember.get(url) if again else None) or Validators()
    request = HopRequest(url, kind=kind, max_size=max_size)
    exchange = hands.ask(request.conditional(known.etag, known.last_modified))
    failure = exchange.failure
    if failure is not None:
        tell(failure.message)
    usable = failure is None or failure.kind in ("too large", "cut", "too slow", "timeout")
    status = exchange.status
    if status is None or not usable:
        exchange.body.close()
        return None
    problem = None if status == 304 and known != Validators() else _problem(exchange, status)
    if problem is not None:
        tell(problem)
    if problem is not None or status == 304:
        exchange.body.close()
        return None
    return Answer(url, exchange, _validators(url, exchange) if failure is None else None)


def _problem(exchange: Exchange, status: int) -> str | None:
    if not 200 <= status < 300:
        return f"answered {status}"
    return coding_problem(exchange)


def _validators(url: str, exchange: Exchange) -> Validators | None:
    """Of an address that redirects nothing is remembered: its end would be asked in full all the same."""
    try:
        direct = urls.wire_url(url) == exchange.url
    except ValueError:
        return None
    found = Validators(exchange.header("etag"), exchange.header("last-modified"))
    return found if direct and found != Validators() else None


def pieces(exchange: Exchange, limit: int) -> Iterator[bytes]:
    """The body piece by piece, at most `limit` bytes of it: its content coding undone and, where what is left is a
    gzip file, that too. What a broken coding gives before the break is given."""
    with exchange.body.open() as reader:
        plain = _undone(iter(lambda: reader.read(CHUNK), b""), content_codings(exchange.headers))
        room = limit
        for piece in _unzipped(plain):
            yield piece[:room]
            room -= len(piece)
            if room <= 0:
                return


def whole(exchange: Exchange, limit: int) -> bytes:
    """`pieces`, put together."""
    return b"".join(pieces(exchange, limit))


def _undone(parts: Iterator[bytes], codings: list[str]) -> Iterator[bytes]:
    decoder = decoder_for(codings)
    if decoder is None:
        yield from parts
        return
    try:
        for part in parts:
            yield from decoder.feed(part)
    except CodingError:
        return


def _unzipped(parts: Iterator[bytes]) -> Iterator[bytes]:
    first, rest = begun(parts, len(GZIP))
    joined = _after(first, rest)
    yield from _undone(joined, ["gzip"]) if first.startswith(GZIP) else joined


def begun(parts: Iterator[bytes], least: int = SOME) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, at least so many where there are, and what follows them."""
    first = b""
    for part in parts:
        first += part
        if len(first) >= least:
            break
    return first, parts


def _after(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def moment(text: str | None) -> datetime | None:
    """The time of an ISO 8601 date or date and time, as the W3C's profile has them; UTC where no zone is named."""
    text = (text or "").strip()
    if not 4 <= len(text) <= MOST_DATE:
        return None
    if len(text) in (4, 7):
        text += "-01-01"[: 10 - len(text)] if len(text) == 4 else "-01"
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
