"""A text file as the article it holds: FORMAT.md's reading side, tolerant of what people and tools do to such files."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from archive.errors import FormatError
from archive.inline import (
    BULLET,
    FENCE,
    HEADING,
    NUMBER,
    TRAILER,
    TRAILER_LINE,
    clean_code,
    clean_inline,
    read_byline,
    read_date,
    split_credit,
    unguarded,
)
from archive.lists import read_list
from archive.models import Article, Block, Caption, Code, Heading, Paragraph, Quote, Table

_GAP = 3
_ADDRESS = re.compile(r"<(\S+)>\Z|([a-zA-Z][a-zA-Z0-9+.-]*:\S+)\Z")
_CLOSING = re.compile(r"(`{3,})\s*\Z")
_BORDER = re.compile(r"\|?\s*+:?-+:?\s*+(?:\|\s*+:?-+:?\s*+)*+\|?\Z")
_BAR = re.compile(r"(?<!\\)\|")
_CAPTION_END = (".", "!", "?", "…", ")", "”", "’", "»", '"', "'", "。")


class _Raw(NamedTuple):
    """The lines of one block as they stand in the file; a code block's with its fences."""

    lines: Sequence[str]
    code: bool = False


def parse(text: str | bytes, name: str = "<text>") -> Article:
    """The article in a text file; `name` is the file's, for errors.

    What cannot be placed is body text. Raises FormatError, naming the line, where the bytes are not UTF-8 or the
    trailer is missing or holds no address.
    """
    lines = _decoded(text, name).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    end, after, url = _trailer(lines, name)
    head, blocks = _split_head(lines[:end])
    caption, credit = _lead_caption(blocks)
    below = blocks[1:] if credit else blocks
    return Article(
        title=head.title,
        url=url,
        body=tuple(b for raw in (*below, *_raw_blocks(lines[after:])) for b in _read_block(raw)),
        subtitle=head.subtitle,
        authors=head.authors,
        date=head.date,
        intro=head.intro,
        caption=caption,
        credit=credit,
    )


def _decoded(text: str | bytes, name: str) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise FormatError(name, line, f"not UTF-8: byte 0x{text[error.start]:02X}") from None


def _joined(lines: Sequence[str]) -> str:
    return clean_inline(" ".join(lines))


# ------------------------------------------------------------------------------------------------ trailer


def _trailer(lines: Sequence[str], name: str) -> tuple[int, int, str]:
    """Where the body ends, where what stands below the trailer begins, and the address.

    The trailer is the last one in the file that is not inside a code block.
    """
    filled = [i for i, line in enumerate(lines) if line.strip()]
    fenced: set[int] | None = None
    for place in range(len(filled) - 1, -1, -1):
        at = filled[place]
        line = lines[at].strip()
        if not TRAILER_LINE.match(line):
            continue
        if place < len(filled) - 2:
            fenced = _fenced(lines) if fenced is None else fenced
            if at in fenced:
                continue
        rest = line[len(TRAILER) :].strip()
        if not rest and place + 1 == len(filled):
            raise FormatError(name, at + 1, f"no address after `{TRAILER}`")
        last = at if rest else filled[place + 1]
        return at, last + 1, _read_address(rest or lines[last].strip(), name, last)
    expected = filled[-1] + 3 if filled else 1
    raise FormatError(name, expected, f"no `{TRAILER}` at the end of the text")


def _read_address(text: str, name: str, at: int) -> str:
    match = _ADDRESS.match(text)
    if match is None:
        raise FormatError(name, at + 1, f"not an address after `{TRAILER}`: {text[:80]!r}")
    return str(match.group(1) or match.group(2))


def _fenced(lines: Sequence[str]) -> set[int]:
    inside: set[int] = set()
    at = 0
    for raw in _raw_blocks(lines, keep_empty=True):
        if raw.code:
            inside.update(range(at, at + len(raw.lines)))
        at += len(raw.lines)
    return inside


# ------------------------------------------------------------------------------------------------ head


class _Head:
    """The parts that open a file, taken off the front of `blocks` (one line each) in their order, each at most once.

    `rest` is what is left over.
    """

    def __init__(self, blocks: Iterable[str]) -> None:
        rest = list(blocks)
        self.title = rest.pop(0)[2:] if rest and rest[0].startswith("# ") else ""
        self.subtitle = rest.pop(0)[3:] if rest and rest[0].startswith("## ") else None
        self.authors = read_byline(rest[0]) if rest else ()
        rest = rest[1:] if self.authors else rest
        self.date = read_date(rest[0]) if rest else None
        self.rest = rest[1:] if self.date else rest
        self.intro: str | None = None

    def take_intro(self) -> None:
        line = self.rest.pop()
        guarded = line.startswith("\\") and not self.authors and not self.date
        self.intro = line[1:] if guarded and read_byline(line.lstrip("\\")) else line


def _split_head(lines: Sequence[str]) -> tuple[_Head, list[_Raw]]:
    """The head, and the blocks of the body with the lead caption before them.

    The gap ends the head where what stands above it can be a head. Where not, or without a gap, the head is what can be
    recognised at the front, and an intro is not.
    """
    start = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    gap = _gap(lines, start)
    if gap is not None:
        head = _Head(_joined(raw) for raw in _split_at_empty(lines[start:gap]))
        if not head.rest or (head.title and len(head.rest) == 1):
            if head.rest:
                head.take_intro()
            return head, list(_raw_blocks(lines[gap:]))
    blocks = list(_raw_blocks(lines[start:]))
    heads = itertools.takewhile(lambda raw: not raw.code, blocks[:4])
    head = _Head(_joined(raw.lines) for raw in heads)
    taken = sum(map(bool, (head.title, head.subtitle, head.authors, head.date)))
    return head, blocks[taken:]


def _gap(lines: Sequence[str], start: int) -> int | None:
    empty = 0
    for i in range(start, len(lines)):
        empty = 0 if lines[i].strip() else empty + 1
        if empty == _GAP:
            return i
    return None


def _lead_caption(blocks: Sequence[_Raw]) -> tuple[str | None, str | None]:
    """Caption and credit of the first block, where it ends in a credit and is not all the text there is."""
    if len(blocks) < 2 or blocks[0].code or _kind(blocks[0].lines) != "paragraph":
        return None, None
    return split_credit(unguarded(_joined(blocks[0].lines))) or (None, None)


# ------------------------------------------------------------------------------------------------ blocks


def _split_at_empty(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    for filled, group in itertools.groupby(lines, key=lambda line: bool(line.strip())):
        if filled:
            yield list(group)


def _raw_blocks(lines: Sequence[str], *, keep_empty: bool = False) -> Iterator[_Raw]:
    """The blocks between empty lines; a code block from fence to fence, empty lines and all.

    `keep_empty` gives the empty lines too, one a block, so that the lines can be counted.
    """
    longest_below = _longest_fences(lines)
    at = 0
    while at < len(lines):
        end = _block_end(lines, at, longest_below)
        code = end < 0
        end = abs(end)
        if lines[at].strip() or keep_empty:
            yield _Raw(lines[at:end], code)
        at = end


def _block_end(lines: Sequence[str], at: int, longest_below: Sequence[int]) -> int:
    """The line after the block that begins at `at`; negative for a code block. A fence that never closes opens none."""
    first = lines[at].strip()
    end = at + 1
    if not first:
        return end
    opening = FENCE.match(first)
    if opening and longest_below[end] >= len(opening.group(1)):
        while not _closes(lines[end], len(opening.group(1))):
            end += 1
        return -(end + 1)
    while end < len(lines) and lines[end].strip():
        end += 1
    return end


def _closes(line: str, length: int) -> bool:
    match = _CLOSING.match(line.strip())
    return match is not None and len(match.group(1)) >= length


def _longest_fences(lines: Sequence[str]) -> list[int]:
    """For each line the longest closing fence from there on, so that no search for one runs in vain."""
    longest = [0] * (len(lines) + 1)
    for i in range(len(lines) - 1, -1, -1):
        match = _CLOSING.match(lines[i].strip())
        longest[i] = max(longest[i + 1], len(match.group(1)) if match else 0)
    return longest


def _kind(lines: Sequence[str]) -> str:
    first = clean_inline(lines[0])
    if first.startswith(">"):
        return "quote"
    if HEADING.match(first):
        return "heading"
    if BULLET.match(first) or NUMBER.match(first):
        return "list"
    if "|" in first and len(lines) > 1 and "|" in lines[1] and _BORDER.match(lines[1].strip()):
        return "table"
    return "paragraph"


def _read_block(raw: _Raw) -> Iterator[Block]:
    if raw.code:
        code = clean_code("\n".join(raw.lines[1:-1]))
        if code:
            yield Code(code)
        return
    match _kind(raw.lines):
        case "quote":
            yield from _read_quote(raw.lines)
        case "heading":
            hashes, _, text = _joined(raw.lines).partition(" ")
            yield Heading(max(2, len(hashes)), text)
        case "list":
            yield from read_list(raw.lines)
        case "table":
            yield _read_table(raw.lines)
        case _:
            yield _read_paragraph(unguarded(_joined(raw.lines)))


def _read_paragraph(text: str) -> Block:
    """A paragraph, or a picture's caption where the text is a sentence and its credit is none."""
    caption, credit = split_credit(text) or (None, "")
    if caption and caption.endswith(_CAPTION_END) and not credit.endswith((".", "!", "?", ":")):
        return Caption(caption, credit)
    return Paragraph(text)


def _read_quote(lines: Sequence[str]) -> Iterator[Quote]:
    inner = (line.removeprefix(">") for line in map(str.strip, lines))
    paragraphs = tuple(t for t in map(_joined, _split_at_empty(list(inner))) if t)
    if paragraphs:
        yield Quote(paragraphs)


def _read_table(lines: Sequence[str]) -> Table:
    width = len(_loose_cells(lines[1]))
    rows = [_cells(line.strip(), width) for i, line in enumerate(lines) if i != 1]
    width = max(map(len, rows))
    return Table(tuple(tuple(row + [""] * (width - len(row))) for row in rows))


def _cells(row: str, width: int) -> list[str]:
    """The cells of a row as this format writes it, else as other tools do (no spaces at the bars, `\\|` inside)."""
    inner = row[2:-2] if row.startswith("| ") and row.endswith(" |") else None
    cells = [clean_inline(cell) for cell in inner.split(" | ")] if inner is not None else []
    if len(cells) == width:
        return cells
    loose = _loose_cells(row)
    return loose if len(loose) == width or not cells else cells


def _loose_cells(row: str) -> list[str]:
    inner = row.strip().removeprefix("|")
    inner = inner if inner.endswith("\\|") else inner.removesuffix("|")
    return [clean_inline(cell.replace("\\|", "|")) for cell in _BAR.split(inner)]
