"""The commands around links that live on: what became of them, where they survive, how others may cite them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from archive.errors import UsageError
from scraper.options import COMMON, common, stopping

care = typer.Typer()


@care.command()
@common
def rescue(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(metavar="URL…", help="Addresses to rescue; - reads them from stdin. Else all that is dead."),
    ] = None,
    input_files: Annotated[
        list[Path] | None,
        typer.Option(
            "-i", "--input", metavar="FILE", help="A file of addresses, one a line; # begins a comment. Repeatable."
        ),
    ] = None,
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


@care.command()
@common
def submit(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(metavar="URL…", help="Addresses to submit; - reads them from stdin. Else all that waits."),
    ] = None,
    input_files: Annotated[
        list[Path] | None,
        typer.Option(
            "-i", "--input", metavar="FILE", help="A file of addresses, one a line; # begins a comment. Repeatable."
        ),
    ] = None,
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
