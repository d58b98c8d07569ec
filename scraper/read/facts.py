"""What a page states about itself in its head and in JSON-LD, gathered once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from msgspec import Struct, field

from archive.deferring import deferred
from archive.inline import clean_inline
from scraper.read.tree import Node, key_of

_MAX_JSON = 4 * 1024 * 1024
_MAX_OBJECTS = 5000
_MAX_DEPTH = 40
_MAX_FRAGMENT = 200_000
_MARKUP = deferred(r"</?[a-zA-Z][^<>]{0,2000}>")
_BLOCK = deferred(r"</?(?:p|br|div|li|h[1-6]|blockquote|tr)\b", re.IGNORECASE)
_ARTICLE = deferred(r"(?:Article|Posting|Report|Review|Analysis|Opinion|Liveblog|Interview|Recipe)\Z", re.I)
_TRAILING_COMMA = deferred(r",(?=\s{0,200}[}\]])")
_CONTROL = deferred(r"[\x00-\x1f]+")

Json = Any


class Facts(Struct, frozen=True):
    """`metas`: name, property or itemprop in lower case to its contents, in page order. `articles`: the JSON-LD objects
    that are articles, the likeliest first; `objects` all of them, by `@id` where they have one."""

    metas: dict[str, list[str]] = field(default_factory=dict)
    articles: tuple[dict[str, Json], ...] = ()
    objects: tuple[dict[str, Json], ...] = ()
    by_id: dict[str, dict[str, Json]] = field(default_factory=dict)
    title_tag: str = ""
    base: str | None = None
    canonical: str | None = None
    language: str | None = None

    def meta(self, *names: str) -> str | None:
        """The first content that one of the names has; the names in order of preference."""
        return next((value for name in names for value in self.metas.get(name, ()) if value), None)

    def ld(self, *names: str) -> Json:
        """The first value that an article of the JSON-LD has under one of the names."""
        for name in names:
            for article in self.articles:
                value = article.get(name)
                if value not in (None, "", [], {}):
                    return value
        return None

    def resolved(self, value: Json) -> Json:
        """A JSON-LD reference replaced by what it refers to."""
        if isinstance(value, dict) and isinstance(value.get("@id"), str) and not value.get("name"):
            return self.by_id.get(value["@id"], value)
        return value


def gather(tree: Node) -> Facts:
    metas: dict[str, list[str]] = {}
    for node in tree.iter("meta"):
        content = node.get("content")
        if content is None:
            continue
        for attribute in ("property", "name", "itemprop"):
            name = node.get(attribute)
            if name:
                values = metas.setdefault(name.strip().lower()[:100], [])
                if len(values) < 200:
                    values.append(content.strip())
    objects = list(_objects(tree))
    by_id: dict[str, dict[str, Json]] = {}
    for found in objects:
        identity = found.get("@id")
        if isinstance(identity, str) and len(found) > len(by_id.get(identity, ())):
            by_id[identity] = found
    title = next((node for node in tree.iter("title") if getattr(node.getparent(), "tag", "") != "svg"), None)
    canonical = _canonical(tree)
    told = frozenset(filter(None, (canonical, *metas.get("og:url", ())[:1])))
    named = frozenset(key_of(value) for name in ("og:title", "twitter:title") for value in metas.get(name, ())[:1])
    base = next((node.get("href") for node in tree.iter("base") if node.get("href")), None)
    return Facts(
        metas=metas,
        articles=tuple(sorted(filter(is_article, objects), key=lambda found: _strangeness(found, told, named))),
        objects=tuple(objects),
        by_id=by_id,
        title_tag=clean_inline(title.text_content()) if title is not None else "",
        base=base,
        canonical=canonical,
        language=tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang"),
    )


def _canonical(tree: Node) -> str | None:
    for node in tree.iter("link"):
        if "canonical" in (node.get("rel") or "").lower().split() and (node.get("href") or "").strip():
            return str(node.get("href"))
    return None


def _strangeness(found: dict[str, Json], addresses: frozenset[str], titles: frozenset[str]) -> int:
    """0 for an object that is about the page's own address or has its title; more for what may be another story's."""
    whole = found.get("mainEntityOfPage")
    own = [found.get("url"), found.get("@id"), whole.get("@id") if isinstance(whole, dict) else whole]
    if any(isinstance(address, str) and address.partition("#")[0] in addresses for address in own):
        return 0
    headline = key_of(text(found.get("headline") or found.get("name")) or "")
    if headline and any(headline in title or title in headline for title in titles if title):
        return 0
    return 1 if found.get("headline") or found.get("datePublished") or found.get("author") else 2


def is_article(found: dict[str, Json]) -> bool:
    return any(_ARTICLE.search(kind) for kind in types(found))


def types(found: dict[str, Json]) -> tuple[str, ...]:
    """The object's types without their namespace."""
    kinds = found.get("@type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return tuple(re.split(r"[/#:]", kind)[-1] for kind in listed if isinstance(kind, str))


def text(value: Json) -> str | None:
    """A JSON-LD value as one line of text; the first of a list."""
    if isinstance(value, list):
        return next(filter(None, map(text, value)), None)
    if isinstance(value, dict):
        return text(value.get("@value") or value.get("name") or value.get("text"))
    if isinstance(value, str):
        return clean_inline(fragment_text(unescape(value))) or None
    return None


def fragment_text(value: str) -> str:
    """The text of a piece of HTML, as publishers put into their structured data: entities undone, a line a block."""
    if not _MARKUP.search(value):
        return unescape(value)
    # Loaded here: few pages need it, and it takes as long to load as a page to read.
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(_BLOCK.sub(r"\n\g<0>", value[:_MAX_FRAGMENT]), "html.parser")
    for hidden in soup(["script", "style", "template"]):
        hidden.decompose()
    return soup.get_text()


def _objects(tree: Node) -> Iterator[dict[str, Json]]:
    count = 0
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        raw = script.text_content()
        if not raw or len(raw) > _MAX_JSON:
            continue
        for found in _walk(_loads(raw), 0):
            count += 1
            if count > _MAX_OBJECTS:
                return
            yield found


def _loads(raw: str) -> Json:
    """JSON as pages hold it: with comments around it, trailing commas, raw line ends inside strings."""
    raw = raw.strip()
    for mark in ("<!--", "//<![CDATA[", "/*<![CDATA[*/", "<![CDATA["):
        raw = raw.removeprefix(mark).strip()
    for mark in ("-->", "//]]>", "/*]]>*/", "]]>", ";"):
        raw = raw.removesuffix(mark).strip()
    if '"' not in raw and "&quot;" in raw:
        raw = unescape(raw)
    for mended in (False, True):
        try:
            return json.loads(_TRAILING_COMMA.sub("", _CONTROL.sub(" ", raw)) if mended else raw, strict=False)
        except (ValueError, RecursionError):
            continue
    return _several(raw) or _salvaged(raw)


def _several(raw: str) -> list[Json]:
    """Objects that follow one another without a list around them, up to where they cannot be read."""
    found: list[Json] = []
    decoder, at = json.JSONDecoder(strict=False), 0
    while at < len(raw) and len(found) < _MAX_SCRIPT:
        try:
            value, at = decoder.raw_decode(raw, at)
        except (ValueError, RecursionError):
            break
        found.append(value)
        at = _GAP.match(raw, at).end()  # type: ignore[union-attr]  # it matches the empty text as well
    return found


def _salvaged(raw: str) -> Json:
    """The plain properties of an article whose JSON cannot be read, mostly for a quotation mark inside a text."""
    kind = _KIND.search(raw)
    if kind is None or not _ARTICLE.search(kind.group(1)):
        return None
    found: dict[str, Json] = {"@type": kind.group(1)}
    for name, value in _PLAIN.findall(raw[:_MAX_FRAGMENT]):
        found.setdefault(name, value)
    if author := _AUTHOR.search(raw):
        found["author"] = [{"@type": "Person", "name": name} for name in _NAMED.findall(author.group(1))]
    return found


_MAX_SCRIPT = 100
_GAP = deferred(r"[\s,;]*")
_KIND = deferred(r'"@type"\s*:\s*\[?\s*"([A-Za-z]{3,40})"')
_PLAIN = deferred(r'"(headline|datePublished|dateModified|dateCreated)"\s*:\s*"([^"\\\n]{1,500})"\s*[,}\n]')
_AUTHOR = deferred(r'"author"\s*:\s*(\[[^\]]{0,2000}\]|\{[^{}]{0,1000}\})')
_NAMED = deferred(r'"name"\s*:\s*"([^"\\\n]{1,120})"')


def _walk(value: Json, depth: int) -> Iterator[dict[str, Json]]:
    """All objects, an article before what it holds; articles inside lists of other stories are left out."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in ("@graph", "mainEntity", "mainEntityOfPage", "author", "publisher", "image", "hasPart"):
            inner = value.get(name)
            if isinstance(inner, dict | list):
                yield from _walk(inner, depth + 1)
