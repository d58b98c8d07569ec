"""The writer's thread: it takes every group that waits, makes them all durable at once, and only then tells."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from archive.applying import Closed
from archive.derive import Derived, Place, View, derive
from archive.disk import Disk, storage_error
from archive.errors import StorageError, TearsheetError
from archive.models import PageGroup, PageRow, Rereading
from archive.placing import Draft, Fresh, ImportedGroup, Known, place, place_again, place_import
from archive.rows import ARCHIVE, QUARANTINE
from archive.settings import ArchiveSettings, RunInfo
from archive.warc import group as group_fields
from archive.warc.records import Record, WarcInfo
from archive.warc.writer import Stored, WarcWriter

T = TypeVar("T")
MOST_WAITING = 64
MOST_BYTES = 64 * 1024 * 1024


class Writers(Struct, frozen=True):
    """The two files that a run writes."""

    archive: WarcWriter
    quarantine: WarcWriter

    def of(self, folder: str) -> WarcWriter:
        return self.archive if folder == ARCHIVE else self.quarantine

    def each(self) -> tuple[tuple[str, WarcWriter], ...]:
        """In the order in which they are synced: what lies aside before the page that it belongs to, so that the next
        run can tell which of it was never told."""
        return (QUARANTINE, self.quarantine), (ARCHIVE, self.archive)


class Applying(Protocol):
    """What brings written groups into all that is derived (`applying.Applier`), here or elsewhere."""

    def apply(self, groups: Sequence[Derived]) -> list[PageRow | None]: ...

    def closed(self, files: Sequence[Closed]) -> None: ...


def writers_of(
    settings: ArchiveSettings,
    run: RunInfo,
    disk: Disk,
    clock: Callable[[], datetime],
    naming: Callable[[str, str, str, datetime], str] | None = None,
) -> Writers:
    """Those of the two files that a run writes, which come into being with their first record. `naming` takes the
    folder's name before what `WarcWriter` tells it."""
    info = WarcInfo(
        software=run.software,
        user_agent=run.user_agent,
        robots=run.robots,
        hostname=run.writer or socket.gethostname(),
        collection=settings.collection,
        operator=settings.operator,
    )
    folder = settings.root / "collections" / settings.collection

    def writer(kind: str) -> WarcWriter:
        named = partial(naming, kind) if naming is not None else None
        size = settings.warc_size
        return WarcWriter(folder / kind, settings.prefix, info, warc_size=size, disk=disk, clock=clock, naming=named)

    return Writers(writer(ARCHIVE), writer(QUARANTINE))


class _Waiting(Struct):
    group: PageGroup | Rereading | ImportedGroup
    future: Future[Any]
    size: int


class _Doing(Struct):
    action: Callable[[], Any]
    future: Future[Any]


class _Written(Struct):
    """`derived` holds the group's main part first."""

    waiting: _Waiting
    derived: list[Derived]


class Committer:
    """Takes page groups from any thread. Only its own thread writes WARC files and databases."""

    def __init__(
        self, writers: Writers, applier: Applying, known: Known, warc_size: int, *, leave_open: bool = False
    ) -> None:
        """`leave_open`: after a failure the files stay as they are, for whoever holds the lock to mend."""
        self._writers = writers
        self._applier = applier
        self._known = known
        self._warc_size = warc_size
        self._leave_open = leave_open
        self._queue: deque[_Waiting] = deque()
        self._doing: deque[_Doing] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._failure: StorageError | None = None
        self._thread = threading.Thread(target=self._run, name="collection-writer", daemon=True)
        self._thread.start()

    def commit(self, group: PageGroup | Rereading) -> Future[PageRow]:
        """The group's row, once it is durable and in the catalog; StorageError if that cannot be. Waits while many
        groups wait."""
        return self._enqueue(group)

    def note(self, group: PageGroup) -> Future[PageRow | None]:
        """The same for a bare check, which brings no row."""
        return self._enqueue(group)

    def bring_in(self, group: ImportedGroup) -> Future[PageRow | None]:
        """The same for a page of an imported file; None for what belongs to no page."""
        return self._enqueue(group)

    def do(self, action: Callable[[], T]) -> Future[T]:
        """What `action` gives in the writer's thread, where alone an Applier may be used; never waits. Whatever it
        raises stops the writing."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        with self._changed:
            if self._failure is not None:
                future.set_exception(_same(self._failure))
            elif self._closing:
                future.set_exception(StorageError("the collection is closed"))
            else:
                self._doing.append(_Doing(action, future))
                self._changed.notify_all()
        return future

    def _enqueue(self, group: PageGroup | Rereading | ImportedGroup) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        size = sum(part.exchange.body.size for part in group.parts) if isinstance(group, PageGroup) else 0
        with self._changed:
            while len(self._queue) >= MOST_WAITING and self._failure is None and not self._closing:
                self._changed.wait()
            if self._failure is not None:
                future.set_exception(_same(self._failure))
            elif self._closing:
                future.set_exception(StorageError("the collection is closed"))
            else:
                self._queue.append(_Waiting(group, future, size))
                self._changed.notify_all()
        return future

    def cut(self, error: StorageError) -> None:
        """Nothing that waits is committed any more, nor what comes."""
        self._fail(error, ())

    def close(self) -> None:
        """What waits is committed, the files are closed. Raises the StorageError that stopped the writing, if any."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if self._failure is not None:
            raise _same(self._failure)

    # ------------------------------------------------------------------------------------------------ the thread

    def _run(self) -> None:
        with suppress(ImportError):
            # What the first group is written with, loaded while it is on its way.
            from archive.warc import encode  # noqa: F401
        while True:
            doing, batch = self._take()
            if not doing and not batch:
                break
            try:
                for each in doing:
                    each.future.set_result(each.action())
                if batch:
                    self._commit(batch)
                    self._rotate()
            except TearsheetError as error:
                self._fail(error, [*doing, *batch])
            except Exception as error:
                # A thread that dies would leave its callers waiting for ever.
                failure = StorageError(f"the collection could not be written: {type(error).__name__}: {error}")
                self._fail(failure, [*doing, *batch])
        if self._failure is None:
            try:
                self._close_files(self._writers.each())
            except TearsheetError as error:
                self._fail(error, ())
        if self._failure is not None:
            self._leave()

    def _take(self) -> tuple[list[_Doing], list[_Waiting]]:
        with self._changed:
            while not self._queue and not self._doing and not self._closing:
                self._changed.wait()
            doing = list(self._doing)
            self._doing.clear()
            batch: list[_Waiting] = []
            size = 0
            while self._queue and (not batch or size + self._queue[0].size <= MOST_BYTES):
                size += self._queue[0].size
                batch.append(self._queue.popleft())
            self._changed.notify_all()
            return doing, batch

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        fresh = Fresh(self._known)
        written = []
        for waiting in batch:
            draft = self._draft(waiting, fresh)
            if draft is not None:
                written.append(_Written(waiting, self._append(draft)))
        for _, writer in self._writers.each():
            writer.sync()
        rows = iter(self._applier.apply([each for group in written for each in group.derived]))
        for group in written:
            told = [next(rows) for _ in group.derived]
            group.waiting.future.set_result(told[0])

    def _draft(self, waiting: _Waiting, fresh: Fresh) -> Draft | None:
        """None if nothing sensible can be made of the group, which is its sender's to hear."""
        own = Fresh(fresh)
        try:
            draft = _placed(waiting.group, own)
        except TearsheetError:
            raise
        except OSError as error:
            raise StorageError(f"a fetched body cannot be read again: {error}") from error
        except Exception as error:
            waiting.future.set_exception(error)
            return None
        fresh.take(own)
        return draft

    def _append(self, draft: Draft) -> list[Derived]:
        derived = [self._append_to(draft.folder, draft.main)]
        if draft.side:
            derived.append(self._append_to(QUARANTINE, draft.side))
        return derived

    def _append_to(self, folder: str, records: Sequence[Record]) -> Derived:
        writer = self._writers.of(folder)
        try:
            stored = writer.append(records)
        except OSError as error:
            raise storage_error(error, writer.folder) from error
        # What the record says, not what we meant: a rebuild reads the same.
        data = group_fields.load(records[-1].payload_bytes())
        return derive(Place(folder, stored[0].warc), _views(records, stored), data)

    def _rotate(self) -> None:
        self._close_files([each for each in self._writers.each() if each[1].size >= self._warc_size])

    def _close_files(self, writers: Sequence[tuple[str, WarcWriter]]) -> None:
        closed: list[Closed] = []
        for folder, writer in writers:
            writer.close()
            closed += [Closed(Place(folder, each.name), each.sums) for each in writer.take_closed()]
        if closed:
            self._applier.closed(closed)

    def _leave(self) -> None:
        """After a failure. What was told lies in files that viewers should see; the next run brings them into what is
        derived. A file that may hold what was never told stays open, and its companion with it, for that run to mend.
        """
        intact = [_taken_back(writer) for _, writer in self._writers.each()] if not self._leave_open else [False]
        if not all(intact):
            for _, writer in self._writers.each():
                writer.abandon()
            return
        for _, writer in self._writers.each():
            with suppress(StorageError):
                writer.close()

    def _fail(self, error: TearsheetError, batch: Sequence[_Waiting | _Doing]) -> None:
        failure = error if isinstance(error, StorageError) else StorageError(str(error))
        with self._changed:
            self._failure = self._failure or failure
            waiting = [*batch, *self._queue, *self._doing]
            self._queue.clear()
            self._doing.clear()
            self._changed.notify_all()
        for each in waiting:
            if not each.future.done():
                each.future.set_exception(_same(failure))


def _placed(group: PageGroup | Rereading | ImportedGroup, fresh: Fresh) -> Draft:
    if isinstance(group, PageGroup):
        return place(group, fresh)
    return place_again(group) if isinstance(group, Rereading) else place_import(group)


def _taken_back(writer: WarcWriter) -> bool:
    """Whether the file ends with the last group that was made durable, and can be trusted to."""
    try:
        writer.rollback()
        writer.sync()
    except StorageError:
        return False
    return True


def _same(error: StorageError) -> StorageError:
    """The error anew: one object raised in several threads would gather their tracebacks."""
    return StorageError(str(error))


def _views(records: Sequence[Record], stored: Sequence[Stored]) -> list[View]:
    return [View(record, place.offset, place.length) for record, place in zip(records, stored, strict=True)]
