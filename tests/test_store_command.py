"""The command with a collection in object storage: runs that are killed, a new machine, the replay."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.command import Home, home
from tests.serving import get, serving
from tests.site import Web
from tests.stores import KEY, SECRET, Bucket, Trouble
from tests.test_fetch_command import ARTICLE

COUNT = 40


def serve(web: Web, count: int = COUNT) -> list[str]:
    for n in range(count):
        web.host(f"h{n % 8}.test").page(f"/{n}", ARTICLE.replace("the pier", f"pier {n}"))
    return [f"https://h{n % 8}.test/{n}" for n in range(count)]


def far(folder: Path, web: Web | None, bucket: Bucket, **more: str) -> Home:
    return home(folder, web, archive__store=json.dumps(bucket.url), **more)


def file_of(row: dict[str, Any]) -> str:
    return "archive/" + Path(row["warc"]).name


@pytest.mark.slow
@pytest.mark.parametrize("keep_local", ["true", "false"])
def test_kills_lose_nothing_that_was_told(tmp_path: Path, bucket: Bucket, keep_local: str) -> None:
    chance = random.Random(20060314)
    with Web() as web:
        addresses = serve(web)
        there = far(tmp_path, web, bucket, archive__keep_local=keep_local)
        (tmp_path / "links.txt").write_text("\n".join(addresses))
        told: dict[str, dict[str, Any]] = {}
        before: dict[str, bytes] = {}
        for _ in range(3):
            rows, _ = there.killed(
                "fetch",
                "--json",
                "-i",
                "links.txt",
                after=chance.randint(1, 8),
                delay=chance.uniform(0, 0.1),
                counts=lambda line: '"already_kept": false' in line,
            )
            assert all(row["verdict"] == "article" for row in rows)
            told |= {row["url"]: row for row in rows if row["url"] not in told}
            now = {name: bucket.get(name) for name in bucket.names() if name.endswith(".warc.gz")}
            assert {file_of(row) for row in told.values()} <= now.keys()
            assert before.items() <= now.items()
            before = now
        assert told
        done = there.run("fetch", "--json", "-i", "links.txt")
        assert done.code == 0, done.err
        assert sorted(row["url"] for row in done.rows) == sorted(addresses)
        assert {row["url"] for row in done.rows if row["already_kept"]} >= told.keys()
        assert there.run("verify").code == 0
    shutil.rmtree(there.collection)
    rebuilt = there.run("rebuild", "--json")
    assert rebuilt.code == 0, rebuilt.err
    assert json.loads(rebuilt.out)["pages"] == COUNT
    assert len(there.texts()) == 2 * COUNT
    listed = {row["url"]: row for row in there.run("list", "--json", "-n", "1000").rows}
    for url, row in told.items():
        assert (file_of(listed[url]), listed[url]["offset"]) == (file_of(row), row["offset"])


def test_a_new_machine_reads_replays_and_exports_what_the_store_has(tmp_path: Path, bucket: Bucket) -> None:
    with Web() as web:
        (address,) = serve(web, 1)
        assert far(tmp_path / "old", web, bucket).fetch(address)["verdict"] == "article"
    there = far(tmp_path / "new", None, bucket, archive__keep_local="false")
    missing = there.run("list")
    assert missing.code == 5
    assert "tearsheet rebuild" in missing.err
    assert there.run("rebuild").code == 0
    assert there.warcs() == []
    verified = json.loads(there.run("verify", "--json").out)
    assert verified["whole"], verified
    assert verified["files"] >= 1
    assert "pier 0" in there.run("show", address).out
    assert there.run("export", "wacz", "--all", "-o", "all.wacz").code == 0
    assert (there.folder / "all.wacz").stat().st_size > sum(
        len(bucket.get(name)) for name in bucket.names() if name.startswith("archive/")
    )
    assert there.run("export", "wacz", "--url", address, "-o", "one.wacz").code == 0
    assert there.run("verify", "one.wacz").code == 0
    with serving(there) as served:
        page = get(f"{served.replay}/mp_/{address}")
        assert page.status == 200, served.said
        assert b"pier 0" in page.body
        row = json.loads(there.run("show", "--json", address).out)
        record = get(f"{served.library}/page/{row['page_id']}/record")
        assert zlib.decompress(record.body, 31).startswith(b"WARC/1.1\r\nWARC-Type: response")


def test_tables_are_made_of_what_the_store_has(tmp_path: Path, bucket: Bucket) -> None:
    pytest.importorskip("pyarrow")
    with Web() as web:
        (address,) = serve(web, 1)
        there = far(tmp_path, web, bucket, archive__keep_local="false")
        assert there.fetch(address)["verdict"] == "article"
    assert there.warcs() == []
    made = there.run("export", "parquet", "-o", "tables", "--json")
    assert made.code == 0, made.err
    assert json.loads(made.out)["captures"] >= 1


def test_a_store_that_fails_is_told_without_keys(tmp_path: Path, bucket: Bucket) -> None:
    with Web() as web:
        (address,) = serve(web, 1)
        there = far(tmp_path, web, bucket)
        bucket.proxy.trouble = lambda asked: Trouble(status=403, code="AccessDenied")
        failed = there.run("-v", "fetch", "--json", address)
        assert failed.code == 3
        assert not any(row["verdict"] == "article" for row in failed.rows)
        assert bucket.url in failed.err
        said = failed.err + failed.out
        for path in there.folder.rglob("*.json*"):
            said += path.read_text(errors="replace")
        assert KEY not in said
        assert SECRET not in said
        bucket.proxy.trouble = lambda asked: None
        assert there.fetch(address)["verdict"] == "article"


def test_commands_that_change_closed_files_are_refused(tmp_path: Path, bucket: Bucket) -> None:
    with Web() as web:
        (address,) = serve(web, 1)
        there = far(tmp_path, web, bucket)
        assert there.fetch(address)["verdict"] == "article"
    for command in (
        ["pack"],
        ["repair"],
        ["exclude", "--purge", "--yes", "h0.test", "--reason", "x"],
    ):
        refused = there.run(*command)
        assert refused.code == 2, (command, refused)
        assert bucket.url in refused.err
    assert there.run("exclude", "h0.test", "--reason", "asked to").code == 0
    assert b"asked to" in bucket.get("exclusions.jsonl")
    shutil.rmtree(there.collection)
    assert there.run("rebuild").code == 0
    assert address not in there.run("list", "--json").out


def test_a_store_that_is_not_installed_is_told(tmp_path: Path) -> None:
    there = home(tmp_path, None, archive__store='"nowhere://press/papers"')
    refused = there.run("fetch", "https://news.test/")
    assert refused.code in (2, 3)
    assert "nowhere://press/papers" in refused.err
    assert "Traceback" not in refused.err


ALONE = """
import sys, threading
from archive.models import Link
from scraper.config import load
from scraper.fetching import Asked, fetch_all
code = fetch_all([Link(sys.argv[1])], load(), Asked(quiet=True), threading.Event())
print(code, *({"fsspec", "s3fs", "archive.store", "archive.ranges", "tenacity"} & set(sys.modules)))
"""


def test_without_a_store_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    with Web() as web:
        (address,) = serve(web, 1)
        there = home(tmp_path, web)
        command = [sys.executable, "-c", ALONE, address]
        ran = subprocess.run(command, cwd=tmp_path, env=there.environment, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["0"]
