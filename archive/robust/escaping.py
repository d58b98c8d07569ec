"""Words and addresses of strangers in Markdown (CommonMark, GFM) and in CSV, so that they stay what they are: pure."""

from __future__ import annotations

import re

from archive.harmless import harmless

# What begins a link of its own in GFM, or ends one, is broken by an entity, since a backslash would show there.
_ACTIVE = re.compile(r"[\\`*_\[\]<>()!|~&#=+\-]|(?<=\d)[.)]|:(?=//)|(?<=\bwww)\.|@", re.IGNORECASE)
_IN_LINK = re.compile(r"[\\`*_\[\]<&~|]")
_IN_DESTINATION = re.compile(r"[\\()<>&|*_~\[\]!]")
_UNFIT = re.compile(r"[\x00-\x20\x7f]|[^\x00-\x7f]")
_WHITE = re.compile(r"\s+")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n]")


def markdown_text(words: str) -> str:
    """In a paragraph, a list item, the text of a link or the cell of a table: nothing in it is mark-up or a link."""
    return _ACTIVE.sub(_escaped, _WHITE.sub(" ", harmless(words)).strip())


def link_text(words: str) -> str:
    """The same where the text of a link stands, in which no other link may begin."""
    return _IN_LINK.sub(r"\\\g<0>", words)


def _escaped(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};" if match[0] in ":.@" else f"\\{match[0]}"


def markdown_destination(address: str) -> str:
    """An address as the destination of a link, without the angle brackets."""
    address = _UNFIT.sub(lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode("utf-8", "replace")), address)
    # A backtick could end a code span that begins before the link, whatever stands before it.
    return _IN_DESTINATION.sub(r"\\\g<0>", address).replace("`", "&#96;")


def csv_field(text: str) -> str:
    """What a spreadsheet would take for a formula begins with an apostrophe, which makes it text."""
    shown = harmless(text)
    return f"'{shown}" if _FORMULA.match(shown) else shown
