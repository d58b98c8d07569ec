"""The index key, held against the `surt` package that pywb and cdxj-indexer use."""

from __future__ import annotations

import subprocess
import sys
import time
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.urls import key
from tests.reliability import examples

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import surt
    from cdxj_indexer.main import CDXJIndexer
    from pywb.utils.canonicalize import canonicalize


def reference(url: str) -> str:
    """What cdxj-indexer writes: the address itself where the package fails."""
    try:
        return str(surt.surt(url))
    except Exception:
        return "".join("%20" if c.isspace() else c for c in url)


HOSTS = [
    "example.com", "www.example.com", "www2.Example.COM", "wwwexample.com", "www12.", "a..b.com", ".a.com.",
    "münchen.de",
    "xn--mnchen-3ya.de", "пример.рф", "127.0.0.1", "2130706433", "0177.1", "1.2", "08.1.1.1", "[::1]",
    "[2001:DB8::1]:80",
    "user:pw@example.com", "a@b@c.org:8080", "example.com:", "example.com:80", "example.com:443", "example.com:0",
    "example.com:99999", "example.com:x", "EX%41MPLE.com", "ex%ff.com", "a_b.com", "", "localhost", "4294967296", "a b",
]  # fmt: skip
PATHS = [
    "", "/", "//", "/A/B/", "/a//b", "/a/./b/../c", "/../x", "/..", "/a/%2e%2e/b", "/%7Efoo", "/%257Efoo", "/%25%37%45",
    "/a%2Fb", "/ü", "/%C3%BC", "/a b", "/a%20b", "/a;b=c", "/%zz", "/100%", "/(s(0123456789abcdef01234567))/x.aspx",
    "/(a(0123456789abcdef01234567)b(0123456789abcdef01234567))/p/y.ASPX", "/(0123456789abcdef01234567)/x.aspx?x",
    "/q%3F/(0123456789abcdef01234567)/a%3F.aspx", "/x.aspx/(0123456789abcdef01234567)/x", "/a\\b", "/%23", "/%00",
    "/%0a",
]  # fmt: skip
QUERIES = [
    "", "?", "?a", "?a=", "?b=2&a=1", "?B=2&a=1&A", "?&&", "?&", "?a=1&a=0&a", "?utm_source=x&b=1", "?x=%2520",
    "?q=a+b",
    "?JSESSIONID=0123456789abcdef0123456789abcdef&b=1", "?a=1&jsessionid=0123456789abcdef0123456789abcdef",
    "?PHPSESSID=0123456789abcdef0123456789abcdef", "?b&sid=0123456789abcdef0123456789abcdef&c",
    "?ASPSESSIONIDabcdefgh=abcdefghijklmnopqrstuvwx&z=1", "?cfid=1&cftoken=2&z", "?a&xcfid=cfid=1&cftoken=2",
    "?cfid=&cftoken=2", "?cfid=cfid=&cftoken=2", "?cfid=1&cftoken=", "?CFID=1&CFTOKEN=2&cfid=3&cftoken=4&b", "?=",
    "?a==b",
    "?u=http://x/?y", "?é", "?%26=1&%3D", "?a#b?c",
]  # fmt: skip
SCHEMES = ["http://", "https://", "HTTP://", "Https:", "", "http://http://", "https://http://", "ftp://",
           "urn:text:https://", "urn:article:http://",
           "urn:", "http:", "http:////", "http:/", "//", "dns:", "mailto:", "data:", "  http://",
           "ht\ntp://"]  # fmt: skip
PIECES = ["%", "25", "%2e", "/", "..", ".", "?", "&", "=", "#", ":", "@", "[", "]", "a", "Z", "7", "ü", " ", "\t",
          "\\", ";",
          "sid=", "0123456789abcdef" * 2, "(s(", "0123456789abcdef01234567", "))/", ".aspx", "cfid=", "cftoken=",
          "www1."]  # fmt: skip

addresses = st.one_of(
    st.builds(
        lambda s, h, p, q, f: s + h + p + q + f,
        st.sampled_from(SCHEMES),
        st.sampled_from(HOSTS),
        st.lists(st.sampled_from(PATHS), max_size=2).map("".join),
        st.lists(st.sampled_from(QUERIES), max_size=2).map("".join),
        st.sampled_from(["", "#", "#frag?x"]),
    ),
    st.lists(st.sampled_from(PIECES), max_size=14).map(lambda p: "https://example.com/" + "".join(p)),
    st.lists(st.sampled_from(PIECES), max_size=10).map("".join),
    st.text(alphabet="aZ0/.-&=?:;,!\"'()[]\\^_`{|}~<>@$*+w", max_size=16).map(lambda t: "http://www1.Example.com" + t),
    st.text(max_size=30).map(lambda t: "http://h.example/" + t),
)


@pytest.mark.promise("index")
@settings(max_examples=examples(1500), deadline=None)
@given(addresses)
@example("")
@example("http://www.com/")
@example("http://www.example.com/a//b/")
@example("http://example.com/.a/..")
@example("   ")
@example("filedesc:x.arc")
@example("urn:text:https://Example.com/Path/?b=1&a=2#x")
@example("urn:article:https://www.example.com/")
@example("http://example.com/?cfid=1&cftoken=2")
@example("http://example.com/\ud800")
def test_equals_the_surt_package(url: str) -> None:
    assert key(url) == reference(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.example.com/", "com,example)/"),
        ("http://www2.example.com:80/Path/?b=2&a=1#x", "com,example)/path?a=1&b=2"),
        ("https://example.com:443/a%2Fb", "com,example)/a/b"),
        ("https://example.com:8443/", "com,example:8443)/"),
        ("https://münchen.de/", "de,xn--mnchen-3ya)/"),
        ("https://example.com/?utm_source=x&a=1", "com,example)/?a=1&utm_source=x"),
        ("urn:text:https://Example.com/A?b&a", "urn:text:https://example.com/a?a&b"),
        ("https://example.com/font.woff?", "com,example)/font.woff"),
    ],
)
def test_the_rules_in_words(url: str, expected: str) -> None:
    assert key(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://www.Example.com/A/?b=1&a=2",
        "https://example.com/font.woff?",
        "urn:text:https://www.Example.com/A/?b=1&a=2",
        "urn:article:https://example.com:443/%C3%BC/",
        "urn:text:https://example.com/",
    ],
)
def test_equals_the_indexers_themselves(url: str) -> None:
    assert key(url) == CDXJIndexer.get_url_key(None, url) == canonicalize(url)


@pytest.mark.promise("index")
@settings(deadline=None)
@given(st.text(max_size=60))
def test_never_breaks_an_index_line(text: str) -> None:
    assert key(text) == key(text).strip()
    assert not any(c.isspace() for c in key(text))


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    "url",
    [
        "https://e.com/" + "/(a(0123456789abcdef01234567))/" * 1000 + "?.aspx",
        "https://e.com/" + "/(a(0123456789abcdef01234567))/" * 1000 + "%3F.aspx",
        "https://e.com/?" + "cfid=" * 6000,
        "https://e.com/?" + "cfid=1&cftoken=&" * 2000,
        "https://e.com/%" + "25" * 15000,
        "https://e.com/" + "%25" * 10000,
        "https://e.com/" + "../" * 10000,
        "https://e.com/?" + "sid=0123456789abcdef0123456789abcde&" * 900,
    ],
)
def test_hostile_addresses_cost_little(url: str) -> None:
    start = time.process_time()
    key(url)
    assert time.process_time() - start < 1.0


def test_loads_no_http_client() -> None:
    heavy = ["surt", "requests", "urllib3", "http.client", "tldextract", "idna"]
    code = f"import sys, archive.urls; print([m for m in {heavy} if m in sys.modules])"
    got = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert got.stdout.strip() == "[]"
