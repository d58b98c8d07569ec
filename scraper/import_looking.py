"""`tearsheet import --dry-run`: what is in files, without writing anywhere but in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.disk import Disk
from archive.errors import DamageError, WarcError
from archive.importing import is_native, safe_name
from archive.wacz_reading import ListedPage, Wacz, is_zip
from archive.warc.foreign import Found, Misshapen, foreign_records, kind_of, unpack
from scraper.import_plan import Plan, chains, gather
from scraper.import_told import Outcome, Told


def look(path: Path) -> Iterator[Told]:
    """One for each WARC or ARC file. Pages are counted as what would be read."""
    with TemporaryDirectory(prefix="tearsheet-import-") as folder:
        if not is_zip(path):
            yield _looked(path, path.name, (), Path(folder))
            return
        try:
            with closing(Wacz(path)) as wacz:
                listed = wacz.pages()
                for name in wacz.entries():
                    out = Path(folder) / "entry"
                    with out.open("wb") as file:
                        file.writelines(wacz.pieces(name))
                    yield _looked(out, f"{path.name}/{name}", listed, Path(folder))
        except DamageError as error:
            told = Told(path.name)
            told.damaged(path.name, None, str(error))
            yield told


def _looked(path: Path, of: str, listed: Sequence[ListedPage], folder: Path) -> Told:
    told = Told(of, size=path.stat().st_size)
    kind = kind_of(path)
    if kind is None:
        told.damaged(of, 0, "it is no WARC, ARC or WACZ file")
        return told
    if is_native(path, path.name):
        told.notes.append("a file of tearsheet's own")

    def damaged(error: WarcError) -> None:
        told.damaged(of, error.offset, error.problem)

    link = folder / safe_name(of, kind.ending)
    link.unlink(missing_ok=True)
    link.symlink_to(path.absolute())
    try:
        if kind.packing == "zstd":
            raise Misshapen("it is packed with zstd, which replay cannot read")
        plan = _gathered(link, told, damaged)
    except Misshapen as shape:
        told.packed_anew, told.damage, told.records = shape.words, [], 0
        plain = folder / f"unpacked-{link.name.removesuffix('.gz')}"
        unpack(path, kind, plain, damaged)
        plan = _gathered(plain, told, damaged)
        Disk().unlink(plain)
    told.outcome = Outcome.WOULD
    found = chains(plan, listed)
    told.pages = len(found)
    told.others = len(plan.entries) - len(found) - sum(len(chain.hops) for chain in found.values())
    told.skipped, told.bad_status, told.unresolved = plan.skipped, len(plan.bad), len(plan.unresolved)
    return told


def _gathered(path: Path, told: Told, damaged: Callable[[WarcError], None]) -> Plan:
    def wrong(found: Found, words: str) -> None:
        told.damaged(told.of, found.offset, words)

    def counted() -> Iterator[Found]:
        for record in foreign_records(path, damaged):
            told.records += 1
            yield record

    return gather(counted(), path.name, lambda entry: None, wrong)
