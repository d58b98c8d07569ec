"""When an address is asked again, after what it answered: pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

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
    {VerdictKind.CHALLENGE, VerdictKind.CONSENT, VerdictKind.PAYWALL, VerdictKind.SOFT_404, VerdictKind.EMPTY}
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


def _later(now: datetime, seconds: float) -> datetime | None:
    """A time past the calendar's end is never."""
    try:
        return now + timedelta(seconds=max(0.0, seconds))
    except OverflowError:
        return None
