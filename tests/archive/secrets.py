"""A collection in which a page is to be purged that is tied to others in every way, and what must not be left of it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from archive.collection import Collection
from archive.disk import Disk
from archive.excluding import Run, asked_for
from archive.models import Article, Link, Missing, PageGroup, Paragraph, VerdictKind
from archive.purging import Asked, Purged, purge
from tests.archive.collecting import (
    Clock,
    Step,
    article,
    asset,
    bad_asset,
    folder_of,
    group,
    hop,
    known,
    not_modified,
    page,
    rereading,
    robots,
    run,
)
from tests.making import TIME

SECRET = "https://news.test/zanzibar"
MARK = b"quagmire"
MOVED = "https://news.test/moved"
MIRROR = "https://mirror.test/page"
OTHER = "https://b.test/x"
LOGO, PHOTO = "https://news.test/logo.png", "https://news.test/photo.png"
BODY = b"<p>the quagmire</p>" * 60
NEW = b"<p>the quagmire again</p>" * 60
ELSEWHERE = b"<p>where it moved</p>" * 60
LOGO_BYTES = b"\x89PNG logo" + bytes(range(256)) * 4
PHOTO_BYTES = b"\x89PNG quagmire" + bytes(range(256)) * 4


def secret(words: str = "The quagmire in full.") -> Article:
    return Article("Of the quagmire", SECRET, (Paragraph(words),), authors=("Quagmire Ann",))


def other(words: str) -> Article:
    return article(words, OTHER, "Other news")


def unchanged(url: str, at: int) -> Step:
    def step(collection: Collection) -> PageGroup:
        found = collection.known_page(url)
        assert found is not None
        return group(f"q{at}", at, [not_modified(at, found[1], url)], VerdictKind.UNCHANGED)

    return step


FIRST: tuple[Step, ...] = (
    lambda _: group(
        "q01",
        1,
        [robots(1), page(1, BODY, SECRET), asset(2, LOGO_BYTES, LOGO), asset(2, PHOTO_BYTES, PHOTO), bad_asset(2)],
        article=secret(),
    ),
    lambda _: group(
        "q02",
        3,
        [page(3, b"<p>other</p>" * 80, OTHER)],
        article=other("Nothing of it."),
        shared=(LOGO,),
        link=Link(OTHER, "feed", SECRET),
        missing=(Missing(SECRET + "?utm_source=x", "the server answered 404"),),
    ),
    lambda _: group("q03", 5, [page(5, BODY.replace(b"quagmire", b"same"), MIRROR)], VerdictKind.PAGE, title="Mirror"),
    lambda _: group("q04", 7, [hop(7, SECRET, "/moved"), page(8, ELSEWHERE, MOVED)], VerdictKind.PAGE, title="Moved"),
)
SECOND: tuple[Step, ...] = (
    lambda _: group("q05", 21, [page(21, NEW, SECRET), asset(22, PHOTO_BYTES, PHOTO)], article=secret("More.")),
    unchanged(SECRET, 23),
    unchanged(MOVED, 24),
    lambda _: group("q25", 25, [page(25, ELSEWHERE, "https://c.test/copy")], VerdictKind.PAGE, title="A copy"),
    lambda _: group("q26", 26, [page(26, b"<h1>quagmire</h1>", SECRET, status=403)], VerdictKind.CHALLENGE),
    lambda _: group(
        "q27", 27, [page(27, b"<p>more</p>" * 80, OTHER), asset(28, LOGO_BYTES, LOGO)], article=other("A bit more.")
    ),
    lambda _: group(
        "q28", 29, [page(29, b"<p>last</p>" * 80, "https://d.test/")], article=article(url="https://d.test/")
    ),
)


def fill(root: Path, *, disk: Disk | None = None, warc_size: int = 6000) -> None:
    for number, steps in enumerate((FIRST, SECOND)):
        run(root, steps, start=20 * number, disk=disk, warc_size=warc_size)
    with Collection.open(_settings(root), None) as collection:
        found = collection.known_page(SECRET)
    assert found is not None
    run(root, [lambda _: rereading("q30", 60, found, secret("Read again."))], start=80, disk=disk)  # type: ignore[list-item,return-value]


def _settings(root: Path):  # type: ignore[no-untyped-def]
    from tests.archive.collecting import settings

    return settings(root)


def purged(root: Path, what: str = SECRET, *, disk: Disk | None = None, reason: str = "a court order") -> Purged:
    wish = asked_for(what, reason, "", TIME)
    return purge(folder_of(root), Asked((wish,), "tearsheet/0 (test)"), Run(disk=disk or Disk(), clock=Clock()))


def everything(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every byte of every file, and those of what is packed in it, in whichever way."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        data = path.read_bytes()
        yield path, data
        if data[:2] == b"\x1f\x8b":
            yield path, gzip.decompress(data)
        for at in range(len(data)):
            if data[at : at + 1] == b"\x78" and path.suffix == ".sqlite":
                try:
                    yield path, zlib.decompressobj().decompress(data[at:], 1 << 20)
                except zlib.error:
                    continue


def where(folder: Path, words: bytes) -> list[str]:
    """The files that hold it."""
    return sorted({str(path.relative_to(folder)) for path, data in everything(folder) if words in data.lower()})


__all__ = ["known"]
