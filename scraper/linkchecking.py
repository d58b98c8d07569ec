"""`tearsheet check`: what became of links. Each is asked as a capture, and judged by what is kept of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from archive import linkstate
from archive.collection import Collection
from archive.errors import DamageError, NotKeptError, UsageError
from archive.linkstate import Check, Standing, State
from archive.models import Link, PageRow
from scraper import due, link_list, linkreport, runlog
from scraper.crawl import Limits, Result, Schedule, run
from scraper.fetching import ALL_FAILED, OK, SOME_FAILED, known_rules, print_out
from scraper.identity import host_of
from scraper.linkreport import Outcome
from scraper.notifying import notify
from scraper.redact import without_user
from scraper.report import shown, shown_address
from scraper.running import Plan, Running, Time, opened_alone
from scraper.saying import say

if TYPE_CHECKING:
    from scraper.settings import Settings

LEAST_SILENT = 3
"""So many hosts of which none answers say more of our connection than of them."""


class Asked(Struct, frozen=True):
    """How `check` was asked to go about it: `what` are addresses and files, else all that is kept, or what `sources`
    brought. `due`: only links whose time has come."""

    what: tuple[str, ...] = ()
    sources: frozenset[str] = frozenset()
    due: bool = False
    dry_run: bool = False
    html: Path | None = None
    csv: Path | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False


class Run(Struct):
    """What a run comes to. `offline` hosts were tried, and nobody at all answered: that is no news of them."""

    begun: datetime
    folder: Path
    outcomes: list[Outcome]
    unasked: int = 0
    offline: int = 0
    seconds: float = 0.0


def check_links(settings: Settings, asked: Asked, stop: Event, *, time: Time | None = None) -> int:
    """Check them; returns the exit code: 0 none failed, 1 some did, 9 all did, 5 what is kept of some is damaged.

    Raises UsageError for what is neither address nor file, NotKeptError where nothing is kept, LockedError while
    another run holds the collection, and StorageError when it cannot be written.
    """
    for path in (asked.html, asked.csv):
        if path is not None and not path.absolute().parent.is_dir():
            raise UsageError(f"{path}: there is no such folder")
    if asked.what and asked.sources:
        raise UsageError("name addresses and files, or --source, not both")
    time = time or Time()
    links = _links(settings, asked, time.clock())
    if asked.dry_run:
        for link in links:
            print_out(shown_address(link.url))
        return OK
    if not links:
        if not asked.quiet:
            say("no link is due" if asked.due else "there is no link to check")
        return OK
    done = _checked(links, settings, asked, stop, time)
    path = _tell(done, settings, asked, time.clock())
    if any(linkreport.news(done.outcomes)):
        notify(settings.notify.command, path)
    failed = sum(each.failed for each in done.outcomes)
    if any(each.damaged for each in done.outcomes):
        return DamageError.exit_code
    if done.offline:
        return ALL_FAILED
    if not failed:
        return OK
    return ALL_FAILED if failed == len(done.outcomes) else SOME_FAILED


def _links(settings: Settings, asked: Asked, now: datetime) -> list[Link]:
    tell = (lambda _: None) if asked.quiet else say
    with Collection.open(settings.archive, None, missing_ok=True) as collection:
        links = link_list.given(asked.what, tell) if asked.what else link_list.kept(collection, asked.sources)
        if not links and not asked.what:
            raise NotKeptError("nothing is kept yet: tearsheet fetch keeps an address")
        if asked.due:
            links = [link for link in links if _is_due(link, collection, settings, now)]
        # Whoever says again that the host is to be left alone shall not keep the others of its host from being asked.
        return sorted(links, key=lambda link: _was_blocked(collection.checks_of(link.url)))


def _was_blocked(checks: Sequence[Check]) -> bool:
    return bool(checks) and checks[-1].state is State.BLOCKED


def _is_due(link: Link, collection: Collection, settings: Settings, now: datetime) -> bool:
    row = collection.find(link.url)
    if row is None or not row.verdict.kept:
        row = None
    checks = collection.checks_of(link.url)
    if row is None and not checks:
        return True
    kept_at = row.captured_at if row is not None else checks[0].time
    check = settings.check
    rhythm = due.Rhythm(check.strikes, check.every, check.longest, check.retry)
    at = due.check_at(checks, kept_at, _born(row, checks[0].time if checks else kept_at), rhythm)
    return at is not None and at <= now


def _born(row: PageRow | None, first: datetime) -> datetime:
    """When the article came out, as far as is known: not after we had it."""
    try:
        day = datetime.fromisoformat(row.date if row is not None and row.date else "")
    except ValueError:
        return first
    return min(first, day.replace(tzinfo=first.tzinfo) + timedelta(days=1))


def _checked(links: Sequence[Link], settings: Settings, asked: Asked, stop: Event, time: Time) -> Run:
    begun, started = time.clock(), monotonic()
    plan = Plan(len(links), again=True, quiet=asked.quiet, verbose=asked.verbose, check=True)
    with opened_alone(settings, plan, stop, time=time, memory=known_rules) as running:
        done = Run(begun, running.collection.path, [])
        with _telling(len(links), asked, done.folder) as tell:

            def take(result: Result) -> None:
                outcome = _outcome(result, running.collection, settings.check.strikes)
                done.outcomes.append(outcome)
                tell(outcome)

            done.unasked = _asked(links, running, settings, Round(stop, time, take))
            connection = running.judge().connection if running.judge is not None else None
            if connection is not None and (silent := connection.silent) and not stop.is_set():
                if not connection.answered and len(silent) >= LEAST_SILENT:
                    done.offline = len(silent)
                else:
                    connection.wary = False
                    again = [link for link in links if any(without_user(link.url) in urls for urls in silent.values())]
                    done.unasked += _asked(again, running, settings, Round(stop, time, take)) - len(again)
    done.seconds = monotonic() - started
    return done


class Round(Struct, frozen=True):
    """How some links are gone through: until `stop` is set, by this time; `take` hears of each."""

    stop: Event
    time: Time
    take: Callable[[Result], None]


def _asked(links: Sequence[Link], running: Running, settings: Settings, turn: Round) -> int:
    """All of them, each host at its pace; how many were not asked."""
    stop, time, crawl = turn.stop, turn.time, settings.crawl
    schedule = Schedule(
        links,
        lambda link: running.network.delay(host_of(link.url)),
        stop,
        parallel=crawl.host_delay <= 0,
        clock=lambda: time.clock().timestamp(),
        sleep=lambda seconds: time.sleep(stop, seconds),
    )
    limits = Limits(min(crawl.concurrency, len(links)), stop, running.sleepers)
    run(schedule, running.keep, turn.take, limits, running.sleepers.page)
    return schedule.unasked


def _outcome(result: Result, collection: Collection, strikes: int) -> Outcome:
    link = result.link
    if result.check is None:
        before = linkstate.standing(collection.checks_of(link.url), strikes) if result.damaged else Standing.UNKNOWN
        told = Outcome(link.url, before, reason=result.row.reason, source=link.source, via=link.via, before=before)
        return replace(told, damaged=result.damaged)
    checks = tuple(collection.checks_of(link.url)) or (result.check,)
    row = collection.find(link.url)
    kept = row if row is not None and row.verdict.kept else None
    return Outcome(
        link.url,
        linkstate.standing(checks, strikes),
        check=replace(result.check, address=link.url),
        reason=result.check.reason,
        title=kept.title if kept is not None else None,
        text=kept.text if kept is not None else None,
        kept_at=kept.captured_at if kept is not None else None,
        source=link.source,
        via=link.via,
        before=linkstate.standing(checks[:-1], strikes),
        history=checks,
    )


@contextmanager
def _telling(count: int, asked: Asked, folder: Path) -> Iterator[Callable[[Outcome], None]]:
    """What is called for each link once that is durable."""
    if asked.json:
        yield lambda outcome: print_out(linkreport.json_line(outcome, folder))
        return
    if asked.quiet or count == 1 or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("checking", total=count)
        yield lambda _: progress.advance(task)


def _tell(done: Run, settings: Settings, asked: Asked, now: datetime) -> Path:
    """The path of the run's report."""
    name = runlog.run_id(done.begun)
    report = linkreport.as_dict(done.outcomes, done.folder) | {
        "run": name,
        "collection": settings.archive.collection,
        "begun": runlog.told_time(done.begun),
        "ended": runlog.told_time(now),
        "seconds": round(done.seconds, 3),
        "unasked": done.unasked,
        "ended_by": "it was stopped, or hosts are left alone for now" if done.unasked else "all links were asked",
    }
    path = runlog.write_report(done.folder, name, report)
    runlog.prune(done.folder, now, timedelta(seconds=settings.crawl.keep_reports), but=name)
    if asked.html is not None:
        linkreport.write(asked.html, linkreport.page(done.outcomes, settings.archive.collection, now))
    if asked.csv is not None:
        linkreport.write(asked.csv, linkreport.table(done.outcomes))
    if asked.json:
        return path
    lines = list(linkreport.lines(done.outcomes, done.folder, everything=asked.verbose or len(done.outcomes) == 1))
    if asked.quiet:
        for line in linkreport.news(done.outcomes):
            say(line)
        return path
    lines.append(f"{linkreport.summary(done.outcomes)}; in {done.seconds:.1f} s")
    if done.offline:
        lines.append(f"none of {done.offline} hosts answered: is this machine offline? nothing is held against them")
    elif done.unasked:
        lines.append(f"{done.unasked} not asked: the run was stopped, or their hosts are left alone for now")
    lines += [f"written  {shown(written)}" for written in (asked.html, asked.csv) if written is not None]
    lines.append(f"report  {shown(path)}")
    print_out("\n".join(lines))
    return path
