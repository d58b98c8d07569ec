"""`tearsheet export`: what is kept, in one file for viewers."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from archive.errors import NotKeptError, UsageError
from archive.wacz import Export, Made, export
from scraper import __version__
from scraper.report import shown
from scraper.saying import say
from scraper.sources.base import moment

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.models import PageRow
    from scraper.settings import Settings

MOST_FOUND = 100_000


class Selection(Struct, frozen=True):
    """Which pages: exactly one of these says so."""

    urls: tuple[str, ...] = ()
    words: str = ""
    since: str = ""
    everything: bool = False


class Wish(Struct, frozen=True):
    """How `export wacz` was asked to go about it; `target` None is a file in the current folder, named after the
    collection."""

    selection: Selection
    target: Path | None = None
    title: str = ""
    force: bool = False
    json: bool = False
    quiet: bool = False


def export_wacz(settings: Settings, wish: Wish) -> None:
    """Writes the file and tells of it.

    Raises UsageError for a selection that is none and for a file that is there, NotKeptError where nothing matches,
    StorageError and WarcError.
    """
    from archive.collection import Collection

    selection, name = wish.selection, settings.archive.collection
    if sum(map(bool, (selection.urls, selection.words, selection.since, selection.everything))) != 1:
        raise UsageError("say what to export, in one way: --all, --url URL, --search WORDS or --since DATE")
    target = wish.target or Path(f"{name}.wacz")
    if target.is_dir():
        raise UsageError(f"{target} is a folder: name a file")
    if target.exists() and not wish.force:
        raise UsageError(f"{target} is there already; --force writes over it")
    with Collection.open(settings.archive, None) as collection:
        asked = Export(
            title=wish.title or name,
            software=f"tearsheet/{__version__}",
            time=datetime.now(UTC),
            page_ids=page_ids(collection, selection),
            prefix=settings.archive.prefix,
            host=socket.gethostname(),
            size=settings.archive.warc_size,
        )
        made = export(collection, asked, target, tell=(lambda _: None) if wish.quiet else say)
    _tell(made, wish)


def page_ids(collection: Collection, selection: Selection) -> frozenset[str] | None:
    """The ids of the selected pages, those of what a later reading was made from among them; None for all, files and
    all, which cannot be where something is excluded that lies in them."""
    from archive import exclusions

    if selection.everything and not exclusions.load(collection.path):
        return None
    found: set[str] = set()
    for row in _rows(collection, selection):
        found.add(row.page_id)
        if row.rereads:
            found.add(row.rereads)
    if not found:
        raise NotKeptError("nothing that is kept fits: tearsheet list and tearsheet search say what there is")
    return frozenset(found)


def _rows(collection: Collection, selection: Selection) -> Iterator[PageRow]:
    if selection.everything:
        yield from (row for _, row in collection.pages_since(0) if row.verdict.kept)
    elif selection.words:
        yield from (row for row, _ in collection.search(selection.words, MOST_FOUND))
    elif selection.since:
        begin = moment(selection.since)
        if begin is None:
            raise UsageError(f"--since {selection.since}: expected a day such as 2026-03-01, or a day and time")
        yield from (row for _, row in collection.pages_since(0) if row.verdict.kept and row.captured_at >= begin)
    else:
        yield from _under(collection, selection.urls)


def _under(collection: Collection, urls: Iterable[str]) -> Iterator[PageRow]:
    for url in urls:
        rows = collection.kept_under(url)
        if not rows:
            raise NotKeptError(f"nothing is kept of {url}: tearsheet fetch {url} keeps it")
        yield from rows


def _tell(made: Made, wish: Wish) -> None:
    if wish.json:
        facts = {
            "path": str(made.path.absolute()),
            "size": made.size,
            "digest": made.digest,
            "pages": made.pages,
            "captures": made.captures,
            "warc_files": made.warc_files,
            "open_files": made.open_files,
        }
        print(json.dumps(facts, ensure_ascii=False))
    elif not wish.quiet:
        print(f"{shown(made.path)}: {made.pages} pages, {made.captures} captures, {made.size:,} bytes")
        print(f"    {made.digest}")
        if made.open_files:
            say("what a run is still writing is not in it")
