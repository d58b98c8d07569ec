"""Feeds: RSS, Atom and JSON Feed, lists of feeds (OPML, Atom), and the feeds that a page names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

from msgspec import Struct

from archive.models import Link
from scraper.settings import Source
from scraper.sources.base import Answer, Found, Hands, answer, whole
from scraper.sources.feeddata import Document, Item, read

MAX_SIZE = 10 * 1000 * 1000
MAX_DEPTH = 3
MAX_FEEDS = 200
MAX_LINKS = 200_000
"""Of one source in one pass, in all feeds that it names."""

__all__ = ["Document", "Item", "links", "read"]


class _Child(Struct, frozen=True):
    url: str
    depth: int


def links(source: Source, hands: Hands) -> Iterator[Found]:
    """The address of each item, and of those of the feeds that it names, in the order they stand in.

    A feed that names other feeds is asked for in full each time: what those have is not to be missed.
    """
    assert source.url is not None
    oldest = hands.clock() - timedelta(seconds=source.since) if source.since is not None else None
    waiting = [_Child(source.url, 0)]
    seen: set[str] = set()
    left = MAX_LINKS
    while waiting:
        child = waiting.pop(0)
        if child.url in seen:
            continue
        if len(seen) >= MAX_FEEDS:
            hands.tell(
                f"{source.title}: {child.url}: passed over with {len(waiting)} others: more than {MAX_FEEDS} feeds"
            )
            return
        seen.add(child.url)
        document = answer(child.url, hands, source, kind="feed", max_size=MAX_SIZE)
        if document is None:
            continue
        feed = _read(document)
        if feed.problem is not None:
            hands.tell(f"{source.title}: {document.url}: {feed.problem}")
        for item in feed.items:
            found = Found(Link(item.url, source.title, document.url), item.published, item.modified)
            if oldest is not None and found.newest is not None and found.newest < oldest:
                continue
            if not left:
                words = (
                    f"the rest of it is passed over with {len(waiting)} others: more than {MAX_LINKS} links in one pass"
                )
                hands.tell(f"{source.title}: {document.url}: {words}")
                return
            left -= 1
            yield found
        if feed.feeds and child.depth + 1 >= MAX_DEPTH:
            hands.tell(f"{source.title}: {document.url}: the feeds that it names are passed over: too many levels")
        else:
            waiting.extend(_Child(url, child.depth + 1) for url in feed.feeds)
        if document.validators is not None and not feed.feeds and feed.problem is None:
            hands.remember.set(child.url, document.validators)


def _read(document: Answer) -> Document:
    with closing(document.exchange.body):
        data = whole(document.exchange, MAX_SIZE)
    return read(data, document.url, document.exchange.header("content-type"))
