"""Links as RFC 8288 has them: in a Link header, and in a document of the type application/link-format. Pure.

The parser is the one of appendix B: an address ends at its `>`, so commas and semicolons in it part nothing; a quoted
value ends at its quotation mark, a bare one at the next `;` or `,`; of several `rel` parameters the first counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct

from archive import urls
from archive.models import Exchange
from scraper.retry import http_date

MOST_LINKS = 100_000
_SPACE = " \t\r\n"
_NAME_END = re.compile(r"[ \t\r\n=;,]")
_VALUE_END = re.compile(r"[;,]")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\Z|\\\Z)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# Years that a two-digit year could mean are told by today's.
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


class WebLink(Struct, frozen=True):
    """`target` is absolute; `rels` are in lower case. `params` are the others, names in lower case, in their order, the
    first of a name first. `anchor` is the address that the link is of, where it is not what the header came with."""

    target: str
    rels: tuple[str, ...]
    params: tuple[tuple[str, str], ...] = ()
    anchor: str | None = None

    def param(self, name: str) -> str | None:
        """The first of that name, or None."""
        return next((value for key, value in self.params if key == name), None)

    def time(self, name: str = "datetime") -> datetime | None:
        """A parameter that holds an HTTP-date, as Memento's `datetime`, `from` and `until` do (RFC 7089, 2.2)."""
        value = self.param(name)
        return http_date(value, _NOW) if value is not None else None


def parse_links(text: str, base: str) -> Iterator[WebLink]:
    """All links of a header's value or of a link-format document that came from `base`; ends where one is garbled.

    At most MOST_LINKS. Takes time that grows with the text's length, whatever it holds.
    """
    at = 0
    for _ in range(MOST_LINKS):
        at = _skip(text, at, _SPACE + ",")
        if at >= len(text) or text[at] != "<":
            return
        end = text.find(">", at)
        if end < 0:
            return
        written = text[at + 1 : end]
        params, at = _params(text, end + 1)
        rel = next((value for name, value in params if name == "rel"), "")
        anchor = next((value for name, value in params if name == "anchor"), None)
        yield WebLink(
            target=urls.join(base, written),
            rels=tuple(rel.lower().split()),
            params=tuple(param for param in params if param[0] not in ("rel", "anchor")),
            anchor=urls.join(base, anchor) if anchor is not None else None,
        )


def links_of(exchange: Exchange) -> list[WebLink]:
    """The links that an answer's Link headers hold of what was asked for, whichever header each stands in."""
    values = (value for name, value in exchange.headers if name.lower() == "link")
    found = [link for value in values for link in parse_links(value, exchange.url)]
    return [link for link in found if link.anchor in (None, exchange.url)]


def _params(text: str, at: int) -> tuple[list[tuple[str, str]], int]:
    """The parameters that follow an address, and where they end (appendix B.3)."""
    params: list[tuple[str, str]] = []
    while True:
        at = _skip(text, at, _SPACE)
        if at >= len(text) or text[at] != ";":
            return params, _next_link(text, at)
        at = _skip(text, at + 1, _SPACE)
        name, at = _until(text, at, _NAME_END)
        at = _skip(text, at, _SPACE)
        value = ""
        if text[at : at + 1] == "=":
            at = _skip(text, at + 1, _SPACE)
            value, at = _value(text, at)
        if name:
            params.append((name.lower(), value))


def _value(text: str, at: int) -> tuple[str, int]:
    quoted = _QUOTED.match(text, at)
    if quoted is not None:
        return _ESCAPED.sub(r"\1", quoted[1]), quoted.end()
    value, at = _until(text, at, _VALUE_END)
    return value.strip(_SPACE), at


def _next_link(text: str, at: int) -> int:
    """The comma that parts this link from the next, or what stands there instead."""
    return at + 1 if text[at : at + 1] == "," else at


def _until(text: str, at: int, end: re.Pattern[str]) -> tuple[str, int]:
    found = end.search(text, at)
    stop = found.start() if found is not None else len(text)
    return text[at:stop], stop


def _skip(text: str, at: int, what: str) -> int:
    while at < len(text) and text[at] in what:
        at += 1
    return at
