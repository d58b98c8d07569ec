"""The index of a collection: `index.cdxj` and at most three more files, merged so that a run's cost does not grow.

Each tier is at most a tenth of the one above it, so that a line is rewritten some ten times in each, however large the
whole gets. A viewer reads every file whose name ends in `.cdxj`: what is unfinished bears another ending.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from archive import cdxj
from archive.disk import Disk
from archive.errors import StorageError

NAMES = ("index.cdxj", "index-1.cdxj", "index-2.cdxj", "index-3.cdxj")
RATIO = 10
_PART = ".part"
_JOURNAL = "merge.json"


def target_tier(sizes: Sequence[int], new: int) -> int:
    """Which tier takes `new` bytes of lines, together with all tiers below it. `sizes` are in bytes, the largest tier
    first, 0 for one that is not there."""
    total = new
    for tier in range(len(sizes) - 1, 0, -1):
        total += sizes[tier]
        if total * RATIO <= sizes[tier - 1]:
            return tier
    return 0


class Prepared(Struct, frozen=True):
    """A whole index that waits to take the place of the one there is; `size` is in bytes."""

    part: Path
    size: int


class Tiers:
    """The index files in `folder`; `tmp` is for runs of lines too many to be sorted in memory."""

    def __init__(self, folder: Path, tmp: Path, disk: Disk) -> None:
        self._folder = folder
        self._tmp = tmp
        self._disk = disk

    @property
    def paths(self) -> list[Path]:
        """The files that are there, the largest tier first."""
        return [path for path in map(self._folder.joinpath, NAMES) if path.exists()]

    def mend(self) -> None:
        """Ends what a killed run had begun: a merge is either whole or has not been."""
        journal = self._folder / _JOURNAL
        if self._disk.exists(journal):
            target, size, drop = self._read(journal)
            path = self._folder / target
            waits = self._disk.exists(self._folder / (target + _PART))
            if target in NAMES and not waits and self._disk.exists(path) and self._disk.size(path) == size:
                self._drop(drop)
            self._disk.unlink(journal)
        for name in self._disk.listdir(self._folder):
            if name.endswith(_PART):
                self._disk.unlink(self._folder / name)

    def _read(self, journal: Path) -> tuple[str, int, list[str]]:
        with self._disk.open_read(journal) as file:
            try:
                plan = json.load(file)
                return str(plan["target"]), int(plan["size"]), [str(name) for name in plan["drop"]]
            except (ValueError, TypeError, KeyError):
                return "", 0, []

    def add(self, lines: Iterable[bytes], *, again: bool = False) -> None:
        """Takes lines in any order; durable on return. `again`: some may be there already."""
        with ExitStack() as stack:
            if again:
                held = [stack.enter_context(cdxj.mapped(path)) for path in self.paths]
                lines = (each for each in lines if not any(cdxj.contains(data, each) for data in held))
            new = stack.enter_context(closing(cdxj.SortedLines(lines, self._tmp)))
            if new.size:
                self._merge(new)

    def replace(self, lines: Iterable[bytes]) -> None:
        """The index holds these lines, in any order, and no others."""
        self.publish(self.prepare(lines))

    def prepare(self, lines: Iterable[bytes]) -> Prepared:
        """What `replace` does, but for its last step: nobody sees the new index yet."""
        with self._part() as part, closing(cdxj.SortedLines(lines, self._tmp)) as new:
            return Prepared(part, cdxj.merge(self._folder / "none", new, part, self._disk))

    def replace_merged(self, runs: Sequence[Path]) -> int:
        """`replace` with the lines of sorted files. Gives how many there are."""
        with self._part() as part:
            merged = cdxj.merge_runs(runs, part, self._disk)
        self.publish(Prepared(part, merged.size))
        return merged.lines

    @contextmanager
    def _part(self) -> Iterator[Path]:
        """Where a whole index is written; nothing of it is left if that fails."""
        part = self._folder / (NAMES[0] + _PART)
        try:
            yield part
        except BaseException:
            with suppress(StorageError):
                self._disk.unlink(part)
            raise

    def publish(self, prepared: Prepared) -> None:
        drop = [path.name for path in self.paths if path.name != NAMES[0]]
        self._publish(prepared.part, prepared.size, drop)

    def drop(self, prepared: Prepared) -> None:
        """It is not to be published."""
        self._disk.unlink(prepared.part)

    def lines(self) -> Iterator[bytes]:
        """All lines of all tiers in byte order."""
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("rb")) for path in self.paths]
            yield from heapq.merge(*files)

    def _merge(self, new: cdxj.SortedLines) -> None:
        paths = [self._folder / name for name in NAMES]
        sizes = [self._disk.size(path) if self._disk.exists(path) else 0 for path in paths]
        tier = target_tier(sizes, new.size)
        merged = [path for path, size in zip(paths[tier:], sizes[tier:], strict=True) if size]
        base = max(merged, key=lambda path: sizes[paths.index(path)], default=paths[tier])
        part = paths[tier].with_name(paths[tier].name + _PART)
        with ExitStack() as stack:
            others = [stack.enter_context(path.open("rb")) for path in merged if path != base]
            size = cdxj.merge(base, cdxj.once(heapq.merge(new, *others)), part, self._disk)
        self._publish(part, size, [path.name for path in merged if path != paths[tier]])

    def _publish(self, part: Path, size: int, drop: list[str]) -> None:
        """The finished file takes its name, and the place of the files that it took in."""
        target = part.with_name(part.name.removesuffix(_PART))
        if drop:
            plan = {"target": target.name, "size": size, "drop": drop}
            self._disk.write_atomic(self._folder / _JOURNAL, json.dumps(plan).encode("ascii"))
        self._disk.rename(part, target)
        self._disk.fsync_dir(self._folder)
        if drop:
            self._drop(drop)
            self._disk.unlink(self._folder / _JOURNAL)

    def _drop(self, names: Iterable[str]) -> None:
        for name in names:
            if name in NAMES:
                self._disk.unlink(self._folder / name)
        self._disk.fsync_dir(self._folder)
