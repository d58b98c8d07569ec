"""`tearsheet crawl`: one pass over all sources of the config, and its report."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from archive.errors import StorageError, TearsheetError, UsageError
from scraper import crawl, runlog
from scraper.fetching import ALL_FAILED, OK, SOME_FAILED, Asked, print_out, telling
from scraper.finding import Finder, Wires
from scraper.frontier import Frontier
from scraper.frontier_notes import Memory
from scraper.frontier_schema import NAME as QUEUE
from scraper.notifying import notify
from scraper.onepass import End, Limits, Pass, Recaptures, Rules
from scraper.report import not_kept_lines, shown, shown_address
from scraper.runlog import told_time
from scraper.running import Plan, Running, Time, opened, refusing
from scraper.saying import fit, say
from scraper.walk import longest_pause

if TYPE_CHECKING:
    from archive.collection import Collection
    from scraper.crawl import Result
    from scraper.settings import Settings, Source
    from scraper.tallying import Count

MOST_WAITING = 3
MOST_LINES = 50


class Wish(Struct, frozen=True):
    """How `crawl` was asked to go about it."""

    asked: Asked = Asked()
    limits: Limits = Limits()
    retry_failed: bool = False


class Ended(Struct, frozen=True):
    """What a pass came to. `state` is what its report says of the queue."""

    count: Count
    end: End
    folder: Path
    state: dict[str, Any] = field(default_factory=dict)
    broken: TearsheetError | None = None


def crawl_all(settings: Settings, wish: Wish, stop: Event, *, time: Time | None = None) -> int:
    """One pass; returns the exit code (0, 1, 3 or 9).

    Raises UsageError without sources, LockedError while another run holds the collection, and StorageError when it
    cannot be written: what was reported kept is kept all the same, and the report tells of it.
    """
    if not settings.sources and not wish.retry_failed:
        raise UsageError("the config names no source: add a [[source]] to config.toml (tearsheet init shows how)")
    time = time or Time()
    if wish.asked.dry_run:
        from scraper.dryrun import dry_run

        return dry_run(settings, wish.asked, wish.retry_failed, stop, time)
    begun, started = time.clock(), monotonic()
    name = runlog.run_id(begun)
    ended = _pass(settings, wish, stop, time, name)
    seconds = monotonic() - started
    path = _report(ended, name, begun, time.clock(), seconds, settings)
    if wish.asked.quiet:
        for line in news_lines(ended.count, path):
            say(line)
    elif not wish.asked.json:
        print_out("\n".join(summary_lines(ended, path, seconds)))
    if ended.count.anything_new_failed or ended.broken is not None:
        notify(settings.notify.command, path)
    if ended.broken is not None:
        raise ended.broken
    return exit_code(ended)


def exit_code(ended: Ended) -> int:
    """0: all that was asked is kept. A source that failed counts like an address."""
    count = ended.count
    if ended.end is End.DISK:
        return StorageError.exit_code
    failed = count.failed + len(count.failed_sources)
    if not failed:
        return OK
    good = count.kept or any(not source.failed for source in count.sources.values() if not count.asked)
    return SOME_FAILED if good else ALL_FAILED


def _pass(settings: Settings, wish: Wish, stop: Event, time: Time, name: str) -> Ended:
    """What breaks once the pass is under way is for its report to tell."""
    ended: Ended | None = None
    try:
        with ExitStack() as stack:
            ended = _passed(settings, wish, stop, time, name, stack)
    except TearsheetError as error:
        if ended is None:
            raise
        ended = replace(ended, broken=ended.broken or error)
    return ended


def _passed(settings: Settings, wish: Wish, stop: Event, time: Time, name: str, stack: ExitStack) -> Ended:
    broken: TearsheetError | None = None
    sources = settings.sources
    queue: list[tuple[Frontier, Memory]] = []

    def remembering(collection: Collection) -> Memory:
        queue.append(_queue(collection, settings, time, stack, wish.asked.quiet))
        return queue[0][1]

    followed = frozenset(source.title for source in sources if source.kind == "site")
    plan = Plan(None, True, True, wish.asked.quiet, wish.asked.verbose, followed, MOST_WAITING)
    plan = replace(plan, submit=wish.asked.submit, recapture=True)
    running = stack.enter_context(opened(settings, plan, stop, time=time, memory=remembering))
    ((frontier, memory),) = queue
    folder = running.collection.path
    if running.submitter is not None:
        running.submitter.want(running.collection.submissions_due(time.clock()))
    log = stack.enter_context(runlog.Log(folder, name))
    by = time.clock()
    log("begun", by, sources=[source.title for source in sources])
    recaptures = Recaptures(sources, settings.crawl)
    mend(frontier, running.collection, recaptures)
    if wish.retry_failed:
        frontier.retry_failed(by)
    rules = _rules(settings, wish, running, recaptures, by, stop, time)

    def tell_problem(source: Source, problem: str) -> None:
        log("problem", time.clock(), source=source.title, problem=problem)
        if not wish.asked.quiet:
            say(problem)

    network = running.network
    wires = Wires(network.walker, memory, time.clock, tell_problem, stop, refusing(settings))
    finder = stack.enter_context(Finder(sources, wires))
    work = Pass(frontier, finder, memory, rules, log)
    try:
        with _telling(wish.asked, folder, work) as tell:
            limits = crawl.Limits(running.at_a_time, stop, running.waiting)
            crawl.run(work, lambda job: running.keep(job.link, job.host), tell, limits, running.sleepers.page)
        mend(frontier, running.collection, recaptures)
    except TearsheetError as error:
        broken = error
    except OSError as error:
        broken = StorageError(f"what is told cannot be written: {error.strerror or error}")
    end, state = End.STOPPED, {}
    try:
        end = work.end()
        state = {"left": work.left(), "hosts_in_backoff": _backing_off(frontier)}
    except TearsheetError as error:
        broken = broken or error
    log("ended", time.clock(), ended_by=str(broken or end), asked=work.count.asked, kept=work.count.kept)
    return Ended(work.count, end, folder, state, broken)


def _queue(
    collection: Collection, settings: Settings, time: Time, stack: ExitStack, quiet: bool
) -> tuple[Frontier, Memory]:
    path = collection.path / QUEUE
    frontier = Frontier.open(
        path,
        time.clock,
        tell=(lambda _: None) if quiet else say,
        per_host=settings.crawl.pages_of_host,
        rest=timedelta(seconds=settings.crawl.host_delay),
        random=time.random,
    )
    stack.callback(frontier.close)
    frontier.refused = refusing(settings)
    frontier.titles = frozenset(source.title for source in settings.sources)
    memory = Memory(path)
    return frontier, memory


def mend(frontier: Frontier, collection: Collection, recaptures: Recaptures) -> None:
    """The queue learns what the catalog has learned since it was mended last."""
    last = frontier.mended_up_to()
    seen = last

    def rows() -> Iterator[Any]:
        nonlocal seen
        for number, row in collection.pages_since(last):
            seen = number
            yield row

    frontier.mend(rows(), lambda row: recaptures.next_at(row, 0 if row.verdict.kept else 1, None))
    if seen != last:
        frontier.mended(seen)


def _rules(
    settings: Settings, wish: Wish, running: Running, recaptures: Recaptures, by: datetime, stop: Event, time: Time
) -> Rules:
    path = running.collection.path
    return Rules(
        by=by,
        sources=settings.sources,
        recaptures=recaptures,
        limits=wish.limits,
        min_free=settings.crawl.min_free,
        clock=time.clock,
        sleep=lambda seconds: time.sleep(stop, seconds),
        rest=running.network.pace.seconds,
        wanted=running.network.robots.host_delay,
        free=lambda: shutil.disk_usage(path).free,
        stopped=stop.is_set,
        longest_pause=longest_pause(settings.crawl.host_delay),
    )


@contextmanager
def _telling(asked: Asked, folder: Path, work: Pass) -> Iterator[Callable[[Result], None]]:
    if asked.quiet and not asked.json:
        yield lambda _: None
        return
    if asked.json or not sys.stderr.isatty():
        with telling(1, asked, folder) as tell:
            yield tell
        return
    from scraper.display import shown_live

    with shown_live(work, folder) as tell:
        yield tell


def _backing_off(frontier: Frontier) -> list[dict[str, Any]]:
    return [
        {
            "host": host,
            "until": told_time(state.backoff_until),
            "failures": state.failures,
            "circuit": str(state.circuit),
        }
        for host, state in frontier.backing_off().items()
    ]


def _report(ended: Ended, name: str, begun: datetime, now: datetime, seconds: float, settings: Settings) -> Path:
    from scraper import __version__

    report = {
        "run": name,
        "software": f"tearsheet/{__version__}",
        "collection": settings.archive.collection,
        "begun": told_time(begun),
        "ended": told_time(now),
        "seconds": round(seconds, 3),
        "ended_by": str(ended.broken or ended.end),
        **ended.count.as_dict(),
        **ended.state,
        "log": f"{runlog.LOGS}/{name}.jsonl",
    }
    try:
        path = runlog.write_report(ended.folder, name, report)
    except StorageError:
        if ended.broken is None:
            raise
        return ended.folder / runlog.LOGS / f"{name}.jsonl"
    runlog.prune(ended.folder, now, timedelta(seconds=settings.crawl.keep_reports), but=name)
    return path


def summary_lines(ended: Ended, report: Path, seconds: float) -> list[str]:
    """A run in a few lines, for people."""
    count = ended.count
    parts = [f"{count.asked} asked", f"{count.new} new"]
    if count.changed:
        parts.append(f"{count.changed} changed")
    if count.unchanged:
        parts.append(f"{count.unchanged} unchanged")
    if count.failed:
        parts.append(f"{count.failed} failed")
    lines = [f"{', '.join(parts)} in {seconds:.1f} s, in {shown(ended.folder)}"]
    lines += not_kept_lines(count.verdicts)
    failed = [fit(f"source failed: {source.problems[0]}") for source in count.failed_sources]
    lines += failed[:MOST_LINES]
    if len(failed) > MOST_LINES:
        lines.append(f"and {len(failed) - MOST_LINES} sources more")
    hosts = [each["host"] for each in ended.state.get("hosts_in_backoff", ())]
    if hosts:
        lines.append("left alone for now: " + ", ".join(hosts[:10]) + (" and more" if len(hosts) > 10 else ""))
    left = ended.state.get("left", 0)
    if ended.end is not End.DONE or left:
        lines.append(f"{ended.end}" + (f"; {left} that are due wait for the next run" if left else ""))
    lines.append(f"report  {shown(report)}")
    return lines


def news_lines(count: Count, report: Path) -> list[str]:
    """All that a quiet run says: what failed that did not fail before; of many the first, and where the others are."""
    lines = [source.problems[0] for source in count.failed_sources if source.new_failure]
    failures = [each for each in count.failures if each.new]
    lines += [f"{each.verdict}: {shown_address(each.url)}: {each.reason}" for each in failures]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more: {shown(report)}"]
    return lines
