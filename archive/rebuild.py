"""From the WARC files, which are the truth, to everything derived from them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from archive import catalog, cdxj, mounts
from archive.applying import Applier
from archive.derive import Place
from archive.disk import Disk, storage_error
from archive.errors import DamageError, NotKeptError, WarcError
from archive.joining import left_over, remove_left_over
from archive.lock import Lock
from archive.manifest import Manifest
from archive.opening import all_closed_names, closed_names, make_folder, make_folders, open_names, open_parts
from archive.pool import Pool, derived_files
from archive.rows import ARCHIVE, QUARANTINE
from archive.sending import fetch_ledgers, send_ledgers
from archive.settings import ArchiveSettings
from archive.superseding import superseded
from archive.texts import ENDINGS
from archive.warc.group import GroupData
from archive.warc.recovery import is_of_another, mend

_NEW = "rebuild"
_ASIDE = "text-set-aside"
_VERSION = re.compile(r"\.\d{17}\Z")
_DERIVED = ("indexes", "pages", "text")


def _silent(_: str) -> None:
    return


class Rebuilt(Struct):
    """What a rebuild found. `damage` names file, offset and trouble of what could not be read; `excluded` are names of
    texts that are left out since their pages are excluded."""

    files: int = 0
    pages: int = 0
    lines: int = 0
    texts: int = 0
    damage: list[str] = field(default_factory=list)
    excluded: set[str] = field(default_factory=set)

    @property
    def exit_code(self) -> int:
        return DamageError.exit_code if self.damage else 0

    def summary(self) -> str:
        counts = f"{self.pages} pages, {self.texts} articles, {self.lines} index lines"
        found = f"rebuilt from {self.files} WARC files: {counts}"
        return f"{found}; {len(self.damage)} places are damaged and were passed over" if self.damage else found

    def as_dict(self) -> dict[str, Any]:
        return {
            "files": self.files,
            "pages": self.pages,
            "articles": self.texts,
            "index_lines": self.lines,
            "damage": list(self.damage),
        }


def rebuild(
    settings: ArchiveSettings,
    disk: Disk | None = None,
    tell: Callable[[str], None] = _silent,
    pool: Pool | None = None,
) -> Rebuilt:
    """Makes indexes/, pages/, text/ and the catalog anew and puts them in the place of what is there.

    Takes the lock (LockedError) and mends what a killed run left. Damage in a WARC file is told with file and offset;
    all that can be read is rebuilt, and the result says so. Raises NotKeptError if there is no such collection and
    StorageError.
    """
    disk = disk or Disk()
    folder = settings.root / "collections" / settings.collection
    if not disk.exists(folder):
        if not any(mounts.stored(folder / kind) for kind in mounts.KINDS):
            raise NotKeptError(f"there is no collection {folder}")
        make_folder(folder, disk)
    with Lock(folder / "lock").acquire():
        make_folders(folder, disk)
        fetch_ledgers(folder, disk)
        return rebuild_locked(folder, disk, tell, pool)


def rebuild_locked(folder: Path, disk: Disk, tell: Callable[[str], None], pool: Pool | None = None) -> Rebuilt:
    """`rebuild` for one who holds the lock and has made the folders. With a pool files are read and derived there."""
    _mend(folder, disk, tell)
    new = folder / "tmp" / _NEW
    for name in _DERIVED:
        disk.mkdir(new / name)
    report = _fill(folder, new, disk, tell, pool)
    _set_aside(folder, new, report.excluded, disk, tell)
    _take_place(folder, new, disk)
    for kind in (ARCHIVE, QUARANTINE):
        left = left_over(folder / kind, closed_names(folder / kind, disk), disk)
        remove_left_over(folder / kind, left, disk, tell)
    Manifest(folder, disk).reconcile(tell)
    send_ledgers(folder)
    return report


def _mend(folder: Path, disk: Disk, tell: Callable[[str], None]) -> None:
    for name in open_names(folder / ARCHIVE, disk):
        mended = mend(folder / ARCHIVE / name, disk, shared=is_of_another(name))
        tell(f"mended {ARCHIVE}/{name} of a run that was cut short: {mended.dropped} bytes dropped")


def _fill(folder: Path, new: Path, disk: Disk, tell: Callable[[str], None], pool: Pool | None) -> Rebuilt:
    report = Rebuilt()

    def damaged(error: WarcError) -> None:
        report.damage.append(str(error))
        tell(f"damaged: {error}")

    parts = open_parts(new, folder, folder / "tmp", disk)
    with parts.catalog, closing(parts.pages):
        applier = Applier(parts, disk)

        def was_told(data: GroupData) -> bool:
            return not data.side or parts.catalog.has_page(data.page_id)

        for kind in (ARCHIVE, QUARANTINE):
            if kind == QUARANTINE:
                for name in open_names(folder / kind, disk):
                    mend(folder / kind / name, disk, was_told, shared=is_of_another(name))
            gone = superseded(folder, kind, disk)
            there = [name for name in all_closed_names(folder / kind, disk) if name not in gone]
            left = left_over(folder / kind, there, disk)
            places = [Place(kind, name) for name in there if name not in left]
            for number, (place, batches) in enumerate(derived_files(folder, places, pool, damaged), start=1):
                tell(f"{kind}: file {number} of {len(places)}, {place.warc}")
                for batch in batches:
                    report.pages += sum(row is not None for row in applier.apply(batch))
                applier.finish(place, index=False)
                report.files += 1
        report.excluded = applier.left_out
        parts.tiers.replace(cdxj.line(capture) for capture in parts.catalog.indexable())
        report.lines, report.texts = parts.catalog.counts()
    return report


def _set_aside(folder: Path, new: Path, excluded: set[str], disk: Disk, tell: Callable[[str], None]) -> None:
    """Texts that are there and were not made again, since their records are damaged or they never were ours, are not
    taken away with the rest. Those of excluded pages are: the WARC files have them."""
    left = [
        path.relative_to(folder / "text")
        for path in sorted((folder / "text").rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]
    left = [name for name in left if not (new / "text" / name).exists() and not _is_of(name, excluded)]
    if not left:
        return
    aside = folder / f"{_ASIDE}-{datetime.now(UTC):%Y%m%d%H%M%S}"
    for name in left:
        make_folder((aside / name).parent, disk)
        disk.rename(folder / "text" / name, aside / name)
        disk.fsync_dir((aside / name).parent)
    tell(f"{len(left)} files of text/ could not be made again from the WARC files: they are now in {aside}")


def _is_of(name: Path, texts: set[str]) -> bool:
    """Whether a file is one of these texts, or an earlier version of one."""
    stem = str(name.with_suffix(""))
    return name.suffix in ENDINGS and (stem in texts or _VERSION.sub("", stem) in texts)


def _take_place(folder: Path, new: Path, disk: Disk) -> None:
    """The old catalog goes first and the new one comes last: a collection without one is rebuilt when it is next
    opened, so that whatever stops this in between is mended."""
    catalog.delete(folder / catalog.NAME, disk.unlink)
    disk.fsync_dir(folder)
    for name in _DERIVED:
        if disk.exists(folder / name):
            disk.rename(folder / name, new / f"old-{name}")
        disk.rename(new / name, folder / name)
    disk.fsync_dir(folder)
    disk.rename(new / catalog.NAME, folder / catalog.NAME)
    disk.fsync_dir(folder)
    try:
        shutil.rmtree(new)
    except OSError as error:
        raise storage_error(error, new) from error
