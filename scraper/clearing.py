"""What is excluded taken out of what lies beside the archive: the queue, reports and logs of runs."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from archive.disk import Disk, told
from archive.exclusions import Exclusions, Kind
from scraper import frontier_schema
from scraper.frontier_rows import LANES
from scraper.runlog import LOGS, REPORTS

_ADDRESS = re.compile(r"https?://[^\s\"'<>\\]+")
_ROUND_IT = ".,;:!?)]}"
_GONE = object()


class Mentions:
    """Whether a text names what is excluded: an address in it, or the host by itself."""

    def __init__(self, taken: Exclusions) -> None:
        self._taken = taken
        self._hosts = tuple(each.what for each in taken if each.kind is Kind.HOST)

    def __call__(self, text: str) -> bool:
        for match in _ADDRESS.finditer(text):
            for url in {match[0], match[0].rstrip(_ROUND_IT)}:
                if self._taken.of(url) is not None:
                    return True
        return any(text == host or text.endswith(f".{host}") for host in self._hosts)

    def less(self, value: Any) -> Any:
        """A JSON value without the items of lists and fields of objects that name it; `_GONE` where it does itself."""
        if isinstance(value, str):
            return _GONE if self(value) else value
        if isinstance(value, list):
            return [each for each in value if not self.within(each)]
        if isinstance(value, dict):
            left = {name: self.less(each) for name, each in value.items() if not self(name)}
            return {name: each for name, each in left.items() if each is not _GONE}
        return value

    def within(self, value: Any) -> bool:
        if isinstance(value, str):
            return self(value)
        if isinstance(value, list):
            return any(map(self.within, value))
        if isinstance(value, dict):
            return any(self(name) or self.within(each) for name, each in value.items())
        return False


def clear(folder: Path, taken: Exclusions, disk: Disk, tell: Callable[[str], None]) -> list[str]:
    """The files of a collection that were changed, by name. For the holder of the lock. Raises StorageError."""
    mentions = Mentions(taken)
    changed = []
    for path in sorted((folder / REPORTS).glob("*.json")):
        if _rewrite(path, _report(path, mentions), disk):
            changed.append(f"{REPORTS}/{path.name}")
    for path in sorted((folder / LOGS).glob("*.jsonl")):
        if _rewrite(path, _log(path, mentions), disk):
            changed.append(f"{LOGS}/{path.name}")
    for half in (folder / REPORTS).glob("*.tmp"):
        disk.unlink(half)
    if clear_queue(folder, taken, tell):
        changed.append(frontier_schema.NAME)
    return changed


def _rewrite(path: Path, data: bytes, disk: Disk) -> bool:
    with told(path):
        before = path.read_bytes()
    if data == before:
        return False
    if data:
        disk.write_atomic(path, data)
    else:
        disk.unlink(path)
    return True


def _report(path: Path, mentions: Mentions) -> bytes:
    """Nothing for a report that cannot be read: nobody can say what it names."""
    with told(path):
        data = path.read_bytes()
    try:
        report = json.loads(data)
    except (ValueError, RecursionError):
        return b""
    left = mentions.less(report)
    if left == report:
        return data
    return (json.dumps(left, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def _log(path: Path, mentions: Mentions) -> bytes:
    with told(path):
        lines = path.read_bytes().splitlines(keepends=True)
    return b"".join(line for line in lines if not _names(line, mentions))


def _names(line: bytes, mentions: Mentions) -> bool:
    try:
        return mentions.within(json.loads(line))
    except (ValueError, RecursionError):
        return True


# ------------------------------------------------------------------------------------------------------- the queue


def clear_queue(folder: Path, taken: Exclusions, tell: Callable[[str], None]) -> int:
    """How many articles and notes left the queue, of which nothing stays in its file. For the holder of the lock."""
    path = folder / frontier_schema.NAME
    if not path.exists():
        return 0
    db, _ = frontier_schema.opened(path, tell)
    with closing(db), frontier_schema.told(path):
        db.execute("PRAGMA secure_delete = ON")
        db.execute("BEGIN IMMEDIATE")
        try:
            count = _drop(db, taken)
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        # What was deleted before, without that word, may still lie in pages that are free, and in the log.
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return count


def _drop(db: sqlite3.Connection, taken: Exclusions) -> int:
    links = {link for link, url in _links(db) if taken.of(url) is not None}
    for link in links:
        db.execute("DELETE FROM links WHERE id = ?", (link,))
        for table in ("identities", "addresses", "leases"):
            db.execute(f"DELETE FROM {table} WHERE link = ?", (link,))  # noqa: S608 - our own names
    count = len(links)
    for table, column in (("documents", "url"), ("rules", "origin")):
        for (url,) in db.execute(f"SELECT {column} FROM {table}").fetchall():  # noqa: S608 - our own names
            if taken.of(url) is not None:
                db.execute(f"DELETE FROM {table} WHERE {column} = ?", (url,))  # noqa: S608 - our own names
                count += 1
    for link, via in db.execute("SELECT id, via FROM links WHERE via IS NOT NULL").fetchall():
        if taken.of(via) is not None:
            db.execute("UPDATE links SET via = NULL WHERE id = ?", (link,))
    hosts = {each.what for each in taken if each.kind is Kind.HOST}
    for number, name in db.execute("SELECT id, name FROM hosts").fetchall():
        if any(name == host or name.endswith(f".{host}") for host in hosts):
            db.execute("DELETE FROM hosts WHERE id = ? AND id NOT IN (SELECT host FROM links)", (number,))
    firsts = ", ".join(
        f"{lane} = (SELECT min(due) FROM links WHERE host = hosts.id AND kept = {kept} AND lease IS NULL)"  # noqa: S608 - our own names
        for kept, lane in LANES
    )
    db.execute(f"UPDATE hosts SET {firsts}")  # noqa: S608 - our own names
    return count


def _links(db: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    yield from db.execute("SELECT id, url FROM links")
    yield from db.execute("SELECT link, url FROM addresses")
