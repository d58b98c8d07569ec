"""Which units of a page are the article's body.

trafilatura says which text is body; the page's own tree says where that text stands, in what order and inside which
boxes. The units chosen are the page's own, so nothing is doubled, reordered or lost inside the body.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from dataclasses import dataclass

import trafilatura
from lxml.etree import strip_elements

from archive.inline import clean_inline
from archive.models import Paragraph
from scraper.read import chrome
from scraper.read.byline import BY
from scraper.read.dates import is_dated
from scraper.read.tree import Node, key_of, label, size_of, tag_of
from scraper.read.units import Unit, Walk
from scraper.read.vocabulary import named

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_LONG = 40
_TELLING = 24
_SHARE = 0.85
_TOO_LITTLE = 0.5
_SHORT = 400
_MOSTLY = 0.4
_CARD_UNITS = 8
_PARAGRAPH = 80
_MAX_PULLED = 50
_MAX_WHOLE = 400_000
_MAX_ELEMENTS = 50_000
"""A page of more is read without trafilatura, whose cost grows faster than the page."""
_HARDLY = 0.25
_SENTENCE_ENDS = (*".!?…”\"»。」』）】！？:)’“;।။។؟*'",)
_BLOCKS = frozenset(("p", "head", "item", "cell", "quote", "code", "ab", "list", "row"))


@dataclass(frozen=True, slots=True)
class Evidence:
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

    def _has_most(self, key: str) -> bool:
        """Whether most pieces of a text are there, though readers differ on what lies between them."""
        step = max(_TELLING // 2, len(key) // 16)
        pieces = [key[at : at + step] for at in range(0, len(key) - step + 1, step)]
        found = sum(piece in self.whole or piece in self.stated for piece in pieces)
        return found >= len(pieces) * 0.6


def evidence(tree: Node, url: str, stated: str, *, thorough: bool = False) -> Evidence:
    """trafilatura's reading of the tree, which it copies; `thorough` compares several ways to read. Never raises."""
    error = None
    blocks: list[str] = []
    whole = ""
    try:
        found = trafilatura.bare_extraction(tree, url=url, include_comments=False, fast=not thorough)
        root = found.body if found is not None and not isinstance(found, dict) else None
        if root is not None:
            for node in root.iter():
                tag = tag_of(node)
                if tag in _BLOCKS:
                    blocks.append("".join(map(str, node.itertext())))
                if tag == "lb" and node.tail:
                    blocks.append(node.tail)
            whole = "".join(map(str, root.itertext()))
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
    own = sum(unit.size for unit in page.units if _is_prose(unit))
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


@dataclass(slots=True)
class Field:
    """The page's units with what is known of each. `sure` says that trafilatura holds the text, `weight` how much of it
    is running text, `root` is the deepest element that holds nearly all of that."""

    units: list[Unit]
    sure: list[bool]
    weight: list[int]
    root: Node
    inside: list[bool]
    chains: list[tuple[Node, ...]]

    @property
    def start(self) -> int:
        """Where the running text begins."""
        return next((i for i, w in enumerate(self.weight) if w >= 60 and self.inside[i]), 0)


def survey(units: list[Unit], found: Evidence) -> Field | None:
    """None for a page without running text."""
    sure = [found.has(u.key) for u in units]
    weight = [u.size if sure[i] and _is_running(u) else 0 for i, u in enumerate(units)]
    chains = [(u.node, *u.node.iterancestors()) for u in units]
    own = [u.size if _is_prose(u) else 0 for u in units]
    if sum(weight) < sum(own) * _TOO_LITTLE:
        place = _root(chains, own, 0.6)
        sure = [known or (own[i] > 0 and place in chains[i]) for i, known in enumerate(sure)]
        weight = [u.size if sure[i] and _is_running(u) else 0 for i, u in enumerate(units)]
    if not sum(weight):
        return None
    root = _root(chains, weight, _SHARE)
    return Field(units, sure, weight, root, [root in chain for chain in chains], chains)


def _is_running(unit: Unit) -> bool:
    return unit.kind not in ("figure", "heading") and unit.size >= _LONG and unit.links < len(unit.text) * 0.6


def _is_prose(unit: Unit) -> bool:
    """Whether the unit is a paragraph of running text by itself, whatever trafilatura holds of it."""
    return (
        unit.kind in ("text", "quote")
        and unit.size >= 80
        and not unit.boxes
        and not unit.meta
        and unit.links < len(unit.text) * 0.3
        and (unit.size >= 240 or unit.text.endswith(_SENTENCE_ENDS))
        and "cookie" not in unit.key
        and not chrome.is_chrome(unit)
        and not chrome.is_cut(unit)
    )


def _root(chains: list[tuple[Node, ...]], weight: list[int], share: float) -> Node:
    """The deepest element that holds that share of the weight."""
    held: dict[Node, int] = {}
    depth: dict[Node, int] = {}
    for chain, amount in zip(chains, weight, strict=True):
        if amount:
            for place, node in enumerate(reversed(chain)):
                held[node] = held.get(node, 0) + amount
                depth[node] = place
    enough = sum(weight) * share
    return max((node for node, amount in held.items() if amount >= enough), key=depth.__getitem__)


@dataclass(frozen=True, slots=True)
class Told:
    """What is told elsewhere in the article and so is no body: elements, and texts by their keys."""

    nodes: frozenset[Node] = frozenset()
    keys: frozenset[str] = frozenset()
    start: int = 0
    names: tuple[str, ...] = ()
    """The authors' names, by their keys."""


def choose(field_: Field, told: Told) -> list[int]:
    """The places of the units that are body, in page order."""
    units, sure, inside = field_.units, field_.sure, field_.inside
    boxes = _held(units, field_.weight)
    total = sum(field_.weight)
    cards = _cards(field_)
    kept: set[int] = set()
    running = False
    start = min(told.start, field_.start)
    styles = Counter(_style(u) for i, u in enumerate(units) if field_.weight[i] and inside[i])
    for i, unit in enumerate(units):
        if unit.kind == "figure" or i < start or unit.key in told.keys or i in cards:
            continue
        if not told.nodes.isdisjoint(field_.chains[i]) or chrome.is_chrome(unit):
            continue
        if not running and _is_byline(unit, told.names):
            continue
        if any(boxes[box] < total * 0.4 for box in unit.boxes) or (unit.meta and unit.size < 300):
            continue
        if sure[i]:
            if inside[i] or unit.size >= _LONG:
                kept.add(i)
        elif inside[i] and (_reads_like_text(unit) or _is_sibling(unit, styles)):
            kept.add(i)
        running = running or (i in kept and unit.size >= _PARAGRAPH)
    _drop_links(field_, kept)
    _drop_repeats(field_, kept)
    _drop_edges(field_, kept)
    _drop_headings(units, kept)
    return sorted(kept)


def _is_byline(unit: Unit, names: tuple[str, ...]) -> bool:
    """Whether a line holds all the authors' names and little else: "By A B (text) and C D, Oslo"."""
    short = unit.kind == "text" and unit.size <= sum(map(len, names)) + _PARAGRAPH
    return bool(names) and short and BY.match(unit.text) is not None and all(name in unit.key for name in names)


def _held(units: list[Unit], weight: list[int]) -> dict[Node, int]:
    """How much of the text that is surely body each box holds."""
    held: dict[Node, int] = {}
    for unit, amount in zip(units, weight, strict=True):
        for box in unit.boxes:
            held[box] = held.get(box, 0) + amount
    return held


def _cards(field_: Field) -> set[int]:
    """Teasers of other stories inside the body: a small box whose title, a link, stands in no paragraph of its own."""
    members: dict[Node, list[int]] = {}
    for i, chain in enumerate(field_.chains):
        if field_.inside[i]:
            for node in chain:
                if node is field_.root:
                    break
                members.setdefault(node, []).append(i)
    found: set[int] = set()
    for i, unit in enumerate(field_.units):
        if not field_.inside[i] or not chrome.is_link_only(unit) or len(unit.text) < 15 or i in found:
            continue
        if unit.node.tag in ("p", "li", "td") and unit.kind == "text":
            continue
        found.add(i)
        for node in field_.chains[i]:
            if node is field_.root:
                break
            inner = members[node]
            if len(inner) > _CARD_UNITS or not _is_card([field_.units[j] for j in inner]):
                break
            found.update(inner)
    return found


def _is_card(units: list[Unit]) -> bool:
    return sum(u.size for u in units) <= 700 and not any(u.size > 240 and _is_prose(u) for u in units)


def _reads_like_text(unit: Unit) -> bool:
    if unit.links > len(unit.text) * 0.5:
        return False
    if unit.kind in ("heading", "code"):
        return True
    if unit.kind in ("list", "table", "quote"):
        return True
    return unit.size >= 160 or (unit.size >= 25 and unit.text.endswith(_SENTENCE_ENDS))


def _style(unit: Unit) -> tuple[str, str]:
    return unit.node.tag, unit.node.get("class") or ""


def _is_sibling(unit: Unit, styles: Counter[tuple[str, str]]) -> bool:
    """Whether a short text is marked up as the paragraphs of the body are."""
    return unit.kind == "text" and unit.size >= 25 and styles[_style(unit)] > 0 and unit.links < len(unit.text) * 0.5


def _drop_links(field_: Field, kept: set[int]) -> None:
    """Paragraphs and headings that are nothing but a link lead to other stories."""
    for i in list(kept):
        unit = field_.units[i]
        if unit.kind in ("text", "heading", "list") and chrome.is_link_only(unit) and len(unit.text) > 20:
            kept.discard(i)


def _drop_repeats(field_: Field, kept: set[int]) -> None:
    """A pull quote is set apart from a paragraph that says the same; one that nothing repeats is text."""
    looked = 0
    for i in sorted(kept):
        unit = field_.units[i]
        pulled = looked < _MAX_PULLED and any(
            _PULLED.search(label(node)) for node in field_.chains[i][:3] if node is not field_.root
        )
        looked += pulled
        if pulled and any(unit.key in field_.units[j].key for j in kept if j != i):
            kept.discard(i)


_PULLED = named("pull ?quotes?|quotes?|zitate?|citation|citazione|cita|exergue|highlight|callout")


def _drop_edges(field_: Field, kept: set[int]) -> None:
    """Nothing short and no date or byline is body before the running text begins; nothing doubtful after it ends."""
    running = [i for i in sorted(kept) if field_.weight[i] >= 80]
    surely = [i for i in sorted(kept) if field_.sure[i]]
    if not running:
        return
    for i in list(kept):
        unit = field_.units[i]
        dangling = i > surely[-1] and not _continues(unit, field_.units[surely[-1]])
        dangling = dangling or (i > running[-1] and unit.kind == "heading" and i == max(kept))
        early = i < running[0] and unit.kind == "text" and (unit.size < _LONG or is_dated(unit.text))
        if dangling or early or (i == running[0] and unit.size < 200 and _DATED.match(unit.text)):
            kept.discard(i)


def _continues(unit: Unit, last: Unit) -> bool:
    """Whether a text stands beside the last one that is surely body, marked up as that is, and ends as sentences do."""
    beside = unit.node.getparent() is last.node.getparent() and _style(unit) == _style(last)
    return beside and unit.kind == "text" and unit.links < len(unit.text) * 0.5 and unit.text.endswith(_SENTENCE_ENDS)


_DATED = re.compile(r"\W{0,4}\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\b")


def _drop_headings(units: list[Unit], kept: set[int]) -> None:
    """A heading with no text under it heads something that is not body."""
    below: int | None = None
    for i in sorted(kept, reverse=True):
        unit = units[i]
        empty = below is None or (units[below].kind == "heading" and units[below].level <= unit.level)
        if unit.kind == "heading" and empty:
            kept.discard(i)
        else:
            below = i


def from_statement(stated: str, field_: Field | None) -> tuple[Paragraph, ...]:
    """The paragraphs of the page's own articleBody, where the page shows hardly any of it; else none."""
    shown = sum(field_.weight) if field_ is not None else 0
    if size_of(stated) < 500 or shown > size_of(stated) * _HARDLY:
        return ()
    text = _BREAKING_TAG.sub("\n", stated) if "<" in stated else stated
    lines = (clean_inline(_TAG.sub("", line)) for line in text.splitlines())
    return tuple(Paragraph(line) for line in lines if line)


_BREAKING_TAG = re.compile(r"</?(?:p|br|div|h[1-6]|li|ul|ol|blockquote)\b[^<>]{0,500}>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]{0,500}>", re.IGNORECASE)
