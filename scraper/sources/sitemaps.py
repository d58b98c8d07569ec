"""Sitemaps: lists of addresses, indexes of lists, news sitemaps and plain text (sitemaps.org), and where they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from urllib.parse import urlsplit

from msgspec import Struct

from archive import urls
from archive.models import Link
from scraper.read.css import resolve
from scraper.settings import Source
from scraper.sources.base import Answer, Found, Hands, answer, begun, pieces
from scraper.sources.markup import root_name, wide
from scraper.sources.sitemapxml import Entry, NotReadError, entries, narrowed

MAX_SIZE = 50 * 1024 * 1024
MAX_ROBOTS = 512 * 1024
MAX_DEPTH = 3
MAX_SITEMAPS = 1000
MAX_LINKS = 1_000_000
"""Of one source in one pass: twenty whole sitemaps' worth, and more than a pass asks for."""
MAX_NAMED = 50_000
"""How many sitemaps an index may name (sitemaps.org)."""
MAX_LINE = 2 * urls.MAX_URL
USUAL = (
    "/sitemap.xml",
    "/sitemap_index.xml",
    "/wp-sitemap.xml",
    "/sitemap-index.xml",
    "/sitemap.xml.gz",
    "/sitemap.txt",
)
USUAL_FOR_NEWS = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_news.xml", "/googlenews.xml")
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*([^\s#]+)", re.IGNORECASE | re.MULTILINE)
_LINE_END = re.compile(rb"\r\n?|\n")


def links(source: Source, hands: Hands) -> Iterator[Found]:
    """What the sitemap says, and the sitemaps that it names, the newest first. For the address of a site's home page
    or robots.txt: all that robots.txt names or, where it names none, what stands at the usual places."""
    assert source.url is not None
    walk = _Walk(source, hands)
    path = urlsplit(source.url).path
    if path not in ("", "/", "/robots.txt"):
        yield from walk.through([source.url])
        return
    named = _named_in_robots(source, hands, urls.join(source.url, "/robots.txt"))
    if named:
        yield from walk.through(named)
    elif path != "/robots.txt":
        for group in (USUAL, USUAL_FOR_NEWS):
            yield from walk.first_of([urls.join(source.url, usual) for usual in group])
    if not named and not walk.read:
        hands.tell(f"{source.title}: {source.url}: there is no sitemap that robots.txt names or that stands elsewhere")


def in_robots(text: str, base: str) -> list[str]:
    """The addresses in the Sitemap lines of a robots.txt at `base`, each once."""
    found = (resolve(base, match[1]) for match in _SITEMAP_LINE.finditer(text.replace("\r", "\n")))
    return list(dict.fromkeys(url for url in found if url is not None))[:MAX_SITEMAPS]


def _named_in_robots(source: Source, hands: Hands, url: str) -> list[str]:
    text = hands.rules_of(url)
    if text is not None:
        return in_robots(text, url)
    robots = answer(url, hands, source, kind="robots", max_size=MAX_ROBOTS, quiet=True, again=False)
    if robots is None:
        return []
    with closing(robots.exchange.body):
        data = b"".join(pieces(robots.exchange, MAX_ROBOTS))
    return in_robots(data.decode("utf-8-sig", "replace"), robots.url)


class _Child(Struct, frozen=True):
    url: str
    depth: int


class _Walk:
    """One way through sitemaps and what they name, bounded in depth, number and links. `read` counts those that were
    one."""

    def __init__(self, source: Source, hands: Hands) -> None:
        self._source = source
        self._hands = hands
        self._oldest = hands.clock() - timedelta(seconds=source.since) if source.since is not None else None
        self._seen: set[str] = set()
        self._asked = 0
        self._left = MAX_LINKS
        self.read = 0

    def through(self, starts: list[str]) -> Iterator[Found]:
        yield from self._go([_Child(url, 0) for url in reversed(starts)])

    def first_of(self, candidates: list[str]) -> Iterator[Found]:
        """The first of these that is a sitemap, or unchanged since it was one; the others are silently passed over."""
        for url in candidates:
            waiting: list[_Child] = []
            before = self.read
            yield from self._one(_Child(url, 0), waiting, quiet=True)
            yield from self._go(waiting)
            if self.read > before:
                return

    def _go(self, waiting: list[_Child]) -> Iterator[Found]:
        while waiting and self._left:
            child = waiting.pop()
            if child.url in self._seen:
                continue
            if self._asked >= MAX_SITEMAPS:
                self._tell(child.url, f"passed over with {len(waiting)} others: more than {MAX_SITEMAPS} sitemaps")
                return
            yield from self._one(child, waiting)

    def _one(self, child: _Child, waiting: list[_Child], *, quiet: bool = False) -> Iterator[Found]:
        self._seen.add(child.url)
        self._asked += 1
        known = self._hands.remember.get(child.url) is not None
        told: list[str] = []
        hands = Hands(self._hands.ask, self._hands.remember, self._hands.clock, told.append)
        document = answer(child.url, hands, self._source, kind="sitemap", max_size=MAX_SIZE)
        if told and not quiet:
            self._hands.tell(told[0])
        if document is None:
            self.read += known and not told
            return
        named: list[Entry] = []
        read = self.read
        with closing(document.exchange.body):
            try:
                for entry in entries_of(document):
                    self.read = read + 1
                    if self._old(entry):
                        continue
                    if entry.is_sitemap:
                        if len(named) == MAX_NAMED:
                            self._tell(
                                document.url, f"names more than {MAX_NAMED} sitemaps; the others are passed over"
                            )
                            break
                        named.append(entry)
                        continue
                    if not self._left:
                        others = f", and so are {len(waiting)} sitemaps" if waiting else ""
                        words = f"the rest of it is passed over{others}: more than {MAX_LINKS} links in one pass"
                        self._tell(document.url, words)
                        return
                    self._left -= 1
                    yield _found(entry, document.url, self._source)
                self.read = read + 1
            except NotReadError as error:
                if not quiet or self.read > read:
                    self._tell(document.url, str(error))
                return
        self._queue(named, child, waiting)
        if document.validators is not None and not named:
            self._hands.remember.set(child.url, document.validators)

    def _queue(self, named: list[Entry], child: _Child, waiting: list[_Child]) -> None:
        if named and child.depth + 1 >= MAX_DEPTH:
            self._tell(child.url, f"the sitemaps that it names are passed over: more than {MAX_DEPTH} levels")
            return
        named.sort(key=lambda entry: entry.newest.timestamp() if entry.newest else float("inf"))
        waiting.extend(_Child(entry.url, child.depth + 1) for entry in named)

    def _old(self, entry: Entry) -> bool:
        return self._oldest is not None and entry.newest is not None and entry.newest < self._oldest

    def _tell(self, url: str, problem: str) -> None:
        self._hands.tell(f"{self._source.title}: {url}: {problem}")


def _found(entry: Entry, sitemap: str, source: Source) -> Found:
    return Found(Link(entry.url, source.title, sitemap), entry.published, entry.modified)


def entries_of(document: Answer) -> Iterator[Entry]:
    """What a document of any kind of sitemap says. Raises NotReadError where it is none, or from where it is broken."""
    parts = pieces(document.exchange, MAX_SIZE)
    first, rest = begun(parts)
    if wide(first):
        first, rest = narrowed(first, rest), iter(())
    start = first.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"<"):
        yield from _lines(first, rest, document.url)
        return
    root = root_name(start)
    if root in ("rss", "rdf", "feed"):
        from scraper.sources import feeds

        read = feeds.read(first + b"".join(rest), document.url)
        yield from (Entry(item.url, item.published, item.modified) for item in read.items)
        return
    if root not in ("urlset", "sitemapindex"):
        what = "it declares entities of its own" if root == "!" else f"its root is {root or 'not to be found'}"
        raise NotReadError(f"is no sitemap: {what}")
    yield from entries(start, rest, document.url)


def _lines(first: bytes, rest: Iterator[bytes], base: str) -> Iterator[Entry]:
    """Addresses, one a line. Raises NotReadError when the first line is none."""
    found = False
    for number, line in enumerate(_split(first, rest), 1):
        text = line.decode("utf-8", "replace").strip("\ufeff \t")
        if not text:
            continue
        url = resolve(base, text) if text[:4].lower() == "http" else None
        if url is not None:
            found = True
            yield Entry(url, None, None)
        elif not found:
            raise NotReadError(f"is no sitemap: neither XML nor an address in line {number}")
    if not found:
        raise NotReadError("is empty")


def _split(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    held = first
    for part in rest:
        *lines, held = _LINE_END.split(held + part if len(held) < MAX_LINE else part)
        yield from lines
    yield from _LINE_END.split(held)
