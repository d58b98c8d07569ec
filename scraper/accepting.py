"""`tearsheet accept`: a person says that what lies in quarantine is the article."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from archive.collection import Collection
from archive.errors import NotKeptError, UsageError
from archive.models import Link
from archive.settings import RunInfo
from scraper import __version__
from scraper.crawl import Result
from scraper.fetching import print_out
from scraper.overruling import Word, overrule
from scraper.report import json_line, result_lines
from scraper.running import now
from scraper.saying import say
from scraper.settings import Settings, agent
from scraper.workers import Readers

if TYPE_CHECKING:
    from archive.models import PageRow


class Asked(Struct, frozen=True):
    """`page` is an address, whose latest failure is meant, or a page id."""

    page: str
    reason: str
    json: bool = False
    quiet: bool = False


def accept(settings: Settings, asked: Asked) -> None:
    """Keeps the page and tells of it. Raises what `overrule` does, and LockedError."""
    # To read, it makes no collection where there is none.
    with Collection.open(settings.archive, None) as collection:
        page_id = _page_id(collection, asked.page)
    info = RunInfo(f"tearsheet/{__version__}", agent(settings.fetch), settings.fetch.robots)
    tell = (lambda _: None) if asked.quiet else say
    with Readers(settings.read, most=1) as readers, Collection.open(settings.archive, info, tell=tell) as collection:
        row = overrule(collection, readers.read, page_id, Word(asked.reason, _who(settings)), now)
        folder = collection.path
    _tell(row, asked, folder)


def _page_id(collection: Collection, asked: str) -> str:
    if collection.page(asked) is not None:
        return asked
    row = collection.find_failed(asked)
    if row is not None:
        return row.page_id
    kept = collection.find(asked)
    if kept is not None:
        raise UsageError(f"{asked} is kept already, as {kept.verdict.value}: there is nothing to overrule")
    raise NotKeptError(f"nothing is known of {asked}: tearsheet list --failed tells what lies in quarantine")


def _who(settings: Settings) -> str:
    """Who speaks: the operator that the config names, else the user of this machine."""
    if settings.archive.operator:
        return settings.archive.operator
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A user id that has no name.
        return ""


def _tell(row: PageRow, asked: Asked, folder: Path) -> None:
    if asked.json:
        print_out(json_line(row, folder))
    elif not asked.quiet:
        print_out("\n".join(result_lines(Result(Link(row.url, row.source, row.via), row), folder)))
