"""Reading in processes of its own: what a page breaks is its own worker alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scraper.read.reading import Page
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


def test_hostile_pages_come_back(readers: Readers) -> None:
    for body in (b"<div>" * 100_000, b"\0" * 10_000, b"<a " + b"x=1 " * 100_000 + b">", b"", b"<" * 100_000):
        assert readers.read(Page(body, NO_HEADERS, "https://a.test/")).title is None
    assert readers.read(Page(ARTICLE.encode(), NO_HEADERS, "https://a.test/")).article is not None


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
