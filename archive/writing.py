"""A collection made ready to be written: the lock held, what a killed run left mended, the catalog up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from archive import catalog, mounts
from archive.applying import Applier, Parts
from archive.disk import Disk
from archive.errors import LockedError, OutdatedError, StorageError
from archive.lock import Lock
from archive.opening import Mender, all_closed_names, make_folders, open_parts
from archive.rows import ARCHIVE, QUARANTINE
from archive.sending import fetch_ledgers, send_ledgers, settle

Tell = Callable[[str], None]


@contextmanager
def opened_to_write(folder: Path, disk: Disk, tell: Tell) -> Iterator[Parts]:
    """The lock is held, and the derived things are as a rebuild would make them, until the block ends.

    `folder` is there; `tell` hears of what was mended. Raises LockedError, StorageError and DamageError.
    """
    with Lock(folder / "lock").acquire():
        make_folders(folder, disk)
        fetch_ledgers(folder, disk, tell)
        if not disk.exists(folder / catalog.NAME):
            # What SQLite kept beside a catalog that is gone would be taken for the new one's.
            catalog.delete(folder / catalog.NAME, disk.unlink)
            if has_warcs(folder, disk):
                tell(f"{folder / catalog.NAME} is missing and is made again from the WARC files")
                _make_again(folder, disk, tell)
        opened = _Opened(folder, disk, tell)
        try:
            settle(folder, opened.parts.catalog, disk, tell)
            yield opened.parts
            send_ledgers(folder, opened.parts.catalog)
        finally:
            opened.close()


def bring_up(folder: Path, disk: Disk, tell: Tell, outdated: OutdatedError) -> None:
    """What a run does before it begins, for a reader that found the catalog `outdated`. Raises OutdatedError where
    another run has the collection, or nothing can be written."""
    try:
        with opened_to_write(folder, disk, tell):
            return
    except (LockedError, StorageError) as error:
        raise OutdatedError(f"{outdated} ({error})") from error


def _make_again(folder: Path, disk: Disk, tell: Tell) -> None:
    from archive.rebuild import rebuild_locked

    rebuild_locked(folder, disk, tell)


def has_warcs(folder: Path, disk: Disk) -> bool:
    """Here or in the store."""
    kinds = [folder / kind for kind in (ARCHIVE, QUARANTINE)]
    return any(mounts.stored(kind) if not disk.exists(kind) else all_closed_names(kind, disk) for kind in kinds)


class _Opened:
    """The derived things, mended; closed with the catalog."""

    def __init__(self, folder: Path, disk: Disk, tell: Tell) -> None:
        self.parts = open_parts(folder, folder, folder / "tmp", disk)
        try:
            if self.parts.catalog.brought_up:
                tell(
                    f"{folder / catalog.NAME} was made by an older tearsheet, and is brought up to this one; "
                    "tearsheet rebuild brings in what that one did not know"
                )
            mender = Mender(folder, self.parts, Applier(self.parts, disk), disk, tell)
            if not mender.end_joins() or mender.out_of_order():
                tell(f"{folder} has WARC files from before the last run: everything is made again")
                self.parts.catalog.close()
                _make_again(folder, disk, tell)
                self.parts = open_parts(folder, folder, folder / "tmp", disk)
                mender = Mender(folder, self.parts, Applier(self.parts, disk), disk, tell)
            mender.mend()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.parts.pages.close()
        self.parts.catalog.close()
