"""Where a page leads."""

from __future__ import annotations

from lxml.html import HtmlElement

from scraper.read import css

MAX_OUTLINKS = 10_000


def find(root: HtmlElement, base_url: str, encoding: str = "utf-8") -> tuple[str, ...]:
    """The http addresses of a page's links, as they go over the wire: in page order, each once, at most MAX_OUTLINKS.

    `base_url` is what relative addresses resolve against (`requisites.base`).
    """
    found: dict[str, None] = {}
    refs: set[str] = set()
    for element in root.iter("a", "area"):
        ref = element.get("href")
        if ref is None or ref in refs:
            continue
        refs.add(ref)
        url = css.resolve(base_url, ref, encoding)
        if url is not None:
            found[url] = None
            if len(found) >= MAX_OUTLINKS:
                break
    return tuple(found)
