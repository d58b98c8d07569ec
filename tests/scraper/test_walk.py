"""From an address to its answer: each host on the way is asked in its turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scraper.fetch import HopRequest
from scraper.pace import Pace, Rhythm
from scraper.politeness import Robots
from scraper.walk import Walker
from tests.scraper.net import FakeTime, fetcher
from tests.site import Web


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        short = web.host("short.test")
        for n in range(3):
            short.redirect(f"/{n}", f"http://news.test/{n}")
        short.redirect("/own", "/0")
        web.host("news.test").page("/0", "zero")
        web.host("news.test").page("/1", "one")
        web.host("news.test").page("/2", "two")
        yield web


def walked(web: Web, time: FakeTime, *paths: str, stopped: bool = False, host: str = "short.test") -> list[bool]:
    """Whether each walk was stopped; the hosts want 5 s between pages."""
    hands = time.hands()
    with_pace = fetcher(web, hands)
    pace = Pace(Rhythm(lambda _: 5.0, 1, hands.clock, hands.sleep, lambda: stopped, lambda: 0.0))
    walker = Walker(with_pace, Robots(with_pace, with_pace.settings), 10, pace)
    try:
        return [walker.walk(HopRequest(f"http://{host}{path}")).stopped for path in paths]
    finally:
        with_pace.close()


def test_what_redirects_to_one_host_is_asked_there_at_its_pace(web: Web) -> None:
    time = FakeTime()
    assert walked(web, time, "/0", "/1", "/2") == [False] * 3
    assert [seen.target for seen in web.seen("news.test")] == ["/robots.txt", "/0", "/1", "/2"]
    # Each waits for the short links' host; by then the other is free again.
    assert time.slept == [5.0, 5.0]


def test_a_redirect_on_the_same_host_is_the_same_page(web: Web) -> None:
    time = FakeTime()
    walked(web, time, "/own")
    assert time.slept == []


def test_a_run_that_is_stopped_asks_nothing_more(web: Web) -> None:
    assert walked(web, FakeTime(), "/0", stopped=True) == [True]
    assert {seen.target for seen in web.log} == {"/robots.txt"}


def test_a_host_with_a_pace_is_not_asked_again_at_once_when_it_ends_a_kept_connection(web: Web) -> None:
    rude = web.host("rude.test")
    rude.page("/0", "zero")
    rude.route("/1", lambda connection, request: connection.end())
    time = FakeTime()
    walked(web, time, "/0", "/1", host="rude.test")
    assert [seen.target for seen in web.seen("rude.test")] == ["/robots.txt", "/0", "/1"]


def test_what_a_walk_that_is_not_stored_learned_of_robots_waits_for_one_that_is(web: Web) -> None:
    with_robots = fetcher(web, FakeTime().hands())
    walker = Walker(with_robots, Robots(with_robots, with_robots.settings), 10)
    try:
        given_up = walker.walk(HopRequest("http://news.test/0"))
        brought = list(given_up.robots)
        assert len(brought) == 1
        walker.give_up(given_up)
        assert walker.walk(HopRequest("http://news.test/1")).robots == brought
        assert walker.walk(HopRequest("http://news.test/2")).robots == []
    finally:
        with_robots.close()
