"""A Dask worker's side of a run: the one way in, with a network, readers and WARC files of the worker's own.

One task of Dask's runs here for as long as the run lasts. It takes no thread of the worker from others, and reads in
processes of its own: the fork server is started with posix_spawn, which the daemonic processes of a nanny may do as
well as any other.
"""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from distributed import Worker, get_worker, secede
from distributed.comm.core import connect
from msgspec import Struct
from msgspec.structs import replace

from archive.collection import Collection
from archive.committing import Committer
from archive.disk import Disk
from archive.errors import ClusterError, StorageError
from archive.writers import writers_of
from scraper.crawl import MORE_THREADS, Result, Sleepers
from scraper.line import Handler, Line, introduce, loop_of
from scraper.pooling import store_problem
from scraper.remote import (
    GONE,
    Ahead,
    RemoteApplier,
    RemoteLookups,
    RemoteMemory,
    RemoteNames,
    RemoteOutgoing,
    RemotePace,
    answer,
)
from scraper.running import Parts, Plan, Time, judging, networked, preserving, run_info
from scraper.workers import Readers

if TYPE_CHECKING:
    from archive.models import Link
    from scraper.settings import Settings

CONNECTING = 30.0


class Orders(Struct, frozen=True):
    """What a helper is told when it begins: where the run hears it, the token that lets it in, and the name that its
    files bear. Where the file `mark` is in tmp/ of the collection, the folder is the run's."""

    contact: str
    token: bytes
    writer: str
    settings: Settings
    plan: Plan
    mark: str


def serve(orders: Orders) -> None:
    """Help until the run ends or is gone. Raises ClusterError where this worker cannot help."""
    worker = get_worker()
    secede()
    _see_folder(orders, worker)
    Station(orders, worker).run()


def _see_folder(orders: Orders, worker: Worker) -> None:
    folder = orders.settings.archive.root / "collections" / orders.settings.archive.collection
    if not (folder / "tmp" / orders.mark).exists():
        raise ClusterError(
            f"the Dask worker {worker.name} at {worker.address} does not see {folder}: share the folder of the "
            "collections with all workers, under the same path"
        )
    if problem := store_problem(orders.settings.archive):
        raise ClusterError(f"the Dask worker {worker.name} at {worker.address} {problem}")


class Station:
    """One worker's part in one run."""

    def __init__(self, orders: Orders, worker: Worker) -> None:
        self._orders = orders
        self._worker = worker
        self._loop = loop_of(worker)
        self._over = Event()
        self._stop = Event()
        self._ended: Future[None] = Future()
        self._committer: Committer | None = None
        self._handlers: dict[str, Handler] = {"stop": self._stop.set, "end": self._end}

    def run(self) -> None:
        line = asyncio.run_coroutine_threadsafe(self._connected(), self._loop).result(CONNECTING)
        try:
            with ExitStack() as stack:
                self._open(line, stack)
                line.tell("ready")
                self._over.wait()
        except BaseException as error:
            self._stop.set()
            if not self._ended.done():
                self._ended.set_exception(error)
            raise
        else:
            if not self._ended.done():
                self._ended.set_result(None)
        finally:
            line.close()

    async def _connected(self) -> Line:
        arguments = self._worker.security.get_connection_args("worker")
        comm = await connect(self._orders.contact, timeout=CONNECTING, **arguments)
        await introduce(comm, self._orders.token, self._orders.writer)
        line = Line(comm, self._loop, self._handlers, self._gone)
        self._serving = self._loop.create_task(line.serve())
        return line

    def _gone(self) -> None:
        """The line ended, with the run or with its process: what was not told by now is not to be written."""
        if self._committer is not None and not self._over.is_set():
            self._committer.cut(StorageError(GONE))
        self._stop.set()
        self._over.set()

    def _end(self) -> Future[None]:
        """There is no more to do; answered when the files are closed."""
        self._over.set()
        return self._ended

    def _open(self, line: Line, stack: ExitStack) -> None:
        """What the one-machine way opens (`running.opened`), with the run's own things at the end of the line."""
        orders, time = self._orders, Time()
        settings, plan = orders.settings, orders.plan
        count = settings.read.workers or self._worker.state.nthreads
        readers = stack.enter_context(Readers(replace(settings.read, workers=count)))
        info = replace(run_info(settings), writer=orders.writer)
        folder = settings.archive.root / "collections" / settings.archive.collection
        lookups = RemoteLookups(line)
        writers = writers_of(settings.archive, info, Disk(), time.clock, RemoteNames(line).next)
        outgoing = RemoteOutgoing(line) if settings.archive.store else None
        committer = Committer(
            writers, RemoteApplier(line), lookups, settings.archive.warc_size, leave_open=True, outgoing=outgoing
        )
        self._committer = committer
        stack.callback(committer.close)
        collection = Collection(folder, lookups, committer, ExitStack())
        spools = stack.enter_context(tempfile.TemporaryDirectory(prefix="tearsheet-"))
        network = stack.enter_context(
            networked(
                settings,
                self._stop,
                time,
                Sleepers(),
                spool_folder=Path(spools),
                memory=RemoteMemory(line),
                plan=plan,
                pace_of=lambda rhythm, _: RemotePace(rhythm, line),
            )
        )
        pace = network.pace
        assert isinstance(pace, RemotePace)
        judge = stack.enter_context(judging(settings, plan, time, collection, network, readers.read))
        parts = Parts(collection, network, readers.read, time.clock, judge)
        if plan.submit:
            parts = replace(
                parts,
                wished=lambda url, now: answer(line.ask("wished", url, now)),
                submit=lambda submissions: line.tell("submit", tuple(submissions)),
            )
        preserver, _ = stack.enter_context(preserving(settings, plan, parts))
        most = settings.crawl.concurrency * MORE_THREADS
        pool = stack.enter_context(ThreadPoolExecutor(most, thread_name_prefix="page"))

        def kept(ahead: Ahead, link: Link, home: str | None) -> Result:
            with lookups.told_ahead(ahead.found), pace.given_ahead(ahead.host):
                return preserver.keep(link, home)

        def keep(*asked: Any) -> Future[Result]:
            return pool.submit(kept, *asked)

        self._handlers |= {"keep": keep, "outlinks": lambda row: pool.submit(preserver.outlinks, row)}
