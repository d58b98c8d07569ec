"""A collection whose WARC files go to object storage, a real S3 server: what is told, read and made again."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archive import excluding, mounts, purging
from archive.collection import Collection
from archive.errors import StorageError, UsageError
from archive.fixity import Watch, verify_collection
from archive.pack import Run, limits_of, pack
from archive.rebuild import rebuild
from archive.repairing import Asked, repair
from scraper.storing import mount
from tests.archive.collecting import article, fill, folder_of, group, opened, page, settings
from tests.archive.storing import QUICK, STORY, commit, local, made_of, stored
from tests.disks import QuickDisk
from tests.stores import Bucket, Request, Trouble


def test_a_file_is_there_before_its_page_is_told(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    with opened(tmp_path, disk=QuickDisk()) as collection:
        row = collection.commit(group("p1", 1, [page(1, b"<p>one</p>")], article=article())).result(60)
        assert row.warc in bucket.names()
        path = folder_of(tmp_path) / str(row.warc)
        assert bucket.get(str(row.warc)) == path.read_bytes()
    assert {"manifest.jsonl", str(row.warc)} == set(bucket.names())
    assert bucket.get("manifest.jsonl") == (folder_of(tmp_path) / "manifest.jsonl").read_bytes()


def test_pages_that_come_while_a_file_goes_up_share_the_next_one(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    going, on = threading.Event(), threading.Event()

    def slow(asked: Request) -> Trouble | None:
        if asked.method == "PUT" and not going.is_set():
            going.set()
            on.wait(60)
        return None

    bucket.proxy.trouble = slow
    with opened(tmp_path, disk=QuickDisk()) as collection:
        groups = [group(f"p{n}", n, [page(n, b"<p>%d</p>" % n, f"{STORY}{n}")]) for n in range(12)]
        first = collection.commit(groups[0])
        assert going.wait(60)
        others = [collection.commit(each) for each in groups[1:]]
        with pytest.raises(TimeoutError):
            others[0].result(0.01)
        on.set()
        files = {str(each.result(60).warc) for each in [first, *others]}
    assert len(files) == 2
    assert files < set(bucket.names())


@pytest.mark.parametrize("arrives", [True, False])
def test_a_page_that_is_on_its_way_is_not_told_kept_to_others(tmp_path: Path, bucket: Bucket, arrives: bool) -> None:
    stored(tmp_path, bucket)
    going, on = threading.Event(), threading.Event()

    def slow(asked: Request) -> Trouble | None:
        if asked.method != "PUT":
            return None
        going.set()
        on.wait(60)
        return None if arrives else Trouble(status=403, code="AccessDenied")

    bucket.proxy.trouble = slow
    collection = opened(tmp_path, disk=QuickDisk())
    first = collection.commit(group("p1", 1, [page(1, b"<p>1</p>", STORY)]))
    assert going.wait(60)
    known = collection.known_page(STORY)
    assert known is not None
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(collection.stays, known[0])
        with pytest.raises(TimeoutError):
            told.result(0.01)
        on.set()
        if arrives:
            told.result(60)
            first.result(60)
            collection.close()
            assert first.result().warc in bucket.names()
        else:
            for waiting in (told, first):
                with pytest.raises(StorageError):
                    waiting.result(60)
            with pytest.raises(StorageError):
                collection.close()


def test_what_is_not_kept_is_told_at_once_and_goes_up_at_the_end(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    rows = fill(tmp_path, disk=QuickDisk())
    assert any(row.warc and row.warc.startswith("quarantine/") for row in rows)
    there = set(bucket.names())
    assert {row.warc for row in rows if row.warc} <= there
    here = {f"{kind}/{path.name}" for kind in mounts.KINDS for path in (folder_of(tmp_path) / kind).iterdir()}
    assert here == there - {"manifest.jsonl"}


def test_without_local_files_all_is_read_from_the_store(tmp_path: Path, bucket: Bucket) -> None:
    made = stored(tmp_path / "far", bucket, keep_local=False)
    fill(tmp_path / "far", disk=QuickDisk())
    assert local(tmp_path / "far") == []
    with opened(tmp_path / "far", disk=QuickDisk()) as collection, collection:
        found = collection.known_page("https://news.test/story")
        assert found is not None
        with collection.read(found[1]).payload() as payload:
            assert payload.read()
    report = verify_collection(folder_of(tmp_path / "far"), Watch())
    assert report.bad == [], report.bad
    assert report.files == len(bucket.names()) - 1
    before = made_of(tmp_path / "far")
    assert not rebuild(made, QuickDisk()).damage
    assert made_of(tmp_path / "far") == before


def test_a_fresh_machine_rebuilds_the_collection_from_the_store_alone(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path / "old", bucket)
    fill(tmp_path / "old", disk=QuickDisk())
    before = made_of(tmp_path / "old")
    shutil.rmtree(tmp_path / "old")
    made = stored(tmp_path / "new", bucket, keep_local=False)
    report = rebuild(made, QuickDisk())
    assert not report.damage
    assert made_of(tmp_path / "new") == before
    assert (folder_of(tmp_path / "new") / "manifest.jsonl").read_bytes() == bucket.get("manifest.jsonl")
    assert verify_collection(folder_of(tmp_path / "new"), Watch()).bad == []
    names = bucket.names()
    commit(tmp_path / "new", 9)
    assert set(names) < set(bucket.names())


def test_a_run_on_a_fresh_machine_first_brings_in_what_the_store_has(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path / "old", bucket)
    commit(tmp_path / "old", 1)
    stored(tmp_path / "new", bucket)
    commit(tmp_path / "new", 2)
    with Collection.open(settings(tmp_path / "new"), None) as collection:
        assert {row.page_id for row in collection.pages()} == {"p1", "p2"}
    assert len([name for name in bucket.names() if name.startswith("archive/")]) == 2


def test_one_look_up_asks_for_one_range(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket, keep_local=False)
    with opened(tmp_path, disk=QuickDisk()) as collection:
        for number in range(3):
            body = hashlib.sha256(b"%d" % number).hexdigest().encode() * 20_000
            collection.commit(group(f"p{number}", number, [page(number, body, f"{STORY}{number}")])).result(60)
    with Collection.open(settings(tmp_path), None) as collection:
        capture = collection.known_page(f"{STORY}1")
        assert capture is not None
        with collection.read(capture[1]).payload() as payload:
            payload.read()
        bucket.proxy.asked.clear()
        with collection.read(capture[1]).payload() as payload:
            payload.read()
    assert {each.method for each in bucket.proxy.asked} == {"GET"}
    assert all(each.range for each in bucket.proxy.asked)
    assert len(bucket.proxy.asked) <= 4


def test_files_of_before_go_up_and_then_may_leave(tmp_path: Path, bucket: Bucket) -> None:
    fill(tmp_path, disk=QuickDisk())
    here = local(tmp_path)
    stored(tmp_path, bucket)
    commit(tmp_path, 77, clock=None)
    assert {f"archive/{name}" for name in here} < set(bucket.names())
    stored(tmp_path, bucket, keep_local=False)
    with opened(tmp_path, disk=QuickDisk()):
        pass
    assert local(tmp_path) == []
    assert verify_collection(folder_of(tmp_path), Watch(workers=1)).bad == []


def test_names_are_never_used_again(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket, keep_local=False)
    for number in range(3):
        # Each time the clock begins anew: with no file left here, the catalog must know the names.
        commit(tmp_path, number)
    assert len([name for name in bucket.names() if name.startswith("archive/")]) == 3


def test_commands_that_change_files_are_refused(tmp_path: Path, bucket: Bucket) -> None:
    made = stored(tmp_path, bucket)
    commit(tmp_path, 1)
    before = {name: bucket.get(name) for name in bucket.names()}
    commands: dict[str, Callable[[], object]] = {
        "pack": lambda: pack(made, limits_of(made), Run("tests")),
        "repair": lambda: repair(folder_of(tmp_path), Asked((), False)),
        "exclude --purge": lambda: purging.purge(folder_of(tmp_path), purging.Asked((), "tests"), excluding.Run()),
    }
    for command, run in commands.items():
        with pytest.raises(UsageError, match=f"{command} changes closed files.*s3://press/papers"):
            run()
    assert {name: bucket.get(name) for name in bucket.names()} == before


@pytest.mark.parametrize("scheme", ["memory", "file"])
def test_other_stores(tmp_path: Path, scheme: str) -> None:
    pytest.importorskip("fsspec")
    url = f"memory://{tmp_path.name}" if scheme == "memory" else f"file://{tmp_path}/far"
    made = settings(tmp_path / "here", store=url, keep_local=False)
    mount(made, QUICK)
    try:
        fill(tmp_path / "here", disk=QuickDisk())
        assert local(tmp_path / "here") == []
        assert verify_collection(folder_of(tmp_path / "here"), Watch(workers=1)).bad == []
        before = made_of(tmp_path / "here")
        shutil.rmtree(tmp_path / "here")
        rebuild(made, QuickDisk())
        assert made_of(tmp_path / "here") == before
    finally:
        mounts.unmount(folder_of(tmp_path / "here"))
