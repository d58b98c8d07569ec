"""The title."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.inline import clean_inline
from scraper.read.facts import Facts, text
from scraper.read.tree import Node, key_of, label, tag_of, text_of
from scraper.read.vocabulary import named

_SEPARATOR = re.compile(r"\s[|\-–—·•»:/~]{1,2}\s|\s?\|\s?|\s?»\s?")
_KICKER = named("kicker|eyebrow|overline|rubric|flag|category|section|label|badge|topline|dachzeile|spitzmarke")
_METAS = ("title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title", "headline")
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Title:
    """`node` is the heading that shows the title, if one does; `source` says where the text comes from."""

    text: str
    node: Node | None
    source: str


def title(tree: Node, facts: Facts) -> Title | None:
    """The best title that the page offers: the heading it shows, agreed with what its metadata says."""
    stated = [
        (source, clean_inline(value))
        for source, value in (
            ("json-ld headline", text(facts.ld("headline", "name"))),
            ("og:title", facts.meta("og:title")),
            ("twitter:title", facts.meta("twitter:title")),
            ("meta title", facts.meta(*_METAS)),
        )
        if value and clean_inline(value)
    ]
    heading = _heading(tree, facts, [value for _, value in stated])
    headline = _without_site(stated[0][1], facts) if stated and stated[0][0] == "json-ld headline" else None
    if heading is not None:
        node, shown = heading
        if headline and _is_better(headline, shown):
            return Title(headline, node, "json-ld headline")
        return Title(shown, node, "h1" if tag_of(node) == "h1" else "heading")
    for source, value in stated:
        return Title(_without_site(value, facts), None, source)
    if facts.title_tag:
        return Title(_without_site(facts.title_tag, facts), None, "title element")
    return None


def _is_better(headline: str, shown: str) -> bool:
    """Whether the page's own headline is to be preferred to the heading that shows it: another wording of the same.

    The heading has the publisher's typography, and is never cut short, so it stays where the letters are the same.
    """
    stated, heading = key_of(headline), key_of(shown)
    if stated == heading or headline.endswith(("...", "…")) or heading.startswith(stated):
        return False
    return _overlap(stated, heading) > 0


def _heading(tree: Node, facts: Facts, stated: list[str]) -> tuple[Node, str] | None:
    """The heading that shows the title: the `h1` that agrees best with what the page states."""
    shown = [(node, _own_text(node)) for node in tree.iter("h1")]
    shown = [(node, value) for node, value in shown if value and len(value) <= _LONGEST and not _is_logo(node)]
    for node in tree.iter("h2", "h3", "div", "p", "span"):
        if "headline" in (node.get("itemprop") or "").split() and (value := _own_text(node)):
            shown.append((node, value))
    if not shown:
        wanted = {key_of(value) for value in (*stated, _without_site(facts.title_tag, facts)) if value}
        return next(((n, v) for n in tree.iter("h2", "h3", "h4") if (v := _own_text(n)) and key_of(v) in wanted), None)
    names = [key_of(value) for value in (*stated, facts.title_tag) if value]
    scored = [(_agreement(key_of(value), names), -i, node, value) for i, (node, value) in enumerate(shown)]
    best = max(scored, key=lambda entry: (entry[0], entry[1]))
    if best[0] > 0 or not stated:
        return best[2], best[3]
    return None


def _agreement(key: str, names: list[str]) -> float:
    if not key:
        return 0.0
    score = 0.0
    for name in names:
        if key == name:
            score = max(score, 3.0)
        elif len(key) > 10 and (key in name or name in key):
            score = max(score, 2.0)
        else:
            score = max(score, _overlap(key, name))
    return score


def _overlap(a: str, b: str) -> float:
    """Share of common runs of four letters."""
    left = {a[i : i + 4] for i in range(len(a) - 3)}
    right = {b[i : i + 4] for i in range(len(b) - 3)}
    if not left or not right:
        return 0.0
    share = len(left & right) / min(len(left), len(right))
    return share if share > 0.35 else 0.0


def _own_text(node: Node) -> str:
    """The heading's text without a kicker that stands inside it."""
    parts = [child for child in node.iterdescendants() if tag_of(child) and _KICKER.search(label(child))]
    whole = clean_inline(text_of(node))
    for part in parts:
        inner = clean_inline(text_of(part))
        if inner and whole.startswith(inner) and len(inner) < len(whole) * 0.6:
            whole = whole[len(inner) :].lstrip(" :|–—-")
    return whole


def _is_logo(node: Node) -> bool:
    return any(tag_of(a) in ("nav", "footer", "aside") for a in node.iterancestors())


def _without_site(value: str, facts: Facts) -> str:
    """A title without the name of the site at its end or front."""
    value = clean_inline(value)
    site = key_of(facts.meta("og:site_name", "application-name") or "")
    parts = _SEPARATOR.split(value)
    if len(parts) < 2:
        return value
    if site and key_of(parts[-1]) == site:
        return value[: value.rindex(parts[-1])].rstrip(" |-–—·•»:/~")
    if site and key_of(parts[0]) == site:
        return value[len(parts[0]) :].lstrip(" |-–—·•»:/~")
    if site:
        return value
    longest = max(parts, key=len)
    return clean_inline(longest) if len(longest) > len(value) * 0.5 else value
