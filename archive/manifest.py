"""`manifest.jsonl`: each closed WARC file with its size and digest, as lines of a chain (`archive/chain.py`).

What is in it was so when a file was closed. A file that is no longer what its line says has rotted or was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from msgspec import Struct, ValidationError, convert

from archive import chain, mounts
from archive.chain import Broken
from archive.disk import Disk, told
from archive.rows import ARCHIVE, QUARANTINE, iso
from archive.sums import Sums, sums_of
from archive.warc.joined import all_sources_of, is_joined
from archive.warc.writer import ENDING, name_key

NAME = "manifest.jsonl"


class Event:
    """Why a line was written."""

    CLOSED = "closed"
    """A run ended the file."""
    FOUND = "found"
    """The file was there already, or a run that was killed left it: nobody vouches for what it was before."""
    IMPORTED = "imported"
    """The file came from elsewhere, under the name `of`; where it was packed anew, `why` says so and `source` is the
    digest of what came."""
    REMOVED = "removed"
    """The file went, and `into` names the one that holds its records now."""
    REPAIRED = "repaired"
    """Another file took its place: `why` says what is in it. The one that was damaged lies aside."""
    PURGED = "purged"
    """Records were taken out of the file for good: `why` says so, and `of` what file it was."""


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One line: `file` is relative to the collection's folder; size and checksums are as in `Sums`, "" where a line of
    an earlier version does not tell."""

    event: str
    file: str
    time: str
    size: int = 0
    sha256: str = ""
    into: str = ""
    of: str = ""
    why: str = ""
    crc32: str = ""
    source: str = ""


def read(path: Path) -> Iterator[tuple[int, Entry | Broken]]:
    """As `chain.read`; a line that tells of no file is broken, too."""
    for number, fields in chain.read(path):
        try:
            yield number, fields if isinstance(fields, Broken) else convert(fields, Entry)
        except ValidationError:
            yield number, Broken(number, "the line does not tell of a file")


def present(path: Path) -> dict[str, Entry]:
    """What the manifest says is there now, by the files' names: the last line of each, less those removed."""
    found: dict[str, Entry] = {}
    for _, entry in read(path):
        if isinstance(entry, Broken):
            continue
        if entry.event == Event.REMOVED:
            found.pop(entry.file, None)
        else:
            found[entry.file] = entry
    return found


class Manifest:
    """The writing side, for the holder of the collection's lock."""

    def __init__(self, folder: Path, disk: Disk, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path = folder / NAME
        self._folder = folder
        self._disk = disk
        self._clock = clock
        self._lock = Lock()

    def add(self, entries: Sequence[Entry]) -> None:
        """Lines at the end, durable on return. Safe in threads that share this object."""
        with self._lock:
            chain.add(self.path, [_fields(entry) for entry in entries], self._disk)

    def entry(self, event: str, file: str, sums: Sums | None = None) -> Entry:
        """A line for a file that is there; its sums are taken now, unless they are given."""
        if sums is None:
            with told(self._folder / file):
                sums = sums_of(self._folder / file, self._disk)
        return Entry(event, file, iso(self._clock()), sums.size, sums.sha256, crc32=sums.crc32)

    def removed(self, file: str, into: str) -> Entry:
        return Entry(Event.REMOVED, file, iso(self._clock()), into=into)

    def reconcile(self, tell: Callable[[str], None]) -> None:
        """Closed files of ours that have no line get one, and files that lie in a joined one are said to be gone. What
        else is lacking or otherwise than its line says is left for `verify` to tell."""
        known = present(self.path)
        entries = []
        for kind in (ARCHIVE, QUARANTINE):
            there = {*self._disk.listdir(self._folder / kind), *mounts.stored(self._folder / kind)}
            names = sorted((n for n in there if n.endswith(ENDING) and name_key(n)[0]), key=name_key)
            unknown = [name for name in names if f"{kind}/{name}" not in known]
            for number, name in enumerate(unknown, start=1):
                if len(unknown) > 1:
                    tell(f"{NAME}: noting {kind}/{name}, {number} of {len(unknown)}")
                entries.append(self.entry(Event.FOUND, f"{kind}/{name}"))
            for name in filter(is_joined, names):
                for source in all_sources_of(self._folder / kind / name):
                    if source.name not in there and f"{kind}/{source.name}" in known:
                        entries.append(self.removed(f"{kind}/{source.name}", f"{kind}/{name}"))
        self.add(entries)

    def recent(self, file: str) -> bool:
        """Whether one of the last lines is of this file: so a killed run's line is not written twice."""
        return any(f.get("file") == file and f.get("event") != Event.REMOVED for f in chain.recent(self.path))


def _fields(entry: Entry) -> dict[str, Any]:
    plain: dict[str, Any] = {"event": entry.event, "file": entry.file}
    if entry.event != Event.REMOVED:
        plain |= {"size": entry.size, "sha256": entry.sha256}
    plain |= {name: value for name in ("crc32", "into", "of", "why", "source") if (value := getattr(entry, name))}
    return plain | {"time": entry.time}
