"""The WARC files that a run writes at a time."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from msgspec import Struct

from archive.disk import Disk
from archive.rows import ARCHIVE, QUARANTINE
from archive.settings import ArchiveSettings, RunInfo
from archive.warc.records import WarcInfo
from archive.warc.writer import WarcWriter


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


def writers_of(
    settings: ArchiveSettings,
    run: RunInfo,
    disk: Disk,
    clock: Callable[[], datetime],
    elsewhere: Callable[[str], Iterable[str]] | None = None,
) -> Writers:
    """Those of the two files that a run writes, which come into being with their first record. `elsewhere` gives the
    names of a kind's files that need not be in its folder."""
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
        return WarcWriter(
            folder / kind,
            settings.prefix,
            info,
            warc_size=settings.warc_size,
            disk=disk,
            clock=clock,
            elsewhere=partial(elsewhere, kind) if elsewhere is not None else tuple,
        )

    return Writers(writer(ARCHIVE), writer(QUARANTINE))
