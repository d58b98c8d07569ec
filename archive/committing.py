"""The writer's thread: it takes every group that waits, makes them all durable at once, and only then tells."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from archive.applying import Closed
from archive.derive import Derived, Place, View, derive
from archive.disk import storage_error
from archive.errors import StorageError, TearsheetError
from archive.models import PageGroup, PageRow, Rereading
from archive.placing import Draft, Fresh, ImportedGroup, Known, place, place_again, place_import
from archive.rows import ARCHIVE, QUARANTINE
from archive.sending import Going, Sending, Told
from archive.warc import group as group_fields
from archive.warc.records import Record
from archive.warc.writer import Stored, WarcWriter
from archive.writers import Writers

T = TypeVar("T")
MOST_WAITING = 64
MOST_BYTES = 64 * 1024 * 1024


class Applying(Protocol):
    """What brings written groups into all that is derived (`applying.Applier`), here or elsewhere."""

    def apply(self, groups: Sequence[Derived]) -> list[PageRow | None]: ...

    def closed(self, files: Sequence[Closed]) -> None: ...


class _Waiting(Struct):
    """`stays`: what is promised of it holds once it is in the store, where there is one."""

    group: PageGroup | Rereading | ImportedGroup
    future: Future[Any]
    size: int
    stays: bool = False


class _Doing(Struct):
    action: Callable[[], Any]
    future: Future[Any]


class _Written(Struct):
    """`derived` holds the group's main part first, which went to `folder`."""

    waiting: _Waiting
    folder: str
    derived: list[Derived]


class Committer:
    """Takes page groups from any thread. Only its own thread writes WARC files and databases.

    With a store, a page that is kept is told once its file is there. A file goes up when the one before it has arrived,
    with all that was written meanwhile: so the first page need not wait, and many pages share a file.
    """

    def __init__(
        self,
        writers: Writers,
        applier: Applying,
        known: Known,
        warc_size: int,
        *,
        leave_open: bool = False,
        outgoing: Sending | None = None,
    ) -> None:
        """`leave_open`: after a failure the files stay as they are, for whoever holds the lock to mend."""
        self._writers = writers
        self._applier = applier
        self._known = known
        self._warc_size = warc_size
        self._leave_open = leave_open
        self._outgoing = outgoing
        if outgoing is not None:
            outgoing.landed = self._landed
        self._held: list[Told] = []
        self._aloft: dict[str, Future[Any]] = {}
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
        return self._enqueue(group, stays=isinstance(group, PageGroup))

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

    def _enqueue(self, group: PageGroup | Rereading | ImportedGroup, *, stays: bool = False) -> Future[Any]:
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
                self._queue.append(_Waiting(group, future, size, stays))
                self._changed.notify_all()
        return future

    def stays(self, page_id: str) -> None:
        """Returns once the page may be told kept: with a store it is in the catalog before its file is there. Raises
        StorageError."""
        future = self._aloft.get(page_id)
        if future is not None:
            future.result()

    def up(self) -> Future[None]:
        """Done once all that was told before is in the store, where there is one; its files are ended for that."""
        landed: Future[None] = Future()

        def failed(done: Future[None]) -> None:
            error = done.exception()
            if error is not None and not landed.done():
                landed.set_exception(error)

        self.do(lambda: self._send_up(landed)).add_done_callback(failed)
        return landed

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
        while (taken := self._take()) is not None:
            doing, batch = taken
            try:
                for each in doing:
                    each.future.set_result(each.action())
                if batch:
                    self._commit(batch)
                if self._outgoing is not None:
                    self._outgoing.land()
                if batch or self._outgoing is not None:
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
                if self._outgoing is not None:
                    self._outgoing.land(wait=True)
                    self._outgoing.close()
            except TearsheetError as error:
                self._fail(error, ())
        if self._failure is not None:
            # Once more: it may have been another thread that failed us, between two steps of this one.
            self._release(self._failure)
            self._leave()

    def _landed(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _take(self) -> tuple[list[_Doing], list[_Waiting]] | None:
        """Nothing of both, where a file has arrived in the store; None at the end."""
        with self._changed:
            while not self._queue and not self._doing and not self._closing:
                if self._outgoing is not None and self._outgoing.ready:
                    break
                self._changed.wait()
            if self._closing and not self._queue and not self._doing:
                return None
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
                written.append(_Written(waiting, draft.folder, self._append(draft)))
        for _, writer in self._writers.each():
            writer.sync()
        for group in filter(self._is_held, written):
            self._hold(group.waiting)
        rows = iter(self._applier.apply([each for group in written for each in group.derived]))
        for group in written:
            told = [next(rows) for _ in group.derived]
            if self._is_held(group):
                self._held.append((group.waiting.future, told[0]))
            else:
                group.waiting.future.set_result(told[0])

    def _is_held(self, group: _Written) -> bool:
        """Whether it is told only when its file is in the store."""
        return self._outgoing is not None and group.waiting.stays and group.folder == ARCHIVE

    def _hold(self, waiting: _Waiting) -> None:
        """Known to `stays` from before the catalog has it."""
        assert isinstance(waiting.group, PageGroup)
        page_id = waiting.group.id
        self._aloft[page_id] = waiting.future
        waiting.future.add_done_callback(lambda _: self._aloft.pop(page_id, None))

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
        due = self._held and self._outgoing is not None and not self._outgoing.busy
        self._close_files(
            [
                (folder, writer)
                for folder, writer in self._writers.each()
                if writer.size >= self._warc_size or (due and folder == ARCHIVE)
            ]
        )

    def _close_files(self, writers: Sequence[tuple[str, WarcWriter]]) -> None:
        closed: list[Closed] = []
        for folder, writer in writers:
            writer.close()
            closed += [Closed(Place(folder, each.name), each.sums) for each in writer.take_closed()]
        if not closed:
            return
        going = [Going(f"{e.place.folder}/{e.place.warc}", e.sums.sha256 if e.sums else "") for e in closed]
        if self._outgoing is not None:
            self._outgoing.closed(going)
        self._applier.closed(closed)
        if self._outgoing is not None:
            # A page lies in archive/: those who wait for one wait for the file of archive/ that is closed.
            ended = any(each.place.folder == ARCHIVE for each in closed)
            self._outgoing.send(going, self._held if ended else ())
            self._held = [] if ended else self._held

    def _send_up(self, landed: Future[None]) -> None:
        if self._outgoing is None:
            landed.set_result(None)
            return
        self._held.append((landed, None))
        self._close_files(self._writers.each())
        if self._held:
            # No file of archive/ was begun: it waits for those that are on their way.
            self._outgoing.send((), self._held)
            self._held = []

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
        self._release(failure)

    def _release(self, failure: StorageError) -> None:
        """Those who wait for the store hear that nothing comes."""
        held, self._held = [future for future, _ in self._held], []
        if self._outgoing is not None:
            held += self._outgoing.give_up()
        for future in held:
            if not future.done():
                future.set_exception(_same(failure))


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
