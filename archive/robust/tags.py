"""The tags of an HTML document and where they stand, by the tokenizer of the HTML Standard (13.2.5): pure.

What browsers take for text stays text: comments, scripts and styles, titles and text areas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5

from msgspec import Struct

_LETTER = re.compile(r"[A-Za-z]")
_NAME = re.compile(r"[^\t\n\f\r />]*")
_BETWEEN = re.compile(r"[\t\n\f\r /]*")
_ATTRIBUTE = re.compile(r"=?[^\t\n\f\r />=]*")
_SPACE = re.compile(r"[\t\n\f\r ]*")
_UNQUOTED = re.compile(r"[^\t\n\f\r >]*")
_COMMENT_END = re.compile(r"--!?>")
_RAW = frozenset({"script", "style", "xmp", "iframe", "noembed", "noframes", "textarea", "title", "plaintext"})
_SCRIPT = re.compile(r"<!--|-->|<(/?)script(?=[\t\n\f\r />])", re.IGNORECASE)
_REFERENCE = re.compile(r"&(#[0-9]+;?|#[xX][0-9A-Fa-f]+;?|[A-Za-z][A-Za-z0-9]*;?)")


class Attribute(Struct, frozen=True):
    """`start` and `end` are those of the value with its quotes; `quote` is what it stands in, "" for nothing. `value`
    is as written."""

    name: str
    value: str
    start: int
    end: int
    quote: str


class Tag(Struct, frozen=True):
    """`name` is in lower case; `start` and `end` are those of the whole tag."""

    name: str
    start: int
    end: int
    closing: bool
    attributes: tuple[Attribute, ...]

    def attribute(self, name: str) -> Attribute | None:
        """The first of that name: browsers drop others."""
        return next((one for one in self.attributes if one.name == name), None)


def tags(text: str) -> Iterator[Tag]:
    """All tags in their order. One that the document's end cuts off is none."""
    at = 0
    while (start := text.find("<", at)) >= 0:
        follows = text[start + 1 : start + 2]
        closing = follows == "/"
        if _LETTER.match(text, start + 1 + closing):
            tag = _tag(text, start, closing)
            if tag is None:
                return
            yield tag
            at = tag.end
            if not closing and tag.name in _RAW:
                at = _raw_end(text, at, tag.name)
        elif text.startswith("<!--", start):
            at = _comment_end(text, start)
        elif follows in ("!", "?") or (closing and text[start + 2 : start + 3] not in ("", ">")):
            at = _after(text, ">", start + 2)
        else:
            at = start + 1


def _tag(text: str, start: int, closing: bool) -> Tag | None:
    at = _end(_NAME, text, start + 1 + closing)
    name = text[start + 1 + closing : at].lower()
    attributes: list[Attribute] = []
    while True:
        at = _end(_BETWEEN, text, at)
        if at >= len(text):
            return None
        if text[at] == ">":
            return Tag(name, start, at + 1, closing, tuple(attributes))
        begin, at = at, _end(_ATTRIBUTE, text, at)
        label = text[begin:at].lower()
        equals = _end(_SPACE, text, at)
        if text[equals : equals + 1] != "=":
            attributes.append(Attribute(label, "", at, at, ""))
            continue
        begin = _end(_SPACE, text, equals + 1)
        quote = text[begin : begin + 1]
        if quote in ('"', "'"):
            close = text.find(quote, begin + 1)
            if close < 0:
                return None
            at = close + 1
            attributes.append(Attribute(label, text[begin + 1 : close], begin, at, quote))
        else:
            at = _end(_UNQUOTED, text, begin)
            attributes.append(Attribute(label, text[begin:at], begin, at, ""))


def _comment_end(text: str, start: int) -> int:
    for empty in ("<!-->", "<!--->"):
        if text.startswith(empty, start):
            return start + len(empty)
    found = _COMMENT_END.search(text, start + 4)
    return found.end() if found else len(text)


def _raw_end(text: str, at: int, name: str) -> int:
    """Where the end tag of an element begins in which tags are text."""
    if name == "plaintext":
        return len(text)
    if name == "script":
        return _script_end(text, at)
    found = re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE).search(text, at)
    return found.start() if found else len(text)


def _script_end(text: str, at: int) -> int:
    """A script within a comment within a script does not end it (13.2.5.27)."""
    escaped = doubly = False
    while found := _SCRIPT.search(text, at):
        at = found.end()
        if found[0] == "<!--":
            escaped = True
            at = found.start() + 2  # <!--> is a comment, too
        elif found[0] == "-->":
            escaped = doubly = False
        elif not found[1]:
            doubly = escaped
        elif not doubly:
            return found.start()
        else:
            doubly = False
    return len(text)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _after(text: str, sign: str, at: int) -> int:
    found = text.find(sign, at)
    return found + 1 if found >= 0 else len(text)


def value_of(attribute: Attribute) -> str:
    """What an attribute says, its character references decoded as in attributes (13.2.5.73): one without a semicolon
    before a letter, a digit or = is text."""
    written = attribute.value

    def decoded(match: re.Match[str]) -> str:
        reference = match[1]
        if reference.startswith("#") or reference.endswith(";"):
            return unescape(match[0])
        follows = written[match.end() : match.end() + 1]
        return unescape(match[0]) if reference in html5 and follows != "=" else match[0]

    return _REFERENCE.sub(decoded, written)
