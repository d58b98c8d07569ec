"""The article format as the rest of the program uses it: text file, plain text, JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import TypeVar

from msgspec.structs import asdict

from archive.inline import CODE, EMPHASIS, LINK, STRONG, clean_inline
from archive.models import (
    Article,
    ArticleMeta,
    Block,
    Caption,
    Code,
    Heading,
    Item,
    ListBlock,
    Paragraph,
    Quote,
    Table,
)
from archive.render import render
from archive.wording import count_words

__all__ = ["clean_inline", "from_json", "plain", "plain_inline", "render", "said", "texts", "to_json", "words"]

_T = TypeVar("_T")

# ------------------------------------------------------------------------------------------------ plain text


def plain(article: Article) -> str:
    """Everything that the article says, without Markdown: one paragraph a part, empty lines between. For search."""
    return said(article)[0]


def said(article: Article) -> tuple[str, int]:
    """`plain` and `words`, in one go."""
    by = ", ".join(article.authors)
    caption = " ".join(t for t in (article.caption, article.credit) if t)
    head = [plain_inline(part) for part in (article.title, article.subtitle, by) if part]
    intro = plain_inline(article.intro or "")
    body = [_counted(text) for _, text in texts(article.body)]
    whole = "\n\n".join(t for t in (*head, intro, plain_inline(caption), *(shown for shown, _ in body)) if t)
    return whole, count_words(intro) + sum(count for _, count in body)


def words(article: Article) -> int:
    """The words of intro and body. Where words are written without spaces between them, Chinese and Japanese
    characters count as one each, and Thai, Lao, Khmer and Burmese runs by their length."""
    told = (article.intro or "", *(text for _, text in texts(article.body)))
    return sum(_counted(text)[1] for text in told)


def _counted(text: str) -> tuple[str, int]:
    """What the text shows, and its words. A page is counted for its verdict and again for what is stored of it."""
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else _counted_anew(text)


def _counted_anew(text: str) -> tuple[str, int]:
    shown = plain_inline(text)
    return shown, count_words(shown)


_LONGEST_REMEMBERED = 1000
_remembered = lru_cache(4096)(_counted_anew)


def plain_inline(text: str) -> str:
    """Inline Markdown as the words that it shows."""
    if "](" in text:
        text = LINK.sub(_inside, text)
    if "`" in text:
        text = CODE.sub(_inside, text)
    if "*" in text:
        for pattern in (EMPHASIS, STRONG, EMPHASIS):
            text = pattern.sub(_inside, text)
    return clean_inline(text)


def _inside(match: re.Match[str]) -> str:
    return match[1]


def texts(blocks: tuple[Block, ...]) -> Iterator[tuple[str, str]]:
    """What the blocks say, in their order, inline Markdown and all: each paragraph, item and row with its kind."""
    for block in blocks:
        match block:
            case Paragraph(text=text):
                yield "paragraph", text
            case Heading(text=text):
                yield "heading", text
            case Code(text=text):
                yield "code", text
            case Quote(paragraphs=paragraphs):
                yield from (("quote", text) for text in paragraphs)
            case ListBlock():
                yield from (("item", text) for text in _item_texts(block))
            case Table(rows=rows):
                yield from (("row", " ".join(cell for cell in row if cell)) for row in rows)
            case Caption(text=caption, credit=credit):
                yield "caption", " ".join(t for t in (caption, credit) if t)


def _item_texts(block: ListBlock) -> Iterator[str]:
    waiting = list(reversed(block.items))
    while waiting:
        item = waiting.pop()
        yield item.text
        waiting.extend(i for child in reversed(item.children) for i in reversed(child.items))


# ------------------------------------------------------------------------------------------------ JSON


def to_json(article: Article) -> dict[str, object]:
    """The article as JSON values, lossless: `from_json` gives an equal article again. Keys stand in a fixed order."""
    return {
        "title": article.title,
        "subtitle": article.subtitle,
        "authors": list(article.authors),
        "date": article.date.isoformat() if article.date else None,
        "intro": article.intro,
        "caption": article.caption,
        "credit": article.credit,
        "body": [_block_to_json(block) for block in article.body],
        "url": article.url,
        "meta": _meta_to_json(article.meta),
    }


def _meta_to_json(meta: ArticleMeta) -> dict[str, object]:
    values: dict[str, object] = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(meta).items()}
    return values | {"why": dict(meta.why)}


def _block_to_json(block: Block) -> dict[str, object]:
    match block:
        case Paragraph(text=text):
            return {"kind": "paragraph", "text": text}
        case Heading(level=level, text=text):
            return {"kind": "heading", "level": level, "text": text}
        case Quote(paragraphs=paragraphs):
            return {"kind": "quote", "paragraphs": list(paragraphs)}
        case ListBlock():
            return {"kind": "list", **_list_to_json(block)}
        case Table(rows=rows):
            return {"kind": "table", "rows": [list(row) for row in rows]}
        case Code(text=text):
            return {"kind": "code", "text": text}
        case Caption(text=caption, credit=credit):
            return {"kind": "caption", "text": caption, "credit": credit}


def _list_to_json(block: ListBlock) -> dict[str, object]:
    items = [{"text": item.text, "children": [_list_to_json(c) for c in item.children]} for item in block.items]
    return {"ordered": block.ordered, "start": block.start, "items": items}


def from_json(data: Mapping[str, object]) -> Article:
    """The article of `to_json`'s values. Unknown keys are passed over, missing ones take their default.

    Raises ValueError, naming the key, where a value is missing that has no default or is not of its type.
    """
    day = _optional(data, "date", str)
    return Article(
        title=_value(data, "title", str),
        url=_value(data, "url", str),
        body=tuple(_block_from_json(block) for block in _objects(data, "body")),
        subtitle=_optional(data, "subtitle", str),
        authors=_strings(data, "authors"),
        date=None if day is None else date.fromisoformat(day),
        intro=_optional(data, "intro", str),
        caption=_optional(data, "caption", str),
        credit=_optional(data, "credit", str),
        meta=_meta_from_json(data.get("meta") or {}),
    )


def _block_from_json(data: Mapping[str, object]) -> Block:
    kind = _value(data, "kind", str)
    match kind:
        case "paragraph":
            return Paragraph(_value(data, "text", str))
        case "heading":
            return Heading(_value(data, "level", int), _value(data, "text", str))
        case "quote":
            return Quote(_strings(data, "paragraphs"))
        case "list":
            return _list_from_json(data)
        case "table":
            return Table(tuple(_string_tuple(row, "rows") for row in _value(data, "rows", list)))
        case "code":
            return Code(_value(data, "text", str))
        case "caption":
            return Caption(_optional(data, "text", str), _optional(data, "credit", str))
    raise ValueError(f"kind: no block is a {kind[:40]!r}")


def _list_from_json(data: Mapping[str, object]) -> ListBlock:
    items = (
        Item(_value(item, "text", str), tuple(_list_from_json(c) for c in _objects(item, "children")))
        for item in _objects(data, "items")
    )
    return ListBlock(_value(data, "ordered", bool), tuple(items), _value(data, "start", int))


def _meta_from_json(data: object) -> ArticleMeta:
    if not isinstance(data, Mapping):
        raise ValueError("meta: not an object")
    why: dict[str, object] = _optional(data, "why", dict) or {}
    text = {
        name: _optional(data, name, str)
        for name in ("language", "site_name", "section", "description", "published", "modified", "image")
    }
    return ArticleMeta(
        **text,
        tags=_strings(data, "tags"),
        free=_optional(data, "free", bool),
        title_source=_optional(data, "title_source", str) or "",
        notes=_strings(data, "notes"),
        pages=_strings(data, "pages"),
        why=tuple((name, _value(why, name, str)) for name in why),
    )


def _value(data: Mapping[str, object], name: str, kind: type[_T]) -> _T:
    value = data.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{name}: not of type {kind.__name__}")
    return value


def _optional(data: Mapping[str, object], name: str, kind: type[_T]) -> _T | None:
    return None if data.get(name) is None else _value(data, name, kind)


def _objects(data: Mapping[str, object], name: str) -> Iterator[Mapping[str, object]]:
    for value in _optional(data, name, list) or ():
        if not isinstance(value, Mapping):
            raise ValueError(f"{name}: not a list of objects")
        yield value


def _strings(data: Mapping[str, object], name: str) -> tuple[str, ...]:
    return _string_tuple(_optional(data, name, list) or [], name)


def _string_tuple(values: object, name: str) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise ValueError(f"{name}: not a list of strings")
    return tuple(values)
