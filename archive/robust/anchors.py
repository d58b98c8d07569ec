"""Links of HTML made robust in their places: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from msgspec import Struct

from archive.robust.link import Snapshot, attributes
from archive.robust.tags import Tag, tags, value_of

# Where a link is shown as text, inert, or none of HTML's.
_CLOSED = frozenset({"pre", "template", "svg", "math"})
_SELF_CLOSING = frozenset({"svg", "math"})
_ROBUST = ("data-originalurl", "data-versiondate", "data-versionurl")


class Relink(Struct, frozen=True):
    """What becomes of a link: `original` is its address, ASCII, with its fragment. `leads` says that it leads to the
    snapshot from now on, since its own address is dead."""

    original: str
    snapshot: Snapshot
    leads: bool


class Edit(Struct, frozen=True):
    """`text[start:end]` becomes `new`; `at` is where the link stands, `address` what it says."""

    start: int
    end: int
    new: str
    at: int
    address: str
    relink: Relink


Choose = Callable[[str], Relink | None]
"""What is to become of a link to an address; None: it stays."""


def edits(text: str, choose: Choose) -> Iterator[Edit]:
    """Those of all `<a href>` of a document, or of a piece of one, that are not robust already."""
    within: Counter[str] = Counter()
    for tag in tags(text):
        if tag.name in _CLOSED:
            if not (tag.name in _SELF_CLOSING and text[tag.end - 2] == "/"):
                within[tag.name] = max(0, within[tag.name] + (-1 if tag.closing else 1))
        elif tag.name == "a" and not tag.closing and not within.total():
            yield from _edit(tag, choose)


def _edit(tag: Tag, choose: Choose) -> Iterator[Edit]:
    href = tag.attribute("href")
    if href is None or not href.value or any(map(tag.attribute, _ROBUST)):
        return
    address = value_of(href)
    relink = choose(address)
    if relink is None:
        return
    quote = href.quote or '"'
    more = _more(relink, quote)
    if relink.leads:
        leading = f"{quote}{escaped(relink.snapshot.address)}{quote}"
        yield Edit(href.start, href.end, leading + more, tag.start, address, relink)
    else:
        yield Edit(href.end, href.end, more, tag.start, address, relink)


def anchor(relink: Relink, title: str) -> str:
    """The begin tag of a robust link."""
    href = relink.snapshot.address if relink.leads else relink.original
    named = f' title="{escaped(title)}"' if title else ""
    return f'<a href="{escaped(href)}"{named}{_more(relink, chr(34))}>'


def _more(relink: Relink, quote: str) -> str:
    found = attributes(relink.original, relink.snapshot).items()
    return "".join(f" {name}={quote}{escaped(value)}{quote}" for name, value in found)


def escaped(value: str) -> str:
    """For an attribute in either kind of quotes."""
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        value = value.replace(sign, name)
    return value


def applied(text: str, found: list[Edit]) -> str:
    """The text with all edits, which do not overlap."""
    pieces = []
    at = 0
    for edit in sorted(found, key=lambda edit: edit.start):
        pieces += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join((*pieces, text[at:]))
