"""Whom the page prints as its author: byline elements and links to authors, outside boxes of other things."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache

from archive.deferring import deferred
from archive.inline import clean_inline
from scraper.read.names import BY, REST, is_agency, is_house, is_person, split
from scraper.read.tree import NEVER, Node, is_hidden, label, tag_of, text_of
from scraper.read.vocabulary import named, ordered, wording, words

_HINTS = words(
    """
    author byline by-line autor auteur auteu autore writer reporter journalist contributor signature firma forfatter
    skribent penulis yazar muhabir avtor kirjoittaja toimittaja tac-gia tacgia wartawan pewarta gija
    """
)
_HINTED_PATHS = words(
    """
    /author /autor /auteur /by /people /person /profil /redakt /redac /report /staff /journal /writer /contributor
    /columnist /skribent /yazar /muhabir /penulis /firma /signature /avtor /forfatter /medarbeider /equip /redazione
    /team -team /kolumnist /colunista /tac-gia /user
    """
)
"""What a byline's class, or a link to an author, holds at least: a quick test before the exact one."""
_CLASS = named(
    """
    by ?lines?|by line name|byl|authors?|autor(?:e[sn]?|i|zy|ka)?|auteurs?|author names?|authors names?|name author
    |writers?|writer name|contributors?|reporters?|reporter name|journalists?|signature|firmas?|forfatter(?:e|navn)?
    |skribent(?:er)?|penulis|yazar|muhabir|avtor|kirjoittaja|toimittaja|tac ?gia|wartawan|pewarta|gija
    """,
)
_ABOUT = named(
    """
    bio|biography|box|card|about|profile|description|avatar|image|img|photo|picture|social|links?|follow|more|icon|title
    |role|job|position|date|time|twitter|email|mail|comment|copyright|thumb|popover|tooltip|dropdown|modal|footer|desc
    """,
)
"""Parts of a page that tell about an author rather than name one."""
_LINK = named("link|links")
"""What the very name of an author may be called."""
_OTHERS = named(
    """
    related[a-z]{0,12}|teasers?|tease|cards?|recommend[a-z]{0,8}|recirc[a-z]{0,12}|comments?|commentlist|sidebar|widget
    |most read|popular|trending|more|latest|footer|nav|menu|promo
    |carousel|slider|newsletter|opinion list|list items?|archive|loop|caption|figcaption|gallery|media|image|embed|quote
    |tabs?|grid|feed|swiper|post list|news list|aside
    """
)
_PROFILE = named(
    """
    (?:author|autor|auteur|writer) (?:box|bio|info|profile|card|about|description|biography|infobox)[a-z]{0,3}
    |about (?:the )?author|multiple authors boxes
    """
)
_BOXES = frozenset(("aside", "nav", "footer", "figure", "figcaption", "blockquote", "table"))
_PATH = deferred(
    r"/(?:authors?|autor(?:e[sn]?|i|zy|in)?|auteurs?|by|byline|people|person|profiles?|redakteure?|redactores|reporters?|staff"
    r"|journalists?|journalistes?|writers?|contributors?|columnists?|skribent|yazar|yazarlar|muhabir|penulis|firmas?|signature"
    r"|avtor|forfatter|medarbeider|equipo|equipe|redazione|(?:[a-z-]{0,12}-)?team|kolumnist|colunista|tac-gia|users?|profil|author_info)"
    r"[/:?=-][^/?]{2,}",
    re.IGNORECASE,
)
_JUNK = wording(
    r"(?:view|see|read|more|all|show|follow|about|posts|contact|profile|email|e-mail|mehr|alle|voir|ver|vedi|leggi|zobacz|все)\b"
)
_TAGS = ordered("a span p div address li cite h1 h2 h3 h4 h5 h6 strong em b section ul td dd small header")
_FAR = 30
_EMPTY = 2
_LONGEST = 160
_UP = 14
_LONG, _MANY, _NAMED = 60, 3, 10


def printed(tree: Node, title: Node | None) -> tuple[str, ...]:
    """The names in the first byline after the title, else in the last before it; empty where the page has none."""
    if title is None:
        return next(_bylines(tree.iter(*_TAGS), frozenset()), ())
    return _by_title(tree, title) or _profiled(tree, title)


def _by_title(tree: Node, title: Node) -> tuple[str, ...]:
    above = frozenset(title.iterancestors())
    nodes = tree.iter(*_TAGS)
    for node in nodes:
        if node is title:
            break
    after = next(_bylines(nodes, above), ())
    if after:
        return after
    place = next((node for node in title.iterancestors("article", "main", "header", "section", "div")), None)
    nodes = place.iter(*_TAGS) if place is not None else iter(())
    before = list(_bylines(itertools.takewhile(lambda node: node is not title, nodes), above))
    return before[-1] if before else ()


def _profiled(tree: Node, title: Node) -> tuple[str, ...]:
    """The one whom links in a box about the author name, where the page names nobody else."""
    above = frozenset(title.iterancestors())
    found: dict[str, None] = {}
    for link in tree.iter("a"):
        if _is_hinted(link) and not is_apart(link, above, profiled=True) and _is_profiled(link):
            found.update(dict.fromkeys(name for name in _of(link) if is_person(name)))
    return tuple(found) if len(found) == 1 else ()


def _is_profiled(link: Node) -> bool:
    return any(_PROFILE.search(label(node)) for node in itertools.islice(link.iterancestors(), _MANY))


def _bylines(nodes: Iterator[Node], above: frozenset[Node]) -> Iterator[tuple[str, ...]]:
    """The names of each byline among the elements; `above` are those that hold the title."""
    nested = any(tag_of(node) == "article" for node in above)
    tried = paragraphs = 0
    for node in nodes:
        if node.tag == "p" and len(node.text or "") >= _LONG:
            paragraphs += 1
        if not _is_hinted(node) or node in above:
            continue
        if is_apart(node, above, nested=nested) or (paragraphs > _MANY and _is_linked(node, above)):
            continue
        tried += 1
        if names := _names(_group(node)):
            yield names
        if tried > _FAR:
            return


def _is_hinted(node: Node) -> bool:
    """Whether the element is a byline by its relation, address or name."""
    get = node.get
    if node.tag == "a":
        href = (get("href") or "")[:300].lower()
        if any(map(href.__contains__, _HINTED_PATHS)) and _PATH.search(href):
            return True
        if "author" in (get("rel") or "").lower().split():
            return True
    raw = f"{get('class') or ''} {get('itemprop') or ''} {get('data-testid') or ''}"
    if len(raw) <= _EMPTY or not _may_be_named(raw[:300]):
        return False
    name = label(node)
    return _CLASS.search(name) is not None and not _ABOUT.search(name)


@lru_cache(4096)
def _may_be_named(raw: str) -> bool:
    return any(map(raw.lower().__contains__, _HINTS))


def is_apart(node: Node, above: frozenset[Node], *, nested: bool = False, profiled: bool = False) -> bool:
    """Whether the element stands in a box of its own beside what holds the title: a teaser, a comment, a profile.

    `above` holds the elements around the title; `nested` says that other articles among them are boxes too, `profiled`
    that a profile is none.
    """
    if is_hidden(node):
        return True
    for count, ancestor in enumerate(node.iterancestors()):
        if ancestor in above or count > _UP:
            return False
        tag = tag_of(ancestor)
        if tag in _BOXES or (tag == "article" and nested) or is_hidden(ancestor):
            return True
        name = label(ancestor)
        if name and _PROFILE.search(name):
            if not profiled:
                return True
        elif name and _OTHERS.search(name) and not _CLASS.search(name):
            return True
        if tag in ("li", "div", "section") and any(link is not None for link in map(_headed, ancestor.iterchildren())):
            return True
    return False


def _is_linked(node: Node, above: frozenset[Node]) -> bool:
    """Whether something else beside the element is a link: below an article that is another story."""
    for count, ancestor in enumerate(node.iterancestors()):
        if ancestor in above or count >= _MANY:
            return False
        links = (link for link in ancestor.iter("a") if not _is_hinted(link) and node not in link.iterancestors())
        if any(len(text_of(link)) >= _NAMED for link in links):
            return True
    return False


def _headed(child: Node) -> Node | None:
    """A link that makes the element a heading of another story."""
    if tag_of(child) not in ("h2", "h3", "h4"):
        return None
    return next((link for link in child.iter("a") if not _PATH.search((link.get("href") or "")[:300])), None)


def _group(node: Node) -> list[Node]:
    """The element, and those beside it that are bylines as well: each author may have one."""
    for place in (node.getparent(), node.getparent().getparent() if node.getparent() is not None else None):
        if place is None or len(place) > _FAR:
            break
        found = [child for child in place.iter(tag_of(node)) if _is_hinted(child)]
        if 1 < len(found) <= 12 and len(text_of(place)) < 2 * _LONGEST:
            return found
    return [node]


def _names(nodes: list[Node]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for node in nodes:
        for name in _of(node):
            found.setdefault(name)
    return tuple(found)


def _of(node: Node) -> list[str]:
    """The names that a byline element holds: those of its links to authors, with the people that its text names beside
    them; else those of its parts, where each is a name; else those of its text."""
    shown = _shown(node)
    told = _accepted(shown, loose=True) if 1 < len(shown) <= _LONGEST and not _JUNK.match(shown) else []
    if tag_of(node) == "a":
        return told
    links = [clean_inline(text_of(link)) for link in node.iter("a") if _is_hinted(link)]
    names = [name for text in links if not _JUNK.match(text) for name in _accepted(text, loose=False)]
    if names:
        fuller = len(told) > len(names) and all(name in told for name in names)
        return told if fuller and all(is_person(name) or is_agency(name) for name in told) else names
    return _parts(node) or told


def _parts(node: Node) -> list[str]:
    """The texts of the elements of which alone a byline consists, where there are several and each is a name."""
    while len(node) == 1 and not (node.text or "").strip():
        node = node[0]
    if (node.text or "").strip() or any((child.tail or "").strip() for child in node):
        return []
    texts = [text for child in node if tag_of(child) and (text := clean_inline(text_of(child)))]
    return texts if len(texts) > 1 and all(map(is_person, texts)) else []


def _shown(node: Node) -> str:
    """The element's text without its dates, roles, addresses and the like."""
    parts: list[str] = [node.text or ""]
    for child in node:
        tag = tag_of(child)
        if tag and tag not in ("time", *NEVER) and not _ABOUT.search(_LINK.sub("", label(child))):
            parts.append(_shown(child) if len(child) else text_of(child))
        parts.append(child.tail or "")
    return clean_inline(" ".join(parts))


def _accepted(shown: str, *, loose: bool) -> list[str]:
    """The names in a text, if they are names: `loose` takes a single word where "By" or the like stands before it."""
    opened = loose and BY.match(shown) is not None
    names = split(REST.sub("", shown) or shown)
    return [n for n in names if is_person(n) or is_agency(n) or is_house(n) or (opened and n[:1].isupper())]
