"""Files of other tools come into archive/: copied to the byte where their records can be read one by one, known by
their digest, under a name that none of ours ever bears.

A file is copied into the collection's tmp/, which the next opening empties, synced, and renamed. Its line in the
manifest comes last, when all that it holds is durable: without one, the import was cut short and is begun again.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from archive import mounts
from archive.disk import Disk, storage_error, told
from archive.errors import StorageError, WarcError
from archive.lock import Lock
from archive.manifest import NAME, Entry, Event, Manifest, present
from archive.opening import make_folders
from archive.rows import ARCHIVE, QUARANTINE
from archive.sending import fetch_ledgers, send_ledgers
from archive.sums import Summing, Sums, sums_of
from archive.warc.fields import parse_fields
from archive.warc.foreign import ENDINGS, Kind, Misshapen, foreign_records, kind_of, pack_anew, unpack
from archive.warc.group import Foreign
from archive.warc.reader import read_at, read_groups
from archive.warc.writer import ENDING, parse_name

TellDamage = Callable[[WarcError], None]
_PIECE = 1 << 20
_MOST_NAME = 120
_SUFFIX = 8
_ZSTD = "it is packed with zstd, which replay cannot read"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_ENDING = re.compile(r"(?:\.warc|\.arc)?(?:\.gz|\.zst|\.zstd)?\Z", re.IGNORECASE)
_OWN_SOFTWARE = re.compile(r"tearsheet/")


class Arriving(Struct, frozen=True):
    """A file that is to come in: `path` is where it lies now, `of` what it is called there."""

    path: Path
    of: str


class Arrived(Struct, frozen=True):
    """A file that lies in archive/ now. `source` is the digest of what came, `packed` says why that was packed anew, ""
    where it was not."""

    path: Path
    foreign: Foreign
    sums: Sums
    source: str
    packed: str = ""


def safe_name(of: str, ending: str) -> str:
    """A name for a file that was called `of`: ASCII letters, digits and ._-, with the right ending, never one that a
    file of ours bears."""
    stem = _ENDING.sub("", of.replace("\\", "/").rpartition("/")[2], count=1)
    stem = _UNSAFE.sub("-", stem).strip("-.")[:_MOST_NAME] or "imported"
    name = stem + ending
    return name if parse_name(name) is None else stem.replace("-", "_") + ending


class Known:
    """Which files came in already and are there, by their digests; a run looks them up once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[str, Entry] = {}
        for entry in present(folder / NAME).values():
            self.add(entry)

    def add(self, entry: Entry) -> None:
        if entry.event in (Event.CLOSED, Event.FOUND, Event.IMPORTED, Event.PURGED):
            self._entries[entry.sha256] = entry
            if entry.source:
                self._entries[entry.source] = entry

    def find(self, sha256: str) -> Entry | None:
        entry = self._entries.get(sha256)
        return entry if entry is not None and mounts.exists(self._folder / entry.file) else None


def is_native(path: Path, name: str) -> bool:
    """Whether a file is one of ours, from another collection: its name says so, and its first record."""
    if parse_name(name) is None or not name.endswith(ENDING) or kind_of(path) != Kind(ENDING, "gzip"):
        return False
    try:
        record = read_at(path, 0)
        return record.type == "warcinfo" and any(
            field == "software" and _OWN_SOFTWARE.match(value) for field, value in parse_fields(record.payload_bytes())
        )
    except WarcError:
        return False


class Native(Struct, frozen=True):
    """A file of ours from elsewhere. `kind` is the folder that it belongs in; `needs` are the imported files in
    archive/ of which its groups tell."""

    path: Path
    name: str
    sha256: str
    kind: str
    needs: frozenset[str] = frozenset()


def native(path: Path, name: str, sha256: str) -> Native | None:
    """None for a file of another tool. What is not kept, or lies aside, is for quarantine/."""
    if not is_native(path, name):
        return None
    kind, needs = "", set()
    for records in read_groups(path, lambda error: None):
        data = records[-1].group()
        if data is None:
            continue
        if data.foreign is not None:
            needs.add(data.foreign.file)
        if not data.purged:
            aside = data.side and data.foreign is None
            kind = kind or (QUARANTINE if aside or not data.verdict.kept else ARCHIVE)
    return Native(path, name, sha256, kind or ARCHIVE, frozenset(needs))


class Brought(Struct, frozen=True):
    """What became of a file of ours: its line in the manifest, `new` if that was written now; else why it was left."""

    native: Native
    line: Entry | None
    new: bool = False
    why: str = ""


def bring_natives(folder: Path, find: Callable[[Path], Iterable[Native]], disk: Disk) -> Iterator[Brought]:
    """Files of ours are copied in; the next opening brings in what they hold. `find` gives them, and may use the folder
    that it is given meanwhile. Raises LockedError and StorageError."""
    with Lock(folder / "lock").acquire():
        make_folders(folder, disk)
        fetch_ledgers(folder, disk)
        manifest, known = Manifest(folder, disk), Known(folder)
        for each in find(folder / "tmp"):
            line = known.find(each.sha256)
            if line is not None:
                yield Brought(each, line)
                continue
            file = f"{each.kind}/{each.name}"
            if disk.exists(folder / file) and sums_of(folder / file, disk).sha256 != each.sha256:
                yield Brought(each, None, why=f"another file is called {file} here")
                continue
            waiting = folder / "tmp" / f"native-{each.name}"
            sums = _copy(each.path, waiting, disk)
            _settle(waiting, folder / file, disk)
            line = replace(manifest.entry(Event.IMPORTED, file, sums), of=each.name)
            manifest.add([line])
            known.add(line)
            yield Brought(each, line, new=True)


def extract(pieces: Iterable[bytes], folder: Path, name: str) -> tuple[Path, str]:
    """What comes in pieces, as a file in `folder`: where, and its digest."""
    path = folder / f"extracted-{_UNSAFE.sub('-', name)[-_MOST_NAME:]}"
    digest = hashlib.sha256()
    with told(path), path.open("wb") as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
    return path, f"sha256:{digest.hexdigest()}"


class Inbox:
    """Takes files in, for the holder of a collection's lock."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._folder = folder
        self._tmp = folder / "tmp"
        self._disk = disk or Disk()

    def take(self, arriving: Arriving, sha256: str, kind: Kind, damaged: TellDamage) -> Arrived:
        """The file lies in archive/ under a name of its own, whole and synced; whether its records can be read one by
        one was found out. `damaged` hears of what could not be packed anew. Raises StorageError."""
        waiting = self._tmp / safe_name(arriving.of, kind.ending)
        if arriving.path != waiting:
            _copy(arriving.path, waiting, self._disk)
        packed = _ZSTD if kind.packing == "zstd" else misshapen(waiting) if kind.packing else ""
        if packed:
            waiting = self._pack_anew(waiting, kind, damaged)
        sums = sums_of(waiting, self._disk)
        name = self._free_name(waiting.name, sums.sha256)
        _settle(waiting, self._folder / ARCHIVE / name, self._disk)
        foreign = Foreign(name, arriving.of, sums.size, sums.sha256)
        return Arrived(self._folder / ARCHIVE / name, foreign, sums, sha256, packed)

    def _pack_anew(self, path: Path, kind: Kind, damaged: TellDamage) -> Path:
        plain = path.with_name(f"unpacked-{path.name.removesuffix('.gz')}")
        target = path.with_name(f"packed-{path.name}")
        unpack(path, kind, plain, damaged)
        self._disk.unlink(path)
        pack_anew(plain, target, self._disk, damaged)
        self._disk.unlink(plain)
        self._disk.rename(target, path)
        return path

    def _free_name(self, name: str, sha256: str) -> str:
        """`name`, or one that begins so, if another file has it. One that an import left behind is taken over."""
        ending = next(each for each in ENDINGS if name.endswith(each))
        hexdigits = sha256.removeprefix("sha256:")
        for size in (0, _SUFFIX, len(hexdigits)):
            free = f"{name.removesuffix(ending)}-{hexdigits[:size]}{ending}" if size else name
            path = self._folder / ARCHIVE / free
            if not self._disk.exists(path) or sums_of(path, self._disk).sha256 == sha256:
                return free
        raise StorageError(f"{name}: other files bear every name that it could get")


def misshapen(path: Path) -> str:
    """Why a file's records cannot be read one by one, in words; "" where they can."""
    try:
        for _ in foreign_records(path, lambda error: None):
            pass
    except Misshapen as shape:
        return shape.words
    return ""


def take_up(folder: Path, arrived: Arrived) -> None:
    """What came in is in the collection's store, where it has one. Raises StorageError."""
    store = mounts.store_of(folder)
    if store is not None:
        store.put(arrived.path, f"{ARCHIVE}/{arrived.foreign.file}", arrived.sums.sha256)


def take_up_line(folder: Path, arrived: Arrived, disk: Disk) -> None:
    """The manifest, which has the file's line now, is in the store too, and the file may leave this machine. Raises
    StorageError."""
    store = mounts.store_of(folder)
    if store is None:
        return
    send_ledgers(folder)
    if not store.keep_local:
        disk.unlink(arrived.path)


def arrived_entry(manifest: Manifest, arrived: Arrived) -> Entry:
    """The line that says that all of a file is taken in."""
    foreign = arrived.foreign
    entry = manifest.entry(Event.IMPORTED, f"{ARCHIVE}/{foreign.file}", arrived.sums)
    if not arrived.packed:
        return replace(entry, of=foreign.of)
    return replace(entry, of=foreign.of, why=f"packed anew: {arrived.packed}", source=arrived.source)


def _copy(source: Path, target: Path, disk: Disk) -> Sums:
    """On the medium on return; what its bytes come to."""
    disk.unlink(target)
    found = Summing()
    with told(source), source.open("rb") as file, disk.open_append(target, new=True) as out:
        while piece := file.read(_PIECE):
            out.write(piece)
            found.update(piece)
        out.fsync()
    return found.sums()


def _settle(path: Path, target: Path, disk: Disk) -> None:
    try:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise storage_error(error, path) from error
    disk.rename(path, target)
    disk.fsync_dir(target.parent)


def room_for(folder: Path, size: int) -> bool:
    """Whether the disk has room for so many bytes more."""
    return shutil.disk_usage(folder).free > size
