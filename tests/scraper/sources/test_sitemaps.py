from __future__ import annotations

import gzip
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.models import Link
from scraper.settings import Source
from scraper.sources import links
from scraper.sources.base import Found, moment
from scraper.sources.sitemaps import MAX_LINKS, MAX_NAMED, MAX_SITEMAPS, in_robots
from scraper.sources.sitemapxml import Entry, NotReadError, entries
from tests.scraper.sources.conftest import Desk
from tests.site import Connection, Host, Request, Web

BASE = "https://news.test/maps/sitemap.xml"
MAP = Source("sitemap", url="https://news.test/map.xml", name="News")
HOME = Source("sitemap", url="https://news.test/", name="News")
XML = "application/xml"


def urlset(*written: str, attributes: str = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"') -> str:
    body = "".join(each if each.startswith("<") else f"<url><loc>{each}</loc></url>" for each in written)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {attributes}>{body}</urlset>'


def index(*written: str) -> str:
    body = "".join(each if each.startswith("<") else f"<sitemap><loc>{each}</loc></sitemap>" for each in written)
    return f"<sitemapindex>{body}</sitemapindex>"


def dated(name: str, day: str, kind: str = "url") -> str:
    return f"<{kind}><loc>https://news.test/{name}</loc><lastmod>{day}</lastmod></{kind}>"


def read(text: str | bytes, piece: int = 1000) -> list[Entry]:
    data = text.encode() if isinstance(text, str) else text
    return list(entries(b"", iter([data[at : at + piece] for at in range(0, len(data), piece)]), BASE))


# ------------------------------------------------------------------------------------------------ what sitemaps say


def test_entries_with_their_dates() -> None:
    news = (
        "<url><loc> https://news.test/a?x=1&amp;y=2\n</loc><lastmod>2026-03-02</lastmod><news:news><news:publication>"
        "<news:name>N</news:name></news:publication><news:publication_date>2026-03-01T10:00:00+01:00"
        "</news:publication_date><news:title>T</news:title></news:news><image:image><image:loc>/no.jpg</image:loc>"
        '</image:image><xhtml:link rel="alternate" hreflang="de" href="/de"/></url>'
    )
    assert read(urlset(news, "b", "<url><lastmod>2026</lastmod></url>", "mailto:a@b.test")) == [
        Entry("https://news.test/a?x=1&y=2", datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)),
        Entry("https://news.test/maps/b", None, None),
    ]


@pytest.mark.parametrize("piece", [1, 2, 7, 1000])
def test_bare_ampersands_and_cdata_however_it_is_cut(piece: int) -> None:
    text = urlset("/a?x=1&y=2", "/b?x=1&amp;y=2&copy=3", "<url><loc><![CDATA[/c?x=1&y=2&copy;]]></loc></url>")
    assert [entry.url for entry in read(text, piece)] == [
        "https://news.test/a?x=1&y=2",
        "https://news.test/b?x=1&y=2&copy=3",
        "https://news.test/c?x=1&y=2&copy;",
    ]


def test_what_stands_before_the_break_is_given() -> None:
    found = []
    with pytest.raises(NotReadError, match=r"line 2: .*the rest of it is passed over"):
        for entry in entries(urlset("/a", "/b").replace("</urlset>", "</url>").encode(), iter(()), BASE):
            found.append(entry.url)
    assert found == ["https://news.test/a", "https://news.test/b"]


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize("subset", ["<!ENTITY a 'b'>", "<!ENTITY % a SYSTEM 'file:///etc/hostname'>%a;", " "])
def test_entities_of_its_own_are_refused(subset: str) -> None:
    with pytest.raises(NotReadError, match="declares entities"):
        read(f"<!DOCTYPE urlset [{subset}]><urlset><url><loc>/&a;</loc></url></urlset>")
    assert read('<!DOCTYPE urlset SYSTEM "x.dtd"><urlset><url><loc>/a</loc></url></urlset>')


@pytest.mark.promise("web", each="attacks")
def test_deep_nesting_is_refused() -> None:
    with pytest.raises(NotReadError, match="too deeply"):
        read("<urlset>" + "<a>" * 1_000_000)


def test_fifty_thousand_entries_are_cheap() -> None:
    def parts() -> Iterator[bytes]:
        yield b"<urlset>"
        for at in range(0, 50_000, 500):
            yield "".join(
                dated(f"article-{n}?a=1&amp;b=2", "2026-03-01T10:00:00Z") for n in range(at, at + 500)
            ).encode()
        yield b"</urlset>"

    tracemalloc.start()
    count = sum(1 for _ in entries(b"", parts(), BASE))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 50_000
    assert peak < 2_000_000
    begun = time.process_time()
    assert sum(1 for _ in entries(b"", parts(), BASE)) == 50_000
    assert time.process_time() - begun < 3


def test_the_lines_of_robots() -> None:
    text = "User-agent: *\nSitemap: https://a.test/1.xml\r\n  SITEMAP :/2.xml # ours\nSitemap: https://a.test/1.xml\n"
    text += "Disallow: /sitemap: no\nsitemap: ftp://a.test/3\rSitemap: https://b.test/4.xml"
    found = in_robots(text, "https://news.test/robots.txt")
    assert found == ["https://a.test/1.xml", "https://news.test/2.xml", "https://b.test/4.xml"]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-03", datetime(2026, 3, 1, tzinfo=UTC)),
        (" 2026-03-02 ", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-02T10:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02T10:00:00.25-02:00", datetime(2026, 3, 2, 12, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-03-02 10:00:00", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("0001-01-01T00:00:00+10:00", None),
        ("2026-02-30", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_moments(text: str | None, time: datetime | None) -> None:
    assert moment(text) == time


PARTS = (
    "<urlset>",
    "<url>",
    "</url>",
    "<loc>",
    "</loc>",
    "&",
    "&amp;",
    "]]>",
    "<![CDATA[",
    "<?",
    "<!--",
    "<!DOCTYPE x",
)
MORE = ("[<!ENTITY", "<lastmod>", "/a", "\xe9\xff", "\x00")


@pytest.mark.promise("sources")
@given(
    st.lists(st.sampled_from(PARTS + MORE) | st.text(st.characters(max_codepoint=255), max_size=6)), st.integers(1, 9)
)
def test_nothing_that_is_written_raises_otherwise(parts: list[str], piece: int) -> None:
    for data in ("".join(parts).encode("latin-1"), b"<urlset>" + "".join(parts).encode()):
        try:
            found = read(data, piece)
        except NotReadError:
            continue
        assert all(entry.url.startswith(("http://", "https://")) for entry in found)


@pytest.mark.promise("sources")
@given(
    st.lists(st.from_regex(r"https://news\.test/[a-z0-9?=&;%/-]{0,20}", fullmatch=True), max_size=5), st.integers(1, 50)
)
def test_every_entry_of_a_written_sitemap_is_found(addresses: list[str], piece: int) -> None:
    text = urlset(*(address.replace("&", "&amp;") for address in addresses))
    assert [entry.url for entry in read(text, piece)] == addresses


# ------------------------------------------------------------------------------------------------ on the web


def test_links_say_where_they_stood(host: Host, desk: Desk) -> None:
    host.page("/map.xml", urlset(dated("a", "2026-03-01")), type=XML)
    link = Link("https://news.test/a", "News", "https://news.test/map.xml")
    assert desk.found(MAP) == [Found(link, None, datetime(2026, 3, 1, tzinfo=UTC))]
    assert not desk.told


def test_gzip_with_and_without_its_header_and_both(host: Host, desk: Desk) -> None:
    packed = gzip.compress(urlset("/a").encode())
    coded = (("Content-Encoding", "gzip"),)
    for body, headers in ((packed, ()), (packed, coded), (gzip.compress(packed), coded), (urlset("/a"), coded)):
        host.page("/map.xml", body, headers=headers, type="application/x-gzip")
        assert desk.urls(MAP) == ["https://news.test/a"]
    assert not desk.told
    host.page("/map.xml", packed[:-20], type=XML)
    desk.urls(MAP)
    assert len(desk.told) == 1


@pytest.mark.promise("web", each="attacks")
def test_a_bomb_is_cut(host: Host, desk: Desk) -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * 60_000_000)
    host.page("/map.xml", bomb, type="application/x-gzip")
    assert desk.urls(MAP) == []
    assert len(desk.told) == 1


def test_an_index_is_gone_through_newest_first_and_its_old_parts_are_not_asked(
    web: Web, host: Host, desk: Desk
) -> None:
    maps = ((1, "2026-01-01"), (2, "2026-02-20"), (3, "2026-02-28"))
    host.page(
        "/map.xml", index(*(dated(f"{n}.xml", day, "sitemap") for n, day in maps), "/4.xml", "/map.xml"), type=XML
    )
    host.page("/1.xml", urlset("/old"), type=XML)
    host.page("/2.xml", urlset(dated("b", "2026-02-20"), dated("older", "2025-02-20"), "/undated"), type=XML)
    host.page("/3.xml", urlset("/c"), type=XML)
    source = Source("sitemap", url="https://news.test/map.xml", since=30 * 86400.0)
    assert desk.urls(source) == [f"https://news.test/{name}" for name in ("c", "b", "undated")]
    assert [seen.target for seen in web.log] == ["/map.xml", "/4.xml", "/3.xml", "/2.xml"]
    assert desk.told == ["sitemap https://news.test/map.xml: https://news.test/4.xml: answered 404"]


@pytest.mark.promise("web", each="attacks")
def test_indexes_of_indexes_are_bounded(web: Web, host: Host, desk: Desk) -> None:
    def deeper(connection: Connection, request: Request) -> None:
        connection.respond(200, index(f"{request.target}x", "/map.xml"), (("Content-Type", XML),))

    host.otherwise(deeper)
    assert desk.urls(MAP) == []
    assert len(web.log) == 3
    assert len(desk.told) == 1
    assert "more than 3 levels" in desk.told[0]


@pytest.mark.promise("web", each="attacks")
def test_the_number_of_sitemaps_is_bounded(web: Web, host: Host, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_SITEMAPS == 1000
    monkeypatch.setattr("scraper.sources.sitemaps.MAX_SITEMAPS", 5)
    host.page("/map.xml", index(*(f"/{n}.xml" for n in range(20))), type=XML)
    host.otherwise(lambda connection, request: connection.respond(200, urlset("/a")))
    assert len(desk.urls(MAP)) == 4
    assert "more than 5 sitemaps" in desk.told[-1]


def test_the_links_of_all_sitemaps_together_are_bounded(
    web: Web, host: Host, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_LINKS == 1_000_000
    monkeypatch.setattr("scraper.sources.sitemaps.MAX_LINKS", 25)
    host.page("/map.xml", index(*(f"/{n}.xml" for n in range(6))), type=XML)

    def full(connection: Connection, request: Request) -> None:
        written = urlset(*(f"{request.target}/{n}" for n in range(10)))
        connection.respond(200, written, (("Content-Type", XML), ("ETag", '"1"')))

    host.otherwise(full)
    assert len(desk.urls(MAP)) == 25
    assert len(web.log) == 4
    assert desk.told == [
        "News: https://news.test/3.xml: the rest of it is passed over, and so are 3 sitemaps: "
        "more than 25 links in one pass"
    ]
    # What was not taken whole is asked for again in full.
    assert len(desk.memory) == 2


def test_the_sitemaps_that_an_index_names_are_bounded(host: Host, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_NAMED == 50_000
    monkeypatch.setattr("scraper.sources.sitemaps.MAX_NAMED", 3)
    host.page("/map.xml", index(*(f"/{n}.xml" for n in range(9))), type=XML)
    host.otherwise(lambda connection, request: connection.respond(200, urlset(f"{request.target}/a")))
    assert len(desk.urls(MAP)) == 3
    assert desk.told == ["News: https://news.test/map.xml: names more than 3 sitemaps; the others are passed over"]


def test_only_leaves_are_asked_on_condition(web: Web, host: Host, desk: Desk) -> None:
    etag = (("ETag", '"1"'),)
    host.page("/map.xml", index("/1.xml"), headers=etag, type=XML)
    host.page("/1.xml", urlset("/a"), headers=etag, type=XML)
    going = links(MAP, desk.hands())
    next(going)
    assert desk.memory == {}, "remembered only once everything is taken"
    assert list(going) == []
    assert list(desk.memory) == ["https://news.test/1.xml"]
    assert desk.urls(MAP) == []
    assert [seen.header("If-None-Match") for seen in web.log] == [None, None, None, '"1"']
    assert not desk.told


def test_what_is_broken_is_told_and_asked_for_again(host: Host, desk: Desk) -> None:
    host.page("/map.xml", urlset("/a").replace("</urlset>", ""), headers=(("ETag", '"1"'),), type=XML)
    assert desk.urls(MAP) == ["https://news.test/a"]
    assert desk.told == ["News: https://news.test/map.xml: line 2: no element found; the rest of it is passed over"]
    assert desk.memory == {}


def test_plain_text_and_feeds_are_sitemaps_too(host: Host, desk: Desk) -> None:
    lines = "\ufeffhttps://news.test/a\r\n\r\nhttps://news.test/b#x\rnonsense\n" + "".join(
        f"https://news.test/{n}\n" for n in range(2000)
    )
    host.page("/map.xml", lines, type="text/plain")
    assert len(desk.urls(MAP)) == 2002
    host.page("/map.xml", "<rss><channel><item><link>/a</link></item></channel></rss>", type=XML)
    assert desk.urls(MAP) == ["https://news.test/a"]
    host.page("/map.xml", urlset("/ж").replace("UTF-8", "UTF-16").encode("utf-16"), type=XML)
    assert desk.urls(MAP) == ["https://news.test/%D0%B6"]
    assert not desk.told


@pytest.mark.parametrize(
    "body", ["", "hello", "<html><body>Not here</body></html>", "{}", "<!DOCTYPE x [<!ENTITY a 'b'>]>"]
)
def test_what_is_no_sitemap_is_told(body: str, host: Host, desk: Desk) -> None:
    host.page("/map.xml", body)
    assert desk.urls(MAP) == []
    assert len(desk.told) == 1
    assert desk.told[0].startswith("News: https://news.test/map.xml: is ")


# ------------------------------------------------------------------------------------------------ found by itself


def test_robots_names_the_sitemaps_of_a_site(web: Web, host: Host, desk: Desk) -> None:
    host.robots("User-agent: *\nDisallow:\nSitemap: https://news.test/one.xml\nSitemap: /two.xml\n")
    host.page("/one.xml", urlset("/a"), type=XML)
    host.page("/two.xml", urlset("/b"), type=XML)
    assert desk.urls(HOME) == ["https://news.test/a", "https://news.test/b"]
    assert [seen.target for seen in web.log] == ["/robots.txt", "/one.xml", "/two.xml"]
    assert desk.urls(Source("sitemap", url="https://news.test/robots.txt"))
    assert not desk.told


def test_rules_that_are_known_are_not_asked_for_again(web: Web, host: Host, desk: Desk) -> None:
    host.page("/a.xml", urlset("https://news.test/1"), type=XML)
    hands = replace(desk.hands(), rules_of=lambda url: "Sitemap: /a.xml\nSitemap: /none.xml")
    found = list(links(HOME, hands))
    assert [each.link.url for each in found] == ["https://news.test/1"]
    assert [seen.target for seen in web.log] == ["/a.xml", "/none.xml"]


def test_without_robots_the_usual_places_are_tried(web: Web, host: Host, desk: Desk) -> None:
    host.page("/sitemap.xml", "<!doctype html><p>There is nothing here")
    host.page("/sitemap_index.xml", index("/1.xml"), type=XML)
    host.page("/1.xml", urlset("/a"), type=XML)
    host.page("/news-sitemap.xml", urlset("/b"), headers=(("ETag", '"1"'),), type=XML)
    asked = ["/robots.txt", "/sitemap.xml", "/sitemap_index.xml", "/1.xml", "/news-sitemap.xml"]
    assert desk.urls(HOME) == ["https://news.test/a", "https://news.test/b"]
    assert [seen.target for seen in web.log] == asked
    assert desk.urls(HOME) == ["https://news.test/a"]
    assert [seen.target for seen in web.log] == asked * 2, "one that is unchanged is one"
    assert not desk.told


def test_a_site_without_a_sitemap_is_told_once(host: Host, desk: Desk) -> None:
    host.robots("User-agent: *\n")
    assert desk.urls(HOME) == []
    words = "there is no sitemap that robots.txt names or that stands elsewhere"
    assert desk.told == [f"News: https://news.test/: {words}"]
