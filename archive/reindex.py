"""The index alone, made again from the WARC files: what `rebuild` gives of it, without text, pages list and catalog.

Each file goes through a process of its own, which leaves its lines sorted in tmp/; then they are merged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from archive import cdxj, exclusions, mounts
from archive.derive import Place, View, captures_of, derive
from archive.disk import Disk, told
from archive.errors import DamageError, NotKeptError, StorageError, WarcError
from archive.exclusions import Exclusions
from archive.joining import left_over
from archive.lock import Lock
from archive.models import Capture
from archive.opening import all_closed_names, make_folders
from archive.rows import ARCHIVE
from archive.settings import ArchiveSettings
from archive.tiers import Tiers
from archive.warc.reader import read_groups
from archive.warc.skim import OddError, skim_groups

_ENDING = ".lines"


class Reindexed(Struct):
    """What came of it. `damage` names file, offset and trouble of what could not be read. `stopped`: nothing was
    changed."""

    files: int = 0
    lines: int = 0
    damage: list[str] = field(default_factory=list)
    stopped: bool = False

    @property
    def exit_code(self) -> int:
        return DamageError.exit_code if self.damage else 0

    def summary(self) -> str:
        if self.stopped:
            return "stopped: the index is as it was"
        made = f"made the index again from {self.files} WARC files: {self.lines} lines"
        return f"{made}; {len(self.damage)} places are damaged and were passed over" if self.damage else made

    def as_dict(self) -> dict[str, Any]:
        return {"files": self.files, "index_lines": self.lines, "damage": list(self.damage), "stopped": self.stopped}


class Run(Struct, frozen=True):
    """Who hears of it; `stopped` is asked whether to end early; `workers` 0 is one process for each core."""

    tell: Callable[[str], None] = lambda _: None
    stopped: Callable[[], bool] = lambda: False
    disk: Disk = field(default_factory=Disk)
    workers: int = 0


class _Indexed(Struct):
    """Of one file: where its sorted lines are, and what of it is damaged."""

    path: Path
    damage: list[str] = field(default_factory=list)


def reindex(settings: ArchiveSettings, run: Run) -> Reindexed:
    """Puts a new index in the place of what is there. What a killed run left is for the next one to mend.

    Takes the lock (LockedError). Raises NotKeptError if there is no such collection, and StorageError.
    """
    folder = settings.root / "collections" / settings.collection
    if not run.disk.exists(folder):
        raise NotKeptError(f"there is no collection {folder}")
    with Lock(folder / "lock").acquire():
        make_folders(folder, run.disk)
        tiers = Tiers(folder / "indexes", folder / "tmp", run.disk)
        tiers.mend()
        there = all_closed_names(folder / ARCHIVE, run.disk)
        left = left_over(folder / ARCHIVE, there, run.disk)
        names = [name for name in there if name not in left]
        found = _all(folder, names, run)
        if found is None:
            return Reindexed(stopped=True)
        lines = tiers.replace_merged([each.path for each in found])
        for each in found:
            run.disk.unlink(each.path)
    return Reindexed(len(names), lines, [words for each in found for words in each.damage])


def _all(folder: Path, names: Sequence[str], run: Run) -> list[_Indexed] | None:
    """Of every file, in the order of `names`; None if it was stopped."""
    workers = run.workers or os.cpu_count() or 1
    found: dict[str, _Indexed] = {}
    if workers == 1 or len(names) < 2:
        for name in names:
            found[name] = _index(folder, name)
            _tell(run, found[name], name, len(found), len(names))
            if run.stopped():
                return None
        return list(found.values())
    # The largest first, so that no core waits for the last one.
    ordered = sorted(names, key=lambda name: -run.disk.size(folder / ARCHIVE / name))
    with mounts.readers((folder / ARCHIVE / name for name in names), workers) as pool:
        waiting = {pool.submit(_index, folder, name): name for name in ordered}
        for future in as_completed(waiting):
            name = waiting[future]
            found[name] = _result(future, name)
            _tell(run, found[name], name, len(found), len(names))
            if run.stopped():
                pool.shutdown(cancel_futures=True)
                return None
    return [found[name] for name in names]


def _result(future: Future[_Indexed], name: str) -> _Indexed:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise StorageError(f"{ARCHIVE}/{name}: the process that read it was ended") from error


def _tell(run: Run, each: _Indexed, name: str, done: int, count: int) -> None:
    for words in each.damage:
        run.tell(f"damaged: {words}")
    run.tell(f"{ARCHIVE}: file {done} of {count}, {name}")


def _index(folder: Path, name: str) -> _Indexed:
    done = _Indexed(folder / "tmp" / f"{name}{_ENDING}")
    place = Place(ARCHIVE, name)
    excluded = exclusions.load(folder)
    try:
        _write(done, map(cdxj.line, _indexable(_skimmed(folder, place, excluded))))
    except OddError:
        _write(done, map(cdxj.line, _indexable(_read(folder, place, excluded, done.damage))))
    return done


def _write(done: _Indexed, lines: Iterator[bytes]) -> None:
    with closing(cdxj.SortedLines(lines, done.path.parent)) as ordered, told(done.path), done.path.open("wb") as file:
        file.writelines(ordered)


def _indexable(captures: Iterator[Capture]) -> Iterator[Capture]:
    return (capture for capture in captures if capture.record_type != "metadata")


def _skimmed(folder: Path, place: Place, excluded: Exclusions) -> Iterator[Capture]:
    if excluded:
        # What is left of a group depends on its article, too.
        raise OddError
    for records, data in skim_groups(folder / place.folder / place.warc):
        yield from captures_of(place, [View(each, each.offset, each.length) for each in records], data)


def _read(folder: Path, place: Place, excluded: Exclusions, damage: list[str]) -> Iterator[Capture]:
    def tell(error: WarcError) -> None:
        damage.append(str(error))

    try:
        for records in read_groups(folder / place.folder / place.warc, tell):
            data = records[-1].group()
            if data is None:
                continue
            views = [View(each, each.offset, each.length) for each in records]
            if not excluded:
                yield from captures_of(place, views, data)
            elif (group := excluded.left_of(derive(place, views, data))) is not None:
                yield from group.captures
    except WarcError as error:
        tell(error)
