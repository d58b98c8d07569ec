"""When an address is asked again: each row of the table of verdicts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.linkstate import Check, State
from archive.models import VerdictKind
from scraper.due import Rhythm, check_at, next_at

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY, WEEK, MONTH = (timedelta(minutes=n) for n in (1, 60, 1440, 7 * 1440, 30 * 1440))
K = VerdictKind


@pytest.mark.parametrize(
    ("kinds", "failures", "later"),
    [
        ((K.ARTICLE, K.PAGE, K.DOCUMENT, K.UNCHANGED), 0, 2 * HOUR),
        ((K.CHALLENGE, K.CONSENT, K.PAYWALL, K.SOFT_404, K.EMPTY), 1, DAY),
        ((K.CHALLENGE, K.CONSENT, K.PAYWALL, K.SOFT_404, K.EMPTY), 7, DAY),
        ((K.CHALLENGE, K.CONSENT, K.PAYWALL, K.SOFT_404, K.EMPTY), 8, WEEK),
        ((K.GONE, K.BLOCKED), 1, WEEK),
        ((K.GONE, K.BLOCKED), 4, WEEK),
        ((K.GONE, K.BLOCKED), 5, MONTH),
        ((K.RATE_LIMITED, K.SERVER_ERROR, K.UNREACHABLE), 0, 5 * MINUTE),
        ((K.RATE_LIMITED, K.SERVER_ERROR, K.UNREACHABLE), 1, 5 * MINUTE),
        ((K.RATE_LIMITED, K.SERVER_ERROR, K.UNREACHABLE), 2, 10 * MINUTE),
        ((K.RATE_LIMITED, K.SERVER_ERROR, K.UNREACHABLE), 9, 1280 * MINUTE),
        ((K.RATE_LIMITED, K.SERVER_ERROR, K.UNREACHABLE), 10, DAY),
        ((K.RATE_LIMITED, K.SERVER_ERROR, K.UNREACHABLE), 10**6, DAY),
        ((K.TOO_LARGE, K.TOO_SLOW), 1, MONTH),
        ((K.TOO_LARGE, K.TOO_SLOW), 50, MONTH),
        ((K.MOVED, K.ASSET, K.ROBOTS), 1, None),
    ],
)
def test_each_row(kinds: tuple[VerdictKind, ...], failures: int, later: timedelta | None) -> None:
    for kind in kinds:
        assert next_at(kind, failures, NOW, 7200.0) == (None if later is None else NOW + later)


def test_every_verdict_stands_in_one_row() -> None:
    never = {kind for kind in VerdictKind if next_at(kind, 1, NOW, 60.0) is None}
    assert never == {K.MOVED, K.ASSET, K.ROBOTS}


def test_by_the_age_of_the_article() -> None:
    def schedule(age: timedelta) -> float:
        return 3600.0 if age < DAY else 86400.0

    assert next_at(K.ARTICLE, 0, NOW, schedule, 2 * HOUR) == NOW + HOUR
    assert next_at(K.UNCHANGED, 0, NOW, schedule, DAY) == NOW + DAY
    assert next_at(K.GONE, 1, NOW, schedule, DAY) == NOW + WEEK


@pytest.mark.parametrize(("seconds", "at"), [(0, NOW), (-5.0, NOW), (float("inf"), None), (1e300, None), (1e12, None)])
def test_odd_times(seconds: float, at: datetime | None) -> None:
    assert next_at(K.PAGE, 0, NOW, seconds) == at


# ------------------------------------------------------------------------------------------------ checks of links

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
RHYTHM = Rhythm(strikes=3, every=7 * 86400.0, longest=90 * 86400.0, retry=86400.0)
S = State


def wait(*found: tuple[float, State], kept: float = 0.0, born: float = 0.0) -> float:
    """Days from the last check (or the capture) to the next one."""
    checks = [Check("https://news.test/", BEGAN + timedelta(days=day), state, "x") for day, state in found]
    at = check_at(checks, BEGAN + timedelta(days=kept), BEGAN + timedelta(days=born), RHYTHM)
    assert at is not None
    return (at - (checks[-1].time if checks else BEGAN)) / timedelta(days=1)


@pytest.mark.parametrize(
    ("found", "days"),
    [
        ((), 7.0),
        (((7, S.SAME),), 7.0),
        (((7, S.SAME), (30, S.SAME)), 15.0),
        (((7, S.SAME), (300, S.SAME)), 90.0),
        (((7, S.SAME), (290, S.CHANGED), (300, S.SAME)), 7.0),
        (((7, S.SAME), (8, S.GONE)), 1.0),
        (((7, S.SAME), (8, S.ERROR), (9, S.ERROR)), 1.0),
        (((8, S.GONE), (9, S.GONE), (10, S.GONE)), 2.0),
        (((8, S.GONE), (9, S.GONE), (10, S.GONE), (12, S.GONE)), 4.0),
        (tuple((day, S.GONE) for day in range(30)), 90.0),
        (((7, S.SAME), (100, S.BLOCKED)), 7.0),
        (((7, S.SAME), (20, S.GONE), (21, S.SAME)), 7.0),
    ],
)
def test_a_link_is_checked_by_its_history(found: tuple[tuple[float, State], ...], days: float) -> None:
    assert wait(*found) == pytest.approx(days, abs=0.01)


def test_an_old_article_that_never_changed_is_checked_seldom() -> None:
    assert wait((7, S.SAME), born=-1000) == 90.0
    assert wait((7, S.SAME), born=-40) == pytest.approx(23.5)


def test_what_fails_is_checked_sooner_than_what_stands() -> None:
    assert wait((50, S.SAME)) > wait((50, S.SAME), (75, S.UNREACHABLE))
