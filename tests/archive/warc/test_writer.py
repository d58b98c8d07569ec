from __future__ import annotations

import errno
import gzip
import os
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from zlib import crc32

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator

from archive.disk import Disk
from archive.errors import StorageError
from archive.spool import Spool
from archive.sums import Sums
from archive.warc.reader import read_groups, read_records
from archive.warc.records import Record, WarcInfo, answer_id, exchange_records, group_record
from archive.warc.recovery import mend
from archive.warc.writer import Closed, Stored, WarcWriter, name_key
from tests.disks import FailingDisk, RecordingDisk
from tests.making import INFO, TIME, capture_of, drafts, exchange, groups_of, page_group, part, ticking, written


def a_writer(folder: Path, disk: Disk | None = None, warc_size: int = 10**9) -> WarcWriter:
    return WarcWriter(folder, "test", INFO, warc_size=warc_size, disk=disk, clock=ticking())


def ids_in(path: Path) -> list[str]:
    return [str(group[0].header("WARC-Page-ID")) for group in read_groups(path)]


# -------------------------------------------------------------------------------------------------------- files


def test_nothing_written_leaves_no_file(tmp_path: Path) -> None:
    writer = a_writer(tmp_path / "archive")
    writer.sync()
    assert writer.close() is None
    assert not (tmp_path / "archive").exists()


def test_a_file_bears_open_until_it_is_closed(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    stored = writer.append(drafts(page_group()))
    assert [p.name for p in tmp_path.iterdir()] == ["test-20260102030405678-00000-box.warc.gz.open"]
    assert writer.name == stored[0].warc == "test-20260102030405678-00000-box.warc.gz"
    assert writer.close() == stored[0].warc
    assert [p.name for p in tmp_path.iterdir()] == [stored[0].warc]
    (closed,) = writer.take_closed()
    content = (tmp_path / stored[0].warc).read_bytes()
    digest = f"sha256:{sha256(content).hexdigest()}"
    assert closed == Closed(stored[0].warc, Sums(len(content), digest, f"{crc32(content):08x}"))
    assert writer.take_closed() == ()
    assert writer.name is None


def test_warcinfo_comes_first_and_its_id_is_on_every_record(tmp_path: Path) -> None:
    path = written(tmp_path, list(groups_of(2)))
    info, *others = read_records(path, strict=True)
    assert info.type == "warcinfo"
    assert info.header("WARC-Filename") == path.name
    assert info.header("WARC-Warcinfo-ID") is None
    assert len(others) == 8
    assert {record.header("WARC-Warcinfo-ID") for record in others} == {info.record_id}
    assert gzip.decompress(path.read_bytes()).count(b"WARC/1.1\r\n") == 9


def test_what_is_stored_says_where_each_record_lies(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    records = drafts(page_group())
    stored = writer.append(records)
    name = writer.close()
    content = (tmp_path / str(name)).read_bytes()
    assert [s.record_id for s in stored] == [r.record_id for r in records]
    assert stored[0].offset > 0
    for record, one, following in zip(records, stored, [*stored[1:], None], strict=True):
        member = content[one.offset : one.offset + one.length]
        assert record.record_id.encode() in gzip.decompress(member)
        assert one.offset + one.length == (following.offset if following else len(content))


@pytest.mark.parametrize("shift", [timedelta(days=-400), timedelta(0), timedelta(milliseconds=1)])
def test_a_new_name_is_greater_than_every_name_before(tmp_path: Path, shift: timedelta) -> None:
    first = written(tmp_path, list(groups_of(1))).name
    writer = WarcWriter(tmp_path, "another", INFO, clock=ticking(TIME + shift, timedelta(0)))
    names = []
    for group in groups_of(3):
        writer.append(drafts(group))
        names.append(str(writer.close()))
    assert sorted([first, *names], key=name_key) == [first, *names]
    assert len({name_key(n)[:2] for n in [first, *names]}) == 4


def test_names_sort_by_time_then_serial_whatever_the_prefix() -> None:
    names = ["z-20260102030405678-00000-h.warc.gz", "a-b-20260102030405678-00001-h-1.warc.gz.open"]
    assert sorted([*reversed(names), "foreign.warc.gz"], key=name_key) == ["foreign.warc.gz", *names]


def test_the_serial_never_grows_beyond_five_digits(tmp_path: Path) -> None:
    (tmp_path / "test-20260102030405678-99999-box.warc.gz").write_bytes(b"")
    writer = WarcWriter(tmp_path, "test", INFO, clock=ticking())
    writer.append(drafts(page_group()))
    assert writer.close() == "test-20260102030405679-00000-box.warc.gz"


def test_host_and_prefix_cannot_leave_the_folder(tmp_path: Path) -> None:
    info = WarcInfo("s", hostname="../../höst name")
    writer = WarcWriter(tmp_path / "a", "../p/q", info, clock=ticking())
    writer.append(drafts(page_group()))
    assert writer.close() == "p-q-20260102030405678-00000-h-st-name.warc.gz"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_full_file_is_changed_for_a_new_one_between_groups(tmp_path: Path) -> None:
    writer = a_writer(tmp_path, warc_size=3000)
    names = []
    for group in groups_of(8):
        names.append({stored.warc for stored in writer.append(drafts(group))})
        writer.sync()
    writer.close()
    assert all(len(name) == 1 for name in names)
    closed = [each.name for each in writer.take_closed()]
    assert len(closed) > 2
    assert [p.name for p in sorted(tmp_path.iterdir())] == sorted(closed) == closed
    assert [i for name in closed for i in ids_in(tmp_path / name)] == [f"p{n}" for n in range(8)]
    sizes = [(tmp_path / name).stat().st_size for name in closed]
    assert all(size >= 3000 for size in sizes[:-1])


def test_what_is_not_synced_yet_is_not_closed_by_rotation(tmp_path: Path) -> None:
    writer = a_writer(tmp_path, warc_size=10)
    for group in groups_of(3):
        writer.append(drafts(group))
    assert writer.take_closed() == ()
    writer.sync()
    writer.append(drafts(page_group("p9")))
    assert len(writer.take_closed()) == 1
    writer.close()


# --------------------------------------------------------------------------------------------------- durability


def test_sync_is_write_then_file_then_folder(tmp_path: Path) -> None:
    disk = RecordingDisk()
    writer = a_writer(tmp_path, disk)
    for group in groups_of(2):
        writer.append(drafts(group))
    writer.sync()
    disk.mark("told")
    writer.append(drafts(page_group("p2")))
    writer.sync()
    disk.mark("told")
    name = str(writer.close())
    done = [(operation, where) for operation, where in disk.log if operation not in ("flush", "mkdir")]
    compact = [one for number, one in enumerate(done) if one != ("write", name + ".open") or one != done[number - 1]]
    opened = name + ".open"
    assert compact == [
        ("open", opened),
        ("write", opened),
        ("fsync", opened),
        ("fsync_dir", tmp_path.name),
        ("told", ""),
        ("write", opened),
        ("fsync", opened),
        ("told", ""),
        ("rename", name),
        ("fsync_dir", tmp_path.name),
    ]


def test_syncing_twice_costs_once(tmp_path: Path) -> None:
    disk = RecordingDisk()
    writer = a_writer(tmp_path, disk)
    writer.append(drafts(page_group()))
    writer.sync()
    before = len(disk.log)
    writer.sync()
    assert len(disk.log) == before
    writer.close()


# ----------------------------------------------------------------------------------------------------- failures


def run_groups(folder: Path, disk: Disk, count: int = 3, warc_size: int = 10**9) -> list[str]:
    """Appends and syncs groups one by one as an owner would; gives the ids that were told."""
    writer = WarcWriter(folder, "test", INFO, warc_size=warc_size, disk=disk, clock=ticking())
    told = []
    try:
        for group in groups_of(count):
            writer.append(drafts(group))
            writer.sync()
            told.append(group.id)
        writer.close()
    except StorageError:
        writer.abandon()
    return told


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize("warc_size", [10**9, 1000])
@pytest.mark.parametrize("cut", [0, 7])
def test_whatever_fails_what_was_told_is_readable_after_mending(
    tmp_path: Path, stays: bool, warc_size: int, cut: int
) -> None:
    counting = FailingDisk()
    assert len(run_groups(tmp_path / "whole", counting, warc_size=warc_size)) == 3
    failed = 0
    for number in range(counting.changes):
        folder = tmp_path / str(number)
        folder.mkdir()
        told = run_groups(
            folder, FailingDisk(fail_at=number, stays=stays, cut=cut, error=errno.EIO), warc_size=warc_size
        )
        failed += len(told) < 3
        for path in folder.glob("*.open"):
            mend(path, Disk())
        found = [i for path in sorted(folder.iterdir()) for i in ids_in(path)]
        assert found[: len(told)] == told
        assert found == [f"p{n}" for n in range(len(found))]
        for path in folder.iterdir():
            list(read_records(path, strict=True))
    assert failed > 5


@pytest.mark.parametrize("cut", [0, 100])
def test_a_full_disk_takes_the_group_back_and_the_file_goes_on(tmp_path: Path, cut: int) -> None:
    disk = FailingDisk(stays=False, cut=cut, spared=frozenset({"truncate"}))
    writer = a_writer(tmp_path, disk)
    writer.append(drafts(page_group("p0")))
    before = writer.size
    disk.fail_at = disk.changes + 2
    with pytest.raises(StorageError, match="the disk is full"):
        writer.append(drafts(page_group("p1")))
    assert writer.size == before
    writer.append(drafts(page_group("p2")))
    path = tmp_path / str(writer.close())
    assert ids_in(path) == ["p0", "p2"]
    assert len(list(read_records(path, strict=True))) == 9


def test_a_first_file_that_cannot_begin_leaves_nothing(tmp_path: Path) -> None:
    disk = FailingDisk(fail_at=1, stays=False)
    writer = a_writer(tmp_path, disk)
    with pytest.raises(StorageError):
        writer.append(drafts(page_group()))
    assert list(tmp_path.iterdir()) == []
    writer.append(drafts(page_group()))
    assert ids_in(tmp_path / str(writer.close())) == ["p1"]


def test_a_file_that_lost_its_only_group_is_deleted(tmp_path: Path) -> None:
    disk = FailingDisk(stays=False)
    writer = a_writer(tmp_path, disk)
    disk.fail_at = 3
    with pytest.raises(StorageError):
        writer.append(drafts(page_group()))
    assert writer.close() is None
    assert list(tmp_path.iterdir()) == []


def test_a_failed_sync_stops_the_writer_for_good(tmp_path: Path) -> None:
    disk = FailingDisk(stays=False)
    writer = a_writer(tmp_path, disk)
    writer.append(drafts(page_group("p0")))
    writer.sync()
    writer.append(drafts(page_group("p1")))
    disk.fail_at = disk.changes + 1
    with pytest.raises(StorageError):
        writer.sync()
    with pytest.raises(StorageError):
        writer.sync()
    with pytest.raises(StorageError):
        writer.append(drafts(page_group("p2")))
    assert writer.close() is None
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".open")
    assert mend(left, Disk()).groups == 2


def test_rolling_back_takes_what_was_not_synced(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    writer.rollback()
    writer.append(drafts(page_group("p0")))
    writer.sync()
    writer.append(drafts(page_group("p1")))
    writer.append(drafts(page_group("p2")))
    writer.rollback()
    writer.append(drafts(page_group("p3")))
    path = tmp_path / str(writer.close())
    assert ids_in(path) == ["p0", "p3"]
    writer.append(drafts(page_group("p4")))
    writer.rollback()
    assert writer.close() is None
    assert list(tmp_path.iterdir()) == [path]


def test_a_failing_body_takes_the_group_back(tmp_path: Path) -> None:
    class Gone(Spool):
        def open(self):  # type: ignore[no-untyped-def]
            raise OSError(errno.EIO, "gone")

    writer = a_writer(tmp_path)
    writer.append(drafts(page_group("p0")))
    before = writer.size
    records = drafts(page_group("p1"))
    body = Gone()
    body.write(b"x")
    bad = Record("resource", records[0].record_id, records[0].headers, body=body)
    with pytest.raises(StorageError, match="a body waiting to be stored: the disk failed"):
        writer.append([records[0], bad])
    assert writer.size == before
    writer.close()


# ------------------------------------------------------------------------------------------- other tools agree


def a_rich_file(folder: Path) -> tuple[Path, list[Record]]:
    head = (
        b"HTTP/1.1 200 \r\nsErVer:  x \r\n\tfolded\r\nTransfer-Encoding: chunked\r\nX-Empty:\r\n"
        b"Set-Cookie: a=\xe9\r\nSet-Cookie: b\r\n\r\n"
    )
    page = exchange("https://news.test/a?", b"<p>" + b"body " * 500, head=head)
    asset = exchange("https://cdn.test/%7Ex.png", bytes(range(256)) * 2000, head=b"HTTP/1.0 404 No\r\n\r\n")
    empty = exchange("https://news.test/empty", b"")
    first = drafts(page_group("p0", [part(page), part(asset), part(empty)]))
    original = capture_of(first[1], Stored(first[1].record_id, "x", 0, 0))
    later = {"time": TIME + timedelta(days=1)}
    same = exchange("https://news.test/b", b"<p>" + b"body " * 500, **later)
    unchanged = part(
        exchange("https://news.test/a?", b"", status=304, head=b"HTTP/1.1 304 Not Modified\r\n\r\n", **later),
        unchanged_from=original,
    )
    revisit = exchange_records(part(same), "p1", original)
    confirmed = exchange_records(unchanged, "p1")
    group = page_group("p1", [part(same), unchanged])
    told = list(zip(group.parts, [answer_id(revisit), answer_id(confirmed)], strict=True))
    second = [*revisit, *confirmed, group_record(group, told)]
    writer = a_writer(folder)
    writer.append(first)
    writer.append(second)
    return folder / str(writer.close()), [*first, *second]


def test_warcio_reads_the_very_bytes(tmp_path: Path) -> None:
    path, records = a_rich_file(tmp_path)
    with path.open("rb") as file:
        seen = []
        for read in ArchiveIterator(file, no_record_parse=True):
            seen.append((read.rec_headers.get_header("WARC-Record-ID"), read.rec_type, read.raw_stream.read()))
    assert seen[1:] == [(r.record_id, r.type, r.http_head + r.payload_bytes()) for r in records]
    with path.open("rb") as file:
        for read in ArchiveIterator(file, check_digests="raise"):
            read.content_stream().read()
            assert read.rec_headers.protocol == "WARC/1.1"
            assert read.digest_checker.passed is not False


def test_fastwarc_reads_the_very_bytes(tmp_path: Path) -> None:
    path, records = a_rich_file(tmp_path)
    with path.open("rb") as file:
        read = [(r.verify_block_digest(), r.record_id, r.reader.read()) for r in FastIterator(file, parse_http=False)]
        ids = [(i, body) for _, i, body in read]
    assert all(right for right, _, _ in read)
    assert ids[1:] == [(r.record_id, r.http_head + r.payload_bytes()) for r in records]
    with path.open("rb") as file:
        for one in FastIterator(file, parse_http=True):
            if one.headers["WARC-Type"] == "response":
                assert one.verify_payload_digest(), one.record_id


def test_warcio_check_passes(tmp_path: Path) -> None:
    path, _ = a_rich_file(tmp_path)
    command = [str(Path(sys.executable).with_name("warcio")), "check", "-v", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail" not in done.stdout
    assert done.stdout.count("digest pass") == 12


def test_gunzip_passes(tmp_path: Path) -> None:
    path, _ = a_rich_file(tmp_path)
    assert subprocess.run(["gzip", "-t", str(path)], check=False).returncode == 0


# --------------------------------------------------------------------------------------------------- big bodies


def test_a_big_body_passes_through_in_small_memory(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    piece = bytes(range(256)) * 4096
    for _ in range(64):
        spool.write(piece)
    spool.finish()
    group = page_group(parts=[part(exchange(body=spool))])
    writer = a_writer(tmp_path / "archive")
    tracemalloc.start()
    try:
        writer.append(drafts(group))
        path = tmp_path / "archive" / str(writer.close())
        records = list(read_records(path, strict=True))
        with records[2].payload() as reader:
            size = 0
            while data := reader.read(1 << 16):
                size += len(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size == 64 * len(piece)
    assert peak < 8 << 20


def test_what_is_compressed_already_is_stored_and_the_rest_compressed(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    random = os.urandom(100_000)
    group = page_group(parts=[part(exchange(body=random)), part(exchange(body=b"<p>text" * 20_000))])
    stored = writer.append(drafts(group))
    path = tmp_path / str(writer.close())
    assert 100_000 < stored[1].length < 101_000
    assert stored[3].length < 2_000
    assert [r.payload_bytes() for r in read_records(path, strict=True)][2] == random


def test_the_clock_gives_the_name_in_utc(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, "t", INFO, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    writer.append(drafts(page_group()))
    assert writer.close() == "t-20260101000000000-00000-box.warc.gz"
