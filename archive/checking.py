"""One WARC file checked: every record read, both digests made, what is derived of it held against what there is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct, field

from archive import catalog, exclusions, mounts
from archive.agreement import Agreement, Expected, Reader, nothing
from archive.derive import Place, View, derive
from archive.errors import TearsheetError, UsageError, WarcError
from archive.warc import group as groups
from archive.warc.arc import is_arc
from archive.warc.fields import parse_fields
from archive.warc.foreign import is_zstd
from archive.warc.reader import LENIENT, StoredRecord, scan_in
from archive.warc.unzstd import Unzstd
from archive.warc.walk import Fault, Walked, Window, walk

_MOST_PROBLEMS = 1000
_PIECE = 1 << 18
_NOT_KEPT = "what the revisit refers to is not kept"


class Kind(StrEnum):
    """What is wrong, as far as it says what to do."""

    DAMAGE = "damage"
    """A record cannot be read, or is not what its digests say."""
    RULE = "rule"
    """A record breaks the standard, and can be read."""
    REVISIT = "revisit"
    """What a revisit refers to is not there."""
    DERIVED = "derived"
    """Index, pages list, catalog or text files are otherwise than the records."""
    CHANGED = "changed"
    """The file is whole, and not what it was when it was closed."""
    MISSING = "missing"
    """A file is not there."""
    MANIFEST = "manifest"
    """The manifest itself is broken, or does not know a file."""
    UNREADABLE = "unreadable"
    """The disk or the system does not give the file."""
    NOTE = "note"
    """Nothing is wrong with what is kept."""


class Problem(Struct, frozen=True):
    """`file` is relative to the collection's folder, or as it was named; `offset` in bytes; `record` is a record's id;
    `section` one of WARC 1.1."""

    kind: Kind
    file: str
    words: str
    offset: int | None = None
    record: str = ""
    section: str = ""


class Checked(Struct):
    """One file: `size` in bytes, `sha256` is "sha256:" and hex. `whole`: nothing of it was lost."""

    file: str
    size: int = 0
    sha256: str = ""
    records: int = 0
    whole: bool = True
    problems: list[Problem] = field(default_factory=list)
    expected: Expected = field(default_factory=nothing)
    answers: set[bytes] = field(default_factory=set)
    revisits: list[tuple[str, int, str, tuple[bytes, bytes]]] = field(default_factory=list)

    def take(self, inner: Checked) -> None:
        """What is true of a file that lies in this one."""
        self.records += inner.records
        self.whole = self.whole and inner.whole
        self.answers |= inner.answers
        self.revisits += inner.revisits
        for problem in inner.problems:
            self.add(problem)

    def add(self, problem: Problem) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)
        elif len(self.problems) == _MOST_PROBLEMS:
            self.problems.append(Problem(problem.kind, self.file, "there is more, which is not told"))


def check_file(path: Path, name: str, folder: Path | None = None) -> Checked:
    """A closed WARC file, called `name`. With the `folder` of its collection, `name` is archive/… or quarantine/…, and
    what is derived of it is checked as well. Raises nothing but what stops a process."""
    checked = Checked(name)
    try:
        with mounts.open_read(path) as file:
            window = Window(file)
            checked.size = len(window)
            try:
                _check(path, file, window, checked, folder)
            finally:
                checked.sha256 = window.digest()
    except (OSError, TearsheetError) as error:
        checked.whole = False
        words = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        checked.add(Problem(Kind.UNREADABLE, name, words))
    return checked


def digest_of(file: BinaryIO) -> str:
    """Of a whole file, from its beginning."""
    file.seek(0)
    found = hashlib.sha256()
    while piece := file.read(_PIECE):
        found.update(piece)
    return f"sha256:{found.hexdigest()}"


def _check_arc(file: BinaryIO, checked: Checked) -> Iterator[StoredRecord]:
    """ARC records bear no digests: what can be said is whether each can be read."""

    def tell(error: WarcError) -> None:
        checked.whole = False
        checked.add(Problem(Kind.DAMAGE, checked.file, error.problem, error.offset))

    for record in scan_in(file, Path(checked.file), LENIENT, tell):
        checked.records += 1
        yield record


def _check(path: Path, file: BinaryIO, window: Window, checked: Checked, folder: Path | None) -> None:
    if folder is None:
        if is_zstd(bytes(window[:4])):
            _check_zstd(path, checked)
            return
        for _ in check_foreign(file, window, checked):
            pass
        return
    directory, _, name = checked.file.partition("/")
    reader = Reader(folder)
    try:
        excluding = bool(exclusions.load(folder))
        agreement = Agreement(reader, Place(directory, name))
        if agreement.warc is None:
            checked.add(_of_catalog(f"it does not know {checked.file}"))
        elif agreement.size != checked.size:
            checked.add(_of_catalog(f"it gives {checked.file} {agreement.size} bytes, which has {checked.size}"))
        gathering = _Gathering(agreement, checked)
        for record in check_records(window, checked):
            if record.type == "revisit" and (trouble := _unresolved(reader, record)):
                kind = Kind.REVISIT
                if excluding and trouble.startswith(_NOT_KEPT):
                    kind, trouble = Kind.NOTE, f"{trouble}; it may be among what is excluded"
                checked.add(Problem(kind, checked.file, trouble, record.offset, record.record_id))
            gathering.take(record)
        gathering.end()
        checked.expected = agreement.expected
    finally:
        reader.close()


def _check_zstd(path: Path, checked: Checked) -> None:
    try:
        with Unzstd(path) as file:
            words = "it is packed with zstd: offsets are those in what it unpacks to"
            checked.add(Problem(Kind.NOTE, checked.file, words))
            if file.damage is not None:
                checked.whole = False
                checked.add(Problem(Kind.DAMAGE, checked.file, file.damage.problem, file.damage.offset))
            reader = BufferedReader(file, 1 << 20)
            for _ in check_foreign(reader, Window(reader), checked):
                pass
    except UsageError as error:
        checked.whole = False
        checked.add(Problem(Kind.UNREADABLE, checked.file, str(error)))


def check_foreign(file: BinaryIO, window: Window, checked: Checked) -> Iterator[Walked | StoredRecord]:
    """The records of a file that stands for itself, as far as they can be read; its revisits are remembered, for
    whoever knows what other files hold."""
    if is_arc(checked.file):
        yield from _check_arc(file, checked)
        return
    for record in check_records(window, checked):
        if record.type == "revisit":
            checked.revisits.append((checked.file, record.offset, record.record_id, _referred(record)))
        elif record.type in ("response", "resource"):
            checked.answers.update(_names(record))
        yield record


def check_records(window: Window, checked: Checked) -> Iterator[Walked]:
    """Every record that could be read; what is wrong goes into `checked`."""
    for found in walk(window):
        if isinstance(found, Fault):
            checked.whole = False
            checked.add(Problem(Kind.DAMAGE, checked.file, found.words, found.offset, found.record_id))
            continue
        checked.records += 1
        for words in found.wrong:
            checked.whole = False
            checked.add(Problem(Kind.DAMAGE, checked.file, words, found.offset, found.record_id))
        for breach in found.breaches:
            kind = Kind.RULE if breach.shall else Kind.NOTE
            checked.add(Problem(kind, checked.file, breach.words, found.offset, found.record_id, breach.section))
        yield found


def _of_catalog(words: str) -> Problem:
    return Problem(Kind.DERIVED, catalog.NAME, words)


class _Gathering:
    """Records of ours, brought together into page groups."""

    def __init__(self, agreement: Agreement, checked: Checked) -> None:
        self._agreement = agreement
        self._checked = checked
        self._run: list[Walked] = []
        self._page_id: str | None = None

    def take(self, record: Walked) -> None:
        if record.type == "warcinfo":
            return
        page_id = record.values.get("warc-page-id")
        if self._run and self._page_id != page_id:
            self._unfinished()
        self._page_id = page_id
        self._run.append(record)
        if record.type != "metadata" or page_id is None:
            return
        try:
            block = record.payload_bytes()
            if all(name != groups.GROUP_FIELD for name, _ in parse_fields(block)):
                return
            data = groups.load(block)
        except ValueError as error:
            self._damaged(str(error), record)
            return
        run, self._run = self._run, []
        if self._checked.whole:
            views = [View(each, each.offset, each.length) for each in run]
            for words in self._agreement.group(derive(self._agreement.place, views, data)):
                self._checked.add(_of_catalog(f"{words} ({self._checked.file}, offset {run[0].offset})"))

    def end(self) -> None:
        if self._run:
            self._unfinished()
        if self._checked.whole:
            for words in self._agreement.end():
                self._checked.add(_of_catalog(f"{words} ({self._checked.file})"))

    def _unfinished(self) -> None:
        self._damaged("a page group has no metadata record at its end", self._run[0])
        self._run = []

    def _damaged(self, words: str, record: Walked) -> None:
        self._checked.whole = False
        self._checked.add(Problem(Kind.DAMAGE, self._checked.file, words, record.offset, record.record_id))


# ------------------------------------------------------------------------------------------------------- revisits


def _unresolved(reader: Reader, revisit: Walked) -> str | None:
    """What is wrong with the place that a revisit of ours refers to, in words."""
    refers_to = revisit.header("WARC-Refers-To") or ""
    found = reader.one(
        "SELECT c.digest, w.folder || '/' || w.name AS file FROM captures c JOIN warcs w ON w.id = c.warc "
        "WHERE c.record_id = ? AND c.archived AND c.record_type = 'response' LIMIT 1",
        refers_to,
    )
    if found is None:
        return f"{_NOT_KEPT}: {refers_to or 'it names nothing'}"
    if found["digest"] != (revisit.header("WARC-Payload-Digest") or ""):
        return f"what the revisit refers to has another payload digest ({found['file']})"
    return None


def _names(record: Walked) -> set[bytes]:
    """By what a revisit may refer to the record: its id, or its address with its date."""
    return {_short(record.record_id), _short(record.header("WARC-Target-URI"), record.header("WARC-Date"))}


def _referred(record: Walked) -> tuple[bytes, bytes]:
    address, date = record.header("WARC-Refers-To-Target-URI"), record.header("WARC-Refers-To-Date")
    return _short(record.header("WARC-Refers-To")), _short(address, date)


def _short(*values: str | None) -> bytes:
    joined = "\n".join(value or "" for value in values)
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=12).digest()
