"""Kept links as robust links: what `export links`, `export index` and `rewrite` share, and the first of them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from archive.collection import Collection
from archive.errors import NotKeptError, UsageError
from archive.linkstate import standing
from archive.models import Capture, PageRow
from archive.replayed import replay_address
from archive.robust.link import RobustLink, Snapshot
from archive.robust.lists import FORMATS, as_json_lines
from scraper.config import keys
from scraper.filing import written
from scraper.report import shown
from scraper.saying import say
from scraper.settings import Settings

LOOPBACK = "http://127.0.0.2:8081"
"""Where the replay of `tearsheet serve` answers unless told otherwise."""
ALL_FAILED = 9
_ENDINGS = {".html": "html", ".htm": "html", ".md": "md", ".markdown": "md", ".csv": "csv", ".json": "json"}


class Asked(Struct, frozen=True):
    """What to list, none: all that is kept; and how. `form` is a name of FORMATS, "" goes by the file's name."""

    addresses: tuple[str, ...] | None
    form: str = ""
    replay: str = ""
    output: Path | None = None
    force: bool = False
    json: bool = False
    quiet: bool = False


class Links:
    """What is kept of addresses, as robust links."""

    def __init__(self, collection: Collection, replay: str, strikes: int) -> None:
        self._collection = collection
        self._replay = replay
        self._strikes = strikes

    def all(self) -> Iterator[RobustLink]:
        """Each address that was asked for, in their order."""
        return (self._robust(row.url, row) for row in self._collection.links())

    def of(self, address: str) -> RobustLink | None:
        """None where nothing is kept of it."""
        row = self._collection.find(address)
        return self._robust(address, row) if row is not None and row.verdict.kept else None

    def _robust(self, address: str, row: PageRow) -> RobustLink:
        capture = self._collection.capture_of(row)
        checks = self._collection.checks_of(address)
        return RobustLink(
            original=address,
            title=row.title or "",
            final=row.final_url,
            standing=standing(checks, self._strikes),
            snapshot=self._snapshot(capture),
            checked=checks[-1] if checks else None,
            warc=row.warc,
            offset=row.offset,
            digest=row.digest,
        )

    def _snapshot(self, capture: Capture | None) -> Snapshot | None:
        address = replay_address(self._replay, capture)
        return Snapshot(address, capture.time) if address is not None and capture is not None else None


def replay_of(settings: Settings, given: str) -> str:
    """What comes before the time in a replay address. Raises UsageError for what is no address."""
    about = keys("links")["replay"].about
    if not re.match(about.pattern, given):
        raise UsageError(f"--replay {given}: expected {about.form}")
    return given or settings.links.replay or f"{LOOPBACK}/{settings.archive.collection}/"


def tell_replay(settings: Settings, given: str) -> None:
    """Says that snapshots are addressed where nobody else can see them, if that is so."""
    if not (given or settings.links.replay):
        say(f"snapshots are addressed where tearsheet serve shows them, {LOOPBACK}: [links] replay names another place")


def export_links(settings: Settings, asked: Asked) -> int:
    """Writes the list; gives the exit code. Raises UsageError, NotKeptError, DamageError and StorageError."""
    form = _form(asked)
    with Collection.open(settings.archive, None) as collection:
        links = Links(collection, replay_of(settings, asked.replay), settings.check.strikes)
        listing = _Listing(links, asked.addresses)
        if asked.output is None:
            pieces = as_json_lines(listing) if asked.json else FORMATS[form](listing)
            for piece in pieces:
                sys.stdout.write(piece)
        else:
            with written(asked.output, force=asked.force) as file:
                file.writelines(piece.encode() for piece in FORMATS[form](listing))
            _tell(asked, asked.output, listing.count)
    if not asked.quiet:
        tell_replay(settings, asked.replay)
    return listing.code


class _Listing:
    """The links as they are asked for; what is not kept is told."""

    def __init__(self, links: Links, addresses: tuple[str, ...] | None) -> None:
        self._links = links
        self._addresses = addresses
        self.count = 0
        self.missing = 0

    def __iter__(self) -> Iterator[RobustLink]:
        for link in self._links.all() if self._addresses is None else self._found(self._addresses):
            self.count += 1
            yield link

    def _found(self, addresses: Iterable[str]) -> Iterator[RobustLink]:
        for address in addresses:
            link = self._links.of(address)
            if link is not None:
                yield link
            else:
                self.missing += 1
                say(f"nothing is kept of {address}: tearsheet fetch {address} keeps it")

    @property
    def code(self) -> int:
        if not self.missing:
            return 0
        return NotKeptError.exit_code if self.count else ALL_FAILED


def _form(asked: Asked) -> str:
    by_name = _ENDINGS.get(asked.output.suffix.lower(), "") if asked.output is not None else ""
    form = asked.form or by_name or "html"
    if form not in FORMATS:
        raise UsageError(f"--format {form}: there are {', '.join(FORMATS)}")
    if asked.json and asked.output is None and asked.form not in ("", "json"):
        raise UsageError("--json prints JSON on stdout: -o names a file for another format")
    return form


def _tell(asked: Asked, target: Path, count: int) -> None:
    if asked.json:
        print(json.dumps({"path": str(target.absolute()), "links": count}, ensure_ascii=False))
    elif not asked.quiet:
        print(f"{shown(target)}: {count} {'link' if count == 1 else 'links'}")
