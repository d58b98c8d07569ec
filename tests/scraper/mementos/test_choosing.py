"""Which copies are looked at, in which order; and what an address tells of its article's date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.mementos.choosing import Attempts, date_in, end_of, time_given
from scraper.mementos.searching import Found

WHEN = datetime(2015, 3, 18, tzinfo=UTC)


def copy(days: float | None, status: int | None = 200, digest: str = "") -> Found:
    time = WHEN + timedelta(days=days) if days is not None else None
    return Found("A", f"https://archive.test/{days}", f"https://archive.test/{days}", time, status, digest)


def days_of(attempts: Attempts) -> list[float]:
    return [float(each.address.rpartition("/")[2]) for each in attempts]


def test_the_nearest_first_then_in_growing_steps() -> None:
    attempts = Attempts([copy(each) for each in range(100)], WHEN, 8)
    assert days_of(attempts) == [0, 1, 2, 3, 4, 5, 6, 7, 9, 13, 21, 37]


def test_errors_and_what_is_the_same_as_a_bad_one_are_left_out() -> None:
    found = [copy(0, 404), copy(1, 200, "x"), copy(2, None, "x"), copy(3, 302), copy(4, 503), copy(5, 200, "")]
    attempts = Attempts(found, WHEN, 10)
    assert len(attempts) == 4
    seen = []
    for each in attempts:
        seen.append(each.time)
        attempts.bad(each)
    assert seen == [WHEN + timedelta(days=n) for n in (1, 3, 5)]


def test_what_a_gate_chose_without_a_time_comes_first() -> None:
    chosen = copy(None)
    assert next(iter(Attempts([copy(0.5), chosen], WHEN, 1))) is chosen


@given(st.lists(st.integers(-400, 400), unique=True), st.integers(1, 12))
def test_never_more_than_the_limit_and_none_twice(days: list[int], tries: int) -> None:
    seen = days_of(Attempts([copy(each) for each in days], WHEN, tries))
    assert len(seen) == len(set(seen)) <= tries + tries // 2
    assert seen == sorted(seen, key=lambda each: (abs(each), each))
    assert len(seen) >= min(len(days), tries)


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://a.test/2015/03/17/pier", date(2015, 3, 17)),
        ("https://a.test/news/2015-03-17-pier.html", date(2015, 3, 17)),
        ("https://a.test/news/20150317-pier", date(2015, 3, 17)),
        ("https://a.test/2015/3/7/pier", date(2015, 3, 7)),
        ("https://a.test/2015/03/pier", date(2015, 3, 15)),
        ("https://a.test/2015/03/20160405/x", date(2016, 4, 5)),
        ("https://a.test/x?date=2015-03-17", None),
        ("https://a.test/123456789", None),
        ("https://a.test/2015/99/99/x", None),
        ("https://a.test/9201503171/x", None),
        ("https://a.test/", None),
    ],
)
def test_dates_in_addresses(url: str, day: date | None) -> None:
    assert date_in(url) == day


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2015", datetime(2015, 1, 1, tzinfo=UTC)),
        ("2015-03", datetime(2015, 3, 1, tzinfo=UTC)),
        ("2015-03-17", datetime(2015, 3, 17, tzinfo=UTC)),
        ("2015-03-17T08:09", datetime(2015, 3, 17, 8, 9, tzinfo=UTC)),
        ("2015-03-17 08:09:10Z", datetime(2015, 3, 17, 8, 9, 10, tzinfo=UTC)),
        ("20150317080910", datetime(2015, 3, 17, 8, 9, 10, tzinfo=UTC)),
        ("2015-3-1", None),
        ("17.3.2015", None),
        ("2015-02-30", None),
        ("yesterday", None),
    ],
)
def test_times_as_people_write_them(text: str, time: datetime | None) -> None:
    assert time_given(text) == time


def test_a_day_ends_everywhere() -> None:
    assert end_of(date(2015, 3, 17)) == datetime(2015, 3, 18, tzinfo=UTC)
