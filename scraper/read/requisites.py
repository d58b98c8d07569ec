"""What a page needs to be seen, as its tree tells: pictures, style sheets, scripts, fonts, frames, icons, media.

Every candidate is taken, not only those that one screen would load: replay shows the page on any screen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from lxml import etree, html
from lxml.html import HtmlElement

from archive.deferring import deferred
from archive.urls import join, wire_url
from scraper.read import css
from scraper.read.outline import outlined
from scraper.read.reading import Requisite, RequisiteKind

MAX_REQUISITES = 5000
MAX_CANDIDATES = 200
_SRCDOC_LIMIT = 500_000

_CANDIDATE = deferred(r"[\s,]*+(\S++)")
_DESCRIPTORS = deferred(r"(?:[^,(]|\([^)]*+\)?)*+")
_TEMPLATE = deferred(r"\{\{|\$\{|<%|\{[a-zA-Z_]{1,30}\}|%7B%7B", re.I)
_SCRIPT_TYPE = deferred(r"\A\Z|javascript|ecmascript|\Amodule\Z|jscript|livescript", re.I)
_PICTURE_NAME = deferred(r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp|ico)(?:[?#]|\Z)", re.I)
_LAZY = frozenset(
    ("data-src", "data-original", "data-lazy", "data-echo", "data-image", "data-flickity-lazyload", "lowsrc")
)
_SHARED_IMAGES = frozenset(
    ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src", "twitter:image0")
)
_PRELOADED: dict[str, RequisiteKind] = {
    "style": "style",
    "image": "image",
    "script": "script",
    "worker": "script",
    "font": "font",
    "video": "media",
    "audio": "media",
    "track": "media",
    "document": "frame",
}
_LAZY_NAME = deferred(r"data-[a-z0-9-]{0,40}-?src\Z")
_SPACED = deferred(r"\s")
_XLINK = "{http://www.w3.org/1999/xlink}href"
_ANYWHERE = frozenset(
    ("style", "background", "data-bg", "data-background", "data-background-image", "data-bgset", "data-bg-src")
)


def find(root: HtmlElement, url: str, encoding: str = "utf-8") -> tuple[Requisite, ...]:
    """The requisites of a parsed page that answered at `url`: in page order, each once, at most MAX_REQUISITES.

    `encoding` is that of the bytes that the page was decoded from.
    """
    finder = _Finder(base(root, url), encoding)
    finder.walk(root)
    return tuple(Requisite(address, kind) for address, kind in finder.found.items())


def base(root: HtmlElement, url: str) -> str:
    """What relative addresses of the page resolve against: its first `base` with an address, else its own address; as
    `css.bounded` has it."""
    for element in root.iter("base"):
        href = element.get("href")
        if href is not None:
            try:
                wire_url(join(url, href))
            except ValueError:
                return css.bounded(url)
            return css.bounded(join(url, href))
    return css.bounded(url)


def srcset(value: str) -> tuple[str, ...]:
    """The addresses in a `srcset` value (WHATWG HTML, "parse a srcset attribute"), at most MAX_CANDIDATES."""
    found: list[str] = []
    at = 0
    while len(found) < MAX_CANDIDATES and (match := _CANDIDATE.match(value, at)):
        address = match.group(1)
        at = match.end()
        if address.endswith(","):
            address = address.rstrip(",")
        else:
            rest = _DESCRIPTORS.match(value, at)
            at = rest.end() if rest else at
        if address:
            found.append(address)
    return tuple(found)


def _is_template(ref: str) -> bool:
    """Whether a script would have filled something in."""
    return ("{" in ref or "<%" in ref or "%7" in ref) and _TEMPLATE.search(ref) is not None


class _Finder:
    """Gathers the requisites of one document."""

    def __init__(self, base_url: str, encoding: str, nested: bool = False) -> None:
        self.found: dict[str, RequisiteKind] = {}
        self._base = base_url
        self._encoding = encoding
        self._nested = nested
        self._by_tag: dict[str, Callable[[HtmlElement], None]] = {
            "img": self._picture,
            "amp-img": self._picture,
            "source": self._source,
            "link": self._link,
            "script": self._script,
            "style": self._style,
            "iframe": self._frame,
            "amp-iframe": self._frame,
            "frame": self._frame,
            "embed": lambda e: self._take(e, ("src",), "frame"),
            "object": lambda e: self._take(e, ("data",), "frame"),
            "input": self._input,
            "video": self._video,
            "amp-video": self._video,
            "audio": lambda e: self._take(e, ("src", "data-src"), "media"),
            "track": lambda e: self._take(e, ("src",), "media"),
            "image": lambda e: self._take(e, ("href", "xlink:href", _XLINK, "src"), "image"),
            "feimage": lambda e: self._take(e, ("href", "xlink:href", _XLINK), "image"),
            "use": lambda e: self._take(e, ("href", "xlink:href", _XLINK), "image"),
            "meta": self._meta,
        }

    def walk(self, root: HtmlElement) -> None:
        by_tag = self._by_tag
        outline = outlined(root)
        bearing = frozenset(outline.having(*_ANYWHERE))
        for element in outline.nodes:
            taker = by_tag.get(element.tag)
            if taker is not None:
                taker(element)
            if element in bearing:
                self._any(element)
            if len(self.found) >= MAX_REQUISITES:
                return

    def _add(self, ref: str | None, kind: RequisiteKind) -> None:
        if ref and len(self.found) < MAX_REQUISITES and not (len(ref) < 4096 and _is_template(ref)):
            url = css.resolve(self._base, ref, self._encoding)
            if url is not None:
                self.found.setdefault(url, kind)

    def _take(self, element: HtmlElement, names: Iterable[str], kind: RequisiteKind) -> None:
        for name in names:
            self._add(element.get(name), kind)

    def _set(self, value: str | None) -> None:
        for ref in srcset(value) if value else ():
            self._add(ref, "image")

    def _sheet(self, text: str) -> None:
        for requisite in css.refs(text, self._base, self._encoding):
            if len(self.found) < MAX_REQUISITES and not _is_template(requisite.url[:4096]):
                self.found.setdefault(requisite.url, requisite.kind)

    def _any(self, element: HtmlElement) -> None:
        """What any element may bear."""
        for name, value in element.items():
            if name not in _ANYWHERE or not value:
                continue
            if name == "style" or "url(" in value[:4096].lower():
                if "(" in value:
                    self._sheet(value)
            elif name == "data-bgset":
                self._set(value)
            elif name == "background" or name == "data-bg-src" or _PICTURE_NAME.search(value[:4096]):
                self._add(value, "image")

    def _picture(self, element: HtmlElement) -> None:
        for name, value in element.items():
            if name == "src":
                self._add(value, "image")
            elif name.endswith("srcset"):
                self._set(value)
            elif (name in _LAZY or _LAZY_NAME.match(name)) and not _SPACED.search(value.strip()):
                self._add(value, "image")

    def _source(self, element: HtmlElement) -> None:
        parent = element.getparent()
        if parent is not None and parent.tag in ("video", "audio", "amp-video", "amp-audio"):
            self._take(element, ("src", "data-src"), "media")
        else:
            self._picture(element)

    def _video(self, element: HtmlElement) -> None:
        self._take(element, ("poster", "data-poster"), "image")
        self._take(element, ("src", "data-src"), "media")

    def _link(self, element: HtmlElement) -> None:
        href = element.get("href")
        for rel in (element.get("rel") or "").lower().split():
            if rel == "stylesheet":
                self._add(href, "style")
            elif rel in ("icon", "mask-icon", "fluid-icon") or rel.startswith("apple-touch-"):
                self._add(href, "icon")
            elif rel == "preload":
                self._set(element.get("imagesrcset"))
                self._add(href, _PRELOADED.get((element.get("as") or "").strip().lower(), "other"))
            elif rel == "modulepreload":
                self._add(href, "script")
            elif rel == "manifest":
                self._add(href, "manifest")
            elif rel == "image_src":
                self._add(href, "image")

    def _script(self, element: HtmlElement) -> None:
        if _SCRIPT_TYPE.search((element.get("type") or "").strip()):
            self._add(element.get("src"), "script")
            self._take(element, ("href", "xlink:href"), "script")

    def _style(self, element: HtmlElement) -> None:
        if element.text:
            self._sheet(element.text)

    def _frame(self, element: HtmlElement) -> None:
        self._take(element, ("src", "data-src", "data-lazy-src"), "frame")
        inner = element.get("srcdoc")
        if inner and inner.strip() and not self._nested and len(inner) < _SRCDOC_LIMIT:
            self._document(inner)

    def _document(self, source: str) -> None:
        try:
            root = html.document_fromstring(source)
        except (etree.LxmlError, ValueError):
            return
        finder = _Finder(base(root, self._base), self._encoding, nested=True)
        finder.walk(root)
        for url, kind in finder.found.items():
            self.found.setdefault(url, kind)

    def _input(self, element: HtmlElement) -> None:
        if (element.get("type") or "").strip().lower() == "image":
            self._add(element.get("src"), "image")

    def _meta(self, element: HtmlElement) -> None:
        name = (element.get("property") or element.get("name") or "").strip().lower()
        if name in _SHARED_IMAGES:
            self._add(element.get("content"), "image")
        elif name == "msapplication-tileimage":
            self._add(element.get("content"), "icon")
