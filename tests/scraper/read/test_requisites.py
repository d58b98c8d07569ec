from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import HtmlElement

from archive.urls import wire_url
from scraper.read import outlinks, requisites
from scraper.read.requisites import MAX_CANDIDATES, MAX_REQUISITES, srcset
from scraper.read.tree import parse

PAGE = "https://news.test/2024/story"


def listed(root: HtmlElement, url: str) -> str:
    """Each requisite as its kind and address on the page's own site."""
    return " | ".join(f"{r.kind} {r.url.removeprefix('https://news.test')}" for r in requisites.find(root, url))


def found(markup: str, url: str = PAGE) -> str:
    root = parse(f"<!DOCTYPE html><html><head></head><body>{markup}</body></html>")
    assert root is not None
    return listed(root, url)


def in_head(markup: str) -> str:
    root = parse(f"<!DOCTYPE html><html><head>{markup}</head><body><p>x</p></body></html>")
    assert root is not None
    return listed(root, PAGE)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<img src=a.png>", "image /2024/a.png"),
        ("<img src='/a.png' srcset='/b.png 2x, /c.png 3x'>", "image /a.png | image /b.png | image /c.png"),
        ("<img data-src=/a.png data-srcset='/b.png 100w'>", "image /a.png | image /b.png"),
        (
            "<img data-lazy-src=/a.png data-original=/b.png data-full-src=/c.png lowsrc=/d.png"
            " data-lazy-srcset='/e.png 1w'>",
            " | ".join(f"image /{c}.png" for c in "abcde"),
        ),
        ("<img data-src='a gallery of things'>", ""),
        ("<img src='/i/{width}/a.png' data-src='{{ url }}'>", ""),
        (
            "<picture><source srcset='/a.avif, /b.avif 2x'><source data-srcset=/c.webp><img src=/d.png></picture>",
            "image /a.avif | image /b.avif | image /c.webp | image /d.png",
        ),
        (
            "<video poster=/p.jpg src=/v.mp4><source src=/w.webm><track src=/t.vtt></video>",
            "image /p.jpg | media /v.mp4 | media /w.webm | media /t.vtt",
        ),
        ("<audio src=/a.mp3></audio>", "media /a.mp3"),
        ("<script src=/a.js></script><script type=module src=/b.js></script>", "script /a.js | script /b.js"),
        ("<script type='ab12-text/javascript' src=/a.js></script>", "script /a.js"),
        ("<script type=text/template src=/a.js></script><script>var a='/b.js'</script>", ""),
        ("<iframe src=/f.html></iframe><iframe data-src=/g.html></iframe>", "frame /f.html | frame /g.html"),
        ("<iframe srcdoc=\"<base href='/deep/'><img src='a.png'><iframe srcdoc='x'>\"></iframe>", "image /deep/a.png"),
        ("<iframe src=about:blank></iframe><iframe src='javascript:x'></iframe>", ""),
        ("<embed src=/e.svg><object data=/o.pdf></object>", "frame /e.svg | frame /o.pdf"),
        ("<input type=IMAGE src=/i.png><input type=text src=/no.png>", "image /i.png"),
        (
            "<svg><image href=/a.png /><image xlink:href=/b.png /><use href='/s.svg#x'/><use href='#x'/></svg>",
            "image /a.png | image /b.png | image /s.svg",
        ),
        ("<div style='background:url(&quot;/a.png&quot;)'>", "image /a.png"),
        ("<div style=\"background-image: url('/a.png?x=1&amp;y=2')\">", "image /a.png?x=1&y=2"),
        ("<style>@import '/i.css';@font-face{src:url(/f.woff?#iefix)}</style>", "style /i.css | font /f.woff?"),
        ("<table background=/t.png><td background=/u.png>x</table>", "image /t.png | image /u.png"),
        (
            "<div data-bg=/a.png></div><div data-bg='url(/b.png)'></div><div data-background-image=/c.jpg></div>"
            "<div data-bgset='/d.png 1x, /e.png 2x'></div><div data-background=dark></div>",
            "image /a.png | image /b.png | image /c.jpg | image /d.png | image /e.png",
        ),
        ("<noscript><img src=/n.png></noscript>", "image /n.png"),
        ("<amp-img src=/a.png srcset='/b.png 2x'></amp-img>", "image /a.png | image /b.png"),
        ("<img src='data:image/png;base64,AA'><img src=''><img src='#x'><img src='blob:x'>", ""),
        ("<img src=/a.png><img src=/a.png#x><img src=https://NEWS.test/a.png>", "image /a.png"),
        ("<img src=' /a b.png\n'>", "image /a%20b.png"),
        ("<img src='http://[bad/a.png'><img src=/b.png>", "image /b.png"),
        ("<a href=/other.png>not needed</a>", ""),
    ],
)
def test_bodies(markup: str, expected: str) -> None:
    assert found(markup) == expected


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<link rel=stylesheet href=/a.css>", "style /a.css"),
        ("<link rel='alternate STYLESHEET' href=/a.css>", "style /a.css"),
        (
            "<link rel='shortcut icon' href=/i.ico><link rel=apple-touch-icon-precomposed href=/t.png>"
            "<link rel=mask-icon href=/m.svg>",
            "icon /i.ico | icon /t.png | icon /m.svg",
        ),
        (
            "<link rel=preload as=font href=/f.woff2><link rel=preload as=style href=/s.css>"
            "<link rel=preload as=image imagesrcset='/a.png 1x, /b.png 2x' href=/c.png>"
            "<link rel=preload as=fetch href=/d>",
            "font /f.woff2 | style /s.css | image /a.png | image /b.png | image /c.png | other /d",
        ),
        ("<link rel=modulepreload href=/m.js><link rel=manifest href=/m.json>", "script /m.js | manifest /m.json"),
        ("<link rel=canonical href=/c><link rel=alternate href=/rss><link rel=dns-prefetch href=//x.test>", ""),
        (
            "<meta property=og:image content=/o.png><meta name=twitter:image content=/t.png>",
            "image /o.png | image /t.png",
        ),
        ("<style>a{background:url(/a.png)}</style>", "image /a.png"),
        ("<noscript><link rel=stylesheet href=/n.css></noscript>", "style /n.css"),
    ],
)
def test_heads(markup: str, expected: str) -> None:
    assert in_head(markup) == expected


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<base href=/deep/er/><img src=a.png>", "https://news.test/deep/er/a.png"),
        ("<img src=a.png><base href=//cdn.test/x/>", "https://cdn.test/x/a.png"),
        ("<base target=_top><base href=/one/><base href=/two/><img src=a.png>", "https://news.test/one/a.png"),
        ("<base href='javascript:x'><img src=a.png>", "https://news.test/2024/a.png"),
        ("<base href=''><img src=a.png>", "https://news.test/2024/a.png"),
    ],
)
def test_the_first_base_counts_for_all(markup: str, expected: str) -> None:
    root = parse(markup)
    assert root is not None
    assert [r.url for r in requisites.find(root, PAGE)] == [expected]


def test_page_order_across_kinds() -> None:
    markup = (
        "<div style='background:url(/1.png)'></div><script src=/2.js></script><img src=/3.png><p style='a:url(/4.png)'>"
    )
    assert found(markup) == "image /1.png | script /2.js | image /3.png | image /4.png"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a.png", ("a.png",)),
        (" a.png 1x , b.png 2x ", ("a.png", "b.png")),
        ("a.png, b.png,c.png 2x", ("a.png", "b.png,c.png")),
        ("a.png 1x,b.png 2x", ("a.png", "b.png")),
        ("/i/w_100,h_50/a.png 1x, /i/w_200,h_100/a.png 2x", ("/i/w_100,h_50/a.png", "/i/w_200,h_100/a.png")),
        ("data:image/png;base64,AAA= 1x, b.png 2x", ("data:image/png;base64,AAA=", "b.png")),
        ("a.png 100w 50h, b.png", ("a.png", "b.png")),
        ("a.png f(1,2) 1x, b.png", ("a.png", "b.png")),
        ("a.png (1,2, b.png", ("a.png",)),
        (",, ,a.png,,", ("a.png",)),
        ("a.png\n\t1x,\n\tb.png\n2x", ("a.png", "b.png")),
        ("", ()),
        (" , ", ()),
    ],
)
def test_srcset(value: str, expected: tuple[str, ...]) -> None:
    assert srcset(value) == expected


ADDRESS = st.from_regex(r"[a-z0-9/._~:?=&%-]([a-z0-9/._~:?=&%,-]{0,12}[a-z0-9/._~:?=&%-])?", fullmatch=True)


@pytest.mark.promise("sources")
@given(st.lists(st.tuples(ADDRESS, st.sampled_from(["", " 1x", " 2.5x", "  100w", " 10w 20h"])), max_size=8))
def test_any_srcset_gives_its_addresses(candidates: list[tuple[str, str]]) -> None:
    value = ", ".join(address + descriptor for address, descriptor in candidates)
    assert list(srcset(value)) == [address for address, _ in candidates]


@pytest.mark.promise("sources")
@given(st.text(", ()abc\t\n1x", max_size=60))
def test_srcset_never_raises(value: str) -> None:
    for address in srcset(value):
        assert address and not any(c.isspace() for c in address)


def test_limits() -> None:
    markup = "".join(f"<img src=/{i}.png>" for i in range(MAX_REQUISITES + 50))
    assert len(found(markup).split(" | ")) == MAX_REQUISITES
    assert len(srcset(",".join(f"{i}.png 1x" for i in range(MAX_CANDIDATES * 3)))) == MAX_CANDIDATES


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    "markup",
    [
        "<img srcset='" + "(" * 500_000 + "'>",
        "<img srcset='" + ", " * 300_000 + "'>",
        "<div>" * 100_000,
        "<img src='" + "a" * 2_000_000 + "'>",
        "<p style='" + "url(" * 300_000 + "'>",
        "<a href='" + "../" * 300_000 + "'>x</a>",
        "<img data-" + "a-" * 200_000 + "src=x>",
        '<iframe srcdoc="' + "<iframe srcdoc=''>" * 20_000 + '">',
    ],
    ids=range(8),
)
@pytest.mark.timeout(20)
def test_hostile_pages_take_linear_time(markup: str) -> None:
    root = parse(markup)
    assert root is not None
    for requisite in requisites.find(root, PAGE):
        assert requisite.url == wire_url(requisite.url)
    outlinks.find(root, PAGE)
