"""Which copies of a dead address are looked at, and in which order; and the time that they are to be near. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit

from msgspec import Struct

from scraper.mementos.finds import time_of_stamp
from scraper.mementos.searching import Found

_BAD = 400
_SEPARATED = re.compile(r"(?<!\d)((?:19|20)\d\d)([/_.-])(\d{1,2})(?:\2(\d{1,2}))?(?!\d)")
_TOGETHER = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")
_MIDDLE = 15
_GIVEN = re.compile(r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ]?(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)?)?)?Z?\Z")


class When(Struct, frozen=True):
    """The time that a copy is to be near, and in words how it is known."""

    time: datetime
    why: str


def time_given(text: str) -> datetime | None:
    """The time that somebody writes as 2015, 2015-03, 2015-03-01, 2015-03-01T12:00 or as a stamp, in UTC; None for
    anything else."""
    match = _GIVEN.match(text.strip())
    return time_of_stamp("".join(filter(None, match.groups()))) if match is not None else None


def date_in(url: str) -> date | None:
    """The day that an address itself names, the middle of the month where it names no day; None where it names none.

    Only what stands in its path counts, and of several the first whole one.
    """
    path = urlsplit(url).path
    months = []
    for match in _SEPARATED.finditer(path):
        year, _, month, day = match.groups()
        found = _made(year, month, day or str(_MIDDLE))
        if found is not None and day:
            return found
        if found is not None and match[2] == "/":
            months.append(found)
    for match in _TOGETHER.finditer(path):
        found = _made(*match.groups())
        if found is not None:
            return found
    return next(iter(months), None)


def _made(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def end_of(day: date) -> datetime:
    """The end of a day: what was published on it stood there by then, whatever the publisher's time zone."""
    return datetime.combine(day, time(12), UTC) + timedelta(hours=12)


class Attempts:
    """The copies of one address, those nearest to a time first: `tries` of them, then half as many in growing steps, so
    that years of bad ones do not hide a good one. Those that an archive itself calls errors are left out, and those
    that hold the same bytes as one that was found bad."""

    def __init__(self, found: Iterable[Found], when: datetime, tries: int) -> None:
        self._waiting = sorted((one for one in found if (one.status or 0) < _BAD), key=lambda one: _order(one, when))
        self._tries = tries
        self._bad: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def bad(self, one: Found) -> None:
        """It was looked at and is no good."""
        if one.digest:
            self._bad.add((one.archive, one.digest))

    def __iter__(self) -> Iterator[Found]:
        waiting = iter(self._waiting)
        for number in range(self._tries + self._tries // 2):
            step = 2 ** (number - self._tries + 1) if number >= self._tries else 1
            one = None
            for _ in range(step):
                one = self._next(waiting) or one
            if one is None:
                return
            yield one

    def _next(self, waiting: Iterator[Found]) -> Found | None:
        return next((one for one in waiting if (one.archive, one.digest) not in self._bad), None)


def _order(one: Found, when: datetime) -> tuple[timedelta, datetime]:
    """What a TimeGate chose without saying of when it is comes first."""
    return (abs(one.time - when), one.time) if one.time is not None else (timedelta(), when)
