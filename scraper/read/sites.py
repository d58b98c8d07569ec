"""The names that a site goes by, and titles without them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from archive.deferring import deferred
from archive.inline import clean_inline
from scraper.read.facts import Facts, text, types
from scraper.read.tree import key_of, size_of
from scraper.read.vocabulary import words

_METAS = ("og:site_name", "application-name", "apple-mobile-web-app-title", "twitter:site", "publisher", "dc.publisher")
_SITES = words("WebSite NewsMediaOrganization")
_NO_NAMES = words("www m mobile amp edition co com org net gov edu ac or ne go news en de fr es it pt ru web gob nom")
_ARTICLE = deferred(r"(?:the|le|la|el|il|der|die|das|de|o)(?=\w{4})")
_GENERIC = deferred(
    r"(?:news|online|com|tv|newspaper|magazine|digital|web|website|nachrichten|noticias|notícias|actualité|новости|онлайн"
    r"|新闻|新聞|ニュース|オンライン|網|网|뉴스|نیوز)\Z",
)
_SHORTEST = 10
_SEPARATOR = deferred(r"\s+[|\-–—·•»«:/~>›・∙⋅]{1,3}\s+|\s*[|｜丨¦»›]\s*|\s*[：_]\s*|\s*--+\s*|(?<=\S)-\s+")
_BARS = frozenset("|｜丨¦»›_")
_ENDS = " |｜丨¦-–—·•»«›:：/~_・"


def names(facts: Facts, url: str = "") -> frozenset[str]:
    """The keys of all names that the page gives its site, and those of its host."""
    found = {key_of(value) for value in _names(facts) if value}
    return frozenset(key for key in found | set(_of_host(url or facts.canonical or "")) if len(key) > 1)


def _names(facts: Facts) -> Iterator[str | None]:
    for name in _METAS:
        yield from facts.metas.get(name, ())
    yield text(facts.resolved(facts.ld("publisher")))
    for found in facts.objects:
        if _SITES.intersection(types(found)):
            yield text(found.get("name"))
            yield text(found.get("alternateName"))


def _of_host(url: str) -> Iterator[str]:
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return
    labels = host.split(".")
    if len(labels) < 2:
        return
    named = [label for label in labels[:-1] if label not in _NO_NAMES and len(label) > 2]
    yield from map(key_of, named)
    yield key_of(host.removeprefix("www."))
    yield key_of(".".join(labels[-2:]))


def is_site(value: str, sites: frozenset[str]) -> bool:
    """Whether a short text is one of the names, give or take an article before it or "News", "Online" … after it."""
    key = key_of(value)
    return bool(key) and (
        key in sites or not _bare(key).isdisjoint(sites) or key in {b for s in sites for b in _bare(s)}
    )


@lru_cache(1024)
def _bare(key: str) -> frozenset[str]:
    """A name's key without an article before it, without a word for the trade after it, and without both."""
    found = {_ARTICLE.sub("", key, count=1) if _ARTICLE.match(key) else key}
    return frozenset({bare for name in (key, *found) if len(bare := _GENERIC.sub("", name)) > 2} | found)


def without_site(value: str, sites: frozenset[str], others: frozenset[str], sections: frozenset[str]) -> str:
    """A title without the site's name and the sections at its end or front.

    `others` are the keys of the page's other titles: what one of them says alone is a title; `sections` those of what
    the page is filed under.
    """
    value = clean_inline(value)
    marks = [mark for mark in _SEPARATOR.finditer(value) if mark.start() and mark.end() < len(value)]
    if not marks:
        return value
    for mark in reversed(marks):
        head = value[: mark.start()]
        if size_of(head) >= _SHORTEST and key_of(head) in others:
            return head.rstrip(_ENDS)
    for mark in marks:
        tail = value[mark.end() :]
        if size_of(tail) >= _SHORTEST and key_of(tail) in others and is_site(value[: mark.start()], sites):
            return tail.lstrip(_ENDS)
    return _cut(value, marks, sites, sections)


def _cut(value: str, marks: list[re.Match[str]], sites: frozenset[str], sections: frozenset[str]) -> str:
    end, start = len(value), 0
    for mark in reversed(marks):
        tail, head = value[mark.end() : end], value[: mark.start()]
        bar = mark.group().strip() in _BARS
        if not (
            is_site(tail, sites)
            or (key_of(tail) in sections and mark.group().strip() not in (":", "："))
            or (bar and len(tail.split()) <= 4 and size_of(tail) * 2 <= size_of(head) and "_" not in mark.group())
        ):
            break
        end = mark.start()
    for mark in marks:
        if mark.end() >= end or not is_site(value[start : mark.start()], sites):
            break
        start = mark.end()
    return value[start:end].strip(_ENDS) or value


def sections(facts: Facts) -> frozenset[str]:
    """The keys of what the page files itself under."""
    stated = facts.ld("articleSection")
    listed = stated if isinstance(stated, list) else [stated]
    values = [*facts.metas.get("article:section", ()), *facts.metas.get("section", ()), *map(text, listed[:20])]
    return frozenset(key_of(value) for value in values if value)
