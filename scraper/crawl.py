"""Many addresses: threads for the network, processes for reading, each host at its own pace."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Event, Lock, local
from time import monotonic
from typing import Protocol, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from archive.errors import TearsheetError
from archive.linkstate import Check
from archive.models import Link, PageRow
from scraper.identity import host_of, identity
from scraper.redact import without_user

T = TypeVar("T")
POLL = 0.2
MORE_THREADS = 4


class Result(Struct, frozen=True):
    """What became of one address. `already`: it was kept before and not asked again. `stopped`: nothing is known of it:
    the run ended before it was asked, or it led to a host for which others wait, `crowded`, and is to come again in
    that host's turn, or to one that is to be left alone until `rest_until`.

    `size` is in bytes, as they came; `rest_until` is when the host of its answer may be asked again, if it said so;
    `outlinks` are given where they were asked for, `check` where the link was checked. `damaged`: what is kept of it
    is, so that the answer could not be held against it; the row's reason tells.
    """

    link: Link
    row: PageRow
    already: bool = False
    stopped: bool = False
    crowded: str = ""
    size: int = 0
    rest_until: datetime | None = None
    outlinks: tuple[str, ...] = ()
    check: Check | None = None
    damaged: bool = False


class Work(Protocol[T]):
    """What a run is to do. All is called in the run's own thread."""

    def next(self) -> T | None:
        """A task that may be begun now, or None."""

    def done(self, task: T, result: Result) -> Iterable[Result]:
        """The task is through, or was stopped before it was asked; what is to be told of it."""

    def over(self) -> bool:
        """Whether nothing is left to be begun, and nothing will come."""

    def wait(self) -> float | None:
        """Seconds until a task may be there at the earliest; None while that hangs on what is in flight."""

    def sleep(self, seconds: float) -> None:
        """Wait so long, or until there is something to do, or until the run is stopped."""


class Tally(Struct):
    """What a run did, counted as it goes."""

    asked: int = 0
    kept: int = 0
    already: int = 0
    failed: int = 0
    unasked: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        self.asked += 1
        if result.already:
            self.already += 1
        elif result.row.verdict.kept:
            self.kept += 1
        else:
            self.failed += 1
        self.verdicts[result.row.verdict] = self.verdicts.get(result.row.verdict, 0) + 1


class Schedule:
    """The work of given addresses: first come, first served, each host no sooner than its delay allows.

    `pause` gives the seconds to leave before a host's next page. With `parallel` a host's addresses run side by side.
    Addresses that are one article (`identity.py`) are asked once, and the others are told of it.
    """

    def __init__(
        self,
        links: Iterable[Link],
        pause: Callable[[Link], float],
        stop: Event,
        *,
        parallel: bool = False,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._pause = pause
        self._sleep = sleep or stop.wait
        self._parallel = parallel
        self._clock = clock
        self._twins: dict[str, list[Link]] = {}
        self._queues: dict[str, deque[Link]] = {}
        self._ready: list[tuple[float, int, str]] = []
        self._turn = 0
        self.left = 0
        for link in links:
            self._add(link)

    def _add(self, link: Link) -> None:
        same = self._twins.setdefault(identity(link.url), [])
        same.append(link)
        if len(same) > 1:
            return
        self.left += 1
        host = host_of(link.url)
        queue = self._queues.get(host)
        if queue is None:
            queue = self._queues[host] = deque()
            self._push(host, 0.0)
        queue.append(link)

    def _push(self, host: str, at: float) -> None:
        self._turn += 1
        heapq.heappush(self._ready, (at, self._turn, host))

    def next(self) -> Link | None:
        if not self._ready or self._ready[0][0] > self._clock():
            return None
        _, _, host = heapq.heappop(self._ready)
        queue = self._queues[host]
        link = queue.popleft()
        self.left -= 1
        if not queue:
            del self._queues[host]
        elif self._parallel:
            self._push(host, 0.0)
        return link

    def done(self, task: Link, result: Result) -> list[Result]:
        host = host_of(task.url)
        if not self._parallel and host in self._queues:
            self._push(host, self._clock() + self._pause(task))
        if result.stopped:
            return []
        return [result if twin is task else _twin(result, twin) for twin in self._twins.pop(identity(task.url))]

    def over(self) -> bool:
        return not self.left

    def wait(self) -> float | None:
        return max(0.0, self._ready[0][0] - self._clock()) if self._ready else None

    def sleep(self, seconds: float) -> None:
        self._sleep(seconds)

    @property
    def unasked(self) -> int:
        """How many addresses were not asked, twins included."""
        return sum(len(same) for same in self._twins.values())


class Limits(Struct, frozen=True):
    """How a run is held: pages at a time, the event that stops it, and how many of its pages only wait for a host."""

    concurrency: int
    stop: Event
    waiting: Callable[[], int] = lambda: 0


class Sleepers:
    """How many of a run's pages sleep because a host wants it; they hold nobody up. Only threads of pages count."""

    def __init__(self) -> None:
        self._local = local()
        self._lock = Lock()
        self._count = 0

    def __call__(self) -> int:
        return self._count

    def page(self) -> None:
        """This thread does pages."""
        self._local.page = True

    @contextmanager
    def sleeping(self) -> Iterator[None]:
        if not getattr(self._local, "page", False):
            yield
            return
        with self._lock:
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1


def run(
    work: Work[T],
    keep: Callable[[T], Result],
    tell: Callable[[Result], None],
    limits: Limits,
    begin: Callable[[], None] = lambda: None,
) -> Tally:
    """Do all the work, `limits.concurrency` pages at a time, beside those that wait for their hosts.

    `keep` does one task and returns when it is durable; `tell` is called in this thread for each address, `begin` once
    in each thread that does pages. When `limits.stop` is set nothing new is begun, what is in flight is finished. A
    StorageError, or a DamageError from a look-up, ends the run the same way and is raised at its end.
    """
    tally = Tally()
    flying: dict[Future[Result], T] = {}
    through: SimpleQueue[Future[Result]] = SimpleQueue()
    broken: TearsheetError | None = None
    threads = limits.concurrency * MORE_THREADS
    with ThreadPoolExecutor(threads, thread_name_prefix="page", initializer=begin) as pool:
        while True:
            going = broken is None and not limits.stop.is_set()
            room = min(limits.concurrency + limits.waiting(), threads) - len(flying) if going else 0
            try:
                while room > 0 and (task := work.next()) is not None:
                    future = pool.submit(keep, task)
                    flying[future] = task
                    future.add_done_callback(through.put)
                    room -= 1
                if not flying:
                    if not going or work.over():
                        break
                    work.sleep(work.wait() or POLL)
                    continue
                pending = work.wait() if room > 0 else None
            except TearsheetError as error:
                broken, pending = broken or error, None
            try:
                future = through.get(timeout=min(POLL, pending) if pending else POLL)
            except Empty:
                continue
            task = flying.pop(future)
            try:
                told = work.done(task, future.result())
            except TearsheetError as error:
                broken = broken or error
                continue
            for each in told:
                tally.add(each)
                tell(each)
    if broken is not None:
        raise broken
    return tally


def _twin(result: Result, link: Link) -> Result:
    link = replace(link, url=without_user(link.url))
    return replace(result, link=link, row=replace(result.row, url=link.url), already=result.row.verdict.kept)
