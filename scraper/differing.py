"""`tearsheet diff`: two versions of an article, word by word, for people and scripts."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from archive.difference import Difference, difference
from archive.errors import NotKeptError, UsageError
from archive.models import Article, PageRow
from archive.rows import iso
from archive.urls import parse_stamp
from scraper.filing import written
from scraper.report import shown_address
from scraper.saying import say

if TYPE_CHECKING:
    from archive.collection import Collection

STDOUT = "-"
MOST_TOLD = 20
_NUMBER = re.compile(r"v?([0-9]{1,7})\Z")
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}\Z")
_TIME = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ]([0-9:.]+)(?:Z|[+-][0-9:]+)?\Z")
# By how many digits a time is written with.
_STEPS = {2: timedelta(hours=1), 4: timedelta(minutes=1), 6: timedelta(seconds=1), 9: timedelta(milliseconds=1)}


class Asked(Struct, frozen=True):
    """Which versions, and how they are shown. `html` is a file or STDOUT, "" for none."""

    address: str
    old: str = ""
    new: str = ""
    html: str = ""
    full: bool = False
    force: bool = False
    json: bool = False
    quiet: bool = False


class Version(Struct, frozen=True):
    """One text that an article has had; `number` counts from 1, the earliest."""

    number: int
    row: PageRow

    def __str__(self) -> str:
        return f"version {self.number} of {self.row.captured_at:%Y-%m-%d %H:%M} UTC"

    def as_dict(self, folder: Path) -> dict[str, Any]:
        return {
            "version": self.number,
            "captured_at": iso(self.row.captured_at),
            "page_id": self.row.page_id,
            "title": self.row.title,
            "text": str(folder.absolute() / self.row.text) if self.row.text else None,
        }


class Told(Struct, frozen=True):
    """Two versions, and how they differ."""

    address: str
    old: Version
    new: Version
    article: Article
    difference: Difference

    @property
    def summary(self) -> str:
        found = self.difference
        if found.changed:
            alike = f"{100 * found.similarity:.1f}% the same"
            return f"{_words(found.struck)} struck, {_words(found.added)} added; {alike}"
        if self.old.number == self.new.number:
            return "nothing changed: it is the same version"
        if found.markup:
            return "the words are the same; links, emphasis or the make-up of paragraphs differ"
        return "the two texts say the same"


def diff(collection: Collection, asked: Asked) -> None:
    """Prints or writes the difference.

    Raises UsageError for a T that is none, NotKeptError where an address or a version is not kept, DamageError where a
    text cannot be read, StorageError where the file cannot be written.
    """
    old, new = chosen(versions(collection, asked.address), asked.old, asked.new, asked.address)
    articles = [collection.article_of(version.row) for version in (old, new)]
    before, after = articles
    if before is None or after is None:
        raise NotKeptError(f"{old if before is None else new} has no text any more: tearsheet rebuild makes it again")
    told = Told(after.url, old, new, after, difference(before, after))
    if asked.json:
        facts = {"url": told.address, "from": old.as_dict(collection.path), "to": new.as_dict(collection.path)}
        changed = {"changed": told.difference.changed} | told.difference.as_dict()
        print(json.dumps(facts | changed, ensure_ascii=False))
    elif asked.html:
        _write_html(told, asked)
    else:
        from scraper.difference_shown import show

        show(told, sys.stdout, full=asked.full)


def _write_html(told: Told, asked: Asked) -> None:
    from scraper.difference_shown import as_html

    if asked.html == STDOUT:
        for line in as_html(told):
            print(line)
        return
    with written(Path(asked.html), force=asked.force) as file:
        file.writelines(f"{line}\n".encode() for line in as_html(told))
    if not asked.quiet:
        say(f"{asked.html}: {told.summary}")


# ------------------------------------------------------------------------------------------------ which two


def versions(collection: Collection, address: str) -> list[Version]:
    """All texts kept of an address, the earliest first. Raises NotKeptError where there is none."""
    found = [Version(number, row) for number, row in enumerate(collection.versions(address), 1)]
    if found:
        return found
    row = collection.find(address)
    if row is None:
        raise NotKeptError(f"nothing is kept of {address}: tearsheet fetch {address} keeps it")
    raise NotKeptError(f"{address} is kept as {row.verdict.value}, without a text: {row.reason}")


def chosen(found: Sequence[Version], old: str, new: str, address: str) -> tuple[Version, Version]:
    """The two that `old` and `new` name; "" is the last for `new`, and the one before that for `old`."""
    after = named(found, new, "--to") if new else found[-1]
    if old:
        return named(found, old, "--from"), after
    if after.number == 1:
        only = "only one version is kept" if len(found) == 1 else "no earlier version is kept"
        hint = "tearsheet fetch --again asks whether it changed" if len(found) == 1 else "say --from which"
        raise NotKeptError(f"{only} of {shown_address(address)}: {after}; {hint}")
    return found[after.number - 2], after


def named(found: Sequence[Version], text: str, option: str) -> Version:
    """The version with that number, or the latest that was there at that time: at the end of the day, minute or second
    that `text` names."""
    text = text.strip()
    if number := _NUMBER.match(text):
        if not 1 <= int(number[1]) <= len(found):
            raise NotKeptError(f"{option} {text}: there is no such version; these are kept:\n{listing(found)}")
        return found[int(number[1]) - 1]
    try:
        end = _end(text)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option} {text}: expected the number of a version such as 1, a time stamp of 14 or 17 digits, a day such "
            f"as 2026-03-01, or a day and time such as 2026-03-01T12:00"
        ) from None
    until = [version for version in found if version.row.captured_at < end]
    if not until:
        raise NotKeptError(f"{option} {text}: no version is that old; these are kept:\n{listing(found)}")
    return until[-1]


def listing(found: Sequence[Version]) -> str:
    lines = [f"    {version}: {version.row.title or '-'}" for version in found]
    more = len(lines) - MOST_TOLD
    return "\n".join([*lines[:MOST_TOLD], *([f"    and {more} more"] if more > 0 else [])])


def _end(text: str) -> datetime:
    """The first moment after the time that `text` names, in UTC; UTC where it names no zone. Raises ValueError."""
    if _DAY.match(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=1)
    if text.isdigit():
        return parse_stamp(text) + _STEPS[len(text) - 8]
    time = _TIME.match(text)
    if time is None:
        raise ValueError(text)
    begin = datetime.fromisoformat(text)
    begin = begin.replace(tzinfo=UTC) if begin.tzinfo is None else begin.astimezone(UTC)
    return begin + _STEPS.get(sum(map(str.isdigit, time[1])), timedelta(microseconds=1))


def _words(count: int) -> str:
    return f"{count:,} word" if count == 1 else f"{count:,} words"
