from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.urls import join, wire_url
from scraper.read import css
from scraper.read.charset import decode_css
from scraper.read.css import MAX_REFS, bounded, refs, resolve
from tests.reliability import examples

BASE = "https://news.test/css/main.css"


def found(sheet: str, base: str = BASE) -> list[tuple[str, str]]:
    return [(r.kind, r.url.removeprefix("https://news.test/")) for r in refs(sheet, base)]


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        ("a{background:url(a.png)}", [("image", "css/a.png")]),
        ("a{background:URL( 'a b.png' )}", [("image", "css/a%20b.png")]),
        ('a{background:url("/a(1).png")}', [("image", "a(1).png")]),
        ("a{background:url(\n\t a.png \n)}", [("image", "css/a.png")]),
        ("a{background:url(a\\).png)}", [("image", "css/a).png")]),
        ("a{background:url('a\\'b.png')}", [("image", "css/a'b.png")]),
        ("a{background:url(\\61 .png)}", [("image", "css/a.png")]),
        ("a{background:url('a\\\n.png')}", [("image", "css/a.png")]),
        ("a{background:u\\72l(a.png)}", [("image", "css/a.png")]),
        ("a{background:\\75 rl(a.png)}", [("image", "css/a.png")]),
        ("a{background:url(a.png),url(b.png)}", [("image", "css/a.png"), ("image", "css/b.png")]),
        ("a{background:url(a.png)}b{background:url(a.png)}", [("image", "css/a.png")]),
        ("a{background:url(a.png", [("image", "css/a.png")]),
        ("a{cursor:url(../c.cur),auto}", [("image", "c.cur")]),
        ("@import 'a.css';", [("style", "css/a.css")]),
        ('@IMPORT "a.css" screen;', [("style", "css/a.css")]),
        ("@import url(a.css) layer(x) supports(display:grid) (min-width:1px);", [("style", "css/a.css")]),
        ("@import/**/url( 'a.css' );", [("style", "css/a.css")]),
        ("@import 'a.css';@import 'b.css';", [("style", "css/a.css"), ("style", "css/b.css")]),
        ("@charset 'x.css';@import url(//cdn.test/x.css);", [("style", "https://cdn.test/x.css")]),
        (
            "@font-face{font-family:'F';src:url(f.eot?#iefix) format('eot'),local('x.ttf'),url('f.woff2')}"
            "a{background:url(a.png)}",
            [("font", "css/f.eot?"), ("font", "css/f.woff2"), ("image", "css/a.png")],
        ),
        ("a{background:image-set('a.png' 1x,'b.png' 2x)}", [("image", "css/a.png"), ("image", "css/b.png")]),
        (
            "a{background:-webkit-image-set(url(a.png) 1x, url('b.png') 2x)}",
            [("image", "css/a.png"), ("image", "css/b.png")],
        ),
        (
            "a{background:image-set('a.avif' type('image/avif'), 'b.png' type(\"image/png\")) 'c.png'}",
            [("image", "css/a.avif"), ("image", "css/b.png")],
        ),
        (
            "a{background:image-set('a.png' 1x;}b{background:url(b.png)}",
            [("image", "css/a.png"), ("image", "css/b.png")],
        ),
        ("@media print{a{background:url(a.png)}}", [("image", "css/a.png")]),
        ("a{--x:url(a.png)}", [("image", "css/a.png")]),
    ],
)
def test_what_is_asked_for(sheet: str, expected: list[tuple[str, str]]) -> None:
    assert found(sheet) == expected


@pytest.mark.parametrize(
    "sheet",
    [
        "/* url(a.png) */",
        "/* @import 'a.css';",
        "a{content:'url(a.png)'}",
        'a{content:"\\"url(a.png)"}',
        "a{background:url(data:image/png;base64,AAAA)}",
        "a{background:url('data:image/svg+xml;utf8,<svg xmlns=\\'http://www.w3.org/2000/svg\\'/>')}",
        "a{fill:url(#gradient);filter:url('#f')}",
        "a{background:url()}a{background:url('')}",
        "a{background:url(about:blank)}a{background:url(javascript:x)}a{background:url(blob:https://a/b)}",
        "@namespace url(http://www.w3.org/1999/xhtml);",
        '@namespace svg url("http://www.w3.org/2000/svg");@namespace "x.test/ns";',
        "@-moz-document url(http://a.test/),url-prefix(http://b.test/){}",
        "a{b:curl(a.png)}a{b:x-url(a.png)}a{b:my_url(a.png)}",
        "a{background:url (a.png)}",
        "@importance 'a.css';",
        "a{background:url(a b.png)}",
        "a{background:url(a'b.png)}",
        "a{background:image-set(type('a.png'))}",
        "a{b:c(d)} e{f:'(url)'}",
    ],
)
def test_what_only_looks_like_it(sheet: str) -> None:
    assert found(sheet) == []


def test_reading_goes_on_behind_what_is_broken() -> None:
    good = "b{background:url(b.png)}"
    for broken in (
        "a{c:'x\n}",
        'a{c:"\\',
        "a{b:url(a b)}",
        "a{b:url('x\n)}",
        "/**/",
        "/ / *",
        "\\'",
        "a{b:url(a'x)}",
        "@",
    ):
        expected = [] if broken.endswith('"\\') else [("image", "css/b.png")]
        assert found(broken + good) == expected, broken
    assert found("/*" + good) == []


def test_a_sheet_may_hold_very_many() -> None:
    assert len(refs("".join(f"a{{b:url({i}.png)}}" for i in range(MAX_REFS + 10)), BASE)) == MAX_REFS


def test_resolving() -> None:
    assert resolve("https://news.test/a/", " font.woff?#iefix ") == "https://news.test/a/font.woff?"
    assert resolve("https://news.test/a/", "#x") is None
    assert resolve("https://news.test/a/", "DATA:,x") is None
    assert resolve("https://news.test/a/", "x" * 40_000) is None
    assert resolve("https://news.test/a/", "https://") is None


def test_bytes_are_decoded_as_the_standard_says() -> None:
    assert decode_css("é".encode("cp1252"), (("Content-Type", "text/css; charset=latin1"),))[0] == "é"
    assert decode_css("П".encode("cp1251"), (), "windows-1251")[0] == "П"


PIECES = st.sampled_from(
    [
        *("/", "//", "?", "#", ".", "..", "%2e", "%2F", "%41", "a", "B", "é", " ", "\\", ":", "@", "|", "'", '"', "~"),
        *("https://", "http://", "HTTP://", "news.test", "www.news-site.example", "1.2.3.4", "x.co", ":8080", ":80"),
        *("-", "[", "]", "=", "&", "\n"),
    ]
)


@pytest.mark.promise("sources")
@settings(max_examples=examples(3000), deadline=None)
@given(
    ref=st.lists(PIECES, min_size=1, max_size=7).map("".join),
    base=st.sampled_from(
        ["https://news.test/a/b?c", "http://NEWS.test:80", "https://u:p@news.test/", "file:///x", "nonsense"]
    ),
)
def test_the_short_way_gives_what_the_long_one_gives(ref: str, base: str) -> None:
    stripped = ref.strip()
    try:
        expected = wire_url(join(base, stripped)) if stripped and stripped[0] != "#" else None
    except ValueError:
        expected = None
    assert css.resolve(base, ref) == expected


LONG = "a" * 2000


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://a.test/b/c?d", "https://a.test/b/c?d"),
        (f"https://a.test/b/c?{LONG}", "https://a.test/b/c"),
        (f"https://a.test/{LONG}/c", "https://a.test/"),
        (f"https://u{LONG}@a.test:8080/b", "https://a.test:8080/"),
        (f"https://{LONG}/b", ""),
        (LONG, ""),
    ],
)
def test_a_base_that_is_too_long_is_none(base: str, expected: str) -> None:
    assert bounded(base) == expected
