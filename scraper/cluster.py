"""The run's side of a cluster: hosts go out to Dask workers, rows come back and are brought into the books here.

The lock, the queue and both databases are this process's, and so is the pace: whoever asks a host takes its turn here.
A host belongs to one worker while pages of it are under way. A worker that is lost loses nothing that was told: what is
whole in its files is brought in, and what it had under way without writing it goes out again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from msgspec.structs import replace

from archive.collection import Collection
from archive.errors import ClusterError
from archive.models import Link, PageRow
from archive.urls import now_ms, wire_url
from scraper.connecting import connected
from scraper.crawl import MORE_THREADS, Result, Sleepers
from scraper.forking import dismiss, loaded
from scraper.helpers import Books, Helper, Helpers, is_there
from scraper.identity import host_of
from scraper.line import LineClosed
from scraper.redact import without_user
from scraper.remote import Ahead, known_ahead
from scraper.running import Plan, Running, Time, networked, run_info, submitted
from scraper.saying import say
from scraper.submits.telling import Telling
from scraper.unkept import not_asked_row

if TYPE_CHECKING:
    from scraper.frontier_notes import Memory
    from scraper.settings import Settings

POLL = 0.2
ALONE = 60.0


@contextmanager
def opened_on_cluster(
    settings: Settings, plan: Plan, stop: Event, time: Time, memory: Callable[[Collection], Memory | None] | None
) -> Iterator[Running]:
    """As `running.opened`, with the pages kept by the workers of a Dask scheduler. Raises ClusterError where there are
    none, or none that can help."""
    dismiss()
    loaded()
    with ExitStack() as stack:
        client = stack.enter_context(connected(settings.cluster.scheduler, quiet=not plan.verbose))
        info, tell = run_info(settings), (lambda _: None) if plan.quiet else say
        collection = stack.enter_context(Collection.open(settings.archive, info, clock=time.clock, tell=tell))
        known = memory(collection) if memory is not None else None
        sleepers = Sleepers()
        network = stack.enter_context(
            networked(settings, stop, time, sleepers, spool_folder=collection.tmp, memory=known, plan=plan)
        )
        submitter = None
        if plan.submit:
            told = Telling(plan.quiet)
            submitter = stack.enter_context(submitted(settings, collection, network.fetcher, stop, time, told))
        books = Books(collection, network, sleepers, known, time, submitter)
        helpers = stack.enter_context(Helpers(client, _shared(settings), plan, books, stop))
        at_a_time = settings.crawl.concurrency * max(1, helpers.size)
        keep = Cluster(helpers, settings, plan, stop).keep
        yield Running(keep, collection, network, sleepers, at_a_time, submitter)


def _shared(settings: Settings) -> Settings:
    """The settings as they hold for a process that was started elsewhere."""
    archive = replace(settings.archive, root=settings.archive.root.absolute())
    bundle = settings.fetch.ca_bundle
    fetch = replace(settings.fetch, ca_bundle=bundle.absolute() if bundle is not None else None)
    return replace(settings, archive=archive, fetch=fetch)


class Cluster:
    """Gives pages out to the helpers of a run; safe in threads."""

    def __init__(self, helpers: Helpers, settings: Settings, plan: Plan, stop: Event) -> None:
        self._helpers = helpers
        self._settings = settings
        self._plan = plan
        self._stop = stop
        self._books = helpers.books
        self._changed = helpers.changed
        self._owners: dict[str, Helper] = {}

    def keep(self, link: Link, home: str | None = None) -> Result:
        """As `Preserver.keep`, by the worker that has the host. Raises ClusterError when none is left."""
        host = home or host_of(link.url)
        while (helper := self._helper_for(host)) is not None:
            result: Result | None
            try:
                result = self._kept_by(helper, link, home)
            except LineClosed:
                result = self._found_of(helper, link)
            finally:
                with self._changed:
                    helper.flying[host] -= 1
                    self._changed.notify_all()
            if result is not None:
                return result
        return Result(link, not_asked_row(link, now_ms(self._books.time.clock), "the run was stopped"), stopped=True)

    def _kept_by(self, helper: Helper, link: Link, home: str | None) -> Result:
        assert helper.line is not None
        result: Result = helper.line.ask("keep", self._ahead(helper, link), link, home).result()
        helper.told.pop(result.link.url, None)
        return result

    def _ahead(self, helper: Helper, link: Link) -> Ahead:
        """A page that would wait for a thread of the helper takes no turn before it has one."""
        try:
            url = wire_url(without_user(link.url))
        except ValueError:  # what the helper says of it too
            return Ahead({})
        host = host_of(url)
        at_once = helper.load <= self._settings.crawl.concurrency * MORE_THREADS and helper.turns.take_now(host)
        return Ahead(known_ahead(self._books.collection, url), host if at_once else "")

    def _found_of(self, helper: Helper, link: Link) -> Result | None:
        """The result that a lost worker did not live to tell; None if it has to be asked for again."""
        url = without_user(link.url)
        row = helper.lost.result().pop(url, None)
        if row is None:
            return None
        size = sum(capture.length for capture in self._books.collection.captures(row.page_id))
        outlinks: tuple[str, ...] = ()
        if link.source in self._plan.outlinks and row.verdict.kept:
            outlinks = self._outlinks(row)
        return Result(replace(link, url=url), row, size=size, outlinks=outlinks)

    def _outlinks(self, row: PageRow) -> tuple[str, ...]:
        host = host_of(row.final_url)
        while (helper := self._helper_for(host)) is not None:
            try:
                assert helper.line is not None
                found: tuple[str, ...] = helper.line.ask("outlinks", row).result()
                return found
            except LineClosed:
                continue
            finally:
                with self._changed:
                    helper.flying[host] -= 1
        return ()

    def _helper_for(self, host: str) -> Helper | None:
        """The worker that has the host; it has a page more under way from now on. None once the run was stopped and
        nobody is there."""
        until = monotonic() + ALONE
        with self._changed:
            while not (there := self._helpers.there()):
                if self._stop.is_set():
                    return None
                if monotonic() > until:
                    raise ClusterError(f"no Dask worker is left at {self._settings.cluster.scheduler}")
                self._changed.wait(POLL)
            least = min(there, key=lambda helper: (helper.load, len(+helper.flying)))
            owner = self._owners.get(host)
            full = self._settings.crawl.concurrency
            if owner is None or not is_there(owner):
                owner = least
            elif not owner.flying[host] and owner.load >= full and least.load <= full // 2:
                # Nothing of the host is under way: it goes to one that has little to do.
                owner = least
            self._owners[host] = owner
            owner.flying[host] += 1
            return owner
