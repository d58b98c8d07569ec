"""What is excluded, taken out of the WARC files for good.

What is derived is made again without it first, as for any exclusion. Then every file that holds some of it is written
anew beside it (`archive/purge_writing.py`), and all of them take the places of the old ones at once
(`archive/superseding.py`). A closed file is never changed: its successor bears another name.
"""

from __future__ import annotations

import json
import re
import socket
from collections import Counter
from pathlib import Path

from msgspec import Struct, field

from archive import exclusions, manifest, mounts, superseding
from archive.disk import Disk, told
from archive.errors import DamageError, NotKeptError
from archive.excluding import Run
from archive.exclusions import Exclusion, Exclusions
from archive.lock import Lock
from archive.opening import make_folders
from archive.purge_deciding import Decided, Group, decide, groups_of, own_files
from archive.purge_groups import Left, Moved, Told, left_of
from archive.purge_writing import Anew, foreign_anew, own_anew, purged_name
from archive.rebuild import rebuild_locked
from archive.rows import ARCHIVE, QUARANTINE
from archive.superseding import Pair, Superseding, waiting
from archive.warc.group import Foreign
from archive.warc.records import WarcInfo
from archive.warc.walk import Walked, Window, walk

_ASIDE_TEXTS = "text-set-aside-*"
_ASIDE_WARCS = "damaged"
_STAMP = re.compile(r"\.\d{14}\Z")


class Rewritten(Struct, frozen=True):
    """A file that was written anew, as archive/… or quarantine/…, and what it is called now, "" where only said."""

    file: str
    now: str = ""


class Purged(Struct):
    """What went, or would. `records` counts by type, `responses` revisits that hold a payload now, since what they
    referred to went; `removed` are files beside the WARC files; `notes` is what a person should look at."""

    pages: int = 0
    records: dict[str, int] = field(default_factory=dict)
    responses: int = 0
    files: list[Rewritten] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return DamageError.exit_code if self.damage else 0

    def add(self, anew: Anew) -> None:
        self.records = dict(sorted((Counter(self.records) + anew.counts).items()))
        self.responses += anew.responses


class Asked(Struct, frozen=True):
    """`software` is who writes, for the files' first records."""

    what: tuple[Exclusion, ...]
    software: str


def would_purge(folder: Path, asked: Asked, run: Run) -> Purged:
    """What would go. Only reads, and needs no lock. Raises NotKeptError, DamageError and StorageError."""
    mounts.refuse(folder, "exclude --purge")
    decided = decide(folder, Exclusions(asked.what), run.disk, run.tell)
    return _Purger(folder, asked, run, decided).look()


def purge(folder: Path, asked: Asked, run: Run) -> Purged:
    """Takes it out for good. Whatever stops it, the next opening or the same request again ends it, and nothing else is
    lost. Raises LockedError, StorageError, and DamageError where a file must be repaired first."""
    if not folder.is_dir():
        raise NotKeptError(f"there is no collection {folder}")
    mounts.refuse(folder, "exclude --purge")
    with Lock(folder / "lock").acquire():
        make_folders(folder, run.disk)
        there = {(each.kind, each.what) for each in exclusions.load(folder)}
        for each in asked.what:
            if (each.kind, each.what) not in there:
                exclusions.note(folder, "exclude", each, run.clock(), run.disk)
        rebuilt = rebuild_locked(folder, run.disk, run.tell)
        if rebuilt.damage:
            raise DamageError(f"{rebuilt.damage[0]}; tearsheet repair comes first")
        decided = decide(folder, Exclusions(asked.what), run.disk, run.tell)
        return _Purger(folder, asked, run, decided).run()


class _Purger:
    def __init__(self, folder: Path, asked: Asked, run: Run, decided: Decided) -> None:
        self._folder = folder
        self._asked = asked
        self._run = run
        self._disk: Disk = run.disk
        self._decided = decided
        self._made = Purged(pages=decided.pages)
        self._told = Told(run.clock(), "; ".join(dict.fromkeys(each.reason for each in asked.what)))
        self._moved: dict[str, Moved] = {}

    def look(self) -> Purged:
        decided, made = self._decided, self._made
        counts = Counter[str]()
        for name, touched in decided.foreign.items():
            counts += touched.counts
            made.files.append(Rewritten(f"{ARCHIVE}/{name}"))
            # That its records lie elsewhere afterwards is all that matters of where.
            self._moved[name] = Moved(name, Foreign(name, "", 0, ""), {})
        for kind, path in own_files(self._folder, self._disk):
            lefts = [left for each in groups_of(path, kind) if isinstance(each, Group) and (left := self._left(each))]
            if lefts:
                made.files.append(Rewritten(f"{kind}/{path.name}"))
            for left in lefts:
                counts += left.counts
                made.responses += left.responses
        made.records = dict(sorted(counts.items()))
        return made

    def run(self) -> Purged:
        made, plan = self._made, Superseding(self._told.time, tuple(self._write()), self._asked.what)
        made.removed += self._run.beside(Exclusions(self._asked.what))
        self._clear_texts()
        self._clear_damaged({pair.old for pair in plan.pairs})
        if not plan.pairs:
            superseding.note_purged(self._folder, plan.purged, plan.time, self._disk)
            return made
        superseding.begin(self._folder, plan, self._disk)
        superseding.put_in_place(self._folder, plan, self._disk)
        made.damage = rebuild_locked(self._folder, self._disk, self._run.tell).damage
        superseding.end(self._folder, plan, self._disk)
        made.files = [Rewritten(f"{pair.folder}/{pair.old}", f"{pair.folder}/{pair.new}") for pair in plan.pairs]
        return made

    def _left(self, group: Group) -> Left | None:
        return left_of(group, self._decided, self._moved, self._told)

    # ------------------------------------------------------------------------------------------------ new files

    def _write(self) -> list[Pair]:
        for kind in (ARCHIVE, QUARANTINE):
            self._disk.mkdir(waiting(self._folder, kind, "x").parent, durable=False)
        return [*self._write_imported(), *self._write_own()]

    def _write_imported(self) -> list[Pair]:
        pairs = []
        known = manifest.present(self._folder / manifest.NAME)
        taken = set(self._disk.listdir(self._folder / ARCHIVE))
        for name, touched in self._decided.foreign.items():
            new = purged_name(name, taken)
            taken.add(new)
            self._run.tell(f"writing {ARCHIVE}/{new} for {name}")
            target = waiting(self._folder, ARCHIVE, new)
            path = self._folder / ARCHIVE / name
            anew, places = foreign_anew(path, target, touched, self._decided, self._told, self._disk)
            self._made.add(anew)
            entry = known.get(f"{ARCHIVE}/{name}")
            of = entry.of if entry is not None and entry.of else name
            self._moved[name] = Moved(name, Foreign(new, of, anew.sums.size, anew.sums.sha256), places)
            source = (entry.source or entry.sha256) if entry is not None else ""
            gaps = f"; {touched.gaps} stretches that could not be read were left out" if touched.gaps else ""
            pairs.append(Pair(ARCHIVE, name, new, anew.sums, _why(anew) + gaps, source))
        return pairs

    def _write_own(self) -> list[Pair]:
        pairs = []
        taken = {kind: set(self._disk.listdir(self._folder / kind)) for kind in (ARCHIVE, QUARANTINE)}
        for kind, path in own_files(self._folder, self._disk):
            if not any(isinstance(each, Group) and self._left(each) for each in groups_of(path, kind)):
                continue
            new = purged_name(path.name, taken[kind])
            taken[kind].add(new)
            self._run.tell(f"writing {kind}/{new} for {path.name}")
            target = waiting(self._folder, kind, new)
            anew = own_anew(path, kind, target, self._left, self._info(path.name), self._told, self._disk)
            self._made.add(anew)
            pairs.append(Pair(kind, path.name, new, anew.sums, _why(anew)))
        return pairs

    def _info(self, name: str) -> WarcInfo:
        return WarcInfo(
            software=self._asked.software,
            robots="",
            hostname=socket.gethostname(),
            collection=self._folder.name,
            description=f"what is left of {name}, from which records were taken out for good",
        )

    # ------------------------------------------------------------------------------------------------ beside them

    def _clear_texts(self) -> None:
        """Texts that a rebuild set aside, since it could not make them again then."""
        for aside in sorted(self._folder.glob(_ASIDE_TEXTS)):
            for path in sorted(aside.glob("*/*")):
                stem = f"{path.parent.name}/{path.name.removesuffix('.txt').removesuffix('.json')}"
                known = stem in self._decided.texts or stem[:-18] in self._decided.texts
                if path.exists() and (known or (path.suffix == ".json" and self._is_of(path))):
                    for each in (path, path.with_suffix(".txt")) if path.suffix == ".json" else (path,):
                        self._remove(each)

    def _is_of(self, path: Path) -> bool:
        try:
            with told(path):
                addresses = json.loads(path.read_bytes())["addresses"].values()
            return any(isinstance(url, str) and self._decided.takes(url) for url in addresses)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return False

    def _clear_damaged(self, old: set[str]) -> None:
        """Damaged files that a repair set aside: what in them cannot be read may be what is to go."""
        for path in sorted((self._folder / _ASIDE_WARCS).glob("*/*")):
            if _STAMP.sub("", path.name) in old or self._holds(path):
                self._remove(path)
            else:
                file = path.relative_to(self._folder)
                self._made.notes.append(f"{file} is damaged: nobody can say what it held where it cannot be read")

    def _holds(self, path: Path) -> bool:
        with told(path), path.open("rb") as file:
            records = (each for each in walk(Window(file)) if isinstance(each, Walked))
            return any(
                self._decided.takes(record.header("WARC-Target-URI") or "")
                or record.header("WARC-Page-ID") in self._decided.gone
                for record in records
            )

    def _remove(self, path: Path) -> None:
        self._disk.unlink(path)
        self._disk.fsync_dir(path.parent)
        self._made.removed.append(str(path.relative_to(self._folder)))


def _why(anew: Anew) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(anew.counts.items())) or "no"
    return f"{counts} records taken out for good"
