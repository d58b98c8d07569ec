"""Bodies: in memory while there is room, on disk beyond that, whole either way."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from archive import spool as spools
from archive.spool import IN_MEMORY, MOST_IN_MEMORY, ROOM, Spool


def filled(folder: Path, size: int, piece: int = 50_000) -> Spool:
    spool = Spool(folder)
    for at in range(0, size, piece):
        spool.write(b"x" * min(piece, size - at))
    spool.finish()
    return spool


def test_larger_bodies_share_the_room_and_give_it_back(tmp_path: Path) -> None:
    before = spools._room.left
    held = [filled(tmp_path, MOST_IN_MEMORY) for _ in range(ROOM // MOST_IN_MEMORY + 3)]
    on_disk = list(tmp_path.iterdir())
    assert 1 <= len(on_disk) <= 3 + (ROOM - before) // MOST_IN_MEMORY + 1
    assert spools._room.left < MOST_IN_MEMORY
    small = filled(tmp_path, IN_MEMORY)
    assert list(tmp_path.iterdir()) == on_disk
    assert all(each.bytes() == b"x" * MOST_IN_MEMORY for each in held)
    for each in [*held, small]:
        each.close()
        each.close()
    assert spools._room.left == before
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_large_for_memory_takes_no_room(tmp_path: Path) -> None:
    before = spools._room.left
    spool = filled(tmp_path, MOST_IN_MEMORY + 1)
    assert spools._room.left == before
    assert len(list(tmp_path.iterdir())) == 1
    assert spool.size == len(spool.bytes()) == MOST_IN_MEMORY + 1
    spool.close()


@given(st.lists(st.binary(max_size=40_000), max_size=8))
def test_what_is_written_is_what_is_read(parts: list[bytes]) -> None:
    spool = Spool()
    for part in parts:
        spool.write(part * 8)
    whole = b"".join(part * 8 for part in parts)
    assert spool.bytes() == whole
    assert spool.digest == Spool.of(whole).digest
    spool.close()
