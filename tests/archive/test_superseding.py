"""The plan by which WARC files take the place of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive import superseding
from archive.disk import Disk
from archive.errors import DamageError
from archive.opening import make_folders
from archive.rows import ARCHIVE
from archive.sums import Sums
from archive.superseding import Pair, Superseding
from tests.making import TIME


def test_a_plan_that_cannot_be_read_stops_whoever_opens_the_collection(tmp_path: Path) -> None:
    (tmp_path / superseding.NAME).write_bytes(b"{")
    with pytest.raises(DamageError, match="which WARC files replace others"):
        make_folders(tmp_path, Disk())


def test_without_a_plan_new_files_go_and_with_one_they_stand_in_for_the_old(tmp_path: Path) -> None:
    disk = Disk()
    make_folders(tmp_path, disk)
    new = superseding.waiting(tmp_path, ARCHIVE, "new.warc.gz")
    for planned in (False, True):
        (tmp_path / ARCHIVE / "old.warc.gz").write_bytes(b"old")
        new.parent.mkdir(parents=True)
        new.write_bytes(b"new")
        if planned:
            pair = Pair(ARCHIVE, "old.warc.gz", "new.warc.gz", Sums(3, "sha256:0", "0"), "a test")
            superseding.begin(tmp_path, Superseding(TIME, (pair,)), disk)
            assert superseding.superseded(tmp_path, ARCHIVE, disk) == {"old.warc.gz"}
        make_folders(tmp_path, disk)
        make_folders(tmp_path, disk)
        there = {path.name: path.read_bytes() for path in (tmp_path / ARCHIVE).iterdir()}
        assert there == ({"new.warc.gz": b"new"} if planned else {"old.warc.gz": b"old"})
        assert not (tmp_path / superseding.NAME).exists()
