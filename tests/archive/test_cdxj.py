"""Index lines as other tools make them, files that stay sorted, tiers that stay few."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from typing import TypeVar, cast

import pytest
from cdxj_indexer.main import CDXJIndexer
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from archive import cdxj, urls
from archive.disk import Disk
from archive.errors import StorageError
from archive.tiers import NAMES, RATIO, Tiers, target_tier
from tests.archive.collecting import STORY, fill, folder_of, index_lines
from tests.archive.test_catalog import capture
from tests.disks import FailingDisk

T = TypeVar("T")
LINES = st.lists(st.integers(0, 400).map(lambda n: f"test,h{n % 17})/{n} 2026 {{}}\n".encode()), max_size=120)


# ------------------------------------------------------------------------------------------------------- the lines


class Kept(io.StringIO):
    """The indexer closes what it is given to write to."""

    def close(self) -> None:
        pass


def cdxj_indexer_lines(paths: list[Path]) -> list[bytes]:
    out = Kept()
    CDXJIndexer(out, [str(path) for path in paths], sort=True).process_all()
    return out.getvalue().encode().splitlines()


def test_lines_are_those_of_cdxj_indexer(tmp_path: Path) -> None:
    """Keys, times, fields, their order, offsets, lengths, digests."""
    fill(tmp_path, warc_size=5000)
    archive = sorted((folder_of(tmp_path) / "archive").glob("*.warc.gz"))
    assert len(archive) > 2
    theirs = cdxj_indexer_lines(archive)
    kinds = {json.loads(line.split(b" ", 2)[2]).get("mime") for line in theirs}
    assert kinds >= {"warc/revisit", "text/html", "text/plain", "image/png", "application/json", None}
    assert index_lines(tmp_path) == sorted(theirs)


def test_pywb_finds_the_same_captures(tmp_path: Path) -> None:
    fill(tmp_path)
    ours = {where(line) for line in index_lines(tmp_path)}
    manager = [str(Path(sys.executable).with_name("wb-manager")), "reindex", "main"]
    subprocess.run(manager, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    theirs = (folder_of(tmp_path) / "indexes" / "index.cdxj").read_bytes().splitlines()
    assert {where(line) for line in theirs} == ours


def where(line: bytes) -> tuple[str, ...]:
    """What pywb and we must agree on. Its files strip nothing from sha256 digests, and name mime types otherwise."""
    key, time, data = line.decode().split(" ", 2)
    fields = json.loads(data)
    names = ("url", "digest", "length", "offset", "filename")
    revisit = fields.get("mime") == "warc/revisit"
    return (key, time, *(fields[name] for name in names), str(revisit))


def test_only_archive_is_indexed(tmp_path: Path) -> None:
    fill(tmp_path)
    names = {json.loads(line.split(b" ", 2)[2])["filename"] for line in index_lines(tmp_path)}
    assert names == {path.name for path in (folder_of(tmp_path) / "archive").iterdir()}
    assert not any(b'"410"' in line or b'"403"' in line for line in index_lines(tmp_path))


# ------------------------------------------------------------------------------------------------------- sorted files


def write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(sorted(set(lines))))
    return path


@pytest.mark.promise("index")
@given(base=LINES, new=LINES)
def test_merging_is_a_sorted_union(
    tmp_path_factory: pytest.TempPathFactory, base: list[bytes], new: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    source = write(folder / "base", base)
    target = folder / "target"
    size = cdxj.merge(source, sorted(set(new)), target, Disk())
    assert target.read_bytes() == b"".join(sorted({*base, *new}))
    assert size == target.stat().st_size
    assert source.read_bytes() == b"".join(sorted(set(base)))


@pytest.mark.promise("index")
@given(lines=LINES, wanted=LINES)
def test_binary_search_finds_what_a_scan_finds(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], wanted: list[bytes]
) -> None:
    path = write(tmp_path_factory.mktemp("search") / "lines", lines)
    with cdxj.mapped(path) as data:
        for each in wanted:
            assert cdxj.contains(data, each) == (each in lines)


URLS = st.text(max_size=40) | st.from_regex(r"https?://[a-z.]{1,9}(:[0-9]{2})?/[ -~]{0,20}", fullmatch=True)


@pytest.mark.promise("index")
@given(url=URLS, mime=st.text(max_size=20), offset=st.integers(0, 10**15), length=st.integers(1, 10**12))
@example(url=":\x80", mime="", offset=0, length=1)  # no address, and not even ASCII
def test_any_capture_is_one_line_that_says_where_it_lies(url: str, mime: str, offset: int, length: int) -> None:
    taken = replace(capture(), url=url, mime=mime, offset=offset, length=length)
    made = cdxj.line(taken)
    assert made.count(b"\n") == 1 and made.endswith(b"}\n") and made.isascii()
    key, time, data = made.decode("ascii").split(" ", 2)
    assert key == urls.key(url).encode("ascii", "backslashreplace").decode("ascii") and len(time) == 14
    fields = json.loads(data)
    assert fields.get("url", "") == url and fields.get("mime", "") == mime
    assert cdxj.place_of(made) == (taken.warc, offset)
    assert cdxj.place_of(cdxj.moved(made, "other.warc.gz", 7)) == ("other.warc.gz", 7)
    assert cdxj.moved(cdxj.moved(made, "other.warc.gz", 7), taken.warc, offset) == made


@pytest.mark.promise("index")
@given(st.binary(max_size=120))
def test_any_bytes_name_a_place_or_none(line: bytes) -> None:
    place = cdxj.place_of(line)
    assert place is None or line.endswith(b'"}\n')


def test_a_missing_file_holds_nothing(tmp_path: Path) -> None:
    with cdxj.mapped(tmp_path / "none") as data:
        assert not cdxj.contains(data, b"a,b)/ 1 {}\n")


@pytest.mark.promise("index")
@given(lines=LINES, in_memory=st.integers(1, 3000))
def test_sorting_in_bounded_memory(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], in_memory: int
) -> None:
    folder = tmp_path_factory.mktemp("sort")
    with closing(cdxj.SortedLines(iter(lines), folder, in_memory)) as ordered:
        assert list(ordered) == sorted(set(lines))
        assert ordered.size == sum(map(len, lines))
    assert not list(folder.iterdir())


# ------------------------------------------------------------------------------------------------------- tiers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "indexes").mkdir()
    (tmp_path / "tmp").mkdir()
    return tmp_path


def tiers(folder: Path, disk: Disk | None = None) -> Tiers:
    return Tiers(folder / "indexes", folder / "tmp", disk or Disk())


def run_lines(number: int, count: int = 5) -> list[bytes]:
    return [f"test,h{(number * 7919 + n) % 1000:04d})/{number}-{n} 2026 {{}}\n".encode() for n in range(count)]


def test_tiers_stay_few_and_geometric(folder: Path) -> None:
    expected: list[bytes] = []
    written = 0

    class Counting(Disk):
        def seam(self, operation: str, path: Path, action: Callable[[], T]) -> T:
            return action() if "sync" not in operation else cast(T, None)

        def rename(self, old: Path, new: Path) -> None:
            nonlocal written
            written += old.stat().st_size
            super().rename(old, new)

    ours = tiers(folder, Counting())
    for number in range(1500):
        ours.add(reversed(run_lines(number)))
        expected += run_lines(number)
        sizes = [path.stat().st_size for path in ours.paths]
        assert len(sizes) <= len(NAMES)
        assert all(small * RATIO <= large for large, small in pairwise(sizes))
    assert list(ours.lines()) == sorted(expected)
    assert {path.name for path in (folder / "indexes").iterdir()} <= set(NAMES)
    # Each byte is rewritten some tens of times, where one file alone would have been written anew 750 times over.
    assert written < 60 * sum(map(len, expected))


@pytest.mark.promise("index")
@given(sizes=st.lists(st.integers(0, 10**9), min_size=4, max_size=4), new=st.integers(1, 10**9))
def test_what_a_merge_leaves_is_geometric(sizes: list[int], new: int) -> None:
    tier = target_tier(sizes, new)
    merged = new + sum(sizes[tier:])
    assert tier == 0 or merged * RATIO <= sizes[tier - 1]


def test_lines_that_are_there_are_not_added_again(folder: Path) -> None:
    ours = tiers(folder)
    for number in range(30):
        ours.add(run_lines(number))
    before = list(ours.lines())
    ours.add([*run_lines(3), *run_lines(29), *run_lines(30)], again=True)
    assert list(ours.lines()) == sorted([*before, *run_lines(30)])


def test_equal_lines_stand_once(folder: Path) -> None:
    ours = tiers(folder)
    ours.add([b"a 1 {}\n", b"a 1 {}\n"])
    assert list(ours.lines()) == [b"a 1 {}\n"]
    ours.add([])
    assert len(ours.paths) == 1


@pytest.mark.parametrize("count", [1, 5, 60, 500])
def test_a_merge_that_is_cut_short_is_whole_or_has_not_been(folder: Path, count: int) -> None:
    """Whatever change fails, mending gives the lines from before, or those and the new ones; never one twice."""
    for number, size in enumerate((4000, 350, 30, 2)):
        tiers(folder).add(run_lines(number, size))
    source = {path.name: path.read_bytes() for path in (folder / "indexes").iterdir()}
    assert len(source) == 4
    before = list(tiers(folder).lines())
    new = run_lines(500, count)
    for fail_at in range(40):
        for path in (folder / "indexes").iterdir():
            path.unlink()
        for name, data in source.items():
            (folder / "indexes" / name).write_bytes(data)
        disk = FailingDisk(fail_at=fail_at)
        with suppress(StorageError):
            tiers(folder, disk).add(new)
            assert disk.changes <= fail_at
        tiers(folder).mend()
        after = list(tiers(folder).lines())
        assert after in (before, sorted([*before, *new])), fail_at
        tiers(folder).add(new, again=True)
        assert list(tiers(folder).lines()) == sorted([*before, *new])
        assert {path.name for path in (folder / "indexes").iterdir()} <= set(NAMES)


def test_viewers_never_see_an_unfinished_file(folder: Path) -> None:
    seen: set[str] = set()

    class Watching(Disk):
        def seam(self, operation: str, path: Path, action: Callable[[], T]) -> T:
            if operation in ("open", "write"):
                seen.add(path.name)
            return super().seam(operation, path, action)

    for number in range(40):
        tiers(folder, Watching()).add(run_lines(number))
    assert seen
    assert not [name for name in seen if name.endswith((".cdxj", ".cdx", ".idx"))]


def test_replace_leaves_one_file(folder: Path) -> None:
    ours = tiers(folder)
    for number in range(30):
        ours.add(run_lines(number))
    ours.replace(run_lines(7))
    assert list(ours.lines()) == sorted(run_lines(7))
    assert [path.name for path in ours.paths] == ["index.cdxj"]


def test_key_and_time_of_a_line(tmp_path: Path) -> None:
    rows = fill(tmp_path)
    line = next(line for line in index_lines(tmp_path) if line.startswith(urls.key(STORY).encode()))
    key, time, data = line.decode().split(" ", 2)
    assert (key, time) == ("test,news)/story", urls.stamp(rows[0].captured_at))
    assert all(isinstance(value, str) for value in json.loads(data).values())


def test_few_lines_into_a_long_file(tmp_path: Path) -> None:
    """Longer than what is kept mapped at a time."""
    base = [f"test,h{n:07d})/ 2026 {'x' * 90}\n".encode() for n in range(0, 400_000, 2)]
    new = [f"test,h{n:07d})/ 2026 {'x' * 90}\n".encode() for n in (1, 2, 199_999, 399_999, 500_000)]
    source = write(tmp_path / "base", base)
    cdxj.merge(source, new, tmp_path / "target", Disk())
    assert (tmp_path / "target").read_bytes() == b"".join(sorted({*base, *new}))


def test_a_merge_that_never_took_its_name_drops_nothing(folder: Path) -> None:
    """Though the file that it was to replace has by chance the size that it would have had."""
    index = tiers(folder)
    index.replace(run_lines(1))
    before = write(folder / "indexes" / NAMES[1], run_lines(2)).read_bytes()
    target = folder / "indexes" / NAMES[0]
    plan = {"target": NAMES[0], "size": target.stat().st_size, "drop": [NAMES[1]]}
    (folder / "indexes" / "merge.json").write_text(json.dumps(plan))
    (folder / "indexes" / f"{NAMES[0]}.part").write_bytes(b"whatever")
    index.mend()
    assert (folder / "indexes" / NAMES[1]).read_bytes() == before
    assert sorted(path.name for path in (folder / "indexes").iterdir()) == sorted(NAMES[:2])


def test_an_index_that_is_prepared_is_seen_once_it_is_published(folder: Path) -> None:
    index = tiers(folder)
    index.replace(run_lines(1))
    write(folder / "indexes" / NAMES[1], run_lines(2))
    prepared = index.prepare(run_lines(3))
    assert list(index.lines()) == sorted(run_lines(1) + run_lines(2))
    index.drop(prepared)
    assert not prepared.part.exists()
    index.publish(index.prepare(run_lines(3)))
    assert list(index.lines()) == sorted(run_lines(3))
    assert [path.name for path in index.paths] == [NAMES[0]]


def test_a_line_with_another_place(tmp_path: Path) -> None:
    fill(tmp_path)
    for line in index_lines(tmp_path):
        place = cdxj.place_of(line + b"\n")
        fields = json.loads(line.split(b" ", 2)[2])
        assert place == (fields["filename"], int(fields["offset"]))
        moved = cdxj.moved(line + b"\n", "other.warc.gz", 12)
        assert moved.split(b" ", 2)[:2] == line.split(b" ", 2)[:2]
        now = json.loads(moved.split(b" ", 2)[2])
        assert list(now.items()) == list((fields | {"offset": "12", "filename": "other.warc.gz"}).items())
    odd = b'test)/ 20260102030405 {"url": "x", "filename": "a.warc.gz", "offset": "5"}\n'
    assert cdxj.place_of(odd) is None
    with pytest.raises(ValueError, match="no place"):
        cdxj.moved(odd, "other.warc.gz", 12)


@given(
    st.lists(
        st.lists(st.binary(min_size=1, max_size=9).map(lambda b: b.replace(b"\n", b"") + b"}\n"), max_size=30),
        max_size=5,
    ),
    st.integers(1, 400),
)
def test_sorted_files_are_merged_in_bounded_stretches(
    tmp_path_factory: pytest.TempPathFactory, runs: list[list[bytes]], in_memory: int
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    paths = [folder / f"{number}" for number in range(len(runs))]
    for path, lines in zip(paths, runs, strict=True):
        path.write_bytes(b"".join(sorted(lines)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cdxj, "IN_MEMORY", in_memory)
        merged = cdxj.merge_runs(paths, folder / "all", Disk())
    expected = sorted({line for lines in runs for line in lines})
    assert (folder / "all").read_bytes() == b"".join(expected)
    assert merged == cdxj.Merged(len(b"".join(expected)), len(expected))
