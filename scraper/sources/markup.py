"""XML from strangers made harmless and, where it is nearly right, well-formed: no entity is ever expanded."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NOT_A_REFERENCE = rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});)"
_BARE = re.compile(_NOT_A_REFERENCE)
_BARE_OUTSIDE = re.compile(rb"<!\[CDATA\[(?:[^\]]|\](?!\]>))*+(?:\]\]>)?|" + _NOT_A_REFERENCE)
_LONGEST = 12
_LEAD = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_WIDE = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_DECLARATION = re.compile(r"<\?xml[^>]{0,200}\?>")
_BEFORE_ROOT = re.compile(
    rb"\s++|<\?(?:[^?]|\?(?!>))*+\?>|<!--(?:[^-]|-(?!->))*+-->|<!DOCTYPE[^\[<>]*+>", re.IGNORECASE
)
_SUBSET = re.compile(rb"<!DOCTYPE[^\[<>]*+\[", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:[\w.-]{1,100}:)?([\w.-]{1,100})")


def narrow(data: bytes) -> bytes:
    """A whole document in an encoding that holds ASCII as it is: UTF-16 becomes UTF-8. What stands before the first
    tag, white space and a mark of byte order, goes."""
    for mark, encoding in _WIDE:
        if data.startswith(mark):
            text = data.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
            return _DECLARATION.sub("", text, count=1).encode("utf-8", "replace")
    return trimmed(data)


def trimmed(data: bytes) -> bytes:
    """The beginning of a document without white space and byte order marks."""
    return data.lstrip(_LEAD).removeprefix(_BOM).lstrip(_LEAD)


def wide(data: bytes) -> bool:
    """Whether the document begins as UTF-16."""
    return data.startswith(tuple(mark for mark, _ in _WIDE))


def escaped(data: bytes) -> bytes:
    """Each `&` outside of CDATA that begins neither a number nor one of XML's own five entities becomes `&amp;`: bare
    ones of addresses come out right, and entities that a document declares are never used."""
    return _BARE_OUTSIDE.sub(lambda match: match[0] if match[0][0] == 0x3C else b"&amp;", data)


def escaped_pieces(parts: Iterator[bytes]) -> Iterator[bytes]:
    """As `escaped`, for a document that comes in pieces; inside of CDATA too, where `&amp;` then stands for `&`."""
    held = b""
    for part in parts:
        held += part
        at = held.rfind(b"&", -_LONGEST)
        ready, held = (held, b"") if at < 0 else (held[:at], held[at:])
        if ready:
            yield _BARE.sub(b"&amp;", ready)
    if held:
        yield _BARE.sub(b"&amp;", held)


def root_name(start: bytes) -> str:
    """The local name of the root element, lower case; "" where the bytes begin otherwise than XML does."""
    at = 0
    while match := _BEFORE_ROOT.match(start, at):
        at = match.end()
    if declares_entities(start, at):
        return "!"
    found = _ROOT.match(start, at)
    return found[1].decode("ascii").lower() if found else ""


def declares_entities(start: bytes, at: int = 0) -> bool:
    return _SUBSET.match(start, at) is not None
