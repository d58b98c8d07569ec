"""An article as its text file: FORMAT.md's writing side."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from archive.deferring import deferred
from archive.inline import (
    HIDDEN,
    JOINERS,
    TRAILER,
    clean_code,
    clean_inline,
    guarded,
    read_byline,
    read_date,
    split_authors,
    write_date,
)
from archive.lists import list_lines, normal_list
from archive.models import Article, Block, Caption, Code, Heading, ListBlock, Paragraph, Quote, Table

_BREAKS_ADDRESS = deferred(rf"[\s<>{HIDDEN}{JOINERS}]")
_IN_NO_PLAIN_ADDRESS = frozenset(" <>")


def render(article: Article) -> str:
    """The whole file, without a final newline.

    Every text is normalised with `clean_inline`, and what is empty after that is left out. Raises ValueError where no
    body, no title or no address is left.
    """
    title, address = clean_inline(article.title), _address(article.url)
    body = _rendered_body(article.body)
    if not body:
        raise ValueError("no text: an article without a body has no text file")
    if not title or not address:
        raise ValueError("no text: an article without a title or an address has no text file")
    lead = _caption_line(article.caption, article.credit)
    head = "\n\n".join([f"# {title}", *_below_title(article)])
    lower = "\n\n".join([*([guarded(lead)] if lead else []), *body, TRAILER, f"<{address}>"])
    return f"\n\n{head}\n\n\n\n{lower}"


def _below_title(article: Article) -> Iterable[str]:
    subtitle = clean_inline(article.subtitle or "")
    if subtitle:
        yield f"## {subtitle}"
    names = [n for author in article.authors for n in split_authors(clean_inline(author))]
    if names:
        links = [f"[{name}](#)" for name in names]
        yield "By " + " and ".join([", ".join(links[:-1]), links[-1]] if len(links) > 1 else links)
    intro = clean_inline(article.intro or "")
    day = article.date
    if day is None and intro:
        # The file cannot tell such an intro from a date, so it is written as the date that it reads as.
        day = read_date(intro)
        intro = "" if day else intro
    if day:
        yield write_date(day)
    if intro:
        misread = not names and not day and read_byline(intro.lstrip("\\"))
        yield f"\\{intro}" if misread else intro


def _address(url: str) -> str:
    """The address with what would break its line, or vanish from it, percent-encoded."""
    url = url.strip()
    if not (url.isascii() and url.isprintable()) or not _IN_NO_PLAIN_ADDRESS.isdisjoint(url):
        url = _BREAKS_ADDRESS.sub(_percent, url)
    if not unicodedata.is_normalized("NFC", f"<{url}>"):
        url = re.sub(r"[^\x00-\x7f]", _percent, url)
    return url


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "replace"))


def _caption_line(caption: str | None, credit: str | None) -> str:
    text, name = clean_inline(caption or ""), clean_inline(clean_inline(credit or "").strip("*"))
    return " ".join(part for part in (text, f"**{name}**" if name else "") if part)


# ------------------------------------------------------------------------------------------------ blocks


def _rendered_body(blocks: Iterable[Block]) -> list[str]:
    kept = list(blocks)
    levels = [b.level for b in kept if isinstance(b, Heading) and clean_inline(b.text)]
    shift = max(2, min(levels, default=2)) - 2
    rendered = (_rendered_block(block, shift) for block in kept)
    return [text for text in rendered if text]


def _rendered_block(block: Block, shift: int) -> str:
    match block:
        case Paragraph(text=text):
            return guarded(clean_inline(text))
        case Heading(level=level, text=text):
            text = clean_inline(text)
            return f"{'#' * min(6, max(2, level - shift))} {text}" if text else ""
        case Quote(paragraphs=paragraphs):
            texts = [t for t in map(clean_inline, paragraphs) if t]
            return "\n>\n".join(f"> {text}" for text in texts)
        case ListBlock():
            return "\n".join(list_lines(normal_list(block)))
        case Table(rows=rows):
            return _rendered_table(rows)
        case Code(text=text):
            return _rendered_code(text)
        case Caption(text=caption, credit=credit):
            return guarded(_caption_line(caption, credit))


def _rendered_table(rows: tuple[tuple[str, ...], ...]) -> str:
    cells = [[_cell(cell) for cell in row] for row in rows]
    cells = [row for i, row in enumerate(cells) if i == 0 or any(row)]
    if not any(any(row) for row in cells):
        return ""
    width = max(map(len, cells))
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in cells]
    return "\n".join([lines[0], "| " + " | ".join(["---"] * width) + " |", *lines[1:]])


def _cell(text: str) -> str:
    """A cell's text; a `|` in it loses the spaces beside it, which is how the parser tells it from a border."""
    return re.sub(r" ?\| ?", "|", clean_inline(text)) if "|" in text else clean_inline(text)


def _rendered_code(text: str) -> str:
    code = clean_code(text)
    if not code.strip():
        return ""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code}\n{fence}"
