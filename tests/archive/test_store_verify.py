"""`verify` of a collection with a store."""

from __future__ import annotations

from pathlib import Path

from archive.checking import Kind
from archive.fixity import Watch, verify_collection
from archive.rebuild import rebuild
from archive.store import Object
from archive.store_checking import Depth
from tests.archive.collecting import folder_of, settings
from tests.archive.storing import commit, local, store_of, stored
from tests.disks import QuickDisk
from tests.stores import Bucket


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


def changed(bucket: Bucket, name: str) -> None:
    data = bytearray(bucket.get(name))
    data[len(data) // 2] ^= 1
    bucket.put(name, bytes(data))


def test_the_stores_copy_is_compared_though_the_file_is_here(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    commit(tmp_path, 1)
    commit(tmp_path, 2)
    folder = folder_of(tmp_path)
    names = [f"archive/{name}" for name in local(tmp_path)]
    bucket.proxy.asked.clear()
    whole = verify_collection(folder, Watch(workers=1))
    assert (whole.problems, whole.store, whole.stored) == ([], "s3://press/papers/collections/main", 2)
    assert bucket.proxy.count("GET", ".warc.gz") == 0
    assert whole.as_dict()["stored"] == 2
    changed(bucket, names[0])
    assert verify_collection(folder, Watch(workers=1), quick=True).problems == []
    (note,) = verify_collection(folder, Watch(workers=1)).problems
    assert (note.kind, note.file) == (Kind.NOTE, names[0])
    assert "verify --store" in note.words
    (problem,) = verify_collection(folder, Watch(workers=1), depth=Depth.WHOLE).problems
    assert (problem.kind, problem.file) == (Kind.CHANGED, names[0])
    assert "its bytes in s3://press/papers are not those that it had when it was closed" in problem.words
    bucket.put(names[0], b"cut")
    for quick in (True, False):
        (problem,) = verify_collection(folder, Watch(workers=1), quick=quick).problems
        assert (problem.kind, problem.file) == (Kind.CHANGED, names[0])
        assert "it has 3 bytes in s3://press/papers" in problem.words


def test_a_checksum_of_another_kind_is_read_and_found_right(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    commit(tmp_path, 1)
    store = store_of(tmp_path)
    names = store.names

    def without_checksums(kind: str) -> dict[str, Object]:
        return {name: Object(each.size, "0" * 32) for name, each in names(kind).items()}

    store.names = without_checksums  # type: ignore[method-assign]
    (note,) = verify_collection(folder_of(tmp_path), Watch(workers=1)).problems
    assert note.kind is Kind.NOTE
    assert verify_collection(folder_of(tmp_path), Watch(workers=1), depth=Depth.WHOLE).problems == []


def test_lines_that_only_the_store_has_are_told(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    commit(tmp_path, 1)
    bucket.put("manifest.jsonl", bucket.get("manifest.jsonl") + b'{"event": "more"}\n')
    (problem,) = verify_collection(folder_of(tmp_path), Watch(workers=1)).bad
    assert problem.kind is Kind.MANIFEST
    assert "manifest.jsonl has lines that are not here" in problem.words
