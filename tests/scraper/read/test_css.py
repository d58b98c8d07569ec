from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.read import css
from scraper.read.css import MAX_REFS, refs, resolve
from scraper.read.reading import Requisite

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
    assert css.text("é".encode("cp1252"), (("Content-Type", "text/css; charset=latin1"),)) == "é"
    assert css.text("П".encode("cp1251"), (), "windows-1251") == "П"


PIECES = st.sampled_from(
    [
        *(
            "url(",
            ")",
            "'",
            '"',
            "\\",
            "/*",
            "*/",
            "@import ",
            "@namespace",
            "@font-face{",
            "}",
            "{",
            ";",
            "image-set(",
        ),
        *("a", " ", "\n", "(", ",", "x.png", "\\75", "-", "é", "url", "@", "#", "http://", "\0"),
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_never_raises_and_always_gives_wire_addresses(sheet: str) -> None:
    for requisite in refs(sheet, BASE):
        assert isinstance(requisite, Requisite)
        assert requisite.url.startswith(("https://", "http://")) and requisite.url.isascii()


NAMES = st.text("abcXYZ019-._~/é ()'\"\\,;{}\n", min_size=1, max_size=20)


def quoted(text: str, mark: str) -> str:
    return mark + "".join(f"\\{ord(c):x} " if c in "\\\n\"'()" or c == mark else c for c in text) + mark


@given(NAMES, st.sampled_from(["'", '"']))
def test_any_name_comes_back_whatever_its_form(name: str, mark: str) -> None:
    expected = resolve(BASE, name)
    escaped = "".join(
        f"\\{ord(c):x} " if not (c.isalnum() and c.isascii()) else f"\\{c}" if c in "XYZ" else c for c in name
    )
    for form in (f"url({quoted(name, mark)})", f"url( {escaped} )", f"image-set({quoted(name, mark)} 1x)"):
        assert [r.url for r in refs(f"/*'*/a{{b:{form}}}", BASE)] == ([expected] if expected else []), form
    assert [r.url for r in refs(f"@import {quoted(name, mark)};", BASE)] == ([expected] if expected else [])


@pytest.mark.parametrize(
    "sheet",
    [
        "url(" * 300_000,
        "'" * 1_000_001,
        "/*" * 500_000,
        "\\" * 1_000_001,
        "image-set(" * 100_000,
        "@import " * 150_000,
        "@import" + "/**/" * 200_000 + "x",
        "url(" + " " * 1_000_000,
        'url("' * 100_000,
        "(" * 1_000_000,
        "l(" * 500_000,
        "url('a'" * 100_000,
        "@namespace a" * 100_000,
        "url(x y" * 150_000,
        "@import/*" * 100_000,
    ],
    ids=range(15),
)
@pytest.mark.timeout(20)
def test_hostile_sheets_take_linear_time(sheet: str) -> None:
    refs(sheet, BASE)
