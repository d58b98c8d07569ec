"""Links of a web in which everything that may happen to a link has happened: what three days of checks call it."""

from __future__ import annotations

import random
from pathlib import Path
from threading import Event

import pytest

from archive.collection import Collection
from bench.ageing import DAY, START, Ageing, Fate
from bench.check import Measured, keep, measured, settings_of, told
from bench.check import cost as cost_of
from scraper.linkchecking import Asked, check_links
from scraper.running import Time
from tests.corpus import needed
from tests.newsroom import Clock
from tests.site import Web

pytestmark = pytest.mark.slow

LINKS = 60


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ageing, Measured, Path]:
    folder = tmp_path_factory.mktemp("ageing")
    clock = Clock(START)
    ageing = Ageing(needed(), LINKS, 3, clock)
    for link in ageing.links:
        link.since = 1.0
    for site in ageing.sites.values():
        site.since = 1.0
    time = Time(clock, clock.sleep, random.Random(5).random)
    with Web(clock=clock) as web:
        ageing.serve(web)
        settings = settings_of(web, folder, iter(()))
        keep(ageing, settings, time)
        for day in (2, 3, 4):
            clock.forward(START + day * DAY)
            check_links(settings_of(web, folder, ageing.down()), Asked(quiet=True), Event(), time=time)
        with Collection.open(settings.archive, None) as collection:
            return ageing, measured(ageing, collection), folder / "kept" / "collections" / "main"


def test_no_live_link_is_called_dead_and_every_dead_one_is(found: tuple[Ageing, Measured, Path]) -> None:
    ageing, result, _ = found
    assert result.wrongly == []
    # A host that asks to be left alone for a day keeps its other links from being asked that day.
    busy = {link.host for link in ageing.links if link.fate is Fate.BUSY}
    assert [words for words in result.lost if words.split("/")[2] not in busy] == []
    assert len(result.called) >= 10


def test_soft_404s_are_told_apart_from_walls(found: tuple[Ageing, Measured, Path]) -> None:
    ageing, result, _ = found
    busy = {link.host for link in ageing.links if link.fate is Fate.BUSY}
    assert [words for words in result.missed if words.split("/")[2] not in busy] == []
    for fate in (Fate.CONSENT, Fate.LOGIN, Fate.PAYWALL, Fate.CHALLENGED, Fate.REFUSED):
        assert set(result.states.get(fate, {})) <= {"walled", "blocked", "same", "changed"}, fate


def test_what_is_unchanged_costs_a_revisit(found: tuple[Ageing, Measured, Path]) -> None:
    ageing, result, collection = found
    spent = cost_of(ageing, collection)
    assert spent.checks == spent.not_modified > 0 and spent.stored == 0 and spent.size < 6000
    lines = list(told(result, spent, len(ageing.links)))
    assert any(line.startswith("live links called dead          0") for line in lines)


def test_another_story_shares_no_sentence(found: tuple[Ageing, Measured, Path]) -> None:
    for link in found[0].links:
        assert not set(link.story.paragraphs) & set(link.other.paragraphs)
