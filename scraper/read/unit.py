"""One block of a page, and where it stood."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from archive.models import Block, Heading, ListBlock, Paragraph, Quote
from scraper.read.tree import Node, key_of, size_of

Kind = Literal["text", "heading", "list", "quote", "table", "code", "figure"]


class Unit(Struct):
    """One block of the page. A figure has no block: `captions.py` reads its node.

    `links` counts the characters of its text that are links. `boxes` are the boxes beside the article that it stands
    in, though they hold much of the page's text. `meta` says that it stands where bylines, dates and kickers do.
    `key` is its text for comparing (`tree.key_of`), `size` its length in letters (`tree.size_of`), `lines` a
    paragraph's text as its line breaks part it. `chrome` is what `chrome.is_chrome` has found.
    """

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
    chrome: bool | None = None

    def __post_init__(self) -> None:
        self.key = key_of(self.text)
        self.size = size_of(self.text)


def lines_of(unit: Unit) -> tuple[str, ...]:
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
