"""WARC files that other processes write into a collection's folder: what they hold comes into all that is derived.

Whoever holds the lock hears of each group once it is durable, and of each file once it is ended. A file is finished
only when none that was begun before it is still open, so that index and pages list grow in the order that a rebuild
has, and a kill at any moment leaves nothing that only a rebuild could put right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from archive.applying import Applier, Closed
from archive.derive import Derived, Place
from archive.disk import Disk
from archive.errors import WarcError
from archive.models import PageRow
from archive.opening import groups_of, in_batches, open_names
from archive.rows import ARCHIVE, QUARANTINE
from archive.sending import Going, Outgoing, Told
from archive.warc.group import GroupData
from archive.warc.recovery import mend
from archive.warc.writer import OPEN, name_key, parse_name
from archive.writers import naming_of


class Doing(Protocol):
    """Has something done in the thread that alone may use the applier."""

    def __call__(self, action: Callable[[], Any]) -> Future[Any]: ...


class Elsewhere:
    """Safe in threads; nothing waits. `writer` is what a process calls itself in the names of its files (`RunInfo`)."""

    def __init__(self, folder: Path, applier: Applier, disk: Disk, do: Doing, outgoing: Outgoing | None = None) -> None:
        """`outgoing` takes files to the collection's store, where it has one."""
        self._folder = folder
        self._outgoing = outgoing
        self._sent: list[str] = []
        self._applier = applier
        self._disk = disk
        self._do = do
        self._naming = naming_of(folder, disk, applier.indexed if outgoing is not None else None)
        self._begun: set[Place] = set()
        self._ended: set[Place] = set()
        self.damage: list[str] = []

    def begin(self, kind: str, prefix: str, host: str, time: datetime) -> Future[str]:
        """The name of a file that is begun now in the folder `kind`: after all others there, whatever the clocks say.
        From then on the file is known to be open."""

        def act() -> str:
            name = self._naming(kind, prefix, host, time)
            self._begun.add(Place(kind, name))
            return name

        return self._do(act)

    def apply(self, groups: Sequence[Derived]) -> Future[list[PageRow | None]]:
        """The rows of groups that are durable, as `Applier.apply`."""

        def act() -> list[PageRow | None]:
            self._begun.update(group.place for group in groups)
            return self._applier.apply(groups)

        return self._do(act)

    def closed(self, files: Sequence[Closed]) -> Future[None]:
        """These files were ended by who wrote them."""
        return self._do(lambda: self._close(files))

    def lost(self, writer: str) -> Future[list[PageRow]]:
        """Nobody writes the files of `writer` any more, or nobody should: what is whole in them is kept, the rest cut
        off. The rows of page groups that nobody had told of."""
        if self._outgoing is None:
            return self._do(lambda: self._take_over(writer))
        return self._later(lambda rows: self._send_lost(writer, rows))

    def send(self, files: Sequence[Going]) -> Future[None]:
        """Done once these, which are `closed`, are in the store."""
        return self._later(lambda sent: self._send(files, (sent, None)))

    def end(self) -> Future[None]:
        """No more is written: all files that were ended are finished."""
        return self._do(self._end)

    def _later(self, begin: Callable[[Future[Any]], None]) -> Future[Any]:
        """What `begin` begins in the one thread, and somebody else ends."""
        ended: Future[Any] = Future()

        def failed(done: Future[None]) -> None:
            error = done.exception()
            if error is not None and not ended.done():
                ended.set_exception(error)

        self._do(lambda: begin(ended)).add_done_callback(failed)
        return ended

    # ------------------------------------------------------------------------------------------------ the one thread

    def _send(self, files: Sequence[Going], told: Told) -> None:
        if self._outgoing is None:
            told[0].set_result(told[1])
            return
        # They stay until they are finished, which the next opening could not do with files that are not here.
        self._outgoing.send(files, (told,), leave=False)
        self._sent += [going.file for going in files]

    def _send_lost(self, writer: str, rows: Future[list[PageRow]]) -> None:
        """What it told is told on, so all of its files are to be there, of which some may be on their way."""
        assert self._outgoing is not None
        found = self._take_over(writer)
        files = [going for going in self._outgoing.waiting() if _writer(_place(going.file)) == writer]
        self._send(files, (rows, found))

    def _end(self) -> None:
        self._finish(set())
        if self._outgoing is not None:
            self._outgoing.land(wait=True)
            self._outgoing.leave(self._sent)

    def _close(self, files: Sequence[Closed]) -> None:
        if self._outgoing is not None:
            self._outgoing.closed([Going(f"{each.place.folder}/{each.place.warc}") for each in files])
        self._applier.note_closed(files)
        for each in files:
            self._begun.discard(each.place)
            self._ended.add(each.place)
        self._finish(self._begun)

    def _finish(self, still_open: set[Place]) -> None:
        for kind in (ARCHIVE, QUARANTINE):
            first = min((name_key(place.warc) for place in still_open if place.folder == kind), default=None)
            ended = [place for place in self._ended if place.folder == kind]
            for place in sorted(ended, key=lambda place: name_key(place.warc)):
                if first is not None and name_key(place.warc) > first:
                    break
                self._applier.finish(place)
                self._ended.discard(place)

    def _take_over(self, writer: str) -> list[PageRow]:
        rows: list[PageRow] = []
        for kind, survives in ((ARCHIVE, _any), (QUARANTINE, self._was_told)):
            for name in open_names(self._folder / kind, self._disk):
                parts = parse_name(name)
                if parts is None or parts.host != writer:
                    continue
                place = Place(kind, name.removesuffix(OPEN))
                if mend(self._folder / kind / name, self._disk, survives, shared=True).name is None:
                    self._begun.discard(place)
                    continue
                rows += self._bring_in(place)
                self._close([Closed(place, None)])
            # What it had closed and could not tell of any more; others have nothing in them.
            for place in [place for place in self._begun if place.folder == kind and _writer(place) == writer]:
                if self._disk.exists(self._folder / kind / place.warc):
                    rows += self._bring_in(place)
                    self._close([Closed(place, None)])
                self._begun.discard(place)
        self._finish(self._begun)
        return rows

    def _was_told(self, data: GroupData) -> bool:
        return not data.side or self._applier.has_page(data.page_id)

    def _bring_in(self, place: Place) -> list[PageRow]:
        rows: list[PageRow] = []
        for batch in in_batches(groups_of(self._folder, place, self._damaged)):
            there = {group.page.page_id for group in batch if group.page and self._applier.has_page(group.page.page_id)}
            rows += [row for row in self._applier.apply(batch) if row is not None and row.page_id not in there]
        return rows

    def _damaged(self, error: WarcError) -> None:
        self.damage.append(str(error))


def _any(data: GroupData) -> bool:
    return True


def _place(file: str) -> Place:
    folder, _, name = file.partition("/")
    return Place(folder, name)


def _writer(place: Place) -> str | None:
    parts = parse_name(place.warc)
    return parts.host if parts is not None else None
