"""pages.jsonl: its header, its lines, and that each has a line in the index."""

from __future__ import annotations

import json
from pathlib import Path

from archive.disk import Disk
from archive.pages import HEADER, NAME, PENDING, Pages
from archive.urls import key
from tests.archive.collecting import (
    OLD,
    STORY,
    article,
    fill,
    folder_of,
    group,
    hop,
    index_lines,
    opened,
    page,
    page_lines,
    read,
)


def test_the_header_is_what_viewers_expect() -> None:
    assert json.loads(HEADER) == {"format": "json-pages-1.0", "id": "pages", "title": "All Pages", "hasText": "true"}


def test_kept_pages_only_each_once_with_an_index_line(tmp_path: Path) -> None:
    rows = fill(tmp_path)
    lines = page_lines(tmp_path)
    assert [line["id"] for line in lines] == [row.page_id for row in rows if row.verdict.kept]
    index = {tuple(line.decode().split(" ")[:2]) for line in index_lines(tmp_path)}
    for line in lines:
        stamp = "".join(c for c in line["ts"] if c.isdigit())
        assert (key(line["url"]), stamp) in index
        assert line["ts"].endswith("Z")
        assert len(stamp) == 14


def test_a_line_tells_what_was_asked_and_what_answered(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        collection.commit(group("p", 1, [hop(1), page(2, b"x")], article=article("Line <one>\n\nLine two"))).result(30)
    (line,) = page_lines(tmp_path)
    assert line == {
        "id": "p",
        "url": STORY,
        "ts": "2026-01-02T03:04:07Z",
        "title": "A quiet day",
        "text": "A quiet day\n\nAnn Bee\n\nLine <one> Line two",
        "seed": OLD,
        "status": 200,
        "mime": "text/html",
    }


def test_lines_of_an_open_warc_file_wait(tmp_path: Path) -> None:
    with opened(tmp_path) as collection:
        collection.commit(group("p", 1, [page(1, b"x")])).result(30)
        assert not (folder_of(tmp_path) / "pages" / NAME).exists()
        (waiting,) = (folder_of(tmp_path) / "pages").glob(f"*{PENDING}")
        assert waiting.stat().st_size > 0
    assert len(page_lines(tmp_path)) == 1
    assert not list((folder_of(tmp_path) / "pages").glob(f"*{PENDING}"))


def test_what_a_killed_run_appended_is_cut_back(tmp_path: Path) -> None:
    pages = Pages(tmp_path, Disk(), 0)
    assert pages.append("a") == 0
    assert read(tmp_path / NAME) == b""
    pages.wait(b"two\n", "b")
    pages.wait(b"one\n", "a")
    size = pages.append("a")
    assert read(tmp_path / NAME) == HEADER + b"one\n"
    (tmp_path / NAME).write_bytes(HEADER + b"one\ntwo\nthr")
    assert list(tmp_path.glob(f"*{PENDING}"))
    again = Pages(tmp_path, Disk(), size)
    assert again.mend() is None
    assert read(tmp_path / NAME) == HEADER + b"one\n"
    again.wait(b"two\n", "b")
    again.append("b")
    pages.close()
    assert read(tmp_path / NAME) == HEADER + b"one\ntwo\n"
    assert not list(tmp_path.glob(f"*{PENDING}"))


def test_a_list_that_somebody_cut_is_told(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(HEADER[:5])
    assert "tearsheet rebuild" in (Pages(tmp_path, Disk(), 500).mend() or "")
