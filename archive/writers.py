"""The WARC files that a run writes at a time."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path

from msgspec import Struct

from archive.disk import Disk
from archive.rows import ARCHIVE, QUARANTINE
from archive.settings import ArchiveSettings, RunInfo
from archive.warc.records import WarcInfo
from archive.warc.writer import Names, WarcWriter


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


KindNaming = Callable[[str, str, str, datetime], str]
"""Gives the final name of a file from its folder's name, prefix, host and the time of its begin."""


def naming_of(folder: Path, disk: Disk, others: Callable[[str], Iterable[str]] | None = None) -> KindNaming:
    """Names after all that there are in a collection's folders; `others` gives those of a kind's files that need not be
    there."""
    names = {
        kind: Names(folder / kind, disk, partial(others, kind) if others is not None else tuple)
        for kind in (ARCHIVE, QUARANTINE)
    }
    return lambda kind, prefix, host, time: names[kind].next(prefix, host, time)


def writers_of(
    settings: ArchiveSettings,
    run: RunInfo,
    disk: Disk,
    clock: Callable[[], datetime],
    naming: KindNaming | None = None,
) -> Writers:
    """Those of the two files that a run writes, which come into being with their first record."""
    info = WarcInfo(
        software=run.software,
        user_agent=run.user_agent,
        robots=run.robots,
        hostname=run.writer or socket.gethostname(),
        collection=settings.collection,
        operator=settings.operator,
    )
    folder = settings.root / "collections" / settings.collection
    naming = naming or naming_of(folder, disk)

    def writer(kind: str) -> WarcWriter:
        return WarcWriter(
            folder / kind,
            settings.prefix,
            info,
            warc_size=settings.warc_size,
            disk=disk,
            clock=clock,
            naming=partial(naming, kind),
        )

    return Writers(writer(ARCHIVE), writer(QUARANTINE))
