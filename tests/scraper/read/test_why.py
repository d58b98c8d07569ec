"""Where each field stands on its page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scraper.read.page import read
from scraper.read.reading import Page
from tests.command import home
from tests.site import Web

TITLE = "The harbour at night"
PROSE = "".join(f"<p>Sentence number {n} tells of the harbour at some length, and of its people.</p>" for n in range(8))
STATED = {
    "@type": "NewsArticle",
    "headline": TITLE,
    "datePublished": "2024-05-06T07:08:09+02:00",
    "author": [{"@type": "Person", "name": "Ann Bee"}, {"@type": "Person", "name": "Cy Dee"}],
}
PAGE = (
    f"<html lang=en><head><title>{TITLE} - News</title><meta property='og:title' content='{TITLE}'>"
    "<link rel=canonical href='https://news.test/harbour'>"
    f"<script type='application/ld+json'>{json.dumps(STATED)}</script></head><body><article><h1>{TITLE}</h1>"
    f"<p class=byline>By Ann Bee and Cy Dee</p>{PROSE}</article></body></html>"
)


@pytest.fixture(scope="module")
def why() -> dict[str, str]:
    article = read(Page(PAGE.encode(), (), "https://news.test/harbour?utm_source=x")).article
    assert article is not None
    return dict(article.meta.why)


@pytest.mark.parametrize(
    ("field", "where"),
    [
        ("title", "JSON-LD headline, meta og:title, printed on the page, title element"),
        ("authors", "Ann Bee: JSON-LD author, printed on the page; Cy Dee: JSON-LD author, printed on the page"),
        ("date", "JSON-LD datePublished"),
        ("body", "what the page shows as its text"),
        ("url", "link rel=canonical"),
    ],
)
def test_each_field_has_its_places(why: dict[str, str], field: str, where: str) -> None:
    assert why[field] == where


def test_what_the_article_lacks_is_not_explained(why: dict[str, str]) -> None:
    assert list(why) == ["title", "authors", "date", "body", "url"]


def test_show_why(tmp_path: Path) -> None:
    with Web() as web:
        web.host("news.test").page("/harbour", PAGE)
        web.host("news.test").page("/home", "<title>Home</title><p>Nothing.")
        there = home(tmp_path, web)
        there.run("fetch", "https://news.test/harbour", "https://news.test/home")
    told = there.run("show", "--why", "https://news.test/harbour")
    assert told.code == 0
    assert told.out.splitlines()[:2] == [
        "title     The harbour at night",
        "          - JSON-LD headline, meta og:title, printed on the page, title element",
    ]
    (row,) = there.run("show", "--why", "--json", "https://news.test/harbour").rows
    assert row["date"] == "JSON-LD datePublished"
    assert there.run("show", "--why", "https://news.test/home").code == 1
