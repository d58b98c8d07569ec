"""Ten days of a crawl that runs every six hours over twenty hosts, on a clock that moves by sleeping alone."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from archive.settings import ArchiveSettings
from archive.warc.reader import StoredRecord, read_records
from scraper.crawling import Wish, crawl_all
from scraper.fetching import Asked
from scraper.running import Time
from scraper.settings import CrawlSettings, FetchSettings, NotifySettings, ReadSettings, Settings, Source
from tests.newspapers import (
    BROKEN,
    BUSY_FOR,
    BUSY_FROM,
    BY_AGE,
    CRAWL_DELAY,
    DOWN,
    PLAIN,
    RUDE,
    SECRET,
    SORRY,
    newspapers,
)
from tests.newsroom import HOURS, Clock, Newsroom, Served, Story, hour
from tests.site import Seen, Web

pytestmark = pytest.mark.slow

EVERY = 8.0
HOST_DELAY = 1.0
DAY = timedelta(days=1)
NO_PAGES = ("/robots.txt", "/style.css")


@dataclass(frozen=True)
class Went:
    """A pass: when it began and ended, its exit code and its report."""

    begun: datetime
    ended: datetime
    code: int
    report: dict[str, Any]


@dataclass(frozen=True)
class TenDays:
    room: Newsroom
    sources: list[Source]
    log: list[Seen]
    passes: list[Went]
    collection: Path
    notified: list[str]

    def pass_of(self, at: datetime) -> int:
        """The number of the pass that was under way then."""
        return next(n for n, each in enumerate(self.passes) if each.begun <= at <= each.ended)

    def first(self, at: datetime) -> int:
        """The number of the first pass that begins then or later; one more than there are if none does."""
        return next((n for n, each in enumerate(self.passes) if each.begun >= at), len(self.passes))

    def asks(self, story: Story) -> list[Served]:
        return [served for served in self.room.served if served.story == story]

    def records(self, folder: str) -> Iterator[StoredRecord]:
        for path in sorted((self.collection / folder).iterdir()):
            assert path.name.endswith(".warc.gz"), path
            yield from read_records(path, strict=True)

    def texts(self, story: Story) -> list[Path]:
        found = (self.collection / "text").rglob("*.txt")
        return sorted(path for path in found if f"\n# {story.title}\n" in path.read_text())


def settings_of(web: Web, folder: Path, sources: list[Source]) -> Settings:
    return Settings(
        fetch=FetchSettings(
            connect_to=web.connect_to, ca_bundle=web.ca_bundle, allow_private_addresses=True, timeout=20.0
        ),
        read=ReadSettings(workers=2),
        archive=ArchiveSettings(root=folder / "kept"),
        crawl=CrawlSettings(host_delay=HOST_DELAY, min_free=0),
        notify=NotifySettings(command=f"sh -c 'echo \"$0\" >> {folder}/notified.txt'"),
        sources=tuple(sources),
    )


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenDays]:
    folder = tmp_path_factory.mktemp("days")
    clock = Clock()
    chance = random.Random(19)
    collection = folder / "kept" / "collections" / "main"
    passes = []
    with Web(clock=clock) as web:
        room = Newsroom(web, clock)
        sources = newspapers(room, folder)
        settings = settings_of(web, folder, sources)
        for number in range(int(HOURS / EVERY)):
            assert clock() < hour(number * EVERY) or not number, "a pass took longer than the time between two"
            clock.forward(hour(number * EVERY))
            begun = clock()
            wish = Wish(Asked(quiet=True))
            code = crawl_all(settings, wish, Event(), time=Time(clock, clock.sleep, chance.random))
            latest = max((collection / "reports").glob("*.json"))
            passes.append(Went(begun, clock(), code, json.loads(latest.read_text())))
            assert not list(collection.rglob("*.open"))
        log = web.log
    notified = (folder / "notified.txt").read_text().splitlines()
    yield TenDays(room, sources, log, passes, collection, notified)


# ------------------------------------------------------------------------------------------------ politeness


def test_no_host_is_asked_faster_than_allowed(days: TenDays) -> None:
    before: dict[str, Seen] = {}
    for seen in days.log:
        if seen.target in NO_PAGES:
            continue
        last = before.get(seen.host)
        if last is not None:
            wanted = CRAWL_DELAY.get(seen.host, HOST_DELAY)
            gap = (moment(seen) - moment(last)).total_seconds()
            assert gap >= wanted, f"{seen.host}{seen.target} {gap} s after {last.target}, at {seen.at}"
        before[seen.host] = seen
    assert len(before) >= 20


def test_robots_is_asked_once_a_day_at_most(days: TenDays) -> None:
    asked: dict[tuple[str, bool], list[datetime]] = defaultdict(list)
    for seen in days.log:
        if seen.target == "/robots.txt":
            asked[seen.host, seen.tls].append(moment(seen))
    for origin, times in asked.items():
        if origin[0] == "sorry.test":  # where it failed it is asked anew in the next pass
            assert len([at for at in times if not hour(SORRY[0]) <= at < hour(SORRY[1])]) <= 9
            continue
        gaps = [later - sooner for sooner, later in pairwise(times)]
        assert all(gap >= DAY for gap in gaps), (origin, times)
    hosts = {seen.host for seen in days.log}
    assert {host for host, _ in asked} == hosts
    first = {host: next(seen.target for seen in days.log if seen.host == host) for host in hosts}
    assert {host: target for host, target in first.items() if target != "/robots.txt"} == {}


def test_what_robots_forbids_is_never_asked(days: TenDays) -> None:
    assert not [seen for seen in days.log if seen.target.startswith(SECRET)]
    failed = [f for went in days.passes for f in went.report["failures"] if SECRET in f["url"]]
    assert Counter(f["verdict"] for f in failed) == {"blocked": 4}  # at the begin and a week later
    assert not [seen for seen in days.log if seen.host in ("elsewhere.test",) or "/shop" in seen.target]


def test_a_host_that_wants_to_rest_is_left_alone_altogether(days: TenDays) -> None:
    log = [seen for seen in days.log if seen.host == "busy.test"]
    number = next(n for n, seen in enumerate(log) if moment(seen) >= hour(BUSY_FROM) and seen.target != "/robots.txt")
    refused, again = moment(log[number]), moment(log[number + 1])
    assert again >= refused + timedelta(seconds=BUSY_FOR), log[number - 1 : number + 2]
    assert days.pass_of(again) == days.first(refused + timedelta(seconds=BUSY_FOR))


def moment(seen: Seen) -> datetime:
    assert seen.at is not None
    return seen.at


# ------------------------------------------------------------------------------------------------ what is kept


def good(asks: list[Served]) -> list[Served]:
    return [each for each in asks if each.status in (200, 304)]


def test_every_new_article_is_kept_once_and_every_change_is_a_version(days: TenDays) -> None:
    for story in days.room.stories:
        if story.path.startswith(SECRET) or story.missing == (30.0, 500.0):
            continue
        asks = good(days.asks(story))
        assert asks, f"{story.url} was never asked"
        editions = list(dict.fromkeys(each.edition for each in asks))
        files = days.texts(story)
        assert len(files) == len(editions), (story.url, files, asks)
        shown = sorted(int(path.read_text().partition("it is edition ")[2].partition(" ")[0]) for path in files)
        assert shown == sorted(editions)
        (current,) = [path for path in files if path.name.count(".") == 1]
        assert f"it is edition {editions[-1]} " in current.read_text()
        assert current.parent.name.removeprefix("www.") == story.host
        own = story.canonical or story.url
        names = (own, own.replace("://", "://www."), own.replace("https://", "http://www."))
        assert current.read_text().endswith(tuple(f"<{name}>" for name in names))


def test_each_answer_is_a_record_and_what_is_unchanged_a_revisit(days: TenDays) -> None:
    """Also: what changes the page and not its text is a capture and no version, which the number of texts shows."""
    stored: dict[str, list[StoredRecord]] = defaultdict(list)
    for record in days.records("archive"):
        if record.type in ("response", "revisit"):
            stored[record.url].append(record)
    answers: dict[str, list[Served]] = defaultdict(list)
    for each in good(days.room.served):
        answers[each.url].append(each)
    seen_kinds: Counter[tuple[str, int]] = Counter()
    for url, served in answers.items():
        records = sorted(stored[url], key=dated)
        assert len(records) == len(served), (url, [dated(record) for record in records], [each.at for each in served])
        originals: dict[tuple[int, int], list[tuple[StoredRecord, Served]]] = defaultdict(list)
        for record, answer in zip(records, served, strict=True):
            if record.type == "response":
                assert answer.status == 200
                originals[answer.edition, answer.coat].append((record, answer))
            seen_kinds[record.type, answer.status] += 1
        body = (-1, -1)
        for record, answer in zip(records, served, strict=True):
            # Of a page that says it is as it was, we have what it was: Last-Modified tells nothing of another coat.
            body = (answer.edition, answer.coat) if answer.status == 200 else body
            ((original, first),) = originals[body]
            assert record.header("WARC-Payload-Digest") == original.header("WARC-Payload-Digest")
            if record.type == "revisit":
                assert record.header("WARC-Refers-To") == original.header("WARC-Record-ID")
                # Only what was asked at two addresses in the same pass may be stored in another order.
                assert dated(record) > dated(original) or days.pass_of(answer.at) == days.pass_of(first.at)
    # Each of the cases did occur.
    assert all(seen_kinds[case] > 20 for case in (("response", 200), ("revisit", 200), ("revisit", 304))), seen_kinds
    repainted = [s for s in days.room.stories if len({(a.edition, a.coat) for a in good(days.asks(s))}) > 2]
    assert repainted


def dated(record: StoredRecord) -> str:
    return record.header("WARC-Date") or ""


def test_nothing_bad_is_in_the_archive_and_nothing_good_in_quarantine(days: TenDays) -> None:
    titles = {f"<h1>{story.title}</h1>" for story in days.room.stories}
    for record in days.records("quarantine"):
        if record.type == "response":
            assert not any(title.encode() in record.payload().read() for title in titles), record.url


def test_an_article_of_many_addresses_is_asked_once_a_pass(days: TenDays) -> None:
    """Where only its answer tells that two addresses are one, both are asked for in the first pass that has them."""
    for story in days.room.stories:
        passes = Counter(days.pass_of(each.at) for each in good(days.asks(story)))
        twice = [number for number, count in passes.items() if count > 1]
        may_be = [min(passes, default=0)] if story.host in ("moved.test", "amp.test") else []
        assert [number for number in twice if number not in may_be] == [], (story, days.asks(story))


# ------------------------------------------------------------------------------------------------ when


def waits(story: Story, first: datetime, at: datetime) -> timedelta:
    """The time from a capture to the next."""
    if story.host != "rss.test":
        return DAY
    assert BY_AGE == "6 h for a day, then daily for a week, then weekly"
    day = hour(story.born).astimezone(UTC).replace(hour=0, minute=0, second=0) + DAY
    age = at - min(first, day)
    return timedelta(hours=6) if age < DAY else DAY if age < 8 * DAY else 7 * DAY


@pytest.mark.parametrize("host", PLAIN)
def test_each_article_is_asked_when_it_is_due_and_at_no_other_time(days: TenDays, host: str) -> None:
    dated = host in ("atom.test", "news.test")
    for story in days.room.of(host):
        asks = days.asks(story)
        assert days.pass_of(asks[0].at) == days.first(hour(story.born)), story
        for sooner, later in zip(asks, [*asks[1:], None], strict=True):
            begun = days.passes[days.pass_of(sooner.at)].begun
            first = asks[0].at
            due = begun + waits(story, first, begun), sooner.at + waits(story, first, sooner.at)
            expected = range(days.first(due[0]), days.first(due[1]) + 1)
            edits = [hour(each) for each in story.edits if hour(each) > sooner.at] if dated else []
            if edits:
                changed = days.first(min(edits))
                expected = range(min(expected[0], changed), min(expected[-1], changed) + 1)
            number = days.pass_of(later.at) if later is not None else len(days.passes)
            assert number in expected, (story, sooner, later, expected)


def test_what_was_not_there_is_asked_again_after_a_week(days: TenDays) -> None:
    week = 7 * DAY
    for story in days.room.of("late.test"):
        statuses = [each.status for each in days.asks(story)]
        missed = next((each for each in days.asks(story) if each.status == 404), None)
        assert missed is not None, story
        again = days.first(missed.at + week)
        after = [each for each in days.asks(story) if each.at > missed.at]
        if again >= len(days.passes):
            assert not after
        else:
            assert days.pass_of(after[0].at) in (again, days.first(days.passes[days.pass_of(missed.at)].begun + week))
            assert statuses[statuses.index(404) + 1] == (200 if story.missing == (0.0, 20.0) else 404)


@pytest.mark.parametrize(
    ("host", "verdict", "span"),
    [
        ("down.test", "server error", DOWN),
        ("rude.test", "unreachable", RUDE),
        ("sorry.test", "server error", SORRY),
    ],
)
def test_failures_are_retried_on_schedule(days: TenDays, host: str, verdict: str, span: tuple[float, float]) -> None:
    """Five minutes later, then ten, and so on up to a day; and the host by our back-off, a page at a time once it has
    failed often. As soon as it answers again all that is due is asked."""
    failures: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for number, went in enumerate(days.passes):
        for failed in went.report["failures"]:
            if f"//{host}/" in failed["url"]:
                assert failed["verdict"] == verdict
                failures[failed["url"]].append((number, failed))
    assert len(failures) >= 3
    for url, each in failures.items():
        assert [failed["failures"] for _, failed in each] == list(range(1, len(each) + 1)), url
        assert [failed["new"] for _, failed in each] == [n == 0 for n in range(len(each))]
        for (sooner, failed), (later, _) in pairwise(each):
            again = datetime.fromisoformat(failed["again"])
            minutes = (again - days.passes[sooner].ended).total_seconds() / 60
            assert minutes <= min(1440, 5 * 2 ** (failed["failures"] - 1))
            assert days.passes[later].begun >= again
    begun = min(number for each in failures.values() for number, _ in each)
    during = [n for n, went in enumerate(days.passes) if n >= begun and went.begun < hour(span[1])]
    requests = Counter(days.pass_of(moment(seen)) for seen in days.log if seen.host == host)
    assert all(requests[n] for n in during), "the host was given up"
    for n in during[1:]:
        asked = {seen.target for seen in days.log if seen.host == host and days.pass_of(moment(seen)) == n}
        assert len(asked - set(NO_PAGES)) <= 2, (n, asked)
    healed = days.first(hour(span[1]))
    for story in days.room.of(host):
        if hour(story.born) > days.passes[healed].begun:
            continue
        (before, *_) = [each for each in reversed(days.asks(story)) if days.pass_of(each.at) <= healed]
        assert days.pass_of(before.at) == healed or before.at + DAY > days.passes[healed].begun, story


# ------------------------------------------------------------------------------------------------ reports


def test_a_source_that_breaks_is_told_once_and_stops_nobody(days: TenDays) -> None:
    broken = [n for n, went in enumerate(days.passes) if hour(BROKEN[0]) <= went.begun < hour(BROKEN[1])]
    failed = {n: [s for s in went.report["sources"] if s["failed"]] for n, went in enumerate(days.passes)}
    by_title = {n: {source["title"]: source["new_failure"] for source in each} for n, each in failed.items()}
    title = "feed https://broken.test/feed"
    assert [n for n, told in by_title.items() if title in told] == broken
    assert [n for n in broken if by_title[n][title]] == broken[:1]
    for story in days.room.of("broken.test"):
        first = days.pass_of(days.asks(story)[0].at)
        found = days.first(hour(story.born))
        assert first == (found if found not in broken else broken[-1] + 1), story


def test_exit_codes_and_notices_follow_from_what_failed(days: TenDays) -> None:
    news = []
    for went in days.passes:
        report = went.report
        failed = report["failed"] + sum(source["failed"] for source in report["sources"])
        assert went.code == (1 if failed else 0), report
        assert report["ended_by"].startswith("all that was due was asked")
        assert sum(report["verdicts"].values()) == report["asked"] == report["kept"] + report["failed"]
        if any(f["new"] for f in report["failures"]) or any(s["new_failure"] for s in report["sources"]):
            news.append(report["run"])
    assert [Path(path).stem for path in days.notified] == news
    assert 0 < len(news) < len(days.passes) / 2
