"""Patterns that are compiled when they are first used: to compile all that might be needed takes longer than most of
what a command does. Those that will be needed soon can be compiled by whoever has nothing else to do."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Any, AnyStr, cast

_soon: deque[Callable[[], object]] = deque()


class _Deferred:
    """Stands in for a pattern. What it was once asked for is an attribute of its own from then on."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags
        self._pattern: re.Pattern[Any] | None = None

    def compile(self) -> re.Pattern[Any]:
        if self._pattern is None:
            self._pattern = re.compile(self._source, self._flags)
        return self._pattern

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.compile(), name)
        setattr(self, name, found)
        return found


def deferred(source: AnyStr, flags: int = 0, *, soon: bool = False) -> re.Pattern[AnyStr]:
    """The pattern, as good as compiled; but `re` of its matches is another. `soon`: nearly every page needs it."""
    pattern = _Deferred(source, flags)
    if soon:
        needed_soon(pattern.compile)
    return cast(re.Pattern[AnyStr], pattern)


def needed_soon(step: Callable[[], object]) -> None:
    """What can be made beforehand, in steps of a millisecond or two; `step` is called once at most."""
    _soon.append(step)


def make_next() -> bool:
    """Makes one of the things that will be needed soon; False if there is none left."""
    if not _soon:
        return False
    _soon.popleft()()
    return True
