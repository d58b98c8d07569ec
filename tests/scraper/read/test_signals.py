from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import HtmlElement

from scraper.read import signals
from scraper.read.reading import Refresh, Signals
from scraper.read.tree import parse
from tests.scraper import walls

PAGE = "https://news.test/2024/story"


def tree(markup: str) -> HtmlElement:
    root = parse(markup)
    assert root is not None
    return root


def of(markup: str) -> Signals:
    return signals.find(tree(markup), markup)


def ld(*nodes: object) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes) + "<p>x</p>"


def test_what_is_counted() -> None:
    found = of(
        "<head><title>No words</title><style>no words</style></head><body><h1>One  <b>two</b></h1><h2>three</h2>"
        "<script>no words</script><noscript><p>no words</p></noscript>four<template><p>no words</p></template>"
        f"<p>{'long ' * 30}</p><p>{'link ' * 10}<a href=x>{'link ' * 20}</a></p><textarea>no words</textarea></body>"
    )
    assert found.words == 4 + 30 + 30
    assert found.headings == ("One two", "three")
    assert (found.paragraphs, found.links, found.scripts) == (1, 1, 1)
    assert found.paragraph_length == 149
    assert found.link_text_length == 99


def test_scripts_without_spaces_have_words_too() -> None:
    assert of("<p>市議会は火曜日の夜、古い水泳場をもう一冬続けることを決めました。</p>").words > 12


def test_article_marks() -> None:
    assert of(walls.article()).article_elements == 1
    assert of("<div role=article>x</div><div itemtype='https://schema.org/NewsArticle'>y</div>").article_elements == 2
    assert of("<div itemtype='https://schema.org/Person'>y</div>").article_elements == 0
    assert of("<meta property=og:type content=Article><p>x</p>").og_type == "article"


@pytest.mark.parametrize(
    "markup",
    [
        "<meta property=article:published_time content=2024-01-01><p>x</p>",
        "<meta name=DC.date.issued content=2024-01-01><p>x</p>",
        "<meta itemprop=datePublished content=2024-01-01><p>x</p>",
        "<time pubdate datetime=2024-01-01>x</time>",
        "<time itemprop='datePublished dateModified' datetime=2024-01-01>x</time>",
        ld({"@type": "NewsArticle", "datePublished": "2024-01-01"}),
    ],
)
def test_a_time_of_publication(markup: str) -> None:
    assert of(markup).published


def test_no_time_of_publication() -> None:
    assert not of("<time datetime=2024-01-01>x</time>").published
    assert not of(ld({"@type": "Event", "datePublished": "2024-01-01"})).published


@pytest.mark.parametrize(
    ("node", "free"),
    [
        ({"@type": "NewsArticle", "isAccessibleForFree": False}, False),
        ({"@type": "NewsArticle", "isAccessibleForFree": "False"}, False),
        ({"@type": ["Article", "NewsArticle"], "isAccessibleForFree": "http://schema.org/True"}, True),
        (
            {"@graph": [{"@type": "WebSite"}, {"@type": "http://schema.org/Article", "isAccessibleForFree": "false"}]},
            False,
        ),
        ([{"@type": "WebPage", "mainEntity": {"@type": "BlogPosting", "isAccessibleForFree": False}}], False),
        ({"@type": "ItemList", "itemListElement": [{"@type": "Article", "isAccessibleForFree": False}]}, None),
        ({"@type": "WebPage", "isAccessibleForFree": False}, None),
        ({"@type": "Article"}, None),
    ],
)
def test_free_or_not(node: object, free: bool | None) -> None:
    assert of(ld(node)).free is free


def test_structured_data() -> None:
    node = {"@type": "NewsArticle", "articleBody": "a  b\n c", "wordCount": "1200"}
    found = of(ld({"@type": "Organization"}, node))
    assert found.schema_types == ("Organization", "NewsArticle")
    assert (found.stated_length, found.stated_words) == (5, 1200)
    for broken in (
        "{",
        '{"@type": "Article", "headline": "a\nb"}',
        "[[[1]]]",
        "null",
        "[" * 100_000,
        '{"wordCount": "x"}',
    ):
        of(f'<script type="application/ld+json">{broken}</script><p>x</p>')
    assert of('<script type="application/ld+json"><!-- {"@type":"Article"}; --></script><p>x</p>').schema_types == (
        "Article",
    )
    assert of('<script type="application/ld+json">{"@type":"Article","a":"b\n"};</script><p>x</p>').schema_types


def test_challenge_marks_are_looked_for_in_short_pages_alone() -> None:
    short = of(walls.CHALLENGES["Cloudflare"][1])
    assert short.challenge_certain and any("Cloudflare" in mark for mark in short.challenge)
    long = of(walls.CHALLENGES["Cloudflare"][1].replace("</body>", "<p>" + "word " * 500))
    assert long.challenge == () and not long.challenge_certain


def test_titles() -> None:
    for markup in ("Page not found", "The Chronicle | 404", "404 - The Chronicle", "404", "Seite nicht gefunden!"):
        assert of(f"<title>{markup}</title><p>x</p>").not_found, markup
    for markup in (
        "404 people found in cave",
        "Not found guilty",
        "Notfounder",
        "On the page not found",
        "Area 404: a tale",
    ):
        assert not of(f"<title>{markup}</title><p>x</p>").not_found, markup
    assert of("<title>x</title><h1>Nothing</h1><h1>Page not found</h1>").not_found


def test_a_wall_speaks_in_its_own_voice() -> None:
    assert of("<p>Subscribe to continue reading</p>").paywall
    assert of("<p>Subscribe to <b>continue</b> reading</p>").paywall
    assert not of("<h1>Subscribe to continue reading, they said</h1>").paywall
    assert not of("<p>“Subscribe to continue reading” is all one sees.</p>").paywall
    assert not of("<p>" + "In the end the page says subscribe to continue reading. " * 10 + "</p>").paywall
    assert of("<div id=premium-wall></div><p>x</p>").paywall
    assert of("<meta property=article:content_tier content=LOCKED><p>x</p>").paywall
    assert not of("<meta property=article:content_tier content=free><p>x</p>").paywall


def test_marks_of_script_pages() -> None:
    assert len(of(walls.SHELL).shell) == 3
    assert of(walls.article()).shell == ()


def test_the_title_is_the_documents_own() -> None:
    markup = "<body><svg><title>Menu</title></svg></body>"
    assert signals.title(tree("<head><title> The\n story </title></head>" + markup)) == "The story"
    assert signals.title(tree(markup)) is None
    assert signals.title(tree("<title> </title><p>x</p>")) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("0;url=/new", Refresh("https://news.test/new", 0)),
        (" 5 ; URL = 'new page' ; x", Refresh("https://news.test/2024/new%20page", 5)),
        ('3.7, url="https://other.test/"', Refresh("https://other.test/", 3)),
        ("0;/new", Refresh("https://news.test/new", 0)),
        ("300", None),
        ("0;url=", None),
        ("url=/new", None),
        ("0;url=javascript:x", None),
        ("9999999999999;url=/new", None),
    ],
)
def test_refresh(content: str, expected: Refresh | None) -> None:
    markup = f"""<meta http-equiv="Refresh" content="{content.replace('"', "&quot;")}"><p>x</p>"""
    assert signals.refresh(tree(markup), PAGE) == expected


def test_robots_meta() -> None:
    markup = "<meta name=ROBOTS content='NoArchive, nofollow'><meta name=robots content='nofollow'>"
    assert signals.robots_meta(tree(markup + "<p>x</p>")) == ("noarchive", "nofollow")


def test_signals_pass_between_processes() -> None:
    found = of(walls.CHALLENGES["Anubis"][1])
    assert pickle.loads(pickle.dumps(found)) == found


TAGS = st.sampled_from(
    [
        *("<p>", "</p>", "<a href=x>", "</a>", "<noscript>", "</noscript>", "<template>", "<h1>", "<title>", "<svg>"),
        *("<script>", "</script>", "<meta name=robots content=x>", "<button>", "text ", "\0", "é", "<time pubdate>"),
        *("<article>", "<!--"),
    ]
)


@pytest.mark.promise("sources")
@given(st.lists(TAGS, min_size=1, max_size=40).map("".join))
def test_never_raises(markup: str) -> None:
    root = parse(markup)
    if root is not None:
        assert isinstance(signals.find(root, markup), Signals)
        signals.title(root)
        signals.refresh(root, PAGE)
        signals.robots_meta(root)


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    "markup",
    [
        "<noscript>" * 20_000,
        "<p><button>" * 20_000 + "x",
        "<a>" * 20_000 + "x" * 1_000_000,
        "<h1>" * 20_000 + "x",
        "<title>" + "x | " * 500_000,
        "<meta http-equiv=refresh content='" + "0 " * 500_000 + "'><p>x</p>",
        "<p>" + "noch " * 400_000,
        '<script type="application/ld+json">' + '{"@graph":' * 100_000 + "</script><p>x</p>",
    ],
    ids=range(8),
)
@pytest.mark.timeout(20)
def test_hostile_pages_take_bounded_time(markup: str) -> None:
    root = tree(markup)
    signals.find(root, markup)
    signals.title(root)
    signals.refresh(root, PAGE)
