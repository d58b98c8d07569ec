"""Reading in processes of its own: what a page breaks is its own worker alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scraper.forking import SHARED, ForkServer
from scraper.read.reading import Page, Reading
from scraper.settings import ReadSettings
from scraper.workers import Readers
from tests.command import home
from tests.site import Web
from tests.test_fetch_command import ARTICLE

NO_HEADERS: tuple[tuple[str, str], ...] = ()


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(ReadSettings(timeout=20, workers=2)) as readers:
        yield readers


def test_pages_are_read_side_by_side(readers: Readers) -> None:
    pages = [
        Page(ARTICLE.replace("the pier", f"the pier {n}").encode(), NO_HEADERS, f"https://a.test/{n}") for n in range(8)
    ]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(readers.read, pages))
    assert [reading.title for reading in found] == [f"A quiet day at the pier {n}" for n in range(8)]


@pytest.mark.promise("web", each="attacks")
def test_hostile_pages_come_back(readers: Readers) -> None:
    for body in (b"<div>" * 100_000, b"\0" * 10_000, b"<a " + b"x=1 " * 100_000 + b">", b"", b"<" * 100_000):
        assert readers.read(Page(body, NO_HEADERS, "https://a.test/")).title is None
    assert readers.read(Page(ARTICLE.encode(), NO_HEADERS, "https://a.test/")).article is not None


def test_what_the_page_needs_is_told_before_its_article(readers: Readers) -> None:
    page = Page(ARTICLE.replace("<p>", '<img src="/quay.jpg"><p>', 1).encode(), NO_HEADERS, "https://a.test/")
    early: list[Reading] = []
    reading = readers.read(page, early.append)
    assert [one.requisites for one in early] == [reading.requisites]
    assert [need.url for need in reading.requisites] == ["https://a.test/quay.jpg"]
    assert early[0].article is None
    assert early[0].signals == reading.signals
    assert reading.article is not None
    assert reading == readers.read(page)
    # A page without markup has nothing to tell ahead.
    assert readers.read(Page(b"", NO_HEADERS, "https://a.test/"), early.append).article is None
    assert len(early) == 1


def test_a_reader_that_is_ended_amid_the_article_costs_the_text_alone() -> None:
    before = children(os.getpid())
    page = Page(ARTICLE.replace("<p>", '<img src="/quay.jpg"><p>', 1).encode(), NO_HEADERS, "https://a.test/")

    def end(_: Reading) -> None:
        server = next(pid for pid in children(os.getpid()) if pid not in before)
        os.kill(children(server)[0], signal.SIGKILL)

    long = ARTICLE.replace("</article>", "<p>A paragraph like many others, of some length.</p>" * 20_000 + "</article>")
    body = long.replace("<p>", '<img src="/quay.jpg"><p>', 1).encode()
    with Readers(ReadSettings(timeout=60, workers=1)) as readers:
        reading = readers.read(Page(body, NO_HEADERS, "https://a.test/"), end)
        assert "the reader process ended while reading" in (reading.error or "")
        assert reading.article is None
        assert [need.url for need in reading.requisites] == ["https://a.test/quay.jpg"]
        assert readers.read(page).error is None


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_reader_that_is_ended_costs_its_page_alone() -> None:
    many = "<p>A paragraph like many others, of some length.</p>" * 200_000
    long = ARTICLE.replace("</article>", f"{many}</article>")
    before = children(os.getpid())
    page = Page(ARTICLE.encode(), NO_HEADERS, "https://a.test/")
    with Readers(ReadSettings(timeout=60, workers=1)) as readers, ThreadPoolExecutor(1) as thread:
        assert readers.read(page).error is None
        server = next(pid for pid in children(os.getpid()) if pid not in before)
        future = thread.submit(readers.read, Page(long.encode(), NO_HEADERS, "https://a.test/"))
        os.kill(children(server)[0], signal.SIGKILL)
        assert "the reader process ended while reading (exit code -9)" in (future.result().error or "")
        assert readers.read(page).error is None
        # The process that forks them goes, and the reader with it: another takes its place.
        os.kill(server, signal.SIGKILL)
        found = [readers.read(page).error for _ in range(2)]
        assert found[-1] is None
    assert server not in children(os.getpid())


def test_for_a_single_page_there_is_a_single_process() -> None:
    before = children(os.getpid())
    page = Page(ARTICLE.encode(), NO_HEADERS, "https://a.test/")
    ended: list[int] = []

    def end(_: Reading) -> None:
        (reader,) = (pid for pid in children(os.getpid()) if pid not in before)
        assert children(reader) == []
        ended.append(reader)
        os.kill(reader, signal.SIGKILL)

    long = ARTICLE.replace("</article>", "<p>A paragraph like many others, of some length.</p>" * 20_000 + "</article>")
    with Readers(ReadSettings(timeout=60), most=1) as readers:
        assert readers.read(page).article is not None
        reading = readers.read(Page(long.encode(), NO_HEADERS, "https://a.test/"), end)
        assert "the reader process ended while reading (exit code -9)" in (reading.error or "")
        assert ended
        assert not Path(f"/proc/{ended[0]}").exists()
        assert readers.read(page).article is not None
    assert [pid for pid in children(os.getpid()) if pid not in before] == []


def test_the_fork_server_ends_only_what_it_forked() -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    server = ForkServer()
    assert server.end(bystander.pid) == -signal.SIGKILL
    assert bystander.poll() is None
    pid, connection = server.fork()
    server.close()
    server.close()
    assert not Path(f"/proc/{pid}").exists()
    connection.close()
    bystander.communicate(b"\n")
    assert bystander.returncode == 0


def test_readers_end_with_their_caller(tmp_path: Path) -> None:
    code = (
        "import sys, os, signal\nfrom scraper.workers import Readers\nfrom scraper.settings import ReadSettings\n"
        "from scraper.read.reading import Page\nreaders = Readers(ReadSettings(workers=1))\nreaders.__enter__()\n"
        "readers.read(Page(b'<p>x', (), 'https://a.test/'))\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ours, theirs = os.pipe()
    process = subprocess.Popen([sys.executable, "-c", code], stderr=theirs, stdout=theirs)
    os.close(theirs)
    assert process.wait(60) == -signal.SIGKILL
    # All that hold the pipe's other end are gone when it ends.
    with os.fdopen(ours, "rb") as left:
        assert left.read() == b""


@pytest.mark.promise("web", each="attacks")
def test_a_page_that_takes_too_long_costs_its_text_alone(tmp_path: Path) -> None:
    with Web() as web:
        slow = ARTICLE.replace(
            "</article>", "<p>A paragraph like many others, of some length.</p>" * 60_000 + "</article>"
        )
        web.host("news.test").page("/slow", slow)
        there = home(tmp_path, web, read__timeout="0.3", fetch__requisites="false")
        row = there.fetch("https://news.test/slow")
        assert row["verdict"] == "page"
        assert "longer than 0.3 s" in row["reason"]
        assert row["text"] is None
        assert there.run("show", "--html", "https://news.test/slow").out == slow


def test_what_is_loaded_before_command_and_parsers_part_is_needed_by_both() -> None:
    for side in ("scraper.read.page", "scraper.fetch, scraper.preserve"):
        code = f"import sys, {side}; print(*sys.modules)"
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        assert set(SHARED) <= set(loaded), side
