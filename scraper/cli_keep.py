"""The commands that ask for pages: `fetch` and `crawl`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from archive.errors import UsageError
from scraper.options import COMMON, InputFiles, read_quantity, stopping


def fetch(
    addresses: Annotated[
        list[str] | None, typer.Argument(metavar="URL…", help="Addresses to keep; - reads them from stdin.")
    ] = None,
    input_files: InputFiles = None,
    again: Annotated[
        bool, typer.Option("--again", help="Ask again even what was kept within recapture_after.")
    ] = False,
    submit: Annotated[bool, typer.Option("--submit", help="Ask public archives to keep a copy too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be asked.")] = False,
) -> None:
    """Keep these addresses now: snapshot, text and proof of each.

    Exit code 0: all are kept. 1: some failed, and the reason is said. 9: every one failed.

    Examples:  tearsheet fetch https://…      tearsheet fetch -i links.txt      cat links | tearsheet fetch -
    """
    from scraper.fetching import Asked, fetch_all
    from scraper.sources.lists import links_from

    links = links_from(addresses or [], input_files or [], sys.stdin.buffer)
    if not links:
        raise UsageError("no address was given: name one, or a file of them with -i FILE, or - for stdin")
    with stopping() as stop:
        code = fetch_all(
            links, COMMON.settings(), Asked(again, dry_run, COMMON.json, COMMON.quiet, COMMON.verbose, submit), stop
        )
    raise typer.Exit(stop.code or code)


def crawl(
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask all that failed now, whenever it would be due.")
    ] = False,
    max_pages: Annotated[
        int | None, typer.Option("--max-pages", min=1, metavar="N", help="End after so many addresses.")
    ] = None,
    max_time: Annotated[
        str | None, typer.Option("--max-time", metavar="TIME", help="End after so long, such as 50m or 2 h.")
    ] = None,
    max_bytes: Annotated[
        str | None, typer.Option("--max-bytes", metavar="SIZE", help="End after so much, such as 500 MB.")
    ] = None,
    submit: Annotated[
        bool, typer.Option("--submit", help="Ask public archives to keep a copy too, of what waits for that as well.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read the sources, and only say what would be asked, and why.")
    ] = False,
) -> None:
    """One pass over the sources in config.toml: keep what is new, look at what is due again.

    What cron calls: it ends by itself, goes on where a stopped or killed run left off, and leaves a report in reports/.

    Exit code 0: all that was asked is kept. 1: something failed. 9: everything failed. 75: another run is under way.

    Examples:  tearsheet crawl      tearsheet -q crawl --max-time 50m      tearsheet crawl --retry-failed
    """
    from scraper import quantity
    from scraper.crawling import Wish, crawl_all
    from scraper.fetching import Asked
    from scraper.onepass import Limits

    seconds = read_quantity("--max-time", max_time, quantity.duration)
    size = read_quantity("--max-bytes", max_bytes, quantity.size)
    asked = Asked(False, dry_run, COMMON.json, COMMON.quiet, COMMON.verbose, submit)
    wish = Wish(asked, Limits(max_pages, seconds, int(size) if size is not None else None), retry_failed)
    with stopping() as stop:
        code = crawl_all(COMMON.settings(), wish, stop)
    raise typer.Exit(stop.code or code)
