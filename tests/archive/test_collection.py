"""The collection as the rest of the program uses it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from archive.collection import ArchiveSettings, Collection
from archive.errors import DamageError, LockedError, NotKeptError, StorageError, UsageError, WarcError
from archive.models import Link, PageRow, VerdictKind
from archive.rebuild import rebuild
from archive.spool import Spool
from archive.warc.reader import read_records
from tests.archive.collecting import (
    OLD,
    PICTURE,
    PICTURE_BYTES,
    RUN,
    STORY,
    Clock,
    article,
    asset,
    bad_asset,
    fill,
    folder_of,
    group,
    hop,
    index_lines,
    known,
    not_modified,
    opened,
    page,
    page_lines,
    robots,
    settings,
    silent,
)
from tests.disks import FailingDisk, RecordingDisk
from tests.making import TIME, page_group

T = TypeVar("T")


def kept(root: Path) -> PageRow:
    with opened(root) as collection:
        return collection.commit(group("p1", 1, [page(1, b"<p>one</p>"), asset(2)], article=article())).result(30)


def test_a_commit_gives_the_row(tmp_path: Path) -> None:
    row = kept(tmp_path)
    assert row.verdict is VerdictKind.ARTICLE
    assert (row.title, row.authors, row.words, row.requisites) == ("A quiet day", ("Ann Bee",), 5, 1)
    assert row.captured_at == TIME + timedelta(seconds=1)
    folder = folder_of(tmp_path)
    assert row.text is not None
    assert row.warc is not None
    assert (folder / row.text).read_text().endswith(f"Original url:\n\n<{STORY}>")
    record = next(r for r in read_records(folder / row.warc, strict=True) if r.offset == row.offset)
    assert record.type == "response"
    assert record.header("WARC-Payload-Digest") == row.digest
    beside = json.loads((folder / row.text).with_suffix(".json").read_text())
    assert beside["record"]["offset"] == row.offset
    assert beside["record"]["id"] == record.record_id
    assert beside["digests"]["payload"] == row.digest
    assert beside["addresses"] == {"asked": STORY, "final": STORY, "original": STORY}
    assert beside["article"]["title"] == "A quiet day"


def test_a_run_that_keeps_nothing_leaves_no_warc_file(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert not list(folder_of(tmp_path).rglob("*.warc.gz*"))
    assert not list((folder_of(tmp_path) / "indexes").iterdir())


def test_durable_before_told(tmp_path: Path) -> None:
    """Of each address: its records are written, the file synced, its folder synced, and then it is told."""
    disk = RecordingDisk()
    with opened(tmp_path, disk=disk) as collection:
        for number in range(8):
            url = f"https://news.test/{number}"
            parts = [page(number, f"<p>{number}</p>".encode(), url), asset(number)]
            kind = VerdictKind.ARTICLE if number % 3 else VerdictKind.GONE
            future = collection.commit(group(f"p{number}", number, parts, kind, article=article(url=url)))
            future.add_done_callback(lambda _, number=number: disk.mark("told", str(number)))  # type: ignore[misc]
            row = future.result(30)
            assert row.warc is not None
            name = row.warc.partition("/")[2] + ".open"
            told = disk.log.index(("told", str(number)))
            before = disk.log[:told]
            last_write = max(i for i, entry in enumerate(before) if entry == ("write", name))
            last_sync = max(i for i, entry in enumerate(before) if entry == ("fsync", name))
            made = before.index(("open", name))
            folder_synced = before.index(("fsync_dir", row.warc.partition("/")[0]), made)
            assert last_write < last_sync
            assert made < folder_synced
            assert not any(entry[0] == "write" and entry[1] == name for entry in before[last_sync:])


def test_new_folders_are_on_the_medium_too(tmp_path: Path) -> None:
    disk = RecordingDisk()
    opened(tmp_path / "deep" / "root", disk=disk).close()
    for name in (tmp_path.name, "deep", "root", "collections", "main"):
        assert ("fsync_dir", name) in disk.log
    assert disk.log.index(("fsync_dir", "main")) > disk.log.index(("mkdir", "archive"))
    again = RecordingDisk()
    opened(tmp_path / "deep" / "root", disk=again).close()
    assert not [entry for entry in again.log if entry[0] in ("mkdir", "fsync_dir") and entry[1] == "collections"]


def test_groups_that_wait_share_one_sync(tmp_path: Path) -> None:
    gate = threading.Event()

    class Slow(RecordingDisk):
        def seam(self, operation: str, path: Path, action: Callable[[], T]) -> T:
            if operation == "open" and path.name.endswith(".open"):
                gate.wait(30)
            return super().seam(operation, path, action)

    disk = Slow()
    with opened(tmp_path, disk=disk) as collection:
        futures = [
            collection.commit(group(f"p{n}", n, [page(n, f"<p>{n}</p>".encode(), f"https://news.test/{n}")]))
            for n in range(20)
        ]
        gate.set()
        rows = [future.result(30) for future in futures]
        syncs = [name for operation, name in disk.log if operation == "fsync" and name.endswith(".open")]
        assert len(syncs) <= 2
    assert [row.page_id for row in rows] == [f"p{n}" for n in range(20)]


def test_many_threads_commit_and_look_up(tmp_path: Path) -> None:
    futures: dict[str, Future[PageRow]] = {}

    def work(collection: Collection, number: int) -> None:
        for n in range(10):
            name = f"{number}-{n}"
            url = f"https://h{number}.test/{n}"
            body = f"<p>{name}</p>".encode() * 100
            future = collection.commit(group(name, n, [page(n, body, url)], article=article(name, url)))
            futures[name] = future
            assert future.result(60).page_id == name
            found = collection.known_page(url)
            assert found is not None
            assert found[0].page_id == name

    with opened(tmp_path) as collection:
        threads = [threading.Thread(target=work, args=(collection, number)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(futures) == 80
    assert len(page_lines(tmp_path)) == 80
    assert len(index_lines(tmp_path)) == 240


def test_what_waits_when_it_is_closed_is_committed(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        futures = [collection.commit(group(f"p{n}", n, [page(n, b"x", f"https://news.test/{n}")])) for n in range(150)]
    assert {future.result(0).page_id for future in futures} == {f"p{n}" for n in range(150)}
    with pytest.raises(StorageError, match="closed"):
        collection.commit(group("late", 1, [page(1, b"x")])).result(1)


# ------------------------------------------------------------------------------------------------------- the lock


def test_one_writer_at_a_time_readers_any(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        collection.commit(group("p1", 1, [page(1, b"<p>one</p>")])).result(30)
        with pytest.raises(LockedError, match=r"process \d+"):
            opened(tmp_path)
        with Collection.open(settings(tmp_path), None) as reader:
            assert reader.find(STORY) is not None
            with pytest.raises(StorageError, match="to read"):
                reader.commit(group("p2", 1, [page(1, b"x")]))
    opened(tmp_path).close()


@pytest.mark.promise("runs", each="cases")
def test_the_lock_of_a_dead_process_is_none(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\n"
        "from archive.collection import ArchiveSettings, Collection, RunInfo\n"
        "c = Collection.open(ArchiveSettings(root=pathlib.Path(sys.argv[1])), RunInfo('x', 'x', 'obey'))\n"
        "os._exit(9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=60)
    assert done.returncode == 9
    opened(tmp_path).close()


def test_collections_are_apart_and_their_names_are_names(tmp_path: Path) -> None:
    with opened(tmp_path), opened(tmp_path, collection="other") as other:
        assert other.path == tmp_path / "collections" / "other"
    for name in ("", "..", "a/b", ".hidden", "/etc"):
        with pytest.raises(UsageError):
            Collection.open(ArchiveSettings(root=tmp_path, collection=name), RUN)


def test_a_collection_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotKeptError, match="tearsheet fetch"):
        Collection.open(settings(tmp_path), None)
    with Collection.open(settings(tmp_path), None, missing_ok=True) as empty:
        assert empty.find(STORY) is None
        assert empty.known_page(STORY) is None
        assert empty.known_asset(PICTURE) is None
        assert list(empty.pages()) == []
        assert list(empty.search("x")) == []
        assert empty.stats() == {}
    assert not folder_of(tmp_path).exists()


def test_a_catalog_that_cannot_be_read_says_what_mends_it(tmp_path: Path) -> None:
    kept(tmp_path)
    path = folder_of(tmp_path) / "catalog.sqlite"
    path.write_bytes(b"no database" * 1000)
    for run in (None, RUN):
        with pytest.raises(DamageError, match="tearsheet rebuild"):
            Collection.open(settings(tmp_path), run)
    path.unlink()
    with pytest.raises(DamageError, match="tearsheet rebuild"):
        Collection.open(settings(tmp_path), None)


def test_tmp_is_emptied(tmp_path: Path) -> None:
    tmp = folder_of(tmp_path) / "tmp"
    (tmp / "deep").mkdir(parents=True)
    (tmp / "tearsheet-x.body").write_bytes(b"left")
    (tmp / "deep" / "file").write_bytes(b"left")
    with opened(tmp_path) as collection:
        assert collection.tmp == tmp
        assert list(tmp.iterdir()) == []


# ------------------------------------------------------------------------------------------------------- failures


def test_a_full_disk_fails_this_and_all_later_commits(tmp_path: Path) -> None:
    kept(tmp_path)
    disk = FailingDisk()
    collection = opened(tmp_path, disk=disk)
    disk.fail_at = disk.changes + 3
    first = collection.commit(group("p2", 3, [page(3, b"<p>two</p>", "https://news.test/2")]))
    with pytest.raises(StorageError, match="the disk is full"):
        first.result(30)
    disk.fail_at = -1
    with pytest.raises(StorageError, match="the disk is full"):
        collection.commit(group("p3", 4, [page(4, b"x", "https://news.test/3")])).result(30)
    with pytest.raises(StorageError, match="the disk is full"):
        collection.close()
    with opened(tmp_path) as again:
        assert again.find("https://news.test/2") is None
        assert again.find(STORY) is not None
        again.commit(group("p3", 4, [page(4, b"x", "https://news.test/3")])).result(30)


def test_a_group_that_contradicts_itself_fails_alone(tmp_path: Path) -> None:
    class Wrong(Spool):
        @property
        def digest(self) -> str:
            raise ValueError("no digest")

    with opened(tmp_path) as collection:
        bad = group("bad", 1, [asset(1), page(1, Wrong())])  # type: ignore[arg-type]
        good = group("good", 2, [asset(2), page(2, b"<p>fine</p>")])
        futures = [collection.commit(bad), collection.commit(good)]
        with pytest.raises(ValueError, match="no digest"):
            futures[0].result(30)
        assert futures[1].result(30).page_id == "good"
        picture = collection.known_asset(PICTURE)
        assert picture is not None
        assert picture.page_id == "good"
        assert collection.read(picture).payload().read() == PICTURE_BYTES


# ------------------------------------------------------------------------------------------------------- look-ups


def test_known_page_by_asked_final_and_tracked_addresses(tmp_path: Path) -> None:
    head = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nLast-Modified: Fri, 02 Jan 2026 03:04:05 GMT\r\n\r\n'
    with opened(tmp_path) as collection:
        parts = [hop(1), page(2, b"<p>one</p>", head=head)]
        collection.commit(group("p1", 1, parts, article=article(url="https://news.test/canonical"))).result(30)
        for url in (OLD, STORY, OLD + "?utm_source=x", STORY + "#part", STORY + "?fbclid=1"):
            found = collection.known_page(url)
            assert found is not None, url
            assert found[0].page_id == "p1"
        row, capture = collection.known_page(STORY) or pytest.fail("not known")
        assert (capture.etag, capture.last_modified) == ('"1"', "Fri, 02 Jan 2026 03:04:05 GMT")
        assert capture == collection.capture_of(row)
        # Another address answered: its validators say nothing about this one.
        assert (collection.known_page(OLD) or pytest.fail("not known"))[1].etag is None
        assert collection.find("https://news.test/canonical") == row
        assert collection.known_page("https://news.test/other") is None


def test_what_failed_is_found_but_not_known(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        row = collection.commit(group("p1", 1, [silent(1)], VerdictKind.UNREACHABLE)).result(30)
        assert collection.known_page(STORY) is None
        assert collection.find(STORY) == row
        assert row.warc is not None
        assert row.warc.startswith("quarantine/")
        assert row.status is None
        assert collection.capture_of(row) is None
        good = collection.commit(group("p2", 2, [page(2, b"<p>one</p>")])).result(30)
        late = collection.commit(group("p3", 3, [silent(3)], VerdictKind.UNREACHABLE)).result(30)
        assert collection.find(STORY) == good
        assert (collection.known_page(STORY) or pytest.fail("not known"))[0] == good
        assert [r.page_id for r in collection.pages()] == ["p3", "p2", "p1"]
        assert [r.page_id for r in collection.pages(kept=False)] == ["p3", "p1"]
        assert [r.page_id for r in collection.pages(verdict="article")] == ["p2"]
        assert [r.page_id for r in collection.pages(host="NEWS.test", limit=1)] == ["p3"]
        assert list(collection.pages(host="other.test")) == []
        assert late.attempts == 1


def test_unchanged_takes_over_what_was_read_before(tmp_path: Path) -> None:
    row = kept(tmp_path)
    with opened(tmp_path) as collection:
        again = group("p2", 9, [not_modified(9, known(collection))], VerdictKind.UNCHANGED)
        unchanged = collection.commit(again).result(30)
        assert unchanged.verdict is VerdictKind.UNCHANGED
        assert (unchanged.title, unchanged.authors, unchanged.words) == (row.title, row.authors, row.words)
        assert (unchanged.text, unchanged.original_url) == (row.text, row.original_url)
        assert unchanged.digest == row.digest
        assert collection.text_of(unchanged) == collection.text_of(row)
        capture = known(collection)
        assert (capture.record_type, capture.status, capture.etag) == ("revisit", 304, '"2"')
        answer = collection.read(capture)
        with answer.payload() as payload:
            assert payload.read() == b"<p>one</p>"
        assert dict(answer.http_headers())["Content-Type"] == "text/html; charset=utf-8"
        # The revisit of a revisit names the original response.
        third = collection.commit(group("p3", 12, [not_modified(12, capture)], VerdictKind.UNCHANGED)).result(30)
        assert third.title == row.title
        refers = {c.refers_to for p in ("p2", "p3") for c in collection.captures(p)}
        assert refers == {c.record_id for c in collection.captures("p1") if c.role == "page"}
    assert [line["id"] for line in page_lines(tmp_path)] == ["p1", "p2", "p3"]
    assert [("text" in line) for line in page_lines(tmp_path)] == [True, False, False]


def test_reading_what_is_gone_or_another(tmp_path: Path) -> None:
    row = kept(tmp_path)
    with Collection.open(settings(tmp_path), None) as collection:
        capture = collection.capture_of(row)
        assert capture is not None
        other = next(c for c in collection.captures("p1") if c.role == "asset")
        with pytest.raises(WarcError, match="another record"):
            collection.read(replace(capture, offset=other.offset))
        (folder_of(tmp_path) / str(row.warc)).unlink()
        with pytest.raises(WarcError, match="missing"):
            collection.read(capture)


def test_a_text_file_that_is_gone_is_read_from_the_warc_file(tmp_path: Path) -> None:
    row = kept(tmp_path)
    assert row.text is not None
    with Collection.open(settings(tmp_path), None) as collection:
        before = collection.text_of(row)
        (folder_of(tmp_path) / row.text).unlink()
        assert collection.text_of(row) == before


def test_stats(tmp_path: Path) -> None:
    fill(tmp_path)
    with Collection.open(settings(tmp_path), None) as collection:
        stats = collection.stats()
    assert (stats["pages"], stats["failed"], stats["articles"], stats["text_versions"]) == (8, 3, 2, 4)
    assert stats["verdicts"]["article"] == 5
    assert stats["hosts"] == {"news.test": 7, "b.test": 1}
    assert stats["warc_files"] == 2
    assert stats["warc_bytes"] == sum(p.stat().st_size for p in (folder_of(tmp_path) / "archive").iterdir())
    assert stats["last_capture"] == "2026-01-02T03:04:33Z"


def test_an_address_that_asked_for_nothing_still_has_a_row(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        empty = page_group("p1", (), link=Link("https://news.test/x"))
        row = collection.commit(empty).result(30)
        assert row.final_url == "https://news.test/x"
        assert collection.find("https://news.test/x") == row


# ------------------------------------------------------------------------------------------------------- rotation


def test_files_are_closed_at_their_size_and_indexed_then(tmp_path: Path) -> None:
    with opened(tmp_path, warc_size=2000) as collection:
        for n in range(6):
            url = f"https://news.test/{n}"
            collection.commit(group(f"p{n}", n, [page(n, bytes(range(256)) * 4, url)], article=article(str(n), url)))
            collection.commit(group(f"g{n}", n, [robots(n)], VerdictKind.GONE)).result(30)
        collection.commit(group("last", 9, [page(9, b"last")])).result(30)
        closed = sorted((folder_of(tmp_path) / "archive").glob("*.warc.gz"))
        assert len(closed) >= 3
        names = {json.loads(line.split(b" ", 2)[2])["filename"] for line in index_lines(tmp_path)}
        assert names == {path.name for path in closed}
        assert "last" not in {line["id"] for line in page_lines(tmp_path)}
    assert "last" in {line["id"] for line in page_lines(tmp_path)}


def test_a_bad_picture_goes_aside_and_the_good_one_stays_the_latest(tmp_path: Path) -> None:
    kept(tmp_path)
    with opened(tmp_path) as collection:
        parts = [page(5, b"<p>new</p>"), bad_asset(6), bad_asset(6, "https://news.test/never.png")]
        row = collection.commit(group("p2", 5, parts, article=article())).result(30)
        assert row.requisites == 0
        found = collection.known_asset(PICTURE)
        assert found is not None
        assert found.page_id == "p1"
        folders = {c.url: c.folder for c in collection.captures("p2")}
        assert folders[PICTURE] == "quarantine"
        assert folders["https://news.test/never.png"] == "archive"
        asked = [STORY, PICTURE, "https://news.test/never.png", "https://news.test/nowhere.png"]
        assert (
            collection.known_among(asked) == {url for url in asked if collection.known_asset(url)} == {STORY, PICTURE}
        )
    assert not any(b'"404"' in line and PICTURE.encode() in line for line in index_lines(tmp_path))


def test_clock_that_goes_back(tmp_path: Path) -> None:
    for number in range(3):
        with opened(tmp_path, clock=Clock(TIME - timedelta(days=number))) as collection:
            collection.commit(group(f"p{number}", 9 - number, [page(9 - number, b"x" * number)])).result(30)
    names = [path.name for path in sorted((folder_of(tmp_path) / "archive").iterdir())]
    assert len(names) == 3
    opened(tmp_path).close()
    assert len(page_lines(tmp_path)) == 3


def test_a_reader_that_stays_sees_what_comes(tmp_path: Path) -> None:
    kept(tmp_path)
    later = Clock(TIME + timedelta(seconds=60))
    with Collection.open(settings(tmp_path), None) as reader, opened(tmp_path, clock=later) as writer:
        row = writer.commit(group("p2", 60, [page(60, b"<p>two</p>")], article=article("Two."))).result(30)
        # Beside the run, whose file is still open, and after it.
        for _ in range(2):
            found = reader.find(STORY)
            assert found is not None
            assert (found.page_id, reader.text_of(found)) == ("p2", writer.text_of(row))
            capture = reader.capture_of(found)
            assert capture is not None
            with reader.read(capture).payload() as payload:
                assert payload.read() == b"<p>two</p>"
            writer.close()


def test_a_reader_that_stays_takes_a_catalog_that_was_made_again(tmp_path: Path) -> None:
    kept(tmp_path)
    with Collection.open(settings(tmp_path), None) as reader:
        assert reader.find(STORY) is not None
        rebuild(settings(tmp_path))
        with opened(tmp_path, clock=Clock(TIME + timedelta(seconds=60))) as writer:
            writer.commit(group("p2", 60, [page(60, b"<p>two</p>")], article=article("Two."))).result(30)
        found = reader.find(STORY)
        assert found is not None
        assert found.page_id == "p2"
        # While none is there, what was known stays known.
        catalog = folder_of(tmp_path) / "catalog.sqlite"
        catalog.rename(catalog.with_name("aside"))
        assert reader.find(STORY) == found
