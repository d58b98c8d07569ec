"""One pass over the queue: what is due is asked, what sources and sites give comes in, and what each answer means for
the queue is written down. The work of `crawl.run`; all of it in the run's own thread."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct

from archive.models import PageRow, Verdict, VerdictKind
from scraper import due, schedule
from scraper.crawl import Result
from scraper.frontier import Frontier, Job
from scraper.frontier_notes import Memory
from scraper.identity import host_of
from scraper.runlog import told_time
from scraper.running import LONGEST_CRAWL_DELAY
from scraper.sources import sites
from scraper.tallying import Count, Failed, Version
from scraper.walk import LONGEST_PAUSE

if TYPE_CHECKING:
    from scraper.finding import Batch, Finder
    from scraper.settings import CrawlSettings, Source

LEASE = timedelta(hours=2)
CHANGED_AFTER = timedelta(hours=1)
MOMENT = timedelta(milliseconds=1)
BATCHES = 4
POLL = 0.2
CHECK_DISK = 2.0
BY_HAND = frozenset({"argument", "list"})
"""Sources of `tearsheet fetch`: what failed there is asked again, what is kept is not."""

Log = Callable[..., None]


class End(StrEnum):
    """What ended a pass."""

    DONE = "all that was due was asked"
    RESTING = "all that was due was asked but for hosts that are left alone for now"
    STOPPED = "it was stopped"
    PAGES = "--max-pages was reached"
    TIME = "--max-time was reached"
    BYTES = "--max-bytes was reached"
    DISK = "less than min_free is left on the disk"


class Limits(Struct, frozen=True):
    """Where a pass ends before its time; None: nowhere. `seconds` and `size` (bytes) of the whole run."""

    pages: int | None = None
    seconds: float | None = None
    size: int | None = None


class Recaptures:
    """When what is kept is asked again, by its source and its article's age."""

    def __init__(self, wanted: Iterable[Source], crawl: CrawlSettings) -> None:
        self._otherwise = crawl.recapture_after
        self._by_source = {
            source.title: schedule.parsed(source.recapture_after) for source in wanted if source.recapture_after
        }

    def next_at(self, row: PageRow, failures: int, first_kept: datetime | None) -> datetime | None:
        """When the address of this row is due again."""
        own = self._by_source.get(row.source)

        def wait(age: timedelta) -> float:
            if own is None:
                return self._otherwise
            seconds = own.wait(max(0.0, age.total_seconds()))
            return seconds if seconds is not None else math.inf

        at = row.captured_at
        return due.next_at(row.verdict, failures, at, wait, at - _born(row, first_kept or at))


def _born(row: PageRow, first_kept: datetime) -> datetime:
    """When the article came out: within the day that it names, and not after we had it."""
    try:
        end_of_day = datetime.fromisoformat(row.date or "").replace(tzinfo=first_kept.tzinfo) + timedelta(days=1)
    except (ValueError, OverflowError):
        return first_kept
    return min(first_kept, end_of_day)


class Rules(Struct, frozen=True):
    """What a pass goes by. `by` is when it began: what is due later is the next one's. `rest` gives the seconds until a
    host's next page, `wanted` those that the host itself names; `free` the bytes left on the disk. What rests for
    longer than `longest_pause` is the next run's."""

    by: datetime
    sources: tuple[Source, ...]
    recaptures: Recaptures
    limits: Limits
    min_free: int
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    rest: Callable[[str], float]
    wanted: Callable[[str], float]
    free: Callable[[], int]
    stopped: Callable[[], bool]
    longest_pause: timedelta = LONGEST_PAUSE


class Pass:
    """The work of one pass (`crawl.Work`)."""

    def __init__(self, frontier: Frontier, finder: Finder, memory: Memory, rules: Rules, log: Log) -> None:
        self._frontier = frontier
        self._finder = finder
        self._memory = memory
        self._rules = rules
        self._log = log
        self.count = Count(rules.by)
        self.flying: dict[int, Job] = {}
        self._sites = {source.title: sites.scope_of(source) for source in rules.sources if source.kind == "site"}
        self._begun_of: dict[str, int] = {}
        self._begun = 0
        self._began = monotonic()
        self._disk_at = -math.inf
        self._told_delay: set[str] = set()
        self._end: End | None = None
        self._pause = 0.0
        self._put_off = 0

    # ------------------------------------------------------------------------------------------------ crawl.Work

    def next(self) -> Job | None:
        self._take_in()
        while self._ends() is None:
            jobs = self._frontier.claim(1, LEASE, by=self._rules.by)
            if not jobs:
                return None
            job = jobs[0]
            if self._wanted(job):
                self._begun += 1
                self._begun_of[job.link.source] = self._begun_of.get(job.link.source, 0) + 1
                self.flying[job.id] = job
                return job
        return None

    def done(self, task: Job, result: Result) -> list[Result]:
        self.flying.pop(task.id, None)
        self._pause = 0.0
        if result.stopped:
            self._begun -= 1
            self._begun_of[task.link.source] -= 1
            if result.rest_until is not None:
                self._put_off += 1
                self._frontier.put_off(task, result.rest_until)
            else:
                self._frontier.release(task, host=result.crowded)
            return []
        row = result.row
        failures = 0 if row.verdict.kept else task.failures + 1
        now = self._rules.clock()
        again = self._rules.recaptures.next_at(row, failures, task.first_kept)
        asked = row.status is not None or row.verdict is not VerdictKind.BLOCKED
        rest = now + timedelta(seconds=self._rules.rest(task.host)) if asked else None
        end = host_of(row.final_url)
        self._frontier.done(task, Verdict(row.verdict, row.reason), again, rest, end=end)
        for host in {task.host, end}:
            self._memory.changed(host)
        self._learn(task, result, now)
        if row.verdict.kept:
            own = row.original_url or row.final_url
            if own != task.link.url:
                self._frontier.same(task.link.url, own)
        if row.verdict.kept or row.verdict is VerdictKind.EMPTY:  # a page of links alone has no text to speak of
            self._follow(task, result)
        self._note(task, result, failures, again)
        return [result]

    def over(self) -> bool:
        if self._ends() is not None:
            return True
        if self._finder.busy:
            return False
        at = self._frontier.next_due(self._rules.by)
        return at is None or at - self._rules.clock() > self._rules.longest_pause

    def wait(self) -> float | None:
        if self._ends() is not None:
            return None
        at = self._frontier.next_due(self._rules.by)
        seconds = max(0.001, (at - self._rules.clock()).total_seconds()) if at is not None else None
        self._pause = seconds or 0.0
        if self._finder.busy:
            return min(seconds, POLL) if seconds is not None else POLL
        return seconds

    def sleep(self, seconds: float) -> None:
        if self._finder.busy:
            batch = self._finder.take(min(seconds, POLL))
            if batch is not None:
                self._found(batch)
        else:
            self._rules.sleep(seconds)

    # ------------------------------------------------------------------------------------------------ to look at

    def reading(self) -> int:
        """How many sources are not through yet."""
        return self._finder.left

    def pause(self) -> float:
        """Seconds until something may be asked, as far as was known last."""
        return self._pause

    # ------------------------------------------------------------------------------------------------ the end

    def end(self) -> End:
        """What ended the pass."""
        self._flush()
        if (end := self._ends()) is not None:
            return end
        if self._rules.stopped():
            return End.STOPPED
        return End.RESTING if self.left() else End.DONE

    def left(self) -> int:
        """How many that were due were not asked."""
        return self._frontier.left(self._rules.by) + self._put_off

    def _ends(self) -> End | None:
        if self._end is None:
            self._end = self._reached()
        return self._end

    def _reached(self) -> End | None:
        limits = self._rules.limits
        if limits.pages is not None and self._begun >= limits.pages:
            return End.PAGES
        if limits.size is not None and self.count.size >= limits.size:
            return End.BYTES
        now = monotonic()
        if limits.seconds is not None and now - self._began >= limits.seconds:
            return End.TIME
        if now - self._disk_at >= CHECK_DISK:
            self._disk_at = now
            if self._rules.free() < self._rules.min_free:
                return End.DISK
        return None

    # ------------------------------------------------------------------------------------------------ coming in

    def _take_in(self) -> None:
        if self._memory.much:
            self._flush()
        for _ in range(BATCHES):
            if not self._finder.busy or (batch := self._finder.take()) is None:
                break
            self._found(batch)

    def _found(self, batch: Batch) -> None:
        source = batch.source
        count = self.count.source(source.title, source.kind)
        count.found += len(batch.found)
        start = 0 if source.kind == "site" else None
        count.new += self._frontier.add((each.link for each in batch.found), due=self._rules.by, depth=start)
        for each in batch.found:
            newest = each.newest
            if source.kind == "site":
                self._frontier.hasten(each.link.url, self._rules.by)
            elif newest is not None and newest <= self._rules.by:
                # Some sources call everything new every time.
                since = min(newest, self._rules.by - CHANGED_AFTER)
                self._frontier.hasten(each.link.url, self._rules.by, unless_since=since)
        if not batch.ended:
            return
        for url, validators in batch.validators.items():
            self._memory.set(url, validators)
        self._flush()
        count.seconds = round(batch.seconds, 3)
        count.problems = list(batch.problems[:100])
        count.failed = bool(batch.problems) and not batch.count
        if self._rules.stopped():
            return
        problem = batch.problems[0] if count.failed else None
        count.new_failure = self._frontier.source_done(source.title, problem)
        self._log("source", self._rules.clock(), title=source.title, found=count.found, new=count.new)

    def _wanted(self, job: Job) -> bool:
        """Whether it is to be asked in this pass; else it is put off, and with it all that is in its place."""
        source, by = job.link.source, self._rules.by
        if source not in self._frontier.titles and (job.first_kept is not None or source not in BY_HAND):
            self._frontier.put_off(job, None)
            self._frontier.put_off_all(source, by, None, kept=source in BY_HAND)
            return False
        if self._site_is_full(source):
            self._frontier.put_off(job, by + MOMENT)
            self._frontier.put_off_all(source, by, by + MOMENT)
            return False
        return True

    def _site_is_full(self, source: str) -> bool:
        scope = self._sites.get(source)
        return scope is not None and self._begun_of.get(source, 0) >= scope.max_pages

    def _follow(self, job: Job, result: Result) -> None:
        scope = self._sites.get(job.link.source)
        if scope is None or not result.outlinks:
            return
        # What is known takes no room from what is not: a long list of links comes in run by run.
        knows = self._frontier.knows
        way = scope, result.row.final_url, job.depth, result.outlinks
        found = [
            *sites.following(*way, known=knows),
            *sites.following(*way, known=lambda url: not knows(url)),
        ]
        count = self.count.source(job.link.source, "site")
        count.found += len(found)
        due = self._rules.by + MOMENT if self._site_is_full(job.link.source) else self._rules.by
        count.new += self._frontier.add((each.link for each in found), due=due, depth=job.depth + 1)

    # ------------------------------------------------------------------------------------------------ what it means

    def _flush(self) -> None:
        for host, until in self._memory.flush(self._frontier).items():
            self._log("host", self._rules.clock(), host=host, rests_until=told_time(until))

    def _learn(self, job: Job, result: Result, now: datetime) -> None:
        wanted = self._rules.wanted(job.host)
        self._frontier.learned(job.host, min(wanted, LONGEST_CRAWL_DELAY))
        if wanted > LONGEST_CRAWL_DELAY and job.host not in self._told_delay:
            self._told_delay.add(job.host)
            self._log("host", now, host=job.host, delay=wanted, told=f"asked every {LONGEST_CRAWL_DELAY:g} s instead")

    def _note(self, job: Job, result: Result, failures: int, again: datetime | None) -> None:
        row, link = result.row, job.link
        self.count.page(row.verdict, result.size, job.first_kept is None)
        facts: dict[str, object] = {}
        if not row.verdict.kept:
            new = failures == 1
            failed = Failed(link.url, row.verdict, row.reason, link.source, link.via, failures, new, told_time(again))
            self.count.failure(failed)
            facts = {"reason": row.reason, "failures": failures, "via": link.via}
        if row.version is not None:
            self.count.version(Version(row.url, row.title, row.text, row.version))
            facts["version"] = row.version
        self._log(
            "page",
            self._rules.clock(),
            url=row.url,
            final_url=row.final_url,
            verdict=row.verdict.value,
            status=row.status,
            source=link.source,
            size=result.size,
            again=told_time(again),
            **facts,
        )
