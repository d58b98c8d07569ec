"""The catalog's tables, as ordered migrations: `user_version` says how many of them a file has seen."""

from __future__ import annotations

import sqlite3

from archive.searching import apart

# Times are milliseconds since 1970 (UTC). Lists are JSON. `warcs.id` and `pages.id` follow from what they name, so that
# a rebuilt catalog has the same rows.
_FIRST = """
CREATE TABLE warcs (
    id INTEGER PRIMARY KEY,
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    indexed INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (name, folder)
);
CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE captures (
    url TEXT NOT NULL,
    time INTEGER NOT NULL,
    role TEXT NOT NULL,
    verdict TEXT NOT NULL,
    status INTEGER,
    mime TEXT NOT NULL,
    digest TEXT NOT NULL,
    record_id TEXT NOT NULL,
    record_type TEXT NOT NULL,
    warc INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    page_id TEXT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    refers_to TEXT,
    truncated TEXT,
    archived INTEGER NOT NULL,
    good INTEGER NOT NULL
);
CREATE INDEX captures_place ON captures (warc, offset);
CREATE INDEX captures_page ON captures (page_id);
CREATE INDEX captures_url ON captures (url, time);
CREATE INDEX captures_good ON captures (url, time) WHERE good;
CREATE INDEX captures_digest ON captures (digest) WHERE good AND record_type = 'response';
CREATE INDEX captures_record ON captures (record_id) WHERE archived AND record_type = 'response';

CREATE TABLE pages (
    id INTEGER PRIMARY KEY,
    page_id TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    final_url TEXT NOT NULL,
    original_url TEXT,
    host TEXT NOT NULL,
    kept INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    status INTEGER,
    title TEXT,
    authors TEXT NOT NULL,
    date TEXT,
    words INTEGER NOT NULL,
    text TEXT,
    version INTEGER,
    warc INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    start INTEGER NOT NULL,
    digest TEXT,
    captured_at INTEGER NOT NULL,
    requisites INTEGER NOT NULL,
    missing TEXT NOT NULL,
    source TEXT NOT NULL,
    via TEXT,
    attempts INTEGER NOT NULL,
    elapsed REAL NOT NULL,
    extractor TEXT NOT NULL
);
CREATE INDEX pages_host ON pages (host);
CREATE INDEX pages_verdict ON pages (verdict);
CREATE INDEX pages_kept ON pages (kept);
CREATE INDEX pages_place ON pages (warc, offset);

-- An address (asked for, answering or the article's own, less tracking) and the pages that bear it.
CREATE TABLE links (
    address TEXT NOT NULL,
    kept INTEGER NOT NULL,
    page INTEGER NOT NULL,
    PRIMARY KEY (address, kept, page)
) WITHOUT ROWID;

-- One row a text file without its ending, and one for each text that it has held. `file` is where a version lies now.
CREATE TABLE articles (
    text TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    version INTEGER NOT NULL,
    page INTEGER NOT NULL,
    title TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE versions (
    text TEXT NOT NULL,
    version INTEGER NOT NULL,
    file TEXT NOT NULL,
    page INTEGER NOT NULL,
    captured_at INTEGER NOT NULL,
    text_digest TEXT NOT NULL,
    data_digest TEXT NOT NULL,
    warc INTEGER NOT NULL,
    start INTEGER NOT NULL,
    PRIMARY KEY (text, version)
) WITHOUT ROWID;
CREATE INDEX versions_place ON versions (warc);

CREATE VIRTUAL TABLE search USING fts5 (title, body, tokenize = 'unicode61 remove_diacritics 2');
"""

# The page that a page is another reading of.
_REREADINGS = "ALTER TABLE pages ADD COLUMN rereads TEXT;"

# What lists are narrowed down by. The index of names knows words as the index of texts does. Rows of before this step
# have no `language` until a rebuild. `fresh` marks a page that brought what was not there: a text, or a page without
# one. A page's number without its hash is the millisecond of its commit, of which 86,400,000 make a day (UTC).
_LISTS = """
ALTER TABLE pages ADD COLUMN language TEXT;
ALTER TABLE pages ADD COLUMN fresh INTEGER NOT NULL DEFAULT 0;
UPDATE pages SET fresh = 1 WHERE kept AND verdict != 'unchanged' AND rereads IS NULL AND
    (text IS NULL OR id IN (SELECT page FROM versions));
CREATE VIRTUAL TABLE authors USING fts5 (names, tokenize = 'unicode61 remove_diacritics 2');
INSERT INTO authors (rowid, names) SELECT id, apart(authors) FROM pages WHERE authors != '[]';

DROP INDEX pages_host;
DROP INDEX pages_verdict;
CREATE INDEX pages_host ON pages (host, kept);
CREATE INDEX pages_verdict ON pages (verdict);
CREATE INDEX pages_source ON pages (source, kept);
CREATE INDEX pages_language ON pages (language, kept);
CREATE INDEX pages_day ON pages (coalesce(date, date(captured_at / 1000, 'unixepoch')));
CREATE INDEX pages_came ON pages ((id >> 20) / 86400000, verdict);
CREATE INDEX pages_fresh ON pages ((id >> 20) / 86400000, host) WHERE fresh;
CREATE INDEX pages_text ON pages (text) WHERE text IS NOT NULL;
CREATE INDEX pages_address ON pages (final_url, kept);
"""

# Quarantined pages that a person said were what was asked for, and the pages that they became.
_OVERRULINGS = """
CREATE TABLE overrulings (overruled TEXT PRIMARY KEY, page_id TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX overrulings_page ON overrulings (page_id);
"""

# What checks found of links; the metadata record of each group `page_id` says it first. `link` is the address as it is
# looked up by. Groups of which nothing but that was stored have no page.
_CHECKS = """
CREATE TABLE checks (
    page_id TEXT PRIMARY KEY,
    link TEXT NOT NULL,
    address TEXT NOT NULL,
    time INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    status INTEGER,
    moved_to TEXT,
    permanent INTEGER NOT NULL,
    similarity REAL,
    added INTEGER NOT NULL,
    struck INTEGER NOT NULL,
    corrections TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX checks_link ON checks (link, time);
"""

# What public archives were asked to keep, step by step; the metadata record of each group `page_id` says it first.
_SUBMISSIONS = """
CREATE TABLE submissions (
    page_id TEXT NOT NULL,
    archive TEXT NOT NULL,
    link TEXT NOT NULL,
    address TEXT NOT NULL,
    time INTEGER NOT NULL,
    step TEXT NOT NULL,
    reason TEXT NOT NULL,
    job TEXT NOT NULL,
    memento TEXT NOT NULL,
    memento_time INTEGER,
    due INTEGER,
    tries INTEGER NOT NULL,
    rests INTEGER NOT NULL,
    PRIMARY KEY (page_id, archive)
) WITHOUT ROWID;
CREATE INDEX submissions_link ON submissions (link, archive, time);
CREATE INDEX submissions_due ON submissions (due) WHERE due IS NOT NULL;
"""

# Pages of 4 KiB in the WAL before they are copied to where they belong, which waits for the medium thrice.
CHECKPOINT = 8000

MIGRATIONS = (_FIRST, _REREADINGS, _LISTS, _OVERRULINGS, _CHECKS, _SUBMISSIONS)


class NewerCatalog(Exception):
    """A later version of the program made it."""


def version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> bool:
    """Brings the file to the newest schema, each step in a transaction of its own (a new file in one), and says whether
    it is one that an earlier release made. Raises NewerCatalog."""
    connection.create_function("apart", 1, apart, deterministic=True)
    done = version(connection)
    if done > len(MIGRATIONS):
        raise NewerCatalog
    steps = list(enumerate(MIGRATIONS[done:], start=done + 1)) if done else [(len(MIGRATIONS), "\n".join(MIGRATIONS))]
    for number, script in steps:
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
    return 0 < done < len(MIGRATIONS)
