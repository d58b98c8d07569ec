"""robots.txt: what a host lets us ask for. RFC 9309, with 429 taken as "leave me alone" rather than "no rules"."""

from __future__ import annotations

import re
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from archive import urls
from archive.models import Exchange
from scraper.body import decoded
from scraper.fetch import Fetcher, HopRequest
from scraper.settings import FetchSettings

if TYPE_CHECKING:
    from protego import Protego

TOKEN = "tearsheet"  # noqa: S105 - the product token of RFC 9309, section 2.2.1
PARSED = 512 * 1024
FETCHED = 2 * PARSED
REDIRECTS = 5
DAY = 86400.0
UNREACHABLE_FOR = 600.0
REMEMBERED = 5000
_LINE_END = re.compile(r"\r\n?|\n")
_AGENT = re.compile(r"[ \t]*user-?[ ]?agent[ \t]*[: \t][ \t]*(\*(?=[ #]|$)|[a-z_-]*)", re.IGNORECASE)
_OTHER = "somebody-else"


class RobotsAnswer(Struct, frozen=True):
    """Whether an address may be asked, and why not.

    `kind` is the failure's kind where it may not: "robots", or what kept us from reading robots.txt ("dns", "connect",
    "tls", "timeout" and so on). `exchanges` are the answers for robots.txt, when this question brought them: they are
    handed out once. `crawl_delay` is in seconds, None where the host names none.
    """

    allowed: bool
    reason: str = ""
    exchanges: tuple[Exchange, ...] = ()
    crawl_delay: float | None = None
    kind: str = "robots"


class _Rules(Struct):
    """One origin's rules; without `parsed` all is allowed, or with a `reason` nothing is. `until` is monotonic."""

    lock: Lock
    until: float = 0.0
    parsed: Protego | None = None
    reason: str = ""
    kind: str = "robots"


class Robots:
    """Asks each origin for its rules once a day; safe in threads. With `robots = "ignore"` it asks for nothing."""

    def __init__(self, fetcher: Fetcher, settings: FetchSettings) -> None:
        self._fetcher = fetcher
        self._obey = settings.robots != "ignore"
        self._monotonic = fetcher.hands.monotonic
        self._known: OrderedDict[str, _Rules] = OrderedDict()
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
        origin = "/".join(wire.split("/", 3)[:3])
        rules = self._rules_of(origin)
        exchanges: tuple[Exchange, ...] = ()
        with rules.lock:
            if self._monotonic() >= rules.until:
                exchanges = self._read(origin, rules)
        return replace(_judged(rules, wire), exchanges=exchanges)

    def crawl_delay(self, url: str) -> float:
        """Seconds that the host wants between pages, as far as is known by now; 0 where it names none."""
        with self._lock:
            rules = self._known.get("/".join(url.split("/", 3)[:3]).lower())
        parsed = rules.parsed if rules is not None else None
        return (parsed.crawl_delay(TOKEN) or 0.0) if parsed is not None else 0.0

    def _rules_of(self, origin: str) -> _Rules:
        with self._lock:
            rules = self._known.setdefault(origin, _Rules(Lock()))
            self._known.move_to_end(origin)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            return rules

    def _read(self, origin: str, rules: _Rules) -> tuple[Exchange, ...]:
        request = HopRequest(f"{origin}/robots.txt", kind="robots", max_size=FETCHED)
        exchanges = self._fetcher.chain(request, REDIRECTS)
        last = exchanges[-1]
        rules.parsed, rules.reason, rules.kind = None, "", "robots"
        status = last.status or 0
        failure = last.failure
        if failure is not None and failure.kind in ("refused by us", "redirects"):
            pass
        elif failure is not None and failure.kind != "too large":
            rules.reason = f"{last.url} could not be read, so nothing may be asked: {failure.message}"
            rules.kind = failure.kind if last.status is None else "robots"
        elif status == 429 or status >= 500:
            rules.reason = f"{last.url} answered {status}, so nothing may be asked for now"
        elif 200 <= status < 300:
            from protego import Protego

            rules.parsed = Protego.parse(prepared(decoded(last, PARSED)))
        rules.until = self._monotonic() + (UNREACHABLE_FOR if rules.reason else DAY)
        return tuple(exchanges)


def _judged(rules: _Rules, wire: str) -> RobotsAnswer:
    if rules.reason:
        return RobotsAnswer(False, rules.reason, kind=rules.kind)
    if rules.parsed is None:
        return RobotsAnswer(True)
    delay = rules.parsed.crawl_delay(TOKEN)
    if rules.parsed.can_fetch(wire, TOKEN):
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
