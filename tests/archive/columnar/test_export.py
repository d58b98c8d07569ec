"""A collection with everything in it as Parquet: bytes, memory, hostile values, exclusions, what moves meanwhile."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from archive import exclusions
from archive import rows as rows_module
from archive.columnar import export as exporting
from archive.columnar import tables
from archive.columnar.export import Made, Run, Stopped, export
from archive.disk import Disk
from archive.errors import NotKeptError, StorageError, UsageError
from archive.excluding import asked_for
from archive.models import VerdictKind
from archive.pack import Limits, pack
from archive.pack import Run as PackRun
from tests.archive.collecting import (
    STORY,
    article,
    asset,
    fill,
    folder_of,
    group,
    opened,
    page,
    settings,
)
from tests.making import TIME


@pytest.fixture
def root(tmp_path: Path) -> Path:
    fill(tmp_path / "root")
    return tmp_path / "root"


def exported(root: Path, target: Path, run: Run | None = None, **more: Any) -> Made:
    return export(folder_of(root), "main", target, run or Run(), **more)


def rows(target: Path, table: str) -> list[dict[str, Any]]:
    return [row for path in sorted((target / table).rglob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def sums(target: Path) -> dict[str, str]:
    return {
        str(path.relative_to(target)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in target.rglob("*")
        if path.is_file()
    }


def test_everything_that_has_an_answer_is_there(root: Path, tmp_path: Path) -> None:
    made = exported(root, tmp_path / "out")
    found = rows(tmp_path / "out", "captures")
    assert made.captures == len(found)
    assert sum(row["role"] == "page" for row in found) == 10
    assert {row["fetch_status"] for row in found if row["warc_filename"].startswith("quarantine/")} == {403, 404, 410}
    folders = {str(path.parent.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.parquet")}
    assert folders == {
        "articles/crawl=main-2026-01",
        *(f"captures/crawl=main-2026-01/subset={name}" for name in ("warc", "robotstxt", "crawldiagnostics")),
    }


def test_the_same_collection_gives_the_same_bytes(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported(root, tmp_path / "a")
    exported(root, tmp_path / "b", Run(in_memory=500))
    assert sums(tmp_path / "a") == sums(tmp_path / "b")
    monkeypatch.setattr(tables, "BYTES_A_GROUP", 1000)
    monkeypatch.setattr(tables, "ROWS_A_FILE", 4)
    made = exported(root, tmp_path / "c")
    assert made.files > len(sums(tmp_path / "a"))
    for table in exporting.TABLES:
        assert rows(tmp_path / "c", table) == rows(tmp_path / "a", table)


def test_rows_are_sorted_by_key_and_time(root: Path, tmp_path: Path) -> None:
    exported(root, tmp_path / "out")
    for path in (tmp_path / "out" / "captures").rglob("*.parquet"):
        order = [(row["url_surtkey"], row["fetch_time"]) for row in pq.read_table(path).to_pylist()]
        assert order == sorted(order)


def test_hostile_and_huge_values(tmp_path: Path) -> None:
    text = "A word \ud800 and \0 and \n" + "x" * 20_000_000
    with opened(tmp_path / "root") as collection:
        for number, url in enumerate(("https://news.test/\0?q=a b", "https://news.test/" + "y" * 60_000)):
            parts = [page(number, b"<p>x</p>" * 80, url), asset(number, url=f"https://news.test/\ud800{number}")]
            said = article(text, url, title="T\ud800\0")
            collection.commit(group(f"p{number}", number, parts, article=said)).result(60)
        old = [page(9, b"x" * 200, "https://old.test/", status=70_000)]
        collection.commit(group("p9", 9, old, VerdictKind.PAGE)).result(60)
    exported(tmp_path / "root", tmp_path / "out")
    articles = rows(tmp_path / "out", "articles")
    assert len(articles) == 2
    for row in articles:
        assert len(row["text"]) > 20_000_000
        content = (folder_of(tmp_path / "root") / row["text_file"]).read_bytes()
        assert row["text"].encode() == content
        assert row["title"].startswith("T")
    captures = rows(tmp_path / "out", "captures")
    assert {len(row["url"]) > 60_000 for row in captures} == {True, False}
    assert [row["fetch_status"] for row in captures if row["url"] == "https://old.test/"] == [None]


def test_months_are_partitions(tmp_path: Path) -> None:
    with opened(tmp_path / "root") as collection:
        for number, days in enumerate((0, 40, 80)):
            at = days * 86_400
            said = article(f"Day {days}.", f"https://news.test/{number}")
            parts = [page(at, f"<p>{days}</p>".encode() * 80, f"https://news.test/{number}")]
            collection.commit(group(f"p{number}", at, parts, article=said)).result(30)
    exported(tmp_path / "root", tmp_path / "out")
    expected = {f"crawl=main-{(TIME + timedelta(days=days)):%Y-%m}" for days in (0, 40, 80)}
    for table in exporting.TABLES:
        assert {path.name for path in (tmp_path / "out" / table).iterdir()} == expected


def test_the_newest_text_with_what_came_of_asking_last(root: Path, tmp_path: Path) -> None:
    exported(root, tmp_path / "out")
    found = {row["url"]: row for row in rows(tmp_path / "out", "articles")}
    assert set(found) == {STORY, "https://b.test/x"}
    assert (found[STORY]["versions"], found[STORY]["page_id"], found[STORY]["state"]) == (3, "p10", "article")
    assert found[STORY]["authors"] == ["Ann Bee"]
    assert "東京都の桟橋" in found["https://b.test/x"]["text"]


def test_what_a_check_found_last_is_the_state(root: Path, tmp_path: Path) -> None:
    later, earlier = (rows_module.milliseconds(TIME + timedelta(days=days)) for days in (1, -1))
    with closing(sqlite3.connect(folder_of(root) / "catalog.sqlite")) as db, db:
        for number, (link, time) in enumerate(((STORY, later), ("https://b.test/x", earlier))):
            values = (f"c{number}", link, link, time, "replaced", "", "[]", 200, None, 0, None, 0, 0, "[]")
            db.execute(f"INSERT INTO checks VALUES ({', '.join('?' * len(values))})", values)
    exported(root, tmp_path / "out")
    found = {row["url"]: (row["state"], row["state_time"]) for row in rows(tmp_path / "out", "articles")}
    assert found[STORY] == ("replaced", TIME + timedelta(days=1))
    assert found["https://b.test/x"][0] == "article"


def test_what_is_excluded_is_left_out(root: Path, tmp_path: Path) -> None:
    """Also while the exclusion is noted and nothing was made again yet."""
    exclusions.note(folder_of(root), "exclude", asked_for("news.test", "a test", "", TIME), TIME, Disk())
    exported(root, tmp_path / "out")
    for table in exporting.TABLES:
        assert {row["url_host_name"] for row in rows(tmp_path / "out", table)} == {"b.test"}


def test_beside_a_run_what_is_open_is_left_out(root: Path, tmp_path: Path) -> None:
    exported(root, tmp_path / "before")
    with opened(root) as collection:
        parts = [page(99, b"<p>new</p>" * 80, "https://news.test/new")]
        said = article("New.", "https://news.test/new")
        collection.commit(group("p99", 99, parts, article=said)).result(30)
        exported(root, tmp_path / "during")
    exported(root, tmp_path / "after")
    assert sums(tmp_path / "during") == sums(tmp_path / "before")
    assert len(rows(tmp_path / "after", "articles")) == 3


def test_a_text_that_moves_meanwhile_comes_out_of_its_records(root: Path, tmp_path: Path) -> None:
    before = exported(root, tmp_path / "a")
    for path in folder_of(root).glob("text/*/*.txt"):
        path.write_text("another text")
    assert exported(root, tmp_path / "b") == replace(before, path=tmp_path / "b")
    assert sums(tmp_path / "a") == sums(tmp_path / "b")


def test_files_that_are_joined_meanwhile_are_named_as_they_are(root: Path, tmp_path: Path) -> None:
    told: list[str] = []

    def stopped() -> bool:
        """Asked as each table begins: the first time, files are joined."""
        if not told:
            told.append("joined")
            pack(settings(root), Limits(10**9, 10**9), PackRun("tearsheet/0 (test)"))
        return False

    exported(root, tmp_path / "out", Run(told.append, stopped))
    assert "files were joined meanwhile: starting over" in told
    for row in rows(tmp_path / "out", "captures"):
        assert (folder_of(root) / row["warc_filename"]).exists()


@pytest.mark.parametrize("asked", [1, 2, 3, 4])
def test_stopping_leaves_what_was_there(root: Path, tmp_path: Path, asked: int) -> None:
    exported(root, tmp_path / "out")
    before = sums(tmp_path / "out")
    count = iter(range(1, 99))
    with pytest.raises(Stopped):
        exported(root, tmp_path / "out", Run(stopped=lambda: next(count) >= asked), force=True)
    assert sums(tmp_path / "out") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "root"]


def test_what_a_killed_export_left_is_taken_away(root: Path, tmp_path: Path) -> None:
    for name in (".out.part", ".out.before"):
        (tmp_path / name / "captures").mkdir(parents=True)
    exported(root, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "root"]


def test_a_folder_that_cannot_be_renamed_leaves_what_was_there(root: Path, tmp_path: Path) -> None:
    class Stuck(Disk):
        def seam(self, operation: str, path: Path, action: Callable[[], Any]) -> Any:
            if operation == "rename" and path.name == "out" and not (tmp_path / "out").exists() and not tried:
                tried.append(path)
                raise OSError("no")
            return super().seam(operation, path, action)

    tried: list[Path] = []
    exported(root, tmp_path / "out")
    before = sums(tmp_path / "out")
    with pytest.raises(StorageError):
        exported(root, tmp_path / "out", Run(disk=Stuck()), force=True)
    assert tried
    assert sums(tmp_path / "out") == before


def test_a_folder_of_something_else_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("x")
    with pytest.raises(UsageError, match="other things"):
        exported(root, tmp_path / "mine", force=True)
    (tmp_path / "empty").mkdir()
    assert exported(root, tmp_path / "empty").captures


def test_a_collection_with_nothing_closed(tmp_path: Path) -> None:
    with opened(tmp_path / "root") as collection:
        collection.commit(group("p1", 1, [page(1, b"<p>x</p>" * 80)], article=article())).result(30)
        with pytest.raises(NotKeptError):
            exported(tmp_path / "root", tmp_path / "out")
    assert not (tmp_path / "out").exists()
