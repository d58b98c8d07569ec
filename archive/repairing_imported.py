"""A damaged file of another tool: its whole records stay where they lie, what copies have of the others goes to its
place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from archive import rows
from archive.agreement import Reader
from archive.checking import digest_of
from archive.disk import told
from archive.errors import TearsheetError, WarcError
from archive.manifest import Entry
from archive.warc.foreign import Misshapen, foreign_records
from archive.warc.writer import ENDING, name_key

_PIECE = 1 << 20


class Lost(Struct, frozen=True):
    """A capture, or a whole page (`role` is "page group"), that is in no copy. `time` is RFC 3339."""

    url: str
    time: str
    role: str
    record_id: str = ""


class Mended(Struct, frozen=True):
    """A file that was mended: `how` in words, `aside` where the damaged one lies now, "" if it was not there.

    `saved` records are those of the damaged file, `taken` those of other copies. `exact`: it is again what the manifest
    says. `gaps` are damaged places, in words, with what is known of what stood there in `lost`.
    """

    file: str
    how: str
    aside: str = ""
    saved: int = 0
    taken: int = 0
    exact: bool = False
    lost: tuple[Lost, ...] = ()
    gaps: tuple[str, ...] = ()


def is_imported(name: str) -> bool:
    """Whether a WARC file of a collection bears a name that none of ours does."""
    last = name.rpartition("/")[2]
    return not (last.endswith(ENDING) and name_key(last)[0])


class _Whole(Struct):
    """The records of a file that are whole: their lengths by their offsets. `gaps` are the other places, in words."""

    at: dict[int, int]
    gaps: list[str]


class _Patch(Struct, frozen=True):
    """A record that a copy has where the damaged file has none."""

    offset: int
    length: int
    path: Path


class Imported:
    """`entry` is what the manifest says of the file, `copies` are files that may hold what it lacks."""

    def __init__(self, folder: Path, name: str, entry: Entry | None, copies: Sequence[Path]) -> None:
        self._folder = folder
        self._name = name
        self._path = folder / name
        self._size = self._path.stat().st_size if self._path.exists() else 0
        self._copy = next((copy for copy in copies if entry is not None and _is(copy, entry)), None)
        self._here = _whole(self._path) if self._copy is None else _Whole({}, [])
        self._patches = self._patched(copies, entry) if self._copy is None else []

    @property
    def is_better(self) -> bool:
        """Whether a copy gives anything."""
        return self._copy is not None or bool(self._patches)

    def _patched(self, copies: Sequence[Path], entry: Entry | None) -> list[_Patch]:
        """Only out of copies of the same file: as long as that was, most of its records at the same places."""
        found: dict[int, _Patch] = {}
        for copy in copies:
            there = _whole(copy)
            shared = there.at.items() & self._here.at.items()
            if entry is None or copy.stat().st_size != entry.size or len(shared) * 2 <= len(self._here.at):
                continue
            for offset, length in there.at.items():
                if offset not in self._here.at and offset not in found:
                    found[offset] = _Patch(offset, length, copy)
        return sorted(found.values(), key=lambda patch: patch.offset)

    def look(self) -> Mended:
        """What is, or would be, done."""
        if self._copy is not None:
            return Mended(self._name, f"taken whole from {self._copy}", exact=True)
        whole = self._here.at | {patch.offset: patch.length for patch in self._patches}
        lost = tuple(self._lost(whole))
        saved, taken = len(self._here.at), len(self._patches)
        if not taken:
            how = (
                "left as it is, since records of ours tell where in it each of its records lies"
                if self._path.exists()
                else "it is not there, and no copy of it is"
            )
            gaps = (*self._here.gaps, f"--from FILE takes what was imported as {self._name.rpartition('/')[2]}")
            return Mended(self._name, how, saved=saved, lost=lost, gaps=gaps)
        how = f"{saved} records saved, {taken} taken from other copies"
        return Mended(self._name, how, saved=saved, taken=taken, lost=lost, gaps=self._gaps_left(lost))

    def _gaps_left(self, lost: tuple[Lost, ...]) -> tuple[str, ...]:
        return tuple(self._here.gaps) if lost else ()

    def pieces(self) -> Iterator[bytes]:
        """The file as it is to be."""
        if self._copy is not None:
            yield from _range(self._copy, 0, self._copy.stat().st_size)
            return
        at = 0
        for patch in self._patches:
            yield from _range(self._path, at, max(0, patch.offset - at))
            yield from _range(patch.path, patch.offset, patch.length)
            at = patch.offset + patch.length
        yield from _range(self._path, at, max(0, self._size - at))

    def _lost(self, whole: dict[int, int]) -> Iterator[Lost]:
        kind, _, last = self._name.partition("/")
        try:
            with closing(Reader(self._folder)) as reader:
                sql = (
                    "SELECT c.* FROM captures c JOIN warcs w ON w.id = c.warc "
                    "WHERE w.folder = ? AND w.name = ? ORDER BY c.offset"
                )
                for row in reader.each(sql, kind, last):
                    if whole.get(row["offset"]) != row["length"]:
                        time = rows.iso(rows.from_milliseconds(row["time"]))
                        yield Lost(row["url"], time, row["role"], row["record_id"])
        except TearsheetError:
            return


def _is(path: Path, entry: Entry) -> bool:
    with told(path), path.open("rb") as file:
        return path.stat().st_size == entry.size and digest_of(file) == entry.sha256


def _whole(path: Path) -> _Whole:
    found = _Whole({}, [])

    def gap(error: WarcError) -> None:
        found.gaps.append(f"offset {error.offset}: {error.problem}")

    if not path.exists():
        found.gaps.append("the file is not there")
        return found
    try:
        for record in foreign_records(path, gap):
            if record.wrong:
                found.gaps.append(f"offset {record.offset}: {record.wrong[0]}")
            else:
                found.at[record.offset] = record.length
    except Misshapen as shape:
        found.gaps.append(shape.words)
    except OSError as error:
        found.gaps.append(error.strerror or str(error))
    return found


def _range(path: Path, start: int, size: int) -> Iterator[bytes]:
    with told(path), path.open("rb") as file:
        file.seek(start)
        while size > 0 and (piece := file.read(min(size, _PIECE))):
            size -= len(piece)
            yield piece
