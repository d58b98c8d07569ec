"""The commands: parse, call one function, print, exit code. What they need is imported when they run."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from archive.errors import ConfigError, StorageError, TearsheetError, UsageError
from scraper import __version__
from scraper.cli_care import care, index, links
from scraper.cli_library import library
from scraper.cli_upkeep import upkeep
from scraper.options import COMMON, common, output_failed, read_quantity, reading, stopping
from scraper.saying import say

if TYPE_CHECKING:
    pass


app = typer.Typer(
    name="tearsheet",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keep web articles: a WARC snapshot that replays, the clean text in one file, and the proof that ties the two "
    "together.",
    epilog="Start with: tearsheet fetch https://…   Every command explains itself: tearsheet COMMAND --help",
)


def _version(value: bool) -> None:
    if value:
        print(f"tearsheet {__version__}")
        raise typer.Exit


@app.callback()
@common
def top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
@common
def fetch(
    addresses: Annotated[
        list[str] | None, typer.Argument(metavar="URL…", help="Addresses to keep; - reads them from stdin.")
    ] = None,
    input_files: Annotated[
        list[Path] | None,
        typer.Option(
            "-i",
            "--input",
            metavar="FILE",
            help="A file of addresses, one a line; # begins a comment. Repeatable.",
        ),
    ] = None,
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


@app.command()
@common
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


@app.command("list")
@common
def list_(
    host: Annotated[str | None, typer.Option("--host", help="Only addresses of this host.")] = None,
    verdict: Annotated[
        str | None, typer.Option("--verdict", help="Only this verdict, such as article or gone.")
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only what was not kept.")] = False,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="At most so many, the latest first.")] = 50,
) -> None:
    """List what is kept, and what failed, the latest first."""
    from archive.models import VerdictKind
    from scraper.report import json_line, list_line

    if verdict is not None and verdict not in list(VerdictKind):
        raise UsageError(f"{verdict!r} is no verdict; these are: {', '.join(VerdictKind)}")
    with reading() as collection:
        for row in collection.pages(host=host, verdict=verdict, kept=False if failed else None, limit=limit):
            print(json_line(row, collection.path) if COMMON.json else list_line(row))


@app.command()
@common
def show(
    address: Annotated[
        str, typer.Argument(metavar="URL", help="The address asked for, the final or the original one.")
    ],
    meta: Annotated[bool, typer.Option("--meta", help="All that is known of the capture.")] = False,
    html: Annotated[bool, typer.Option("--html", help="The page as the server sent it, decoded.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Where each field of the article stands on its page.")] = False,
) -> None:
    """Print the kept text of an address.

    --meta tells of its capture, --html prints the page, --why explains where title, authors, date and so on are from.
    """
    from scraper.showing import Form, Shown, show_page

    forms = [form for form, asked in ((Form.META, meta), (Form.HTML, html), (Form.WHY, why)) if asked]
    if len(forms) > 1 or (html and COMMON.json):
        raise UsageError("--meta, --html and --why go alone, --html without --json")
    if not address.strip():
        raise UsageError("which address?")
    with reading() as collection:
        wish = Shown(forms[0] if forms else Form.TEXT, COMMON.json, COMMON.settings().check.strikes)
        show_page(collection, address, wish, say)


@app.command()
@common
def search(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS", help='Words that the text must hold; "in quotes" a phrase.')
    ],
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="At most so many, the best first.")] = 20,
) -> None:
    """Search the kept texts, the best match first."""
    import json

    from archive.telling import as_dict

    with reading() as collection:
        for row, snippet in collection.search(" ".join(words), limit):
            if COMMON.json:
                print(json.dumps(as_dict(row, collection.path) | {"snippet": snippet}, ensure_ascii=False))
            else:
                print(f"{row.title}\n    {row.original_url or row.final_url}\n    {snippet}")


@app.command()
@common
def status() -> None:
    """Say what the collection holds, how its links stand, and what the queue of tearsheet crawl waits for."""
    import json

    from scraper.queue_status import queue_lines, queue_status
    from scraper.running import now
    from scraper.showing import links_checked, status_lines

    with reading() as collection:
        stats = collection.stats() | {
            "links_checked": links_checked(collection, COMMON.settings().check.strikes),
            "submissions": collection.submissions_counted(),
        }
        queue = queue_status(collection.path, now)
        if COMMON.json:
            print(json.dumps(stats | {"queue": queue}, ensure_ascii=False))
            return
        print("\n".join(status_lines(stats, collection.path)))
        if queue is not None:
            print("\n".join(queue_lines(queue)))


@app.command()
@common
def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("config.toml"),
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    cron: Annotated[
        bool, typer.Option("--cron", help="Print a crontab line for tearsheet crawl; write nothing.")
    ] = False,
    systemd: Annotated[
        bool, typer.Option("--systemd", help="Print a systemd service and timer for it; write nothing.")
    ] = False,
) -> None:
    """Write a commented config.toml to start from; it works as it is.

    With --cron or --systemd print what makes tearsheet crawl run by itself with the config that is there.
    """
    from scraper.config import sample

    if cron or systemd:
        _print_timers(path, cron, systemd)
        return
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(sample())
    except FileExistsError:
        raise UsageError(f"{path} is there already; --force writes over it") from None
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from None
    if not COMMON.quiet:
        say(f"wrote {path}: every setting is in it with its default")


def _print_timers(path: Path, cron: bool, systemd: bool) -> None:
    """For the config that -c names, else the one that would be found, else where `init` would write it."""
    from scraper.config import search
    from scraper.timers import cron_lines, program, systemd_units

    config = (COMMON.config or search(os.environ) or path).absolute()
    COMMON.settings()
    if not config.is_file():
        say(f"{config} is not there yet: tearsheet init writes it")
    if cron:
        print(cron_lines(program(), config), end="")
    if systemd:
        print(systemd_units(program(), config), end="")


app.add_typer(upkeep)
app.add_typer(library)
app.add_typer(care)

exports = typer.Typer(no_args_is_help=True, help="Write what is kept into files for others.")
app.add_typer(exports, name="export")


@exports.command()
@common
def wacz(
    urls: Annotated[
        list[str] | None, typer.Option("--url", metavar="URL", help="All captures of this address. Repeatable.")
    ] = None,
    words: Annotated[str, typer.Option("--search", metavar="WORDS", help="The articles that hold these words.")] = "",
    since: Annotated[str, typer.Option("--since", metavar="DATE", help="What was kept since then.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="The whole collection.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Else the collection's name with .wacz.")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="What viewers call it. Else the collection's name.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a WACZ file, which ReplayWeb.page and other viewers open: pages, pictures, texts and index in one.

    A part of the collection brings along what its pages need: pictures and styles that other pages stored, and the
    originals of what was found unchanged. Works beside a run; what that still writes is left out.

    Examples:  tearsheet export wacz --all      tearsheet export wacz --search "harbour bridge" -o bridge.wacz
    """
    from scraper.exporting import Selection, Wish, export_wacz

    selection = Selection(tuple(urls or ()), words.strip(), since.strip(), everything)
    export_wacz(COMMON.settings(), Wish(selection, output, title, force, COMMON.json, COMMON.quiet))


exports.command("links")(links)
exports.command("index")(index)


@exports.command()
@common
def parquet(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FOLDER", help="Else the collection's name with -parquet.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an export that is there.")] = False,
) -> None:
    """Write captures and articles as Parquet, for DuckDB, Spark and pandas.

    captures/ has the columns of Common Crawl's columnar index, partitioned as that is, so that queries written for it
    work; articles/ has a row for each article with its text. Works beside a run; what that still writes is left out.

    Examples:  tearsheet export parquet      tearsheet export parquet -o tables --force
    """
    from scraper.exporting_parquet import Wish, export_parquet

    with stopping() as stop:
        wish = Wish(output, force, COMMON.json, COMMON.quiet)
        export_parquet(COMMON.settings().archive, wish, stop.is_set)
    raise typer.Exit(stop.code)


def run() -> NoReturn:
    """The command `tearsheet`: errors become one line on stderr and an exit code."""
    signal.signal(signal.SIGINT, _interrupted)
    try:
        app()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except TearsheetError as error:
        say(f"tearsheet: {error}")
        if isinstance(error, ConfigError):
            say("tearsheet init writes a config.toml to start from")
        code = error.exit_code
    except OSError as error:
        code = output_failed(error)
    leave(code)


def leave(code: int) -> NoReturn:
    """End the process. After a run everything is closed, and taking down an interpreter that has loaded so much would
    take 0.1 s: it is left out."""
    try:
        sys.stdout.flush()
    except OSError as error:
        code = output_failed(error) or code
    if "scraper.workers" not in sys.modules:
        sys.exit(code)
    os._exit(code)


def _interrupted(number: int, _: object) -> NoReturn:
    say("stopped")
    sys.exit(128 + number)
