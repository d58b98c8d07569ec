"""WARC and WACZ files that mean harm cost no more memory and seconds than a limit says, and write nowhere else."""

from __future__ import annotations

import gzip
import io
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.errors import DamageError
from archive.fixity import Watch, verify_files
from archive.wacz_reading import Wacz
from archive.warc.reader import read_records
from tests import foreign
from tests.command import home

pytestmark = pytest.mark.promise("files", each="attacks")

MB = 1 << 20
BOMB = 200 * MB


@contextmanager
def bounded(memory: int, seconds: float) -> Iterator[None]:
    """What Python objects hold at most, in bytes, and CPU seconds of this process."""
    tracemalloc.start()
    begun = time.process_time()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < memory
    assert time.process_time() - begun < seconds


def bomb(path: Path) -> Path:
    """A file of some 200 KB with a record of 200 MB between good ones."""
    head, between, _ = foreign.record("response", b"X", id="bomb", url="https://a.test/").partition(b"X\r\n\r\n")
    head = head.replace(b"Content-Length: 1\r\n", f"Content-Length: {BOMB}\r\n".encode())
    assert between and f"{BOMB}".encode() in head
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(head)
        for _ in range(BOMB // MB):
            file.write(bytes(MB))
        file.write(b"\r\n\r\n")
    good = [gzip.compress(each, mtime=0) for each in foreign.crawl()]
    path.write_bytes(b"".join([*good[:2], packed.getvalue(), *good[2:]]))
    assert path.stat().st_size < MB
    return path


def test_a_record_that_is_a_bomb_is_read_in_pieces(tmp_path: Path) -> None:
    path = bomb(tmp_path / "a.warc.gz")
    with bounded(16 * MB, 30):
        records = list(read_records(path, strict=True))
        assert len(records) == len(foreign.crawl()) + 1
        (record,) = (each for each in records if each.record_id == "<urn:uuid:bomb>")
        assert len(record.payload_bytes(MB)) == MB


def test_a_check_of_a_bomb(tmp_path: Path) -> None:
    path = bomb(tmp_path / "a.warc.gz")
    with bounded(16 * MB, 30):
        found = verify_files([path], Watch(workers=1))
    assert found.records == len(foreign.crawl()) + 1


@pytest.mark.parametrize("kind", ["lines", "one line", "no end"])
def test_a_record_with_a_header_without_end(tmp_path: Path, kind: str) -> None:
    lines = {
        "lines": b"".join(b"X-%d: y\r\n" % number for number in range(1_000_000)),
        "one line": b"X: " + b"y" * 50 * MB + b"\r\n",
        "no end": b"y" * 50 * MB,
    }[kind]
    header = b"WARC/1.0\r\nWARC-Type: resource\r\n" + lines
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(header, 1, mtime=0) + gzip.compress(foreign.crawl()[1], mtime=0))
    told: list[Exception] = []
    with bounded(60 * MB, 30):
        records = list(read_records(path, strict=False, tell=told.append))
    assert told
    assert [record.record_id for record in records] == ["<urn:uuid:r1>"]
    with bounded(60 * MB, 30):
        assert verify_files([path], Watch(workers=1)).exit_code == 5


@pytest.mark.parametrize("name", ["datapackage.json", "pages/pages.jsonl", "datapackage-digest.json"])
def test_a_wacz_whose_lists_are_bombs(tmp_path: Path, name: str) -> None:
    path = foreign.wacz(tmp_path / "a.wacz", {"a.warc.gz": b"x"})
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "b.wacz", "w") as made:
        for each in whole.namelist():
            if each != name:
                made.writestr(each, whole.read(each))
        made.writestr(name, b" " * BOMB, compress_type=zipfile.ZIP_DEFLATED, compresslevel=9)
    with bounded(120 * MB, 30), pytest.raises(DamageError, match="larger than"):
        opened = Wacz(tmp_path / "b.wacz")
        try:
            opened.pages()
        finally:
            opened.close()


CLIMBING = [
    "../../../evil.warc.gz",
    "/evil.warc.gz",
    "a/../../../../evil.warc.gz",
    "..\\..\\evil.warc.gz",
    "C:\\evil.warc.gz",
    "con.warc.gz",
    "a\u202egz.craw.evil",
    ".open.warc.gz.open",
    "-rf.warc.gz",
    "x" * 3000 + ".warc.gz",
]


def test_names_in_a_wacz_lead_nowhere(tmp_path: Path) -> None:
    """Each file gets a name of ours, within archive/ and quarantine/."""
    there = home(tmp_path / "there", None)
    files = {
        name: foreign.gzipped(
            tmp_path / "x.warc.gz", [*foreign.crawl(), foreign.response(b"x", id=f"n{number}")]
        ).read_bytes()
        for number, name in enumerate(CLIMBING)
    }
    (tmp_path / "x.warc.gz").unlink()
    path = foreign.wacz(tmp_path / "a.wacz", files)
    before = {each for each in tmp_path.rglob("*") if not each.is_relative_to(there.collection)}
    ran = there.run("import", str(path))
    assert "Traceback" not in ran.err
    after = {each for each in tmp_path.rglob("*") if not each.is_relative_to(there.collection)}
    assert after - before <= {there.folder / "kept", there.folder / "kept" / "collections"}
    names = [each.name for kind in ("archive", "quarantine") for each in (there.collection / kind).iterdir()]
    assert any(name.startswith("evil") for name in names)
    for name in names:
        assert name.endswith(".warc.gz") and len(name) < 200
        assert name.isascii() and not set(name) & set("/\\:\0") and not name.startswith(("-", "."))
    assert there.run("verify").code == 0
