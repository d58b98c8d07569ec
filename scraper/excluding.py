"""`tearsheet exclude`, told to people and scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, to_builtins

from archive import excluding, exclusions
from archive.errors import DamageError, NotKeptError, UsageError
from archive.exclusions import Exclusion
from scraper.running import now
from scraper.saying import fit, say
from scraper.settings import Settings


class Asked(Struct, frozen=True):
    """What is to be taken out, or brought back."""

    what: tuple[str, ...] = ()
    reason: str = ""
    undo: bool = False
    json: bool = False
    quiet: bool = False


def exclude(settings: Settings, asked: Asked) -> int:
    """The exit code. Raises UsageError, NotKeptError, LockedError and StorageError; nothing is done then."""
    folder = settings.archive.root / "collections" / settings.archive.collection
    if not folder.is_dir():
        raise NotKeptError(f"there is no collection {folder}")
    if not asked.what:
        if asked.reason or asked.undo:
            raise UsageError("which address, host or pattern?")
        return _list(folder, asked)
    tell: Callable[[str], None] = (lambda _: None) if asked.quiet or asked.json else say
    run = excluding.Run(tell=tell)
    if asked.undo:
        rebuilt = excluding.undo(folder, asked.what, run)
    else:
        time, by = now(), settings.archive.operator
        rebuilt = excluding.exclude(folder, [excluding.asked_for(w, asked.reason, by, time) for w in asked.what], run)
    if asked.json:
        print(json.dumps({"what": list(asked.what), "undo": asked.undo} | rebuilt.as_dict(), ensure_ascii=False))
    elif not asked.quiet:
        did = "brought back" if asked.undo else "excluded"
        print(fit(f"{did}: {', '.join(asked.what)}"))
        print(rebuilt.summary())
        if not asked.undo:
            print("the WARC files still hold it; viewers that read those by themselves still show it")
    return DamageError.exit_code if rebuilt.damage else 0


def _list(folder: Path, asked: Asked) -> int:
    for each in exclusions.load(folder):
        print(json.dumps(to_builtins(each), ensure_ascii=False) if asked.json else fit(line(each)))
    return 0


def line(exclusion: Exclusion) -> str:
    by = f", {exclusion.by}" if exclusion.by else ""
    return f"{exclusion.time[:10]}  {exclusion.kind.value:<8} {exclusion.what}\n    {exclusion.reason}{by}"
