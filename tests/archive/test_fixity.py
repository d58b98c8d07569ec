from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.checking import Kind
from archive.fixity import Verified, Watch, verify_collection, verify_files
from tests.archive.collecting import fill, folder_of
from tests.archive.packing import packed, read_again, small_files
from tests.archive.vandal import DEEDS
from tests.reliability import Figures

ALONE = Watch(workers=1)


def verified(root: Path, *, quick: bool = False) -> Verified:
    return verify_collection(folder_of(root), ALONE, quick=quick)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("whole")
    fill(root)
    read_again(root, "p20", 60, "What the home page says.")
    yield root


def test_a_whole_collection_has_nothing_wrong(whole: Path) -> None:
    found = verified(whole)
    assert found.problems == []
    assert found.exit_code == 0
    assert found.records > 50
    assert verified(whole, quick=True).problems == []


def test_joined_files_have_nothing_wrong(tmp_path: Path) -> None:
    small_files(tmp_path)
    assert verified(tmp_path).problems == []
    packed(tmp_path)
    assert verified(tmp_path).problems == []
    assert verified(tmp_path, quick=True).problems == []


def vandalised(whole: Path, place: Path, seed: int) -> None:
    """One random deed, which a check must find, and lay to the right file."""
    chance = random.Random(seed)
    root = place / str(seed)
    shutil.copytree(whole, root)
    deed = chance.choice(DEEDS)
    name = deed(folder_of(root), chance)
    found = verified(root)
    told = f"seed {seed}: {deed.__name__} of {name}; found {[(p.kind, p.file, p.words) for p in found.problems]}"
    assert found.exit_code == 5, told
    assert name in {problem.file for problem in found.bad}, told
    shutil.rmtree(root)


@pytest.mark.parametrize("seed", range(120))
def test_whatever_is_done_to_a_collection_is_found(whole: Path, tmp_path: Path, seed: int) -> None:
    vandalised(whole, tmp_path, seed)


@pytest.mark.soak
@pytest.mark.promise("verify")
def test_a_thousand_random_deeds_are_found(whole: Path, tmp_path: Path, figures: Figures) -> None:
    missed = []
    for seed in range(1000, 2000):
        figures.add("random deeds")
        try:
            vandalised(whole, tmp_path, seed)
        except AssertionError as error:
            missed.append(str(error).partition("\n")[0])
    figures.failed = len(missed)
    assert not missed


def test_rot_and_tampering_are_told_apart(whole: Path, tmp_path: Path) -> None:
    root = tmp_path / "x"
    shutil.copytree(whole, root)
    first, second = sorted((folder_of(root) / "archive").glob("*.warc.gz"))[:2]
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 4
    first.write_bytes(content)
    shutil.copyfile(next((folder_of(root) / "quarantine").glob("*.warc.gz")), second)
    words = {p.file: p.words for p in verified(root).problems if p.kind is Kind.CHANGED}
    assert "it rotted" in words[f"archive/{first.name}"]
    assert "on purpose" in words[f"archive/{second.name}"]


def test_a_file_that_is_no_warc_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"nothing of the kind")
    found = verify_files([path], ALONE)
    assert found.exit_code == 5
    assert [problem.offset for problem in found.bad] == [0]


def test_a_catalog_of_another_release_is_told(whole: Path, tmp_path: Path) -> None:
    root = tmp_path / "x"
    shutil.copytree(whole, root)
    for version, age in ((1, "an older"), (99, "a newer")):
        with closing(sqlite3.connect(folder_of(root) / "catalog.sqlite")) as db:
            db.execute(f"PRAGMA user_version = {version}")
        found = verified(root)
        assert found.exit_code == 5
        assert any(f"{age} tearsheet made this catalog" in problem.words for problem in found.bad)
