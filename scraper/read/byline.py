"""Who wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from archive.inline import clean_inline
from scraper.read.facts import Facts, Json, text, types
from scraper.read.tree import Node, key_of, label, tag_of, text_of
from scraper.read.vocabulary import joined, named, wording

MAX_AUTHORS = 20
BY = wording(
    """
    by|von|par|por|di|da|av|af|door|przez|yazan|автор|text|texte|texto|autor(?:in)?|words|written by|story by
    |reported by|posted by
    """,
    r"(?:\s{0,3}:\s{0,3}|\s{1,3})(?=\S)",
)
_HAN_BY = re.compile(
    r"(?:作者|撰文|文|(?:本报|本報)?(?:记者|記者))\s{0,3}[:：丨|/／]\s{0,3}|(?:本报|本報)(?:记者|記者)\s{1,3}"
)
_HAN_NAME = re.compile("[\u3400-\u9fff]{2,4}\\Z")
_BETWEEN = re.compile(r"\s*(?:,\s*(?:and|und|et|y|e)\s|[,;/|]|\s&\s|、|・|·|•|\n)\s*", re.IGNORECASE)
_AND = re.compile(r"\s(?:and|und|et|y|e|og|och|en|i|ve|и|with)\s", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S{1,2000}|www\.\S{1,2000}", re.IGNORECASE)
_LONGEST = 2000
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|m\.?d|ph\.?d|esq)\.?\Z", re.IGNORECASE)
_PLACE = re.compile(r"\s(?:in|à|aus|reporting from|from)\s[A-Z][^,]{1,40}\Z")
_ROLE = re.compile(
    joined(
        r"""
        \b(?:staff|writer|reporters?|correspondent|editor|editorial|contributor|columnist|journalist|producer|desk|bureau
        |redaktion|redakteur|newsroom|team|agency|agencies|chief|special|senior|political|business|associate
        |photographer|press)\b
        """
    ),
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"https?:|www\.|@|\d{2,}|[{}<>=]", re.IGNORECASE)
_CLASS = named(
    """
    byline|bylines|author|authors|autor|autoren|autore|auteur|author name|author names|writer|writers|contributor
    |contributors|reporter
    """
)
_ABOUT = named("bio|box|card|about|profile|description|avatar|image|photo|social|links")
"""Parts of a page that tell about an author rather than name one."""
_METAS = (
    "author",
    "article:author",
    "byl",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
)
_BY_LINE = re.compile(r"(?:by|written by|von|par|por)\s{1,3}(.{2,150})\Z", re.IGNORECASE)
_REST = re.compile(
    r"\s{0,3}(?:[|•·–—]|\b(?:posted|published|updated)\b|\bon\s\w{3,9}\s\d|\b\d{1,2}[./\s]).*\Z", re.IGNORECASE
)


def authors(tree: Node, facts: Facts) -> tuple[str, ...]:
    """The names as the page states them, each once."""
    sources = (
        _from_json(facts, organizations=False),
        _from_microdata(tree),
        _from_meta(facts),
        _from_links(tree),
        _from_classes(tree),
        _from_words(tree),
        _from_json(facts, organizations=True),
    )
    for source in sources:
        names = _distinct(source)
        if names:
            return names
    return ()


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for raw in names:
        for name in split(raw):
            key = key_of(name)
            if key and key not in kept and len(kept) < MAX_AUTHORS:
                kept[key] = name
    return tuple(kept.values())


def split(raw: str) -> list[str]:
    """The names in a byline: "By A B, staff writer, and C D in Rome" gives A B and C D."""
    raw = clean_inline(_ADDRESS.sub(" ", raw[:_LONGEST]))
    match = _HAN_BY.match(raw)
    if match:
        raw = raw[match.end() :]
        if all(map(_HAN_NAME.match, raw.split())):
            return raw.split()
    match = BY.match(raw)
    if match:
        raw = raw[match.end() :]
    names: list[str] = []
    for part in _BETWEEN.split(raw):
        if names and _SUFFIX.match(part):
            names[-1] = f"{names[-1]}, {part}"
            continue
        names.extend(filter(None, map(clean_name, _people_of(part))))
    people = [name for name in names if not _ROLE.search(name)]
    return people or names


def _people_of(part: str) -> list[str]:
    """A part of a byline at its "and"s, where what stands on both sides can be a person's full name."""
    sides = _AND.split(part)
    return sides if len(sides) > 1 and all(len(side.split()) >= 2 for side in sides) else [part]


def clean_name(name: str) -> str:
    name = re.sub(r"\s*\([^()]{0,80}\)\s*", " ", name)
    name = _PLACE.sub("", name)
    name = clean_inline(name)
    junior = re.search(r"\b[JS]r\.\Z", name) is not None
    name = name.strip(' .,:;|-–—•·*"“”') + ("." if junior else "")
    if not 2 <= len(name) <= 60 or _NO_NAME.search(name) or len(name.split()) > 6:
        return ""
    if not any(c.isalpha() for c in name):
        return ""
    return name


def _from_json(facts: Facts, *, organizations: bool) -> Iterator[str]:
    yield from _people(facts.ld("author", "creator"), facts, organizations)


def _people(value: Json, facts: Facts, organizations: bool) -> Iterator[str]:
    if isinstance(value, list):
        for item in value[:MAX_AUTHORS]:
            yield from _people(item, facts, organizations)
        return
    value = facts.resolved(value)
    if isinstance(value, dict):
        if any(kind.endswith("Organization") for kind in types(value)) != organizations:
            return
        name = value.get("name")
        yield from filter(None, map(text, name[:MAX_AUTHORS] if isinstance(name, list) else [name]))
    elif not organizations and (found := text(value)):
        yield found


def _from_microdata(tree: Node) -> Iterator[str]:
    for node in tree.iter():
        if not tag_of(node) or "author" not in (node.get("itemprop") or "").split():
            continue
        if tag_of(node) == "meta":
            yield node.get("content") or ""
            continue
        names = [n for n in node.iterdescendants() if tag_of(n) and "name" in (n.get("itemprop") or "").split()]
        if names:
            yield names[0].get("content") or text_of(names[0])
        else:
            yield text_of(node)


def _from_meta(facts: Facts) -> Iterator[str]:
    for name in _METAS:
        values = [v for v in facts.metas.get(name, ()) if v and not _NO_NAME.search(v)]
        if values:
            yield from values
            return


def _from_links(tree: Node) -> Iterator[str]:
    for node in tree.iter("a"):
        if "author" in (node.get("rel") or "").lower().split():
            yield text_of(node)


def _from_classes(tree: Node) -> Iterator[str]:
    for node in tree.iter("a", "span", "p", "div", "address", "li", "cite", "h4", "h5", "h6", "strong"):
        name = label(node)
        if name and _CLASS.search(name) and not _ABOUT.search(name):
            found = text_of(node)
            if 2 < len(found) < 120:
                yield found
                return


def _from_words(tree: Node) -> Iterator[str]:
    """The links of the first element whose own text is "By" and then a link."""
    for node in tree.iter("a"):
        parent = node.getparent()
        if parent is not None and _BY_ALONE.match(parent.text or "") and parent[0] is node:
            yield from (text_of(link) for link in parent.iterchildren("a"))
            return


_BY_ALONE = re.compile(r"\s*(?:By|Written by|Von|Par|Por|Di|Door|Av|Af)\s*:?\s*\Z")


def from_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """The names in the first of some lines that reads "By A" or "By A and B"."""
    for line in lines:
        match = _BY_LINE.match(line)
        if match and (names := _distinct([_REST.sub("", match.group(1))])):
            return names
    return ()
