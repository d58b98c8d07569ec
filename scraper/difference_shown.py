"""A difference as people look at it: lines for a terminal, a page of HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

from rich.console import Console
from rich.text import Text

from archive.difference import Change, Part, stretches
from archive.harmless import direction, harmless, language_tag
from archive.inline import MONTHS
from archive.standalone import link, page, text
from scraper.differing import Told, Version
from scraper.saying import fit

# What says without colours which words were struck and which added.
SIGNS = {Change.SAME: ("", ""), Change.STRUCK: ("[-", "-]"), Change.ADDED: ("{+", "+}")}
_COLOURS = {Change.SAME: "", Change.STRUCK: "red strike", Change.ADDED: "green underline"}
_UNNAMED = frozenset({"paragraph", "item", "row"})

_STYLE = """
.difference { max-width: 65ch; margin-top: 1.5rem; font: 1.05rem/1.6 var(--serif); }
.part { margin: 0 0 0.8em; white-space: pre-line; }
.part.title { font-size: 1.4rem; font-weight: 700; line-height: 1.25; }
.what { font: 0.75rem/1.5 system-ui, sans-serif; color: var(--quiet); text-transform: uppercase; }
del { background: var(--struck); text-decoration: line-through; text-decoration-thickness: 1px; border-radius: 2px; }
ins { background: var(--added); text-decoration: underline; text-decoration-thickness: 1px; border-radius: 2px; }
details { border-block: 1px dashed var(--rule); padding: 0.3rem 0; margin: 0.8rem 0; }
summary { cursor: pointer; color: var(--quiet); font: 0.9rem/1.5 system-ui, sans-serif; }
.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
"""


def show(told: Told, stream: IO[str], *, full: bool = False) -> None:
    """In colours where the stream is a terminal that has them, else with SIGNS. Parts that are the same are folded
    unless `full`. Nothing in the texts acts on the terminal."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    coloured = console.is_terminal and not console.no_color and console.color_system is not None
    for line in _lines(told, coloured=coloured, full=full):
        console.print(line, soft_wrap=not console.is_terminal)


def _lines(told: Told, *, coloured: bool, full: bool) -> Iterator[Text]:
    yield Text(fit(told.article.title), style="bold")
    yield Text(f"    {fit(told.address)}")
    yield Text(f"    from {told.old}\n    to   {told.new}")
    yield Text(f"    {told.summary}")
    if not told.difference.changed:
        return
    for stretch in stretches(told.difference.parts):
        if stretch.folded and not full:
            yield Text(f"\n    … {len(stretch.parts)} parts are the same …", style="dim")
        else:
            yield from (_line(part, coloured=coloured) for part in stretch.parts)


def _line(part: Part, *, coloured: bool) -> Text:
    line = Text("\n")
    if part.name not in _UNNAMED:
        line.append(f"{part.name}: ", style="dim")
    for piece in part.pieces:
        begin, end = ("", "") if coloured else SIGNS[piece.change]
        line.append(f"{begin}{fit(piece.text)}{end}", style=_COLOURS[piece.change])
    return line


# ------------------------------------------------------------------------------------------------ HTML


def as_html(told: Told) -> Iterator[str]:
    """The lines of a page that stands alone."""
    return page(f"What changed: {told.article.title}", _body(told), _STYLE)


def _body(told: Told) -> Iterator[str]:
    tag = language_tag(told.article.meta.language)
    language = f' lang="{text(tag)}"' if tag else ""
    yield f'<h1 dir="auto"{language}>{text(told.article.title)}</h1>'
    yield f'<p class="hint">{link(told.address, told.address)}</p>'
    yield f'<p class="hint">From {_when(told.old)} to {_when(told.new)}: {text(told.summary)}</p>'
    yield f'<div class="difference"{language} dir="{direction(told.article.meta.language)}">'
    for stretch in stretches(told.difference.parts):
        if stretch.folded:
            yield f'<details><summary lang="en" dir="ltr">{len(stretch.parts)} parts are the same</summary>'
        yield from map(_part, stretch.parts)
        if stretch.folded:
            yield "</details>"
    yield "</div>"


def _when(version: Version) -> str:
    at = version.row.captured_at
    day = f"{at.day} {MONTHS[at.month - 1]} {at.year}, {at:%H:%M} UTC"
    return f'version {version.number} (<time datetime="{at.isoformat()}">{day}</time>)'


def _part(part: Part) -> str:
    name = "" if part.name in _UNNAMED else f'<span class="what" lang="en" dir="ltr">{part.name}</span> '
    kind = part.name.replace(" ", "-")
    return f'<p class="part {kind}">{name}<span dir="auto">{"".join(_pieces(part))}</span></p>'


def _pieces(part: Part) -> Iterable[str]:
    for piece in part.pieces:
        said = text(harmless(piece.text))
        if piece.change is Change.STRUCK:
            yield f"<del>{_heard('[struck: ')}{said}{_heard('] ')}</del>"
        elif piece.change is Change.ADDED:
            yield f"<ins>{_heard('[added: ')}{said}{_heard('] ')}</ins>"
        else:
            yield said


def _heard(words: str) -> str:
    """What screen readers say and nobody sees."""
    return f'<span class="quiet" lang="en">{words}</span>'
