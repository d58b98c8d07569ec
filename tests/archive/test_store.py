"""A collection whose WARC files go to object storage: a real S3 server, with a proxy before it that makes trouble."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archive import excluding, mounts, purging
from archive.collection import ArchiveSettings, Collection
from archive.errors import StorageError, UsageError
from archive.fixity import Watch, verify_collection
from archive.pack import Run, limits_of, pack
from archive.ranges import Remote
from archive.rebuild import rebuild
from archive.repairing import Asked, repair
from archive.store import PART, ConflictError, Store, Waits, digests_of, harmless_words
from scraper.storing import mount
from tests.archive.collecting import article, derived, fill, folder_of, group, opened, page, settings
from tests.disks import QuickDisk
from tests.stores import KEY, SECRET, Bucket, Request, Trouble, s3

QUICK = Waits(tries=4, first=0, longest=0, sleep=lambda seconds: None)
STORY = "https://news.test/s"


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    with s3() as bucket:
        yield bucket


@pytest.fixture
def bucket(server: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    for name in server.names(""):
        server.ask("DELETE", f"/press/{name}")
    server.proxy.asked.clear()
    server.proxy.trouble = lambda asked: None
    before = dict(mounts._mounted)
    yield server
    mounts._mounted.clear()
    mounts._mounted.update(before)


def stored(root: Path, bucket: Bucket, *, keep_local: bool = True, **more: Any) -> ArchiveSettings:
    """Settings of a collection with a store, which is mounted."""
    made = settings(root, store=bucket.url, keep_local=keep_local)
    mount(made, QUICK, **more)
    return made


def store_of(root: Path) -> Store:
    found = mounts.store_of(folder_of(root))
    assert found is not None
    return found


def commit(root: Path, number: int, **more: Any) -> None:
    with opened(root, disk=QuickDisk(), **more) as collection:
        url = f"{STORY}{number}"
        one = group(f"p{number}", number, [page(number, b"<p>%d</p>" % number, url)], article=article(url=url))
        collection.commit(one).result(60)


def made_of(root: Path) -> dict[str, Any]:
    """What is derived, but for what the catalog remembers of sending."""
    found = derived(root)
    del found["catalog"]["state"]
    return found


def local(root: Path) -> list[str]:
    return sorted(path.name for path in (folder_of(root) / "archive").iterdir())


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


# ------------------------------------------------------------------------------------------------ trouble


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=503, code="SlowDown"),
        Trouble(status=500, code="InternalError"),
        Trouble(deaf=True),
        Trouble(cut=0),
    ],
    ids=["slow down", "server error", "answer lost", "answer cut"],
)
def test_a_request_that_fails_is_made_again(tmp_path: Path, bucket: Bucket, trouble: Trouble) -> None:
    stored(tmp_path, bucket)
    bucket.proxy.times(2, trouble, "PUT", ending=".warc.gz")
    commit(tmp_path, 1)
    name = f"archive/{local(tmp_path)[0]}"
    assert bucket.get(name) == (folder_of(tmp_path) / name).read_bytes()


def test_a_server_that_says_nothing_is_asked_again(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket, silent_for=0.5)
    bucket.proxy.times(1, Trouble(stall=True), "PUT", ending=".warc.gz")
    commit(tmp_path, 1)
    assert f"archive/{local(tmp_path)[0]}" in bucket.names()


def test_a_range_that_comes_cut_is_asked_for_again(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket, keep_local=False)
    commit(tmp_path, 1)
    bucket.proxy.times(2, Trouble(cut=10), "GET", ending=".warc.gz")
    assert verify_collection(folder_of(tmp_path), Watch(workers=1)).bad == []


def test_nothing_is_told_kept_while_the_store_is_away(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    commit(tmp_path, 1)
    bucket.proxy.trouble = lambda asked: Trouble(status=503, code="SlowDown") if asked.method == "PUT" else None
    before = bucket.names()
    with pytest.raises(StorageError), opened(tmp_path, disk=QuickDisk()) as collection:
        told = collection.commit(group("p2", 2, [page(2, b"<p>two</p>", f"{STORY}2")], article=article()))
        with pytest.raises(StorageError, match="s3://press/papers"):
            told.result(60)
    assert bucket.names() == before
    bucket.proxy.trouble = lambda asked: None
    commit(tmp_path, 3)
    files = [f"archive/{name}" for name in local(tmp_path)]
    assert len(files) == 3
    assert set(files) <= set(bucket.names())
    assert verify_collection(folder_of(tmp_path), Watch(workers=1)).problems == []


def test_what_a_killed_run_had_sent_and_not_noted_is_not_sent_again(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    commit(tmp_path, 1)
    name = f"archive/{local(tmp_path)[0]}"
    with opened(tmp_path, disk=QuickDisk()) as collection:
        catalog = collection.path / "catalog.sqlite"
    import sqlite3

    with sqlite3.connect(catalog) as connection:
        connection.execute("INSERT INTO state VALUES (?, 1)", (f"unsent:{name}",))
    connection.close()
    bucket.proxy.asked.clear()
    commit(tmp_path, 2)
    assert bucket.proxy.count("PUT", name) == 0
    assert bucket.proxy.count("HEAD", name) >= 1


def test_another_file_of_the_same_name_is_told_and_left_alone(tmp_path: Path, bucket: Bucket) -> None:
    commit(tmp_path, 1)
    name = f"archive/{local(tmp_path)[0]}"
    bucket.put(name, b"somebody else's")
    stored(tmp_path, bucket)
    own = (folder_of(tmp_path) / name).read_bytes()
    with pytest.raises(ConflictError, match="is another file than"):
        commit(tmp_path, 2)
    assert bucket.get(name) == b"somebody else's"
    assert (folder_of(tmp_path) / name).read_bytes() == own


def test_the_same_size_is_not_enough(tmp_path: Path, bucket: Bucket) -> None:
    commit(tmp_path, 1)
    name = f"archive/{local(tmp_path)[0]}"
    data = bytearray((folder_of(tmp_path) / name).read_bytes())
    data[100] ^= 1
    bucket.put(name, bytes(data))
    stored(tmp_path, bucket)
    with pytest.raises(ConflictError):
        commit(tmp_path, 2)


def test_a_file_that_arrives_otherwise_than_it_was_sent_is_not_taken_for_it(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket, keep_local=False)

    def spoilt(data: bytes) -> bytes:
        return data[:200] + bytes([data[200] ^ 1]) + data[201:]

    bucket.proxy.times(100, Trouble(body=spoilt), "PUT", ending=".warc.gz")
    with pytest.raises(StorageError):
        commit(tmp_path, 1)
    assert len(local(tmp_path)) == 1


def test_a_checksum_that_is_none_has_the_file_read_back(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    lie = Trouble(fields={"ETag": '"00000000000000000000000000000000"'})
    bucket.proxy.trouble = lambda asked: lie if asked.path.endswith(".warc.gz") else None
    commit(tmp_path, 1)
    name = f"archive/{local(tmp_path)[0]}"
    assert bucket.proxy.count("GET", name) == 1
    assert bucket.get(name) == (folder_of(tmp_path) / name).read_bytes()


def test_a_server_that_knows_no_conditions_is_asked_without(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    unknown = Trouble(status=501, code="NotImplemented")
    bucket.proxy.trouble = lambda asked: unknown if asked.only_new else None
    commit(tmp_path, 1)
    assert any(asked.only_new for asked in bucket.proxy.asked)
    name = f"archive/{local(tmp_path)[0]}"
    assert bucket.get(name) == (folder_of(tmp_path) / name).read_bytes()


def test_a_file_that_rotted_here_is_not_taken_there(tmp_path: Path, bucket: Bucket) -> None:
    commit(tmp_path, 1)
    path = folder_of(tmp_path) / "archive" / local(tmp_path)[0]
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    stored(tmp_path, bucket)
    with pytest.raises(StorageError, match="is not what it was when it was closed"):
        commit(tmp_path, 2)
    assert bucket.names() == []


def test_large_files_go_up_in_parts(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    folder_of(tmp_path).mkdir(parents=True)
    path = tmp_path / "large"
    path.write_bytes(hashlib.shake_128(b"large").digest(2 * PART + 12345))
    store_of(tmp_path).put(path, "archive/large")
    sent = [each for each in bucket.proxy.asked if each.method == "PUT"]
    assert len(sent) == 3
    assert all("partNumber" in each.path for each in sent)
    assert bucket.proxy.count("GET", "archive/large") == 0
    assert bucket.get("archive/large") == path.read_bytes()
    bucket.proxy.asked.clear()
    store_of(tmp_path).put(path, "archive/large")
    assert {each.method for each in bucket.proxy.asked} == {"HEAD"}


def test_verify_tells_what_the_store_has_lost(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    commit(tmp_path, 1)
    name = f"archive/{local(tmp_path)[0]}"
    bucket.ask("DELETE", f"/press/papers/collections/main/{name}")
    (problem,) = verify_collection(folder_of(tmp_path), Watch(workers=1)).bad
    assert problem.file == name
    assert "not in s3://press/papers" in problem.words
    rebuild(settings(tmp_path), QuickDisk())
    commit(tmp_path, 2)
    assert name in bucket.names()


def test_verify_finds_damage_in_the_store(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket, keep_local=False)
    commit(tmp_path, 1)
    name = next(each for each in bucket.names() if each.startswith("archive/"))
    data = bytearray(bucket.get(name))
    data[len(data) // 2] ^= 1
    bucket.put(name, bytes(data))
    assert {problem.file for problem in verify_collection(folder_of(tmp_path), Watch(workers=1)).bad} >= {name}


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


def test_keys_are_in_no_message(tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path, bucket)
    words = f"The key {KEY} is not known"
    bucket.proxy.trouble = lambda asked: Trouble(
        status=403, code=f"InvalidAccessKeyId</Code><Message>{words}</Message><Code>"
    )
    with pytest.raises(StorageError) as failed:
        commit(tmp_path, 1)
    assert KEY not in str(failed.value)
    assert SECRET not in str(failed.value)


def test_secrets_leave_words() -> None:
    error = OSError(f"https://me:{SECRET}@x/?X-Amz-Signature=abc&y {KEY} Credential={KEY}/2020 secret: {SECRET} failed")
    words = harmless_words(error)
    assert KEY not in words
    assert SECRET not in words
    assert words.endswith("failed")


def test_a_config_with_keys_in_the_address_is_refused(tmp_path: Path) -> None:
    from archive.errors import ConfigError
    from scraper.config import load

    (tmp_path / "config.toml").write_text('[archive]\nstore = "s3://key:secret@bucket/x"\n')
    with pytest.raises(ConfigError, match="store") as refused:
        load(tmp_path / "config.toml", {})
    assert "key:secret" not in str(refused.value)


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
        with pytest.raises(UsageError, match=f"{command} changes or adds closed files.*s3://press/papers"):
            run()
    assert {name: bucket.get(name) for name in bucket.names()} == before


# ------------------------------------------------------------------------------------------------ reading


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
