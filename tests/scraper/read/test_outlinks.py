from __future__ import annotations

from scraper.read import outlinks, requisites
from scraper.read.outlinks import MAX_OUTLINKS
from scraper.read.tree import parse

PAGE = "https://news.test/2024/story"


def found(markup: str) -> tuple[str, ...]:
    root = parse(markup)
    assert root is not None
    return outlinks.find(root, requisites.base(root, PAGE))


def test_links_in_page_order_each_once() -> None:
    markup = """<a href="/a">1</a><a href="b?x=1#top">2</a><map><area href="//other.test/c"></map>
    <a href="/a#x">again</a><a href="http://old.test">3</a>
    <a name="here">none</a><a href="#top">none</a>
    <a href="">none</a><a href="mailto:a@b.test">none</a>
    <a href="javascript:void(0)">none</a><a href="tel:1">none</a>
    <a href="http://">none</a>"""
    assert found(markup) == (
        "https://news.test/a",
        "https://news.test/2024/b?x=1",
        "https://other.test/c",
        "http://old.test/",
    )


def test_the_base_counts() -> None:
    assert found("<base href='https://cdn.test/x/'><a href=y>y</a>") == ("https://cdn.test/x/y",)


def test_as_they_go_over_the_wire() -> None:
    assert found("<a href='/ä b?q=%7E&amp;r'>x</a>") == ("https://news.test/%C3%A4%20b?q=%7E&r",)


def test_bounded() -> None:
    assert len(found("".join(f"<a href='/{i}'>{i}</a>" for i in range(MAX_OUTLINKS + 10)))) == MAX_OUTLINKS
