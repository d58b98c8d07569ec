"""Pages and style sheets, as a hostile server may write them."""

from __future__ import annotations

from archive.parse import parse
from archive.render import render
from archive.urls import is_http
from scraper.read.css import refs
from scraper.read.page import Limits, read
from scraper.read.reading import Page

_LIMITS = Limits(max_characters=200_000)
_ADDRESS = "https://news.test/2026/a-story"
_PROSE = "<p>The council met on Tuesday evening and agreed, after four hours, to let the old bridge stand for now.</p>"
_TYPES = ("text/html", "text/html; charset=utf-8", "text/html; charset=shift_jis", "application/xhtml+xml", "")


def seeds() -> list[bytes]:
    """Pages with one of everything that a reader looks at."""
    head = (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>A story | The Paper</title>"
        "<meta property=og:title content='A story'><meta name=author content='Ann Example'>"
        "<meta property=article:published_time content='2026-01-02T03:04:05Z'><link rel=canonical href=/a>"
        "<link rel=stylesheet href=s.css><base href=/b/><meta http-equiv=refresh content='3;url=/c'>"
        "<style>@import 'x.css'; @font-face { src: url(f.woff2) } p { background: url(\"p.png\") }</style>"
        '<script type=application/ld+json>{"@context": "https://schema.org", "@graph": [{"@type": "NewsArticle", '
        '"headline": "A story", "author": {"name": "Ann Example"}, "datePublished": "2026-01-02"}]}</script></head>'
    )
    body = (
        "<body><nav><a href=/>Home</a></nav><article><h1>A story</h1><h2 class=subtitle>And more of it</h2>"
        "<p class=byline>By Ann Example and Bob Sample, 2 January 2026</p><figure><img src=a.jpg srcset='a 1x, b 2x'>"
        "<figcaption>The bridge. (Photo: Cy Third/Agency)</figcaption></figure>"
        f"{_PROSE * 3}<ul><li>one<li>two</ul><blockquote>Said so</blockquote><pre>code</pre>{_PROSE}"
        "<table><tr><td>a<td>b</table><div class=related><a href=/x>Read more</a></div></article>"
        "<a rel=next href='?page=2'>2</a><form><input type=password></form><svg><use href=#x /></svg></body></html>"
    )
    return [b"\0" + (head + body).encode(), b"\1" + body.encode(), b"\2" + head.encode(), b"\4" + body.encode("utf-16")]


def one_input(data: bytes) -> None:
    """No page raises or is an error of a reader's, addresses are addresses, and an article comes back from its text."""
    kind = _TYPES[data[0] % len(_TYPES)] if data else ""
    body = data[1:]
    reading = read(Page(body, (("Content-Type", kind),), _ADDRESS), _LIMITS)
    assert reading.error is None, reading.error
    for url in (*(need.url for need in reading.requisites), *reading.outlinks, *reading.pagination):
        assert is_http(url), url
    if reading.article is not None:
        text = render(reading.article)
        assert render(parse(text)) == text
    for need in refs(body.decode("latin-1"), _ADDRESS):
        assert is_http(need.url), need.url
