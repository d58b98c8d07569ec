"""`tearsheet fetch`: puts the pieces together for one run over many addresses and tells what came of each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from archive.models import Link
from scraper.crawl import Limits, Result, Schedule, Tally, run
from scraper.identity import host_of
from scraper.report import json_line, kept_before, result_lines, shown_address, summary_lines, unread
from scraper.running import now
from scraper.saying import say

if TYPE_CHECKING:
    from archive.collection import Collection
    from scraper.frontier_notes import Memory
    from scraper.settings import Settings

OK, SOME_FAILED, ALL_FAILED = 0, 1, 9


class Asked(Struct, frozen=True):
    """How `fetch` was asked to go about it."""

    again: bool = False
    dry_run: bool = False
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    submit: bool = False


def fetch_all(links: Sequence[Link], settings: Settings, asked: Asked, stop: Event) -> int:
    """Keep all links; returns the exit code (0, 1 or 9).

    Raises LockedError while another run holds the collection and StorageError when it cannot be written.
    """
    if asked.dry_run:
        return _dry_run(links, settings, asked)
    from scraper.running import Plan, opened

    begun = monotonic()
    plan = Plan(len(links), asked.again, not asked.again, asked.quiet, asked.verbose, heed_rests=False)
    plan = replace(plan, submit=asked.submit, recapture=True)
    with opened(settings, plan, stop, memory=known_rules) as running:
        folder = running.collection.path
        with telling(len(links), asked, folder) as tell:
            crawl = settings.crawl
            parallel = crawl.host_delay <= 0
            # The turns themselves are the walker's to take; here it is only seen to that hosts do not queue up.
            schedule = Schedule(links, lambda link: running.network.delay(host_of(link.url)), stop, parallel=parallel)
            limits = Limits(min(running.at_a_time, max(1, len(links))), stop, running.sleepers)
            tally = run(schedule, running.keep, tell, limits, running.sleepers.page)
            tally.unasked = schedule.unasked
    if not asked.json and not asked.quiet and len(links) > 1:
        print_out("\n".join(summary_lines(tally, folder, monotonic() - begun)))
    return exit_code(tally)


def known_rules(collection: Collection) -> Memory | None:
    """What crawls have learned from robots.txt, where there were any. This run adds nothing to it."""
    from scraper.frontier_schema import NAME

    if not (collection.path / NAME).exists():
        return None
    from scraper.frontier_notes import Memory

    return Memory(collection.path / NAME)


def exit_code(tally: Tally) -> int:
    if not tally.failed:
        return OK
    return ALL_FAILED if tally.failed == tally.asked else SOME_FAILED


@contextmanager
def telling(count: int, asked: Asked, folder: Path) -> Iterator[Callable[[Result], None]]:
    """What is called once for each address, after it is durable."""
    if asked.json:
        yield lambda result: print_out(json_line(result.row, folder, url=result.link.url, already_kept=result.already))
        return
    if asked.quiet:
        yield _tell_failure
        return
    if count == 1 or not sys.stderr.isatty():
        yield lambda result: print_out("\n".join(result_lines(result, folder)))
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    both = sys.stdout.isatty()
    with Progress(*columns, console=console, transient=True, redirect_stdout=both) as progress:
        task = progress.add_task("keeping", total=count)

        def tell(result: Result) -> None:
            lines = "\n".join(result_lines(result, folder))
            if both:
                console.print(lines, markup=False, highlight=False, soft_wrap=True)
            else:
                print_out(lines)
            progress.advance(task)

        yield tell


def print_out(text: str) -> None:
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
                print_out(json.dumps({"url": link.url, "would_ask": would, "why": why}, ensure_ascii=False))
            else:
                print_out(f"{'ask ' if would else 'skip'}  {shown_address(link.url)}  ({why})")
    return OK
