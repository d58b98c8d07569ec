"""Small page groups and WARC files for tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.disk import Disk
from archive.models import Capture, Exchange, Link, PageGroup, Part, Role, Verdict, VerdictKind
from archive.spool import Spool
from archive.warc.encode import write_member
from archive.warc.records import (
    Record,
    WarcInfo,
    answer_id,
    exchange_records,
    group_record,
    resource_record,
)
from archive.warc.writer import Stored, WarcWriter

TIME = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
INFO = WarcInfo("tearsheet/0 (test)", "tearsheet/0 (+test)", hostname="box", collection="main")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"


def ticking(start: datetime = TIME, step: timedelta = timedelta(seconds=1)) -> Callable[[], datetime]:
    """A clock that goes on by `step` each time it is looked at."""
    count = itertools.count()
    return lambda: start + next(count) * step


def exchange(url: str = "https://news.test/story", body: bytes | Spool = b"<p>text", **changes: object) -> Exchange:
    """A whole exchange that went well; `changes` are fields of Exchange."""
    fields: dict[str, object] = {
        "url": url,
        "time": TIME,
        "request": b"GET /story HTTP/1.1\r\nHost: news.test\r\n\r\n",
        "status": 200,
        "head": HEAD,
        "headers": (("Content-Type", "text/html; charset=utf-8"),),
        "body": body,
        "ip": "192.0.2.1",
    }
    fields |= changes
    if isinstance(fields["body"], bytes):
        fields["body"] = Spool.of(fields["body"])
    return Exchange(**fields)  # type: ignore[arg-type]


def part(
    answer: Exchange | None = None, role: Role = Role.PAGE, kind: VerdictKind = VerdictKind.ARTICLE, **changes: object
) -> Part:
    return Part(answer or exchange(), role, Verdict(kind, "seen in a test"), **changes)  # type: ignore[arg-type]


def page_group(page_id: str = "p1", parts: Sequence[Part] | None = None, **changes: object) -> PageGroup:
    parts = tuple(parts) if parts is not None else (part(),)
    fields: dict[str, object] = {
        "id": page_id,
        "link": Link(parts[0].exchange.url if parts else "https://news.test/story"),
        "time": TIME,
        "parts": parts,
        "verdict": parts[-1].verdict if parts else Verdict(VerdictKind.ARTICLE, ""),
    }
    return PageGroup(**(fields | changes))  # type: ignore[arg-type]


def drafts(group: PageGroup, text: bytes | None = b"text\n", *, side: bool = False) -> list[Record]:
    """All records of a group, in the order in which they are written."""
    records: list[Record] = []
    told: list[tuple[Part, str | None]] = []
    for each in group.parts:
        own = exchange_records(each, group.id)
        records += own
        told.append((each, answer_id(own)))
    if text is not None:
        url = group.parts[-1].exchange.url
        records.append(resource_record("text", url, TIME, group.id, text, "text/plain; charset=utf-8"))
    return [*records, group_record(group, told, side=side)]


def capture_of(record: Record, stored: Stored, page_id: str = "p1") -> Capture:
    """A response that was written, as the catalog would know it."""
    return Capture(
        url=record.header("WARC-Target-URI") or "",
        time=datetime.fromisoformat(record.header("WARC-Date") or ""),
        role="page",
        verdict=VerdictKind.ARTICLE,
        status=200,
        mime="text/html",
        digest=record.header("WARC-Payload-Digest") or "",
        record_id=record.record_id,
        record_type=record.type,
        folder="archive",
        warc=stored.warc,
        offset=stored.offset,
        length=stored.length,
        page_id=page_id,
    )


def groups_of(count: int, size: int = 40) -> Iterator[PageGroup]:
    """`count` groups of one page each, ids p0, p1, …, bodies that differ."""
    for number in range(count):
        body = f"<p>page {number} ".encode() * (1 + size // 10)
        yield page_group(f"p{number}", [part(exchange(f"https://news.test/{number}", body))])


def written(folder: Path, groups: Sequence[PageGroup], *, disk: Disk | None = None, close: bool = True) -> Path:
    """The one WARC file, closed or still `.open`, that holds `groups`."""
    writer = WarcWriter(folder, "test", INFO, disk=disk, clock=ticking())
    for group in groups:
        writer.append(drafts(group))
    writer.sync()
    if close:
        return folder / str(writer.close())
    name = str(writer.name)
    writer.abandon()
    return folder / (name + ".open")


def encoded(record: Record) -> bytes:
    """The record's gzip member."""
    pieces: list[bytes] = []
    write_member(record, pieces.append)
    return b"".join(pieces)


def story(title: str, text: str = "", paragraphs: int = 5) -> str:
    """A page that is an article by its looks, the title in each paragraph."""
    body = "".join(
        f"<p>Paragraph {n} of {title}: the council met on a Tuesday and spoke at length of roads, of trees and of "
        f"what both would cost. {text}</p>"
        for n in range(paragraphs)
    )
    return (
        f"<html><head><title>{title}</title><meta property='og:type' content='article'></head>"
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    )
