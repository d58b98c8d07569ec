"""WARC files that take the place of others, all at once: whatever stops that in between, the next opening ends it.

New files wait in the collection's tmp/ until a plan, `superseding.json`, is on the medium; without one they go with
whatever else is there. With one, they get their names, what is derived is made again without the old ones, and the old
ones go.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct, ValidationError, convert, to_builtins
from msgspec.structs import replace

from archive import catalog, exclusions, manifest
from archive.disk import Disk
from archive.errors import DamageError
from archive.exclusions import Exclusion
from archive.manifest import Event, Manifest
from archive.rows import ARCHIVE, QUARANTINE
from archive.sums import Sums

NAME = "superseding.json"
WAITING = "superseding"
"""The folder in tmp/ where new files wait, in a folder of their kind each."""


class Pair(Struct, frozen=True):
    """The file `new` in `folder` takes the place of `old` there. `why` says what is otherwise in it; `source` is the
    digest of what an imported one came as."""

    folder: str
    old: str
    new: str
    sums: Sums
    why: str
    source: str = ""


class Superseding(Struct, frozen=True):
    """What is to be done: `purged` are the exclusions of which that is the end."""

    time: datetime
    pairs: tuple[Pair, ...]
    purged: tuple[Exclusion, ...] = ()


def waiting(folder: Path, kind: str, name: str) -> Path:
    """Where a new file waits."""
    return folder / "tmp" / WAITING / kind / name


def begin(folder: Path, plan: Superseding, disk: Disk) -> None:
    """The plan is on the medium, and so are the new files: from here on it is carried out, by whoever comes next."""
    for kind in (ARCHIVE, QUARANTINE):
        place = waiting(folder, kind, "").parent / kind
        if disk.exists(place):
            disk.fsync_dir(place)
            disk.fsync_dir(place.parent)
    disk.fsync_dir(folder / "tmp")
    disk.write_atomic(folder / NAME, json.dumps(to_builtins(plan), ensure_ascii=True).encode("ascii"))


def planned(folder: Path, disk: Disk) -> Superseding | None:
    """The plan that was begun, if one was. Raises DamageError where it cannot be read."""
    path = folder / NAME
    if not disk.exists(path):
        return None
    try:
        with disk.open_read(path) as file:
            return convert(json.load(file), Superseding)
    except (ValueError, ValidationError, RecursionError) as error:
        raise DamageError(f"{path} cannot be read ({error}): it says which WARC files replace others") from error


def superseded(folder: Path, kind: str, disk: Disk) -> frozenset[str]:
    """Names of files that are there and no longer count."""
    plan = planned(folder, disk)
    return frozenset(pair.old for pair in plan.pairs if pair.folder == kind) if plan is not None else frozenset()


def put_in_place(folder: Path, plan: Superseding, disk: Disk) -> None:
    """The new files bear their names, and the manifest knows them. May be done again."""
    for pair in plan.pairs:
        path = waiting(folder, pair.folder, pair.new)
        if disk.exists(path):
            disk.rename(path, folder / pair.folder / pair.new)
    for kind in {pair.folder for pair in plan.pairs}:
        disk.fsync_dir(folder / kind)
    known = manifest.present(folder / manifest.NAME)
    lines = Manifest(folder, disk, lambda: plan.time)
    lines.add(
        [
            replace(
                lines.entry(Event.PURGED, f"{pair.folder}/{pair.new}", pair.sums),
                of=pair.old,
                why=pair.why,
                source=pair.source,
            )
            for pair in plan.pairs
            if f"{pair.folder}/{pair.new}" not in known
        ]
    )


def end(folder: Path, plan: Superseding, disk: Disk) -> None:
    """The old files are gone, and so is the plan. May be done again."""
    for pair in plan.pairs:
        disk.unlink(folder / pair.folder / pair.old)
    for kind in {pair.folder for pair in plan.pairs}:
        disk.fsync_dir(folder / kind)
    known = manifest.present(folder / manifest.NAME)
    lines = Manifest(folder, disk, lambda: plan.time)
    lines.add(
        [
            lines.removed(f"{pair.folder}/{pair.old}", f"{pair.folder}/{pair.new}")
            for pair in plan.pairs
            if f"{pair.folder}/{pair.old}" in known
        ]
    )
    note_purged(folder, plan.purged, plan.time, disk)
    disk.unlink(folder / NAME)
    disk.fsync_dir(folder)


def note_purged(folder: Path, purged: Sequence[Exclusion], time: datetime, disk: Disk) -> None:
    done = {(each.kind, each.what) for each in exclusions.load(folder) if each.purged}
    for each in purged:
        if (each.kind, each.what) not in done:
            exclusions.note(folder, "purge", each, time, disk)


def settle(folder: Path, disk: Disk) -> None:
    """Ends what was begun and cut short. The catalog goes, so that what is derived is made again by whoever opens the
    collection. For the holder of the lock, before anything else is looked at."""
    plan = planned(folder, disk)
    if plan is None:
        return
    put_in_place(folder, plan, disk)
    catalog.delete(folder / catalog.NAME, disk.unlink)
    disk.fsync_dir(folder)
    end(folder, plan, disk)
