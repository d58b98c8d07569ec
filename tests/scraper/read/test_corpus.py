"""Floors for real pages, where the corpus is at hand; `bench/text.py` prints the figures."""

from __future__ import annotations

import pytest

from archive.article import render
from archive.models import Article
from bench.text import GOALS, corpus, mean, measure, samples, tool
from scraper.read.page import read

pytestmark = pytest.mark.skipif(not (corpus() / "ground-truth.json").exists(), reason="no corpus: set TEARSHEET_CORPUS")

FLOORS = {**GOALS, "authors": 0.86}


@pytest.mark.slow
def test_real_pages_read_as_well_as_promised() -> None:
    folder = corpus()
    score, textfile = tool(folder, "score"), tool(folder, "textfile")
    results = [measure(sample, score, textfile) for sample in samples(folder)]
    figures = {name: mean([result[name] for result in results])[0] for name in FLOORS}
    assert {name: value for name, value in figures.items() if value < FLOORS[name]} == {}


@pytest.mark.slow
def test_every_real_page_is_an_article_that_can_be_written() -> None:
    for sample in samples(corpus()):
        reading = read(sample.page())
        assert reading.error is None, sample.name
        assert isinstance(reading.article, Article), sample.name
        assert render(reading.article)
