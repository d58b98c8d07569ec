"""`tearsheet fetch`: puts the pieces together for one run over many addresses and tells what came of each."""

from __future__ import annotations

import os
import random
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from archive.models import Link
from scraper import __version__
from scraper.crawl import Limits, Result, Tally, run
from scraper.report import json_line, kept_before, result_lines, shown_address, summary_lines, unread
from scraper.saying import say

if TYPE_CHECKING:
    from archive.collection import Collection
    from scraper.preserve import Preserver
    from scraper.settings import Settings

OK, SOME_FAILED, ALL_FAILED = 0, 1, 9
LONGEST_CRAWL_DELAY = 60.0

Pause = Callable[[Link], float]


class Asked(Struct, frozen=True):
    """How `fetch` was asked to go about it."""

    again: bool = False
    dry_run: bool = False
    json: bool = False
    quiet: bool = False
    verbose: bool = False


def fetch_all(links: Sequence[Link], settings: Settings, asked: Asked, stop: Event) -> int:
    """Keep all links; returns the exit code (0, 1 or 9).

    Raises LockedError while another run holds the collection and StorageError when it cannot be written.
    """
    if asked.dry_run:
        return _dry_run(links, settings, asked)
    begun = monotonic()
    with _run(settings, asked, len(links), stop) as (preserver, pause, collection):
        with _telling(len(links), asked, collection) as tell:
            crawl = settings.crawl
            limits = Limits(min(crawl.concurrency, max(1, len(links))), crawl.host_delay, stop)
            tally = run(links, preserver.keep, pause, tell, limits)
        folder = collection.path
    if not asked.json and not asked.quiet and len(links) > 1:
        _print("\n".join(summary_lines(tally, folder, monotonic() - begun)))
    return exit_code(tally)


def exit_code(tally: Tally) -> int:
    if not tally.failed:
        return OK
    return ALL_FAILED if tally.failed == tally.asked else SOME_FAILED


@contextmanager
def _run(settings: Settings, asked: Asked, count: int, stop: Event) -> Iterator[tuple[Preserver, Pause, Collection]]:
    """Everything a run needs, opened in the order that lets slow starts overlap, closed in reverse."""
    from scraper.forking import loaded
    from scraper.workers import Readers

    with ExitStack() as stack:
        readers = stack.enter_context(Readers(settings.read, most=count))
        from archive.collection import Collection
        from archive.settings import RunInfo
        from scraper.assets import MOST_FLYING, Assets
        from scraper.fetch import Fetcher
        from scraper.gate import HostGate
        from scraper.politeness import Robots
        from scraper.preserve import Hands, Preserver, Rules
        from scraper.retry import Hands as Network
        from scraper.settings import agent
        from scraper.walk import Walker

        loaded()
        fetch = settings.fetch
        info = RunInfo(software=f"tearsheet/{__version__}", user_agent=agent(fetch), robots=fetch.robots)
        tell = (lambda _: None) if asked.quiet else say
        collection = stack.enter_context(Collection.open(settings.archive, info, tell=tell))
        # They have their time to end while the collection is closed.
        stack.callback(readers.dismiss)
        network = Network(now, monotonic, lambda seconds: _wait(stop, seconds), random.random, stop.is_set)
        fetcher = Fetcher(fetch, spool_folder=collection.tmp, hands=network)
        stack.callback(fetcher.close)
        robots = Robots(fetcher, fetch)
        walker = Walker(fetcher, robots, fetch.max_redirects)
        # Enough that pages whose hosts all stall leave threads to the others; they are made as they are needed.
        most_flying = 2 * MOST_FLYING * settings.crawl.concurrency
        executor = stack.enter_context(ThreadPoolExecutor(most_flying, thread_name_prefix="asset"))
        gate = HostGate(executor, fetch.requisite_parallel)
        assets = Assets(fetch, walker, gate, collection.known_asset, readers.read)
        rules = Rules(
            again=asked.again,
            recapture_after=settings.crawl.recapture_after,
            requisites=fetch.requisites,
            max_page=settings.read.max_page,
            max_redirects=fetch.max_redirects,
        )

        def fault(error: Exception) -> None:
            if asked.verbose:
                say("".join(traceback.format_exception(error)))

        def delay(url: str) -> float:
            return max(settings.crawl.host_delay, min(robots.crawl_delay(url), LONGEST_CRAWL_DELAY))

        def rest(url: str) -> bool:
            return not stop.wait(delay(url))

        hands = Hands(walker, assets, readers.read, collection, now, rest, fault)
        yield Preserver(rules, hands), lambda link: delay(link.url), collection


def _wait(stop: Event, seconds: float) -> None:
    stop.wait(seconds)


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _telling(count: int, asked: Asked, collection: Collection) -> Iterator[Callable[[Result], None]]:
    """What is called once for each address, after it is durable."""
    if asked.json:
        yield lambda result: _print(
            json_line(result.row, collection.path, url=result.link.url, already_kept=result.already)
        )
        return
    if asked.quiet:
        yield _tell_failure
        return
    if count == 1 or not sys.stderr.isatty():
        yield lambda result: _print("\n".join(result_lines(result, collection.path)))
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    both = sys.stdout.isatty()
    with Progress(*columns, console=console, transient=True, redirect_stdout=both) as progress:
        task = progress.add_task("keeping", total=count)

        def tell(result: Result) -> None:
            lines = "\n".join(result_lines(result, collection.path))
            if both:
                console.print(lines, markup=False, highlight=False, soft_wrap=True)
            else:
                _print(lines)
            progress.advance(task)

        yield tell


def _print(text: str) -> None:
    """To stdout. Whoever reads there may have seen enough; what was asked for is kept all the same."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell_failure(result: Result) -> None:
    row = result.row
    if not result.already and (not row.verdict.kept or unread(row)):
        say(f"{row.verdict.value}: {shown_address(result.link.url)}: {row.reason}")


def _dry_run(links: Sequence[Link], settings: Settings, asked: Asked) -> int:
    import json

    from archive import urls
    from archive.collection import Collection
    from scraper.redact import without_user

    with Collection.open(settings.archive, None, missing_ok=True) as collection:
        for link in (replace(link, url=without_user(link.url)) for link in links):
            try:
                known = collection.known_page(urls.wire_url(link.url))
            except ValueError as error:
                would, why = False, str(error)
            else:
                fresh = (
                    known is not None
                    and (now() - known[0].captured_at).total_seconds() < settings.crawl.recapture_after
                )
                would = asked.again or not fresh
                why = (
                    kept_before(known[0])
                    if known is not None and fresh
                    else "not kept yet"
                    if known is None
                    else "due again"
                )
            if asked.json:
                _print(json.dumps({"url": link.url, "would_ask": would, "why": why}, ensure_ascii=False))
            else:
                _print(f"{'ask ' if would else 'skip'}  {shown_address(link.url)}  ({why})")
    return OK
