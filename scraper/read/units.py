"""The page as a flat run of units in page order: paragraphs, headings, lists, quotations, tables, code, figures.

The tree is walked once. Nothing is judged here beyond what is never text; each unit says where it stood and in which
boxes, and `body.py` chooses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from archive.inline import clean_inline
from archive.models import Block, Code, Heading, Item, ListBlock, Paragraph, Quote, Table
from scraper.read import boilerplate
from scraper.read.inline import BREAK, Marker, Run, Style, markdown, plain
from scraper.read.tree import INLINE, Node, is_hidden, key_of, label, size_of, tag_of, text_of

Kind = Literal["text", "heading", "list", "quote", "table", "code", "figure"]

_STYLES: dict[str, str] = {"b": "b", "strong": "b", "em": "i", "i": "i", "code": "c", "tt": "c", "kbd": "c", "samp": "c"}
_NEVER = frozenset(
    "script style template noscript head meta link title base object embed applet iframe frame frameset noframes svg "
    "math canvas map area audio video source track param select option optgroup datalist button input textarea img "
    "picture dialog menu progress meter output".split()
)
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_FIGURE_CLASS = re.compile(
    " (?:wp caption|caption|figure|image caption|photo caption|picture caption|media caption|photo|image|picture|img|bild|foto)(?= )"
)
_CAPTION_CLASS = re.compile(" (?:caption|captions|caption text|figcaption|legend|legende|bildunterschrift|cutline)(?= )")
_MAX_FIGURE_TEXT = 1500
MAX_UNITS = 20_000
_SWALLOWING = frozenset("noscript object button select option dialog menu audio video map canvas progress".split())
_PAGE = frozenset(("html", "body", "main", "article"))
_READER_ONLY = re.compile(" (?:sr only|visually hidden|visuallyhidden|screen reader)(?= )")


@dataclass(slots=True)
class Unit:
    """One block of the page. `links` counts the characters of its text that are links. `boxes` are the boxes beside the
    article that it stands in, though they hold much of the page's text. `meta` says that it stands where bylines, dates
    and kickers do. A figure has no block: `captions.py` reads its node. `size` is its length in letters (`tree.size_of`), `lines` a paragraph's
    text as its line breaks part it."""

    kind: Kind
    node: Node
    block: Block | None
    text: str
    links: int = 0
    boxes: tuple[Node, ...] = ()
    meta: bool = False
    level: int = 0
    key: str = field(default="")
    size: int = 0
    lines: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.key = key_of(self.text)
        self.size = size_of(self.text)


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk over the page gave: its units, and the boxes that it passed over."""

    units: list[Unit]
    passed: list[Node]


def walk(root: Node, base: str, title: Node | None = None) -> Walk:
    """All units below `root`; `base` is what its links are relative to, `title` the heading that shows the title.

    Boxes beside the article are passed over, unless they hold the title or much of the page's text.
    """
    walker = _Walker(base, Mass(root, title))
    walker.element(root)
    walker.flush(root)
    return Walk(walker.units, walker.passed)


class Mass:
    """How much running text each element holds, to tell a box from what is only named like one."""

    def __init__(self, root: Node, title: Node | None) -> None:
        self.held: dict[Node, int] = {}
        total = 0
        for node in root.iter(*_RUNNING):
            amount = _running(node)
            if amount:
                total += amount
                self.held[node] = self.held.get(node, 0) + amount
                for parent in node.iterancestors():
                    self.held[parent] = self.held.get(parent, 0) + amount
        self.enough = max(400, total * 0.4)
        self.titled: set[Node] = set() if title is None else {title, *title.iterancestors()}

    def is_box(self, node: Node) -> bool:
        return node not in self.titled and self.held.get(node, 0) < self.enough


_RUNNING = ("p", "div", "td", "section", "article", "blockquote", "li", "font", "span")


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


_SHORT = 30


class _Walker:
    def __init__(self, base: str, mass: Mass | None) -> None:
        self.base = base
        self.mass = mass
        self.units: list[Unit] = []
        self.passed: list[Node] = []
        self.runs: list[Run] = []
        self.style: Style = ()
        self.boxes: tuple[Node, ...] = ()
        self.meta = False
        self.links = 0
        self.quoted = False

    # ---------------------------------------------------------------------------------------- walking

    def element(self, node: Node) -> None:
        """The element's own content, without its tail."""
        tag = node.tag
        if tag == "br":
            self.runs.append((self.style, BREAK))
        elif tag in INLINE:
            self.inline(node, tag)
        elif (tag in _NEVER and not self._is_broken(node, tag)) or len(self.units) > MAX_UNITS:
            return
        elif "-" in tag:
            self.children(node)
        else:
            self.box(node, tag)

    def box(self, node: Node, tag: str) -> None:
        if node.attrib:
            if tag not in _PAGE and is_hidden(node) and self._is_box(node):
                self.passed.append(node)
                return
            name = label(node)
        else:
            name = ""
        self.flush(node.getparent())
        boxes, meta = self.boxes, self.meta
        if tag not in _PAGE and not (self.quoted and tag == "footer") and boilerplate.is_aside(name, tag):
            if self._is_box(node):
                self.passed.append(node)
                return
            if boilerplate.is_heavy(name, tag):
                self.boxes = (*boxes, node)
        if name and not meta and boilerplate.is_meta(name) and self._is_box(node):
            self.meta = True
        self.block(node, tag, name)
        self.boxes, self.meta = boxes, meta

    def _is_broken(self, node: Node, tag: str) -> bool:
        """Whether an element that never holds text has swallowed much of the page, as one that is not closed does."""
        return tag in _SWALLOWING and self.mass is not None and not self.mass.is_box(node)

    def _is_box(self, node: Node) -> bool:
        return self.mass is None or self.mass.is_box(node)

    def inline(self, node: Node, tag: str) -> None:
        before, meta = self.style, self.meta
        named = ""
        if node.attrib and tag != "a":
            if node.get("hidden") is not None:
                return
            named = label(node)
            if named and (_READER_ONLY.search(named) or (boilerplate.is_aside(named, tag) and self._is_box(node))):
                return
        marker = self._marker(node, tag)
        if marker is not None and marker not in before:
            self.style = (*before, marker)
        alone = bool(named) and not meta and boilerplate.is_meta(named) and self._is_box(node) and _is_alone(node)
        if alone:
            self.flush(node)
            self.meta = True
        if tag == "q":
            self.runs.append((self.style, "“"))
        self.children(node)
        if tag == "q":
            self.runs.append((self.style, "”"))
        if alone:
            self.flush(node)
            self.meta = meta
        self.style = before

    def _marker(self, node: Node, tag: str) -> Marker | None:
        if tag == "a":
            href = node.get("href")
            if not href or any(isinstance(marker, tuple) for marker in self.style):
                return None
            self.links += 1
            return ("a", href, self.links)
        return _STYLES.get(tag)

    def children(self, node: Node) -> None:
        if node.text:
            self.runs.append((self.style, node.text))
        for child in node:
            self.element(child)
            if child.tail:
                self.runs.append((self.style, child.tail))

    def block(self, node: Node, tag: str, name: str) -> None:
        style, self.style = self.style, ()
        if tag in _HEADINGS:
            self.heading(node, _HEADINGS[tag])
        elif tag == "pre":
            text = _raw_text(node)
            self.add("code", node, Code(text), text)
        elif tag == "blockquote":
            if not boilerplate.is_embed(node):
                self.quote(node)
        elif tag in ("ul", "ol") and _is_plain_list(node):
            self.list(node)
        elif tag == "table" and _is_data(node):
            self.table(node)
        elif (name or tag in ("figure", "figcaption")) and _is_figure(node, tag, name):
            self.add("figure", node, None, text_of(node))
        else:
            self.style = style
            self.children(node)
            self.flush(node)
        self.style = style

    # ---------------------------------------------------------------------------------------- units

    def add(self, kind: Kind, node: Node, block: Block | None, text: str, links: int = 0, level: int = 0) -> None:
        if text or kind == "figure":
            self.units.append(Unit(kind, node, block, text, links, self.boxes, self.meta, level))

    def flush(self, node: Node) -> None:
        """The text gathered so far becomes paragraphs; two line breaks part one from the next."""
        if not self.runs:
            return
        runs, self.runs = self.runs, []
        if all(text == BREAK or text.isspace() for _, text in runs):
            return
        for part in _paragraphs(runs):
            text = plain(part)
            if text:
                self.add("text", node, Paragraph(self.markdown(part)), text, _linked(part))
                self.units[-1].lines = _lines(part) if any(t == BREAK for _, t in part) else (text,)

    def markdown(self, runs: list[Run]) -> str:
        return markdown(runs, self.base)

    def heading(self, node: Node, level: int) -> None:
        inner = _Walker(self.base, None)
        inner.style = ("b",)
        inner.children(node)
        runs = [(tuple(m for m in style if m != "b"), text) for style, text in inner.runs]
        text = plain(runs)
        if text or not inner.units:
            if text:
                self.add("heading", node, Heading(max(2, level), self.markdown(runs)), text, _linked(runs), level)
        else:
            text = clean_inline(" ".join(unit.text for unit in inner.units))
            self.add("heading", node, Heading(max(2, level), text), text, sum(u.links for u in inner.units), level)

    def quote(self, node: Node) -> None:
        inner = self._inner(node)
        texts = [unit for unit in inner if unit.text]
        if not texts:
            return
        if sum(len(unit.text) for unit in texts) > 3000 and len(texts) > 8:
            self.units.extend(texts)
            return
        lines = tuple(line for unit in texts for line in _lines_of(unit))
        self.add("quote", node, Quote(lines), " ".join(u.text for u in texts), sum(u.links for u in texts))

    def _inner(self, node: Node) -> list[Unit]:
        inner = _Walker(self.base, self.mass)
        inner.links = self.links
        inner.boxes, inner.meta = self.boxes, self.meta
        inner.quoted = node.tag == "blockquote"
        inner.children(node)
        inner.flush(node)
        self.links = inner.links
        return inner.units

    def list(self, node: Node) -> None:
        found = self._list(node, 0)
        if found is not None:
            block, text, links = found
            self.add("list", node, block, text, links)

    def _list(self, node: Node, depth: int) -> tuple[ListBlock, str, int] | None:
        items: list[Item] = []
        texts: list[str] = []
        links = 0
        for child in node:
            tag = tag_of(child)
            if tag in ("ul", "ol") and depth < 20:
                nested = self._list(child, depth + 1)
                if nested and items:
                    items[-1] = Item(items[-1].text, (*items[-1].children, nested[0]))
                elif nested:
                    items.extend(nested[0].items)
                if nested:
                    texts.append(nested[1])
                    links += nested[2]
                continue
            if tag in _NEVER or tag == "" or is_hidden(child):
                continue
            inner = _ItemWalker(self.base, self.mass, depth)
            inner.links = self.links
            inner.children(child)
            inner.flush(child)
            self.links = inner.links
            text = clean_inline(" ".join(line for unit in inner.units for line in _lines_of(unit)))
            if text or inner.nested:
                items.append(Item(text, tuple(block for block, _, _ in inner.nested)))
                texts.extend(unit.text for unit in inner.units)
                texts.extend(t for _, t, _ in inner.nested)
                links += sum(unit.links for unit in inner.units) + sum(n for _, _, n in inner.nested)
        if not items:
            return None
        ordered = tag_of(node) == "ol"
        start = node.get("start") or ""
        first = int(start) if ordered and start.isascii() and start.isdigit() and len(start) < 9 else 1
        return ListBlock(ordered, tuple(items), first), " ".join(texts), links

    def table(self, node: Node) -> None:
        for child in node:
            if tag_of(child) == "caption":
                self.children(child)
                self.flush(child)
        rows: list[tuple[str, ...]] = []
        texts: list[str] = []
        links = 0
        for row in _rows(node):
            cells: list[str] = []
            for cell in row:
                if tag_of(cell) not in ("td", "th"):
                    continue
                inner = self._inner(cell)
                cells.append(clean_inline(" ".join(line for unit in inner for line in _lines_of(unit))))
                span = cell.get("colspan") or ""
                cells.extend([""] * min(int(span) - 1 if span.isascii() and span.isdigit() and len(span) < 4 else 0, 20))
                texts.extend(unit.text for unit in inner)
                links += sum(unit.links for unit in inner)
            if any(cells):
                rows.append(tuple(cells))
        width = max(map(len, rows), default=0)
        if rows:
            padded = tuple(row + ("",) * (width - len(row)) for row in rows)
            self.add("table", node, Table(padded), " ".join(texts), links)


class _ItemWalker(_Walker):
    """Walks a list item: lists in it become nested lists."""

    def __init__(self, base: str, mass: Mass | None, depth: int) -> None:
        super().__init__(base, mass)
        self.depth = depth
        self.nested: list[tuple[ListBlock, str, int]] = []

    def block(self, node: Node, tag: str, name: str) -> None:
        if tag in ("ul", "ol") and self.depth < 20:
            found = self._list(node, self.depth + 1)
            if found is not None:
                self.nested.append(found)
        else:
            super().block(node, tag, name)


# ------------------------------------------------------------------------------------------------ questions


def _is_alone(node: Node) -> bool:
    """Whether an inline element is all the text of its block."""
    parent = node.getparent()
    return (
        parent is not None
        and not (parent.text or "").strip()
        and not (node.tail or "").strip()
        and all(tag_of(child) in _NEVER or child is node for child in parent)
    )


def _is_plain_list(node: Node) -> bool:
    """Whether a list holds items of text, not the parts of a page."""
    return not any(
        tag_of(found) in ("h1", "h2", "h3", "h4", "table", "figure", "blockquote", "pre", "article")
        for found in node.iter("h1", "h2", "h3", "h4", "table", "figure", "blockquote", "pre", "article")
    )


def _is_data(node: Node) -> bool:
    """Whether a table holds data, not the page's layout."""
    if node.get("role") == "presentation":
        return False
    if next(node.iter("h1", "h2", "ul", "ol", "figure", "article", "form", "blockquote"), None) is not None:
        return False
    if next((t for t in node.iterdescendants("table")), None) is not None:
        return False
    rows = _rows(node)
    widths = [sum(1 for cell in row if tag_of(cell) in ("td", "th")) for row in rows]
    if max(widths, default=0) < 2 or len(rows) < 2:
        return False
    cells = [len(text_of(cell)) for row in rows[:40] for cell in row]
    return max(cells, default=0) < 1500


def _rows(node: Node) -> list[Node]:
    rows: list[Node] = []
    for child in node:
        tag = tag_of(child)
        if tag == "tr":
            rows.append(child)
        elif tag in ("thead", "tbody", "tfoot"):
            rows.extend(row for row in child if tag_of(row) == "tr")
    return rows


def _is_figure(node: Node, tag: str, name: str) -> bool:
    """Whether an element is a picture with what is written under it."""
    if tag == "figure":
        return next(node.iter("table", "pre", "blockquote"), None) is None
    if next(node.iter("table", "pre", "blockquote", "h1", "h2"), None) is not None:
        return False
    if tag == "figcaption":
        return True
    if tag not in ("div", "p", "span", "section", "dl", "center") or not name:
        return False
    if _FIGURE_CLASS.search(name) is None:
        return False
    if _CAPTION_CLASS.search(name) is None and next(node.iter("img", "picture", "amp-img"), None) is None:
        return False
    return len(text_of(node)) < _MAX_FIGURE_TEXT and sum(1 for _ in node.iter("p")) <= 4


# ------------------------------------------------------------------------------------------------ runs


def _paragraphs(runs: list[Run]) -> list[list[Run]]:
    """The runs, parted where two line breaks follow one another."""
    parts: list[list[Run]] = [[]]
    breaks = 0
    for run in runs:
        if run[1] == BREAK:
            breaks += 1
            if breaks == 2:
                parts.append([])
            elif breaks < 2:
                parts[-1].append(run)
            continue
        if run[1].strip():
            breaks = 0
        parts[-1].append(run)
    return parts


def _lines(runs: list[Run]) -> tuple[str, ...]:
    lines: list[list[Run]] = [[]]
    for run in runs:
        if run[1] == BREAK:
            lines.append([])
        else:
            lines[-1].append(run)
    return tuple(filter(None, map(plain, lines)))


def _linked(runs: list[Run]) -> int:
    return sum(len(text.strip()) for style, text in runs if any(isinstance(marker, tuple) for marker in style))


def _lines_of(unit: Unit) -> tuple[str, ...]:
    """A unit's text as inline Markdown, for where blocks cannot nest."""
    match unit.block:
        case Paragraph(text=text) | Heading(text=text):
            return (text,)
        case Quote(paragraphs=paragraphs):
            return paragraphs
        case ListBlock(items=items):
            return tuple(item.text for item in items)
        case _:
            return (unit.text,) if unit.kind != "figure" else ()


def _raw_text(node: Node) -> str:
    """Text of a `pre` with its line ends."""
    out: list[str] = []
    if node.text:
        out.append(node.text)
    for child in node:
        tag = tag_of(child)
        if tag == "br":
            out.append("\n")
        elif tag not in _NEVER:
            out.append(_raw_text(child))
        if child.tail:
            out.append(child.tail)
    return "".join(out)
