"""Work over files on a Dask cluster: tasks that read what is shared and give back what they found.

Such a task changes nothing, so Dask may give it to another worker when one is lost.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from archive import manifest
from archive.errors import ClusterError, TearsheetError
from archive.pool import Pool
from scraper.connecting import connected, peers, require
from scraper.read.reading import Early, Page, Reading, failed
from scraper.saying import say
from scraper.storing import mount
from scraper.workers import Readers

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as DaskFuture

    from archive.settings import ArchiveSettings
    from scraper.settings import ReadSettings, Settings

Read = Callable[[Page, Early | None], Reading]


@contextmanager
def pooled(settings: Settings, paths: Sequence[Path] = ()) -> Iterator[Pool | None]:
    """The workers that see all of `paths`; None where the config names no scheduler. Raises ClusterError where no
    worker can help."""
    scheduler = settings.cluster.scheduler
    if not scheduler:
        yield None
        return
    require()
    with connected(scheduler) as client:
        _, all_peers = peers(client)
        problems = [peer.problem for peer in all_peers if peer.problem]
        fit = [peer.address for peer in all_peers if not peer.problem]
        if fit and paths:
            seen: dict[str, bool] = client.run(sees, [str(path.absolute()) for path in paths], workers=fit)
            problems += [
                f"the Dask worker at {each} does not see {paths[0].absolute()}" for each in fit if not seen[each]
            ]
            fit = [each for each in fit if seen[each]]
        if fit and settings.archive.store:
            archive = replace(settings.archive, root=settings.archive.root.absolute())
            lacking: dict[str, str] = client.run(store_problem, archive, workers=fit)
            problems += [f"the Dask worker at {each} {lacking[each]}" for each in fit if lacking[each]]
            fit = [each for each in fit if not lacking[each]]
        if not fit:
            raise ClusterError(problems[0] if problems else f"the Dask scheduler at {scheduler} has no worker")
        for problem in problems:
            say(f"without one worker: {problem}")
        threads = client.nthreads(workers=fit)
        with ClusterExecutor(client, fit) as executor:
            yield Pool(executor, sum(threads.values()))


def sees(paths: Sequence[str]) -> bool:
    """Whether all of these are there, for a worker."""
    return all(Path(path).exists() for path in paths)


def store_problem(archive: ArchiveSettings) -> str:
    """The collection's store, where it has one, is there for all that this worker reads from now on. In words why not,
    "" where all is well. Files that are all here need no store."""
    store = mount(archive)
    if store is None or store.keep_local:
        return ""
    try:
        store.look(manifest.NAME)
    except TearsheetError as error:
        return f"does not reach the store: {error}"
    return ""


class ClusterExecutor(Executor):
    """Functions of modules, run by these workers."""

    def __init__(self, client: Client, workers: Sequence[str]) -> None:
        self._client = client
        self._workers = list(workers)
        self._tasks: set[DaskFuture[Any]] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The future bears BrokenExecutor where workers ended over it."""
        future: Future[Any] = Future()
        task = self._client.submit(fn, *args, workers=self._workers, pure=False, **kwargs)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._done(done, future))
        return future

    def _done(self, task: DaskFuture[Any], future: Future[Any]) -> None:
        self._tasks.discard(task)
        if not future.set_running_or_notify_cancel():
            return
        if task.status == "finished":
            future.set_result(task.result())
        elif task.status == "error" and (error := task.exception()) is not None and not _is_killed(error):
            future.set_exception(error)
        else:
            future.set_exception(BrokenExecutor("the worker ended"))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """What is under way is nobody's any more."""
        for task in list(self._tasks):
            task.cancel()


def _is_killed(error: BaseException) -> bool:
    from distributed.scheduler import KilledWorker

    return isinstance(error, KilledWorker)


@contextmanager
def page_reading(settings: Settings) -> Iterator[tuple[Read, int]]:
    """How pages are read, and how many at a time: in processes of this machine, or by the workers of a cluster."""
    if not settings.cluster.scheduler:
        with Readers(settings.read) as readers:
            yield readers.read, settings.read.workers or os.cpu_count() or 1
        return
    with pooled(settings) as pool:
        assert pool is not None
        executor, read = pool.executor, settings.read

        def read_elsewhere(page: Page, early: Early | None = None) -> Reading:
            try:
                reading: Reading = executor.submit(read_here, page, read).result()
            except BrokenExecutor as error:
                return failed(f"{error} while reading")
            return reading

        yield read_elsewhere, 2 * pool.size


def read_here(page: Page, settings: ReadSettings) -> Reading:
    """Read a page, for a worker: in a process of its own, with a deadline."""
    return _readers(settings).read(page)


@cache
def _readers(settings: ReadSettings) -> Readers:
    """Those of this process, which end with it."""
    return Readers(settings).__enter__()
