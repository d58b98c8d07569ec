"""When what is kept is asked again, by the article's age: "1 h for a day, then daily for a week, then weekly". Pure."""

from __future__ import annotations

import re

from msgspec import Struct

from scraper import quantity

_WORDS = {
    "hourly": 3600.0,
    "daily": 86400.0,
    "weekly": 604800.0,
    "monthly": 30 * 86400.0,
    "yearly": 365 * 86400.0,
}
_LONGER = {"month": 30 * 86400.0, "year": 365 * 86400.0}
_BETWEEN = re.compile(r"\s{0,9},\s{0,9}(?:then\s{1,9})?|\s{1,9}then\s{1,9}")
MOST_STEPS = 20
MOST_TEXT = 1000
LONGEST = 100 * 365.25 * 86400.0


class Step(Struct, frozen=True):
    """While the article is younger than `until` (seconds; None: for ever) it is asked every `interval` seconds."""

    interval: float
    until: float | None


class Recapture(Struct, frozen=True):
    steps: tuple[Step, ...]

    def wait(self, age: float) -> float | None:
        """Seconds from one capture to the next for an article of that age; None: it is not asked again.

        An age below 0 (a date of the future) counts as 0.
        """
        for step in self.steps:
            if step.until is None or age < step.until:
                return step.interval
        return None


def parsed(text: str) -> Recapture:
    """Steps with a comma or "then" between them. Each is a time, or a word such as daily, and how long it holds.

    "1 h for a day" holds for a day and the next step from there on. A step that does not say for how long holds until
    the article is as old as the next step's interval is long, the last one for ever. "never" as the last step, or a
    last step with an end, lets the article rest from then on. Raises ValueError.
    """
    if len(text) > MOST_TEXT:
        raise ValueError("the schedule is too long")
    written = _BETWEEN.split(" ".join(text.lower().split()))
    if len(written) > MOST_STEPS:
        raise ValueError(f"the schedule has more than {MOST_STEPS} steps")
    steps: list[Step] = []
    age = 0.0
    for at, each in enumerate(written):
        last = at == len(written) - 1
        if each == "never" and last:
            return Recapture(tuple(steps))
        every, holds, span = each.partition(" for ")
        interval = _time(every)
        if holds:
            until: float | None = age + _time(span)
        elif last:
            until = None
        else:
            until = _next_interval(written[at + 1])
            if until <= max(age, interval):
                raise ValueError(f"{each} ends before it begins: say for how long")
        steps.append(Step(interval, until))
        age = until if until is not None else age
    return Recapture(tuple(steps))


def _next_interval(written: str) -> float:
    if written == "never":
        raise ValueError("the step before never must say for how long")
    return _time(written.partition(" for ")[0])


def _time(text: str) -> float:
    """Seconds of `daily`, `a day`, `every 2 h`, `2 months` and whatever else `quantity` reads."""
    text = text.strip().removeprefix("every ")
    if text in _WORDS:
        return _WORDS[text]
    for article in ("a ", "an ", "one "):
        if text.startswith(article):
            text = f"1 {text.removeprefix(article)}"
    if text.isalpha():
        text = f"1 {text}"
    number, _, unit = text.partition(" ")
    longer = _LONGER.get(unit.removesuffix("s"))
    seconds = quantity.duration(number) * longer if longer else quantity.duration(text)
    if not 0 < seconds <= LONGEST:
        raise ValueError(f"{text} is no time to wait")
    return seconds
