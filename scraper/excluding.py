"""`tearsheet exclude`, told to people and scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct, to_builtins

from archive import excluding, exclusions, purging
from archive.errors import DamageError, NotKeptError, UsageError
from archive.exclusions import Exclusion, Exclusions
from archive.purging import Purged
from archive.rebuild import Rebuilt
from scraper import __version__
from scraper.clearing import clear, clear_queue
from scraper.running import now
from scraper.saying import fit, say
from scraper.settings import Settings

_NO_WAY_BACK = "it cannot be brought back: its records are no longer in the WARC files"


class Asked(Struct, frozen=True):
    """What is to be taken out, or brought back. `yes`: nobody is asked whether to purge."""

    what: tuple[str, ...] = ()
    reason: str = ""
    undo: bool = False
    json: bool = False
    quiet: bool = False
    purge: bool = False
    dry: bool = False
    yes: bool = False


def exclude(settings: Settings, asked: Asked, confirm: Callable[[str], bool]) -> int:
    """The exit code. `confirm` asks a person. Raises UsageError, NotKeptError, LockedError and StorageError; nothing is
    done then."""
    folder = settings.archive.root / "collections" / settings.archive.collection
    if not folder.is_dir():
        raise NotKeptError(f"there is no collection {folder}")
    if asked.undo and asked.purge:
        raise UsageError("--undo and --purge cannot both be")
    if (asked.dry or asked.yes) and not asked.purge:
        raise UsageError("--dry-run and --yes go with --purge")
    if not asked.what:
        if asked.reason or asked.undo or asked.purge:
            raise UsageError("which address, host or pattern?")
        return _list(folder, asked)
    tell: Callable[[str], None] = (lambda _: None) if asked.quiet or asked.json else say
    if asked.purge:
        return _purge(folder, settings, asked, tell, confirm)
    if asked.undo:
        return _undo(folder, asked, excluding.Run(tell=tell))
    run = excluding.Run(tell=tell, beside=lambda taken: _queue(folder, taken, tell))
    rebuilt = excluding.exclude(folder, _asked_for(settings, asked), run)
    _tell(asked, rebuilt, {"what": list(asked.what), "undo": False}, f"excluded: {', '.join(asked.what)}")
    if not asked.json and not asked.quiet:
        print("the WARC files still hold it; viewers that read those by themselves still show it")
    return DamageError.exit_code if rebuilt.damage else 0


def _asked_for(settings: Settings, asked: Asked) -> list[Exclusion]:
    time, by = now(), settings.archive.operator
    return [excluding.asked_for(what, asked.reason, by, time) for what in asked.what]


def _queue(folder: Path, taken: Exclusions, tell: Callable[[str], None]) -> Sequence[str]:
    clear_queue(folder, taken, tell)
    return ()


def _undo(folder: Path, asked: Asked, run: excluding.Run) -> int:
    found = excluding.excluded(folder, asked.what)
    purged = [each.what for each in found if each.purged]
    rebuilt = excluding.undo(folder, found, run)
    facts: dict[str, Any] = {"what": list(asked.what), "undo": True, "purged": purged}
    back = [each.what for each in found if not each.purged]
    _tell(asked, rebuilt, facts, f"brought back: {', '.join(back)}" if back else "nothing was brought back")
    for what in purged:
        say(fit(f"{what} was purged: {_NO_WAY_BACK}; it is no longer excluded, and may be asked for again"))
    return DamageError.exit_code if rebuilt.damage else 0


def _tell(asked: Asked, rebuilt: Rebuilt, facts: dict[str, Any], did: str) -> None:
    if asked.json:
        print(json.dumps(facts | rebuilt.as_dict(), ensure_ascii=False))
    elif not asked.quiet:
        print(fit(did))
        print(rebuilt.summary())


# ------------------------------------------------------------------------------------------------------- for good


def _purge(
    folder: Path, settings: Settings, asked: Asked, tell: Callable[[str], None], confirm: Callable[[str], bool]
) -> int:
    there = {(each.kind, each.what): each for each in exclusions.load(folder)}
    wish = []
    for name in asked.what:
        found = there.get(excluding.named(name))
        wish.append(found or excluding.asked_for(name, asked.reason, settings.archive.operator, now()))
    what = purging.Asked(tuple(wish), f"tearsheet/{__version__}")
    run = excluding.Run(tell=tell, beside=partial(_beside, folder, tell))
    if asked.dry:
        _told(purging.would_purge(folder, what, run), asked)
        return 0
    if not asked.yes:
        if not sys.stdin.isatty():
            raise UsageError("purging cannot be undone: --yes says that you mean it, --dry-run what would go")
        for line in lines(purging.would_purge(folder, what, run), asked, dry=True):
            say(fit(line))
        if not confirm("This cannot be undone. Purge?"):
            say("nothing was done")
            return 1
    made = purging.purge(folder, what, run)
    _told(made, asked)
    return made.exit_code


def _beside(folder: Path, tell: Callable[[str], None], taken: Exclusions) -> Sequence[str]:
    from archive.disk import Disk

    return clear(folder, taken, Disk(), tell)


def _told(made: Purged, asked: Asked) -> None:
    if asked.json:
        plain = to_builtins(made) | {"kind": "purge", "what": list(asked.what), "dry_run": asked.dry}
        print(json.dumps(plain, ensure_ascii=False))
    elif not asked.quiet:
        for line in lines(made, asked, dry=asked.dry):
            print(fit(line))


def lines(made: Purged, asked: Asked, *, dry: bool) -> Iterator[str]:
    what = ", ".join(asked.what)
    if not made.records and not made.files:
        yield f"no WARC file holds {what}" + ("" if dry else "; it is excluded from now on")
    else:
        counts = ", ".join(f"{count} {kind}" for kind, count in made.records.items()) or "no"
        went = "would go" if dry else "went"
        yield f"{what}: {counts} records of {made.pages} pages {went} for good"
        for each in made.files:
            yield f"    {each.file}" + (f" is now {each.now}" if each.now else " would be written anew")
    if made.responses:
        yield (
            f"{made.responses} captures at other addresses have the same content; they stay, and hold it by themselves "
            + ("then" if dry else "now")
        )
    for name in made.removed:
        yield f"    cleared: {name}"
    yield from made.notes
    if not dry:
        yield f"{_NO_WAY_BACK}. Other copies of the collection, exports and backups still hold it"


# ------------------------------------------------------------------------------------------------------- what is


def _list(folder: Path, asked: Asked) -> int:
    for each in exclusions.load(folder):
        print(json.dumps(to_builtins(each), ensure_ascii=False) if asked.json else fit(line(each)))
    return 0


def line(exclusion: Exclusion) -> str:
    by = f", {exclusion.by}" if exclusion.by else ""
    purged = ", purged" if exclusion.purged else ""
    return f"{exclusion.time[:10]}  {exclusion.kind.value:<8} {exclusion.what}\n    {exclusion.reason}{by}{purged}"
