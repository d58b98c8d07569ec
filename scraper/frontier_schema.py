"""The queue's file: tables, opening, and replacing one that cannot be used. It is operational and safe to lose."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from archive.errors import DamageError, StorageError
from archive.schema import CHECKPOINT

NAME = "queue.sqlite"
VERSION = 2
APPLICATION_ID = 0x7465_6172  # "tear": tells our file from anybody else's
_WAIT = 30.0
_CACHE = 8 * 1024  # KiB: identities come in no order, and each finds its place
_DAMAGED = (sqlite3.DatabaseError, UnicodeDecodeError)

# Times are milliseconds since 1970 (UTC).
SCHEMA = """
-- One row an article. `url` is what is asked for; `due` is null for what is never asked again; `lease` is not null
-- while it is under way. `failures` counts those in a row, `first_kept` is null for what was never kept, `depth` is how
-- many links of a site lie between its start and this one.
CREATE TABLE links (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    host INTEGER NOT NULL,
    source TEXT NOT NULL,
    via TEXT,
    due INTEGER,
    kept INTEGER NOT NULL DEFAULT 0,
    lease INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    verdict TEXT,
    reason TEXT,
    added INTEGER NOT NULL,
    asked INTEGER,
    first_kept INTEGER,
    depth INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX links_open ON links (host, kept, due) WHERE lease IS NULL AND due IS NOT NULL;
CREATE INDEX links_failed ON links (host) WHERE failures > 0;

CREATE TABLE identities (identity TEXT PRIMARY KEY, link INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX identities_link ON identities (link);

-- Other addresses of an article, as they were found.
CREATE TABLE addresses (link INTEGER NOT NULL, url TEXT NOT NULL, PRIMARY KEY (link, url)) WITHOUT ROWID;

-- What is under way. `link` is null once the article was joined with another that is under way too.
CREATE TABLE leases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    link INTEGER,
    host INTEGER NOT NULL,
    until INTEGER NOT NULL
);

-- `first_new` and `first_kept` are when its first link is due, of those never kept and of the others. `wakes`: 0 while
-- it may be asked, a time while it rests, null while as many of its pages are under way as may be.
CREATE TABLE hosts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    free_at INTEGER NOT NULL DEFAULT 0,
    backoff_until INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    circuit TEXT NOT NULL DEFAULT 'closed',
    delay REAL NOT NULL DEFAULT 0,
    flying INTEGER NOT NULL DEFAULT 0,
    wakes INTEGER DEFAULT 0,
    first_new INTEGER,
    first_kept INTEGER
);
-- What documents of sources said of themselves; rules of robots.txt, their text deflated; how each source did last.
CREATE TABLE documents (url TEXT PRIMARY KEY, etag TEXT, last_modified TEXT) WITHOUT ROWID;
CREATE TABLE rules (
    origin TEXT PRIMARY KEY, until INTEGER NOT NULL, text BLOB, reason TEXT NOT NULL, kind TEXT NOT NULL
);
CREATE TABLE sources (title TEXT PRIMARY KEY, problem TEXT, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE notes (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX hosts_new ON hosts (first_new) WHERE wakes = 0;
CREATE INDEX hosts_kept ON hosts (first_kept) WHERE wakes = 0;
CREATE INDEX hosts_wakes ON hosts (wakes) WHERE wakes > 0;
"""

_TABLES = {"links", "identities", "addresses", "leases", "hosts", "documents", "rules", "sources", "notes"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def stored_time(time: datetime) -> int:
    return (time - _EPOCH) // _MILLISECOND


def stored_up(time: datetime) -> int:
    """Rounded up: what rests until then is never asked a moment too early."""
    return -((_EPOCH - time) // _MILLISECOND)


def time_of(number: int) -> datetime:
    return _EPOCH + number * _MILLISECOND


@contextmanager
def told(path: Path) -> Iterator[None]:
    """SQLite's errors in our words."""
    try:
        yield
    except sqlite3.Error as error:
        raise in_our_words(path, error) from error


def in_our_words(path: Path, error: sqlite3.Error) -> StorageError | DamageError:
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        return DamageError(f"{path}: the queue cannot be read ({error}); delete it, the next run makes it anew")
    return StorageError(f"{path}: {error}")


def opened(path: Path, tell: Callable[[str], None]) -> tuple[sqlite3.Connection, bool]:
    """A connection that writes, and whether the queue had to be made anew."""
    problem = _problem(path)
    if problem is not None:
        if problem:
            tell(f"{path}: {problem}; a new queue takes its place")
        try:
            for ending in ("", "-wal", "-shm", "-journal"):
                path.with_name(path.name + ending).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from error
    with told(path):
        connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
            if problem is not None:
                pragmas = f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {VERSION};"
                connection.executescript(f"BEGIN IMMEDIATE;\n{SCHEMA}\n{pragmas}\nCOMMIT;")
        except BaseException:
            connection.close()
            raise
    return connection, problem is not None


def opened_to_read(path: Path, *, any_thread: bool = False) -> sqlite3.Connection | None:
    """A connection that only reads and never waits; None where there is no queue that could be read."""
    for options in ("mode=ro", "mode=ro&immutable=1"):  # the second where SQLite cannot make its files beside it
        connection = None
        with suppress(sqlite3.Error):
            connection = sqlite3.connect(
                f"file:{quote(str(path.absolute()))}?{options}",
                isolation_level=None,
                uri=True,
                check_same_thread=not any_thread,
            )
            if _mark(connection) == (APPLICATION_ID, VERSION):
                connection.execute("PRAGMA query_only = ON")
                return connection
        if connection is not None:
            connection.close()
    return None


def _problem(path: Path) -> str | None:
    """Why the file cannot be used, in words; "" where there is none or an empty one, None where it is good."""
    if not path.exists() or path.stat().st_size == 0:
        return ""
    connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
    try:
        mark = _mark(connection)
        if mark != (APPLICATION_ID, VERSION):
            ours = mark[0] == APPLICATION_ID
            return "made by another version of tearsheet" if ours else "not a queue of tearsheet's"
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables >= _TABLES:
            return "without some of its tables"
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        return None if found == "ok" else f"damaged ({found})"
    except sqlite3.OperationalError as error:
        raise StorageError(f"{path}: {error}") from error
    except _DAMAGED as error:
        return f"damaged ({error})"
    finally:
        connection.close()


def _mark(connection: sqlite3.Connection) -> tuple[int, int]:
    return (
        connection.execute("PRAGMA application_id").fetchone()[0],
        connection.execute("PRAGMA user_version").fetchone()[0],
    )
