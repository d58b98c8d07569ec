"""What shape an element has: a list of text or of page parts, a table of data or a layout, a captioned picture."""

from __future__ import annotations

from functools import lru_cache

from scraper.read.credits import split_credit
from scraper.read.tree import NEVER, Node, label, tag_of, text_of
from scraper.read.vocabulary import named

_FIGURE = named(
    """
    wp caption|caption|figure|image caption|photo caption|picture caption|media caption|photo|image|picture|img
    |bild|foto
    """
)
_CAPTION = named("caption|captions|caption text|figcaption|legend|legende|bildunterschrift|cutline")
_MAX_FIGURE_TEXT = 1500
_MAX_CREDITED = 400
_MAX_LINE = 160
_MAX_CELL = 1500
_TELLING = 150
"""Of two paragraphs as long as this one is no caption."""
_PARTS = ("h1", "h2", "h3", "h4", "table", "figure", "blockquote", "pre", "article")
_LAYOUT = ("h1", "h2", "ul", "ol", "figure", "article", "form", "blockquote")


def is_alone(node: Node) -> bool:
    """Whether an inline element is all the text of its block."""
    parent = node.getparent()
    return (
        parent is not None
        and not (parent.text or "").strip()
        and not (node.tail or "").strip()
        and all(tag_of(child) in NEVER or child is node for child in parent)
    )


def is_break(node: Node) -> bool:
    """Whether an empty element of that class stands for a line break, as some editors write it."""
    return "br" in (node.get("class") or "").split() and not len(node) and not (node.text or "").strip()


def is_plain_list(node: Node) -> bool:
    """Whether a list holds items of text, not the parts of a page."""
    return next(node.iter(*_PARTS), None) is None


def is_data(node: Node) -> bool:
    """Whether a table holds data, not the page's layout."""
    if node.get("role") == "presentation":
        return False
    if next(node.iter(*_LAYOUT), None) is not None or next(node.iterdescendants("table"), None) is not None:
        return False
    rows = rows_of(node)
    widths = [sum(1 for cell in row if tag_of(cell) in ("td", "th")) for row in rows]
    if max(widths, default=0) < 2 or len(rows) < 2:
        return False
    cells = [len(text_of(cell)) for row in rows[:40] for cell in row]
    return max(cells, default=0) < _MAX_CELL


def rows_of(node: Node) -> list[Node]:
    rows: list[Node] = []
    for child in node:
        tag = tag_of(child)
        if tag == "tr":
            rows.append(child)
        elif tag in ("thead", "tbody", "tfoot"):
            rows.extend(row for row in child if tag_of(row) == "tr")
    return rows


def is_figure(node: Node, tag: str, name: str) -> bool:
    """Whether an element is a picture with what is written under it."""
    if tag == "figure":
        return next(node.iter("table", "pre", "blockquote"), None) is None
    named_so = tag in _NAMED and bool(name) and _is_named(name)
    if not named_so and tag not in ("figcaption", "p"):
        return False
    if next(node.iter("table", "pre", "blockquote", "h1", "h2"), None) is not None:
        return False
    if tag == "figcaption":
        return True
    if tag == "p" and (_is_captioned(node) or _is_credited(node)):
        return True
    if not named_so:
        return False
    if _CAPTION.search(name) is None and next(node.iter("img", "picture", "amp-img"), None) is None:
        return False
    if len(text_of(node)) >= _MAX_FIGURE_TEXT:
        return False
    told = [len(text_of(paragraph)) for paragraph in node.iter("p")]
    return len(told) <= 4 and sum(length >= _TELLING for length in told) <= 1


_NAMED = frozenset(("div", "p", "span", "section", "dl", "dd", "td", "center"))


@lru_cache(4096)
def _is_named(name: str) -> bool:
    return _FIGURE.search(name) is not None


def _is_captioned(node: Node) -> bool:
    """Whether a paragraph is a picture and one element, named a caption, that holds all its text."""
    if len(node) == 0 or next(node.iter("img", "picture", "amp-img"), None) is None:
        return False
    named = [child for child in node if tag_of(child) not in NEVER and text_of(child)]
    return len(named) == 1 and _CAPTION.search(label(named[0])) is not None and text_of(named[0]) == text_of(node)


def _is_credited(node: Node) -> bool:
    """Whether a paragraph is a picture, or follows one, and a short text that ends in a credit or is all emphasised."""
    own = len(node) > 0 and next(node.iter("img", "picture", "amp-img"), None) is not None
    if not own and not _follows_picture(node):
        return False
    text = text_of(node)
    if not text or len(text) > _MAX_CREDITED or next(node.iter("figure"), None) is not None:
        return False
    if own and not (node.text or "").strip():
        parts = [child for child in node if tag_of(child) not in NEVER and text_of(child)]
        if len(parts) == 1 and parts[0].tag in ("em", "i", "small") and text_of(parts[0]) == text:
            return True
    caption, credit = split_credit(text)
    return credit is not None and (own or not caption or len(text) <= _MAX_LINE)


def _follows_picture(node: Node) -> bool:
    before = node.getprevious()
    if before is None or tag_of(before) not in ("p", "div", "figure", "a", "img", "picture", "center"):
        return False
    if before.tag != "img" and (len(before) == 0 or (before.text or "").strip()):
        return False
    return next(before.iter("img"), None) is not None and not text_of(before)


def raw_text(node: Node) -> str:
    """Text of a `pre` with its line ends."""
    out: list[str] = []
    if node.text:
        out.append(node.text)
    for child in node:
        tag = tag_of(child)
        if tag == "br":
            out.append("\n")
        elif tag not in NEVER:
            out.append(raw_text(child))
        if child.tail:
            out.append(child.tail)
    return "".join(out)
