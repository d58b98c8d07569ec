"""A collection as Parquet: a folder of two tables, `captures` and `articles`, put in place when all is written.

Nothing takes the lock: the catalog is read as it is at one moment, and of what a run still writes nothing is in it.
Rows are sorted by partition and by index key, in bounded memory, so that the same collection gives the same bytes and
a query for an address or a host reads little. Files that a `pack` joins meanwhile let it start over.
"""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec.json
from msgspec import Struct, field

from archive import mounts
from archive.applying import read_group
from archive.cdxj import SortedLines
from archive.columnar.addresses import address_of
from archive.columnar.languages import three_letters
from archive.columnar.snapshot import Captured, Snapshot, Text
from archive.columnar.tables import ARTICLES, CAPTURES, Table, sync
from archive.derive import Place, digest, head_fields
from archive.disk import Disk, told
from archive.errors import NotKeptError, StorageError, UsageError, WarcError
from archive.rows import ARCHIVE, OK, from_milliseconds
from archive.urls import join, key, stamp
from archive.warc.reader import http_head_at
from archive.warc.writer import name_key

TABLES = ("captures", "articles")
_ATTEMPTS = 3
_TELL_EVERY = 100_000
_ASK_EVERY = 1000
_STAMP_DIGITS = 17
_MONTH_DIGITS = 6
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([A-Za-z0-9][A-Za-z0-9._:+-]{0,39})", re.IGNORECASE)
_SPACE = re.compile(r"\s")
_REDIRECTS = range(300, 400)
_ROW = 400
_INT16, _INT32 = range(-(1 << 15), 1 << 15), range(-(1 << 31), 1 << 31)


T = TypeVar("T")


class Run(Struct, frozen=True):
    """Who hears of it; `stopped` is asked whether to end early. `in_memory` is how many bytes of rows are sorted there
    at a time."""

    tell: Callable[[str], None] = lambda _: None
    stopped: Callable[[], bool] = lambda: False
    disk: Disk = field(default_factory=Disk)
    in_memory: int = 32 * 1024 * 1024


class Made(Struct, frozen=True):
    """What came of it; `size` in bytes."""

    path: Path
    captures: int
    articles: int
    files: int
    size: int


class Stopped(Exception):
    """Whoever asked wants no more of it; nothing is left behind."""


class _Moved(Exception):
    """A file that rows name was joined to others meanwhile."""


def export(folder: Path, name: str, target: Path, run: Run, *, force: bool = False) -> Made:
    """Writes the collection `name` in `folder` to the folder `target`; with `force` over an export that is there.

    Raises UsageError where something else is there, NotKeptError where nothing is closed, Stopped, DamageError and
    StorageError.
    """
    _check(target, force)
    for left in reversed(range(_ATTEMPTS)):
        try:
            with _part(target) as part:
                made = _write(folder, name, part, target, run)
                if run.stopped():
                    raise Stopped
                _take_place(part, target, run.disk)
            return made
        except _Moved:
            if left:
                run.tell("files were joined meanwhile: starting over")
    raise StorageError(f"{folder}: files are being joined (tearsheet pack): export it after that")


def _check(target: Path, force: bool) -> None:
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir():
        raise UsageError(f"{target} is a file: name a folder")
    names = {path.name for path in target.iterdir()}
    if names and not force:
        raise UsageError(f"{target} is there already; --force writes over it")
    if not names <= set(TABLES):
        raise UsageError(f"{target} holds other things than an export: name another folder")


@contextmanager
def _part(target: Path) -> Iterator[Path]:
    """The folder on the way, hidden beside where it is to be; whatever bears its name is removed before and after."""
    part = target.absolute().with_name(f".{target.absolute().name}.part")
    with told(part):
        if part.exists():
            shutil.rmtree(part)
        part.mkdir(parents=True)
        try:
            yield part
        finally:
            if part.exists():
                shutil.rmtree(part)


def _take_place(part: Path, target: Path, disk: Disk) -> None:
    target = target.absolute()
    before = target.with_name(f".{target.name}.before")
    with told(before):
        if before.exists():
            shutil.rmtree(before)
    if target.exists():
        disk.rename(target, before)
    try:
        disk.rename(part, target)
    except StorageError:
        if before.exists():
            disk.rename(before, target)
        raise
    disk.fsync_dir(target.parent)
    with suppress(OSError):
        shutil.rmtree(before)


def _write(folder: Path, name: str, part: Path, target: Path, run: Run) -> Made:
    sorting = part / "sorting"
    with told(sorting):
        sorting.mkdir()
    with Snapshot(folder) as snapshot:
        counts = snapshot.counts()
        if not any(counts):
            raise NotKeptError(f"{folder} holds no closed WARC file yet: there is nothing to export")
        writer = _Writer(snapshot, name, sorting, run)
        captures = _table(part / TABLES[0], CAPTURES, lambda table: writer.captures(table, counts[0]))
        articles = _table(part / TABLES[1], ARTICLES, lambda table: writer.articles(table, counts[1]))
        if any(not mounts.exists(folder / kind / file) for kind, file in snapshot.files()):
            raise _Moved
    with told(sorting):
        shutil.rmtree(sorting)
    sync(part)
    written = captures.written, articles.written
    return Made(
        target.absolute(),
        captures.written.rows,
        articles.written.rows,
        sum(each.files for each in written),
        sum(each.size for each in written),
    )


def _table(folder: Path, schema: Any, fill: Callable[[Table], None]) -> Table:
    with told(folder):
        folder.mkdir()
    table = Table(folder, schema)
    try:
        fill(table)
        table.finish()
    except BaseException:
        table.abandon()
        raise
    return table


class _Writer:
    """Fills the tables out of a snapshot."""

    def __init__(self, snapshot: Snapshot, name: str, sorting: Path, run: Run) -> None:
        self._snapshot = snapshot
        self._name = name
        self._sorting = sorting
        self._run = run

    def captures(self, table: Table, count: int) -> None:
        seen = self._counted("captures read", self._snapshot.captures(), count)
        with closing(SortedLines(map(self._capture_line, seen), self._sorting, self._run.in_memory)) as lines:
            for line in self._counted("captures written", lines, count):
                month, subset, surt, row = _split(line, 3)
                capture = msgspec.json.decode(row, type=Captured)
                table.add(self._partition(month, subset), _capture_row(surt, capture), _ROW + len(line))

    def articles(self, table: Table, count: int) -> None:
        with closing(SortedLines(map(_text_line, self._snapshot.texts()), self._sorting, self._run.in_memory)) as lines:
            for line in self._counted("articles written", lines, count):
                month, surt, row = _split(line, 2)
                text = msgspec.json.decode(row, type=Text)
                said = self._said(text)
                table.add(self._partition(month), _article_row(surt, text, said), _ROW + len(line) + 4 * len(said))

    def _partition(self, month: str, subset: str = "") -> tuple[tuple[str, str], ...]:
        crawl = ("crawl", f"{self._name}-{month[:4]}-{month[4:]}")
        return (crawl, ("subset", subset)) if subset else (crawl,)

    def _counted(self, what: str, rows: Iterable[T], count: int) -> Iterator[T]:
        for number, row in enumerate(rows, start=1):
            if number % _ASK_EVERY == 1 and self._run.stopped():
                raise Stopped
            if not number % _TELL_EVERY:
                self._run.tell(f"{what}: {number:,} of {count:,}")
            yield row

    def _capture_line(self, capture: Captured) -> bytes:
        self._read_head(capture)
        when = stamp(from_milliseconds(capture.time), _STAMP_DIGITS)
        # The time stands before the rest, so that captures of an address come in the order of time.
        head = f"{when[:_MONTH_DIGITS]} {_subset(capture)} {_word(key(capture.url))} {when} "
        return head.encode("ascii", "backslashreplace") + msgspec.json.encode(capture) + b"\n"

    def _read_head(self, capture: Captured) -> None:
        """Where a redirect leads, and the encoding that a page is said to be in, are in the record alone."""
        redirects = capture.status in _REDIRECTS and capture.record_type == "response"
        if not redirects and (capture.role != "page" or capture.record_type != "response"):
            return
        path = self._snapshot.folder / capture.folder / capture.warc
        try:
            head = http_head_at(path, capture.offset)
        except WarcError as error:
            if not mounts.exists(path):
                raise _Moved from error
            self._run.tell(f"damaged: {error}")
            return
        fields = {name.lower(): value for name, value in reversed(head_fields(head)[1])}
        if redirects and (location := fields.get("location")):
            capture.redirect = join(capture.url, location).encode("utf-8", "replace").decode("utf-8")
        if match := _CHARSET.search(fields.get("content-type", "")):
            capture.charset = match[1].upper()

    def _said(self, text: Text) -> str:
        """The text file. One that was moved meanwhile is made again from its records."""
        path = self._snapshot.folder / "text" / f"{text.file}.txt"
        with told(path):
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                content = b""
        if digest(content) != text.text_digest:
            place = Place(text.folder, text.warc)
            group = read_group(self._snapshot.folder, place, text.start)
            if group is None or group.files is None or digest(group.files.text) != text.text_digest:
                if not mounts.exists(self._snapshot.folder / place.folder / place.warc):
                    raise _Moved
                words = f"the text of {text.url} is no longer what it was: tearsheet verify tells more"
                raise WarcError(text.warc, text.start, words)
            content = group.files.text
        return content.decode("utf-8", "replace")


def _word(text: str) -> str:
    """Without white space: what a key is, but of some addresses that are none."""
    return _SPACE.sub("%20", text)


def _split(line: bytes, words: int) -> list[Any]:
    """The first words of a line, and the JSON at its end."""
    *found, rest = line.split(b" ", words)
    return [*(word.decode("ascii") for word in found), rest[rest.index(b"[") :]]


def _subset(capture: Captured) -> str:
    if capture.role == "robots":
        return "robotstxt"
    whole = capture.status in OK or (capture.record_type == "resource" and capture.status is None)
    return "warc" if capture.folder == ARCHIVE and capture.record_type != "revisit" and whole else "crawldiagnostics"


def _capture_row(surt: str, capture: Captured) -> tuple[Any, ...]:
    address = address_of(capture.url)
    host = address.host
    parts = (*host.parts[:5], *(None,) * 5)[:5]
    return (
        surt,
        capture.url,
        host.name,
        *parts,
        host.registry_suffix,
        host.registered_domain,
        host.private_suffix,
        host.private_domain,
        ".".join(host.parts) or None,
        address.protocol,
        address.port,
        address.path,
        address.query,
        capture.time,
        capture.status if capture.status in _INT16 else None,
        capture.redirect,
        capture.digest or None,
        capture.mime or None,
        _detected(capture),
        capture.charset,
        three_letters(capture.language) if capture.role == "page" else None,
        capture.truncated,
        _uuid(capture.record_id),
        f"{capture.folder}/{capture.warc}",
        capture.offset,
        capture.length,
        name_key(capture.warc)[0] or None,
        capture.record_type,
        capture.role,
        capture.verdict,
        capture.page_id,
    )


def _detected(capture: Captured) -> str | None:
    """An article was read as HTML, whatever its server called it; of all else nothing is known."""
    return "text/html" if capture.role == "page" and capture.verdict == "article" else None


def _uuid(record_id: str) -> bytes | None:
    try:
        return uuid.UUID(record_id.strip("<>")).bytes
    except ValueError:
        return None


def _text_line(text: Text) -> bytes:
    when = stamp(from_milliseconds(text.time), _STAMP_DIGITS)
    head = f"{when[:_MONTH_DIGITS]} {_word(key(text.url))} "
    return head.encode("ascii", "backslashreplace") + msgspec.json.encode(text) + b"\n"


def _article_row(surt: str, text: Text, said: str) -> tuple[Any, ...]:
    host = address_of(text.url).host
    return (
        surt,
        text.url,
        host.name,
        host.registered_domain,
        text.title,
        text.authors,
        _day(text.date),
        text.language,
        text.words if text.words in _INT32 else None,
        text.versions,
        said,
        text.text_digest,
        text.data_digest,
        text.first,
        text.time,
        text.state,
        text.state_time,
        text.source,
        text.page_id,
        f"text/{text.file}.txt",
        f"{text.folder}/{text.warc}",
    )


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None
