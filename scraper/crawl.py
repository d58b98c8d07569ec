"""Many addresses: threads for the network, processes for reading, each host at its own pace."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event
from time import monotonic
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from archive import urls
from archive.errors import TearsheetError
from archive.models import Link, PageRow
from scraper.redact import without_user

POLL = 0.2


class Result(Struct, frozen=True):
    """What became of one address. `already`: it was kept before and not asked again; `committed`: a record says so."""

    link: Link
    row: PageRow
    already: bool = False
    committed: bool = True


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
    """Which address may be asked next: first come, first served, each host no sooner than its delay allows.

    Pure but for the clock that is handed in. With a delay of 0 a host's addresses may run side by side.
    """

    def __init__(self, links: Iterable[Link], delay: float, clock: Callable[[], float] = monotonic) -> None:
        self._delay = delay
        self._clock = clock
        self._queues: dict[str, deque[Link]] = {}
        self._ready: list[tuple[float, int, str]] = []
        self._turn = 0
        self.left = 0
        for link in links:
            self.left += 1
            host = _host(link.url)
            queue = self._queues.get(host)
            if queue is None:
                queue = self._queues[host] = deque()
                self._push(host, 0.0)
            queue.append(link)

    def _push(self, host: str, at: float) -> None:
        self._turn += 1
        heapq.heappush(self._ready, (at, self._turn, host))

    def next(self) -> Link | None:
        """An address whose host is free now, or None: then `wait` tells for how long."""
        if not self._ready or self._ready[0][0] > self._clock():
            return None
        _, _, host = heapq.heappop(self._ready)
        queue = self._queues[host]
        link = queue.popleft()
        self.left -= 1
        if not queue:
            del self._queues[host]
        if self._delay <= 0 and queue:
            self._push(host, 0.0)
        return link

    def done(self, link: Link, delay: float) -> None:
        """The page of `link` is through; its host's next may be asked `delay` seconds from now."""
        host = _host(link.url)
        if self._delay > 0 and host in self._queues:
            self._push(host, self._clock() + delay)

    def wait(self) -> float | None:
        """Seconds until the next host is free; None while that hangs on what is in flight."""
        return max(0.0, self._ready[0][0] - self._clock()) if self._ready else None


def run(
    links: Iterable[Link],
    keep: Callable[[Link], Result],
    pause: Callable[[Link], float],
    tell: Callable[[Result], None],
    limits: Limits,
) -> Tally:
    """Keep every link, `limits.concurrency` pages at a time.

    `keep` does one address and returns when it is durable; `pause` gives the seconds to leave before its host's next
    page; `tell` is called in this thread, once for each address. What differs in fragment or tracking alone is one
    article: it is asked once, and the others are told what came of it. When `limits.stop` is set nothing new is begun,
    what is in flight is finished. A StorageError, or a DamageError from a look-up, ends the run the same way and is
    raised at its end.
    """
    twins: dict[str, list[Link]] = {}
    for each in links:
        twins.setdefault(_identity(each.url), []).append(each)
    schedule = Schedule((same[0] for same in twins.values()), limits.host_delay)
    tally = Tally()
    flying: dict[Future[Result], Link] = {}
    broken: TearsheetError | None = None
    with ThreadPoolExecutor(limits.concurrency, thread_name_prefix="page") as pool:
        while flying or (schedule.left and not limits.stop.is_set() and broken is None):
            while len(flying) < limits.concurrency and not limits.stop.is_set() and broken is None:
                link = schedule.next()
                if link is None:
                    break
                flying[pool.submit(keep, link)] = link
            pending = schedule.wait() if len(flying) < limits.concurrency else None
            if not flying:
                limits.stop.wait(min(pending or 0.0, POLL))
                continue
            done, _ = wait(flying, timeout=min(POLL, pending) if pending else POLL, return_when=FIRST_COMPLETED)
            for future in done:
                link = flying.pop(future)
                schedule.done(link, pause(link))
                try:
                    result = future.result()
                except TearsheetError as error:
                    broken = broken or error
                    continue
                for twin in twins.pop(_identity(link.url)):
                    told = result if twin is link else _twin(result, twin)
                    tally.add(told)
                    tell(told)
    tally.unasked = sum(len(same) for same in twins.values())
    if broken is not None:
        raise broken
    return tally


class Limits(Struct, frozen=True):
    """How a run is held: pages at a time, seconds between pages of a host, and the event that stops it."""

    concurrency: int
    host_delay: float
    stop: Event


def _identity(url: str) -> str:
    """The same for addresses that are one article. A login makes another of it."""
    if without_user(url) != url:
        return url
    try:
        return urls.strip_tracking(urls.wire_url(url))
    except ValueError:
        return url


def _twin(result: Result, link: Link) -> Result:
    link = replace(link, url=without_user(link.url))
    return replace(result, link=link, row=replace(result.row, url=link.url), already=result.row.verdict.kept)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
