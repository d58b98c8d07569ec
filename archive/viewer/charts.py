"""The chart of the health page as numbers that an SVG takes: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from archive.models import KEPT, VerdictKind

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 220, 48, 10, 28
_MOST_DAYS = 31
_WIDEST_BAR = 40
_KINDS = ("kept", "unchanged", "failed")
_WORDS = {"kept": "kept", "unchanged": "unchanged since", "failed": "not kept"}


class DayCount(Struct, frozen=True):
    """What was asked for on one day, by what came of it; `verdicts` says it in full."""

    day: date
    kept: int
    unchanged: int
    failed: int
    verdicts: Mapping[str, int]

    @property
    def total(self) -> int:
        return self.kept + self.unchanged + self.failed


class Bar(Struct, frozen=True):
    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


class Line(Struct, frozen=True):
    y: float
    label: str


class Label(Struct, frozen=True):
    x: float
    text: str


class Chart(Struct, frozen=True):
    """In units of its own view box; `says` is what it shows, in words."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    says: str
    width: int = _WIDTH
    height: int = _HEIGHT
    left: int = _LEFT


def day_counts(days: Iterable[tuple[date, Mapping[str, int]]]) -> list[DayCount]:
    """The last days, those without anything between them too, the earliest first."""
    known = dict(days)
    if not known:
        return []
    last = max(known)
    first = max(min(known), last - timedelta(days=_MOST_DAYS - 1))
    return [_day_count(day, known.get(day, {})) for day in _from_to(first, last)]


def _from_to(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _day_count(day: date, verdicts: Mapping[str, int]) -> DayCount:
    unchanged = verdicts.get(VerdictKind.UNCHANGED, 0)
    kept = sum(verdicts.get(kind, 0) for kind in KEPT) - unchanged
    return DayCount(day, kept, unchanged, sum(verdicts.values()) - kept - unchanged, verdicts)


def chart(days: Sequence[DayCount]) -> Chart | None:
    """None where there is nothing to show."""
    if not any(day.total for day in days):
        return None
    top = _ceiling(max(day.total for day in days))
    step = (_WIDTH - _LEFT) / len(days)
    wide = min(_WIDEST_BAR, step * 0.8)
    bars: list[Bar] = []
    for n, day in enumerate(days):
        bars += _stack(day, _LEFT + step * n + (step - wide) / 2, wide, top)
    every = -(-len(days) // 8)
    labels = [
        Label(round(_LEFT + step * (n + 0.5), 1), f"{day.day:%-d %b}") for n, day in enumerate(days) if n % every == 0
    ]
    lines = [Line(_y(top * part / 2, top), f"{top * part // 2:,}") for part in range(3) if top * part % 2 == 0]
    return Chart(tuple(bars), tuple(lines), tuple(labels), _says(days))


def _stack(day: DayCount, x: float, wide: float, top: int) -> Iterable[Bar]:
    below = 0
    for kind in _KINDS:
        count: int = getattr(day, kind)
        if count:
            y = _y(below + count, top)
            title = f"{day.day:%Y-%m-%d}: {count:,} {_WORDS[kind]}"
            yield Bar(kind, round(x, 1), y, round(wide, 1), round(_y(below, top) - y, 1), title)
            below += count


def _y(value: float, top: int) -> float:
    return round(_HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / top, 1)


def _ceiling(most: int) -> int:
    """A round number not below it."""
    tenth = int(10 ** max(0, len(str(most)) - 2))
    return tenth * next(n for n in (1, 2, 4, 6, 8, 10, 12, 15, 20, 30, 40, 50, 60, 80, 100) if n * tenth >= most)


def _says(days: Sequence[DayCount]) -> str:
    best = max(days, key=lambda day: day.total)
    kept, unchanged, failed = (sum(getattr(day, kind) for day in days) for kind in _KINDS)
    came = f"{_pages(kept)} kept, {unchanged:,} unchanged and {failed:,} not kept"
    if len(days) == 1:
        return f"On {best.day:%Y-%m-%d}: {came}."
    most = f"The most on one day were {best.total:,}, on {best.day:%Y-%m-%d}."
    return f"From {days[0].day:%Y-%m-%d} to {days[-1].day:%Y-%m-%d}: {came}. {most}"


def _pages(number: int) -> str:
    return f"{number:,} page{'' if number == 1 else 's'}"
