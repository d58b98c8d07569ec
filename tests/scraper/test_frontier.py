"""The queue: what is claimed when, what lasts, and that no history breaks its promises."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.errors import DamageError
from archive.models import Link, PageRow, Verdict, VerdictKind
from scraper.frontier import Frontier, Job
from scraper.frontier_notes import Memory
from scraper.frontier_view import FrontierView, State
from scraper.hoststate import Circuit, Patience
from scraper.identity import identity
from scraper.politeness import Rules
from scraper.sources.base import Validators
from scraper.unkept import not_asked_row

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))
LEASE = 10 * MINUTE
GOOD = Verdict(VerdictKind.ARTICLE, "an article")
BAD = Verdict(VerdictKind.SERVER_ERROR, "status 500")
PATIENCE = Patience(first=2.0, opens_after=3, open_first=600.0)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(path: Path, clock: Clock, per_host: int = 1) -> Frontier:
    return Frontier.open(path, clock, per_host=per_host, patience=PATIENCE, random=lambda: 0.5)


def links(*urls: str, source: str = "feed") -> list[Link]:
    return [Link(url, source) for url in urls]


def urls_of(jobs: list[Job]) -> list[str]:
    return [job.link.url for job in jobs]


def row(url: str, verdict: VerdictKind, at: datetime, original: str | None = None) -> PageRow:
    return replace(not_asked_row(Link(url, "feed"), at, "told"), verdict=verdict, original_url=original)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue.sqlite"


def test_each_article_once_with_all_its_addresses(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        assert queue.add(links("http://a.example/x", "https://www.a.example/x/", "https://a.example/y")) == 2
        assert queue.add(links("https://a.example/x#c")) == 0
        found = queue.addresses("https://a.example/x?utm_source=q")
        assert found[0] == "http://a.example/x"
        assert set(found[1:]) == {"https://www.a.example/x/", "https://a.example/x#c"}


def test_one_a_host_and_new_ones_first_then_by_time(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links("https://a.example/1"), due=START - DAY)
        (job,) = queue.claim(9, LEASE)
        assert queue.done(job, GOOD, START - 2 * HOUR)
        queue.add(links("https://b.example/1", "https://b.example/2"))
        queue.add(links("https://c.example/1"), due=START - HOUR)
        queue.add(links("https://d.example/1"), due=START + HOUR)
        assert urls_of(queue.claim(9, LEASE)) == ["https://c.example/1", "https://b.example/1", "https://a.example/1"]
        assert queue.claim(9, LEASE) == []


def test_done_rests_its_host_and_only_it(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links("https://a.example/1", "https://a.example/2"))
        (job,) = queue.claim(1, LEASE)
        assert queue.done(job, GOOD, None, START + 3 * SECOND)
        assert queue.next_due() == START + 3 * SECOND
        clock.now += 2.999 * SECOND
        assert queue.claim(1, LEASE) == []
        clock.now = START + 3 * SECOND
        assert urls_of(queue.claim(1, LEASE)) == ["https://a.example/2"]


def test_a_lease_that_ran_out_is_claimed_again_and_its_holder_told(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links("https://a.example/1"))
        (lost,) = queue.claim(1, LEASE)
        assert queue.next_due() == START + LEASE
        clock.now += LEASE
        (job,) = queue.claim(1, LEASE)
        assert job.link == lost.link
        assert not queue.done(lost, GOOD, None)
        assert queue.done(job, GOOD, None)
        assert queue.next_due() is None


def test_what_was_released_waits_again(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links("https://a.example/1"))
        (job,) = queue.claim(1, LEASE)
        queue.release(job)
        queue.release(job)
        assert urls_of(queue.claim(1, LEASE)) == ["https://a.example/1"]


def test_several_pages_of_a_host_where_that_is_allowed(path: Path, clock: Clock) -> None:
    with opened(path, clock, per_host=2) as queue:
        queue.add(links("https://a.example/1", "https://a.example/2", "https://a.example/3"))
        jobs = queue.claim(9, LEASE)
        assert len(jobs) == 2
        queue.done(jobs[0], GOOD, None)
        assert len(queue.claim(9, LEASE)) == 1


def test_a_pass_over_what_was_due_ends(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links("https://a.example/1"))
        (job,) = queue.claim(1, LEASE, by=START)
        clock.now += SECOND
        queue.done(job, GOOD, clock.now)
        assert queue.next_due() == clock.now
        assert queue.next_due(START) is None
        assert queue.claim(1, LEASE, by=START) == []


def test_a_killed_run_loses_nothing_and_its_hosts_rest(path: Path, clock: Clock) -> None:
    queue = opened(path, clock)
    queue.add(links(*(f"https://{host}.example/{n}" for host in "abc" for n in (1, 2))))
    first, second, _ = queue.claim(3, LEASE)
    queue.done(first, GOOD, None)
    queue.learned(second.host, 5.0)
    with opened(path, clock) as again:  # the other one was never closed
        assert not again.made_anew
        assert urls_of(again.claim(9, LEASE)) == ["https://a.example/2"]
        clock.now += SECOND
        assert urls_of(again.claim(9, LEASE)) == ["https://c.example/1"]
        clock.now += 4 * SECOND
        assert urls_of(again.claim(9, LEASE)) == ["https://b.example/1"]
    queue.close()


def test_retry_after_and_the_circuit_last_into_the_next_run(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links(*(f"https://a.example/{n}" for n in range(9)), "https://b.example/"))
        queue.rest("b.example", START + HOUR)
        for _ in range(3):
            (job,) = queue.claim(1, LEASE)
            assert job.host == "a.example"
            queue.done(job, BAD, START + DAY)
            clock.now = max(clock.now, min(queue.host("a.example").ready_at, clock.now + MINUTE))
    with opened(path, clock) as queue:
        assert queue.backing_off()["a.example"].circuit is Circuit.OPEN
        assert queue.claim(9, LEASE) == []
        clock.now = queue.host("a.example").ready_at
        (job,) = queue.claim(9, LEASE)
        queue.done(job, GOOD, None)
        assert queue.host("a.example").circuit is Circuit.CLOSED
        clock.now = START + HOUR
        assert {job.host for job in queue.claim(9, LEASE)} == {"a.example", "b.example"}


def test_failed_is_told_counted_and_tried_again(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links("https://a.example/1", "https://b.example/1", "https://c.example/1", "https://d.example/1"))
        jobs = queue.claim(3, LEASE)
        queue.done(jobs[0], BAD, START + DAY)
        queue.done(jobs[1], BAD, None)
        states = {State.FAILED: 1, State.DEAD: 1, State.LEASED: 1, State.WAITING: 1}
        assert queue.counts().total == queue.counts().by_source["feed"] == states
        assert queue.counts().by_host["a.example"] == {State.FAILED: 1}
        reader = FrontierView.read(path, clock)
        assert reader is not None
        with reader:
            assert reader.counts().total == states
            assert {(one.url, one.reason, one.failures) for one in reader.failed()} == {
                ("https://a.example/1", "status 500", 1), ("https://b.example/1", "status 500", 1)
            }  # fmt: skip
            assert [one.url for one in reader.due()] == ["https://d.example/1"]
        assert queue.retry_failed() == 2
        assert {job.host for job in queue.claim(9, LEASE)} == {"a.example", "b.example", "d.example"}


@pytest.mark.parametrize("under_way", [False, True])
def test_a_view_that_names_its_canonical_address_is_one_article(path: Path, clock: Clock, under_way: bool) -> None:
    with opened(path, clock) as queue:
        queue.add(links("https://amp.a.example/x", "https://b.example/y"))
        job = queue.claim(1, LEASE)[0]
        if not under_way:
            queue.done(job, GOOD, START + DAY)
        assert queue.same("https://amp.a.example/x", "https://www.a.example/x")
        if under_way:
            assert queue.done(job, GOOD, START + DAY)
        assert queue.add(links("https://a.example/x", "https://amp.a.example/x")) == 0
        assert [one.host for one in queue.claim(9, LEASE)] == ["b.example"]
        clock.now += DAY
        assert "https://www.a.example/x" in urls_of(queue.claim(9, LEASE))


def test_what_is_not_joined(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links("https://a.example/x"))
        assert not queue.same("https://a.example/x", "https://a.example/")
        assert not queue.same("https://a.example/x", "https://elsewhere.example.org/x")
        assert not queue.same("https://c.example/1", "https://c.example/2")
        assert queue.same("https://copies.example.org/x", "https://a.example/x")
        assert queue.add(links("https://copies.example.org/x")) == 0


def test_mended_from_the_catalog_nothing_kept_is_asked_early(path: Path, clock: Clock) -> None:
    told = [
        row("https://a.example/1", VerdictKind.ARTICLE, START - HOUR),
        row("https://a.example/amp", VerdictKind.ARTICLE, START - HOUR, "https://a.example/2"),
        row("https://b.example/1", VerdictKind.GONE, START - HOUR),
    ]
    with opened(path, clock) as queue:
        assert queue.made_anew
        queue.add(links("https://a.example/1"))
        for _ in range(2):
            queue.mend(told, lambda one: one.captured_at + DAY)
        assert queue.add(links("https://a.example/2", "http://b.example/1/", "https://c.example/1")) == 1
        assert urls_of(queue.claim(9, LEASE)) == ["https://c.example/1"]
        assert [(one.url, one.failures) for one in queue.failed()] == [("https://b.example/1", 1)]
        clock.now = START + DAY
        (again,) = [job for job in queue.claim(9, LEASE) if job.host == "a.example"]
        assert again.first_kept == START - HOUR


def _garbage(path: Path) -> None:
    path.write_bytes(os.urandom(20_000))


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _older(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 0")


def _foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE links (a)")


@pytest.mark.promise("queue", each="cases")
@pytest.mark.parametrize("spoil", [_garbage, _cut, _older, _foreign])
def test_a_file_of_no_use_is_replaced_and_that_is_told(path: Path, clock: Clock, spoil: object) -> None:
    with opened(path, clock) as queue:
        queue.add(links(*(f"https://a.example/{n}" for n in range(500))))
    assert callable(spoil)
    spoil(path)
    said: list[str] = []
    with Frontier.open(path, clock, tell=said.append) as queue:
        assert queue.made_anew
        assert len(said) == 1
        assert queue.counts().total == {}
        assert queue.add(links("https://a.example/1")) == 1


def test_damage_while_it_runs_is_told_as_damage(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links(*(f"https://a.example/{n}" for n in range(500))))
    with opened(path, clock) as queue:
        path.write_bytes(os.urandom(path.stat().st_size))
        with pytest.raises(DamageError, match="delete it"):
            queue.counts()


ADDRESSES = [f"https://{host}.example/{n}" for host in ("a", "b", "amp.a") for n in range(4)]


@given(st.integers(0, 2**32), st.integers(1, 2))
def test_no_history_breaks_a_promise(seed: int, per_host: int) -> None:
    """Random runs with kills: nothing is claimed twice while leased, nor before its time, nor faster than allowed."""
    random, clock = Random(seed), Clock()
    held: dict[int, Job] = {}
    due: dict[str, datetime | None] = {}
    free: dict[str, datetime] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "q"
        queue = opened(path, clock, per_host)
        for _ in range(60):
            clock.now += random.choice([0, 0, 0.5, 1, 30, 400]) * SECOND
            held = {number: job for number, job in held.items() if job.until > clock.now}
            act = random.random()
            if act < 0.25:
                url = random.choice(ADDRESSES)
                new = queue.add(links(url))
                assert new == (url not in due)
                due.setdefault(url, clock.now)
            elif act < 0.65:
                for job in queue.claim(random.randrange(1, 4), LEASE):
                    at = due[job.link.url]
                    assert at is not None and at <= clock.now
                    assert free.get(job.host, START) <= clock.now
                    assert job.link.url not in [other.link.url for other in held.values()]
                    held[job.id] = job
                    assert sum(other.host == job.host for other in held.values()) <= per_host
            elif act < 0.85 and held:
                job = held.pop(random.choice(list(held)))
                again = random.choice([None, clock.now + MINUTE, clock.now + HOUR])
                rest = clock.now + random.choice([1, 20]) * SECOND
                answer = random.choice([GOOD, BAD])
                assert queue.done(job, answer, again, rest)
                due[job.link.url] = again
                # A good answer ends the back-off that another page of the host had brought.
                before = queue.host(job.host).free_at if answer is GOOD else free.get(job.host, START)
                free[job.host] = max(rest, before, queue.host(job.host).ready_at)
            elif act < 0.9 and held:
                queue.release(held.pop(random.choice(list(held))))
            elif act >= 0.95:
                old, queue = queue, opened(path, clock, per_host)
                old.close()
                for job in held.values():
                    free[job.host] = max(free.get(job.host, START), clock.now + SECOND)
                held = {}
            _consistent(queue, due, clock)
        queue.close()


def _consistent(queue: Frontier, due: dict[str, datetime | None], clock: Clock) -> None:
    known = queue.due(clock.now + 1000 * DAY)
    leased = queue.counts().total.get(State.LEASED, 0)
    assert len(known) + leased >= sum(at is not None for at in due.values())
    assert all(due[one.url] == one.due for one in known)
    assert len({identity(url) for url in due}) == sum(queue.counts().total.values())
    after = queue.next_due()
    if after is not None and after > clock.now:
        assert queue.claim(9, LEASE) == []


def test_what_changed_is_asked_sooner_but_not_what_was_asked_since(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path / "q", clock) as queue:
        queue.add(links("https://a.test/1"))
        (job,) = queue.claim(1, LEASE)
        queue.done(job, GOOD, START + DAY)
        clock.now += HOUR
        assert not queue.hasten("https://a.test/1", clock.now, unless_since=START - HOUR)
        assert not queue.hasten("https://a.test/nobody", clock.now)
        assert queue.claim(1, LEASE) == []
        assert queue.hasten("https://a.test/1?utm_source=x", clock.now, unless_since=START + MINUTE)
        assert urls_of(queue.claim(1, LEASE)) == ["https://a.test/1"]
        assert not queue.hasten("https://a.test/1", clock.now)


def test_what_is_put_off_is_not_asked_in_this_pass(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path / "q", clock) as queue:
        queue.add(links("https://a.test/1", "https://b.test/1"))
        one, two = queue.claim(2, LEASE)
        queue.put_off(one, START + SECOND)
        queue.put_off(two, None)
        clock.now += HOUR
        assert queue.claim(2, LEASE, by=START) == []
        assert urls_of(queue.claim(2, LEASE)) == [one.link.url]
        assert queue.entry(two.link.url).state is State.DEAD  # type: ignore[union-attr]


def test_an_article_of_a_source_that_is_no_more_passes_to_the_next_that_finds_it(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path / "q", clock) as queue:
        queue.titles = frozenset({"feed", "other"})
        queue.add(links("https://a.test/1", source="old"))
        (job,) = queue.claim(1, LEASE)
        queue.put_off(job, None)
        queue.add(links("https://a.test/1", source="unknown"))
        assert queue.next_due() is None
        queue.add(links("https://a.test/1", source="feed"))
        (job,) = queue.claim(1, LEASE)
        assert job.link.source == "feed"
        queue.put_off(job, None)
        queue.add(links("https://a.test/1", source="other"))
        assert queue.entry("https://a.test/1").source == "feed"  # type: ignore[union-attr]
        assert queue.next_due() is None


def test_rules_validators_and_sources_are_remembered(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "q"
    rules = Rules(START + DAY, "User-agent: *\nDisallow: /é", "", "robots")
    with opened(path, clock) as queue:
        memory = Memory(path)
        memory.set("https://a.test/feed", Validators('"1"', None))
        memory.keep_rules("https://a.test", rules)
        assert memory.get("https://a.test/feed") is None
        memory.flush(queue)
        assert queue.source_done("feed", "it broke")
        assert not queue.source_done("feed", "it broke again")
        assert not queue.source_done("feed", None)
        assert queue.source_done("feed", "and again")
        queue.mended(7)
        memory.close()
    with opened(path, clock) as queue:
        memory = Memory(path)
        assert memory.get("https://a.test/feed") == Validators('"1"', None)
        assert memory.rules("https://a.test") == rules
        assert memory.rules("https://b.test") is None
        assert queue.mended_up_to() == 7
        assert queue.source_states() == {"feed": ("and again", START)}
        clock.now += 2 * DAY
        queue.remember({}, {"https://b.test": Rules(clock.now + DAY, None, "", "robots")})
        assert memory.rules("https://a.test") is None
        memory.close()
    assert Memory(tmp_path / "none").get("https://a.test/feed") is None


def depths(queue: Frontier) -> dict[str, tuple[str, int]]:
    return {job.link.url: (job.link.source, job.depth) for job in queue.claim(10, LEASE)}


def test_the_start_of_a_site_is_its_own_and_the_shortest_way_counts(path: Path, clock: Clock) -> None:
    with opened(path, clock, per_host=9) as queue:
        queue.titles = frozenset({"feed", "site"})
        queue.add(links("https://a.example/", "https://a.example/x"))
        queue.add(links("https://a.example/", source="site"), depth=0)
        queue.add(links("https://a.example/x", "https://a.example/y", source="site"), depth=3)
        queue.add(links("https://a.example/y", source="site"), depth=1)
        queue.add(links("https://a.example/y", source="site"), depth=2)
        assert depths(queue) == {
            "https://a.example/": ("site", 0),
            "https://a.example/x": ("feed", 0),
            "https://a.example/y": ("site", 1),
        }


def test_an_address_that_names_another_as_its_own_is_no_way_to_get_further(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links("https://a.example/y?id=1", source="site"), depth=2)
        assert queue.same("https://a.example/y?id=1", "https://a.example/y")
        assert depths(queue) == {"https://a.example/y": ("site", 2)}


def test_what_only_the_catalog_knows_is_followed_once_the_way_to_it_is_found(path: Path, clock: Clock) -> None:
    with opened(path, clock, per_host=9) as queue:
        queue.titles = frozenset({"feed"})
        rows = [row(f"https://a.example/{n}", VerdictKind.ARTICLE, START - DAY) for n in (1, 2)]
        queue.mend(rows, lambda _: START)
        queue.add(links("https://a.example/1"), depth=0)
        found = depths(queue)
        assert found["https://a.example/1"] == ("feed", 0)
        assert found["https://a.example/2"][1] > 1000


@pytest.mark.promise("queue", each="cases")
def test_a_clock_that_went_ahead_and_was_corrected_puts_nothing_off_for_years(path: Path, clock: Clock) -> None:
    clock.now += 3650 * DAY
    with opened(path, clock) as queue:
        queue.add(links("https://a.example/x"))
        (job,) = queue.claim(1, LEASE)
        queue.done(job, GOOD, clock.now + DAY, clock.now + MINUTE)
    clock.now = START
    with opened(path, clock) as queue:
        assert queue.host("a.example").ready_at < START
        assert urls_of(queue.claim(1, LEASE)) == ["https://a.example/x"]


def test_trouble_is_that_of_the_host_where_redirects_led(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links("https://a.example/x"))
        (job,) = queue.claim(1, LEASE)
        queue.done(job, BAD, clock.now + DAY, end="b.example")
        assert (queue.host("a.example").failures, queue.host("b.example").failures) == (0, 1)


def test_what_leads_to_a_crowded_host_waits_in_that_hosts_turn(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links("https://a.example/x"))
        (job,) = queue.claim(1, LEASE)
        queue.rest("b.example", clock.now + MINUTE)
        queue.release(job, host="b.example")
        assert queue.claim(1, LEASE) == []
        clock.now += MINUTE
        assert [job.host for job in queue.claim(1, LEASE)] == ["b.example"]


def test_rests_that_sources_were_asked_for_are_remembered(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        memory = Memory(path)
        memory.rest("a.example", START + HOUR)
        assert memory.much
        memory.flush(queue)
        assert queue.host("a.example").free_at == START + HOUR
        assert memory.rests_until("a.example") == START + HOUR
        memory.close()


def test_what_a_source_has_is_put_off_at_once(path: Path, clock: Clock) -> None:
    with opened(path, clock) as queue:
        queue.add(links(*(f"https://a.example/{n}" for n in range(3)), source="site"))
        queue.add(links("https://b.example/x"))
        queue.put_off_all("site", clock.now, clock.now + DAY, kept=True)
        assert len(queue.due()) == 4
        queue.put_off_all("site", clock.now, clock.now + DAY)
        assert [entry.url for entry in queue.due()] == ["https://b.example/x"]
        clock.now += DAY
        assert len(queue.due()) == 4


def test_a_rest_is_known_all_the_while_it_is_being_written(path: Path, clock: Clock) -> None:
    class Watched(Frontier):
        def rest(self, host: str, until: datetime) -> None:
            seen.append(memory.rests_until(host))
            super().rest(host, until)

    seen: list[datetime] = []
    with Watched.open(path, clock) as queue:
        memory = Memory(path)
        memory.rest("a.example", START + HOUR)
        assert memory.flush(queue) == {"a.example": START + HOUR}
        assert seen == [START + HOUR] == [memory.rests_until("a.example")]
        assert memory.flush(queue) == {}
        memory.close()
