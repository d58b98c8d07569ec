from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from archive.disk import Disk
from archive.errors import StorageError
from tests.disks import FailingDisk, RecordingDisk

T = TypeVar("T")


def test_appending_grows_the_file_and_tells_its_length(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old ")
    with Disk().open_append(path) as file:
        assert file.tell() == 4
        file.write(b"new")
        assert file.tell() == 7
    assert path.read_bytes() == b"old new"


def test_truncating_goes_on_from_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with Disk().open_append(path, new=True) as file:
        file.write(b"0123456789")
        file.truncate(4)
        assert file.tell() == 4
        file.write(b"x")
    assert path.read_bytes() == b"0123x"


def test_a_new_file_must_not_be_there_and_an_old_one_must(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StorageError, match="exists"):
        Disk().open_append(tmp_path / "a", new=True)
    with pytest.raises(StorageError, match="No such file"):
        Disk().open_append(tmp_path / "b")


def test_a_short_write_is_gone_on_with(tmp_path: Path) -> None:
    class Sips(Disk):
        writes = 0

        def seam(self, operation: str, path: Path, action: Callable[[], T]) -> T:
            if operation == "write":
                self.writes += 1
                data = action.args[0]  # type: ignore[attr-defined]
                return action.func(data[:3])  # type: ignore[attr-defined,no-any-return]
            return action()

    disk = Sips()
    with disk.open_append(tmp_path / "a", new=True) as file:
        file.write(b"0123456789")
        assert file.tell() == 10
    assert disk.writes == 4
    assert (tmp_path / "a").read_bytes() == b"0123456789"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, "the disk failed"),
    ],
)
def test_errors_become_storage_errors_in_words(tmp_path: Path, number: int, words: str) -> None:
    disk = FailingDisk(fail_at=1, error=number)
    with disk.open_append(tmp_path / "a", new=True) as file, pytest.raises(StorageError, match=words) as caught:
        file.write(b"x")
    assert str(tmp_path / "a") in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)


def test_every_change_can_fail_with_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"")
    disk = FailingDisk(fail_at=0)
    actions: list[Callable[[], object]] = [
        lambda: disk.open_append(tmp_path / "old"),
        lambda: disk.fsync_dir(tmp_path),
        lambda: disk.rename(tmp_path / "old", tmp_path / "new"),
        lambda: disk.unlink(tmp_path / "old"),
        lambda: disk.mkdir(tmp_path / "folder"),
        lambda: disk.write_atomic(tmp_path / "old", b"x"),
    ]
    for action in actions:
        with pytest.raises(StorageError):
            action()
    assert [p.name for p in tmp_path.iterdir()] == ["old"]


def test_a_missing_file_is_an_answer_when_reading(tmp_path: Path) -> None:
    disk = Disk()
    with pytest.raises(FileNotFoundError):
        disk.open_read(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        disk.size(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        disk.listdir(tmp_path / "none")
    assert not disk.exists(tmp_path / "none")
    disk.unlink(tmp_path / "none")


def test_a_new_folder_is_synced_with_its_parents(tmp_path: Path) -> None:
    disk = RecordingDisk()
    disk.mkdir(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert disk.log == [("mkdir", "b"), ("fsync_dir", tmp_path.name), ("fsync_dir", "a")]
    disk.mkdir(tmp_path / "a" / "b")
    assert len(disk.log) == 3
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        disk.mkdir(tmp_path / "file")


def test_write_atomic_syncs_the_content_then_the_name(tmp_path: Path) -> None:
    disk = RecordingDisk()
    disk.write_atomic(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    order = [operation for operation, _ in disk.log if operation != "unlink"]
    assert order == ["open", "write", "fsync", "rename", "fsync_dir"]
    assert disk.log[-2:] == [("rename", "a.txt"), ("fsync_dir", tmp_path.name)]


@pytest.mark.parametrize("cut", [0, 2])
def test_write_atomic_fails_with_the_old_content_in_place(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    for number in range(5):
        disk = FailingDisk(fail_at=number, stays=False, cut=cut)
        with pytest.raises(StorageError):
            disk.write_atomic(path, b"newer")
        assert path.read_bytes() == b"old"
        assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_write_atomic_takes_long_names(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 140)
    Disk().write_atomic(path, b"y")
    assert path.read_bytes() == b"y"
