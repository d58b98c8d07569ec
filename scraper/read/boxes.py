"""Small boxes amid the text that are none of it, told by what they hold: teasers, lists of links, prompts.

Each is found from one unit that gives it away, and is the largest element around that unit in which nothing else reads
like the article.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from scraper.read import chrome, prompts
from scraper.read.field import SENTENCE_ENDS, Field, is_prose
from scraper.read.tree import Node, tag_of
from scraper.read.unit import Unit
from scraper.read.vocabulary import words

_MOST_UNITS = 8
_MOST_UNITS_HEADED = 40
_MOST_TEXT = 700
_MOST_APPEALED = 1500
_PROSE = 240
_SYNOPSIS = 300
_MUCH = 0.25
_TEASED = 15
_BIDDEN = 4
_BUTTON = 60
_LINE = 100
_SECTIONS = words("div section article dl form center details header aside")
_WRAPPED = ("table", "code", "quote", "figure")


class Boxes:
    """The elements inside the body's root, with the units and the weight of the sure text that each holds."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.members: dict[Node, list[int]] = {}
        self.weight: dict[Node, int] = {}
        self.styles: dict[Node, dict[tuple[str, str | None], int]] = {}
        for i, chain in enumerate(field.chains):
            if field.inside[i]:
                for node in chain:
                    self.members.setdefault(node, []).append(i)
                    self.weight[node] = self.weight.get(node, 0) + field.weight[i]
                    if node is field.root:
                        break

    def strangers(self) -> set[int]:
        """The places of the units in boxes of other stories and of prompts."""
        units = self.field.units
        found: set[int] = set()
        for i, unit in enumerate(units):
            if not self.field.inside[i] or unit.kind == "figure":
                continue
            if unit.kind == "text" and unit.size < _MOST_APPEALED and self._stands_apart(unit) and _asks(unit):
                found.update((i, *self._around(i, self._is_appeal)))
            if _is_button(unit):
                found.update(self._around(i, self._is_appeal))
            if _is_teaser(unit):
                found.update((i, *self._around(i, self._is_card)))
            elif chrome.is_lead_in(unit) or chrome.leads_in(unit):
                found.update((i, *self._around(i, self._is_listing), *_trail(units, i)))
            elif chrome.is_prompt(unit):
                found.update((i, *self._around(i, self._is_promotion)))
        return found

    def _stands_apart(self, unit: Unit) -> bool:
        """Whether less than a good share of the sure text stands in the unit's own element's parent.

        Not where each paragraph stands in an element of its own.
        """
        parent = unit.node.getparent()
        if parent is None:  # a `noscript` that held most of the page, before it was taken out of the tree
            return False
        if self.weight.get(parent, 0) > self.weight[self.field.root] * _MUCH:
            return False
        return parent.getparent() is None or not self._is_repeated(parent)

    def _around(self, i: int, fits: Callable[[Node, list[Unit]], bool]) -> list[int]:
        """The units of the largest element around the unit that fits."""
        found: list[int] = []
        for node in self.field.chains[i]:
            if node is self.field.root or self.weight[node] > self.weight[self.field.root] * _MUCH:
                break
            inner = self.members[node]
            if len(inner) > _MOST_UNITS_HEADED or not fits(node, [self.field.units[j] for j in inner]):
                break
            found = inner
        return found

    def _is_card(self, _: Node, units: list[Unit]) -> bool:
        if len(units) > _MOST_UNITS or sum(u.size for u in units) > _MOST_TEXT:
            return False
        return not any(u.size > _PROSE and is_prose(u) for u in units)

    def _is_listing(self, _: Node, units: list[Unit]) -> bool:
        """Whether nothing but a lead-in, links, titles and pictures stands there."""
        return len(units) <= _MOST_UNITS_HEADED and not any(_is_sentence(u) for u in units)

    def _is_promotion(self, _: Node, units: list[Unit]) -> bool:
        """Whether prompts and links stand there, and at most a note on them."""
        if len(units) > _MOST_UNITS_HEADED or sum(u.size for u in units) > _MOST_TEXT:
            return False
        said = [u for u in units if _is_sentence(u) and not chrome.is_chrome(u)]
        bidden = sum(chrome.is_chrome(u) or chrome.is_link_only(u) for u in units)
        return len(said) * _BIDDEN <= bidden and not any(u.size > _PROSE for u in said)

    def _is_appeal(self, node: Node, units: list[Unit]) -> bool:
        """Whether a box of its own kind holds a button of prompts and a few paragraphs that lead to it."""
        if len(units) > _MOST_UNITS or sum(u.size for u in units) > _MOST_APPEALED:
            return False
        return not any(map(is_prose, units)) or (tag_of(node) in _SECTIONS and not self._is_repeated(node))

    def _is_repeated(self, node: Node) -> bool:
        """Whether an element beside this one is marked up as it is and holds text of the body."""
        parent = node.getparent()
        held = self.styles.get(parent)
        if held is None:
            held = self.styles[parent] = {}
            for other in parent:
                style = (other.tag, other.get("class"))
                held[style] = held.get(style, 0) + self.weight.get(other, 0)
        return held[(node.tag, node.get("class"))] > self.weight.get(node, 0)

    def is_stranger(self, i: int) -> bool:
        """Whether a unit stands in an element inside the body that holds none of what is surely body.

        Wrappers of a single table, quotation or the like are none, nor what is marked up as its neighbours with text.
        """
        box = None
        for node in self.field.chains[i]:
            if node is self.field.root or self.weight.get(node):
                break
            box = node
        if box is None or box is self.field.units[i].node or tag_of(box) not in _SECTIONS:
            return False
        inner = [self.field.units[j] for j in self.members[box]]
        if all(unit.kind in _WRAPPED for unit in inner) or (len(inner) == 1 and is_prose(inner[0])):
            return False
        return not self._is_repeated(box)


def _is_teaser(unit: Unit) -> bool:
    """Whether the unit is the title of another story: a link that stands in no paragraph of its own."""
    if not chrome.is_link_only(unit) or len(unit.text) < _TEASED:
        return False
    return unit.node.tag not in ("p", "li", "td") or unit.kind != "text"


def _asks(unit: Unit) -> bool:
    return prompts.appeals(unit.text)


def _is_button(unit: Unit) -> bool:
    """Whether the unit is one link to where readers subscribe, register, give or sign in."""
    if len(unit.text) > _BUTTON or unit.kind not in ("text", "heading") or not chrome.is_link_only(unit):
        return False
    return any(prompts.PLACES.search(urlsplit(href).path[:200]) for href in _hrefs(unit.node))


def _hrefs(node: Node) -> list[str]:
    found = [a.get("href") for a in node.iter("a")]
    found += [a.get("href") for a in node.iterancestors("a")]
    return [href for href in found[:4] if href and len(href) < 2000]


def _trail(units: list[Unit], start: int) -> list[int]:
    """What follows a lead-in: links to other stories, each perhaps with a synopsis."""
    found: list[int] = []
    for i in range(start + 1, min(len(units), start + _MOST_UNITS_HEADED)):
        unit = units[i]
        if unit.kind != "figure" and not chrome.is_link_only(unit):
            after = units[i - 1]
            synopsis = unit.kind == "text" and unit.size < _SYNOPSIS and i - 1 in found and chrome.is_link_only(after)
            if not synopsis or len(after.text) < _TEASED or not (chrome.is_cut(unit) or _goes_on(units, i)):
                break
        found.append(i)
    return found


def _goes_on(units: list[Unit], i: int) -> bool:
    """Whether another link to a story follows, or nothing at all: else the article may go on after one link."""
    return i + 1 >= len(units) or chrome.is_link_only(units[i + 1]) or units[i + 1].kind == "figure"


def _is_sentence(unit: Unit) -> bool:
    """Whether a unit reads like a sentence of the article."""
    if unit.kind == "figure" or chrome.is_link_only(unit):
        return False
    return unit.size >= _LINE and unit.text.endswith(SENTENCE_ENDS) and unit.links < len(unit.text) * 0.5
