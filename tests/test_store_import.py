"""`tearsheet import` into a collection with a store: what is told imported is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.archive.collecting import derived, fill
from tests.command import Home, home
from tests.foreign import STORY, arc, crawl, gzipped, html, http, response
from tests.stores import Bucket, Trouble


def far(folder: Path, bucket: Bucket, keep_local: str) -> Home:
    return home(folder, None, archive__store=json.dumps(bucket.url), archive__keep_local=keep_local)


def imported(there: Home, *arguments: str) -> list[dict[str, Any]]:
    ran = there.run("import", "--json", *arguments)
    assert ran.code == 0, ran.err
    return ran.rows


def all_derived(there: Home) -> dict[str, Any]:
    found = derived(there.collection.parents[1])
    del found["catalog"]["state"]
    return found


def wrong(there: Home) -> set[tuple[str, str]]:
    (told,) = there.run("verify", "--json").rows
    return {(problem["file"], problem["words"]) for problem in told["problems"]}


def cut_short(file: str) -> tuple[str, str]:
    return "manifest.jsonl", f"it does not know {file}, of which the catalog does: import that file again"


@pytest.mark.parametrize("keep_local", ["true", "false"])
def test_imported_files_go_up_and_are_read_from_there(tmp_path: Path, bucket: Bucket, keep_local: str) -> None:
    there = far(tmp_path / "here", bucket, keep_local)
    data = gzipped(there.folder / "crawl.warc.gz", crawl()).read_bytes()
    arc(there.folder / "old.arc", [("http://old.test/", http(html("An old page")))])
    told = imported(there, "crawl.warc.gz", "old.arc")
    assert [row["outcome"] for row in told] == ["imported", "imported"]
    assert bucket.get("archive/crawl.warc.gz") == data
    assert {row["stored"] for row in told} < set(bucket.names())
    assert bucket.get("manifest.jsonl") == (there.collection / "manifest.jsonl").read_bytes()
    here = {f"archive/{path.name}" for path in (there.collection / "archive").iterdir()}
    assert here == (set() if keep_local == "false" else {name for name in bucket.names() if "archive/" in name})
    assert "The harbour board met" in there.run("show", STORY).out
    assert [row["outcome"] for row in imported(there, "crawl.warc.gz", "old.arc")] == ["already there"] * 2
    verified = there.run("verify", "--store")
    assert verified.code == 0, verified.out
    before = all_derived(there)
    new = far(tmp_path / "new", bucket, "false")
    assert new.run("rebuild").code == 0
    assert all_derived(new) == before
    assert "The harbour board met" in new.run("show", STORY).out
    assert [row["outcome"] for row in imported(new, str(there.folder / "old.arc"))] == ["already there"]


def test_files_of_ours_go_up_before_they_are_told(tmp_path: Path, bucket: Bucket) -> None:
    fill(tmp_path / "one")
    one = tmp_path / "one" / "collections" / "main"
    there = far(tmp_path / "two", bucket, "false")
    files = sorted([*(one / "archive").iterdir(), *(one / "quarantine").iterdir()])
    bucket.proxy.trouble = lambda asked: Trouble(status=403, code="AccessDenied") if asked.method == "PUT" else None
    refused = there.run("import", "--json", *map(str, files))
    assert (refused.code, refused.rows) == (3, [])
    bucket.proxy.trouble = lambda asked: None
    told = imported(there, *map(str, files))
    assert {row["outcome"] for row in told} == {"already there"}
    assert {row["stored"]: bucket.get(row["stored"]) for row in told} == {
        f"{path.parent.name}/{path.name}": path.read_bytes() for path in files
    }
    assert there.run("verify").code == 0


def test_nothing_is_told_imported_while_the_store_is_away(tmp_path: Path, bucket: Bucket) -> None:
    there = far(tmp_path, bucket, "false")
    gzipped(there.folder / "crawl.warc.gz", crawl())
    bucket.proxy.trouble = lambda asked: Trouble(status=403, code="AccessDenied") if asked.method == "PUT" else None
    refused = there.run("import", "--json", "crawl.warc.gz")
    assert (refused.code, refused.rows) == (3, [])
    assert bucket.url in refused.err
    bucket.proxy.trouble = lambda asked: None
    (row,) = imported(there, "crawl.warc.gz")
    assert row["outcome"] == "imported"
    assert len(there.run("--json", "list").rows) == 3
    assert there.run("verify").code == 0


def test_an_import_that_ended_before_its_line_is_told_on_a_new_machine_and_goes_on_there(
    tmp_path: Path, bucket: Bucket
) -> None:
    there = far(tmp_path / "here", bucket, "false")
    data = gzipped(there.folder / "crawl.warc.gz", crawl()).read_bytes()
    bucket.proxy.trouble = lambda asked: (
        Trouble(status=403, code="AccessDenied") if asked.method == "PUT" and "manifest.jsonl" in asked.path else None
    )
    refused = there.run("import", "--json", "crawl.warc.gz")
    assert (refused.code, refused.rows) == (3, [])
    bucket.proxy.trouble = lambda asked: None
    assert bucket.get("archive/crawl.warc.gz") == data
    new = far(tmp_path / "new", bucket, "false")
    assert new.run("rebuild").code == 0
    assert wrong(new) == {cut_short("archive/crawl.warc.gz")}
    (row,) = imported(new, str(there.folder / "crawl.warc.gz"))
    assert row["outcome"] == "imported"
    assert new.run("verify").code == 0
    assert len(new.run("--json", "list").rows) == 3


@pytest.mark.slow
def test_kills_lose_nothing_that_was_told_imported(tmp_path: Path, bucket: Bucket) -> None:
    there = far(tmp_path / "here", bucket, "false")
    files = []
    for n in range(0, 60, 20):
        stories = [
            response(html(f"Story {i}", f"This is what story {i} says."), id=str(i), url=f"https://p.test/{i}")
            for i in range(n, n + 20)
        ]
        files.append(str(gzipped(there.folder / f"{n}.warc.gz", stories)))
    for run, (after, delay) in enumerate(((1, 0.0), (1, 0.3))):
        told, _ = there.killed("import", "--json", *files, after=after, delay=delay)
        # The dead machine's manifest may have a line that the store's has not: a new machine goes on, never both.
        there = far(tmp_path / f"new{run}", bucket, "false")
        assert there.run("rebuild").code == 0
        listed = {row["url"] for row in there.run("--json", "list", "-n", "100").rows}
        for row in told:
            first = int(Path(row["stored"]).name.partition(".")[0])
            assert listed >= {f"https://p.test/{n}" for n in range(first, first + 20)}
        unfinished = {f"archive/{Path(name).name}" for name in files} - {row["stored"] for row in told}
        assert wrong(there) <= {cut_short(file) for file in unfinished}
    assert {row["outcome"] for row in imported(there, *files)} <= {"imported", "already there"}
    assert there.run("verify").code == 0
    assert len(there.run("--json", "list", "-n", "100").rows) == 60
    before = all_derived(there)
    assert there.run("rebuild").code == 0
    after_ = all_derived(there)
    before["text"] = {name: data for name, data in before["text"].items() if "/." not in name}
    assert after_ == before
