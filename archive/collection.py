"""The folder that holds it all, and its lock: commit, look up, read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from msgspec.structs import replace

from archive import article as articles
from archive import catalog, mounts
from archive.answers import Answer, Answers
from archive.applying import Applier, group_records
from archive.committing import Committer
from archive.derive import Place
from archive.disk import Disk
from archive.errors import DamageError, NotKeptError, OutdatedError, StorageError, TextError, UsageError
from archive.link_looks import LinkLooks
from archive.links import LinkLookups
from archive.lookup import Wanted
from archive.manifest import Manifest
from archive.models import Article, Capture, PageGroup, PageRow, Rereading
from archive.opening import make_folder
from archive.placing import ImportedGroup
from archive.rows import ARCHIVE
from archive.sending import Outgoing
from archive.settings import ArchiveSettings, RunInfo
from archive.urls import wire_url
from archive.writers import naming_of, writers_of
from archive.writing import bring_up, has_warcs, opened_to_write

if TYPE_CHECKING:
    from archive.elsewhere import Elsewhere
    from archive.warc.reader import StoredRecord

__all__ = ["Answer", "ArchiveSettings", "Collection", "RunInfo"]


def _now() -> datetime:
    return datetime.now(UTC)


def _silent(_: str) -> None:
    return


class Collection(LinkLooks):
    """One collection. Made by `open`; a context manager. Safe in threads."""

    def __init__(
        self,
        path: Path,
        lookups: LinkLookups | None,
        committer: Committer | None,
        stack: ExitStack,
        applier: Applier | None = None,
        outgoing: Outgoing | None = None,
    ) -> None:
        self.path = path
        self.manifest: Manifest | None = applier.manifest if applier is not None else None
        self.tmp = path / "tmp"
        self._lookups = lookups
        self._answers = Answers(path, lookups)
        self._committer = committer
        self._applier = applier
        self._outgoing = outgoing
        self._stack = stack

    @classmethod
    def open(
        cls,
        settings: ArchiveSettings,
        run: RunInfo | None,
        *,
        disk: Disk | None = None,
        clock: Callable[[], datetime] = _now,
        tell: Callable[[str], None] = _silent,
        missing_ok: bool = False,
    ) -> Collection:
        """With a `run`, to write: the lock is taken, what a killed run left is mended (`tell` hears of it), what the
        catalog does not know is brought in. Without, to read only, and `missing_ok` takes a collection that is not
        there for an empty one. A catalog of an earlier release is brought up first, as any run would do it.

        Raises LockedError, StorageError, NotKeptError (no such collection), and DamageError for a catalog that cannot
        be read.
        """
        name = settings.collection
        if not name or "/" in name or "\0" in name or name.startswith("."):
            raise UsageError(f"{name!r} is no name for a collection")
        folder = settings.root / "collections" / name
        disk = disk or Disk()
        if run is None:
            return cls._open_to_read(folder, disk, tell, missing_ok)
        with ExitStack() as stack:
            make_folder(folder, disk)
            parts = stack.enter_context(opened_to_write(folder, disk, tell))
            applier = Applier(parts, disk)
            lookups = LinkLookups(parts.catalog.path)
            stack.callback(lookups.close)
            store = mounts.store_of(folder)
            outgoing = Outgoing(folder, store, parts.catalog, disk) if store is not None else None
            naming = naming_of(folder, disk, parts.catalog.indexed if store is not None else None)
            writers = writers_of(settings, run, disk, clock, naming)
            committer = Committer(writers, applier, lookups, settings.warc_size, outgoing=outgoing)
            stack.callback(committer.close)
            return cls(folder, lookups, committer, stack.pop_all(), applier, outgoing)

    @classmethod
    def _open_to_read(cls, folder: Path, disk: Disk, tell: Callable[[str], None], missing_ok: bool) -> Collection:
        if not disk.exists(folder / catalog.NAME):
            if has_warcs(folder, disk):
                raise DamageError(f"{folder / catalog.NAME} is missing: tearsheet rebuild makes it again")
            if not missing_ok:
                raise NotKeptError(f"there is no collection {folder}: tearsheet fetch begins one")
            return cls(folder, None, None, ExitStack())
        try:
            lookups = LinkLookups(folder / catalog.NAME)
        except OutdatedError as error:
            bring_up(folder, disk, tell, error)
            lookups = LinkLookups(folder / catalog.NAME)
        with ExitStack() as stack:
            stack.callback(lookups.close)
            return cls(folder, lookups, None, stack.pop_all())

    def close(self) -> None:
        """Commits what waits, ends the WARC files, gives the lock back. Raises what stopped the writing, if anything
        did: a StorageError."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------------ writing

    @property
    def _writing(self) -> Committer:
        if self._committer is None:
            raise StorageError(f"{self.path} was opened to read")
        return self._committer

    def commit(self, group: PageGroup | Rereading) -> Future[PageRow]:
        """The group's row once all of it is durable and in the catalog; the future bears StorageError if it cannot be,
        and ValueError for a group that contradicts itself."""
        return self._writing.commit(group)

    def note(self, group: PageGroup) -> Future[PageRow | None]:
        """The same for a bare check, of which nothing is kept but what it found: no row comes of it."""
        return self._writing.note(group)

    def bring_in(self, group: ImportedGroup) -> Future[PageRow | None]:
        """The same for a page that lies in a file of another tool, which is in archive/ already; None for a group of
        what belongs to no page."""
        return self._writing.bring_in(group)

    def stays(self, row: PageRow) -> None:
        """Returns once the page may be told kept. With a store that is later than `known_page` knows it: when its file
        is there. Raises StorageError."""
        if self._committer is not None:
            self._committer.stays(row.page_id)

    def up(self) -> Future[None]:
        """Done once all that was told before is in the collection's store, where it has one."""
        return self._writing.up()

    def elsewhere(self) -> Elsewhere:
        """What brings in the files that other processes write into this collection's folder while the lock is held."""
        from archive.elsewhere import Elsewhere

        committer = self._writing
        assert self._applier is not None
        return Elsewhere(self.path, self._applier, Disk(), committer.do, self._outgoing)

    # ------------------------------------------------------------------------------------------------ looking up

    def rows(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        """What a query of `Lookups` gives, for one that is made elsewhere."""
        return self._lookups.rows(sql, *values) if self._lookups else []

    def known_page(self, url: str) -> tuple[PageRow, Capture] | None:
        """The latest kept page asked for or answering at this address (fragment and tracking apart), and its capture.

        The capture's `etag` and `last_modified` are what a conditional request for exactly this address may bear: None
        where another address answered.
        """
        row = self._lookups.find(url, kept_only=True) if self._lookups else None
        if row is None or self._lookups is None:
            return None
        capture = self._lookups.capture_of(row)
        if capture is None:
            return None
        if capture.url != _wire(url):
            return row, replace(capture, etag=None, last_modified=None)
        return row, self._lookups.with_validators(capture)

    def known_asset(self, url: str) -> Capture | None:
        """The latest whole, good answer kept of exactly this address, with the validators for asking again."""
        capture = self._lookups.good(_wire(url)) if self._lookups else None
        return self._lookups.with_validators(capture) if capture is not None and self._lookups else None

    def known_among(self, urls: Iterable[str]) -> frozenset[str]:
        """Those of these addresses, as they go over the wire, of which `known_asset` gives an answer."""
        return self._lookups.good_among(urls) if self._lookups else frozenset()

    def find(self, url: str) -> PageRow | None:
        """The latest page kept under this address: asked for, answering or the article's own. Without one, the latest
        that failed."""
        return self._lookups.find(url) if self._lookups else None

    def find_failed(self, url: str) -> PageRow | None:
        """The latest page under this address that was not kept."""
        return self._lookups.find_failed(url) if self._lookups else None

    def find_text(self, url: str) -> PageRow | None:
        """The latest page kept under this address that has a text."""
        return self._lookups.find_text(url) if self._lookups else None

    def pages(
        self, *, host: str | None = None, verdict: str | None = None, kept: bool | None = None, limit: int = 50
    ) -> Iterator[PageRow]:
        """The latest first; None is any."""
        if self._lookups:
            yield from self._lookups.pages(Wanted(host, verdict, kept), limit)

    def pages_since(self, number: int) -> Iterator[tuple[int, PageRow]]:
        """All pages after the one with this number (0: all), with their numbers, in the order of their commits."""
        if self._lookups:
            yield from self._lookups.since(number)

    def latest(self) -> list[str]:
        """The page ids of what may be read again: the latest kept page of each text, and of each address that has none;
        the oldest first."""
        return self._lookups.latest() if self._lookups else []

    def page(self, page_id: str) -> PageRow | None:
        return self._lookups.page(page_id) if self._lookups else None

    def kept_under(self, url: str) -> list[PageRow]:
        """All pages kept under this address, other readings of them included, the oldest first."""
        return self._lookups.kept_under(url) if self._lookups else []

    def versions(self, url: str) -> list[PageRow]:
        """The pages that brought the texts which the article at this address has had, the earliest first."""
        return self._lookups.versions(url) if self._lookups else []

    def search(self, words: str, limit: int = 20, marks: tuple[str, str] = ("", "")) -> Iterator[tuple[PageRow, str]]:
        """Articles that hold all the words, the best first, each with a snippet in which `marks` stand around them."""
        if self._lookups:
            yield from self._lookups.search(words, limit, marks)

    def stats(self) -> dict[str, Any]:
        """What the collection holds, in numbers."""
        return self._lookups.stats() if self._lookups else {}

    # ------------------------------------------------------------------------------------------------ reading

    def capture_of(self, row: PageRow) -> Capture | None:
        """The capture of the page itself; None where no answer came."""
        return self._answers.capture_of(row)

    def captures(self, page_id: str) -> list[Capture]:
        """All that was stored with a page."""
        return self._lookups.captures(page_id) if self._lookups else []

    def overruled(self, page_id: str) -> str | None:
        """The page id of what a quarantined page has become by a person's word; None if nobody has overruled it."""
        return self._lookups.overruled(page_id) if self._lookups else None

    def group_of(self, row: PageRow) -> tuple[StoredRecord, ...]:
        """All records of a page's group as they lie in its file, the metadata record last. Raises WarcError where one
        is damaged or gone."""
        start = self.start_of(row.page_id)
        folder, _, name = (row.warc or "").partition("/")
        return group_records(self.path, Place(folder, name), start)

    # ------------------------------------------------------------------------------------------------ for exports

    def closed_files(self) -> frozenset[str]:
        """The names of the files of archive/ that are closed and in the index."""
        return frozenset(self._lookups.warc_files(ARCHIVE)) if self._lookups else frozenset()

    def has_captures(self, warc: str) -> bool:
        """Whether the index is to have lines of this file of archive/."""
        return self._lookups is not None and self._lookups.has_captures(warc)

    def last_reading(self, row: PageRow) -> PageRow | None:
        """What the last reading again of a page gave; None where it was read once only."""
        return self._lookups.last_reading(row) if self._lookups else None

    def start_of(self, page_id: str) -> int:
        """Where in its file the page's group begins, in bytes. NotKeptError without such a page."""
        found = self._lookups.start_of(page_id) if self._lookups else None
        if found is None:
            raise NotKeptError(f"there is no page {page_id}")
        return found

    def original_of(self, revisit: Capture) -> Capture | None:
        """The response that a revisit refers to."""
        return self._lookups.original_of(revisit) if self._lookups else None

    def original_at(self, record_id: str, url: str, date: str) -> Capture | None:
        """The response that a revisit of another tool refers to, by its id, or by its address and date."""
        if self._lookups is None:
            return None
        found = self._lookups.response(record_id) if record_id else None
        return found or (self._lookups.response_at(url, date) if url and date else None)

    def nearest(self, url: str, time: datetime) -> Capture | None:
        """The answer kept of exactly this address whose time is nearest."""
        return self._lookups.nearest(url, time) if self._lookups else None

    def read(self, capture: Capture) -> Answer:
        """The stored answer; a revisit with its original's payload. Raises WarcError where it is damaged or gone."""
        return self._answers.read(capture)

    def place(self, capture: Capture) -> tuple[Path, int, int] | None:
        """Where the record lies now: its file, offset and length in bytes; None where its file is gone."""
        return self._answers.place(capture)

    def text_of(self, row: PageRow) -> str | None:
        """The text file of a page, as it is; None if it has none. Where the file is missing, the WARC file has it."""
        present = (self._lookups.page(row.page_id) if self._lookups else None) or row
        if present.text is None:
            return None
        try:
            return (self.path / present.text).read_bytes().decode("utf-8")
        except FileNotFoundError:
            return self._stored_text(row)
        except (OSError, UnicodeDecodeError) as error:
            raise TextError(
                f"{self.path / present.text} cannot be read ({error}): tearsheet rebuild makes it again"
            ) from error

    def article_of(self, row: PageRow) -> Article | None:
        """What the JSON beside a page's text holds; None if it has no text. Raises TextError if it cannot be read."""
        present = (self._lookups.page(row.page_id) if self._lookups else None) or row
        if present.text is None:
            return None
        path = (self.path / present.text).with_suffix(".json")
        try:
            return articles.from_json(json.loads(path.read_bytes())["article"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TextError(f"{path} cannot be read ({error}): tearsheet rebuild makes it again") from error

    def _stored_text(self, row: PageRow) -> str | None:
        for capture in self.captures(row.page_id):
            if capture.role == "text":
                with self.read(capture).payload() as payload:
                    return payload.read().decode("utf-8")
        return None


def _wire(url: str) -> str:
    try:
        return wire_url(url)
    except ValueError:
        return url
