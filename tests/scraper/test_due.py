"""When an address is asked again: each row of the table of verdicts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.models import VerdictKind
from scraper.due import next_at

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
