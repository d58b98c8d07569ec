"""The queue: which addresses are to be asked, when, and how their hosts do. It outlives the run, and losing it.

One process writes, which holds the collection's lock, from one thread. Every method is one transaction (`add` and
`mend` one a batch): kill -9 loses nothing that was done.
"""

from __future__ import annotations

import random as chance
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Self, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from archive.models import Link, PageRow, Verdict, VerdictKind
from archive.rows import storable
from scraper import hoststate
from scraper.frontier_notes import LONGEST_REST, FrontierNotes
from scraper.frontier_rows import LANES, HostRow
from scraper.frontier_schema import opened, stored_time, stored_up, time_of, told
from scraper.frontier_view import FOREVER
from scraper.hoststate import LONG_AGO, Patience
from scraper.identity import identity, placed

T = TypeVar("T")
BATCH = 5000
FAR = 1_000_000
"""The depth of what only the catalog knows: its links are followed once the way to it is found again."""


class Job(Struct, frozen=True):
    """An address to be asked, ours until `until`. `failures` counts those in a row up to now; `first_kept` is None for
    what was never kept; `depth` is how many links of a site lie before it."""

    id: int
    link: Link
    host: str
    until: datetime
    failures: int
    first_kept: datetime | None
    depth: int = 0


class Frontier(FrontierNotes):
    """The writing side; `read` gives what only looks. `titles` are those of the sources of this run: an article
    of one that is no more passes to the source that finds it. What is `refused` is never added."""

    made_anew = False
    titles: frozenset[str] = frozenset()
    refused: Callable[[str], object] = staticmethod(lambda url: None)

    @classmethod
    def open(
        cls,
        path: Path,
        clock: Callable[[], datetime],
        *,
        tell: Callable[[str], None] = lambda _: None,
        per_host: int = 1,
        rest: timedelta = timedelta(seconds=1),
        patience: Patience | None = None,
        random: Callable[[], float] = chance.random,
    ) -> Self:
        """A file that is missing, damaged, of another version or somebody else's is replaced: `made_anew` says so.

        What a killed run had under way waits again: whoever opens it is alone. The hosts of that rest for `rest` from
        now, or as long as they are known to want. `per_host` pages of a host may be under way at a time.
        """
        db, made_anew = opened(path, tell)
        frontier = cls(path, db, clock)
        frontier.made_anew = made_anew
        frontier._per_host, frontier._patience, frontier._random = per_host, patience or Patience(), random
        try:
            frontier._take_over(rest)
        except BaseException:
            db.close()
            raise
        return frontier

    # ------------------------------------------------------------------------------------------------ filling

    def add(self, found: Iterable[Link], *, due: datetime | None = None, depth: int | None = None) -> int:
        """Each article once, with all its addresses; those that are new are due at `due`, or now. How many were new.

        `depth` is given where a site was followed to them: what is known takes the shortest way, and the start of a
        site (0) is the site's, whoever else has found it: nobody else would follow it.
        """
        at = self._now()
        when = stored_time(due) if due is not None else at
        new = 0
        for batch in _batches(found):
            with self._transaction():
                new += self._add(batch, at, when, depth)
        return new

    def _add(self, links: list[Link], at: int, due: int, depth: int | None) -> int:
        hosts: dict[str, int] = {}
        count = 0
        for link in links:
            if self.refused(link.url):
                continue
            article, host = placed(link.url)
            known = self._link_of(article)
            if known is not None:
                self._note_address(known, link.url)
                self._adopt(known, link, due, depth)
                continue
            if host not in hosts:
                hosts[host] = self._host_id(host)
            self._insert(article, link, hosts[host], at, due, depth or 0)
            count += 1
        self._refresh(hosts.values())
        return count

    def _adopt(self, known: int, link: Link, due: int, depth: int | None) -> None:
        """An article whose source is no more is this one's from now on, and is asked again if nobody would have."""
        source, host, before = self._one("SELECT source, host, depth FROM links WHERE id = ?", known)
        gone = link.source in self.titles and source not in self.titles
        if gone or (depth == 0 and source != link.source):
            sql = "UPDATE links SET source = ?, via = ?, due = coalesce(due, ?), depth = ? WHERE id = ?"
            self._one(sql, storable(link.source), storable(link.via), due, depth or 0, known)
            self._refresh((host,))
        elif depth is not None and source == link.source and depth < before:
            self._one("UPDATE links SET depth = ? WHERE id = ?", depth, known)

    def hasten(self, url: str, due: datetime, *, unless_since: datetime | None = None) -> bool:
        """The article is due at `due` at the latest, unless it was asked after `unless_since`; whether it was put off
        until later before."""
        link = self._link_of(identity(url))
        if link is None:
            return False
        with self._transaction():
            host, at, asked, lease = self._one("SELECT host, due, asked, lease FROM links WHERE id = ?", link)
            since = stored_time(unless_since) if unless_since is not None else FOREVER
            if lease is not None or at is None or at <= stored_time(due) or (asked or 0) > since:
                return False
            self._one("UPDATE links SET due = ? WHERE id = ?", stored_time(due), link)
            self._refresh((host,))
        return True

    def mend(self, rows: Iterable[PageRow], next_at: Callable[[PageRow], datetime | None]) -> int:
        """What the catalog knows and the queue does not, or not yet: what is kept is not asked before its time.

        `next_at` says when a row's address is due again. Rows may come in any order, and again. How many told more.
        """
        told_more = 0
        for batch in _batches(rows):
            with self._transaction():
                told_more += self._mend(batch, next_at)
        return told_more

    def _mend(self, rows: list[PageRow], next_at: Callable[[PageRow], datetime | None]) -> int:
        hosts: set[int] = set()
        count = 0
        for row in rows:
            if row.rereads:
                continue
            article, name = placed(row.url)
            at, due = stored_time(row.captured_at), next_at(row)
            link = self._link_of(article)
            if link is None:
                link = self._insert(article, Link(row.url, row.source, row.via), self._host_id(name), at, None, FAR)
            host, asked, leased = self._one("SELECT host, asked, lease FROM links WHERE id = ?", link)
            hosts.add(host)
            if leased is None and (asked is None or asked < at):
                count += 1
                self._write_answer(link, Verdict(row.verdict, row.reason), at, due)
            elif row.verdict.kept:
                sql = "UPDATE links SET kept = 1, first_kept = min(coalesce(first_kept, ?), ?) WHERE id = ?"
                self._one(sql, at, at, link)
            if row.verdict.kept and row.original_url:
                hosts |= self._same(row.url, row.original_url) or set()
        self._refresh(hosts)
        return count

    def same(self, address: str, canonical: str) -> bool:
        """`address` names `canonical` as its own: one article from now on, kept if either was, asked at `canonical`.

        Not so if the canonical address is a site's root (a common mistake), if nothing is known of either, or if it is
        new and lies on another site; one on another site that is known only lends its name, and stays as it was.
        """
        with self._transaction():
            hosts = self._same(address, canonical)
            self._refresh(hosts or ())
        return hosts is not None

    # ------------------------------------------------------------------------------------------------ asking

    def claim(self, limit: int, lease: timedelta, *, by: datetime | None = None) -> list[Job]:
        """At most `limit` jobs that are due, of hosts that are free: what was never kept first, then by when it is due.

        With `by` only what was due by then: a run that asks for what was due when it began ends.
        """
        clock = self._clock()
        now = stored_time(clock)
        latest = min(now, stored_time(by)) if by is not None else now
        with self._transaction():
            self._expire(now)
            self._one("UPDATE hosts SET wakes = 0 WHERE wakes > 0 AND wakes <= ?", now)
            jobs: list[Job] = []
            for kept, lane in LANES:
                while len(jobs) < limit:
                    sql = f"SELECT id, name FROM hosts WHERE wakes = 0 AND {lane} <= ? ORDER BY {lane} LIMIT ?"  # noqa: S608 - two names of ours
                    hosts = self._all(sql, (latest, limit - len(jobs)))
                    if not hosts:
                        break
                    for host, name in hosts:
                        jobs += self._claim_of(host, name, kept, latest, clock + lease)
        return jobs

    def _claim_of(self, host: int, name: str, kept: int, latest: int, until: datetime) -> list[Job]:
        sql = (
            "SELECT id, url, source, via, failures, first_kept, depth FROM links INDEXED BY links_open "
            "WHERE host = ? AND kept = ? AND due <= ? AND lease IS NULL ORDER BY due LIMIT 1"
        )
        link, *address, failures, first_kept, depth = self._one(sql, host, kept, latest)
        with told(self.path):
            values = (link, host, stored_up(until))
            job = self._db.execute("INSERT INTO leases (link, host, until) VALUES (?, ?, ?)", values).lastrowid
        assert job is not None
        self._one("UPDATE links SET lease = ? WHERE id = ?", job, link)
        with self._changing(host) as row:
            row.flying += 1
            row.state = hoststate.claimed(row.state)
        kept_at = None if first_kept is None else time_of(first_kept)
        return [Job(job, Link(*address), name, until, failures, kept_at, depth)]

    def done(
        self,
        job: Job,
        verdict: Verdict,
        next_at: datetime | None,
        rest_until: datetime | None = None,
        *,
        end: str | None = None,
    ) -> bool:
        """The job's answer, when it is due again (None: never), and until when its host rests at least.

        `end` is the host where redirects led: trouble is that one's then, and not the job's host's. False for a job
        that ran out of time and is no longer ours: its answer is not noted.
        """
        elsewhere = end if end and end != job.host and verdict.kind in hoststate.TROUBLE else None
        with self._transaction(), self._ending(job) as (link, host):
            if host is None:
                return False
            now = self._clock()
            if link is not None:
                self._write_answer(link, verdict, stored_time(now), next_at)
            rest = min(rest_until or LONG_AGO, now + LONGEST_REST)
            own = VerdictKind.MOVED if elsewhere is not None else verdict.kind
            host.state = hoststate.answered(host.state, own, now, rest, self._patience, self._random)
            if elsewhere is not None:
                with self._changing(self._host_id(elsewhere)) as other:
                    args = (self._patience, self._random)
                    other.state = hoststate.answered(other.state, verdict.kind, now, LONG_AGO, *args)
        return True

    def release(self, job: Job, *, host: str = "") -> None:
        """Gives the job back, unasked; to be asked when `host` may be, where its time goes."""
        with self._transaction(), self._ending(job) as (link, row):
            if row is None:
                return
            row.state = hoststate.given_back(row.state)
            if host and link is not None:
                self._one("UPDATE links SET host = ? WHERE id = ?", self._host_id(host), link)

    def put_off(self, job: Job, due: datetime | None) -> None:
        """Gives the job back, unasked, to be asked at `due` at the earliest; None: not before a source finds it."""
        with self._transaction(), self._ending(job) as (link, host):
            if host is not None:
                host.state = hoststate.given_back(host.state)
                at = stored_up(due) if due is not None else None
                self._one("UPDATE links SET due = ? WHERE id = ?", at, link)

    def put_off_all(self, source: str, by: datetime, due: datetime | None, *, kept: bool = False) -> None:
        """What the source has that was due by then and is not under way is due at `due`, or not before a source finds
        it; with `kept` only what is kept."""
        which = f"source = ? AND due <= ? AND lease IS NULL{' AND kept' if kept else ''}"
        values = (storable(source), stored_time(by))
        with self._transaction():
            hosts = self._all(f"SELECT DISTINCT host FROM links WHERE {which}", values)  # noqa: S608 - our own words
            at = stored_up(due) if due is not None else None
            self._one(f"UPDATE links SET due = ? WHERE {which}", at, *values)  # noqa: S608 - our own words, values apart
            self._refresh(host for (host,) in hosts)

    def retry_failed(self, due: datetime | None = None) -> int:
        """All that failed is due now, or at `due`, and our back-off from its hosts ends; how many."""
        at = stored_time(due) if due is not None else self._now()
        with self._transaction():
            failed = "failures > 0 AND lease IS NULL"
            hosts = self._all(f"SELECT host, count(*) FROM links WHERE {failed} GROUP BY host", ())  # noqa: S608 - our own words
            self._one(f"UPDATE links SET due = ? WHERE {failed}", at)  # noqa: S608 - our own words
            for host, _ in hosts:
                with self._changing(host) as row:
                    row.state = hoststate.forgiven(row.state)
        return sum(count for _, count in hosts)

    # ------------------------------------------------------------------------------------------------ hosts

    def learned(self, host: str, delay: float) -> None:
        """The host's rules name this many seconds between pages; 0: none."""
        if self.host(host).delay != delay:
            with self._transaction(), self._changing(self._host_id(host)) as row:
                row.state = hoststate.learned(row.state, delay)

    # ------------------------------------------------------------------------------------------------ leases

    @contextmanager
    def _ending(self, job: Job) -> Iterator[tuple[int | None, HostRow | None]]:
        """Ends the job's lease: its article and its host's row, to be changed; no host if it is ours no more."""
        lease = self._one("SELECT link, host FROM leases WHERE id = ?", job.id)
        if lease is None:
            yield None, None
            return
        with self._lease_ending(job.id, *lease) as row:
            yield lease[0], row

    @contextmanager
    def _lease_ending(self, lease: int, link: int | None, host: int) -> Iterator[HostRow]:
        self._one("DELETE FROM leases WHERE id = ?", lease)
        self._one("UPDATE links SET lease = NULL WHERE id = ?", link)
        with self._changing(host) as row:
            row.flying -= 1
            yield row
        # The article may have been joined with one of another host since.
        self._refresh(
            other for (other,) in self._all("SELECT host FROM links WHERE id = ? AND host != ?", (link, host))
        )

    def _expire(self, now: int) -> None:
        """Leases that ran out: their articles wait again."""
        for lease in self._all("SELECT id, link, host FROM leases WHERE until <= ?", (now,)):
            with self._lease_ending(*lease) as row:
                row.state = hoststate.given_back(row.state)

    def _take_over(self, rest: timedelta) -> None:
        """The leases of a run that was killed end, and its hosts rest. How many pages a host may have under way is this
        run's to say."""
        now = self._clock()
        with self._transaction():
            for lease in self._all("SELECT id, link, host FROM leases", ()):
                with self._lease_ending(*lease) as row:
                    seconds = max(rest.total_seconds(), row.state.delay)
                    row.state = hoststate.given_back(hoststate.resting(row.state, now + timedelta(seconds=seconds)))
            self._set_right(now)

    def _set_right(self, now: datetime) -> None:
        """A clock that went ahead, and was corrected since, has left times that nothing could have led to."""
        latest = stored_up(now + 2 * LONGEST_REST)
        ahead = self._all("SELECT id FROM hosts WHERE free_at > ? OR backoff_until > ?", (latest, latest))
        for (host,) in ahead:
            with self._changing(host) as row:
                row.state = replace(row.state, free_at=LONG_AGO, backoff_until=LONG_AGO)
        self._one("DELETE FROM rules WHERE until > ?", latest)
        if not ahead and not self._all("SELECT 1 FROM sources WHERE at > ? LIMIT 1", (latest,)):
            return
        at = stored_time(now)
        hosts = self._all("SELECT DISTINCT host FROM links WHERE asked > ? AND due > ?", (at, at))
        self._one("UPDATE links SET due = ? WHERE asked > ? AND due > ?", at, at, at)
        self._refresh(host for (host,) in hosts)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while batch := list(islice(left, BATCH)):
        yield batch
