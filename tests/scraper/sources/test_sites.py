from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.models import Link
from archive.patterns import chosen, fits
from scraper.settings import Source
from scraper.sources.base import Found
from scraper.sources.sites import contains, following, scope_of
from tests.scraper.sources.conftest import Desk

HOME = "https://www.news.test/world/"


def site(**more: object) -> Source:
    return Source(**{"kind": "site", "url": HOME, "name": "News", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "inside", "outside"),
    [
        ("host", ["https://www.news.test/", "http://news.test/a?b", HOME], ["https://m.news.test/", "https://x.test/"]),
        (
            "domain",
            ["https://m.news.test/a", "http://news.test/"],
            ["https://othernews.test/", "https://news.test.x.org/"],
        ),
        ("prefix", [HOME, "http://news.test/world/a"], ["https://www.news.test/", "https://www.news.test/worldly"]),
    ],
)
def test_scopes(kind: str, inside: list[str], outside: list[str]) -> None:
    scope = scope_of(site(scope=kind))
    assert [contains(scope, url) for url in inside + outside] == [True] * len(inside) + [False] * len(outside)


@pytest.mark.parametrize(
    ("start", "inside", "outside"),
    [
        ("/world", ["/world", "/world/", "/world/a", "/world?page=2"], ["/worldly", "/", "/worl"]),
        ("/world/index.html", ["/world/", "/world/a"], ["/world", "/worlds/"]),
        ("/", ["/", "/a", "/a/b"], []),
    ],
)
def test_prefixes(start: str, inside: list[str], outside: list[str]) -> None:
    scope = scope_of(site(url=f"https://news.test{start}", scope="prefix"))
    found = [contains(scope, f"https://news.test{path}") for path in inside + outside]
    assert found == [True] * len(inside) + [False] * len(outside)


def test_a_port_makes_another_host() -> None:
    scope = scope_of(site(url="http://news.test:8080/"))
    assert contains(scope, "http://news.test:8080/a")
    assert not contains(scope, "http://news.test/a")


def test_links_within_the_scope_each_once_in_order() -> None:
    scope = scope_of(site(exclude=("/tag/*",)))
    outlinks = [
        "/a",
        HOME,
        "https://www.news.test/b#x",
        "https://x.test/",
        "https://www.news.test/b",
        "mailto:a@b.test",
    ]
    outlinks += ["https://www.news.test/tag/x", "https://www.news.test/p.JPG?x", "https://www.news.test/c.html"]
    assert following(scope, HOME, 1, outlinks) == (
        Found(Link("https://www.news.test/b", "News", HOME), depth=2),
        Found(Link("https://www.news.test/c.html", "News", HOME), depth=2),
    )


def test_depth_and_number_are_bounded() -> None:
    outlinks = [f"https://www.news.test/{n}" for n in range(10)]
    scope = scope_of(site(depth=2, max_pages=5))
    assert [len(following(scope, HOME, depth, outlinks, asked=1)) for depth in (0, 1, 2, 3)] == [4, 4, 0, 0]
    assert [len(following(scope, HOME, 0, outlinks, asked=asked)) for asked in (3, 5, 6)] == [2, 0, 0]
    assert following(scope_of(site(depth=0)), HOME, 0, outlinks) == ()
    known = {*outlinks[:8]}
    left = following(scope, HOME, 0, outlinks, asked=1, known=known.__contains__)
    assert [found.link.url for found in left] == outlinks[8:], "what is known takes no room"


def test_paths_that_go_round_are_not_followed() -> None:
    scope = scope_of(site())
    outlinks = ["https://www.news.test/a/a/a/", "https://www.news.test/a/b/a/b/a/b/a/b/", f"{HOME}{'x' * 3000}"]
    assert [found.link.url for found in following(scope, HOME, 0, outlinks)] == outlinks[:1]


def test_a_site_gives_its_start_alone(desk: Desk) -> None:
    assert desk.found(site(include=("/news/*",))) == [Found(Link(HOME, "News"))]


# ------------------------------------------------------------------------------------------------ patterns


@pytest.mark.parametrize(
    ("pattern", "url", "fit"),
    [
        ("/news/*", "https://a.test/news/1", True),
        ("/news/*", "https://a.test/old/news/1", False),
        ("*/news/*", "https://a.test/old/news/1", True),
        ("*.pdf", "https://a.test/x.pdf", True),
        ("*.pdf", "https://a.test/x.pdf?y", False),
        ("*?print=*", "https://a.test/x?print=1", True),
        ("*?print=*", "https://a.test/xprint=1", False),
        ("blog.a.test/*", "https://blog.a.test/", True),
        ("blog.a.test", "https://blog.a.test/", False),
        ("http://*", "https://a.test/", False),
        ("https://a.test/", "https://a.test/", True),
        ("/a.b", "https://a.test/axb", False),
        ("/a*a", "https://a.test/a", False),
        ("*", "https://a.test/", True),
        ("/*a*b*", "https://a.test/b/a", False),
        ("/20*/[x]", "https://a.test/2026/03/[x]", True),
    ],
)
def test_patterns(pattern: str, url: str, fit: bool) -> None:
    assert fits(pattern, url) is fit


def test_include_and_exclude() -> None:
    assert chosen("https://a.test/news/1", (), ())
    assert chosen("https://a.test/news/1", ("/old/*", "/news/*"), ("*.pdf",))
    assert not chosen("https://a.test/news/1.pdf", ("/news/*",), ("*.pdf",))
    assert not chosen("https://a.test/", ("/news/*",), ())


@pytest.mark.promise("sources")
@given(st.text("ab*", max_size=8), st.text("ab", max_size=10))
def test_patterns_as_a_plain_definition_has_them(pattern: str, text: str) -> None:
    def plain(p: str, t: str) -> bool:
        if not p:
            return not t
        if p[0] == "*":
            return any(plain(p[1:], t[at:]) for at in range(len(t) + 1))
        return bool(t) and t[0] == p[0] and plain(p[1:], t[1:])

    assert fits(f"/{pattern}", f"https://x.test/{text}") is plain(pattern, text)


def test_patterns_of_many_stars_cost_little() -> None:
    begun = time.process_time()
    assert not fits("*a" * 400 + "b", "https://x.test/" + "a" * 30_000)
    assert time.process_time() - begun < 1
