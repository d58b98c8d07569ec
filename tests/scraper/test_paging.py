"""Articles in several pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from archive.models import Article, Caption, Heading, Paragraph
from scraper.paging import Leaf, belongs, following, is_page, joined
from scraper.read.page import read
from scraper.read.reading import Page, Reading
from tests.command import home
from tests.site import Web

FIRST = "https://news.test/story-of-a-pier"


@pytest.mark.parametrize(
    ("first", "link"),
    [
        (FIRST, f"{FIRST}?page=2"),
        (FIRST, f"{FIRST}?page=2#text"),
        (FIRST, f"{FIRST}/2"),
        (FIRST + "/", f"{FIRST}/2/"),
        (FIRST, f"{FIRST}/page/2"),
        (FIRST, f"{FIRST}/seite-2"),
        (FIRST, f"{FIRST}-2"),
        ("https://news.test/a/1.html", "https://news.test/a/1-2.html"),
        ("https://news.test/a/story.html", "https://news.test/a/story-2.html"),
        ("https://news.test/a/story.html", "https://news.test/a/story_p2.html"),
        ("https://news.test/a/story.html", "https://news.test/a/story/seite-2.html"),
        ("https://news.test/a/story,1.html", "https://news.test/a/story,2.html"),
        ("https://news.test/a?id=7", "https://news.test/a?id=7&page=2"),
        ("https://news.test/a?id=7&page=1", "https://news.test/a?id=7&page=2"),
        ("https://news.test/a?id=7&utm_source=x", "https://www.news.test/a?page=2&id=7"),
        ("https://news.test/zeit/2024/ein-pier", "http://news.test/zeit/2024/ein-pier/seite/02"),
    ],
)
def test_page_two(first: str, link: str) -> None:
    assert is_page(first, 2, link)
    assert not is_page(first, 3, link)


@pytest.mark.parametrize(
    "link",
    [
        "https://news.test/another-story",
        "https://news.test/story-of-a-pier-and-2",
        "https://news.test/",
        "https://other.test/story-of-a-pier/2",
        f"{FIRST}?comments=2",
        f"{FIRST}?page=22",
        f"{FIRST}?page=2&sort=new",
        f"{FIRST}/comments/2",
        f"{FIRST}2",
        FIRST,
        "javascript:next(2)",
        "https://[",
    ],
)
def test_what_is_no_page_two(link: str) -> None:
    assert not is_page(FIRST, 2, link)
    assert following(FIRST, 2, [link]) is None


def test_links_to_further_pages_are_found() -> None:
    body = (
        "<link rel='prerender next' href='/a?page=2'><p>x<a rel=next href='/other'>Next story</a>"
        "<nav><a href='/a?page=3'> 3 </a><a href='/a?page=4'><b>4</b></a><a href='/b'>12 stories</a><a>5</a></nav>"
    )
    found = read(Page(body.encode(), (), "https://news.test/a")).pagination
    assert found == tuple(f"https://news.test/{path}" for path in ("a?page=2", "other", "a?page=3", "a?page=4"))


def article(*texts: str, title: str = "The pier") -> Article:
    return Article(title, FIRST, tuple(Paragraph(text) for text in texts))


def test_pages_put_together_say_everything_once() -> None:
    author = "The author of this story has written about piers for many years."
    first = article("One.", author)
    second = replace(article("Two.", author), caption="A gull", credit="A. Nonymous", intro="More of it.")
    third = Article("The pier", FIRST, (Heading(2, "End"), Paragraph("One.")))
    found = joined(
        first, [Leaf(f"https://news.test/{n}", Reading(page), page) for n, page in ((2, second), (3, third))]
    )
    assert found.body == (
        Paragraph("One."),
        Paragraph(author),
        Caption("A gull", "A. Nonymous"),
        Paragraph("More of it."),
        Paragraph("Two."),
        Heading(2, "End"),
        Paragraph("One."),
    )
    assert found.meta.pages == ("https://news.test/2", "https://news.test/3")
    assert joined(first, []) == first


@pytest.mark.parametrize(
    ("title", "same"),
    [("The pier", True), ("The Pier - page 2", True), ("The harbour", False), ("The", False), ("", False)],
)
def test_the_title_tells_what_belongs_together(title: str, same: bool) -> None:
    assert belongs(article("x"), article("y", title=title)) is same


# ------------------------------------------------------------------------------------------------ as users run it

SENTENCE = "On this page stands much that was said about the pier, its planks and the people who walk on them. "


def page(number: int, *, more: str = "", title: str = "The pier") -> str:
    paragraphs = "".join(f"<p>Page {number}, paragraph {n}. {SENTENCE}</p>" for n in range(6))
    return (
        f"<html lang=en><head><title>{title}</title><meta property='og:type' content='article'>{more}</head><body>"
        f"<article><h1>{title}</h1>{paragraphs}<img src='/{number}.png'></article></body></html>"
    )


def rel(address: str) -> str:
    return f"<link rel=next href='{address}'>"


def test_an_article_of_three_pages_is_one_text_and_three_captures(tmp_path: Path) -> None:
    with Web() as web:
        host = web.host("news.test")
        host.page("/story", page(1, more=rel("/story?page=2")))
        host.page("/story?page=2", page(2, more=rel("/story?page=3")))
        host.page("/story?page=3", page(3, more=rel("/next-story")))
        host.page("/next-story", page(9, title="Another story"))
        for number in range(1, 4):
            host.page(f"/{number}.png", b"\x89PNG\r\n\x1a\n" + bytes([number]) * 900, type="image/png")
        there = home(tmp_path, web)
        row = there.fetch("https://news.test/story")
        assert [seen.target for seen in web.log if "story" in seen.target] == [
            "/story",
            "/story?page=2",
            "/story?page=3",
        ]
    assert (row["verdict"], row["requisites"], row["missing_requisites"]) == ("article", 3, [])
    text = Path(row["text"]).read_text()
    order = [text.index(f"Page {number}, paragraph {n}.") for number in (1, 2, 3) for n in range(6)]
    assert order == sorted(order)
    assert text.count("# The pier") == 1
    data = json.loads(Path(row["text"]).with_suffix(".json").read_bytes())
    assert data["article"]["meta"]["pages"] == [f"https://news.test/story?page={n}" for n in (2, 3)]
    index = (there.collection / "indexes" / "index.cdxj").read_text()
    assert all(f'"https://news.test/story?page={n}"' in index for n in (2, 3))
    before = there.texts()
    assert there.run("rebuild").code == 0
    assert there.texts() == before


def test_a_further_page_that_fails_is_missing_and_the_rest_is_kept(tmp_path: Path) -> None:
    with Web() as web:
        host = web.host("news.test")
        host.page("/story", page(1, more=rel("/story/2")))
        host.page("/story/2", "gone", status=404)
        there = home(tmp_path, web, fetch__requisites="false")
        row = there.fetch("https://news.test/story")
    assert row["verdict"] == "article"
    assert row["missing_requisites"] == ["https://news.test/story/2"]
    assert "page 2 of the article" in there.run("show", "--meta", "https://news.test/story").out
    assert "Page 1, paragraph 5." in Path(row["text"]).read_text()


def test_pages_that_go_round_or_lead_elsewhere_end_the_article(tmp_path: Path) -> None:
    with Web() as web:
        host = web.host("news.test")
        host.page("/round", page(1, more=rel("/round?page=2")))
        host.redirect("/round?page=2", "/round")
        host.page("/slug", page(1, more=rel("/slug-2")))
        host.page("/slug-2", page(5, title="Another story with the same slug"))
        there = home(tmp_path, web, fetch__requisites="false")
        for path in ("round", "slug"):
            row = there.fetch(f"https://news.test/{path}")
            text = Path(row["text"]).read_text()
            assert (text.count("paragraph 0."), "Page 5" in text) == (1, False)
