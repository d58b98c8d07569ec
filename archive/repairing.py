"""What is damaged, made as whole as it can be: from what is left of it, and from other copies.

A damaged file is never changed: it goes to `damaged/`, and a file of its whole records, to the byte, takes its place
under its name, so that names keep telling the order in which pages were kept. What other copies have of the lost
records goes in where it stood.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct, field, to_builtins
from msgspec.structs import replace

from archive import manifest, mounts, rows
from archive.agreement import Reader
from archive.checking import Kind, Problem, digest_of
from archive.disk import Disk, told
from archive.errors import DamageError, NotKeptError, TearsheetError
from archive.fixity import Watch, verify_collection
from archive.lock import Lock
from archive.manifest import Entry, Event, Manifest
from archive.opening import make_folder, make_folders
from archive.rebuild import rebuild_locked
from archive.regrouping import encoded, end_of
from archive.repairing_imported import Imported, Lost, Mended, is_imported
from archive.salvaging import Salvage, Source, ends_group, member, pieces, salvage, same, together
from archive.warc.joined import part_name
from archive.warc.writer import name_key

ASIDE = "damaged"
_OF_A_FILE = frozenset({Kind.DAMAGE, Kind.CHANGED, Kind.MISSING, Kind.UNREADABLE})
_TO_REBUILD = frozenset({Kind.DERIVED, Kind.MISSING})


__all__ = ["ASIDE", "Asked", "Lost", "Mended", "Repair", "repair"]


class Repair(Struct):
    """What came of it. `left` is what nobody but a person can mend."""

    files: list[Mended] = field(default_factory=list)
    rebuilt: bool = False
    left: list[Problem] = field(default_factory=list)

    @property
    def lost(self) -> int:
        return sum(len(mended.lost) or bool(mended.gaps) for mended in self.files)

    @property
    def exit_code(self) -> int:
        return DamageError.exit_code if self.lost or self.left else 0

    def as_dict(self) -> dict[str, Any]:
        plain: dict[str, Any] = to_builtins(self)
        return {"kind": "repair", "lost": self.lost} | plain


class Asked(Struct, frozen=True):
    """`copies` are folders that hold another copy of the collection, or files of one. `dry`: nothing is written."""

    copies: tuple[Path, ...] = ()
    dry: bool = False
    tell: Callable[[str], None] = lambda _: None
    watch: Watch = Watch()
    disk: Disk = field(default_factory=Disk)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def repair(folder: Path, asked: Asked) -> Repair:
    """Checks a collection, mends its files, makes again what is derived. Raises NotKeptError, LockedError,
    StorageError, and UsageError for a collection with a store."""
    if not folder.is_dir():
        raise NotKeptError(f"there is no collection {folder}")
    mounts.refuse(folder, "repair")
    if asked.dry:
        return _Repairer(folder, asked).plan()
    with Lock(folder / "lock").acquire():
        make_folders(folder, asked.disk)
        return _Repairer(folder, asked).run()


class _Repairer:
    def __init__(self, folder: Path, asked: Asked) -> None:
        self._folder = folder
        self._asked = asked
        self._disk = asked.disk
        self._known = manifest.present(folder / manifest.NAME)
        self._manifest = Manifest(folder, asked.disk, asked.clock)

    def plan(self) -> Repair:
        """What would be done: nothing is written."""
        found, made = verify_collection(self._folder, self._asked.watch), Repair()
        made.left = [problem for problem in found.bad if problem.kind not in (_OF_A_FILE | _TO_REBUILD)]
        for name in _files(found.bad):
            if is_imported(name):
                made.files.append(self._imported(name).look())
            else:
                made.files.append(self._mended(name, self._whole_copy(name), self._salvaged(name)))
        made.rebuilt = bool(made.files) or any(problem.kind in _TO_REBUILD for problem in found.bad)
        return made

    def run(self) -> Repair:
        self._asked.tell("checking what is there")
        found, made = verify_collection(self._folder, self._asked.watch), Repair()
        for name in _files(found.bad):
            self._asked.tell(f"mending {name}")
            mended = self._mend_imported(name) if is_imported(name) else self._mend(name)
            if mended is not None:
                made.files.append(mended)
        if made.files or any(problem.kind in _TO_REBUILD for problem in found.bad):
            rebuild_locked(self._folder, self._disk, self._asked.tell)
            made.rebuilt = True
        if made.rebuilt or found.bad:
            self._asked.tell("checking what there is now")
            made.left = verify_collection(self._folder, self._asked.watch).bad
        return made

    # ------------------------------------------------------------------------------------------------ one file

    def _mend(self, name: str) -> Mended | None:
        """None where nothing can be done, and nothing was."""
        copy, salvage = self._whole_copy(name), self._salvaged(name)
        mended = self._mended(name, copy, salvage)
        path = self._folder / name
        if copy is None and not salvage.gaps:
            return None
        part = path.with_name(part_name(path.name))
        if copy is not None:
            self._write(part, pieces(copy))
        elif salvage.records:
            self._write(part, (piece for source in salvage.records for piece in member(source)))
        aside = self._set_aside(path)
        if part.exists():
            self._disk.rename(part, path)
        elif path.exists():
            self._disk.unlink(path)
        self._disk.fsync_dir(path.parent)
        entry = self._manifest.entry(Event.REPAIRED, name) if path.exists() else self._manifest.removed(name, aside)
        self._manifest.add([_because(entry, mended)])
        return _with(mended, aside, self._exact(name, entry))

    def _imported(self, name: str) -> Imported:
        return Imported(self._folder, name, self._known.get(name), list(self._copies(name)))

    def _mend_imported(self, name: str) -> Mended | None:
        """An imported file keeps its records where they lie, since ours tell of the places."""
        imported = self._imported(name)
        mended = imported.look()
        if not imported.is_better:
            return mended if mended.lost else None
        path = self._folder / name
        part = path.with_name(part_name(path.name))
        self._write(part, imported.pieces())
        aside = self._set_aside(path)
        self._disk.rename(part, path)
        self._disk.fsync_dir(path.parent)
        entry = self._manifest.entry(Event.REPAIRED, name)
        exact = self._exact(name, entry)
        if not exact:
            known = self._known.get(name)
            self._manifest.add([_because(replace(entry, of=known.of if known is not None else ""), mended)])
        return _with(mended, aside, exact)

    def _exact(self, name: str, entry: Entry) -> bool:
        known = self._known.get(name)
        return known is not None and (known.size, known.sha256) == (entry.size, entry.sha256)

    def _mended(self, name: str, copy: Path | None, salvage: Salvage) -> Mended:
        if copy is not None:
            return Mended(name, f"taken whole from {copy}", exact=True)
        stored = [source for source in salvage.records if not source.member]
        saved = sum(source.ours for source in stored)
        taken = len(stored) - saved
        if not salvage.gaps:
            return Mended(
                name, "left as it is: no copy of it is what the manifest says", gaps=("it is not what it was",)
            )
        how = f"{saved} records saved" + (f", {taken} taken from other copies" if taken else "")
        lost = tuple(self._lost(name, salvage))
        gaps = () if taken and not lost else tuple(salvage.gaps)
        return Mended(name, how, saved=saved, taken=taken, lost=lost, gaps=gaps)

    def _write(self, part: Path, pieces: Iterator[bytes]) -> None:
        self._disk.unlink(part)
        with self._disk.open_append(part, new=True) as file:
            for piece in pieces:
                file.write(piece)
            file.fsync()

    def _set_aside(self, path: Path) -> str:
        """Where the file lies as well from now on, relative to the collection's folder; "" where there is none."""
        if not path.exists():
            return ""
        stamp = f"{self._asked.clock():%Y%m%d%H%M%S}"
        target = self._folder / ASIDE / path.parent.name / f"{path.name}.{stamp}"
        make_folder(target.parent, self._disk)
        with told(target):
            target.unlink(missing_ok=True)
            try:
                os.link(path, target)
            except OSError:
                # A file system without links.
                shutil.copyfile(path, target)
        self._disk.fsync_dir(target.parent)
        return str(target.relative_to(self._folder))

    # ------------------------------------------------------------------------------------------------ what is left

    def _copies(self, name: str) -> Iterator[Path]:
        last = name.rpartition("/")[2]
        imported = is_imported(name)
        for given in self._asked.copies:
            places = [given] if given.is_file() else [given / name, given / last, *given.glob(f"collections/*/{name}")]
            for place in places:
                # A file of another tool may be called otherwise where it came from.
                if (place.name == last or imported) and place.is_file() and not same(place, self._folder / name):
                    yield place

    def _whole_copy(self, name: str) -> Path | None:
        """A copy that is what the manifest says, or, where it says nothing, one that is whole."""
        entry = self._known.get(name)
        for copy in self._copies(name):
            with told(copy), copy.open("rb") as file:
                size, sha256 = os.fstat(file.fileno()).st_size, digest_of(file)
            if entry is not None and (size, sha256) == (entry.size, entry.sha256):
                return copy
            if entry is None and not (self._folder / name).exists() and not salvage(copy, False).gaps:
                return copy
        return None

    def _salvaged(self, name: str) -> Salvage:
        path = self._folder / name
        found = salvage(path, True) if path.exists() else Salvage(gaps=["the file is not there"])
        for copy in self._copies(name):
            merged = together(found.records, salvage(copy, False).records)
            if len(merged) > len(found.records) and not found.gaps:
                found.gaps.append("records were taken out of it")
            found.records = merged
        if found.gaps and name_key(path.name)[0]:
            found.records = self._ended(name, found)
        return found

    def _ended(self, name: str, found: Salvage) -> list[Source]:
        """The records, less those of page groups whose end is lost; where the catalog knows the page, its end is made
        again from that."""
        ended: list[Source] = []
        run: list[Source] = []

        def end() -> None:
            if not run:
                return
            page_id = run[-1].record.header("WARC-Page-ID") or ""
            made = end_of(self._folder, name, page_id, [source.record for source in run])
            if made is None:
                found.gaps.append(f"{len(run)} records of page {page_id} are not taken over: its end is lost")
            else:
                found.gaps.append(f"the end of page {page_id} is made again from what the catalog knows of it")
                ended.extend(run)
                ended.append(Source(run[0].path, run[0].record, True, encoded(made)))
            run.clear()

        for source in found.records:
            record = source.record
            if run and run[-1].record.header("WARC-Page-ID") != record.header("WARC-Page-ID"):
                end()
            if record.type == "warcinfo":
                ended.append(source)
                continue
            run.append(source)
            if ends_group(record):
                ended.extend(run)
                run.clear()
        end()
        return ended

    def _lost(self, name: str, salvage: Salvage) -> Iterator[Lost]:
        """What the catalog knows of the file's captures and pages, less what there is."""
        kind, _, last = name.partition("/")
        there = {source.record.record_id for source in salvage.records}
        ended = {
            source.record.header("WARC-Page-ID")
            for source in salvage.records
            if source.member or source.record.type == "metadata"
        }
        try:
            with closing(Reader(self._folder)) as reader:
                where = "JOIN warcs w ON w.id = x.warc WHERE w.folder = ? AND w.name = ?"
                sql = f"SELECT x.* FROM captures x {where} ORDER BY x.offset"  # noqa: S608 - our own words
                for row in reader.each(sql, kind, last):
                    if row["record_id"] not in there:
                        time = rows.iso(rows.from_milliseconds(row["time"]))
                        yield Lost(row["url"], time, row["role"], row["record_id"])
                sql = f"SELECT x.* FROM pages x {where} ORDER BY x.offset"  # noqa: S608 - our own words
                for row in reader.each(sql, kind, last):
                    if row["page_id"] not in ended:
                        time = rows.iso(rows.from_milliseconds(row["captured_at"]))
                        yield Lost(row["final_url"], time, "page group", row["page_id"])
        except TearsheetError:
            return


def _files(problems: Sequence[Problem]) -> list[str]:
    """The WARC files that something is wrong with, in the order in which they were told."""
    found = {
        problem.file: None
        for problem in problems
        if problem.kind in _OF_A_FILE and problem.file.startswith(("archive/", "quarantine/"))
    }
    return list(found)


def _because(entry: Entry, mended: Mended) -> Entry:
    lost = f"; lost: {len(mended.lost)} captures and pages" if mended.lost else ""
    return replace(entry, why=mended.how + lost)


def _with(mended: Mended, aside: str, exact: bool) -> Mended:
    return replace(mended, aside=aside, exact=exact)
