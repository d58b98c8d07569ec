"""Floors for real pages, where the corpus is at hand; `make bench-text` prints the figures."""

from __future__ import annotations

import pytest

from archive.article import render
from archive.models import Article
from bench.text import SCORED, Corpus, direct, mean
from scraper.read.page import read
from tests.corpus import needed

# Of the pages with this digest. A figure that rises takes its floor with it.
DIGEST = "d229c74401505e5d5384862bec4bfaced8d4cf059d9caa3846e4aea3a511aa57"
FLOORS = {"body": 0.969, "title": 0.95, "authors": 0.97, "day": 0.97, "caption": 0.99, "credit": 0.99}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    needed()
    return Corpus()


@pytest.mark.slow
def test_real_pages_read_as_well_as_promised(corpus: Corpus) -> None:
    assert corpus.digest == DIGEST, "the corpus is another one: measure with make bench-text and set the floors anew"
    results = [direct(corpus, sample) for sample in corpus.samples]
    figures = {name: mean([result[name] for result in results])[0] for name in SCORED}
    assert {name: value for name, value in figures.items() if value < FLOORS[name]} == {}


@pytest.mark.slow
def test_every_real_page_is_an_article_that_can_be_written(corpus: Corpus) -> None:
    for sample in corpus.samples:
        reading = read(sample.page())
        assert reading.error is None, sample.name
        assert isinstance(reading.article, Article), sample.name
        assert render(reading.article)
