"""What several helpers wrote is brought in by one transaction, and each hears of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, cast

import pytest

from archive.derive import Derived
from archive.elsewhere import Elsewhere
from archive.errors import StorageError
from scraper.gathering import Gathering


class Books:
    """Gives each group back as its row."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[list[Any]] = []
        self._error = error

    def apply(self, groups: Sequence[Any]) -> Future[list[Any]]:
        self.calls.append(list(groups))
        future: Future[list[Any]] = Future()
        if self._error is not None:
            future.set_exception(self._error)
        else:
            future.set_result(list(groups))
        return future


class Loop:
    """Calls later when it is told to."""

    def __init__(self) -> None:
        self.later: list[Callable[[], None]] = []

    def call_later(self, _: float, action: Callable[[], None]) -> None:
        self.later.append(action)


def gathering(books: Books, loop: Loop) -> Callable[[list[str]], Future[Any]]:
    made = Gathering(cast(Elsewhere, books), cast(asyncio.AbstractEventLoop, loop))
    return lambda groups: made.apply(cast("list[Derived]", groups))


def test_what_comes_within_a_moment_is_one_transaction_and_each_gets_its_rows() -> None:
    books, loop = Books(), Loop()
    apply = gathering(books, loop)
    told = [apply(["a", "b"]), apply([]), apply(["c"])]
    assert (books.calls, len(loop.later)) == ([], 1)
    loop.later.pop()()
    assert books.calls == [["a", "b", "c"]]
    assert [each.result(0) for each in told] == [["a", "b"], [], ["c"]]
    last = apply(["d"])
    loop.later.pop()()
    assert (books.calls[1:], last.result(0)) == ([["d"]], ["d"])


def test_what_was_brought_in_before_its_time_is_not_brought_in_again() -> None:
    books, loop = Books(), Loop()
    made = Gathering(cast(Elsewhere, books), cast(asyncio.AbstractEventLoop, loop))
    told: Future[Any] = made.apply(cast("list[Derived]", ["a"]))
    made.flush()
    assert told.result(0) == ["a"]
    loop.later.pop()()
    assert books.calls == [["a"]]


def test_all_hear_that_the_books_cannot_be_written() -> None:
    books, loop = Books(StorageError("the disk is full")), Loop()
    apply = gathering(books, loop)
    told = [apply(["a"]), apply(["b"])]
    loop.later.pop()()
    for each in told:
        with pytest.raises(StorageError, match="the disk is full"):
            each.result(0)
