"""The chart of the health page."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.models import VerdictKind
from archive.viewer.charts import chart, day_counts

DAY = date(2026, 3, 1)
numbers = st.dictionaries(st.sampled_from([kind.value for kind in VerdictKind]), st.integers(0, 10_000), max_size=6)


def test_days_without_anything_stand_between_the_others() -> None:
    days = day_counts([(DAY, {"article": 3, "unchanged": 2, "gone": 1}), (DAY + timedelta(days=2), {"page": 1})])
    assert [(day.kept, day.unchanged, day.failed) for day in days] == [(3, 2, 1), (0, 0, 0), (1, 0, 0)]
    assert len(day_counts([(DAY, {"article": 1}), (DAY + timedelta(days=400), {"article": 1})])) == 31


def test_it_says_what_it_shows() -> None:
    days = day_counts([(DAY, {"article": 1200, "gone": 1}), (DAY + timedelta(days=1), {"article": 1})])
    found = chart(days)
    assert found is not None
    assert found.says == (
        "From 2026-03-01 to 2026-03-02: 1,201 pages kept, 0 unchanged and 1 not kept. The most on one day were 1,201, "
        "on 2026-03-01."
    )
    assert [line.label for line in found.lines] == ["0", "750", "1,500"]
    assert [bar.title for bar in found.bars] == [
        "2026-03-01: 1,200 kept",
        "2026-03-01: 1 not kept",
        "2026-03-02: 1 kept",
    ]


@given(st.lists(numbers, max_size=40))
def test_all_of_it_lies_inside(verdicts: list[dict[str, int]]) -> None:
    days = day_counts([(DAY + timedelta(days=n), each) for n, each in enumerate(verdicts)])
    found = chart(days)
    if found is None:
        assert not any(day.total for day in days)
        return
    for bar in found.bars:
        assert found.left <= bar.x and bar.x + bar.width <= found.width
        assert bar.y >= 0 and bar.y + bar.height <= found.height
        assert bar.height >= 0
    top = int(found.lines[-1].label.replace(",", ""))
    for day in days:
        height = sum(bar.height for bar in found.bars if bar.title.startswith(str(day.day)))
        assert height == pytest.approx(day.total * 182 / top, abs=0.4)
