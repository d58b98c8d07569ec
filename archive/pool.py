"""Work on whole files, handed to processes that somebody else provides."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from archive.derive import Derived, Place
from archive.disk import told
from archive.errors import WarcError
from archive.opening import groups_of, in_batches

Damage = tuple[str, int, str]
"""File, offset and trouble of a `WarcError`."""


class Pool(Struct, frozen=True):
    """`executor` runs functions of modules in other processes, which see the same files; `size` of them at a time."""

    executor: Executor
    size: int


def derive_file(folder: Path, place: Place, spool: Path) -> list[Damage]:
    """What the groups of one WARC file come to, in `spool`, batch after batch; gives the damage passed over."""
    damage: list[Damage] = []

    def damaged(error: WarcError) -> None:
        damage.append((error.name, error.offset, error.problem))

    with told(spool), spool.open("wb") as file:
        for batch in in_batches(groups_of(folder, place, damaged)):
            pickle.dump(batch, file, pickle.HIGHEST_PROTOCOL)
    return damage


def derived_files(
    folder: Path, places: Sequence[Place], pool: Pool | None, damaged: Callable[[WarcError], None]
) -> Iterator[tuple[Place, Iterator[list[Derived]]]]:
    """What each file comes to, in batches, in the order of `places`; with a pool a few files are read ahead."""
    if pool is None:
        for place in places:
            yield place, in_batches(groups_of(folder, place, damaged))
        return
    waiting: deque[tuple[Place, Path, Future[list[Damage]]]] = deque()
    rest = iter(places)
    try:
        while True:
            while len(waiting) < 2 * pool.size and (following := next(rest, None)) is not None:
                spool = folder / "tmp" / f"{following.folder}-{following.warc}.derived"
                task = pool.executor.submit(derive_file, folder, following, spool)
                waiting.append((following, spool, task))
            if not waiting:
                return
            place, spool, future = waiting[0]
            for each in future.result():
                damaged(WarcError(*each))
            yield place, _spooled(spool)
            waiting.popleft()
            spool.unlink(missing_ok=True)
    finally:
        for _, spool, future in waiting:
            future.cancel()
            with suppress(OSError):
                spool.unlink(missing_ok=True)


def _spooled(spool: Path) -> Iterator[list[Derived]]:
    with told(spool), spool.open("rb") as file:
        while file.peek(1):
            batch: list[Derived] = pickle.load(file)  # noqa: S301 - from our own process
            yield batch
