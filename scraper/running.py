"""What every run over addresses needs, put together once: network, readers, collection, and their pace."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct

from scraper import __version__
from scraper.crawl import Sleepers
from scraper.saying import say

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.models import Capture
    from scraper.frontier_notes import Memory
    from scraper.pace import Pace
    from scraper.politeness import Robots
    from scraper.preserve import Preserver
    from scraper.settings import Settings
    from scraper.walk import Walker

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
    """What a run decides. `pages` is how many addresses it has, if that is known; `outlinks` says whose links are
    wanted, by the link's source."""

    pages: int | None = None
    again: bool = False
    fresh_assets: bool = True
    quiet: bool = False
    verbose: bool = False
    outlinks: Callable[[str], bool] = lambda source: False


class Running(Struct, frozen=True):
    """A run that is open. `delay` gives the seconds that a host wants between pages."""

    preserver: Preserver
    collection: Collection
    walker: Walker
    robots: Robots
    pace: Pace
    sleepers: Sleepers
    delay: Callable[[str], float]

    def waiting(self) -> int:
        """How many of its pages only wait for a host."""
        return self.sleepers() + self.pace.queued


@contextmanager
def opened(
    settings: Settings,
    plan: Plan,
    stop: Event,
    *,
    time: Time | None = None,
    memory: Callable[[Collection], Memory] | None = None,
) -> Iterator[Running]:
    """Everything a run needs, opened in the order that lets slow starts overlap, closed in reverse.

    `memory` is where rules of robots.txt, and what hosts asked for, outlive the run. Raises LockedError while another
    run holds the collection.
    """
    from scraper.workers import Readers

    time = time or Time()
    with ExitStack() as stack:
        readers = stack.enter_context(Readers(settings.read, most=plan.pages))
        from concurrent.futures import ThreadPoolExecutor

        from archive.collection import Collection
        from archive.settings import RunInfo
        from scraper.assets import MOST_FLYING, Assets, Stock
        from scraper.fetch import Fetcher
        from scraper.gate import HostGate
        from scraper.pace import Pace, Rhythm
        from scraper.politeness import Robots
        from scraper.preserve import Hands, Preserver, Rules
        from scraper.retry import Hands as Network
        from scraper.settings import agent
        from scraper.stored import stored_page
        from scraper.walk import Walker

        fetch, crawl = settings.fetch, settings.crawl
        info = RunInfo(software=f"tearsheet/{__version__}", user_agent=agent(fetch), robots=fetch.robots)
        tell = (lambda _: None) if plan.quiet else say
        collection = stack.enter_context(Collection.open(settings.archive, info, clock=time.clock, tell=tell))
        sleepers = Sleepers()

        def rest(seconds: float) -> None:
            with sleepers.sleeping():
                time.sleep(stop, seconds)

        network = Network(time.clock, monotonic, rest, time.random, stop.is_set)
        fetcher = Fetcher(fetch, spool_folder=collection.tmp, hands=network)
        stack.callback(fetcher.close)
        remembered = memory(collection) if memory is not None else None
        robots = Robots(fetcher, fetch, remembered)

        def delay(host: str) -> float:
            return max(crawl.host_delay, min(robots.host_delay(host), LONGEST_CRAWL_DELAY))

        at_a_time = crawl.pages_of_host
        pace = Pace(Rhythm(delay, at_a_time, time.clock, rest, stop.is_set, time.random))
        walker = Walker(fetcher, robots, fetch.max_redirects, pace, remembered)
        # Enough that pages whose hosts all stall leave threads to the others; they are made as they are needed.
        most_flying = 2 * MOST_FLYING * crawl.concurrency
        executor = stack.enter_context(ThreadPoolExecutor(most_flying, thread_name_prefix="asset"))

        def fresh(capture: Capture) -> bool:
            return plan.fresh_assets and time.clock() - capture.time < timedelta(seconds=crawl.asset_fresh)

        stock = Stock(collection.known_asset, lambda capture: stored_page(collection, capture), fresh)
        gate = HostGate(executor, fetch.requisite_parallel)
        unpaced = Walker(fetcher, robots, fetch.max_redirects, None, remembered)
        assets = Assets(fetch, unpaced, gate, stock, readers.read)
        rules = Rules(
            again=plan.again,
            recapture_after=crawl.recapture_after,
            requisites=fetch.requisites,
            max_page=settings.read.max_page,
            max_redirects=fetch.max_redirects,
            outlinks=plan.outlinks,
        )

        def fault(error: Exception) -> None:
            if plan.verbose:
                say("".join(traceback.format_exception(error)))

        hands = Hands(walker, assets, readers.read, collection, time.clock, fault)
        yield Running(Preserver(rules, hands), collection, walker, robots, pace, sleepers, delay)
