"""`tearsheet crawl --dry-run`: the sources are read and nothing is written; what would be asked, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from msgspec import Struct

from scraper.crawl import Sleepers
from scraper.fetching import OK, print_out
from scraper.finding import Finder, Wires
from scraper.frontier_notes import Memory
from scraper.frontier_schema import NAME as QUEUE
from scraper.frontier_view import Entry, FrontierView, State
from scraper.identity import identity
from scraper.onepass import CHANGED_AFTER, Recaptures
from scraper.report import shown_address
from scraper.running import Time, networked, refusing
from scraper.saying import say
from scraper.sources.base import Found, Validators

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.models import PageRow
    from scraper.fetching import Asked
    from scraper.settings import Settings, Source


class Would(Struct, frozen=True):
    """What a pass would do with one address."""

    url: str
    source: str
    ask: bool
    why: str


class _Nothing:
    """A memory that remembers nothing, so that documents come in full."""

    def get(self, url: str) -> Validators | None:
        return None

    def set(self, url: str, validators: Validators) -> None:
        return


def dry_run(settings: Settings, asked: Asked, retry_failed: bool, stop: Event, time: Time) -> int:
    """Prints a line for each address; the exit code is 0."""
    from archive.collection import Collection

    with Collection.open(settings.archive, None, missing_ok=True) as collection:
        view = FrontierView.read(collection.path / QUEUE, time.clock)
        for would in _all(settings, collection, view, retry_failed, stop, time):
            if asked.json:
                facts = {"url": would.url, "source": would.source, "would_ask": would.ask, "why": would.why}
                print_out(json.dumps(facts, ensure_ascii=False))
            elif would.ask or asked.verbose:
                print_out(f"{'ask ' if would.ask else 'skip'}  {shown_address(would.url)}  ({would.why})")
        if view is not None:
            view.close()
    return OK


def _all(
    settings: Settings,
    collection: Collection,
    view: FrontierView | None,
    retry_failed: bool,
    stop: Event,
    time: Time,
) -> Iterator[Would]:
    by = time.clock()
    recaptures = Recaptures(settings.sources, settings.crawl)
    seen: set[str] = set()
    for source, found in _found(settings, collection.path / QUEUE, stop, time):
        entry = view.entry(found.link.url) if view is not None else None
        url = entry.url if entry is not None else found.link.url
        if identity(url) in seen:
            continue
        seen.add(identity(url))
        if entry is not None:
            yield judged(entry, by, found, whole_site=source.kind == "site", retry_failed=retry_failed)
            continue
        known = collection.known_page(url)
        yield _kept(known[0], source, by, recaptures) if known else Would(url, source.title, True, "new")
    titles = {source.title for source in settings.sources}
    for entry in [*view.due(by), *(view.failed() if retry_failed else ())] if view is not None else ():
        if identity(entry.url) not in seen and (entry.source in titles or not entry.kept):
            seen.add(identity(entry.url))
            yield judged(entry, by, None, whole_site=False, retry_failed=retry_failed)


def _found(settings: Settings, queue: Path, stop: Event, time: Time) -> Iterator[tuple[Source, Found]]:
    known = Memory(queue)

    def tell(_: Source, problem: str) -> None:
        say(problem)

    with networked(settings, stop, time, Sleepers(), memory=known) as network:
        wires = Wires(network.walker, _Nothing(), time.clock, tell, stop, refusing(settings))
        with Finder(settings.sources, wires) as finder:
            while finder.busy and not stop.is_set():
                batch = finder.take(0.2)
                for found in batch.found if batch is not None else ():
                    assert batch is not None
                    yield batch.source, found


def judged(entry: Entry, by: datetime, found: Found | None, *, whole_site: bool, retry_failed: bool) -> Would:
    """What a pass that begins at `by` would do with what the queue knows; pure."""

    def would(ask: bool, why: str) -> Would:
        return Would(entry.url, entry.source, ask, why)

    newest = found.newest if found is not None else None
    if entry.failures and (retry_failed or (entry.due is not None and entry.due <= by)):
        times = "once" if entry.failures == 1 else f"{entry.failures} times"
        return would(True, f"failed {times}: {entry.verdict}: {entry.reason}")
    if entry.state is State.LEASED:
        return would(False, "another run is at it")
    if entry.due is not None and entry.due <= by:
        return would(True, f"due again: asked last {entry.asked:%Y-%m-%d %H:%M} UTC" if entry.asked else "new")
    if whole_site:
        return would(True, "the start of a site")
    if newest is not None and entry.asked is not None and entry.asked < min(newest, by - CHANGED_AFTER):
        return would(True, f"its source says that it changed on {newest:%Y-%m-%d %H:%M} UTC")
    if entry.due is None:
        return would(False, "not asked any more")
    what = f"{entry.verdict}; " if entry.failures else "kept; "
    return would(False, f"{what}due on {entry.due:%Y-%m-%d %H:%M} UTC")


def _kept(row: PageRow, source: Source, by: datetime, recaptures: Recaptures) -> Would:
    again = recaptures.next_at(row, 0, None)
    if again is not None and again <= by:
        return Would(row.url, source.title, True, f"due again: asked last {row.captured_at:%Y-%m-%d %H:%M} UTC")
    return Would(row.url, source.title, False, f"kept on {row.captured_at:%Y-%m-%d %H:%M} UTC")
