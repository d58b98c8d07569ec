"""The command `tearsheet`. Its commands parse, call one function, print and exit; each is loaded when it is called, and
what it needs when it runs."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from typing import Annotated, ClassVar, NoReturn

import typer

from archive import kept_patterns
from archive.errors import ConfigError, TearsheetError
from scraper import __version__
from scraper.commands import Commands
from scraper.options import common, output_failed
from scraper.saying import say


class _All(Commands):
    table: ClassVar[Mapping[str, str]] = {
        "fetch": "scraper.cli_keep:fetch",
        "crawl": "scraper.cli_keep:crawl",
        "list": "scraper.cli_look:list_",
        "show": "scraper.cli_look:show",
        "search": "scraper.cli_look:search",
        "status": "scraper.cli_look:status",
        "init": "scraper.cli_init:init",
        "rebuild": "scraper.cli_upkeep:rebuild",
        "pack": "scraper.cli_upkeep:pack",
        "verify": "scraper.cli_upkeep:verify",
        "repair": "scraper.cli_upkeep:repair",
        "import": "scraper.cli_upkeep:import_",
        "exclude": "scraper.cli_upkeep:exclude",
        "accept": "scraper.cli_library:accept",
        "serve": "scraper.cli_library:serve",
        "check": "scraper.cli_care:check",
        "diff": "scraper.cli_care:diff",
        "rewrite": "scraper.cli_care:rewrite",
        "rescue": "scraper.cli_care:rescue",
        "submit": "scraper.cli_care:submit",
        "export": "scraper.cli_export:exports",
    }


app = typer.Typer(
    name="tearsheet",
    cls=_All,
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
    kept_patterns.save()
    if "scraper.workers" not in sys.modules:
        sys.exit(code)
    os._exit(code)


def _interrupted(number: int, _: object) -> NoReturn:
    say("stopped")
    sys.exit(128 + number)
