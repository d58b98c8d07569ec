"""Files that are read by range, and their checksums."""

from __future__ import annotations

import hashlib
from pathlib import Path

from archive.ranges import Remote
from archive.store import PART, digests_of


def test_reading_on_asks_for_more_at_a_time() -> None:
    data = hashlib.shake_128(b"file").digest(3_000_000)
    asked: list[tuple[int, int]] = []

    def fetch(start: int, end: int) -> bytes:
        asked.append((start, end))
        return data[start:end]

    file = Remote(fetch, len(data), data[:64])
    assert file.read(2) == data[:2]
    assert asked == []
    file.seek(0)
    assert b"".join(iter(lambda: file.read(32 * 1024), b"")) == data
    assert len(asked) < 10
    assert sum(end - start for start, end in asked) == len(data)
    file.seek(1_000_000)
    assert file.read(100) == data[1_000_000:1_000_100]
    assert file.read() == data[1_000_100:]
    assert file.pread(50, 2_999_990) == data[2_999_990:]
    assert file.read(1) == b""


def test_digests_are_those_of_parts(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * (PART + 1))
    first, second = hashlib.md5(b"x" * PART).digest(), hashlib.md5(b"x").digest()
    found = digests_of(path)
    assert found.etags == {
        hashlib.md5(path.read_bytes()).hexdigest(),
        f"{hashlib.md5(first + second).hexdigest()}-2",
    }
    assert found.size == PART + 1
