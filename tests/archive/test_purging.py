"""What is purged is nowhere, what others need is there, and nothing dangles."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from archive.collection import Collection
from archive.excluding import Run, asked_for, exclude
from archive.exclusions import load
from archive.fixity import Watch, verify_collection
from archive.linkstate import Check, State
from archive.manifest import NAME, present
from archive.models import VerdictKind
from archive.purging import Asked, would_purge
from archive.rebuild import rebuild
from archive.warc.reader import StoredRecord, read_records
from tests.archive.collecting import derived, folder_of, group, opened, page, settings
from tests.archive.secrets import (
    BODY,
    ELSEWHERE,
    LOGO,
    LOGO_BYTES,
    MARK,
    MIRROR,
    MOVED,
    OTHER,
    PHOTO,
    SECRET,
    fill,
    purged,
    where,
)
from tests.disks import QuickDisk
from tests.making import TIME


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("filled")
    fill(root, disk=QuickDisk())
    yield root


@pytest.fixture
def root(filled: Path, tmp_path: Path) -> Path:
    shutil.copytree(filled, tmp_path / "x")
    return tmp_path / "x"


def records(root: Path) -> list[StoredRecord]:
    paths = sorted(folder_of(root).glob("*/*.warc.gz"))
    return [record for path in paths for record in read_records(path, strict=True)]


def whole(root: Path) -> list[str]:
    found = verify_collection(folder_of(root), Watch(workers=1))
    return [f"{problem.file}: {problem.words}" for problem in found.bad]


def payload(root: Path, url: str) -> bytes:
    with Collection.open(settings(root), None) as collection:
        capture = collection.nearest(url, TIME)
        assert capture is not None
        with collection.read(capture).payload() as reader:
            return reader.read()


def test_no_byte_of_it_is_left(root: Path) -> None:
    folder = folder_of(root)
    (folder / "text-set-aside-20260101000000" / "news.test").mkdir(parents=True)
    text = next(path for path in (folder / "text").rglob("*.json") if MARK in path.read_bytes())
    for each in (text, text.with_suffix(".txt")):
        shutil.copy(each, folder / "text-set-aside-20260101000000" / "news.test" / each.name)
    (folder / "damaged" / "archive").mkdir(parents=True)
    for path in (folder / "archive").glob("*.warc.gz"):
        shutil.copy(path, folder / "damaged" / "archive" / f"{path.name}.20260101000000")
    assert where(folder, MARK)
    made = purged(root, disk=QuickDisk())
    assert where(folder, MARK) == []
    assert where(folder, b"zanzibar") == ["exclusions.jsonl"]
    assert made.pages == 6
    assert [each for each in made.removed if each.startswith("text-set-aside")]
    assert [each for each in made.removed if each.startswith("damaged")]


def test_what_is_left_is_whole_and_a_rebuild_gives_the_same(root: Path) -> None:
    purged(root, disk=QuickDisk())
    assert whole(root) == []
    before = derived(root)
    assert rebuild(settings(root)).exit_code == 0
    assert derived(root) == before
    assert whole(root) == []


def test_requisites_that_others_need_stay_and_no_others(root: Path) -> None:
    purged(root, disk=QuickDisk())
    assert payload(root, LOGO) == LOGO_BYTES
    urls = {record.url for record in records(root)}
    assert LOGO in urls
    assert PHOTO not in urls
    assert "https://news.test/robots.txt" in urls


def test_no_revisit_dangles_and_captures_elsewhere_keep_their_content(root: Path) -> None:
    made = purged(root, disk=QuickDisk())
    assert made.responses == 1
    assert payload(root, MOVED) == ELSEWHERE
    assert payload(root, "https://c.test/copy") == ELSEWHERE
    assert payload(root, MIRROR) == BODY.replace(b"quagmire", b"same")
    found = records(root)
    responses = {record.record_id: record for record in found if record.type == "response"}
    revisits = [record for record in found if record.type == "revisit"]
    assert len(revisits) >= 2
    for record in revisits:
        original = responses[record.header("WARC-Refers-To") or ""]
        assert record.header("WARC-Payload-Digest") == original.header("WARC-Payload-Digest")
        assert record.header("WARC-Refers-To-Target-URI") == original.url
        assert record.header("WARC-Refers-To-Date") == original.header("WARC-Date")


def test_tombstones_say_how_many_when_and_why_and_not_what(root: Path) -> None:
    made = purged(root, disk=QuickDisk())
    stones = [record for record in records(root) if b"\nrecordsRemoved: " in b"\n" + record.payload_bytes()]
    assert {record.type for record in stones} == {"metadata"}
    blocks = b"".join(record.payload_bytes() for record in stones)
    assert b"a court order" in blocks
    assert not any(record.header("WARC-Target-URI") for record in stones if b'"side":true' in record.payload_bytes())
    told = sum(sum(removal.records[n][1] for n in range(len(removal.records))) for removal in _removals(stones))
    assert told == sum(made.records.values())
    assert b"sha256:" not in b"".join(each.payload_bytes() for each in stones)


def _removals(stones: list[StoredRecord]):  # type: ignore[no-untyped-def]
    for record in stones:
        data = record.group()
        assert data is not None
        yield from data.removals


def test_closed_files_are_never_changed_and_the_manifest_tells_of_both(root: Path) -> None:
    folder = folder_of(root)
    before = {path.relative_to(folder): path.read_bytes() for path in folder.glob("*/*.warc.gz")}
    made = purged(root, disk=QuickDisk())
    after = {path.relative_to(folder): path.read_bytes() for path in folder.glob("*/*.warc.gz")}
    assert all(after[name] == before[name] for name in before.keys() & after.keys())
    old, new = {Path(each.file) for each in made.files}, {Path(each.now) for each in made.files}
    assert (before.keys() - after.keys(), after.keys() - before.keys()) == (old, new)
    known = present(folder / NAME)
    for each in made.files:
        assert each.file not in known
        assert (known[each.now].event, known[each.now].of) == ("purged", Path(each.file).name)
        assert "taken out for good" in known[each.now].why
    assert [each.purged for each in load(folder)] == [True]


def test_others_are_untouched(root: Path) -> None:
    """What is told of another page is without the address that it named, and else as it was."""
    before = derived(root)["text"]
    purged(root, disk=QuickDisk())
    texts = derived(root)["text"]
    assert {name for name in before if "b.test" in name or "d.test" in name} == texts.keys()
    assert all(texts[name] == before[name] for name in texts if name.endswith(".txt"))
    with Collection.open(settings(root), None) as collection:
        row = collection.find(OTHER)
        assert row is not None
        assert row.missing == ()


def test_twice_is_once(root: Path) -> None:
    purged(root, disk=QuickDisk())
    names = sorted(path.name for path in folder_of(root).glob("*/*.warc.gz"))
    again = purged(root, disk=QuickDisk())
    assert (again.files, again.records) == ([], {})
    assert sorted(path.name for path in folder_of(root).glob("*/*.warc.gz")) == names


def test_more_and_more_goes_of_the_same_file(root: Path) -> None:
    for what in (SECRET, "b.test", "*.test/moved", "c.test"):
        purged(root, what, disk=QuickDisk())
        assert whole(root) == []
    assert {record.url for record in records(root) if record.type in ("response", "revisit")} == {
        "https://news.test/robots.txt",
        MIRROR,
        "https://d.test/",
    }


def test_a_dry_run_says_the_same_and_changes_nothing(root: Path) -> None:
    folder = folder_of(root)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    wish = Asked((asked_for(SECRET, "a court order", "", TIME),), "tearsheet/0 (test)")
    would = would_purge(folder, wish, Run())
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    made = purged(root, disk=QuickDisk())
    assert (would.records, would.pages, would.responses) == (made.records, made.pages, made.responses)
    assert [each.file for each in would.files] == [each.file for each in made.files]


def test_what_is_excluded_alone_is_no_damage_though_revisits_refer_to_it(root: Path) -> None:
    exclude(folder_of(root), [asked_for(SECRET, "for now", "", TIME)], Run(disk=QuickDisk()))
    assert whole(root) == []
    assert not list(folder_of(root).glob("text-set-aside-*"))


def test_what_checks_of_links_found_goes_with_the_page_and_stays_with_others(root: Path) -> None:
    with opened(root, disk=QuickDisk()) as collection:
        for name, url in (("c1", SECRET), ("c2", OTHER)):
            made = group(name, 100, [page(100, b"<p>one</p>" * 80, url)], VerdictKind.UNCHANGED, bare=True)
            check = Check(url, made.time, State.SAME, "as it was", page_id=name)
            collection.note(replace(made, check=check)).result(30)
    purged(root, disk=QuickDisk())
    assert whole(root) == []
    assert where(folder_of(root), b"zanzibar") == ["exclusions.jsonl"]
    with Collection.open(settings(root), None) as collection:
        assert (collection.checks_of(SECRET), len(collection.checks_of(OTHER))) == ([], 1)
