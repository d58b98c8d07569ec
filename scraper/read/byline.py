"""Who wrote it: what the page states, held against what it prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from archive.deferring import deferred
from scraper.read import sites
from scraper.read.dates import is_dated
from scraper.read.facts import Facts, Json, text, types
from scraper.read.names import (
    BY,
    NAME_FIRST,
    PARTICLE,
    REST,
    clean_name,
    han_by,
    is_agency,
    is_house,
    is_nobody,
    is_person,
    split,
)
from scraper.read.outline import outlined
from scraper.read.printed import is_apart, printed
from scraper.read.tree import Node, key_of, tag_of, text_of

__all__ = ["BY", "authors", "clean_name", "from_lines", "is_doubtful", "split"]

MAX_AUTHORS = 20
_METAS = (
    "author",
    "article:author",
    "article:author:name",
    "og:article:author",
    "byl",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "dc.creator.name",
    "citation_author",
    "cxenseparse:author",
    "article.author",
    "authors",
    "byline",
    "creator",
)
_MAKERS = ("generator", "copyright", "rights", "designer", "publisher", "dc.publisher", "owner", "reply-to")
"""Who made the site rather than the article."""
_ADDRESS = deferred(r"https?://|www\.|/|\A@|\A\d+\Z", re.IGNORECASE)
_ACCOUNT = deferred(
    r"/(?:author|authors|autor|user|users)/(?:admin\w{0,12}|editor\w{0,4}|webmaster|root|wp\w{0,8}|\d)/?\Z", re.I
)
_STORY = deferred(r"(?:Comment|Review|Rating|WebSite|Person|Question|Answer|ImageObject|VideoObject)\Z")


def authors(tree: Node, facts: Facts, title: Node | None = None, url: str = "") -> tuple[str, ...]:
    """The names, each once, in their order.

    What the JSON-LD says of people goes first, then microdata and `meta`, then what the page prints. The site's own
    name, its newsroom or an account's stand for an author only where nothing better is found and readers see them, or
    the JSON-LD states them.
    """
    own = sites.names(facts, url)
    shown = _distinct(printed(tree, title), own)
    stated = _distinct(_from_json(facts, own, organizations=False), own)
    people = tuple(name for name in stated if not _is_vague(name, own))
    if people and not _is_account(facts):
        return _fuller(people, shown)
    seen = tuple(name for name in shown if not _is_vague(name, own))
    told = (_from_microdata(tree, title, hidden=False), _from_meta(facts)) if not people else ()
    for source in (*told, seen, _from_microdata(tree, title, hidden=True)):
        found = (name for name in _distinct(source, own) if not _is_vague(name, own))
        names = tuple(name for name in found if source is seen or " " in name or _is_whole(name))
        if names:
            return names if people else _fuller(names, seen)
    if people:
        return people
    houses = (shown, stated, _distinct(_from_json(facts, own, organizations=True), own))
    named = (tuple(n for n in house if not is_nobody(n) or sites.is_site(n, own)) for house in houses)
    return next(filter(None, named), ())


def is_doubtful(names: tuple[str, ...], facts: Facts, url: str) -> bool:
    """Whether the names are no person's: none at all, the site's own, the newsroom's or an account's."""
    own = sites.names(facts, url)
    return all(_is_vague(name, own) for name in names) or _is_account(facts)


def _is_vague(name: str, own: frozenset[str]) -> bool:
    tokens = name.split()
    halves = ((" ".join(tokens[:i]), " ".join(tokens[i:])) for i in range(1, len(tokens)))
    return (
        sites.is_site(name, own)
        or is_house(name)
        or is_nobody(name)
        or any(sites.is_site(first, own) and is_house(rest) for first, rest in halves)
    )


def _is_whole(name: str) -> bool:
    """Whether a single word can be all of a name: an agency's, or one in a script without spaces."""
    return is_agency(name) or name.isupper() or not any(c.isupper() or c.islower() for c in name)


def _fuller(stated: tuple[str, ...], shown: tuple[str, ...]) -> tuple[str, ...]:
    """The names that the page prints where they are those it states, in better letters or with others beside them."""
    keys = [key_of(name) for name in shown]
    if not all(key_of(name) in keys for name in stated):
        return stated
    if len(shown) > len(stated) and all(is_person(name) or is_agency(name) for name in shown):
        return shown
    return tuple(shown[keys.index(key_of(name))] if name.islower() else name for name in stated)


def _distinct(found: Iterable[str], own: frozenset[str]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for raw in found:
        names = split(raw)
        if len(names) > 1:
            names = [name for name in names if not sites.is_site(name, own)] or names
        for name in names:
            key = key_of(name)
            if key and key not in kept and len(kept) < MAX_AUTHORS:
                kept[key] = name
    return tuple(kept.values())


# ---------------------------------------------------------------------------------------------------- what is stated


def _from_json(facts: Facts, own: frozenset[str], *, organizations: bool) -> Iterator[str]:
    """People, with the agencies beside them; or organizations where there are no people."""
    found = list(_named(facts.ld("author", "creator"), facts))
    people = [name for name, person in found if person]
    if organizations != bool(people):
        yield from (name for name, person in found if person or organizations or not _is_vague(name, own))


def _named(value: Json, facts: Facts) -> Iterator[tuple[str, bool]]:
    """Each name, and whether it is a person's for all that is stated."""
    if isinstance(value, list):
        for item in value[:MAX_AUTHORS]:
            yield from _named(item, facts)
        return
    value = facts.resolved(value)
    if not isinstance(value, dict):
        if found := text(value):
            yield found, True
        return
    if isinstance(value.get("@list"), list):
        yield from _named(value["@list"], facts)
        return
    person = not any(kind.endswith("Organization") for kind in types(value))
    name = value.get("name") or " ".join(filter(None, (text(value.get("givenName")), text(value.get("familyName")))))
    for found in filter(None, map(text, name[:MAX_AUTHORS] if isinstance(name, list) else [name])):
        yield found, person


def _is_account(facts: Facts) -> bool:
    """Whether the only author that the JSON-LD states is the account that the site was set up with."""
    value = facts.ld("author", "creator")
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        return False
    full = facts.resolved(value)
    known = [v for v in (value.get("@id"), value.get("url"), full.get("url")) if isinstance(v, str)]
    return any(_ACCOUNT.search(address) for address in known)


def _from_microdata(tree: Node, title: Node | None, *, hidden: bool) -> Iterator[str]:
    """`itemprop=author` of the story itself, not of comments on it; `hidden` for what only `meta` elements say."""
    above = frozenset(title.iterancestors()) if title is not None else frozenset()
    for node in outlined(tree).having("itemprop"):
        if "author" not in (node.get("itemprop") or "").split() or _is_of_another(node):
            continue
        if title is not None and not hidden and is_apart(node, above, profiled=True):
            continue
        if tag_of(node) in ("meta", "link"):
            if hidden:
                yield node.get("content") or ""
            continue
        names = [n for n in node.iterdescendants() if tag_of(n) and "name" in (n.get("itemprop") or "").split()]
        if not names:
            if not hidden:
                yield text_of(node)
        elif (tag_of(names[0]) == "meta") == hidden:
            yield names[0].get("content") or text_of(names[0])


def _is_of_another(node: Node) -> bool:
    """Whether the item that the property belongs to is a comment, a review or a person rather than a story."""
    for ancestor in node.iterancestors():
        if ancestor.get("itemscope") is not None:
            kind = (ancestor.get("itemtype") or "").rstrip("/")
            return _STORY.search(kind) is not None
        if "comment" in (ancestor.get("itemprop") or ""):
            return True
    return False


def _from_meta(facts: Facts) -> Iterator[str]:
    makers = {v for name in _MAKERS for v in facts.metas.get(name, ())}
    for name in _METAS:
        values = [v for v in facts.metas.get(name, ()) if v and not _ADDRESS.search(v) and v not in makers]
        if values:
            yield from values
            return


# ---------------------------------------------------------------------------------------------------- what is printed

_REPORTED = deferred(r"[（(](?:\S{0,6}[社报報])?(?:记者|記者)[:：\s]?([^()（）]{2,40})[)）]\Z")
_EDITED = deferred(r"\A[(（【\[]?(?:责任编辑|責任編輯|责编|編輯|编辑)\s?[:：]\s?([^()（）【】\[\]]{2,40})[)）】\]]?\Z")
_SHORT = 80
_TWO = 2
_LONGEST = 200


def from_lines(
    lines: list[str], last: Iterable[str] = (), others: frozenset[str] = frozenset(), whole: str = ""
) -> tuple[str, ...]:
    """The names in the lines above the text: in the first that reads "By A" or "By A and B", in any language; else in
    one that is a name alone, beside a date or, all in capitals, before the text, and stands nowhere else in the `whole`
    page. Else in those of the `last` lines, below the text, that read "Text: A". `others` are keys of what else a line
    may say, such as a section.
    """
    for line in lines:
        if (names := _signed(line)) and not others.issuperset(map(key_of, names)):
            return names
    for i, line in enumerate(lines):
        beside = lines[max(0, i - 1) : i] + lines[i + 1 : i + 2]
        above = line.isupper() and all(len(below) > _SHORT for below in lines[i + 1 :])
        if (above or any(map(is_dated, beside))) and _is_name_alone(line, others) and whole.count(line) < _TWO:
            return tuple(split(line))
        parts = [part for part in _PARTS.split(line) if part]
        dated = any(map(is_dated, parts[1:])) and len(line) <= _LONGEST
        if dated and _is_name_alone(parts[0], others) and whole.count(parts[0]) < _TWO:
            return tuple(split(parts[0]))  # "A B | 5 April 2025"
    last = list(last)
    for line in last:
        if _is_label(line) and (names := _signed(line)):
            return names
    for pattern in (_REPORTED, _EDITED):
        for line in last:
            if match := pattern.search(line):
                return tuple(split(match.group(1)))
    return ()


def _is_label(line: str) -> bool:
    """Whether what stands before the names ends in a colon or the like."""
    opened = BY.match(line) or han_by(line)
    return opened is not None and opened.group().rstrip().endswith(_COLONS)


_COLONS = tuple(":：/／|｜丨")


def _signed(line: str) -> tuple[str, ...]:
    """The names in a line that a byline opens, or in the part of it that one opens."""
    if len(line) > _LONGEST:
        return ()
    return next(filter(None, map(_signed_part, _PARTS.split(line))), ())


_PARTS = deferred(r"\s?[|｜•·]\s?|\s(?=(?:作者|记者|記者|撰文|文|글)\s?[:：])")


def _signed_part(line: str) -> tuple[str, ...]:
    if not line.isascii() and (match := NAME_FIRST.match(line)):
        return (match.group(1),)
    if not (BY.match(line) or han_by(line)):
        return ()
    names = split(REST.sub("", line))
    if names and PARTICLE.match(names[0]) and len(names[0].split()) == _TWO:
        return ()  # "Von Halle", or somebody of that name.
    known = bool(names) and all((is_person(name) and not is_nobody(name)) or is_agency(name) for name in names)
    return tuple(dict.fromkeys(names)) if known and not (PARTICLE.match(line) and len(line) > _SHORT) else ()


def _is_name_alone(line: str, others: frozenset[str]) -> bool:
    names = split(line)
    return (
        len(line) <= _SHORT
        and line.lower() != line.upper()
        and bool(names)
        and all(
            is_person(name) and not is_house(name) and len(name.split()) <= 4 and key_of(name) not in others
            for name in names
        )
    )
