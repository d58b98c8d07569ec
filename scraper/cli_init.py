"""The command that begins: `init`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from archive.errors import StorageError, UsageError
from scraper.options import COMMON
from scraper.saying import say


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
