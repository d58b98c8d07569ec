"""A store that fails, lies or is slow: nothing is told kept that is not there, and nothing of another's goes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from archive.collection import Collection
from archive.errors import StorageError
from archive.fixity import Watch, verify_collection
from archive.rebuild import rebuild
from archive.store import PART, ConflictError, harmless_words
from scraper.storing import mount
from tests.archive.collecting import RUN, article, folder_of, group, opened, page, settings
from tests.archive.storing import QUICK, STORY, commit, local, made_of, store_of, stored
from tests.disks import QuickDisk
from tests.stores import KEY, SECRET, Bucket, Trouble


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
    words = f"https://me:{SECRET}@x/?X-Amz-Signature=abc&y {KEY} Credential={KEY}/2020 secret: {SECRET}"
    error = OSError(f"{words} aws_secret_access_key = {SECRET} failed")
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


def test_a_listing_that_fails_is_not_taken_for_an_empty_one(tmp_path: Path, bucket: Bucket) -> None:
    made = stored(tmp_path / "here", bucket, keep_local=False)
    commit(tmp_path / "here", 1)
    before = made_of(tmp_path / "here")
    failing = Trouble(status=503, code="SlowDown")
    bucket.proxy.trouble = lambda asked: failing if "list-type" in asked.path and "archive" in asked.path else None
    with pytest.raises(StorageError, match=r"main/archive: .*not now"):
        rebuild(made, QuickDisk())
    assert made_of(tmp_path / "here") == before
    stored(tmp_path / "new", bucket)
    with pytest.raises(StorageError):
        commit(tmp_path / "new", 2)


def test_a_bucket_that_is_gone_is_not_taken_for_an_empty_one(tmp_path: Path, bucket: Bucket) -> None:
    made = settings(tmp_path, store="s3://nowhere/papers")
    commit(tmp_path, 1)
    before = made_of(tmp_path)
    mount(made, QUICK)
    with pytest.raises(StorageError, match=r"s3://nowhere/papers.*the bucket or folder is not there"):
        rebuild(made, QuickDisk())
    assert made_of(tmp_path) == before
    with pytest.raises(StorageError, match="the bucket or folder is not there"):
        commit(tmp_path, 2)


def test_a_silent_server_is_asked_as_often_as_is_said(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket, silent_for=0.1)
    bucket.proxy.trouble = lambda asked: Trouble(stall=True)
    with pytest.raises(StorageError):
        store_of(tmp_path).look("archive/any")
    assert len(bucket.proxy.asked) == QUICK.tries


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "ExpiredToken"), (403, "RequestTimeTooSkewed"), (403, "AccessDenied"), (403, "SignatureDoesNotMatch")],
)
def test_what_no_second_try_helps_is_told_at_once(tmp_path: Path, bucket: Bucket, status: int, code: str) -> None:
    stored(tmp_path, bucket)
    (tmp_path / "file").write_bytes(b"x")
    bucket.proxy.trouble = lambda asked: Trouble(status=status, code=code) if asked.method == "PUT" else None
    with pytest.raises(StorageError, match=r"s3://press/papers.*archive/file: not now"):
        store_of(tmp_path).put(tmp_path / "file", "archive/file")
    assert bucket.proxy.count("PUT") == 1


def begun(bucket: Bucket) -> list[str]:
    """The keys for which the server still holds parts."""
    _, body = bucket.ask("GET", "/press?uploads")
    return sorted(each.partition("</Key>")[0].rpartition("/")[2] for each in body.decode().split("<Key>")[1:])


def test_parts_that_a_cut_upload_left_behind_go(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    path = tmp_path / "large"
    path.write_bytes(hashlib.shake_128(b"large").digest(2 * PART))
    for name in ("large", "large-too"):
        assert bucket.ask("POST", f"/press/papers/collections/main/archive/{name}?uploads")[0] == 200
    assert begun(bucket) == ["large", "large-too"]
    store_of(tmp_path).put(path, "archive/large")
    assert begun(bucket) == ["large-too"]
    assert bucket.get("archive/large") == path.read_bytes()


def test_keys_that_may_not_list_uploads_are_enough(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    path = tmp_path / "large"
    path.write_bytes(bytes(2 * PART))
    refused = Trouble(status=403, code="AccessDenied")
    bucket.proxy.trouble = lambda asked: refused if asked.method == "GET" and "uploads" in asked.path else None
    store_of(tmp_path).put(path, "archive/large")
    assert "archive/large" in bucket.names()


def test_the_last_copy_here_stays_while_the_store_has_another_file(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    commit(tmp_path, 1)
    name = f"archive/{local(tmp_path)[0]}"
    own = (folder_of(tmp_path) / name).read_bytes()
    bucket.put(name, own[:100] + bytes([own[100] ^ 1]) + own[101:])
    stored(tmp_path, bucket, keep_local=False)
    told: list[str] = []
    with Collection.open(settings(tmp_path), RUN, disk=QuickDisk(), tell=told.append):
        pass
    assert (folder_of(tmp_path) / name).read_bytes() == own
    assert any(f"{name} stays here" in words for words in told)
    bucket.put(name, own)
    with Collection.open(settings(tmp_path), RUN, disk=QuickDisk(), tell=told.append):
        pass
    assert local(tmp_path) == []
