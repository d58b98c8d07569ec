"""The helpers of a run: workers are asked to help, heard while they do, and taken leave of when they are gone."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections import Counter
from collections.abc import Collection as Some
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Condition, Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from distributed import Client
from distributed import Future as DaskFuture
from distributed.comm.core import Comm, listen
from distributed.utils import get_ip
from msgspec import Struct, field

from archive.collection import Collection
from archive.derive import Derived
from archive.errors import ClusterError, TearsheetError
from archive.models import PageRow
from archive.warc.writer import name_part
from scraper.connecting import Peer, peers
from scraper.crawl import MORE_THREADS, Sleepers
from scraper.gathering import Gathering
from scraper.hoststate import LONG_AGO
from scraper.line import Handler, Line, LineClosed, caller, loop_of
from scraper.pace import Holder
from scraper.running import Network, Plan, Time
from scraper.saying import say
from scraper.station import Orders, serve

if TYPE_CHECKING:
    from datetime import datetime

    from archive.submission import Submission
    from scraper.running import Remembered
    from scraper.settings import Settings
    from scraper.submits.submitter import Submitter

POLL = 0.2
LOOK_AGAIN = 2.0
BEGINNING = 60.0
ENDING = 120.0
SENDING = 3600.0
LONGEST_NAME = 58


class Books(Struct, frozen=True):
    """What helpers ask the run for."""

    collection: Collection
    network: Network
    sleepers: Sleepers
    memory: Remembered | None
    time: Time
    submitter: Submitter | None


class Helper(Struct):
    """A worker that helps. `flying` counts its pages by host, `turns` are those that it has; `told` are rows that are
    in the books and whose results have not come yet, by address. `lost` has them, and those of its files that nobody
    had told of, once it is gone."""

    peer: Peer
    writer: str
    turns: Holder
    task: DaskFuture[None] | None = None
    line: Line | None = None
    ready: bool = False
    through: bool = False
    flying: Counter[str] = field(default_factory=Counter)
    told: dict[str, PageRow] = field(default_factory=dict)
    lost: Future[dict[str, PageRow]] = field(default_factory=Future)
    ended: Event = field(default_factory=Event)

    @property
    def load(self) -> int:
        return self.flying.total()


class Helpers:
    """All of them. A context manager: helpers are there from its begin, and their files closed at its end. `changed`
    guards what is known of them."""

    def __init__(self, client: Client, settings: Settings, plan: Plan, books: Books, stop: Event) -> None:
        self._client = client
        self._settings = settings
        self._plan = plan
        self.books = books
        self._stop = stop
        self._elsewhere = books.collection.elsewhere()
        self._loop = loop_of(client)
        self._gathering = Gathering(self._elsewhere, self._loop)
        self._token = secrets.token_bytes(32)
        self._mark = books.collection.tmp / f"run-{secrets.token_hex(16)}"
        self.changed = Condition()
        self._known: dict[str, Helper] = {}
        self._failed: dict[str, ClusterError] = {}
        self._closing = Event()
        self._listener: Any = None
        self._contact = ""
        self._writers: set[str] = set()
        most = settings.crawl.concurrency * MORE_THREADS
        self._threads = ThreadPoolExecutor(max(64, 4 * most), thread_name_prefix="turn", initializer=self._sleeps)
        self._watcher = Thread(target=self._watch, name="cluster", daemon=True)

    @property
    def size(self) -> int:
        """How many workers help."""
        return sum(helper.ready for helper in self._known.values())

    def __enter__(self) -> Helpers:
        self._mark.touch()
        try:
            self._listener = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(BEGINNING)
            self._find()
            self._wait_for_helpers()
        except BaseException:
            self._end(at_once=True)
            raise
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._watcher.join()
        self._end()
        if self._elsewhere.damage:
            say(f"{len(self._elsewhere.damage)} places in files of lost workers are damaged: tearsheet verify")

    def there(self) -> list[Helper]:
        """Those to whom pages may go out."""
        return [helper for helper in self._known.values() if is_there(helper)]

    # ------------------------------------------------------------------------------------------------ coming

    def _find(self) -> None:
        """Workers that nobody has asked yet are asked to help; those that went before they could are forgotten."""
        known = {address for address, helper in self._known.items() if not helper.lost.done()}
        present, new = peers(self._client, known | set(self._failed))
        for address in [each for each, helper in self._known.items() if helper.line is None and each not in present]:
            with self.changed:
                gone = self._known.pop(address)
            if gone.task is not None:
                gone.task.cancel()
        for peer in new:
            if peer.problem:
                self._failed[peer.address] = ClusterError(peer.problem)
                continue
            helper = Helper(peer, self._writer_of(peer), Holder(self.books.network.pace))
            with self.changed:
                self._known[peer.address] = helper
            orders = Orders(self._contact, self._token, helper.writer, self._settings, self._plan, self._mark.name)
            helper.task = self._client.submit(
                serve, orders, workers=[peer.address], allow_other_workers=False, pure=False, retries=0
            )
            helper.task.add_done_callback(lambda task, helper=helper: self._through(helper, task))

    def _writer_of(self, peer: Peer) -> str:
        """A name for its files that nobody else has had in this run."""
        base = name_part(peer.title)[:LONGEST_NAME].strip("-.") or "worker"
        name, number = base, 1
        while name in self._writers:
            number += 1
            name = f"{base}.{number}"
        self._writers.add(name)
        return name

    def _through(self, helper: Helper, task: DaskFuture[None]) -> None:
        """Its task ended: well at the end of the run, or because it could not help."""
        helper.ended.set()
        if task.status != "error" or helper.ready:
            return
        error = task.exception(timeout=ENDING)
        told = (
            error
            if isinstance(error, ClusterError)
            else ClusterError(f"the Dask worker {helper.peer.name} at {helper.peer.address} cannot help: {error}")
        )
        with self.changed:
            self._known.pop(helper.peer.address, None)
            self._failed[helper.peer.address] = told
            self.changed.notify_all()

    def _wait_for_helpers(self) -> None:
        """Returns when all workers that are there help, or cannot."""
        until = monotonic() + BEGINNING
        with self.changed:
            while any(not helper.ready for helper in self._known.values()) and monotonic() < until:
                if self._stop.is_set():
                    break
                self.changed.wait(POLL)
        if self.size or self._stop.is_set():
            self._tell_failed(())
        elif self._failed:
            raise next(iter(self._failed.values()))
        else:
            scheduler = self._settings.cluster.scheduler
            raise ClusterError(
                f"the Dask scheduler at {scheduler} has no worker that answers: start one with dask worker {scheduler}"
            )

    def _watch(self) -> None:
        """New workers are asked to help; that the run is stopped is told."""
        again = monotonic() + LOOK_AGAIN
        told = False
        while not self._closing.wait(POLL):
            if self._stop.is_set():
                if not told:
                    self._tell_all("stop")
                told = True
            elif monotonic() >= again:
                before = set(self._failed)
                try:
                    self._find()
                except (OSError, TearsheetError) as error:
                    say(f"the Dask scheduler at {self._settings.cluster.scheduler} does not answer: {error}")
                self._tell_failed(before)
                again = monotonic() + LOOK_AGAIN

    def _tell_failed(self, before: Some[str]) -> None:
        for address, error in list(self._failed.items()):
            if address not in before:
                say(f"without one worker: {error}")

    def _tell_all(self, word: str) -> None:
        for helper in list(self._known.values()):
            if helper.line is not None:
                helper.line.tell(word)

    def _end(self, *, at_once: bool = False) -> None:
        """The helpers close their files, and all that is closed is finished."""
        helpers = [helper for helper in self._known.values() if helper.line is not None and not helper.line.closed]
        ending = SENDING if self._settings.archive.store else ENDING
        for helper, future in [(helper, self._asked_to_end(helper)) for helper in helpers]:
            try:
                future.result(ending)
            except (LineClosed, TimeoutError):
                self._lose(helper)
        for helper in self._known.values():
            if helper.lost.running():
                helper.lost.result(ending)
        if not at_once:
            self._elsewhere.end().result()
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(ENDING)
        for helper in helpers:
            helper.ended.wait(POLL)
        self._threads.shutdown(cancel_futures=True)
        with suppress(OSError):
            self._mark.unlink(missing_ok=True)

    def _asked_to_end(self, helper: Helper) -> Future[None]:
        assert helper.line is not None
        future: Future[None] = helper.line.ask("end")

        def ended(done: Future[None]) -> None:
            helper.through = done.exception() is None

        future.add_done_callback(ended)
        return future

    # ------------------------------------------------------------------------------------------------ the line

    async def _listen(self) -> Any:
        scheduler = self._settings.cluster.scheduler
        host = scheduler.partition("://")[2].rpartition(":")[0].strip("[]")
        own = get_ip(socket.gethostbyname(host))
        protocol = scheduler.partition("://")[0]
        arguments = self._client.security.get_listen_args("worker")
        listener = await listen(f"{protocol}://{own}:0", self._hear, **arguments)
        self._contact = listener.contact_address
        return listener

    async def _hang_up(self) -> None:
        if self._listener is not None:
            self._listener.stop()
        for helper in self._known.values():
            if helper.line is not None:
                await helper.line.hang_up()

    async def _hear(self, comm: Comm) -> None:
        """A caller, for as long as it is there."""
        writer = await caller(comm, self._token)
        helper = next((each for each in self._known.values() if each.writer == writer), None)
        if helper is None or helper.line is not None:
            await comm.close()
            return
        helper.line = Line(comm, self._loop, self._handlers(helper), lambda: self._lose(helper))
        await helper.line.serve()

    def _handlers(self, helper: Helper) -> dict[str, Handler]:
        books, network = self.books, self.books.network

        def rests(host: str) -> Any:
            return books.memory.rests_until(host) if books.memory is not None else LONG_AGO

        def rest(host: str, until: Any) -> None:
            if books.memory is not None:
                books.memory.rest(host, until)

        def wished(url: str, now: datetime) -> Any:
            return self._threads.submit(books.submitter.wished, url, now) if books.submitter is not None else ()

        def submit(submissions: tuple[Submission, ...]) -> None:
            if books.submitter is not None:
                books.submitter.want(submissions)

        return {
            "ready": lambda: self._is_ready(helper),
            "rows": books.collection.rows,
            "apply": lambda groups: self._apply(helper, groups),
            "begin": self._elsewhere.begin,
            "closed": self._elsewhere.closed,
            "send": self._elsewhere.send,
            "rules": lambda origin: self._threads.submit(network.robots.known, origin),
            "heard": lambda origin, rules: self._threads.submit(network.robots.heard, origin, rules),
            "rests": rests,
            "rest": rest,
            "wished": wished,
            "submit": submit,
            "crowded": network.pace.crowded,
            "take": lambda host: self._take(helper, host),
            "give": helper.turns.give,
            "unused": lambda host: helper.turns.give(host, used=False),
        }

    def _is_ready(self, helper: Helper) -> None:
        with self.changed:
            helper.ready = True
            self.changed.notify_all()
        if self._stop.is_set() and helper.line is not None:
            helper.line.tell("stop")

    def _apply(self, helper: Helper, groups: tuple[Derived, ...]) -> Future[list[PageRow | None]]:
        future = self._gathering.apply(groups)

        def note(done: Future[list[PageRow | None]]) -> None:
            if done.exception() is None:
                helper.told |= {row.url: row for row in done.result() if row is not None}

        future.add_done_callback(note)
        return future

    def _take(self, helper: Helper, host: str) -> bool | Future[bool]:
        return helper.turns.take_now(host) or self._threads.submit(helper.turns.take, host)

    def _sleeps(self) -> None:
        """A turn that sleeps is a page that does: it holds up no other."""
        self.books.sleepers.page()

    def _lose(self, helper: Helper) -> None:
        """Its line is closed: at the end of the run, or because it is gone."""
        with self.changed:
            if helper.through or _is_lost(helper):
                return
            helper.lost.set_running_or_notify_cancel()
            self.changed.notify_all()
        helper.turns.end()
        if not self._closing.is_set():
            say(f"the Dask worker {helper.peer.name} at {helper.peer.address} is gone: its hosts go to others")

        def taken_over(done: Future[list[PageRow]]) -> None:
            error = done.exception()
            if error is not None:
                helper.lost.set_exception(error)
            else:
                helper.lost.set_result(helper.told | {row.url: row for row in done.result()})

        self._gathering.flush()
        self._elsewhere.lost(helper.writer).add_done_callback(taken_over)
        if helper.task is not None:
            helper.task.cancel()


def is_there(helper: Helper) -> bool:
    """Whether pages may go out to it."""
    return helper.ready and helper.line is not None and not helper.line.closed and not _is_lost(helper)


def _is_lost(helper: Helper) -> bool:
    return helper.lost.running() or helper.lost.done()
