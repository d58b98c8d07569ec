"""What is derived moves with records that were copied into a joined file; what such a file leaves behind is put right.

The order keeps every reader supplied, whatever happens in between: the joined file is there, then the index names it,
then the JSON files and the catalog do, and only then do its sources go. A joined file that the catalog does not know
is one whose move was cut short; the next opening does it again, from the file's own first record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from archive import cdxj
from archive.applying import Applier, Parts
from archive.catalog import Catalog
from archive.derive import Place, digest
from archive.disk import Disk
from archive.errors import StorageError
from archive.manifest import Event
from archive.models import Capture
from archive.rows import ARCHIVE, VERSIONS, Version
from archive.tiers import Prepared
from archive.warc.joined import Source, all_sources_of, is_joined, pieces, sources_of

Tell = Callable[[str], None]
_AT_ONCE = 500


class Join(Struct, frozen=True):
    """A joined file and what it took in."""

    place: Place
    sources: tuple[Source, ...]


class Joiner:
    """For the holder of the lock."""

    def __init__(self, parts: Parts, disk: Disk) -> None:
        self._parts = parts
        self._disk = disk
        self._applier = Applier(parts, disk)
        self._manifest = self._applier.manifest

    # ------------------------------------------------------------------------------------------------ the move

    def move(self, join: Join) -> None:
        """Index, JSON files and catalog name the joined file, which is on the medium under its name."""
        self.publish(join, self.prepare(join))

    def prepare(self, join: Join) -> Prepared | None:
        """The index as it is to be, written and seen by nobody; None where nothing of it changes.

        That is the part of a move that needs room.
        """
        if join.place.folder != ARCHIVE:
            return None
        bases = {source.name: source.offset for source in join.sources}
        counted = _Counted()
        index = self._parts.tiers.prepare(_moved_lines(self._parts.tiers.lines(), join.place.warc, bases, counted))
        try:
            if counted.lines != _lines_of(self._parts.catalog, join):
                # Lines are lacking, or twice: they are made from the catalog then.
                self._parts.tiers.drop(index)
                index = self._parts.tiers.prepare(map(cdxj.line, _moved_captures(self._parts.catalog, join, bases)))
        except BaseException:
            self.drop(index)
            raise
        return index

    def drop(self, index: Prepared | None) -> None:
        if index is not None:
            with suppress(StorageError):
                self._parts.tiers.drop(index)

    def publish(self, join: Join, index: Prepared | None) -> None:
        """The rest of a move. Once begun it is for the next opening to end it, should it fail."""
        if index is not None:
            self._parts.tiers.publish(index)
        catalog = self._parts.catalog
        with catalog.durable_transaction():
            size = self._disk.size(self._parts.warcs / join.place.folder / join.place.warc)
            number = _move_rows(catalog, join, size)
            for version in _versions(catalog, number):
                self._say_again(version)
            self._parts.texts.sync()

    def _say_again(self, version: Version) -> None:
        """The JSON file beside a text names the place of the record."""
        contents = self._applier.contents(version)
        if contents is None or digest(contents[1]) == version.data_digest:
            return
        self._parts.texts.put_data(version.file, contents[1])
        self._parts.catalog.one(
            "UPDATE versions SET data_digest = ? WHERE text = ? AND version = ?",
            digest(contents[1]),
            version.text,
            version.number,
        )

    # ------------------------------------------------------------------------------------------------ what was left

    def put_right(self, kind: str, names: Sequence[str], tell: Tell) -> bool:
        """Ends what a killed run had begun, and takes away what it would have. `names` are the closed files in a
        folder. False if there is a joined file of whose sources the catalog knows only some; nothing is done then."""
        joins = self._unfinished(kind, names)
        if joins is None:
            return False
        for join in joins:
            self.move(join)
            file = f"{kind}/{join.place.warc}"
            if not self._manifest.recent(file):
                self._manifest.add([self._manifest.entry(Event.FOUND, file)])
            tell(f"{kind}/{join.place.warc}: joining {len(join.sources)} files was cut short and is now done")
        known = self._parts.catalog.indexed(kind)
        if any(name not in known for name in names):
            folder = self._parts.warcs / kind
            left = left_over(folder, names, self._disk)
            ended = {name: at for name, at in left.items() if name not in known and at.by in known}
            remove_left_over(folder, ended, self._disk, tell)
            self._manifest.add(
                [self._manifest.removed(f"{kind}/{name}", f"{kind}/{at.by}") for name, at in ended.items()]
            )
        return True

    def _unfinished(self, kind: str, names: Sequence[str]) -> list[Join] | None:
        """The moves that were cut short; None if one cannot be made again."""
        known = self._parts.catalog.indexed(kind)
        joins = []
        for name in names:
            if name in known or not is_joined(name):
                continue
            path = self._parts.warcs / kind / name
            sources = sources_of(path)
            if sources and all(source.name in known for source in sources):
                joins.append(Join(Place(kind, name), sources))
            elif any(source.name in known for source in all_sources_of(path)):
                return None
        return joins


class LeftOver(Struct, frozen=True):
    """A file that stands beside the joined file `by`, which took it in as `source`."""

    by: str
    source: Source


def left_over(folder: Path, names: Sequence[str], disk: Disk) -> dict[str, LeftOver]:
    """Which of these closed files another of them has taken in, to the byte. One that only has the name of such a file
    is a file like any other."""
    there = set(names)
    held = {
        name: [source for source in all_sources_of(folder / name) if source.name in there]
        for name in names
        if is_joined(name)
    }
    inner = {source.name for sources in held.values() for source in sources}
    return {
        source.name: LeftOver(name, source)
        for name, sources in held.items()
        if name not in inner
        for source in sources
        if _same(folder / source.name, folder / name, source, disk)
    }


def remove_left_over(folder: Path, left: dict[str, LeftOver], disk: Disk, tell: Tell) -> None:
    for name, at in left.items():
        disk.unlink(folder / name)
        tell(f"{folder.name}/{name} lies in {at.by} and is removed")
    if left:
        disk.fsync_dir(folder)


def _same(path: Path, joined: Path, source: Source, disk: Disk) -> bool:
    if disk.size(path) != source.length:
        return False
    ours, theirs = pieces(path, 0, source.length, disk), pieces(joined, source.offset, source.length, disk)
    return all(one == other for one, other in zip_longest(ours, theirs))


# ------------------------------------------------------------------------------------------------------- index lines


class _Counted(Struct):
    lines: int = 0


def _moved_lines(lines: Iterator[bytes], joined: str, bases: dict[str, int], counted: _Counted) -> Iterator[bytes]:
    for line in lines:
        place = cdxj.place_of(line)
        if place is None:
            yield line
            continue
        name, offset = place
        counted.lines += name == joined or name in bases
        yield cdxj.moved(line, joined, offset + bases[name]) if name in bases else line


def _lines_of(catalog: Catalog, join: Join) -> int:
    sql = (
        "SELECT count(*) FROM captures c JOIN warcs w ON w.id = c.warc "
        "WHERE w.folder = ? AND w.name = ? AND c.archived AND c.record_type != 'metadata'"
    )
    return sum(int(catalog.one(sql, join.place.folder, source.name)[0]) for source in join.sources)


def _moved_captures(catalog: Catalog, join: Join, bases: dict[str, int]) -> Iterator[Capture]:
    for capture in catalog.indexable():
        base = bases.get(capture.warc)
        yield capture if base is None else replace(capture, warc=join.place.warc, offset=capture.offset + base)


# ------------------------------------------------------------------------------------------------------- rows


def _move_rows(catalog: Catalog, join: Join, size: int) -> int:
    """All rows that name a source name the joined file. Gives its number."""
    folder, name = join.place.folder, join.place.warc
    before = [(catalog.warc(folder, source.name), source.offset) for source in join.sources]
    for number, _ in before:
        catalog.one("DELETE FROM warcs WHERE id = ?", number)
    joined = catalog.warc(folder, name)
    # The number of the last source is the joined file's as a rule: its rows are moved before others bear it.
    for number, base in sorted(before, key=lambda each: each[0] != joined):
        catalog.one("UPDATE captures SET warc = ?, offset = offset + ? WHERE warc = ?", joined, base, number)
        catalog.one(
            "UPDATE pages SET warc = ?, offset = offset + ?, start = start + ? WHERE warc = ?",
            *(joined, base, base, number),
        )
        catalog.one("UPDATE versions SET warc = ?, start = start + ? WHERE warc = ?", joined, base, number)
    catalog.mark_indexed(folder, name, size)
    return joined


def _versions(catalog: Catalog, warc: int) -> Iterator[Version]:
    """The texts whose records lie in a file, and those of another reading of what does."""
    again = (
        "SELECT v.text, v.version FROM pages p JOIN versions v ON v.text = p.text AND v.version = p.version "
        "AND v.page = p.id WHERE p.rereads IN (SELECT page_id FROM pages WHERE warc = ?)"
    )
    wanted = f"{VERSIONS} WHERE (warc = ? OR (text, version) IN ({again})) AND (text, version) > (?, ?) "
    last: tuple[str, int] = ("", 0)
    while rows := catalog.all(f"{wanted} ORDER BY text, version LIMIT {_AT_ONCE}", warc, warc, *last):
        for row in rows:
            yield Version(*row)
        last = rows[-1][0], rows[-1][1]
