"""All sources at once, each in a thread of its own: what they find comes in batches, and no source stops another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from queue import Empty, Full, Queue
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct

from archive.errors import TearsheetError
from scraper import sources
from scraper.identity import host_of
from scraper.sources.base import Found, Hands, Memory, Validators

if TYPE_CHECKING:
    from archive.models import Exchange
    from scraper.fetch import HopRequest
    from scraper.settings import Source
    from scraper.walk import Walker

AT_A_TIME = 16
BATCH = 200
MOST_BATCHES = 20
MOST_PROBLEMS = 1000
POLL = 0.2


class Batch(Struct, frozen=True):
    """A part of what a source gave. The last of a source has `ended`: then `validators` may be remembered, `problems`
    are all that went wrong, and `error` is what ended it and must end the run."""

    source: Source
    found: tuple[Found, ...]
    ended: bool = False
    count: int = 0
    seconds: float = 0.0
    validators: dict[str, Validators] = {}
    problems: tuple[str, ...] = ()
    error: TearsheetError | None = None


class Wires(Struct, frozen=True):
    """What sources are asked with; `tell` hears at once what goes wrong."""

    walker: Walker
    memory: Memory
    clock: Callable[[], datetime]
    tell: Callable[[Source, str], None]
    stop: Event
    refused: Callable[[str], str | None] = lambda url: None

    def ask(self, request: HopRequest) -> Exchange:
        """The end of a redirect chain. Answers for robots.txt that came with it wait for a page to be stored with."""
        walk = self.walker.walk(request)
        last = walk.exchanges.pop()
        self.walker.give_up(walk)
        return last


class _Over(Exception):
    """Nobody wants any more of what a source has."""


def in_turns(wanted: Iterable[Source]) -> list[Source]:
    """The first source of each host, then the second of each, and so on: those of a slow host hold up no other's."""
    seen: Counter[str] = Counter()
    turns: list[tuple[int, Source]] = []
    for source in wanted:
        host = host_of(source.url) if source.url else ""
        turns.append((seen[host] if host else 0, source))
        seen[host] += 1
    return [source for _, source in sorted(turns, key=lambda each: each[0])]


class Finder:
    """Sources under way. A context manager; all but the threads' own work is for one thread."""

    def __init__(self, wanted: Iterable[Source], wires: Wires) -> None:
        self._sources = in_turns(wanted)
        self._wires = wires
        self._batches: Queue[Batch] = Queue(MOST_BATCHES)
        self._left = len(self._sources)
        self._closed = Event()
        self._pool = ThreadPoolExecutor(min(AT_A_TIME, max(1, self._left)), thread_name_prefix="source")

    def __enter__(self) -> Finder:
        for source in self._sources:
            self._pool.submit(self._go, source)
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._pool.shutdown(cancel_futures=True)

    @property
    def left(self) -> int:
        """How many sources are not through."""
        return self._left

    @property
    def busy(self) -> bool:
        """Whether something may still come."""
        return self._left > 0

    def take(self, wait: float = 0.0) -> Batch | None:
        """The next batch, at most `wait` seconds from now. Raises what ended a source and must end the run."""
        try:
            batch = self._batches.get(timeout=wait) if wait > 0 else self._batches.get_nowait()
        except Empty:
            return None
        self._left -= batch.ended
        if batch.error is not None:
            raise batch.error
        return batch

    def _go(self, source: Source) -> None:
        begun, count = monotonic(), 0
        problems: list[str] = []
        notes = _Notes(self._wires.memory)
        found: list[Found] = []
        error: TearsheetError | None = None

        def tell(problem: str) -> None:
            if self._over() or len(problems) > MOST_PROBLEMS:
                return
            if len(problems) == MOST_PROBLEMS:
                problem = f"{source.title}: what else is wrong with it is not told"
            problems.append(problem)
            self._wires.tell(source, problem)

        def ask(request: HopRequest) -> Exchange:
            if self._over():
                raise _Over
            return self._wires.ask(request)

        wires = self._wires
        hands = Hands(ask, notes, wires.clock, tell, wires.walker.rules_of)
        try:
            for each in sources.links(source, hands):
                if self._over():
                    break
                if wires.refused(each.link.url) is not None:
                    continue
                count += 1
                found.append(each)
                if len(found) >= BATCH:
                    self._put(Batch(source, tuple(found)))
                    found.clear()
        except _Over:
            pass
        except TearsheetError as raised:
            error = raised
        except Exception as raised:  # a fault of ours costs this source, never the run
            tell(f"{source.title}: tearsheet failed on it, a fault of its own: {type(raised).__name__}: {raised}")
        whole = not self._over() and error is None
        last = Batch(
            source,
            tuple(found),
            True,
            count,
            monotonic() - begun,
            notes.new if whole else {},
            tuple(problems),
            error,
        )
        self._put(last)

    def _over(self) -> bool:
        return self._closed.is_set() or self._wires.stop.is_set()

    def _put(self, batch: Batch) -> None:
        while not self._closed.is_set():
            try:
                self._batches.put(batch, timeout=POLL)
            except Full:
                continue
            return


class _Notes:
    """What a source's documents said of themselves, held back until all they gave is in the queue."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.new: dict[str, Validators] = {}

    def get(self, url: str) -> Validators | None:
        return self._memory.get(url)

    def set(self, url: str, validators: Validators) -> None:
        self.new[url] = validators
