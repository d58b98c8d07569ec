"""Which addresses are one article."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.urls import MAX_URL, strip_tracking, wire_url
from scraper.identity import host_of, identity
from tests.archive.test_urls import hosts, tails, urls

ONE = "https://news.example/a/b"


@pytest.mark.parametrize(
    "other",
    [
        "http://news.example/a/b",
        "HTTPS://News.EXAMPLE/a/b",
        "https://www.news.example/a/b",
        "http://www.news.example:80/a/b/",
        "https://news.example:443/a/b//",
        "https://news.example/a/b#comments",
        "https://news.example/a/b?",
        "https://news.example/a/b/?utm_source=feed&fbclid=1#top",
        " https:\\\\news.example/a/b\n",
    ],
)
def test_these_are_one_article(other: str) -> None:
    assert identity(other) == identity(ONE) == ONE


@pytest.mark.parametrize(
    "other",
    [
        "https://m.news.example/a/b",
        "https://news.example.org/a/b",
        "https://news.example/A/b",
        "https://news.example/a//b",
        "https://news.example/a/b.html",
        "https://news.example/a/b?id=1",
        "https://news.example:8443/a/b",
        "http://news.example:443/a/b",
        "https://reader@news.example/a/b",
        "ftp://news.example/a/b",
    ],
)
def test_these_are_others(other: str) -> None:
    assert identity(other) != ONE


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://h.example/?a=2&a=1&utm_medium=x&b=", "https://h.example/?a=2&a=1&b="),
        ("https://h.example/?b=1&a=%2f/", "https://h.example/?b=1&a=%2F/"),
        ("https://h.example/%d0%b6", "https://h.example/%D0%B6"),
        ("https://h.example/ж", "https://h.example/%D0%B6"),
        ("http://h.example:8080/", "http://h.example:8080/"),
        ("http://www.com/", "https://www.com/"),
        ("http://www.www.h.example", "https://h.example/"),
        ("http://me:pw@www.h.example:80/x/#y", "https://me:pw@h.example/x"),
        ("http://@h.example/x", "https://h.example/x"),
        ("http://[::1]:80/x", "https://[::1]/x"),
        ("mailto:me@h.example", "mailto:me@h.example"),
        ("", ""),
    ],
)
def test_what_it_is(url: str, same: str) -> None:
    assert identity(url) == same


def test_the_longest_address_has_one() -> None:
    url = "http://h.example/"
    url += "x" * (MAX_URL - len(url))
    assert identity(identity(url)) == identity(url) == url.replace("http:", "https:")


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://WWW.h.example:8080/x", "www.h.example"), ("http://u:p@münchen.de/", "xn--mnchen-3ya.de"), ("x", "")],
)
def test_the_host_that_is_asked(url: str, host: str) -> None:
    assert host_of(url) == host


@given(urls)
def test_twice_is_once(url: str) -> None:
    assert identity(identity(url)) == identity(url)


@given(urls, urls)
def test_never_joins_hosts_or_queries(one: str, other: str) -> None:
    if identity(one) == identity(other) and one != other:
        assert host_of(one).removeprefix("www.") == host_of(other).removeprefix("www.")
        assert _query(one) == _query(other)


@given(hosts, tails, st.lists(st.sampled_from(["b=2", "a=1", "a=1", "c", "=", "q=%41", "x=/"]), min_size=1))
def test_keeps_the_order_and_values_of_a_query(host: str, tail: str, args: list[str]) -> None:
    path = tail.partition("?")[0].partition("#")[0]
    query = "&".join(args)
    assert identity(f"http://{host}/{path}?utm_source=a&{query}&fbclid=1#x").endswith("?" + query)


def _query(url: str) -> str:
    return strip_tracking(wire_url(url)).partition("?")[2].upper()
