"""`tearsheet import`: WARC, ARC and WACZ files of any tool come into the collection."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

from archive.collection import Collection
from archive.disk import Disk
from archive.errors import DamageError, StorageError, UsageError, WarcError
from archive.importing import (
    Arrived,
    Arriving,
    Inbox,
    Known,
    arrived_entry,
    extract,
    room_for,
    take_up,
    take_up_line,
)
from archive.models import Capture, PageRow
from archive.opening import make_folder
from archive.placing import ImportedGroup
from archive.settings import RunInfo
from archive.sums import sums_of
from archive.wacz_reading import ListedPage, Wacz, is_zip
from archive.warc.foreign import Found, Kind, foreign_records, kind_of
from scraper import __version__
from scraper.import_natives import natives
from scraper.import_pages import Damaged, Grouping, Judge, NotKept, Source, judged_pages
from scraper.import_plan import Entry, Plan, chains, gather
from scraper.import_told import Asked, Outcome, Progress, Run, Told, summary_lines
from scraper.pooling import Read, page_reading
from scraper.quantity import size_text
from scraper.runlog import run_id, told_time, write_report
from scraper.running import now
from scraper.saying import say
from scraper.settings import Settings, agent

_AT_ONCE = 60
_ROOM = 50_000_000


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
    ours = natives(folder, run)
    info = RunInfo(f"tearsheet/{__version__}", agent(settings.fetch), settings.fetch.robots)
    say_ = (lambda words: None) if asked.quiet else say
    with page_reading(settings) as how, Collection.open(settings.archive, info, tell=say_) as collection:
        # The opening has brought in what they hold, and taken it to the store where there is one.
        for told in ours:
            run.tell(told)
        importer = Importer(collection, how, run, {told.sha256 for told in ours})
        for path in asked.files:
            if stopped():
                break
            importer.bring_in(path)
        importer.again()
    report = {"kind": "import", "begun": told_time(begun), "ended": told_time(now()), "stopped": stopped()}
    write_report(folder, run_id(begun), report | {"files": [told.as_dict(False) for told in run.told]})
    if not asked.json and not asked.quiet:
        print("\n".join(summary_lines(run)))
    return run.exit_code


class Importer:
    """Takes one file after the other. Those whose revisits refer to what is not there are tried again at the end, since
    another file of the same run may have brought it."""

    def __init__(self, collection: Collection, how: tuple[Read, int], run: Run, told_before: set[str]) -> None:
        """`how` pages are read, and how many at a time."""
        self._told_before = told_before
        self._collection = collection
        self._read, self._workers = how
        self._run = run
        self._known = Known(collection.path)
        self._inbox = Inbox(collection.path)
        self._progress = Progress(run.asked.quiet)
        self._later: list[tuple[Arrived, Told, Sequence[ListedPage]]] = []

    def bring_in(self, path: Path) -> None:
        """A file, or all that a WACZ holds."""
        size = path.stat().st_size
        self._need_room(path, size)
        self._progress(f"{path} ({size_text(size)})")
        if not is_zip(path):
            self._bring_in(Arriving(path, path.name), sums_of(path, Disk()).sha256, ())
            return
        try:
            with closing(Wacz(path)) as wacz:
                self._bring_in_wacz(wacz)
        except DamageError as error:
            told = Told(path.name)
            told.damaged(path.name, None, str(error))
            self._run.tell(told)

    def _need_room(self, path: Path, size: int) -> None:
        if not room_for(self._collection.path, size + _ROOM):
            raise StorageError(f"{path}: the disk has no room for {size_text(size)} more")

    def _bring_in_wacz(self, wacz: Wacz) -> None:
        listed = wacz.pages()
        for name in wacz.entries():
            if self._run.stopped():
                return
            of = f"{wacz.path.name}/{name}"
            self._need_room(wacz.path, wacz.size(name))
            try:
                path, sha256 = extract(wacz.pieces(name), self._collection.tmp, name.rpartition("/")[2])
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
        if sha256 in self._told_before:
            return
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
        try:
            arrived = self._inbox.take(arriving, told.sha256, kind, packed.append)
        except UsageError as lacking:
            told.damaged(arriving.of, None, str(lacking))
            self._run.tell(told)
            return
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
        take_up(self._collection.path, arrived)
        self._collection.up().result()
        manifest = self._collection.manifest
        assert manifest is not None
        line = arrived_entry(manifest, arrived)
        manifest.add([line])
        self._known.add(line)
        take_up_line(self._collection.path, arrived, Disk())
        told.outcome = Outcome.IMPORTED
        self._run.tell(told)

    def _gather(self, source: Source, told: Told) -> Plan:
        name = source.foreign.of

        def damaged(error: WarcError) -> None:
            told.damaged(name, error.offset, error.problem)

        def wrong(found: Found, words: str) -> None:
            told.damaged(name, found.offset, words)

        records = self._counted(foreign_records(source.path, damaged), told)
        return gather(records, source.path.name, self._original, wrong)

    def _counted(self, records: Iterator[Found], told: Told) -> Iterator[Found]:
        for record in records:
            told.records += 1
            self._progress(f"{told.of}: {100 * record.offset // max(told.size, 1)}% read")
            yield record

    def _count(self, plan: Plan, told: Told) -> None:
        told.skipped = dict(plan.skipped)
        told.bad_status = len(plan.bad)
        told.unresolved = len(plan.unresolved)

    def _keep(self, source: Source, plan: Plan, listed: Sequence[ListedPage], told: Told) -> bool:
        """False if it was stopped before the end."""
        found = chains(plan, listed)
        judge = Judge(source, self._collection, lambda page: self._read(page, None))
        grouping = Grouping(source, plan, found, now())

        def not_kept(one: NotKept | Damaged) -> None:
            page = one.chain.page
            if isinstance(one, Damaged):
                told.damaged(source.foreign.of, one.error.offset, one.error.problem)
            else:
                told.not_keep(page.url, one.verdict)

        waiting: deque[Future[PageRow | None]] = deque()
        judged = judged_pages(judge, found, self._workers, self._run.stopped)
        for group in grouping.groups(judged, not_kept):
            if self._run.stopped():
                break
            self._tally(group, told)
            self._progress(f"{told.of}: {told.pages} pages in, of {len(found)}")
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
