from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.fixity import Watch, verify_collection
from archive.repairing import Asked, Repair, repair
from archive.warc.reader import read_records
from archive.warc.walk import Walked, Window, walk
from tests.archive.collecting import derived, fill, folder_of
from tests.archive.vandal import cut_a_record_out, cut_the_end, flip_a_bit, remove_a_file, swap_a_file, warcs
from tests.disks import QuickDisk

ALONE = Watch(workers=1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("whole")
    fill(root)
    yield root


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "x")
    return tmp_path / "x"


def repaired(root: Path, *copies: Path, dry: bool = False) -> Repair:
    return repair(folder_of(root), Asked(copies, dry, watch=ALONE, disk=QuickDisk()))


def everything(root: Path) -> dict[Path, bytes]:
    """Less what SQLite keeps beside a file that is read."""
    paths = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path: path.read_bytes() for path in paths if not path.name.endswith(("-shm", "-wal"))}


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in warcs(folder_of(root))}


def test_a_whole_collection_is_left_alone(root: Path) -> None:
    before = contents(root)
    made = repaired(root)
    assert (made.files, made.rebuilt, made.left, made.exit_code) == ([], False, [], 0)
    assert contents(root) == before


@pytest.mark.promise("repair", each="random damages")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("deed", [flip_a_bit, cut_a_record_out, cut_the_end, swap_a_file, remove_a_file])
def test_a_copy_brings_everything_back_to_the_byte(whole: Path, tmp_path: Path, seed: int, deed: object) -> None:
    root = tmp_path / "x"
    shutil.copytree(whole, root)
    assert callable(deed)
    deed(folder_of(root), random.Random(seed))
    made = repaired(root, folder_of(whole))
    assert (made.exit_code, made.left, made.lost) == (0, [], 0)
    assert contents(root) == contents(whole)
    assert derived(root) == derived(whole)


@pytest.mark.promise("repair", each="random damages")
@pytest.mark.parametrize("seed", range(60))
def test_without_a_copy_all_that_is_whole_is_saved_and_the_rest_is_told(whole: Path, tmp_path: Path, seed: int) -> None:
    root = tmp_path / "x"
    shutil.copytree(whole, root)
    chance = random.Random(seed)
    name = flip_a_bit(folder_of(root), chance)
    path = folder_of(root) / name
    damaged = path.read_bytes()
    ids = {record.record_id for record in read_records(folder_of(whole) / name, strict=True)}
    made = repaired(root)
    if not made.files:
        # A bit of a gzip header that means nothing: every record is whole.
        assert {(problem.kind, problem.file) for problem in made.left} == {("changed", name)}
        return
    (mended,) = made.files
    assert made.exit_code == 5
    assert (folder_of(root) / mended.aside).read_bytes() == damaged
    saved = {record.record_id for record in read_records(path, strict=True)} if path.exists() else set()
    # One record is damaged; where it ended a page group, its end is made again of what the catalog knows.
    assert len(ids - saved) == 1 or mended.gaps
    assert len(ids & saved) >= len(ids) - 1 or "not taken over" in " ".join(mended.gaps)
    assert mended.gaps
    left = {problem.kind for problem in verify_collection(folder_of(root), ALONE).bad}
    assert left <= {"revisit"}, made.left


def test_two_damaged_copies_make_one_whole(whole: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for place in (one, other):
        shutil.copytree(whole, place)
    name = max(warcs(folder_of(one)), key=lambda path: path.stat().st_size).relative_to(folder_of(one))
    records = list(read_records(folder_of(whole) / name, strict=True))
    for place, record in ((one, records[3]), (other, records[-4])):
        path = folder_of(place) / name
        content = bytearray(path.read_bytes())
        content[record.offset + record.length // 2] ^= 16
        path.write_bytes(content)
    made = repaired(one, folder_of(other))
    assert (made.exit_code, [mended.exact for mended in made.files]) == (0, [True])
    assert contents(one) == contents(whole)


def test_a_dry_run_changes_nothing(root: Path) -> None:
    flip_a_bit(folder_of(root), random.Random(3))
    before = everything(root)
    made = repaired(root, dry=True)
    assert len(made.files) == 1
    assert everything(root) == before


def test_a_member_that_damage_makes_endless_hides_nothing_behind_it(whole: Path, tmp_path: Path) -> None:
    """A bit in a deflated block's head can make all that follows a part of it."""
    root = tmp_path / "x"
    shutil.copytree(whole, root)
    path = max(warcs(folder_of(root)), key=lambda path: path.stat().st_size)
    records = list(read_records(path, strict=True))
    original = path.read_bytes()
    for number in range(2, 6):
        for at in range(10, 40):
            content = bytearray(original)
            content[records[number].offset + at] ^= 1 << (at % 8)
            path.write_bytes(content)
            with path.open("rb") as file:
                found = {each.record_id for each in walk(Window(file)) if isinstance(each, Walked)}
            missing = {record.record_id for record in records} - found
            assert missing <= {records[number].record_id}, (number, at)
