"""How far an article has moved from what was kept of it: a number, words struck and added, and what was corrected in
words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from archive.difference import Change, Difference, Part, difference
from archive.models import Article

_LONGEST = 120
_PARAGRAPHS = frozenset({"paragraph", "heading", "quote", "item", "row", "code"})
_HEADS = {
    "title": "headline",
    "subtitle": "subtitle",
    "byline": "byline",
    "date": "date",
    "intro": "intro",
    "picture caption": "picture caption",
    "picture credit": "picture credit",
}
_MOVED = frozenset({"date"})


class Drift(Struct, frozen=True):
    """`similarity` is 1 where all that is said is the same; `added` and `struck` count words; `corrections` are
    sentences for people, the head first. `changed` says whether a word differs."""

    similarity: float
    added: int
    struck: int
    corrections: tuple[str, ...]
    changed: bool


def drift(kept: Article, live: Article) -> Drift:
    """From what was kept to what stands there now."""
    found = difference(kept, live)
    return Drift(found.similarity, found.added, found.struck, tuple(corrections(found)), found.changed)


def corrections(found: Difference) -> Iterator[str]:
    """What was corrected, in words: fields of the head one by one, then the body's paragraphs."""
    for part in found.parts:
        if part.changed and part.name in _HEADS:
            yield _of_head(part)
    body = [part for part in found.parts if part.name in _PARAGRAPHS and part.changed]
    struck = [part for part in body if not part.after]
    added = [part for part in body if not part.before]
    edited = [part for part in body if part.before and part.after]
    if struck:
        yield f"{_count(struck, 'paragraph')} removed: {_first(struck, Change.STRUCK)}"
    if added:
        yield f"{_count(added, 'paragraph')} added: {_first(added, Change.ADDED)}"
    if edited:
        yield f"{_count(edited, 'paragraph')} edited: {_edit(edited[0])}"


def _of_head(part: Part) -> str:
    name = _HEADS[part.name]
    if not part.before:
        return f"{name} added: {_quoted(part.after)}"
    if not part.after:
        return f"{name} removed: {_quoted(part.before)}"
    return f"{name} {'moved' if part.name in _MOVED else 'changed'}: {_quoted(part.before)} → {_quoted(part.after)}"


def _edit(part: Part) -> str:
    """The first change inside a paragraph, as it was and as it is."""
    struck = next((piece.text for piece in part.pieces if piece.change is Change.STRUCK), "")
    added = next((piece.text for piece in part.pieces if piece.change is Change.ADDED), "")
    if not struck.strip():
        return f"{_quoted(added)} added"
    return f"{_quoted(struck)} → {_quoted(added)}" if added.strip() else f"{_quoted(struck)} removed"


def _first(parts: Sequence[Part], change: Change) -> str:
    part = parts[0]
    return _quoted(part.before if change is Change.STRUCK else part.after)


def _count(parts: Sequence[Part], noun: str) -> str:
    return f"{len(parts)} {noun}{'s' * (len(parts) != 1)}"


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return f"“{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}”"
