"""Where a page's running text lies."""

from __future__ import annotations

from collections.abc import Iterable

from scraper.read.outline import Outline, outlined
from scraper.read.tree import Node

_RUNNING = ("p", "div", "td", "section", "article", "blockquote", "li", "font", "span")
_SHORT = 30
_LEAST = 400
_BARE = 120
_SHARE = 0.4
_ARTICLE = 1500
_FIFTH = 0.2


class Mass:
    """How much running text each element holds, to tell a box from what is only named like one."""

    def __init__(self, root: Node, title: Node | None) -> None:
        self.held: dict[Node, int] = {}
        self.total = 0
        for node, amount in _running(outlined(root)).items():
            if amount >= _SHORT:
                self.total += amount
                self.held[node] = self.held.get(node, 0) + amount
                for parent in node.iterancestors():
                    self.held[parent] = self.held.get(parent, 0) + amount
        self.titled: set[Node] = set() if title is None else {title, *title.iterancestors()}

    def leave_out(self, nodes: Iterable[Node]) -> None:
        """Counts without those elements; none of them may hold another."""
        for node in nodes:
            amount = self.held.get(node, 0)
            self.total -= amount
            for parent in node.iterancestors():
                self.held[parent] = self.held.get(parent, 0) - amount

    @property
    def enough(self) -> float:
        """Running text of which an element is more than a box."""
        return max(_LEAST, self.total * _SHARE)

    def is_box(self, node: Node) -> bool:
        return node not in self.titled and self.held.get(node, 0) < self.enough

    def is_amid(self, node: Node) -> bool:
        """Whether an article's worth of running text stands beside the element, however much it holds itself."""
        parent = node.getparent()
        if node in self.titled or parent is None:
            return False
        beside = self.held.get(parent, 0) - self.held.get(node, 0)
        return beside >= max(_ARTICLE, self.total * _FIFTH)

    def is_bare(self, node: Node) -> bool:
        """Whether an element holds hardly any running text."""
        return node not in self.titled and self.held.get(node, 0) < _BARE

    def is_by_title(self, node: Node) -> bool:
        """Whether the title stands beside the element, or in an element beside it."""
        return node.getparent() in self.titled


def _running(outline: Outline) -> dict[Node, int]:
    """Length of the longer texts that stand in each element itself, what follows its inner elements among them."""
    found: dict[Node, int] = {}
    for node, text, tail in outline.texts():
        if text and len(text) >= _SHORT and node.tag in _RUNNING:
            found[node] = found.get(node, 0) + len(text.strip())
        if tail and len(tail) >= _SHORT:
            parent = node.getparent()
            if parent is not None and parent.tag in _RUNNING:
                found[parent] = found.get(parent, 0) + len(tail.strip())
    return found
