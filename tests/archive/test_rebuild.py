"""What is derived can be made again: text, JSON and pages list to the byte, index lines and catalog rows the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archive.collection import Collection
from archive.errors import LockedError, NotKeptError
from archive.rebuild import rebuild
from tests.archive.collecting import (
    RUN,
    STORY,
    derived,
    fill,
    folder_of,
    index_lines,
    opened,
    page_lines,
    settings,
)

DERIVED = ("indexes", "pages", "text")


def forget(root: Path) -> None:
    for name in DERIVED:
        shutil.rmtree(folder_of(root) / name)
    for path in folder_of(root).glob("catalog.sqlite*"):
        path.unlink()


@pytest.mark.parametrize("warc_size", [1_000_000_000, 4000, 1])
def test_rebuild_gives_the_same_bytes_lines_and_rows(tmp_path: Path, warc_size: int) -> None:
    fill(tmp_path, warc_size=warc_size)
    before = derived(tmp_path)
    assert len(before["text"]) == 8
    assert len(before["catalog"]["pages"]) == 11
    forget(tmp_path)
    report = rebuild(settings(tmp_path))
    assert report.exit_code == 0
    assert report.pages == 11
    assert derived(tmp_path) == before
    rebuild(settings(tmp_path))
    assert derived(tmp_path) == before
    assert not list((folder_of(tmp_path) / "tmp").iterdir())


def test_a_deleted_catalog_is_made_again_by_the_next_run(tmp_path: Path) -> None:
    fill(tmp_path)
    before = derived(tmp_path)
    for path in folder_of(tmp_path).glob("catalog.sqlite*"):
        path.unlink()
    said: list[str] = []
    with Collection.open(settings(tmp_path), RUN, tell=said.append):
        pass
    assert "is missing and is made again" in said[0]
    assert derived(tmp_path) == before


def test_a_deleted_index_is_made_again_by_the_next_run(tmp_path: Path) -> None:
    fill(tmp_path)
    before = index_lines(tmp_path)
    for path in (folder_of(tmp_path) / "indexes").iterdir():
        path.unlink()
    opened(tmp_path).close()
    assert index_lines(tmp_path) == before


def test_a_warc_file_put_back_between_others_is_taken_in_its_order(tmp_path: Path) -> None:
    fill(tmp_path, warc_size=1)
    before = derived(tmp_path)
    files = sorted((folder_of(tmp_path) / "archive").glob("*.warc.gz"))
    away = tmp_path / files[2].name
    files[2].rename(away)
    rebuild(settings(tmp_path))
    assert derived(tmp_path) != before
    away.rename(files[2])
    opened(tmp_path).close()
    assert derived(tmp_path) == before


def test_damage_is_told_with_its_place_and_the_rest_is_rebuilt(tmp_path: Path) -> None:
    rows = fill(tmp_path, warc_size=1)
    story = [row for row in rows if row.final_url == STORY and row.verdict.kept]
    assert story[0].warc is not None
    path = folder_of(tmp_path) / story[0].warc
    data = bytearray(path.read_bytes())
    assert story[0].offset is not None
    data[story[0].offset + 200] ^= 0xFF
    path.write_bytes(data)
    said: list[str] = []
    report = rebuild(settings(tmp_path), tell=said.append)
    assert report.exit_code == 5
    assert any(path.name in problem and str(story[0].offset) in problem for problem in report.damage)
    assert [line for line in said if line.startswith("damaged: ")]
    assert report.pages == 11
    # Its page has no index line any more, so no viewer is sent there.
    kept = {row.page_id for row in rows if row.verdict.kept}
    assert {line["id"] for line in page_lines(tmp_path)} == kept - {story[0].page_id}
    assert report.as_dict()["damage"] == report.damage
    assert "damaged" in report.summary()


def test_a_file_that_is_no_warc_is_damage_too(tmp_path: Path) -> None:
    rows = fill(tmp_path)
    path = folder_of(tmp_path) / str(rows[0].warc)
    path.write_bytes(b"rubbish" * 100)
    report = rebuild(settings(tmp_path))
    assert report.exit_code == 5
    assert path.name in report.damage[0]


def test_rebuild_takes_the_lock_and_wants_a_collection(tmp_path: Path) -> None:
    with pytest.raises(NotKeptError):
        rebuild(settings(tmp_path))
    with opened(tmp_path), pytest.raises(LockedError):
        rebuild(settings(tmp_path))


def test_files_of_other_tools_are_left_alone(tmp_path: Path) -> None:
    fill(tmp_path)
    before = derived(tmp_path)
    (folder_of(tmp_path) / "archive" / "foreign.warc.gz").write_bytes(b"whatever")
    opened(tmp_path).close()
    assert rebuild(settings(tmp_path)).exit_code == 0
    assert derived(tmp_path) == before
