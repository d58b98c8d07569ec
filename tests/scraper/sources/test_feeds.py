from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.models import Link
from scraper.settings import Source
from scraper.sources import links
from scraper.sources.base import Found, Validators
from scraper.sources.feeddata import MAX_ITEMS, Item, read
from scraper.sources.feeds import MAX_LINKS
from tests.scraper.sources.conftest import Desk
from tests.site import Connection, Host, Request, Web

BASE = "https://news.test/feeds/all.xml"
FEED = Source("feed", url="https://news.test/feed", name="News")
RSS = "application/rss+xml"


def rss(items: str, head: str = "") -> str:
    return f'<?xml version="1.0"?>\n<rss version="2.0"><channel><title>News</title>{head}{items}</channel></rss>'


def atom(entries: str, attributes: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>News</title>{entries}</feed>'


def urls(text: str | bytes, content_type: str | None = None) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [item.url for item in read(data, BASE, content_type).items]


# ------------------------------------------------------------------------------------------------ what feeds say


def test_rss_items_with_their_dates() -> None:
    text = rss(
        "<item><title>A &amp; B</title><link>https://news.test/a?x=1&amp;y=2#top</link>"
        "<pubDate>Tue, 03 Mar 2026 10:00:00 +0100</pubDate></item>"
        "<item><link>\n  b \n</link></item><item><title>nowhere</title></item>"
        "<item><link>mailto:a@b.test</link></item>",
        "<link>https://news.test/</link><image><link>https://news.test/logo</link></image>",
    )
    assert read(text.encode(), BASE).items == (
        Item("https://news.test/a?x=1&y=2", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        Item("https://news.test/feeds/b"),
    )


def test_a_guid_is_an_address_only_where_it_says_so_and_no_link_stands_there() -> None:
    text = rss(
        "<item><guid>https://news.test/a</guid></item>"
        '<item><guid isPermaLink="false">https://news.test/?p=7</guid></item>'
        "<item><guid>https://news.test/other</guid><link>https://news.test/b</link></item>"
        "<item><guid>tag:news.test,2026:1</guid></item>"
    )
    assert urls(text) == ["https://news.test/a", "https://news.test/b"]


def test_the_alternate_is_taken_and_never_self_via_or_an_enclosure() -> None:
    entry = (
        '<entry><id>https://news.test/id</id><link rel="self" href="/self"/><link rel="via" href="/via"/>'
        '<link rel="enclosure" href="/a.mp3"/><link rel="related" href="/related"/><link rel="replies" href="/r"/>'
        '<source><link href="/source"/></source>%s</entry>'
    )
    html = (
        '<link rel="alternate" type="application/pdf" href="/a.pdf"/><link rel="alternate" type="text/html" href="/a"/>'
    )
    assert urls(atom(entry % html)) == ["https://news.test/a"]
    assert urls(atom(entry % '<link href="/plain"/>')) == ["https://news.test/plain"]
    assert urls(atom(entry % "")) == []
    inside = '<item xmlns:atom="http://www.w3.org/2005/Atom"><atom:link rel="self" href="/self"/><link>/a</link></item>'
    assert urls(rss(inside)) == ["https://news.test/a"]
    assert urls(rss('<item><atom:link rel="self" href="/self"/><link>/a</link></item>')) == ["https://news.test/a"]


def test_addresses_are_relative_to_the_nearest_base() -> None:
    text = atom(
        '<entry xml:base="deep/"><link href="a"/></entry><entry><link href="b"/></entry>'
        '<entry><link href="//o.test/c"/></entry>',
        'xml:base="https://other.test/x/"',
    )
    assert urls(text) == ["https://other.test/x/deep/a", "https://other.test/x/b", "https://o.test/c"]


def test_the_original_address_beats_that_of_a_counter() -> None:
    item = "<item {}><link>https://c.test/1</link><feedburner:origLink>/a</feedburner:origLink></item>"
    declared = 'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    assert urls(rss(item.format(declared))) == urls(rss(item.format(""))) == ["https://news.test/a"]


def test_both_dates_of_atom_and_the_date_of_rdf() -> None:
    text = atom(
        '<entry><link href="/a"/><published>2026-03-01T10:00:00Z</published>'
        "<updated>2026-03-02T10:00:00+02:00</updated></entry>"
        '<entry><link href="/b"/><updated>2026-03-02</updated></entry>'
        '<entry><link href="/c"/><published>yesterday</published></entry>'
    )
    first, second, third = read(text.encode(), BASE).items
    assert (first.published, first.modified) == (
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        datetime(2026, 3, 2, 8, tzinfo=UTC),
    )
    assert (second.published, second.modified) == (None, datetime(2026, 3, 2, tzinfo=UTC))
    assert (third.published, third.modified) == (None, None)
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><link>https://news.test/</link></channel>'
        "<item><link>https://news.test/a</link><dc:date>2026-03-01T10:00:00Z</dc:date></item></rdf:RDF>"
    )
    assert read(rdf.encode(), BASE).items == (Item("https://news.test/a", None, datetime(2026, 3, 1, 10, tzinfo=UTC)),)


def test_json_feed() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [
            {"id": "1", "url": "/a", "date_published": "2026-03-01T10:00:00Z", "date_modified": "2026-03-02T10:00:00Z"},
            {"id": "https://news.test/b"},
            {"id": "x", "external_url": "https://other.test/c", "date_published": 5},
            {"id": "no address"},
            {"id": 3, "url": 7},
            "nonsense",
        ],
    }
    assert read(json.dumps(feed).encode(), BASE).items == (
        Item("https://news.test/a", datetime(2026, 3, 1, 10, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC)),
        Item("https://news.test/b"),
        Item("https://other.test/c"),
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "windows-1251", "shift_jis"])
def test_encodings(encoding: str) -> None:
    name = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    text = f'<?xml version="1.0" encoding="{name}"?><rss><channel><item><link>/ж</link></item></channel></rss>'
    assert urls(text.encode(encoding)) == ["https://news.test/%D0%B6"]


def test_an_encoding_that_only_the_header_names() -> None:
    data = "<rss><channel><item><link>/ж</link></item></channel></rss>".encode("windows-1251")
    assert urls(data, "text/xml; charset=windows-1251") == ["https://news.test/%D0%B6"]


# ------------------------------------------------------------------------------------------------ what is broken


@pytest.mark.parametrize(
    "text",
    [
        rss("<item><title>A & B &nbsp; &eacute;</title><link>https://news.test/a?x=1&y=2&copy=3</link></item>"),
        rss("<item><link><![CDATA[https://news.test/a?x=1&y=2&copy=3]]></link></item>"),
        "\n\n " + rss("<item><link>https://news.test/a?x=1&amp;y=2&copy=3</link></item>"),
        rss("<item><x:y>z</x:y><link>https://news.test/a?x=1&y=2&copy=3</link></item>"),
        rss("<item><title>\x0b\x01</title><link>https://news.test/a?x=1&y=2&copy=3</link></item><item><li"),
    ],
)
def test_what_is_nearly_right_is_read(text: str) -> None:
    assert urls(text) == ["https://news.test/a?x=1&y=2&copy=3"]


def test_entities_are_never_expanded() -> None:
    nested = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = (
        f'<!DOCTYPE rss [<!ENTITY l0 "https://news.test/bomb">{nested}]>' + "<rss><item><link>&l11;</link></item></rss>"
    )
    outside = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss><item><link>/&x;</link></item></rss>'
    for text in (bomb, outside):
        document = read(text.encode(), BASE)
        assert document.items == ()
        assert document.problem == "is not read: it declares entities of its own"
    wide = read(bomb.encode("utf-16"), BASE)
    assert (wide.items, wide.problem) == ((), "is not read: it declares entities of its own")


def test_what_is_no_feed_says_what_it_is() -> None:
    problems = [
        read(text, BASE).problem
        for text in (
            b"",
            b"hello",
            b"<urlset/>",
            b"{}",
            b'{"items": 3}',
            b"[" * 100_000,
            b"<html><p>hello",
            b"\xff\xfe<",
        )
    ]
    assert all(problems)
    assert problems[2] == "is no feed: its root is urlset"
    assert problems[6] == "is a page that names no feed"


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    "data",
    [
        b"<rss>" + b"<a>" * 1_000_000,
        b"<rss><channel>" + b"<item><link>&&&&" * 100_000,
        b"<rss>" + b"<![CDATA[" * 500_000,
        b"<rss>" + b"<" * 3_000_000,
        b"<!--" * 1_000_000,
        b"<rss><channel><item>" + b"<link>https://a.test/x</link>" * 100_000,
        b"<html>" + b"<div>" * 100_000 + b"<link rel=alternate type=application/rss+xml href=/f>",
        b"<opml><body>" + b"<outline>" * 100_000,
        b'{"items":' + b"[" * 1_000_000,
        b'{"items":[' + b'{"url":"/a","x":[' * 50_000,
        b"<feed>" + b"<entry xml:base='a/'>" * 3000,
        b"<rss " + b"".join(b"xmlns:a%d='b' " % n for n in range(50_000)) + b"><channel>",
        b"<rss><channel><item><pubDate>" + b"1 " * 1_000_000,
    ],
    ids=[
        "deep",
        "ampersands",
        "cdata",
        "less",
        "comments",
        "links",
        "html",
        "opml",
        "json",
        "objects",
        "bases",
        "names",
        "dates",
    ],
)
def test_hostile_feeds_cost_little(data: bytes) -> None:
    begun = time.process_time()
    assert len(read(data, BASE).items) <= 1
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "name", [b"http://a.test/\xff\xff\x01x-ns#", b"http://a.test/%zz", b"a b", b"{", b"\xf4\x8f\xbf\xbf"]
)
@pytest.mark.parametrize("root", ["rdf:RDF", "rss", "feed"])
def test_namespaces_that_are_no_addresses(root: str, name: bytes) -> None:
    start = f"<{root} xmlns:rdf='".encode() + name + b"' xmlns='" + name + b"'>"
    data = start + f"<item><link>/a</link></item></{root}>".encode()
    found = read(data, BASE)
    assert found.problem or [item.url for item in found.items] in ([], ["https://news.test/a"])


@pytest.mark.parametrize("step", ["b/", "b" * 100 + "/", "https://a.test/" + "c/" * 4000])
def test_bases_within_bases_cost_little(step: str) -> None:
    """Each of ten thousand items would bring back all of a long address, put together from hundreds."""
    start, end = f"<a xml:base='{step}'>" * 240, "</a>" * 240
    body = "<entry><link href='x'/><link href='y'/></entry>" * 10_000
    begun = time.process_time()
    found = read(f"<feed>{start}{body}{end}</feed>".encode(), BASE)
    assert time.process_time() - begun < 5
    assert len(found.items) == 10_000
    assert max(len(item.url) for item in found.items) < 1100


def test_items_are_bounded_and_it_is_told() -> None:
    document = read(rss("<item><link>/a</link></item>" * (MAX_ITEMS + 5)).encode(), BASE)
    assert len(document.items) == MAX_ITEMS
    assert document.problem == f"has more than {MAX_ITEMS} items; the others are passed over"


TAGS = (
    "<rss>",
    "<feed>",
    "<opml>",
    "<item>",
    "</item>",
    "<link>",
    "</link>",
    "<link href='",
    "'/>",
    "<pubDate>",
    "&",
    "]]>",
)
MORE = (
    "<![CDATA[",
    "<?xml ",
    "?>",
    "<!--",
    "<!DOCTYPE rss [",
    "<!ENTITY a 'b'>",
    "xml:base=",
    "http://[",
    "{",
    '"items":[',
)


@pytest.mark.promise("sources")
@given(st.lists(st.sampled_from(TAGS + MORE) | st.text(max_size=8), max_size=40).map("".join) | st.text())
def test_nothing_that_is_written_raises(text: str) -> None:
    for data in (
        text.encode("utf-8", "replace"),
        ("<rss>" + text).encode("utf-8", "replace"),
        ("<feed>" + text).encode("utf-16", "replace"),
    ):
        assert all(item.url.startswith(("http://", "https://")) for item in read(data, BASE).items)


@pytest.mark.promise("sources")
@given(st.lists(st.from_regex(r"https://news\.test/[a-z0-9?=&;%/-]{0,20}", fullmatch=True), max_size=5))
def test_every_item_of_a_written_feed_is_found(addresses: list[str]) -> None:
    escaped = [address.replace("&", "&amp;") for address in addresses]
    assert urls(rss("".join(f"<item><link>{each}</link></item>" for each in escaped))) == addresses
    assert urls(atom("".join(f'<entry><link href="{each}"/></entry>' for each in escaped))) == addresses


# ------------------------------------------------------------------------------------------------ on the web


def test_links_say_where_they_stood(host: Host, desk: Desk) -> None:
    host.redirect("/feed", "/real/feed.xml", 301)
    host.page("/real/feed.xml", gzip.compress(rss("<item><link>a</link></item>").encode()), type=RSS)
    assert desk.found(FEED) == [Found(Link("https://news.test/real/a", "News", "https://news.test/real/feed.xml"))]
    assert desk.urls(Source("feed", url="https://news.test/feed"))
    assert not desk.told


def test_a_feed_is_asked_for_only_if_it_has_changed(web: Web, host: Host, desk: Desk) -> None:
    changed = (("ETag", '"1"'), ("Last-Modified", "Sun, 01 Mar 2026 10:00:00 GMT"))
    host.page("/feed", rss("<item><link>/a</link></item>"), headers=changed, type=RSS)
    going = links(FEED, desk.hands())
    next(going)
    assert desk.memory == {}, "remembered only once everything is taken"
    assert list(going) == []
    assert desk.memory == {"https://news.test/feed": Validators('"1"', "Sun, 01 Mar 2026 10:00:00 GMT")}
    assert desk.found(FEED) == []
    host.page("/feed", rss("<item><link>/b</link></item>"), headers=(("ETag", '"2"'),), type=RSS)
    assert desk.urls(FEED) == ["https://news.test/b"]
    asked = [seen.header("If-None-Match") for seen in web.seen("news.test", "/feed")]
    assert asked == [None, '"1"', '"1"']
    assert not desk.told


def test_a_feed_that_fails_tells_why(host: Host, desk: Desk) -> None:
    assert desk.found(FEED) == []
    host.page("/feed", "<rss", type=RSS)
    desk.found(FEED)
    host.redirect("/feed", "/feed")
    desk.found(FEED)
    desk.found(Source("feed", url="https://nowhere.test/"))
    host.page("/feed", "", status=304)
    desk.found(FEED)
    assert len(desk.told) == 5
    assert desk.told[0] == "News: https://news.test/feed: answered 404"
    assert desk.told[-1] == "News: https://news.test/feed: answered 304"


def test_a_feed_that_was_cut_gives_what_came(host: Host, desk: Desk) -> None:
    text = rss("<item><link>/a</link></item>")

    def answer(connection: Connection, request: Request) -> None:
        connection.head(200, (("Content-Length", "9999"), ("ETag", '"1"'), ("Content-Type", RSS)))
        connection.send(text.encode())
        connection.close()

    host.route("/feed", answer)
    assert desk.urls(FEED) == ["https://news.test/a"]
    assert "before the end of the body" in desk.told[0]
    assert desk.memory == {}


def test_lists_of_feeds_are_gone_through_once_each(web: Web, host: Host, desk: Desk) -> None:
    etag = (("ETag", '"1"'),)
    opml = '<opml version="2.0"><body><outline text="x"><outline type="rss" xmlUrl="/one"/></outline>'
    opml += '<outline type="rss" xmlUrl="/two"/><outline type="include" url="/feed"/><outline type="link" url="/page"/>'
    opml += "</body></opml>"
    host.page("/feed", opml, headers=etag, type="text/x-opml")
    host.page("/one", rss("<item><link>/a</link></item>"), headers=etag, type=RSS)
    nested = (
        '<entry><link rel="alternate" type="application/atom+xml" href="/one"/></entry><entry><link href="/b"/></entry>'
    )
    host.page("/two", atom(nested), type="application/atom+xml")
    assert desk.urls(FEED) == [f"https://news.test/{name}" for name in ("page", "a", "b")]
    assert [seen.target for seen in web.log] == ["/feed", "/one", "/two"]
    assert list(desk.memory) == ["https://news.test/one"], "a list is asked for in full each time"
    assert desk.urls(FEED) == [f"https://news.test/{name}" for name in ("page", "b")]


def test_lists_of_lists_are_bounded(web: Web, host: Host, desk: Desk) -> None:
    def answer(connection: Connection, request: Request) -> None:
        body = f'<opml><body><outline xmlUrl="{request.target}x"/></body></opml>'
        connection.respond(200, body, (("Content-Type", "text/x-opml"),))

    host.otherwise(answer)
    assert desk.found(FEED) == []
    assert len(web.log) == 3
    assert desk.told == ["News: https://news.test/feedxx: the feeds that it names are passed over: too many levels"]
    body = "".join(f'<outline xmlUrl="/{n}"/>' for n in range(400))
    host.page("/feed", f"<opml><body>{body}</body></opml>")
    host.otherwise(lambda connection, request: connection.respond(404))
    desk.told.clear()
    before = len(web.log)
    desk.found(FEED)
    assert len(web.log) - before == 200
    assert "more than 200 feeds" in desk.told[-1]


def test_a_page_leads_to_the_feeds_that_it_names(host: Host, desk: Desk) -> None:
    head = '<base href="/sub/"><link rel="alternate" type="application/rss+xml" href="one">'
    head += '<link rel="alternate" hreflang="de" href="/de/"><link rel="self" type="application/rss+xml" href="no">'
    host.page("/feed", f"<!doctype html><html><head>{head}</head></html>")
    host.page("/sub/one", rss("<item><link>/a</link></item>"), type=RSS)
    assert desk.urls(FEED) == ["https://news.test/a"]
    assert not desk.told


def test_old_items_and_those_that_no_pattern_wants_are_left_out(host: Host, desk: Desk) -> None:
    item = "<item><link>/{}</link><pubDate>{}</pubDate></item>"
    items = item.format("new", "Sat, 28 Feb 2026 12:00:00 GMT") + item.format("old", "Thu, 01 Jan 2026 12:00:00 GMT")
    host.page("/feed", rss(items + "<item><link>/undated</link></item>"), type=RSS)
    source = Source("feed", url="https://news.test/feed", since=7 * 86400.0)
    assert desk.urls(source) == ["https://news.test/new", "https://news.test/undated"]
    source = Source("feed", url="https://news.test/feed", exclude=("/old",), include=("*d",))
    assert desk.urls(source) == ["https://news.test/undated"]


def test_the_links_of_all_feeds_together_are_bounded(
    web: Web, host: Host, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_LINKS == 200_000
    monkeypatch.setattr("scraper.sources.feeds.MAX_LINKS", 25)
    outlines = "".join(f'<outline type="rss" xmlUrl="https://news.test/{n}"/>' for n in range(6))
    host.page("/feed", f'<opml version="2.0"><body>{outlines}</body></opml>', type="text/xml")

    def full(connection: Connection, request: Request) -> None:
        items = "".join(f"<item><link>https://news.test{request.target}/{n}</link></item>" for n in range(10))
        connection.respond(200, rss(items), (("Content-Type", RSS),))

    host.otherwise(full)
    assert len(desk.urls(FEED)) == 25
    assert len(web.log) == 4
    assert desk.told == [
        "News: https://news.test/2: the rest of it is passed over with 3 others: more than 25 links in one pass"
    ]
