"""Many small closed WARC files become few large ones: joined byte for byte, read back, taken over, then removed.

A file that a run wrote never changes; what it held is found in another one afterwards. Only files that lie side by side
in the order of names are joined, so that a rebuild meets all page groups in the order in which they were committed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct, field

from archive import catalog, mounts
from archive.applying import Parts
from archive.derive import Place
from archive.disk import Disk
from archive.errors import DamageError, NotKeptError, StorageError, WarcError
from archive.joining import Join, Joiner
from archive.lookup import Lookups
from archive.manifest import Event, Manifest
from archive.opening import closed_names
from archive.rows import ARCHIVE, QUARANTINE
from archive.settings import ArchiveSettings
from archive.warc.encode import write_member
from archive.warc.joined import Source, can_be_joined, digest_of, head_record, joined_name, part_name, pieces
from archive.warc.reader import FRAMING, read_records, scan
from archive.warc.records import WarcInfo
from archive.warc.writer import name_key
from archive.writing import opened_to_write

FOLDERS = (ARCHIVE, QUARANTINE)
MOST_FILES = 5000
_SHARE = 10


class Closed(Struct, frozen=True):
    """A closed WARC file; `size` is in bytes. One that is not `free` stays as it is."""

    name: str
    size: int
    free: bool = True


class Limits(Struct, frozen=True):
    """Files of fewer than `small` bytes are joined, up to `most` bytes and `most_files` of them in one file."""

    small: int
    most: int
    most_files: int = MOST_FILES


class Planned(Struct, frozen=True):
    """What is to be joined, in order, and the name that it gets."""

    name: str
    sources: tuple[Closed, ...]

    @property
    def size(self) -> int:
        return sum(source.size for source in self.sources)


def limits_of(settings: ArchiveSettings, small: int | None = None) -> Limits:
    """A file is small below a tenth of `warc_size`: so no record is copied often, however often this is done."""
    return Limits(small if small is not None else max(2, settings.warc_size // _SHARE), settings.warc_size)


def plan(files: Sequence[Closed], taken: Collection[str], limits: Limits) -> list[Planned]:
    """Which files become one. `files` are those of one folder in the order of names, `taken` all names in it.

    Only neighbours are joined, two at least. The name of what they become stands where theirs stood in the order; a
    join for which there is no such name is not made.
    """
    found = []
    names = set(taken)
    for start, end in _stretches(files, limits):
        name = joined_name(files[end - 1].name, names)
        before = files[start - 1].name if start else ""
        after = files[end].name if end < len(files) else None
        if name_key(before) < name_key(name) and (after is None or name_key(name) < name_key(after)):
            found.append(Planned(name, tuple(files[start:end])))
            names.add(name)
    return found


def _stretches(files: Sequence[Closed], limits: Limits) -> Iterator[tuple[int, int]]:
    """From where up to where files are joined."""
    start = size = 0
    for at, file in enumerate(files):
        fits = file.free and file.size < limits.small
        if not fits or size + file.size > limits.most or at - start >= limits.most_files:
            if at - start > 1:
                yield start, at
            start, size = at if fits else at + 1, 0
        if fits:
            size += file.size
    if len(files) - start > 1:
        yield start, len(files)


class Joined(Struct, frozen=True):
    """A file that was made, or would be; `size` is the bytes of its sources."""

    folder: str
    name: str
    sources: tuple[str, ...]
    size: int


class Packed(Struct):
    """What came of it. `before` is how many closed files of ours each folder had; `damage` names what could not be
    read and was left as it is."""

    before: dict[str, int] = field(default_factory=dict)
    joined: list[Joined] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    stopped: bool = False

    @property
    def exit_code(self) -> int:
        return DamageError.exit_code if self.damage else 0

    def after(self, folder: str) -> int:
        """How many files the folder has now."""
        return self.before.get(folder, 0) - sum(len(each.sources) - 1 for each in self.joined if each.folder == folder)


class Run(Struct, frozen=True):
    """Who packs and how: `software` for the record that a joined file begins with, `tell` for progress and what was
    mended, `stopped` is asked now and then whether to end early. `clock` gives the time in UTC."""

    software: str
    disk: Disk = field(default_factory=Disk)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    tell: Callable[[str], None] = lambda _: None
    stopped: Callable[[], bool] = lambda: False


def would_pack(settings: ArchiveSettings, limits: Limits, disk: Disk | None = None) -> Packed:
    """What `pack` would join if nothing is damaged. Only reads, and needs no lock. Raises NotKeptError, DamageError."""
    disk = disk or Disk()
    folder = _folder(settings, disk)
    if not disk.exists(folder / catalog.NAME):
        raise DamageError(f"{folder / catalog.NAME} is missing: tearsheet rebuild makes it again")
    packed = Packed()
    with closing(Lookups(folder / catalog.NAME)) as lookups:
        for kind in (kind for kind in FOLDERS if disk.exists(folder / kind)):
            files = _closed(folder / kind, lookups.warc_files(kind), disk)
            packed.before[kind] = len(files)
            planned = plan(files, disk.listdir(folder / kind), limits)
            packed.joined += [_joined(kind, each) for each in planned]
    return packed


def pack(settings: ArchiveSettings, limits: Limits, run: Run) -> Packed:
    """Joins what can be. Takes the lock and mends what a killed run left.

    Raises NotKeptError (no such collection), UsageError (it has a store), LockedError, StorageError and DamageError.
    Whatever it raises, all that was kept still is, and the next run ends what this one began.
    """
    folder = _folder(settings, run.disk)
    packed = Packed()
    with opened_to_write(folder, run.disk, run.tell) as parts:
        packer = _Packer(settings, limits, run, parts, packed)
        try:
            for kind in FOLDERS:
                packer.pack(kind)
        except _Stopped:
            packed.stopped = True
    return packed


def _folder(settings: ArchiveSettings, disk: Disk) -> Path:
    folder = settings.root / "collections" / settings.collection
    if not disk.exists(folder):
        raise NotKeptError(f"there is no collection {folder}")
    mounts.refuse(folder, "pack")
    return folder


def _closed(folder: Path, known: set[str], disk: Disk) -> list[Closed]:
    """Our own closed files, as far as the catalog knows what is in them."""
    files = []
    for name in closed_names(folder, disk):
        if name in known:
            with suppress(FileNotFoundError):
                files.append(Closed(name, disk.size(folder / name), can_be_joined(name)))
    return files


def _joined(kind: str, planned: Planned) -> Joined:
    return Joined(kind, planned.name, tuple(source.name for source in planned.sources), planned.size)


class _Stopped(Exception):
    """Asked to end early; nothing is half done."""


class _Checked(Struct, frozen=True):
    """A source that was read from end to end."""

    digest: str
    records: int


class _Packer:
    def __init__(self, settings: ArchiveSettings, limits: Limits, run: Run, parts: Parts, packed: Packed) -> None:
        self._limits = limits
        self._run = run
        self._disk = run.disk
        self._parts = parts
        self._packed = packed
        self._joiner = Joiner(parts, run.disk)
        self._info = WarcInfo(
            software=run.software,
            robots="",
            hostname=socket.gethostname(),
            collection=settings.collection,
            operator=settings.operator,
            description="closed WARC files joined as they were; each begins with its own warcinfo record",
        )

    def pack(self, kind: str) -> None:
        folder = self._parts.warcs / kind
        with closing(Lookups(self._parts.catalog.path)) as lookups:
            files = _closed(folder, lookups.warc_files(kind), self._disk)
        self._packed.before[kind] = len(files)
        checked: dict[str, _Checked] = {}
        while planned := plan(files, self._disk.listdir(folder), self._limits):
            first = planned[0]
            sources = {source.name for source in first.sources}
            self._run.tell(f"{kind}: joining {len(sources)} files into {first.name}, {len(planned) - 1} more to make")
            damaged = self._check(folder, first, checked)
            if damaged:
                files = [Closed(file.name, file.size, file.free and file.name not in damaged) for file in files]
                continue
            self._join(kind, first, checked)
            self._packed.joined.append(_joined(kind, first))
            at = next(at for at, file in enumerate(files) if file.name in sources)
            files = [file for file in files if file.name not in sources]
            files.insert(at, Closed(first.name, first.size, free=False))
            for name in sources:
                del checked[name]

    def _check(self, folder: Path, planned: Planned, checked: dict[str, _Checked]) -> set[str]:
        """Reads the sources strictly. Gives those that are damaged: they are better left where they are found."""
        damaged = set()
        for source in planned.sources:
            self._go_on()
            if source.name in checked:
                continue
            path = folder / source.name
            try:
                records = sum(1 for _ in read_records(path, strict=True))
            except WarcError as error:
                damaged.add(source.name)
                self._packed.damage.append(str(error))
                self._run.tell(f"damaged, and left as it is: {error}")
                continue
            checked[source.name] = _Checked(digest_of(path, 0, source.size, self._disk), records)
        return damaged

    def _join(self, kind: str, planned: Planned, checked: dict[str, _Checked]) -> None:
        folder = self._parts.warcs / kind
        part, final = folder / part_name(planned.name), folder / planned.name
        index = None
        try:
            sources = self._write(part, planned, checked)
            self._verify(part, sources, sum(checked[source.name].records for source in sources))
            join = Join(Place(kind, planned.name), sources)
            index = self._joiner.prepare(join)
            self._go_on()
            self._disk.rename(part, final)
            self._disk.fsync_dir(folder)
        except BaseException:
            # Nothing names it yet.
            self._joiner.drop(index)
            for path in (part, final):
                with suppress(StorageError):
                    self._disk.unlink(path)
            raise
        manifest = Manifest(self._parts.warcs, self._disk)
        manifest.add([manifest.entry(Event.CLOSED, f"{kind}/{planned.name}")])
        self._joiner.publish(join, index)
        for source in sources:
            self._disk.unlink(folder / source.name)
        self._disk.fsync_dir(folder)
        manifest.add([manifest.removed(f"{kind}/{source.name}", f"{kind}/{planned.name}") for source in sources])

    def _write(self, part: Path, planned: Planned, checked: dict[str, _Checked]) -> tuple[Source, ...]:
        """The joined file, on the medium under its name on the way."""
        told = [(source.name, source.size, checked[source.name].digest) for source in planned.sources]
        head = head_record(self._info, planned.name, self._run.clock(), told)
        self._disk.unlink(part)
        sources = []
        with self._disk.open_append(part, new=True) as file:
            write_member(head, file.write)
            for name, length, digest in told:
                sources.append(Source(name, file.tell(), length, digest))
                for piece in pieces(part.parent / name, 0, length, self._disk):
                    self._go_on()
                    file.write(piece)
            file.fsync()
        return tuple(sources)

    def _verify(self, part: Path, sources: Sequence[Source], records: int) -> None:
        """Every source is there to the byte, and a reader finds as many records as in all of them. Raises
        StorageError."""
        _from_the_medium(part)
        right = self._disk.size(part) == sources[-1].offset + sources[-1].length
        for source in sources:
            self._go_on()
            right = right and digest_of(part, source.offset, source.length, self._disk) == source.digest
        try:
            right = right and sum(1 for _ in scan(part, FRAMING)) == records + 1
        except WarcError:
            right = False
        if not right:
            raise StorageError(f"{part}: what was written is not what is read back; the files stay as they were")

    def _go_on(self) -> None:
        if self._run.stopped():
            raise _Stopped


def _from_the_medium(path: Path) -> None:
    """What is read of the file next comes from the medium, where the system heeds that."""
    with suppress(OSError, AttributeError), path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
