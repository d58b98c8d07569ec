"""The schedule of a run: order, each host's pace, stopping, and what breaks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from threading import Event

import pytest
from msgspec.structs import replace

from archive.errors import StorageError
from archive.models import Link, VerdictKind
from scraper import crawl
from scraper.crawl import Limits, Result, Schedule, Tally
from scraper.unkept import not_asked_row
from tests.making import TIME


def links(*urls: str) -> list[Link]:
    return [Link(url) for url in urls]


def kept(link: Link) -> Result:
    return Result(link, replace(not_asked_row(link, TIME, "kept in a test"), verdict=VerdictKind.ARTICLE))


def run(
    found: list[Link], keep: Callable[[Link], Result], tell: Callable[[Result], None], concurrency: int, stop: Event
) -> Tally:
    """All of them without a pause."""
    schedule = Schedule(found, lambda _: 0.0, stop, parallel=True)
    tally = crawl.run(schedule, keep, tell, Limits(concurrency, stop))
    tally.unasked = schedule.unasked
    return tally


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_hosts_never_wait_for_one_another() -> None:
    clock = Clock()
    schedule = Schedule(
        links("https://a/1", "https://a/2", "https://b/1", "https://A/3"), lambda _: 2.5, Event(), clock=clock
    )
    first, second = schedule.next(), schedule.next()
    assert first is not None
    assert second is not None
    assert [first.url, second.url] == ["https://a/1", "https://b/1"]
    assert schedule.next() is None
    assert schedule.wait() is None
    schedule.done(first, kept(first))
    assert schedule.wait() == 2.5
    clock.now += 2.4
    assert schedule.next() is None
    clock.now += 0.2
    third = schedule.next()
    assert third == Link("https://a/2")
    schedule.done(third, kept(third))
    clock.now += 2.5
    assert schedule.next() == Link("https://A/3")
    assert schedule.left == 0


def test_without_a_delay_a_host_is_asked_side_by_side() -> None:
    schedule = Schedule(links("https://a/1", "https://a/2"), lambda _: 0.0, Event(), parallel=True)
    assert [schedule.next(), schedule.next(), schedule.next()] == [*links("https://a/1", "https://a/2"), None]


def test_what_is_no_address_goes_through_too() -> None:
    schedule = Schedule(links("http://[", "nonsense"), lambda _: 1.0, Event())
    assert schedule.next() == Link("http://[")


def test_each_is_told_once_and_counted() -> None:
    told: list[str] = []

    def keep(link: Link) -> Result:
        result = kept(link)
        if link.url.endswith("2"):
            return replace(result, row=replace(result.row, verdict=VerdictKind.GONE))
        return replace(result, already=link.url.endswith("3"))

    tally = run(
        links(*(f"https://a/{n}" for n in range(1, 5))),
        keep,
        lambda result: told.append(result.link.url),
        2,
        threading.Event(),
    )
    assert sorted(told) == [f"https://a/{n}" for n in range(1, 5)]
    assert (tally.asked, tally.kept, tally.already, tally.failed, tally.unasked) == (4, 2, 1, 1, 0)
    assert tally.verdicts == {"article": 3, "gone": 1}


def test_stopping_finishes_what_is_in_flight() -> None:
    stop = threading.Event()

    def keep(link: Link) -> Result:
        stop.set()
        return kept(link)

    told: list[Result] = []
    tally = run(links(*(f"https://a/{n}" for n in range(50))), keep, told.append, 2, stop)
    assert 1 <= tally.asked <= 2
    assert tally.asked == len(told)
    assert tally.unasked == 50 - tally.asked


def test_a_full_disk_ends_the_run_after_what_is_in_flight() -> None:
    def keep(link: Link) -> Result:
        raise StorageError("no space left on device")

    told: list[Result] = []
    with pytest.raises(StorageError, match="no space"):
        run(
            links("https://a/1", "https://b/1", "https://c/1"),
            keep,
            told.append,
            1,
            threading.Event(),
        )
    assert told == []


def test_concurrency_is_the_number_of_pages_at_a_time() -> None:
    lock, most, now = threading.Lock(), 0, 0
    together = threading.Barrier(3, timeout=30)

    def keep(link: Link) -> Result:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        together.wait()
        with lock:
            now -= 1
        return kept(link)

    run(
        links(*(f"https://h{n}/" for n in range(9))),
        keep,
        lambda _: None,
        3,
        threading.Event(),
    )
    assert most == 3


def test_a_tally_of_nothing() -> None:
    assert Tally().asked == 0


def test_twins_are_asked_once_and_told_each() -> None:
    asked = []

    def keep(link: Link) -> Result:
        asked.append(link.url)
        result = kept(link)
        return result if "gone" not in link.url else replace(result, row=replace(result.row, verdict=VerdictKind.GONE))

    addresses = links(
        "https://a/1#top", "https://a/1?utm_source=x", "https://a/1", "https://b/gone", "https://b/gone#x"
    )
    told: list[Result] = []
    tally = run(addresses, keep, told.append, 4, threading.Event())
    assert sorted(asked) == ["https://a/1#top", "https://b/gone"]
    assert sorted((one.link.url, one.already) for one in told) == [
        ("https://a/1", True),
        ("https://a/1#top", False),
        ("https://a/1?utm_source=x", True),
        ("https://b/gone", False),
        ("https://b/gone#x", False),
    ]
    assert [one.row.url for one in told] == [one.link.url for one in told]
    assert (tally.asked, tally.kept, tally.already, tally.failed, tally.unasked) == (5, 1, 2, 2, 0)


def test_a_login_is_no_twin_and_is_not_told() -> None:
    asked = []

    def keep(link: Link) -> Result:
        asked.append(link.url)
        return kept(link)

    addresses = links("https://a/1", "https://me:secret@a/1", "https://me:secret@a/1", "https://me:other@a/1")
    told: list[Result] = []
    run(addresses, keep, told.append, 4, threading.Event())
    assert sorted(asked) == ["https://a/1", "https://me:other@a/1", "https://me:secret@a/1"]
    assert sum("secret" in one.link.url + one.row.url for one in told) == 1
