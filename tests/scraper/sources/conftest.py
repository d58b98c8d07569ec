"""Hands over the loopback web, with a memory and a book of what was told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from archive.models import Exchange
from scraper.fetch import Fetcher, HopRequest
from scraper.settings import Source
from scraper.sources import links
from scraper.sources.base import Found, Hands, Validators
from tests.scraper.net import NOON


@dataclass
class Desk:
    """Goes through a source with hands whose `asker` is real. `told` and `memory` are what it left."""

    asker: Fetcher
    now: datetime = NOON
    told: list[str] = field(default_factory=list)
    memory: dict[str, Validators] = field(default_factory=dict)

    def get(self, url: str) -> Validators | None:
        return self.memory.get(url)

    def set(self, url: str, validators: Validators) -> None:
        self.memory[url] = validators

    def ask(self, request: HopRequest) -> Exchange:
        return self.asker.chain(request)[-1]

    def hands(self) -> Hands:
        return Hands(self.ask, self, lambda: self.now, self.told.append)

    def found(self, source: Source) -> list[Found]:
        return list(links(source, self.hands()))

    def urls(self, source: Source) -> list[str]:
        return [found.link.url for found in self.found(source)]


@pytest.fixture
def desk(asker: Fetcher) -> Iterator[Desk]:
    yield Desk(asker)
