"""What helpers have written goes into the books together: a transaction costs as much as the pages in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock

from archive.derive import Derived
from archive.elsewhere import Elsewhere
from archive.models import PageRow

GATHERING = 0.015
Rows = list[PageRow | None]


class Gathering:
    """Gathers for a moment; safe in threads."""

    def __init__(self, books: Elsewhere, loop: asyncio.AbstractEventLoop, seconds: float = GATHERING) -> None:
        self._books = books
        self._loop = loop
        self._seconds = seconds
        self._lock = Lock()
        self._waiting: list[tuple[Sequence[Derived], Future[Rows]]] = []

    def apply(self, groups: Sequence[Derived]) -> Future[Rows]:
        """As `Elsewhere.apply`, called in the event loop."""
        future: Future[Rows] = Future()
        with self._lock:
            first = not self._waiting
            self._waiting.append((groups, future))
        if first:
            self._loop.call_later(self._seconds, self.flush)
        return future

    def flush(self) -> None:
        """What was gathered is to be brought in before whatever the books are told next."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        if not waiting:
            return

        def applied(done: Future[Rows]) -> None:
            error = done.exception()
            rows = iter(done.result() if error is None else ())
            for groups, future in waiting:
                if error is not None:
                    future.set_exception(error)
                else:
                    future.set_result([next(rows) for _ in groups])

        self._books.apply([group for groups, _ in waiting for group in groups]).add_done_callback(applied)
