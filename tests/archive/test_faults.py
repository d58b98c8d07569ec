"""What fails under a run, and what somebody does to its files: the next run or a rebuild puts it right, `verify` finds
nothing wrong then, and nothing that was told is missing."""

from __future__ import annotations

import errno
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import catalog, schema
from archive.collection import Collection
from archive.disk import Disk
from archive.errors import DamageError, StorageError, TearsheetError, WarcError
from archive.fixity import Watch, verify_collection
from archive.models import PageRow
from archive.rebuild import rebuild
from tests.archive.collecting import (
    RUN,
    RUNS,
    STORY,
    Clock,
    article,
    derived,
    fill,
    folder_of,
    group,
    opened,
    page,
    settings,
)
from tests.archive.test_crashes import check, root, run_all
from tests.disks import FailingDisk
from tests.making import TIME
from tests.reliability import Figures
from tests.statements import Statements, refuse, watched

__all__ = ["root"]
ALONE = Watch(workers=1)


def nothing_wrong(root: Path, told: Iterable[PageRow]) -> None:
    """After one more run: all that was told is there, and every byte is as it should be."""
    check(root, list(told))
    found = verify_collection(folder_of(root), ALONE)
    assert found.problems == []


# ------------------------------------------------------------------------------------------------------- the disk


def sweep(root: Path, numbers: Iterable[int], figures: Figures, **faults: Any) -> None:
    for number in numbers:
        figures.add("faults of the disk")
        told: list[PageRow] = []
        with pytest.raises(StorageError):
            run_all(root / f"{number}", FailingDisk(fail_at=number, **faults), told)
        nothing_wrong(root / f"{number}", told)
        figures.add("pages told before a fault", len(told))
        shutil.rmtree(root / f"{number}")


def changes(root: Path, **faults: Any) -> int:
    disk = FailingDisk(**faults)
    run_all(root / "count", disk, [])
    return disk.changes


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize("error", [errno.EIO, errno.EROFS])
def test_a_disk_that_breaks_at_a_change(root: Path, error: int, stays: bool, figures: Figures) -> None:
    sweep(root, range(3 + error % 7, changes(root), 23), figures, error=error, stays=stays, cut=11)


@pytest.mark.soak
@pytest.mark.promise("disk")
@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_breaks_at_any_change(root: Path, error: int, stays: bool, figures: Figures) -> None:
    sweep(root, range(changes(root)), figures, error=error, stays=stays, cut=11)


@pytest.mark.promise("rot", each="cases")
def test_a_file_system_that_cannot_sync_is_told(root: Path) -> None:
    """Nothing is told kept that might not be."""
    writes = frozenset({"open", "write", "flush", "truncate", "rename", "unlink", "mkdir"})
    told: list[PageRow] = []
    with pytest.raises(StorageError, match="Invalid argument"):
        run_all(root / "a", FailingDisk(fail_at=0, error=errno.EINVAL, spared=writes), told)
    assert told == []
    nothing_wrong(root / "a", [])


@pytest.mark.promise("rot", each="cases")
def test_a_folder_that_may_only_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run says so and leaves everything as it was; readers read."""
    fill(root)
    before = {path: path.stat().st_mtime_ns for path in folder_of(root).rglob("*")}
    real = os.open

    def refusing(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if flags & (os.O_RDWR | os.O_WRONLY | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", refusing)
    with pytest.raises(StorageError, match="read-only"):
        opened(root)
    with Collection.open(settings(root), None) as reader:
        kept = [row for row in reader.pages(limit=100) if row.text is not None]
        assert kept and all(reader.text_of(row) for row in kept)
    monkeypatch.undo()
    assert {path: path.stat().st_mtime_ns for path in before} == before
    nothing_wrong(root, [])


# ------------------------------------------------------------------------------------------------------- SQLite


def watched_run(root: Path, statements: Statements, told: list[PageRow]) -> None:
    with watched(statements):
        run_all(root, Disk(), told)


def check_statements(root: Path, numbers: Iterable[int], words: str, figures: Figures, *, stays: bool) -> None:
    for number in numbers:
        figures.add("faults of SQLite")
        told: list[PageRow] = []
        # What failed once may be what is tried again, or what nothing depends on: then the run goes on.
        with suppress(StorageError):
            watched_run(root / f"{number}", Statements(number, refuse(words), stays=stays), told)
        nothing_wrong(root / f"{number}", told)
        shutil.rmtree(root / f"{number}")


def statements_of(root: Path) -> int:
    counted = Statements()
    watched_run(root / "count", counted, [])
    assert counted.count > 200
    return counted.count


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize("words", ["disk I/O error", "database or disk is full", "database is locked"])
def test_a_catalog_that_fails_at_a_statement(root: Path, words: str, stays: bool, figures: Figures) -> None:
    count = statements_of(root)
    check_statements(root, range(len(words), count, count // 12), words, figures, stays=stays)


@pytest.mark.soak
@pytest.mark.promise("catalog")
@pytest.mark.parametrize(("words", "stays"), [("disk I/O error", False), ("database or disk is full", True)])
def test_a_catalog_that_fails_at_any_statement(root: Path, words: str, stays: bool, figures: Figures) -> None:
    check_statements(root, range(statements_of(root)), words, figures, stays=stays)


def test_a_catalog_that_fails_for_good_ends_the_run_and_is_told(root: Path) -> None:
    count = statements_of(root)
    for number in range(0, count, count // 9):
        with pytest.raises(StorageError, match=r"catalog\.sqlite: disk I/O error"):
            watched_run(root / f"{number}", Statements(number, refuse("disk I/O error"), stays=True), [])


def killed_at(root: Path, numbers: Iterable[int]) -> Iterator[tuple[Path, list[PageRow]]]:
    """What a process leaves that is killed before the statement with each of these numbers."""
    for number in numbers:
        told: list[PageRow] = []
        left: list[PageRow] = []
        place = root / f"killed-{number}"

        def kill(told: list[PageRow] = told, left: list[PageRow] = left, place: Path = place) -> None:
            left.extend(told)
            shutil.copytree(root / "live", place)

        watched_run(root / "live", Statements(number, kill), told)
        shutil.rmtree(root / "live")
        yield place, left
        shutil.rmtree(place)


@pytest.mark.parametrize(
    "parts", [25, pytest.param(10**6, marks=[pytest.mark.soak, pytest.mark.promise("catalog")], id="all")]
)
def test_a_process_that_is_killed_at_a_statement(root: Path, parts: int, figures: Figures) -> None:
    count = statements_of(root)
    for place, told in killed_at(root, range(0, count, max(1, count // parts))):
        figures.add("kills before a statement")
        nothing_wrong(place, told)


# ------------------------------------------------------------------------------------------- what others do to files


def corrupted(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 20, 400))):
        at = chance.randrange(len(data))
        data[at : at + 16] = chance.randbytes(16)
    path.write_bytes(data[: chance.choice((len(data), len(data), len(data) // 2))])


@pytest.mark.promise("rot", each="cases")
@pytest.mark.parametrize("seed", range(12))
def test_a_catalog_that_rotted_is_told_or_harmless_and_made_again(root: Path, seed: int) -> None:
    """No run tells more than an error of ours of it; what was kept is in the WARC files."""
    told = fill(root)
    corrupted(folder_of(root) / catalog.NAME, random.Random(seed))
    with suppress(DamageError, StorageError), opened(root) as collection:
        row = collection.commit(group("new", 99, [page(99, b"<p>new</p>")], article=article("New."))).result(30)
        told.append(row)
    with suppress(DamageError, StorageError), Collection.open(settings(root), None) as reader:
        list(reader.pages(limit=100))
    with suppress(TearsheetError):
        verify_collection(folder_of(root), ALONE)
    rebuild(settings(root))
    nothing_wrong(root, told)


def _gone(folder: Path) -> None:
    (folder / catalog.NAME).unlink()


def _empty(folder: Path) -> None:
    (folder / catalog.NAME).write_bytes(b"")


def _newer(folder: Path) -> None:
    with closing(sqlite3.connect(folder / catalog.NAME)) as db:
        db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")


def _without_a_table(folder: Path) -> None:
    with closing(sqlite3.connect(folder / catalog.NAME)) as db:
        db.execute("DROP TABLE versions")


def _a_folder(folder: Path) -> None:
    (folder / catalog.NAME).unlink()
    (folder / catalog.NAME).mkdir()


def _foreign_log(folder: Path) -> None:
    (folder / f"{catalog.NAME}-wal").write_bytes(os.urandom(40_000))


@pytest.mark.promise("rot", each="cases")
@pytest.mark.parametrize("deed", [_gone, _empty, _newer, _without_a_table, _a_folder, _foreign_log])
def test_whatever_becomes_of_the_catalog_a_rebuild_mends_it(root: Path, deed: Callable[[Path], None]) -> None:
    told = fill(root)
    before = derived(root)
    deed(folder_of(root))
    with suppress(DamageError, StorageError):
        opened(root).close()
    if deed is _a_folder:
        with pytest.raises(StorageError, match=r"catalog\.sqlite"):
            opened(root)
        (folder_of(root) / catalog.NAME).rmdir()
    rebuild(settings(root))
    assert derived(root) == before
    nothing_wrong(root, told)


@pytest.mark.promise("rot", each="cases")
@pytest.mark.parametrize("deed", [_gone, _empty, _foreign_log])
def test_what_the_next_run_mends_by_itself(root: Path, deed: Callable[[Path], None]) -> None:
    told = fill(root)
    before = derived(root)
    deed(folder_of(root))
    opened(root).close()
    assert derived(root) == before
    nothing_wrong(root, told)


@pytest.mark.promise("rot", each="cases")
@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(hours=1), timedelta(days=4000)])
def test_a_clock_that_jumps_back_within_a_run_and_between_runs(root: Path, back: timedelta) -> None:
    told: list[PageRow] = []
    for number, steps in enumerate(RUNS):
        clock = Clock(TIME - number * back)
        with Collection.open(settings(root, warc_size=3500), RUN, clock=clock) as collection:
            for step in steps:
                clock.time -= back / 7
                told.append(collection.commit(step(collection)).result(30))
    assert len(told) == sum(map(len, RUNS))
    nothing_wrong(root, told)


@pytest.mark.promise("rot", each="cases")
def test_a_file_that_is_cut_under_a_reader(root: Path) -> None:
    """The bytes before the cut are right; then it says that the file ends."""
    body = random.Random(1).randbytes(3_000_000)
    with opened(root) as collection:
        row = collection.commit(group("p", 1, [page(1, body)], article=article())).result(30)
    with Collection.open(settings(root), None) as reader:
        capture = reader.capture_of(row)
        assert capture is not None
        path = folder_of(root) / capture.folder / capture.warc
        with reader.read(capture).payload() as payload:
            first = payload.read(1000)
            os.truncate(path, 1_500_000)
            with pytest.raises(WarcError, match="ends inside"):
                payload.read()
        assert first == body[:1000]
        path.unlink()
        with pytest.raises(WarcError, match="missing"):
            reader.read(capture)
        assert [row.url for row in reader.pages(limit=5)] == [STORY]
    found = verify_collection(folder_of(root), ALONE)
    assert found.exit_code == 5
    assert capture.warc in " ".join(problem.file for problem in found.bad)


@pytest.mark.promise("rot", each="cases")
def test_a_file_that_vanishes_while_it_is_read_is_read_to_its_end(root: Path) -> None:
    body = random.Random(2).randbytes(3_000_000)
    with opened(root) as collection:
        row = collection.commit(group("p", 1, [page(1, body)], article=article())).result(30)
    with Collection.open(settings(root), None) as reader:
        capture = reader.capture_of(row)
        assert capture is not None
        with reader.read(capture).payload() as payload:
            first = payload.read(10)
            (folder_of(root) / capture.folder / capture.warc).unlink()
            assert first + payload.read() == body
