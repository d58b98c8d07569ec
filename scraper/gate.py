"""At most so many requests at a time on each host, without a thread that waits for its turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from threading import Lock
from typing import TypeVar

T = TypeVar("T")


class HostGate:
    """Hands tasks to an executor, at most `per_host` of one host at a time, each host's in the order they came.

    `executor` is for what asks no host by itself.
    """

    def __init__(self, executor: Executor, per_host: int) -> None:
        self.executor = executor
        self._per_host = per_host
        self._lock = Lock()
        self._running: dict[str, int] = {}
        self._waiting: dict[str, deque[Callable[[], None]]] = {}

    def submit(self, host: str, task: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(task())
                except BaseException as error:  # handed to whoever asks for the result, as executors do
                    future.set_exception(error)

        with self._lock:
            if self._running.get(host, 0) >= self._per_host:
                self._waiting.setdefault(host, deque()).append(run)
                return future
            self._running[host] = self._running.get(host, 0) + 1
        self.executor.submit(self._run, host, run)
        return future

    def _run(self, host: str, run: Callable[[], None] | None) -> None:
        """One task of the host after the other, until none waits."""
        while run is not None:
            run()
            run = self._following(host)

    def _following(self, host: str) -> Callable[[], None] | None:
        with self._lock:
            if queue := self._waiting.get(host):
                return queue.popleft()
            self._waiting.pop(host, None)
            self._running[host] -= 1
            if not self._running[host]:
                del self._running[host]
            return None
