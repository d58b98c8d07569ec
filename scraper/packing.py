"""`tearsheet pack`: small WARC files become large ones, told to people and scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from archive.errors import UsageError
from archive.pack import FOLDERS, Limits, Packed, Run, limits_of, pack, would_pack
from archive.settings import ArchiveSettings
from scraper import __version__
from scraper.quantity import size
from scraper.saying import say

UNITS = ("bytes", "kB", "MB", "GB", "TB")


class Asked(Struct, frozen=True):
    """How it was asked for. `smaller_than` is a size as people write it; "" leaves it to the settings."""

    smaller_than: str = ""
    dry_run: bool = False
    json: bool = False
    quiet: bool = False


def pack_collection(settings: ArchiveSettings, asked: Asked, stopped: Callable[[], bool]) -> int:
    """Returns the exit code: 5 where a file is damaged and was left as it is. Ends early once `stopped` says so."""
    limits = limits_of(settings, _size(asked.smaller_than))
    if asked.dry_run:
        packed = would_pack(settings, limits)
    else:
        tell = (lambda _: None) if asked.quiet else say
        packed = pack(settings, limits, Run(f"tearsheet/{__version__}", tell=tell, stopped=stopped))
    if asked.json:
        print(json.dumps(as_dict(packed, asked.dry_run), ensure_ascii=False))
    elif not asked.quiet:
        print("\n".join(summary(packed, limits, asked.dry_run)))
    if asked.quiet:
        for problem in packed.damage:
            say(f"damaged, and left as it is: {problem}")
    return packed.exit_code


def as_dict(packed: Packed, dry_run: bool) -> dict[str, Any]:
    """What `--json` prints; sizes in bytes."""
    return {
        "dry_run": dry_run,
        "joined": [
            {"folder": each.folder, "name": each.name, "bytes": each.size, "sources": list(each.sources)}
            for each in packed.joined
        ],
        "files_before": packed.before,
        "files_after": {folder: packed.after(folder) for folder in packed.before},
        "damage": packed.damage,
        "stopped": packed.stopped,
    }


def summary(packed: Packed, limits: Limits, dry_run: bool) -> Iterator[str]:
    """A line for each folder in which something was joined, and what else there is to know."""
    would = "would become" if dry_run else "became"
    for folder in FOLDERS:
        made = [each for each in packed.joined if each.folder == folder]
        if made:
            taken = sum(len(each.sources) for each in made)
            amount = size_words(sum(each.size for each in made))
            files = f"{packed.before[folder]} files before, {packed.after(folder)} after"
            yield f"{folder}/: {taken} small files ({amount}) {would} {len(made)}; {files}"
    if not packed.joined and not packed.stopped:
        yield f"nothing to join: no two files side by side are smaller than {size_words(limits.small)}"
    if packed.damage:
        yield f"{len(packed.damage)} files are damaged and were left as they are"
    if packed.stopped:
        yield "stopped early: what is joined stays joined, the rest is as it was"


def size_words(count: int) -> str:
    """`1.2 MB`: for people, rounded."""
    value = float(count)
    for unit in UNITS:
        if value < 999.5 or unit == UNITS[-1]:
            return f"{value:.0f} {unit}" if unit == UNITS[0] or value >= 99.5 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def _size(text: str) -> int | None:
    if not text:
        return None
    try:
        return size(text)
    except ValueError as error:
        raise UsageError(f"--smaller-than {text}: {error}") from None
