"""What the queue's file remembers besides addresses: what documents said of themselves, rules of robots.txt, how
sources did, and how far the catalog has been looked through."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from archive.models import Exchange
from archive.rows import storable
from scraper import hoststate
from scraper.frontier_rows import FrontierRows
from scraper.frontier_schema import opened_to_read, stored_time, time_of
from scraper.frontier_view import vain_note
from scraper.hoststate import LONG_AGO
from scraper.politeness import Rules
from scraper.sources.base import Validators

CATALOG = "catalog"
MOST_HOSTS = 50_000
MANY = 100
LONGEST_REST = timedelta(days=7)


class FrontierNotes(FrontierRows):
    """The writing side of it; each method is one transaction."""

    def remember(self, validators: Mapping[str, Validators], rules: Mapping[str, Rules]) -> None:
        """Validators by the document's address, rules by their origin."""
        if not validators and not rules:
            return
        with self._transaction():
            for url, each in validators.items():
                values = (storable(url), storable(each.etag), storable(each.last_modified))
                self._one("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", *values)
            for origin, rule in rules.items():
                text = zlib.compress(rule.text.encode("utf-8", "replace")) if rule.text is not None else None
                held = (origin, stored_time(rule.until), text, storable(rule.reason), rule.kind)
                self._one("INSERT OR REPLACE INTO rules VALUES (?, ?, ?, ?, ?)", *held)
            self._one("DELETE FROM rules WHERE until <= ?", self._now())

    def rest(self, host: str, until: datetime) -> None:
        """The host asked to be left alone until then: for all its addresses, in later runs too, a week at most."""
        with self._transaction(), self._changing(self._host_id(host)) as row:
            row.state = hoststate.resting(row.state, min(until, self._clock() + LONGEST_REST))

    def source_done(self, title: str, problem: str | None) -> bool:
        """A source was gone through; `problem` says how it failed. Whether that is news: it did not fail before."""
        found = self._one("SELECT problem FROM sources WHERE title = ?", title)
        with self._transaction():
            values = (title, storable(problem[:1000] if problem else problem), self._now())
            self._one("INSERT OR REPLACE INTO sources VALUES (?, ?, ?)", *values)
        return problem is not None and (found is None or found[0] is None)

    def in_vain(self, url: str) -> None:
        """Web archives were asked for this article, and have no good copy of it."""
        with self._transaction():
            self._one("INSERT OR REPLACE INTO notes VALUES (?, ?)", storable(vain_note(url)), self._now())

    def mended_up_to(self) -> int:
        """The number of the last row of the catalog that `mend` has seen; 0 at first."""
        found = self._one("SELECT value FROM notes WHERE name = ?", CATALOG)
        return int(found[0]) if found is not None else 0

    def mended(self, number: int) -> None:
        with self._transaction():
            self._one("INSERT OR REPLACE INTO notes VALUES (?, ?)", CATALOG, number)


class Memory:
    """What was remembered, for all threads of a run; and what is to be, until `flush` writes it.

    Without a queue nothing is remembered. Serves sources (`sources.base.Memory`, `walk.Rests`) and robots
    (`politeness.RulesMemory`).
    """

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._db = opened_to_read(path, any_thread=True)
        self._validators: dict[str, Validators] = {}
        self._rules: dict[str, Rules] = {}
        self._rests: dict[str, datetime] = {}
        self._read: dict[str, datetime] = {}

    def close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    @property
    def much(self) -> bool:
        """Whether so much waits to be written that it should be soon."""
        return bool(self._rests) or len(self._rules) + len(self._validators) >= MANY

    def flush(self, notes: FrontierNotes) -> dict[str, datetime]:
        """In the thread of the queue, once what the documents gave is in it. The rests that were noted since."""
        with self._lock:
            validators, rules, rests = self._validators, self._rules, dict(self._rests)
            self._validators, self._rules = {}, {}
        notes.remember(validators, rules)
        for host, until in rests.items():
            notes.rest(host, until)
        with self._lock:
            # Not before the queue has it: who asks meanwhile is told of it all the same.
            for host, until in rests.items():
                self._read.pop(host, None)
                if self._rests[host] == until:
                    del self._rests[host]
        return rests

    def get(self, url: str) -> Validators | None:
        with self._lock:
            row = self._found("SELECT etag, last_modified FROM documents WHERE url = ?", url)
        return Validators(*row) if row is not None else None

    def set(self, url: str, validators: Validators) -> None:
        with self._lock:
            self._validators[url] = validators

    def rules(self, origin: str) -> Rules | None:
        with self._lock:
            row = self._found("SELECT until, text, reason, kind FROM rules WHERE origin = ?", origin)
        if row is None:
            return None
        until, text, reason, kind = row
        try:
            return Rules(time_of(until), zlib.decompress(text).decode() if text is not None else None, reason, kind)
        except (zlib.error, ValueError, OverflowError):
            return None

    def keep_rules(self, origin: str, rules: Rules) -> None:
        with self._lock:
            self._rules[origin] = rules

    def unkept(self, origin: str) -> tuple[Exchange, ...]:
        """None: what was read in another run was stored there."""
        return ()

    def rests_until(self, host: str) -> datetime:
        """Until when the host is left alone, as far as is known: for what it asked, or for its failures."""
        with self._lock:
            read = self._read.get(host)
            if read is None:
                row = self._found("SELECT max(free_at, backoff_until) FROM hosts WHERE name = ?", host)
                read = time_of(row[0]) if row is not None else LONG_AGO
                if len(self._read) < MOST_HOSTS:
                    self._read[host] = read
            return max(read, self._rests.get(host, LONG_AGO))

    def changed(self, host: str) -> None:
        """The queue knows better of the host from now on."""
        with self._lock:
            self._read.pop(host, None)

    def rest(self, host: str, until: datetime) -> None:
        """The host asked to be left alone until then."""
        with self._lock:
            self._rests[host] = max(until, self._rests.get(host, until))

    def _found(self, sql: str, key: str) -> Any:
        with suppress(sqlite3.Error):
            if self._db is not None:
                return self._db.execute(sql, (storable(key),)).fetchone()
        return None
