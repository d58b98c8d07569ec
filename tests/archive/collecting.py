"""A small collection with everything in it, and what is derived from its WARC files as comparable values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from archive.collection import ArchiveSettings, Collection, RunInfo
from archive.disk import Disk
from archive.models import (
    Article,
    Capture,
    Failure,
    Link,
    Missing,
    Origin,
    PageGroup,
    PageRow,
    Paragraph,
    Part,
    Rereading,
    Role,
    Verdict,
    VerdictKind,
)
from tests.making import TIME, exchange, part

RUN = RunInfo("tearsheet/0 (test)", "tearsheet/0 (+test)", "obey")
STORY = "https://news.test/story"
OLD = "https://news.test/old"
PICTURE = "https://news.test/a.png"
PICTURE_BYTES = b"\x89PNG" + bytes(range(256)) * 4


def settings(root: Path, **changes: Any) -> ArchiveSettings:
    return ArchiveSettings(root=root, **changes)


def folder_of(root: Path) -> Path:
    return root / "collections" / "main"


class Clock:
    """Goes on by a second each time it is looked at."""

    def __init__(self, start: datetime = TIME) -> None:
        self.time = start

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def opened(
    root: Path, *, disk: Disk | None = None, clock: Callable[[], datetime] | None = None, **more: Any
) -> Collection:
    return Collection.open(settings(root, **more), RUN, disk=disk, clock=clock or Clock(), tell=lambda _: None)


def article(text: str = "What happened at the pier.", url: str = STORY, title: str = "A quiet day") -> Article:
    return Article(title, url, (Paragraph(text),), authors=("Ann Bee",))


def group(
    page_id: str, at: int, parts: Sequence[Part], kind: VerdictKind = VerdictKind.ARTICLE, **changes: Any
) -> PageGroup:
    """A page group asked for `at` seconds after TIME."""
    fields: dict[str, Any] = {
        "id": page_id,
        "link": Link(parts[0].exchange.url if parts else STORY),
        "time": TIME + timedelta(seconds=at),
        "parts": tuple(parts),
        "verdict": Verdict(kind, f"seen as {kind}", ("a test",)),
        "extractor": "test/1",
    }
    return PageGroup(**(fields | changes))


def rereading(page_id: str, at: int, known: tuple[PageRow, Capture], article: Article) -> Rereading:
    """What is kept, read again `at` seconds after TIME."""
    row, capture = known
    origin = Origin(
        url=capture.url,
        time=capture.time,
        file=f"{capture.folder}/{capture.warc}",
        record_id=capture.record_id,
        record_type=capture.record_type,
        offset=capture.offset,
        length=capture.length,
        status=capture.status,
        payload=capture.digest,
    )
    verdict = Verdict(VerdictKind.ARTICLE, "read again", ("a test",))
    return Rereading(page_id, TIME + timedelta(seconds=at), row, origin, verdict, article, "test/2")


def page(at: int, body: bytes, url: str = STORY, **changes: Any) -> Part:
    return part(exchange(url, body, time=TIME + timedelta(seconds=at), **changes))


def asset(at: int, body: bytes = PICTURE_BYTES, url: str = PICTURE, **changes: Any) -> Part:
    fields: dict[str, Any] = {
        "head": b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n",
        "headers": (("Content-Type", "image/png"),),
        "time": TIME + timedelta(seconds=at),
    }
    return part(exchange(url, body, **(fields | changes)), Role.ASSET, VerdictKind.ASSET)


def bad_asset(at: int, url: str = PICTURE) -> Part:
    head = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n"
    return asset(at, b"<h1>no such picture</h1>", url, status=404, head=head, headers=(("Content-Type", "text/html"),))


def robots(at: int) -> Part:
    answer = exchange("https://news.test/robots.txt", b"User-agent: *\n", time=TIME + timedelta(seconds=at))
    return part(answer, Role.ROBOTS, VerdictKind.ROBOTS)


def hop(at: int, url: str = OLD, location: str = "/story") -> Part:
    head = b"HTTP/1.1 301 Moved\r\nLocation: " + location.encode() + b"\r\n\r\n"
    moved = exchange(url, b"moved", status=301, head=head, headers=(), time=TIME + timedelta(seconds=at))
    return part(moved, Role.HOP, VerdictKind.MOVED)


def not_modified(at: int, known: Capture, url: str = STORY) -> Part:
    head = b'HTTP/1.1 304 Not Modified\r\nETag: "2"\r\n\r\n'
    answer = exchange(url, b"", status=304, head=head, headers=(("ETag", '"2"'),), time=TIME + timedelta(seconds=at))
    return part(answer, Role.PAGE, VerdictKind.UNCHANGED, unchanged_from=known)


def silent(at: int, url: str = STORY) -> Part:
    failure = Failure("timeout", "no answer within 20 s")
    answer = exchange(
        url, b"", status=None, head=b"", headers=(), failure=failure, ip=None, time=TIME + timedelta(seconds=at)
    )
    return part(answer, Role.PAGE, VerdictKind.UNREACHABLE)


Step = Callable[[Collection], PageGroup]

# Two runs that bring everything: versions, revisits of both kinds, redirects, quarantine, side groups, equal bodies.
FIRST_RUN: tuple[Step, ...] = (
    lambda _: group("p01", 1, [robots(1), page(1, b"<p>one</p>" * 80), asset(2)], article=article()),
    lambda _: group("p02", 3, [page(3, b"<h1>gone</h1>", status=410)], VerdictKind.GONE),
    lambda _: group("p03", 4, [silent(4)], VerdictKind.UNREACHABLE),
    lambda _: group(
        "p04",
        5,
        [page(5, b"<p>other</p>" * 80, "https://b.test/x?utm_source=rss"), asset(6, url="https://b.test/copy.png")],
        article=article("東京都の桟橋で何が起きたか。", "https://b.test/x", "港の一日"),
        missing=(Missing("https://b.test/lost.css", "the server answered 404"),),
        shared=(PICTURE,),
        link=Link("https://b.test/x?utm_source=rss", "feed", "https://b.test/feed"),
    ),
    lambda _: group("p05", 7, [hop(7), page(8, b"<p>one</p>" * 80)], article=article()),
)
SECOND_RUN: tuple[Step, ...] = (
    lambda c: group("p06", 21, [not_modified(21, known(c))], VerdictKind.UNCHANGED),
    lambda _: group("p07", 22, [page(22, b"<p>two</p>" * 80), bad_asset(23)], article=article("It was not so quiet.")),
    lambda _: group("p08", 24, [page(24, b"<h1>Just a moment</h1>", status=403)], VerdictKind.CHALLENGE),
    lambda c: group("p09", 25, [not_modified(25, known(c))], VerdictKind.UNCHANGED),
    lambda _: group("p10", 26, [page(26, b"<p>three</p>" * 80), asset(27)], article=article()),
    lambda _: group("p11", 28, [page(28, b"<ul>home</ul>", "https://news.test/")], VerdictKind.PAGE, title="News"),
)
RUNS = (FIRST_RUN, SECOND_RUN)


def known(collection: Collection) -> Capture:
    found = collection.known_page(STORY)
    assert found is not None
    return found[1]


def run(root: Path, steps: Sequence[Step], *, start: int, disk: Disk | None = None, **more: Any) -> list[PageRow]:
    """The rows told, one group after another; a StorageError ends it."""
    told = []
    with opened(root, disk=disk, clock=Clock(TIME + timedelta(seconds=start)), **more) as collection:
        for step in steps:
            told.append(collection.commit(step(collection)).result(30))
    return told


def fill(root: Path, *, disk: Disk | None = None, **more: Any) -> list[PageRow]:
    """Both runs."""
    return [row for number, steps in enumerate(RUNS) for row in run(root, steps, start=20 * number, disk=disk, **more)]


def derived(root: Path) -> dict[str, Any]:
    """All that a rebuild makes again: index lines, pages list, texts, catalog rows."""
    folder = folder_of(root)
    return {
        "index": index_lines(root),
        "pages": read(folder / "pages" / "pages.jsonl"),
        "text": {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted((folder / "text").rglob("*"))
            if path.is_file()
        },
        "catalog": catalog_rows(folder / "catalog.sqlite"),
    }


def index_lines(root: Path) -> list[bytes]:
    tiers = sorted((folder_of(root) / "indexes").glob("*.cdxj"))
    return sorted(line for path in tiers for line in path.read_bytes().splitlines())


def page_lines(root: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in read(folder_of(root) / "pages" / "pages.jsonl").splitlines()[1:]]


def read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def catalog_rows(path: Path) -> dict[str, list[str]]:
    with closing(sqlite3.connect(path)) as db:
        tables = [
            name
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            if not name.startswith(("search", "authors", "sqlite_"))
        ]
        rows = {name: sorted(map(repr, db.execute(f"SELECT * FROM {name}"))) for name in tables}
        rows["search"] = sorted(map(repr, db.execute("SELECT rowid, title, body FROM search")))
        rows["authors"] = sorted(map(repr, db.execute("SELECT rowid, names FROM authors")))
    return rows
