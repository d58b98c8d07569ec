"""A run that is killed, or whose disk fails, at any change of a file: what was told is kept, nothing is there twice."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest

from archive.collection import Collection
from archive.disk import Disk
from archive.errors import StorageError
from archive.models import PageRow
from archive.rebuild import rebuild
from archive.warc.reader import read_records
from tests.archive.collecting import (
    RUN,
    RUNS,
    Clock,
    article,
    derived,
    folder_of,
    group,
    index_lines,
    opened,
    page,
    page_lines,
    settings,
)
from tests.disks import CHANGES, FailingDisk
from tests.reliability import Figures

T = TypeVar("T")
WARC_SIZE = 3500


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder in memory where there is one: these tests sync thousands of files."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def run_all(root: Path, disk: Disk, told: list[PageRow]) -> None:
    """Both runs, on a disk that may end them; what is told goes to `told`."""
    for steps in RUNS:
        with Collection.open(settings(root, warc_size=WARC_SIZE), RUN, disk=disk, clock=Clock()) as collection:
            for step in steps:
                told.append(collection.commit(step(collection)).result(30))


def check(root: Path, told: list[PageRow]) -> None:
    """The next run finds all that was told, once, and what it mended is what a rebuild gives."""
    opened(root).close()
    folder = folder_of(root)
    assert not list(folder.rglob("*.open"))
    assert not list(folder.rglob("*.part"))
    with Collection.open(settings(root), None) as collection:
        for row in told:
            kept = {page.page_id: page for page in collection.pages(limit=100)}
            assert row.page_id in kept
            capture = collection.capture_of(kept[row.page_id])
            if capture is not None:
                collection.read(capture).payload().close()
            if row.text is not None:
                assert collection.text_of(row)
    for path in sorted(folder.rglob("*.warc.gz")):
        for _ in read_records(path, strict=True):
            pass
    assert max(Counter(index_lines(root)).values(), default=1) == 1
    assert max(Counter(line["id"] for line in page_lines(root)).values(), default=1) == 1
    assert not list((folder / "pages").glob("*.pending"))
    before = derived(root)
    rebuild(settings(root))
    assert derived(root) == before


def changes(root: Path) -> int:
    disk = FailingDisk()
    run_all(root / "count", disk, [])
    return disk.changes


def check_failures(root: Path, numbers: range, cut: int, *, stays: bool) -> None:
    for number in numbers:
        told: list[PageRow] = []
        disk = FailingDisk(fail_at=number, cut=cut, stays=stays)
        with pytest.raises(StorageError):
            run_all(root / f"{number}", disk, told)
        check(root / f"{number}", told)
        shutil.rmtree(root / f"{number}")


@pytest.mark.parametrize("cut", [0, 37])
@pytest.mark.parametrize("stays", [True, False])
def test_a_disk_that_fails_at_a_change(root: Path, cut: int, stays: bool) -> None:
    """`stays`: it goes on failing. `cut`: bytes of a failing write that still got there."""
    start = 2 * stays + 5 * bool(cut)
    check_failures(root, range(start, changes(root), 11), cut, stays=stays)


class CopyingDisk(Disk):
    """Copies the whole collection before the change with the given number: what a process killed there leaves."""

    def __init__(self, root: Path, wanted: set[int], copy: Callable[[int], None]) -> None:
        self.changes = 0
        self._root = root
        self._wanted = wanted
        self._copy = copy

    def seam(self, operation: str, path: Path, action: Callable[[], T]) -> T:
        if operation in CHANGES:
            if self.changes in self._wanted:
                self._copy(self.changes)
            self.changes += 1
        return action()


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=[pytest.mark.soak, pytest.mark.promise("kills")])])
def test_a_process_that_is_killed_at_any_change(root: Path, step: int, figures: Figures) -> None:
    copies: dict[int, list[PageRow]] = {}
    told: list[PageRow] = []

    def copy(number: int) -> None:
        shutil.copytree(root / "live", root / f"killed-{number}")
        copies[number] = list(told)

    count = changes(root)
    disk = CopyingDisk(root / "live", set(range(1, count, step)), copy)
    run_all(root / "live", disk, told)
    assert len(copies) > 20
    for number, rows in copies.items():
        figures.add("kills before a change")
        figures.add("pages told before a kill", len(rows))
        check(root / f"killed-{number}", rows)


@pytest.mark.parametrize("step", [13, pytest.param(5, marks=[pytest.mark.soak, pytest.mark.promise("power")])])
def test_a_power_cut_that_takes_the_newest_of_the_catalog(root: Path, step: int, figures: Figures) -> None:
    """WARC files are on the medium, SQLite's latest transactions need not be: an older catalog under newer files."""
    copies: list[int] = []

    def copy(number: int) -> None:
        shutil.copytree(root / "live", root / f"cut-{number}")
        copies.append(number)

    told: list[PageRow] = []
    disk = CopyingDisk(root / "live", set(range(40, changes(root), step)), copy)
    run_all(root / "live", disk, told)
    for older in copies:
        figures.add("older catalogs")
        mixed = root / f"older-{older}"
        shutil.copytree(root / "live", mixed)
        for path in folder_of(mixed).glob("catalog.sqlite*"):
            path.unlink()
        for path in folder_of(root / f"cut-{older}").glob("catalog.sqlite*"):
            shutil.copy(path, folder_of(mixed) / path.name)
        check(mixed, told)
        shutil.rmtree(mixed)


def test_a_full_disk_under_the_catalog(root: Path) -> None:
    """SQLite finds no room after the WARC files took the groups: nothing of the batch is told, all of it is found."""
    told: list[PageRow] = []
    collection = opened(root)
    told.append(collection.commit(RUNS[0][0](collection)).result(30))
    with closing(sqlite3.connect(folder_of(root) / "catalog.sqlite")) as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    assert collection._applier is not None
    collection._applier._parts.catalog.one(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="full"):
        for number in range(1000):
            url = f"https://news.test/{number}"
            parts = [page(number, b"x" * number, url)]
            told.append(collection.commit(group(f"n{number}", number, parts, article=article(url=url))).result(30))
    with pytest.raises(StorageError, match="full"):
        collection.close()
    check(root, told)
    with Collection.open(settings(root), None) as reader:
        assert len(list(reader.pages(limit=2000))) == len(told) + 1


def test_what_is_left_beside_a_catalog_that_is_gone(root: Path) -> None:
    """A write-ahead log of another catalog must not be taken for the new one's."""
    run_all(root, Disk(), [])
    before = derived(root)
    folder = folder_of(root)
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as db:
        db.execute("UPDATE pages SET title = 'another'")
        shutil.copy(folder / "catalog.sqlite-wal", root / "wal")
    (folder / "catalog.sqlite").unlink()
    shutil.copy(root / "wal", folder / "catalog.sqlite-wal")
    opened(root).close()
    assert derived(root) == before
