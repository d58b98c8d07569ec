"""Reading in worker processes: each page has a deadline, and what it breaks is its own worker alone.

A worker that lxml crashes or that runs past its deadline is replaced; the page gets a `Reading` that says so. Nothing
heavy is imported in the parent: the fork server loads the parsers once and every worker starts with them.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
from concurrent.futures import TimeoutError as FutureTimeoutError
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self

from scraper.forking import prepare
from scraper.read.reading import Page, Reading, failed
from scraper.settings import ReadSettings

if TYPE_CHECKING:
    from pebble import ProcessPool

WORKER_MEMORY = 4 * 1024**3
TASKS_PER_WORKER = 2000


def _limit_memory() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = WORKER_MEMORY if hard == resource.RLIM_INFINITY else min(WORKER_MEMORY, hard)
    if soft == resource.RLIM_INFINITY or soft > wanted:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def _read(page: Page) -> Reading:
    from scraper.read.page import read

    return read(page)


def _warm() -> None:
    import scraper.read.page  # noqa: F401


class Readers:
    """A pool of reading processes. `read` blocks the calling thread and never raises for what a page does."""

    def __init__(self, settings: ReadSettings, most: int | None = None) -> None:
        """`most` caps the number of workers, for runs with fewer pages than cores."""
        self._settings = settings
        self._count = settings.workers or os.cpu_count() or 1
        if most is not None:
            self._count = max(1, min(self._count, most))
        self._pool: ProcessPool | None = None
        self._starting = Thread()

    def __enter__(self) -> Self:
        from pebble import ProcessPool

        prepare()
        self._pool = ProcessPool(
            max_workers=self._count,
            max_tasks=TASKS_PER_WORKER,
            initializer=_limit_memory,
            context=multiprocessing.get_context("forkserver"),
        )
        # The first task starts the workers, which blocks until the fork server has loaded the parsers.
        self._starting = Thread(target=self._pool.schedule, args=(_warm,))
        self._starting.start()
        return self

    def stop(self) -> None:
        """No more pages will come: the workers end while the caller does something else."""
        if self._pool is not None:
            self._starting.join()
            self._pool.stop()  # type: ignore[no-untyped-call]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._pool is not None:
            self._pool.join()
            self._pool = None

    def read(self, page: Page) -> Reading:
        from pebble import ProcessExpired

        assert self._pool is not None, "the readers are not open"
        future = self._pool.schedule(_read, args=(page,), timeout=self._settings.timeout)
        try:
            return future.result()
        except FutureTimeoutError:
            return failed(f"reading took longer than {self._settings.timeout:g} s and was stopped")
        except ProcessExpired as error:
            return failed(f"the reader process ended while reading (exit code {error.exitcode})")
        except (MemoryError, RecursionError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            return failed(f"reading failed: {type(error).__name__}: {error}")
