"""What looks and does not keep: crawl --dry-run, status of the queue, init --cron; and a queue that is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import Home, home
from tests.making import story
from tests.site import Web

SOURCES = """
[[source]]
kind = "feed"
url = "https://news.test/feed.xml"
name = "News"
[[source]]
kind = "list"
path = "links.txt"
name = "Links"
"""


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        host = web.host("news.test")
        for n in range(2):
            host.page(f"/a/{n}", story(f"Story {n}"))
        items = "".join(f"<item><link>https://news.test/a/{n}</link></item>" for n in range(2))
        host.page("/feed.xml", f"<rss version='2.0'><channel>{items}</channel></rss>", type="application/rss+xml")
        yield web


@pytest.fixture
def kept(web: Web, tmp_path: Path) -> Home:
    made = home(tmp_path, web)
    with (tmp_path / "config.toml").open("a") as file:
        file.write(SOURCES)
    (tmp_path / "links.txt").write_text("https://news.test/gone\n")
    return made


def test_a_dry_run_says_what_and_why_and_writes_nothing(kept: Home, web: Web) -> None:
    first = kept.run("crawl", "--dry-run", "--json")
    assert (first.code, {row["why"] for row in first.rows}) == (0, {"new"})
    assert sorted(row["url"] for row in first.rows) == [
        "https://news.test/a/0",
        "https://news.test/a/1",
        "https://news.test/gone",
    ]
    assert not kept.collection.exists()
    assert kept.run("-q", "crawl").code == 1
    before = sorted(kept.collection.rglob("*"))
    again = kept.run("crawl", "--dry-run", "--json").rows
    assert not any(row["would_ask"] for row in again)
    assert any(row["why"].startswith("gone; due on") for row in again)
    retried = kept.run("crawl", "--dry-run", "--retry-failed").out.splitlines()
    assert retried == ["ask   https://news.test/gone  (failed once: gone: there is nothing at this address (404))"]
    assert [path for path in sorted(kept.collection.rglob("*")) if "sqlite" not in path.name] == [
        path for path in before if "sqlite" not in path.name
    ]


def test_status_tells_of_the_queue_by_source_and_host(kept: Home) -> None:
    kept.run("-q", "crawl")
    queue = kept.run("status", "--json").rows[0]["queue"]
    assert queue["states"] == {"due later": 2, "failed": 1}
    assert queue["by_source"]["News"]["states"] == {"due later": 2}
    assert queue["by_host"] == {"news.test": {"due later": 2, "failed": 1}}
    assert queue["last_run"]["asked"] == 3
    told = kept.run("status").out
    assert "    Links: 1 failed\n" in told
    assert "last run" in told


def test_a_lost_queue_is_mended_from_the_catalog(kept: Home, web: Web) -> None:
    kept.run("-q", "crawl")
    for path in kept.collection.glob("queue.sqlite*"):
        path.unlink()
    asked = len(web.seen("news.test"))
    assert kept.run("-q", "crawl").code == 0
    # The feed, and robots.txt whose rules were lost; no article, and not what is gone.
    assert {seen.target for seen in web.log[asked:]} == {"/feed.xml", "/robots.txt"}


def test_init_prints_what_makes_it_run_by_itself(kept: Home) -> None:
    cron = kept.run("init", "--cron")
    assert cron.code == 0
    assert f"-c {kept.folder / 'config.toml'} crawl" in cron.out
    assert "[Timer]" in kept.run("init", "--systemd").out


def test_without_a_source_it_says_how_to_name_one(web: Web, tmp_path: Path) -> None:
    ran = home(tmp_path, web).run("crawl")
    assert ran.code == 2
    assert "[[source]]" in ran.err


def test_a_list_may_come_by_stdin(web: Web, tmp_path: Path) -> None:
    made = home(tmp_path, web)
    with (tmp_path / "config.toml").open("a") as file:
        file.write('[[source]]\nkind = "list"\npath = "-"\n')
    rows = made.run("crawl", "--json", stdin="# mine\nhttps://news.test/a/1\n").rows
    assert [(row["url"], row["source"], row["via"]) for row in rows] == [
        ("https://news.test/a/1", "list -", "stdin, line 2")
    ]
