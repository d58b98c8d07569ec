"""Whole pages: to the byte where the page is ours, never raising where it is hostile."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.article import render
from archive.models import Article, Caption, Code, Heading, ListBlock, Paragraph, Quote, Table
from scraper.read.page import EXTRACTOR, Limits, read
from scraper.read.reading import Page
from tests.reliability import examples

DATA = Path(__file__).resolve().parents[2] / "data"
TAGS = "p div article h1 h2 ul ol li table tr td blockquote figure figcaption a b em pre br section aside"
PROSE = (
    "The council met on Tuesday evening in the old customs house, and it voted for the plan after four hours of talk.",
    "Nobody in the room had expected so clear a result, said the clerk, who has kept the minutes since 1998.",
    "The work is to begin in the spring, once the county has found the money, and is to take a year and a half.",
)
TEXT = "".join(f"<p>{line}</p>" for line in PROSE)


def article(body: str, head: str = "", url: str = "https://news.example/a/b") -> Article:
    markup = f"<!doctype html><html><head><title>T</title>{head}</head><body>{body}</body></html>"
    found = read(Page(markup.encode(), (), url)).article
    assert found is not None
    return found


def texts(found: Article) -> list[str]:
    return [block.text for block in found.body if isinstance(block, Paragraph)]


@pytest.mark.parametrize(
    ("folder", "name", "url"),
    [
        ("format", "example", "https://www.themoscowtimes.com/2013/05/28/some-other-address"),
        ("format", "second", "https://gazette.example/politics/2021/03/harbour-plan"),
        ("read", "features", "https://ledger.example/features/2019/valley-trains?utm_source=x"),
        ("read", "plain-old", "http://weir.example/2004/mill.htm"),
        ("read", "sections", "https://coast.example/2022/sea-wall"),
        ("read", "microdata", "https://fluss.example/region/bruecke-2018?fbclid=1#top"),
    ],
)
def test_to_the_byte(folder: str, name: str, url: str) -> None:
    reading = read(Page((DATA / folder / f"{name}.html").read_bytes(), (), url))
    assert reading.error is None
    assert reading.article is not None
    assert render(reading.article) == (DATA / folder / f"{name}.txt").read_text("utf-8")


def test_a_reading_passes_between_processes_and_is_the_same_each_time() -> None:
    page = Page((DATA / "format" / "second.html").read_bytes(), (), "https://gazette.example/p")
    first = read(page)
    assert pickle.loads(pickle.dumps(first)) == first == read(page)
    assert first.extractor == EXTRACTOR
    assert first.requisites and first.outlinks and first.signals.words


# ---------------------------------------------------------------------------------------------------- what is body


@pytest.mark.parametrize(
    "box",
    [
        '<div class="related-stories"><h3>Related</h3><p>A story of another day, told at length.</p></div>',
        "<aside><p>An aside beside the article which is long enough to pass for a paragraph of it.</p></aside>",
        '<div class="newsletterSignup"><p>Get our letter every morning, with the best of the day.</p></div>',
        '<p class="advertisement">An advertisement that reads just like a sentence of the article does.</p>',
        '<div class="share-tools"><a href="https://x.example/s">Share</a> <a href="#">Copy link</a></div>',
        '<div style="display:none"><p>Hidden text that nobody sees but who reads the source.</p></div>',
        '<p>Read more: <a href="/other">The other story of the week, and what it means</a></p>',
        "<p>Advertisement</p>",
        '<blockquote class="twitter-tweet"><p>A post of another site that a script would draw.</p></blockquote>',
        '<div class="card"><a href="/x"><h3>Another story altogether</h3></a><p>What that story tells.</p></div>',
        '<iframe src="https://video.example/1">Your browser does not support frames.</iframe>',
        "<noscript><p>Please enable scripts to see the comments on this article of ours.</p></noscript>",
        '<figure><iframe src="https://v.example"></iframe></figure>',
    ],
)
def test_boxes_are_no_body(box: str) -> None:
    first, second, third = (f"<p>{line}</p>" for line in PROSE)
    found = article(f"<article><h1>T</h1>{first}{second}{box}{third}</article>")
    assert found.body == tuple(map(Paragraph, PROSE))


@pytest.mark.parametrize(
    "name", ["paywall-content", "has-sidebar", "tag-news category-top", "page-with-comments print-area"]
)
def test_a_box_that_holds_the_article_is_none(name: str) -> None:
    found = article(f'<div class="{name}"><h1>T</h1>{TEXT}</div>')
    assert texts(found) == list(PROSE)


def test_text_that_all_stands_in_a_noscript_is_read() -> None:
    found = article(f"<noscript><h1>T</h1>{PROSE[0]}</noscript>")
    assert texts(found) == [PROSE[0]]


def test_text_of_which_most_stands_in_a_noscript_is_no_error() -> None:
    page = f"{PROSE[0]}<noscript><p>{' '.join((*PROSE, PROSE[1].upper()))}</p></noscript>"
    assert read(Page(page.encode(), (), "https://x.example/a")).error is None


def test_blocks() -> None:
    found = article(
        f"""<article><h1>T</h1>{TEXT}
        <h3>Upper</h3><p>{PROSE[0]} And so on.</p><h4>Lower</h4><p>{PROSE[1]} And on.</p>
        <ol start=3><li>the <b>first</b> of the things that were said<ul><li>and what lies under it</li></ul></li>
        <li><p>the second of the things</p><ol><li>deep</li></ol></li></ol>
        <blockquote>One thing said.<br><br>Another thing said.<footer>A Person</footer></blockquote>
        <pre>if x:\n    y &lt; 1</pre>
        <table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td><a href="/t">2</a></td></tr>
        <tr><td colspan=2>3</td></tr></table>
        <figure><img src="i.jpg"><figcaption>What is seen. <cite>A Person</cite></figcaption></figure>
        <p>{PROSE[2]} And that is all.</p></article>"""
    )
    rest = found.body[3:]
    assert rest[0] == Heading(3, "Upper") and rest[2] == Heading(4, "Lower")
    ordered = rest[4]
    assert isinstance(ordered, ListBlock) and ordered.ordered and ordered.start == 3
    assert ordered.items[0].text == "the **first** of the things that were said"
    assert [c.items[0].text for i in ordered.items for c in i.children] == ["and what lies under it", "deep"]
    assert rest[5] == Quote(("One thing said.", "Another thing said.", "A Person"))
    assert rest[6] == Code("if x:\n    y < 1")
    assert rest[7] == Table((("A", "B"), ("1", "[2](https://news.example/t)"), ("3", "")))
    assert rest[8] == Caption("What is seen.", "A Person")
    assert "### Lower" in render(found) and "\n## Upper" in render(found)


def test_a_layout_of_tables_and_line_breaks() -> None:
    lines = "<br><br>".join(PROSE)
    found = article(f"<table><tr><td><a href=/>Home</a></td><td><h1>T</h1>{lines}</td></tr></table>")
    assert texts(found) == list(PROSE)


def test_a_caption_within_a_link_and_a_lead_without_text() -> None:
    figure = '<figure><a href="/big.jpg"><img src="s.jpg"></a><figcaption>© Agency/A. Person</figcaption></figure>'
    found = article(f"<article><h1>T</h1>{figure}{TEXT}</article>")
    assert (found.caption, found.credit) == (None, "Agency/A. Person")


def test_what_the_page_only_states() -> None:
    stated = "\n\n".join(f"{line} &amp; more {n}." for n, line in enumerate(PROSE * 3))
    ld = json.dumps({"@type": "NewsArticle", "headline": "T", "articleBody": stated})
    found = article("<div id=app></div>", f'<script type="application/ld+json">{ld}</script>')
    assert len(found.body) == 9 and texts(found)[0] == f"{PROSE[0]} & more 0."
    assert found.meta.notes


@pytest.mark.parametrize(
    "head", ["", '<link rel=canonical href="/">', '<link rel=canonical href="https://other.example/x">']
)
def test_the_address_that_answered_stands_where_the_canonical_cannot(head: str) -> None:
    found = article(f"<article><h1>T</h1>{TEXT}</article>", head, "https://news.example/a?id=3&utm_medium=mail#x")
    assert found.url == "https://news.example/a?id=3"


def test_the_canonical_address_is_relative_to_the_base() -> None:
    head = '<base href="https://www.news.example/deep/"><link rel="canonical" href="../own?p=1&amp;fbclid=x">'
    assert article(f"<article><h1>T</h1>{TEXT}</article>", head).url == "https://www.news.example/own?p=1"


# ---------------------------------------------------------------------------------------------------- hostile pages


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   \n",
        b"\x00" * 1000,
        b"<html></html>",
        b"<!-- only a comment -->",
        b"<?xml version='1.0'?>",
        b"\xff\xfe",
        b"{}",
        b"<p>",
        b"<html><head><title>Only a title</title></head><body></body></html>",
    ],
)
def test_a_page_without_text_has_no_article(body: bytes) -> None:
    reading = read(Page(body, (), "https://x.example/"))
    assert reading.article is None
    assert reading.error is None


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    "tag", ["div", "blockquote", "ul><li", "b", "span", "table><tr><td", "figure", "q", "a href=x"]
)
def test_deep_nesting(tag: str) -> None:
    start = time.process_time()
    markup = f"<h1>T</h1>{TEXT}" + f"<{tag}>" * 100_000 + TEXT
    reading = read(Page(markup.encode(), (), "https://x.example/a"))
    assert reading.article is not None
    assert PROSE[0] in texts(reading.article)
    assert time.process_time() - start < 15


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    "unit",
    [
        "<p class='" + "a " * 50_000 + "'>x</p>",
        "<p>" + "word " * 400_000 + "</p>",
        "<br>" * 200_000,
        "<a href='" + "%" * 100_000 + "'>x</a>",
        "<p>" + "<b>a</b> " * 100_000 + "</p>",
        "<h1>" + "long " * 100_000 + "</h1>",
        "<figure><figcaption>" + "(Photo: " * 50_000 + "</figcaption></figure>",
        "<div class='byline'>" + "By A, and B, " * 50_000 + "</div>",
        "<time datetime='" + "2" * 100_000 + "'>" + "1 May " * 50_000 + "</time>",
        "<script type='application/ld+json'>" + "[" * 100_000 + "</script>",
        "<table>" + "<tr><td>a<td>b" * 20_000 + "</table>",
        "<p>A sentence of the text, as there are many.</p>" * 30_000,
        "<li><a href=/x>A link like others in a list</a>" * 20_000,
        "<div class='caption'><img>" * 300 + "text",
    ],
    ids=lambda unit: unit[:30],
)
def test_much_of_one_thing(unit: str) -> None:
    start = time.process_time()
    reading = read(Page(f"<h1>T</h1>{TEXT}{unit}".encode(), (), "https://x.example/a"))
    assert reading.error is None
    assert time.process_time() - start < 15


@pytest.mark.parametrize("base", ["https://x.example/" + "a" * 30_000 + "/", "https://" + "u" * 30_000 + "@x.example/"])
def test_a_long_base_does_not_come_back_in_each_link(base: str) -> None:
    """Of half a megabyte half a gigabyte would be made."""
    links = "".join(f"<a href={n}>b</a><img src={n}>" for n in range(15_000))
    found = read(Page(f"<base href='{base}'><h1>T</h1>{TEXT}{links}".encode(), (), "https://x.example/a"))
    assert len(found.outlinks) == 10_000 and len(found.requisites) == 5000
    assert sum(map(len, found.outlinks)) + sum(len(need.url) for need in found.requisites) < 1_000_000


def test_entities_that_a_page_declares_are_none() -> None:
    start = time.process_time()
    laughs = "".join(f"<!ENTITY a{n + 1} '{f'&a{n};' * 10}'>" for n in range(9))
    doctype = f"<!DOCTYPE html [<!ENTITY a0 'haha'>{laughs}<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    markup = f"{doctype}<h1>T</h1>{TEXT}<p>{'&a9;&f;' * 1000}</p>"
    for kind in ("text/html", "application/xhtml+xml"):
        found = read(Page(markup.encode(), (("Content-Type", kind),), "https://x.example/a")).article
        assert found is not None
        said = " ".join(texts(found))
        assert PROSE[0] in said and "root:" not in said and said.count("haha") <= 1
    assert time.process_time() - start < 5


def test_nul_bytes_and_bad_characters_are_passed_over() -> None:
    markup = f"<h1>T\x00itle\x0b</h1>{TEXT}".replace("Tuesday", "Tues\x00day\ufffe")
    found = read(Page(markup.encode(), (), "https://x.example/a")).article
    assert found is not None
    assert found.title == "Title" and PROSE[0] in texts(found)


def test_what_is_left_out_is_told() -> None:
    reading = read(Page(f"<h1>T</h1>{TEXT * 50}".encode(), (), "https://x.example/a"), Limits(max_characters=2000))
    assert reading.error is not None and "2000" in reading.error
    assert reading.article is not None


@pytest.mark.promise("sources")
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(
            st.sampled_from(TAGS.split()).map(lambda tag: f"<{tag} class='caption byline lead' href='x y'>"),
            st.sampled_from(
                ["</p>", "</div>", "</a>", "</table>", "</ul>", "&amp;", "&#0;", "]]>", "<!--", "-->", "<![CDATA["]
            ),
            st.text(max_size=60),
            st.sampled_from(PROSE),
        ),
        max_size=60,
    )
)
def test_no_page_raises_and_every_article_can_be_written(parts: list[str]) -> None:
    reading = read(Page("".join(parts).encode("utf-8", "replace"), (), "https://x.example/a"))
    assert reading.error is None
    if reading.article is not None:
        render(reading.article)


@pytest.mark.promise("sources")
@settings(max_examples=examples(60), deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_raise(body: bytes) -> None:
    read(Page(body, (("Content-Type", "text/html"),), "not an address"))


def test_the_names_of_a_reading_come_without_the_parser() -> None:
    code = "import sys, scraper.read.reading; print('trafilatura' in sys.modules or 'lxml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_requisites_that_nobody_wants_are_not_looked_for() -> None:
    body = b'<html><body><p>Words enough to be read.</p><img src="/a.jpg"></body></html>'
    headers = (("Content-Type", "text/html"),)
    assert len(read(Page(body, headers, "https://news.test/")).requisites) == 1
    assert not read(Page(body, headers, "https://news.test/", needs=False)).requisites
