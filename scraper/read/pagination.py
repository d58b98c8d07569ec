"""Links that may lead to the further pages of an article; `scraper.paging` tells which do."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from scraper.read import css

MOST = 60
_NUMBER = re.compile(r"[0-9]{1,2}")


def find(root: HtmlElement, base_url: str, encoding: str = "utf-8") -> tuple[str, ...]:
    """Where `rel=next` leads and links whose text is a number, in page order, each once, at most MOST."""
    found: dict[str, None] = {}
    for element in root.iter("link", "a"):
        ref = element.get("href")
        if not ref or not (_is_next(element) or (element.tag == "a" and _is_number(element))):
            continue
        url = css.resolve(base_url, ref, encoding)
        if url is not None:
            found[url] = None
            if len(found) >= MOST:
                break
    return tuple(found)


def _is_next(element: HtmlElement) -> bool:
    rel = element.get("rel")
    return bool(rel) and "next" in rel.lower().split()


def _is_number(element: HtmlElement) -> bool:
    own = (element.text or "").lstrip()
    if len(element) > 3 or not (own[:1].isdigit() or not own):
        return False
    text = element.text_content()
    return len(text) < 40 and _NUMBER.fullmatch(text.strip()) is not None
