"""Other articles on the page, as endless scrolling and archives put them under the one that was asked for.

Markup tells them, no wording: they stand in elements like the one that holds the title, and have a title of their own.
"""

from __future__ import annotations

from scraper.read.mass import Mass
from scraper.read.tree import Node, tag_of

_PAGE = frozenset(("html", "body", "main"))
_TITLES = ("h1", "h2", "h3")
_LEAST = 250
"""What the element with the title must hold of running text before its likes are taken for other articles."""


def others(title: Node | None, mass: Mass) -> frozenset[Node]:
    """The elements that hold other articles; none where the page has no heading that shows the title."""
    if title is None:
        return frozenset()
    own = set(title.iterancestors())
    found: set[Node] = set()
    for holder in title.iterancestors():
        parent = holder.getparent()
        if parent is None or tag_of(holder) in _PAGE:
            break
        if mass.held.get(holder, 0) < _LEAST:
            continue
        for node in _likes(holder, parent, own):
            if mass.held.get(node, 0) and _titled(node, title):
                found.add(node)
    return frozenset(found)


def _likes(holder: Node, parent: Node, own: set[Node]) -> list[Node]:
    """Elements beside the holder that are marked up as it is, each perhaps in a wrapper of its own."""
    wanted = (holder.tag, holder.get("class") or "", holder.get("itemtype") or "")
    article = holder.tag == "article" or "Article" in wanted[2] or holder.get("role") == "article"
    found: list[Node] = []
    for node in parent:
        if node in own or not isinstance(node.tag, str):
            continue
        if _is_like(node, wanted, article=article):
            found.append(node)
        else:
            found.extend(inner for inner in node if article and _is_like(inner, wanted, article=True))
    return found


def _is_like(node: Node, wanted: tuple[str, str, str], *, article: bool) -> bool:
    if node.tag != wanted[0]:
        return False
    if article and wanted[0] == "article":
        return True
    own = (node.get("class") or "", node.get("itemtype") or "")
    return own == wanted[1:] and own != ("", "")


def _titled(node: Node, title: Node) -> bool:
    """Whether the element has a heading like the one that shows the title: of its level, and of its class."""
    if title.tag == "h1":
        return next(node.iter("h1"), None) is not None
    if title.tag not in _TITLES:
        return False
    name = title.get("class") or ""
    return any((heading.get("class") or "") == name for heading in node.iter(title.tag))
