"""The measurements measure what they say: their page, their server, their clock."""

from __future__ import annotations

import http.client
import random
import re
import shutil
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from msgspec.structs import replace

from archive.article import plain
from archive.collection import Collection
from bench import server
from bench.collection import Maker, made
from bench.crawl import Bench, _purpose, prepare
from bench.measure import MIB, Run, middle, run
from bench.server import REQUISITES, site
from bench.text import HEADERS, Corpus
from bench.viewer import searches, words_of
from bench.web import HOSTS, Article, build, listening, serving
from scraper.read.page import read
from scraper.read.reading import Page
from tests.corpus import needed


def test_every_requisite_is_named_by_the_page_or_its_styles() -> None:
    files = site()
    found: set[str] = set()
    for path in ("/article.html", "/css/site.css", "/css/base.css"):
        text = files[path][1].decode()
        for reference in re.findall(r"""(?:src="|<link[^>]*href="|url\(['"]?)([^'")]+)""", text):
            found.add(urljoin(path, reference))
    assert found == set(files) - {"/article.html", "/small.html"}
    assert len(found) == REQUISITES


def test_the_server_keeps_connections_and_streams() -> None:
    with server.serving() as base:
        connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=10)
        for path, (kind, body) in list(site().items())[:3]:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (answer.status, answer.getheader("content-type"), answer.read()) == (200, kind, body)
        connection.request("GET", "/nothing")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (404, b"Not found\n")
        connection.request("GET", f"/big?size={3 * MIB + 5}")
        assert len(connection.getresponse().read()) == 3 * MIB + 5
        connection.close()


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux")
def test_cpu_and_memory_of_grandchildren_count(tmp_path: Path) -> None:
    grandchild = (
        "import time; b = bytearray(50 << 20); e = time.process_time() + 0.3\nwhile time.process_time() < e: pass"
    )
    child = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {grandchild!r}])"
    done = run([sys.executable, "-c", child], tmp_path, memory=True)
    assert done.code == 0
    assert done.cpu >= 0.3
    assert done.peak >= 50 * MIB


@pytest.fixture(scope="module")
def newspapers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Article], list[socket.socket]]]:
    needed()
    folder = tmp_path_factory.mktemp("web")
    with listening() as sockets:
        yield folder, build(Corpus(), 100, folder, sockets[0].getsockname()[1]), sockets


def test_no_two_articles_of_the_web_are_alike(
    newspapers: tuple[Path, list[Article], list[socket.socket]],
) -> None:
    folder, articles, sockets = newspapers
    assert len({article.digest for article in articles}) == len(articles) == 100
    assert len({article.host for article in articles}) == len(sockets) == HOSTS
    port = sockets[0].getsockname()[1]
    texts = set()
    for article in articles[:: len(articles) // 10]:
        reading = read(Page((folder / article.file).read_bytes(), HEADERS, article.url(port)))
        asked = {requisite.url for requisite in reading.requisites}
        number = int(article.file.partition(".")[0])
        wanted = ("/site.css", *(f"/img/{number}-{each}.jpg" for each in range(3)))
        assert asked == {urljoin(article.url(port), path) for path in wanted}
        assert reading.article is not None
        assert reading.article.url == article.url(port)
        texts.add(plain(reading.article))
    assert len(texts) == 10


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux")
def test_only_what_was_kept_rightly_counts(
    newspapers: tuple[Path, list[Article], list[socket.socket]], tmp_path: Path
) -> None:
    folder, articles, sockets = newspapers
    some = [*articles[:8], replace(articles[8], digest="another body"), replace(articles[9], path="/nothing-there")]
    bench = Bench(tmp_path, folder, some, sockets[0].getsockname()[1])
    prepare()
    with serving(folder, 0.0, sockets):
        assert bench.ours(0.0, True).pages == 8
        measured, purposes = bench.fsyncs() if shutil.which("strace") else (None, Counter({"WARC files": 1}))
    assert measured is None or measured.pages == 8
    assert purposes["WARC files"]
    assert _purpose("/x/collections/main/catalog.sqlite-wal") == "catalog"


def test_medians() -> None:
    runs = [Run(1.0, 5.0, 10, 0), Run(9.0, 4.0, 30, 0), Run(2.0, 6.0, 20, 1)]
    assert middle(runs) == Run(2.0, 5.0, 30, 1)


def test_the_library_is_measured_on_articles_that_all_differ(tmp_path: Path) -> None:
    needed()
    settings = made(tmp_path, 100)
    folder = tmp_path / "collections" / settings.collection
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    with Collection.open(settings, None) as collection:
        stats = collection.stats()
        texts = {collection.text_of(row) for row in collection.pages(kept=True, limit=1000)}
    assert (stats["articles"], stats["text_versions"], stats["failed"]) == (100, 102, 3)
    assert len(texts) == 102
    maker = Maker()
    assert maker.article(3) == Maker().article(3) != maker.article(3, 2)
    words = words_of(folder / "catalog.sqlite")
    assert "the" in words.common
    asked = [make(random.Random(1)) for make in searches(words, maker).values()]
    assert all(query.values() for query in asked)
    assert made(tmp_path, 100) == settings
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file() and path in before}
    assert after == {path: before[path] for path in after}
