"""Looking into the queue: what waits, what failed, how hosts do. The same for the run that writes and for others."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from msgspec import Struct

from archive.rows import storable
from scraper.frontier_schema import in_our_words, opened_to_read, stored_time, time_of, told
from scraper.hoststate import Circuit, HostState
from scraper.identity import identity

FOREVER = 1 << 62


class State(StrEnum):
    """Waiting: due now. Failed: its last answer was no good, and it is not due yet. Dead: never asked again."""

    WAITING = "waiting"
    LEASED = "under way"
    LATER = "due later"
    FAILED = "failed"
    DEAD = "dead"


class Entry(Struct, frozen=True):
    """An article in the queue. `failures` counts those in a row; `verdict` and `reason` are of the last answer."""

    url: str
    source: str
    host: str
    state: State
    kept: bool
    due: datetime | None
    failures: int
    verdict: str | None
    reason: str | None
    asked: datetime | None


class Counts(Struct, frozen=True):
    """How many articles are in each state: all, and by what."""

    total: dict[State, int]
    by_source: dict[str, dict[State, int]]
    by_host: dict[str, dict[State, int]]


_STATE = """
CASE WHEN lease IN (SELECT id FROM leases WHERE until > :now) THEN 'under way' WHEN due IS NULL THEN 'dead'
WHEN due <= :now THEN 'waiting' WHEN l.failures > 0 THEN 'failed' ELSE 'due later' END"""
_ENTRIES = (
    f"SELECT l.url, l.source, h.name, {_STATE}, l.kept, l.due, l.failures, l.verdict, l.reason, l.asked "  # noqa: S608 - constants
    "FROM links l JOIN hosts h ON h.id = l.host"
)
_HOST = "SELECT free_at, backoff_until, failures, circuit, delay"


def vain_note(url: str) -> str:
    """The name of the note that an article was looked for in vain."""
    return f"rescue {identity(url)}"


class FrontierView:
    """What can be asked of a queue without changing it. `clock` gives UTC."""

    def __init__(self, path: Path, db: sqlite3.Connection, clock: Callable[[], datetime]) -> None:
        self.path = path
        self._db = db
        self._clock = clock

    @classmethod
    def read(cls, path: Path, clock: Callable[[], datetime]) -> Self | None:
        """Beside the run that writes, which never waits for it; None where there is no queue that could be read."""
        db = opened_to_read(path)
        return cls(path, db, clock) if db is not None else None

    def close(self) -> None:
        with told(self.path):
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def added(self, url: str) -> datetime | None:
        """When a source found this article first; None for what is not in the queue."""
        sql = "SELECT l.added FROM identities i JOIN links l ON l.id = i.link WHERE i.identity = :identity"
        found = self._all(sql, {"identity": storable(identity(url))})
        return time_of(found[0][0]) if found else None

    def vain_since(self, url: str) -> datetime | None:
        """When web archives were asked for this article last, and had no good copy of it; None if they never were."""
        found = self._all("SELECT value FROM notes WHERE name = :name", {"name": storable(vain_note(url))})
        return time_of(found[0][0]) if found else None

    # ------------------------------------------------------------------------------------------------ what waits

    def next_due(self, by: datetime | None = None) -> datetime | None:
        """When something can be claimed, at the earliest: now or later; None if never.

        With `by` only of what is due by then: None says that one pass over it is complete.
        """
        now, latest = self._now(), stored_time(by) if by is not None else FOREVER
        best = FOREVER
        for lane in ("first_new", "first_kept"):
            (first,) = self._one(f"SELECT min({lane}) FROM hosts WHERE wakes = 0")  # noqa: S608 - our own names
            if first is not None and first <= latest:
                best = min(best, max(first, now))
        (lost,) = self._one("SELECT min(until) FROM leases")
        best = min(best, max(lost, now)) if lost is not None else best
        with told(self.path):
            for wakes, *firsts in self._db.execute(
                "SELECT wakes, first_new, first_kept FROM hosts WHERE wakes > 0 ORDER BY wakes"
            ):
                if wakes >= best:
                    break
                first = min(due for due in (*firsts, FOREVER) if due is not None)
                if first <= latest and first < FOREVER:
                    best = min(best, max(wakes, first, now))
        return time_of(best) if best < FOREVER else None

    def counts(self) -> Counts:
        sql = f"SELECT l.source, h.name, {_STATE}, count(*) FROM links l JOIN hosts h ON h.id = l.host GROUP BY 1, 2, 3"  # noqa: S608 - constants
        counts = Counts({}, {}, {})
        for source, host, state, count in self._all(sql, {"now": self._now()}):
            state = State(state)
            for numbers in (
                counts.total,
                counts.by_source.setdefault(source, {}),
                counts.by_host.setdefault(host, {}),
            ):
                numbers[state] = numbers.get(state, 0) + count
        return counts

    def due(self, by: datetime | None = None, limit: int = -1) -> list[Entry]:
        """What a pass would ask, in the order of what it would claim if all hosts were free."""
        latest = stored_time(by) if by is not None else self._now()
        free = "(l.lease IS NULL OR l.lease NOT IN (SELECT id FROM leases WHERE until > :now))"
        return self._entries(f"l.due <= :by AND {free} ORDER BY l.kept, l.due, l.id LIMIT :limit", latest, limit)

    def left(self, by: datetime) -> int:
        """How many articles are due by then and not under way."""
        sql = "SELECT count(*) FROM links INDEXED BY links_open WHERE lease IS NULL AND due IS NOT NULL AND due <= ?"
        return int(self._one(sql, stored_time(by))[0])

    def failed(self, limit: int = -1) -> list[Entry]:
        """What gave no good answer when it was last asked, dead or not; the latest first."""
        return self._entries("l.failures > 0 ORDER BY l.asked DESC, l.id LIMIT :limit", 0, limit)

    def _entries(self, where: str, by: int, limit: int) -> list[Entry]:
        values = {"now": self._now(), "by": by, "limit": limit}
        return [_entry(*row) for row in self._all(f"{_ENTRIES} WHERE {where}", values)]

    # ------------------------------------------------------------------------------------------------ what is known

    def addresses(self, url: str) -> list[str]:
        """All addresses of an article, the one that is asked for first."""
        link = self._link_of(identity(url))
        if link is None:
            return []
        more = self._all("SELECT url FROM addresses WHERE link = ? ORDER BY url", (link,))
        return [self._one("SELECT url FROM links WHERE id = ?", link)[0], *(other for (other,) in more)]

    def knows(self, url: str) -> bool:
        """Whether the article at this address was ever found."""
        return self._link_of(identity(url)) is not None

    def entry(self, url: str) -> Entry | None:
        """What is known of the article at this address."""
        link = self._link_of(identity(url))
        if link is None:
            return None
        found = self._all(f"{_ENTRIES} WHERE l.id = :id", {"now": self._now(), "id": link})
        return _entry(*found[0]) if found else None

    def source_states(self) -> dict[str, tuple[str | None, datetime]]:
        """By each source's title how it failed, None if it did not, and when it was gone through last."""
        return {title: (problem, time_of(at)) for title, problem, at in self._all("SELECT * FROM sources", ())}

    def host(self, name: str) -> HostState:
        row = self._one(f"{_HOST} FROM hosts WHERE name = ?", name)
        return host_state(*row) if row is not None else HostState()

    def backing_off(self) -> dict[str, HostState]:
        """Hosts that failed and are left alone for now."""
        rows = self._all(f"{_HOST}, name FROM hosts WHERE backoff_until > ? ORDER BY name", (self._now(),))
        return {name: host_state(*state) for *state, name in rows}

    # ------------------------------------------------------------------------------------------------ SQLite

    def _link_of(self, article: str) -> int | None:
        found = self._one("SELECT link FROM identities WHERE identity = ?", storable(article))
        return int(found[0]) if found is not None else None

    def _now(self) -> int:
        return stored_time(self._clock())

    def _one(self, sql: str, *values: object) -> Any:
        try:
            return self._db.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise in_our_words(self.path, error) from error

    def _all(self, sql: str, values: Any) -> list[Any]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise in_our_words(self.path, error) from error


def host_state(free_at: int, backoff_until: int, failures: int, circuit: str, delay: float) -> HostState:
    return HostState(time_of(free_at), time_of(backoff_until), failures, Circuit(circuit), delay)


def _entry(url: str, source: str, host: str, state: str, kept: int, due: int | None, *rest: Any) -> Entry:
    failures, verdict, reason, asked = rest
    return Entry(url, source, host, State(state), bool(kept), _time(due), failures, verdict, reason, _time(asked))


def _time(number: int | None) -> datetime | None:
    return time_of(number) if number is not None else None
