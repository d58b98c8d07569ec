"""Rows of the queue, changed one at a time inside a transaction of the caller's: articles, their addresses, hosts."""

from __future__ import annotations

import random as chance
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection

from msgspec import Struct

from archive.catalog import whole
from archive.models import Link, Verdict
from archive.rows import storable
from archive.urls import same_site
from scraper import hoststate
from scraper.frontier_schema import stored_up, told
from scraper.frontier_view import FrontierView, host_state
from scraper.hoststate import HostState, Patience
from scraper.identity import placed

MOST_REASON = 500
LANES = ((0, "first_new"), (1, "first_kept"))


class HostRow(Struct):
    """A row of `hosts` while it is being changed: its state, and how many of its pages are under way."""

    id: int
    state: HostState
    flying: int


class FrontierRows(FrontierView):
    """What the writing side is made of."""

    def __init__(self, path: Path, db: Connection, clock: Callable[[], datetime]) -> None:
        super().__init__(path, db, clock)
        self._per_host = 1
        self._patience = Patience()
        self._random = chance.random

    # ------------------------------------------------------------------------------------------------ articles

    def _insert(self, article: str, link: Link, host: int, at: int, due: int | None, depth: int = 0) -> int:
        values = (storable(link.url), host, storable(link.source), storable(link.via), due, at, depth)
        sql = "INSERT INTO links (url, host, source, via, due, added, depth) VALUES (?, ?, ?, ?, ?, ?, ?)"
        number = self._db.execute(sql, values).lastrowid
        assert number is not None
        self._db.execute("INSERT INTO identities VALUES (?, ?)", (storable(article), number))
        return number

    def _note_address(self, link: int, url: str) -> None:
        sql = "INSERT OR IGNORE INTO addresses SELECT id, ? FROM links WHERE id = ? AND url != ?"
        self._one(sql, storable(url), link, storable(url))

    def _write_answer(self, link: int, verdict: Verdict, at: int, due: datetime | None) -> None:
        sql = (
            "UPDATE links SET verdict = ?, reason = ?, asked = ?, due = ?, failures = CASE WHEN ? THEN 0 ELSE "
            "failures + 1 END, kept = max(kept, ?), first_kept = CASE WHEN ? THEN coalesce(first_kept, ?) ELSE "
            "first_kept END WHERE id = ?"
        )
        kept, reason = verdict.kept, storable(verdict.reason[:MOST_REASON])
        when = stored_up(due) if due is not None else None
        self._one(sql, str(verdict.kind), reason, at, when, kept, kept, kept, at, link)

    def _same(self, address: str, canonical: str) -> set[int] | None:
        """Joins two addresses; the hosts whose first links are to be found anew, None where they stay apart."""
        (one, _), (other, name) = placed(address), placed(canonical)
        from_link, to_link = self._link_of(one), self._link_of(other)
        if from_link is not None and from_link == to_link:
            self._note_address(from_link, address)
            self._note_address(from_link, canonical)
            return set()
        root = other.count("/") == 3 and other.endswith("/")
        if not name or root or (from_link is None and to_link is None):
            return None
        near = same_site(address, canonical)
        if from_link is None:
            assert to_link is not None
            self._one("INSERT INTO identities VALUES (?, ?)", storable(one), to_link)
            self._note_address(to_link, address)
            return set()
        if to_link is None:
            if not near:
                return None
            source, via, at, depth = self._one("SELECT source, via, added, depth FROM links WHERE id = ?", from_link)
            to_link = self._insert(other, Link(canonical, source, via), self._host_id(name), at, at, depth)
        hosts = {self._one("SELECT host FROM links WHERE id = ?", link)[0] for link in (from_link, to_link)}
        self._note_address(to_link, canonical)
        self._join(from_link, to_link, near)
        return hosts

    def _join(self, gone: int, stays: int, near: bool) -> None:
        self._one("UPDATE identities SET link = ? WHERE link = ?", stays, gone)
        for (url,) in self._all(
            "SELECT url FROM addresses WHERE link = ? UNION SELECT url FROM links WHERE id = ?", (gone, gone)
        ):
            self._note_address(stays, url)
        self._one("DELETE FROM addresses WHERE link = ?", gone)
        (lease,) = self._one("SELECT lease FROM links WHERE id = ?", gone)
        (other,) = self._one("SELECT lease FROM links WHERE id = ?", stays)
        if near:
            columns = "due, kept, failures, verdict, reason, asked, first_kept"
            self._one(
                f"UPDATE links SET ({columns}) = (SELECT {columns} FROM links WHERE id = ?) "  # noqa: S608 - our own names
                "WHERE id = ? AND NOT kept AND (SELECT kept FROM links WHERE id = ?)",
                gone,
                stays,
                gone,
            )
            if lease is not None and other is None:
                self._one("UPDATE links SET lease = ? WHERE id = ?", lease, stays)
        carried = near and other is None
        self._one("UPDATE leases SET link = ? WHERE id = ?", stays if carried else None, lease)
        self._one("DELETE FROM links WHERE id = ?", gone)

    # ------------------------------------------------------------------------------------------------ hosts

    def _host_id(self, name: str) -> int:
        self._one("INSERT OR IGNORE INTO hosts (name) VALUES (?)", name)
        return int(self._one("SELECT id FROM hosts WHERE name = ?", name)[0])

    @contextmanager
    def _changing(self, host: int) -> Iterator[HostRow]:
        """A host's row, written back with all that follows from it and from its links."""
        *state, flying = self._one(
            "SELECT free_at, backoff_until, failures, circuit, delay, flying FROM hosts WHERE id = ?", host
        )
        row = HostRow(host, host_state(*state), flying)
        yield row
        new = row.state
        ready = stored_up(new.ready_at)
        wakes = None
        if row.flying < hoststate.at_a_time(new, self._per_host):
            wakes = ready if ready > self._now() else 0
        times = stored_up(new.free_at), stored_up(new.backoff_until)
        self._one(
            "UPDATE hosts SET free_at = ?, backoff_until = ?, failures = ?, circuit = ?, delay = ?, flying = ?, "
            "wakes = ? WHERE id = ?",
            *(*times, new.failures, str(new.circuit), new.delay, row.flying, wakes, host),
        )
        self._refresh((host,))

    def _refresh(self, hosts: Iterable[int]) -> None:
        """When the first links of these hosts are due."""
        first = (
            "(SELECT min(due) FROM links INDEXED BY links_open "
            "WHERE host = hosts.id AND kept = {} AND lease IS NULL AND due IS NOT NULL)"
        )
        firsts = ", ".join(f"{lane} = {first.format(kept)}" for kept, lane in LANES)
        with told(self.path):
            self._db.executemany(f"UPDATE hosts SET {firsts} WHERE id = ?", [(host,) for host in hosts])  # noqa: S608 - our own names

    # ------------------------------------------------------------------------------------------------ SQLite

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with told(self.path), whole(self._db):
            yield
