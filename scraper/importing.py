"""`tearsheet import`: WARC, ARC and WACZ files of any tool come into the collection."""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

from archive.checking import Kind as Trouble
from archive.checking import check_file
from archive.collection import Collection
from archive.disk import Disk
from archive.errors import DamageError, StorageError, UsageError, WarcError
from archive.importing import (
    Arrived,
    Arriving,
    Inbox,
    Known,
    arrived_entry,
    bring_natives,
    is_native,
    room_for,
)
from archive.manifest import digest_of
from archive.models import Capture, PageRow
from archive.opening import make_folder
from archive.placing import ImportedGroup
from archive.settings import RunInfo
from archive.wacz_reading import ListedPage, Wacz, is_zip
from archive.warc.foreign import Found, Kind, foreign_records, kind_of
from scraper import __version__
from scraper.import_pages import Damaged, Grouping, Judge, NotKept, Source, judged_pages
from scraper.import_plan import Entry, Plan, chains, gather
from scraper.quantity import size_text
from scraper.runlog import run_id, told_time, write_report
from scraper.running import now
from scraper.saying import fit, say
from scraper.settings import Settings, agent
from scraper.workers import Readers

_AT_ONCE = 60
_MOST_TOLD = 1000
_ROOM = 50_000_000


class Asked(Struct, frozen=True):
    """How it was asked for."""

    files: tuple[Path, ...]
    dry_run: bool = False
    json: bool = False
    quiet: bool = False


class Outcome:
    """What became of a file."""

    IMPORTED = "imported"
    ALREADY = "already there"
    REFUSED = "refused"
    STOPPED = "stopped"
    WOULD = "would be imported"


class Told(Struct):
    """One file, or one file of a WACZ. `of` is what it was called, `stored` where it lies now. `not_kept` are pages
    with a verdict that keeps them out of the index; `damage` names file, offset and trouble; `notes` are worth
    knowing."""

    of: str
    outcome: str = Outcome.REFUSED
    stored: str = ""
    packed_anew: str = ""
    size: int = 0
    sha256: str = ""
    records: int = 0
    pages: int = 0
    articles: int = 0
    others: int = 0
    bad_status: int = 0
    unresolved: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    not_kept: list[dict[str, str]] = field(default_factory=list)
    damage: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def damaged(self, file: str, offset: int | None, problem: str) -> None:
        if len(self.damage) < _MOST_TOLD:
            self.damage.append({"file": file, "offset": offset, "problem": problem})

    def as_dict(self, dry_run: bool) -> dict[str, Any]:
        return {"kind": "import", "dry_run": dry_run} | asdict(self)


class Run(Struct):
    """All that was asked for."""

    asked: Asked
    stopped: Callable[[], bool]
    told: list[Told] = field(default_factory=list)

    def tell(self, told: Told) -> None:
        self.told.append(told)
        if self.asked.json:
            print(json.dumps(told.as_dict(self.asked.dry_run), ensure_ascii=False), flush=True)
        else:
            for line in file_lines(told, self.asked.quiet):
                print(fit(line), flush=True)

    @property
    def exit_code(self) -> int:
        return DamageError.exit_code if any(told.damage for told in self.told) else 0


def import_files(settings: Settings, asked: Asked, stopped: Callable[[], bool]) -> int:
    """The exit code: 5 where a file is damaged or none that can be read; the rest is imported all the same.

    Raises UsageError for what is no file, LockedError and StorageError.
    """
    for path in asked.files:
        if path.is_dir():
            raise UsageError(f"{path} is a folder: name the files in it, as in {path}/*.warc.gz")
        if not path.is_file():
            raise UsageError(f"{path} is no file")
    run = Run(asked, stopped)
    if asked.dry_run:
        from scraper.import_looking import look

        for path in asked.files:
            for told in look(path):
                run.tell(told)
        return run.exit_code
    begun = now()
    folder = settings.archive.root / "collections" / settings.archive.collection
    make_folder(folder, Disk())
    files = _natives(folder, run)
    workers = settings.read.workers or os.cpu_count() or 1
    info = RunInfo(f"tearsheet/{__version__}", agent(settings.fetch), settings.fetch.robots)
    say_ = (lambda words: None) if asked.quiet else say
    with Readers(settings.read) as readers, Collection.open(settings.archive, info, tell=say_) as collection:
        importer = Importer(collection, readers, workers, run)
        for path in files:
            if stopped():
                break
            importer.bring_in(path)
        importer.again()
    report = {"kind": "import", "begun": told_time(begun), "ended": told_time(now()), "stopped": stopped()}
    write_report(folder, run_id(begun), report | {"files": [told.as_dict(False) for told in run.told]})
    if not asked.json and not asked.quiet:
        print("\n".join(summary_lines(run)))
    return run.exit_code


def _natives(folder: Path, run: Run) -> list[Path]:
    """Files of ours are brought in first, as they are. Gives the others."""
    files = list(run.asked.files)
    natives = {path: digest_of(path, Disk())[1] for path in files if is_native(path, path.name)}
    known = Known(folder)
    new = []
    for path, sha256 in natives.items():
        there = known.find(sha256)
        if there is not None:
            run.tell(Told(path.name, Outcome.ALREADY, there.file, size=there.size, sha256=sha256))
        else:
            new.append((path, sha256))
    if new:
        for path, line in bring_natives(folder, new, Disk()):
            told = Told(path.name, sha256=natives[path])
            if isinstance(line, str):
                told.damaged(path.name, None, line)
            else:
                told.outcome, told.stored, told.size = Outcome.IMPORTED, line.file, line.size
                told.notes.append("a file of tearsheet's own: what it holds is kept as it was kept there")
                checked = check_file(path, path.name)
                told.records = checked.records
                for problem in checked.problems:
                    if problem.kind is not Trouble.NOTE:
                        told.damaged(path.name, problem.offset, problem.words)
            run.tell(told)
    return [path for path in files if path not in natives]


class Importer:
    """Takes one file after the other. Those whose revisits refer to what is not there are tried again at the end, since
    another file of the same run may have brought it."""

    def __init__(self, collection: Collection, readers: Readers, workers: int, run: Run) -> None:
        self._collection = collection
        self._readers = readers
        self._workers = workers
        self._run = run
        self._known = Known(collection.path)
        self._inbox = Inbox(collection.path)
        self._later: list[tuple[Arrived, Told, Sequence[ListedPage]]] = []

    def bring_in(self, path: Path) -> None:
        """A file, or all that a WACZ holds."""
        size = path.stat().st_size
        if not room_for(self._collection.path, size + _ROOM):
            raise StorageError(f"{path}: the disk has no room for {size_text(size)} more")
        if not self._run.asked.quiet and sys.stderr.isatty():
            say(f"{path} ({size_text(size)})")
        if not is_zip(path):
            self._bring_in(Arriving(path, path.name), digest_of(path, Disk())[1], ())
            return
        try:
            with closing(Wacz(path)) as wacz:
                self._bring_in_wacz(wacz)
        except DamageError as error:
            told = Told(path.name)
            told.damaged(path.name, None, str(error))
            self._run.tell(told)

    def _bring_in_wacz(self, wacz: Wacz) -> None:
        listed = wacz.pages()
        for name in wacz.entries():
            if self._run.stopped():
                return
            of = f"{wacz.path.name}/{name}"
            try:
                path, sha256 = self._inbox.extract(wacz.pieces(name), name.rpartition("/")[2])
            except DamageError as error:
                told = Told(of)
                told.damaged(of, None, str(error))
                self._run.tell(told)
                continue
            wacz.check(name, sha256)
            told = Told(of)
            for problem in wacz.problems:
                told.damaged(wacz.path.name, None, problem)
            wacz.problems.clear()
            self._bring_in(Arriving(path, of), sha256, listed, told)

    def _bring_in(
        self, arriving: Arriving, sha256: str, listed: Sequence[ListedPage], told: Told | None = None
    ) -> None:
        told = told or Told(arriving.of)
        told.sha256 = sha256
        line = self._known.find(sha256)
        if line is not None:
            told.outcome, told.stored, told.size = Outcome.ALREADY, line.file, line.size
            self._run.tell(told)
            return
        kind = kind_of(arriving.path)
        if kind is None:
            told.damaged(arriving.of, 0, "it is no WARC, ARC or WACZ file")
            self._run.tell(told)
            return
        self._take(arriving, told, kind, listed)

    def again(self) -> None:
        """What waited for other files."""
        for arrived, told, listed in self._later:
            if self._run.stopped():
                return
            self._index(arrived, told, listed, last=True)

    def _take(self, arriving: Arriving, told: Told, kind: Kind, listed: Sequence[ListedPage]) -> None:
        packed: list[WarcError] = []
        arrived = self._inbox.take(arriving, told.sha256, kind, packed.append)
        told.stored = f"archive/{arrived.foreign.file}"
        told.size, told.packed_anew = arrived.foreign.size, arrived.packed
        for error in packed:
            told.damaged(arriving.of, error.offset, f"{error.problem} (counted in what is unpacked)")
        self._index(arrived, told, listed)

    def _index(self, arrived: Arrived, told: Told, listed: Sequence[ListedPage], *, last: bool = False) -> None:
        source = Source(arrived.path, arrived.foreign, arrived.source)
        before = list(told.damage)
        plan = self._gather(source, told)
        if plan.unresolved and not last:
            told.damage, told.records = before, 0
            self._later.append((arrived, told, listed))
            return
        self._count(plan, told)
        if not self._keep(source, plan, listed, told):
            told.outcome = Outcome.STOPPED
            self._run.tell(told)
            return
        manifest = self._collection.manifest
        assert manifest is not None
        line = arrived_entry(manifest, arrived)
        manifest.add([line])
        self._known.add(line)
        told.outcome = Outcome.IMPORTED
        self._run.tell(told)

    def _gather(self, source: Source, told: Told) -> Plan:
        name = source.foreign.of

        def damaged(error: WarcError) -> None:
            told.damaged(name, error.offset, error.problem)

        def wrong(found: Found, words: str) -> None:
            told.damaged(name, found.offset, words)

        return gather(_counted(foreign_records(source.path, damaged), told), source.path.name, self._original, wrong)

    def _count(self, plan: Plan, told: Told) -> None:
        told.skipped = dict(plan.skipped)
        told.bad_status = len(plan.bad)
        told.unresolved = len(plan.unresolved)

    def _keep(self, source: Source, plan: Plan, listed: Sequence[ListedPage], told: Told) -> bool:
        """False if it was stopped before the end."""
        found = chains(plan, listed)
        judge = Judge(source, self._collection, self._readers.read)
        grouping = Grouping(source, plan, found, now())

        def not_kept(one: NotKept | Damaged) -> None:
            page = one.chain.page
            if isinstance(one, Damaged):
                told.damaged(source.foreign.of, one.error.offset, one.error.problem)
            elif len(told.not_kept) < _MOST_TOLD:
                told.not_kept.append({"url": page.url, "verdict": str(one.verdict.kind), "reason": one.verdict.reason})

        waiting: deque[Future[PageRow | None]] = deque()
        judged = judged_pages(judge, found, self._workers, self._run.stopped)
        for group in grouping.groups(judged, not_kept):
            if self._run.stopped():
                break
            self._tally(group, told)
            if group.data.side and self._collection.captures(group.data.page_id):
                continue
            waiting.append(self._collection.bring_in(group))
            while len(waiting) >= _AT_ONCE:
                waiting.popleft().result()
        for future in waiting:
            future.result()
        return not self._run.stopped()

    def _tally(self, group: ImportedGroup, told: Told) -> None:
        told.others += sum(part.role in ("asset", "robots") for part in group.data.parts)
        if not group.data.side:
            told.pages += 1
            told.articles += group.article is not None

    def _original(self, entry: Entry) -> Capture | None:
        """What a revisit refers to among what is kept already."""
        return self._collection.original_at(*entry.refers)


def _counted(records: Iterator[Found], told: Told) -> Iterator[Found]:
    for record in records:
        told.records += 1
        yield record


# ------------------------------------------------------------------------------------------------------- telling


def file_lines(told: Told, quiet: bool) -> Iterator[str]:
    """What a person reads of one file."""
    for problem in told.damage:
        where = problem["file"] if problem["offset"] is None else f"{problem['file']}, offset {problem['offset']}"
        yield f"damaged: {where}: {problem['problem']}"
    if quiet:
        return
    if told.outcome == Outcome.ALREADY:
        yield f"= {told.of}: it is there already ({told.stored})"
        return
    if told.outcome == Outcome.REFUSED:
        yield f"x {told.of}: nothing of it was imported"
        return
    sign = "~" if told.outcome == Outcome.STOPPED else "+"
    pages = _counted_words(told.pages, "page")
    texts = "" if told.outcome == Outcome.WOULD else f" ({told.articles} with a text)"
    held = f"{_counted_words(told.records, 'record')}, {pages}{texts}, {_counted_words(told.others, 'other answer')}"
    yield f"{sign} {told.of}: {held}" + (f"; now {told.stored}" if told.stored else "")
    if told.outcome == Outcome.STOPPED:
        yield "    stopped before the end: import it again, and it goes on"
    if told.packed_anew:
        yield f"    packed anew, one gzip member a record: {told.packed_anew}"
    yield from (f"    {note}" for note in told.notes)
    for page in told.not_kept:
        yield f"    not kept: {page['url']}: {page['verdict']}: {page['reason']}"
    if told.bad_status:
        yield f"    not in the index: {_counted_words(told.bad_status, 'answer')} with an error status, or none"
    if told.unresolved:
        yield f"    not in the index: {_counted_words(told.unresolved, 'revisit')} of answers that are not kept"
    for why, count in told.skipped.items():
        yield f"    not in the index: {count} {why}"


def summary_lines(run: Run) -> Iterator[str]:
    done = [told for told in run.told if told.outcome in (Outcome.IMPORTED, Outcome.WOULD)]
    already = sum(told.outcome == Outcome.ALREADY for told in run.told)
    refused = sum(told.outcome == Outcome.REFUSED for told in run.told)
    pages = _counted_words(sum(told.pages for told in done), "page")
    yield f"{_counted_words(len(done), 'file')} imported ({pages}), {already} there already, {refused} refused"
    if run.stopped():
        yield "stopped: what is imported stays; the rest can be imported again"


def _counted_words(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
