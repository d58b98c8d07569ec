"""text/: names stay inside, versions move aside, what is missing comes back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archive.collection import Collection
from archive.disk import Disk
from archive.errors import StorageError
from archive.models import PageRow
from archive.texts import Texts
from archive.urls import strip_tracking, text_path
from tests.archive.collecting import article, derived, folder_of, group, opened, page, settings
from tests.disks import RecordingDisk


def commit(collection: Collection, number: int, text: str, **changes: str) -> PageRow:
    parts = [page(number, f"<p>{number}</p>".encode() * 200)]
    return collection.commit(group(f"p{number}", number, parts, article=article(text, **changes))).result(30)


def texts(root: Path) -> dict[str, str]:
    folder = folder_of(root) / "text"
    return {path.name: path.read_text() for path in folder.rglob("*.txt")}


def test_a_new_text_moves_the_old_pair_aside(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        first = commit(collection, 1, "one")
        assert first.text is not None
        old_data = (collection.path / first.text).with_suffix(".json").read_bytes()
        second = commit(collection, 2, "two")
        assert second.text == first.text
        aside = [path for path in (collection.path / first.text).parent.iterdir() if ".2026" in path.name]
        assert sorted(path.suffix for path in aside) == [".json", ".txt"]
        stem = Path(first.text).stem
        assert {path.name for path in aside} == {f"{stem}.20260102030406678.{e}" for e in ("txt", "json")}
        assert next(path for path in aside if path.suffix == ".json").read_bytes() == old_data
        # The row of the first capture leads to its own text.
        row = next(row for row in collection.pages() if row.page_id == "p1")
        assert row.text == f"text/news.test/{stem}.20260102030406678.txt"
        assert "one" in (collection.text_of(first) or "")
        assert "two" in (collection.text_of(second) or "")


def test_the_same_text_leaves_the_files_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        row = commit(collection, 1, "one")
        before = derived(tmp_path)["text"]
        again = commit(collection, 2, "one")
        assert derived(tmp_path)["text"] == before
        assert again.text == row.text
        data = json.loads((collection.path / str(row.text)).with_suffix(".json").read_text())
        assert data["page_id"] == "p1"


def test_a_text_that_comes_back_is_a_version_of_its_own(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        for number, text in enumerate(("one", "two", "one", "two"), start=1):
            commit(collection, number, text)
    assert len(texts(tmp_path)) == 4
    assert [("one" in text) for _, text in sorted(texts(tmp_path).items())] == [True, False, True, False]


def test_two_versions_of_one_moment(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        for number, text in enumerate(("one", "two", "three")):
            parts = [page(0, text.encode() * 300)]
            collection.commit(group(f"p{number}", 0, parts, article=article(text))).result(30)
    assert len(texts(tmp_path)) == 3


@pytest.mark.parametrize("which", ["txt", "json", "both"])
def test_an_old_text_that_was_changed_or_lost_comes_back_from_the_warc_file(tmp_path: Path, which: str) -> None:
    with opened(tmp_path) as collection:
        row = commit(collection, 1, "one")
        path = collection.path / str(row.text)
        wanted = {ending: path.with_suffix(ending).read_bytes() for ending in (".txt", ".json")}
        if which in ("txt", "both"):
            path.write_text("somebody wrote into it")
        if which in ("json", "both"):
            path.with_suffix(".json").unlink()
        commit(collection, 2, "two")
        stem = path.with_name(f"{path.stem}.20260102030406678.txt")
        assert {ending: stem.with_suffix(ending).read_bytes() for ending in (".txt", ".json")} == wanted


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../x", "a", "", "a/", ".a/b", "a/.b", "a/b/c", "a\0/b", "/", "..", "a/b\0"]
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageError):
        Texts(tmp_path / "text", Disk()).put(name, (b"x", b"y"))
    assert not list(tmp_path.rglob("*"))


@pytest.mark.promise("web", each="attacks")
def test_a_link_in_the_way_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "text"
    folder.mkdir()
    (folder / "news.test").symlink_to(outside)
    with pytest.raises(StorageError, match="symbolic link"):
        Texts(folder, Disk()).put("news.test/a-12345678", (b"x", b"y"))
    assert not list(outside.iterdir())


@pytest.mark.promise("web", each="attacks")
def test_a_linked_file_is_replaced_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "precious"
    outside.write_text("precious")
    host = tmp_path / "text" / "news.test"
    host.mkdir(parents=True)
    (host / "a-12345678.txt").symlink_to(outside)
    Texts(tmp_path / "text", Disk()).put("news.test/a-12345678", (b"x", b"y"))
    assert outside.read_text() == "precious"
    assert (host / "a-12345678.txt").read_bytes() == b"x"


@pytest.mark.promise("web", each="attacks")
@pytest.mark.parametrize(
    "url",
    [
        "https://news.test/../../../etc/passwd",
        "https://news.test/%2e%2e/%2e%2e/x",
        "https://news.test/..\\..\\x",
        "https://news.test/" + "ä" * 4000,
        "https://con/aux",
        "https://[::1]:8080/x",
        "https://news.test/\u202e\u0000",
    ],
)
def test_hostile_addresses_stay_inside(tmp_path: Path, url: str) -> None:
    with opened(tmp_path) as collection:
        row = collection.commit(group("p", 1, [page(1, b"x")], article=article(url=url))).result(30)
        assert row.text is not None
        path = (collection.path / row.text).resolve()
        assert path.is_relative_to((collection.path / "text").resolve())
        assert path.is_file()
        assert row.text == f"text/{text_path(strip_tracking(row.original_url or ''))}.txt"


def test_texts_are_on_the_medium_before_the_catalog_says_so(tmp_path: Path) -> None:
    disk = RecordingDisk()
    with opened(tmp_path, disk=disk) as collection:
        row = commit(collection, 1, "one")
        name = Path(str(row.text)).name
        assert ("fsync", name) not in disk.log
    synced = disk.log.index(("fsync", name))
    assert disk.log.index(("fsync_dir", "news.test")) > synced
    assert disk.log.index(("fsync", "pages.jsonl")) > synced


@pytest.mark.parametrize("at_once", [True, False])
def test_many_texts_are_on_the_medium_together(tmp_path: Path, at_once: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = RecordingDisk()
    if not at_once:
        monkeypatch.setattr("archive.disk._syncfs", lambda: None)
    with opened(tmp_path, disk=disk) as collection:
        names = [
            Path(str(commit(collection, n, f"text {n}", url=f"https://news.test/{n}").text)).name for n in range(9)
        ]
    synced = [("fsync", name) in disk.log for name in names]
    assert synced == [not at_once] * 9
    last = ("sync_all", "text") if at_once else ("fsync", names[-1])
    assert disk.log.index(last) < disk.log.index(("fsync", "pages.jsonl"))


def test_a_page_without_text_has_none(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        row = collection.commit(group("p", 1, [page(1, b"x")], title="A title")).result(30)
        assert (row.text, row.words, row.title) == (None, 0, "A title")
        assert collection.text_of(row) is None
    with Collection.open(settings(tmp_path), None) as collection:
        assert [found.text for found in collection.pages()] == [None]
