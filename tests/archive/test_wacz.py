"""WACZ files of small collections, read back: what is in them, and what happens beside an export."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from archive import manifest
from archive.collection import Collection
from archive.disk import Disk
from archive.errors import DamageError
from archive.wacz import Export, Made, export
from tests.archive.collecting import PICTURE, STORY, asset, fill, folder_of, group, opened, page, run, settings
from tests.archive.packing import packed, read_again, small_files, warcs
from tests.making import TIME
from tests.waczfile import Opened, sha256

MIB = 1 << 20


@pytest.fixture
def names(tmp_path: Path) -> Iterator[str]:
    return (str(tmp_path / f"out-{number}") for number in range(10_000))


def exported(root: Path, name: str, *, some: str | None = None, tell: object = None) -> tuple[Made, Opened]:
    """All of it, or the pages of an address; taken apart and checked."""
    told: list[str] = []
    with Collection.open(settings(root), None) as collection:
        ids = frozenset(row.page_id for row in collection.kept_under(some)) if some else None
        wish = Export("Main", "tearsheet/0", TIME, ids)
        made = export(collection, wish, Path(f"{name}.wacz"), tell=tell if callable(tell) else told.append)
    assert not Path(f"{name}.wacz.tmp").exists()
    found = Opened(made.path, Path(name))
    found.check()
    assert (made.captures, made.pages) == (len(found.lines), len(found.pages))
    assert made.digest == sha256(found.folder / "datapackage.json")
    return made, found


@pytest.mark.parametrize("some", [None, STORY])
def test_what_is_in_it_is_as_it_is_told(tmp_path: Path, names: Iterator[str], some: str | None) -> None:
    fill(tmp_path)
    made, found = exported(tmp_path, next(names), some=some)
    assert made.open_files == 0
    assert {line.get("mime") for line in found.lines} >= {"text/html", "warc/revisit", "image/png"}


@pytest.mark.parametrize("some", [None, STORY])
def test_unchanged_pages_say_what_the_version_said_that_they_confirm(
    tmp_path: Path, names: Iterator[str], some: str | None
) -> None:
    fill(tmp_path)
    texts = {each["id"]: each.get("text") for each in exported(tmp_path, next(names), some=some)[1].pages}
    assert (texts["p06"], texts["p09"]) == (texts["p05"], texts["p07"])
    assert "It was not so quiet." in texts["p09"] != texts["p06"]
    read_again(tmp_path, "p20", 60, "What was read again.")
    found = exported(tmp_path, next(names), some=some)[1]
    assert "What was read again." in next(each["text"] for each in found.pages if each["id"] == "p10")


@pytest.mark.parametrize("some", [None, STORY])
def test_at_any_moment_of_a_pack(tmp_path: Path, names: Iterator[str], some: str | None) -> None:
    small_files(tmp_path)
    seen: list[set[str]] = []

    def export_now() -> bool:
        seen.append(exported(tmp_path, next(names), some=some)[1].urls)
        return False

    packed(tmp_path, stopped=export_now)
    export_now()
    assert len(seen) > 5
    assert all(urls == seen[0] for urls in seen)


@pytest.mark.parametrize("some", [None, STORY])
def test_files_that_are_joined_meanwhile_are_looked_up_anew(
    tmp_path: Path, names: Iterator[str], some: str | None
) -> None:
    small_files(tmp_path)
    before = exported(tmp_path, next(names), some=some)[1]
    told: list[str] = []

    def pack_once(words: str) -> None:
        if not told or not any("file 1 of" in each for each in told):
            told.append(words)
            if "file 1 of" in words:
                packed(tmp_path)
        else:
            told.append(words)

    found = exported(tmp_path, next(names), some=some, tell=pack_once)[1]
    assert any("starting over" in each for each in told)
    assert (found.urls, found.pages) == (before.urls, before.pages)


def test_what_a_run_is_still_writing_is_left_out(tmp_path: Path, names: Iterator[str]) -> None:
    run(tmp_path, [lambda _: group("p01", 1, [page(1, b"<p>one</p>")])], start=0)
    with opened(tmp_path) as collection:
        for number in range(30):
            url = f"https://news.test/{number}"
            collection.commit(group(f"q{number}", number, [page(number, b"<p>%d" % number, url)])).result(30)
            if number % 10 == 0:
                made, found = exported(tmp_path, next(names))
                assert (made.open_files, [each["id"] for each in found.pages]) == (1, ["p01"])
    made, found = exported(tmp_path, next(names))
    assert (made.open_files, len(found.pages)) == (0, 31)


def test_beside_a_run_whose_files_fill_up(tmp_path: Path, names: Iterator[str]) -> None:
    with opened(tmp_path, warc_size=1) as collection:
        for number in range(8):
            url = f"https://news.test/{number}"
            collection.commit(group(f"q{number}", number, [page(number, b"<p>%d" % number, url)])).result(30)
            if number:
                # The last file may not be done with yet.
                assert len(exported(tmp_path, next(names))[1].pages) in (number, number + 1)


@pytest.mark.parametrize("crc", [True, False])
def test_a_file_that_has_rotted_is_not_passed_on(tmp_path: Path, names: Iterator[str], crc: bool) -> None:
    fill(tmp_path, warc_size=6000)
    if not crc:
        kept = manifest.present(folder_of(tmp_path) / manifest.NAME).values()
        assert all(entry.crc32 for entry in kept)
        (folder_of(tmp_path) / manifest.NAME).unlink()
        manifest.Manifest(folder_of(tmp_path), Disk()).add([replace(entry, crc32="") for entry in kept])
    exported(tmp_path, next(names))
    path = warcs(tmp_path)[1]
    whole = path.read_bytes()
    for broken in (whole[:500] + b"x" + whole[501:], whole[:-1], whole + b"\0"):
        path.write_bytes(broken)
        name = next(names)
        with pytest.raises(DamageError, match="no longer what it was"):
            exported(tmp_path, name)
        assert not list(tmp_path.glob(f"{Path(name).name}*"))


def test_without_a_manifest_all_is_read(tmp_path: Path, names: Iterator[str]) -> None:
    fill(tmp_path)
    (folder_of(tmp_path) / manifest.NAME).unlink()
    exported(tmp_path, next(names))


@pytest.mark.parametrize("some", [None, STORY])
def test_memory_does_not_grow_with_what_is_copied(tmp_path: Path, some: str | None) -> None:
    parts = [page(1, b"<p>one</p>"), asset(2, Random(1).randbytes(40 * MIB), PICTURE)]
    run(tmp_path, [lambda _: group("p01", 1, parts)], start=0)
    with Collection.open(settings(tmp_path), None) as collection:
        ids = frozenset(["p01"]) if some else None
        tracemalloc.start()
        try:
            made = export(collection, Export("Main", "tearsheet/0", TIME, ids), tmp_path / "out.wacz")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert made.size > 40 * MIB
    assert peak < 6 * MIB


def test_the_list_of_pages_is_as_the_collection_has_it(tmp_path: Path, names: Iterator[str]) -> None:
    """But for the texts of unchanged pages."""
    fill(tmp_path)
    lines = (folder_of(tmp_path) / "pages" / "pages.jsonl").read_text().splitlines()[1:]
    found = {each["id"]: each for each in exported(tmp_path, next(names))[1].pages}
    for line in map(json.loads, lines):
        assert found[line["id"]] | line == found[line["id"]]
    assert len(found) == len(lines)
