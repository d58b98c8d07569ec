"""Whole pages of invented publishers: what FORMAT.md demands for each was written by hand, before it was read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archive.article import render
from scraper.read.byline import split
from scraper.read.page import read
from scraper.read.reading import Page

FOLDER = Path(__file__).parents[2] / "data" / "read"


@pytest.mark.parametrize("name", ["cms-nl", "spaceless-ja", "standfirst-en", "text-date-es"])
def test_a_page_gives_its_text_to_the_byte(name: str) -> None:
    expected = (FOLDER / f"{name}.txt").read_text()
    address = re.search(r"<(https?://\S+)>\Z", expected)
    assert address is not None
    reading = read(
        Page((FOLDER / f"{name}.html").read_bytes(), (("Content-Type", "text/html; charset=utf-8"),), address[1])
    )
    assert reading.article is not None
    assert render(reading.article) == expected


def test_a_junior_keeps_the_dot() -> None:
    assert split("By Lou Ann Petrie and Gus McKay Jr.") == ["Lou Ann Petrie", "Gus McKay Jr."]
    assert split("By Gus McKay.") == ["Gus McKay"]
