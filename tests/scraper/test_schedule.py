from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scraper.schedule import Recapture, Step, parsed

HOUR, DAY = 3600.0, 86400.0
WEEK = 7 * DAY


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("1 day", [(DAY, None)]),
        ("3600", [(HOUR, None)]),
        ("daily", [(DAY, None)]),
        ("every 2 h", [(2 * HOUR, None)]),
        ("1 h for a day, then daily, then weekly", [(HOUR, DAY), (DAY, WEEK), (WEEK, None)]),
        ("1 h for 1 day, 1 day for 1 week, 1 week", [(HOUR, DAY), (DAY, DAY + WEEK), (WEEK, None)]),
        ("Hourly for a day then  daily for a month", [(HOUR, DAY), (DAY, 31 * DAY)]),
        ("30 min for 2 h, then an hour for a day, then never", [(1800.0, 2 * HOUR), (HOUR, 26 * HOUR)]),
        ("2 months for a year, then yearly", [(60 * DAY, 365 * DAY), (365 * DAY, None)]),
        ("never", []),
    ],
)
def test_schedules(text: str, steps: list[tuple[float, float | None]]) -> None:
    assert parsed(text) == Recapture(tuple(Step(*step) for step in steps))


def test_the_interval_is_that_of_the_articles_age() -> None:
    schedule = parsed("1 h for a day, then daily, then weekly")
    ages = (-5.0, 0.0, DAY - 1, DAY, WEEK - 1, WEEK, 1e12)
    assert [schedule.wait(age) for age in ages] == [HOUR, HOUR, HOUR, DAY, DAY, WEEK, WEEK]


def test_what_has_an_end_rests_from_then_on() -> None:
    assert parsed("1 h for a day").wait(DAY) is None
    assert parsed("1 h for a day, then never").wait(DAY) is None
    assert parsed("never").wait(0) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "0", "-1 h", "1 h for", "for a day", "1 h for 0 s", "1 h,", "daily, hourly", "1 h, never"),
        *("never, 1 h", "1 h for a day for a week", "1 fortnight", "1 h" * 999, "200 years"),
        ", ".join(["1 h for 1 h"] * 21),
    ],
)
def test_what_is_no_schedule(text: str) -> None:
    with pytest.raises(ValueError):
        parsed(text)


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=9), st.integers(1, 10**6))
def test_spans_follow_one_another(steps: list[tuple[int, int]], last: int) -> None:
    text = ", then ".join([*(f"{every} s for {span} s" for every, span in steps), f"{last} s"])
    schedule = parsed(text)
    age = 0
    for every, span in steps:
        assert schedule.wait(age) == schedule.wait(age + span - 1) == every
        age += span
    assert schedule.wait(age) == last


@given(st.text(st.sampled_from("1 hday,tenfor.new"), max_size=40) | st.text(max_size=60))
@example("1 " * 400)
def test_anything_is_a_schedule_or_a_mistake(text: str) -> None:
    try:
        schedule = parsed(text)
    except ValueError:
        return
    assert all(step.interval > 0 for step in schedule.steps)
