"""Purging that is killed, or whose disk fails, at any change of a file: the next opening, or the same purge again, ends
it, and nothing else is lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from archive import superseding
from archive.collection import Collection
from archive.errors import StorageError
from archive.fixity import Watch, verify_collection
from archive.warc.reader import read_records
from tests.archive.collecting import derived, folder_of, opened, settings
from tests.archive.secrets import LOGO, LOGO_BYTES, MARK, MIRROR, MOVED, OTHER, fill, purged, where
from tests.archive.test_crashes import CopyingDisk
from tests.disks import FailingDisk, QuickDisk
from tests.making import TIME
from tests.reliability import Figures


@pytest.fixture(scope="module")
def filled() -> Iterator[Path]:
    """In memory where there is one; nothing may change it."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        root = Path(folder) / "filled"
        fill(root, disk=QuickDisk(), warc_size=100_000)
        yield root


@pytest.fixture
def root(filled: Path) -> Iterator[Path]:
    """A copy of it."""
    with TemporaryDirectory(dir=filled.parent) as folder:
        shutil.copytree(filled, folder, dirs_exist_ok=True)
        yield Path(folder)


@pytest.fixture(scope="module")
def expected(filled: Path) -> set[tuple[str, str]]:
    with TemporaryDirectory(dir=filled.parent) as folder:
        shutil.copytree(filled, folder, dirs_exist_ok=True)
        purged(Path(folder), disk=QuickDisk())
        return answers(Path(folder))


def answers(root: Path) -> set[tuple[str, str]]:
    """All answers in the WARC files, by their ids and types."""
    paths = folder_of(root).glob("*/*.warc.gz")
    found = [record for path in paths for record in read_records(path, strict=True)]
    return {(record.record_id, record.type) for record in found if record.type in ("response", "revisit")}


def changes(root: Path) -> int:
    """How many there are; what is counted is a copy."""
    with TemporaryDirectory(dir=root.parent) as folder:
        shutil.copytree(root, folder, dirs_exist_ok=True)
        disk = FailingDisk()
        purged(Path(folder), disk=disk)
        return disk.changes


def assert_others_are_there(root: Path, *more: str) -> None:
    with Collection.open(settings(root), None) as collection:
        for url in (OTHER, MIRROR, LOGO, *more):
            capture = collection.nearest(url, TIME)
            assert capture is not None
            with collection.read(capture).payload() as reader:
                assert reader.read()
        logo = collection.nearest(LOGO, TIME)
        assert logo is not None
        with collection.read(logo).payload() as reader:
            assert reader.read() == LOGO_BYTES


def check(root: Path, expected: set[tuple[str, str]]) -> None:
    folder = folder_of(root)
    opened(root, disk=QuickDisk()).close()
    assert not (folder / superseding.NAME).exists()
    assert_others_are_there(root)
    purged(root, disk=QuickDisk())
    assert where(folder, MARK) == []
    assert_others_are_there(root, MOVED)
    assert answers(root) == expected
    assert [problem.words for problem in verify_collection(folder, Watch(workers=1)).bad] == []
    assert not [path for path in folder.rglob("*") if path.name.endswith((".part", ".open"))]
    before = derived(root)
    with Collection.open(settings(root), None):
        assert derived(root) == before


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=[pytest.mark.soak, pytest.mark.promise("purge")])])
def test_a_process_that_is_killed_at_any_change(
    root: Path, step: int, expected: set[tuple[str, str]], figures: Figures
) -> None:
    with TemporaryDirectory(dir=root.parent) as copies:
        count = changes(root)
        made: list[Path] = []

        def copy(number: int) -> None:
            made.append(Path(copies) / str(number))
            shutil.copytree(root, made[-1])

        purged(root, disk=CopyingDisk(root, set(range(0, count, step)), copy))
        assert len(made) > 40 // step
        for killed in made:
            figures.add("kills before a change")
            check(killed, expected)


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize("step", [23, pytest.param(1, marks=[pytest.mark.soak, pytest.mark.promise("purge")])])
def test_a_disk_that_fails_at_any_change(
    root: Path, step: int, stays: bool, expected: set[tuple[str, str]], figures: Figures
) -> None:
    """`stays`: it goes on failing, so that nothing can be taken away either. `step`: not at each of them."""
    for number in range(0, changes(root), step):
        figures.add("faults of the disk")
        with TemporaryDirectory(dir=root.parent) as folder:
            failed = Path(folder)
            shutil.copytree(root, failed, dirs_exist_ok=True)
            with pytest.raises(StorageError):
                purged(failed, disk=FailingDisk(fail_at=number, cut=37, stays=stays))
            check(failed, expected)
