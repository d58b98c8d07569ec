"""Opening a collection to write: what a killed run left is mended, what the catalog does not know is brought in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from archive import mounts, superseding
from archive.applying import PAGES_SIZE, Applier, Parts, views
from archive.catalog import Catalog
from archive.derive import Derived, Place, derive
from archive.disk import Disk, storage_error
from archive.errors import WarcError
from archive.joining import Joiner, left_over
from archive.manifest import Event
from archive.pages import Pages
from archive.rows import ARCHIVE, QUARANTINE
from archive.texts import Texts
from archive.tiers import NAMES, Tiers
from archive.warc.group import GroupData
from archive.warc.joined import is_part
from archive.warc.writer import ENDING, OPEN, name_key

Tell = Callable[[str], None]
FOLDERS = (ARCHIVE, QUARANTINE, "indexes", "pages", "text", "tmp")
GROUPS_AT_ONCE = 200
_BYTES_AT_ONCE = 16 * 1024 * 1024


def make_folder(folder: Path, disk: Disk) -> None:
    """The folder is there, and on the medium if it is new: a file is only as durable as the names on the way to it."""
    _make((folder,), disk)


def _make(folders: Iterable[Path], disk: Disk) -> None:
    grown: dict[Path, None] = {}
    for folder in folders:
        missing = []
        path = folder.absolute()
        while not disk.exists(path):
            missing.append(path)
            path = path.parent
        if missing:
            disk.mkdir(folder, durable=False)
            grown |= dict.fromkeys(each.parent for each in missing)
    for parent in grown:
        disk.fsync_dir(parent)


def make_folders(folder: Path, disk: Disk) -> None:
    """The collection's folders are there, on the medium if they are new; tmp/ is empty, and of joined files that never
    got whole nothing is left. Files that were to take the place of others have it."""
    _make((folder / name for name in FOLDERS), disk)
    superseding.settle(folder, disk)
    for kind in (ARCHIVE, QUARANTINE):
        for name in disk.listdir(folder / kind):
            if is_part(name):
                disk.unlink(folder / kind / name)
    tmp = folder / "tmp"
    for name in disk.listdir(tmp):
        path = tmp / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            disk.unlink(path)


def open_parts(derived: Path, warcs: Path, tmp: Path, disk: Disk) -> Parts:
    """What is derived, in `derived`; the catalog is made if it is not there."""
    catalog = Catalog(derived / "catalog.sqlite")
    try:
        pages = Pages(derived / "pages", disk, catalog.state(PAGES_SIZE))
    except BaseException:
        catalog.close()
        raise
    return Parts(catalog, Texts(derived / "text", disk), pages, Tiers(derived / "indexes", tmp, disk), warcs)


def closed_names(folder: Path, disk: Disk) -> list[str]:
    """Our own closed WARC files, in the order in which they were written. Files of other tools are not ours to read."""
    names = [name for name in disk.listdir(folder) if name.endswith(ENDING) and name_key(name)[0]]
    return sorted(names, key=name_key)


def all_closed_names(folder: Path, disk: Disk) -> list[str]:
    """The same, with those that are in the store alone."""
    stored = [name for name in mounts.stored(folder) if name.endswith(ENDING) and name_key(name)[0]]
    return sorted({*closed_names(folder, disk), *stored}, key=name_key)


def open_names(folder: Path, disk: Disk) -> list[str]:
    names = [name for name in disk.listdir(folder) if name.endswith(ENDING + OPEN) and name_key(name)[0]]
    return sorted(names, key=name_key)


class Mender:
    """Brings a collection's derived things up to its WARC files. The lock is held by the caller."""

    def __init__(self, folder: Path, parts: Parts, applier: Applier, disk: Disk, tell: Tell) -> None:
        self._folder = folder
        self._parts = parts
        self._applier = applier
        self._disk = disk
        self._tell = tell
        self.damage: list[str] = []
        self._joiner = Joiner(parts, disk)

    def end_joins(self) -> bool:
        """What a join that was cut short left behind is put right. False if the catalog knows only a part of what was
        joined: then only a rebuild helps."""
        self._parts.tiers.mend()
        for kind in (ARCHIVE, QUARANTINE):
            names = closed_names(self._folder / kind, self._disk)
            if not self._joiner.put_right(kind, names, self._tell):
                return False
        return True

    def out_of_order(self) -> bool:
        """Whether a file that the catalog does not know was written before one that it knows: then only a rebuild gives
        what a rebuild would."""
        known = self._parts.catalog.indexed(ARCHIVE)
        unknown = [name_key(name) for name in self._to_bring_in(ARCHIVE, known)]
        return bool(unknown and known) and min(unknown) < max(map(name_key, known))

    def _to_bring_in(self, kind: str, known: set[str]) -> list[str]:
        """The closed files that the catalog has not done with, less those that stand beside a joined one."""
        names = closed_names(self._folder / kind, self._disk)
        unknown = [name for name in names if name not in known]
        left = left_over(self._folder / kind, names, self._disk) if unknown else {}
        return [name for name in unknown if name not in left]

    def mend(self) -> None:
        """archive/ first: what of quarantine/ was told depends on it."""
        self._parts.tiers.mend()
        manifest = self._applier.manifest
        if not self._disk.exists(manifest.path):
            manifest.reconcile(self._tell)
        if problem := self._parts.pages.mend():
            self._tell(problem)
        self._mend_open(ARCHIVE, lambda data: True)
        self.bring_in(ARCHIVE)
        self._mend_open(QUARANTINE, lambda data: not data.side or self._parts.catalog.has_page(data.page_id))
        self.bring_in(QUARANTINE)
        if not self._disk.exists(self._folder / "indexes" / NAMES[0]) and self._parts.catalog.indexed(ARCHIVE):
            self._tell(f"{self._folder / 'indexes' / NAMES[0]} is missing and is made again from the catalog")
            self._reindex()

    def _mend_open(self, kind: str, survives: Callable[[GroupData], bool]) -> None:
        folder = self._folder / kind
        names = open_names(folder, self._disk)
        if not names:
            return
        from archive.warc.recovery import is_of_another, mend

        for name in names:
            final = name.removesuffix(OPEN)
            mended = mend(folder / name, self._disk, survives, shared=is_of_another(name))
            if mended.name is None:
                self._applier.undo(Place(kind, final))
            what = f"{mended.groups} pages kept" if mended.name else "nothing in it was whole"
            self._tell(f"mended {kind}/{final} of a run that was cut short: {what}, {mended.dropped} bytes dropped")

    def bring_in(self, kind: str) -> None:
        """Everything of the closed files that the catalog has not done with."""
        for name in self._to_bring_in(kind, self._parts.catalog.indexed(kind)):
            place = Place(kind, name)
            self._applier.undo(place)
            count = apply_file(self._folder, place, self._applier, self._damaged)
            file = f"{kind}/{name}"
            if not self._applier.manifest.recent(file):
                self._applier.manifest.add([self._applier.manifest.entry(Event.FOUND, file)])
            if mounts.store_of(self._folder) is not None:
                with self._parts.catalog.transaction():
                    self._parts.catalog.mark_unsent(file)
            self._applier.finish(place, again=True)
            self._tell(f"brought in {kind}/{name}: {count} pages")

    def _damaged(self, error: WarcError) -> None:
        self.damage.append(str(error))
        self._tell(f"damaged: {error}")

    def _reindex(self) -> None:
        from archive import cdxj

        self._parts.tiers.replace(cdxj.line(capture) for capture in self._parts.catalog.indexable())


def apply_file(folder: Path, place: Place, applier: Applier, damaged: Callable[[WarcError], None]) -> int:
    """Applies the groups of one WARC file, told damage passed over. Gives how many pages there were."""
    count = 0
    for batch in in_batches(groups_of(folder, place, damaged)):
        count += sum(row is not None for row in applier.apply(batch))
    return count


def groups_of(folder: Path, place: Place, damaged: Callable[[WarcError], None]) -> Iterator[Derived]:
    """What the groups of one WARC file come to, told damage passed over. Raises StorageError."""
    from archive.warc.reader import read_groups

    try:
        for records in read_groups(folder / place.folder / place.warc, damaged):
            data = records[-1].group()
            if data is not None:
                yield derive(place, views(records), data)
    except WarcError as error:
        damaged(error)
    except OSError as error:
        raise storage_error(error, folder / place.folder / place.warc) from error


def in_batches(groups: Iterable[Derived]) -> Iterator[list[Derived]]:
    """As many at a time as are applied at once, whatever their texts' size."""
    batch: list[Derived] = []
    size = 0
    for group in groups:
        batch.append(group)
        size += len(group.files.text) + len(group.files.data) if group.files is not None else 1
        if len(batch) >= GROUPS_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
