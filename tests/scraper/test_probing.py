"""Made-up addresses and home pages: asked once a run and host, in the host's turn."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from archive.models import Exchange
from scraper.fetch import Fetcher
from scraper.politeness import Robots
from scraper.probing import Prober, made_up
from scraper.settings import FetchSettings
from scraper.walk import Walker
from tests.site import Host, Web


def unread(exchange: Exchange) -> None:
    return None


def prober(asker: Fetcher) -> Prober:
    return Prober(Walker(asker, Robots(asker, FetchSettings()), 5), unread, "salt")


@pytest.mark.parametrize(
    ("url", "like"),
    [
        ("https://news.test/2025/06/a-story.html", "https://news.test/2025/06/{}.html"),
        ("https://news.test/2025/06/a-story/", "https://news.test/2025/06/{}/"),
        ("https://news.test/a?id=7#x", "https://news.test/{}"),
        ("https://news.test/", "https://news.test/{}"),
        ("https://news.test", "https://news.test/{}"),
    ],
)
def test_a_made_up_address_is_made_like_the_real_one(url: str, like: str) -> None:
    name = made_up(url, "one")
    start, _, end = like.partition("{}")
    assert name.startswith(start) and name.endswith(end)
    own = name[len(start) : len(name) - len(end)]
    assert len(own) == 20 and not set("aeiou0123456789") & set(own)
    assert made_up(url, "one") == name != made_up(url, "two")


def test_each_is_asked_once_however_many_wonder(web: Web, host: Host, asker: Fetcher) -> None:
    host.page("/", "home")
    made = prober(asker)
    urls = [f"https://news.test/a/{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(made.made_up, urls))
        list(pool.map(made.home, urls))
    targets = [seen.target for seen in web.log if seen.target != "/robots.txt"]
    assert len(targets) == 2 and targets.count("/") == 1
    assert {probe.seen.status for probe in found if probe.seen is not None} == {404}
    # Their answers are the first group's to store.
    parts = [part for probe in found for part in probe.take()]
    assert [part.exchange.status for part in parts if part.exchange.url.startswith("https://news.test/a/")] == [404]
    made.close()


def test_robots_hold_for_made_up_addresses_too(web: Web, host: Host, asker: Fetcher) -> None:
    host.robots("User-agent: *\nDisallow: /a/\n")
    probe = prober(asker).made_up("https://news.test/a/1")
    assert probe.seen is not None and probe.seen.failure == "robots"
    assert [seen.target for seen in web.log] == ["/robots.txt"]
