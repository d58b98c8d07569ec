"""Feeds of all kinds, sitemaps of all kinds, the lines of robots.txt: with and without a coding around them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime

from archive.models import Exchange
from archive.spool import Spool
from archive.urls import is_http
from scraper.sources import feeddata
from scraper.sources.base import Answer, whole
from scraper.sources.lists import from_lines
from scraper.sources.markup import escaped_pieces, narrow
from scraper.sources.sitemaps import entries_of, in_robots
from scraper.sources.sitemapxml import NotReadError

_ADDRESS = "https://news.test/feed.xml"
_LIMIT = 1 << 20
_TYPES = ("application/xml", "text/xml; charset=iso-8859-1", "application/json", "text/html", "text/plain")
_CODINGS = ("", "gzip", "deflate", "br", "gzip, gzip")
_SEEDS = (
    "<?xml version='1.0' encoding='utf-8'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>"
    "<link>/</link><item><title>A &amp; B</title><link>/a?x=1&y=2</link><guid isPermaLink='false'>1</guid>"
    "<pubDate>Mon, 02 Mar 2026 05:00:00 +0100</pubDate><dc:date>2026-03-02</dc:date></item></channel></rss>",
    "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='/b/'><entry><id>urn:x</id><link rel='alternate' "
    "type='text/html' href='a'/><updated>2026-03-02T05:00:00Z</updated></entry></feed>",
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><item rdf:about='/a'><link>/a</link></item>"
    "</rdf:RDF>",
    '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "url": "/a", '
    '"date_published": "2026-03-02T05:00:00Z"}]}',
    "<opml version='2.0'><body><outline type='rss' xmlUrl='/f.xml'/><outline type='link' url='/a'/></body></opml>",
    "<!doctype html><html><head><base href=/b/><link rel=alternate type='application/rss+xml' href=f></head></html>",
    "<?xml version='1.0'?><!-- x --><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>"
    "<![CDATA[https://news.test/a?b&c]]></loc><lastmod>2026-03-02</lastmod><news:news><news:publication_date>"
    "2026-03-02T05:00:00Z</news:publication_date></news:news></url></urlset>",
    "<sitemapindex><sitemap><loc>/s.xml.gz</loc><lastmod>2026</lastmod></sitemap></sitemapindex>",
    "<!DOCTYPE rss [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><rss><channel><item><link>&b;</link></item></channel>"
    "</rss>",
    "https://news.test/a\r\nhttps://news.test/b # a comment\n\n",
    "User-agent: *\nDisallow: /x\nCrawl-delay: 3\nSitemap: /sitemap.xml\n",
)


def seeds() -> list[bytes]:
    """One document of each kind, plain, zipped and in UTF-16."""
    plain = [text.encode() for text in _SEEDS]
    zipped = [b"\0" + gzip.compress(text, 9, mtime=0) for text in plain]
    return [*(b"\0" + text for text in plain), *zipped, *(b"\0" + text.encode("utf-16") for text in _SEEDS[:3])]


def one_input(data: bytes) -> None:
    """The first byte says which type and coding are claimed. Nothing raises but what says that it is none, and what
    is found is an address."""
    dress, body = (data[0] if data else 0), data[1:]
    kind, coding = _TYPES[dress % len(_TYPES)], _CODINGS[dress // len(_TYPES) % len(_CODINGS)]
    headers = (("Content-Type", kind), ("Content-Encoding", coding))
    exchange = Exchange(_ADDRESS, datetime(2026, 3, 2, tzinfo=UTC), b"", 200, b"", headers, Spool.of(body))
    plain = whole(exchange, _LIMIT)
    assert len(plain) <= _LIMIT
    found = feeddata.read(plain, _ADDRESS, kind)
    named = [*(item.url for item in found.items), *found.feeds]
    named += _entries(Answer(_ADDRESS, exchange, None))
    text = plain.decode("utf-8", "replace")
    named += in_robots(text, _ADDRESS)
    for url in named:
        assert is_http(url), url
    for link in from_lines(text.splitlines(), "list"):
        assert "\n" not in link.url
    _pieces(narrow(plain))


def _entries(document: Answer) -> Iterator[str]:
    try:
        for entry in entries_of(document):
            yield entry.url
    except NotReadError as error:
        assert str(error)


def _pieces(document: bytes) -> None:
    """However a document is cut, the same ampersands become references."""
    whole_of_it = b"".join(escaped_pieces(iter([document])))
    cut = (document[at : at + 5] for at in range(0, len(document), 5))
    assert b"".join(escaped_pieces(cut)) == whole_of_it
