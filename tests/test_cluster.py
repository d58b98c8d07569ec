"""A run whose pages are kept by Dask workers: the same as one machine keeps, at the same pace, whoever is lost."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any

import pytest

from archive.warc.reader import read_records
from tests.command import Home, Ran, home
from tests.dask import Dask, dask
from tests.making import story
from tests.site import Web
from tests.underway import underway

HOSTS = 20
PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    """Two workers, one under a nanny."""
    with dask(tmp_path_factory.mktemp("dask"), "one") as there:
        there.worker("two", nanny=True)
        yield there


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


def newspapers(web: Web, pages: int) -> list[str]:
    """The addresses of so many pages on twenty hosts: stories with a style sheet and a picture, and on some hosts what
    goes another way. Each host has its own."""
    addresses = []
    for n in range(HOSTS):
        host = web.host(f"h{n}.test")
        host.page("/p.png", PIXEL + bytes([n]), type="image/png")
        host.page("/s.css", "body { background: url(/p.png) }", type="text/css")
    for n in range(pages):
        host, name = web.host(f"h{n % HOSTS}.test"), f"h{n % HOSTS}.test"
        needs = '<article><img src="/p.png"><link rel="stylesheet" href="/s.css">'
        host.page(f"/{n}", story(f"Story {n}").replace("<article>", needs))
        addresses.append(f"https://{name}/{n}")
    # Each on a host of its own, so that it does not hang on chance with which page robots.txt came.
    web.host("closed.test").robots("User-agent: *\nDisallow: /closed/\n")
    web.host("away.test").redirect("/", "https://there.test/story")
    web.host("there.test").page("/story", story("A story elsewhere"))
    web.host("gone.test").page("/", "no more", status=404)
    web.host("shell.test").page("/", "<html><body></body></html>")
    return [
        *addresses,
        "https://closed.test/closed/1",
        *(f"https://{name}.test/" for name in ("away", "gone", "shell")),
    ]


def listed(folder: Path, web: Web, addresses: list[str], **more: str) -> Home:
    made = home(folder, web, **more)
    (folder / "links.txt").write_text("\n".join(addresses))
    with (folder / "config.toml").open("a") as config:
        config.write('[[source]]\nkind = "list"\npath = "links.txt"\n')
    return made


def on(cluster: Dask) -> dict[str, str]:
    return {"cluster__scheduler": json.dumps(cluster.address)}


def captures(made: Home) -> Counter[tuple[Any, ...]]:
    with closing(sqlite3.connect(made.collection / "catalog.sqlite")) as db:
        sql = (
            "SELECT c.url, c.role, c.verdict, c.status, c.mime, c.digest, c.record_type, w.folder FROM captures c "
            "JOIN warcs w ON w.id = c.warc"
        )
        # What a record of ours says holds times and numbers of its own.
        rows = db.execute(sql).fetchall()
    return Counter((*row[:5], row[5] if row[1] not in ("text", "article") else "", *row[6:]) for row in rows)


def verdicts(ran: Ran) -> dict[str, tuple[Any, ...]]:
    fields = ("verdict", "reason", "status", "title", "words", "final_url", "requisites", "missing_requisites")
    return {row["url"]: tuple(str(row[field]) for field in fields) for row in ran.rows}


def derived(made: Home) -> tuple[dict[str, bytes], bytes, list[bytes]]:
    index = sorted(
        line for path in (made.collection / "indexes").glob("*.cdxj") for line in path.read_bytes().splitlines()
    )
    return made.texts(), (made.collection / "pages" / "pages.jsonl").read_bytes(), index


def is_whole(made: Home) -> None:
    """Nothing is wrong with it, and a rebuild gives what is there to the byte."""
    assert not list(made.collection.rglob("*.open"))
    checked = made.run("verify")
    assert checked.code == 0, checked.out
    is_rebuilt(made, derived(made))


def is_rebuilt(made: Home, before: tuple[dict[str, bytes], bytes, list[bytes]]) -> None:
    assert made.run("-q", "rebuild").code == 0
    (texts, pages, index), (texts_before, pages_before, index_before) = derived(made), before
    assert first_other(sorted(texts.items()), sorted(texts_before.items())) is None
    assert first_other(pages.splitlines(), pages_before.splitlines()) is None
    assert first_other(index, index_before) is None


def first_other(after: Sequence[object], before: Sequence[object]) -> tuple[int, object, object] | None:
    """Where two sequences first differ, what stands there in each, and None if they are the same."""
    for number, (now, then) in enumerate(zip_longest(after, before)):
        if now != then:
            return number, now, then
    return None


def told_pages(made: Home) -> Counter[str]:
    """How often each page is stored, in archive/ and quarantine/."""
    found: Counter[str] = Counter()
    for path in made.warcs() + made.warcs("quarantine"):
        for record in read_records(path, strict=True):
            if record.type in ("response", "revisit") and not record.url.endswith((".png", ".css", "robots.txt")):
                found[record.url] += 1
    return found


# ------------------------------------------------------------------------------------------------ the same


@pytest.mark.slow
@pytest.mark.parametrize("command", ["crawl", "fetch"])
def test_two_workers_keep_what_one_machine_keeps(web: Web, tmp_path: Path, cluster: Dask, command: str) -> None:
    addresses = newspapers(web, 60)
    words = ["crawl", "--json"] if command == "crawl" else ["fetch", "--json", "-i", "links.txt"]
    alone = listed(tmp_path / "alone", web, addresses)
    one = alone.run(*words)
    many = listed(tmp_path / "many", web, addresses, **on(cluster))
    two = many.run(*words)
    assert (two.code, two.err) == (one.code, one.err)
    assert verdicts(two) == verdicts(one)
    there, wanted = captures(many), captures(alone)
    assert (there - wanted, wanted - there) == (Counter(), Counter())
    read = {name: text for name, text in many.texts().items() if name.endswith(".txt")}
    assert read == {name: text for name, text in alone.texts().items() if name.endswith(".txt")}
    writers = {path.name.removesuffix(".warc.gz").rpartition("-")[2] for path in many.warcs()}
    assert writers == {"one", "two"}
    is_whole(many)
    again = many.run(*words)
    assert again.code in (0, 1, 9)
    if command == "crawl":
        assert again.rows == []


@pytest.mark.slow
def test_the_pace_of_a_host_has_one_keeper(web: Web, tmp_path: Path, cluster: Dask) -> None:
    delay, addresses = 0.4, []
    for n in range(6):
        host = web.host(f"h{n}.test")
        for page in range(3):
            host.page(f"/{page}", story(f"Story {n} {page}"))
            addresses.append(f"https://h{n}.test/{page}")
        # Each leads to a host whose pages another worker may have.
        host.redirect("/away", f"https://h{(n + 1) % 6}.test/2")
        addresses.append(f"https://h{n}.test/away")
    web.host("h5.test").robots(f"User-agent: *\nCrawl-delay: {2 * delay}\n")
    made = listed(tmp_path, web, addresses, crawl__host_delay=str(delay), **on(cluster))
    assert made.run("-q", "crawl").code == 0
    for n in range(6):
        times = [seen.time for seen in web.seen(f"h{n}.test") if seen.target != "/robots.txt"]
        assert len(times) == 5
        least = 2 * delay if n == 5 else delay
        assert min(later - earlier for earlier, later in pairwise(times)) >= least - 0.02
    assert all(count == 1 for count in Counter((s.host, s.target) for s in web.log if "robots" in s.target).values())


# ------------------------------------------------------------------------------------------------ what is lost


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing_and_nothing_counts_twice(web: Web, tmp_path: Path) -> None:
    addresses = newspapers(web, 200)
    with dask(tmp_path / "dask", "one", "two") as cluster:
        made = listed(tmp_path / "kept", web, addresses, **on(cluster))
        with underway(made, "crawl", "--json") as run:
            told = [run.out.next() for _ in range(40)]
            cluster.workers["one"].kill()
            ran = run.end()
        assert ran.code == 1, ran.err
        assert "the Dask worker one at tcp://" in ran.err
    rows = [*map(json.loads, told), *ran.rows]
    assert Counter(row["url"] for row in rows) == Counter(addresses)
    stored = told_pages(made)
    kept = {row["final_url"]: row for row in rows if row["verdict"] == "article"}
    assert len(kept) == 201
    assert {url: stored[url] for url in kept if stored[url] != 1} == {}
    with closing(sqlite3.connect(made.collection / "catalog.sqlite")) as db:
        counted = Counter(url for (url,) in db.execute("SELECT url FROM pages"))
    assert {url: count for url, count in counted.items() if count != 1} == {}
    for row in rows:
        if row["warc"] is not None:
            assert Path(row["warc"]).exists()
    # The cluster is gone.
    config = made.folder / "config.toml"
    config.write_text(config.read_text().replace(json.dumps(cluster.address), '""'))
    is_whole(made)


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_workers_that_end_and_files_that_are_mended(
    web: Web, tmp_path: Path, cluster: Dask
) -> None:
    addresses = newspapers(web, 200)
    made = listed(tmp_path, web, addresses, **on(cluster))
    rows, met = made.killed("crawl", "--json", after=40, delay=0.0)
    told = {row["url"]: row for row in rows}
    assert met and len(told) >= 40
    ran = made.run("crawl", "--json")
    assert ran.code == 1, ran.err
    assert not set(told) & {row["url"] for row in ran.rows}
    with closing(sqlite3.connect(made.collection / "catalog.sqlite")) as db:
        kept = dict(db.execute("SELECT url, page_id FROM pages"))
    assert set(kept) == set(addresses)
    assert {url: row["page_id"] for url, row in told.items()} == {url: kept[url] for url in told}
    is_whole(made)


# ------------------------------------------------------------------------------------------------ over files


@pytest.mark.slow
def test_files_are_checked_rebuilt_and_imported_by_the_workers(web: Web, tmp_path: Path, cluster: Dask) -> None:
    addresses = newspapers(web, 60)
    made = listed(tmp_path / "kept", web, addresses, archive__warc_size='"50 KB"', **on(cluster))
    made.run("-q", "crawl")
    assert len(made.warcs()) > 4
    before = derived(made)
    assert made.run("verify").code == 0
    is_rebuilt(made, before)
    assert not list((made.collection / "tmp").iterdir())
    other = home(tmp_path / "other", None, **on(cluster))
    foreign = [tmp_path / f"{n}.warc.gz" for n, _ in enumerate(made.warcs())]
    for path, source in zip(foreign, made.warcs(), strict=True):
        path.write_bytes(foreign_of(source))
    assert other.run("-q", "import", *map(str, foreign)).code == 0
    assert len(other.run("list", "--json", "-n", "500").rows) >= 60
    assert other.run("verify").code == 0
    again = made.run("rebuild", "--reextract")
    assert (again.code, "0 changed" in again.out) == (0, True), again.out

    victim = made.warcs()[1]
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 0xFF
    victim.write_bytes(data)
    assert made.run("verify").code == made.run("-q", "rebuild").code == 5


def foreign_of(path: Path) -> bytes:
    """The same answers as a tool would have written them that knows nothing of page groups."""
    kept = []
    data = path.read_bytes()
    for record in read_records(path, strict=True):
        if record.type in ("warcinfo", "request", "response", "revisit"):
            kept.append(data[record.offset : record.offset + record.length])
    return b"".join(kept)


# ------------------------------------------------------------------------------------------------ without it

ALONE = """
import sys, threading
from archive.models import Link
from scraper.config import load
from scraper.fetching import Asked, fetch_all
code = fetch_all([Link(sys.argv[1])], load(), Asked(quiet=True), threading.Event())
print(code, *({"dask", "distributed", "tornado"} & set(sys.modules)))
"""


def test_without_a_scheduler_nothing_of_dask_is_loaded(web: Web, tmp_path: Path) -> None:
    web.host("news.test").page("/", story("A story"))
    made = home(tmp_path, web)
    command = [sys.executable, "-c", ALONE, "https://news.test/"]
    ran = subprocess.run(
        command, cwd=tmp_path, env=made.environment, capture_output=True, text=True, timeout=120, check=True
    )
    assert ran.stdout.split() == ["0"]


def test_a_scheduler_that_does_not_answer_is_told(web: Web, tmp_path: Path) -> None:
    made = home(tmp_path, web, cluster__scheduler=f'"tcp://127.0.0.1:{web.refusing_port}"')
    ran = made.run("fetch", "https://news.test/")
    assert (ran.code, ran.out) == (75, "")
    assert f"no Dask scheduler answers at tcp://127.0.0.1:{web.refusing_port}" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_without_dask_the_extra_is_named(web: Web, tmp_path: Path) -> None:
    made = home(tmp_path, web, cluster__scheduler='"tcp://127.0.0.1:8786"')
    (tmp_path / "distributed.py").write_text("raise ModuleNotFoundError(name='distributed')")
    more = {"PYTHONPATH": f"{tmp_path}:{made.environment['PYTHONPATH']}"}
    ran = subprocess.run(
        made.command("fetch", "https://news.test/"),
        cwd=tmp_path,
        env=made.environment | more,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 2
    assert 'pip install "tearsheet[cluster]"' in ran.stderr


@pytest.mark.slow
def test_a_scheduler_without_workers_and_workers_of_another_version_are_told(web: Web, tmp_path: Path) -> None:
    web.host("news.test").page("/", story("A story"))
    (tmp_path / "older.py").write_text("import scraper\nscraper.__version__ = '0.0.1'\n")
    with dask(tmp_path / "dask") as cluster:
        made = home(tmp_path / "kept", web, **on(cluster))
        none = made.run("fetch", "https://news.test/")
        assert (none.code, "has no worker that answers" in none.err) == (75, True), none.err
        cluster.worker("older", "--preload", str(tmp_path / "older.py"))
        older = made.run("fetch", "https://news.test/")
        assert (older.code, "has tearsheet 0.0.1" in older.err) == (75, True), older.err
        cluster.worker("fit")
        both = made.run("fetch", "--json", "https://news.test/")
        assert (both.code, "without one worker" in both.err) == (0, True), both.err
    assert "-fit.warc.gz" in both.rows[0]["warc"]


@pytest.mark.slow
def test_a_stopped_run_finishes_what_is_under_way(web: Web, tmp_path: Path, cluster: Dask) -> None:
    made = listed(tmp_path, web, newspapers(web, 100), crawl__host_delay="0.3", **on(cluster))
    with underway(made, "crawl", "--json") as run:
        first = run.out.next()
        run.process.send_signal(signal.SIGTERM)
        ran = run.end()
    assert ran.code == 143, ran.err
    told = [row["url"] for row in [json.loads(first), *ran.rows]]
    assert 0 < len(told) < 100
    is_whole(made)
    ran = made.run("crawl", "--json")
    assert ran.code == 1
    assert not set(told) & {row["url"] for row in ran.rows}
    assert max(Counter(url for url in told_pages(made).elements()).values()) == 1
