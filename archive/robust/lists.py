"""Lists of robust links as HTML, Markdown, CSV and JSON, piece by piece: pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC

from archive.linkstate import Standing
from archive.robust.escaping import csv_field, markdown_destination, markdown_text
from archive.robust.link import RobustLink, attributes
from archive.standalone import link, page, text

HEADING = "Links and their snapshots"
_STYLE = """
ul { list-style: none; padding: 0; margin: 1.2rem 0 0; }
li { padding: 0.55rem 0; border-top: 1px solid var(--rule); }
.facts { display: block; color: var(--quiet); font-size: 0.875rem; }
.dead { color: var(--bad); }
.doubtful { color: var(--doubt); }
.alive { color: var(--good); }
"""


def as_html(links: Iterable[RobustLink]) -> Iterator[str]:
    """A page that stands alone."""
    yield from (f"{line}\n" for line in page(HEADING, _list(links), _STYLE))


def _list(links: Iterable[RobustLink]) -> Iterator[str]:
    yield f"<h1>{HEADING}</h1>\n<ul>"
    for one in links:
        yield f'<li>{anchor(one)} <span class="facts">{snapshot(one)} · {state(one.standing)}</span></li>'
    yield "</ul>"


def anchor(one: RobustLink) -> str:
    """The robust link itself. Without a snapshot it is a plain link."""
    found = attributes(one.original, one.snapshot) if one.snapshot else {}
    more = "".join(f' {name}="{text(value)}"' for name, value in found.items())
    return link(one.original, one.title or one.original, f'{more} dir="auto"')


def snapshot(one: RobustLink) -> str:
    if one.snapshot is None:
        return "no snapshot to show"
    time = one.snapshot.time.astimezone(UTC)
    return link(one.snapshot.address, f"as it was on {time:%Y-%m-%d at %H:%M} UTC")


def state(standing: Standing) -> str:
    return f'<span class="{standing.value}">{standing.value}</span>'


def as_markdown(links: Iterable[RobustLink]) -> Iterator[str]:
    """A list: of each the link, and the one to its snapshot."""
    yield f"# {HEADING}\n\n"
    for one in links:
        yield f"- {markdown_link(one)}, {markdown_snapshot(one)} ({one.standing.value})\n"


def markdown_link(one: RobustLink) -> str:
    return f"[{markdown_text(one.title) or markdown_text(one.original)}]({markdown_destination(one.original)})"


def markdown_snapshot(one: RobustLink) -> str:
    if one.snapshot is None:
        return "no snapshot to show"
    time = one.snapshot.time.astimezone(UTC)
    return f"[as it was on {time:%Y-%m-%d at %H:%M} UTC]({markdown_destination(one.snapshot.address)})"


def as_csv(links: Iterable[RobustLink]) -> Iterator[str]:
    """RFC 4180, the first line names the columns. What a spreadsheet would run begins with an apostrophe."""
    room = io.StringIO(newline="")
    writer = csv.writer(room)
    names = list(RobustLink("", "", "", Standing.UNKNOWN, None).as_dict())
    writer.writerow(names)
    for one in links:
        values = one.as_dict()
        writer.writerow([csv_field("" if (value := values[name]) is None else str(value)) for name in names])
        yield room.getvalue()
        room.seek(0)
        room.truncate()
    yield room.getvalue()


def as_json(links: Iterable[RobustLink]) -> Iterator[str]:
    """One array, an object a line."""
    before = "[\n"
    for one in links:
        yield before + json.dumps(one.as_dict(), ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before != "[\n" else "[]\n"


def as_json_lines(links: Iterable[RobustLink]) -> Iterator[str]:
    for one in links:
        yield json.dumps(one.as_dict(), ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Iterable[RobustLink]], Iterator[str]]] = {
    "html": as_html,
    "md": as_markdown,
    "csv": as_csv,
    "json": as_json,
}
