"""When an address is asked again, after what it answered: pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from archive.linkstate import Check, State
from archive.models import VerdictKind

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
SOON = timedelta(minutes=5)
DAYS_OF_DAILY = 7
WEEKS_OF_WEEKLY = 4
_MOST_DOUBLINGS = 20

Recapture = Callable[[timedelta], float] | float
"""Seconds from one capture of an article to the next, or how they follow from its age."""

_MAY_TURN_GOOD = frozenset(
    {
        VerdictKind.CHALLENGE,
        VerdictKind.CONSENT,
        VerdictKind.PAYWALL,
        VerdictKind.SOFT_404,
        VerdictKind.REPLACED,
        VerdictKind.EMPTY,
    }
)
_LIKELY_FOR_GOOD = frozenset({VerdictKind.GONE, VerdictKind.BLOCKED})
_PASSING = frozenset({VerdictKind.RATE_LIMITED, VerdictKind.SERVER_ERROR, VerdictKind.UNREACHABLE})
_OVER_A_LIMIT = frozenset({VerdictKind.TOO_LARGE, VerdictKind.TOO_SLOW})


def next_at(
    verdict: VerdictKind, failures: int, now: datetime, recapture: Recapture, age: timedelta = timedelta(0)
) -> datetime | None:
    """When to ask again; None for what is never asked for its own sake (a hop, a requisite, robots.txt).

    `failures` counts failures in a row, this one included; `age` is the article's.
    """
    if verdict.kept:
        seconds: float = recapture(age) if callable(recapture) else recapture
        return _later(now, seconds)
    failures = max(1, failures)
    if verdict in _MAY_TURN_GOOD:
        return now + (DAY if failures <= DAYS_OF_DAILY else WEEK)
    if verdict in _LIKELY_FOR_GOOD:
        return now + (WEEK if failures <= WEEKS_OF_WEEKLY else MONTH)
    if verdict in _PASSING:
        return now + min(DAY, SOON * (1 << min(failures - 1, _MOST_DOUBLINGS)))
    return now + MONTH if verdict in _OVER_A_LIMIT else None


class Rhythm(Struct, frozen=True):
    """How often links are checked, in seconds: at the earliest and the latest while they stand, and after a failure."""

    strikes: int = 3
    every: float = 7 * 86400.0
    longest: float = 90 * 86400.0
    retry: float = 86400.0


def check_at(checks: Sequence[Check], kept_at: datetime, born: datetime, rhythm: Rhythm) -> datetime | None:
    """When a link is to be checked again, by its history (the oldest first) and its age: `kept_at` is when it was kept
    last, `born` when its article came out.

    What stands is asked after half the time for which it has been as it is. What failed is asked daily until it is
    dead, then twice as late each time.
    """
    if not checks:
        return _later(kept_at, rhythm.every)
    last = checks[-1]
    failures = 0
    for check in reversed(checks):
        if check.state.alive:
            break
        failures += check.state.failed
    if last.state.failed:
        doublings = min(_MOST_DOUBLINGS, max(0, failures - rhythm.strikes + 1))
        return _later(last.time, min(max(rhythm.longest, rhythm.retry), rhythm.retry * 2.0**doublings))
    changed = next((check.time for check in reversed(checks) if not _as_before(check)), born)
    stood = (last.time - changed).total_seconds() if last.state.alive else 0.0
    return _later(max(last.time, kept_at), min(max(stood / 2, rhythm.every), max(rhythm.longest, rhythm.every)))


def _as_before(check: Check) -> bool:
    return check.state is State.SAME or (check.state is State.MOVED and check.similarity == 1.0)


def _later(now: datetime, seconds: float) -> datetime | None:
    """A time past the calendar's end is never."""
    try:
        return now + timedelta(seconds=max(0.0, seconds))
    except OverflowError:
        return None
