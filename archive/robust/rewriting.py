"""A file of Markdown or HTML with its links made robust, all other bytes as they were: pure."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from enum import StrEnum
from pathlib import PurePath

from msgspec import Struct

from archive.errors import FormatError
from archive.robust import anchors, markdown
from archive.robust.anchors import Choose, Edit, Relink, applied
from archive.robust.markdown import Found


class Kind(StrEnum):
    MARKDOWN = "markdown"
    HTML = "html"


KINDS = {
    **dict.fromkeys((".md", ".markdown", ".mkd", ".mdown", ".mkdn", ".qmd", ".txt", ".text"), Kind.MARKDOWN),
    **dict.fromkeys((".html", ".htm", ".xhtml", ".xht"), Kind.HTML),
}

# A byte order mark, the codec that gives each byte back as it was, and the bytes of a unit.
_MARKS = (
    (codecs.BOM_UTF8, "", 1),
    (codecs.BOM_UTF16_LE, "utf-16-le", 2),
    (codecs.BOM_UTF16_BE, "utf-16-be", 2),
)


class Change(Struct, frozen=True):
    """A link that was changed, or one that had to be left. `line` counts from 1."""

    line: int
    address: str
    relink: Relink


class Rewritten(Struct, frozen=True):
    data: bytes
    changes: tuple[Change, ...]
    left: tuple[Change, ...]


def kind_of(path: PurePath) -> Kind | None:
    """By the ending of the name."""
    return KINDS.get(path.suffix.lower())


def rewritten(data: bytes, kind: Kind, choose: Choose, name: str, *, anchored: bool = False) -> Rewritten:
    """The file with the links for which `choose` says so; those of Markdown as anchors of HTML where `anchored`.

    Of HTML bytes are looked at one by one, since no encoding but UTF-16 that browsers know puts the signs of tags to
    another use; of Markdown as UTF-8, whatever else is in it given back as it was. Raises FormatError for UTF-16 that
    is cut off.
    """
    mark, codec, unit = next((one for one in _MARKS if data.startswith(one[0])), (b"", "", 1))
    body = data[len(mark) :]
    if len(body) % unit:
        raise FormatError(name, 1, "is UTF-16 by its first bytes, and ends within a character")
    errors = "surrogatepass"
    as_read: Callable[[str], str] = str
    if not codec:
        codec, errors = ("utf-8", "surrogateescape") if kind is Kind.MARKDOWN else ("latin-1", "strict")
        as_read = _as_utf8 if kind is Kind.HTML else str
    text = body.decode(codec, errors)

    def chosen(address: str) -> Relink | None:
        return choose(as_read(address))

    if kind is Kind.MARKDOWN:
        found = markdown.edits(text, chosen, anchored=anchored)
    else:
        found = Found(tuple(anchors.edits(text, chosen)))
    changed = mark + applied(text, list(found.edits)).encode(codec, errors)
    return Rewritten(changed, _told(text, found.edits), _told(text, found.left))


def _as_utf8(address: str) -> str:
    """What bytes that were read one by one say."""
    try:
        return address.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return address


def _told(text: str, edits: tuple[Edit, ...]) -> tuple[Change, ...]:
    ends = markdown.LINE_END
    found = []
    line, at = 1, 0
    for edit in sorted(edits, key=lambda edit: edit.at):
        line += sum(1 for _ in ends.finditer(text, at, edit.at))
        at = edit.at
        found.append(Change(line, edit.address, edit.relink))
    return tuple(found)
