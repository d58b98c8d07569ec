"""Addresses: the wire, links, identity, names of text files, time stamps."""

from __future__ import annotations

import hashlib
import re
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.urls import (
    MAX_URL,
    is_http,
    join,
    key,
    now_ms,
    parse_stamp,
    same_site,
    stamp,
    strip_tracking,
    text_path,
    wire_url,
)
from tests.reliability import examples

PIECES = ["a", "B", "%7E", "%2e", "%2F", "..", ".", "/", "\\", "?", "#", "&", "=", "+", " ", "'", '"', "<", "`",
          "{", "|", "^", "[",
          "]", ";", ":", "@", "ü", "日", "%", "\t", "\x01", "\x7f", "\ud800", "utm_source=x", "😀", ".html", "con",
          "-"]  # fmt: skip
tails = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)
HOSTS = [
    "example.com",
    "EXAMPLE.com:8443",
    "münchen.de",
    "u:p@h.com",
    "127.1",
    "[::1]",
    "[2001:db8::1]:80",
    "a_b.c",
    "con.com",
]
hosts = st.sampled_from(HOSTS)
urls = st.builds(lambda s, h, t: s + h + "/" + t, st.sampled_from(["http://", "HTTPS://"]), hosts, tails)


# ---------------------------------------------------------------------------------------------- the wire


@pytest.mark.parametrize(
    ("url", "wire"),
    [
        ("https://news.example", "https://news.example/"),
        ("https://news.example?a", "https://news.example/?a"),
        ("HTTPS://News.Example/A/b?C#d", "https://news.example/A/b?C"),
        ("https://user:pass@news.example/", "https://news.example/"),
        ("https://a@b@news.example/", "https://news.example/"),
        ("http://news.example:80/", "http://news.example/"),
        ("https://news.example:443/", "https://news.example/"),
        ("https://news.example:/", "https://news.example/"),
        ("https://news.example:08080/", "https://news.example:8080/"),
        ("http://news.example:443/", "http://news.example:443/"),
        ("https://news.example/%7Ea/~b/%2f/%2F/%zz", "https://news.example/%7Ea/~b/%2f/%2F/%zz"),
        ("https://news.example/a/../b/./c//d", "https://news.example/a/../b/./c//d"),
        ("https://news.example/font.woff?#iefix", "https://news.example/font.woff?"),
        (
            'https://news.example/a b"<>`{}^|?c d"<>\'`{}^|',
            "https://news.example/a%20b%22%3C%3E%60%7B%7D%5E%7C?c%20d%22%3C%3E%27`{}^|",
        ),
        (
            "https://news.example/[a]('b')!*;,:@&=+$?[c]()!*;,:@&=+$/?",
            "https://news.example/[a]('b')!*;,:@&=+$?[c]()!*;,:@&=+$/?",
        ),
        ("https://news.example/ü/日?é", "https://news.example/%C3%BC/%E6%97%A5?%C3%A9"),
        ("https://news.example/\x01\x7f\ud800", "https://news.example/%01%7F%EF%BF%BD"),
        ("  https://news.example/a\tb\r\nc \n", "https://news.example/abc"),
        ("https:\\\\news.example\\a?\\b", "https://news.example/a?\\b"),
        ("https:news.example/a", "https://news.example/a"),
        ("https:////news.example/a", "https://news.example/a"),
        ("https://München.de/", "https://xn--mnchen-3ya.de/"),
        ("https://faß.de/", "https://xn--fa-hia.de/"),
        ("https://i❤.ws/", "https://xn--i-7iq.ws/"),
        ("https://пример。рф/", "https://xn--e1afmkfd.xn--p1ai/"),
        ("https://n%65ws.example/", "https://news.example/"),
        ("https://news.example./", "https://news.example./"),
        ("https://a_b.example/", "https://a_b.example/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0x7f.0.0.1/", "http://127.0.0.1/"),
        ("http://127.1/", "http://127.0.0.1/"),
        ("http://0177.0.0.01/", "http://127.0.0.1/"),
        ("http://[2001:DB8:0:0:1:0:0:1]:8080/", "http://[2001:db8::1:0:0:1]:8080/"),
        ("http://[::ffff:192.0.2.1]/", "http://[::ffff:c000:201]/"),
        ("http://[1:0:0:2:0:0:0:3]/", "http://[1:0:0:2::3]/"),
        ("http://[::]/", "http://[::]/"),
        ("http://[1:0:2:3:4:5:6:7]/", "http://[1:0:2:3:4:5:6:7]/"),
    ],
)
def test_wire_url(url: str, wire: str) -> None:
    assert wire_url(url) == wire
    assert is_http(url)


@pytest.mark.parametrize(
    "url",
    [
        "", "news.example", "/a", "ftp://news.example/", "mailto:a@b.example", "javascript:alert(1)", "data:,x",
        "https://", "https:///",
        "https://?a", "https://:80/", "https://news.example:port/", "https://news.example:65536/",
        "https://news.example:-1/", "http://[::1",
        "https://news.example:٨٠/", "http://[::g]/", "http://[fe80::1%25eth0]/", "http://256.1.1.1/",
        "http://1.2.3.4.5/", "http://4294967296/",
        "http://1.2.3.09/", "https://a..b/", "https://.a/", "https://./", "https://a b.example/",
        "https://a%20b.example/", "https://a<b/",
        "https://a^b/", "https://a|b/", "https://a%00b/", f"https://{'a' * 64}.example/",
        f"https://{'a.' * 130}example/", "x:https://news.example/",
        f"https://news.example/{'a' * MAX_URL}", f"https://news.example/{'ü' * (MAX_URL // 4)}",
        f"https://{'ü' * 2000}.example/",
    ],
)  # fmt: skip
def test_what_is_no_http_address(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        wire_url(url)
    assert not is_http(url)


@pytest.mark.promise("index")
@settings(max_examples=examples(500))
@given(urls)
def test_wire_url_is_ascii_and_settles(url: str) -> None:
    try:
        wire = wire_url(url)
    except ValueError:
        return
    assert re.fullmatch(r"https?://[!-~]+", wire)
    assert "#" not in wire
    assert wire_url(wire) == wire
    assert key(wire) == key(wire_url(url))


# ---------------------------------------------------------------------------------------------- links

RFC_3986_EXAMPLES = {
    "g:h": "g:h", "g": "http://a/b/c/g", "./g": "http://a/b/c/g", "g/": "http://a/b/c/g/", "/g": "http://a/g",
    "//g": "http://g/",
    "?y": "http://a/b/c/d;p?y", "g?y": "http://a/b/c/g?y", "#s": "http://a/b/c/d;p?q", "g#s": "http://a/b/c/g",
    "g?y#s": "http://a/b/c/g?y", ";x": "http://a/b/c/;x", "g;x": "http://a/b/c/g;x", "g;x?y#s": "http://a/b/c/g;x?y",
    "": "http://a/b/c/d;p?q", ".": "http://a/b/c/", "./": "http://a/b/c/", "..": "http://a/b/", "../": "http://a/b/",
    "../g": "http://a/b/g", "../..": "http://a/", "../../": "http://a/", "../../g": "http://a/g",
    "../../../g": "http://a/g",
    "../../../../g": "http://a/g", "/./g": "http://a/g", "/../g": "http://a/g", "g.": "http://a/b/c/g.",
    ".g": "http://a/b/c/.g",
    "g..": "http://a/b/c/g..", "..g": "http://a/b/c/..g", "./../g": "http://a/b/g", "./g/.": "http://a/b/c/g/",
    "g/./h": "http://a/b/c/g/h", "g/../h": "http://a/b/c/h", "g;x=1/./y": "http://a/b/c/g;x=1/y",
    "g;x=1/../y": "http://a/b/c/y",
    "g?y/./x": "http://a/b/c/g?y/./x", "g?y/../x": "http://a/b/c/g?y/../x", "http:g": "http://a/b/c/g",
}  # fmt: skip


@pytest.mark.parametrize(("ref", "expected"), RFC_3986_EXAMPLES.items())
def test_join_as_in_rfc_3986_section_5_4(ref: str, expected: str) -> None:
    assert join("http://a/b/c/d;p?q", ref) == expected


@pytest.mark.parametrize(
    ("base", "ref", "expected"),
    [
        ("https://n.example/a/b.css", "font.woff?#iefix", "https://n.example/a/font.woff?"),
        ("https://n.example/a?x", "?", "https://n.example/a?"),
        ("https://n.example/a?", "", "https://n.example/a?"),
        ("https://n.example/a?x#y", "#z", "https://n.example/a?x"),
        ("https://n.example", "a", "https://n.example/a"),
        ("https://n.example", "", "https://n.example/"),
        ("https://n.example?x", "", "https://n.example/?x"),
        ("https://n.example/a/", " \n b\tc \r\n", "https://n.example/a/bc"),
        ("https://n.example/a/", "\\b\\..\\c?\\d", "https://n.example/c?\\d"),
        ("https://n.example/a/", "//cdn.example\\b", "https://cdn.example/b"),
        ("https://n.example/a/", "///cdn.example/b", "https://cdn.example/b"),
        ("https://n.example/a/b", "%2e%2E/c/.%2e/d/%2e", "https://n.example/d/"),
        ("https://n.example/a/b", "https:c", "https://n.example/a/c"),
        ("https://n.example/a/b", "https:/c", "https://n.example/c"),
        ("https://n.example/a/b", "http:/c", "http://c/"),
        ("https://n.example/a/b", "HTTPS://C.example/x/../y", "https://C.example/y"),
        ("https://n.example/a/b", "c d/ü", "https://n.example/a/c d/ü"),
        ("https://n.example/a/b", "c #d", "https://n.example/a/c%20"),
        ("https://n.example/a/b", "mailto:Ann@n.example#x", "mailto:Ann@n.example#x"),
        ("https://n.example/a/b", "data:,a#b", "data:,a#b"),
        ("https://n.example/a/b", "a:b", "a:b"),
        ("https://n.example/a/b", "./a:b", "https://n.example/a/a:b"),
        ("https://n.example//a//b", "..//c", "https://n.example//a//c"),
        ("about:blank", "a", "a"),
        ("about:blank", "https://n.example/a/../b#c", "https://n.example/b"),
        ("", "https://n.example", "https://n.example/"),
    ],
)
def test_join(base: str, ref: str, expected: str) -> None:
    assert join(base, ref) == expected


@pytest.mark.promise("index")
@settings(max_examples=examples(400))
@given(urls, st.one_of(tails, urls))
def test_joined_links_are_absolute_and_settle(base: str, ref: str) -> None:
    joined = join(base, ref)
    assert join(base, joined) == joined
    if re.match(r"https?:", joined):
        assert "#" not in joined


# ---------------------------------------------------------------------------------------------- identity


@pytest.mark.parametrize(
    ("url", "identity"),
    [
        ("https://n.example/a?utm_source=rss&page=1#top", "https://n.example/a?page=1"),
        ("https://n.example/a?page=1&UTM_Medium=x&b=%7e&fbclid=1&&c", "https://n.example/a?page=1&b=%7e&&c"),
        ("https://n.example/a?gclid=x", "https://n.example/a"),
        ("https://n.example/a?utm_source", "https://n.example/a"),
        ("https://n.example/a?utm%5Fsource=x", "https://n.example/a"),
        ("https://n.example/a?xtor=RSS-1&id=3", "https://n.example/a?id=3"),
        ("https://n.example/a?", "https://n.example/a?"),
        ("https://n.example/a?#b?utm_source=x", "https://n.example/a?"),
        ("https://n.example/a?b=1&a=2&a=1", "https://n.example/a?b=1&a=2&a=1"),
        (
            "https://n.example/A%2f?source=x&ref=y&from=z&id=1&keyword=k",
            "https://n.example/A%2f?source=x&ref=y&from=z&id=1&keyword=k",
        ),
        (
            "https://n.example/a?url=https://x.example/?utm_source=y",
            "https://n.example/a?url=https://x.example/?utm_source=y",
        ),
        ("https://n.example/utm_source=x", "https://n.example/utm_source=x"),
        ("not an address", "not an address"),
    ],
)
def test_strip_tracking(url: str, identity: str) -> None:
    assert strip_tracking(url) == identity


@pytest.mark.parametrize(
    "name",
    [
        "utm_campaign",
        "fbclid",
        "gclid",
        "dclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "mc_cid",
        "mc_eid",
        "yclid",
        "igshid",
        "_ga",
    ],
)
def test_tracking_parameters(name: str) -> None:
    assert strip_tracking(f"https://n.example/?{name}=1&a=b") == "https://n.example/?a=b"


@pytest.mark.promise("index")
@given(urls)
def test_strip_tracking_settles(url: str) -> None:
    once = strip_tracking(url)
    assert strip_tracking(once) == once
    assert url.startswith(once.partition("?")[0])


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("https://www.n.example/a", "http://n.example:8080/b", True),
        ("https://amp.n.example/", "https://m.n.example/", True),
        ("https://www.bbc.co.uk/", "https://news.bbc.co.uk/", True),
        ("https://a.co.uk/", "https://b.co.uk/", False),
        ("https://a.com.au/", "https://b.com.au/", False),
        ("https://n.example/", "https://n.test/", False),
        ("https://a.blogspot.com/", "https://b.blogspot.com/", False),
        ("https://www.a.github.io/", "https://a.github.io/", True),
        ("https://a.s3.amazonaws.com/", "https://b.s3.amazonaws.com/", False),
        ("https://blogspot.com/", "https://www.blogspot.com/", True),
        ("https://t.co/", "https://x.co/", False),
        ("https://co.uk/", "https://co.uk/", True),
        ("https://münchen.de/", "https://www.xn--mnchen-3ya.de/", True),
        ("http://127.0.0.1/", "http://127.0.0.1:81/", True),
        ("http://10.0.0.1/", "http://11.0.0.1/", False),
        ("http://[::1]/", "http://[::1]:81/", True),
        ("http://[::1]/", "http://[::2]/", False),
        ("http://localhost/", "http://localhost:81/", True),
        ("https://n.example./", "https://n.example/", True),
        ("nonsense", "nonsense", False),
    ],
)
def test_same_site(a: str, b: str, same: bool) -> None:
    assert same_site(a, b) is same
    assert same_site(b, a) is same


# ---------------------------------------------------------------------------------------------- names of text files


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://www.themoscowtimes.com/2013/05/28/russia-aims-to-boost-security-alliance-in-central-asia-a-24444",
         "www.themoscowtimes.com/russia-aims-to-boost-security-alliance-in-central-asia-a-24444"),
        ("https://n.example/", "n.example/index"),
        ("https://n.example", "n.example/index"),
        ("https://n.example/politics/index.html", "n.example/politics"),
        ("https://n.example/news/The%20Story_of%20It.HTML", "n.example/the-story-of-it"),
        ("https://n.example/article/12345", "n.example/article-12345"),
        ("https://n.example/2021/03/7", "n.example/2021-03-7"),
        ("https://n.example/?p=12", "n.example/p-12"),
        ("https://n.example/story.php?id=99&x=%2F", "n.example/story-id-99-x"),
        ("https://n.example/новости/Погода-Ё", "n.example/погода-ё"),
        ("https://n.example/%D0%BF%D0%BE%D0%B3%D0%BE%D0%B4%D0%B0", "n.example/погода"),
        ("https://n.example:8080/a", "n.example_8080/a"),
        ("http://[2001:db8::1]:8080/a", "ip6-2001-db8-1_8080/a"),
        ("https://münchen.de/wetter", "xn-mnchen-3ya.de/wetter"),
        ("https://u:p@N.example/%2e%2e/%2e%2e/etc/passwd", "n.example/passwd"),
        ("https://n.example/..%2f..%5c..", "n.example/index"),
        ("https://n.example/\\..\\windows", "n.example/windows"),
        ("https://con/nul", "_con/nul"),
        ("https://aux.com/com1.html", "_aux.com/com1"),
        ("https://../a", "unknown-host/a"),
        ("nonsense", "unknown-host/nonsense"),
        ("", "unknown-host/index"),
    ],
)  # fmt: skip
def test_text_path(url: str, path: str) -> None:
    assert text_path(url) == PurePosixPath(f"{path}-{hashlib.sha256(url.encode()).hexdigest()[:8]}")


RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?\Z", re.IGNORECASE)


@pytest.mark.promise("index")
@settings(max_examples=examples(800))
@given(st.one_of(urls, st.text(max_size=200), st.text(min_size=60, max_size=120).map(lambda t: f"https://{t}/{t}")))
@example(f"https://{'a' * 60}.{'b' * 60}.{'c' * 60}.example/{'d' * 5000}?{'e' * 5000}")
@example("https://n.example/" + "ü" * 500)
@example("https://n.example/\u0301\u0301a/\ufdfa\u1e9e\u0130")
def test_text_path_is_safe_everywhere(url: str) -> None:
    path = text_path(url)
    assert len(path.parts) == 2
    assert path == text_path(url)
    for part, longest in zip(path.parts, (140, 140 - len(".20210305234000123.json")), strict=True):
        assert 0 < len(part.encode("utf-8")) <= longest
        assert not RESERVED.match(part)
        assert part[0] not in ".-" and part[-1] not in ". "
        assert not any(c in '<>:"/\\|?*%' or c < "!" or c == "\x7f" for c in part)
        assert part == part.lower()
    assert re.search(r"-[0-9a-f]{8}\Z", path.name)


def test_different_addresses_have_different_names() -> None:
    names = {str(text_path(f"https://n.example/{a}")) for a in ("a", "A", "a/", "a?", "%61", "a#b")}
    assert len(names) == 6


# ---------------------------------------------------------------------------------------------- time stamps

MOMENT = datetime(2013, 5, 28, 23, 59, 58, 987654, tzinfo=UTC)


def test_stamps() -> None:
    assert stamp(MOMENT) == "20130528235958"
    assert stamp(MOMENT, 17) == "20130528235958987"
    assert stamp(MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30))), digits=17) == "20130528235958987"
    assert stamp(datetime(33, 4, 3, tzinfo=UTC)) == "00330403000000"
    assert parse_stamp("20130528235958") == MOMENT.replace(microsecond=0)
    assert parse_stamp("20130528235958987") == MOMENT.replace(microsecond=987000)
    assert parse_stamp("20130528235958").tzinfo is UTC


@pytest.mark.promise("index")
@given(st.datetimes(timezones=st.just(UTC)))
def test_stamps_come_back(time: datetime) -> None:
    assert parse_stamp(stamp(time, 17)) == now_ms(lambda: time)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2013",
        "20130532000000",
        "2013052823595",
        "201305282359581",
        "２0130528235958",
        " 0130528235958",
        "+0130528235958",
    ],
)
def test_what_is_no_stamp(text: str) -> None:
    with pytest.raises(ValueError, match=r"stamp|day|month|range"):
        parse_stamp(text)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        stamp(datetime(2013, 5, 28))
    with pytest.raises(ValueError, match="digits"):
        stamp(MOMENT, 12)


def test_now_is_utc_cut_to_milliseconds() -> None:
    eastern = timezone(timedelta(hours=-5))
    assert now_ms(lambda: MOMENT.astimezone(eastern)) == MOMENT.replace(microsecond=987000)
    assert now_ms(lambda: MOMENT.astimezone(eastern)).tzinfo is UTC


# ---------------------------------------------------------------------------------------------- cost


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    "piece", ["/..", "/%2e%2e", "/", "%", "ü", "&utm_a=1", "?", "#", "\\", " ", "@", ":", "[", ".", "-", "a/", "con."]
)
def test_hostile_addresses_cost_little(piece: str) -> None:
    url = "https://n.example/" + piece * (MAX_URL // len(piece))
    start = time.process_time()
    for address in (url, url.replace("n.example/", ""), url + " "):
        is_http(address), join(url, address), strip_tracking(address), text_path(address), same_site(url, address)
    assert time.process_time() - start < 1.0
