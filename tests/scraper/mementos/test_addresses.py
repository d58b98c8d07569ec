"""Addresses at archives: templates, mementos' own, and where archived redirects led."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.mementos import Replay, replay_of
from scraper.mementos.addresses import filled, led_to, replay_prefix

URL = "http://a.test/x,y?q=1&r=%20z"


@pytest.mark.parametrize(
    ("template", "parameter", "expected"),
    [
        ("https://archive.test/web/", "", f"https://archive.test/web/{URL}"),
        ("https://archive.test/web", "", f"https://archive.test/web/{URL}"),
        ("https://archive.test/web/{url}", "", f"https://archive.test/web/{URL}"),
        ("https://archive.test/{url}/all", "", f"https://archive.test/{URL}/all"),
        (
            "https://archive.test/cdx",
            "url",
            "https://archive.test/cdx?url=http%3A%2F%2Fa.test%2Fx%2Cy%3Fq%3D1%26r%3D%2520z",
        ),
        (
            "https://archive.test/cdx?a=b",
            "url",
            "https://archive.test/cdx?a=b&url=http%3A%2F%2Fa.test%2Fx%2Cy%3Fq%3D1%26r%3D%2520z",
        ),
        (
            "https://archive.test/cdx?url=",
            "url",
            "https://archive.test/cdx?url=http%3A%2F%2Fa.test%2Fx%2Cy%3Fq%3D1%26r%3D%2520z",
        ),
        (
            "https://archive.test/?u={url}&x",
            "",
            "https://archive.test/?u=http%3A%2F%2Fa.test%2Fx%2Cy%3Fq%3D1%26r%3D%2520z&x",
        ),
    ],
)
def test_templates(template: str, parameter: str, expected: str) -> None:
    assert filled(template, URL, parameter) == expected


@pytest.mark.parametrize(
    ("timegate", "cdx", "expected"),
    [
        ("https://web.archive.test/web/", "", "https://web.archive.test/web/"),
        ("https://web.archive.test/web", "", "https://web.archive.test/web/"),
        ("https://web.archive.test/web/{url}", "", "https://web.archive.test/web/"),
        ("https://web.archive.test/gate?url=", "", ""),
        ("", "https://web.archive.test/cdx/search/cdx", "https://web.archive.test/web/"),
        ("", "http://127.0.0.1:8080/news/cdx?output=json", "http://127.0.0.1:8080/news/"),
        ("", "https://archive.test/index", ""),
        ("", "", ""),
    ],
)
def test_where_mementos_begin(timegate: str, cdx: str, expected: str) -> None:
    assert replay_prefix(timegate, cdx) == expected


def test_a_mementos_own_address() -> None:
    found = replay_of(
        "https://web.archive.test/web/20150102030405if_/http://a.test/x?u=https://b.test/20150102030406/http://c.test/"
    )
    assert found == Replay(
        "https://web.archive.test/web/",
        "20150102030405",
        "if_",
        "http://a.test/x?u=https://b.test/20150102030406/http://c.test/",
    )
    assert found.raw.startswith("https://web.archive.test/web/20150102030405id_/http://a.test/x?u=")
    assert replay_of("https://archive.test/20150102030405/http:/a.test/x") == Replay(
        "https://archive.test/", "20150102030405", "", "http://a.test/x"
    )
    assert replay_of("https://archive.test/AbCdE") is None
    assert replay_of("https://archive.test/2015/http://a.test/") is None
    assert replay_of("https://archive.test/?x=/20150102030405/http://a.test/") is None


@given(st.text(max_size=60))
def test_a_raw_address_is_its_own_raw_address(rest: str) -> None:
    found = replay_of(f"https://archive.test/web/20150102030405/http://a.test/{rest}")
    assert found is not None
    again = replay_of(found.raw)
    assert again is not None and (again.raw, again.url, again.mod) == (found.raw, found.url, "id_")


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/story", "http://a.test/story"),
        ("http://b.test/", "http://b.test/"),
        ("https://archive.test/web/20150102030405id_/https://a.test/x", "https://a.test/x"),
        ("/web/20150102030405id_/https://a.test/x", "https://a.test/x"),
        # Another archive's address is what the site itself named.
        (
            "https://other.test/web/20150102030405id_/https://a.test/x",
            "https://other.test/web/20150102030405id_/https://a.test/x",
        ),
    ],
)
def test_where_an_archived_redirect_led(location: str, expected: str) -> None:
    memento = "https://archive.test/web/20150102030405id_/http://a.test/x"
    assert led_to(location, memento, "http://a.test/x") == expected
