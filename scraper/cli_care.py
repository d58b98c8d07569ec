"""The commands around links that live on: what became of them, where they survive, how others may cite them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from archive.errors import UsageError
from scraper.options import COMMON, InputFiles, piping, reading, stopping


def check(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="ADDRESS|FILE…", help="Addresses, lists, Markdown or HTML files, folders of texts."),
    ] = None,
    sources: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="NAME", help="All that this source brought. Repeatable."),
    ] = None,
    due: Annotated[bool, typer.Option("--due", help="Only links whose time has come, by age and history.")] = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a report as a web page.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a report as a table.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be asked.")] = False,
) -> None:
    """Find out what became of links: alive, changed, moved, replaced, gone. Without more, of all that is kept.

    Each is asked again as tearsheet fetch does, and only whether it has changed; what has is kept as a new version, and
    what stands there in its place never is. Dead is only what failed on three different days (check.strikes in
    config.toml): walls, blocks and captchas never count. Run it daily with --due.

    Exit code 0: none failed. 1: some did. 9: all did. 75: another run holds the collection.

    Examples:  tearsheet check      tearsheet check --due --html links.html      tearsheet check article.md
    """
    from scraper.linkchecking import Asked, check_links

    asked = Asked(
        what=tuple(what or ()),
        sources=frozenset(sources or ()),
        due=due,
        dry_run=dry_run,
        html=html,
        csv=csv,
        json=COMMON.json,
        quiet=COMMON.quiet,
        verbose=COMMON.verbose,
    )
    with stopping() as stop:
        code = check_links(COMMON.settings(), asked, stop)
    raise typer.Exit(stop.code or code)


def diff(
    address: Annotated[
        str, typer.Argument(metavar="URL", help="The address asked for, the final or the original one.")
    ],
    old: Annotated[
        str, typer.Option("--from", metavar="T", help="The earlier version; else the one before the later.")
    ] = "",
    new: Annotated[str, typer.Option("--to", metavar="T", help="The later version; else the last.")] = "",
    html: Annotated[
        str, typer.Option("--html", metavar="FILE", help="Write a page of HTML that stands alone; - is stdout.")
    ] = "",
    full: Annotated[bool, typer.Option("--full", help="Print the paragraphs that are the same, too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="With --html: write over a file that is there.")] = False,
) -> None:
    """Say what a newspaper changed: two versions of a kept article, word by word.

    A version is each text that differed from the one before. T names one by its number (1 is the earliest), or by a
    time, and means the version that stood at its end: a day (2026-03-01), a day and time (2026-03-01T12:00, in UTC
    unless it names a zone), or a time stamp of 14 or 17 digits as replay addresses have it.

    Colours tell what was struck and what was added; without them it reads [-struck-] and {+added+}. Exit code 1: the
    address is not kept, or no such version.

    Examples:  tearsheet diff https://…      tearsheet diff https://… --from 1 --to 2026-03-01
    tearsheet diff https://… --html changes.html
    """
    from scraper.differing import Asked
    from scraper.differing import diff as show_difference

    if not address.strip():
        raise UsageError("which address?")
    if html and COMMON.json:
        raise UsageError("--html and --json do not go together")
    asked = Asked(address.strip(), old, new, html, full, force, COMMON.json, COMMON.quiet)
    with reading() as collection:
        show_difference(collection, asked)


def rewrite(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Files of Markdown or HTML, and folders of them.")
    ],
    everything: Annotated[bool, typer.Option("--all", help="All links that are kept, not the dead alone.")] = False,
    dead: Annotated[bool, typer.Option("--dead", help="The dead alone: what it does anyway.")] = False,
    anchored: Annotated[
        bool, typer.Option("--anchors", help="In Markdown, write <a> with the attributes of Robust Links.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would change.")] = False,
    backup: Annotated[
        str, typer.Option("--backup", metavar="SUFFIX", help='What the copy\'s name ends with; "" for no copy.')
    ] = ".orig",
    replay: Annotated[
        str, typer.Option("--replay", metavar="ADDRESS", help="Where snapshots are seen; else as config.toml has it.")
    ] = "",
) -> None:
    """Make links in your own files robust: where their page is dead and we keep it, they lead to the snapshot.

    Dead is what tearsheet check calls so. In HTML the link gets data-originalurl, data-versiondate and
    data-versionurl, and leads to the snapshot if it is dead. In Markdown (inline links, definitions, autolinks, bare
    addresses) it leads to the snapshot, whose address holds time and original; --anchors puts HTML there with the
    same attributes, which some renderers of Markdown leave out. Nothing else in the file changes, not a
    byte; code, comments and front matter stay, and a second run finds nothing left to do. The file as it was stays
    beside it.

    Exit code 0: all files are done. 1: some could not be, and it is said why. 9: none could.

    Examples:  tearsheet rewrite --dry-run notes.md      tearsheet rewrite notes/ index.html
    tearsheet rewrite --all --backup .bak paper.md
    """
    from scraper.rewriting import Asked
    from scraper.rewriting import rewrite as rewrite_files

    if everything and dead:
        raise UsageError("--all and --dead do not go together")
    asked = Asked(tuple(files), everything, anchored, backup, replay.strip(), dry_run, COMMON.json, COMMON.quiet)
    with piping():
        code = rewrite_files(COMMON.settings(), asked)
    raise typer.Exit(code)


def rescue(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(metavar="URL…", help="Addresses to rescue; - reads them from stdin. Else all that is dead."),
    ] = None,
    input_files: InputFiles = None,
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="Take the copy nearest to then, such as 2015-03-01.")
    ] = "",
    submit: Annotated[bool, typer.Option("--submit", help="Ask other public archives to keep the copy too.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask the archives, and only say what would be taken.")
    ] = False,
) -> None:
    """Look in web archives for articles that are dead and were never kept, and keep the best copy of each.

    Taken is the copy nearest to the article's own date that is good: a copy of an error, a wall or another page is
    passed over. It is kept like any page, with the time at which the archive took it. Which archives are asked stands
    in config.toml, under rescue.archive. Without an address it is for all that `tearsheet check` calls dead, and all
    that was gone when it was asked for.

    Exit code 0: all are rescued, or were kept already. 1: some are not, and the reason is said. 9: none is.

    Examples:  tearsheet rescue https://…      tearsheet rescue --dry-run      tearsheet rescue https://… --at 2015-03
    """
    from scraper.mementos.choosing import time_given
    from scraper.rescuing import Asked, rescue_all
    from scraper.sources.lists import links_from

    links = links_from(addresses or [], input_files or [], sys.stdin.buffer)
    if (addresses or input_files) and not links:
        raise UsageError("no address was given")
    time = time_given(at) if at else None
    if at and time is None:
        raise UsageError(f"--at {at}: expected a time such as 2015, 2015-03-01 or 2015-03-01T12:00:00")
    with stopping() as stop:
        asked = Asked(tuple(links), time, dry_run, COMMON.json, COMMON.quiet, COMMON.verbose, submit)
        code = rescue_all(COMMON.settings(), asked, stop)
    raise typer.Exit(stop.code or code)


def submit(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(metavar="URL…", help="Addresses to submit; - reads them from stdin. Else all that waits."),
    ] = None,
    input_files: InputFiles = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what waits, or how it stands.")] = False,
) -> None:
    """Ask public archives to keep a copy, of what --submit left waiting or of these addresses.

    Which archives are asked stands in config.toml, under submit.archive. What they answer is kept: as a record, and in
    the catalog.

    Exit code 0: they keep all of it. 1: some is not kept, or waits. 9: none is.

    Examples:  tearsheet submit      tearsheet submit https://…      tearsheet submit --dry-run
    """
    from scraper.sources.lists import links_from
    from scraper.submitting import Asked, submit_all

    links = links_from(addresses or [], input_files or [], sys.stdin.buffer)
    if (addresses or input_files) and not links:
        raise UsageError("no address was given")
    with stopping() as stop:
        asked = Asked(tuple(links), dry_run, COMMON.json, COMMON.quiet)
        code = submit_all(COMMON.settings(), asked, stop)
    raise typer.Exit(stop.code or code)
