"""Text of strangers as HTML: inline Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from re import Match, Pattern

from markupsafe import Markup, escape

from archive.harmless import harmless, open_address, safe_address
from archive.inline import CODE, EMPHASIS, LINK, STRONG

_DEEPEST = 6
_BOLD = Markup("<strong>{}</strong>")
_ITALIC = Markup("<em>{}</em>")


def inline(text: str | None) -> Markup:
    """A line of the article format as HTML: links to http, https and mailto addresses, bold, italic and code; all else
    is text."""
    return Markup("").join(_marked(harmless(text or ""), 0))


def _marked(text: str, depth: int) -> Iterator[Markup]:
    """Whatever begins first is marked; what is marked inside it, to some depth, is marked too."""
    at = 0
    found = {} if depth == _DEEPEST else {kind: kind.search(text) for kind in (CODE, LINK, STRONG, EMPHASIS)}
    while True:
        for kind, match in found.items():
            if match is not None and match.start() < at:
                found[kind] = kind.search(text, at)
        marks = [(kind, match) for kind, match in found.items() if match is not None]
        if not marks:
            yield escape(text[at:])
            return
        kind, first = min(marks, key=lambda mark: mark[1].start())
        yield escape(text[at : first.start()])
        yield _element(kind, first, depth)
        at = first.end()


def _element(kind: Pattern[str], match: Match[str], depth: int) -> Markup:
    if kind is CODE:
        return Markup("<code>{}</code>").format(match[1])
    inside = Markup("").join(_marked(match[1], depth + 1))
    if kind is not LINK:
        return (_BOLD if kind is STRONG else _ITALIC).format(inside)
    if not safe_address(match[2]) or "<a " in inside:
        return inside
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(open_address(match[2]), inside)
