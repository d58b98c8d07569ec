"""`manifest.jsonl`: each closed WARC file with its size and digest, each line with its own digest and the last one's.

What is in it was so when a file was closed. A file that is no longer what its line says has rotted or was changed; a
line that is not what its own digest says has rotted; one that does not hold the digest of the line before it follows a
line that was changed, or lines are lacking.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from msgspec import Struct

from archive.disk import Disk, told
from archive.rows import ARCHIVE, QUARANTINE, iso
from archive.warc.joined import all_sources_of, is_joined
from archive.warc.writer import ENDING, name_key

NAME = "manifest.jsonl"
FIRST = "sha256:" + "0" * 64
"""What stands for the line before the first one."""
_SELF = b', "self": "'
_TAIL = 64 * 1024
_PIECE = 1 << 20


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


class Entry(Struct, frozen=True):
    """One line: `file` is relative to the collection's folder, `size` in bytes, `sha256` is "sha256:" and hex."""

    event: str
    file: str
    time: str
    size: int = 0
    sha256: str = ""
    into: str = ""
    of: str = ""
    why: str = ""
    source: str = ""


class Broken(Struct, frozen=True):
    """A line that is not what it should be; it counts from 1."""

    line: int
    words: str


def line_of(entry: Entry, before: str) -> bytes:
    """The line, with its end; `before` is the digest of the line before it."""
    plain: dict[str, Any] = {"event": entry.event, "file": entry.file}
    if entry.event != Event.REMOVED:
        plain |= {"size": entry.size, "sha256": entry.sha256}
    plain |= {name: value for name in ("into", "of", "why", "source") if (value := getattr(entry, name))}
    plain |= {"time": entry.time, "before": before}
    said = json.dumps(plain, ensure_ascii=True).encode("ascii")
    return said[:-1] + _SELF + _digest(said).encode("ascii") + b'"}\n'


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _parsed(line: bytes) -> tuple[Entry, str, str] | None:
    """What a line says, the digest of the line before it and its own; None if it is not what its own digest says."""
    said, _, own = line.removesuffix(b'"}\n').rpartition(_SELF)
    if _digest(said + b"}").encode("ascii") != own:
        return None
    try:
        plain = json.loads(said + b"}")
        before = str(plain.pop("before"))
        return Entry(**plain), before, own.decode("ascii")
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def read(path: Path) -> Iterator[tuple[int, Entry | Broken]]:
    """Each line with its number; first a Broken where it does not hold the digest of the line before it. An absent
    file has no lines."""
    before = FIRST
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                yield number, Broken(number, "the line is cut")
                return
            found = _parsed(line)
            if found is None:
                yield number, Broken(number, "the line is not what its own digest says")
                before = ""
                continue
            if before and found[1] != before:
                yield number, Broken(number, "the line does not follow from the one before it: lines were taken out")
            before = found[2]
            yield number, found[0]


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


def head(path: Path) -> str:
    """The digest of the last line: whoever notes it elsewhere can tell later that no line before it was changed."""
    return _last(path)[0]


def digest_of(path: Path, disk: Disk) -> tuple[int, str]:
    """A file's size in bytes and its digest."""
    found = hashlib.sha256()
    size = 0
    with told(path), disk.open_read(path) as file:
        while piece := file.read(_PIECE):
            found.update(piece)
            size += len(piece)
    return size, f"sha256:{found.hexdigest()}"


class Manifest:
    """The writing side, for the holder of the collection's lock."""

    def __init__(self, folder: Path, disk: Disk, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path = folder / NAME
        self._folder = folder
        self._disk = disk
        self._clock = clock
        self._lock = Lock()

    def add(self, entries: Sequence[Entry]) -> None:
        """Lines at the end, durable on return. A line that a killed run left half written goes first. Safe in threads
        that share this object."""
        if entries:
            with self._lock:
                self._add(entries)

    def _add(self, entries: Sequence[Entry]) -> None:
        before, size = _last(self.path)
        new = not self._disk.exists(self.path)
        with self._disk.open_append(self.path, new=new) as file:
            if file.tell() > size:
                file.truncate(size)
            lines = []
            for entry in entries:
                lines.append(line_of(entry, before))
                before = _own(lines[-1])
            file.write(b"".join(lines))
            file.fsync()
        if new:
            self._disk.fsync_dir(self._folder)

    def entry(self, event: str, file: str, digest: tuple[int, str] | None = None) -> Entry:
        """A line for a file that is there; its size and digest are taken now, unless they are given."""
        size, sha256 = digest if digest is not None else digest_of(self._folder / file, self._disk)
        return Entry(event, file, iso(self._clock()), size, sha256)

    def removed(self, file: str, into: str) -> Entry:
        return Entry(Event.REMOVED, file, iso(self._clock()), into=into)

    def reconcile(self, tell: Callable[[str], None]) -> None:
        """Closed files of ours that have no line get one, and files that lie in a joined one are said to be gone. What
        else is lacking or otherwise than its line says is left for `verify` to tell."""
        known = present(self.path)
        entries = []
        for kind in (ARCHIVE, QUARANTINE):
            names = [n for n in self._disk.listdir(self._folder / kind) if n.endswith(ENDING) and name_key(n)[0]]
            names.sort(key=name_key)
            unknown = [name for name in names if f"{kind}/{name}" not in known]
            for number, name in enumerate(unknown, start=1):
                if len(unknown) > 1:
                    tell(f"{NAME}: noting {kind}/{name}, {number} of {len(unknown)}")
                entries.append(self.entry(Event.FOUND, f"{kind}/{name}"))
            there = set(names)
            for name in filter(is_joined, names):
                for source in all_sources_of(self._folder / kind / name):
                    if source.name not in there and f"{kind}/{source.name}" in known:
                        entries.append(self.removed(f"{kind}/{source.name}", f"{kind}/{name}"))
        self.add(entries)

    def recent(self, file: str) -> bool:
        """Whether one of the last lines is of this file: so a killed run's line is not written twice."""
        return any(entry.file == file and entry.event != Event.REMOVED for entry in _recent(self.path))


def _tail(path: Path) -> tuple[bytes, int]:
    """The whole lines among the last bytes of the file, and where the last of them ends."""
    try:
        with told(path, absent_is_answer=True), path.open("rb") as file:
            size = file.seek(0, 2)
            start = max(0, size - _TAIL)
            file.seek(start)
            data = file.read()
    except FileNotFoundError:
        return b"", 0
    whole = data[: data.rfind(b"\n") + 1]
    end = start + len(whole)
    if start:
        whole = whole.partition(b"\n")[2]
    return whole, end


def _last(path: Path) -> tuple[str, int]:
    """The digest of the last whole line, and where it ends in the file."""
    whole, end = _tail(path)
    lines = whole.splitlines()
    return (_own(lines[-1] + b"\n") if lines else FIRST), end


def _own(line: bytes) -> str:
    return line.removesuffix(b'"}\n').rpartition(_SELF)[2].decode("ascii", "replace")


def _recent(path: Path) -> Iterator[Entry]:
    for line in _tail(path)[0].splitlines():
        found = _parsed(line + b"\n")
        if found is not None:
            yield found[0]
