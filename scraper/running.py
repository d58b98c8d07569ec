"""What every run over addresses needs, put together once: network, readers, collection, and their pace."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from archive.errors import ConfigError, UsageError
from scraper import __version__
from scraper.crawl import Sleepers
from scraper.saying import say

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.models import Capture, Link
    from archive.settings import RunInfo
    from archive.submission import Submission
    from scraper.crawl import Result
    from scraper.fetch import Fetcher
    from scraper.frontier_notes import Memory
    from scraper.gate import HostGate
    from scraper.judging import Judge
    from scraper.pace import Pace, Rhythm
    from scraper.politeness import Robots, RulesMemory
    from scraper.preserve import Preserver
    from scraper.read.reading import Page, Read
    from scraper.settings import Settings
    from scraper.submits.submitter import Submitter
    from scraper.submits.telling import Telling
    from scraper.walk import Rests, Walker

    class Remembered(RulesMemory, Rests, Protocol):
        """What a run knows from others before it."""


LONGEST_CRAWL_DELAY = 60.0


def now() -> datetime:
    return datetime.now(UTC)


class Time(Struct, frozen=True):
    """How a run knows and spends time: the clock gives UTC; `sleep` ends early when the event is set."""

    clock: Callable[[], datetime] = now
    sleep: Callable[[Event, float], None] = lambda stop, seconds: _wait(stop, seconds)
    random: Callable[[], float] = random.random


def _wait(stop: Event, seconds: float) -> None:
    stop.wait(seconds)


class Plan(Struct, frozen=True):
    """What a run decides. `pages` is how many addresses it has, if that is known; `outlinks` are the sources
    whose pages' links are wanted; for a host where `most_waiting` wait already no page follows a redirect. With
    `heed_rests` hosts that were found to want to be left alone are. With `submit` public archives are asked to keep
    what is kept. With `check` links are checked, with `recapture` no other page becomes a version of a kept article
    (`judging.py`)."""

    pages: int | None = None
    again: bool = False
    fresh_assets: bool = True
    quiet: bool = False
    verbose: bool = False
    outlinks: frozenset[str] = frozenset()
    most_waiting: int | None = None
    heed_rests: bool = True
    submit: bool = False
    check: bool = False
    recapture: bool = False


class Keeping(Protocol):
    """Keeps one address, as `Preserver.keep`, here or elsewhere."""

    def __call__(self, link: Link, home: str | None = None) -> Result: ...


class Running(Struct, frozen=True):
    """A run that is open; `at_a_time` is how many addresses it may have under way."""

    keep: Keeping
    collection: Collection
    network: Network
    sleepers: Sleepers
    at_a_time: int
    submitter: Submitter | None

    def waiting(self) -> int:
        """How many of its pages only wait for a host."""
        return self.sleepers() + self.network.pace.queued


class Alone(Running, frozen=True):
    """A run of this machine alone. `read` reads a page in a worker process; `gate` is what requisites are asked
    through."""

    read: Read
    gate: HostGate
    judge: Callable[[], Judge] | None


class Network(Struct, frozen=True):
    """How a run asks. `walker` takes turns, `unpaced` does not: it is for requisites. `delay` gives the seconds that a
    host wants between pages."""

    fetcher: Fetcher
    robots: Robots
    pace: Pace
    walker: Walker
    unpaced: Walker
    delay: Callable[[str], float]


def refusing(settings: Settings) -> Callable[[str], str | None]:
    """Why an address is not asked: what was excluded from a collection is not asked for it again."""
    from archive.exclusions import load

    excluded = load(settings.archive.root / "collections" / settings.archive.collection)

    def refused(url: str) -> str | None:
        found = excluded.of(url)
        return f"excluded on {found.time[:10]}: {found.reason}" if found is not None else None

    return refused


@contextmanager
def networked(
    settings: Settings,
    stop: Event,
    time: Time,
    sleepers: Sleepers,
    *,
    spool_folder: Path | None = None,
    memory: Remembered | None = None,
    plan: Plan | None = None,
    pace_of: Callable[[Rhythm, int | None], Pace] | None = None,
) -> Iterator[Network]:
    """The network of a run, with the pace of its hosts; closed at the end. `pace_of` makes another pace than one that
    is this process's own."""
    plan = plan or Plan()
    from scraper.fetch import Fetcher
    from scraper.pace import Pace, Rhythm
    from scraper.politeness import Robots
    from scraper.retry import Hands
    from scraper.walk import RunRests, Walker, longest_pause

    remembered: Rests | None = memory or (RunRests() if plan.check else None)
    rests = remembered if plan.heed_rests else None

    def rest(seconds: float) -> None:
        with sleepers.sleeping():
            time.sleep(stop, seconds)

    hands = Hands(time.clock, monotonic, rest, time.random, stop.is_set, refusing(settings))
    fetcher = Fetcher(settings.fetch, spool_folder=spool_folder, hands=hands)
    try:
        robots = Robots(fetcher, settings.fetch, memory)

        def delay(host: str) -> float:
            return max(settings.crawl.host_delay, min(robots.host_delay(host), LONGEST_CRAWL_DELAY))

        def names_delay(host: str) -> bool:
            return robots.host_delay(host) > 0

        most = settings.crawl.pages_of_host
        rhythm = Rhythm(delay, most, time.clock, rest, stop.is_set, time.random, names_delay)
        pace = (pace_of or Pace)(rhythm, plan.most_waiting)
        pause, redirects = longest_pause(settings.crawl.host_delay), settings.fetch.max_redirects
        walker = Walker(fetcher, robots, redirects, pace, rests=rests, longest_pause=pause)
        unpaced = Walker(fetcher, robots, redirects, rests=rests, longest_pause=pause)
        yield Network(fetcher, robots, pace, walker, unpaced, delay)
    finally:
        fetcher.close()
        if memory is not None:
            memory.close()


@contextmanager
def opened(
    settings: Settings,
    plan: Plan,
    stop: Event,
    *,
    time: Time | None = None,
    memory: Callable[[Collection], Memory | None] | None = None,
) -> Iterator[Running]:
    """Everything that a run over many addresses needs: on this machine, or with the workers of the cluster that the
    config names.

    `memory` is where rules of robots.txt, and what hosts asked for, outlive the run. Raises LockedError while another
    run holds the collection, and ClusterError.
    """
    if settings.cluster.scheduler:
        from scraper.connecting import require

        require()
        from scraper.cluster import opened_on_cluster

        with opened_on_cluster(settings, plan, stop, time or Time(), memory) as running:
            yield running
        return
    with opened_alone(settings, plan, stop, time=time, memory=memory) as running:
        yield running


@contextmanager
def opened_alone(
    settings: Settings,
    plan: Plan,
    stop: Event,
    *,
    time: Time | None = None,
    memory: Callable[[Collection], Memory | None] | None = None,
) -> Iterator[Alone]:
    """The same on this machine, opened in the order that lets slow starts overlap, closed in reverse."""
    from scraper.forking import loaded
    from scraper.workers import Readers

    time = time or Time()
    with ExitStack() as stack:
        readers = stack.enter_context(Readers(settings.read, most=plan.pages))
        import scraper.preserve  # noqa: F401 - all that it needs is loaded with it
        from archive.collection import Collection

        loaded()
        tell = (lambda _: None) if plan.quiet else say
        info = run_info(settings)
        collection = stack.enter_context(Collection.open(settings.archive, info, clock=time.clock, tell=tell))
        # They have their time to end while the collection is closed.
        stack.callback(readers.dismiss)
        sleepers = Sleepers()
        network = stack.enter_context(
            networked(
                settings,
                stop,
                time,
                sleepers,
                spool_folder=collection.tmp,
                memory=memory(collection) if memory is not None else None,
                plan=plan,
            )
        )
        judge = stack.enter_context(judging(settings, plan, time, collection, network, readers.read))
        submitter = None
        if plan.submit:
            from scraper.submits.telling import Telling

            told = Telling(plan.quiet)
            submitter = stack.enter_context(submitted(settings, collection, network.fetcher, stop, time, told))
        parts = Parts(collection, network, readers.read, time.clock, judge)
        if submitter is not None:
            parts = replace(parts, wished=submitter.wished, submit=submitter.want)
        preserver, gate = stack.enter_context(preserving(settings, plan, parts))
        at_a_time = settings.crawl.concurrency
        yield Alone(preserver.keep, collection, network, sleepers, at_a_time, submitter, readers.read, gate, judge)


@contextmanager
def judging(
    settings: Settings, plan: Plan, time: Time, collection: Collection, network: Network, read: Read
) -> Iterator[Callable[[], Judge] | None]:
    """What gives who judges answers by what is kept, where the run wants that. The judge is made, and its modules are
    loaded, when it is first needed: most runs of `fetch` need none."""
    if not (plan.check or plan.recapture):
        yield None
        return
    lock = Lock()
    with ExitStack() as stack:

        @cache
        def made() -> Judge:
            from scraper.judging import Judge, answer_reader
            from scraper.probing import Prober

            most = settings.read.max_page
            prober = Prober(network.walker, answer_reader(read, most), str(time.random()))
            stack.callback(prober.close)
            return Judge(collection, prober, read, most)

        def judge() -> Judge:
            with lock:
                return made()

        yield judge


def run_info(settings: Settings) -> RunInfo:
    from archive.settings import RunInfo
    from scraper.settings import agent

    fetch = settings.fetch
    return RunInfo(software=f"tearsheet/{__version__}", user_agent=agent(fetch), robots=fetch.robots)


class Parts(Struct, frozen=True):
    """What a preserver is put together of; `wished` says what is to be submitted of an address, `submit` takes it."""

    collection: Collection
    network: Network
    read: Read
    clock: Callable[[], datetime]
    judge: Callable[[], Judge] | None = None
    wished: Callable[[str, datetime], Sequence[Submission]] | None = None
    submit: Callable[[Sequence[Submission]], None] | None = None


@contextmanager
def preserving(settings: Settings, plan: Plan, parts: Parts) -> Iterator[tuple[Preserver, HostGate]]:
    """The one way in, with the threads that ask for requisites, and what those go through."""
    from concurrent.futures import ThreadPoolExecutor

    from scraper.assets import MOST_FLYING, Assets, Stock
    from scraper.gate import HostGate
    from scraper.preserve import Hands, Preserver, Rules
    from scraper.stored import stored_page

    fetch, crawl, collection = settings.fetch, settings.crawl, parts.collection
    with ExitStack() as stack:
        # Enough that pages whose hosts all stall leave threads to the others; they are made as they are needed.
        most_flying = 2 * MOST_FLYING * crawl.concurrency
        executor = stack.enter_context(ThreadPoolExecutor(most_flying, thread_name_prefix="asset"))

        def fresh(capture: Capture) -> bool:
            return plan.fresh_assets and parts.clock() - capture.time < timedelta(seconds=crawl.asset_fresh)

        def page(capture: Capture) -> Page | None:
            return stored_page(collection, capture)

        stock = Stock(collection.known_asset, page, fresh, collection.known_among)
        gate = HostGate(executor, fetch.requisite_parallel)
        assets = Assets(fetch, parts.network.unpaced, gate, stock, parts.read)
        rules = Rules(
            again=plan.again,
            check=plan.check,
            recapture_after=crawl.recapture_after,
            requisites=fetch.requisites,
            max_page=settings.read.max_page,
            max_redirects=fetch.max_redirects,
            outlinks=plan.outlinks,
        )

        def fault(error: Exception) -> None:
            if plan.verbose:
                say("".join(traceback.format_exception(error)))

        hands = Hands(parts.network.walker, assets, parts.read, collection, parts.clock, fault, judge=parts.judge)
        if parts.wished is not None and parts.submit is not None:
            rules = replace(rules, submissions=parts.wished)
            hands = replace(hands, submit=parts.submit)
        yield Preserver(rules, hands), gate


@contextmanager
def submitted(
    settings: Settings,
    collection: Collection,
    fetcher: Fetcher,
    stop: Event,
    time: Time,
    told: Telling,
) -> Iterator[Submitter]:
    """What asks public archives beside a run; at the end it has its time to come to an end. How that goes changes
    nothing of the run: what an archive without its keys was to be asked waits, and that is said.

    Raises UsageError where the config names no archive.
    """
    from scraper.submits.clients import Client, client_of
    from scraper.submits.submitter import Submitter, Tools

    if not settings.depositories:
        raise UsageError("the config names no archive to submit to: add a [[submit.archive]] (tearsheet init has one)")
    clients: list[Client] = []
    for depository in settings.depositories:
        try:
            clients.append(client_of(depository, fetcher))
        except ConfigError as error:
            say(str(error))
    tools = Tools(collection, time.clock, time.random, stop.is_set, told)
    names = [depository.name for depository in settings.depositories]
    submitter = Submitter(clients, names, settings.submit.tries, tools)
    try:
        yield submitter
    finally:
        told.left(submitter.finish(settings.submit.wait))
