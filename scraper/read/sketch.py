"""The outline of a page that a check of links holds against others: what can be seen on it, where it leads, and whether
it has a door, that is, something to press or fill in. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urljoin

from lxml.html import HtmlElement

from scraper.read import outlinks, signals
from scraper.read.outline import Outline
from scraper.read.reading import Sketch

MOST_TEXT = 300_000
MOST_LINKS = 2000
MOST_ALTERNATES = 100
_SEARCH = ("search", "query", "suche", "buscar", "recherche", "keyword", "keywords", "term", "q", "s", "wd", "text")
_PRESSED = frozenset(("submit", "button", "image"))
_FILLED = frozenset(("password", "email", "tel"))


def find(outline: Outline, base: str, encoding: str) -> Sketch:
    """The sketch of a parsed page; `base` is what relative addresses resolve against."""
    text = " ".join(" ".join(signals.visible(outline)).split())[:MOST_TEXT]
    searches = {inner for form in outline.iter("form") if _is_search(form) for inner in form.iterdescendants()}
    buttons = sum(1 for each in outline.iter("button") if each not in searches)
    fields = []
    for each in outline.iter("input"):
        kind = (each.get("type") or "text").lower()
        if each in searches:
            continue
        buttons += kind in _PRESSED
        if kind in _FILLED:
            fields.append(kind)
    return Sketch(
        title=signals.title(outline) or "",
        text=text,
        links=outlinks.find(outline, base, encoding)[:MOST_LINKS],
        buttons=buttons,
        fields=tuple(fields[:20]),
        posts=sum(1 for form in outline.iter("form") if (form.get("method") or "").lower() == "post"),
        frames=sum(1 for _ in outline.iter("iframe")),
        language=next((_primary(each.get("lang") or each.get("xml:lang")) for each in outline.iter("html")), ""),
        alternates=tuple(_alternates(outline, base))[:MOST_ALTERNATES],
    )


def _alternates(outline: Outline, base: str) -> Iterator[tuple[str, str]]:
    for each in outline.iter("link"):
        language, address = _primary(each.get("hreflang")), (each.get("href") or "").strip()
        if not language or not address or "alternate" not in (each.get("rel") or "").lower().split():
            continue
        with suppress(ValueError):
            yield language, urljoin(base, address)


def _primary(tag: str | None) -> str:
    """The primary subtag of a language tag (BCP 47)."""
    return re.split(r"[-_]", (tag or "").strip().lower(), maxsplit=1)[0][:8]


def _is_search(form: HtmlElement) -> bool:
    """A form that looks for something: it has one field to write in, or says what it is."""
    if (form.get("role") or "").lower() == "search":
        return True
    if (form.get("method") or "get").lower() != "get":
        return False
    kinds = [(each.get("type") or "text").lower() for each in form.iter("input")]
    if _FILLED.intersection(kinds):
        return False
    names = [(each.get("name") or "").lower() for each in form.iter("input")]
    return kinds.count("text") + kinds.count("search") == 1 or any(name in _SEARCH for name in names)
