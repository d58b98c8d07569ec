"""What a helper works with in place of the run's own: look-ups, books, rules and turns, all asked for over the line.

Each stands where the one-machine way has the thing itself, so that all else of a helper is the same code.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import datetime
from threading import Lock, local
from time import monotonic
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from archive.collection import Collection
from archive.errors import StorageError
from archive.links import LinkLookups
from scraper.hoststate import LONG_AGO
from scraper.line import Line, LineClosed
from scraper.pace import Pace, Rhythm

if TYPE_CHECKING:
    from archive.applying import Closed
    from archive.derive import Derived
    from archive.models import Exchange, PageRow
    from archive.sending import Going, Told
    from scraper.politeness import Rules

REMEMBERED = 10_000
RESTS_HOLD = 5.0
GONE = "the run that this worker helped is gone"


Found = dict[tuple[str, tuple[object, ...]], list[Any]]
"""What queries gave, by their words and values."""


class Ahead(Struct, frozen=True):
    """What goes out with a page, since its helper would ask for it at once: what is kept of it, and the turn of
    `host`, "" where that is not to be had now."""

    found: Found
    host: str = ""


class Noting(LinkLookups):
    """The look-ups of the run's collection, which notes what they found."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self.found: Found = {}

    def rows(self, sql: str, *values: object) -> list[Any]:
        found = self.found[sql, values] = self._collection.rows(sql, values)
        return found

    def close(self) -> None:
        return


def known_ahead(collection: Collection, url: str) -> Found:
    """What `known_page` of this address looks up."""
    noting = Noting(collection)
    Collection(collection.path, noting, None, ExitStack()).known_page(url)
    return noting.found


class RemoteLookups(LinkLookups):
    """The catalog lies with the run, which alone opens it: SQLite shares no database between machines."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._ahead = local()

    @contextmanager
    def told_ahead(self, found: Found) -> Iterator[None]:
        """What this thread asks for first in the block is known already."""
        self._ahead.found = dict(found)
        try:
            yield
        finally:
            self._ahead.found = {}

    def rows(self, sql: str, *values: object) -> list[Any]:
        ahead: Found = getattr(self._ahead, "found", {})
        found = ahead.pop((sql, values), None)
        return list(found if found is not None else answer(self._line.ask("rows", sql, values)))

    def close(self) -> None:
        return


class RemoteApplier:
    """Hands on what is durable here; the run brings it into all that is derived (`committing.Applying`)."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def apply(self, groups: Sequence[Derived]) -> list[PageRow | None]:
        return list(answer(self._line.ask("apply", tuple(groups))))

    def closed(self, files: Sequence[Closed]) -> None:
        answer(self._line.ask("closed", tuple(files)))


class RemoteNames:
    """Files of all helpers are named by the run, which so knows the order of their begin (`elsewhere.Elsewhere`)."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def next(self, kind: str, prefix: str, host: str, time: datetime) -> str:
        return str(answer(self._line.ask("begin", kind, prefix, host, time)))


class RemoteOutgoing:
    """The run takes closed files to the store (`sending.Sending`), since it has the keys and the catalog."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._flights: deque[tuple[Future[Any], tuple[Told, ...]]] = deque()
        self.landed: Callable[[], None] = lambda: None

    @property
    def busy(self) -> bool:
        return bool(self._flights)

    @property
    def ready(self) -> bool:
        flights = self._flights
        return bool(flights) and flights[0][0].done()

    def closed(self, files: Sequence[Going]) -> None:
        """That is told with what the applier says."""

    def send(self, files: Sequence[Going], told: Sequence[Told]) -> None:
        sent = self._line.ask("send", tuple(files))
        self._flights.append((sent, tuple(told)))
        sent.add_done_callback(lambda _: self.landed())

    def land(self, *, wait: bool = False) -> None:
        # `give_up` may come from the line's thread meanwhile, and puts others in their place.
        flights = self._flights
        while flights and (wait or flights[0][0].done()):
            answer(flights[0][0])
            _, told = flights.popleft()
            for future, row in told:
                if not future.done():
                    future.set_result(row)

    def give_up(self) -> list[Future[Any]]:
        flights, self._flights = self._flights, deque()
        return [future for _, told in tuple(flights) for future, _ in told]

    def close(self) -> None:
        return


class RemoteMemory:
    """Rules of robots.txt, and how long hosts are left alone: the run knows (`running.Remembered`). What others note of
    a host is known here a few seconds later."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._lock = Lock()
        self._unkept: dict[str, tuple[Exchange, ...]] = {}
        self._rests: dict[str, tuple[float, datetime]] = {}

    def rules(self, origin: str) -> Rules | None:
        found: tuple[Rules | None, tuple[Exchange, ...]] = answer(self._line.ask("rules", origin))
        with self._lock:
            self._unkept[origin] = found[1]
        return found[0]

    def unkept(self, origin: str) -> tuple[Exchange, ...]:
        with self._lock:
            return self._unkept.pop(origin, ())

    def keep_rules(self, origin: str, rules: Rules) -> None:
        self._line.tell("heard", origin, rules)

    def rests_until(self, host: str) -> datetime:
        now = monotonic()
        with self._lock:
            at, until = self._rests.get(host, (0.0, LONG_AGO))
            if at > now:
                return until
        known: datetime = answer(self._line.ask("rests", host))
        with self._lock:
            if len(self._rests) >= REMEMBERED:
                self._rests.clear()
            self._rests[host] = now + RESTS_HOLD, known
        return known

    def rest(self, host: str, until: datetime) -> None:
        with self._lock:
            at, known = self._rests.get(host, (0.0, LONG_AGO))
            self._rests[host] = max(at, monotonic() + RESTS_HOLD), max(known, until)
        self._line.tell("rest", host, until)

    def close(self) -> None:
        return


class RemotePace(Pace):
    """The turns of all hosts are the run's to give: a host's pages have one pace, whoever asks for them."""

    def __init__(self, rhythm: Rhythm, line: Line) -> None:
        super().__init__(rhythm)
        self._line = line
        self._ahead = local()

    @contextmanager
    def given_ahead(self, host: str) -> Iterator[None]:
        """This thread has the turn of `host` already, and gives it back if it takes none."""
        self._ahead.host = host
        try:
            yield
        finally:
            self._give_back()

    def crowded(self, host: str) -> bool:
        return bool(answer(self._line.ask("crowded", host)))

    def take(self, host: str) -> bool:
        if host and getattr(self._ahead, "host", "") == host:
            self._ahead.host = ""
            return True
        self._give_back()
        return bool(answer(self._line.ask("take", host)))

    def give(self, host: str) -> None:
        self._line.tell("give", host)

    def _give_back(self) -> None:
        host, self._ahead.host = getattr(self._ahead, "host", ""), ""
        if host:
            self._line.tell("unused", host)


def answer(future: Future[Any]) -> Any:
    """What it comes to. Raises StorageError when nobody is there to answer."""
    try:
        return future.result()
    except LineClosed as error:
        raise StorageError(GONE) from error
