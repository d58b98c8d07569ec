"""WACZ files of any tool: what is in one, and that a broken one is damage and nothing else."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest

from archive.errors import DamageError
from archive.wacz_reading import ListedPage, Wacz, is_zip
from tests.foreign import crawl, gzipped, wacz


def made(folder: Path, **more: str) -> Path:
    data = gzipped(folder / "x.warc.gz", crawl()).read_bytes()
    return wacz(
        folder / "a.wacz", {"b.warc.gz": data}, [{"url": "https://a.test/", "ts": "2020"}, {"id": "no"}], **more
    )


def read(path: Path) -> dict[str, bytes]:
    found = Wacz(path)
    try:
        found.pages()
        return {name: b"".join(found.pieces(name)) for name in found.entries() if found.size(name)}
    finally:
        found.close()


def test_files_pages_and_digests(tmp_path: Path) -> None:
    path = made(tmp_path)
    assert is_zip(path) and not is_zip(tmp_path / "x.warc.gz")
    assert read(path) == {"archive/b.warc.gz": (tmp_path / "x.warc.gz").read_bytes()}
    found = Wacz(path)
    assert found.pages() == [ListedPage("https://a.test/", "2020")]
    assert found.problems == []
    found.check("archive/b.warc.gz", "sha256:" + "0" * 64)
    found.check("archive/other", "sha256:" + "0" * 64)
    found.close()
    assert len(found.problems) == 2


@pytest.mark.parametrize("lacking", ["datapackage.json", "archive/b.warc.gz"])
def test_what_lacks_a_part_is_no_wacz(tmp_path: Path, lacking: str) -> None:
    with zipfile.ZipFile(made(tmp_path)) as whole, zipfile.ZipFile(tmp_path / "b.wacz", "w") as cut:
        for name in whole.namelist():
            if name != lacking:
                cut.writestr(name, whole.read(name))
    with pytest.raises(DamageError, match="is no WACZ file"):
        Wacz(tmp_path / "b.wacz")


def test_any_broken_zip_is_damage(tmp_path: Path) -> None:
    whole = made(tmp_path).read_bytes()
    chance = random.Random(7)
    path = tmp_path / "b.wacz"
    damaged = 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            if chance.random() < 0.5:
                data[at] = chance.randrange(256)
            else:
                del data[at : at + chance.randint(1, 90)]
        path.write_bytes(data)
        try:
            read(path)
        except DamageError:
            damaged += 1
    assert damaged > 70
