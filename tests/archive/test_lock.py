"""The lock of a collection."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from archive.errors import LockedError, StorageError
from archive.lock import Lock


def test_it_is_exclusive_and_tells_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with Lock(path).acquire():
        with pytest.raises(LockedError, match=f"process {os.getpid()}") as caught:
            Lock(path).acquire()
        assert caught.value.exit_code == 75
    with Lock(path).acquire():
        pass
    assert path.read_text() == f"{os.getpid()}\n"


@pytest.mark.promise("runs", each="cases")
def test_a_file_left_behind_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("1\n")
    Lock(tmp_path / "lock").acquire().release()


def test_releasing_twice_is_fine(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock").acquire()
    lock.release()
    lock.release()


def test_an_unreadable_holder_is_left_unnamed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with Lock(path).acquire():
        path.write_text("not a number")
        with pytest.raises(LockedError, match="another run holds"):
            Lock(path).acquire()


@pytest.mark.promise("runs", each="cases")
def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StorageError, match="cannot lock files"):
        Lock(tmp_path / "lock").acquire()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        Lock(tmp_path / "none" / "lock").acquire()
