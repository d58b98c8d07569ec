"""Patterns that are compiled when they are first used: to compile all that might be needed takes longer than most of
what a command does."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

from archive.kept_patterns import want


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


def deferred(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """The pattern, as good as compiled; but `re` of its matches is another."""
    want(source, flags)
    return cast(re.Pattern[AnyStr], _Deferred(source, flags))
