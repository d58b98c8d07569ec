"""How the paragraphs of the body are marked up, to tell what stands above them in a mark-up of its own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from archive.models import Paragraph
from scraper.read.tree import Node, tag_of
from scraper.read.unit import Unit

_LEAST = 4
_FEW = 2
_USUAL = 0.6
_LONGEST = 900
_MUCH = 6000


def is_brief(node: Node) -> bool:
    """Whether an element holds little text: cheaper than the text itself, and asked before it."""
    amount = 0
    for text in node.itertext():
        amount += len(text)
        if amount > _MUCH:
            return False
    return True


class Marking:
    """The tags, classes and parents of the running text's units."""

    def __init__(self, running: list[Unit]) -> None:
        self.enough = len(running) >= _LEAST
        self.counts = [(name, Counter(map(name, running))) for name in (_tag, _parent, _class)]
        self.most = len(running) * _USUAL

    def is_apart(self, unit: Unit) -> bool:
        """Whether the unit is marked up as hardly any of the running text is, or is bold throughout."""
        if not self.enough:
            return False
        if any(c[name(unit)] <= _FEW and max(c.values()) >= self.most for name, c in self.counts):
            return True
        block = unit.block
        bold = isinstance(block, Paragraph) and block.text[:2] == "**" and block.text[-2:] == "**"
        return bold and len(unit.text) < _LONGEST and "**" not in unit.text


_Name = Callable[[Unit], str | int]


def _tag(unit: Unit) -> str | int:
    return tag_of(unit.node)


def _parent(unit: Unit) -> str | int:
    return id(unit.node.getparent())


def _class(unit: Unit) -> str | int:
    return re.sub(r"\d+", "", unit.node.get("class") or "")
