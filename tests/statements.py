"""SQLite for tests: its statements are counted, and one of them fails or does what a test wants."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class Statements:
    """The statements of a database, counted; before the one with the number `fail_at` (from 0) comes `fail`."""

    def __init__(self, fail_at: int = -1, fail: Callable[[], None] = lambda: None, *, stays: bool = False) -> None:
        self.count = 0
        self._fail_at = fail_at
        self._fail = fail
        self._stays = stays

    def next(self) -> None:
        number, self.count = self.count, self.count + 1
        if number == self._fail_at or (self._stays and 0 <= self._fail_at < number):
            self._fail()


def _connecting(statements: Statements) -> Callable[..., sqlite3.Connection]:
    """sqlite3.connect, with an eye on all connections that write."""
    real = sqlite3.connect

    class Watched(sqlite3.Connection):
        def execute(self, *given: Any) -> sqlite3.Cursor:
            statements.next()
            return super().execute(*given)

        def executemany(self, *given: Any) -> sqlite3.Cursor:
            statements.next()
            return super().executemany(*given)

        def executescript(self, *given: Any) -> sqlite3.Cursor:
            statements.next()
            return super().executescript(*given)

    def connect(path: Any, **more: Any) -> sqlite3.Connection:
        return real(path, factory=Watched, **more) if isinstance(path, Path) else real(path, **more)

    return connect


@contextmanager
def watched(statements: Statements) -> Iterator[None]:
    """Connections that are made inside are watched. Those that only read name their file as an address, and are not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", _connecting(statements))
        yield


def refuse(words: str) -> Callable[[], None]:
    def fail() -> None:
        raise sqlite3.OperationalError(words)

    return fail
