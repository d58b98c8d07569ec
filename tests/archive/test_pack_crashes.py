"""Packing that is killed, or whose disk fails, at any change of a file: nothing is lost, and readers find it all."""

from __future__ import annotations

import errno
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from archive.disk import Disk
from archive.errors import StorageError
from archive.pack import Limits
from archive.rebuild import rebuild
from archive.warc.joined import is_joined
from tests.archive.collecting import folder_of, opened, settings
from tests.archive.packing import (
    KINDS,
    assert_every_place_is_there,
    check_packed,
    packed,
    placeless,
    record_ids,
    small_files,
    warcs,
)
from tests.archive.test_crashes import CopyingDisk
from tests.disks import FailingDisk, QuickDisk, RecordingDisk
from tests.reliability import Figures

# So that several files are made, and the index is published more than once.
LIMITS = Limits(15_000, 15_000)


@pytest.fixture(scope="module")
def filled() -> Iterator[Path]:
    """In memory where there is one; nothing may change it."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        root = Path(folder) / "filled"
        small_files(root, disk=QuickDisk())
        yield root


@pytest.fixture
def root(filled: Path) -> Iterator[Path]:
    """A copy of it."""
    with TemporaryDirectory(dir=filled.parent) as folder:
        shutil.copytree(filled, folder, dirs_exist_ok=True)
        yield Path(folder)


@pytest.fixture(scope="module")
def expected(filled: Path) -> tuple[dict[str, Any], Counter[str]]:
    return placeless(filled), record_ids(filled)


def changes(root: Path) -> int:
    """How many there are; what is counted is a copy."""
    with TemporaryDirectory(dir=root.parent) as folder:
        shutil.copytree(root, folder, dirs_exist_ok=True)
        disk = FailingDisk()
        packed(Path(folder), LIMITS, disk=disk)
        return disk.changes


def check(root: Path, expected: tuple[dict[str, Any], Counter[str]]) -> None:
    """Before anything is mended every place that is named is there; the next run, and the next pack, mend the rest."""
    assert_every_place_is_there(root)
    opened(root).close()
    check_packed(root, *expected, lambda: None)
    packed(root, LIMITS)
    assert any(is_joined(path.name) for path in warcs(root))
    check_packed(root, *expected, lambda: rebuild(settings(root)))


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=[pytest.mark.soak, pytest.mark.promise("pack")])])
def test_a_process_that_is_killed_at_any_change(
    root: Path, step: int, expected: tuple[dict[str, Any], Counter[str]], figures: Figures
) -> None:
    """`step`: not at each of them."""
    with TemporaryDirectory(dir=root.parent) as copies:
        count = changes(root)
        made: list[Path] = []

        def copy(number: int) -> None:
            made.append(Path(copies) / str(number))
            shutil.copytree(root, made[-1])

        packed(root, LIMITS, disk=CopyingDisk(root, set(range(0, count, step)), copy))
        assert len(made) > 40 // step
        for killed in made:
            figures.add("kills before a change")
            check(killed, expected)


def test_a_rebuild_is_what_comes_after_the_kill(root: Path, expected: tuple[dict[str, Any], Counter[str]]) -> None:
    """With no catalog at all, or with the one that there was."""
    with TemporaryDirectory(dir=root.parent) as copies:
        made: list[Path] = []

        def copy(number: int) -> None:
            made.append(Path(copies) / str(number))
            shutil.copytree(root, made[-1])

        packed(root, LIMITS, disk=CopyingDisk(root, set(range(0, changes(root), 5)), copy))
        for number, killed in enumerate(made):
            if number % 2:
                for path in folder_of(killed).glob("catalog.sqlite*"):
                    path.unlink()
            assert rebuild(settings(killed)).exit_code == 0
            check_packed(killed, *expected, lambda: None)


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize("step", [9, pytest.param(1, marks=[pytest.mark.soak, pytest.mark.promise("pack")])])
def test_a_disk_that_fails_at_any_change(
    root: Path, step: int, stays: bool, expected: tuple[dict[str, Any], Counter[str]], figures: Figures
) -> None:
    """`stays`: it goes on failing, so that nothing can be taken away either. `step`: not at each of them."""
    for number in range(0, changes(root), step):
        figures.add("faults of the disk")
        with TemporaryDirectory(dir=root.parent) as folder:
            failed = Path(folder)
            shutil.copytree(root, failed, dirs_exist_ok=True)
            with pytest.raises(StorageError) as raised:
                packed(failed, LIMITS, disk=FailingDisk(fail_at=number, cut=37, stays=stays))
            assert raised.value.exit_code == 3
            check(failed, expected)


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=[pytest.mark.soak, pytest.mark.promise("pack")])])
def test_a_full_disk_leaves_no_half_file(
    root: Path, step: int, expected: tuple[dict[str, Any], Counter[str]], figures: Figures
) -> None:
    """A disk that is full can still remove files."""
    room = frozenset({"unlink", "fsync_dir", "fsync", "rename", "flush", "truncate", "mkdir"})
    counting = FailingDisk(spared=room)
    with TemporaryDirectory(dir=root.parent) as folder:
        shutil.copytree(root, folder, dirs_exist_ok=True)
        packed(Path(folder), LIMITS, disk=counting)
    for number in range(0, counting.changes, step):
        figures.add("faults of the disk")
        with TemporaryDirectory(dir=root.parent) as folder:
            full = Path(folder)
            shutil.copytree(root, full, dirs_exist_ok=True)
            with pytest.raises(StorageError, match="the disk is full"):
                packed(full, LIMITS, disk=FailingDisk(fail_at=number, error=errno.ENOSPC, cut=11, spared=room))
            for kind in KINDS:
                assert not [path for path in (folder_of(full) / kind).iterdir() if path.name.endswith(".part")]
            check(full, expected)


def test_the_order_of_what_is_made_durable(root: Path) -> None:
    disk = RecordingDisk()
    report = packed(root, disk=disk)
    name = report.joined[0].name
    source = report.joined[0].sources[0]
    assert report.joined[0].folder == "archive"
    at = {step: number for number, step in reversed(list(enumerate(disk.log)))}
    steps = [
        ("open", f".{name}.part"),
        ("fsync", f".{name}.part"),
        ("fsync", "index.cdxj.part"),
        ("rename", name),
        ("rename", "index.cdxj"),
        ("unlink", source),
    ]
    assert [at[step] for step in steps] == sorted(at[step] for step in steps)
    after = disk.log.index(("rename", name))
    assert disk.log[after + 1] == ("fsync_dir", "archive")
    last = max(number for number, step in enumerate(disk.log) if step[1] in report.joined[0].sources)
    assert disk.log[last + 1] == ("fsync_dir", "archive")


class LyingDisk(Disk):
    """Puts another byte down than it was given."""

    def seam(self, operation: str, path: Path, action: Any) -> Any:
        done = action()
        if operation == "fsync" and path.name.endswith(".warc.gz.part"):
            with path.open("r+b") as file:
                file.seek(path.stat().st_size // 2)
                byte = file.read(1)
                file.seek(-1, os.SEEK_CUR)
                file.write(bytes([byte[0] ^ 1]))
        return done


def test_what_is_not_read_back_as_written_takes_no_place(
    root: Path, expected: tuple[dict[str, Any], Counter[str]]
) -> None:
    names = [path.name for path in warcs(root)]
    with pytest.raises(StorageError, match="not what is read back"):
        packed(root, disk=LyingDisk())
    assert [path.name for path in warcs(root)] == names
    check_packed(root, *expected, lambda: None)
