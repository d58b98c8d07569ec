"""What became of imported files, told to people and scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

from archive.errors import DamageError
from archive.models import Verdict
from scraper.saying import fit, say

_MOST_TOLD = 1000
_SECONDS = 3.0


class Asked(Struct, frozen=True):
    """How it was asked for."""

    files: tuple[Path, ...]
    dry_run: bool = False
    json: bool = False
    quiet: bool = False


class Outcome:
    """What became of a file."""

    IMPORTED = "imported"
    ALREADY = "already there"
    REFUSED = "refused"
    STOPPED = "stopped"
    WOULD = "would be imported"


class Told(Struct):
    """One file, or one file of a WACZ. `of` is what it was called, `stored` where it lies now. `not_kept` are pages
    with a verdict that keeps them out of the index; `damage` names file, offset and trouble; `notes` are worth
    knowing."""

    of: str
    outcome: str = Outcome.REFUSED
    stored: str = ""
    packed_anew: str = ""
    size: int = 0
    sha256: str = ""
    records: int = 0
    pages: int = 0
    articles: int = 0
    others: int = 0
    bad_status: int = 0
    unresolved: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    not_kept: list[dict[str, str]] = field(default_factory=list)
    damage: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def damaged(self, file: str, offset: int | None, problem: str) -> None:
        if len(self.damage) < _MOST_TOLD:
            self.damage.append({"file": file, "offset": offset, "problem": problem})

    def not_keep(self, url: str, verdict: Verdict) -> None:
        if len(self.not_kept) < _MOST_TOLD:
            self.not_kept.append({"url": url, "verdict": str(verdict.kind), "reason": verdict.reason})

    def as_dict(self, dry_run: bool) -> dict[str, Any]:
        return {"kind": "import", "dry_run": dry_run} | asdict(self)


class Run(Struct):
    """All that was asked for."""

    asked: Asked
    stopped: Callable[[], bool]
    told: list[Told] = field(default_factory=list)

    def tell(self, told: Told) -> None:
        self.told.append(told)
        if self.asked.json:
            print(json.dumps(told.as_dict(self.asked.dry_run), ensure_ascii=False), flush=True)
        else:
            for line in file_lines(told, self.asked.quiet):
                print(fit(line), flush=True)

    @property
    def exit_code(self) -> int:
        return DamageError.exit_code if any(told.damage for told in self.told) else 0


class Progress:
    """How far it is, for whoever watches: a line at most every few seconds."""

    def __init__(self, quiet: bool) -> None:
        self._silent = quiet or not sys.stderr.isatty()
        self._last = monotonic()

    def __call__(self, words: str) -> None:
        if not self._silent and monotonic() - self._last >= _SECONDS:
            self._last = monotonic()
            say(words)


def file_lines(told: Told, quiet: bool) -> Iterator[str]:
    """What a person reads of one file."""
    for problem in told.damage:
        where = problem["file"] if problem["offset"] is None else f"{problem['file']}, offset {problem['offset']}"
        yield f"damaged: {where}: {problem['problem']}"
    if quiet:
        return
    if told.outcome == Outcome.ALREADY:
        yield f"= {told.of}: it is there already ({told.stored})"
        return
    if told.outcome == Outcome.REFUSED:
        yield f"x {told.of}: nothing of it was imported"
        return
    sign = "~" if told.outcome == Outcome.STOPPED else "+"
    pages = _counted_words(told.pages, "page")
    texts = "" if told.outcome == Outcome.WOULD else f" ({told.articles} with a text)"
    held = f"{_counted_words(told.records, 'record')}, {pages}{texts}, {_counted_words(told.others, 'other answer')}"
    yield f"{sign} {told.of}: {held}" + (f"; now {told.stored}" if told.stored else "")
    if told.outcome == Outcome.STOPPED:
        yield "    stopped before the end: import it again, and it goes on"
    if told.packed_anew:
        yield f"    packed anew, one gzip member a record: {told.packed_anew}"
    yield from (f"    {note}" for note in told.notes)
    for page in told.not_kept:
        yield f"    not kept: {page['url']}: {page['verdict']}: {page['reason']}"
    if told.bad_status:
        yield f"    not in the index: {_counted_words(told.bad_status, 'answer')} with an error status, or none"
    if told.unresolved:
        yield f"    not in the index: {_counted_words(told.unresolved, 'revisit')} of answers that are not kept"
    for why, count in told.skipped.items():
        yield f"    not in the index: {count} {why}"


def summary_lines(run: Run) -> Iterator[str]:
    done = [told for told in run.told if told.outcome in (Outcome.IMPORTED, Outcome.WOULD)]
    already = sum(told.outcome == Outcome.ALREADY for told in run.told)
    refused = sum(told.outcome == Outcome.REFUSED for told in run.told)
    pages = _counted_words(sum(told.pages for told in done), "page")
    yield f"{_counted_words(len(done), 'file')} imported ({pages}), {already} there already, {refused} refused"
    if run.stopped():
        yield "stopped: what is imported stays; the rest can be imported again"


def _counted_words(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
