"""The commands that care for links: `check`. They are parsed here and done elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scraper.options import COMMON, common, stopping

care = typer.Typer()


@care.command()
@common
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
    what stands there in its place never is. Dead is only what failed on three different days ([check] strikes): walls,
    blocks and captchas never count. Run it daily with --due.

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
