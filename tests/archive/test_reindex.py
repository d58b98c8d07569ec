"""The index alone, made again: the lines that a rebuild gives, whatever the files are like."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive import exclusions
from archive import reindex as reindexing
from archive.disk import Disk
from archive.errors import LockedError, NotKeptError, StorageError
from archive.excluding import asked_for
from archive.lock import Lock
from archive.pack import Limits, pack
from archive.pack import Run as PackRun
from archive.rebuild import rebuild
from archive.reindex import Run, reindex
from archive.warc.skim import OddError, skim_groups
from tests.archive.collecting import STORY, asset, fill, folder_of, group, index_lines, opened, page, settings
from tests.making import TIME


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Several files, since they are small."""
    fill(tmp_path, warc_size=2000)
    return tmp_path


def gone(root: Path) -> None:
    for path in (folder_of(root) / "indexes").iterdir():
        path.unlink()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_lines_are_those_that_runs_gave(root: Path, workers: int) -> None:
    before = index_lines(root)
    gone(root)
    made = reindex(settings(root), Run(workers=workers))
    assert index_lines(root) == before
    assert (made.lines, made.damage, made.files > 2) == (len(before), [], True)
    assert list((folder_of(root) / "tmp").iterdir()) == []
    opened(root).close()
    assert index_lines(root) == before


def test_our_own_files_are_skimmed(root: Path) -> None:
    for path in (folder_of(root) / "archive").iterdir():
        assert list(skim_groups(path))


def test_an_excluded_page_has_no_lines(root: Path) -> None:
    exclusions.note(folder_of(root), "exclude", asked_for(STORY, "a test", "", TIME), TIME, Disk())
    rebuild(settings(root))
    before = index_lines(root)
    gone(root)
    reindex(settings(root), Run())
    assert index_lines(root) == before
    assert not any(b'"url": "https://news.test/story"' in line for line in before)


def test_joined_files_stand_for_what_they_took_in(root: Path) -> None:
    pack(settings(root), Limits(10**9, 10**9), PackRun("tearsheet/0 (test)"))
    before = index_lines(root)
    gone(root)
    reindex(settings(root), Run())
    assert index_lines(root) == before


def test_large_bodies_are_passed_over(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        parts = [page(1, bytes(range(256)) * 20_000), asset(2, b"\x89PNG" + b"\0" * 9_000_000)]
        collection.commit(group("p1", 1, parts)).result(30)
    before = index_lines(tmp_path)
    (path,) = (folder_of(tmp_path) / "archive").iterdir()
    assert [len(records) for records, _ in skim_groups(path)] == [3]
    gone(tmp_path)
    reindex(settings(tmp_path), Run())
    assert index_lines(tmp_path) == before


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flipped(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def _with_more_behind(data: bytes) -> bytes:
    return data + b"rubbish"


@pytest.mark.parametrize("harm", [_cut, _flipped, _with_more_behind])
def test_damage_is_told_and_passed_over_as_in_a_rebuild(root: Path, harm: Callable[[bytes], bytes]) -> None:
    path = sorted((folder_of(root) / "archive").iterdir())[1]
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(OddError):
        list(skim_groups(path))
    told: list[str] = []
    made = reindex(settings(root), Run(told.append))
    found = index_lines(root)
    again = rebuild(settings(root))
    assert index_lines(root) == found
    assert sorted(made.damage) == sorted(again.damage)
    assert (made.exit_code, any(path.name in words for words in told)) == (5, True)


def test_what_was_stopped_leaves_the_index(root: Path) -> None:
    before = index_lines(root)
    for workers in (1, 2):
        assert reindex(settings(root), Run(stopped=lambda: True, workers=workers)).stopped
    assert index_lines(root) == before


def test_a_full_disk_leaves_the_index(root: Path) -> None:
    class Full(Disk):
        def seam(self, operation: str, path: Path, action: Callable[[], Any]) -> Any:
            if operation == "write":
                raise OSError(28, "no space")
            return super().seam(operation, path, action)

    before = index_lines(root)
    with pytest.raises(StorageError, match="full"):
        reindex(settings(root), Run(disk=Full()))
    assert index_lines(root) == before
    assert [path.name for path in (folder_of(root) / "indexes").iterdir() if path.suffix != ".cdxj"] == []


def test_files_that_a_killed_run_left_open_are_left_to_the_next(root: Path) -> None:
    with opened(root) as collection:
        parts = [page(77, b"<p>new</p>" * 80, "https://news.test/new")]
        collection.commit(group("p77", 77, parts)).result(30)
        with pytest.raises(LockedError):
            reindex(settings(root), Run())
    before = index_lines(root)
    path = max((folder_of(root) / "archive").iterdir())
    path.rename(path.with_name(path.name + ".open"))
    reindex(settings(root), Run())
    assert len(index_lines(root)) < len(before)
    path.with_name(path.name + ".open").rename(path)
    reindex(settings(root), Run())
    assert index_lines(root) == before


def test_it_takes_the_lock_and_needs_a_collection(root: Path, tmp_path: Path) -> None:
    with Lock(folder_of(root) / "lock").acquire(), pytest.raises(LockedError):
        reindex(settings(root), Run())
    with pytest.raises(NotKeptError):
        reindex(settings(tmp_path / "none"), Run())


def test_a_process_that_is_ended_is_an_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindexing, "_index", _end)
    before = index_lines(root)
    with pytest.raises(StorageError, match="was ended"):
        reindex(settings(root), Run(workers=2))
    assert index_lines(root) == before


def _end(folder: Path, name: str) -> None:
    os._exit(1)
