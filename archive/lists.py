"""Lists of the article format: `- item` and `1. item`, nested by two spaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archive.inline import BULLET, NUMBER, clean_inline
from archive.models import Item, ListBlock

MAX_DEPTH = 24
"""Lists are nested no deeper in the text; what lies below stands at this depth."""

MAX_START = 999_999_999


def normal_list(block: ListBlock, depth: int = 0) -> ListBlock:
    """The list as the text holds it: texts normalised, empty items replaced by their children, depth cut."""
    items: list[Item] = []
    for item in block.items:
        text = clean_inline(item.text)
        if depth + 1 >= MAX_DEPTH:
            items.extend(Item(t) for t in (text, *_texts_below(item)) if t)
            continue
        children = tuple(c for c in (normal_list(child, depth + 1) for child in item.children) if c.items)
        if text:
            items.append(Item(text, children))
        else:
            items.extend(i for child in children for i in child.items)
    return ListBlock(block.ordered, tuple(items), min(max(0, block.start), MAX_START) if block.ordered else 1)


def _texts_below(item: Item) -> Iterator[str]:
    """All texts under an item in reading order, however deep."""
    waiting = [i for child in reversed(item.children) for i in reversed(child.items)]
    while waiting:
        item = waiting.pop()
        yield clean_inline(item.text)
        waiting.extend(i for child in reversed(item.children) for i in reversed(child.items))


def list_lines(block: ListBlock, indent: str = "") -> Iterator[str]:
    """The lines of a normal list."""
    for number, item in enumerate(block.items, block.start):
        yield f"{indent}{f'{number}.' if block.ordered else '-'} {item.text}"
        for child in item.children:
            yield from list_lines(child, indent + "  ")


class _Entry:
    __slots__ = ("below", "lines")

    def __init__(self, text: str) -> None:
        self.lines = [text]
        self.below: list[_Run] = []


class _Run:
    """Items that follow one another with markers of one kind."""

    __slots__ = ("entries", "ordered", "start")

    def __init__(self, ordered: bool, start: int) -> None:
        self.ordered = ordered
        self.start = start
        self.entries: list[_Entry] = []


def read_list(lines: Sequence[str]) -> Iterator[ListBlock]:
    """The lists in a block of lines; more than one where the kind of marker changes.

    Two more spaces (or a tab) nest; a line without a marker goes on with the item above it. In a nested list a number
    out of sequence begins a new list; at the top the first number alone counts, as in Markdown.
    """
    top: list[_Run] = []
    levels: list[tuple[int, list[_Run]]] = []
    for line in lines:
        text = clean_inline(line)
        number = NUMBER.match(text)
        marker = number or BULLET.match(text)
        if marker is None and levels:
            levels[-1][1][-1].entries[-1].lines.append(text)
            continue
        indent = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        runs = _level(levels, indent, top)
        ordered, start = number is not None, int(number.group(1)) if number else 1
        if not runs or not _goes_on(runs[-1], ordered, start, nested=len(levels) > 1):
            runs.append(_Run(ordered, start))
        runs[-1].entries.append(_Entry(text[marker.end() :] if marker else text))
    return map(_built, top)


def _level(levels: list[tuple[int, list[_Run]]], indent: int, top: list[_Run]) -> list[_Run]:
    """The runs that an item of this indent belongs to; `levels` holds the open ones, outermost first."""
    while len(levels) > 1 and indent < levels[-1][0]:
        levels.pop()
    if not levels:
        levels.append((indent, top))
    elif indent >= levels[-1][0] + 2 and len(levels) < MAX_DEPTH:
        levels.append((indent, levels[-1][1][-1].entries[-1].below))
    return levels[-1][1]


def _goes_on(run: _Run, ordered: bool, number: int, *, nested: bool) -> bool:
    if run.ordered != ordered:
        return False
    return not ordered or not nested or number == run.start + len(run.entries)


def _built(run: _Run) -> ListBlock:
    items = (Item(clean_inline(" ".join(e.lines)), tuple(map(_built, e.below))) for e in run.entries)
    return ListBlock(run.ordered, tuple(items), run.start)
