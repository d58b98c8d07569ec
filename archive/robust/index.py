"""The index of a folder of texts, as HTML and as Markdown: each, where it is from, whether that still stands: pure."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC
from html import escape
from pathlib import PurePath
from urllib.parse import quote

from msgspec import Struct

from archive.harmless import harmless
from archive.linkstate import Standing
from archive.robust import lists
from archive.robust.escaping import markdown_destination, markdown_text
from archive.robust.link import RobustLink, attributes
from archive.standalone import link, page, text

INDEX_MARK = "tearsheet: an index of texts"
INDEX_NAMES = ("index.html", "index.md")
_MARK_WITHIN = 1024

_HEADING = "Texts"
_STYLE = """
table { width: 100%; border-collapse: collapse; margin-top: 1.4rem; }
th, td { text-align: start; vertical-align: top; padding: 0.65rem 1rem 0.65rem 0; border-top: 1px solid var(--rule); }
thead th { color: var(--quiet); font-size: 0.85rem; font-weight: 600; border-top: 0; padding-block: 0.2rem; }
tbody th { font: 600 1.05rem/1.35 var(--serif); width: 50%; }
td { font-size: 0.92rem; }
.address { display: block; font: 0.85rem/1.45 system-ui, sans-serif; color: var(--quiet); margin-top: 0.25rem; }
.facts { display: block; color: var(--quiet); font-size: 0.85rem; }
.standing { font-weight: 600; }
.dead { color: var(--bad); }
.doubtful { color: var(--doubt); }
.alive { color: var(--good); }
@media (max-width: 40rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, th, td { display: block; }
  tbody th, td { width: auto; padding: 0; border: 0; }
  tbody tr { padding: 0.8rem 0; border-top: 1px solid var(--rule); }
  td { margin-top: 0.3rem; }
}
"""


def is_index(begin: bytes) -> bool:
    """Whether a file that begins like that was made here."""
    return INDEX_MARK.encode() in begin[:_MARK_WITHIN]


class Entry(Struct, frozen=True):
    """A text file. `file` is relative to the folder; `address` None where it names none; `link` None where that is not
    kept."""

    file: PurePath
    title: str
    address: str | None
    link: RobustLink | None

    @property
    def standing(self) -> Standing:
        return self.link.standing if self.link is not None else Standing.UNKNOWN

    @property
    def target(self) -> str:
        """The file as a relative reference."""
        return quote(os.fsencode(self.file.as_posix()))


def ordered(entries: Sequence[Entry]) -> list[Entry]:
    """By title, then by file."""
    return sorted(entries, key=lambda entry: (entry.title.casefold(), entry.file.as_posix()))


def tally(entries: Sequence[Entry]) -> str:
    counts = Counter(entry.standing for entry in entries)
    told = ", ".join(f"{counts[standing]:,} {standing.value}" for standing in Standing if counts[standing])
    return f"{len(entries):,} {'text' if len(entries) == 1 else 'texts'}" + (f": {told}" if told else "")


# ------------------------------------------------------------------------------------------------ HTML


def as_html(entries: Sequence[Entry]) -> Iterator[str]:
    yield from (f"{line}\n" for line in page(_HEADING, _body(entries), _STYLE, INDEX_MARK))


def _body(entries: Sequence[Entry]) -> Iterator[str]:
    yield f'<h1>{_HEADING}</h1>\n<p class="hint">{tally(entries)}</p>\n<table>'
    yield '<thead><tr><th scope="col">Text</th><th scope="col">Original</th><th scope="col">Snapshot</th></tr></thead>'
    yield "<tbody>"
    for entry in ordered(entries):
        title = f'<a href="{escape(entry.target)}" dir="auto">{text(entry.title)}</a>'
        address = f'<span class="address">{_address(entry)}</span>'
        yield f'<tr><th scope="row">{title}{address}</th><td>{_state(entry)}</td><td>{_snapshot(entry)}</td></tr>'
    yield "</tbody>\n</table>"


def _address(entry: Entry) -> str:
    if entry.address is None:
        return "names no original address"
    found = entry.link
    more = ""
    if found is not None and found.snapshot is not None:
        values = attributes(entry.address, found.snapshot)
        more = "".join(f' {name}="{text(value)}"' for name, value in values.items())
    return link(entry.address, entry.address, more)


def _state(entry: Entry) -> str:
    shown = f'<span class="standing {entry.standing.value}">{entry.standing.value}</span>'
    return f'{shown} <span class="facts">{text(_checked(entry))}</span>'


def _checked(entry: Entry) -> str:
    check = entry.link.checked if entry.link is not None else None
    if check is None:
        return "never checked"
    return f"{check.state.value} on {check.time.astimezone(UTC):%Y-%m-%d}"


def _snapshot(entry: Entry) -> str:
    if entry.link is None:
        return "not kept"
    return lists.snapshot(entry.link)


# ------------------------------------------------------------------------------------------------ Markdown


def as_markdown(entries: Sequence[Entry]) -> Iterator[str]:
    yield f"<!-- {INDEX_MARK} -->\n\n# {_HEADING}\n\n{tally(entries)}\n"
    for number, entry in enumerate(ordered(entries)):
        if not number:
            yield "\n| Text | Original | State | Snapshot |\n| --- | --- | --- | --- |\n"
        title = markdown_text(entry.title) or markdown_text(str(entry.file))
        yield f"| [{title}]({markdown_destination(entry.target)}) | {_original(entry)} | {_marked(entry)} |\n"


def _original(entry: Entry) -> str:
    if entry.address is None:
        return "names no original address"
    return f"[{markdown_text(entry.address)}]({markdown_destination(harmless(entry.address))})"


def _marked(entry: Entry) -> str:
    state = f"{entry.standing.value}, {_checked(entry)}"
    return f"{state} | {lists.markdown_snapshot(entry.link) if entry.link is not None else 'not kept'}"
