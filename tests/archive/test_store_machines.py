"""Two machines, one after the other, with one store: neither undoes what the other has said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import chain, excluding, exclusions, manifest
from archive.chain import Broken
from archive.collection import Collection
from archive.excluding import asked_for
from archive.rebuild import rebuild
from archive.store import ConflictError
from scraper.storing import mount
from tests.archive.collecting import RUN, Clock, folder_of, settings
from tests.archive.storing import QUICK, commit, stored
from tests.disks import QuickDisk
from tests.stores import Bucket

WHEN = datetime(2026, 1, 2, tzinfo=UTC)


def later(days: int) -> Clock:
    return Clock(WHEN + timedelta(days=days))


def exclude(root: Path, what: str) -> None:
    excluding.exclude(folder_of(root), [asked_for(what, "asked to", "tests", WHEN)], excluding.Run(disk=QuickDisk()))


def excluded(root: Path) -> set[str]:
    return {each.what for each in exclusions.load(folder_of(root))}


def test_what_the_other_machine_said_comes_back_before_more_is_said(tmp_path: Path, bucket: Bucket) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    stored(one, bucket)
    commit(one, 1, clock=later(1))
    made = stored(two, bucket)
    rebuild(made, QuickDisk())
    commit(two, 2, clock=later(2))
    exclude(two, "gone.test")
    told: list[str] = []
    with Collection.open(settings(one), RUN, disk=QuickDisk(), tell=told.append):
        assert excluded(one) == {"gone.test"}
    assert any("tearsheet rebuild" in words for words in told)
    commit(one, 3, clock=later(3))
    exclude(one, "away.test")
    assert excluded(one) == {"gone.test", "away.test"}
    for name in (manifest.NAME, exclusions.NAME):
        assert bucket.get(name) == (folder_of(one) / name).read_bytes()
        assert not any(isinstance(fields, Broken) for _, fields in chain.read(folder_of(one) / name))
    files = {name for name in bucket.names() if name.startswith("archive/")}
    assert set(manifest.present(folder_of(one) / manifest.NAME)) == files
    assert len(files) == 3


def test_the_first_thing_said_on_a_new_machine_is_not_the_only_one(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path / "old", bucket)
    commit(tmp_path / "old", 1)
    exclude(tmp_path / "old", "gone.test")
    stored(tmp_path / "new", bucket)
    folder_of(tmp_path / "new").mkdir(parents=True)
    exclude(tmp_path / "new", "away.test")
    assert excluded(tmp_path / "new") == {"gone.test", "away.test"}
    assert bucket.get(exclusions.NAME) == (folder_of(tmp_path / "new") / exclusions.NAME).read_bytes()


def test_two_who_wrote_at_once_are_told_and_neither_list_is_lost(tmp_path: Path, bucket: Bucket) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    stored(one, bucket)
    commit(one, 1, clock=later(1))
    made = stored(two, bucket)
    rebuild(made, QuickDisk())
    exclude(two, "gone.test")
    collection = Collection.open(settings(one), RUN, disk=QuickDisk())
    assert excluded(one) == {"gone.test"}
    exclude(two, "away.test")
    exclusions.note(collection.path, "exclude", asked_for("own.test", "x", "tests", WHEN), WHEN, QuickDisk())
    with pytest.raises(ConflictError, match=r"exclusions\.jsonl has lines that"):
        collection.close()
    assert bucket.get(exclusions.NAME) == (folder_of(two) / exclusions.NAME).read_bytes()
    assert excluded(one) == {"gone.test", "own.test"}
    with pytest.raises(ConflictError):
        commit(one, 5, clock=later(5))
    (folder_of(one) / exclusions.NAME).rename(tmp_path / "aside")
    stored(one, bucket)
    rebuild(settings(one), QuickDisk())
    assert excluded(one) == {"gone.test", "away.test"}
    commit(one, 6, clock=later(6))


def test_another_store_is_given_the_lists_too(tmp_path: Path, bucket: Bucket) -> None:
    stored(tmp_path, bucket)
    commit(tmp_path, 1)
    exclude(tmp_path, "gone.test")
    commit(tmp_path, 2)
    for name in bucket.names():
        bucket.ask("DELETE", f"/press/papers/collections/main/{name}")
    mount(settings(tmp_path, store=f"{bucket.url}-moved"), QUICK)
    with Collection.open(settings(tmp_path), RUN, disk=QuickDisk()):
        pass
    moved = bucket.names("papers-moved/collections/main/")
    assert {manifest.NAME, exclusions.NAME} < set(moved)
    assert len(moved) == 4
