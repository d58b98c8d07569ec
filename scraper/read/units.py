"""The page as a flat run of units in page order: paragraphs, headings, lists, quotations, tables, code, figures.

The tree is walked once. Nothing is judged here beyond what is never text; each unit says where it stood and in which
boxes, and `body.py` chooses.
"""

from __future__ import annotations

from msgspec import Struct

from archive.inline import clean_inline
from archive.models import Block, Code, Heading, Item, ListBlock, Paragraph, Quote, Table
from scraper.read import boilerplate, prompts
from scraper.read.inline import BREAK, Marker, Run, Style, lines, linked, markdown, paragraphs, plain
from scraper.read.mass import Mass
from scraper.read.others import discussion, forms, others
from scraper.read.outline import outlined
from scraper.read.shapes import is_alone, is_break, is_data, is_figure, is_plain_list, raw_text, rows_of
from scraper.read.tree import INLINE, NEVER, Node, is_hidden, label, tag_of, text_of
from scraper.read.unit import Kind, Unit, lines_of
from scraper.read.vocabulary import named, words

_STYLES = {"b": "b", "strong": "b", "em": "i", "i": "i", "code": "c", "tt": "c", "kbd": "c", "samp": "c"}
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
MAX_UNITS = 20_000
_MAX_FRAMES = 640
"""How deep Python's stack may grow; what lies deeper is read as plain text."""
_SWALLOWING = words("noscript object button select option dialog menu audio video map canvas")
_MAX_SPAN = 20
_PAGE = frozenset(("html", "body", "main", "article"))
_READER_ONLY = named("sr only|visually hidden|visuallyhidden|screen reader")


class Walk(Struct, frozen=True):
    """What a walk over the page gave: its units, the boxes that it passed over, how many other articles among them."""

    units: list[Unit]
    passed: list[Node]
    others: int = 0


def walk(tree: Node, base: str, title: Node | None = None) -> Walk:
    """All units of the tree, or of its outline; `base` is what its links are relative to, `title` the heading that
    shows the title.

    Boxes beside the article are passed over, unless they hold the title or much of the page's text.
    """
    outline = outlined(tree)
    mass = Mass(outline, title)
    left_out = others(title, mass)
    mass.leave_out(left_out)
    walker = _Walker(base, mass, left_out | forms(outline, mass) | discussion(outline, mass))
    walker.element(outline.root)
    walker.flush(outline.root)
    return Walk(walker.units, walker.passed, len(left_out))


class _Walker:
    def __init__(self, base: str, mass: Mass | None, passing: frozenset[Node] = frozenset()) -> None:
        self.base = base
        self.mass = mass
        self.passing = passing
        self.units: list[Unit] = []
        self.passed: list[Node] = []
        self.runs: list[Run] = []
        self.style: Style = ()
        self.boxes: tuple[Node, ...] = ()
        self.meta = False
        self.links = 0
        self.quoted = False
        self.frames = 0

    # ---------------------------------------------------------------------------------------- walking

    def element(self, node: Node) -> None:
        """The element's own content, without its tail."""
        tag = node.tag
        if self.frames > _MAX_FRAMES:
            self.runs.append((self.style, f" {text_of(node)} "))
        elif tag == "br" or (tag == "span" and is_break(node)):
            self.runs.append((self.style, BREAK))
        elif tag in INLINE:
            self.inline(node, tag)
        elif (tag in NEVER and not self._is_broken(node, tag)) or len(self.units) > MAX_UNITS:
            return
        elif "-" in tag:
            self.children(node)
        else:
            self.box(node, tag)

    def box(self, node: Node, tag: str) -> None:
        name = label(node) if node.attrib else ""
        self.flush(node.getparent())
        if node in self.passing or (tag not in _PAGE and self._is_beside(node, tag, name)):
            self.passed.append(node)
            return
        boxes, meta = self.boxes, self.meta
        if tag not in _PAGE and boilerplate.is_heavy(name, tag) and self._is_named_aside(name, tag):
            self.boxes = (*boxes, node)
        if name and not meta and boilerplate.is_meta(name) and self._is_box(node):
            self.meta = True
        self.block(node, tag, name)
        self.boxes, self.meta = boxes, meta

    def _is_beside(self, node: Node, tag: str, name: str) -> bool:
        """Whether an element stands beside the article, or out of sight, and holds no more than a box does."""
        if node.attrib:
            if is_hidden(node) or boilerplate.is_declared(node):
                return self._is_box(node)
            if boilerplate.is_out_of_sight(node) and (self.mass is None or self.mass.is_bare(node)):
                return True
            if boilerplate.is_perhaps_aside(name) and not boilerplate.is_heavy(name, tag):
                return self.mass is None or self.mass.is_bare(node)
        if not self._is_named_aside(name, tag):
            return False
        if self.mass is not None and boilerplate.is_set_apart(name) and self.mass.is_amid(node):
            return True
        return self._is_box(node) and not self._is_own_text(node, name)

    def _is_named_box(self, node: Node, tag: str, name: str) -> bool:
        if boilerplate.is_perhaps_aside(name) and (self.mass is None or self.mass.is_bare(node)):
            return True
        return boilerplate.is_aside(name, tag) and self._is_box(node)

    def _is_own_text(self, node: Node, name: str) -> bool:
        """Whether an element named as a box is the summary under the title, or what a paywall has let through."""
        if self.mass is None or not name:
            return False
        if self.mass.is_by_title(node) and boilerplate.is_own_teaser(node, name):
            return True
        return not self.mass.is_bare(node) and boilerplate.is_paid_text(node, name)

    def _is_rest(self, node: Node, name: str) -> bool:
        """Whether an inline element holds the rest of a paragraph, which a paywall has let through."""
        return bool(self.runs) and boilerplate.is_paid_text(node, name) and not prompts.bids(text_of(node))

    def _is_named_aside(self, name: str, tag: str) -> bool:
        return not (self.quoted and tag == "footer") and boilerplate.is_aside(name, tag)

    def _is_broken(self, node: Node, tag: str) -> bool:
        """Whether an element that never holds text has swallowed much of the page, as one that is not closed does."""
        return tag in _SWALLOWING and self.mass is not None and not self.mass.is_box(node)

    def _is_box(self, node: Node) -> bool:
        return self.mass is None or self.mass.is_box(node)

    def inline(self, node: Node, tag: str) -> None:
        before, meta = self.style, self.meta
        name = ""
        if node.attrib and tag != "a":
            if node.get("hidden") is not None:
                return
            name = label(node)
            beside = bool(name) and (_READER_ONLY.search(name) is not None or self._is_named_box(node, tag, name))
            if beside and not self._is_rest(node, name):
                return
        marker = self._marker(node, tag)
        if marker is not None and marker not in before:
            self.style = (*before, marker)
        alone = bool(name) and not meta and boilerplate.is_meta(name) and self._is_box(node) and is_alone(node)
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
        self.frames += 4
        if node.text:
            self.runs.append((self.style, node.text))
        for child in node:
            self.element(child)
            if child.tail:
                self.runs.append((self.style, child.tail))
        self.frames -= 4

    def block(self, node: Node, tag: str, name: str) -> None:
        style, self.style = self.style, ()
        if tag in _HEADINGS:
            self.heading(node, _HEADINGS[tag], linked_whole=any(isinstance(m, tuple) for m in style))
        elif tag == "pre":
            text = raw_text(node)
            self.add("code", node, Code(text), text)
        elif tag == "blockquote":
            if not boilerplate.is_embed(node):
                self.quote(node)
        elif tag in ("ul", "ol") and is_plain_list(node):
            self.list(node)
        elif tag == "table" and is_data(node):
            self.table(node)
        elif (name or tag in ("figure", "figcaption", "p")) and is_figure(node, tag, name):
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
        for _, text in runs:
            if text != BREAK and not text.isspace():
                break
        else:
            return
        for part in paragraphs(runs):
            text = plain(part)
            if not text:
                continue
            if all(not style and text != BREAK for style, text in part):
                self.add("text", node, Paragraph(text), text)
                self.units[-1].lines = (text,)
            else:
                self.add("text", node, Paragraph(self.markdown(part)), text, linked(part))
                self.units[-1].lines = lines(part)

    def markdown(self, runs: list[Run]) -> str:
        return markdown(runs, self.base)

    def heading(self, node: Node, level: int, *, linked_whole: bool) -> None:
        """A heading has no bold text of its own; `linked_whole` says that it stands inside a link."""
        inner = _Walker(self.base, None)
        inner.links, inner.frames = self.links, self.frames + 3
        inner.style = ("b",)
        inner.children(node)
        self.links = inner.links
        runs = [(tuple(m for m in style if m != "b"), text) for style, text in inner.runs]
        text, written = plain(runs), self.markdown(runs)
        links = linked(runs)
        if not text:
            text = written = clean_inline(" ".join(unit.text for unit in inner.units))
            links = sum(unit.links for unit in inner.units)
        self.add("heading", node, Heading(max(2, level), written), text, len(text) if linked_whole else links, level)

    def quote(self, node: Node) -> None:
        inner = self._inner(node)
        texts = [unit for unit in inner if unit.text]
        if not texts:
            return
        if sum(len(unit.text) for unit in texts) > 3000 and len(texts) > 8:
            self.units.extend(texts)
            return
        lines = tuple(line for unit in texts for line in lines_of(unit))
        self.add("quote", node, Quote(lines), " ".join(u.text for u in texts), sum(u.links for u in texts))

    def _inner(self, node: Node) -> list[Unit]:
        inner = _Walker(self.base, self.mass)
        inner.links, inner.frames = self.links, self.frames + 3
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
            if tag in NEVER or tag == "" or is_hidden(child):
                continue
            inner = _ItemWalker(self.base, self.mass, depth)
            inner.links, inner.frames = self.links, self.frames + 4
            inner.children(child)
            inner.flush(child)
            self.links = inner.links
            text = clean_inline(" ".join(line for unit in inner.units for line in lines_of(unit)))
            if text or inner.nested:
                items.append(Item(text, tuple(block for block, _, _ in inner.nested)))
                texts.extend(unit.text for unit in inner.units)
                texts.extend(t for _, t, _ in inner.nested)
                links += sum(unit.links for unit in inner.units) + sum(n for _, _, n in inner.nested)
        if not items:
            return None
        ordered = tag_of(node) == "ol"
        return ListBlock(ordered, tuple(items), _number(node.get("start")) if ordered else 1), " ".join(texts), links

    def table(self, node: Node) -> None:
        for child in node:
            if tag_of(child) == "caption":
                self.children(child)
                self.flush(child)
        rows: list[tuple[str, ...]] = []
        texts: list[str] = []
        links = 0
        for row in rows_of(node):
            cells: list[str] = []
            for cell in row:
                if tag_of(cell) not in ("td", "th"):
                    continue
                inner = self._inner(cell)
                cells.append(clean_inline(" ".join(line for unit in inner for line in lines_of(unit))))
                cells.extend([""] * (min(_number(cell.get("colspan")), _MAX_SPAN) - 1))
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


def _number(value: str | None) -> int:
    """A positive number in an attribute, else 1."""
    value = (value or "").strip()
    return max(1, int(value)) if value.isascii() and value.isdigit() and len(value) < 9 else 1
