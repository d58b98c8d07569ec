"""Which units of a page are the article's body.

trafilatura says which text is body; the page's own tree says where that text stands, in what order and inside which
boxes. The units chosen are the page's own, so nothing is doubled, reordered or lost inside the body.
"""

from __future__ import annotations

import re
from collections import Counter

from msgspec import Struct

from archive.deferring import deferred
from archive.inline import clean_inline
from archive.models import Paragraph
from scraper.read import chrome
from scraper.read.boxes import Boxes
from scraper.read.byline import BY
from scraper.read.dates import is_dated
from scraper.read.field import SENTENCE_ENDS, Evidence, Field, evidence, is_prose, look, place, survey
from scraper.read.tree import Node, label, size_of
from scraper.read.unit import Unit
from scraper.read.vocabulary import named

__all__ = ("Chosen", "Evidence", "Field", "Told", "choose", "evidence", "from_statement", "look", "survey")

_LONG = 40
_PARAGRAPH = 80
_SHORT = 25
_SOME = 4
_NEARLY_ALL = 0.8
_MAX_PULLED = 50
_HARDLY = 0.25


class Told(Struct, frozen=True):
    """What is told elsewhere in the article and so is no body: units by their places, and texts by their keys."""

    places: frozenset[int] = frozenset()
    keys: frozenset[str] = frozenset()
    start: int = 0
    names: tuple[str, ...] = ()
    """The authors' names, by their keys."""


class Chosen(Struct, frozen=True):
    """The places of the units that are body, in page order, and of those in boxes that are none of it."""

    body: tuple[int, ...]
    boxed: frozenset[int]


def choose(field_: Field, told: Told) -> Chosen:
    """Which units are body."""
    rules = _Rules(field_, told)
    kept: set[int] = set()
    running = False
    for i, unit in enumerate(field_.units):
        if rules.why_not(i, running=running) is None:
            kept.add(i)
            running = running or unit.size >= _PARAGRAPH
    _drop_links(field_, kept)
    _drop_repeats(field_, kept)
    _drop_doubles(field_.units, kept)
    _drop_after_end(field_, kept)
    _drop_edges(field_, kept)
    _drop_headings(field_.units, kept)
    return Chosen(tuple(sorted(kept)), frozenset(rules.boxed))


class _Rules:
    """What keeps a unit out of the body, looked at one by one."""

    def __init__(self, field_: Field, told: Told) -> None:
        self.field, self.told = field_, told
        self.total = sum(field_.weight)
        self.held = _held(field_.units, field_.weight)
        self.boxes = Boxes(field_)
        self.boxed = self.boxes.strangers()
        self.start = min(told.start, field_.start)
        own = [unit for i, unit in enumerate(field_.units) if field_.weight[i] and field_.inside[i]]
        self.styles = Counter(map(_style, own))
        self.beside = set(map(place, own))

    def why_not(self, i: int, *, running: bool) -> str | None:
        """Why the unit is no body; `running` says that running text has begun before it."""
        field_, unit = self.field, self.field.units[i]
        if unit.kind == "figure":
            return "a picture"
        if unit.kind == "heading" and not unit.key:
            return "a rule drawn as a heading"
        if i < self.start:
            return "above the title"
        if unit.key in self.told.keys or i in self.told.places:
            return "told in the head"
        if i in self.boxed:
            return "in a box of other stories or prompts"
        if chrome.is_chrome(unit):
            return "its wording"
        if not running and _is_byline(unit, self.told.names):
            return "a byline"
        if any(self.held[box] < self.total * 0.4 for box in unit.boxes):
            return "in a box named as one"
        if unit.meta and unit.size < 300:
            return "where bylines and dates stand"
        if i in field_.unstated and unit.kind == "text":
            return "not in the body that the page states"
        if i > field_.end:
            return "after what the page declares to be its body"
        if field_.sure[i]:
            return None if field_.inside[i] or unit.size >= _LONG else "short, and outside the body"
        if not field_.inside[i]:
            return "outside the body"
        if self._is_sibling(unit):
            return None
        if not _reads_like_text(unit):
            return "no running text"
        return "in an element without body text" if self.boxes.is_stranger(i) else None

    def _is_sibling(self, unit: Unit) -> bool:
        """Whether a text is marked up as the paragraphs of the body are; a short one must stand beside them."""
        if unit.kind != "text" or unit.links >= len(unit.text) * 0.5:
            return False
        if unit.size < _SHORT:
            style = _style(unit)
            return self.styles[style] >= _SOME and place(unit) in self.beside
        return self.styles[_style(unit)] > 0


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


def _reads_like_text(unit: Unit) -> bool:
    if unit.links > len(unit.text) * 0.5:
        return False
    if unit.kind in ("heading", "code"):
        return True
    if unit.kind in ("list", "table", "quote"):
        return True
    return unit.size >= 160 or (unit.size >= 25 and unit.text.endswith(SENTENCE_ENDS))


def _style(unit: Unit) -> tuple[str, str]:
    return unit.node.tag, unit.node.get("class") or ""


def _drop_links(field_: Field, kept: set[int]) -> None:
    """Paragraphs and headings that are nothing but a link lead to other stories, unless they are a sentence.

    Titles of other stories do not end in a full stop.
    """
    places = Counter(place(unit) for i, unit in enumerate(field_.units) if field_.weight[i])
    for i in list(kept):
        unit = field_.units[i]
        sentence = unit.kind == "text" and unit.size >= _LONG and unit.text.endswith(_STOPS)
        if sentence and unit.node.tag == "p" and places[place(unit)] >= _SOME:
            continue
        if unit.kind in ("text", "heading", "list") and chrome.is_link_only(unit) and len(unit.text) > 20:
            kept.discard(i)


_STOPS = (".", "。", "।", "۔", ".”", '."', ".»", ".“")


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


def _drop_doubles(units: list[Unit], kept: set[int]) -> None:
    """A paragraph that the page holds twice, for another width of screen or set apart, is one.

    What is said again and again, such as the question of a round of interviews, stays.
    """
    places: dict[str, list[int]] = {}
    for i in sorted(kept):
        if units[i].size >= _PARAGRAPH:
            places.setdefault(units[i].key, []).append(i)
    kept.difference_update(again[1] for again in places.values() if len(again) == 2)


_PULLED = named("pull ?quotes?|quotes?|zitate?|citation|citazione|cita|exergue|highlight|callout")


def _drop_after_end(field_: Field, kept: set[int]) -> None:
    """What follows a late announcement of comments or other stories is no body, unless the paragraphs go on there."""
    total = sum(field_.weight[i] for i in kept)
    before = 0
    places: Counter[tuple[Node, str, str]] = Counter()
    for i, unit in enumerate(field_.units):
        if i in kept:
            before += field_.weight[i]
            places[place(unit)] += 1
        elif before >= total * _NEARLY_ALL and chrome.is_lead_in(unit):
            after = [j for j in kept if j > i]
            if not any(places[place(field_.units[j])] > 1 and field_.weight[j] for j in after):
                kept.difference_update(after)
                return


def _drop_edges(field_: Field, kept: set[int]) -> None:
    """Nothing short and no date or byline is body before the running text begins; nothing doubtful after it ends."""
    running = [i for i in sorted(kept) if field_.weight[i] >= 80]
    surely = [i for i in sorted(kept) if field_.sure[i]]
    if not running:
        return
    order = sorted(kept, reverse=True)
    parents = {field_.units[i].node.getparent() for i in running if i != order[0]}
    nothing_after = True
    for i in order:
        unit = field_.units[i]
        dangling = i > surely[-1] and not _continues(unit, field_.units[surely[-1]])
        if nothing_after:
            foot = unit.node.getparent() not in parents and chrome.is_imprint(unit)
            dangling = dangling or foot or (i > running[-1] and unit.kind == "heading")
        early = i < running[0] and unit.kind == "text" and (unit.size < _LONG or is_dated(unit.text))
        if dangling or early or (i == running[0] and unit.size < 200 and _DATED.match(unit.text)):
            kept.discard(i)
        else:
            nothing_after = False


def _continues(unit: Unit, last: Unit) -> bool:
    """Whether a text stands beside the last one that is surely body, marked up as that is, and ends as sentences do.

    Or in the very element that holds the last one, as a paragraph does whose mark-up the page forgot.
    """
    beside = unit.node.getparent() is last.node.getparent() and _style(unit) == _style(last)
    beside = beside or (unit.node is last.node.getparent() and is_prose(unit))
    return beside and unit.kind == "text" and unit.links < len(unit.text) * 0.5 and unit.text.endswith(SENTENCE_ENDS)


_DATED = deferred(r"\W{0,4}\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\b")


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


_BREAKING_TAG = deferred(r"</?(?:p|br|div|h[1-6]|li|ul|ol|blockquote)\b[^<>]{0,500}>", re.IGNORECASE)
_TAG = deferred(r"</?[a-z][^<>]{0,500}>", re.IGNORECASE)
