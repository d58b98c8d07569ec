"""robots.txt: what a host lets us ask for. RFC 9309, with 429 taken as "leave me alone" rather than "no rules"."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from archive import urls
from archive.deferring import deferred
from archive.models import Exchange
from scraper.body import decoded
from scraper.fetch import STOPPED, Fetcher, HopRequest
from scraper.identity import host_of
from scraper.retry import retry_after
from scraper.settings import FetchSettings

if TYPE_CHECKING:
    from protego import Protego

TOKEN = "tearsheet"  # noqa: S105 - the product token of RFC 9309, section 2.2.1
PARSED = 512 * 1024
FETCHED = 2 * PARSED
REDIRECTS = 5
DAY = timedelta(days=1)
UNREACHABLE_FOR = timedelta(minutes=10)
REMEMBERED = 5000
MOST_DELAYS = 100_000
_LINE_END = deferred(r"\r\n?|\n")
_AGENT = deferred(r"[ \t]*user-?[ ]?agent[ \t]*[: \t][ \t]*(\*(?=[ #]|$)|[a-z_-]*)", re.IGNORECASE)
_OTHER = "somebody-else"


class RobotsAnswer(Struct, frozen=True):
    """Whether an address may be asked, and why not.

    `kind` is the failure's kind where it may not: "robots", or what kept us from reading robots.txt for now ("dns",
    "connect", "tls", "timeout" and so on, "rate limited", "server error"). `exchanges` are the answers for robots.txt,
    when this question brought them: they are handed out once. `crawl_delay` is in seconds, None where the host names
    none.
    """

    allowed: bool
    reason: str = ""
    exchanges: tuple[Exchange, ...] = ()
    crawl_delay: float | None = None
    kind: str = "robots"


class Rules(Struct, frozen=True):
    """What one origin answered, until when it holds: the prepared file; None where there is none and all is allowed,
    or with a `reason` nothing is."""

    until: datetime
    text: str | None = None
    reason: str = ""
    kind: str = "robots"


class RulesMemory(Protocol):
    """Rules by origin, from one run to the next; safe in threads. `unkept` are answers that came with the rules and
    that nobody has stored."""

    def rules(self, origin: str) -> Rules | None: ...

    def unkept(self, origin: str) -> tuple[Exchange, ...]: ...

    def keep_rules(self, origin: str, rules: Rules) -> None: ...

    def close(self) -> None: ...


class _Origin(Struct):
    """One origin in this run. `unkept` are answers that nobody has stored yet."""

    lock: Lock
    rules: Rules | None = None
    parsed: Protego | None = None
    unkept: tuple[Exchange, ...] = ()


class Robots:
    """Asks each origin for its rules once a day; safe in threads. With `robots = "ignore"` it asks for nothing."""

    def __init__(self, fetcher: Fetcher, settings: FetchSettings, memory: RulesMemory | None = None) -> None:
        self._fetcher = fetcher
        self._obey = settings.robots != "ignore"
        self._clock = fetcher.hands.clock
        self._memory = memory
        self._known: OrderedDict[str, _Origin] = OrderedDict()
        self._delays: dict[str, dict[str, float]] = {}
        self._lock = Lock()

    def allowed(self, url: str) -> RobotsAnswer:
        """Whether `url` may be asked. Raises StorageError when an answer cannot be stored."""
        try:
            wire = urls.wire_url(url)
        except ValueError:
            return RobotsAnswer(True)
        path = urlsplit(wire).path
        if not self._obey or path == "/robots.txt":
            return RobotsAnswer(True)
        origin = self._of(_origin(wire))
        with origin.lock:
            rules = self._rules(_origin(wire), origin)
            exchanges, origin.unkept = origin.unkept, ()
        return replace(_judged(rules, origin.parsed, wire), exchanges=exchanges)

    def text(self, url: str) -> str | None:
        """The robots.txt of this address's origin, as the parser takes it; None where there is none that can be read,
        or where none is asked for. Its answers wait for the next question. Raises StorageError."""
        if not self._obey:
            return None
        origin = self._of(_origin(urls.wire_url(url)))
        with origin.lock:
            return self._rules(_origin(urls.wire_url(url)), origin).text

    def known(self, name: str) -> tuple[Rules | None, tuple[Exchange, ...]]:
        """What an origin is known to have answered, as long as that holds, and the answers that nobody has stored."""
        origin = self._of(name)
        with origin.lock:
            if origin.rules is None and self._memory is not None:
                rules = self._memory.rules(name)
                if rules is not None:
                    self._take(name, origin, rules)
            if origin.rules is None or self._clock() >= origin.rules.until:
                return None, ()
            exchanges, origin.unkept = origin.unkept, ()
            return origin.rules, exchanges

    def heard(self, name: str, rules: Rules) -> None:
        """What somebody else has read of an origin: it is known from now on, and remembered."""
        origin = self._of(name)
        with origin.lock:
            self._take(name, origin, rules)
        if self._memory is not None:
            self._memory.keep_rules(name, rules)

    def unkept(self, exchanges: Sequence[Exchange]) -> None:
        """Answers that whoever had them cannot store: the next question about their origin brings them again."""
        for exchange in exchanges:
            origin = self._of(_origin(exchange.url))
            with origin.lock:
                origin.unkept = (*origin.unkept, exchange)

    def host_delay(self, host: str) -> float:
        """Seconds that the host wants between pages, the longest that one of its origins names, as far as is known by
        now; 0 where none does."""
        with self._lock:
            return max(self._delays.get(host, {}).values(), default=0.0)

    def _of(self, name: str) -> _Origin:
        with self._lock:
            origin = self._known.setdefault(name, _Origin(Lock()))
            self._known.move_to_end(name)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            return origin

    def _rules(self, name: str, origin: _Origin) -> Rules:
        if origin.rules is None or self._clock() >= origin.rules.until:
            return self._learn(name, origin)
        return origin.rules

    def _learn(self, name: str, origin: _Origin) -> Rules:
        rules = self._memory.rules(name) if origin.rules is None and self._memory is not None else None
        if rules is None or self._clock() >= rules.until:
            rules, exchanges = self._read(name)
            origin.unkept += exchanges
            if self._memory is not None and rules.kind != STOPPED:
                self._memory.keep_rules(name, rules)
        elif self._memory is not None:
            origin.unkept += self._memory.unkept(name)
        self._take(name, origin, rules)
        return rules

    def _take(self, name: str, origin: _Origin, rules: Rules) -> None:
        origin.rules = rules
        origin.parsed = None
        if rules.text is not None:
            from protego import Protego

            origin.parsed = Protego.parse(rules.text)
        self._note_delay(name, origin.parsed)

    def _note_delay(self, origin: str, parsed: Protego | None) -> None:
        seconds = (parsed.crawl_delay(TOKEN) or 0.0) if parsed is not None else 0.0
        host = host_of(origin)
        with self._lock:
            named = self._delays.pop(host, {})
            named.pop(origin, None)
            if seconds > 0:
                named[origin] = seconds
            if named and len(self._delays) < MOST_DELAYS:
                self._delays[host] = named

    def _read(self, origin: str) -> tuple[Rules, tuple[Exchange, ...]]:
        request = HopRequest(f"{origin}/robots.txt", kind="robots", max_size=FETCHED)
        exchanges = self._fetcher.chain(request, REDIRECTS)
        last = exchanges[-1]
        text, reason, kind = None, "", "robots"
        status = last.status or 0
        failure = last.failure
        if failure is not None and failure.kind in ("refused by us", "redirects"):
            pass
        elif failure is not None and failure.kind != "too large":
            reason = f"{last.url} could not be read, so nothing may be asked: {failure.message}"
            kind = "timeout" if failure.kind == "too slow" else failure.kind
        elif status == 429 or status >= 500:
            reason = f"{last.url} answered {status}, so nothing may be asked for now"
            kind = "rate limited" if status == 429 else "server error"
        elif 200 <= status < 300:
            text = prepared(decoded(last, PARSED))
        until = self._clock()
        if kind != STOPPED:
            asked_for = timedelta(seconds=min(retry_after(last, until) or 0.0, DAY.total_seconds()))
            until += max(UNREACHABLE_FOR, asked_for) if reason else DAY
        return Rules(until, text, reason, kind), tuple(exchanges)


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _judged(rules: Rules, parsed: Protego | None, wire: str) -> RobotsAnswer:
    if rules.reason:
        return RobotsAnswer(False, rules.reason, kind=rules.kind)
    if parsed is None:
        return RobotsAnswer(True)
    delay = parsed.crawl_delay(TOKEN)
    if parsed.can_fetch(wire, TOKEN):
        return RobotsAnswer(True, crawl_delay=delay)
    path = "/" + wire.split("/", 3)[3]
    return RobotsAnswer(False, f"robots.txt of {urlsplit(wire).netloc} forbids {path[:200]}", crawl_delay=delay)


def prepared(data: bytes) -> str:
    """The file as the parser takes it, at most PARSED bytes of it.

    Agents are reduced to what matters, us or all or somebody else: matching is then by the whole token, as section
    2.2.1 wants it, and a file of thousands of agents costs no more than any other of its size.
    """
    text = data[:PARSED].decode("utf-8", "replace").removeprefix("\ufeff")
    lines = _LINE_END.split(text)
    if len(data) >= PARSED:
        lines.pop()
    return "\n".join(_reduced(" ".join(line.split())) for line in lines)


def _reduced(line: str) -> str:
    match = _AGENT.match(line)
    if match is None:
        return line
    agent = match[1].lower()
    return f"User-agent: {agent if agent in ('*', TOKEN) else _OTHER}"
