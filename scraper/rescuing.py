"""`tearsheet rescue`: puts the pieces together for one run, and tells what came of each address."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from archive.errors import UsageError
from archive.models import Link
from archive.telling import as_dict
from scraper import runlog
from scraper.crawl import Result
from scraper.fetching import ALL_FAILED, OK, SOME_FAILED, known_rules, print_out
from scraper.frontier import Frontier
from scraper.frontier_notes import Memory
from scraper.frontier_schema import NAME as QUEUE
from scraper.frontier_view import FrontierView
from scraper.identity import identity
from scraper.mementos.asking import Asking, Wires
from scraper.report import result_lines, shown_address
from scraper.rescue import Outcome, Rescue, Rescuer, Tools, dead, told_time
from scraper.running import Network, Plan, Time, networked, opened_alone, refusing
from scraper.saying import fit, say

if TYPE_CHECKING:
    from archive.collection import Collection
    from scraper.settings import Settings

MOST_PASSED = 5
_GOOD = (Outcome.RESCUED, Outcome.ALREADY)
_VAIN = (Outcome.NO_COPY, Outcome.NO_GOOD)


class Asked(Struct, frozen=True):
    """How `rescue` was asked to go about it. Without `links` it is for all that is dead. `at`: a time that copies are
    to be near, instead of the article's own."""

    links: tuple[Link, ...] = ()
    at: datetime | None = None
    dry_run: bool = False
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    submit: bool = False


def rescue_all(settings: Settings, asked: Asked, stop: Event, *, time: Time | None = None) -> int:
    """Returns the exit code: 0 where all is rescued or was kept already, 1 where some is not, 9 where nothing is.

    Raises UsageError where no web archive is named, LockedError while another run holds the collection, StorageError
    when it cannot be written.
    """
    if not settings.archives:
        raise UsageError("the config names no web archive: add a [[rescue.archive]] (tearsheet init shows how)")
    time = time or Time()
    begun, started = time.clock(), monotonic()
    with ExitStack() as stack:
        enter = _looking if asked.dry_run else _taking
        run = stack.enter_context(enter(settings, asked, stop, time))
        urls, left = _addresses(run, asked, settings, begun)
        told = list(_each(run, urls, asked, stop))
        folder = run.folder
    if not asked.dry_run and told:
        name = runlog.run_id(begun)
        report = {
            "run": name,
            "kind": "rescue",
            "begun": runlog.told_time(begun),
            "ended": runlog.told_time(time.clock()),
        }
        more = {"stopped": stop.is_set(), "addresses": [_told(each, folder) for each in told]}
        runlog.write_report(folder, name, report | more)
    if not asked.json and not asked.quiet:
        print_out("\n".join(_summary(told, len(urls), left, monotonic() - started)))
    return _exit_code(told)


class _Run(Struct, frozen=True):
    """What is open. `vain_since` tells when an address was looked for in vain, `done` writes down what came of one, and
    what archives asked for."""

    collection: Collection
    folder: Path
    rescuer: Rescuer
    vain_since: Callable[[str], datetime | None] = lambda url: None
    done: Callable[[Rescue], None] = lambda rescue: None


@contextmanager
def _taking(settings: Settings, asked: Asked, stop: Event, time: Time) -> Iterator[_Run]:
    with ExitStack() as stack:
        kept: list[tuple[Frontier, Memory]] = []

        def remembering(collection: Collection) -> Memory:
            quiet = (lambda _: None) if asked.quiet else say
            frontier = stack.enter_context(_closing(Frontier.open(collection.path / QUEUE, time.clock, tell=quiet)))
            kept.append((frontier, Memory(collection.path / QUEUE)))
            return kept[0][1]

        plan = Plan(None, quiet=asked.quiet, verbose=asked.verbose, submit=asked.submit)
        running = stack.enter_context(opened_alone(settings, plan, stop, time=time, memory=remembering))
        ((frontier, memory),) = kept

        def fault(error: Exception) -> None:
            if asked.verbose:
                say("".join(traceback.format_exception(error)))

        def done(rescue: Rescue) -> None:
            memory.flush(frontier)
            if rescue.outcome in _VAIN:
                frontier.in_vain(rescue.url)

        tools = Tools(
            running.collection,
            running.read,
            time.clock,
            stop.is_set,
            refusing(settings),
            frontier,
            running.gate,
            fault,
            _progress(asked),
            running.submitter,
        )
        asking = _asking(settings, running.network, memory, stop, time)
        try:
            rescuer = Rescuer(settings, asking, tools)
            yield _Run(running.collection, running.collection.path, rescuer, frontier.vain_since, done)
        finally:
            memory.flush(frontier)


@contextmanager
def _looking(settings: Settings, asked: Asked, stop: Event, time: Time) -> Iterator[_Run]:
    """For a dry run: archives are asked what they have, nothing is taken, and no lock is held."""
    from archive.collection import Collection
    from scraper.crawl import Sleepers
    from scraper.workers import Readers

    with ExitStack() as stack:
        readers = stack.enter_context(Readers(settings.read, most=1))
        collection = stack.enter_context(Collection.open(settings.archive, None, missing_ok=True))
        memory = known_rules(collection)
        network = stack.enter_context(networked(settings, stop, time, Sleepers(), memory=memory))
        queue = FrontierView.read(collection.path / QUEUE, time.clock)
        seen = stack.enter_context(queue) if queue is not None else None
        tools = Tools(
            collection, readers.read, time.clock, stop.is_set, refusing(settings), seen, told=_progress(asked)
        )
        rescuer = Rescuer(settings, _asking(settings, network, memory, stop, time), tools)
        since = seen.vain_since if seen is not None else lambda url: None
        yield _Run(collection, collection.path, rescuer, since)


@contextmanager
def _closing(frontier: Frontier) -> Iterator[Frontier]:
    try:
        yield frontier
    finally:
        frontier.close()


def _asking(settings: Settings, network: Network, memory: Memory | None, stop: Event, time: Time) -> Asking:
    wires = Wires(network.fetcher, network.robots, lambda seconds: time.sleep(stop, seconds), stop.is_set, memory)
    return Asking(settings.archives, wires)


def _progress(asked: Asked) -> Callable[[str], None]:
    """On a terminal, or where it is asked for, what is being done is told as it goes."""
    if asked.quiet or not (asked.verbose or sys.stderr.isatty()):
        return lambda words: None
    return lambda words: say(f"  {words}")


def _addresses(run: _Run, asked: Asked, settings: Settings, now: datetime) -> tuple[list[str], int]:
    """Each article once; and how many are left out, since they were looked for in vain not long ago."""
    if asked.links:
        return _once([link.url for link in asked.links]), 0
    urls = _once(dead(run.collection, settings.check.strikes))
    by = now - timedelta(seconds=settings.rescue.again_after)
    due = [url for url in urls if (since := run.vain_since(url)) is None or since <= by]
    return due, len(urls) - len(due)


def _once(urls: Sequence[str]) -> list[str]:
    return list({identity(url): url for url in reversed(urls)}.values())[::-1]


def _each(run: _Run, urls: Sequence[str], asked: Asked, stop: Event) -> Iterator[Rescue]:
    many = len(urls) > 1 and sys.stderr.isatty() and not asked.quiet
    for number, url in enumerate(urls, 1):
        if stop.is_set():
            return
        if many:
            say(f"{number} of {len(urls)}: {shown_address(url)}")
        rescue = run.rescuer.rescue(url, at=asked.at, take=not asked.dry_run)
        if rescue.outcome is Outcome.STOPPED:
            return
        run.done(rescue)
        _tell(rescue, asked, run.folder)
        yield rescue


# ------------------------------------------------------------------------------------------------ telling


def _tell(rescue: Rescue, asked: Asked, folder: Path) -> None:
    if asked.json:
        print_out(json.dumps(_told(rescue, folder), ensure_ascii=False))
    elif asked.quiet:
        if rescue.outcome not in _GOOD:
            say(f"{rescue.outcome}: {shown_address(rescue.url)}: {rescue.reason}")
    else:
        print_out("\n".join(fit(line) for line in lines_of(rescue, folder)))


def lines_of(rescue: Rescue, folder: Path) -> list[str]:
    """What became of an address, for people."""
    row, copy = rescue.row, rescue.copy
    if rescue.outcome is Outcome.ALREADY and row is not None:
        return [f"= {row.title or shown_address(row.url)}", f"    {shown_address(rescue.url)}", f"    {rescue.reason}"]
    lines: list[str] = []
    if rescue.outcome is Outcome.RESCUED and copy is not None:
        if row is not None:
            lines = result_lines(Result(Link(rescue.url), row), folder)
        else:
            lines = [f"> {shown_address(rescue.url)}"]
        if rescue.reason:
            lines.append(f"    but   {rescue.reason}")
        lines.append(f"    copy  of {told_time(copy)}, {copy.archive}, {_of(rescue.copies)}")
        lines.append(f"          {shown_address(copy.shown)}")
    else:
        lines = [f"x {rescue.outcome}: {shown_address(rescue.url)}", f"    {rescue.reason}"]
    if rescue.when is not None:
        lines.append(f"    near  {rescue.when.time:%Y-%m-%d %H:%M} UTC: {rescue.when.why}")
    for passed in rescue.passed[:MOST_PASSED]:
        lines.append(f"    passed over  {told_time(passed.copy)}, {passed.copy.archive}: {passed.reason}"[:500])
    if len(rescue.passed) > MOST_PASSED:
        lines.append(f"    passed over  and {len(rescue.passed) - MOST_PASSED} more")
    lines += [f"    without  {name}: {problem}"[:500] for name, problem in rescue.problems]
    return lines


def _of(copies: int) -> str:
    return "the only one" if copies == 1 else f"one of {copies}"


def _told(rescue: Rescue, folder: Path) -> dict[str, Any]:
    """What became of an address, for scripts."""
    copy, when = rescue.copy, rescue.when
    told: dict[str, Any] = {
        "url": rescue.url,
        "outcome": str(rescue.outcome),
        "reason": rescue.reason,
        "wanted": runlog.told_time(when.time) if when is not None else None,
        "wanted_because": when.why if when is not None else None,
        "copies": rescue.copies,
        "archive": copy.archive if copy is not None else None,
        "memento": copy.shown if copy is not None else None,
        "memento_datetime": runlog.told_time(copy.time) if copy is not None and copy.time is not None else None,
        "passed_over": [
            {"archive": each.copy.archive, "memento": each.copy.shown, "reason": each.reason} for each in rescue.passed
        ],
        "problems": [{"archive": name, "problem": problem} for name, problem in rescue.problems],
    }
    return told | {"page": as_dict(rescue.row, folder) if rescue.row is not None else None}


def _summary(told: Sequence[Rescue], asked: int, left: int, seconds: float) -> list[str]:
    lately = [f"{left} left out: looked for in vain not long ago ([rescue] again_after)"] if left else []
    if not asked:
        return lately or ["nothing is dead that is not kept"]
    if len(told) == 1 == asked:
        return lately
    counts: dict[str, int] = {}
    for each in told:
        counts[each.outcome] = counts.get(each.outcome, 0) + 1
    parts = [f"{counts[outcome]} {outcome}" for outcome in Outcome if outcome in counts]
    if len(told) < asked:
        parts.append(f"{asked - len(told)} left: the run was stopped")
    return [f"{', '.join(parts)} in {seconds:.1f} s", *lately]


def _exit_code(told: Sequence[Rescue]) -> int:
    failed = sum(each.outcome not in _GOOD for each in told)
    if not failed:
        return OK
    return ALL_FAILED if failed == len(told) else SOME_FAILED
