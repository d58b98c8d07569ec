"""A small web made to be hard to keep: whatever a page can need to be seen, in the forms that archives lose.

Two hosts. Each picture has a size and colour of its own, so that the one that is shown can be told from the others; the
font, made for this, has a block for each letter, two em wide, so that a measured width tells whether it was used.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from tests.site import Connection, Request, Web

PNG = (("Content-Type", "image/png"),)
SITE, CDN = "https://news.test", "https://cdn.test"
FONT = (Path(__file__).parent / "data" / "replay" / "blocks.woff").read_bytes()
WORDS = "The pier was rebuilt in spring, and the council paid for all of it from one fund. " * 4
RUSSIAN = "Мост открыли весной, и город заплатил за него из одного фонда, сказал мэр в среду. " * 4
JAPANESE = "桟橋は春に再建され、町議会はその費用をすべて一つの基金から支払ったと発表した。" * 8
GERMAN = "Die Brücke wurde im Frühling größer gebaut, für fünf Straßen und über Süßwasser. " * 4


class HardPage(Struct, frozen=True):
    """`words` are to be found in its text, in a viewer's search too. `pictures` is how many `img` elements it has, but
    for those of frames; `fonts` are those that it uses."""

    url: str
    title: str
    words: str
    pictures: int
    fonts: tuple[str, ...] = ()


MAIN = HardPage(f"{SITE}/2026/pier", "The pier in pictures", "rebuilt in spring", 14, ("Blocks", "Imported"))
CYRILLIC = HardPage(f"{SITE}/ru/most", "Мост открыли", "сказал мэр", 2)
SHIFTED = HardPage(f"{SITE}/ja/sanbashi", "桟橋の再建", "町議会", 1)
LATIN = HardPage(
    f"{SITE}/{quote('größe')}/{quote('brücke')}?seite=1&q=a+b%20c&leer=", "Über die Brücke", "Süßwasser", 3
)
BASED = HardPage(f"{SITE}/based/deep/page.html", "Addresses with a base", "from one fund", 2)
TWIN = HardPage(f"{SITE}/2026/twin", "The other story", "rebuilt in spring", 2, ("Blocks",))
ENCODED = HardPage(f"{SITE}/ru/nomer", "Адреса", "сказал мэр", 1)
"""Asks for addresses whose queries are in the page's encoding, which viewers mix up as they rewrite it."""
PAGES = (MAIN, CYRILLIC, SHIFTED, LATIN, BASED, TWIN)
MOVED = f"{SITE}/old/pier"
"""Leads to MAIN over two hops, one of them on the other host."""
GONE = f"{SITE}/2026/gone"


def picture(width: int, height: int, colour: int) -> bytes:
    """A PNG of one colour, 0xRRGGBB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + colour.to_bytes(3, "big") * width
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(row * height))
        + chunk(b"IEND", b"")
    )


def _story(title: str, head: str, body: str, words: str = WORDS, language: str = "en") -> str:
    return (
        f'<!doctype html><html lang={language}><head><title>{title}</title><meta property="og:type" content="article">'
        f"{head}</head><body style='width: 800px'><article>"
        f"<h1>{title}</h1><p id=lead>{words}</p>{body}<p>{words}</p><p>{words}</p>"
        "</article></body></html>"
    )


_MAIN_HEAD = f"""<meta charset=utf-8><link rel=icon href=/icon.png>
<link rel=stylesheet href="/css/site.css?v=2">
<link rel=stylesheet href="{CDN}/latest.css">
<link rel=preload as=image imagesrcset="img/pre-1.png 1x, img/pre-2.png 2x">
<style>#inline {{ background: url( 'img/style\\.png' ); height: 20px }}
@media (max-width: 100px) {{ #inline {{ background: url(img/narrow.png) }} }}</style>
<script src="{CDN}/lazy.js" defer></script>"""

_MAIN_BODY = f"""
<img id=plain src="img/plain.png" alt="">
<img id=density srcset="img/d1.png 1x, img/d2.png 2x" src="img/d0.png" alt="">
<img id=widths srcset="img/w1,a.png 100w,img/w2.png 2000w" sizes="800px" src="img/w0.png" alt="">
<picture><source media="(min-width: 9000px)" srcset="img/never.png"><source type="image/webp-none" srcset="img/no.webp">
<source media="(min-width: 10px)" srcset="{CDN}/img/source.png 1x, {CDN}/img/source-2.png 2x">
<img id=picture src="img/fallback.png" alt=""></picture>
<img id=cdn src="//cdn.test/img/cdn.png" alt="">
<img id=moved src="img/moved.png" alt="">
<img id=query1 src="/render?id=5&amp;w=100" alt=""><img id=query2 src="/render?id=6&amp;w=100&amp;empty=" alt="">
<img id=accent src="/bilder/größe am fluß.png" alt=""><img id=escaped src="/bilder/%C3%BCber%2Fall.png" alt="">
<img id=chunked src="img/chunked.png" alt="">
<input id=input type=image src="img/input.png" alt="">
<div id=attribute style="background-image: url(&quot;img/attribute.png?a=1&amp;b=2&quot;); height: 20px"></div>
<div id=inline></div><div id=linked></div><div id=imported></div><div id=deep></div><div id=layered></div>
<div id=shared></div><div id=set></div>
<p id=font>block letters</p><p id=second>imported letters</p>
<svg width=40 height=20><image id=svgimage href="img/svg.png" width=40 height=20 /></svg>
<svg width=20 height=20><use href="/sprite.svg#dot" /></svg>
<iframe id=frame src="/frame/inner.html" width=300 height=120></iframe>
<iframe id=foreign src="{CDN}/embed?id=1" width=300 height=120></iframe>
<iframe id=doc srcdoc="<style>p {{ color: rgb(9, 8, 7) }}</style><p>in a srcdoc<img src='img/srcdoc.png'>"></iframe>
<iframe id=missing src="/frame/404.html" width=300 height=80></iframe>
<div id=far style="height: 9000px">far down</div>
<img id=native loading=lazy src="img/native.png" alt="">
<img id=swapped class=lazy src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
 data-src="{CDN}/img/swapped.png" alt="">
<img id=swapset class=lazy data-srcset="img/s1.png 1x, img/s2.png 2x" alt="">
<div id=bg data-bg="img/bg.png" style="height: 20px"></div>
<noscript><img src="img/noscript.png" alt=""></noscript>"""

_LAZY = """for (const one of document.querySelectorAll("[data-src], [data-srcset], [data-bg]")) {
  if (one.dataset.src) one.src = one.dataset.src;
  if (one.dataset.srcset) one.srcset = one.dataset.srcset;
  if (one.dataset.bg) one.style.backgroundImage = "url(" + one.dataset.bg + ")";
}"""

_SHEETS = {
    "news.test": {
        "/css/site.css?v=2": '@charset "utf-8"; /* @import "never.css"; */ @import "a/first.css" screen;'
        "@import url(../css/layer.css?x=1) layer(base);"
        "#linked { background: url(../2026/img/linked.png); height: 20px }"
        "@font-face { font-family: Blocks; src: url('/fonts/blocks.eot');"
        "src: url('/fonts/blocks.eot?#iefix') format('embedded-opentype'),"
        "url('/fonts/blocks.woff?#iefix') format('woff') }"
        "#font { font: 20px Blocks; width: max-content } #lead::before { content: '\\2014 '; color: rgb(200, 1, 2) }"
        f"#set {{ background: image-set(url(/2026/img/set-1.png) 1x, url({CDN}/img/set-2.png) 2x); height: 20px }}",
        "/css/a/first.css": "@import 'b/second.css'; #imported { background: url(one.png); height: 20px }",
        "/css/a/b/second.css": f"@import url({CDN}/third.css); #lead {{ color: rgb(1, 2, 3) }}",
        "/css/layer.css?x=1": "#layered { width: 88px; background: url(layered.png); height: 20px }",
    },
    "cdn.test": {
        "/third.css": "@import '//news.test/css/fourth.css'; #deep { background: url(img/deep.png); height: 20px }",
        "/v3/shared.css": "#shared { width: 66px; background: url(shared.png); height: 20px }"
        "h1 { color: rgb(3, 4, 5) }",
    },
}
_FOURTH = (
    "@font-face { font-family: Imported; src: url(../fonts/second.woff) }"
    "#second { font: 18px Imported; width: max-content }"
)

_NEWS_PICTURES = """
    /icon.png /2026/img/style.png /2026/img/narrow.png /2026/img/plain.png /2026/img/d0.png /2026/img/d1.png
    /2026/img/d2.png /2026/img/w0.png /2026/img/w1,a.png /2026/img/w2.png /2026/img/never.png /2026/img/fallback.png
    /render?id=5&w=100 /render?id=6&w=100&empty= /2026/img/input.png /2026/img/attribute.png?a=1&b=2
    /2026/img/linked.png /css/a/one.png /css/layered.png /2026/img/set-1.png /2026/img/svg.png /2026/img/srcdoc.png
    /2026/img/native.png /2026/img/s1.png /2026/img/s2.png /2026/img/bg.png /2026/img/noscript.png
    /2026/img/pre-1.png /2026/img/pre-2.png /frame/inner.png /frame/bg.png /bilder/%C3%BCber%2Fall.png
    /bilder/gr%C3%B6%C3%9Fe%20am%20flu%C3%9F.png /2026/twin.png /ja/sanbashi.png /base/x/relative.png
    /base/x/style.png /gr%C3%B6%C3%9Fe/own.png /gr%C3%B6%C3%9Fe/br%C3%BCcke/%C3%BC.png
    /pic?name=gr%C3%B6%C3%9Fe
    /ru/most.png /ru/pic?name=%EC%EE%F1%F2 /ru/pic?in=%F1%F2%E8%EB%FC /ru/pic?in=%EB%E8%F1%F2
"""
_CDN_PICTURES = """
    /img/source.png /img/source-2.png /img/cdn.png /img/target.png /img/set-2.png /img/deep.png /img/swapped.png
    /v3/shared.png /embed.png
"""
_PICTURES = {"news.test": _NEWS_PICTURES.split(), "cdn.test": _CDN_PICTURES.split()}


class HardSite:
    """The web, and whether it tells validators: with them a second visit meets 304s, without them equal payloads."""

    def __init__(self) -> None:
        self.web = Web()
        for host, paths in _PICTURES.items():
            for number, path in enumerate(paths):
                size = 30 + number + (50 if host == "cdn.test" else 0)
                colour = (0x3355AA + number * 0x1F2E3D) & 0xFFFFFF
                self._put(host, path, picture(size, 24 + number % 7, colour), "image/png", number)
        chunked = picture(77, 33, 0x114411)
        self.web.host("news.test").route(
            "/2026/img/chunked.png", lambda connection, _: connection.chunked(200, (chunked[:50], chunked[50:]), PNG)
        )
        for host, sheets in _SHEETS.items():
            for number, (path, text) in enumerate(sheets.items()):
                self._put(host, path, text.encode(), "text/css", number)
        self._put("news.test", "/css/fourth.css", _FOURTH.encode(), "text/css", 0, zip=True)
        self._put("cdn.test", "/lazy.js", _LAZY.encode(), "text/javascript", 1, zip=True)
        for number, path in enumerate(("/fonts/blocks.woff?", "/fonts/second.woff")):
            self._put("news.test", path, FONT, "font/woff", number)
        sprite = '<svg xmlns="http://www.w3.org/2000/svg"><circle id="dot" cx="10" cy="10" r="9" fill="#a33" /></svg>'
        self._put("news.test", "/sprite.svg", sprite.encode(), "image/svg+xml", 0)
        self._redirects()
        self._frames()
        self._pages()

    def _redirects(self) -> None:
        news, cdn = self.web.host("news.test"), self.web.host("cdn.test")
        news.redirect("/old/pier", f"{CDN}/short/1", 301)
        cdn.redirect("/short/1", MAIN.url, 302)
        news.redirect("/2026/img/moved.png", f"{CDN}/img/moved.png", 307)
        cdn.redirect("/img/moved.png", "target.png")
        cdn.redirect("/latest.css", "/v3/shared.css")

    def _frames(self) -> None:
        inner = (
            "<!doctype html><title>frame</title><style>p { color: rgb(7, 8, 9); background: url(bg.png) }</style>"
            '<p id=inner>inside the frame<img id=innerpic src="inner.png" alt="">'
            f'<iframe id=deeper src="{CDN}/embed?id=2" width=200 height=60></iframe>'
        )
        self._put("news.test", "/frame/inner.html", inner.encode(), "text/html; charset=utf-8", 1)
        for n in (1, 2):
            embed = f'<!doctype html><p id=embed>embedded {n} <img src="embed.png" alt="">'
            self._put("cdn.test", f"/embed?id={n}", embed.encode(), "text/html; charset=utf-8", 0)
        missing = "<!doctype html><title>404</title><p id=lost>this frame is lost"
        self.web.host("news.test").page("/frame/404.html", missing, status=404)
        self.web.host("news.test").page("/2026/gone", "<title>404</title><h1>gone", status=404)

    def _pages(self) -> None:
        html = "text/html"
        self._put(
            "news.test",
            "/2026/pier",
            _story(MAIN.title, _MAIN_HEAD, _MAIN_BODY).encode(),
            f"{html}; charset=utf-8",
            1,
            zip=True,
        )
        body = '<img id=own src="most.png" alt=""><img id=again src="/2026/img/plain.png" alt="">'
        text = _story(CYRILLIC.title, "", body, RUSSIAN, "ru").encode("windows-1251")
        self._put("news.test", "/ru/most", text, f"{html}; charset=windows-1251", 0)
        head = '<link rel=stylesheet href="sheet.css"><style>#lead { background: url("pic?in=стиль") }</style>'
        body = '<img id=named src="pic?name=мост" alt="">'
        text = _story(ENCODED.title, head, body, RUSSIAN, "ru").encode("windows-1251")
        self._put("news.test", "/ru/nomer", text, f"{html}; charset=windows-1251", 0)
        sheet = '@charset "windows-1251"; h1 { background: url("pic?in=лист") }'.encode("windows-1251")
        self._put("news.test", "/ru/sheet.css", sheet, "text/css", 1)
        head = '<meta http-equiv=Content-Type content="text/html; charset=Shift_JIS">'
        # The title comes before the meta element that says how to read it.
        text = _story(SHIFTED.title, head, '<img id=own src="sanbashi.png" alt="">', JAPANESE, "ja").encode("shift_jis")
        self._put("news.test", "/ja/sanbashi", text, html, 1)
        body = (
            '<img id=own src="own.png" alt=""><img id=path src="br%C3%BCcke/%C3%BC.png" alt="">'
            '<img id=query src="/pic?name=gr%C3%B6%C3%9Fe" alt="">'
        )
        text = _story(LATIN.title, "<meta charset=iso-8859-1>", body, GERMAN, "de").encode("latin-1")
        self._put("news.test", LATIN.url.removeprefix(SITE), text, html, 1, zip=True)
        head = "<base href=/base/x/><style>#styled { background: url(style.png); height: 20px }</style>"
        body = '<img id=based src="relative.png" alt=""><img id=rooted src="/2026/img/plain.png" alt="">'
        body += "<div id=styled></div>"
        self._put(
            "news.test", "/based/deep/page.html", _story(BASED.title, head, body).encode(), f"{html}; charset=utf-8", 0
        )
        head = f'<link rel=stylesheet href="/css/site.css?v=2"><link rel=stylesheet href="{CDN}/latest.css">'
        body = (
            '<img id=own src="twin.png" alt=""><img id=moved src="img/moved.png" alt="">'
            "<p id=font>block letters</p><div id=shared></div><div id=deep></div>"
        )
        self._put("news.test", "/2026/twin", _story(TWIN.title, head, body).encode(), f"{html}; charset=utf-8", 1)

    def _put(self, host: str, path: str, body: bytes, type: str, number: int, *, zip: bool = False) -> None:
        """Every other one has a validator, so that half are found unchanged by a 304 and half by their payload. What
        is zipped comes in chunks too."""
        headers = [("Content-Type", type)]
        if type.startswith("font/"):
            headers.append(("Access-Control-Allow-Origin", "*"))
        tag = f'"{zlib.crc32(body):x}"' if number % 2 else None
        if tag is not None:
            headers.append(("ETag", tag))
        if zip:
            body = gzip.compress(body, mtime=0)
            headers.append(("Content-Encoding", "gzip"))

        def answer(connection: Connection, request: Request) -> None:
            if tag is not None and request.header("If-None-Match") == tag:
                connection.respond(304, headers=headers)
            elif zip:
                connection.chunked(200, (body[:99], body[99:]), headers)
            else:
                connection.respond(200, body, headers)

        self.web.host(host).route(path, answer)
