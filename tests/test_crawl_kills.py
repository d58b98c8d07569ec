"""SIGKILL at random moments of a crawl over feeds and a list, then to the end: nothing told is lost, nothing is twice,
and whatever was asked is stored, but for what was under way when it was killed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from archive.warc.reader import read_records
from tests.command import Home, home
from tests.reliability import Figures
from tests.site import Web
from tests.test_fetch_command import ARTICLE, PIXEL

COUNT = 500
HOSTS = 10
LISTED = 200
FEEDS = 3
CONCURRENCY = 8
RSS = "application/rss+xml"


def serve(web: Web) -> list[str]:
    """The addresses: first those of the list, then those of the feeds in turn. Each host has one picture."""
    addresses = []
    for n in range(COUNT):
        host = web.host(f"h{n % HOSTS}.test")
        host.page(f"/{n}", ARTICLE.replace("the pier", f"pier {n}").replace("<article>", '<article><img src="/p.png">'))
        host.page("/p.png", PIXEL * 30 + str(n % HOSTS).encode(), type="image/png")
        addresses.append(f"https://h{n % HOSTS}.test/{n}")
    for n in range(FEEDS):
        items = "".join(f"<item><link>{url}</link></item>" for url in addresses[LISTED + n :: FEEDS])
        web.host("feeds.test").page(f"/{n}.xml", f'<rss version="2.0"><channel>{items}</channel></rss>', type=RSS)
    return addresses


def settled(folder: Path, web: Web) -> tuple[Home, list[str]]:
    addresses = serve(web)
    there = home(folder, web, crawl__concurrency=str(CONCURRENCY))
    (folder / "links.txt").write_text("\n".join(addresses[:LISTED]))
    with (folder / "config.toml").open("a") as config:
        config.write('[[source]]\nkind = "list"\npath = "links.txt"\n')
        for n in range(FEEDS):
            config.write(f'[[source]]\nkind = "feed"\nurl = "https://feeds.test/{n}.xml"\n')
    return there, addresses


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(5, marks=pytest.mark.slow),
        pytest.param(50, marks=[pytest.mark.soak, pytest.mark.promise("crawl-kills")]),
    ],
)
def test_kills_lose_nothing_that_was_told(tmp_path: Path, kills: int, figures: Figures) -> None:
    chance = random.Random(20130528)
    with Web() as web:
        there, addresses = settled(tmp_path, web)
        told: dict[str, dict[str, Any]] = {}

        def take(rows: list[dict[str, Any]]) -> None:
            for row in rows:
                assert row["verdict"] == "article", row
                assert row["url"] not in told, f"{row['url']} was told kept and asked again"
                told[row["url"]] = row

        for _ in range(kills):
            # Some before anything is told, while the sources are read.
            after = chance.choice((0, *range(1, max(2, 2 * COUNT // (3 * kills)))))
            rows, killed = there.killed("crawl", "--json", after=after, delay=chance.uniform(0, 0.1 if after else 0.8))
            figures.add("kills", killed)
            take(rows)
        figures.add("pages told before a kill", len(told))
        done = there.run("crawl", "--json")
        assert done.code == 0, done.err
        take(done.rows)
        asked = Counter((seen.host, seen.target) for seen in web.log)
        none = there.run("crawl", "--json")
        assert (none.code, none.rows) == (0, []), none.err
        pages = {(f"h{n % HOSTS}.test", f"/{n}") for n in range(COUNT)}
        assert sum(count for at, count in asked.items() if at in pages) == sum(
            at in pages for at in ((seen.host, seen.target) for seen in web.log)
        )

    stored: Counter[tuple[str, str]] = Counter()
    at: dict[tuple[str, int], str] = {}
    for warc in there.warcs():
        for record in read_records(warc, strict=True):
            if record.type in ("response", "revisit"):
                assert record.type == "response", f"{record.url} is stored again"
                host, _, path = record.url.removeprefix("https://").partition("/")
                stored[host, "/" + path] += 1
                at[str(warc), record.offset] = record.url
    assert there.warcs("quarantine") == []
    assert not list(there.collection.rglob("*.open"))

    # Each page once, and each record is of an answer that was given.
    assert {page: stored[page] for page in pages if stored[page] != 1} == {}
    assert stored - asked == Counter()
    assert {page for page in stored if page not in pages and page[1] not in ("/p.png", "/robots.txt")} == set()
    assert {host: stored[host, "/p.png"] for host, _ in pages if stored[host, "/p.png"] != 1} == {}
    besides = sum(asked[page] - stored[page] for page in pages)
    assert besides <= kills * CONCURRENCY

    for url, row in told.items():
        assert at[row["warc"], row["offset"]] == url
        assert Path(row["text"]).read_text().startswith("\n\n# A quiet day at pier ")
    kept = {row["url"]: row for row in there.run("list", "--json", "-n", str(2 * COUNT)).rows}
    assert sorted(kept) == sorted(addresses)
    for url, row in told.items():
        assert (row["warc"], row["offset"], row["digest"]) == tuple(kept[url][k] for k in ("warc", "offset", "digest"))
    check = Path(sys.executable).with_name("warcio")
    subprocess.run([str(check), "check", *map(str, there.warcs())], check=True, capture_output=True)
    lines = (there.collection / "pages" / "pages.jsonl").read_text().splitlines()[1:]
    assert sorted(json.loads(line)["url"] for line in lines) == sorted(addresses)
