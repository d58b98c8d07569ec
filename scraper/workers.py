"""Reading in worker processes: each page has a deadline, and what it breaks is its own worker alone.

A worker that lxml crashes or that runs past its deadline is replaced; the page gets a `Reading` that says so. Nothing
heavy is imported in the caller: the fork server (`scraper/forking.py`) loads the parsers once and every worker starts
with them.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
from queue import LifoQueue
from threading import Lock
from time import monotonic
from types import TracebackType
from typing import Self

from msgspec import Struct

from scraper.forking import ForkServer, fork_server
from scraper.messages import receive, send
from scraper.read.reading import Early, Page, Reading, failed
from scraper.settings import ReadSettings

PAGES_PER_WORKER = 2000


class Worker(Struct):
    """A reading process: who forked it, its number there, the socket on which it serves, how many pages it has read."""

    server: ForkServer
    pid: int
    socket: socket.socket
    pages: int = 0


class Readers:
    """Reading processes. `read` blocks the calling thread and never raises for what a page does."""

    def __init__(self, settings: ReadSettings, most: int | None = None) -> None:
        """`most` caps the number of workers, for runs with fewer pages than cores. For a single page the process that
        would fork the workers reads by itself; should it end, another forks from then on."""
        self._settings = settings
        count = settings.workers or os.cpu_count() or 1
        if most is not None:
            count = max(1, min(count, most))
        self._idle: LifoQueue[Worker | None] = LifoQueue()
        for _ in range(count):
            self._idle.put(None)
        self._alone = most is not None and count == 1
        self._lock = Lock()
        self._server: ForkServer | None = None

    def __enter__(self) -> Self:
        self._server = fork_server()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Returns when the workers have ended."""
        self.dismiss()
        if self._server is not None:
            self._server.close()
            self._server = None

    def dismiss(self) -> None:
        """There are no more pages: the workers, all idle by then, begin to end. Returns at once."""
        while not self._idle.empty():
            worker = self._idle.get()
            if worker is not None:
                worker.socket.close()
        if self._server is not None:
            self._server.dismiss()

    def read(self, page: Page, early: Early | None = None) -> Reading:
        """`early` hears in this thread what is known before the article is read."""
        worker = self._idle.get()
        try:
            worker = worker or self._fork()
        except OSError as error:
            self._idle.put(None)
            return failed(f"no process could be had to read it: {error.strerror or error}")
        clean = False
        found: Reading | None = None
        deadline = monotonic() + self._settings.timeout
        try:
            request = (self._settings.timeout, page, early is not None)
            send(worker.socket, pickle.dumps(request, pickle.HIGHEST_PROTOCOL), deadline)
            while True:
                last, reading = _answer(worker, deadline)
                if last:
                    worker.pages += 1
                    clean = worker.pages < PAGES_PER_WORKER
                    return reading
                found = reading
                if early is not None:
                    early(found)
        except TimeoutError:
            return failed(f"reading took longer than {self._settings.timeout:g} s and was stopped", found)
        except ConnectionError:
            code = self._end(worker)
            return failed(f"the reader process ended while reading (exit code {code})", found)
        finally:
            if not clean:
                self._end(worker)
            self._idle.put(worker if clean else None)

    def _fork(self) -> Worker:
        with self._lock:
            assert self._server is not None, "the readers are not open"
            try:
                return Worker(self._server, *(self._server.turn() if self._alone else self._server.fork()))
            except ConnectionError:
                # Somebody ended the fork server: another takes its place, once.
                self._server.close()
                self._server = fork_server()
                return Worker(self._server, *self._server.fork())

    def _end(self, worker: Worker) -> int:
        """The exit code; that of a killed process where nobody can tell any more."""
        if worker.socket.fileno() < 0:
            return -signal.SIGKILL
        worker.socket.close()
        with self._lock:
            try:
                return worker.server.end(worker.pid)
            except OSError:
                return -signal.SIGKILL


def _answer(worker: Worker, deadline: float) -> tuple[bool, Reading]:
    """Whether it is the last, and a reading. Raises TimeoutError after the deadline and ConnectionError when the worker
    ended."""
    data = receive(worker.socket, deadline)
    if data is None:
        raise ConnectionResetError
    answer: tuple[bool, Reading] = pickle.loads(data)  # noqa: S301 - from our own process
    return answer
