"""What is known of each unit: whether trafilatura or the page's own statement holds it, and where it stands."""

from __future__ import annotations

import logging
from collections import Counter
from copy import copy
from typing import Any

import trafilatura
from lxml.etree import XPath, strip_elements
from msgspec import Struct
from trafilatura.settings import Extractor

from scraper.read import chrome
from scraper.read.tree import Node, key_of, label, tag_of
from scraper.read.unit import Unit
from scraper.read.units import Walk
from scraper.read.vocabulary import named

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_LONG = 40
_TELLING = 24
_SHARE = 0.85
_TOO_LITTLE = 0.5
_SHORT = 400
_SEVERAL = 3
_MISSED = 0.25
_LACKING = 0.2
_DECLARED = 0.6
_NAMED = 0.8
_TRUSTED = "the body is the page's own paragraphs; trafilatura held fewer than half of them"
_MOSTLY = 0.4
_MAX_WHOLE = 400_000
_MAX_ELEMENTS = 50_000
"""A page of more is read without trafilatura, whose cost grows faster than the page."""
SENTENCE_ENDS = (*".!?…”\"»«›‹“‘。」』）】》！？:)]’;।။۔؟։។།*'",)
_BLOCKS = frozenset(("p", "head", "item", "cell", "quote", "code", "ab", "list", "row"))


class Evidence(Struct, frozen=True):
    """What says that a text is body: keys of trafilatura's blocks, its whole text and the JSON-LD articleBody."""

    blocks: frozenset[str] = frozenset()
    whole: str = ""
    stated: str = ""
    error: str | None = None

    def has(self, key: str) -> bool:
        """Whether trafilatura or the page's own statement holds this text."""
        if not key:
            return False
        if key in self.blocks:
            return True
        if len(key) < _TELLING:
            return False
        return key in self.whole or key in self.stated or (len(key) > 3 * _TELLING and self._has_most(key))

    def states(self, key: str) -> bool:
        """Whether the page's own statement holds the text, or most of it."""
        pieces = _pieces(key)
        return key in self.stated or sum(piece in self.stated for piece in pieces) >= len(pieces) * 0.6

    def _has_most(self, key: str) -> bool:
        """Whether most pieces of a text are there, though readers differ on what lies between them."""
        pieces = _pieces(key)
        return sum(piece in self.whole or piece in self.stated for piece in pieces) >= len(pieces) * 0.6


def _pieces(key: str) -> list[str]:
    step = max(_TELLING // 2, len(key) // 16)
    return [key[at : at + step] for at in range(0, len(key) - step + 1, step)]


_STRING: Any = XPath("string()", smart_strings=False)
_OPTIONS = {thorough: Extractor(output_format="txt", comments=False, fast=not thorough) for thorough in (False, True)}
"""Made once, since each reads its limits anew; plain text, since the format "python" would write the text out."""


def _options(url: str, thorough: bool) -> Extractor:
    options = copy(_OPTIONS[thorough])
    options.url = options.source = url
    return options


def evidence(tree: Node, url: str, stated: str, *, thorough: bool = False) -> Evidence:
    """trafilatura's reading of the tree, which it copies; `thorough` compares several ways to read. Never raises."""
    error = None
    blocks: list[str] = []
    whole = ""
    try:
        found = trafilatura.bare_extraction(tree, options=_options(url, thorough))
        root = found.body if found is not None and not isinstance(found, dict) else None
        if root is not None:
            for node in root.iter():
                tag = tag_of(node)
                if tag in _BLOCKS:
                    blocks.append(_STRING(node))
                if tag == "lb" and node.tail:
                    blocks.append(node.tail)
            whole = _STRING(root)
    except Exception as failure:  # trafilatura raises whatever its parts raise
        error = f"trafilatura: {type(failure).__name__}: {failure}"
    whole, stated = key_of(whole)[:_MAX_WHOLE], key_of(stated)[:_MAX_WHOLE]
    return Evidence(frozenset(filter(None, map(key_of, blocks))), whole, stated, error)


def look(tree: Node, url: str, stated: str, page: Walk) -> tuple[Field | None, str | None]:
    """The page's units surveyed, and what failed. A quick reading that finds little is followed by a thorough one.

    Takes the boxes beside the article, scripts and the like out of the tree, so that trafilatura has less to read.
    """
    _prune(tree, page.passed)
    if sum(1 for _ in tree.iter()) > _MAX_ELEMENTS:
        return survey(page.units, Evidence(stated=key_of(stated)[:_MAX_WHOLE])), None
    found = evidence(tree, url, stated)
    own = sum(unit.size for unit in page.units if is_prose(unit))
    read = sum(unit.size for unit in page.units if _is_running(unit) and found.has(unit.key))
    if max(read, own) < _SHORT or max(read, own) < len(found.whole) * _MOSTLY:
        found = evidence(tree, url, stated, thorough=True)
    return survey(page.units, found), found.error


def _prune(tree: Node, boxes: list[Node]) -> None:
    """What stands behind a box stays."""
    for box in boxes:
        parent = box.getparent()
        if parent is None:
            continue
        if box.tail:
            before = box.getprevious()
            if before is not None:
                before.tail = (before.tail or "") + box.tail
            else:
                parent.text = (parent.text or "") + box.tail
        parent.remove(box)
    strip_elements(tree, *_NO_TEXT, with_tail=False)


_NO_TEXT = ("script", "style", "noscript", "template", "svg", "iframe", "head", "select", "video", "audio", "canvas")


class Field(Struct):
    """The page's units with what is known of each. `sure` says that trafilatura holds the text, `weight` how much of it
    is running text, `root` is the deepest element that holds nearly all of that."""

    units: list[Unit]
    sure: list[bool]
    weight: list[int]
    root: Node
    inside: list[bool]
    chains: list[tuple[Node, ...]]
    unstated: frozenset[int] = frozenset()
    """The units that the page's own statement of its whole body lacks; none where it states no body, or only a part."""
    end: int = 1_000_000
    """The place of the last unit in the element that the page declares or names to be its body."""
    why: tuple[str, ...] = ()
    """What the choice of the body rests on, where that is not what it mostly is."""

    @property
    def start(self) -> int:
        """Where the running text begins."""
        return next((i for i, w in enumerate(self.weight) if w >= 60 and self.inside[i]), 0)


def survey(units: list[Unit], found: Evidence) -> Field | None:
    """None for a page without running text."""
    sure = [found.has(u.key) for u in units]
    weight = [u.size if sure[i] and _is_running(u) else 0 for i, u in enumerate(units)]
    chains = [(u.node, *u.node.iterancestors()) for u in units]
    own = [u.size if is_prose(u) else 0 for u in units]
    why: tuple[str, ...] = ()
    if sum(weight) < sum(own) * _TOO_LITTLE:
        place = _root(chains, own, 0.6)
        sure = [known or (own[i] > 0 and place in chains[i]) for i, known in enumerate(sure)]
        why = (_TRUSTED,)
    _second_opinion(units, chains, sure, own)
    weight = [u.size if sure[i] and _is_running(u) else 0 for i, u in enumerate(units)]
    if not sum(weight):
        return None
    root = _root(chains, weight, _SHARE)
    inside = [root in chain for chain in chains]
    unstated = _unstated(units, weight, inside, found)
    return Field(units, sure, weight, root, inside, chains, unstated, _last_declared(chains, weight), why)


def _last_declared(chains: list[tuple[Node, ...]], weight: list[int]) -> int:
    """The place of the last unit in what the page declares or names to be its body, where that holds enough."""
    above = {node for chain, amount in zip(chains, weight, strict=True) if amount for node in chain}
    for declares, share in ((_is_declared, _DECLARED), (_is_named, _NAMED)):
        bodies = set(filter(declares, above))
        places = [i for i, chain in enumerate(chains) if not bodies.isdisjoint(chain)] if bodies else []
        if sum(weight[i] for i in places) > share * sum(weight):
            return places[-1]
    return len(chains)


def _is_declared(node: Node) -> bool:
    return "articleBody" in (node.get("itemprop") or "")


def _is_named(node: Node) -> bool:
    return node.tag in ("div", "section", "article") and _BODY.search(label(node)) is not None


_BODY = named(
    """
    article ?body|article content|article text|story ?body|story content|story text|entry content|post content|post body
    |news ?body|news content|news text|body ?text|body content|body copy|rich text|field name body|field body|text body
    |artikel ?text|artikel inhalt|article ?corps|corps article|cuerpo|corpo|testo articolo|brodtext|brodtekst|treść
    |tresc
    """,
)


def _unstated(units: list[Unit], weight: list[int], inside: list[bool], found: Evidence) -> frozenset[int]:
    """The units of running text that are not in the statement, where that holds nearly all of the others.

    Statements that are cut short, or begin after a summary, lack the end or the beginning: those count as stated.
    """
    if not found.stated:
        return frozenset()
    running = [i for i, amount in enumerate(weight) if amount and inside[i]]
    stated = [i for i in running if len(units[i].key) < _TELLING or found.states(units[i].key)]
    if not stated:
        return frozenset()
    lacking = {i for i in running if stated[0] < i < stated[-1]}.difference(stated)
    total = sum(weight[i] for i in running)
    return frozenset(lacking) if total - sum(weight[i] for i in stated) <= total * _LACKING else frozenset()


def _second_opinion(units: list[Unit], chains: list[tuple[Node, ...]], sure: list[bool], own: list[int]) -> None:
    """Takes for sure what trafilatura missed: prose beside prose that is sure, and what the page declares to be body.

    The declared body counts where it holds much that is sure, and trafilatura has missed much of it.
    """
    beside = Counter(place(u) for i, u in enumerate(units) if sure[i] and own[i])
    for i, unit in enumerate(units):
        if own[i] and not sure[i] and beside[place(unit)] >= _SEVERAL:
            sure[i] = True
    declared: dict[Node, list[int]] = {}
    for i, chain in enumerate(chains):
        if own[i]:
            for node in chain:
                if _is_declared(node):
                    declared.setdefault(node, []).append(i)
    for inner in declared.values():
        held = sum(own[i] for i in inner if sure[i])
        missed = sum(own[i] for i in inner if not sure[i])
        if missed > _MISSED * (held + missed) and held > _MISSED * sum(own[i] for i in range(len(own)) if sure[i]):
            for i in inner:
                sure[i] = True


def place(unit: Unit) -> tuple[Node, str, str]:
    """The element in which a unit stands beside others, and how it is marked up there, with wrappers of it alone."""
    node, parent = unit.node, unit.node.getparent()
    for _ in range(_WRAPPERS):
        alone = node.getprevious() is None and node.getnext() is None  # `len` counts all children each time
        if parent is None or not alone or (parent.text or "").strip() or (node.tail or "").strip():
            break
        node, parent = parent, parent.getparent()
    return parent, node.tag, node.get("class") or ""


_WRAPPERS = 3


def _is_running(unit: Unit) -> bool:
    return unit.kind not in ("figure", "heading") and unit.size >= _LONG and unit.links < len(unit.text) * 0.6


def is_prose(unit: Unit) -> bool:
    """Whether the unit is a paragraph of running text by itself, whatever trafilatura holds of it."""
    return (
        unit.kind in ("text", "quote")
        and unit.size >= 80
        and not unit.boxes
        and not unit.meta
        and unit.links < len(unit.text) * 0.3
        and (unit.size >= 240 or unit.text.endswith(SENTENCE_ENDS))
        and "cookie" not in unit.key
        and not chrome.is_chrome(unit)
        and not chrome.is_cut(unit)
    )


def _root(chains: list[tuple[Node, ...]], weight: list[int], share: float) -> Node:
    """The deepest element that holds that share of the weight.

    Where none does, since a `noscript` that held much of the page was taken out of the tree: of those that hold most.
    """
    held: dict[Node, int] = {}
    depth: dict[Node, int] = {}
    for chain, amount in zip(chains, weight, strict=True):
        if amount:
            for place, node in enumerate(reversed(chain)):
                held[node] = held.get(node, 0) + amount
                depth[node] = place
    enough = sum(weight) * share
    enough = min(enough, max(held.values()))
    return max((node for node, amount in held.items() if amount >= enough), key=depth.__getitem__)
