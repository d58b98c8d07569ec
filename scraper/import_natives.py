"""WARC files of tearsheet's own among those to be imported: they come in as they are, with all their groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from archive import mounts
from archive.checking import Kind as Trouble
from archive.checking import check_file
from archive.disk import Disk
from archive.errors import DamageError
from archive.importing import Native, bring_natives, extract, native
from archive.sums import sums_of
from archive.wacz_reading import Wacz, is_zip
from archive.warc.writer import parse_name
from scraper.import_told import Outcome, Run, Told


def natives(folder: Path, run: Run) -> list[Told]:
    """Files of ours, by themselves or in a WACZ, are brought in first, as they are; what the next opening makes of them
    is to come before they are told."""
    if not any(map(_may_hold_ours, run.asked.files)):
        return []
    brought = []
    for one in bring_natives(folder, lambda tmp: _found_natives(run.asked.files, folder, tmp), Disk()):
        ours, line = one.native, one.line
        told = Told(ours.name, sha256=ours.sha256)
        if line is None:
            told.damaged(ours.name, None, one.why)
        else:
            told.outcome = Outcome.IMPORTED if one.new else Outcome.ALREADY
            told.stored, told.size = line.file, line.size
        if one.new:
            told.notes.append("a file of tearsheet's own: what it holds is kept as it was kept there")
            checked = check_file(ours.path, ours.name)
            told.records = checked.records
            for problem in checked.problems:
                if problem.kind is not Trouble.NOTE:
                    told.damaged(ours.name, problem.offset, problem.words)
        brought.append(told)
    return brought


def _may_hold_ours(path: Path) -> bool:
    if not is_zip(path):
        return parse_name(path.name) is not None
    try:
        with closing(Wacz(path)) as wacz:
            return any(parse_name(name.rpartition("/")[2]) for name in wacz.entries())
    except DamageError:
        return False


def _found_natives(files: Sequence[Path], folder: Path, tmp: Path) -> Iterator[Native]:
    """A file of a WACZ counts as ours where all is there of which it tells: an export of some pages may hold the
    answers themselves instead."""
    for path in files:
        if not is_zip(path):
            found = native(path, path.name, sums_of(path, Disk()).sha256) if parse_name(path.name) else None
            if found is not None:
                yield found
            continue
        try:
            with closing(Wacz(path)) as wacz:
                yield from _natives_of(wacz, folder, tmp)
        except DamageError:
            # It is told of when its other files are taken in.
            continue


def _natives_of(wacz: Wacz, folder: Path, tmp: Path) -> Iterator[Native]:
    beside = {name.rpartition("/")[2] for name in wacz.entries()}
    for name in wacz.entries():
        plain = name.rpartition("/")[2]
        if parse_name(plain) is None:
            continue
        path, sha256 = extract(wacz.pieces(name), tmp, plain)
        found = native(path, plain, sha256)
        if found is not None and all(n in beside or mounts.exists(folder / "archive" / n) for n in found.needs):
            yield found
        path.unlink(missing_ok=True)
