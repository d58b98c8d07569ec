"""WACZ files by name: what is wrong in one is found where it lies."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from archive.checking import Kind, check_file
from archive.fixity import Watch, verify_files
from archive.wacz_checking import check_wacz
from tests.corpus import needed
from tests.foreign import STORY, arc, crawl, gzipped, html, http, plain

CORPUS = {
    "example.com.wacz": ["derived: indexes/index.cdx: line 3: lines are not in order"],
    "iframetest.wacz": [],
    "invalid_example_1.wacz": [
        "damage: : invalid_example_1.wacz is no WACZ file: it holds no file in archive/",
    ],
    "invalid_signed_example_1.wacz": [],
    "valid_example_2.wacz": [],
    "valid_signed_example_1.wacz": [],
}


def wrong(path: Path) -> list[str]:
    checked = check_wacz(path, "a.wacz")
    return [
        f"{each.kind.value}: {each.file.partition('!')[2]}: {each.words}"
        for each in checked.problems
        if each.kind is not Kind.NOTE
    ]


def made_by_py_wacz(folder: Path) -> Path:
    """What py-wacz makes of a crawl."""
    warc = gzipped(folder / "crawl.warc.gz", crawl())
    path = folder / "made.wacz"
    listed = folder / "pages.jsonl"
    lines = [{"format": "json-pages-1.0", "id": "pages", "title": "All"}]
    lines += [{"id": "p1", "url": STORY, "ts": "2020-05-06T07:08:09Z", "title": "The pier"}]
    lines += [{"id": "p2", "url": "https://paper.test/bridge", "ts": "2020-05-06T07:08:12Z", "title": "The bridge"}]
    listed.write_text("".join(json.dumps(line) + "\n" for line in lines))
    create = str(Path(sys.executable).with_name("wacz"))
    command = [create, "create", "-f", str(warc), "-o", str(path), "-p", str(listed)]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a good WACZ."""
    with zipfile.ZipFile(made_by_py_wacz(tmp_path_factory.mktemp("made"))) as made:
        return {name: made.read(name) for name in made.namelist()}


def packed(path: Path, files: dict[str, bytes], *, honest: bool = True, method: int = zipfile.ZIP_STORED) -> Path:
    """`honest`: datapackage.json says what is in it."""
    files = dict(files)
    if honest:
        package = json.loads(files["datapackage.json"])
        for each in package["resources"]:
            data = files.get(each["path"], b"")
            each |= {"hash": f"sha256:{hashlib.sha256(data).hexdigest()}", "bytes": len(data)}
        files["datapackage.json"] = json.dumps(package).encode()
        digest = f"sha256:{hashlib.sha256(files['datapackage.json']).hexdigest()}"
        files["datapackage-digest.json"] = json.dumps({"path": "datapackage.json", "hash": digest}).encode()
    with zipfile.ZipFile(path, "w", method) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def index_of(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same with an index that is not packed."""
    left = {name: data for name, data in files.items() if not name.startswith("indexes/")}
    package = json.loads(left["datapackage.json"])
    package["resources"] = [each for each in package["resources"] if not each["path"].startswith("indexes/")]
    package["resources"].append({"path": "indexes/index.cdx"})
    return left | {
        "indexes/index.cdx": gzip.decompress(files["indexes/index.cdx.gz"]),
        "datapackage.json": json.dumps(package).encode(),
    }


def test_what_py_wacz_makes_is_right(tmp_path: Path, good: dict[str, bytes]) -> None:
    checked = check_wacz(made_by_py_wacz(tmp_path), "a.wacz")
    assert [each.words for each in checked.problems] == []
    assert checked.records == len(crawl())
    assert wrong(packed(tmp_path / "b.wacz", good)) == []
    assert wrong(packed(tmp_path / "c.wacz", index_of(good))) == []


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_the_corpus(name: str) -> None:
    assert wrong(needed() / "warcs" / name) == CORPUS[name]


def test_every_bit_that_is_flipped_is_found_in_its_file(tmp_path: Path, good: dict[str, bytes]) -> None:
    """In whatever the zip holds, its own directory told right."""
    chance = random.Random(3)
    for _ in range(150):
        name = chance.choice([each for each in good if good[each]])
        data = bytearray(good[name])
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        found = wrong(packed(tmp_path / "a.wacz", good | {name: bytes(data)}, honest=False))
        assert found, name
        assert any(name in line or "is no WACZ" in line or "datapackage" in line for line in found)


def test_every_bit_that_is_flipped_in_the_zip_itself_is_found(tmp_path: Path, good: dict[str, bytes]) -> None:
    whole = packed(tmp_path / "a.wacz", good).read_bytes()
    with zipfile.ZipFile(tmp_path / "a.wacz") as made:
        spans = [(info.header_offset + 30 + len(info.filename), info.file_size) for info in made.infolist()]
    chance = random.Random(4)
    for _ in range(100):
        start, size = chance.choice(spans)
        data = bytearray(whole)
        data[start + chance.randrange(size)] ^= 1 << chance.randrange(8)
        (tmp_path / "b.wacz").write_bytes(data)
        assert wrong(tmp_path / "b.wacz")


Change = Callable[[dict[str, bytes]], dict[str, bytes]]
WARC, INDEX, PAGES = "archive/crawl.warc.gz", "indexes/index.cdx", "pages/pages.jsonl"


def replaced(name: str, old: bytes, new: bytes) -> Change:
    return lambda files: files | {name: files[name].replace(old, new)}


def without(name: str) -> Change:
    return lambda files: {each: data for each, data in files.items() if each != name}


def more(name: str, data: bytes) -> Change:
    return lambda files: files | {name: files.get(name, b"") + data}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without(PAGES), f"missing: {PAGES}: datapackage.json names it, and it is not there"),
        (without(INDEX), f"missing: {INDEX}: datapackage.json names it, and it is not there"),
        (more("extra.txt", b"x"), "rule: extra.txt: datapackage.json does not name it"),
        (more("archive/x.txt", b"x"), "rule: archive/x.txt: it is no WARC file, as its name says"),
        (more(PAGES, b'{"url": "https://x.test/"}\n'), f"derived: {PAGES}: line 4: no record of https://x.test/ is"),
        (more(PAGES, b"{\n"), f"derived: {PAGES}: line 4: it cannot be read"),
        (replaced(INDEX, b'"offset": "', b'"offset": "9'), f"derived: {INDEX}: line 1: no record of "),
        (replaced(INDEX, b"paper.test/a.png", b"paper.test/b.png"), f"derived: {INDEX}: line 1: another record than"),
        (replaced(INDEX, b"crawl.warc.gz", b"other.warc.gz"), f"derived: {INDEX}: line 1: no record of "),
        (more(INDEX, b"a b\n"), f"derived: {INDEX}: line 9: it cannot be read"),
        (lambda files: files | {INDEX: b""}, "derived: indexes/: no index names"),
        (lambda files: files | {WARC: files[WARC][:-20]}, f"damage: {WARC}: the file ends inside a gzip member"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, good: dict[str, bytes], change: Change, words: str) -> None:
    found = wrong(packed(tmp_path / "a.wacz", change(index_of(good))))
    assert any(line.startswith(words) for line in found), found


def test_blocks_of_a_packed_index_that_are_not_where_they_should_be(tmp_path: Path, good: dict[str, bytes]) -> None:
    idx = good["indexes/index.idx"].replace(b'"offset": 0', b'"offset": 1')
    found = wrong(packed(tmp_path / "a.wacz", good | {"indexes/index.idx": idx}))
    assert found == ["derived: indexes/index.idx: line 2: no such block lies in index.cdx.gz at offset 1"]


def test_a_file_that_is_packed_in_the_zip_is_read_all_the_same(tmp_path: Path, good: dict[str, bytes]) -> None:
    path = packed(tmp_path / "a.wacz", good, method=zipfile.ZIP_DEFLATED)
    assert wrong(path) == [f"rule: {WARC}: it is packed in the zip, so that no reader can find a record by its offset"]
    broken = bytearray(b"".join(crawl()) * 40)
    for at in range(200, len(broken), 3000):
        broken[at] ^= 0xFF
    files = good | {"archive/crawl.warc": bytes(broken)}
    found = wrong(packed(tmp_path / "b.wacz", files, method=zipfile.ZIP_DEFLATED))
    assert any("archive/crawl.warc" in line and line.startswith("damage") for line in found)


def test_an_arc_file_in_it(tmp_path: Path, good: dict[str, bytes]) -> None:
    data = arc(tmp_path / "old.arc.gz", [("http://old.test/", http(html("Old")))]).read_bytes()
    second = data.index(b"\x1f\x8b", 5)
    found = wrong(packed(tmp_path / "a.wacz", index_of(good) | {"archive/old.arc.gz": data}))
    assert [line for line in found if "datapackage" not in line] == [
        f"derived: indexes/: no index names 1 of the answers, the first of them in old.arc.gz at offset {second}"
    ]


def test_it_is_not_unpacked_and_costs_no_memory(tmp_path: Path, good: dict[str, bytes]) -> None:
    big = b"".join(gzip.compress(each) for each in crawl()) + b"".join(
        gzip.compress(record, 0) for record in crawl()[1:3] * 12000
    )
    path = packed(tmp_path / "a.wacz", index_of(good) | {WARC: big})
    tracemalloc.start()
    check_wacz(path, "a.wacz")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 20 << 20
    assert most < 16 << 20
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_check_by_name_says_where_and_what_to_do(tmp_path: Path, good: dict[str, bytes]) -> None:
    path = packed(tmp_path / "a.wacz", good | {WARC: good[WARC][:-30]}, honest=False)
    found = verify_files([path], Watch(workers=1))
    assert found.exit_code == 5
    told = found.as_dict()["problems"]
    damage = next(each for each in told if each["kind"] == "damage")
    assert damage["file"] == f"{path}!{WARC}"
    assert damage["offset"] > 0 and damage["advice"].startswith("take the file again")
    assert any(each["kind"] == "changed" for each in told)


# ------------------------------------------------------------------------------------------------------- zstd


@pytest.mark.parametrize("frames", [True, False])
def test_a_warc_file_packed_with_zstd(tmp_path: Path, frames: bool) -> None:
    """A frame a record, or one of all."""
    records = crawl()
    data = b"".join(map(zstandard.compress, records)) if frames else zstandard.compress(b"".join(records))
    path = tmp_path / "a.warc.zst"
    path.write_bytes(data)
    unpacked = check_file(plain(tmp_path / "a.warc", records), "x")
    checked = check_file(path, "x")
    assert checked.records == unpacked.records == len(records)
    assert [each for each in checked.problems if each.kind is not Kind.NOTE] == [
        each for each in unpacked.problems if each.kind is not Kind.NOTE
    ]
    path.write_bytes(data[:-5])
    checked = check_file(path, "x")
    assert not checked.whole
    assert checked.records >= (len(records) - 1 if frames else 0)
    bad = bytearray(b"".join(records))
    bad[bad.index(b"<p>The harbour") + 2] ^= 1
    path.write_bytes(zstandard.compress(bytes(bad)))
    (problem,) = [each for each in check_file(path, "x").problems if each.kind is Kind.DAMAGE]
    assert "WARC-Payload-Digest" in problem.words
