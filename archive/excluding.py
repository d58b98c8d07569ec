"""Taking out of a collection what is not to be shown, and bringing it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct, field

from archive import exclusions
from archive.disk import Disk
from archive.errors import NotKeptError, UsageError
from archive.exclusions import Exclusion, Exclusions, Kind
from archive.lock import Lock
from archive.opening import make_folders
from archive.patterns import fits
from archive.rebuild import Rebuilt, rebuild_locked
from archive.rows import host_of, iso
from archive.sending import fetch_ledgers


class Run(Struct, frozen=True):
    """Who hears of it, and what it is done with; `clock` gives the time in UTC. `beside` takes what was just excluded
    out of what lies in the collection that is not the archive's, and gives the names of the files that it changed."""

    tell: Callable[[str], None] = lambda _: None
    disk: Disk = field(default_factory=Disk)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    beside: Callable[[Exclusions], Sequence[str]] = lambda _: ()


def asked_for(what: str, reason: str, by: str, time: datetime) -> Exclusion:
    """What a person asks to be taken out. Raises UsageError where that would be nothing, or everything."""
    kind, what = named(what)
    if not reason.strip():
        raise UsageError("an exclusion needs a reason: --reason says it")
    if kind is Kind.HOST:
        if "." not in what:
            raise UsageError(f"{what!r} is no host: an address begins with https://, a pattern has a *")
    elif kind is Kind.ADDRESS and not host_of(what):
        raise UsageError(f"{what!r} is no address")
    elif kind is Kind.PATTERN and fits(what, "https://a.example/x") and fits(what, "http://b.example/"):
        raise UsageError(f"{what!r} would take out everything")
    return Exclusion(kind, what, reason.strip(), iso(time), by)


def exclude(folder: Path, what: Sequence[Exclusion], run: Run) -> Rebuilt:
    """Notes them and makes everything derived again without them. Raises LockedError and StorageError."""
    return _noted(folder, "exclude", what, run)


def named(what: str) -> tuple[Kind, str]:
    """What an exclusion of `what` is about."""
    what = what.strip()
    kind = exclusions.kind_of(what)
    if kind is Kind.HOST:
        what = (host_of(f"//{what}") or what).lower()
    return kind, what


def excluded(folder: Path, what: Sequence[str]) -> tuple[Exclusion, ...]:
    """Those that hold of what a person names. Raises NotKeptError where nothing of the kind is excluded."""
    there = tuple(exclusions.load(folder))
    found = []
    for name in what:
        match = next((each for each in there if name.strip() in (each.what, each.what.upper())), None)
        if match is None:
            raise NotKeptError(f"{name} is not excluded; tearsheet exclude, without more, tells what is")
        found.append(match)
    return tuple(found)


def undo(folder: Path, what: Sequence[Exclusion], run: Run) -> Rebuilt:
    """They hold no longer: what was excluded is back, but for what was purged."""
    return _noted(folder, "undo", what, run)


def _noted(folder: Path, event: str, what: Sequence[Exclusion], run: Run) -> Rebuilt:
    with Lock(folder / "lock").acquire():
        make_folders(folder, run.disk)
        fetch_ledgers(folder, run.disk)
        for each in what:
            exclusions.note(folder, event, each, run.clock(), run.disk)
        if event == "exclude":
            run.beside(Exclusions(what))
        return rebuild_locked(folder, run.disk, run.tell)
