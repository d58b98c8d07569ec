"""`tearsheet repair` where files of other tools are damaged, changed or gone."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from archive.collection import Collection
from archive.manifest import NAME, present
from tests.archive.collecting import derived, settings
from tests.command import Home, home
from tests.foreign import STORY, arc, crawl, gzipped, html, http, plain

BRIDGE = "https://paper.test/bridge"


@pytest.fixture(params=["crawl.warc.gz", "crawl.warc"])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A crawl that was imported from a file that is called otherwise."""
    there = home(tmp_path, None)
    path = there.folder / f"of {request.param}"
    (gzipped if request.param.endswith("gz") else plain)(path, crawl())
    assert there.run("import", str(path)).code == 0
    return there


def stored(there: Home) -> Path:
    (path,) = [path for path in (there.collection / "archive").iterdir() if "crawl" in path.name]
    return path


def original(there: Home) -> Path:
    (path,) = there.folder.glob("of *")
    return path


def flip(path: Path, record: int) -> None:
    """A bit in the payload of one of the records, which lie one behind the other."""
    data = bytearray(path.read_bytes())
    packed = path.name.endswith(".gz")
    start = sum(len(gzip.compress(each, mtime=0) if packed else each) for each in crawl()[:record])
    data[start + (300 if packed else 700)] ^= 4
    path.write_bytes(data)


def repaired(there: Home, *copies: Path, code: int) -> dict[str, Any]:
    froms = [word for copy in copies for word in ("--from", str(copy))]
    ran = there.run("--json", "repair", *froms)
    assert ran.code == code, ran.out + ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def assert_read(there: Home, url: str) -> None:
    with Collection.open(settings(there.collection.parents[1]), None) as collection:
        row = collection.find(url)
        assert row is not None
        capture = collection.capture_of(row)
        assert capture is not None
        with collection.read(capture).payload() as reader:
            assert reader.read().startswith(b"<!doctype html>")


def test_without_a_copy_it_stays_as_it_is_and_what_is_lost_is_told(there: Home) -> None:
    flip(stored(there), 5)
    before = stored(there).read_bytes()
    made = repaired(there, code=5)
    assert stored(there).read_bytes() == before
    (mended,) = made["files"]
    assert mended["file"] == f"archive/{stored(there).name}"
    assert [lost["url"] for lost in mended["lost"]] == [BRIDGE]
    assert "--from FILE" in mended["gaps"][-1]
    assert_read(there, STORY)


def test_the_file_that_was_imported_brings_it_back_to_the_byte(there: Home) -> None:
    root = there.collection.parents[1]
    before = derived(root)
    flip(stored(there), 5)
    made = repaired(there, original(there), code=0)
    assert made["files"][0]["exact"]
    assert stored(there).read_bytes() == original(there).read_bytes()
    assert derived(root) == before
    assert there.run("verify", "-q").code == 0
    assert present(there.collection / NAME)[f"archive/{stored(there).name}"].event == "imported"


def test_two_damaged_copies_make_a_whole_one(there: Home) -> None:
    copy = there.folder / f"copy-{stored(there).name}"
    copy.write_bytes(original(there).read_bytes())
    flip(stored(there), 5)
    flip(copy, 1)
    made = repaired(there, copy, code=0)
    (mended,) = made["files"]
    assert (mended["taken"], mended["exact"], mended["lost"]) == (1, True, [])
    assert stored(there).read_bytes() == original(there).read_bytes()
    assert (there.collection / mended["aside"]).exists()


def test_what_no_copy_has_is_told(there: Home) -> None:
    copy = there.folder / f"copy-{stored(there).name}"
    copy.write_bytes(original(there).read_bytes())
    for path in (stored(there), copy):
        flip(path, 5)
    flip(stored(there), 1)
    made = repaired(there, copy, code=5)
    (mended,) = made["files"]
    assert (mended["taken"], mended["exact"]) == (1, False)
    assert [lost["url"] for lost in mended["lost"]] == [BRIDGE]
    assert_read(there, STORY)


def test_a_file_that_is_gone_comes_back(there: Home) -> None:
    name = stored(there)
    name.unlink()
    made = repaired(there, code=5)
    (mended,) = made["files"]
    assert "it is not there" in mended["how"]
    assert {STORY, BRIDGE} <= {lost["url"] for lost in mended["lost"]}
    assert repaired(there, original(there), code=0)["files"][0]["exact"]
    assert name.read_bytes() == original(there).read_bytes()


def test_what_came_damaged_is_left_alone(tmp_path: Path) -> None:
    there = home(tmp_path, None)
    path = gzipped(there.folder / "crawl.warc.gz", crawl())
    flip(path, 5)
    assert there.run("import", str(path)).code == 5
    assert repaired(there, code=0)["files"] == []


@pytest.mark.parametrize("name", ["old.arc", "old.arc.gz"])
def test_an_arc_file(tmp_path: Path, name: str) -> None:
    there = home(tmp_path, None)
    pages = [("http://old.test/1", http(html("One"))), ("http://old.test/2", http(html("Two")))]
    path = arc(there.folder / name, pages)
    assert there.run("import", str(path)).code == 0
    kept = there.collection / "archive" / name
    data = bytearray(kept.read_bytes())
    data[len(data) - 60] ^= 1
    kept.write_bytes(data)
    files = repaired(there, code=5)["files"]
    # Nothing in a plain ARC file says what a record's bytes should be.
    assert len(files) == name.endswith(".gz")
    assert kept.read_bytes() == bytes(data)
    assert repaired(there, path, code=0)["files"][0]["exact"]
    assert kept.read_bytes() == path.read_bytes()
