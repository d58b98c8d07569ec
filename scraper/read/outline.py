"""A parsed page with its elements listed by tag and by attribute.

Readers look for elements of a tag again and again, and lxml walks the whole tree for each such question: together that
costs as much as reading itself. Here the tree is walked once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from scraper.read.tree import Node


class Outline:
    """The elements of a tree as it was when this was made. It answers `iter` and `get` as the tree's root does.

    lxml makes an element's object anew each time unless somebody holds it, so holding all of them saves time as well.
    """

    def __init__(self, root: Node) -> None:
        self.root = root
        self.nodes: list[Node] = list(root.iter())
        self._by_tag: dict[Any, list[Node]] = defaultdict(list)
        for node in self.nodes:
            self._by_tag[node.tag].append(node)
        self._by_attribute: dict[str, list[Node]] | None = None
        self._places: dict[Node, int] | None = None
        self._texts: list[tuple[Node, str | None, str | None]] | None = None

    def iter(self, *tags: str) -> Iterator[Node]:
        """The elements of any of the tags, all where none is given, in page order."""
        if not tags:
            return iter(self.nodes)
        if len(tags) == 1:
            return iter(self._by_tag.get(tags[0], ()))
        found = [tag for tag in tags if tag in self._by_tag]
        if len(found) < 2:
            return iter(self._by_tag[found[0]] if found else ())
        return iter(self._in_order([node for tag in dict.fromkeys(found) for node in self._by_tag[tag]]))

    def get(self, name: str, default: str | None = None) -> Any:
        """An attribute of the root."""
        return self.root.get(name, default)

    def having(self, *names: str) -> list[Node]:
        """The elements with any of the attributes, in page order."""
        if self._by_attribute is None:
            by_attribute: dict[str, list[Node]] = defaultdict(list)
            for node in self.nodes:
                for name in node.keys():  # noqa: SIM118  # an element's children are what iterating it gives
                    by_attribute[name].append(node)
            self._by_attribute = by_attribute
        lists = [self._by_attribute[name] for name in names if name in self._by_attribute]
        if len(lists) < 2:
            return lists[0] if lists else []
        return self._in_order(list(dict.fromkeys(node for found in lists for node in found)))

    def _in_order(self, nodes: list[Node]) -> list[Node]:
        """These elements in page order."""
        if self._places is None:
            self._places = {node: place for place, node in enumerate(self.nodes)}
        nodes.sort(key=self._places.__getitem__)
        return nodes

    def texts(self) -> list[tuple[Node, str | None, str | None]]:
        """Each element with the text before its first child and the one behind it: lxml decodes them anew each time."""
        if self._texts is None:
            self._texts = [(node, node.text, node.tail) for node in self.nodes]
        return self._texts

    def clear(self) -> None:
        """Lets go of the elements."""
        self._by_tag.clear()
        self._by_attribute = self._places = self._texts = None
        self.nodes.clear()


def outlined(tree: Node) -> Outline:
    """The outline of a tree; one that is given comes back as it is."""
    return tree if isinstance(tree, Outline) else Outline(tree)
