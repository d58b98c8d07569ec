"""The commands that care for what is kept: rebuild, verify, repair, pack, exclude, import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.errors import UsageError
from scraper.options import COMMON, say_progress, stopping


def rebuild(
    reextract: Annotated[
        bool,
        typer.Option("--reextract", help="Read all stored pages again with today's reader."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="With --reextract: take texts that seem worse, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --reextract: only say what would change.")] = False,
    index: Annotated[bool, typer.Option("--index", help="Only the index, by which viewers find captures.")] = False,
) -> None:
    """Make index, pages list, catalog and text files again from the WARC files, which are the truth.

    With --reextract the text of every article is extracted afresh instead. What changed is told as a difference, the
    earlier text stays beside the new one, and a text that would be worse is not taken.

    With --index all but the index stays as it is, which takes a fraction of the time.
    """
    if index and reextract:
        raise UsageError("--index and --reextract go alone")
    if reextract:
        from scraper import rereading

        with stopping() as stop:
            asked = rereading.Asked(force, dry_run, COMMON.json, COMMON.quiet)
            code = rereading.reextract(COMMON.settings(), asked, stop)
        raise typer.Exit(stop.code or code)
    if force or dry_run:
        raise UsageError("--force and --dry-run go with --reextract")
    if index:
        from scraper.showing import rebuild_index

        with stopping() as stop:
            code = rebuild_index(COMMON.settings().archive, say_progress, stop.is_set, COMMON.json)
        raise typer.Exit(stop.code or code)
    from scraper.showing import rebuild_collection

    raise typer.Exit(rebuild_collection(COMMON.settings(), say_progress, COMMON.json))


def pack(
    smaller_than: Annotated[
        str, typer.Option("--smaller-than", metavar="SIZE", help="Join files below this; else a tenth of warc_size.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be joined.")] = False,
) -> None:
    """Join many small WARC files into few large ones.

    Each run leaves a file or two; joined, they hold the same records to the byte, up to warc_size in one file. What was
    joined is read back before the small files are removed. Stop it when you like: nothing is lost.

    Examples:  tearsheet pack --dry-run      tearsheet pack --smaller-than "20 MB"
    """
    from scraper.packing import Asked, pack_collection

    with stopping() as stop:
        asked = Asked(smaller_than, dry_run, COMMON.json, COMMON.quiet)
        code = pack_collection(COMMON.settings().archive, asked, stop.is_set)
    raise typer.Exit(stop.code or code)


def verify(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE…", help="WARC, ARC, WACZ files of any tool. Else the collection."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only compare each closed file with the manifest, without reading records.")
    ] = False,
    store: Annotated[
        bool,
        typer.Option(
            "--store", help="Read what the store has of files that are here, too. Else checksums are compared."
        ),
    ] = False,
) -> None:
    """Check that what is kept is whole: each record, its digests, and all that is derived of it.

    Reads every WARC file to its end, holds index, pages list, catalog and text files against it, and each file against
    the manifest, which tells what rotted from what was changed. Works beside a run; changes nothing. Of a WACZ by name
    its digests, the WARC files in it, index and pages list are checked where they lie.

    Exit code 0: nothing is wrong. 5: something is, and it is said what, where, and what to do.

    Examples:  tearsheet verify      tearsheet verify --quick      tearsheet verify old/*.warc.gz a.wacz
    """
    from scraper import verifying

    with stopping() as stop:
        asked = verifying.Asked(tuple(files or ()), quick, store, COMMON.json, COMMON.quiet)
        code = verifying.verify(COMMON.settings(), asked, stop.is_set)
    raise typer.Exit(stop.code or code)


def repair(
    copies: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="COPY",
            help="Another copy of the collection, or a WARC file of one, to take lost records from. Repeatable.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Make what is damaged as whole as it can be, and say exactly what was lost.

    A damaged file is never changed: it goes to damaged/, and a file of its whole records takes its place. With --from,
    lost records come from another copy, or the whole file where that is what the manifest says. Then index, pages list,
    catalog and texts are made again, and all is checked once more.

    Exit code 0: all is whole now. 5: something is lost, or is left for you to look at.

    Examples:  tearsheet repair --dry-run      tearsheet repair --from /mnt/backup/tearsheets/collections/main
    """
    from scraper import repairing

    with stopping() as stop:
        asked = repairing.Asked(tuple(copies or ()), dry_run, COMMON.json, COMMON.quiet)
        code = repairing.repair_collection(COMMON.settings(), asked, stop.is_set)
    raise typer.Exit(stop.code or code)


def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="WARC, ARC and WACZ files of any tool.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is in the files.")] = False,
) -> None:
    """Take in WARC, ARC and WACZ files of other tools: their pages are read, listed, searched and replayed like ours.

    A file is copied into archive/ as it is; only where its records cannot be read one by one is it packed anew, which
    is told. The same file twice is there once. What is damaged is told with its place, and the rest is imported. Pages
    that are challenges, errors and the like stay out of the index. Stop it when you like, and import again to go on.

    Exit code 0: all is imported. 5: something is damaged, or no such file. 75: another run holds the collection.

    Examples:  tearsheet import crawl.warc.gz      tearsheet import --dry-run *.wacz      tearsheet import old/*.arc.gz
    """
    from scraper.import_told import Asked
    from scraper.importing import import_files

    with stopping() as stop:
        code = import_files(COMMON.settings(), Asked(tuple(files), dry_run, COMMON.json, COMMON.quiet), stop.is_set)
    raise typer.Exit(stop.code or code)


def exclude(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="WHAT…", help="An address, a host with all below it, or a pattern with *."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why; it is kept with the date.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Bring back what was excluded.")] = False,
    purge: Annotated[bool, typer.Option("--purge", help="Take it out of the WARC files, too, for good.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --purge: only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --purge: do not ask whether that is meant.")] = False,
) -> None:
    """Take an address, a host or a pattern out of index, library, search and exports, as for a takedown.

    The WARC files keep it; nothing shows it, and no run asks for it again, until --undo brings it back. Without more it
    tells what is excluded. Everything derived is made again, which takes as long as tearsheet rebuild.

    With --purge the WARC files are written anew without its records, and reports, logs and queue without its addresses;
    a record in their place says how many went, when and why. What other pages need stays. There is no way back.

    Examples:  tearsheet exclude https://example.com/a --reason "court order 12/26"      tearsheet exclude
    """
    from scraper import excluding

    asked = excluding.Asked(tuple(what or ()), reason, undo, COMMON.json, COMMON.quiet, purge, dry_run, yes)
    raise typer.Exit(excluding.exclude(COMMON.settings(), asked, lambda question: typer.confirm(question, err=True)))
