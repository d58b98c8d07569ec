"""The commands around links that live on: what became of them, what changed behind them, how others may cite them."""

from __future__ import annotations

from typing import Annotated

import typer

from archive.errors import UsageError
from scraper.options import COMMON, common, reading

care = typer.Typer()


@care.command()
@common
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
