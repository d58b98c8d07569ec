"""The title: the one that readers see, as far as the page's own statements bear it out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from archive.inline import clean_inline
from scraper.read import sites
from scraper.read.facts import Facts, text
from scraper.read.outline import outlined
from scraper.read.tree import Node, is_hidden, key_of, label, tag_of, text_of
from scraper.read.vocabulary import named

_KICKER = named(
    """
    kicker|eyebrow|overline|rubric|flag|category|section|label|badge|topline|dachzeile|spitzmarke|pretitle|supertitle
    |surtitre|antetitulo|cintillo|volanta|occhiello|chapeu|overskriftskicker|vignette|roofline|subtitle|undertitle
    |subheadline|deck
    """
)
_UNSEEN = named("sr only|visually hidden|visuallyhidden|screen reader|screen reader text|blind|is blind|hidden text")
_LOGO = named("logo|brand|branding|site title|site name|masthead|sitename|sitetitle")
_HEADLINE = named(
    """
    headline|entry title|article title|post title|story title|news title|page title|content title|single title
    |detail title|title|titulo|titre|titolo|tytul|titel|hed
    """
)
_METAS = ("title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title", "headline", "citation_title")
_CUT = ("...", "…")
_LONGEST = 1000
_MAX_PARTS = 8
_MAX_CANDIDATES = 60
_MARKED = ("h2", "h3", "div", "p", "span")


class Title(Struct, frozen=True):
    """`node` is the heading that shows the title, if one does; `source` says where the text comes from."""

    text: str
    node: Node | None
    source: str


def title(tree: Node, facts: Facts, url: str = "") -> Title | None:
    """The best title that the page offers: the heading it shows, agreed with what its metadata says."""
    own = sites.names(facts, url)
    shown = list(_headings(tree, own))
    cleaned = _stated(facts, own, frozenset(key_of(value) for _, value in shown))
    stated = [(source, value) for source, value in cleaned if not sites.is_site(value, own)]
    keys = [key_of(value) for _, value in stated]
    heading = _best(shown, keys) or _unmarked(tree, keys)
    headline = stated[0][1] if stated and stated[0][0] == "json-ld headline" else None
    if heading is not None:
        node, whole = heading
        told = _told(node, whole, keys)
        if headline and _is_better(headline, told, keys):
            return Title(headline, node, "json-ld headline")
        return Title(told, node, "h1" if tag_of(node) == "h1" else "heading")
    return next((Title(value, None, source) for source, value in stated or cleaned), None)


def _stated(facts: Facts, own: frozenset[str], shown: frozenset[str]) -> list[tuple[str, str]]:
    """What the page states as its title, by source, without the site's name; the likeliest first."""
    raw = [
        (source, clean_inline(value))
        for source, value in (
            ("json-ld headline", text(facts.ld("headline", "name"))),
            ("og:title", facts.meta("og:title")),
            ("twitter:title", facts.meta("twitter:title")),
            ("meta title", facts.meta(*_METAS)),
            ("title element", facts.title_tag),
        )
        if value
    ]
    others = frozenset((*shown, *(key_of(value) for _, value in raw)))
    filed = sites.sections(facts)
    cleaned = [(source, sites.without_site(value, own, others, filed)) for source, value in raw]
    return [(source, value) for source, value in cleaned if key_of(value)]


def _is_better(headline: str, shown: str, keys: list[str]) -> bool:
    """Whether the page's own headline is to be preferred to the heading that shows it: another wording of the same.

    The heading has the publisher's typography, and is never cut short, so it stays where the letters are the same, and
    where two other statements repeat it and none the headline. What it has beyond a headline that a second statement
    repeats is a subtitle or a label.
    """
    stated, heading = key_of(headline), key_of(shown)
    if stated == heading or headline.endswith(_CUT):
        return False
    if keys.count(stated) == 1 and keys.count(heading) > 1:
        return False
    if heading.startswith(stated):
        return keys.count(stated) > 1 and heading not in keys and len(headline) < 100
    return _overlap(stated, heading) > 0


# ---------------------------------------------------------------------------------------------------- what is shown


def _headings(tree: Node, own: frozenset[str]) -> Iterator[tuple[Node, str]]:
    """The headings that may show the title: each `h1`, and what is marked as the headline."""
    for node in tree.iter("h1"):
        value = clean_inline(text_of(node))
        if key_of(value) and len(value) <= _LONGEST and not _is_outside(node) and not _is_logo(node, value, own):
            yield node, value
    for node in outlined(tree).having("itemprop"):
        if tag_of(node) not in _MARKED:
            continue
        if "headline" in (node.get("itemprop") or "").split() and key_of(value := clean_inline(text_of(node))):
            yield node, value


def _is_outside(node: Node) -> bool:
    return any(tag_of(a) in ("nav", "footer", "aside") for a in node.iterancestors())


def _is_logo(node: Node, value: str, own: frozenset[str]) -> bool:
    """Whether the heading is the site's name: it says so, is named so, or leads home."""
    if sites.is_site(value, own):
        return "headline" not in (node.get("itemprop") or "")
    if _LOGO.search(label(node)) and len(value) < 40:
        return True
    links = [link.get("href") or "" for link in node.iter("a")]
    return bool(links) and all(re.fullmatch(r"(?:https?://[^/]{1,200})?/?(?:index\.\w{2,5})?", href) for href in links)


def _best(shown: list[tuple[Node, str]], keys: list[str]) -> tuple[Node, str] | None:
    """The heading that agrees best with what the page states; one that is marked as the headline needs no agreement."""
    scored = [
        (_agreement(key_of(value), keys) or 0.1 * _is_marked(node), -i, node, value)
        for i, (node, value) in enumerate(shown[:_MAX_CANDIDATES])
    ]
    if not scored:
        return None
    best = max(scored, key=lambda entry: (entry[0], entry[1]))
    return (best[2], best[3]) if best[0] > 0 or not keys else None


def _is_marked(node: Node) -> bool:
    """Whether the heading says of itself that it is an article's, and is seen."""
    name = label(node)
    if _UNSEEN.search(name) or is_hidden(node):
        return False
    return "headline" in (node.get("itemprop") or "") or _HEADLINE.search(name) is not None


def _unmarked(tree: Node, keys: list[str]) -> tuple[Node, str] | None:
    """A lower heading, or an element named for titles, that says exactly what the page states."""
    wanted = set(keys)
    if not wanted:
        return None
    for node in tree.iter("h2", "h3", "h4"):
        if key_of(value := clean_inline(text_of(node))) in wanted:
            return node, value
    for node in tree.iter("div", "p", "span", "strong", "td", "font"):
        if node.get("class") and len(node) < _MAX_PARTS and _HEADLINE.search(label(node)):
            value = clean_inline(text_of(node))
            if key_of(value) in wanted and not _is_outside(node):
                return node, value
    return None


def _told(node: Node, whole: str, keys: list[str]) -> str:
    """The heading's text: as much of it as the page states, else without a kicker that stands inside it."""
    if key_of(whole) in keys:
        return whole
    inner = [child for child in node.iterdescendants() if tag_of(child)][: _MAX_PARTS * 4]
    if inner and len(inner) <= _MAX_PARTS * 2:
        for child in inner:
            part = clean_inline(text_of(child))
            for value in (part, _less(whole, part)):
                if len(value) * 3 > len(whole) and key_of(value) in keys:
                    return value
    for child in inner:
        if _KICKER.search(name := label(child)) or _UNSEEN.search(name):
            part = clean_inline(text_of(child))
            if len(part) < len(whole) * 0.6:
                whole = _less(whole, part)
    return whole


def _less(whole: str, part: str) -> str:
    """A text without a part at its front or end."""
    if not part or part == whole:
        return whole
    if whole.startswith(part):
        return whole[len(part) :].lstrip(" :|–—-•·")
    return whole[: -len(part)].rstrip(" :|–—-•·") if whole.endswith(part) else whole


# ---------------------------------------------------------------------------------------------------- agreement


def _agreement(key: str, keys: list[str]) -> float:
    """How well a heading agrees with the best of what the page states: 3 for the same, else a share of it."""
    score = 0.0
    for stated in keys:
        if key == stated:
            return 3.0
        if len(key) > 10 and (key in stated or stated in key):
            score = max(score, 1.0 + min(len(key), len(stated)) / max(len(key), len(stated)))
        else:
            score = max(score, _overlap(key, stated))
    return score


def _overlap(a: str, b: str) -> float:
    """Share of common runs of four letters; 0 where the shorter says too little to tell."""
    left = {a[i : i + 4] for i in range(len(a) - 3)}
    right = {b[i : i + 4] for i in range(len(b) - 3)}
    if not left or not right or min(len(left), len(right)) * 8 < max(len(left), len(right)):
        return 0.0
    share = len(left & right) / min(len(left), len(right))
    return share if share > 0.35 else 0.0
