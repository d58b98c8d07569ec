"""Where a page's running text lies."""

from __future__ import annotations

from collections.abc import Iterable

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
        for node in root.iter(*_RUNNING):
            amount = _running(node)
            if amount:
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


def _running(node: Node) -> int:
    """Length of the longer texts that stand in the element itself, and of what its inline elements add to them."""
    amount = 0
    text = node.text
    if text and len(text) >= _SHORT:
        amount += len(text.strip())
    for child in node:
        text = child.tail
        if text and len(text) >= _SHORT:
            amount += len(text.strip())
    return amount if amount >= _SHORT else 0
