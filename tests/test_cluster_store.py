"""A run of Dask workers whose WARC files go to object storage: nothing is told kept that is not there."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.command import Home
from tests.dask import Dask, dask
from tests.site import Web
from tests.stores import Bucket, Trouble
from tests.test_cluster import captures, derived, listed, newspapers, on, verdicts
from tests.underway import underway

pytestmark = pytest.mark.slow


def far(cluster: Dask, bucket: Bucket, keep_local: str = "false") -> dict[str, str]:
    return on(cluster) | {"archive__store": json.dumps(bucket.url), "archive__keep_local": keep_local}


def file_of(row: dict[str, Any]) -> str:
    path = Path(row["warc"])
    return f"{path.parent.name}/{path.name}"


def is_there(rows: list[dict[str, Any]], bucket: Bucket) -> None:
    """The files of all that was told kept are in the store."""
    assert {file_of(row) for row in rows if row["verdict"] == "article"} <= set(bucket.names())


def is_whole(made: Home, files: int) -> None:
    verified = made.run("verify", "--json")
    assert verified.code == 0, verified.out
    found = json.loads(verified.out)
    assert found["files"] == found["stored"] == files
    before = derived(made)
    assert made.run("-q", "rebuild").code == 0
    assert derived(made) == before


def test_two_workers_keep_what_one_machine_keeps(tmp_path: Path, bucket: Bucket) -> None:
    with Web() as web, dask(tmp_path / "dask", "one", "two") as cluster:
        addresses = newspapers(web, 40)
        alone = listed(tmp_path / "alone", web, addresses)
        one = alone.run("crawl", "--json")
        many = listed(tmp_path / "many", web, addresses, **far(cluster, bucket))
        two = many.run("crawl", "--json")
        assert two.code == one.code, two.err
        assert verdicts(two) == verdicts(one)
        assert captures(many) == captures(alone)
        is_there(two.rows, bucket)
        assert many.warcs() == many.warcs("quarantine") == []
        files = [name for name in bucket.names() if name.endswith(".warc.gz")]
        assert {name.removesuffix(".warc.gz").rpartition("-")[2] for name in files} >= {"one", "two"}
        is_whole(many, len(files))
        before = derived(many)
        shutil.rmtree(many.collection)
        assert many.run("-q", "rebuild").code == 0
        assert derived(many) == before


def test_a_worker_and_a_run_that_are_killed_lose_nothing_that_was_told(tmp_path: Path, bucket: Bucket) -> None:
    with Web() as web, dask(tmp_path / "dask", "one", "two") as cluster:
        addresses = newspapers(web, 160)
        made = listed(tmp_path / "kept", web, addresses, **far(cluster, bucket))
        first, met = made.killed("crawl", "--json", after=5, delay=0.0)
        assert met
        is_there(first, bucket)
        with underway(made, "crawl", "--json") as run:
            told = [json.loads(run.out.next()) for _ in range(10)]
            is_there(told, bucket)
            cluster.workers["one"].kill()
            ran = run.end()
        assert ran.code == 1, ran.err
        told += ran.rows
        is_there(told, bucket)
        assert Counter(row["url"] for row in told).most_common(1)[0][1] == 1
        with closing(sqlite3.connect(made.collection / "catalog.sqlite")) as db:
            assert {url for (url,) in db.execute("SELECT url FROM pages")} == set(addresses)
            known = {page for (page,) in db.execute("SELECT page_id FROM pages")}
        assert {row["page_id"] for row in [*first, *told] if row["verdict"] == "article"} <= known
        assert made.warcs() == []
        is_whole(made, sum(name.endswith(".warc.gz") for name in bucket.names()))


def test_a_store_that_fails_ends_the_run_and_nothing_is_told(tmp_path: Path, bucket: Bucket) -> None:
    with Web() as web, dask(tmp_path / "dask", "one") as cluster:
        addresses = newspapers(web, 10)
        made = listed(tmp_path / "kept", web, addresses, **far(cluster, bucket))
        refused = Trouble(status=403, code="AccessDenied")
        bucket.proxy.trouble = lambda asked: refused if asked.method == "PUT" else None
        failed = made.run("crawl", "--json")
        assert failed.code == 3, failed.err
        assert bucket.url in failed.err
        assert not any(row["verdict"] == "article" for row in failed.rows)
        bucket.proxy.trouble = lambda asked: None
        done = made.run("crawl", "--json")
        assert done.code == 1, done.err
        is_there(done.rows, bucket)
        is_whole(made, sum(name.endswith(".warc.gz") for name in bucket.names()))


def test_a_worker_that_cannot_read_the_store_is_told(tmp_path: Path, bucket: Bucket, monkeypatch: Any) -> None:
    with Web() as web:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        with dask(tmp_path / "dask", "one") as cluster:
            monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.proxy.url)
            made = listed(tmp_path / "kept", web, newspapers(web, 1), **far(cluster, bucket))
            refused = made.run("crawl")
    assert refused.code != 0
    assert "does not reach the store: s3://press/papers" in refused.err
