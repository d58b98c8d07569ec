"""A loopback web with one host, and a fetcher that leads every name to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scraper.fetch import Fetcher
from tests.scraper.net import fetcher
from tests.site import Host, Web


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


@pytest.fixture
def host(web: Web) -> Host:
    return web.host("news.test")


@pytest.fixture
def asker(web: Web) -> Iterator[Fetcher]:
    made = fetcher(web)
    yield made
    made.close()
