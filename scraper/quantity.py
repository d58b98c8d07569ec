"""Sizes and durations as people write them in a config, and back."""

from __future__ import annotations

from archive.deferring import deferred

SIZES = {
    "b": 1,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "tb": 1000**4,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
    "tib": 1024**4,
}
DURATIONS = {
    "ms": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
    "week": 604800.0,
}
_QUANTITY = deferred(r"\s{0,9}([0-9]{1,16}(?:\.[0-9]{1,9})?)\s{0,9}([A-Za-z]{0,9})\s{0,9}")


def size(text: str) -> int:
    """Bytes of `"50 MB"`, `"1.5 GiB"` or `"4096"`; MB is 1000 000, MiB is 1024 times 1024. Raises ValueError."""
    number, unit = _split(text)
    factor = SIZES.get(unit.lower() or "b")
    if factor is None:
        raise ValueError(f"{unit} is no unit of size")
    value = number * factor
    if value != int(value):
        raise ValueError(f"{text.strip()} is not a whole number of bytes")
    return int(value)


def duration(text: str) -> float:
    """Seconds of `"90 s"`, `"12 h"`, `"1 day"` or `"1.5"`. Raises ValueError."""
    number, unit = _split(text)
    name = unit.lower() or "s"
    factor = DURATIONS.get(name) or DURATIONS.get(name.removesuffix("s"))
    if factor is None:
        raise ValueError(f"{unit} is no unit of time")
    return number * factor


def size_text(value: int) -> str:
    """The shortest writing that `size` reads back to `value`."""
    for unit in ("TB", "GB", "MB", "TiB", "GiB", "MiB", "KiB", "kB"):
        factor = SIZES[unit.lower()]
        if value and value % factor == 0:
            return f"{value // factor} {unit}"
    return f"{value} B"


def duration_text(value: float) -> str:
    """A writing of `value` seconds that `duration` reads back to it."""
    for unit in ("day", "h", "min"):
        factor = DURATIONS[unit]
        if value and value % factor == 0 and (unit != "min" or value >= 600):
            count = int(value // factor)
            return f"{count} {unit}s" if unit == "day" and count > 1 else f"{count} {unit}"
    return f"{value:.9f}".rstrip("0").rstrip(".") + " s"


def _split(text: str) -> tuple[int | float, str]:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text.strip()!r} is not a number with a unit")
    return (float(match[1]) if "." in match[1] else int(match[1])), match[2]
