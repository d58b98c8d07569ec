"""Gathering what a page needs: once a run, bounded, and never at the price of the page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from msgspec.structs import replace

from archive.errors import StorageError
from archive.models import Capture, Exchange, VerdictKind
from scraper.assets import Assets, Gathered, Stock
from scraper.fetch import HopRequest
from scraper.gate import HostGate
from scraper.read.reading import Page, Reading, Requisite, failed
from scraper.settings import FetchSettings
from scraper.walk import Walk
from tests.making import exchange
from tests.scraper.net import NOON

Answer = Callable[[str], Exchange]
NOTHING = Stock(lambda _: None, lambda _: None)


class Walker:
    """Answers without a network; counts what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def walk(self, request: HopRequest, _: Capture | None) -> Walk:
        self.asked.append(request.url)
        return Walk([self.answer(request.url)])


def gathering(
    answer: Answer, wanted: list[Requisite], times: int = 1, stock: Stock = NOTHING, **changes: Any
) -> tuple[list[Gathered], Walker]:
    walker = Walker(answer)
    settings = replace(FetchSettings(), **changes)
    reading = replace(failed(""), requisites=tuple(wanted))

    def read(_: Page) -> Reading:
        return reading

    with ThreadPoolExecutor(8) as executor:
        assets = Assets(settings, walker, HostGate(executor, 4), stock, read)  # type: ignore[arg-type]
        jobs = [assets.gather(f"https://a.test/{n}", reading) for n in range(times)]
        return [assets.hand_over([job], lambda gathered: gathered) for job in jobs], walker


def picture(url: str) -> Exchange:
    return exchange(url, url.encode(), headers=(("Content-Type", "image/png"),))


def sheet(url: str) -> Exchange:
    body = b'@import "/b.css"; p { background: url(/p.png) }' if url.endswith("a.css") else b'@import "/a.css";'
    return exchange(url, body if url.endswith("css") else b"x", headers=(("Content-Type", "text/css"),))


def pictures(count: int) -> list[Requisite]:
    return [Requisite(f"https://a.test/{n}.png", "image") for n in range(count)]


def test_each_is_asked_once_a_run_and_stored_by_the_first_page() -> None:
    (first, second), walker = gathering(picture, pictures(3), times=2)
    assert sorted(walker.asked) == [f"https://a.test/{n}.png" for n in range(3)]
    assert len(first.parts) == 3
    assert (first.shared, second.parts) == ((), ())
    assert sorted(second.shared) == sorted(walker.asked)


def test_what_is_shared_was_handed_over_before() -> None:
    """Whichever page is done first stores the pictures, however the two were gathered."""
    reading = replace(failed(""), requisites=tuple(pictures(3)))
    with ThreadPoolExecutor(8) as executor:
        assets = Assets(FetchSettings(), Walker(picture), HostGate(executor, 4), NOTHING, lambda _: reading)  # type: ignore[arg-type]
        first, second = (assets.gather(f"https://a.test/{n}", reading) for n in range(2))
        later = assets.hand_over([second], lambda gathered: gathered)
        earlier = assets.hand_over([first], lambda gathered: gathered)
    assert (len(later.parts), later.shared) == (3, ())
    assert (earlier.parts, len(earlier.shared)) == ((), 3)


def test_gathering_ahead_is_the_same() -> None:
    reading = replace(failed(""), requisites=(Requisite("https://a.test/a.css", "style"), *pictures(2)))
    with ThreadPoolExecutor(8) as executor:
        assets = Assets(FetchSettings(), Walker(sheet), HostGate(executor, 4), NOTHING, lambda _: reading)  # type: ignore[arg-type]
        found = assets.hand_over([assets.begin("https://a.test/", reading).wait()], lambda gathered: gathered)
    assert sorted(part.exchange.url for part in found.parts) == [
        *("https://a.test/0.png", "https://a.test/1.png", "https://a.test/a.css", "https://a.test/b.css"),
        "https://a.test/p.png",
    ]


def test_what_was_gathered_ahead_in_vain_stops_and_is_there_for_another_page() -> None:
    begun, go_on, over = Event(), Event(), Event()

    def held(url: str) -> Exchange:
        first = not begun.is_set()
        begun.set()
        assert (go_on if first else over).wait(20)
        return picture(url)

    reading = replace(failed(""), requisites=tuple(pictures(20)))
    walker = Walker(held)
    with ThreadPoolExecutor(8) as executor:
        assets = Assets(FetchSettings(), walker, HostGate(executor, 1), NOTHING, lambda _: reading)  # type: ignore[arg-type]
        ahead = assets.begin("https://a.test/0", reading)
        assert begun.wait(20)
        ahead.drop()
        go_on.set()
        ahead.wait()
        assert len(walker.asked) <= 2
        over.set()
        found = assets.hand_over([assets.gather("https://a.test/1", reading)], lambda gathered: gathered)
    assert len(found.parts) == 20
    assert len(walker.asked) == len(set(walker.asked))


def test_style_sheets_at_any_depth_that_go_in_a_circle() -> None:
    (found,), walker = gathering(sheet, [Requisite("https://a.test/a.css", "style")])
    assert sorted(walker.asked) == ["https://a.test/a.css", "https://a.test/b.css", "https://a.test/p.png"]
    assert len(found.parts) == 3


def test_limits_on_number_and_bytes_name_themselves() -> None:
    (found,), _ = gathering(picture, pictures(5), max_requisites=2)
    assert (len(found.parts), len(found.missing)) == (2, 3)
    assert "more than 2" in found.missing[0].reason
    wanted = [Requisite("https://a.test/a.css", "style")]
    (found,), _ = gathering(sheet, wanted, max_requisites_size=10)
    assert [missing.url for missing in found.missing] == ["https://a.test/b.css", "https://a.test/p.png"]


def test_time_that_is_over() -> None:
    (found,), walker = gathering(picture, pictures(2), requisites_timeout=0.0)
    assert len(found.parts) + len(found.missing) == 2
    assert all("were over" in missing.reason for missing in found.missing)
    assert len(walker.asked) <= 2


def test_what_comes_too_late_is_held_by_nobody_and_asked_again() -> None:
    late = threading.Event()

    def slow(url: str) -> Exchange:
        late.wait(30)
        return picture(url)

    walker = Walker(slow)
    reading = replace(failed(""), requisites=tuple(pictures(1)))
    settings = replace(FetchSettings(), requisites_timeout=0.2)
    with ThreadPoolExecutor(1) as executor:
        assets = Assets(settings, walker, HostGate(executor, 4), NOTHING, lambda _: reading)  # type: ignore[arg-type]
        first = assets.hand_over([assets.gather("https://a.test/0", reading)], lambda gathered: gathered)
        late.set()
        executor.submit(lambda: None).result(30)  # in its only thread: after what was late
        second = assets.hand_over([assets.gather("https://a.test/1", reading)], lambda gathered: gathered)
    assert (first.parts, len(second.parts), len(walker.asked)) == ((), 1, 2)


def test_a_bad_answer_is_missing_and_its_body_is_kept() -> None:
    def gone(url: str) -> Exchange:
        return replace(picture(url), status=404, head=b"HTTP/1.1 404 Not Found\r\n\r\n")

    (found,), _ = gathering(gone, pictures(1))
    assert [missing.reason for missing in found.missing] == ["the server answered 404"]
    assert [part.exchange.status for part in found.parts] == [404]


def test_a_fault_of_ours_costs_the_asset_alone_and_a_full_disk_the_run() -> None:
    def broken(url: str) -> Exchange:
        raise KeyError(url)

    (found,), _ = gathering(broken, pictures(1))
    assert "KeyError" in found.missing[0].reason

    def full(url: str) -> Exchange:
        raise StorageError("no space left")

    with pytest.raises(StorageError):
        gathering(full, pictures(1))


def test_the_limit_on_bytes_holds_for_a_flat_page() -> None:
    def large(url: str) -> Exchange:
        return exchange(url, b"x" * 10_000, headers=(("Content-Type", "image/png"),))

    (found,), walker = gathering(large, pictures(200), max_requisites_size=100_000)
    assert len(walker.asked) < 60
    assert len(found.parts) + len(found.missing) == 200


def kept(url: str) -> Capture:
    """An earlier capture of it."""
    return Capture(
        url=url,
        time=NOON,
        role="asset",
        verdict=VerdictKind.ASSET,
        status=200,
        mime="",
        digest="sha256:0",
        record_id="urn:uuid:1",
        record_type="response",
        warc="a.warc.gz",
        offset=0,
        length=1,
        page_id="p",
        etag='"1"',
        last_modified=None,
        refers_to=None,
        truncated=None,
        folder="archive",
    )


def stock(fresh: bool) -> Stock:
    def page(capture: Capture) -> Page:
        return Page(b"p { background: url(/p.png) }", (("Content-Type", "text/css"),), capture.url)

    return Stock(lambda url: kept(url) if url.endswith("css") else None, page, lambda _: fresh)


def test_a_style_sheet_that_is_fresh_is_not_asked_and_what_it_needs_is() -> None:
    (found,), walker = gathering(picture, [Requisite("https://a.test/a.css", "style")], stock=stock(True))
    assert walker.asked == ["https://a.test/p.png"]
    assert found.shared == ("https://a.test/a.css",)
    assert found.missing == ()


def test_a_304_for_a_style_sheet_says_what_the_kept_one_needs() -> None:
    def answer(url: str) -> Exchange:
        return exchange(url, b"", status=304, headers=()) if url.endswith("css") else picture(url)

    (found,), walker = gathering(answer, [Requisite("https://a.test/a.css", "style")], stock=stock(False))
    assert walker.asked == ["https://a.test/a.css", "https://a.test/p.png"]
    assert [part.unchanged_from is not None for part in found.parts] == [True, False]


def test_a_style_sheet_whose_record_cannot_be_read_is_asked_in_full() -> None:
    unreadable = replace(stock(True), page=lambda _: None)
    _, walker = gathering(sheet, [Requisite("https://a.test/b.css", "style")], stock=unreadable)
    assert walker.asked[0] == "https://a.test/b.css"


def test_what_is_not_kept_is_not_looked_up_one_by_one() -> None:
    looked_up: list[str] = []
    batches: list[tuple[str, ...]] = []

    def known(url: str) -> Capture | None:
        looked_up.append(url)
        return kept(url)

    def among(urls: Sequence[str]) -> frozenset[str]:
        batches.append(tuple(urls))
        return frozenset(url for url in urls if url.endswith("css"))

    there = replace(stock(True), known=known, among=among)
    pictures = [Requisite(f"https://a.test/{number}.png", "image") for number in range(60)]
    (found,), walker = gathering(picture, [Requisite("https://a.test/a.css", "style"), *pictures], stock=there)
    assert looked_up == ["https://a.test/a.css"]
    assert batches == [("https://a.test/a.css", *(each.url for each in pictures)), ("https://a.test/p.png",)]
    assert sorted(walker.asked) == sorted([*(each.url for each in pictures), "https://a.test/p.png"])
    assert not found.missing
