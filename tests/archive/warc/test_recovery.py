from __future__ import annotations

import errno
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.disk import Disk
from archive.errors import StorageError
from archive.warc.group import GroupData
from archive.warc.reader import read_groups, read_records
from archive.warc.recovery import Mended, mend
from tests.disks import FailingDisk, QuickDisk, RecordingDisk
from tests.making import groups_of, page_group, written
from tests.reliability import examples


def ends_of_groups(path: Path) -> list[int]:
    return [group[-1].offset + group[-1].length for group in read_groups(path)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[int], str]:
    """A small open file's bytes, where its groups end, and its name."""
    path = written(tmp_path_factory.mktemp("whole"), list(groups_of(3, 0)), close=False)
    return path.read_bytes(), ends_of_groups(path), path.name


clean: dict[bytes, int] = {}


def mended(folder: Path, name: str, content: bytes) -> tuple[Mended, bytes | None]:
    path = folder / name
    path.write_bytes(content)
    result = mend(path, QuickDisk())
    left = list(folder.iterdir())
    if result.name is None:
        assert left == []
        return result, None
    assert [p.name for p in left] == [result.name]
    assert result.name == name.removesuffix(".open")
    kept = left[0].read_bytes()
    if kept not in clean:
        list(read_records(left[0], strict=True))
        clean[kept] = len(list(read_groups(left[0])))
    assert clean[kept] == result.groups
    left[0].unlink()
    return result, kept


def test_a_whole_file_is_only_closed(tmp_path: Path, whole: tuple[bytes, list[int], str]) -> None:
    content, _, name = whole
    result, kept = mended(tmp_path, name, content)
    assert kept == content
    assert result == Mended(name.removesuffix(".open"), 3, len(content), 0)


def test_cut_anywhere_exactly_the_whole_groups_stay(tmp_path: Path, whole: tuple[bytes, list[int], str]) -> None:
    content, ends, name = whole
    for cut in range(len(content)):
        result, kept = mended(tmp_path, name, content[:cut])
        complete = [end for end in ends if end <= cut]
        assert result.groups == len(complete)
        assert kept == (content[: complete[-1]] if complete else None)
        assert result.kept + result.dropped == cut


@pytest.mark.promise("warc")
@given(data=st.data())
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_tail_is_taken_off(tmp_path: Path, whole: tuple[bytes, list[int], str], data: st.DataObject) -> None:
    content, ends, name = whole
    cut = data.draw(st.integers(0, len(content)))
    tail = data.draw(
        st.binary(max_size=300)
        | st.integers(1, 70_000).map(bytes)
        | st.integers(0, 500).map(lambda n: content[n : n + 100])
    )
    result, kept = mended(tmp_path, name, content[:cut] + tail)
    complete = [end for end in ends if end <= cut]
    if (content[:cut] + tail).startswith(content):
        complete = ends
    assert result.groups >= len(complete)
    if result.groups == len(complete):
        assert kept == (content[: complete[-1]] if complete else None)
    else:
        # The tail happens to go on where the cut was made.
        assert kept is not None and content.startswith(kept)


@pytest.mark.promise("warc")
@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_costs_its_group_and_what_follows(
    tmp_path: Path, whole: tuple[bytes, list[int], str], at: int, bit: int
) -> None:
    content, ends, name = whole
    at %= len(content)
    hurt = bytearray(content)
    hurt[at] ^= 1 << bit
    result, _ = mended(tmp_path, name, bytes(hurt))
    before = [end for end in ends if end <= at]
    # Some bits of a gzip header (its time, its system) mean nothing.
    assert result.groups in (len(before), 3)


def test_the_zeros_of_a_power_cut_are_taken_off(tmp_path: Path, whole: tuple[bytes, list[int], str]) -> None:
    content, ends, name = whole
    for zeros in (1, 2, 3, 4096, 100_000):
        for start in (ends[1], ends[1] + 1, ends[1] + 200):
            result, kept = mended(tmp_path, name, content[:start] + bytes(zeros))
            assert (result.groups, kept) == (2, content[: ends[1]])


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"\x1f\x8b", b"nonsense"])
def test_a_file_without_a_whole_group_goes(tmp_path: Path, content: bytes) -> None:
    result, kept = mended(tmp_path, "test-20260102030405678-00000-box.warc.gz.open", content)
    assert (result, kept) == (Mended(None, 0, 0, len(content)), None)


def test_a_closed_file_is_never_touched(tmp_path: Path) -> None:
    path = written(tmp_path, list(groups_of(1)))
    path.write_bytes(path.read_bytes()[:-5])
    before = path.read_bytes()
    with pytest.raises(ValueError, match="never changed"):
        mend(path, Disk())
    assert path.read_bytes() == before


def test_the_file_ends_before_the_first_group_that_does_not_survive(tmp_path: Path) -> None:
    groups = [page_group(f"p{n}") for n in range(4)]
    path = written(tmp_path, groups, close=False)
    ends = ends_of_groups(path)
    content = path.read_bytes()
    asked = []

    def survives(data: GroupData) -> bool:
        asked.append(data.page_id)
        return data.page_id != "p2"

    result = mend(path, Disk(), survives)
    assert asked == ["p0", "p1", "p2"]
    assert (result.groups, result.kept, result.dropped) == (2, ends[1], len(content) - ends[1])
    assert (tmp_path / str(result.name)).read_bytes() == content[: ends[1]]


def test_the_cut_is_on_the_medium_before_the_name(tmp_path: Path) -> None:
    path = written(tmp_path, list(groups_of(2)), close=False)
    path.write_bytes(path.read_bytes() + b"\0\0")
    disk = RecordingDisk()
    name = str(mend(path, disk).name)
    assert disk.log == [
        ("open", path.name),
        ("truncate", path.name),
        ("fsync", path.name),
        ("rename", name),
        ("fsync_dir", tmp_path.name),
    ]


def test_mending_that_fails_can_be_tried_again(tmp_path: Path) -> None:
    path = written(tmp_path, list(groups_of(2)), close=False)
    content = path.read_bytes()
    path.write_bytes(content + b"\0\0")
    for number in (0, 1, 2, 2):
        with pytest.raises(StorageError):
            mend(path, FailingDisk(fail_at=number, error=errno.EIO))
    assert mend(path, Disk()).groups == 2
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [content]
