"""What of a collection's WARC files goes for good, and what stays: found by reading them, nothing is changed.

A page that is taken out goes with all its records but those that other pages need: requisites that another page has
stored, found unchanged or shares. A revisit that stays and whose original goes becomes a response with the original's
payload, and later ones refer to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct, field

from archive.captures import Place, head_fields
from archive.derive import View, derive
from archive.disk import Disk
from archive.errors import DamageError, WarcError
from archive.exclusions import OF_OTHERS, Exclusions, plain
from archive.models import Role
from archive.opening import closed_names
from archive.rows import ARCHIVE, QUARANTINE
from archive.warc.fields import bare_uri, read_date
from archive.warc.foreign import ENDINGS, Found, Misshapen, foreign_records, known_id
from archive.warc.group import GroupData, PartData
from archive.warc.reader import StoredRecord, read_records
from archive.warc.writer import name_key

_ANSWERS = frozenset({"response", "revisit", "resource"})
Tell = Callable[[str], None]


class Lying(Struct, frozen=True):
    """Where a record lies."""

    path: Path
    offset: int


class Heir(Struct, frozen=True):
    """The revisit that becomes a response: what others refer to from then on. `original` is where the payload lies."""

    record_id: str
    url: str
    date: str
    original: Lying


class Touched(Struct):
    """An imported file: the offsets of records that go, and how many of each type."""

    gone: set[int] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    gaps: int = 0


class Decided(Struct):
    """What was found. `gone` are the ids of `pages` pages, and of those of which something was left before; `needed`
    are addresses of their requisites that stay, `purged` the records that go, by id, `named` their ids by address and
    time, `heirs` by the id of the original that goes. `texts` are names of the pages' texts."""

    taken: Exclusions
    pages: int = 0
    gone: set[str] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)
    purged: dict[str, Lying] = field(default_factory=dict)
    named: dict[tuple[str, datetime], str] = field(default_factory=dict)
    heirs: dict[str, Heir] = field(default_factory=dict)
    foreign: dict[str, Touched] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)

    def takes(self, url: str) -> bool:
        return self.taken.of(plain(url)) is not None

    def goes(self, part: PartData, page_id: str) -> bool:
        """Whether an answer of a page group goes. Which pages need what of an imported file nobody knows: of that, what
        pages need stays unless its own address is taken."""
        if self.takes(part.url):
            return True
        if page_id not in self.gone:
            return False
        return part.role != Role.ROBOTS and not (
            part.role == Role.ASSET and (part.lies is not None or part.url in self.needed)
        )

    def original_of(self, refers: tuple[str, str, str]) -> str | None:
        """The id of the record that goes and that a revisit refers to; `refers` as in `referred`."""
        record_id, url, date = refers
        if record_id:
            return record_id if record_id in self.purged else None
        time = read_date(date)
        return self.named.get((url, time)) if url and time is not None else None


class Group(Struct, frozen=True):
    """A page group as it lies in a file of ours, its metadata record last."""

    kind: str
    records: tuple[StoredRecord, ...]
    data: GroupData

    @property
    def parts(self) -> dict[str, PartData]:
        """By the ids of their records."""
        return {part.record_id: part for part in self.data.parts if part.record_id is not None}


def groups_of(path: Path, kind: str) -> Iterator[StoredRecord | Group]:
    """The groups of a file of ours in order, and what stands between them. Raises DamageError: of what cannot be read,
    nobody can say whether it is to go."""
    run: list[StoredRecord] = []
    try:
        for record in read_records(path, strict=True):
            if record.type == "warcinfo":
                yield record
                continue
            run.append(record)
            data = record.group()
            if data is not None:
                yield Group(kind, tuple(run), data)
                run = []
    except WarcError as error:
        raise DamageError(f"{kind}/{error}; tearsheet repair comes first") from error
    if run:
        raise DamageError(f"{kind}/{path.name}: a page group has no end; tearsheet repair comes first")


def own_files(folder: Path, disk: Disk) -> Iterator[tuple[str, Path]]:
    for kind in (ARCHIVE, QUARANTINE):
        if disk.exists(folder / kind):
            for name in closed_names(folder / kind, disk):
                yield kind, folder / kind / name


def imported_files(folder: Path, disk: Disk) -> list[Path]:
    """Files of other tools in archive/."""
    place = folder / ARCHIVE
    names = disk.listdir(place) if disk.exists(place) else []
    return [place / name for name in names if name.endswith(ENDINGS) and not name_key(name)[0] and name[0] != "."]


def decide(folder: Path, taken: Exclusions, disk: Disk, tell: Tell) -> Decided:
    """Reads all WARC files of the collection, twice. Raises DamageError and StorageError."""
    found = Decided(taken)
    survey = _Survey(found)
    for kind, path in own_files(folder, disk):
        tell(f"looking through {kind}/{path.name}")
        for each in groups_of(path, kind):
            if isinstance(each, Group):
                survey.take(each)
    foreign = imported_files(folder, disk)
    for path in foreign:
        tell(f"looking through {ARCHIVE}/{path.name}")
        survey.take_imported(path)
    referring = _Referring(found, survey.maybe)
    for kind, path in own_files(folder, disk):
        for each in groups_of(path, kind):
            if isinstance(each, Group):
                referring.take(each)
    for path in foreign:
        referring.take_imported(path)
    referring.end()
    return found


class _Survey:
    """Which pages go, and which records with them, but for requisites: `maybe` are those, by record id."""

    def __init__(self, found: Decided) -> None:
        self._found = found
        self.maybe: dict[str, tuple[str, Lying]] = {}
        self._places: dict[str, set[int]] = {}

    def take(self, group: Group) -> None:
        found, data = self._found, group.data
        if self._is_gone(group):
            found.gone.add(data.page_id)
            found.pages += not (data.side or data.bare)
        by_id = group.parts
        for record in group.records:
            part = by_id.get(record.record_id)
            if part is None:
                continue
            lying = Lying(record.path, record.offset)
            if part.role == Role.ASSET and data.page_id in found.gone and not found.takes(part.url):
                self.maybe[record.record_id] = part.url, lying
            elif found.goes(part, data.page_id):
                self._goes(record.record_id, record.url, record.header("WARC-Date") or "", lying)
        if data.foreign is not None:
            places = self._places.setdefault(data.foreign.file, set())
            places |= {each.lies.offset for each in data.parts if each.lies and found.goes(each, data.page_id)}

    def _is_gone(self, group: Group) -> bool:
        found, data = self._found, group.data
        if data.purged:
            # What others needed of it may be needed no longer.
            return data.foreign is None
        if data.reread is not None and data.reread.page_id in found.gone:
            return True
        if data.bare:
            return found.takes(data.link.url)
        if data.side:
            return data.page_id in found.gone or (data.foreign is None and found.takes(data.link.url))
        views = [View(record, record.offset, record.length) for record in group.records]
        derived = derive(Place(group.kind, group.records[0].warc), views, data)
        gone = derived.page is not None and found.taken.takes_page(derived.page)
        if gone and derived.files is not None:
            found.texts.add(derived.files.name)
        return gone

    def _goes(self, record_id: str, url: str, date: str, lying: Lying) -> None:
        self._found.purged[record_id] = lying
        time = read_date(date)
        if time is not None:
            self._found.named[url, time] = record_id

    def take_imported(self, path: Path) -> None:
        """Records at an address that is taken, those of pages that go, and what belongs to these: their requests, and
        what is said of them."""
        found, touched = self._found, Touched()
        places, ids, urls = self._places.get(path.name, set()), set[str](), set[str]()
        for record in foreign(path, touched):
            if record.offset in places or (record.url and found.takes(record.url)):
                touched.gone.add(record.offset)
                ids.add(record.record_id)
                urls.add(record.url)
                if record.type in _ANSWERS:
                    date = record.header("WARC-Date") or ""
                    self._goes(known_id(record, path.name), record.url, date, Lying(path, record.offset))
        if not touched.gone:
            return
        for record in foreign(path, Touched()):
            beside = {record.header("WARC-Concurrent-To"), record.header("WARC-Refers-To")} - {None, ""}
            goes = record.offset in touched.gone
            if not goes and record.type not in _ANSWERS and record.type != "warcinfo":
                goes = record.url in urls or bool(beside & ids) or self._came_from(record)
            if goes:
                touched.gone.add(record.offset)
                touched.counts[record.type] += 1
        found.foreign[path.name] = touched

    def _came_from(self, record: Found) -> bool:
        return record.type == "request" and any(map(self._found.takes, referers(record.http_head)))


class _Revisit(Struct, frozen=True):
    """A revisit, less those that are sure to go; `part` is of a page that goes, and may be needed by others."""

    original: str
    heir: Heir
    part: PartData | None = None
    page_id: str = ""


class _Referring:
    """Which requisites others need, and which revisits that stay refer to what goes."""

    def __init__(self, found: Decided, maybe: dict[str, tuple[str, Lying]]) -> None:
        self._found = found
        self._maybe = maybe
        self._urls = {url for url, _ in maybe.values()}
        self._revisits: list[_Revisit] = []

    def take(self, group: Group) -> None:
        found, data = self._found, group.data
        gone = data.page_id in found.gone
        if not gone:
            wanted = [part.url for part in data.parts if part.role == Role.ASSET]
            found.needed |= self._urls.intersection((*wanted, *data.shared))
        by_id = group.parts
        for record in group.records:
            part = by_id.get(record.record_id)
            if record.type != "revisit" or part is None or found.takes(part.url):
                continue
            if not gone or part.role in OF_OTHERS:
                heir = record.record_id, record.url, record.header("WARC-Date") or ""
                self._revisit(heir, referred(record.header), part if gone else None, data.page_id)

    def take_imported(self, path: Path) -> None:
        gone = self._found.foreign[path.name].gone if path.name in self._found.foreign else set()
        for record in foreign(path, Touched()):
            if record.type == "revisit" and record.offset not in gone:
                heir = known_id(record, path.name), record.url, record.header("WARC-Date") or ""
                self._revisit(heir, referred(record.header))

    def _revisit(
        self, heir: tuple[str, str, str], refers: tuple[str, str, str], part: PartData | None = None, page_id: str = ""
    ) -> None:
        original = refers[0] if refers[0] in self._maybe else self._found.original_of(refers)
        if original is not None:
            lying = self._maybe[original][1] if original in self._maybe else self._found.purged[original]
            self._revisits.append(_Revisit(original, Heir(*heir, lying), part, page_id))

    def end(self) -> None:
        found = self._found
        for record_id, (url, lying) in self._maybe.items():
            if url not in found.needed:
                found.purged[record_id] = lying
        for each in self._revisits:
            stays = each.part is None or not found.goes(each.part, each.page_id)
            if stays and each.original in found.purged:
                found.heirs.setdefault(each.original, each.heir)


def foreign(path: Path, touched: Touched) -> Iterator[Found]:
    """The records of an imported file; stretches that cannot be read are counted. Raises DamageError where they cannot
    be read one by one."""

    def gap(error: WarcError) -> None:
        touched.gaps += 1

    try:
        yield from foreign_records(path, gap)
    except Misshapen as shape:
        raise DamageError(f"{ARCHIVE}/{path.name}: {shape.words}; tearsheet import takes such a file in") from shape


def referred(header: Callable[[str], str | None]) -> tuple[str, str, str]:
    """What a revisit refers to: id, address and date, "" where it does not say."""
    url = bare_uri(header("WARC-Refers-To-Target-URI") or "")
    return header("WARC-Refers-To") or "", url, header("WARC-Refers-To-Date") or ""


def referers(head: bytes) -> Sequence[str]:
    """What a request says that it was led by."""
    return [value for name, value in head_fields(head)[1] if name.lower() == "referer"]
