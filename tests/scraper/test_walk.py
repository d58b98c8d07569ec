"""Hosts that asked to be left alone: they are, whoever leads there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from scraper.fetch import HopRequest
from scraper.pace import Pace, Rhythm
from scraper.politeness import Robots
from scraper.walk import Walker
from tests.scraper.net import NOON, FakeTime, fetcher
from tests.site import Connection, Request, Web


class Book:
    """Rests, and nothing else."""

    def __init__(self) -> None:
        self.until: dict[str, datetime] = {}

    def rests_until(self, host: str) -> datetime | None:
        return self.until.get(host)

    def keep_rest(self, host: str, until: datetime) -> None:
        self.until[host] = until


class Walking:
    def __init__(self, web: Web, tries: int = 1) -> None:
        self.time, self.book = FakeTime(), Book()
        hands = self.time.hands()
        self.fetcher = fetcher(web, hands, tries=tries)
        rhythm = Rhythm(lambda host: 10.0, 1, hands.clock, hands.sleep, lambda: False, lambda: 0.0)
        robots = Robots(self.fetcher, self.fetcher.settings)
        self.walker = Walker(self.fetcher, robots, 10, Pace(rhythm), self.book)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        web.host("busy.test").page("/a", "busy", status=429, headers=(("Retry-After", "7200"),))
        web.host("busy.test").page("/b", "busy no more")
        web.host("other.test").redirect("/b", "http://busy.test/b")
        yield web


def test_a_host_that_asked_to_be_left_alone_is_asked_for_nothing(web: Web) -> None:
    walking = Walking(web)
    try:
        told = walking.walker.walk(HopRequest("http://busy.test/a"))
        assert (told.last.status, told.stopped) == (429, False)
        assert walking.book.until == {"busy.test": NOON + timedelta(hours=2)}
        asked = len(web.log)
        for address in ("http://busy.test/b", "https://busy.test/", "http://other.test/b"):
            walk = walking.walker.walk(HopRequest(address))
            assert walk.stopped
            assert walk.left_until == NOON + timedelta(hours=2)
            assert walk.last.failure is not None
            assert walk.last.failure.kind == "rate limited"
            assert "busy.test asked to be left alone until 2026-03-01 14:00 UTC" in walk.last.failure.message
        assert walking.walker.rules_of("http://busy.test/") is None
        assert [seen.host for seen in web.log[asked:]] == ["other.test", "other.test"]
        walking.time.passed = 7200
        assert walking.walker.walk(HopRequest("http://other.test/b")).last.body.bytes() == b"busy no more"
    finally:
        walking.fetcher.close()


def test_who_rests_for_a_moment_is_no_matter_of_the_walk(web: Web) -> None:
    walking = Walking(web)
    walking.book.keep_rest("busy.test", NOON + timedelta(seconds=60))
    try:
        assert walking.walker.walk(HopRequest("http://busy.test/b")).last.status == 200
    finally:
        walking.fetcher.close()


def test_what_is_sent_again_on_another_connection_keeps_the_pace_too(web: Web) -> None:
    """robots.txt has left a connection behind; the server takes the request and closes it."""
    asked: list[str] = []

    def cut_once(connection: Connection, request: Request) -> None:
        asked.append(request.target)
        if len(asked) == 1:
            connection.cut()
        else:
            connection.respond(200, "there it is")

    web.host("rude.test").route("/a", cut_once)
    walking = Walking(web)
    try:
        assert walking.walker.walk(HopRequest("http://rude.test/a")).last.body.bytes() == b"there it is"
        assert (asked, walking.time.slept) == (["/a", "/a"], [10.0])
    finally:
        walking.fetcher.close()


def test_further_tries_keep_the_pace_of_the_host(web: Web) -> None:
    web.host("down.test").page("/a", "down", status=503)
    walking = Walking(web, tries=3)
    try:
        assert walking.walker.walk(HopRequest("http://down.test/a")).last.attempts == 3
        assert walking.time.slept == [10.0, 10.0]
    finally:
        walking.fetcher.close()
