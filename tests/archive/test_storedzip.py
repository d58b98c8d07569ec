"""Stored zips as Python's own reader, which is not ours, finds them."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from archive import storedzip
from archive.storedzip import CutError, StoredZip

TIME = datetime(2026, 3, 4, 23, 30, 59, tzinfo=timezone(timedelta(hours=-2)))
MANY = bytes(range(256)) * 4000
GIB = 1 << 30


def source(folder: Path, data: bytes = MANY) -> Path:
    path = folder / "source"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("reserved", [True, False])
def test_members_of_both_kinds_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reserved: bool) -> None:
    """Also where the file system cannot say beforehand that there is room, and where it takes a part at a time."""
    if not reserved:

        def posix_fallocate(*_: int) -> None:
            raise OSError(errno.EOPNOTSUPP, "no")

        write = os.pwrite
        monkeypatch.setattr(os, "posix_fallocate", posix_fallocate)
        monkeypatch.setattr(os, "pwrite", lambda file, data, at: write(file, data[:70_001], at))
    path = tmp_path / "made.zip"
    with path.open("x+b") as file, source(tmp_path).open("rb") as taken, StoredZip(file, TIME) as made:
        made.add("first/größe", [b"a", b"", b"b"])
        plain = made.copy("copied", taken.fileno(), len(MANY), with_digest=True)
        short = made.copy("some", taken.fileno(), 1000, with_digest=False)
        made.add("large", [b"c"], large=True)
        made.add("none", [])
    assert (plain.size, plain.sha256) == (len(MANY), f"sha256:{hashlib.sha256(MANY).hexdigest()}")
    assert (short.size, short.sha256) == (1000, "")
    with zipfile.ZipFile(path) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == {
            "first/größe": b"ab",
            "copied": MANY,
            "some": MANY[:1000],
            "large": b"c",
            "none": b"",
        }
        for info in read.infolist():
            assert (info.compress_type, info.date_time, info.external_attr >> 16) == (
                zipfile.ZIP_STORED,
                (2026, 3, 5, 1, 30, 58),
                0o100644,
            )


def test_a_source_that_ends_early_is_told(tmp_path: Path) -> None:
    with (
        (tmp_path / "made.zip").open("x+b") as file,
        source(tmp_path).open("rb") as taken,
        pytest.raises(CutError),
        StoredZip(file, TIME) as made,
    ):
        made.copy("copied", taken.fileno(), len(MANY) + 1, with_digest=True)


def test_a_full_disk_is_told_before_anything_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def posix_fallocate(*_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "posix_fallocate", posix_fallocate)
    with (
        (tmp_path / "made.zip").open("x+b") as file,
        source(tmp_path).open("rb") as taken,
        pytest.raises(OSError, match="full"),
        StoredZip(file, TIME) as made,
    ):
        made.copy("copied", taken.fileno(), len(MANY), with_digest=True)


def test_what_was_not_said_to_get_large_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storedzip, "_MOST", 1000)
    with pytest.raises(ValueError, match="larger than was said"), StoredZip(io.BytesIO(), TIME) as made:
        made.add("x", [bytes(999), b"1"])


def test_more_members_than_sixteen_bits_count() -> None:
    file = io.BytesIO()
    with StoredZip(file, datetime(2026, 1, 1, tzinfo=UTC)) as made:
        for number in range(70_000):
            made.add(f"{number}", [b"x"] if number == 69_999 else [])
    with zipfile.ZipFile(file) as read:
        assert len(read.infolist()) == 70_000
        assert read.read("69999") == b"x"


@pytest.mark.soak
def test_members_and_offsets_of_more_than_four_gigabytes(tmp_path: Path) -> None:
    """Sparse: next to nothing is stored of the source, and of what is copied what the file system makes of it."""
    size = 4 * GIB + 5
    large = tmp_path / "large"
    with large.open("xb") as sparse:
        sparse.truncate(size)
        sparse.seek(size - 3)
        sparse.write(b"end")

    def pieces() -> Iterable[bytes]:
        yield from (bytes(GIB) for _ in range(4))
        yield b"streamed"

    path = tmp_path / "made.zip"
    with path.open("x+b") as file, large.open("rb") as taken, StoredZip(file, TIME) as made:
        made.add("first", [b"1"])
        made.copy("copied", taken.fileno(), size, with_digest=False)
        made.add("streamed", pieces(), large=True)
        made.add("last", [b"2"])
    with zipfile.ZipFile(path) as read:
        assert read.testzip() is None
        assert {info.filename: info.file_size for info in read.infolist()} == {
            "first": 1,
            "copied": size,
            "streamed": 4 * GIB + 8,
            "last": 1,
        }
        with read.open("copied") as member:
            member.seek(size - 3)
            assert member.read() == b"end"
        assert read.read("last") == b"2"
