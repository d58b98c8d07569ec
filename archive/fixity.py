"""Whether what is kept is whole: WARC files record by record, and all that is derived, against one another.

Nothing here writes, or takes the lock: closed files never change. What a run joins or adds meanwhile is left to the
next check.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, as_completed
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from archive import catalog, chain, manifest, mounts
from archive.agreement import Reader
from archive.chain import Broken
from archive.checking import Checked, Kind, Problem, check_file, digest_of
from archive.comparing import compare, state
from archive.errors import DamageError, NotKeptError, StorageError, TearsheetError
from archive.manifest import Entry, Event
from archive.pool import Pool
from archive.rows import ARCHIVE, QUARANTINE
from archive.store_checking import Depth, against_store
from archive.wacz_checking import check_wacz
from archive.wacz_reading import is_zip
from archive.warc.foreign import ENDINGS as FOREIGN_ENDINGS
from archive.warc.joined import all_sources_of, is_joined
from archive.warc.writer import ENDING, OPEN, name_key

ADVICE = {
    Kind.DAMAGE: "tearsheet repair saves what can be saved; with --from COPY it takes lost records from another copy",
    Kind.RULE: "readers cope with it as a rule; the file stays as it is",
    Kind.REVISIT: "tearsheet repair --from COPY brings back the record that is lacking",
    Kind.DERIVED: "tearsheet rebuild makes it again from the WARC files",
    Kind.CHANGED: "compare it with another copy; tearsheet repair --from COPY takes the one that the manifest knows",
    Kind.MISSING: "put the file back from another copy: tearsheet repair --from COPY",
    Kind.MANIFEST: "compare it with another copy of the manifest, or with the digest that a run's report tells",
    Kind.UNREADABLE: "see whether the disk fails and the file may be read",
    Kind.NOTE: "",
}
"""What to do, by what is wrong."""
BY_NAME = {
    Kind.DAMAGE: "take the file again from where it came; tearsheet import takes in what of it can be read",
    Kind.DERIVED: "tearsheet import goes by the records; whoever made the file can make its index and pages list again",
    Kind.CHANGED: "it is not what whoever made it put there: take the file again from where it came",
    Kind.MISSING: "take the file again from where it came",
}
"""The same of files by name."""


class Verified(Struct):
    """What a check found; `size` in bytes. `head` is the digest of the manifest's last line; `by_name`: of files by
    themselves. `stored` files of a collection are in its `store` too, where they were `compared` so."""

    files: int = 0
    records: int = 0
    size: int = 0
    head: str = ""
    quick: bool = False
    stopped: bool = False
    by_name: bool = False
    store: str = ""
    stored: int = 0
    compared: str = ""
    problems: list[Problem] = field(default_factory=list)

    @property
    def bad(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.kind is not Kind.NOTE]

    @property
    def exit_code(self) -> int:
        return DamageError.exit_code if self.bad else 0

    def advice(self, kind: Kind) -> str:
        """What to do about it."""
        return BY_NAME.get(kind, ADVICE[kind]) if self.by_name else ADVICE[kind]

    def as_dict(self) -> dict[str, Any]:
        told = [asdict(problem) | {"advice": self.advice(problem.kind)} for problem in self.problems]
        left = ("problems", "by_name") if self.store else ("problems", "by_name", "store", "stored", "compared")
        plain = {name: value for name, value in asdict(self).items() if name not in left}
        return {"kind": "verify", "whole": not self.bad} | plain | {"problems": told}


class Watch(Struct, frozen=True):
    """Who is told: `done` hears of each file that was checked, with the bytes done and to be done; `stopped` is asked
    whether to end early. Without a `pool` files are checked in `workers` processes of this machine, 0: one for each
    core."""

    done: Callable[[str, int, int], None] = lambda name, done, size: None
    stopped: Callable[[], bool] = lambda: False
    workers: int = 0
    pool: Pool | None = None

    @property
    def processes(self) -> int:
        return self.workers or os.cpu_count() or 1


def verify_collection(folder: Path, watch: Watch, *, quick: bool = False, depth: Depth | None = None) -> Verified:
    """All of a collection; `quick`: only that each closed file is what the manifest says. `depth` is for its store,
    where it has one. Raises NotKeptError, and StorageError where the store cannot be reached."""
    if not folder.is_dir():
        raise NotKeptError(f"there is no collection {folder}")
    found = Verified(quick=quick)
    before: object = None
    whole: Path | None = None
    files = _closed(folder)
    if quick:
        checked = {name: _digested(folder / name, name) for name in _watched(files, folder, watch, found)}
    else:
        whole = _with_catalog(folder, found) if files or (folder / catalog.NAME).exists() else None
        before = _state(folder) if whole else None
        ours = [(folder / name, name, whole if _is_ours(name) else None) for name in files]
        checked = _check_all(ours, watch, found)
    known = manifest.present(folder / manifest.NAME)
    for name, each in checked.items():
        if name in known and _came(name, known[name]):
            each.problems = list(_as_it_came(each, known[name]))
    found.problems += [problem for each in checked.values() for problem in each.problems]
    found.files, found.records = len(checked), sum(each.records for each in checked.values())
    found.size = sum(each.size for each in checked.values())
    if not found.stopped:
        found.problems += _against_manifest(folder, checked)
        _compare_store(folder, files, depth or (Depth.SIZES if quick else Depth.CHECKSUMS), watch, found)
        found.head = chain.head(folder / manifest.NAME)
        if whole is not None:
            found.problems += _unvouched(folder, checked.keys() - known.keys())
            mine = {name: each for name, each in checked.items() if _is_ours(name)}
            found.problems += compare(folder, mine, checked.keys() - mine.keys(), before)
    found.problems += [
        Problem(Kind.NOTE, name, "a run is writing it, or was killed; the next one ends it") for name in _open(folder)
    ]
    return found


def verify_files(paths: Sequence[Path], watch: Watch) -> Verified:
    """WARC, ARC and WACZ files by themselves. A revisit must find what it refers to in one of them, or is noted."""
    found = Verified(by_name=True)
    checked = _check_all([(path, str(path), None) for path in paths], watch, found)
    answers = set[bytes]().union(*(each.answers for each in checked.values()))
    for each in checked.values():
        found.problems += each.problems
        for file, offset, record, refers in each.revisits:
            if not answers.intersection(refers):
                words = "what the revisit refers to is in none of the files"
                found.problems.append(Problem(Kind.NOTE, file, words, offset, record))
    found.files, found.records = len(checked), sum(each.records for each in checked.values())
    found.size = sum(each.size for each in checked.values())
    return found


# ------------------------------------------------------------------------------------------------------- the files


def _closed(folder: Path) -> list[str]:
    """The WARC files of a collection that are closed, as folder/name, in the order in which they were written."""
    found = []
    for kind in (ARCHIVE, QUARANTINE):
        names = set(mounts.stored(folder / kind))
        with suppress(FileNotFoundError):
            names |= {path.name for path in (folder / kind).iterdir()}
        wanted = [name for name in names if name.endswith(FOREIGN_ENDINGS) and not name.startswith(".")]
        found += [f"{kind}/{name}" for name in sorted(wanted, key=name_key)]
    return found


def _with_catalog(folder: Path, found: Verified) -> Path | None:
    """The folder, if its catalog is one that can be compared with; else that is told, and records alone are read."""
    if not (folder / catalog.NAME).exists():
        found.problems.append(Problem(Kind.MISSING, catalog.NAME, "the catalog is not there"))
        return None
    try:
        Reader(folder).close()
    except TearsheetError as error:
        found.problems.append(Problem(Kind.DERIVED, catalog.NAME, str(error)))
        return None
    return folder


def _state(folder: Path) -> object:
    try:
        with closing(Reader(folder)) as reader:
            return state(reader)
    except TearsheetError:
        return None


def _open(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for kind in (ARCHIVE, QUARANTINE) for path in folder.glob(f"{kind}/*{OPEN}")
    )


def _unvouched(folder: Path, unknown: Collection[str]) -> Iterator[Problem]:
    """Imported files that the catalog knows and the manifest does not."""
    with closing(Reader(folder)) as reader:
        for row in reader.all("SELECT folder || '/' || name AS file FROM warcs WHERE id < 0 AND indexed"):
            if row["file"] in unknown:
                words = f"it does not know {row['file']}, of which the catalog does: import that file again"
                yield Problem(Kind.MANIFEST, manifest.NAME, words)


def _as_it_came(checked: Checked, entry: Entry) -> Iterator[Problem]:
    """An imported file stays as it is, with whatever is wrong in it: that is worth a note, as long as it is the same
    to the byte."""
    same = (checked.size, checked.sha256) == (entry.size, entry.sha256)
    for problem in checked.problems:
        if same and problem.kind in (Kind.DAMAGE, Kind.RULE):
            yield replace(problem, kind=Kind.NOTE, words=f"{problem.words}; it came so")
        else:
            yield problem


def _came(name: str, entry: Entry) -> bool:
    """Whether a file came from elsewhere, with whatever was wrong with it."""
    return entry.event == Event.IMPORTED or (entry.event == Event.PURGED and not _is_ours(name))


def _is_ours(name: str) -> bool:
    return name.endswith(ENDING) and bool(name_key(name.rpartition("/")[2])[0])


def _check_all(files: Sequence[tuple[Path, str, Path | None]], watch: Watch, found: Verified) -> dict[str, Checked]:
    """In processes of their own, the largest files first, so that no core waits for the last one."""
    sizes = {name: _size(path) for path, name, _ in files}
    total, done = sum(sizes.values()), 0
    checked: dict[str, Checked] = {}
    ordered = sorted(files, key=lambda each: -sizes[each[1]])
    if watch.pool is None and (watch.processes == 1 or len(files) < 2):
        results: Iterable[tuple[str, Checked]] = ((each[1], _check_one(*each)) for each in ordered)
        for name, result in results:
            checked[name] = result
            done += sizes[name]
            watch.done(name, done, total)
            if watch.stopped():
                found.stopped = len(checked) < len(files)
                break
    else:
        with (
            nullcontext(watch.pool.executor)
            if watch.pool is not None
            else mounts.readers((path for path, _, _ in files), watch.processes)
        ) as pool:
            waiting = {pool.submit(_check_one, *each): each[1] for each in ordered}
            for future in as_completed(waiting):
                name = waiting[future]
                checked[name] = _result(future, name)
                done += sizes[name]
                watch.done(name, done, total)
                if watch.stopped():
                    found.stopped = len(checked) < len(files)
                    for left in waiting:
                        left.cancel()
                    break
    return {name: checked[name] for _, name, _ in files if name in checked}


def _check_one(path: Path, name: str, folder: Path | None) -> Checked:
    return check_wacz(path, name) if folder is None and _is_wacz(path) else check_file(path, name, folder)


def _is_wacz(path: Path) -> bool:
    """By its name, or by how it begins."""
    try:
        return path.name.endswith(".wacz") or is_zip(path)
    except StorageError:
        return False


def _size(path: Path) -> int:
    """In bytes. What is not there, or no more, is told where it is read."""
    try:
        return mounts.size(path)
    except (OSError, StorageError):
        return 0


def _result(future: Future[Checked], name: str) -> Checked:
    try:
        return future.result()
    except BrokenExecutor:
        checked = Checked(name, whole=False)
        checked.add(Problem(Kind.UNREADABLE, name, "the process that read it was ended"))
        return checked


def _watched(files: Sequence[str], folder: Path, watch: Watch, found: Verified) -> Iterator[str]:
    sizes = {name: _size(folder / name) for name in files}
    total, done = sum(sizes.values()), 0
    for name in files:
        if watch.stopped():
            found.stopped = True
            return
        yield name
        done += sizes[name]
        watch.done(name, done, total)


def _digested(path: Path, name: str) -> Checked:
    checked = Checked(name)
    try:
        with mounts.open_read(path) as file:
            checked.size = mounts.length(file)
            checked.sha256 = digest_of(file)
    except (OSError, StorageError) as error:
        words = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        checked.add(Problem(Kind.UNREADABLE, name, words))
    return checked


# ------------------------------------------------------------------------------------------------------- the manifest


def _against_manifest(folder: Path, checked: dict[str, Checked]) -> Iterator[Problem]:
    path = folder / manifest.NAME
    ours = [name for name in checked if _is_ours(name)]
    if not path.exists():
        if ours:
            yield Problem(Kind.MISSING, manifest.NAME, "the manifest is not there: nothing says what the files were")
        return
    for number, entry in manifest.read(path):
        if isinstance(entry, Broken):
            yield Problem(Kind.MANIFEST, manifest.NAME, f"line {number}: {entry.words}")
    known = manifest.present(path)
    ours += [name for name in checked if name in known and not _is_ours(name)]
    joined = {
        f"{name.partition('/')[0]}/{source.name}"
        for name in filter(_is_ours, ours)
        if is_joined(name.rpartition("/")[2])
        for source in all_sources_of(folder / name)
    }
    for name, entry in known.items():
        if name not in checked and name not in joined and not mounts.exists(folder / name):
            yield Problem(Kind.MISSING, name, f"the file is not there; it was {entry.event} on {entry.time}")
    for name in ours:
        if name not in known:
            yield Problem(Kind.MANIFEST, manifest.NAME, f"it does not know {name}")
        else:
            yield from _changed(name, known[name], checked[name])


def _compare_store(folder: Path, files: Sequence[str], depth: Depth, watch: Watch, found: Verified) -> None:
    told = against_store(folder, files, depth, watch.stopped)
    if told is None:
        return
    found.store, found.stored, found.compared = told.address, told.files, told.depth.value
    found.problems += told.problems
    found.stopped = found.stopped or watch.stopped()


def _changed(name: str, entry: Entry, found: Checked) -> Iterator[Problem]:
    if not found.sha256 or (found.size, found.sha256) == (entry.size, entry.sha256):
        return
    said = "when it was closed" if entry.event == Event.CLOSED else f"when it was {entry.event}"
    if found.size != entry.size:
        words = f"it has {found.size} bytes, and had {entry.size} {said} ({entry.time})"
    else:
        words = f"its bytes are not those that it had {said} ({entry.time})"
    if found.records or not found.whole:
        words += (
            "; every record in it is whole: it was changed on purpose, or another file put in its place"
            if found.whole
            else "; records in it are damaged: it rotted, or was cut"
        )
    yield Problem(Kind.CHANGED, name, words)
