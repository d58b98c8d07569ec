"""`tearsheet rebuild --reextract`: all stored pages read again, told page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Event

from msgspec import Struct

from archive.collection import Collection
from archive.errors import DamageError, NotKeptError
from archive.settings import RunInfo
from archive.telling import as_dict
from scraper import __version__
from scraper.ingest import Count, Outcome, Reread, Rereader, each
from scraper.pooling import page_reading
from scraper.running import now
from scraper.saying import say
from scraper.settings import Settings, agent

TOLD_EVERY = 200
_SIGNS = {Outcome.NEW: "+", Outcome.CHANGED: "~", Outcome.WORSE: "!"}


class Asked(Struct, frozen=True):
    """How it was asked for."""

    force: bool = False
    dry_run: bool = False
    json: bool = False
    quiet: bool = False


def reextract(settings: Settings, asked: Asked, stop: Event) -> int:
    """Returns the exit code: 5 where a stored page is damaged. Raises NotKeptError if there is no such collection."""
    folder = settings.archive.root / "collections" / settings.archive.collection
    if not folder.is_dir():
        raise NotKeptError(f"there is no collection {folder}")
    count = Count()
    info = RunInfo(f"tearsheet/{__version__}", agent(settings.fetch), settings.fetch.robots)
    with page_reading(settings) as (read, workers), Collection.open(settings.archive, info, tell=say) as collection:
        pages = collection.latest()
        rereader = Rereader(collection, lambda page: read(page, None), now, force=asked.force, dry=asked.dry_run)
        for number, one in enumerate(each(rereader, collection, pages, workers, stop.is_set), 1):
            count.add(one)
            if asked.json:
                print(_json(one, collection), flush=True)
            elif not asked.quiet:
                for line in lines(one):
                    print(line)
            if number % TOLD_EVERY == 0 and not asked.quiet:
                say(f"read {number} of {len(pages)} pages again")
    if not asked.json and not asked.quiet:
        print("\n".join(summary(count, asked, len(pages))))
    return DamageError.exit_code if count.of(Outcome.DAMAGED) else 0


def lines(one: Reread) -> Iterator[str]:
    """What a person reads of one page; nothing of one that stayed the same."""
    row = one.row
    if one.outcome is Outcome.DAMAGED:
        yield f"x damaged: {row.final_url}"
        yield f"    {one.why}"
    elif one.outcome in _SIGNS:
        yield f"{_SIGNS[one.outcome]} {row.title or row.final_url}"
        yield f"    {row.final_url}"
        if one.why:
            yield f"    {one.why}; {'taken all the same' if one.taken else 'the text stays as it was'}"
        yield from (f"    {line}" for line in one.diff)


def summary(count: Count, asked: Asked, pages: int) -> Iterator[str]:
    done = sum(count.outcomes.values())
    changed = count.of(Outcome.CHANGED, Outcome.NEW)
    would = "would change" if asked.dry_run else "changed"
    yield f"{done} of {pages} pages read again: {changed} {would}, {count.of(Outcome.SAME, Outcome.NO_PAGE)} did not"
    if worse := count.of(Outcome.WORSE):
        taken = asked.force and not asked.dry_run
        yield f"{worse} would be worse: {'taken all the same' if taken else 'left as they were; --force takes them'}"
    if damaged := count.of(Outcome.DAMAGED):
        yield f"{damaged} are damaged: tearsheet rebuild tells where"


def _json(one: Reread, collection: Collection) -> str:
    told = {"outcome": one.outcome.value, "why": one.why, "taken": one.taken, "diff": list(one.diff)}
    return json.dumps(as_dict(one.row, collection.path) | told, ensure_ascii=False)
